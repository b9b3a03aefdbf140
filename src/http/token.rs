//! The secret in the `Authorization` header.

use std::fmt;

use crate::error::{Error, Result};

/// The value of `Authorization`, as it is sent. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// Reads a token and trims it; `None` for a blank one.
    ///
    /// `name` is where it comes from, for the error about characters that no header can hold.
    pub(crate) fn read(name: &str, text: &str) -> Result<Option<Self>> {
        let text = text.trim();
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(Error::invalid_argument(
                name,
                "contains a line break or another character that a token cannot have",
            ));
        }
        Ok((!text.is_empty()).then(|| Token(text.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
