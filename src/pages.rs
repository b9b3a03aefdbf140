//! Lists that come in pages, fetched as they are asked for.

use std::fmt;
use std::iter::FusedIterator;
use std::vec;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::http::Request;

/// One page of a list, as the service cut it.
///
/// It iterates over its items: `for spec in page`, `for spec in &page`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on the page, in the service's order. A page may be empty with others after it.
    pub items: Vec<T>,
    /// The number of the page, as it was asked for, counted from 1.
    pub page_number: u64,
    /// How many items the service puts on a page, if it says so.
    pub page_size: Option<u64>,
    /// How many pages there are, as the service sees it now.
    pub page_count: u64,
    /// How many items there are on all pages, if the service says so.
    pub total: Option<u64>,
    /// Whatever else the service says.
    pub extra: Map<String, Value>,
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
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

/// Fetches one page. `W` is the page as it is on the wire.
pub(crate) fn fetch<W, T>(request: &Request, page_number: u64) -> Result<Page<T>>
where
    W: DeserializeOwned + Into<Page<T>>,
{
    if page_number == 0 {
        let message = "pages are counted from 1";
        return Err(Error::invalid_argument("page_number", message));
    }
    let request = request.clone().query("pageNumber", page_number);
    let page = request.send::<W>()?.into();
    Ok(Page {
        page_number,
        ..page
    })
}

/// The pages of a list, one request each, sent when the page is asked for.
///
/// It ends with the page whose number has reached the newest page's `page_count`; an empty page
/// does not end it. After an error it ends, too: to go on, list again from
/// [`page_number`](Pages::page_number).
#[must_use = "iterators are lazy: no page is fetched until it is asked for"]
pub struct Pages<T> {
    request: Request,
    fetch: fn(&Request, u64) -> Result<Page<T>>,
    /// The page that was asked for last; before that, the one to begin with.
    page_number: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Between,
    Done,
}

impl<T> Pages<T> {
    /// Pages from `start` on. `W` is a page as it is on the wire.
    fn new<W>(request: Request, start: u64) -> Self
    where
        W: DeserializeOwned + Into<Page<T>>,
    {
        Pages {
            request,
            fetch: fetch::<W, T>,
            page_number: start,
            state: State::Fresh,
        }
    }

    /// The page it stands at: the one that was returned last, or, after an error, the one that
    /// failed. Before the first it is the one to begin with.
    pub fn page_number(&self) -> u64 {
        self.page_number
    }
}

impl<T> Iterator for Pages<T> {
    type Item = Result<Page<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.state {
            State::Fresh => {}
            // There is a page after this one, so its number is no larger than the largest.
            State::Between => self.page_number += 1,
            State::Done => return None,
        }
        let page = (self.fetch)(&self.request, self.page_number);
        self.state = match &page {
            // By our own count: a service that repeats a number cannot make this go round.
            Ok(page) if self.page_number < page.page_count => State::Between,
            _ => State::Done,
        };
        Some(page)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self.state {
            State::Done => (0, Some(0)),
            _ => (1, None),
        }
    }
}

impl<T> FusedIterator for Pages<T> {}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("request", &self.request)
            .field("page_number", &self.page_number)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The items of a list, fetched a page at a time.
///
/// Nothing is sent before the first [`next`](Iterator::next), and a page is fetched only when its
/// first item is asked for; one page at a time is in memory. After an error it ends; the items
/// that it returned before are good, and [`page_number`](Items::page_number) is where to go on.
#[must_use = "iterators are lazy: nothing is fetched until it is asked for"]
pub struct Items<T> {
    pages: Pages<T>,
    page: vec::IntoIter<T>,
}

impl<T> Items<T> {
    /// Items from page `start` on. `W` is a page as it is on the wire.
    ///
    /// The request has every query field but the page's number.
    pub(crate) fn new<W>(request: Request, start: u64) -> Self
    where
        W: DeserializeOwned + Into<Page<T>>,
    {
        Items {
            pages: Pages::new::<W>(request, start),
            page: Vec::new().into_iter(),
        }
    }

    /// Whole pages in place of items, from the first that was not yet fetched. What is left of
    /// the page that it stands at is dropped.
    pub fn pages(self) -> Pages<T> {
        self.pages
    }

    /// The page it stands at: that of the item returned last, or, after an error, the one that
    /// failed. Before the first item it is the page to begin with; at the end it is the last.
    ///
    /// A listing that begins there goes on with the items of that page, those already returned
    /// among them.
    pub fn page_number(&self) -> u64 {
        self.pages.page_number()
    }
}

impl<T> Iterator for Items<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.page.next() {
                return Some(Ok(item));
            }
            match self.pages.next()? {
                Ok(page) => self.page = page.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let here = self.page.len();
        match self.pages.state {
            State::Done => (here, Some(here)),
            _ => (here, None),
        }
    }
}

impl<T> FusedIterator for Items<T> {}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("pages", &self.pages)
            .field("items_left_on_the_page", &self.page.len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
