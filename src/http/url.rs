//! Where a request goes: the base URL, paths made of ids, queries.

use std::fmt::{Display, Write};
use std::net::{Ipv4Addr, Ipv6Addr};

use ureq::http::Uri;

use crate::error::{Error, Result, excerpt};

/// A checked base URL, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    text: String,
    host: String,
    loopback: bool,
}

impl BaseUrl {
    /// Checks a base URL: https, or http to a loopback address; a path is allowed, anything
    /// after it is not.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let refuse = |message: String| Err(Error::invalid_argument("base_url", message));
        let text = text.trim();
        // First, so that no later message repeats a password.
        if text.contains('@') {
            return refuse("a user name or password in it is not supported".into());
        }
        if text.contains(['?', '#']) {
            return refuse("a query or fragment in it is not supported".into());
        }
        let shown = excerpt(text, 200);
        let Ok(uri) = text.parse::<Uri>() else {
            return refuse(format!("{shown:?} is not a URL"));
        };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return refuse(format!(
                "{shown:?} is not a whole URL, such as https://press.peak.ai"
            ));
        };
        let host = authority.host();
        if host.is_empty() || (host.len() < authority.as_str().len() && uri.port_u16().is_none()) {
            return refuse(format!("{shown:?} has no valid host and port"));
        }
        if uri.path() != "/" {
            check_path("base_url", uri.path())?;
        }
        let loopback = is_loopback(host);
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return refuse(format!(
                    "{shown:?} would send the token in the clear: use https"
                ));
            }
            _ => return refuse(format!("{shown:?} is neither https nor http")),
        }
        let path = uri.path().trim_end_matches('/');
        Ok(BaseUrl {
            text: format!("{scheme}://{authority}{path}"),
            host: host.to_owned(),
            loopback,
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }
}

/// The address of an IPv6 host, which stands in brackets in a URL; any other host as it is.
pub(super) fn without_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_loopback(host: &str) -> bool {
    let bare = without_brackets(host);
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        || bare.parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback())
}

/// An invalid argument: what the caller knows it by, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArgumentError {
    pub(crate) name: String,
    pub(crate) message: String,
}

impl ArgumentError {
    pub(crate) fn new(name: impl Into<String>, message: impl Display) -> Self {
        ArgumentError {
            name: name.into(),
            message: message.to_string(),
        }
    }
}

/// Fills the placeholders of a path template, in order:
/// `path("/v1/blocks/specs/{spec_id}", &[id])`.
///
/// Each argument becomes one segment, whatever characters it holds. One that cannot be a segment
/// is refused under its placeholder's name: an empty id would turn a call on one item into a call
/// on the whole collection.
pub(crate) fn path(template: &str, arguments: &[&str]) -> Result<String, ArgumentError> {
    debug_assert_eq!(template.matches('{').count(), arguments.len(), "{template}");
    let mut arguments = arguments.iter();
    let segments = template.split('/').map(|part| {
        let placeholder = part
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match placeholder {
            Some(name) => segment(name, arguments.next().unwrap_or(&"")),
            None => Ok(part.to_owned()),
        }
    });
    Ok(segments.collect::<Result<Vec<_>, _>>()?.join("/"))
}

fn segment(name: &str, argument: &str) -> Result<String, ArgumentError> {
    if argument.trim().is_empty() {
        return Err(ArgumentError::new(name, "is empty"));
    }
    if matches!(argument, "." | "..") {
        let message = format!("{argument:?} is not a valid path segment");
        return Err(ArgumentError::new(name, message));
    }
    let mut encoded = String::with_capacity(argument.len());
    // Versions such as `1.0.0+linux` contain a `+`, which stands for itself in a path.
    encode(&mut encoded, argument, b"+");
    Ok(encoded)
}

/// Checks a path that a caller wrote out.
pub(crate) fn check_path(name: &str, path: &str) -> Result<()> {
    let refuse = |message: String| Err(Error::invalid_argument(name, message));
    let shown = excerpt(path, 100);
    if !path.starts_with('/') {
        return refuse(format!("{shown:?} does not start with \"/\""));
    }
    if path.contains(['?', '#']) {
        return refuse(format!(
            "{shown:?} has a query or fragment: give the query by Request::query"
        ));
    }
    if !is_encoded(path) {
        return refuse(format!(
            "{shown:?} holds what must be percent-encoded in a path"
        ));
    }
    if path.split('/').any(is_dot_segment) {
        return refuse(format!("{shown:?} has a segment \".\" or \"..\""));
    }
    Ok(())
}

/// Whether each byte may stand in a path, and each `%` begins an escape.
fn is_encoded(path: &str) -> bool {
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|b| b.is_ascii_hexdigit())),
            _ => is_unreserved(byte) || b"/!$&'()*+,;=:@".contains(&byte),
        };
        if !fine {
            return false;
        }
    }
    true
}

/// Some servers and proxies decode a segment before they resolve `..`.
fn is_dot_segment(segment: &str) -> bool {
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    matches!(plain.as_str(), "." | "..")
}

/// Adds `name=value` to a query.
pub(crate) fn add_query(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    encode(query, name, b"");
    query.push('=');
    encode(query, value, b"");
}

/// Percent-encodes all but letters, digits, `-._~` and what else is to stay bare.
fn encode(out: &mut String, text: &str, bare: &[u8]) {
    for byte in text.bytes() {
        if is_unreserved(byte) || bare.contains(&byte) {
            out.push(char::from(byte));
        } else {
            _ = write!(out, "%{byte:02X}");
        }
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
