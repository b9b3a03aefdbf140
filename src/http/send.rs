//! Sending a request: attempts and the pauses between them.

use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::exchange::Exchange;
use super::random;
use super::request::Request;
use super::response::Response;
use super::transport::LONGEST;
use crate::LOG_TARGET;
use crate::error::{Error, Result, excerpt, reason};
use crate::retry::RetryPolicy;

impl Request {
    /// Sends the request and decodes the response.
    ///
    /// An empty response, as to many a `DELETE`, is decoded as `{}`, or as `null` where `T` is not
    /// a map: `T` may be `()`, a [`serde_json::Value`] or a struct of optional fields.
    ///
    /// # Errors
    ///
    /// Any [`Error`](crate::Error) but those of artifacts, files and waiting.
    pub fn send<T: DeserializeOwned>(&self) -> Result<T> {
        self.send_raw()?.json()
    }

    /// Sends the request and returns the response undecoded.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Request::send), except for those of decoding. A status other than 2xx is
    /// an error here too.
    pub fn send_raw(&self) -> Result<Response> {
        self.check()?;
        let token = self.transport.token.as_ref();
        let token = token.ok_or(Error::MissingCredentials)?;
        let limit = self.transport.timeouts.call.min(LONGEST);
        let call_ends = Instant::now() + limit;
        let deadline = self.wait_ends.map_or(call_ends, |end| end.min(call_ends));
        let pause = |error: &Error, pause: Duration, next: u32| {
            log::warn!(target: LOG_TARGET, "{}", self.retry_line(error, pause, next));
            thread::sleep(pause);
        };
        repeat(
            &self.transport.retry,
            deadline,
            pause,
            |attempt, may_repeat| {
                let exchange = Exchange {
                    request: self,
                    token,
                    deadline,
                    attempt,
                    may_repeat: may_repeat && !self.read_only,
                };
                self.send_once(exchange)
            },
        )
    }

    fn send_once(&self, exchange: Exchange) -> Result<Response> {
        let start = Instant::now();
        let result = exchange.send();
        let milliseconds = start.elapsed().as_millis();
        let outcome = match &result {
            Ok(response) => response.status.to_string(),
            Err(error) => error.status().map_or("failed".into(), |s| s.to_string()),
        };
        let cause = result.as_ref().err().and_then(failure_message);
        let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
        log::debug!(
            target: LOG_TARGET,
            "{}: {outcome} in {milliseconds} ms (attempt {}){cause}",
            self.label(),
            exchange.attempt
        );
        result
    }

    /// The log line of a retry: the status, or why there was none, and when the next attempt is.
    fn retry_line(&self, error: &Error, pause: Duration, next: u32) -> String {
        let why = match error.status() {
            Some(status) => match reason(status) {
                Some(reason) => format!("{status} {reason}"),
                None => status.to_string(),
            },
            None => failure_message(error).unwrap_or_default(),
        };
        let (seconds, last) = (pause.as_secs_f64(), self.transport.retry.max_attempts());
        let label = self.label();
        format!("{label}: {why}; retrying in {seconds:.1} s (attempt {next} of {last})")
    }
}

/// Why an attempt got no complete response, on one line. Errors of decoding, which are made after
/// the last attempt, quote the body, and are not for the log.
fn failure_message(error: &Error) -> Option<String> {
    match error {
        Error::Transport(error) | Error::Timeout(error) => Some(excerpt(&error.message, 500)),
        Error::Decode(error) => Some(excerpt(&error.message, 500)),
        _ => None,
    }
}

