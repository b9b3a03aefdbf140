//! URLs: the base URL, paths filled with arguments, queries.

use std::fmt::{Display, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

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
    /// Parses a base URL: HTTPS, or HTTP to a loopback address. It may have a path, but no query.
    /// `name` is the argument or variable that holds it.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self> {
        let refuse = |message: String| Err(Error::invalid_argument(name, message));
        let text = text.trim();
        // Checked first, so that no later message repeats a password.
        if text.contains('@') {
            return refuse("a user name or password is not supported".into());
        }
        if text.contains(['?', '#']) {
            return refuse("a query or fragment is not supported".into());
        }
        let shown = excerpt(text, 200);
        let Ok(uri) = text.parse::<Uri>() else {
            return refuse(format!("{shown:?} is not a URL"));
        };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return refuse(format!(
                "{shown:?} is not an absolute URL such as https://press.peak.ai"
            ));
        };
        let host = authority.host();
        if host.is_empty() || (host.len() < authority.as_str().len() && uri.port_u16().is_none()) {
            return refuse(format!("{shown:?} does not have a valid host and port"));
        }
        if uri.path() != "/" {
            check_path(name, uri.path())?;
        }
        let loopback = is_loopback(host);
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return refuse(format!(
                    "{shown:?} would send the token unencrypted: use https"
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

/// A host without the brackets that a URL has around an IPv6 address.
pub(super) fn without_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_loopback(host: &str) -> bool {
    let address = without_brackets(host);
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        || address.parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback())
}

/// An invalid argument: the name that the caller knows, and what is wrong with it.
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
pub(crate) fn path(template: &str, arguments: &[&str]) -> Result<String, ArgumentError> {
    debug_assert_eq!(template.matches('{').count(), arguments.len(), "{template}");
    let mut path = template.to_owned();
    for argument in arguments {
        fill(&mut path, argument)?;
    }
    Ok(path)
}

/// Fills the first placeholder of a path, `{name}` or `{}`.
///
/// The argument becomes one segment, whatever characters it contains. One that cannot be a segment
/// is refused under its placeholder's name: an empty id would turn a call on one item into a call on
/// the whole collection.
pub(crate) fn fill(path: &mut String, argument: &str) -> Result<(), ArgumentError> {
    let Some((place, name)) = placeholder(path) else {
        let message = format!("{:?} has no {{}} for it", excerpt(path, 100));
        return Err(ArgumentError::new("segment", message));
    };
    let name = if name.is_empty() { "segment" } else { name };
    let segment = segment(name, argument)?;
    path.replace_range(place, &segment);
    Ok(())
}

/// The first placeholder of a path: where it is, and its name.
pub(crate) fn placeholder(path: &str) -> Option<(Range<usize>, &str)> {
    let mut start = 0;
    for part in path.split('/') {
        let name = part
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        if let Some(name) = name {
            return Some((start..start + part.len(), name));
        }
        start += part.len() + 1;
    }
    None
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

/// Checks a path that the caller gave as a whole.
pub(crate) fn check_path(name: &str, path: &str) -> Result<()> {
    let refuse = |message: String| Err(Error::invalid_argument(name, message));
    let shown = excerpt(path, 100);
    if !path.starts_with('/') {
        return refuse(format!("{shown:?} does not start with \"/\""));
    }
    if path.contains(['?', '#']) {
        return refuse(format!(
            "{shown:?} has a query or fragment: use Request::query for the query"
        ));
    }
    if !is_encoded(path) {
        return refuse(format!(
            "{shown:?} contains characters that must be percent-encoded"
        ));
    }
    if path.split('/').any(is_dot_segment) {
        return refuse(format!("{shown:?} has a \".\" or \"..\" segment"));
    }
    Ok(())
}

/// Whether every byte is allowed in a path, and every `%` starts an escape.
fn is_encoded(path: &str) -> bool {
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let valid = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|b| b.is_ascii_hexdigit())),
            _ => is_unreserved(byte) || b"/!$&'()*+,;=:@".contains(&byte),
        };
        if !valid {
            return false;
        }
    }
    true
}

