//! The names and the documentation of generated items.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// The struct that a union is deserialized into.
pub(crate) fn wire_name(union: &str) -> String {
    format!("{union}Wire")
}

/// The name of the variant of a union: `StandardStep` of `Step` is `Step::Standard`.
pub(crate) fn variant_name(structure: &str, union: &str) -> Ident {
    format_ident!("{}", structure.strip_suffix(union).unwrap_or(structure))
}

/// The name of the function that reads an optional field of a lenient type:
/// `answered_config` for `AnsweredConfig`.
pub(crate) fn reader_name(lenient: &str) -> String {
    let mut name = String::new();
    for (index, c) in lenient.char_indices() {
        if c.is_ascii_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// The name of an enum's variant: `not-equals` is `NotEquals`, `AND` is `And`.
pub(crate) fn value_name(value: &str) -> Ident {
    let words = value.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(1);
        let is_shouted = word.chars().all(|c| c.is_ascii_uppercase());
        let rest = if is_shouted {
            rest.to_lowercase()
        } else {
            rest.to_owned()
        };
        first.to_uppercase() + &rest
    });
    format_ident!("{}", words.collect::<String>())
}

/// A search alias with the wire name of an item, unless both names are equal except for case and
/// underscores, which search ignores.
pub(crate) fn search_alias(wire: &str, ident: &Ident) -> Option<TokenStream> {
    let searched = |name: &str| name.to_lowercase().replace('_', "");
    (searched(wire) != searched(&ident.to_string())).then(|| quote!(#[doc(alias = #wire)]))
}

/// Documentation of an item.
pub(crate) fn doc(text: &str) -> TokenStream {
    let text = doc_lines(text);
    quote!(#[doc = #text])
}

/// Starts each line with a space, as people write doc comments.
pub(crate) fn doc_lines(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| format!(" {line}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}
