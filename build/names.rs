//! How generated code names and documents what it has.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// The name of the struct that a union is read into.
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

/// The wire name of an item as another name to search for, where it differs from the item's own name in
/// more than what a search ignores: case and underscores.
pub(crate) fn search_alias(wire: &str, ident: &Ident) -> Option<TokenStream> {
    let searched = |name: &str| name.to_lowercase().replace('_', "");
    (searched(wire) != searched(&ident.to_string())).then(|| quote!(#[doc(alias = #wire)]))
}

/// Documentation of an item.
pub(crate) fn doc(text: &str) -> TokenStream {
    let text = doc_lines(text);
    quote!(#[doc = #text])
}

/// Each line one space away from the slashes, as people write it.
pub(crate) fn doc_lines(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| format!(" {line}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}
