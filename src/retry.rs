//! The retry rule: which requests are retried, after which pause, and when the outcome of a request
//! is unknown. Pure functions that both the errors and the requests use.

use std::time::{Duration, SystemTime};

/// How often a failed request is retried, and after which pauses.
///
/// Only requests that are safe to repeat are retried:
///
/// | failure | retried |
/// |---|---|
/// | 429, and 503 with a `Retry-After` | every method |
/// | 500, 502, 504, and 503 without a `Retry-After` | `GET`, `PUT`, `PATCH`, `DELETE` |
/// | a certificate that is not trusted | never |
/// | no connection, for any other reason | every method |
/// | a broken connection, or a timeout after the request was sent | `GET`, `PUT`, `PATCH`, `DELETE` |
/// | anything else | never |
///
/// A `POST` is retried only where the response says that nothing was done. A 503 alone does not: a
/// gateway also sends it for a request that the service has carried out. Checking a spec or release
/// stores nothing and counts as a `GET`. A `DELETE` that gets a 404 after an attempt that may have
/// been carried out is a success.
///
/// The pause before the n-th retry is `base_delay` doubled n - 1 times and capped at `max_delay`,
/// minus a random part of up to one half, so that many clients do not retry at the same moment. With
/// the defaults the first pause is 0.5 to 1 second. A `Retry-After` of the response, in seconds or
/// as a date, replaces the pause; if it is longer than `max_delay`, the error is returned at once
/// and [`ApiError::retry_after`](crate::ApiError::retry_after) holds it.
///
/// Each retry is logged once, before its pause, at the level *warn* under the target `peak_press`:
/// `GET /v1/blocks/specs/: 503 Service Unavailable; retrying in 0.8 s (attempt 2 of 4)`.
///
/// The default is three retries, so four attempts, a `base_delay` of one second and a `max_delay`
/// of one minute.
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
#[must_use]
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
    /// Sends every request once.
    pub fn never() -> Self {
        RetryPolicy::default().max_retries(0)
    }

    /// The number of retries after the first attempt. The default is 3.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The longest pause before the first retry; the shortest is half of it. The default is one
    /// second.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// The longest pause, computed or from a `Retry-After`. The default is one minute.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    pub(crate) fn max_attempts(&self) -> u32 {
        self.max_retries.saturating_add(1)
    }

    /// The pause before the next attempt; `None` if there is no next attempt.
    ///
    /// A request is `repeatable` if carrying it out twice has the same effect as once.
    /// `attempt` is the number of the one that failed, counted from 1; `random` is at least 0 and
    /// less than 1.
    pub(crate) fn pause(
        &self,
        repeatable: bool,
        attempt: u32,
        failure: Failure,
        random: f64,
    ) -> Option<Duration> {
        if attempt > self.max_retries || !is_retryable(repeatable, failure) {
            return None;
        }
        match failure {
            Failure::Status {
                retry_after: Some(pause),
                ..
            } => (pause <= self.max_delay).then_some(pause),
            _ => Some(self.backoff(attempt, random)),
        }
    }

    fn backoff(&self, attempt: u32, random: f64) -> Duration {
        let doublings = attempt.saturating_sub(1);
        let longest = self
            .base_delay
            .saturating_mul(2u32.saturating_pow(doublings))
            .min(self.max_delay);
        let half = longest / 2;
        (half + half.mul_f64(random)).min(longest)
    }
}

/// How an attempt failed, as far as it matters for retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A response with a status other than 2xx.
    Status {
        status: u16,
        retry_after: Option<Duration>,
    },
    /// No response, or only a part of one.
    NoResponse {
        may_have_arrived: bool,
        /// Every further attempt would fail the same way.
        permanent: bool,
    },
    /// A 2xx response that cannot be decoded.
    Undecodable,
}

