//! What a caller sees when the server or the network misbehaves: the error, and how many requests
//! were made.

mod common;

use std::error::Error as _;
use std::io::{self, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant, SystemTime};

use common::{End, Reply, Server};
use peak_press::{Error, RetryPolicy, Session, SessionBuilder, Timeouts};
use serde_json::{Value, json};

const EVERY_METHOD: [&str; 5] = ["GET", "PUT", "PATCH", "DELETE", "POST"];

/// Three retries without a pause.
fn builder(url: impl Into<String>) -> SessionBuilder {
    Session::builder()
        .auth_token("t0ken")
        .base_url(url)
        .retry(RetryPolicy::default().base_delay(Duration::ZERO))
}

/// The same with time limits that a test can wait for.
fn impatient(url: impl Into<String>) -> SessionBuilder {
    let limit = Duration::from_millis(150);
    let limits = Timeouts::default().connect(limit).read(limit).write(limit);
    builder(url).timeouts(limits)
}

/// Sends one request to a server of this script: the error, and how many requests came.
fn fail_one(method: &str, replies: impl IntoIterator<Item = Reply>) -> (Error, usize) {
    fail_with(builder, method, replies)
}

/// The same without the patience.
fn time_out(method: &str, reply: Reply) -> (Error, usize) {
    let begun = Instant::now();
    let failure = fail_with(impatient, method, [reply]);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "it took for ever"
    );
    failure
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

/// The first error of the standard library's in a chain of sources.
fn io_cause(error: &Error) -> io::ErrorKind {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind();
        }
        source = error.source();
    }
    panic!("no io::Error below {error:?}");
}

fn assert_broken(method: &str, reply: Reply, cause: io::ErrorKind) {
    let (error, count) = fail_one(method, [reply]);
    assert!(matches!(error, Error::Transport(_)), "{method}: {error:?}");
    assert_eq!(io_cause(&error), cause, "{method}: {error:?}");
    assert_once_or_four_times(method, &error, count);
}

/// A create is not sent again, and says that its fate is unknown; all else is sent four times.
fn assert_once_or_four_times(method: &str, error: &Error, count: usize) {
    let create = method == "POST";
    assert_eq!(count, if create { 1 } else { 4 }, "{method}");
    assert_eq!(error.outcome_unknown(), create, "{method}");
    assert_eq!(error.is_retryable(), !create, "{method}");
    let hint = match create {
        true => "(it may have been carried out: look before you send it again)",
        false => "(tried 4 times)",
    };
    assert!(error.to_string().ends_with(hint), "{error}");
}

mod retries {
    use super::*;

