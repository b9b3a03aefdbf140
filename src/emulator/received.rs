//! The received requests that tests can inspect.

use std::fmt;

use serde_json::Value;

use super::multipart::{self, Part};
use super::request::Request;
use crate::error::body_excerpt;

/// A received request. See [`Emulator::requests`](super::Emulator::requests).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The method, in capitals.
    pub method: String,
    /// The path as sent, percent-encoded, without the query.
    pub path: String,
    /// The fields of the query, decoded and in order.
    pub query: Vec<(String, String)>,
    /// The headers in order, with `[secret]` for the value of `Authorization`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    pub(super) fn new(request: &Request) -> Self {
        let mut headers = request.headers.clone();
        for (name, value) in &mut headers {
            if name.eq_ignore_ascii_case("authorization") {
                *value = "[secret]".into();
            }
        }
        Received {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers,
            body: request.body.clone(),
        }
    }

    /// The value of a header. Names are case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON, or `None` if it is not JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The parts of a form in order; empty if the body is not a form.
    pub fn parts(&self) -> Vec<Part> {
        let content_type = self.header("content-type").unwrap_or_default();
        multipart::parse(content_type, &self.body).unwrap_or_default()
    }

    /// The part of a form with this name.
    pub fn part(&self, name: &str) -> Option<Part> {
        self.parts().into_iter().find(|part| part.name == name)
    }
}

/// Shows at most one line of the body.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("headers", &self.headers)
            .field("body", &body_excerpt(&self.body))
            .finish()
    }
}
