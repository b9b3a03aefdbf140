//! Decodes a type from a tree and reports all errors, not only the first.
//!
//! serde stops at the first error. So the invalid value is replaced by a placeholder, which decodes as
//! anything, and the tree is decoded again. Errors that a placeholder causes are not reported.

use serde::de::DeserializeOwned;

use super::builder::MAX_FLAWS;
use super::decode::{Decoder, Details};
use super::problem::nearest;
use super::tree::{Content, Flaw, NodeId, Tree};
use super::unknown::join;

/// The maximum number of nodes to decode in search of further errors.
const MAX_DECODED: usize = 1 << 20;

/// Decodes a node, or returns its errors after those already known. `at` is the node's path.
pub(super) fn decode<T: DeserializeOwned>(
    tree: &mut Tree<'_>,
    node: NodeId,
    at: &str,
    mut flaws: Vec<Flaw>,
) -> Result<T, Vec<Flaw>> {
    let mut decoded = 0;
    loop {
        let details = match T::deserialize(Decoder::new(tree, node)) {
            Ok(value) if flaws.is_empty() => return Ok(value),
            Ok(_) => return Err(flaws),
            Err(failure) => failure.details(),
        };
        flaws.extend(repair(tree, node, at, details));
        decoded += tree.size();
        let is_root_lost = !matches!(tree.node(node).content, Content::Map(_));
        if is_root_lost || flaws.len() >= MAX_FLAWS || decoded > MAX_DECODED {
            return Err(flaws);
        }
    }
}

/// Changes the tree so that decoding gets past a failure, and returns the error to report, if any.
fn repair(tree: &mut Tree<'_>, root: NodeId, at: &str, details: Details) -> Option<Flaw> {
    let node = details.node.unwrap_or(root);
    let path = details.path(at);
    if let Some(second) = details
        .duplicate
        .and_then(|field| second_entry(tree, node, field))
    {
        let (key, value) = second;
        let message = format!("duplicate field {:?}", details.duplicate?);
        tree.node_mut(value).content = Content::Removed;
        return Some(Flaw::new(
            join(&path, &key),
            message,
            tree.node(value).position,
        ));
    }
    let mut flaw = Flaw::new(path, details.message, tree.node(node).position);
    let entry = details.missing.and_then(|field| tree.entry(node, field));
    match (&tree.node(node).content, details.missing, entry) {
        (Content::Placeholder, ..) => {
            tree.node_mut(node).content = Content::Removed;
            return None;
        }
        (Content::Map(entries), Some(field), None) => {
            let keys = entries.iter().map(|entry| entry.key.as_ref());
            if let Some(key) = nearest(field, keys) {
                let value = tree.entry(node, &key);
                flaw.position = value.map(|value| tree.node(value).position);
                flaw.message = format!("{}; did you misspell it as {key:?}?", flaw.message);
            }
            tree.add_placeholder(node, field);
        }
        (Content::Map(_), Some(_), Some(entry)) => match &tree.node(entry).content {
            // The entry is null. Decoding it as such reports what was expected.
            Content::Scalar(scalar) if scalar.is_null() => {
                tree.node_mut(entry).content = Content::Null;
                return None;
            }
            Content::Removed => {
                tree.node_mut(node).content = Content::Placeholder;
                return None;
            }
            _ => tree.node_mut(node).content = Content::Placeholder,
        },
        _ => tree.node_mut(node).content = Content::Placeholder,
    }
    Some(flaw)
}

/// A map's second entry for a field that has two names, such as `likeThis` and `like_this`.
fn second_entry(tree: &Tree<'_>, map: NodeId, field: &str) -> Option<(String, NodeId)> {
    let simple = |name: &str| name.replace('_', "").to_lowercase();
    let entries = tree.entries(map).iter();
    let mut named = entries.filter(|entry| simple(&entry.key) == simple(field));
    let second = named.nth(1)?;
    Some((second.key.to_string(), second.value))
}
