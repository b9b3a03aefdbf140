//! Decodes types from a tree. Errors have the path and line of the value.

use std::fmt;
use std::iter::Enumerate;
use std::slice;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Number;

use super::scalar::Value;
use super::tree::{Content, Entry, NodeId, Tree};
use super::unknown::join;
use crate::error::wording::reword;
use crate::json_text::is_exact;

/// A serde deserializer for a node.
#[derive(Clone, Copy)]
pub(super) struct Decoder<'de> {
    tree: &'de Tree<'de>,
    node: NodeId,
    /// Whether it is inside a list, where null entries of maps are kept.
    is_in_list: bool,
}

/// Why a node could not be decoded.
#[derive(Debug)]
pub(super) struct Failure(Box<Details>);

#[derive(Debug)]
pub(super) struct Details {
    pub(super) message: String,
    /// The missing field, for that kind of error.
    pub(super) missing: Option<&'static str>,
    /// The duplicate field, for that kind of error.
    pub(super) duplicate: Option<&'static str>,
    /// The node with the error.
    pub(super) node: Option<NodeId>,
    /// That node's parent.
    pub(super) parent: Option<NodeId>,
    /// The path to the node, last step first.
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Failure {
    pub(super) fn details(self) -> Details {
        *self.0
    }

    fn new(message: String) -> Self {
        Self(Box::new(Details {
            message,
            missing: None,
            duplicate: None,
            node: None,
            parent: None,
            steps: Vec::new(),
        }))
    }

    /// Adds a step to the path, on the way back to the root.
    fn through(mut self, parent: NodeId, step: Step, node: NodeId) -> Self {
        let details = &mut *self.0;
        if details.node.is_none() {
            (details.node, details.parent) = (Some(node), Some(parent));
        }
        details.steps.push(step);
        self
    }
}

impl Details {
    /// The node's path, prefixed with another path.
    pub(super) fn path(&self, at: &str) -> String {
        let mut path = at.to_owned();
        for step in self.steps.iter().rev() {
            match step {
                Step::Key(key) => path = join(&path, key),
                Step::Index(index) => path += &format!("[{index}]"),
            }
        }
        path
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(reword(&message.to_string()))
    }

    fn missing_field(field: &'static str) -> Self {
        let mut failure = Self::new(format!("the field {field:?} is missing"));
        failure.0.missing = Some(field);
        failure
    }

    fn duplicate_field(field: &'static str) -> Self {
        let mut failure = Self::new(format!("duplicate field {field:?}"));
        failure.0.duplicate = Some(field);
        failure
    }
}

impl<'de> Decoder<'de> {
    pub(super) fn new(tree: &'de Tree<'de>, node: NodeId) -> Self {
        let is_in_list = false;
        Self {
            tree,
            node,
            is_in_list,
        }
    }

    fn child(self, node: NodeId) -> Self {
        Self { node, ..self }
    }

    fn entries(self) -> Entries<'de> {
        Entries {
            map: self,
            entries: self.tree.entries(self.node).iter(),
            current: None,
        }
    }

    fn content(self) -> &'de Content<'de> {
        &self.tree.node(self.node).content
    }

    fn mismatch<T>(self, expected: &dyn Expected) -> Result<T, Failure> {
        Err(self.unexpected(expected))
    }

    /// The error for an unexpected value. Not generic, so that it is compiled once.
    fn unexpected(self, expected: &dyn Expected) -> Failure {
        let found = match self.content() {
            Content::List(_) => Unexpected::Seq,
            Content::Map(_) => Unexpected::Map,
            Content::Null | Content::Placeholder | Content::Removed => Unexpected::Unit,
            Content::Scalar(scalar) => match scalar.value(self.tree.language) {
                Value::Null => Unexpected::Unit,
                Value::Bool(value) => Unexpected::Bool(value),
                Value::Unsigned(value) => Unexpected::Unsigned(value),
                Value::Signed(value) => Unexpected::Signed(value),
                Value::Float(value) => Unexpected::Float(value),
                Value::LargeInteger(text) | Value::NotFinite(text) => Unexpected::Other(text),
                Value::Text(text) => Unexpected::Str(text),
            },
        };
        Failure::invalid_type(found, expected)
    }

