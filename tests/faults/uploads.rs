//! Servers that do not read an upload to the end.

use peak_press::{Error, Session};
use serde_json::Value;

use super::*;
use crate::common::{End, Reply, Server};

/// The time that an upload stalls: long enough for a busy machine to respond.
const STALL: Duration = Duration::from_secs(1);

fn session(server: &Server, timeouts: Timeouts) -> Session {
    builder(server.url()).timeouts(timeouts).build().unwrap()
}

/// Sends more than the buffers on the way can hold.
fn upload(session: &Session) -> Error {
    let body = "x".repeat(16 << 20);
    let request = session.request("POST", "/x").json(&body);
    request.send::<Value>().unwrap_err()
}

#[test]
fn an_early_response_to_an_upload_is_read() {
    for status in [401, 413] {
        for end in [End::Stall, End::CloseEarly] {
            // Windows discards data that a closed connection has sent.
            if cfg!(windows) && end == End::CloseEarly {
                continue;
            }
            let reply = Reply::json(status, r#"{"detail": "too large"}"#);
            let server = Server::script([reply.then(end)]);
            let error = upload(&session(&server, Timeouts::default().write(STALL)));
            assert_eq!(error.status(), Some(status), "{end:?}: {error:?}");
            let message = error.api_error().unwrap().message.as_deref();
            assert_eq!(message, Some("too large"));
            assert!(!error.outcome_unknown(), "{error}");
            assert_eq!(server.count(), 1);
        }
    }
}

#[test]
fn an_early_response_is_read_when_the_call_has_no_time_left() {
    let server = Server::script([Reply::json(413, "{}").then(End::Stall)]);
    let error = upload(&session(&server, Timeouts::default().call(2 * STALL)));
    assert!(matches!(error, Error::PayloadTooLarge(_)), "{error:?}");
}

#[test]
fn a_connection_that_was_given_up_during_an_upload_is_not_used_again() {
    let server = Server::script([
        Reply::json(413, "{}").then(End::Stall),
        Reply::json(200, "{}"),
    ]);
    let session = session(&server, Timeouts::default().write(STALL));
    upload(&session);
    session.request("GET", "/x").send::<Value>().unwrap();
    assert_eq!(server.requests()[1].connection, 1);
}

#[test]
fn a_server_that_reads_nothing_of_an_upload_times_out() {
    let server = Server::script([Reply::nothing(End::Stall)]);
    let session = impatient(server.url()).build().unwrap();
    let error = upload(&session);
    assert!(matches!(error, Error::Timeout(_)), "{error:?}");
    assert!(error.outcome_unknown());
    let message = "accepted too little data in 150ms (see Timeouts::write)";
    assert!(error.to_string().contains(message), "{error}");
    assert_eq!(server.count(), 1);
}

#[test]
fn a_server_that_closes_during_an_upload() {
    let server = Server::script([Reply::nothing(End::CloseEarly)]);
    let session = builder(server.url()).build().unwrap();
    let error = upload(&session);
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert!(error.outcome_unknown());
    let text = error.to_string();
    assert!(text.contains(" of 16777218 bytes sent: "), "{text}");
    assert!(!text.contains("with 16777218 of"), "{text}");
    assert!(
        text.contains("(is the body larger than the service accepts?)"),
        "{text}"
    );
}
