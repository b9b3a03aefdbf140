//! Builds a tree from the events of a reader.
//!
//! Merge keys and aliases are resolved and limits are checked on the way, so hostile input takes time
//! and memory in proportion to its size.

use std::borrow::Cow;
use std::collections::HashSet;

use super::syntax::TOO_DEEP;
use super::tree::{Content, Entry, Flaw, Language, NODE_WEIGHT, NodeId, Position, Scalar, Tree};
use super::unknown::join;

/// The maximum nesting of lists and maps: see [`TOO_DEEP`].
const MAX_DEPTH: usize = 128;

/// The maximum number of scalars, lists and maps.
const MAX_NODES: usize = 1_000_000;

/// The maximum that aliases and merge keys may add to a document, in bytes of [`Node::weight`].
///
/// [`Node::weight`]: super::tree::Node::weight
const MAX_EXPANSION: usize = 32 << 20;

/// The maximum number of errors collected from one document.
pub(super) const MAX_FLAWS: usize = 20;

pub(super) struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Open<'a>>,
    root: Option<NodeId>,
    flaws: Vec<Flaw>,
    /// What aliases and merge keys have added so far.
    expansion: usize,
}

/// A list or map that is still open.
struct Open<'a> {
    node: NodeId,
    /// The key of the next value.
    key: Option<Key<'a>>,
    /// The position of each entry's key.
    key_positions: Vec<Position>,
    /// The values of merge keys.
    merged: Vec<NodeId>,
}

