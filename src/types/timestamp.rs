//! Points in time as the service writes them.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A point in time, as the service wrote it.
///
/// The API's reference shows `2020-01-01T18:00:00.000Z` and does not specify the format, so the text
/// is kept unchanged; [`to_system_time`](Timestamp::to_system_time) parses the usual forms.
/// Timestamps are compared as text and have no order, as the same time can be written in several
/// ways: to sort them, use `to_system_time`.
///
/// ```
/// use peak_press::types::Timestamp;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let created = Timestamp::from("1970-01-02T00:00:00.500Z");
/// let time = UNIX_EPOCH + Duration::from_millis(86_400_500);
/// assert_eq!(created.to_system_time(), Some(time));
/// assert_eq!(Timestamp::from("last week").to_system_time(), None);
///
/// let (east, west) = ("2020-01-01T01:00:00+02:00", "2020-01-01T00:00:00Z");
/// let [east, west] = [east, west].map(Timestamp::from);
/// assert!(east.to_system_time() < west.to_system_time());
/// ```
///
/// ```compile_fail,E0369
/// # use peak_press::types::Timestamp;
/// # let [east, west] = ["2020-01-01T01:00:00+02:00", "2020-01-01T00:00:00Z"].map(Timestamp::from);
/// assert!(east < west);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// The text, unchanged.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time, if the text is an RFC 3339 date and time. Without an offset it is UTC, as the
    /// service's own times are. `None` for any other text, and for a time that the system cannot hold.
    ///
    /// From a `SystemTime`, `jiff::Timestamp::try_from(time)` and
    /// `chrono::DateTime::<chrono::Utc>::from(time)` create those crates' own types.
    pub fn to_system_time(&self) -> Option<SystemTime> {
        let (date, time) = self.0.split_once(['T', 't', ' '])?;
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let (time, offset) = split_offset(time)?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
        let valid = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        if !valid || fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let nanos = format!("{fraction:0<9}")[..9].parse().ok()?;
        let seconds = days_since_epoch(year, month, day) * 86_400
            + i64::from(hour * 3600 + minute * 60 + second)
            - offset;
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let whole = match seconds < 0 {
            true => UNIX_EPOCH.checked_sub(whole)?,
            false => UNIX_EPOCH.checked_add(whole)?,
        };
        whole.checked_add(Duration::from_nanos(nanos))
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A time of day without its offset, and the offset in seconds east of UTC.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(sign) = time.rfind(['+', '-']) else {
        return Some((time, 0));
    };
    let [hours, minutes] = numbers(&time[sign + 1..], ':', [2, 2])?;
    let offset = i64::from(hours * 3600 + minutes * 60);
    Some((
        &time[..sign],
        if time[sign..].starts_with('-') {
            -offset
        } else {
            offset
        },
    ))
}

/// Numbers of exactly these many digits, with a separator between them.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits)?;
        *number = part
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_epoch(year: u32, month: u32, day: u32) -> i64 {
    let before = |year: u32| {
        let year = i64::from(year) - 1;
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
    };
    let months: u32 = (1..month).map(|month| days_in_month(year, month)).sum();
    before(year) - before(1970) + i64::from(months + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        let time = Timestamp::from(text).to_system_time()?;
        Some(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_secs() as i64,
            Err(before) => -(before.duration().as_secs() as i64),
        })
    }

    #[test]
    fn reads_what_rfc_3339_and_python_write() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2020-01-01T18:00:00.000Z"), Some(1_577_901_600));
        assert_eq!(seconds("2020-01-01T18:00:00"), Some(1_577_901_600));
        assert_eq!(
            seconds("2020-01-01 20:00:00.123456+02:00"),
            Some(1_577_901_600)
        );
        assert_eq!(seconds("2020-01-01T12:30:00-05:30"), Some(1_577_901_600));
        assert_eq!(seconds("2000-02-29T00:00:00Z"), Some(951_782_400));
        assert_eq!(seconds("1969-12-31T23:59:58Z"), Some(-2));
        assert_eq!(seconds("9999-12-31T23:59:59Z"), Some(253_402_300_799));
    }

    #[test]
    fn refuses_other_spellings() {
        for text in [
            "",
            "T",
            "2020-01-01",
            "2020-13-01T00:00:00Z",
            "2019-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2020-01-01T24:00:00Z",
            "2020-01-01T00:00:00.Z",
            "2020-1-1T0:0:0Z",
            "2020-01-01T00:00:00+2",
            "2020-01-01T00:00:00é",
            "é",
            "2020-01-01T00:00:00.é+00:00",
            "+020-01-01T00:00:00Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
