//! Reads JSON into a tree.

use std::borrow::Cow;

use super::builder::{Builder, Key};
use super::tree::{Content, Flaw, Language, Position, Scalar, Tree};
use crate::json_text::string_length;

/// Reads a JSON document.
pub(super) fn parse(text: &str) -> Result<(Tree<'_>, Vec<Flaw>), Vec<Flaw>> {
    let mut reader = Reader {
        builder: Builder::new(Language::Json),
        text,
        offset: 0,
        position: Position { line: 1, column: 1 },
        counted: 0,
    };
    if let Err(flaw) = reader.document() {
        return Err(reader.builder.fail(flaw));
    }
    let empty = || vec![Flaw::at_the_top("the document is empty")];
    reader.builder.finish().ok_or_else(empty)
}

struct Reader<'a> {
    builder: Builder<'a>,
    text: &'a str,
    /// The byte that is read next.
    offset: usize,
    /// The position of the byte up to which characters and lines are counted.
    position: Position,
    counted: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<(), Flaw> {
        self.value()?;
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.expected("the end of the document")),
        }
    }

    /// The depth of the recursion is bounded by the builder.
    fn value(&mut self) -> Result<(), Flaw> {
        match self.peek() {
            Some(b'{') => self.map(),
            Some(b'[') => self.list(),
            Some(b'"') => {
                let position = self.position();
                let text = self.string()?;
                let is_plain = false;
                self.builder.scalar(Scalar { text, is_plain }, position)?;
                Ok(())
            }
            _ => self.literal(),
        }
    }

    fn map(&mut self) -> Result<(), Flaw> {
        let position = self.position();
        self.builder.open(Content::Map(Vec::new()), position)?;
        self.offset += 1;
        let mut is_first = true;
        while !self.take(b'}') {
            if !is_first && !self.take(b',') {
                return Err(self.expected("`,` or `}`"));
            }
            is_first = false;
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key in quotes"));
            }
            let (position, is_merge) = (self.position(), false);
            let text = self.string()?;
            self.builder.key(Key {
                text,
                position,
                is_merge,
            });
            if !self.take(b':') {
                return Err(self.expected("`:`"));
            }
            self.value()?;
        }
        self.builder.close()
    }

    fn list(&mut self) -> Result<(), Flaw> {
        let position = self.position();
        self.builder.open(Content::List(Vec::new()), position)?;
        self.offset += 1;
        let mut is_first = true;
        while !self.take(b']') {
            if !is_first && !self.take(b',') {
                return Err(self.expected("`,` or `]`"));
            }
            is_first = false;
            self.value()?;
        }
        self.builder.close()
    }

    /// A number, a boolean or null.
    fn literal(&mut self) -> Result<(), Flaw> {
        let rest = &self.text[self.offset..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let literal = &rest[..end];
        if !matches!(literal, "null" | "true" | "false") && !is_number(literal) {
            return Err(self.expected("a value"));
        }
        let position = self.position();
        self.offset += end;
        let (text, is_plain) = (Cow::Borrowed(literal), true);
        self.builder.scalar(Scalar { text, is_plain }, position)?;
        Ok(())
    }

    /// The rest of a string whose opening quote was read.
    fn string(&mut self) -> Result<Cow<'a, str>, Flaw> {
        let rest = &self.text[self.offset..];
        let Some(length) = string_length(rest.as_bytes()) else {
            return Err(self.here("the quote is not closed"));
        };
        let quoted = &rest[..length];
        let inner = &quoted[1..length - 1];
        let is_plain = |byte: u8| byte != b'\\' && byte >= b' ';
        let text = if inner.bytes().all(is_plain) {
            Cow::Borrowed(inner)
        } else {
            Cow::Owned(self.unescape(quoted)?)
        };
        self.offset += quoted.len();
        Ok(text)
    }

    fn unescape(&mut self, quoted: &str) -> Result<String, Flaw> {
        serde_json::from_str(quoted).map_err(|error| {
            let message = error.to_string();
            let (message, _) = message.split_once(" at line ").unwrap_or((&message, ""));
            self.here(&format!("the text is not valid JSON: {message}"))
        })
    }

    /// The next byte that is not whitespace.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.as_bytes().get(self.offset) {
            match byte {
                b'\n' => {
                    self.position.line += 1;
                    self.position.column = 1;
                    self.counted = self.offset + 1;
                }
                b' ' | b'\t' | b'\r' => {}
                other => return Some(*other),
            }
            self.offset += 1;
        }
        None
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.offset += usize::from(is_next);
        is_next
    }

    fn expected(&mut self, what: &str) -> Flaw {
        match self.text[self.offset..].chars().next() {
            Some(found) => self.here(&format!("expected {what}, found {found:?}")),
            None => self.here(&format!("expected {what}, found the end of the document")),
        }
    }

    fn here(&mut self, message: &str) -> Flaw {
        let position = self.position();
        let message = format!("{message}, at column {}", position.column);
        self.builder.flaw(message, position)
    }

    /// Where the next byte is. Each character is counted once, however long its line is.
    fn position(&mut self) -> Position {
        let passed = &self.text[self.counted..self.offset];
        self.position.column += passed.chars().count() as u32;
        self.counted = self.offset;
        self.position
    }
}

/// Whether a text is a number in JSON's grammar.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}