pub(super) struct Key<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) position: Position,
    pub(super) is_merge: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(language: Language) -> Self {
        Self {
            tree: Tree::new(language),
            open: Vec::new(),
            root: None,
            flaws: Vec::new(),
            expansion: 0,
        }
    }

    /// The tree and the errors found in it, or `None` if the document is empty.
    pub(super) fn finish(mut self) -> Option<(Tree<'a>, Vec<Flaw>)> {
        self.tree.root = self.root?;
        Some((self.tree, self.flaws))
    }

    /// All errors, including the one that made the rest of the document unreadable.
    pub(super) fn fail(mut self, last: Flaw) -> Vec<Flaw> {
        self.flaws.push(last);
        self.flaws
    }

    pub(super) fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// Whether the next node is a key.
    pub(super) fn expects_key(&self) -> bool {
        self.open.last().is_some_and(|open| {
            open.key.is_none() && matches!(self.tree.node(open.node).content, Content::Map(_))
        })
    }

    pub(super) fn key(&mut self, key: Key<'a>) {
        if let Some(open) = self.open.last_mut() {
            open.key = Some(key);
        }
    }

    pub(super) fn scalar(
        &mut self,
        scalar: Scalar<'a>,
        position: Position,
    ) -> Result<NodeId, Flaw> {
        let node = self.add(Content::Scalar(scalar), position)?;
        self.place(node);
        Ok(node)
    }

    /// Reports an error in the next value, and puts a placeholder in its place.
    pub(super) fn refuse(
        &mut self,
        message: impl Into<String>,
        position: Position,
    ) -> Result<(), Flaw> {
        self.report(self.flaw(message, position))?;
        let node = self.add(Content::Placeholder, position)?;
        self.place(node);
        Ok(())
    }

    /// Opens a list or a map: what follows is in it, up to its [`close`](Self::close).
    pub(super) fn open(
        &mut self,
        content: Content<'a>,
        position: Position,
    ) -> Result<NodeId, Flaw> {
        self.check_depth(1, position)?;
        // A block starts on the line below its key, where nobody would look for it.
        let key = self.open.last().and_then(|open| open.key.as_ref());
        let key = key.map(|key| key.position);
        let is_below = |key: &Position| key.line != position.line;
        let position = key.filter(is_below).unwrap_or(position);
        let node = self.add(content, position)?;
        self.open.push(Open {
            node,
            key: None,
            key_positions: Vec::new(),
            merged: Vec::new(),
        });
        Ok(node)
    }

    pub(super) fn close(&mut self) -> Result<(), Flaw> {
        let Some(open) = self.open.last_mut() else {
            return Ok(());
        };
        let (map, merged) = (open.node, std::mem::take(&mut open.merged));
        let positions = std::mem::take(&mut open.key_positions);
        self.drop_duplicates(map, &positions)?;
        if !merged.is_empty() {
            self.merge(map, merged)?;
        }
        self.open.pop();
        self.measure(map);
        let node = self.tree.node(map);
        self.check_depth(node.height, node.position)?;
        self.place(map);
        Ok(())
    }

    /// Places a node once more, as an alias does.
    pub(super) fn alias(&mut self, node: NodeId, position: Position) -> Result<(), Flaw> {
        if self.open.iter().any(|open| open.node == node) {
            return Err(self.flaw("the alias refers to a value that contains it", position));
        }
        self.check_depth(self.tree.node(node).height, position)?;
        self.expand(node)?;
        self.place(node);
        Ok(())
    }

    /// The text of a scalar node.
    pub(super) fn text(&self, node: NodeId) -> Option<Cow<'a, str>> {
        match &self.tree.node(node).content {
            Content::Scalar(scalar) => Some(scalar.text.clone()),
            _ => None,
        }
    }

    /// An error in the next value.
    pub(super) fn flaw(&self, message: impl Into<String>, position: Position) -> Flaw {
        let mut path = String::new();
        for open in &self.open {
            match (&self.tree.node(open.node).content, &open.key) {
                (Content::List(items), _) => path += &format!("[{}]", items.len()),
                (_, Some(key)) => path = join(&path, &key.text),
                (_, None) => {}
            }
        }
        Flaw::new(path, message, position)
    }

    /// Records an error. Fails if there are too many.
    fn report(&mut self, flaw: Flaw) -> Result<(), Flaw> {
        if self.flaws.len() + 1 >= MAX_FLAWS {
            return Err(flaw);
        }
        self.flaws.push(flaw);
        Ok(())
    }

    fn add(&mut self, content: Content<'a>, position: Position) -> Result<NodeId, Flaw> {
        if self.tree.len() >= MAX_NODES {
            let message = "the document has more than 1,000,000 values";
            return Err(Flaw::new("", message, position));
        }
        Ok(self.tree.add(content, position))
    }

    fn place(&mut self, node: NodeId) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match (&mut self.tree.node_mut(open.node).content, open.key.take()) {
            (Content::List(items), _) => items.push(node),
            (Content::Map(_), Some(key)) if key.is_merge => open.merged.push(node),
            (Content::Map(entries), Some(key)) => {
                open.key_positions.push(key.position);
                let key = key.text;
                entries.push(Entry { key, value: node });
            }
            _ => {}
        }
    }

    /// Reports each key that the innermost map has already, and drops its entry.
    fn drop_duplicates(&mut self, map: NodeId, key_positions: &[Position]) -> Result<(), Flaw> {
        let entries = self.tree.entries(map);
        let mut order: Vec<_> = (0..entries.len()).collect();
        order.sort_by_key(|index| (entries[*index].key.as_ref(), *index));
        let is_same = |pair: &&[usize]| entries[pair[0]].key == entries[pair[1]].key;
        let mut repeated: Vec<_> = order
            .windows(2)
            .filter(is_same)
            .map(|pair| pair[1])
            .collect();
        repeated.sort_unstable();
        let flaw = |index: &usize| {
            let message = format!("duplicate key {:?}", entries[*index].key);
            self.flaw(message, key_positions[*index])
        };
        let flaws: Vec<_> = repeated.iter().take(MAX_FLAWS).map(flaw).collect();
        for flaw in flaws {
            self.report(flaw)?;
        }
        if let Content::Map(entries) = &mut self.tree.node_mut(map).content {
            // Last to first, so that the remaining indices stay valid.
            repeated.iter().rev().for_each(|index| {
                entries.remove(*index);
            });
        }
        Ok(())
    }

    /// Adds the entries from a map's merge keys, except those that the map has itself.
    fn merge(&mut self, map: NodeId, merged: Vec<NodeId>) -> Result<(), Flaw> {
        let mut sources = Vec::new();
        for value in merged {
            match &self.tree.node(value).content {
                Content::List(items) => sources.extend(items),
                _ => sources.push(value),
            }
        }
        let entries = self.tree.entries(map).iter();
        let mut known: HashSet<_> = entries.map(|entry| entry.key.clone()).collect();
        for source in sources {
            let node = self.tree.node(source);
            let entries = match &node.content {
                Content::Map(entries) => entries,
                Content::Placeholder => continue,
                _ => {
                    self.report(self.flaw("`<<` needs a map or a list of maps", node.position))?;
                    continue;
                }
            };
            let new = entries
                .iter()
                .filter(|entry| known.insert(entry.key.clone()));
            let new: Vec<_> = new.cloned().collect();
            self.expand(source)?;
            if let Content::Map(entries) = &mut self.tree.node_mut(map).content {
                entries.extend(new);
            }
        }
        Ok(())
    }

    /// Counts what an alias or a merge key adds.
    fn expand(&mut self, node: NodeId) -> Result<(), Flaw> {
        let node = self.tree.node(node);
        self.expansion += node.weight;
        if self.expansion > MAX_EXPANSION {
            let message = "the document's aliases make it larger than 32 MiB";
            return Err(Flaw::new("", message, node.position));
        }
        Ok(())
    }

    /// Computes the weight and height of a node from its children.
    fn measure(&mut self, id: NodeId) {
        let node = self.tree.node(id);
        let keys = self.tree.entries(id).iter();
        let keys: usize = keys.map(|entry| NODE_WEIGHT + entry.key.len()).sum();
        let (mut weight, mut height) = (node.weight + keys, 0);
        for child in self.tree.children(id) {
            let child = self.tree.node(child);
            weight += child.weight;
            height = height.max(child.height);
        }
        let node = self.tree.node_mut(id);
        (node.weight, node.height) = (weight, height + 1);
    }

    /// Checks the depth of a node with this many levels, placed next.
    fn check_depth(&self, levels: usize, position: Position) -> Result<(), Flaw> {
        if self.open.len() + levels > MAX_DEPTH {
            return Err(Flaw::new("", TOO_DEEP, position));
        }
        Ok(())
    }
}
