//! Misbehaving servers and networks: the error that a caller gets, and the number of requests.

#[path = "../common/mod.rs"]
mod common;

mod connections;
mod responses;
mod retries;
mod timeouts;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;
mod uploads;

use std::error::Error as _;
use std::io::{self, Write};
use std::time::Duration;

use common::{Reply, Server};
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use peak_press::Request;
use peak_press::{Error, RetryPolicy, Session, SessionBuilder, Timeouts};
use serde_json::Value;

const EVERY_METHOD: [&str; 5] = ["GET", "PUT", "PATCH", "DELETE", "POST"];

/// A limit short enough for a test to wait for.
const SHORT: Duration = Duration::from_millis(150);

/// A session with three retries without pauses.
fn builder(url: impl Into<String>) -> SessionBuilder {
    Session::builder()
        .auth_token("t0ken")
        .base_url(url)
        .retry(RetryPolicy::default().base_delay(Duration::ZERO))
}

/// The same with short timeouts.
fn impatient(url: impl Into<String>) -> SessionBuilder {
    let timeouts = Timeouts::default().connect(SHORT).read(SHORT).write(SHORT);
    builder(url).timeouts(timeouts)
}

/// Sends one request to a server with this script. Returns the error and the number of requests.
fn fail(method: &str, replies: impl IntoIterator<Item = Reply>) -> (Error, usize) {
    fail_with(builder, method, replies)
}

fn fail_with(
    builder: fn(String) -> SessionBuilder,
    method: &str,
    replies: impl IntoIterator<Item = Reply>,
) -> (Error, usize) {
    let server = Server::script(replies);
    let session = builder(server.url()).build().unwrap();
    let error = session
        .request(method, "/x")
        .send::<Value>()
        .expect_err("an error");
    (error, server.count())
}

/// A create with a body and one without.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn posts(session: &Session) -> [Request; 2] {
    let request = session.request("POST", "/x");
    [request.clone().json(&serde_json::json!({})), request]
}

/// The cause of an error. It is not the `source()`, because `Display` includes its text.
fn inner(error: &Error) -> &(dyn std::error::Error + Send + Sync + 'static) {
    assert!(error.source().is_none(), "{error:?}");
    let inner = match error {
        Error::Transport(error) | Error::Timeout(error) => error.inner(),
        Error::Decode(error) => error.inner(),
        error => panic!("{error:?}"),
    };
    inner.unwrap_or_else(|| panic!("no cause: {error:?}"))
}

/// The kind of the `io::Error` that caused an error. Checks that its text is shown once.
fn io_cause(error: &Error) -> io::ErrorKind {
    let Some(cause) = inner(error).downcast_ref::<io::Error>() else {
        panic!("no io::Error below {error:?}");
    };
    let shown = error.to_string().matches(&cause.to_string()).count();
    assert_eq!(shown, 1, "{error}");
    cause.kind()
}

/// A create is sent once and its outcome is unknown; every other request is sent four times.
fn assert_safely_retried(method: &str, error: &Error, count: usize) {
    let create = method == "POST";
    assert_eq!(count, if create { 1 } else { 4 }, "{method}");
    assert_eq!(error.outcome_unknown(), create, "{method}");
    assert_eq!(error.is_retryable(), !create, "{method}");
    let hint = match method {
        "POST" => "(it may have been carried out: look before you send it again)",
        "GET" => "(tried 4 times)",
        _ => "(tried 4 times; an earlier attempt may have been carried out)",
    };
    assert!(error.to_string().ends_with(hint), "{error}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