    #[test]
    fn what_is_sent_again() {
        for method in EVERY_METHOD {
            for (status, times) in [
                (429, 4),
                (503, 4),
                (500, if method == "POST" { 1 } else { 4 }),
                (502, if method == "POST" { 1 } else { 4 }),
                (504, if method == "POST" { 1 } else { 4 }),
                (400, 1),
                (404, 1),
                (408, 1),
                (409, 1),
                (501, 1),
            ] {
                let (error, count) = fail_one(method, [Reply::json(status, "{}")]);
                assert_eq!(error.status(), Some(status));
                assert_eq!(count, times, "{method} {status}");
                assert_eq!(error.api_error().unwrap().attempts as usize, times);
                let unknown = method == "POST" && matches!(status, 500 | 502 | 504);
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
        let answer: Value = session.request("GET", "/x").send().unwrap();
        assert_eq!((answer, server.count()), (json!({"id": 1}), 4));
    }

    #[test]
    fn never_is_once() {
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
    fn the_body_is_sent_whole_each_time() {
        let server = Server::script([
            Reply::json(503, "{}"),
            Reply::json(429, "{}"),
            Reply::json(200, "{}"),
        ]);
        let session = builder(server.url()).build().unwrap();
        let body = json!({"notes": "x".repeat(300_000)});
        let _: Value = session.request("POST", "/x").json(&body).send().unwrap();
        let sent = server.requests();
        assert_eq!(sent.len(), 3);
        assert!(
            sent.iter()
                .all(|sent| sent.body() == body.to_string().as_bytes())
        );
    }

    #[test]
    fn a_retry_after_that_is_short_is_waited_for() {
        let past = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH);
        for value in ["0", " 0 ", &past] {
            let headers = format!("Retry-After: {value}\r\n");
            let server = Server::script([
                Reply::with_headers(429, &headers, "{}"),
                Reply::json(200, "{}"),
            ]);
            // Without the header the pause would be an hour.
            let policy = RetryPolicy::default().base_delay(Duration::from_secs(3600));
            let policy = policy.max_delay(Duration::from_secs(3600));
            let session = builder(server.url()).retry(policy).build().unwrap();
            let _: Value = session.request("POST", "/x").send().unwrap();
            assert_eq!(server.count(), 2);
        }
    }

    #[test]
    fn a_retry_after_beyond_the_cap_is_the_callers_to_wait() {
        let hour = SystemTime::now() + Duration::from_secs(3600);
        let date = httpdate::fmt_http_date(hour);
        for value in ["3600", &date, "99999999999999999999999999"] {
            let headers = format!("Retry-After: {value}\r\n");
            let reply = Reply::with_headers(503, &headers, r#"{"detail": "busy"}"#);
            let (error, count) = fail_one("GET", [reply]);
            let wait = error.api_error().unwrap().retry_after.unwrap();
            assert!(wait > Duration::from_secs(3500), "{wait:?}");
            assert_eq!(count, 1);
            let text = error.to_string();
            assert!(
                text.starts_with("GET /x: 503 Service Unavailable: busy (retry after "),
                "{text}"
            );
        }
    }

    #[test]
    fn a_retry_after_that_says_nothing_is_ignored() {
        for value in [
            "",
            "soon",
            "-1",
            "1.5",
            "Mon, 99 Foo 2026 00:00:00 GMT",
            "\u{fe}",
        ] {
            let headers = format!("Retry-After: {value}\r\n");
            let (error, count) = fail_one("GET", [Reply::with_headers(503, &headers, "{}")]);
            assert_eq!(error.api_error().unwrap().retry_after, None, "{value}");
            assert_eq!(count, 4, "{value}");
        }
    }
}

mod connections {
    use super::*;

    /// A port on which nobody listens.
    fn closed_port() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    #[test]
    fn refused() {
        for method in EVERY_METHOD {
            let url = closed_port();
            let session = builder(&url).build().unwrap();
            let error = session.request(method, "/x").send::<Value>().unwrap_err();
            assert_eq!(io_cause(&error), io::ErrorKind::ConnectionRefused);
            let Error::Transport(transport) = &error else {
                panic!("{error:?}");
            };
            assert!(!transport.may_have_arrived);
            assert_eq!(
                transport.attempts, 4,
                "a create that never left is sent again, too"
            );
            assert!(error.is_retryable() && !error.outcome_unknown());
            let text = error.to_string();
            assert!(text.starts_with(&format!(
                "{method} /x: no answer from {url}: Connection refused"
            )));
        }
    }

    /// A name that no resolver asks the network about: its first part is too long.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn no_host() -> String {
        format!("{}.invalid", "x".repeat(64))
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[test]
    fn a_host_that_does_not_exist() {
        let (host, url) = (no_host(), format!("https://{}", no_host()));
        for method in ["GET", "POST"] {
            let session = builder(&url).no_proxy().build().unwrap();
            let error = session.request(method, "/x").send::<Value>().unwrap_err();
            let Error::Transport(transport) = &error else {
                panic!("{error:?}");
            };
            assert!(!transport.may_have_arrived);
            assert!(error.is_retryable() && !error.outcome_unknown());
            assert!(error.source().is_some());
            let start =
                format!("{method} /x: no answer from {url}: the name {host} was not found: ");
            let rest = error.to_string();
            let rest = rest.strip_prefix(&start).expect(&rest).to_owned();
            assert!(!rest.contains("failed to lookup"), "{rest}");
        }
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[test]
    fn a_proxy_whose_host_does_not_exist() {
        let (host, url) = (no_host(), format!("http://user:pr1vate@{}:1", no_host()));
        let session = builder("https://press.example").proxy(url).build().unwrap();
        let error = session.request("POST", "/x").send::<Value>().unwrap_err();
        let start = format!(
            "POST /x: no answer from https://press.example by way of the proxy http://{host}:1: \
             the name {host} was not found: "
        );
        assert!(error.to_string().starts_with(&start), "{error}");
        assert!(error.is_retryable() && !error.outcome_unknown());
    }

    /// With SOCKS it may be either name.
    #[cfg(all(feature = "socks-proxy", feature = "rustls"))]
    #[test]
    fn a_name_that_is_looked_up_on_the_way_to_a_socks_proxy() {
        let host = no_host();
        for (proxy, names) in [
            ("socks5://127.0.0.1:1", host.clone()),
            ("socks5://[::1]:1", host.clone()),
            ("socks5://localhost:1", format!("{host} or localhost")),
        ] {
            let session = builder(format!("https://{host}")).proxy(proxy).build();
            let request = session.unwrap().request("GET", "/x");
            let error = request.send::<Value>().unwrap_err();
            let part = format!(" by way of the proxy {proxy}: the name {names} was not found: ");
            assert!(error.to_string().contains(&part), "{error}");
        }
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[test]
    fn a_proxy_that_is_silent_is_named() {
        let server = Server::script([Reply::nothing(End::Silence)]);
        let session = impatient("https://press.example").proxy(server.url());
        let session = session.retry(RetryPolicy::never()).build().unwrap();
        let error = session.request("GET", "/x").send::<Value>().unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!(
                "GET /x: no connection to https://press.example by way of the proxy {} \
                 within 150ms (see Timeouts::connect)",
                server.url()
            )
        );
    }

    #[test]
    fn reset_before_the_answer() {
        for method in EVERY_METHOD {
            assert_broken(
                method,
                Reply::nothing(End::Reset),
                io::ErrorKind::ConnectionReset,
            );
        }
    }

    #[test]
    fn closed_before_the_answer() {
        for method in EVERY_METHOD {
            assert_broken(
                method,
                Reply::nothing(End::Close),
                io::ErrorKind::UnexpectedEof,
            );
        }
    }

    #[test]
    fn broken_within_the_head() {
        for method in EVERY_METHOD {
            let reply = Reply::raw("HTTP/1.1 200 OK\r\nContent-Le");
            assert_broken(
                method,
                reply.clone().then(End::Reset),
                io::ErrorKind::ConnectionReset,
            );
            assert_broken(method, reply.then(End::Close), io::ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn broken_within_the_body() {
        for method in EVERY_METHOD {
            for end in [End::Reset, End::Close] {
                for answer in [
                    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"id",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"id\r\n",
                ] {
                    let reply = Reply::raw(answer).then(end);
                    assert_broken(method, reply.clone(), io::ErrorKind::UnexpectedEof);
                    let (error, _) = fail_one(method, [reply]);
                    assert!(
                        error
                            .to_string()
                            .contains("the answer (200) broke off after 4 bytes"),
                        "{error}"
                    );
                }
            }
        }
    }

    #[test]
    fn broken_within_compressed_data() {
        let whole = gzip(&[b'x'; 1000]);
        let reply = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            whole.len()
        );
        let reply = [reply.as_bytes(), &whole[..whole.len() / 2]].concat();
        assert_broken(
            "GET",
            Reply::raw(reply).then(End::Close),
            io::ErrorKind::UnexpectedEof,
        );
    }

    #[test]
    fn an_idle_connection_that_was_closed_is_not_used() {
        for method in EVERY_METHOD {
            let server = Server::script([
                Reply::json(200, "{}").then(End::Close),
                Reply::json(200, "{}"),
            ]);
            let session = builder(server.url()).build().unwrap();
            let _: Value = session.request(method, "/x").send().unwrap();
            server.wait_until_closed(1);
            let _: Value = session.request(method, "/x").send().unwrap();
            let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
            assert_eq!(connections, [0, 1]);
        }
    }

    #[test]
    fn an_idle_connection_that_breaks_on_use() {
        for method in EVERY_METHOD {
            let server = Server::script([
                Reply::json(200, "{}"),
                Reply::nothing(End::Reset),
                Reply::json(200, "{}"),
            ]);
            let session = builder(server.url()).build().unwrap();
            let _: Value = session.request("GET", "/x").send().unwrap();
            let result = session.request(method, "/x").send::<Value>();
            let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
            match method {
                "POST" => assert!(result.unwrap_err().outcome_unknown()),
                _ => assert_eq!((result.unwrap(), connections), (json!({}), vec![0, 0, 1])),
            }
        }
    }

    #[test]
    fn silence() {
        for (reply, message) in [
            (
                Reply::nothing(End::Silence),
                "GET /x: no answer from http://127.0.0.1:",
            ),
            (
                Reply::raw("HTTP/1.1 200 OK\r\nX").then(End::Silence),
                "GET /x: no answer from",
            ),
            (
                Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"i").then(End::Silence),
                "GET /x: the answer (200) was not whole within 150ms (see Timeouts::read)",
            ),
        ] {
            let (error, count) = time_out("GET", reply.clone());
            assert!(matches!(error, Error::Timeout(_)), "{error:?}");
            assert!(error.to_string().starts_with(message), "{error}");
            assert!(error.source().is_some());
            assert_once_or_four_times("GET", &error, count);

            let (error, count) = time_out("POST", reply);
            assert!(matches!(error, Error::Timeout(_)), "{error:?}");
            assert_once_or_four_times("POST", &error, count);
        }
    }

    #[test]
    fn an_answer_that_drips_for_ever() {
        for (drip, message) in [
            (
                "HTTP/1.1 200 OK\r\nX: y",
                "no answer from http://127.0.0.1:",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n ",
                "the answer (200) was not whole within 150ms",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n ",
                "the answer (200) was not whole within 150ms",
            ),
        ] {
            let (error, count) = time_out("POST", Reply::raw(drip).then(End::Drip));
            assert!(matches!(error, Error::Timeout(_)), "{error:?}");
            assert!(error.to_string().contains(message), "{error}");
            assert_once_or_four_times("POST", &error, count);
        }
    }

    #[test]
    fn an_error_that_never_ends_is_still_that_error() {
        for end in [End::Silence, End::Drip, End::Close, End::Reset] {
            let reply = "HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\nno such ";
            let (error, _) = time_out("GET", Reply::raw(reply).then(end));
            assert!(matches!(error, Error::NotFound(_)), "{end:?}: {error:?}");
            assert!(error.api_error().unwrap().body.starts_with(b"no such "));
        }
    }

    #[test]
    fn a_server_that_takes_nothing_of_a_body() {
        let server = Server::script([Reply::nothing(End::Stall)]);
        let session = impatient(server.url()).build().unwrap();
        let body = "x".repeat(32 << 20);
        let error = session
            .request("POST", "/x")
            .json(&body)
            .send::<Value>()
            .unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert!(error.outcome_unknown());
        let message = "took nothing of the request for 150ms (see Timeouts::write)";
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(server.count(), 1);
    }

    #[test]
    fn a_server_that_refuses_a_body_before_it_has_it() {
        // ureq drops an answer that comes before the request's end: the error says what it may be.
        let server = Server::script([Reply::json(413, "{}").then(End::CloseEarly)]);
        let session = builder(server.url()).build().unwrap();
        let body = "x".repeat(32 << 20);
        let error = session
            .request("POST", "/x")
            .json(&body)
            .send::<Value>()
            .unwrap_err();
        assert!(matches!(error, Error::Transport(_)), "{error:?}");
        assert!(error.outcome_unknown());
        let text = error.to_string();
        assert!(text.contains(" of 33554434 bytes sent: "), "{text}");
        assert!(
            text.contains("(is the body larger than the service takes?)"),
            "{text}"
        );
    }

    #[test]
    fn without_a_length_the_answer_ends_with_the_connection() {
        let reply = Reply::raw("HTTP/1.1 200 OK\r\n\r\n[1, 2]").then(End::Close);
        let server = Server::script([reply]);
        let session = builder(server.url()).build().unwrap();
        let answer: Value = session.request("GET", "/x").send().unwrap();
        assert_eq!(answer, json!([1, 2]));
    }

    #[test]
    fn what_is_said_before_the_answer_is_no_answer() {
        for early in ["100 Continue", "103 Early Hints"] {
            let reply =
                format!("HTTP/1.1 {early}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n7");
            let server = Server::script([Reply::raw(reply)]);
            let session = builder(server.url()).build().unwrap();
            let answer: Value = session.request("POST", "/x").json(&1).send().unwrap();
            assert_eq!(answer, json!(7));
        }
    }

    #[test]
    fn with_too_small_a_length_the_rest_is_no_answer_to_the_next() {
        let server = Server::script([
            Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 500 Evil\r\n\r\n"),
            Reply::json(200, "[1]"),
        ]);
        let session = builder(server.url()).build().unwrap();
        assert_eq!(
            session.request("GET", "/x").send::<Value>().unwrap(),
            json!({})
        );
        assert_eq!(
            session.request("GET", "/x").send::<Value>().unwrap(),
            json!([1])
        );
        assert_eq!(server.requests()[1].connection, 1);
    }

    #[test]
    fn what_is_not_http() {
        for garbage in [
            "hello\r\n\r\n",
            "\0\0\0\0\r\n\r\n",
            "HTTP/9.9 200 OK\r\n\r\n",
            "HTTP/1.1 xyz OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: some\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        ] {
            for method in ["GET", "POST"] {
                let reply = Reply::raw(garbage).then(End::Close);
                let (error, count) = fail_one(method, [reply]);
                assert!(
                    matches!(error, Error::Transport(_)),
                    "{garbage:?}: {error:?}"
                );
                assert!(error.source().is_some());
                assert_once_or_four_times(method, &error, count);
            }
        }
    }

    #[test]
    fn a_head_without_end() {
        let headers = "X: y\r\n".repeat(100_000);
        let reply = Reply::raw(format!("HTTP/1.1 200 OK\r\n{headers}")).then(End::Silence);
        let (error, _) = fail_one("POST", [reply]);
        assert!(matches!(error, Error::Transport(_)), "{error:?}");
    }

    #[test]
    #[cfg(feature = "rustls")]
    fn a_tls_handshake_that_is_never_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let session = impatient(url).retry(RetryPolicy::never()).build().unwrap();
        let request = session.request("POST", "/x").json(&json!({}));
        let error = request.send::<Value>().unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert!(!error.outcome_unknown());
    }

    #[test]
    #[cfg(feature = "rustls")]
    fn a_proxy_that_refuses_is_told_no_secret() {
        let server = Server::script([Reply::json(403, "{}")]);
        let session = builder("https://press.example")
            .proxy(server.url())
            .build()
            .unwrap();
        let request = session.request("POST", "/x").json(&json!({}));
        let error = request.send::<Value>().unwrap_err();
        assert!(matches!(error, Error::Transport(_)), "{error:?}");
        let start = format!(
            "POST /x: no answer from https://press.example by way of the proxy {}: CONNECT proxy \
             failed: proxy server responded 403",
            server.url()
        );
        assert!(error.to_string().starts_with(&start), "{error}");
        assert!(!error.outcome_unknown(), "nothing went through the proxy");
        let sent = server.requests();
        assert_eq!(sent.len(), 4);
        assert_eq!(sent[0].line(), "CONNECT press.example:443 HTTP/1.1");
        assert_eq!(sent[0].header("authorization"), None);
    }
}

/// Certificates, as a server on https presents them.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod certificates {
    use std::io::Read;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;
    use peak_press::{TlsProvider, TlsRoots};
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    /// Of 127.0.0.1, signed by itself, good until 2120.
    const VALID: &str = include_str!("certificates/valid.pem");
    /// The same, good until 2021.
    const EXPIRED: &str = include_str!("certificates/expired.pem");
    /// The key of both, which guards nothing.
    const KEY: &str = include_str!("certificates/key.pem");

    /// A server with this certificate that answers `{}`: its port, and how many connections came.
    fn serve(certificate: &str) -> (u16, Arc<AtomicUsize>) {
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream);
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    match stream.read(&mut byte) {
                        Ok(1) => head.extend(byte),
                        _ => break,
                    }
                }
                // A client that does not trust the certificate is gone by now.
                _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
            }
        });
        (port, count)
    }

    /// What does TLS here, and what it says of a certificate that is not trusted, too old, of
    /// another name.
    fn providers() -> Vec<(TlsProvider, [&'static str; 3])> {
        let rustls = (
            TlsProvider::Rustls,
            ["UnknownIssuer", "expired", "not valid for name"],
        );
        // OpenSSL's words; Windows and macOS have others.
        let native = (
            TlsProvider::NativeTls,
            ["signed certificate", "expired", "ostname mismatch"],
        );
        let openssl = cfg!(not(any(windows, target_vendor = "apple")));
        [
            (cfg!(feature = "rustls"), rustls),
            (cfg!(feature = "native-tls") && openssl, native),
        ]
        .into_iter()
        .filter_map(|(present, provider)| present.then_some(provider))
        .collect()
    }

    fn roots(pem: &str) -> TlsRoots {
        TlsRoots::Pem(pem.into())
    }

    #[test]
    fn a_certificate_that_is_not_trusted() {
        for (provider, [issuer, time, name]) in providers() {
            for (certificate, roots, host, says) in [
                (VALID, TlsRoots::WebPki, "127.0.0.1", issuer),
                (EXPIRED, roots(EXPIRED), "127.0.0.1", time),
                (VALID, roots(VALID), "localhost", name),
            ] {
                for method in ["GET", "POST"] {
                    let (port, count) = serve(certificate);
                    let url = format!("https://{host}:{port}");
                    let session = builder(&url)
                        .tls_provider(provider)
                        .tls_roots(roots.clone())
                        .build()
                        .unwrap();
                    let error = session.request(method, "/x").send::<Value>().unwrap_err();
                    let Error::Transport(transport) = &error else {
                        panic!("{error:?}");
                    };
                    assert!(!transport.may_have_arrived, "{error}");
                    assert!(!error.is_retryable() && !error.outcome_unknown());
                    assert_eq!(count.load(Ordering::SeqCst), 1, "{error}");
                    let text = error.to_string();
                    let start = format!("{method} /x: no answer from {url}: ");
                    let hint = " (an authority of your own, or of a proxy? see TlsRoots)";
                    assert!(text.starts_with(&start) && text.ends_with(hint), "{text}");
                    assert!(text.contains(says), "{text}");
                    assert!(error.source().is_some());
                }
            }
        }
    }

    #[test]
    fn an_authority_of_ones_own() {
        for (provider, _) in providers() {
            let (port, count) = serve(VALID);
            let session = builder(format!("https://127.0.0.1:{port}"))
                .tls_provider(provider)
                .tls_roots(roots(VALID))
                .build()
                .unwrap();
            let answer: Value = session.request("GET", "/x").send().unwrap();
            assert_eq!((answer, count.load(Ordering::SeqCst)), (json!({}), 1));
        }
    }
}

