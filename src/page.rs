//! One page of a list.

use std::slice;
use std::vec;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::types::*;

/// One page of a list.
///
/// It iterates over its items: `for spec in page`, `for spec in &page`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, in the service's order. A page may be empty with others after it.
    pub items: Vec<T>,
    /// The number of the page, counted from 1. It is 0 only in a page that was converted from a
    /// decoded response without a number.
    pub page_number: u64,
    /// How many items the service puts on a page, if it says so.
    pub page_size: Option<u64>,
    /// How many pages there are at the moment.
    pub page_count: u64,
    /// How many items there are on all pages, if the service says so.
    pub total: Option<u64>,
    /// Every other field of the response.
    pub extra: Map<String, Value>,
}

impl<T> Page<T> {
    /// Creates the only page of a list, for tests of your own code. Set the fields that matter.
    ///
    /// ```
    /// use peak_press::Page;
    ///
    /// let page = Page::new(["a", "b"]);
    /// assert_eq!((page.page_number, page.page_count, page.total), (1, 1, Some(2)));
    /// ```
    pub fn new(items: impl IntoIterator<Item = T>) -> Self {
        let items = Vec::from_iter(items);
        Page {
            page_number: 1,
            page_size: None,
            page_count: 1,
            total: Some(items.len() as u64),
            extra: Map::new(),
            items,
        }
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

/// An item of a list, and the page that carries it in a response: `Spec` comes in a `SpecPage`.
///
/// `build.rs` implements it for the items of the pages of `schemas/` that have `x-page`.
pub(crate) trait Listed: Sized {
    type Page: DeserializeOwned + Into<Page<Self>>;
}

include!(concat!(env!("OUT_DIR"), "/pages.rs"));
