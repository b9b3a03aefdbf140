//! The attempts that `on_attempt` gets, and token sources.

mod common;

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use common::{End, Reply, Server};
use peak_press::{Attempt, Error, RetryPolicy, Session, SessionBuilder};
use serde_json::{Value, json};

fn builder(url: String) -> SessionBuilder {
    Session::builder().auth_token("s3cr3t-t0ken").base_url(url)
}

/// Three retries with almost no pauses.
fn eager() -> RetryPolicy {
    RetryPolicy::default().base_delay(Duration::from_millis(1))
}

/// A session, and the attempts of its requests so far.
fn observed(builder: SessionBuilder) -> (Session, Arc<Mutex<Vec<Attempt>>>) {
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&attempts);
    let builder = builder.on_attempt(move |attempt| seen.lock().unwrap().push(attempt.clone()));
    (builder.build().unwrap(), attempts)
}

#[test]
fn each_attempt_is_observed() {
    let server = Server::script([
        Reply::with_headers(503, "X-Request-Id: first\r\n", r#"{"detail": "pr1vate"}"#),
        Reply::nothing(End::Close),
        Reply::with_headers(200, "X-Request-Id: third\r\n", "{}"),
    ]);
    let (session, attempts) = observed(builder(server.url()).retry(eager()));
    let request = session.request("PUT", "/v1/x").query("q", "pr1vate");
    let _: Value = request.json(&"pr1vate").send().unwrap();

    let attempts = attempts.lock().unwrap();
    let [first, second, third] = &attempts[..] else {
        panic!("{attempts:?}");
    };
    assert_eq!((first.number, first.status), (1, Some(503)));
    assert_eq!(first.request_id.as_deref(), Some("first"));
    assert!(first.pause.is_some() && first.cause.is_none());
    let cause = format!("no response from {}: Peer disconnected", server.url());
    assert_eq!((second.number, second.status), (2, None));
    assert_eq!(second.cause.as_ref(), Some(&cause));
    assert!(second.pause.is_some() && second.request_id.is_none());
    assert_eq!((third.number, third.status), (3, Some(200)));
    assert_eq!(third.request_id.as_deref(), Some("third"));
    assert!(third.pause.is_none() && third.cause.is_none());
    for attempt in &*attempts {
        assert_eq!((attempt.method.as_str(), &*attempt.path), ("PUT", "/v1/x"));
    }
    let shown = format!("{attempts:?}");
    assert!(
        !shown.contains("pr1vate") && !shown.contains("s3cr3t"),
        "{shown}"
    );
}

#[test]
fn an_attempt_never_has_the_token() {
    let echo = "X-Request-Id: s3cr3t-t0ken\r\n";
    let server = Server::script([
        Reply::with_headers(200, echo, "{}"),
        Reply::with_headers(400, echo, r#"{"detail": "s3cr3t-t0ken"}"#),
        Reply::raw("HTTP/1.1 s3cr3t-t0ken\r\n\r\n").then(End::Close),
    ]);
    let (session, attempts) = observed(builder(server.url()).retry(RetryPolicy::never()));
    for path in ["/a", "/b", "/s3cr3t-t0ken"] {
        _ = session.request("GET", path).send_raw();
    }
    let attempts = attempts.lock().unwrap();
    assert_eq!(attempts.len(), 3);
    assert_eq!(attempts[0].request_id.as_deref(), Some("[token]"));
    assert_eq!(attempts[1].request_id.as_deref(), Some("[token]"));
    assert_eq!(attempts[2].path, "/[token]");
    assert!(!format!("{attempts:?}").contains("s3cr3t"), "{attempts:?}");
}

#[test]
fn a_response_that_breaks_has_a_status_and_a_cause() {
    let cut = Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{").then(End::Close);
    let server = Server::script([cut]);
    let (session, attempts) = observed(builder(server.url()));
    session.request("POST", "/x").send_raw().unwrap_err();
    let attempts = attempts.lock().unwrap();
    assert_eq!(attempts.len(), 1);
    let cause = attempts[0].cause.as_deref().unwrap();
    assert!(
        cause.starts_with("the response (200) ended early"),
        "{cause}"
    );
}

/// A source of the tokens `token-1`, `token-2` and so on, with the number of tokens it has returned.
fn numbered(builder: SessionBuilder) -> (SessionBuilder, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let builder = builder.auth_token_from(move || {
        let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
        Ok::<_, Infallible>(format!(" token-{number}\n"))
    });
    (builder, count)
}

/// Accepts one token, and responds 401 to any other.
fn accepting(token: &'static str) -> Server {
    Server::replying(move |_, request| match request.header("authorization") {
        Some(given) if given == token => Reply::json(200, "{}"),
        _ => Reply::json(401, r#"{"detail": "expired"}"#),
    })
}

fn sent_tokens(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let tokens = requests
        .iter()
        .map(|request| request.header("authorization").unwrap().to_owned());
    tokens.collect()
}

#[test]
fn only_the_first_request_asks_the_source() {
    let server = accepting("token-1");
    let (builder, count) = numbered(builder(server.url()));
    let session = builder.build().unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 0);
    for _ in 0..3 {
        session.request("GET", "/x").send_raw().unwrap();
    }
    assert_eq!(sent_tokens(&server), ["token-1"; 3]);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(format!("{session:?}").matches("[source]").count(), 1);
}

#[test]
fn the_source_is_asked_once_after_a_401_also_without_retries() {
    let server = accepting("token-2");
    let (builder, _) = numbered(builder(server.url()).retry(RetryPolicy::never()));
    let (session, attempts) = observed(builder);
    session
        .request("POST", "/x")
        .json(&json!({}))
        .send_raw()
        .unwrap();
    session.request("GET", "/x").send_raw().unwrap();
    assert_eq!(sent_tokens(&server), ["token-1", "token-2", "token-2"]);
    let attempts = attempts.lock().unwrap();
    let seen: Vec<_> = attempts
        .iter()
        .map(|a| (a.number, a.status, a.pause))
        .collect();
    let expected = [
        (1, Some(401), Some(Duration::ZERO)),
        (2, Some(200), None),
        (1, Some(200), None),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_second_401_and_the_same_token_are_errors() {
    let server = accepting("none");
    let (builder, count) = numbered(builder(server.url()));
    let session = builder.build().unwrap();
    let error = session.request("GET", "/x").send_raw().unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    assert_eq!(sent_tokens(&server), ["token-1", "token-2"]);
    assert_eq!(count.load(Ordering::SeqCst), 2);

    let server = accepting("none");
    let always = || Ok::<_, Infallible>("token".to_owned());
    let session = Session::builder()
        .base_url(server.url())
        .auth_token_from(always);
    let error = session
        .build()
        .unwrap()
        .request("GET", "/x")
        .send_raw()
        .unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    assert_eq!(server.count(), 1);
}

#[test]
fn a_forgotten_token_is_asked_for_again() {
    let server = accepting("token-1");
    let (source, _) = numbered(builder(server.url()));
    let session = source.build().unwrap();
    session.request("GET", "/x").send_raw().unwrap();
    session.forget_auth_token();
    session.request("GET", "/x").send_raw().unwrap_err();
    assert_eq!(sent_tokens(&server), ["token-1", "token-2", "token-3"]);

    let server = accepting("s3cr3t-t0ken");
    let fixed = builder(server.url()).build().unwrap();
    fixed.forget_auth_token();
    fixed.request("GET", "/x").send_raw().unwrap();
}

#[test]
fn threads_that_start_together_ask_once() {
    let server = accepting("token-1");
    let (source, count) = numbered(builder(server.url()));
    let session = source.build().unwrap();
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                session.request("GET", "/x").send_raw().unwrap();
            });
        }
    });
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

/// Each 401 is delayed until both threads have sent the first token.
#[test]
fn two_threads_that_get_a_401_ask_once() {
    let both = Barrier::new(2);
    let server = Server::replying(move |_, request| match request.header("authorization") {
        Some("token-2") => Reply::json(200, "{}"),
        Some("token-1") => {
            both.wait();
            Reply::json(401, "{}")
        }
        _ => Reply::json(401, "{}"),
    });
    let (source, count) = numbered(builder(server.url()));
    let session = source.build().unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| session.request("GET", "/x").send_raw().unwrap());
        }
    });
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert_eq!(server.count(), 4);
}