mod answers {
    use super::*;

    fn decode_one<T: serde::de::DeserializeOwned>(reply: Reply) -> Result<T, Error> {
        let server = Server::script([reply]);
        let session = builder(server.url()).build().unwrap();
        let result = session.request("GET", "/x").send();
        assert_eq!(
            server.count(),
            1,
            "an answer that cannot be read is not asked for again"
        );
        result
    }

    fn assert_undecodable(body: &str, message: &str) {
        let error = decode_one::<Value>(Reply::json(200, body)).unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{error:?}");
        assert_eq!(error.status(), Some(200));
        assert!(error.source().is_some());
        assert_eq!(error.to_string(), format!("GET /x: {message}"));
    }

    #[test]
    fn not_json() {
        let html = "<!DOCTYPE html>\n<html>  <body>Sign in</body></html>";
        assert_undecodable(
            html,
            "expected JSON, found \"<!DOCTYPE html> <html> <body>Sign in</body></html>\" \
             (expected value at line 1 column 1)",
        );
        assert_undecodable(
            r#"{"id": 1"#,
            r#"expected JSON, found "{\"id\": 1" (EOF while parsing an object at line 1 column 8)"#,
        );
        assert_undecodable(
            "{} {}",
            r#"expected JSON, found "{} {}" (trailing characters at line 1 column 4)"#,
        );
    }

