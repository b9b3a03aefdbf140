//! Servers that do not read an upload to its end.

use peak_press::Error;
use serde_json::Value;

use super::*;
use crate::common::{End, Reply, Server};

#[test]
fn a_server_that_reads_nothing_of_an_upload_times_out() {
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
    let message = "accepted no data for 150ms (see Timeouts::write)";
    assert!(error.to_string().contains(message), "{error}");
    assert_eq!(server.count(), 1);
}

#[test]
fn a_server_that_closes_during_an_upload() {
    // ureq does not read a response that comes before the end of the request.
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
        text.contains("(is the body larger than the service accepts?)"),
        "{text}"
    );
}
