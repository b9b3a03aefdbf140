//! Servers that are silent or too slow.

use std::time::{Duration, Instant};

use peak_press::{Error, RetryPolicy, Timeouts};
use serde_json::Value;

use super::*;
use crate::common::{End, Reply, Server};

/// Sends one request with short timeouts. Returns the error and the number of requests.
fn time_out(method: &str, reply: Reply) -> (Error, usize) {
    let start = Instant::now();
    let failure = fail_with(impatient, method, [reply]);
    assert!(start.elapsed() < Duration::from_secs(20), "no limit held");
    failure
}

#[test]
fn a_silent_server_times_out() {
    for (reply, message) in [
        (
            Reply::nothing(End::Silence),
            "GET /x: no response from http://127.0.0.1:",
        ),
        (
            Reply::raw("HTTP/1.1 200 OK\r\nX").then(End::Silence),
            "GET /x: no response from",
        ),
        (
            Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"i").then(End::Silence),
            "GET /x: the response (200) was not complete within 150ms (see Timeouts::read)",
        ),
    ] {
        let (error, count) = time_out("GET", reply.clone());
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert!(error.to_string().starts_with(message), "{error}");
        inner(&error);
        assert_safely_retried("GET", &error, count);

        let (error, count) = time_out("POST", reply);
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert_safely_retried("POST", &error, count);
    }
}

#[test]
fn a_response_that_trickles_in_times_out() {
    for (drip, message) in [
        (
            "HTTP/1.1 200 OK\r\nX: y",
            "no response from http://127.0.0.1:",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n ",
            "the response (200) was not complete within 150ms",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n ",
            "the response (200) was not complete within 150ms",
        ),
    ] {
        let (error, count) = time_out("POST", Reply::raw(drip).then(End::Drip));
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert!(error.to_string().contains(message), "{error}");
        assert_safely_retried("POST", &error, count);
    }
}

#[test]
fn an_error_response_that_never_ends_keeps_its_status() {
    for end in [End::Silence, End::Drip, End::Close, End::Reset] {
        let reply = "HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\nno such ";
        let (error, _) = time_out("GET", Reply::raw(reply).then(end));
        assert!(matches!(error, Error::NotFound(_)), "{end:?}: {error:?}");
        assert!(error.api_error().unwrap().body.starts_with(b"no such "));
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn a_silent_proxy_is_named() {
    let server = Server::script([Reply::nothing(End::Silence)]);
    let session = impatient("https://press.example").proxy(server.url());
    let session = session.retry(RetryPolicy::never()).build().unwrap();
    let error = session.request("GET", "/x").send::<Value>().unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!(
            "GET /x: no connection to https://press.example through the proxy {} \
             within 150ms (see Timeouts::connect)",
            server.url()
        )
    );
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn a_proxy_whose_response_trickles_in_times_out() {
    let server = Server::script([Reply::raw("HTTP/1.1 200 OK\r\nX: y").then(End::Drip)]);
    for timeouts in [
        Timeouts::default().connect(SHORT),
        Timeouts::default().call(SHORT),
    ] {
        let session = builder("https://press.example").proxy(server.url());
        let session = session.timeouts(timeouts).retry(RetryPolicy::never());
        let request = session.build().unwrap().request("POST", "/x");
        let error = request.send::<Value>().unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert!(error.is_retryable() && !error.outcome_unknown(), "{error}");
    }
}

#[cfg(feature = "rustls")]
#[test]
fn a_silent_tls_handshake_times_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let session = impatient(url).retry(RetryPolicy::never()).build().unwrap();
    for request in posts(&session) {
        let error = request.send::<Value>().unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert!(!error.outcome_unknown());
    }
}

#[test]
fn a_call_as_a_whole_has_a_limit() {
    for end in [End::Silence, End::Drip] {
        for head in ["", "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n "] {
            let server = Server::script([Reply::raw(head).then(end)]);
            let session = builder(server.url()).timeouts(Timeouts::default().call(SHORT));
            let request = session.build().unwrap().request("GET", "/x");
            let error = request.send::<Value>().unwrap_err();
            assert!(matches!(error, Error::Timeout(_)), "{error:?}");
            assert!(
                error.to_string().contains("(see Timeouts::call)"),
                "{error}"
            );
            assert_eq!(server.count(), 1);
        }
    }
}

#[test]
fn the_limit_of_a_call_counts_all_attempts() {
    let server = Server::script([Reply::json(503, "{}"), Reply::nothing(End::Silence)]);
    let limit = Duration::from_secs(2);
    let session = builder(server.url()).timeouts(Timeouts::default().call(limit));
    let request = session.build().unwrap().request("GET", "/x");
    let error = request.send::<Value>().unwrap_err();
    let message = " within 2s in all (see Timeouts::call) (tried 2 times)";
    assert!(error.to_string().ends_with(message), "{error}");
}

#[cfg(all(feature = "socks-proxy", feature = "rustls"))]
#[test]
fn a_silent_socks_proxy_times_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("socks5h://{}", listener.local_addr().unwrap());
    for timeouts in [
        Timeouts::default().connect(SHORT),
        Timeouts::default().call(SHORT),
    ] {
        let session = builder("https://press.example").proxy(&proxy);
        let session = session.timeouts(timeouts).retry(RetryPolicy::never());
        let request = session.build().unwrap().request("POST", "/x");
        let error = request.send::<Value>().unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert!(!error.outcome_unknown(), "{error}");
    }
}

#[test]
fn a_pause_beyond_the_limit_of_a_call_is_not_begun() {
    let server = Server::script([Reply::json(503, "{}")]);
    let hour = Duration::from_secs(3600);
    let session = builder(server.url())
        .retry(RetryPolicy::default().base_delay(hour).max_delay(hour))
        .timeouts(Timeouts::default().call(Duration::from_secs(60)))
        .build()
        .unwrap();
    let error = session.request("GET", "/x").send::<Value>().unwrap_err();
    assert_eq!(error.to_string(), "GET /x: 503 Service Unavailable: {}");
    assert_eq!(server.count(), 1);
}
