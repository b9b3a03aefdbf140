//! What the schemas say, in the terms of the code that is generated from them.

use std::collections::BTreeMap;

use crate::json::Json;

/// Everything that code is generated from.
#[derive(Default)]
pub struct Model {
    pub structs: BTreeMap<String, Struct>,
    pub enums: BTreeMap<String, OpenEnum>,
    pub unions: BTreeMap<String, Union>,
    /// Definitions whose Rust type is written by hand.
    pub by_hand: BTreeMap<String, ByHand>,
    /// Types of a response that are kept as they came where they cannot be decoded.
    pub lenient: BTreeMap<String, Lenient>,
    pub files: Vec<File>,
    pub pages: Vec<Page>,
}

impl Model {
    /// Whether a type may hold keys that this release does not know.
    pub fn has_keys(&self, name: &str) -> bool {
        let by_hand = self.by_hand.get(name);
        self.structs.contains_key(name)
            || self.unions.contains_key(name)
            || by_hand.is_some_and(|by_hand| by_hand.has_properties)
    }
}

/// An object with properties.
#[derive(Clone)]
pub struct Struct {
    pub doc: String,
    pub properties: Vec<Property>,
    pub at: String,
}

impl Struct {
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

#[derive(Clone)]
pub struct Property {
    pub name: String,
    pub doc: String,
    pub shape: Shape,
    /// Its place among the required properties, which is that among the arguments of `new`.
    pub required: Option<usize>,
    pub default: Option<Json>,
    /// Another name under which it is read.
    pub alias: Option<String>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Any,
    Text,
    Bool,
    Integer,
    Unsigned,
    Number,
    List(Box<Shape>),
    Map(Box<Shape>),
    /// A definition, by its name.
    Named(String),
    /// A value of a [`Lenient`] definition, by its name.
    Lenient(String),
    /// A scalar, or the name of a parameter.
    OrParam(Box<Shape>),
    /// One of these texts: what tells the variants of a union apart.
    Tag(Vec<String>),
}

/// Text of which some values are known.
pub struct OpenEnum {
    pub doc: String,
    /// Value and documentation.
    pub values: Vec<(String, String)>,
}

/// An object that is one of several structs.
pub struct Union {
    pub doc: String,
    pub rule: Rule,
    /// A struct with the optional properties of all variants, and the tag.
    pub wire: Struct,
}

/// How the variants of a union are told apart.
pub enum Rule {
    /// By the value of a property, which is not a field of the structs.
    Tag {
        property: String,
        /// The value that an absent property stands for.
        default: String,
        /// Value and struct.
        variants: Vec<(String, String)>,
    },
    /// By whether a property is present, which is a field of one of the structs.
    Presence {
        property: String,
        present: String,
        absent: String,
    },
}

impl Rule {
    /// The names of the structs.
    pub fn structs(&self) -> Vec<&str> {
        match self {
            Rule::Tag { variants, .. } => variants.iter().map(|(_, name)| name.as_str()).collect(),
            Rule::Presence {
                present, absent, ..
            } => vec![present, absent],
        }
    }
}

/// A type that is written by hand.
pub struct ByHand {
    pub rust: String,
    pub has_properties: bool,
}

/// A type of a response, and what becomes of a value that it cannot be decoded from.
pub struct Lenient {
    pub target: String,
    pub fallback: Fallback,
}

pub enum Fallback {
    /// Any value: the `Other` of a union.
    Other,
    /// An object: the `extra` of a struct without fields.
    Extra,
}

/// A type that is read from files.
pub struct File {
    /// The definition.
    pub definition: String,
    /// The name of the call, and of the editor's schema.
    pub name: String,
    /// What such a file holds, for people.
    pub title: String,
    pub layout: Layout,
}

/// Where in a file the properties of a type are.
#[derive(Clone, Copy, PartialEq)]
pub enum Layout {
    /// At the top: `body` is one of them.
    Top,
    /// Below `body`, with nothing beside it.
    Body,
}

/// A page of a list.
pub struct Page {
    /// The definition.
    pub definition: String,
    /// The property of the list.
    pub items: String,
    /// The properties that may hold the number of items on all pages.
    pub totals: Vec<String>,
}
