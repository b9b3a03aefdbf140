//! Scans JSON text before it is parsed.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::Number;

/// How many levels of nested lists and maps serde_json decodes.
const MAX_DEPTH: usize = 127;

/// The fewest digits of an integer that does not fit in 64 bits, one of which is the sign.
const LARGE: usize = 19;

/// The length of the JSON string at the start of a text, including its quotes, or `None` if it is not
/// closed.
pub(crate) fn string_length(text: &[u8]) -> Option<usize> {
    let mut is_escaped = true; // The opening quote does not end it.
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    end.map(|end| end + 1)
}

/// Whether a text may contain an integer that serde_json would round without an error.
pub(crate) fn may_hold_large_integer(text: &str) -> bool {
    let text = text.as_bytes();
    // Every run of that many digits includes at least one of these positions.
    let looked_at = (LARGE - 1..text.len()).step_by(LARGE);
    looked_at.filter(|at| text[*at].is_ascii_digit()).any(|at| {
        let before = text[..at].iter().rev().take(LARGE);
        let after = text[at..].iter().take(LARGE);
        let before = before.take_while(|byte| byte.is_ascii_digit()).count();
        before + after.take_while(|byte| byte.is_ascii_digit()).count() >= LARGE
    })
}

/// Replaces each value that serde_json cannot represent by a string: the digits of a number, the
/// escape of a lone surrogate, the JSON text of a value that is nested too deep. Text that is not
/// JSON is returned unchanged.
pub(crate) fn representable(text: &str) -> Cow<'_, str> {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Cow::Borrowed(text);
    }
    let (mut changed, mut copied) = (String::new(), 0);
    let (mut position, mut depth) = (0, 0_usize);
    while let Some(byte) = text.as_bytes().get(position) {
        let rest = &text[position..];
        let (length, replacement) = match byte {
            b'"' => {
                let length = string_length(rest.as_bytes()).unwrap_or(rest.len());
                (length, with_escaped_surrogates(&rest[..length]))
            }
            b'{' | b'[' if depth == MAX_DEPTH => {
                let length = nested_length(rest);
                (length, Some(quoted(&rest[..length])))
            }
            b'{' | b'[' => {
                depth += 1;
                (1, None)
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                (1, None)
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let number = &rest[..length];
                (length, (!is_exact(number)).then(|| quoted(number)))
            }
            _ => (1, None),
        };
        if let Some(replacement) = replacement {
            changed += &text[copied..position];
            changed += &replacement;
            copied = position + length;
        }
        position += length;
    }
    match copied {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(changed + &text[copied..]),
    }
}

/// Whether serde_json can represent a number, and all digits of an integer. With its feature
/// `arbitrary_precision` it can represent every number.
pub(crate) fn is_exact(number: &str) -> bool {
    let is_integer = !number.contains(['.', 'e', 'E']) && number != "-0";
    let parsed = number.parse::<Number>();
    parsed.is_ok_and(|parsed| !is_integer || !parsed.is_f64())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The length of the list or map at the start of a JSON text.
fn nested_length(text: &str) -> usize {
    let (mut position, mut depth) = (0, 0_usize);
    while let Some(byte) = text.as_bytes().get(position) {
        let rest = &text.as_bytes()[position..];
        match byte {
            b'"' => position += string_length(rest).unwrap_or(rest.len()),
            b'{' | b'[' => (position, depth) = (position + 1, depth + 1),
            b'}' | b']' => (position, depth) = (position + 1, depth - 1),
            _ => position += 1,
        }
        if depth == 0 {
            break;
        }
    }
    position
}

/// A JSON string with its escapes of lone surrogates turned into text, or `None` if it has none.
fn with_escaped_surrogates(string: &str) -> Option<String> {
    let unit = |at: usize| {
        let digits = string.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut changed, mut copied, mut position) = (String::new(), 0, 0);
    while let Some(found) = string[position..].find('\\') {
        position += found;
        position += match (unit(position), unit(position + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                changed += &string[copied..position];
                changed.push('\\');
                copied = position;
                6
            }
            _ => 2,
        };
    }
    (copied > 0).then(|| changed + &string[copied..])
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn values_that_cannot_be_held_become_text() {
        for (text, expected) in [
            (r#"{"a":"\ud800"}"#, r#"{"a":"\\ud800"}"#),
            (
                r#"["\uDC00\uD83D\uDE00\\ud800x"]"#,
                r#"["\\uDC00\uD83D\uDE00\\ud800x"]"#,
            ),
            (
                r#"{"\ud83d\ud83d\ude00":"é\n\udbff"}"#,
                r#"{"\\ud83d\ud83d\ude00":"é\n\\udbff"}"#,
            ),
        ] {
            assert_eq!(representable(text), expected);
            serde_json::from_str::<Value>(expected).unwrap();
        }
        for number in [
            "18446744073709551616",
            "-9223372036854775809",
            "1e400",
            "-1E+999",
        ] {
            let expected = if is_exact(number) {
                format!("[{number}, 1]")
            } else {
                format!("[\"{number}\", 1]")
            };
            assert_eq!(representable(&format!("[{number}, 1]")), expected);
        }
    }

    #[test]
    fn values_that_can_be_held_stay() {
        for text in [
            r#"{"a":[18446744073709551615,-9223372036854775808,-0,1e308,0.1,1.10],"b":"\ud83d\ude00"}"#,
            r#""12345678901234567890123""#,
            "[100000000000000000000.0, 1e30]",
            "[1,",
            "01",
            "not JSON: 18446744073709551616",
            "",
        ] {
            assert!(matches!(representable(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn what_is_nested_too_deep_becomes_its_json() {
        let nested = |levels: usize| "[".repeat(levels) + r#""]""# + &"]".repeat(levels);
        let fits = nested(MAX_DEPTH);
        assert_eq!(representable(&fits), fits);
        serde_json::from_str::<Value>(&fits).unwrap();
        for below in [1, 3, 100_000] {
            let text = nested(MAX_DEPTH + below);
            let changed = representable(&text);
            let mut value = &serde_json::from_str::<Value>(&changed).unwrap();
            for _ in 0..MAX_DEPTH {
                value = &value[0];
            }
            assert_eq!(value.as_str(), Some(nested(below).as_str()));
        }
    }

    #[test]
    fn a_large_integer_is_found_wherever_it_is() {
        for start in 0..60 {
            let before = "a".repeat(start);
            assert!(may_hold_large_integer(&format!(
                "{before}-9223372036854775809,"
            )));
            assert!(may_hold_large_integer(&format!(
                "{before}18446744073709551616"
            )));
            assert!(!may_hold_large_integer(&format!(
                "{before}123456789012345678x{before}"
            )));
        }
        assert!(!may_hold_large_integer(""));
    }
}
