//! Any text in a response is shown on one safe line, in errors and in `Debug` of the response.
//! `src/error/safe_lines.rs` tests each field of each error.

mod common;
#[path = "common/safe_line.rs"]
mod safe_line;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Reply, Server};
use peak_press::blocks::{Client, Wait};
use peak_press::types::*;
use peak_press::{Error, Session};
use proptest::prelude::*;
use safe_line::{hostile, is_safe_line};
use serde_json::{Value, json};

fn session(reply: Reply) -> (Session, Server) {
    let server = Server::script([reply]);
    (server.session(), server)
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply::json(status, &body.to_string())
}

/// The errors of calls whose responses contain this text.
fn errors(text: &str) -> Vec<Error> {
    let get = |reply: Reply| {
        let (session, _server) = session(reply);
        let request = session.request("GET", "/x");
        request.send::<BTreeMap<String, u64>>().unwrap_err()
    };
    let wait = |wait: Wait| {
        let deployment = json!({ "id": text, "status": text, "metadata": { "status": text } });
        let (session, _server) = session(reply(200, &deployment));
        let client = Client::new(session);
        client
            .wait_for_deployment(text, &wait.timeout(Duration::ZERO))
            .unwrap_err()
    };
    let parameters = Parameters::new().set(text, text);
    vec![
        get(reply(409, &json!({ "detail": text }))),
        get(reply(502, &json!(text))),
        get(Reply::with_headers(500, "", text)),
        get(Reply::with_headers(200, "", text)),
        get(reply(200, &json!({ text: text }))),
        get(reply(200, &json!({ text: [text] }))),
        wait(Wait::new()),
        wait(Wait::new().revision(text)),
        parameters
            .deserialize::<BTreeMap<String, u64>>()
            .unwrap_err(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_a_response_holds_is_shown_on_one_safe_line(text in hostile()) {
        for error in errors(&text) {
            let mut causes: Vec<String> = vec![error.to_string(), format!("{error:?}")];
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                causes.push(error.to_string());
                cause = error.source();
            }
            for shown in causes {
                prop_assert!(is_safe_line(&shown), "{}", shown.escape_debug());
            }
        }
    }

    #[test]
    fn debug_of_a_response_shows_the_start_of_its_body_as_text(text in hostile()) {
        let (session, _server) = session(Reply::with_headers(200, "", "start ".to_owned() + &text));
        let response = session.request("GET", "/x").send_raw().unwrap();
        let shown = format!("{response:?}");
        prop_assert!(shown.starts_with("Response { status: 200, body: \"start "), "{}", shown);
        prop_assert!(is_safe_line(&shown) && shown.len() < 2000, "{}", shown.escape_debug());
    }
}
