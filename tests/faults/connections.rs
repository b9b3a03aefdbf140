//! Connections that fail or break.

use std::io;
use std::net::TcpListener;

use peak_press::Error;
use serde_json::{Value, json};

use super::*;
use crate::common::{End, Reply, Server};

fn assert_broken(method: &str, reply: Reply, cause: io::ErrorKind) {
    let (error, count) = fail(method, [reply]);
    assert!(matches!(error, Error::Transport(_)), "{method}: {error:?}");
    assert_eq!(io_cause(&error), cause, "{method}: {error:?}");
    assert_safely_retried(method, &error, count);
}

/// A URL on which nothing listens.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_refused_connection_is_retried_by_every_method() {
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
            "a create that was not sent is retried too"
        );
        assert!(error.is_retryable() && !error.outcome_unknown());
        let text = error.to_string();
        assert!(text.starts_with(&format!(
            "{method} /x: no response from {url}: {}",
            inner(&error)
        )));
    }
}

/// A name that fails without a network lookup: its first label is too long.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn unknown_host() -> String {
    format!("{}.invalid", "x".repeat(64))
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn an_unknown_host_is_named() {
    let (host, url) = (unknown_host(), format!("https://{}", unknown_host()));
    for method in ["GET", "POST"] {
        let session = builder(&url).no_proxy().build().unwrap();
        let error = session.request(method, "/x").send::<Value>().unwrap_err();
        let Error::Transport(transport) = &error else {
            panic!("{error:?}");
        };
        assert!(!transport.may_have_arrived);
        assert!(error.is_retryable() && !error.outcome_unknown());
        inner(&error);
        let start = format!("{method} /x: no response from {url}: cannot resolve {host}: ");
        let rest = error.to_string();
        let rest = rest.strip_prefix(&start).expect(&rest).to_owned();
        assert!(!rest.contains("failed to lookup"), "{rest}");
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn an_unknown_proxy_host_is_named() {
    let (host, url) = (
        unknown_host(),
        format!("http://user:pr1vate@{}:1", unknown_host()),
    );
    let session = builder("https://press.example").proxy(url).build().unwrap();
    let error = session.request("POST", "/x").send::<Value>().unwrap_err();
    let start = format!(
        "POST /x: no response from https://press.example through the proxy http://{host}:1: \
         cannot resolve {host}: "
    );
    assert!(error.to_string().starts_with(&start), "{error}");
    assert!(error.is_retryable() && !error.outcome_unknown());
}

/// Either name may be the one that was not found.
#[cfg(all(feature = "socks-proxy", feature = "rustls"))]
#[test]
fn a_socks_proxy_names_every_host_that_is_resolved_here() {
    let host = unknown_host();
    for (proxy, names) in [
        ("socks5://127.0.0.1:1", host.clone()),
        ("socks5://[::1]:1", host.clone()),
        ("socks5://localhost:1", format!("{host} or localhost")),
    ] {
        let session = builder(format!("https://{host}")).proxy(proxy).build();
        let request = session.unwrap().request("GET", "/x");
        let error = request.send::<Value>().unwrap_err();
        let part = format!(" through the proxy {proxy}: cannot resolve {names}: ");
        assert!(error.to_string().contains(&part), "{error}");
    }
}

#[test]
fn a_connection_that_is_reset_before_the_response() {
    for method in EVERY_METHOD {
        assert_broken(
            method,
            Reply::nothing(End::Reset),
            io::ErrorKind::ConnectionReset,
        );
    }
}

#[test]
fn a_connection_that_is_closed_before_the_response() {
    for method in EVERY_METHOD {
        assert_broken(
            method,
            Reply::nothing(End::Close),
            io::ErrorKind::UnexpectedEof,
        );
    }
}

#[test]
fn a_connection_that_breaks_within_the_headers() {
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
fn a_connection_that_breaks_within_the_body() {
    for method in EVERY_METHOD {
        for end in [End::Reset, End::Close] {
            for head in [
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"id",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"id\r\n",
            ] {
                let reply = Reply::raw(head).then(end);
                assert_broken(method, reply.clone(), io::ErrorKind::UnexpectedEof);
                let (error, _) = fail(method, [reply]);
                assert!(
                    error
                        .to_string()
                        .contains("the response (200) ended early, after 4 bytes"),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn a_connection_that_breaks_within_compressed_data() {
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
fn a_closed_idle_connection_is_replaced() {
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
fn a_response_without_a_length_ends_with_the_connection() {
    let reply = Reply::raw("HTTP/1.1 200 OK\r\n\r\n[1, 2]").then(End::Close);
    let server = Server::script([reply]);
    let session = builder(server.url()).build().unwrap();
    let response: Value = session.request("GET", "/x").send().unwrap();
    assert_eq!(response, json!([1, 2]));
}

#[test]
fn informational_responses_are_skipped() {
    for early in ["100 Continue", "103 Early Hints"] {
        let reply =
            format!("HTTP/1.1 {early}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n7");
        let server = Server::script([Reply::raw(reply)]);
        let session = builder(server.url()).build().unwrap();
        let response: Value = session.request("POST", "/x").json(&1).send().unwrap();
        assert_eq!(response, json!(7));
    }
}

#[test]
fn bytes_beyond_the_content_length_are_discarded() {
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
fn garbage_in_place_of_http() {
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
            let (error, count) = fail(method, [reply]);
            assert!(
                matches!(error, Error::Transport(_)),
                "{garbage:?}: {error:?}"
            );
            inner(&error);
            assert_safely_retried(method, &error, count);
        }
    }
}

#[test]
fn headers_without_an_end() {
    let headers = "X: y\r\n".repeat(100_000);
    let reply = Reply::raw(format!("HTTP/1.1 200 OK\r\n{headers}")).then(End::Silence);
    let (error, _) = fail("POST", [reply]);
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
}

#[cfg(feature = "rustls")]
#[test]
fn a_proxy_refusal_with_a_thousand_headers_is_reported() {
    let headers = "X: y\r\n".repeat(1000);
    let server = Server::script([Reply::with_headers(407, &headers, "")]);
    let session = builder("https://press.example").proxy(server.url());
    let session = session.retry(RetryPolicy::never()).build().unwrap();
    let error = session.request("POST", "/x").send::<Value>().unwrap_err();
    let message = ": CONNECT proxy failed: proxy server responded 407 Proxy Authentication Required \
                   (the proxy's URL takes a user name and password)";
    assert!(error.to_string().ends_with(message), "{error}");
    assert!(!error.outcome_unknown());
}

#[cfg(feature = "rustls")]
#[test]
fn a_proxy_that_refuses_does_not_see_the_token() {
    let server = Server::script([Reply::json(403, "{}")]);
    let session = builder("https://press.example")
        .proxy(server.url())
        .build()
        .unwrap();
    let request = session.request("POST", "/x").json(&json!({}));
    let error = request.send::<Value>().unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    let start = format!(
        "POST /x: no response from https://press.example through the proxy {}: CONNECT proxy \
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
