//! Decodes responses in up to two attempts: first strictly, straight from the text, and if that
//! fails leniently, which keeps what this version cannot decode.
//!
//! Lenient decoding is slower: it builds a `serde_json::Value` for each lenient field, usually to
//! discard it, and scans the whole text. Nearly all responses decode strictly. A `Deserialize`
//! implementation takes no arguments, so a thread-local variable tells it which attempt this is.

use std::borrow::Cow;
use std::cell::Cell;

use serde::de::DeserializeOwned;

use crate::json_text::{may_hold_large_integer, representable};

thread_local! {
    static STRICT: Cell<bool> = const { Cell::new(false) };
}

/// Whether the current attempt is the strict one. Always false outside of [`decode`].
pub(crate) fn is_strict() -> bool {
    STRICT.get()
}

/// Decodes strictly, and again leniently if the text is valid JSON. An error comes with the text
/// that its position refers to.
pub(crate) fn decode<T: DeserializeOwned>(
    text: &str,
) -> Result<T, (serde_json::Error, Cow<'_, str>)> {
    let exact = with_exact_integers(text);
    let strict = Strict::start();
    let error = match serde_json::from_str(&exact) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    drop(strict);
    let changed = for_second_attempt(text, error)?;
    serde_json::from_str(&changed).map_err(|error| (error, changed))
}

fn with_exact_integers(text: &str) -> Cow<'_, str> {
    match may_hold_large_integer(text) {
        true => representable(text),
        false => Cow::Borrowed(text),
    }
}

/// The text for the lenient attempt, or the error of the strict one if the lenient one would fail in
/// the same way.
fn for_second_attempt(
    text: &str,
    error: serde_json::Error,
) -> Result<Cow<'_, str>, (serde_json::Error, Cow<'_, str>)> {
    let changed = representable(text);
    match error.is_data() || matches!(changed, Cow::Owned(_)) {
        true => Ok(changed),
        false => Err((error, changed)),
    }
}

/// A strict attempt, which ends when this is dropped.
struct Strict {
    before: bool,
}

impl Strict {
    fn start() -> Self {
        let before = STRICT.replace(true);
        Self { before }
    }
}

impl Drop for Strict {
    fn drop(&mut self) {
        STRICT.set(self.before);
    }
}
