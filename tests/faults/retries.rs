//! Which requests are retried, and after what pause.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use peak_press::{Artifact, RetryPolicy, blocks, types::CreateSpec};
use serde_json::{Value, json};

use super::*;
use crate::common::{End, Reply, Server};

#[test]
fn retries_what_is_transient_and_safe_to_repeat() {
    for method in EVERY_METHOD {
        let create = method == "POST";
        for (status, requests) in [
            (429, 4),
            (503, if create { 1 } else { 4 }),
            (500, if create { 1 } else { 4 }),
            (502, if create { 1 } else { 4 }),
            (504, if create { 1 } else { 4 }),
            (400, 1),
            (404, 1),
            (408, 1),
            (409, 1),
            (501, 1),
        ] {
            let (error, count) = fail(method, [Reply::json(status, "{}")]);
            assert_eq!(error.status(), Some(status));
            assert_eq!(count, requests, "{method} {status}");
            assert_eq!(error.api_error().unwrap().attempts as usize, requests);
            let unknown = create && matches!(status, 408 | 500 | 502 | 503 | 504);
            assert_eq!(error.outcome_unknown(), unknown, "{method} {status}");
        }
    }
}

#[test]
fn a_success_after_failures_is_a_success() {
    let server = Server::script([
        Reply::json(503, "{}"),
        Reply::nothing(End::Reset),
        Reply::json(500, "<html>"),
        Reply::json(200, r#"{"id": 1}"#),
    ]);
    let session = builder(server.url()).build().unwrap();
    let response: Value = session.request("GET", "/x").send().unwrap();
    assert_eq!((response, server.count()), (json!({"id": 1}), 4));
}

#[test]
fn never_makes_one_attempt() {
    let server = Server::script([Reply::json(503, "{}")]);
    let session = builder(server.url())
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let error = session.request("GET", "/x").send::<Value>().unwrap_err();
    assert_eq!(error.to_string(), "GET /x: 503 Service Unavailable: {}");
    assert_eq!(server.count(), 1);
}

#[test]
fn every_attempt_sends_the_whole_body() {
    let server = Server::script([
        Reply::with_headers(503, "Retry-After: 0\r\n", "{}"),
        Reply::json(429, "{}"),
        Reply::json(200, "{}"),
    ]);
    let session = builder(server.url()).build().unwrap();
    let body = json!({"notes": "x".repeat(300_000)});
    let _: Value = session.request("POST", "/x").json(&body).send().unwrap();
    let sent = server.requests();
    assert_eq!(sent.len(), 3);
    for attempt in sent {
        assert_eq!(attempt.body(), body.to_string().as_bytes());
    }
}

/// Incompressible bytes from a xorshift generator.
fn incompressible(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

#[test]
fn every_attempt_sends_the_whole_form_and_reports_its_progress() {
    let server = Server::script([
        Reply::with_headers(503, "Retry-After: 0\r\n", "{}"),
        Reply::json(429, "{}"),
        Reply::json(200, r#"{"id": "s"}"#),
    ]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), incompressible(200_000)).unwrap();
    let progress = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&progress);
    let artifact = Artifact::dir(folder.path()).on_progress(move |progress| {
        reported
            .lock()
            .unwrap()
            .push((progress.sent, progress.total))
    });
    let request = CreateSpec::from_yaml_str(SPEC).unwrap().artifact(artifact);

    let client = blocks::Client::new(builder(server.url()).build().unwrap());
    client.create_spec(&request).unwrap();

    let sent = server.requests();
    assert_eq!(sent.len(), 3);
    let total = sent[0].body().len() as u64;
    assert!(total > 100_000, "{total}");
    for attempt in &sent {
        assert_eq!(attempt.bytes.len(), sent[0].bytes.len());
        assert_eq!(attempt.body(), sent[0].body());
        assert_eq!(attempt.header("content-length"), Some(&*total.to_string()));
        let content_type = attempt.header("content-type");
        assert_eq!(content_type, sent[0].header("content-type"));
    }
    let progress = progress.lock().unwrap();
    assert!(progress.iter().all(|(_, all)| *all == total));
    assert_eq!(
        progress.iter().filter(|(sent, _)| *sent == total).count(),
        3
    );
    let restarts = progress
        .windows(2)
        .filter(|two| two[1].0 < two[0].0)
        .count();
    assert_eq!(
        restarts, 2,
        "it rises within an attempt and restarts with the next"
    );
}

const SPEC: &str = "\
body:
  version: 1
  kind: workflow
  metadata: { name: a, summary: b }
  release: { version: 1.0.0 }
  config: {}
";

#[test]
fn a_retry_after_within_the_cap_replaces_the_pause() {
    let past = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH);
    for value in ["0", " 0 ", &past] {
        let headers = format!("Retry-After: {value}\r\n");
        let server = Server::script([
            Reply::with_headers(429, &headers, "{}"),
            Reply::json(200, "{}"),
        ]);
        // Without the header the pause would be an hour.
        let hour = Duration::from_secs(3600);
        let policy = RetryPolicy::default().base_delay(hour).max_delay(hour);
        let session = builder(server.url()).retry(policy).build().unwrap();
        let _: Value = session.request("POST", "/x").send().unwrap();
        assert_eq!(server.count(), 2);
    }
}

