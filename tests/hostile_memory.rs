//! Decodes responses and documents that are made to exhaust memory, in a process with limited memory.
//!
//! The documentation of `max_response_size` says that a response takes up to 200 times its size.

#![cfg(target_os = "linux")]

mod common;

use std::env;
use std::io::Write;
use std::process::Command;

use common::{Reply, Server};
use flate2::Compression;
use flate2::write::GzEncoder;
use peak_press::types::*;
use peak_press::{Result, Session, apps, blocks};
use serde_json::Value;

const MIB: usize = 1 << 20;
/// The default of `max_response_size`.
const DEFAULT_LIMIT: usize = 8 * MIB;
/// The memory that a response may take, as a multiple of its size.
const FACTOR: usize = 200;
/// The memory that a test's process takes without a response.
const PROCESS: usize = 128 * MIB;

/// The outcome of a call, in a process that has only the documented amount of memory for its response.
fn outcome(call: &str, body: &[u8]) -> String {
    let memory = PROCESS + FACTOR * body.len().min(DEFAULT_LIMIT);
    outcome_of(call, Reply::with_headers(200, "", body), memory)
}

fn outcome_of(call: &str, reply: Reply, memory: usize) -> String {
    let server = Server::script([reply]);
    outcome_at(call, &server.url(), memory)
}

fn outcome_at(call: &str, input: &str, memory: usize) -> String {
    let limited = format!(
        "ulimit -v {} && exec \"$0\" --ignored --exact child --nocapture",
        memory / 1024
    );
    let child = Command::new("sh")
        .args(["-c", &limited])
        .arg(env::current_exe().unwrap())
        .env("HOSTILE_CALL", call)
        .env("HOSTILE_INPUT", input)
        // Each arena reserves 64 MiB of address space, which counts even if unused.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let (output, errors) = (
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr),
    );
    assert!(child.status.success(), "{call}: {}: {errors}", child.status);
    let outcome = output.lines().find_map(|line| line.split_once("outcome: "));
    outcome.expect("an outcome").1.to_owned()
}

#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn child() {
    let (Ok(call), Ok(input)) = (env::var("HOSTILE_CALL"), env::var("HOSTILE_INPUT")) else {
        return;
    };
    let result = match call.as_str() {
        "yaml" => CreateSpec::from_yaml_str(&hostile_yaml(&input)).map(|_| 1),
        call => count(call, &input),
    };
    match result {
        Ok(count) => println!("outcome: {count}"),
        Err(error) => println!("outcome: {error}"),
    }
}

/// How many items the response to a call has.
fn count(call: &str, base_url: &str) -> Result<usize> {
    let builder = Session::builder().auth_token("t").base_url(base_url);
    let session = builder.build()?;
    let blocks = blocks::Client::new(session.clone());
    let apps = apps::Client::new(session.clone());
    match call {
        "specs" => blocks
            .list_specs_page(&ListSpecs::new(), 1)
            .map(|page| page.items.len()),
        "releases" => blocks
            .list_spec_releases_page("s", &ListSpecReleases::new(), 1)
            .map(|page| page.items.len()),
        "app revisions" => apps
            .list_deployment_revisions_page("d", &ListDeploymentRevisions::new(), 1)
            .map(|page| page.items.len()),
        "parameters" => blocks
            .get_parameters(&GetParameters::new().deployment_id("d"))
            .map(|parameters| parameters.len()),
        "value" => session.request("GET", "/x").send().map(|_: Value| 1),
        call => panic!("{call}"),
    }
}

