//! Checks the headers and content types that the caller chooses.

use ureq::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::excerpt;

/// The longest name and value, together, in bytes.
const MAX_LENGTH: usize = 16 * 1024;
/// How many headers may be added to a request.
const MAX_COUNT: usize = 64;

/// Headers that control credentials, the host, the connection, and how the body is framed and
/// encoded.
const RESERVED: [&str; 15] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Sets a header, and replaces an earlier one of the same name. The error says what is wrong with
/// it.
pub(super) fn set(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), String> {
    let shown = excerpt(name, 40);
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
        return Err(format!("{shown:?} is not a header name"));
    };
    if RESERVED.contains(&name.as_str()) {
        return Err(format!(
            "{shown:?} is set by this crate and cannot be replaced"
        ));
    }
    if name.as_str().len() + value.len() > MAX_LENGTH {
        return Err(format!("{shown:?} is longer than {MAX_LENGTH} bytes"));
    }
    let Some(mut value) = ascii(value) else {
        return Err(format!(
            "the value of {shown:?} has a line break or another character that a header cannot hold"
        ));
    };
    // The value may be a secret.
    value.set_sensitive(true);
    headers.insert(name, value);
    if headers.len() > MAX_COUNT {
        return Err(format!("more than {MAX_COUNT} headers"));
    }
    Ok(())
}

/// Checks a media type. The error says what is wrong with it.
pub(super) fn check_content_type(content_type: &str) -> Result<(), String> {
    let is_media_type = content_type.contains('/') && content_type.len() <= 256;
    if is_media_type && ascii(content_type).is_some() {
        return Ok(());
    }
    let shown = excerpt(content_type, 40);
    Err(format!("{shown:?} is not a media type"))
}

/// A value of visible ASCII characters, spaces and tabs: servers disagree about any others.
fn ascii(value: &str) -> Option<HeaderValue> {
    let is_ascii = value
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    HeaderValue::from_str(value).ok().filter(|_| is_ascii)
}