    fn scalar<V: Visitor<'de>>(self, value: Value<'de>, visitor: V) -> Result<V::Value, Failure> {
        match value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Unsigned(value) => visitor.visit_u64(value),
            Value::Signed(value) => visitor.visit_i64(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::LargeInteger(text) if is_exact(text) => {
                let number = text.parse::<Number>().map_err(Failure::custom)?;
                number.deserialize_any(visitor).map_err(Failure::custom)
            }
            Value::LargeInteger(_) => Err(Failure::custom(
                "the integer has more than 64 bits and would lose digits: in quotes it is text, and \
                 with serde_json's feature `arbitrary_precision` it is kept",
            )),
            Value::NotFinite(_) => Err(Failure::custom(
                "there is no such number in JSON: in quotes it is text",
            )),
        }
    }
}

/// The text of a placeholder, which most types can be decoded from.
const PLACEHOLDER: &str = "@param:placeholder";

impl<'de> Deserializer<'de> for Decoder<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.content() {
            Content::Scalar(scalar) => self.scalar(scalar.value(self.tree.language), visitor),
            Content::List(_) => self.deserialize_seq(visitor),
            Content::Map(_) => self.deserialize_map(visitor),
            Content::Null => visitor.visit_unit(),
            Content::Placeholder | Content::Removed => visitor.visit_str(PLACEHOLDER),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.content() {
            Content::Scalar(scalar) if !scalar.is_null() => {
                visitor.visit_borrowed_str(&scalar.text)
            }
            Content::Placeholder => visitor.visit_str(PLACEHOLDER),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.content() {
            Content::Null => visitor.visit_none(),
            Content::Scalar(scalar) if scalar.is_null() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let items: &[_] = match self.content() {
            Content::List(items) => items,
            Content::Placeholder => &[],
            _ => return self.mismatch(&visitor),
        };
        visitor.visit_seq(Items {
            list: self,
            items: items.iter().enumerate(),
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.content() {
            Content::Map(_) | Content::Placeholder => visitor.visit_map(self.entries()),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    /// A text is a unit variant; a map with one key is a variant with its content.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.content() {
            Content::Scalar(scalar) => visitor.visit_enum(scalar.text.as_ref().into_deserializer()),
            Content::Map(_) => visitor.visit_enum(MapAccessDeserializer::new(self.entries())),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 bytes byte_buf unit unit_struct
    }
}

struct Items<'de> {
    list: Decoder<'de>,
    items: Enumerate<slice::Iter<'de, NodeId>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        let list = self.list;
        let is_there = |item: &NodeId| !matches!(list.child(*item).content(), Content::Removed);
        let Some((index, node)) = self.items.find(|(_, item)| is_there(item)) else {
            return Ok(None);
        };
        let item = Decoder {
            is_in_list: true,
            ..list.child(*node)
        };
        let step = |failure: Failure| failure.through(list.node, Step::Index(index), *node);
        seed.deserialize(item).map(Some).map_err(step)
    }

    fn size_hint(&self) -> Option<usize> {
        self.items.size_hint().1
    }
}

struct Entries<'de> {
    map: Decoder<'de>,
    entries: slice::Iter<'de, Entry<'de>>,
    /// The entry whose key was read last.
    current: Option<&'de Entry<'de>>,
}

impl<'de> Entries<'de> {
    fn next_entry(&mut self) -> Option<&'de Entry<'de>> {
        let map = self.map;
        self.current = self.entries.find(|entry| Self::is_there(map, entry));
        self.current
    }

    fn is_there(map: Decoder<'de>, entry: &Entry<'de>) -> bool {
        match map.child(entry.value).content() {
            // The official client drops null entries of maps, except inside lists.
            Content::Scalar(scalar) => map.is_in_list || !scalar.is_null(),
            content => !matches!(content, Content::Removed),
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        let Some(entry) = self.next_entry() else {
            return Ok(None);
        };
        let key = seed.deserialize(BorrowedStrDeserializer::new(&entry.key));
        key.map(Some).map_err(|failure| self.through(failure))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some(entry) = self.current else {
            return Err(Failure::custom("the map is at its end"));
        };
        let value = seed.deserialize(self.map.child(entry.value));
        value.map_err(|failure| self.through(failure))
    }
}

impl Entries<'_> {
    fn through(&self, failure: Failure) -> Failure {
        match self.current {
            Some(entry) => {
                let step = Step::Key(entry.key.to_string());
                failure.through(self.map.node, step, entry.value)
            }
            None => failure,
        }
    }
}
