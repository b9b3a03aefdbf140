//! The types of unquoted scalars, by YAML 1.2's core schema or JSON's grammar.

use super::tree::{Language, Scalar};

#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    /// An integer of more than 64 bits, as written.
    LargeInteger(&'a str),
    Float(f64),
    /// Infinity, NaN, or a JSON number out of range, as written.
    NotFinite(&'a str),
    Text(&'a str),
}

impl Scalar<'_> {
    pub(super) fn value(&self, language: Language) -> Value<'_> {
        match language {
            _ if !self.is_plain => Value::Text(&self.text),
            Language::Yaml => yaml(&self.text),
            Language::Json => json(&self.text),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.is_plain && matches!(self.text.as_ref(), "" | "~" | "null" | "Null" | "NULL")
    }
}

fn yaml(text: &str) -> Value<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let ".inf" | ".Inf" | ".INF" = unsigned {
        return Value::NotFinite(text);
    }
    if let ".nan" | ".NaN" | ".NAN" = text {
        return Value::NotFinite(text);
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        let digits = unsigned.strip_prefix(prefix);
        if let Some(digits) = digits.filter(|digits| is_digits(digits, radix)) {
            return integer(text, digits, radix);
        }
    }
    if is_digits(unsigned, 10) {
        // A leading zero makes it text, because YAML 1.1 reads it as octal.
        return if unsigned.len() > 1 && unsigned.starts_with('0') {
            Value::Text(text)
        } else {
            integer(text, unsigned, 10)
        };
    }
    // Rust parses words such as `infinity` as numbers.
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    match text.parse::<f64>() {
        Ok(float) if is_number && float.is_finite() => Value::Float(float),
        _ => Value::Text(text),
    }
}

/// The text is a literal of JSON's grammar.
fn json(text: &str) -> Value<'_> {
    match text {
        "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if is_digits(unsigned, 10) && text != "-0" {
        return integer(text, unsigned, 10);
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() => Value::Float(float),
        _ => Value::NotFinite(text),
    }
}

fn is_digits(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_digit(radix))
}

fn integer<'a>(text: &'a str, digits: &str, radix: u32) -> Value<'a> {
    let unsigned = u64::from_str_radix(digits, radix);
    match (text.starts_with('-'), unsigned) {
        (_, Ok(0)) => Value::Unsigned(0),
        (false, Ok(number)) => Value::Unsigned(number),
        (true, Ok(number)) => match 0_i64.checked_sub_unsigned(number) {
            Some(number) => Value::Signed(number),
            None => Value::LargeInteger(text),
        },
        (_, Err(_)) => Value::LargeInteger(text),
    }
}