/// Also if it is percent-encoded: some servers and proxies decode a segment before they resolve
/// `..`.
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

/// Percent-encodes everything but letters, digits, `-._~` and the bytes in `allowed`.
fn encode(out: &mut String, text: &str, allowed: &[u8]) {
    for byte in text.bytes() {
        if is_unreserved(byte) || allowed.contains(&byte) {
            out.push(char::from(byte));
        } else {
            _ = write!(out, "%{byte:02X}");
        }
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RELEASE: &str = "/v1/specs/{spec_id}/releases/{version}";

    #[test]
    fn an_argument_is_one_segment_whatever_it_holds() {
        for (argument, segment) in [
            ("a", "a"),
            ("1.0.0-rc.1+linux", "1.0.0-rc.1+linux"),
            ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("../../v1", "..%2F..%2Fv1"),
            ("%2e%2e", "%252e%252e"),
            ("...", "..."),
            ("a b", "a%20b"),
            ("a\r\nb\0", "a%0D%0Ab%00"),
            ("é", "%C3%A9"),
            ("a\\b", "a%5Cb"),
            ("{version}", "%7Bversion%7D"),
            (";:@&=$,", "%3B%3A%40%26%3D%24%2C"),
        ] {
            let expected = format!("/v1/specs/{segment}/releases/2");
            check_path("path", &expected).unwrap();
            assert_eq!(path(RELEASE, &[argument, "2"]).unwrap(), expected);
        }
    }

    #[test]
    fn a_template_without_placeholders_is_the_path() {
        assert_eq!(path("/v1/blocks/specs/", &[]).unwrap(), "/v1/blocks/specs/");
    }

    #[test]
    fn an_argument_that_cannot_be_a_segment_is_refused_by_its_placeholder() {
        for argument in ["", " ", "\t\n", ".", ".."] {
            let error = path(RELEASE, &[argument, "2"]).unwrap_err();
            assert_eq!(error.name, "spec_id", "{error:?}");
            let error = path(RELEASE, &["1", argument]).unwrap_err();
            assert_eq!(error.name, "version", "{error:?}");
        }
    }

    fn percent_decode(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                byte => byte,
            });
        }
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn any_argument_is_refused_or_decodes_to_itself(argument in any::<String>()) {
            if let Ok(path) = path("/a/{id}/b", &[&argument]) {
                check_path("path", &path).unwrap();
                let segments: Vec<_> = path.split('/').collect();
                prop_assert_eq!(segments.len(), 4);
                prop_assert_eq!(percent_decode(segments[2]), argument);
            } else {
                prop_assert!(argument.trim().is_empty() || argument == "." || argument == "..");
            }
        }

        #[test]
        fn any_query_field_decodes_to_itself(name in any::<String>(), value in any::<String>()) {
            let mut query = "a=b".to_owned();
            add_query(&mut query, &name, &value);
            let mut fields = query.split('&');
            prop_assert_eq!(fields.next(), Some("a=b"));
            let (key, text) = fields.next().unwrap().split_once('=').unwrap();
            prop_assert_eq!(fields.next(), None);
            prop_assert_eq!((percent_decode(key), percent_decode(text)), (name, value));
        }

        #[test]
        fn any_path_is_refused_or_sent_unchanged(path in "/.*") {
            if check_path("path", &path).is_ok() {
                let uri: Uri = format!("http://localhost{path}").parse().unwrap();
                prop_assert_eq!(uri.path(), path);
            }
        }

        #[test]
        fn any_base_url_is_parsed_without_a_panic(text in any::<String>()) {
            _ = BaseUrl::parse("base_url", &text);
            _ = BaseUrl::parse("base_url", &format!("https://{text}"));
        }
    }
}