    #[test]
    fn html_from_a_proxy_with_an_error() {
        let html = "<html>\r\n<h1>504 Gateway Time-out</h1>\r\n</html>";
        let (error, _) = fail_one(
            "POST",
            [Reply::raw(format!(
                "HTTP/1.1 504 Gateway Time-out\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
             x-amzn-RequestId: abc-1\r\n\r\n{html}",
                html.len()
            ))],
        );
        let answer = error.api_error().unwrap();
        assert_eq!(answer.status, 504);
        assert_eq!(answer.message, None);
        assert_eq!(answer.body_text(), html);
        assert_eq!(answer.request_id.as_deref(), Some("abc-1"));
        assert_eq!(
            error.to_string(),
            "POST /x: 504 Gateway Timeout: <html> <h1>504 Gateway Time-out</h1> </html> \
             [request id abc-1]"
        );
    }

    #[test]
    fn the_message_is_the_detail_whatever_it_is() {
        for (body, message) in [
            (r#"{"detail": "no such spec"}"#, Some("no such spec")),
            (
                r#"{"detail": [{"loc": ["body"], "n": 1}]}"#,
                Some(r#"[{"loc":["body"],"n":1}]"#),
            ),
            (r#"{"detail": null}"#, None),
            (r#"{"detail": ""}"#, Some("")),
            (r#"{"message": "else"}"#, None),
            (r#""detail""#, None),
            ("[1]", None),
            ("null", None),
            ("", None),
            ("{", None),
        ] {
            let (error, _) = fail_one("GET", [Reply::json(404, body)]);
            let answer = error.api_error().unwrap();
            assert_eq!(answer.message.as_deref(), message, "{body}");
            assert_eq!(answer.body, body.as_bytes());
        }
    }

    #[test]
    fn not_utf_8() {
        for body in [&b"\xff\xfe\0"[..], b"{\"a\": \"\xc3\x28\"}"] {
            let reply = Reply::with_headers(200, "", body);
            let error = decode_one::<Value>(reply).unwrap_err();
            assert!(
                matches!(&error, Error::Decode(error) if error.body == body),
                "{error:?}"
            );
            let (error, _) = fail_one("GET", [Reply::with_headers(404, "", body)]);
            assert_eq!(error.api_error().unwrap().body, body);
        }
    }

    #[test]
    fn null() {
        assert_eq!(
            decode_one::<Value>(Reply::json(200, "null")).unwrap(),
            Value::Null
        );
        decode_one::<()>(Reply::json(200, "null")).unwrap();
        let error = decode_one::<Vec<u8>>(Reply::json(200, "null")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "GET /x: expected a list, found nothing (null)"
        );
    }

    #[test]
    fn a_hundred_thousand_levels_deep() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            let error = decode_one::<Value>(Reply::json(200, &deep)).unwrap_err();
            assert!(
                error.to_string().contains("recursion limit exceeded"),
                "{error}"
            );
            let (error, _) = fail_one("GET", [Reply::json(404, &deep)]);
            assert!(matches!(error, Error::NotFound(_)));
        }
    }

    #[test]
    fn the_wrong_type_in_a_field() {
        #[derive(serde::Deserialize, Debug)]
        #[expect(dead_code)]
        struct Page {
            specs: Vec<Spec>,
        }
        #[derive(serde::Deserialize, Debug)]
        #[expect(dead_code)]
        struct Spec {
            id: String,
            size: Option<u32>,
        }
        let long = "é".repeat(1000);
        let shown = "é".repeat(59);
        for (spec, message) in [
            (
                r#"{"id": "a", "size": "soon"}"#,
                r#"specs[1].size: expected a whole number, found "soon""#,
            ),
            (r#"{"id": 5}"#, "specs[1].id: expected text, found 5"),
            (r#"{"id": true}"#, "specs[1].id: expected text, found true"),
            (r#"{"id": 1.5}"#, "specs[1].id: expected text, found 1.5"),
            (
                r#"{"id": null}"#,
                "specs[1].id: expected text, found nothing (null)",
            ),
            (r#"{"id": {}}"#, "specs[1].id: expected text, found a map"),
            (r#"{"id": []}"#, "specs[1].id: expected text, found a list"),
            (
                r#"{"id": "a", "size": -1}"#,
                "specs[1].size: expected a whole number, found -1",
            ),
            ("{}", r#"specs[1]: the field "id" is missing"#),
            ("7", "specs[1]: expected a map, found 7"),
            (
                &format!(r#"{{"id": "a", "size": "{long}"}}"#),
                &format!("specs[1].size: expected a whole number, found \"{shown}…\""),
            ),
        ] {
            let body = format!(r#"{{"specs": [{{"id": "a"}}, {spec}]}}"#);
            let error = decode_one::<Page>(Reply::json(200, &body)).unwrap_err();
            assert_eq!(error.to_string(), format!("GET /x: {message}"));
        }
    }

    #[test]
    fn larger_than_allowed() {
        let zeros = vec![b'0'; 16 << 20];
        let bomb = gzip(&zeros);
        assert!(bomb.len() < 1 << 20);
        let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "0".repeat(1 << 20));
        let chunks =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned() + &chunk.repeat(4);
        for reply in [
            Reply::with_headers(200, "", &zeros[..2 << 20]),
            Reply::raw(
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_owned()
                    + &"0".repeat(2 << 20),
            ),
            Reply::raw("HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"0".repeat(2 << 20)),
            Reply::raw(chunks),
            Reply::with_headers(200, "Content-Encoding: gzip\r\n", &bomb),
        ] {
            let server = Server::script([reply]);
            let session = builder(server.url())
                .max_response_size(1 << 20)
                .build()
                .unwrap();
            let error = session.request("GET", "/x").send::<Value>().unwrap_err();
            let Error::Decode(decode) = &error else {
                panic!("{error:?}");
            };
            assert_eq!(decode.status, Some(200));
            assert_eq!(decode.body.len(), 1 << 20);
            assert_eq!(
                error.to_string(),
                "GET /x: the answer is larger than max_response_size, 1048576 bytes"
            );
            assert_eq!(server.count(), 1);
        }
    }

    #[test]
    fn an_error_larger_than_allowed_is_that_error_and_some_of_its_body() {
        let bomb = gzip(&vec![b'0'; 16 << 20]);
        let reply = Reply::with_headers(404, "Content-Encoding: gzip\r\n", &bomb);
        let (error, _) = fail_one("GET", [reply]);
        assert_eq!(error.status(), Some(404));
        assert_eq!(error.api_error().unwrap().body.len(), 1 << 20);
    }

    #[test]
    fn an_answer_of_just_the_size_allowed_is_read() {
        let server = Server::script([Reply::json(200, "[1,2]")]);
        let session = builder(server.url()).max_response_size(5).build().unwrap();
        let answer: Value = session.request("GET", "/x").send().unwrap();
        assert_eq!(answer, json!([1, 2]));
    }

    #[test]
    fn compressed() {
        let reply = |body: &[u8]| Reply::with_headers(200, "Content-Encoding: gzip\r\n", body);
        assert_eq!(
            decode_one::<Value>(reply(&gzip(b"[1]"))).unwrap(),
            json!([1])
        );
        let mut corrupt = gzip(b"[1]");
        let checksum = corrupt.len() - 8;
        corrupt[checksum] ^= 1;
        for broken in [&b"not gzip at all"[..], &corrupt] {
            let error = decode_one::<Value>(reply(broken)).unwrap_err();
            assert!(matches!(error, Error::Decode(_)), "{error:?}");
            let message = "GET /x: the answer cannot be decompressed: ";
            assert!(error.to_string().starts_with(message), "{error}");
            assert_eq!(error.status(), Some(200));
        }
    }

    #[test]
    fn a_redirect_is_an_error_that_says_where_to() {
        for status in [301, 302, 303, 307, 308] {
            for method in EVERY_METHOD {
                let other = Server::script([Reply::json(200, "{}")]);
                let headers = format!("Location: {}/x\r\n", other.url());
                let (error, count) = fail_one(method, [Reply::with_headers(status, &headers, "")]);
                assert!(matches!(error, Error::Status(_)), "{error:?}");
                assert_eq!(error.status(), Some(status));
                let location = error.api_error().unwrap().location.clone().unwrap();
                assert_eq!(location, other.url() + "/x");
                assert_eq!((count, other.count()), (1, 0), "the token went elsewhere");
            }
        }
    }

    #[test]
    fn every_documented_status_has_its_variant() {
        let variant = |status| {
            let (error, _) = fail_one("POST", [Reply::json(status, "{}")]);
            format!("{error:?}")
                .split(':')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        for (status, name) in [
            (400, "BadRequest"),
            (401, "Unauthorized"),
            (403, "Forbidden"),
            (404, "NotFound"),
            (409, "Conflict"),
            (413, "PayloadTooLarge"),
            (422, "UnprocessableEntity"),
            (429, "RateLimited"),
            (500, "InternalServerError"),
            (418, "Status"),
            (502, "Status"),
            (503, "Status"),
            (504, "Status"),
            (599, "Status"),
            (999, "Status"),
        ] {
            assert_eq!(variant(status), name);
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
