//! Decoding in two attempts: strictly, straight from the text, and only where that fails leniently,
//! which keeps what this version cannot decode.
//!
//! Lenient decoding builds a `serde_json::Value` of each lenient field, most of which is thrown away,
//! and looks at every value of the text. Nearly all responses decode strictly. A decoder has no
//! arguments, so the attempt is told to it by a variable of the thread.

use std::borrow::Cow;
use std::cell::Cell;

use serde::de::DeserializeOwned;

use crate::json_text::{may_hold_large_integer, representable};

thread_local! {
    static STRICT: Cell<bool> = const { Cell::new(false) };
}

/// Whether this attempt is the strict one. Outside of [`decode`] none is.
pub(crate) fn is_strict() -> bool {
    STRICT.get()
}

/// Decodes strictly, and again leniently if the text is valid JSON. An error comes with the text that
/// it is about.
pub(crate) fn decode<T: DeserializeOwned>(
    text: &str,
) -> Result<T, (serde_json::Error, Cow<'_, str>)> {
    let exact = match may_hold_large_integer(text) {
        true => representable(text),
        false => Cow::Borrowed(text),
    };
    let error = match strictly(|| serde_json::from_str(&exact)) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let changed = representable(text);
    if !error.is_data() && matches!(changed, Cow::Borrowed(_)) {
        return Err((error, changed));
    }
    serde_json::from_str(&changed).map_err(|error| (error, changed))
}

fn strictly<T>(decode: impl Fn() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            STRICT.set(self.0);
        }
    }
    let _restore = Restore(STRICT.replace(true));
    decode()
}
