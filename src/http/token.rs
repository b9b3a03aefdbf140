//! The secret in the `Authorization` header.

use std::fmt;

use crate::error::{BoxError, Error, Line, Result};

/// The longest token, in bytes: servers refuse headers of this size anyway.
const MAX_LENGTH: usize = 16 * 1024;

/// The shortest secret that is looked for in texts: a shorter one may occur in them by chance.
const MIN_REDACTED_LENGTH: usize = 8;

/// What a text shows in place of the token.
const REDACTED: &[u8] = b"[token]";

/// The value of `Authorization`, as it is sent. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// Reads a token and trims it; `None` for a blank one.
    ///
    /// `name` is where it comes from, for the error about a token that no header can hold.
    pub(crate) fn read(name: &str, text: &str) -> Result<Option<Self>> {
        let text = text.trim();
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(Error::invalid_argument(
                name,
                "contains a line break or another character that a token cannot have",
            ));
        }
        if text.len() > MAX_LENGTH {
            let message = format!("is longer than {MAX_LENGTH} bytes");
            return Err(Error::invalid_argument(name, message));
        }
        Ok((!text.is_empty()).then(|| Token(text.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Replaces the token where a server echoed it: bare or with its scheme, and with any of its
    /// characters escaped as in a URL or in JSON.
    pub(super) fn redact(&self, text: &str) -> String {
        let bytes = self.redact_bytes(text.as_bytes().to_vec());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// [`redact`](Token::redact) for a text that may not be UTF-8.
    pub(super) fn redact_bytes(&self, text: Vec<u8>) -> Vec<u8> {
        let secret = self.secret();
        if secret.len() < MIN_REDACTED_LENGTH {
            return text;
        }
        let mut redacted = Vec::new();
        let (mut copied, mut start) = (0, 0);
        while start < text.len() {
            if let Some(length) = matched_length(&text[start..], secret) {
                redacted.extend_from_slice(&text[copied..start]);
                redacted.extend_from_slice(REDACTED);
                start += length;
                copied = start;
            } else {
                start += 1;
            }
        }
        if copied == 0 {
            return text;
        }
        redacted.extend_from_slice(&text[copied..]);
        redacted
    }

    /// Replaces a cause whose text contains the token, or is not one safe line, with its redacted
    /// text.
    pub(super) fn redact_source(&self, source: BoxError) -> BoxError {
        let text = source.to_string();
        let redacted = Line(self.redact(&text)).to_string();
        if redacted == text {
            source
        } else {
            redacted.into()
        }
    }

    /// The token without its scheme: of `Bearer abc`, `abc` is secret.
    fn secret(&self) -> &[u8] {
        match self.0.split_once(' ') {
            Some((scheme, secret)) if scheme.eq_ignore_ascii_case("Bearer") => {
                secret.trim_start().as_bytes()
            }
            _ => self.0.as_bytes(),
        }
    }
}

/// The length of the secret at the start of a text, escaped or not; `None` if it is not there.
fn matched_length(text: &[u8], secret: &[u8]) -> Option<usize> {
    let mut rest = text;
    for byte in secret {
        let (found, length) = unescape(rest)?;
        if found == *byte {
            rest = &rest[length..];
        } else if rest.first() == Some(byte) {
            // What looks like an escape may be a part of the secret.
            rest = &rest[1..];
        } else {
            return None;
        }
    }
    Some(text.len() - rest.len())
}

/// The first character of a text, unescaped, and the length of its spelling: `a`, `%61`, `\/`,
/// `\u0061`, and `+` for a space.
fn unescape(text: &[u8]) -> Option<(u8, usize)> {
    let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    Some(match text {
        [b'%', high, low, ..] => match hex(&[*high, *low]) {
            Some(byte) => (byte, 3),
            None => (b'%', 1),
        },
        [b'\\', b'u', b'0', b'0', high, low, ..] => match hex(&[*high, *low]) {
            Some(byte) => (byte, 6),
            None => (b'\\', 1),
        },
        [b'\\', byte, ..] => (*byte, 2),
        [b'+', ..] => (b' ', 1),
        [byte, ..] => (*byte, 1),
        [] => return None,
    })
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(text: &str) -> Token {
        Token::read("token", text).unwrap().unwrap()
    }

    #[test]
    fn replaces_the_token_in_every_spelling() {
        let token = token("Bearer s3cr3t/+.t0=ken");
        for echoed in [
            "s3cr3t/+.t0=ken",
            "s3cr3t%2F%2B.t0%3Dken",
            "s3cr3t%2f%2b.t0%3dken",
            "s3cr3t\\/+.t0=ken",
            "s3cr3t\\u002f\\u002B.t0\\u003Dken",
            "%73%33cr3t/+.t0=ken",
        ] {
            let text = format!("not <Bearer {echoed}> or {echoed}é");
            assert_eq!(token.redact(&text), "not <Bearer [token]> or [token]é");
        }
    }

    #[test]
    fn a_short_token_is_not_looked_for() {
        assert_eq!(token("Bearer t0ken").redact("t0ken"), "t0ken");
    }

    #[test]
    fn a_token_that_no_header_can_hold_is_refused() {
        let error = Token::read("API_KEY", &"x".repeat(200_000)).unwrap_err();
        assert_eq!(error.to_string(), "API_KEY: is longer than 16384 bytes");
    }

    proptest! {
        #[test]
        fn any_text_without_the_token_is_unchanged(text in any::<Vec<u8>>()) {
            let token = token("s3cr3t-t0ken-of-30-characters");
            prop_assert_eq!(token.redact_bytes(text.clone()), text);
        }

        #[test]
        fn any_token_is_replaced_in_json(secret in "[!-~]{8,40}", text in any::<String>()) {
            let json = serde_json::to_string(&format!("{text}{secret}")).unwrap();
            let shown = token(&secret).redact(&json);
            prop_assert!(!shown.contains(&secret), "{}", shown);
            prop_assert!(shown.contains("[token]"), "{}", shown);
        }
    }
}
