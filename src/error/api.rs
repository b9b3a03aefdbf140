//! Responses that report a failure.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::text::{Line, body_excerpt, excerpt, write_attempts, write_outcome};
use crate::method::Method;
use crate::retry::{self, Failure};

/// A response with a status other than 2xx, and the request it belongs to.
///
/// Tests of your own code can create one, and turn it into the [`Error`](crate::Error) of its status:
///
/// ```
/// use peak_press::{ApiError, Error};
///
/// let error = Error::from(ApiError::new(409).message("the name is taken"));
/// assert!(matches!(error, Error::Conflict(_)));
/// assert_eq!(error.to_string(), "GET /: 409 Conflict: the name is taken");
///
/// let lost = Error::from(ApiError::new(502).request("POST", "/v1/blocks/specs/"));
/// assert!(lost.outcome_unknown());
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The service's message: `detail` of a JSON body. `None` where the body has no `detail`, as
    /// when a proxy responds in the service's place.
    pub message: Option<String>,
    /// The body as it was received: its first MiB, or as much of that as arrived.
    /// [`body_text`](ApiError::body_text) returns it as text.
    pub body: Vec<u8>,
    /// The request's method, in capitals.
    pub method: String,
    /// The request's path, without its query.
    pub path: String,
    /// The id that the service, or a gateway in front of it, gave to the request. Include it when
    /// you report a failure to its operators.
    pub request_id: Option<String>,
    /// How long to wait before the next attempt, where the response has a `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The target of a redirect. Redirects are not followed.
    pub location: Option<String>,
    /// How many attempts were made.
    pub attempts: u32,
    /// Whether an earlier attempt of the same call may have been carried out. The failure may then
    /// be its consequence, such as `No changes detected` after an update that was carried out.
    pub earlier_attempt_may_have_succeeded: bool,
    /// Whether carrying the request out twice has the same effect as once.
    pub(crate) repeatable: bool,
}

impl ApiError {
    /// Creates a response to `GET /` with this status, for tests. It has no body, and was received
    /// at the first attempt; set the fields that matter.
    pub fn new(status: u16) -> Self {
        ApiError {
            status,
            message: None,
            body: Vec::new(),
            method: Method::Get.to_string(),
            path: "/".into(),
            request_id: None,
            retry_after: None,
            location: None,
            attempts: 1,
            earlier_attempt_may_have_succeeded: false,
            repeatable: true,
        }
    }

    /// Sets [`message`](ApiError#structfield.message).
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Sets the request that the response belongs to: its method, and its path without a query.
    /// [`Error::outcome_unknown`](crate::Error::outcome_unknown) and
    /// [`Error::is_retryable`](crate::Error::is_retryable) depend on the method.
    #[must_use]
    pub fn request(mut self, method: impl Into<Method>, path: impl Into<String>) -> Self {
        let method = method.into();
        self.repeatable = method.is_idempotent();
        self.method = method.to_string();
        self.path = path.into();
        self
    }

    pub(crate) fn failure(&self) -> Failure {
        Failure::Status {
            status: self.status,
            retry_after: self.retry_after,
        }
    }

    /// The body as text. Bytes that are not UTF-8 become `U+FFFD`.
    pub fn body_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, Line(&self.path), self.status)?;
        if let Some(reason) = reason(self.status) {
            write!(f, " {reason}")?;
        }
        match &self.message {
            Some(message) => write!(f, ": {}", Line(excerpt(message, 500)))?,
            None if !self.body.is_empty() => {
                write!(f, ": {}", Line(excerpt(&self.body_text(), 120)))?;
            }
            None => {}
        }
        if let Some(location) = &self.location {
            let location = Line(excerpt(location, 200));
            write!(f, " (redirects to {location}: check the base URL)")?;
        }
        if self.status == 401 {
            f.write_str(" (check the token and the stage)")?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, " (retry after {} s)", wait.as_secs())?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request id {}]", Line(excerpt(id, 100)))?;
        }
        write_outcome(f, retry::outcome_unknown(self.repeatable, self.failure()))?;
        write_attempts(f, self.attempts, self.earlier_attempt_may_have_succeeded)
    }
}

impl std::error::Error for ApiError {}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("message", &self.message)
            .field("body", &body_excerpt(&self.body))
            .field("method", &self.method)
            .field("path", &self.path)
            .field("request_id", &self.request_id)
            .field("retry_after", &self.retry_after)
            .field("location", &self.location)
            .field("attempts", &self.attempts)
            .field(
                "earlier_attempt_may_have_succeeded",
                &self.earlier_attempt_may_have_succeeded,
            )
            .finish()
    }
}

/// The usual reason phrase of a status.
pub(crate) fn reason(status: u16) -> Option<&'static str> {
    Some(match status {
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}