#[test]
fn a_source_that_fails_is_an_error_that_says_so() {
    let server = Server::script([Reply::json(200, "{}")]);
    let send = |text: Result<&'static str, &'static str>| {
        let source = move || text.map(str::to_owned);
        let session = Session::builder()
            .base_url(server.url())
            .auth_token_from(source);
        let request = session.build().unwrap().request("GET", "/x");
        request.send_raw().unwrap_err()
    };
    let start = "no token: the source given to auth_token_from failed: ";
    for (text, message) in [
        (Err("the vault is sealed"), "the vault is sealed"),
        (Ok(" \n"), "the token is blank"),
        (
            Ok("s3cr3t\nt0ken"),
            "the token: contains a line break or another character that a token cannot have",
        ),
    ] {
        let error = send(text);
        assert_eq!(error.to_string(), format!("{start}{message}"));
        let Error::TokenSource { source, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(source.to_string(), message);
        assert!(!error.is_retryable() && !error.outcome_unknown());
        assert!(!format!("{error:#?}").contains("s3cr3t"));
    }
    assert_eq!(server.count(), 0);
}

/// An attempt that may have deleted it, then a 401, then no new token.
#[test]
fn a_source_that_fails_after_a_401_keeps_what_happened_before() {
    let server = Server::script([Reply::json(500, "{}"), Reply::json(401, "{}")]);
    let count = AtomicUsize::new(0);
    let session = builder(server.url())
        .retry(eager())
        .auth_token_from(move || match count.fetch_add(1, Ordering::SeqCst) {
            0 => Ok("s3cr3t-t0ken".to_owned()),
            _ => Err("s3cr3t-t0ken is expired"),
        });
    let request = session.build().unwrap().request("DELETE", "/x");
    let error = request.send_raw().unwrap_err();
    let message = "no token: the source given to auth_token_from failed: [token] is expired";
    assert_eq!(error.to_string(), message);
    assert!(error.earlier_attempt_may_have_succeeded());
    assert!(!format!("{error:?} {error:#?}").contains("s3cr3t"));
}

#[test]
fn the_token_of_a_source_is_shown_nowhere() {
    let echo = r#"{"detail": "not s3cr3t-t0ken"}"#;
    let server = Server::script([Reply::json(400, echo), Reply::json(200, echo)]);
    let source = || Ok::<_, Infallible>("s3cr3t-t0ken".to_owned());
    let builder = Session::builder()
        .base_url(server.url())
        .auth_token_from(source);
    let session = builder.clone().build().unwrap();
    let error = session.request("GET", "/x").send_raw().unwrap_err();
    assert_eq!(
        error.api_error().unwrap().message.as_deref(),
        Some("not [token]")
    );
    let response = session.request("GET", "/x").send_raw().unwrap();
    let shown = format!("{builder:?} {session:?} {response:?} {error} {error:#?}");
    assert!(!shown.contains("s3cr3t"), "{shown}");
}
