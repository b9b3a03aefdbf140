//! Whether a request is sent again, and how long to wait before: one pure function.

use std::time::{Duration, SystemTime};

use crate::method::Method;

/// How often a request is sent again, and how long the pauses are.
///
/// Sent again is only what cannot do its work twice: see the table.
///
/// | what happened | sent again |
/// |---|---|
/// | 429, 503 | every method |
/// | 500, 502, 504 | `GET`, `PUT`, `PATCH`, `DELETE` |
/// | a certificate that is not trusted | never |
/// | the connection was never made for any other reason | every method |
/// | the connection broke, or no answer came in time | `GET`, `PUT`, `PATCH`, `DELETE` |
/// | anything else | never |
///
/// The pause before the n-th retry is `base_delay` doubled n - 1 times, at most `max_delay`, of
/// which a random part of up to one half is taken off, so that many clients do not come back at
/// once. Where the answer has a `Retry-After`, in seconds or as a date, the pause is that instead;
/// if it is longer than `max_delay` the error is returned at once and
/// [`ApiError::retry_after`](crate::ApiError::retry_after) says how long to wait.
///
/// Each pause is announced by a line of the crate `log`, at the level *warn* and of the target
/// `peak_press`: `GET /v1/blocks/specs/: 503 Service Unavailable; again in 0.8 s (attempt 2 of 4)`.
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

    /// How often a request is sent at most.
    pub(crate) fn most_attempts(&self) -> u32 {
        self.max_retries.saturating_add(1)
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
        /// Whether it will be the same each time.
        lasting: bool,
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
            500 | 502 | 504 => method.is_idempotent(),
            _ => false,
        },
        Failure::NoAnswer { lasting: true, .. } => false,
        Failure::NoAnswer {
            may_have_arrived, ..
        } => !may_have_arrived || method.is_idempotent(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const METHODS: [Method; 5] = [
        Method::Get,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Post,
    ];

    fn answer(status: u16) -> Failure {
        Failure::Answer {
            status,
            retry_after: None,
        }
    }

    #[test]
    fn what_is_sent_again() {
        let no_answer = |may_have_arrived, lasting| Failure::NoAnswer {
            may_have_arrived,
            lasting,
        };
        // Whether it is sent again: all methods but POST, and POST.
        for (failure, others, post) in [
            (answer(429), true, true),
            (answer(503), true, true),
            (answer(500), true, false),
            (answer(502), true, false),
            (answer(504), true, false),
            (no_answer(true, false), true, false),
            (no_answer(false, false), true, true),
            (no_answer(true, true), false, false),
            (no_answer(false, true), false, false),
            (answer(302), false, false),
            (answer(400), false, false),
            (answer(401), false, false),
            (answer(408), false, false),
            (answer(409), false, false),
            (answer(422), false, false),
            (answer(501), false, false),
        ] {
            for method in METHODS {
                let again = wait(&RetryPolicy::default(), &method, 1, failure, 0.5).is_some();
                let expected = if method == Method::Post { post } else { others };
                assert_eq!(again, expected, "{method} {failure:?}");
                assert_eq!(wait(&RetryPolicy::never(), &method, 1, failure, 0.5), None);
            }
        }
    }

    #[test]
    fn how_long_the_pauses_are() {
        let seconds = Duration::from_secs_f64;
        let policy = RetryPolicy::default()
            .max_retries(8)
            .base_delay(seconds(1.0))
            .max_delay(seconds(20.0));
        for (attempt, random, expected) in [
            (1, 0.0, Some(0.5)),
            (1, 0.5, Some(0.75)),
            (2, 0.0, Some(1.0)),
            (3, 0.5, Some(3.0)),
            (5, 0.5, Some(12.0)),
            (6, 0.0, Some(10.0)),
            (8, 0.5, Some(15.0)),
            (9, 0.5, None),
            (u32::MAX, 0.5, None),
        ] {
            let wait = wait(&policy, &Method::Get, attempt, answer(503), random);
            assert_eq!(wait, expected.map(seconds), "attempt {attempt}");
        }
    }

    #[test]
    fn what_the_service_asks_for_wins_up_to_the_cap() {
        let policy = RetryPolicy::default().max_delay(Duration::from_secs(20));
        for (asked, expected) in [(0, Some(0)), (1, Some(1)), (20, Some(20)), (21, None)] {
            let failure = Failure::Answer {
                status: 503,
                retry_after: Some(Duration::from_secs(asked)),
            };
            let wait = wait(&policy, &Method::Post, 1, failure, 0.5);
            assert_eq!(wait, expected.map(Duration::from_secs));
        }
    }

    #[test]
    fn retry_after_reads_seconds_and_the_three_forms_of_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 30);
        for (text, expected) in [
            ("120", Some(120)),
            (" 120 ", Some(120)),
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(30)),
            ("Sun Nov  6 08:49:37 1994", Some(30)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1e3", None),
            ("soon", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ] {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(text, now), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_pause_is_longer_than_the_cap(
            base in 0..u64::MAX, cap in 0..u64::MAX, attempt in 1..u32::MAX, random in 0.0..1.0,
        ) {
            for unit in [Duration::from_secs, Duration::from_millis, Duration::from_nanos] {
                let policy = RetryPolicy::default()
                    .max_retries(u32::MAX)
                    .base_delay(unit(base))
                    .max_delay(unit(cap));
                let wait = wait(&policy, &Method::Get, attempt, answer(503), random).unwrap();
                prop_assert!(wait <= unit(cap));
            }
        }

        #[test]
        fn retry_after_reads_any_text(text in ".*") {
            retry_after(&text, SystemTime::UNIX_EPOCH);
        }

        #[test]
        fn retry_after_reads_any_date(now in 0..4_000_000_000u64, ahead in 0..1_000_000u64) {
            let [now, ahead] = [now, ahead].map(Duration::from_secs);
            let now = SystemTime::UNIX_EPOCH + now;
            let date = httpdate::fmt_http_date(now + ahead);
            prop_assert_eq!(retry_after(&date, now), Some(ahead));
        }
    }
}
