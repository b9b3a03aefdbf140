//! The token is sent only to the service, and nothing that a caller sends is shown anywhere.

mod common;

use std::sync::Mutex;
use std::time::Duration;

use common::{End, Reply, Server};
use log::{Level, LevelFilter, Log, Metadata, Record};
use peak_press::{Error, RetryPolicy, Session, SessionBuilder};
use serde_json::{Value, json};

const TOKEN: &str = "Bearer s3cr3t.t0ken";

fn builder(url: String) -> SessionBuilder {
    Session::builder()
        .auth_token(format!("\n  {TOKEN}\r\n"))
        .base_url(url)
        .retry(
            RetryPolicy::default()
                .max_retries(1)
                .base_delay(Duration::ZERO),
        )
}

fn assert_no_secret(text: &str) {
    for secret in ["s3cr3t", "t0ken", "pr1vate"] {
        assert!(!text.contains(secret), "{text}");
    }
}

struct Lines(Mutex<Vec<(Level, String, String)>>);

impl Log for Lines {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }

    fn log(&self, record: &Record) {
        let line = (
            record.level(),
            record.target().to_owned(),
            record.args().to_string(),
        );
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

static LINES: Lines = Lines(Mutex::new(Vec::new()));

#[test]
fn the_token_is_trimmed_and_sent_unchanged() {
    let server = Server::script([Reply::json(200, "{}")]);
    let session = builder(server.url()).build().unwrap();
    let _: Value = session.request("GET", "/x").send().unwrap();
    assert_eq!(server.requests()[0].header("authorization"), Some(TOKEN));
}

#[test]
fn nothing_is_sent_without_a_token() {
    let server = Server::script([Reply::json(200, "{}")]);
    for builder in [Session::builder(), Session::builder().auth_token(" \n")] {
        let session = builder.base_url(server.url()).build().unwrap();
        let error = session.request("GET", "/x").send::<Value>().unwrap_err();
        assert!(matches!(error, Error::MissingCredentials), "{error:?}");
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn debug_output_shows_no_secret() {
    let server = Server::script([Reply::json(200, "{}")]);
    let builder = builder(server.url()).proxy("http://user:pr1vate@proxy:1");
    assert_no_secret(&format!("{builder:?}"));
    let session = builder.build().unwrap();
    assert_no_secret(&format!("{session:?} {session:#?}"));
    let request = session
        .request("POST", "/x")
        .query("q", "pr1vate")
        .json(&"pr1vate");
    assert_no_secret(&format!("{request:?} {request:#?}"));
}

#[test]
fn errors_show_no_secret() {
    let replies = [
        Reply::json(401, "{}"),
        Reply::json(503, "{}"),
        Reply::json(200, "no JSON"),
        Reply::with_headers(302, "Location: http://elsewhere/\r\n", ""),
        Reply::nothing(End::Close),
        Reply::nothing(End::Reset),
        Reply::raw("no HTTP\r\n\r\n").then(End::Close),
    ];
    for reply in replies {
        let server = Server::script([reply]);
        let session = builder(server.url()).build().unwrap();
        let request = session
            .request("POST", "/x")
            .query("q", "pr1vate")
            .json(&"pr1vate");
        let error = request.send::<Value>().unwrap_err();
        assert_no_secret(&format!("{error} {error:?} {error:#?}"));
        assert_no_secret_below(&error);
    }
}

/// Checks that the cause of an error shows no secret.
fn assert_no_secret_below(error: &Error) {
    let inner = match error {
        Error::Transport(error) => error.inner(),
        Error::Decode(error) => error.inner(),
        _ => None,
    };
    let mut cause = inner.map(|inner| inner as &dyn std::error::Error);
    while let Some(error) = cause {
        assert_no_secret(&format!("{error} {error:?}"));
        cause = error.source();
    }
}

/// The token in several spellings in which a server may echo it.
fn echoes() -> String {
    let url = TOKEN.replace(' ', "%20").replace('.', "%2E");
    format!("{TOKEN} {url} {}", &TOKEN["Bearer ".len()..])
}

#[test]
fn an_echoed_token_is_shown_nowhere() {
    let echo = echoes();
    let quoted = serde_json::to_string(&echo).unwrap();
    let headers = format!("x-request-id: {TOKEN}\r\nLocation: http://x/?{TOKEN}\r\n");
    for reply in [
        Reply::with_headers(403, &headers, format!("{{\"detail\": {quoted}}}")),
        Reply::with_headers(302, &headers, &echo),
        Reply::json(200, &format!("<html>{echo}")),
        Reply::json(200, &format!("[{quoted}]")),
        Reply::json(200, &format!("{{{quoted}: [1]}}")),
        Reply::raw(format!("HTTP/1.1 {echo}\r\n\r\n")).then(End::Close),
    ] {
        let server = Server::script([reply]);
        let session = builder(server.url()).build().unwrap();
        let request = session.request("POST", "/x");
        let error = request
            .send::<std::collections::BTreeMap<String, u8>>()
            .unwrap_err();
        assert_no_secret(&format!("{error} {error:?} {error:#?}"));
        if let Some(response) = error.api_error() {
            assert_no_secret(&response.body_text());
            assert_no_secret(response.message.as_deref().unwrap_or_default());
        }
        if let Error::Decode(decode) = &error {
            assert_no_secret(&String::from_utf8_lossy(&decode.body));
        }
        assert_no_secret_below(&error);
    }
}

#[test]
fn the_debug_output_of_a_response_is_short_and_without_the_token() {
    let body = format!(
        "{{\"token\": \"{TOKEN}\", \"a\": \"{}\"}}",
        "x".repeat(10_000)
    );
    let server = Server::script([Reply::json(200, &body)]);
    let session = builder(server.url()).build().unwrap();
    let response = session.request("GET", "/x").send_raw().unwrap();
    let debug = format!("{response:?}");
    assert_no_secret(&debug);
    assert!(debug.len() < 500, "{debug}");
    assert_eq!(
        response.body,
        body.as_bytes(),
        "the body itself is unchanged"
    );
}

#[test]
fn refuses_values_that_are_too_long_to_send() {
    let long = "x".repeat(200_000);
    let server = Server::script([Reply::json(200, "{}")]);
    let base = || builder(server.url());
    let name = |error: Error| match error {
        Error::InvalidArgument { name, .. } => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        name(base().auth_token(&long).build().unwrap_err()),
        "auth_token"
    );
    assert_eq!(
        name(base().user_agent(&long).build().unwrap_err()),
        "user_agent"
    );
    let session = base().build().unwrap();
    let request = session.request("GET", "/x").query("q", &long);
    assert_eq!(name(request.send::<Value>().unwrap_err()), "query");
    let request = session.request("GET", format!("/{long}"));
    assert_eq!(name(request.send::<Value>().unwrap_err()), "path");
    assert_eq!(server.count(), 0);
}

#[test]
fn an_invalid_proxy_is_not_quoted() {
    for url in [
        "http://user:pr1vate@",
        "ftp://user:pr1vate@host",
        "pr1vate pr1vate",
        "",
    ] {
        let builder = Session::builder()
            .base_url("https://press.example")
            .proxy(url);
        let error = builder.build().unwrap_err();
        assert!(matches!(&error, Error::InvalidArgument { name, .. } if name == "proxy"));
        assert_no_secret(&format!("{error} {error:?}"));
    }
}

#[test]
fn a_loopback_address_is_reached_without_a_proxy() {
    let (server, proxy) = (
        Server::script([Reply::json(200, "{}")]),
        Server::script([Reply::json(200, "{}")]),
    );
    let session = builder(server.url()).proxy(proxy.url()).build().unwrap();
    let _: Value = session.request("GET", "/x").send().unwrap();
    assert_eq!((server.count(), proxy.count()), (1, 0));
}

/// A log line without its duration.
fn without_time(text: &str) -> String {
    let Some((before, rest)) = text.split_once(" ms (attempt ") else {
        return text.to_owned();
    };
    let (before, milliseconds) = before.rsplit_once(" in ").unwrap();
    milliseconds.parse::<u64>().unwrap();
    format!("{before} (attempt {rest}")
}

#[test]
fn logs_hold_neither_secrets_nor_bodies() {
    log::set_logger(&LINES).unwrap();
    log::set_max_level(LevelFilter::Debug);
    let server = Server::script([
        Reply::with_headers(503, "Retry-After: 0\r\n", r#"{"detail": "pr1vate"}"#),
        Reply::json(200, "{}"),
        Reply::nothing(End::Close),
        Reply::nothing(End::Close),
        Reply::json(500, "pr1vate"),
        Reply::with_headers(200, "", "pr1vate".repeat(100)),
    ]);
    let session = builder(server.url())
        .max_response_size(600)
        .build()
        .unwrap();
    for method in ["POST", "POST", "PUT", "PUT"] {
        let request = session.request(method, "/logged").query("q", "pr1vate");
        _ = request.json(&json!({"a": "pr1vate"})).send::<Value>();
    }
    let tokens = Mutex::new(vec!["s3cr3t.t0ken-2", "s3cr3t.t0ken-1"]);
    let source = move || {
        tokens
            .lock()
            .unwrap()
            .pop()
            .map(str::to_owned)
            .ok_or("none")
    };
    let gone = format!("no response from {}: Peer disconnected", server.url());
    let server = Server::script([Reply::json(401, "pr1vate"), Reply::json(200, "{}")]);
    let session = builder(server.url()).auth_token_from(source).build();
    let request = session.unwrap().request("GET", "/logged");
    request.send::<Value>().unwrap();
    log::set_max_level(LevelFilter::Off);

    let lines = LINES.0.lock().unwrap();
    for (level, target, text) in &*lines {
        assert!(*level <= Level::Debug);
        assert_no_secret(text);
        // The filter in the documentation silences the others.
        let known = ["peak_press", "ureq", "ureq_proto", "rustls"];
        assert!(
            known.contains(&target.split("::").next().unwrap()),
            "{target}"
        );
    }
    let ours: Vec<_> = lines
        .iter()
        .filter(|(_, target, text)| target.starts_with("peak_press") && text.contains("/logged"))
        .map(|(level, target, text)| {
            assert_eq!(target, "peak_press");
            format!("{level} {}", without_time(text))
        })
        .collect();
    assert_eq!(
        ours,
        [
            "WARN POST /logged: 503 Service Unavailable; retrying in 0.0 s (attempt 2 of 2)",
            "DEBUG POST /logged: 200 (attempt 2)",
            // A create that may have been carried out is not retried.
            &format!("DEBUG POST /logged: failed (attempt 1): {gone}"),
            &format!("WARN PUT /logged: {gone}; retrying in 0.0 s (attempt 2 of 2)"),
            "DEBUG PUT /logged: 500 (attempt 2)",
            "DEBUG PUT /logged: 200 (attempt 1): \
             the response is larger than max_response_size, 600 bytes",
            "DEBUG GET /logged: 401 (attempt 1); retrying with a new token",
            "DEBUG GET /logged: 200 (attempt 2)",
        ]
    );
}

#[test]
#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
fn a_missing_feature_is_named() {
    use peak_press::{TlsProvider, TlsRoots};

    let builder = || {
        Session::builder()
            .base_url("https://press.example")
            .no_proxy()
    };
    let native = builder().tls_provider(TlsProvider::NativeTls).build();
    assert_eq!(
        native.unwrap_err().to_string(),
        "tls_provider: needs the feature \"native-tls\" of peak-press"
    );
    let platform = builder().tls_roots(TlsRoots::Platform).build();
    assert_eq!(platform.is_ok(), cfg!(feature = "platform-verifier"));
    let socks = builder().proxy("socks5://localhost:1").build();
    assert_eq!(socks.is_ok(), cfg!(feature = "socks-proxy"));
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod roots {
    use super::*;
    use peak_press::TlsRoots;

    const VALID: &str = include_str!("certificates/valid.pem");
    const KEY: &str = include_str!("certificates/key.pem");

    fn build(pem: &str) -> Result<Session, Error> {
        let builder = Session::builder().no_proxy();
        builder.tls_roots(TlsRoots::Pem(pem.into())).build()
    }

    /// The error for these roots.
    fn refusal(pem: &str) -> String {
        match build(pem) {
            Err(Error::InvalidArgument { name, message, .. }) if name == "tls_roots" => message,
            other => panic!("{pem}: {other:?}"),
        }
    }

    /// The Base64 content of a PEM text on one line.
    fn base64(pem: &str) -> String {
        pem.lines().filter(|line| !line.starts_with('-')).collect()
    }

    #[test]
    fn a_text_without_a_certificate_is_refused() {
        for pem in [
            "",
            "no PEM",
            "-----BEGIN CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
            KEY,
        ] {
            refusal(pem);
        }
    }

    #[test]
    fn an_invalid_certificate_is_refused_by_its_number() {
        let valid = base64(VALID);
        for content in ["", "AAAA", &valid[..valid.len() - 4], &base64(KEY)] {
            let invalid =
                format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n");
            for (pem, number) in [
                (invalid.clone(), 1),
                (format!("{VALID}{invalid}{VALID}"), 2),
            ] {
                let message = refusal(&pem);
                let start = format!("certificate {number} is not a valid X.509 certificate: ");
                assert!(message.starts_with(&start), "{content}: {message}");
            }
        }
    }

    #[test]
    fn certificates_may_stand_among_other_text() {
        for pem in [
            VALID.to_owned(),
            VALID.replace('\n', "\r\n"),
            format!("# mine\n{VALID}\n{VALID}"),
            VALID.to_owned() + KEY,
        ] {
            build(&pem).unwrap();
        }
    }
}

#[test]
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn https_needs_a_feature() {
    let error = Session::builder().build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "base_url: https needs the feature \"rustls\" or \"native-tls\" of peak-press"
    );
}
