//! Requests without a complete response.

use std::fmt;

use super::text::{Line, write_attempts, write_outcome};
use crate::retry::{self, Failure};

/// The error that caused another one.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A request that got no response, or only a part of one.
#[derive(Debug)]
#[non_exhaustive]
pub struct TransportError {
    /// The request's method, in capitals.
    pub method: String,
    /// The request's path, without its query.
    pub path: String,
    /// What failed.
    pub message: String,
    /// Whether the request may have reached the service. False if no connection was established, TLS
    /// handshake included.
    pub may_have_arrived: bool,
    /// How many attempts were made.
    pub attempts: u32,
    /// Whether an earlier attempt of the same call may have been carried out.
    pub earlier_attempt_may_have_succeeded: bool,
    /// Whether carrying the request out twice has the same effect as once.
    pub(crate) repeatable: bool,
    /// Whether every further attempt would fail the same way.
    pub(crate) permanent: bool,
    pub(crate) inner: Option<BoxError>,
}

impl TransportError {
    /// The error that caused it, for `downcast_ref`: usually a [`std::io::Error`]. Its text is part
    /// of `Display`, so `source()` is `None`.
    pub fn inner(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.inner.as_deref()
    }

    pub(crate) fn failure(&self) -> Failure {
        Failure::NoResponse {
            may_have_arrived: self.may_have_arrived,
            permanent: self.permanent,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, message) = (Line(&self.path), Line(&self.message));
        write!(f, "{} {path}: {message}", self.method)?;
        write_outcome(f, retry::outcome_unknown(self.repeatable, self.failure()))?;
        write_attempts(f, self.attempts, self.earlier_attempt_may_have_succeeded)
    }
}

impl std::error::Error for TransportError {}
