//! Reports each attempt: a line in the log, and a call of the session's `on_attempt`.

use std::time::Duration;

use log::Level;

use super::attempt::Attempt;
use super::credentials::Issued;
use super::exchange::Exchange;
use super::response::Response;
use crate::LOG_TARGET;
use crate::error::{Error, Line, Result, excerpt, reason};

/// What follows an attempt.
pub(super) enum Next {
    /// It was the last one.
    End,
    /// Another one after a pause.
    Retry(Duration),
    /// Another one at once, with a new token.
    NewToken(Issued),
}

/// Logs an attempt, and passes it to the session's `on_attempt`.
pub(super) fn report(
    exchange: &Exchange,
    duration: Duration,
    result: &Result<Response>,
    next: &Next,
) {
    let transport = &exchange.request.transport;
    let is_logged = log::log_enabled!(target: LOG_TARGET, level(next));
    if !is_logged && transport.on_attempt.is_none() {
        return;
    }
    let attempt = Attempt::new(exchange, duration, result, next);
    if is_logged {
        let line = attempt.line(next, transport.retry.max_attempts());
        log::log!(target: LOG_TARGET, level(next), "{}", Line(line));
    }
    if let Some(on_attempt) = &transport.on_attempt {
        on_attempt(&attempt);
    }
}

fn level(next: &Next) -> Level {
    match next {
        Next::Retry(_) => Level::Warn,
        Next::NewToken(_) | Next::End => Level::Debug,
    }
}

impl Attempt {
    fn new(
        exchange: &Exchange,
        duration: Duration,
        result: &Result<Response>,
        next: &Next,
    ) -> Self {
        let (status, cause, request_id) = match result {
            Ok(response) => (Some(response.status), None, response.request_id()),
            Err(error) => {
                let response = error.api_error();
                let id = response.and_then(|response| response.request_id.as_deref());
                (error.status(), cause(error), id)
            }
        };
        let (request, token) = (exchange.request, exchange.token);
        Attempt {
            method: request.method.clone(),
            path: token.redact(&request.path),
            number: exchange.attempt,
            status,
            cause,
            request_id: request_id.map(|id| token.redact(id)),
            duration,
            pause: match next {
                Next::End => None,
                Next::Retry(pause) => Some(*pause),
                Next::NewToken(_) => Some(Duration::ZERO),
            },
        }
    }

    /// The line in the log.
    fn line(&self, next: &Next, max_attempts: u32) -> String {
        let (label, number) = (format!("{} {}", self.method, self.path), self.number);
        let cause = self.cause.as_deref();
        if let Next::Retry(pause) = next {
            let why = match (self.status, self.status.and_then(reason)) {
                (Some(status), Some(reason)) => format!("{status} {reason}"),
                (Some(status), None) => status.to_string(),
                (None, _) => cause.unwrap_or_default().to_owned(),
            };
            let (seconds, next) = (pause.as_secs_f64(), number.saturating_add(1));
            return format!(
                "{label}: {why}; retrying in {seconds:.1} s (attempt {next} of {max_attempts})"
            );
        }
        let outcome = self
            .status
            .map_or("failed".into(), |status| status.to_string());
        let milliseconds = self.duration.as_millis();
        let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
        let then = match next {
            Next::NewToken(_) => "; retrying with a new token",
            _ => "",
        };
        format!("{label}: {outcome} in {milliseconds} ms (attempt {number}){cause}{then}")
    }
}

/// Why an attempt got no complete response, on one line. Errors of decoding, which are made after
/// the last attempt, quote the body, and are not for the log.
fn cause(error: &Error) -> Option<String> {
    let message = match error {
        Error::Transport(error) | Error::Timeout(error) => error.message.clone(),
        Error::Decode(error) => error.message.clone(),
        other if other.api_error().is_some() => return None,
        other => other.to_string(),
    };
    Some(Line(excerpt(&message, 500)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Method;

    fn line(status: Option<u16>, milliseconds: u64, number: u32) -> String {
        let attempt = Attempt {
            method: Method::Get,
            path: "/v1/x".into(),
            number,
            status,
            cause: status.is_none().then(|| "connection refused".into()),
            request_id: None,
            duration: Duration::ZERO,
            pause: None,
        };
        attempt.line(&Next::Retry(Duration::from_millis(milliseconds)), 4)
    }

    #[test]
    fn a_retry_line_shows_the_reason() {
        for (line, expected) in [
            (
                line(Some(503), 780, 1),
                "GET /v1/x: 503 Service Unavailable; retrying in 0.8 s (attempt 2 of 4)",
            ),
            (
                line(Some(429), 60_000, 2),
                "GET /v1/x: 429 Too Many Requests; retrying in 60.0 s (attempt 3 of 4)",
            ),
            (
                line(Some(599), 0, 3),
                "GET /v1/x: 599; retrying in 0.0 s (attempt 4 of 4)",
            ),
            (
                line(None, 1_000, 1),
                "GET /v1/x: connection refused; retrying in 1.0 s (attempt 2 of 4)",
            ),
        ] {
            assert_eq!(line, expected);
        }
    }
}
