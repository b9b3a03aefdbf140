//! Successful responses, and their decoding.

use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

use super::locate::path_of;
use crate::error::wording::{reword, without_position};
use crate::error::{DecodeError, Error, Result, excerpt};
use crate::strict::strict_first;

/// A 2xx response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status: 200 to 299.
    pub status: u16,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The request's method and path, for errors.
    pub(super) request: String,
}

impl Response {
    /// Decodes the body as JSON. For an empty one see [`Request::send`](crate::Request::send).
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), with the path within the document.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if self.body.trim_ascii().is_empty() {
            let empty = decode(b"{}").or_else(|_| decode(b"null"));
            return empty.map_err(|_| {
                let message = "expected JSON, found an empty response".to_owned();
                self.decode_error(String::new(), message, None)
            });
        }
        decode(&self.body).map_err(|error| self.describe(error))
    }

    fn describe(&self, error: serde_json::Error) -> Error {
        let (path, message) = match error.classify() {
            serde_json::error::Category::Data => {
                let message = error.to_string();
                let message = without_position(&message, error.line(), error.column());
                (path_of(&error, &self.body), reword(message))
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

    fn decode_error(
        &self,
        path: String,
        message: String,
        source: Option<serde_json::Error>,
    ) -> Error {
        Error::Decode(Box::new(DecodeError {
            what: self.request.clone(),
            status: Some(self.status),
            path,
            message,
            body: self.body.clone(),
            source: source.map(Into::into),
        }))
    }
}

/// Text, whose encoding is checked in one pass, is decoded faster than bytes.
fn decode<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(body) {
        Ok(text) => strict_first(|| serde_json::from_str(text)),
        Err(error) => Err(match serde_json::from_slice::<Value>(body) {
            Err(error) => error,
            Ok(_) => serde_json::Error::custom(error),
        }),
    }
}
