//! Every call: the raw text of the request, and the parsed response.

#[path = "../common/mod.rs"]
mod common;

mod all_kinds;
mod app_deployments;
mod app_specs;
mod deployments;
mod forms;
mod ids;
mod multipart;
mod parameters;
mod related_blocks;
mod releases;
mod revisions;
mod specs;

use std::collections::BTreeSet;

use common::{Recorded, Reply, Server};
use multipart::{Part, parts};
use peak_press::Session;
use peak_press::blocks::Client;
use serde_json::Value;

fn client(server: &Server) -> Client {
    Client::new(server.session())
}

/// A client without a token, whose server does not exist.
fn offline_client() -> Client {
    let session = Session::builder().base_url("http://127.0.0.1:1");
    Client::new(session.build().unwrap())
}

/// Makes one call of the blocks client.
fn call<T>(response: &str, call: impl FnOnce(&Client) -> T) -> (T, Recorded) {
    call_session(response, |session| call(&Client::new(session)))
}

/// Sends one request, which gets this response, and returns the result and the request.
fn call_session<T>(response: &str, call: impl FnOnce(Session) -> T) -> (T, Recorded) {
    let server = Server::script([Reply::json(200, response)]);
    let result = call(server.session());
    let mut requests = server.requests();
    assert_eq!(requests.len(), 1, "one call is one request");
    (result, requests.remove(0))
}

/// Checks the method and path, the query's fields in any order, and the headers of every request.
#[track_caller]
fn assert_request(sent: &Recorded, target: &str, query: &[&str]) {
    let line = sent.line().strip_suffix(" HTTP/1.1").unwrap();
    let (sent_target, sent_query) = line.split_once('?').unwrap_or((line, ""));
    assert_eq!(sent_target, target);
    let fields = sent_query.split('&').filter(|field| !field.is_empty());
    assert_eq!(
        fields.collect::<BTreeSet<_>>(),
        query.iter().copied().collect()
    );
    assert_eq!(sent.header("authorization"), Some("t0ken"));
    assert_eq!(sent.header("accept"), Some("application/json"));
}

#[track_caller]
fn assert_bodiless(sent: &Recorded, target: &str, query: &[&str]) {
    assert_request(sent, target, query);
    assert_eq!(sent.header("content-type"), None);
    assert_eq!(sent.body(), b"");
}

#[track_caller]
fn assert_json(sent: &Recorded, target: &str, body: Value) {
    assert_request(sent, target, &[]);
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_content_length(sent);
    let text = std::str::from_utf8(sent.body()).unwrap();
    let sent_body: Value = serde_json::from_str(text).unwrap();
    // Compared as text, where 1 and 1.0 differ.
    assert_eq!(sent_body.to_string(), body.to_string());
}

/// Compares the part `spec` as JSON, where the order of keys does not matter, and the others byte by
/// byte.
#[track_caller]
fn assert_form(sent: &Recorded, spec: &str, others: &[Part]) {
    assert_content_length(sent);
    let mut parts = parts(sent);
    let first = parts.remove(0);
    assert_eq!(
        first.headers,
        ["Content-Disposition: form-data; name=\"spec\""]
    );
    let content: Value = serde_json::from_slice(&first.content).unwrap();
    assert_eq!(content.to_string(), spec);
    assert_eq!(parts, others);
}

#[track_caller]
fn assert_content_length(sent: &Recorded) {
    let length = sent.body().len().to_string();
    assert_eq!(sent.header("content-length"), Some(length.as_str()));
}
