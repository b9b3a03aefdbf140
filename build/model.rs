//! The model: the content of the schemas in the terms of the generated code.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Json;

/// The input of the code generation.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) structs: BTreeMap<String, Struct>,
    pub(crate) enums: BTreeMap<String, OpenEnum>,
    pub(crate) unions: BTreeMap<String, Union>,
    /// Definitions with a hand-written Rust type.
    pub(crate) by_hand: BTreeMap<String, ByHand>,
    /// Response types that are kept unchanged if they cannot be decoded.
    pub(crate) lenient: BTreeMap<String, Lenient>,
    /// The types that requests consist of. All others only occur in responses.
    pub(crate) requests: BTreeSet<String>,
    /// The request types that are queries.
    pub(crate) queries: BTreeSet<String>,
    pub(crate) files: Vec<File>,
    pub(crate) pages: Vec<Page>,
}

impl Model {
    /// Whether `src/types.rs` has a type of this name.
    pub(crate) fn is_type(&self, name: &str) -> bool {
        self.type_names().any(|known| known == name)
    }

    /// The names of all public types of `src/types.rs`.
    pub(crate) fn type_names(&self) -> impl Iterator<Item = String> {
        let by_hand = self.by_hand.iter();
        let by_hand = by_hand.filter(|(name, by_hand)| by_hand.rust == **name);
        let generated = { self.structs.keys().filter(|name| !self.is_page(name)) }
            .chain(self.enums.keys())
            .chain(self.unions.keys());
        generated.chain(by_hand.map(|(name, _)| name)).cloned()
    }

    /// Whether a type is a struct that is read from files.
    pub(crate) fn is_file(&self, name: &str) -> bool {
        let is_file = self.files.iter().any(|file| file.definition == name);
        is_file && self.structs.contains_key(name)
    }

    /// Whether a type is a page in the wire format, which clients return as a `Page`.
    pub(crate) fn is_page(&self, name: &str) -> bool {
        self.pages.iter().any(|page| page.definition == name)
    }

    /// Whether a type is a struct whose `new` takes a single text, which then converts into it.
    pub(crate) fn is_made_of_text(&self, name: &str) -> bool {
        let properties = self.structs.get(name).map(|item| &item.properties);
        let mut arguments = properties
            .into_iter()
            .flatten()
            .filter(|property| property.required.is_some() && property.default.is_none());
        let is_text = |property: &Property| property.shape == Shape::Text;
        self.requests.contains(name)
            && arguments.next().is_some_and(is_text)
            && arguments.next().is_none()
    }

    /// Whether a type can contain keys that this release does not know.
    pub(crate) fn has_keys(&self, name: &str) -> bool {
        let by_hand = self.by_hand.get(name);
        self.structs.contains_key(name)
            || self.unions.contains_key(name)
            || by_hand.is_some_and(|by_hand| by_hand.has_properties)
    }
}

/// An object with properties.
#[derive(Clone)]
pub(crate) struct Struct {
    pub(crate) doc: String,
    pub(crate) properties: Vec<Property>,
    pub(crate) at: String,
}

impl Struct {
    /// Whether no property is required.
    pub(crate) fn is_optional(&self) -> bool {
        self.properties
            .iter()
            .all(|property| property.required.is_none())
    }

    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        self.properties
            .iter()
            .find(|property| property.name == name)
    }
}

#[derive(Clone)]
pub(crate) struct Property {
    pub(crate) name: String,
    /// Its documentation, including its default.
    pub(crate) doc: String,
    pub(crate) example: Option<Json>,
    pub(crate) shape: Shape,
    /// Whether it gets a setter if it is optional.
    pub(crate) has_setter: bool,
    /// Its position in the schema.
    pub(crate) index: usize,
    /// Its position among the required properties, which is the order of the arguments of `new`.
    pub(crate) required: Option<usize>,
    pub(crate) default: Option<Json>,
    /// An alternative name when reading.
    pub(crate) alias: Option<String>,
}

impl Property {
    /// Whether its field is an `Option<Box<_>>`, as for every optional object. Without the box, a
    /// response of many small objects would take the memory of all their possible fields.
    pub(crate) fn is_boxed(&self, model: &Model) -> bool {
        let is_object = match &self.shape {
            Shape::Named(name) => {
                model.structs.contains_key(name) || model.unions.contains_key(name)
            }
            Shape::Lenient(_) => true,
            _ => false,
        };
        is_object && self.required.is_none()
    }

    /// Its position in the documentation: required properties come first.
    pub(crate) fn place(&self) -> (usize, usize) {
        match self.required {
            Some(place) => (0, place),
            None => (1, self.index),
        }
    }
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
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
    /// One of these texts: the tag of a union.
    Tag(Vec<String>),
}

impl Shape {
    /// The definition of the value, or of the items of a list or map, or of a value that may be a
    /// parameter.
    pub(crate) fn definition(&self) -> Option<&str> {
        match self {
            Shape::List(inner) | Shape::Map(inner) | Shape::OrParam(inner) => inner.definition(),
            Shape::Named(name) => Some(name),
            _ => None,
        }
    }
}

/// A text with known values.
pub(crate) struct OpenEnum {
    pub(crate) doc: String,
    /// Each value and its documentation.
    pub(crate) values: Vec<(String, String)>,
}

/// An object of one of several struct types.
pub(crate) struct Union {
    pub(crate) doc: String,
    pub(crate) rule: Rule,
    /// A struct with the optional properties of all variants, and the tag.
    pub(crate) wire: Struct,
}

/// How the variants of a union are told apart.
pub(crate) enum Rule {
    /// By the value of a property, which is not a field of the structs.
    Tag {
        property: String,
        /// The value if the property is absent.
        default: String,
        /// Each value and its struct.
        variants: Vec<(String, String)>,
    },
    /// By the presence of a property, which is a field of one of the structs.
    Presence {
        property: String,
        present: String,
        absent: String,
    },
}

impl Rule {
    /// The names of the structs.
    pub(crate) fn structs(&self) -> Vec<&str> {
        match self {
            Rule::Tag { variants, .. } => variants.iter().map(|(_, name)| name.as_str()).collect(),
            Rule::Presence {
                present, absent, ..
            } => vec![present, absent],
        }
    }
}

/// A hand-written type.
pub(crate) struct ByHand {
    pub(crate) rust: String,
    pub(crate) has_properties: bool,
}

/// A type of a response, and where a value is kept that cannot be decoded.
pub(crate) struct Lenient {
    pub(crate) target: String,
    pub(crate) fallback: Fallback,
}

pub(crate) enum Fallback {
    /// Any value: in the `Other` of a union.
    Other,
    /// An object: in the `extra` of a struct without fields.
    Extra,
}

/// A type that is read from files.
pub(crate) struct File {
    /// The definition.
    pub(crate) definition: String,
    /// The name of the call, and of the editor's schema.
    pub(crate) name: String,
    /// A title for people.
    pub(crate) title: String,
    pub(crate) layout: Layout,
    /// Whether it has a hand-written `check` for what its type does not enforce.
    pub(crate) has_check: bool,
}

/// Where a file has the properties of a type. `src/document/` uses the same names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Layout {
    /// At the top level; `body` is one of them.
    Whole,
    /// In `body`, which has no siblings, or at the top level of a file without `body`.
    Body,
    /// Like `Body`, and every key is a name that the user chooses.
    Names,
}

/// A page of a list.
pub(crate) struct Page {
    /// The definition.
    pub(crate) definition: String,
    /// The property of the list.
    pub(crate) items: String,
    /// The properties that may hold the number of items on all pages.
    pub(crate) totals: Vec<String>,
}
