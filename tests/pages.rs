//! Iterators over lists that come in pages.

mod common;

use common::{Reply, Server};
use peak_press::types::{ListSpecs, Spec};
use peak_press::{ApiError, Error, Items, Result, RetryPolicy, Session, blocks};
use proptest::prelude::*;
use serde_json::{Value, json};

fn specs(numbers: &[u32]) -> Vec<Value> {
    let ids = numbers.iter().map(|number| number.to_string());
    ids.map(|id| json!({ "id": id })).collect()
}

/// Page `number` of `count`, with specs whose ids are these numbers.
fn page(number: u64, count: u64, numbers: &[u32]) -> Reply {
    let page = json!({"pageCount": count, "pageNumber": number, "specs": specs(numbers)});
    Reply::json(200, &page.to_string())
}

/// A server that returns the requested page, always with the same specs.
fn repeating(count: u64, numbers: &'static [u32]) -> Server {
    Server::replying(move |_, request| page(page_number(request.line()), count, numbers))
}

fn items(server: &Server, start: u64) -> Items<Spec> {
    let session = Session::builder()
        .auth_token("t")
        .base_url(server.url())
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let query = ListSpecs::new().name("a").page_number(start);
    blocks::Client::new(session).list_specs(&query)
}

fn number(spec: &Spec) -> u32 {
    spec.id.parse().expect("an id that is a number")
}

/// All numbers from page `start` on, up to the first error.
fn numbers(items: impl Iterator<Item = Result<Spec>>) -> Vec<u32> {
    items
        .map_while(|spec| spec.ok().as_ref().map(number))
        .collect()
}

/// The page that this request line requests.
fn page_number(line: &str) -> u64 {
    let number = line
        .strip_prefix("GET /v1/blocks/specs/?name=a&pageNumber=")
        .and_then(|query| query.strip_suffix(" HTTP/1.1")?.parse().ok());
    number.expect("a list request")
}

/// The numbers of the requested pages.
fn requested(server: &Server) -> Vec<u64> {
    let requests = server.requests();
    requests
        .iter()
        .map(|sent| page_number(sent.line()))
        .collect()
}

#[test]
fn requests_a_page_when_its_first_item_is_needed() {
    let server = Server::script([page(1, 2, &[1, 2]), page(2, 2, &[3])]);
    let mut items = items(&server, 1);
    assert_eq!((requested(&server), items.page_number()), (vec![], 1));
    assert_eq!(number(&items.next().unwrap().unwrap()), 1);
    assert_eq!(number(&items.next().unwrap().unwrap()), 2);
    assert_eq!((requested(&server), items.page_number()), (vec![1], 1));
    assert_eq!(number(&items.next().unwrap().unwrap()), 3);
    assert_eq!((requested(&server), items.page_number()), (vec![1, 2], 2));
    assert!(items.next().is_none() && items.next().is_none());
    assert_eq!((requested(&server), items.page_number()), (vec![1, 2], 2));
}

#[test]
fn an_empty_page_does_not_end_the_list() {
    let server = Server::script([
        page(1, 4, &[]),
        page(2, 4, &[1]),
        page(3, 4, &[]),
        page(4, 4, &[2]),
    ]);
    let numbers = numbers(items(&server, 1));
    assert_eq!(
        (numbers, requested(&server)),
        (vec![1, 2], vec![1, 2, 3, 4])
    );
}

#[test]
fn an_empty_list_is_one_request() {
    for count in [0, 1] {
        let server = Server::script([page(1, count, &[])]);
        assert_eq!(items(&server, 1).count(), 0);
        assert_eq!(requested(&server), [1]);
    }
}

#[test]
fn the_latest_page_count_decides() {
    let growing = Server::script([page(1, 2, &[1]), page(2, 3, &[2]), page(3, 3, &[3])]);
    assert_eq!(numbers(items(&growing, 1)), [1, 2, 3]);
    let shrinking = Server::script([page(1, 9, &[1]), page(2, 2, &[2])]);
    assert_eq!(numbers(items(&shrinking, 1)), [1, 2]);
    assert_eq!(requested(&shrinking), [1, 2]);
}

