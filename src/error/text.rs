//! Makes text from outside safe to show in errors and logs.

use std::fmt::{self, Write};

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

/// Text from outside as errors, problems and log lines show it: on one line, so that it can neither
/// fake another line nor control a terminal.
///
/// Control characters, line breaks, and characters that are invisible or change the direction of the
/// text around them are escaped: `\n`, `\u{202e}`.
pub(crate) struct Line<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Line<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaped(f), "{}", self.0)
    }
}

struct Escaped<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match is_safe(c) {
            true => self.0.write_char(c),
            false => write!(self.0, "{}", c.escape_default()),
        })
    }
}

fn is_safe(c: char) -> bool {
    let is_unseen = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !c.is_control() && !is_unseen
}

/// Writes what to do about a request that may have been carried out.
pub(super) fn write_outcome(f: &mut fmt::Formatter<'_>, unknown: bool) -> fmt::Result {
    if unknown {
        f.write_str(" (it may have been carried out: look before you send it again)")?;
    }
    Ok(())
}

/// Writes how often a request was attempted, at the end of its error.
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
