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
    /// The items, in the service's order. A page may be empty even if others follow.
    pub items: Vec<T>,
    /// The number of the page, counted from 1.
    pub page_number: u64,
    /// How many items the service puts on a page, if it reports that.
    pub page_size: Option<u64>,
    /// How many pages there are at the moment.
    pub page_count: u64,
    /// How many items there are on all pages, if the service reports that.
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

/// An item of a list, and the type of its page in a response: a `Spec` comes in a `SpecPage`.
///
/// `build.rs` implements it for the items of the pages of `schemas/` that have `x-page`.
pub(crate) trait Listed: Sized {
    type Page: DeserializeOwned + Into<Page<Self>>;
}

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Decodes a page of one `T` with an unknown field, and with each of its fields set to `null` in
    /// turn.
    fn check<T: Listed + Clone>(item: Value, list: &str, totals: &[&str]) {
        let read = |page: &Value| -> serde_json::Result<Page<T>> {
            serde_json::from_str::<T::Page>(&page.to_string()).map(Into::into)
        };
        let mut page = json!({"pageCount": 1, "pageNumber": 1, "pageSize": 5, "next": [1.0]});
        page[list] = json!([item]);
        for total in totals {
            let mut page = page.clone();
            page[total] = json!(7);
            let read = read(&page).unwrap();
            assert_eq!((read.items.len(), read.total), (1, Some(7)), "{page}");
            assert_eq!((read.page_number, read.page_size), (1, Some(5)));
            assert_eq!(Value::Object(read.extra), json!({"next": [1.0]}));
        }
        for field in ["pageNumber", "pageSize", list].iter().chain(totals) {
            let mut page = page.clone();
            page[field] = Value::Null;
            assert!(read(&page).is_ok(), "{page}");
        }
        assert!(read(&json!({})).is_err(), "pageCount is required");
        assert!(read(&json!({"pageCount": 0})).unwrap().items.is_empty());
    }

    #[test]
    fn every_page_is_decoded_with_what_may_be_missing() {
        let specs = ["specCount", "specsCount"];
        check::<Spec>(json!({"id": "s"}), "specs", &specs);
        check::<AppSpec>(json!({"id": "s"}), "specs", &specs);
        check::<AnySpec>(json!({"id": "s"}), "specs", &specs);
        check::<Release>(json!({}), "releases", &["releaseCount"]);
        check::<AppRelease>(json!({}), "releases", &["releaseCount"]);
        let deployments = ["deploymentCount", "deploymentsCount"];
        check::<Deployment>(json!({"id": "d"}), "deployments", &deployments);
        check::<AppDeployment>(json!({"id": "d"}), "deployments", &deployments);
        check::<AnyDeployment>(json!({"id": "d"}), "deployments", &deployments);
        check::<Revision>(json!({}), "revisions", &["revisionCount"]);
        check::<AppRevision>(json!({}), "revisions", &["revisionCount"]);
    }
}