#[test]
fn a_huge_page_count_requests_no_page_ahead() {
    let server = repeating(u64::MAX, &[1, 2, 3]);
    let numbers = numbers(items(&server, 1).take(10));
    assert_eq!(numbers.len(), 10);
    assert_eq!(requested(&server), [1, 2, 3, 4]);
}

#[test]
fn refuses_a_page_with_another_number() {
    let server = Server::script([page(1, u64::MAX, &[1, 2, 3])]);
    let mut items = items(&server, 1);
    let before = numbers(items.by_ref().take(3));
    let error = items.next().unwrap().unwrap_err();
    assert_eq!(before, [1, 2, 3]);
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "GET /v1/blocks/specs/: pageNumber: expected page 2, found page 1: the service ignored the \
         requested page number"
    );
    assert!(items.next().is_none());
    assert_eq!((requested(&server), items.page_number()), (vec![1, 2], 2));
}

#[test]
fn refuses_page_zero_in_a_response() {
    let server = Server::script([page(0, 1, &[1])]);
    let error = items(&server, 1).next().unwrap().unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
}

#[test]
fn accepts_pages_without_a_number() {
    let page = |id| json!({"pageCount": 2, "specs": specs(&[id])}).to_string();
    let server = Server::script([1, 2].map(|id| Reply::json(200, &page(id))));
    let pages: Vec<_> = items(&server, 1).pages().map(Result::unwrap).collect();
    let page_numbers: Vec<_> = pages.iter().map(|page| page.page_number).collect();
    assert_eq!(page_numbers, [1, 2]);
}

#[test]
fn a_list_ends_after_100_empty_pages_in_a_row() {
    let server = repeating(4_000_000_000, &[]);
    let mut items = items(&server, 1);
    let error = items.next().unwrap().unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "GET /v1/blocks/specs/: the last 100 pages are empty, but the service announces more: the \
         list was ended before page 101"
    );
    assert!(items.next().is_none());
    assert_eq!((server.count(), items.page_number()), (100, 101));
}

#[test]
fn whole_pages_end_after_100_empty_ones_in_a_row() {
    let server = repeating(4_000_000_000, &[]);
    let pages: Vec<_> = items(&server, 1).pages().take(200).collect();
    let (last, empty) = pages.split_last().unwrap();
    assert_eq!((pages.len(), server.count()), (101, 100));
    assert!(last.is_err() && empty.iter().all(Result::is_ok));
}

#[test]
fn an_item_restarts_the_count_of_empty_pages() {
    let server = Server::replying(|_, request| {
        let number = page_number(request.line());
        let full = number.is_multiple_of(100);
        page(number, 299, if full { &[7] } else { &[] })
    });
    let specs: Vec<_> = items(&server, 1).map(Result::unwrap).collect();
    assert_eq!((specs.len(), server.count()), (2, 299));
}

#[test]
fn a_list_may_end_with_100_empty_pages() {
    let server = repeating(100, &[]);
    assert_eq!((items(&server, 1).count(), server.count()), (0, 100));
}

#[test]
fn the_largest_page_number_does_not_overflow() {
    let server = repeating(u64::MAX, &[1]);
    let mut pages = items(&server, u64::MAX).pages();
    assert_eq!(pages.next().unwrap().unwrap().page_number, u64::MAX);
    assert!(pages.next().is_none());
}

#[test]
fn ends_after_one_error() {
    let server = Server::script([page(1, 3, &[1]), Reply::json(404, "{}"), page(3, 3, &[3])]);
    let mut items = items(&server, 1);
    assert_eq!(number(&items.next().unwrap().unwrap()), 1);
    assert!(matches!(items.next(), Some(Err(Error::NotFound(_)))));
    assert!(items.next().is_none() && items.next().is_none());
    assert_eq!((requested(&server), items.page_number()), (vec![1, 2], 2));
}

#[test]
fn a_new_listing_continues_from_the_page_that_failed() {
    let server = Server::script([
        page(1, 3, &[1]),
        Reply::json(500, ""),
        page(2, 3, &[2]),
        page(3, 3, &[3]),
    ]);
    let mut first = items(&server, 1);
    let before = numbers(first.by_ref());
    let after = numbers(items(&server, first.page_number()));
    assert_eq!((before, after), (vec![1], vec![2, 3]));
    assert_eq!(requested(&server), [1, 2, 2, 3]);
}

