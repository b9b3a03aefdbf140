//! Prepares text from outside to be shown.

use std::fmt;

/// The start of a body, on one line, for `Debug`.
pub(crate) fn body_excerpt(body: &[u8]) -> String {
    let start = &body[..body.len().min(4096)];
    excerpt(&String::from_utf8_lossy(start), 200)
}

/// At most `limit` characters of a text, on one line.
pub(crate) fn excerpt(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
    {
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length >= limit {
                line.push('…');
                return line;
            }
            line.push(c);
            length += 1;
        }
    }
    line
}

/// What to do about a request that may have been carried out.
pub(super) fn write_outcome(f: &mut fmt::Formatter<'_>, unknown: bool) -> fmt::Result {
    if unknown {
        f.write_str(" (it may have been carried out: look before you send it again)")?;
    }
    Ok(())
}

/// The end of an error that was reported after several attempts.
pub(super) fn write_attempts(
    f: &mut fmt::Formatter<'_>,
    attempts: u32,
    earlier_may_have_succeeded: bool,
) -> fmt::Result {
    if attempts > 1 {
        write!(f, " (tried {attempts} times")?;
        if earlier_may_have_succeeded {
            f.write_str("; an earlier attempt may have been carried out")?;
        }
        f.write_str(")")?;
    }
    Ok(())
}
