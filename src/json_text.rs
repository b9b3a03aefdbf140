//! JSON as text, before it is parsed.

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
