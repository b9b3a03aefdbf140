//! Responses that cannot be decoded.

use std::fmt;

use super::text::{Line, body_excerpt, write_outcome};
use super::transport::BoxError;

/// A response, or a value in it, that does not have the expected form.
#[non_exhaustive]
pub struct DecodeError {
    /// What was decoded: the request whose response it is, or another source.
    pub what: String,
    /// The HTTP status, where it is a response.
    pub status: Option<u16>,
    /// The path within the document, such as `specs[3].metadata.name`; empty at the top.
    pub path: String,
    /// What was expected there and what was found.
    pub message: String,
    /// The body as it was received, or as much of it as was read.
    pub body: Vec<u8>,
    /// Whether it is the response to a request that must not be repeated.
    pub(crate) unrepeatable_request: bool,
    pub(crate) inner: Option<BoxError>,
}

impl DecodeError {
    /// The error that caused it, for `downcast_ref`: usually a [`serde_json::Error`]. `Display`
    /// includes its message in other words, so `source()` is `None`.
    pub fn inner(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.inner.as_deref()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", Line(&self.what))?;
        if !self.path.is_empty() {
            write!(f, "{}: ", Line(&self.path))?;
        }
        write!(f, "{}", Line(&self.message))?;
        write_outcome(f, self.unrepeatable_request)
    }
}

impl std::error::Error for DecodeError {}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("what", &self.what)
            .field("status", &self.status)
            .field("path", &self.path)
            .field("message", &self.message)
            .field("body", &body_excerpt(&self.body))
            .field("inner", &self.inner)
            .finish()
    }
}
