//! Filters, order and pages of lists.

use serde_json::{Value, json};

use crate::press::Press;

const SPECS: &str = "/v1/blocks/specs/";

/// Thirty specs, `seeded-1` to `seeded-30`, of which the 4th and 5th are different.
fn thirty_specs() -> Press {
    let press = Press::start();
    let ids = press.seed_specs(30);
    let archived =
        json!({ "metadata": { "status": "archived", "title": "Zebra" }, "featured": true });
    press
        .send("PATCH", &format!("{SPECS}{}", ids[3]), archived)
        .ok();
    let public = json!({ "scope": "public" });
    press
        .send("PATCH", &format!("{SPECS}{}", ids[4]), public)
        .ok();
    press
}

struct Query {
    query: &'static str,
    /// The numbers of the specs on the page.
    specs: &'static [u32],
}

#[track_caller]
fn assert_pages(queries: &[Query]) {
    let press = thirty_specs();
    for Query { query, specs } in queries {
        let page = press.get(&format!("{SPECS}?{query}")).ok();
        let names = crate::press::each(&page["specs"], "/metadata/name");
        let expected: Vec<_> = specs
            .iter()
            .map(|number| json!(format!("seeded-{number}")))
            .collect();
        assert_eq!(names, expected, "{query}");
    }
}

#[test]
fn pages_have_25_items_by_default() {
    let press = thirty_specs();
    let size = |query: &str| {
        let page = press.get(&format!("{SPECS}?{query}")).ok();
        page["specs"].as_array().unwrap().len()
    };
    assert_eq!(size(""), 25);
    assert_eq!(size("pageSize=18446744073709551615"), 30);
    let page = press.get(&format!("{SPECS}?pageSize=7&pageNumber=2")).ok();
    let numbers = ["pageCount", "pageNumber", "pageSize", "specCount"].map(|key| page[key].clone());
    assert_eq!(numbers, [5, 2, 7, 30].map(Value::from));
}

#[test]
fn cuts_lists_into_pages() {
    #[rustfmt::skip]
    assert_pages(&[
        Query { query: "pageNumber=2", specs: &[26, 27, 28, 29, 30] },
        Query { query: "pageNumber=3", specs: &[] },
        Query {
            query: "pageNumber=18446744073709551615&pageSize=18446744073709551615",
            specs: &[],
        },
        Query { query: "whatever=x&pageSize=1", specs: &[1] },
    ]);
}

#[test]
fn filters_lists() {
    #[rustfmt::skip]
    assert_pages(&[
        Query { query: "name=seeded-3&pageSize=2", specs: &[3, 30] },
        Query { query: "title=Seeded+2&pageSize=3", specs: &[2, 20, 21] },
        Query { query: "title=seeded", specs: &[] },
        Query { query: "featured=true", specs: &[4] },
        Query { query: "featured=True", specs: &[4] },
        Query { query: "featured=False&pageSize=4", specs: &[1, 2, 3, 5] },
        Query { query: "featured=false&pageSize=4", specs: &[1, 2, 3, 5] },
        Query { query: "status=archived&status=unavailable", specs: &[4] },
        Query { query: "scope=public&scope=shared", specs: &[5] },
        Query { query: "status=archived,unavailable", specs: &[4] },
    ]);
}

#[test]
fn sorts_lists() {
    #[rustfmt::skip]
    assert_pages(&[
        Query { query: "sort=createdAt:desc&pageSize=2", specs: &[30, 29] },
        Query { query: "sort=createdBy:asc&sort=title%3Adesc&pageSize=2", specs: &[4, 9] },
        Query { query: "sort=name:asc&pageSize=3", specs: &[1, 10, 11] },
    ]);
}

#[test]
fn refuses_invalid_queries() {
    let press = thirty_specs();
    for query in [
        "status=lost",
        "featured=TRUE",
        "featured=",
        "scope=mine",
        "sort=name",
        "sort=name:up",
        "sort=summary:asc",
        "sort=:asc",
        "pageSize=0",
        "pageSize=x",
        "pageSize=-1",
        "pageNumber=0",
        "pageNumber=",
        "pageNumber=18446744073709551616",
    ] {
        let (field, _) = query.split_once('=').unwrap();
        let response = press.get(&format!("{SPECS}?{query}"));
        response.assert_error(400, &format!("query: {field}: "));
    }
}

#[test]
fn each_list_has_its_own_statuses_and_sort_fields() {
    let press = Press::start();
    let deployed = press.deploy();
    for (target, field) in [
        (
            "/v1/blocks/deployments/?status=superseded".to_owned(),
            "status",
        ),
        (
            format!("{}/revisions?status=redeploying", deployed.deployment),
            "status",
        ),
        (format!("{}/releases?sort=name:asc", deployed.spec), "sort"),
    ] {
        press
            .get(&target)
            .assert_error(400, &format!("query: {field}"));
    }
}
