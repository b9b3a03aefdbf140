//! Splits the expressions of a tag into the tokens that [`guard`](super::guard) distinguishes.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// A string or a number.
    Constant,
    Open,
    Close,
    /// Anything else, such as an operator or a comma.
    Sign,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) kind: Kind,
}

pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let (length, kind) = match first {
            '"' | '\'' => (string_length(rest, first), Kind::Constant),
            '0'..='9' => (number_length(rest), Kind::Constant),
            '(' | '[' | '{' => (1, Kind::Open),
            ')' | ']' | '}' => (1, Kind::Close),
            _ if is_in_word(first) => {
                let end = rest.find(|c| !is_in_word(c)).unwrap_or(rest.len());
                (end, Kind::Word)
            }
            _ => {
                let double = ["**", "//", "==", "!=", "<=", ">="];
                let is_double = double.iter().any(|sign| rest.starts_with(sign));
                (if is_double { 2 } else { first.len_utf8() }, Kind::Sign)
            }
        };
        let start = source.len() - rest.len();
        let text = &rest[..length];
        tokens.push(Token { text, start, kind });
        rest = rest[length..].trim_start();
    }
    tokens
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn string_length(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a number like `10`, `0xFF`, `1.5` or `1e-3`.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 1;
    while let Some(byte) = bytes.get(end) {
        let is_part = match byte {
            b'.' => is_digit(end + 1),
            b'+' | b'-' => bytes[end - 1].eq_ignore_ascii_case(&b'e') && is_digit(end + 1),
            byte => byte.is_ascii_alphanumeric() || *byte == b'_',
        };
        if !is_part {
            break;
        }
        end += 1;
    }
    end
}

/// The first of these tokens outside of brackets.
pub(super) fn find(tokens: &[Token<'_>], texts: &[&str]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.kind != Kind::Constant && texts.contains(&token.text)
    })
}
