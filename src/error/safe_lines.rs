//! Tests that the `Display` of every error is one safe line, whatever text from outside it contains.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// Text that mixes safe and unsafe characters.
fn hostile() -> impl Strategy<Value = String> {
    let unsafe_char = prop::sample::select(vec![
        '\n',
        '\r',
        '\t',
        '\u{0}',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{9b}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{2029}',
        '\u{202a}',
        '\u{202e}',
        '\u{2066}',
        '\u{2069}',
        '\u{feff}',
        '\u{fff9}',
        '\u{e0001}',
        '\u{e007f}',
    ]);
    let any = prop_oneof![unsafe_char, any::<char>(), prop::char::range('a', 'f')];
    prop::collection::vec(any, 1..40).prop_map(String::from_iter)
}

/// Whether a text has no control characters, no invisible ones, and none that change the direction
/// of others.
fn is_safe_line(text: &str) -> bool {
    text.chars().all(|c| {
        let is_invisible = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'
            | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}');
        !c.is_control() && !is_invisible
    })
}

/// Every error, with this text wherever it contains text.
fn errors(text: &str) -> Vec<Error> {
    let given = || text.to_owned();
    let path = || PathBuf::from(text);
    let io_error = || io::Error::other(text.to_owned());
    let api = |message| {
        Error::from(ApiError {
            status: 403,
            message,
            body: given().into_bytes(),
            method: "GET".into(),
            path: given(),
            request_id: Some(given()),
            retry_after: None,
            location: Some(given()),
            attempts: 2,
            earlier_attempt_may_have_succeeded: true,
            repeatable: false,
        })
    };
    let document = || {
        Box::new(DocumentError {
            file: Some(path()),
            path: given(),
            message: given(),
            line: Some(1),
            column: None,
            further: vec![],
        })
    };
    let wait = |end| {
        Error::from(WaitError {
            deployment_id: given(),
            revision: Some(given()),
            status: Some(given()),
            waited: Duration::ZERO,
            at_rest: true,
            failed_blocks: vec![given(), given()],
            last_error: Some(given()),
            end,
            response: None,
        })
    };
    let transport = || {
        Box::new(TransportError {
            method: "GET".into(),
            path: given(),
            message: given(),
            may_have_arrived: true,
            attempts: 1,
            earlier_attempt_may_have_succeeded: false,
            repeatable: false,
            permanent: false,
            inner: None,
        })
    };
    let artifact = [
        ArtifactError::NotAFolder {
            path: path(),
            message: given(),
        },
        ArtifactError::IgnoreFile {
            path: path(),
            message: given(),
        },
        ArtifactError::Unusable {
            path: path(),
            message: given(),
        },
        ArtifactError::Unreadable {
            path: path(),
            source: io_error(),
        },
        ArtifactError::TooLarge {
            limit: 1,
            reached: 2,
            largest: vec![(path(), 1), (path(), 1)],
        },
        ArtifactError::Write { source: io_error() },
    ];
    let decode = DecodeError {
        what: given(),
        status: None,
        path: given(),
        message: given(),
        body: given().into_bytes(),
        unrepeatable_request: true,
        inner: None,
    };
    let others = [
        api(Some(given())),
        api(None),
        Error::Transport(transport()),
        Error::Timeout(transport()),
        Error::Decode(Box::new(decode)),
        Error::invalid_argument(text, text),
        Error::InvalidStage {
            value: given(),
            origin: given(),
        },
        Error::FileNotFound { path: path() },
        Error::File {
            path: path(),
            source: io_error(),
        },
        Error::InvalidYaml(document()),
        Error::InvalidJson(document()),
        Error::InvalidTemplate(document()),
        wait(WaitEnd::Failed),
        wait(WaitEnd::TimedOut),
        wait(WaitEnd::Cancelled),
    ];
    others
        .into_iter()
        .chain(artifact.map(Error::from))
        .collect()
}

#[test]
fn unsafe_characters_are_escaped_and_others_are_not() {
    let text = "a\nb\u{1b}[31mc\u{202e}é 😀 👩\u{200d}💻";
    let shown = "a\\nb\\u{1b}[31mc\\u{202e}é 😀 👩\u{200d}💻";
    assert_eq!(Line(text).to_string(), shown);
}

proptest! {
    #[test]
    fn every_error_is_one_safe_line(text in hostile()) {
        for error in errors(&text) {
            for shown in [error.to_string(), format!("{error:?}")] {
                prop_assert!(is_safe_line(&shown), "{}", shown.escape_debug());
            }
            let all_fields = format!("{error:#?}");
            prop_assert!(all_fields.lines().all(is_safe_line), "{}", all_fields.escape_debug());
        }
    }
}
