//! Whether a request is sent again, and how long to wait before: one pure function.

use std::time::{Duration, SystemTime};

use crate::http::Method;

/// How often a request is sent again, and how long the pauses are.
///
/// Sent again is only what cannot do its work twice: see the table.
///
/// | what happened | sent again |
/// |---|---|
/// | 429, 503 | every method |
/// | 500, 502, 504 | `GET`, `PUT`, `PATCH`, `DELETE` |
/// | the connection was never made | every method |
/// | the connection broke, or no answer came in time | `GET`, `PUT`, `PATCH`, `DELETE` |
/// | anything else | never |
///
/// The pause before the n-th retry is `base_delay` doubled n - 1 times, at most `max_delay`, of
/// which a random part of up to one half is taken off, so that many clients do not come back at
/// once. Where the answer has a `Retry-After`, in seconds or as a date, the pause is that instead;
/// if it is longer than `max_delay` the error is returned at once and
/// [`ApiError::retry_after`](crate::ApiError::retry_after) says how long to wait.
///
/// The default is three retries, a `base_delay` of one second and a `max_delay` of one minute.
///
/// ```
/// use peak_press::RetryPolicy;
/// use std::time::Duration;
///
/// let patient = RetryPolicy::default().max_retries(6).max_delay(Duration::from_secs(300));
/// let impatient = RetryPolicy::never();
/// # let _ = (patient, impatient);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    max_retries: u32,
    base_delay: Duration,
    max_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            max_retries: 3,
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Sends everything once.
    pub fn never() -> Self {
        RetryPolicy::default().max_retries(0)
    }

    /// How often a request is sent again at most, after it was sent once. The default is 3.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The pause before the first retry. The default is one second.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// The longest pause, whoever asks for it. The default is one minute.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }
}

/// How one attempt failed, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Answer {
        status: u16,
        retry_after: Option<Duration>,
    },
    NoAnswer {
        may_have_arrived: bool,
    },
}

/// How long to wait before the next attempt, or `None` if this was the last.
///
/// `attempt` is the number of the one that failed, counted from 1; `random` is from 0 up to 1.
pub(crate) fn wait(
    policy: &RetryPolicy,
    method: &Method,
    attempt: u32,
    failure: Failure,
    random: f64,
) -> Option<Duration> {
    if attempt > policy.max_retries || !harmless(method, failure) {
        return None;
    }
    match failure {
        Failure::Answer {
            retry_after: Some(wait),
            ..
        } => (wait <= policy.max_delay).then_some(wait),
        _ => Some(back_off(policy, attempt, random)),
    }
}

/// Whether another attempt may succeed, and surely does nothing a second time.
fn harmless(method: &Method, failure: Failure) -> bool {
    match failure {
        Failure::Answer { status, .. } => match status {
            429 | 503 => true,
            500 | 502 | 504 => method.is_repeatable(),
            _ => false,
        },
        Failure::NoAnswer { may_have_arrived } => !may_have_arrived || method.is_repeatable(),
    }
}

fn back_off(policy: &RetryPolicy, attempt: u32, random: f64) -> Duration {
    let doublings = attempt.saturating_sub(1);
    let longest = policy
        .base_delay
        .saturating_mul(2u32.saturating_pow(doublings))
        .min(policy.max_delay);
    let half = longest / 2;
    (half + half.mul_f64(random)).min(longest)
}

/// Reads a `Retry-After`: seconds, or one of the three forms of an HTTP date.
///
/// A date in the past is no wait; what is neither seconds nor a date is none at all.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // Digits that do not fit are a number beyond every cap.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}