#[test]
fn page_zero_is_refused() {
    let server = Server::script([page(1, 1, &[1])]);
    let mut items = items(&server, 0);
    let error = items.next().unwrap().unwrap_err();
    assert!(matches!(&error, Error::InvalidArgument { name, .. } if name == "page_number"));
    assert!(items.next().is_none());
    assert_eq!(server.count(), 0);
}

#[test]
fn iterates_over_whole_pages() {
    let body = json!({
        "pageCount": 2, "pageNumber": 1, "pageSize": 2, "specs": specs(&[1, 2]), "specCount": 3,
        "next": "soon",
    });
    let server = Server::script([Reply::json(200, &body.to_string()), page(2, 2, &[3])]);
    let mut pages = items(&server, 1).pages();
    let first = pages.next().unwrap().unwrap();
    assert_eq!(
        (
            first.page_number,
            first.page_size,
            first.page_count,
            first.total
        ),
        (1, Some(2), 2, Some(3))
    );
    assert_eq!(first.extra.get("next"), Some(&json!("soon")));
    assert_eq!((&first).into_iter().map(number).sum::<u32>(), 3);
    let ids: Vec<_> = first.into_iter().map(|spec| spec.id).collect();
    assert_eq!(ids, ["1", "2"]);
    assert_eq!((pages.page_number(), pages.size_hint()), (1, (1, None)));
    assert_eq!(number(&pages.next().unwrap().unwrap().items[0]), 3);
    assert_eq!(pages.size_hint(), (0, Some(0)));
    assert!(pages.next().is_none());
}

#[test]
fn pages_drops_the_rest_of_the_current_page() {
    let server = Server::script([page(1, 2, &[1, 2]), page(2, 2, &[3])]);
    let mut items = items(&server, 1);
    items.next().unwrap().unwrap();
    let rest: Vec<_> = items.pages().map(|page| page.unwrap().items).collect();
    assert_eq!(rest.concat().iter().map(number).collect::<Vec<_>>(), [3]);
}

#[test]
fn size_hint_is_exact_on_the_last_page() {
    let server = Server::script([page(1, 1, &[1, 2, 3])]);
    let mut items = items(&server, 1);
    assert_eq!(items.size_hint(), (0, None));
    items.next();
    assert_eq!(items.size_hint(), (2, Some(2)));
}

#[test]
fn debug_shows_the_page_but_not_the_query() {
    let server = Server::script([page(1, 1, &[1])]);
    let text = format!("{:?}", items(&server, 5));
    assert!(
        text.contains("page_number: 5") && text.contains("/v1/blocks/specs/"),
        "{text}"
    );
    assert!(!text.contains("name"), "{text}");
}

#[test]
fn a_list_of_given_results_behaves_as_one_of_the_service() {
    let error = || Error::from(ApiError::new(404).message("gone"));
    let mut items = Items::from_results([Ok(1), Ok(2), Err(error()), Ok(3)]);
    assert_eq!((items.page_number(), items.size_hint()), (1, (0, None)));
    assert_eq!(
        items.by_ref().map_while(Result::ok).collect::<Vec<_>>(),
        [1, 2]
    );
    assert!(items.next().is_none());
    assert_eq!((items.page_number(), items.size_hint()), (2, (0, Some(0))));

    let pages: Vec<_> = Items::from_results([Ok(1), Err(error())]).pages().collect();
    let [Ok(page), Err(Error::NotFound(_))] = &pages[..] else {
        panic!("{pages:?}");
    };
    assert_eq!((&page.items[..], page.page_count), (&[1][..], 2));
    assert_eq!(Items::<u8>::from_results([]).count(), 0);
    let text = format!("{:?}", Items::from_results([Ok("pr1vate")]));
    assert!(!text.contains("pr1vate"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn returns_every_item_once_and_in_order(
        layout in proptest::collection::vec(proptest::collection::vec(any::<u32>(), 0..4), 1..6),
    ) {
        let count = layout.len() as u64;
        let server = Server::script((1..).zip(&layout).map(|(number, numbers)| page(number, count, numbers)));
        let numbers = numbers(items(&server, 1));
        prop_assert_eq!(numbers, layout.concat());
        prop_assert_eq!(requested(&server), (1..=count).collect::<Vec<_>>());
    }
}
