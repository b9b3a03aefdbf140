//! The public interface of the crate: its types, the names they mention, and their auto traits.

mod auto_traits;
mod listing;
mod unwinding;

use std::collections::BTreeSet;

use listing::{Listing, Mention};

/// Whether a name is in the standard library's prelude, or in capitals, as constants and generic
/// parameters are.
fn is_known(name: &str) -> bool {
    let prelude = "AsRef Box Clone Copy Debug Default DoubleEndedIterator Eq ExactSizeIterator Extend Fn \
                   From FromIterator Into IntoIterator Iterator Option PartialEq Result Self Send Sized \
                   String Sync Vec";
    let is_constant = !name.contains(|c: char| c.is_ascii_lowercase());
    is_constant || prelude.split(' ').any(|known| known == name)
}

#[test]
fn names_no_type_of_a_crate_other_than_serde_and_serde_json() {
    let listing = Listing::read();
    let allowed = ["std", "crate", "self", "super", "serde", "serde_json"];
    let mut others = Vec::new();
    for (item, mentions) in &listing.items {
        for Mention { name, root } in mentions {
            let is_allowed = match root {
                Some(root) => allowed.contains(&root.as_str()),
                None => listing.items.contains_key(name) || is_known(name),
            };
            if !is_allowed {
                let root = root.as_deref().unwrap_or("an unknown crate");
                others.push(format!("{item} mentions {name} of {root}"));
            }
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}

/// A public type that no client takes or returns would be useless.
#[test]
fn every_public_type_is_reached_from_a_client() {
    let listing = Listing::read();
    let reached = listing.reachable(&[
        "Client",
        "Session",
        "Error",
        "Emulator",
        "Vars",
        "render_template_file",
    ]);
    let all: BTreeSet<_> = listing.items.keys().map(String::as_str).collect();
    assert!(all.len() > 100, "{all:?}");
    let unreached: Vec<_> = all.difference(&reached).collect();
    assert!(unreached.is_empty(), "{unreached:?}");
}