/// A page of as many equal items as fit into a size, and their number.
fn page(list: &str, item: &str, size: usize) -> (Vec<u8>, usize) {
    let (start, end) = (format!(r#"{{"pageCount":1,"{list}":["#), "]}");
    let count = (size - start.len() - end.len() + 1) / (item.len() + 1);
    let items = vec![item; count].join(",");
    ((start + &items + end).into_bytes(), count)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn too_large(call: &str) -> String {
    format!("{call}: the response is larger than max_response_size, {DEFAULT_LIMIT} bytes")
}

const LIST_SPECS: &str = "GET /v1/blocks/specs/";

/// The largest item type that can be empty, with just enough items to have made the list grow.
#[test]
fn a_page_of_empty_objects_fits_into_the_documented_memory() {
    let (body, count) = page("revisions", "{}", DEFAULT_LIMIT * 19 / 24);
    assert!(count > 1 << 21);
    assert_eq!(outcome("app revisions", &body), count.to_string());
}

#[test]
fn pages_of_the_smallest_items() {
    let are_read = |list: &str, item: &str| {
        let (body, count) = page(list, item, MIB);
        assert_eq!(outcome(list, &body), count.to_string(), "{item}");
    };
    are_read("specs", r#"{"id":""}"#);
    are_read("specs", r#"{"id":"","latestRelease":{},"metadata":{}}"#);
    are_read("releases", "{}");
    are_read("releases", r#"{"config":{"steps":{"":{"command":""}}}}"#);
    are_read("releases", r#"{"":{"":0}}"#);
}

#[test]
fn lists_of_small_values_fit_into_the_documented_memory() {
    for item in [r#"{"":0}"#, "{}", "[]", "0", r#""""#] {
        let (body, _) = page("later", item, MIB);
        assert_eq!(outcome("value", &body), "1", "{item}");
        assert_eq!(outcome("parameters", &body), "2", "{item}");
    }
}

#[test]
fn refuses_a_page_beyond_the_default_limit() {
    let (body, _) = page("specs", r#"{"id":""}"#, 55_000_000);
    assert_eq!(outcome("specs", &body), too_large(LIST_SPECS));
    let compressed = gzip(&body[..4 * DEFAULT_LIMIT]);
    assert!(compressed.len() < DEFAULT_LIMIT / 20);
    let bomb = Reply::with_headers(200, "Content-Encoding: gzip\r\n", compressed);
    let memory = PROCESS + 4 * DEFAULT_LIMIT;
    assert_eq!(outcome_of("specs", bomb, memory), too_large(LIST_SPECS));
}

#[test]
fn an_excessive_content_length_reserves_no_memory() {
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\nConnection: close\r\n\r\n{";
    let reply = Reply::raw(reply).then(common::End::Close);
    let outcome = outcome_of("value", reply, PROCESS);
    assert!(outcome.contains("ended early, after 1 bytes"), "{outcome}");
}

#[test]
fn long_texts_take_a_small_multiple_of_their_size() {
    let long = "x".repeat(2 * MIB);
    let spec = format!(r#"{{"id":"{long}","kind":"{long}"}}"#);
    let (body, _) = page("specs", &spec, 5 * MIB);
    let memory = PROCESS + 4 * body.len();
    let reply = Reply::with_headers(200, "", &body);
    assert_eq!(outcome_of("specs", reply, memory), "1");
    let reply = Reply::with_headers(200, "", format!(r#"{{"pageCount":"{long}"}}"#));
    let outcome = outcome_of("specs", reply, PROCESS + 8 * long.len());
    let expected = format!("{LIST_SPECS}: pageCount: expected a whole number, found \"xxx");
    assert!(outcome.starts_with(&expected) && outcome.len() < 200);
}

#[test]
fn values_nested_a_million_levels_take_bounded_memory() {
    for (open, close) in [("[", "]"), (r#"{"":"#, "}")] {
        let nested = open.repeat(MIB) + "0" + &close.repeat(MIB);
        let page = format!(r#"{{"pageCount":1,"specs":[{{"id":"","later":{nested}}}]}}"#);
        let memory = PROCESS + 8 * page.len();
        let reply = Reply::with_headers(200, "", &page);
        assert_eq!(outcome_of("specs", reply, memory), "1");
        let unclosed = Reply::with_headers(200, "", open.repeat(MIB));
        let outcome = outcome_of("value", unclosed, PROCESS + 8 * MIB);
        assert!(outcome.contains("expected JSON, found"), "{outcome}");
    }
}

/// A named document of almost the maximum size.
fn hostile_yaml(name: &str) -> String {
    let start = match name {
        "lists" => "[",
        "maps" => "{a: ",
        "blocks" => "- ",
        name => panic!("{name}"),
    };
    start.repeat(4 * MIB / start.len())
}

#[test]
fn documents_nested_without_end_take_bounded_memory() {
    for name in ["lists", "maps", "blocks"] {
        let memory = PROCESS + 8 * DEFAULT_LIMIT;
        let outcome = outcome_at("yaml", name, memory);
        assert!(outcome.contains("128 levels"), "{name}: {outcome}");
    }
}

#[test]
fn items_of_lists_are_small() {
    assert!(size_of::<Spec>() <= 160, "{}", size_of::<Spec>());
    for size in [
        size_of::<AnySpec>(),
        size_of::<Release>(),
        size_of::<AppRelease>(),
        size_of::<Deployment>(),
        size_of::<Revision>(),
        size_of::<AppRevision>(),
        size_of::<Trigger>(),
        size_of::<Watcher>(),
    ] {
        assert!(size <= 280, "{size}");
    }
    assert!(size_of::<Step>() <= 400, "{}", size_of::<Step>());
}
