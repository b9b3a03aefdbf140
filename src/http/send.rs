//! Sending a request: attempts and the pauses between them.

use std::thread;
use std::time::Instant;

use serde::de::DeserializeOwned;

use super::credentials::Issued;
use super::exchange::Exchange;
use super::options::LONGEST;
use super::random;
use super::report::{Next, report};
use super::request::Request;
use super::response::Response;
use crate::error::{Error, Result};

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
        let mut issued = self.transport.credentials.issue()?;
        let call_ends = Instant::now() + self.transport.timeouts.call.min(LONGEST);
        let mut call = OngoingCall {
            renewed: false,
            deadline: self.wait_ends.map_or(call_ends, |end| end.min(call_ends)),
            attempt: 1,
            failures: 0,
            may_repeat: false,
        };
        loop {
            let exchange = Exchange {
                request: self,
                token: &issued.token,
                deadline: call.deadline,
                attempt: call.attempt,
                may_repeat: call.may_repeat && !self.read_only,
            };
            let start = Instant::now();
            let result = exchange.send();
            let duration = start.elapsed();
            let next = match &result {
                Ok(_) => Ok(Next::End),
                Err(error) => self.next(error, &issued, &mut call),
            };
            let end = Next::End;
            report(&exchange, duration, &result, next.as_ref().unwrap_or(&end));
            match next? {
                Next::End => return result,
                Next::Retry(pause) => thread::sleep(pause),
                Next::NewToken(new) => issued = new,
            }
            call.attempt = call.attempt.saturating_add(1);
        }
    }

    /// What follows a failed attempt.
    fn next(&self, error: &Error, issued: &Issued, call: &mut OngoingCall) -> Result<Next> {
        if matches!(error, Error::Unauthorized(_)) && !call.renewed {
            call.renewed = true;
            let credentials = &self.transport.credentials;
            let may_repeat = call.may_repeat && !self.read_only;
            let issued = credentials.renew(issued, may_repeat)?;
            return Ok(issued.map_or(Next::End, Next::NewToken));
        }
        let Some((repeatable, failure)) = error.failure() else {
            return Ok(Next::End);
        };
        call.failures = call.failures.saturating_add(1);
        let policy = &self.transport.retry;
        let pause = policy.pause(repeatable, call.failures, failure, random::fraction());
        let left = call.deadline.saturating_duration_since(Instant::now());
        match pause.filter(|pause| *pause < left) {
            Some(pause) => {
                call.may_repeat |= failure.may_have_been_carried_out();
                Ok(Next::Retry(pause))
            }
            None => Ok(Next::End),
        }
    }
}

/// A request that is being sent.
struct OngoingCall {
    /// Whether the token was renewed after a 401.
    renewed: bool,
    /// When the call as a whole must end.
    deadline: Instant,
    /// The number of the attempt, counted from 1.
    attempt: u32,
    /// How many attempts failed, except for a 401 that led to a new token.
    failures: u32,
    /// Whether an attempt may have been carried out.
    may_repeat: bool,
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use crate::retry::RetryPolicy;
    use crate::session::Session;

    #[test]
    fn pauses_double_between_four_attempts() {
        let attempts = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&attempts);
        let session = Session::builder()
            .auth_token("token")
            .base_url("http://127.0.0.1:1")
            .retry(RetryPolicy::default().base_delay(Duration::from_millis(4)))
            .on_attempt(move |attempt| seen.lock().unwrap().push(attempt.clone()))
            .build()
            .unwrap();
        let error = session.request("GET", "/x").send_raw().unwrap_err();
        assert!(error.to_string().ends_with("(tried 4 times)"), "{error}");
        let attempts = attempts.lock().unwrap();
        let expected = [(1, Some(4.0)), (2, Some(8.0)), (3, Some(16.0)), (4, None)];
        assert_eq!(attempts.len(), expected.len());
        for (attempt, (number, longest)) in attempts.iter().zip(expected) {
            assert_eq!(attempt.number, number);
            let milliseconds = attempt.pause.map(|pause| pause.as_secs_f64() * 1000.0);
            let is_within = |longest: f64| {
                milliseconds.is_some_and(|pause| (longest / 2.0..=longest).contains(&pause))
            };
            assert!(
                longest.map_or(milliseconds.is_none(), is_within),
                "{attempt:?}"
            );
        }
    }
}
