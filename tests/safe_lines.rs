//! Any text in a response is shown on one safe line, in errors and in `Debug` of the response.
//! `src/error/safe_lines.rs` tests each field of each error.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Reply, Server};
use peak_press::blocks::{Client, Wait};
use peak_press::types::*;
use peak_press::{Error, RetryPolicy, Session};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Text that starts with an escape sequence and contains other unsafe characters.
fn hostile() -> impl Strategy<Value = String> {
    let unsafe_char = prop::sample::select(vec![
        '\n',
        '\r',
        '\u{0}',
        '\u{1b}',
        '\u{9b}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200f}',
        '\u{2028}',
        '\u{202e}',
        '\u{2066}',
        '\u{feff}',
        '\u{fffb}',
        '\u{e0001}',
    ]);
    let any = prop_oneof![unsafe_char, any::<char>()];
    prop::collection::vec(any, 1..20)
        .prop_map(|text| format!("\u{1b}[2J{}", String::from_iter(text)))
}

fn is_safe_line(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    })
}

fn session(reply: Reply) -> (Session, Server) {
    let server = Server::script([reply]);
    let session = Session::builder()
        .auth_token("t")
        .base_url(server.url())
        .retry(RetryPolicy::never());
    (session.build().unwrap(), server)
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
