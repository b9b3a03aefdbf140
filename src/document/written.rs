//! Reads YAML files for templates, with scalars as written.

use std::path::Path;

use super::source::{Origin, Source, read_text};
use super::tree::{Content, Flaw, NodeId, Tree};
use crate::error::Result;

/// A value of a YAML file, with scalars as written.
pub(crate) enum Written {
    Null,
    /// Unquoted, so it may be a boolean or a number.
    Plain(String),
    Text(String),
    List(Vec<Written>),
    Map(Vec<(String, Written)>),
}

/// Reads the map at the top of a YAML file.
pub(crate) fn read_written(path: &Path) -> Result<Vec<(String, Written)>> {
    let text = read_text(path)?;
    let source = Source {
        allows_templates: true,
        ..Source::yaml(&text, Origin::File(path))
    };
    let (tree, flaws) = source.parse()?;
    if !flaws.is_empty() {
        return Err(source.error(flaws));
    }
    match written(&tree, tree.root) {
        Written::Map(entries) => Ok(entries),
        _ => {
            let start = tree.node(tree.root).position;
            let flaw = Flaw::new("", "expected a map of names to values", start);
            Err(source.error(vec![flaw]))
        }
    }
}

fn written(tree: &Tree<'_>, id: NodeId) -> Written {
    match &tree.node(id).content {
        Content::Scalar(scalar) if scalar.is_null() => Written::Null,
        Content::Scalar(scalar) if scalar.is_plain => Written::Plain(scalar.text.to_string()),
        Content::Scalar(scalar) => Written::Text(scalar.text.to_string()),
        Content::List(items) => {
            Written::List(items.iter().map(|item| written(tree, *item)).collect())
        }
        Content::Map(entries) => {
            let entry = |entry: &super::tree::Entry<'_>| {
                (entry.key.to_string(), written(tree, entry.value))
            };
            Written::Map(entries.iter().map(entry).collect())
        }
        Content::Null | Content::Placeholder | Content::Removed => Written::Null,
    }
}
