//! Successful responses, and their decoding.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;
use ureq::http::HeaderMap;

use super::locate::path_of;
use super::token::Token;
use crate::error::wording::{reword, without_position};
use crate::error::{DecodeError, Error, Result, body_excerpt, excerpt};
use crate::strict;

/// A 2xx response.
///
/// `Debug` shows the start of the body, without the token.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status: 200 to 299. It is 204, and the body is empty, for a `DELETE` that got a 404
    /// after an earlier attempt that may have been carried out.
    pub status: u16,
    /// The body, decompressed.
    pub body: Vec<u8>,
    pub(super) headers: HeaderMap,
    /// The request's method and path, for errors.
    pub(super) request: String,
    /// Whether the request may be repeated, for errors.
    pub(super) repeatable: bool,
    /// Redacted from texts that quote the body.
    pub(super) token: Token,
}

/// Headers in which the service, or a gateway in front of it, may return the request's id.
const REQUEST_ID_HEADERS: [&str; 5] = [
    "x-request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amzn-trace-id",
    "cf-ray",
];

/// Finds the request's id in the headers of its response.
pub(super) fn request_id(headers: &HeaderMap) -> Option<&str> {
    let ids = REQUEST_ID_HEADERS.into_iter();
    ids.filter_map(|name| headers.get(name)?.to_str().ok())
        .next()
}

impl Response {
    /// The first value of a header, whose name is matched in any case. `None` if it is missing, or
    /// is not visible ASCII text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The id that the service, or a gateway in front of it, gave to the request. Include it when
    /// you report a failure to its operators.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }

    /// Decodes the body as JSON. For an empty one see [`Request::send`](crate::Request::send).
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), with the path within the document.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let text = self.text()?;
        if text.trim_ascii().is_empty() {
            let empty = strict::decode("{}").or_else(|_| strict::decode("null"));
            return empty.map_err(|_| self.empty());
        }
        strict::decode(text).map_err(|(error, text)| self.describe(error, &text))
    }

    /// The body as text. Checking its encoding once makes decoding faster than from bytes.
    fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.body).map_err(|error| {
            let error = match serde_json::from_slice::<Value>(&self.body) {
                Err(error) => error,
                Ok(_) => serde_json::Error::custom(error),
            };
            self.describe(error, &String::from_utf8_lossy(&self.body))
        })
    }

    fn empty(&self) -> Error {
        let message = "expected JSON, found an empty response".to_owned();
        self.decode_error(String::new(), message, None)
    }

    /// The error of the body, or of the text that was decoded in its place.
    fn describe(&self, error: serde_json::Error, text: &str) -> Error {
        let (path, message) = match error.classify() {
            serde_json::error::Category::Data => {
                let message = error.to_string();
                let message = without_position(&message, error.line(), error.column());
                (path_of(&error, text.as_bytes()), reword(message))
            }
            _ => {
                let start = &self.body[..self.body.len().min(512)];
                let found = excerpt(&String::from_utf8_lossy(start), 120);
                let message = format!("expected JSON, found {found:?} ({error})");
                (String::new(), message)
            }
        };
        self.decode_error(path, message, Some(error))
    }

    /// The error of a response that was decoded, but has an invalid value at this path.
    pub(crate) fn invalid_content(&self, path: &str, message: String) -> Error {
        self.decode_error(path.to_owned(), message, None)
    }

    fn decode_error(
        &self,
        path: String,
        message: String,
        source: Option<serde_json::Error>,
    ) -> Error {
        Error::Decode(Box::new(DecodeError {
            what: self.request.clone(),
            status: Some(self.status),
            path: self.token.redact(&path),
            message: self.token.redact(&message),
            body: self.token.redact_bytes(self.body.clone()),
            unrepeatable_request: !self.repeatable,
            inner: source.map(|error| self.token.redact_source(error.into())),
        }))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.token.redact(&body_excerpt(&self.body));
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body", &body)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
