//! Serde's error messages in plain words: `expected a whole number, found "soon"`.

use super::text::excerpt;

/// A path within a document as errors show it: empty at the top.
pub(crate) fn document_path(path: &serde_path_to_error::Path) -> String {
    if path.iter().len() == 0 {
        return String::new();
    }
    // A key that could not be read is a `?` at the end.
    path.to_string().trim_end_matches(".?").to_owned()
}

/// Strips the position that a parser appends to its message: it is reported separately.
pub(crate) fn without_position(message: &str, line: usize, column: usize) -> &str {
    let position = format!(" at line {line} column {column}");
    message.strip_suffix(&position).unwrap_or(message)
}

/// Rewords one of serde's messages: `invalid type: string "soon", expected u64` becomes
/// `expected a whole number, found "soon"`. A message of any other form is returned unchanged.
pub(crate) fn reword(message: &str) -> String {
    let missing = message.strip_prefix("missing field `");
    if let Some(field) = missing.and_then(|rest| rest.strip_suffix('`')) {
        return format!("the field {field:?} is missing");
    }
    let (rest, is_out_of_range) = match message.strip_prefix("invalid value: ") {
        Some(rest) => (Some(rest), true),
        None => (message.strip_prefix("invalid type: "), false),
    };
    // Split at the last occurrence: the value that was found may contain the same words.
    let Some((found, expected)) = rest.and_then(|rest| rest.rsplit_once(", expected ")) else {
        return message.to_owned();
    };
    let found = reword_found(found);
    match range(expected).filter(|_| is_out_of_range) {
        Some(range) => format!("expected a whole number {range}, found {found}"),
        None => format!("expected {}, found {found}", reword_expected(expected)),
    }
}

/// The range of an integer type.
fn range(integer: &str) -> Option<String> {
    let (least, most) = match integer {
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, i128::from(u64::MAX)),
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => (i128::from(i64::MIN), i64::MAX.into()),
        _ => return None,
    };
    Some(format!("from {least} to {most}"))
}

/// The type that serde expected, in plain words.
fn reword_expected(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128"
        | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" | "a borrowed string" | "str" | "string" => "text",
        "a boolean" | "bool" => "true or false",
        "a sequence" => "a list",
        "a map" => "a map",
        "unit" | "unit value" => "nothing",
        _ if expected.starts_with("struct ") => "a map",
        _ if expected.starts_with("a tuple ") || expected.starts_with("tuple struct ") => "a list",
        _ => expected,
    }
}

/// The value that serde found, in plain words: a scalar as the user wrote it.
pub(crate) fn reword_found(found: &str) -> String {
    // Scalars are quoted: integer `5`, boolean `true`, string "soon".
    if let Some(scalar) = found
        .split_once('`')
        .and_then(|(_, rest)| rest.strip_suffix('`'))
    {
        return excerpt(scalar, 60);
    }
    if let Some(text) = found.strip_prefix("string ") {
        let quoted = excerpt(text, 60);
        return if quoted.ends_with('…') {
            quoted + "\""
        } else {
            quoted
        };
    }
    match found {
        "map" => "a map".into(),
        "sequence" => "a list".into(),
        // With serde_json's feature `arbitrary_precision`, an error does not include the number.
        "number" => "a number".into(),
        "null" | "unit value" | "Option value" => "nothing (null)".into(),
        other => excerpt(other, 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewords_what_serde_found_and_expected() {
        for (message, expected) in [
            (
                r#"invalid type: string "soon", expected u64"#,
                r#"expected a whole number, found "soon""#,
            ),
            (
                "invalid type: integer `5`, expected a string",
                "expected text, found 5",
            ),
            (
                "invalid type: boolean `true`, expected f64",
                "expected a number, found true",
            ),
            (
                "invalid type: floating point `1.5`, expected a boolean",
                "expected true or false, found 1.5",
            ),
            (
                "invalid value: integer `-1`, expected u32",
                "expected a whole number from 0 to 4294967295, found -1",
            ),
            (
                "invalid value: integer `300`, expected u8",
                "expected a whole number from 0 to 255, found 300",
            ),
            (
                "invalid value: integer `18446744073709551615`, expected i64",
                "expected a whole number from -9223372036854775808 to 9223372036854775807, found \
                 18446744073709551615",
            ),
            (
                "invalid type: map, expected a sequence",
                "expected a list, found a map",
            ),
            (
                "invalid type: sequence, expected struct Spec",
                "expected a map, found a list",
            ),
            (
                "invalid type: null, expected a map",
                "expected a map, found nothing (null)",
            ),
            (
                "invalid type: unit value, expected a string",
                "expected text, found nothing (null)",
            ),
            (
                r#"invalid type: string "a, expected b", expected a map"#,
                r#"expected a map, found "a, expected b""#,
            ),
            (
                r#"invalid type: string "`a`", expected i64"#,
                r#"expected a whole number, found "`a`""#,
            ),
            (
                r#"invalid value: string "x", expected a semantic version"#,
                r#"expected a semantic version, found "x""#,
            ),
            ("missing field `name`", r#"the field "name" is missing"#),
            (
                "missing field `name` in line 3",
                "missing field `name` in line 3",
            ),
            (
                "unknown variant `a`, expected `b`",
                "unknown variant `a`, expected `b`",
            ),
            ("key must be a string", "key must be a string"),
            ("", ""),
        ] {
            assert_eq!(reword(message), expected);
        }
    }

    #[test]
    fn shows_only_the_start_of_a_long_value() {
        let message = format!(
            "invalid type: string {:?}, expected u64",
            "x".repeat(9_999_999)
        );
        let shown = format!("expected a whole number, found \"{}…\"", "x".repeat(59));
        assert_eq!(reword(&message), shown);
    }
}
