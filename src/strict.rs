//! Decoding in two attempts: strictly, straight from the text, and only where that fails leniently,
//! which keeps what this version cannot decode.
//!
//! Lenient decoding builds a `serde_json::Value` of each lenient field, most of which is thrown away.
//! Nearly all responses decode strictly. A decoder has no arguments, so the attempt is told to it by
//! a variable of the thread.

use std::cell::Cell;

thread_local! {
    static STRICT: Cell<bool> = const { Cell::new(false) };
}

/// Whether this attempt is the strict one. Outside of [`strict_first`] none is.
pub(crate) fn is_strict() -> bool {
    STRICT.get()
}

/// Decodes strictly, and again leniently if what was decoded is valid JSON of another shape.
pub(crate) fn strict_first<T>(decode: impl Fn() -> serde_json::Result<T>) -> serde_json::Result<T> {
    match strictly(&decode) {
        Err(error) if error.is_data() => decode(),
        result => result,
    }
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
