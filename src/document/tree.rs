//! A document as a tree whose nodes know their position and their scalars as written.
//!
//! YAML and JSON are both read into it. While it is built, merge keys and aliases are resolved and
//! limits are checked, so hostile input takes time and memory in proportion to its size.

use std::borrow::Cow;

use super::unknown::segment;

/// The contribution of each node to [`Node::weight`], besides its text.
pub(super) const NODE_WEIGHT: usize = 16;

/// Where something starts in the text of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// Counted from 1.
    pub(super) line: u32,
    /// In characters, counted from 1.
    pub(super) column: u32,
}

/// Something wrong with a document.
#[derive(Clone, Debug)]
pub(super) struct Flaw {
    /// The path within the document, as errors show it.
    pub(super) path: String,
    pub(super) message: String,
    pub(super) position: Option<Position>,
}

impl Flaw {
    pub(super) fn new(
        path: impl Into<String>,
        message: impl Into<String>,
        position: Position,
    ) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            position: Some(position),
        }
    }

    /// An error that concerns the whole document.
    pub(super) fn at_the_top(message: &str) -> Self {
        Self {
            path: String::new(),
            message: message.into(),
            position: None,
        }
    }
}

/// The index of a node. With aliases, several parents share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(u32);

#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) content: Content<'a>,
    /// Of a list or map that starts below its key, the key's.
    pub(super) position: Position,
    /// The size of the node and all below it in bytes, each alias counted as what it stands for.
    pub(super) weight: usize,
    /// The number of levels of lists and maps, including itself.
    pub(super) height: usize,
}

#[derive(Debug)]
pub(super) enum Content<'a> {
    Scalar(Scalar<'a>),
    List(Vec<NodeId>),
    Map(Vec<Entry<'a>>),
    /// A null that is decoded, although null entries of maps are otherwise skipped.
    Null,
    /// Replaces a value whose error was reported. Decodes as anything.
    Placeholder,
    /// Skipped. Replaces a placeholder that a type could not be decoded from.
    Removed,
}

#[derive(Clone, Debug)]
pub(super) struct Scalar<'a> {
    /// The text as written, without quotes and escapes.
    pub(super) text: Cow<'a, str>,
    /// Whether it is unquoted, and so may be null, a boolean or a number.
    pub(super) is_plain: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) value: NodeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Yaml,
    Json,
}

#[derive(Debug)]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    pub(super) root: NodeId,
    pub(super) language: Language,
}

impl<'a> Tree<'a> {
    pub(super) fn new(language: Language) -> Self {
        Self {
            nodes: Vec::new(),
            root: NodeId(0),
            language,
        }
    }

    pub(super) fn add(&mut self, content: Content<'a>, position: Position) -> NodeId {
        let text = match &content {
            Content::Scalar(scalar) => scalar.text.len(),
            _ => 0,
        };
        self.nodes.push(Node {
            content,
            position,
            weight: NODE_WEIGHT + text,
            height: 0,
        });
        NodeId(self.nodes.len() as u32 - 1)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node<'a> {
        &mut self.nodes[id.0 as usize]
    }

    pub(super) fn entries(&self, id: NodeId) -> &[Entry<'a>] {
        match &self.node(id).content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let items: &[_] = match &self.node(id).content {
            Content::List(items) => items,
            _ => &[],
        };
        let values = self.entries(id).iter().map(|entry| entry.value);
        items.iter().copied().chain(values)
    }

    pub(super) fn entry(&self, map: NodeId, key: &str) -> Option<NodeId> {
        let entry = self.entries(map).iter().find(|entry| entry.key == key);
        entry.map(|entry| entry.value)
    }

    /// Keeps only the entries of a map whose keys satisfy `keep`.
    pub(super) fn retain(&mut self, map: NodeId, keep: impl Fn(&str) -> bool) {
        if let Content::Map(entries) = &mut self.node_mut(map).content {
            entries.retain(|entry| keep(&entry.key));
        }
    }

    /// Adds a placeholder for a missing key.
    pub(super) fn add_placeholder(&mut self, map: NodeId, key: &'static str) {
        let value = self.add(Content::Placeholder, self.node(map).position);
        if let Content::Map(entries) = &mut self.node_mut(map).content {
            let key = Cow::Borrowed(key);
            entries.push(Entry { key, value });
        }
    }

    /// The number of nodes, with aliases expanded.
    pub(super) fn size(&self) -> usize {
        self.node(self.root).weight / NODE_WEIGHT
    }

    /// The node at a path, relative to another node.
    pub(super) fn find(&self, from: NodeId, path: &str) -> Option<NodeId> {
        if path.is_empty() {
            return Some(from);
        }
        if let Content::List(items) = &self.node(from).content {
            let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
            let item = items.get(index.parse::<usize>().ok()?)?;
            return self.find(*item, rest);
        }
        let path = path.strip_prefix('.').unwrap_or(path);
        // A key may contain a dot, so every key that the path starts with is tried.
        self.entries(from).iter().find_map(|entry| {
            let rest = path.strip_prefix(segment(&entry.key).as_ref())?;
            let ends_here = rest.is_empty() || rest.starts_with(['.', '[']);
            ends_here.then(|| self.find(entry.value, rest))?
        })
    }
}
