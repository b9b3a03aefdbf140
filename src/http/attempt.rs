//! What a session's `on_attempt` gets.

use std::sync::Arc;
use std::time::Duration;

use crate::method::Method;

/// One attempt of a request, as
/// [`SessionBuilder::on_attempt`](crate::SessionBuilder::on_attempt) gets it.
///
/// It has neither the query nor a body. Where the server echoes the token, it has `[token]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The request's method.
    pub method: Method,
    /// The request's path, without its query.
    pub path: String,
    /// The number of the attempt, counted from 1.
    pub number: u32,
    /// The status of the response. `None` if there was no response.
    pub status: Option<u16>,
    /// Why there was no complete response, on one line.
    pub cause: Option<String>,
    /// The id that the service, or a gateway in front of it, gave to the request.
    pub request_id: Option<String>,
    /// How long the attempt took, from its start to the end of the response's body.
    pub duration: Duration,
    /// The pause before the next attempt. `None` after the last attempt.
    pub pause: Option<Duration>,
}

/// Called with each attempt.
pub(crate) type OnAttempt = Arc<dyn Fn(&Attempt) + Send + Sync>;
