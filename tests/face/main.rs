//! The public face of the crate: which types it has, and what they are to a compiler.

mod auto_traits;
mod listing;
mod unwinding;

use std::collections::BTreeSet;

use listing::Listing;

/// What the standard library brings into every scope, and names of generic parameters.
fn is_known(name: &str) -> bool {
    let prelude = [
        "Box",
        "Clone",
        "Debug",
        "Default",
        "Fn",
        "From",
        "Into",
        "IntoIterator",
        "Iterator",
        "Option",
        "PartialEq",
        "Self",
        "Send",
        "Sized",
        "String",
        "Sync",
        "Vec",
        "AsRef",
        "FromIterator",
        "Extend",
        "Eq",
        "Result",
    ];
    name.len() == 1 || prelude.contains(&name)
}

#[test]
fn names_no_type_of_a_crate_other_than_serde_and_serde_json() {
    let listing = Listing::read();
    let local = ["std", "crate", "self", "super"];
    let mut crates = BTreeSet::new();
    for (item, mentions) in &listing.items {
        for mention in mentions {
            match mention.root.as_deref() {
                Some(root) if local.contains(&root) => {}
                Some(root) => _ = crates.insert(root),
                None => {
                    let name = &mention.name;
                    let is_own = listing.items.contains_key(name);
                    assert!(
                        is_own || is_known(name),
                        "{item} mentions {name}: where is it from?"
                    );
                }
            }
        }
    }
    assert_eq!(crates, BTreeSet::from(["serde", "serde_json"]));
}

/// A type that no client takes or returns is a promise without a use.
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