impl Failure {
    fn is_transient(self) -> bool {
        match self {
            Failure::Status { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
            Failure::NoResponse { permanent, .. } => !permanent,
            Failure::Undecodable => false,
        }
    }

    /// Whether the service may have carried out the request anyway.
    pub(crate) fn may_have_been_carried_out(self) -> bool {
        match self {
            Failure::Status {
                status,
                retry_after,
            } => match status {
                // 499 and 520 to 524 are sent by gateways that lost the service's response.
                408 | 499 | 500 | 502 | 504 | 520..=524 => true,
                503 => retry_after.is_none(),
                _ => false,
            },
            Failure::NoResponse {
                may_have_arrived, ..
            } => may_have_arrived,
            Failure::Undecodable => true,
        }
    }
}

/// Whether another attempt may succeed, and is safe.
pub(crate) fn is_retryable(repeatable: bool, failure: Failure) -> bool {
    failure.is_transient() && !outcome_unknown(repeatable, failure)
}

/// Whether a request that must not be repeated may have been carried out.
pub(crate) fn outcome_unknown(repeatable: bool, failure: Failure) -> bool {
    !repeatable && failure.may_have_been_carried_out()
}

/// Parses a `Retry-After`: seconds, or one of the three forms of an HTTP date.
///
/// A date in the past is a pause of zero. Anything else is ignored.
pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // A number that does not fit is longer than any cap.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn status(status: u16) -> Failure {
        Failure::Status {
            status,
            retry_after: None,
        }
    }

    fn retry_after(status: u16, seconds: u64) -> Failure {
        Failure::Status {
            status,
            retry_after: Some(Duration::from_secs(seconds)),
        }
    }

    fn no_response(may_have_arrived: bool, permanent: bool) -> Failure {
        Failure::NoResponse {
            may_have_arrived,
            permanent,
        }
    }

    /// What the rule says about a failure.
    struct Rule {
        failure: Failure,
        /// Whether `GET`, `PUT`, `PATCH` and `DELETE` are retried.
        idempotent: bool,
        /// Whether `POST` is retried.
        post: bool,
        /// Whether the outcome of a `POST` is unknown.
        unknown: bool,
    }

    #[test]
    fn retries_what_is_transient_and_safe_to_repeat() {
        let rule = |failure, idempotent, post, unknown| Rule {
            failure,
            idempotent,
            post,
            unknown,
        };
        for rule in [
            rule(status(429), true, true, false),
            rule(retry_after(503, 1), true, true, false),
            rule(status(503), true, false, true),
            rule(status(500), true, false, true),
            rule(status(502), true, false, true),
            rule(status(504), true, false, true),
            rule(no_response(true, false), true, false, true),
            rule(no_response(false, false), true, true, false),
            rule(no_response(true, true), false, false, true),
            rule(no_response(false, true), false, false, false),
            rule(status(302), false, false, false),
            rule(status(400), false, false, false),
            rule(status(401), false, false, false),
            rule(status(408), false, false, true),
            rule(status(499), false, false, true),
            rule(status(520), false, false, true),
            rule(status(524), false, false, true),
            rule(status(525), false, false, false),
            rule(Failure::Undecodable, false, false, true),
            rule(status(409), false, false, false),
            rule(status(422), false, false, false),
            rule(status(501), false, false, false),
        ] {
            for repeatable in [true, false] {
                let failure = rule.failure;
                let retried = if repeatable {
                    rule.idempotent
                } else {
                    rule.post
                };
                let pause = RetryPolicy::default().pause(repeatable, 1, failure, 0.5);
                assert_eq!(pause.is_some(), retried, "{repeatable} {failure:?}");
                assert_eq!(
                    is_retryable(repeatable, failure),
                    retried,
                    "{repeatable} {failure:?}"
                );
                let unknown = !repeatable && rule.unknown;
                assert_eq!(
                    outcome_unknown(repeatable, failure),
                    unknown,
                    "{repeatable} {failure:?}"
                );
                assert_eq!(
                    RetryPolicy::never().pause(repeatable, 1, failure, 0.5),
                    None
                );
            }
        }
    }

    #[test]
    fn pauses_double_up_to_the_cap() {
        let seconds = Duration::from_secs_f64;
        let policy = RetryPolicy::default()
            .max_retries(8)
            .base_delay(seconds(1.0))
            .max_delay(seconds(20.0));
        let pause = |attempt, random| policy.pause(true, attempt, status(503), random);
        assert_eq!(pause(1, 0.0), Some(seconds(0.5)));
        assert_eq!(pause(1, 0.5), Some(seconds(0.75)));
        assert_eq!(pause(2, 0.0), Some(seconds(1.0)));
        assert_eq!(pause(3, 0.5), Some(seconds(3.0)));
        assert_eq!(pause(5, 0.5), Some(seconds(12.0)));
        assert_eq!(pause(6, 0.0), Some(seconds(10.0)));
        assert_eq!(pause(8, 0.5), Some(seconds(15.0)));
        assert_eq!(pause(9, 0.5), None);
        assert_eq!(pause(u32::MAX, 0.5), None);
    }

    #[test]
    fn retry_after_replaces_the_pause_up_to_the_cap() {
        let policy = RetryPolicy::default().max_delay(Duration::from_secs(20));
        for (seconds, expected) in [(0, Some(0)), (1, Some(1)), (20, Some(20)), (21, None)] {
            let pause = policy.pause(false, 1, retry_after(503, seconds), 0.5);
            assert_eq!(pause, expected.map(Duration::from_secs));
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_a_date_of_any_form() {
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
            assert_eq!(parse_retry_after(text, now), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_pause_exceeds_the_cap(
            base in 0..u64::MAX, cap in 0..u64::MAX, attempt in 1..u32::MAX, random in 0.0..1.0,
        ) {
            for unit in [Duration::from_secs, Duration::from_millis, Duration::from_nanos] {
                let policy = RetryPolicy::default()
                    .max_retries(u32::MAX)
                    .base_delay(unit(base))
                    .max_delay(unit(cap));
                let pause = policy.pause(true, attempt, status(503), random).unwrap();
                prop_assert!(pause <= unit(cap));
            }
        }

        #[test]
        fn any_retry_after_is_parsed_without_a_panic(text in ".*") {
            parse_retry_after(&text, SystemTime::UNIX_EPOCH);
        }

        #[test]
        fn any_future_date_is_read_to_the_second(now in 0..4_000_000_000u64, ahead in 0..1_000_000u64) {
            let [now, ahead] = [now, ahead].map(Duration::from_secs);
            let now = SystemTime::UNIX_EPOCH + now;
            let date = httpdate::fmt_http_date(now + ahead);
            prop_assert_eq!(parse_retry_after(&date, now), Some(ahead));
        }
    }
}