#[test]
fn a_retry_after_beyond_the_cap_is_returned_at_once() {
    let in_an_hour = SystemTime::now() + Duration::from_secs(3600);
    let date = httpdate::fmt_http_date(in_an_hour);
    for value in ["3600", &date, "99999999999999999999999999"] {
        let headers = format!("Retry-After: {value}\r\n");
        let reply = Reply::with_headers(503, &headers, r#"{"detail": "busy"}"#);
        let (error, count) = fail("GET", [reply]);
        let wait = error.api_error().unwrap().retry_after.unwrap();
        assert!(wait > Duration::from_secs(3500), "{wait:?}");
        assert_eq!(count, 1);
        let start = "GET /x: 503 Service Unavailable: busy (retry after ";
        assert!(error.to_string().starts_with(start), "{error}");
    }
}

#[test]
fn an_invalid_retry_after_is_ignored() {
    for value in [
        "",
        "soon",
        "-1",
        "1.5",
        "Mon, 99 Foo 2026 00:00:00 GMT",
        "\u{fe}",
    ] {
        let headers = format!("Retry-After: {value}\r\n");
        let (error, count) = fail("GET", [Reply::with_headers(503, &headers, "{}")]);
        assert_eq!(error.api_error().unwrap().retry_after, None, "{value}");
        assert_eq!(count, 4, "{value}");
    }
}

#[test]
fn a_create_is_retried_after_a_503_only_with_a_retry_after() {
    let refused = Reply::with_headers(503, "Retry-After: 0\r\n", "{}");
    let server = Server::script([refused, Reply::json(200, r#"{"id": "s"}"#)]);
    let session = builder(server.url()).build().unwrap();
    let _: Value = session.request("POST", "/x").send().unwrap();
    assert_eq!(server.count(), 2);

    let (error, count) = fail("POST", [Reply::json(503, "{}")]);
    assert_eq!(count, 1);
    assert!(error.outcome_unknown() && !error.is_retryable());
    assert_eq!(
        error.to_string(),
        "POST /x: 503 Service Unavailable: {} \
         (it may have been carried out: look before you send it again)"
    );
}

#[test]
fn a_404_after_a_lost_response_to_a_delete_is_a_success() {
    for lost in [
        Reply::nothing(End::Close),
        Reply::json(500, "{}"),
        Reply::json(503, "{}"),
    ] {
        let server = Server::script([lost, Reply::json(404, "{}")]);
        let client = blocks::Client::new(builder(server.url()).build().unwrap());
        assert!(client.delete_spec("s").unwrap().extra.is_empty());
        assert_eq!(server.count(), 2);
    }
}

#[test]
fn a_404_to_a_delete_that_was_never_carried_out_is_an_error() {
    let refused = Reply::with_headers(503, "Retry-After: 0\r\n", "{}");
    for replies in [
        vec![Reply::json(404, "{}")],
        vec![Reply::json(429, "{}"), Reply::json(404, "{}")],
        vec![refused, Reply::json(404, "{}")],
    ] {
        let (error, _) = fail("DELETE", replies);
        assert!(matches!(error, Error::NotFound(_)), "{error:?}");
        assert!(!error.earlier_attempt_may_have_succeeded());
    }
}

#[test]
fn an_error_says_that_an_earlier_attempt_may_have_been_carried_out() {
    let no_changes = Reply::json(400, r#"{"detail": "No changes detected"}"#);
    let (error, count) = fail("PATCH", [Reply::nothing(End::Close), no_changes]);
    assert_eq!(count, 2);
    assert!(error.earlier_attempt_may_have_succeeded());
    let response = error.api_error().unwrap();
    assert!(response.earlier_attempt_may_have_succeeded);
    assert_eq!(
        error.to_string(),
        "PATCH /x: 400 Bad Request: No changes detected \
         (tried 2 times; an earlier attempt may have been carried out)"
    );
}

#[test]
fn the_outcome_of_a_create_is_unknown_after_an_unreadable_success() {
    let broken_gzip = Reply::with_headers(200, "Content-Encoding: gzip\r\n", "not gzip at all");
    for reply in [
        Reply::json(200, "<html>"),
        Reply::json(200, "{}"),
        Reply::json(200, r#"{"id": 5}"#),
        broken_gzip,
    ] {
        let server = Server::script([reply]);
        let client = blocks::Client::new(builder(server.url()).build().unwrap());
        let request = CreateSpec::from_yaml_str(SPEC).unwrap();
        let error = client.create_spec(&request).unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{error:?}");
        assert!(error.outcome_unknown() && !error.is_retryable(), "{error}");
        let hint = "(it may have been carried out: look before you send it again)";
        assert!(error.to_string().ends_with(hint), "{error}");
        assert_eq!(server.count(), 1);
    }
}

#[test]
fn the_outcome_of_a_create_is_unknown_after_a_gateway_lost_the_response() {
    for status in [408, 499, 520, 521, 522, 523, 524] {
        let (error, count) = fail("POST", [Reply::json(status, "{}")]);
        assert!(error.outcome_unknown() && count == 1, "{error}");
        let (error, _) = fail("GET", [Reply::json(status, "{}")]);
        assert!(!error.outcome_unknown(), "{error}");
    }
}

#[test]
fn a_validation_is_retried_and_never_of_unknown_outcome() {
    for reply in [Reply::json(500, "{}"), Reply::nothing(End::Close)] {
        let server = Server::script([reply]);
        let client = blocks::Client::new(builder(server.url()).build().unwrap());
        let request = CreateSpec::from_yaml_str(SPEC).unwrap();
        let error = client.validate_spec(&request).unwrap_err();
        assert!(!error.outcome_unknown() && error.is_retryable(), "{error}");
        assert_eq!(server.count(), 4);
    }
}
