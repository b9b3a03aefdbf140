//! Iterates over lists that come in pages, which are requested one by one.

use std::fmt;
use std::iter::FusedIterator;
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::vec;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::http::Request;
use crate::page::{Listed, Page};

/// Requests one page. A response with another page's number is an error: the service ignored the
/// requested number, so every request would get the same page.
pub(crate) fn fetch<T: Listed>(request: &Request, page_number: u64) -> Result<Page<T>> {
    if page_number == 0 {
        let message = "pages are counted from 1";
        return Err(Error::invalid_argument("page_number", message));
    }
    let response = request
        .clone()
        .query("pageNumber", page_number)
        .send_raw()?;
    let page: Page<T> = response.json::<T::Page>()?.into();
    let received = match page.page_number {
        // Either missing or actually 0.
        0 => response.json::<PageNumber>()?.page_number,
        number => Some(number),
    };
    if let Some(received) = received
        && received != page_number
    {
        let message = format!(
            "expected page {page_number}, found page {received}: the service ignored the requested \
             page number"
        );
        return Err(response.invalid_content("pageNumber", message));
    }
    Ok(Page {
        page_number,
        ..page
    })
}

/// Only the number of a page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageNumber {
    page_number: Option<u64>,
}

/// How many pages in a row may be empty before a list ends with an error.
const MAX_EMPTY_PAGES: u32 = 100;

/// The pages of a list, one request each, sent when the page is needed.
///
/// The last page is the one whose number reaches the `page_count` of the latest response. An empty
/// page does not end the list, but after 100 empty pages in a row with more announced, the next item
/// is an [`Error::Decode`](crate::Error::Decode). A page whose own number differs from the requested
/// one is an error too.
///
/// The iterator ends after an error: to continue, list again from
/// [`page_number`](Pages::page_number).
#[must_use = "iterators are lazy: no page is requested until it is needed"]
pub struct Pages<T> {
    source: Source<T>,
    /// The page that was requested last; before that, the one to start from.
    page_number: u64,
    /// How many pages in a row were empty, up to the latest.
    empty_pages: u32,
    state: State,
}

/// Where pages come from.
enum Source<T> {
    Service {
        request: Request,
        fetch: fn(&Request, u64) -> Result<Page<T>>,
    },
    /// One page, then an error: see [`Items::from_results`].
    Given { items: Vec<T>, error: Option<Error> },
}

impl<T> Source<T> {
    fn page(&mut self, number: u64) -> Result<Page<T>> {
        match self {
            Source::Service { request, fetch } => fetch(request, number),
            Source::Given { items, error } => match error.take_if(|_| number > 1) {
                Some(error) => Err(error),
                None => Ok(Page {
                    page_count: if error.is_some() { 2 } else { 1 },
                    ..Page::new(mem::take(items))
                }),
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    NotStarted,
    MorePages,
    Done,
}

impl<T> Pages<T> {
    /// The page that was returned last or, after an error, the one that failed or was not requested
    /// because all pages before it were empty. Before the first page it is the one to start from.
    pub fn page_number(&self) -> u64 {
        self.page_number
    }
}

impl<T> Iterator for Pages<T> {
    type Item = Result<Page<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.state {
            State::NotStarted => {}
            // There is a page after this one, so its number cannot overflow.
            State::MorePages => self.page_number += 1,
            State::Done => return None,
        }
        if let Source::Service { request, .. } = &self.source
            && self.empty_pages == MAX_EMPTY_PAGES
        {
            self.state = State::Done;
            let message = format!(
                "the last {MAX_EMPTY_PAGES} pages are empty, but the service announces more: the \
                 list was ended before page {}",
                self.page_number
            );
            return Some(Err(request.invalid_responses(message)));
        }
        let page = self.source.page(self.page_number);
        self.state = match &page {
            Ok(page) if self.page_number < page.page_count => State::MorePages,
            _ => State::Done,
        };
        self.empty_pages = match &page {
            Ok(page) if page.items.is_empty() => self.empty_pages + 1,
            _ => 0,
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

// A panic cannot leave the iterator in the middle of a page. The only field that is not known to be
// unwind-safe is the cause in an error, and errors are never modified.
impl<T: UnwindSafe + RefUnwindSafe> UnwindSafe for Pages<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for Pages<T> {}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = match &self.source {
            Source::Service { request, .. } => Some(request),
            Source::Given { .. } => None,
        };
        f.debug_struct("Pages")
            .field("request", &request)
            .field("page_number", &self.page_number)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The items of a list, requested a page at a time.
///
/// Nothing is sent before the first [`next`](Iterator::next). A page is requested when its first
/// item is needed, and one page at a time is in memory. The iterator ends after an error; the items
/// before it are valid, and [`page_number`](Items::page_number) is where to continue.
///
/// A page whose own number differs from the requested one is an
/// [`Error::Decode`](crate::Error::Decode): the server ignored the number, and repeats a page. The
/// list also ends with an error after 100 empty pages in a row with more announced.
#[must_use = "iterators are lazy: nothing is requested until it is needed"]
pub struct Items<T> {
    pages: Pages<T>,
    page: vec::IntoIter<T>,
}

impl<T> Items<T> {
    /// The items from page `start` on. The request has every query field but the page's number.
    pub(crate) fn new(request: Request, start: u64) -> Self
    where
        T: Listed,
    {
        let fetch = fetch::<T>;
        Items::from_source(Source::Service { request, fetch }, start)
    }

    /// Creates a list from these results, for tests of your own code. Nothing is sent. The items
    /// count as those of page 1 and an error as that of page 2. An error ends the list; the results
    /// after it are ignored.
    ///
    /// ```
    /// use peak_press::{ApiError, Items};
    ///
    /// let failure = ApiError::new(503).message("try later");
    /// let mut items = Items::from_results([Ok("a"), Err(failure.into()), Ok("b")]);
    /// assert_eq!(items.next().unwrap().unwrap(), "a");
    /// assert_eq!(items.next().unwrap().unwrap_err().status(), Some(503));
    /// assert!(items.next().is_none());
    /// ```
    pub fn from_results(results: impl IntoIterator<Item = Result<T>>) -> Self {
        let mut error = None;
        let results = results.into_iter();
        let items =
            results.map_while(|result| result.map_err(|failure| error = Some(failure)).ok());
        let items = items.collect();
        Items::from_source(Source::Given { items, error }, 1)
    }

    fn from_source(source: Source<T>, start: u64) -> Self {
        Items {
            pages: Pages {
                source,
                page_number: start,
                empty_pages: 0,
                state: State::NotStarted,
            },
            page: Vec::new().into_iter(),
        }
    }

    /// Iterates over whole pages instead, from the first that was not requested yet. The items left
    /// on the current page are dropped.
    pub fn pages(self) -> Pages<T> {
        self.pages
    }

    /// The page of the item that was returned last or, after an error, the page that failed. Before
    /// the first item it is the page to start from; at the end it is the last page.
    ///
    /// A listing that starts from this page repeats the items of the page that were already
    /// returned.
    pub fn page_number(&self) -> u64 {
        self.pages.page_number()
    }

    /// The first item that matches. An error before it ends the search.
    pub(crate) fn find_item(mut self, matches: impl Fn(&T) -> bool) -> Result<Option<T>> {
        self.find(|item| item.as_ref().map_or(true, &matches))
            .transpose()
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
