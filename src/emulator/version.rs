//! Semantic versions, to see that they increase.

use std::cmp::Ordering;

/// The order of a version: its numbers, then what comes before a release of those numbers. Build
/// metadata have no part in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    numbers: [u64; 3],
    pre: Pre,
}

/// The part after `-`. A version without one is greater than all that have one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Pre {
    Identifiers(Vec<Identifier>),
    None,
}

/// Numbers are less than text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Identifier {
    /// Of any length, so kept as digits.
    Number(String),
    Text(String),
}

impl Version {
    /// Reads what <https://semver.org> calls a version.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, build) = split(text, '+');
        let (core, pre) = split(text, '-');
        let mut numbers = core.split('.').map(number);
        let version = Version {
            numbers: [numbers.next()??, numbers.next()??, numbers.next()??],
            pre: match pre {
                Some(pre) => {
                    Pre::Identifiers(pre.split('.').map(identifier).collect::<Option<_>>()?)
                }
                None => Pre::None,
            },
        };
        let build_is_right = build.is_none_or(|build| build.split('.').all(is_identifier));
        (numbers.next().is_none() && build_is_right).then_some(version)
    }
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn number(text: &str) -> Option<u64> {
    is_number(text).then(|| text.parse().ok())?
}

/// Digits without a zero in front.
fn is_number(text: &str) -> bool {
    is_digits(text) && (text == "0" || !text.starts_with('0'))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(allowed)
}

fn identifier(text: &str) -> Option<Identifier> {
    match is_digits(text) {
        true => is_number(text).then(|| Identifier::Number(text.to_owned())),
        false => is_identifier(text).then(|| Identifier::Text(text.to_owned())),
    }
}

impl Ord for Identifier {
    fn cmp(&self, other: &Self) -> Ordering {
        use Identifier::*;
        match (self, other) {
            (Number(a), Number(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            (Number(_), Text(_)) => Ordering::Less,
            (Text(_), Number(_)) => Ordering::Greater,
            (Text(a), Text(b)) => a.cmp(b),
        }
    }
}

impl PartialOrd for Identifier {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_semver_says() {
        let ascending = [
            "0.9.0",
            "1.0.0-0",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-99999999999999999999999",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0",
        ];
        let versions = ascending.map(|text| Version::parse(text).unwrap());
        assert!(versions.is_sorted_by(|a, b| a < b));
        assert_eq!(Version::parse("1.0.0+linux"), Version::parse("1.0.0+mac.7"));
        assert!(Version::parse("1.0.0-a-b.7+x-y").is_some());
    }

    #[test]
    fn the_rest_is_no_version() {
        for text in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "1.0.x",
            "v1.0.0",
            "01.0.0",
            "1.0.0-",
            "1.0.0-a..b",
            "1.0.0-01",
            "1.0.0+",
            "1.0.0+é",
            " 1.0.0",
            "1.0.99999999999999999999",
            "-1.0.0",
            "+1.0.0",
        ] {
            assert_eq!(Version::parse(text), None, "{text:?}");
        }
    }
}
