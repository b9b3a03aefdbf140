//! The keywords that only the generator defines, and the check that a schema uses no unsupported
//! keyword.

use crate::Result;
use crate::json::Object;

/// Another name under which a property is read, as in the official client's own files.
pub(crate) const ALIAS: &str = "x-alias";

/// `false` on a property that has a hand-written constructor of its name instead of a setter.
pub(crate) const SETTER: &str = "x-setter";

/// The Rust type of a hand-written definition.
pub(crate) const RUST: &str = "x-rust";

/// Lines of Rust that show a type in use.
pub(crate) const EXAMPLE: &str = "x-example";

/// Marks a type that is read from files, and describes the file's layout.
pub(crate) const FILE: &str = "x-file";

/// Marks a page of a list, and names its list and totals.
pub(crate) const PAGE: &str = "x-page";

/// Marks the query of a call.
pub(crate) const QUERY: &str = "x-query";

/// What editors check beyond the type: see `build/editors.rs`.
pub(crate) const EDITOR: &str = "x-editor";

/// Keywords that are allowed everywhere, because they do not restrict values.
const ANNOTATIONS: [&str; 5] = ["description", "examples", "default", ALIAS, SETTER];

/// Refuses a keyword that the generated code would ignore.
pub(crate) fn check_keywords(schema: &Object, known: &[&str], at: &str) -> Result<()> {
    match { schema.keys() }.find(|word| !known.contains(word) && !ANNOTATIONS.contains(word)) {
        Some(word) => Err(format!("{at}/{word}: this keyword is not supported here")),
        None => Ok(()),
    }
}