/// Makes attempts until one succeeds, the policy gives up or the deadline is near. `attempt` is given its number, counted
/// from 1, and whether an earlier one may have been carried out; `wait` is given the failure, the
/// pause and the number of the next attempt.
fn repeat<T>(
    policy: &RetryPolicy,
    deadline: Instant,
    mut wait: impl FnMut(&Error, Duration, u32),
    mut attempt: impl FnMut(u32, bool) -> Result<T>,
) -> Result<T> {
    let mut number = 1;
    let mut may_repeat = false;
    loop {
        let error = match attempt(number, may_repeat) {
            Ok(success) => return Ok(success),
            Err(error) => error,
        };
        let Some((repeatable, failure)) = error.failure() else {
            return Err(error);
        };
        let Some(pause) = policy.pause(repeatable, number, failure, random::fraction()) else {
            return Err(error);
        };
        if pause >= deadline.saturating_duration_since(Instant::now()) {
            return Err(error);
        }
        may_repeat |= failure.may_have_been_carried_out();
        number = number.saturating_add(1);
        wait(&error, pause, number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ApiError, TransportError};
    use crate::session::Session;

    fn transport_error(attempt: u32) -> Error {
        Error::Transport(Box::new(TransportError {
            method: "GET".into(),
            path: "/v1/x".into(),
            message: "connection refused".into(),
            may_have_arrived: true,
            attempts: attempt,
            permanent: false,
            earlier_attempt_may_have_succeeded: false,
            repeatable: true,
            inner: None,
        }))
    }

    fn status_error(status: u16) -> Error {
        Error::from(ApiError {
            status,
            message: Some("pr1vate".into()),
            body: b"pr1vate".into(),
            method: "GET".into(),
            path: "/v1/x".into(),
            request_id: None,
            retry_after: None,
            location: None,
            attempts: 1,
            earlier_attempt_may_have_succeeded: false,
            repeatable: true,
        })
    }

    #[test]
    fn pauses_double_between_four_attempts() {
        let mut pauses = Vec::new();
        let result = repeat(
            &RetryPolicy::default(),
            Instant::now() + LONGEST,
            |_, pause, next| pauses.push((pause.as_secs_f64(), next)),
            |attempt, _| Err::<(), _>(transport_error(attempt)),
        );
        assert!(result.unwrap_err().to_string().ends_with("(tried 4 times)"));
        assert_eq!(pauses.len(), 3);
        for ((pause, next), (longest, number)) in pauses.iter().zip([(1.0, 2), (2.0, 3), (4.0, 4)])
        {
            assert!((longest / 2.0..=longest).contains(pause), "{pauses:?}");
            assert_eq!(*next, number);
        }
    }

    #[test]
    fn other_errors_end_the_attempts() {
        let mut attempts = 0;
        let result = repeat(
            &RetryPolicy::default(),
            Instant::now() + LONGEST,
            |_, _, _| {},
            |_, _| {
                attempts += 1;
                Err::<(), _>(Error::MissingCredentials)
            },
        );
        assert!(matches!(result, Err(Error::MissingCredentials)));
        assert_eq!(attempts, 1);
    }

    #[test]
    fn a_retry_line_shows_the_reason_and_neither_query_nor_body() {
        let session = Session::builder().base_url("http://127.0.0.1:1").build();
        let request = session
            .unwrap()
            .request("GET", "/v1/x")
            .query("q", "pr1vate");
        let line = |error, milliseconds, next| {
            request.retry_line(&error, Duration::from_millis(milliseconds), next)
        };
        assert_eq!(
            line(status_error(503), 780, 2),
            "GET /v1/x: 503 Service Unavailable; retrying in 0.8 s (attempt 2 of 4)"
        );
        assert_eq!(
            line(status_error(429), 60_000, 3),
            "GET /v1/x: 429 Too Many Requests; retrying in 60.0 s (attempt 3 of 4)"
        );
        assert_eq!(
            line(status_error(599), 0, 4),
            "GET /v1/x: 599; retrying in 0.0 s (attempt 4 of 4)"
        );
        assert_eq!(
            line(transport_error(1), 1_000, 2),
            "GET /v1/x: connection refused; retrying in 1.0 s (attempt 2 of 4)"
        );
    }
}
