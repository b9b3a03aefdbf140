//! Goes over a document before it is decoded, and refuses what cannot be read without harm or loss.

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Unexpected, Visitor};

use super::source::{MAX_DOCUMENT, Source};
use super::template::{TEMPLATE, is_template};
use crate::error::Result;
use crate::error::wording::{document_path, reword_found};

/// The most that a document's aliases may make of it, in bytes.
const MAX_EXPANDED: usize = 8 * MAX_DOCUMENT;

/// What has to be known of a document before it is decoded.
#[derive(Default)]
pub(super) struct Survey {
    /// The keys at its top, where it is a map.
    pub(super) keys: HashSet<String>,
    pub(super) has_merge_keys: bool,
    /// Whether a template is an error: YAML files of the official client may be some.
    refuses_templates: bool,
    /// The bytes of its scalars, each counted as often as aliases repeat it.
    expanded: usize,
}

/// Goes over a document, and refuses what cannot be read without harm or loss.
pub(super) fn survey(source: &Source<'_>) -> Result<Survey> {
    if source.text.len() > MAX_DOCUMENT {
        return Err(source.error("", "the document is larger than 4 MiB", None));
    }
    if source.text.trim().is_empty() {
        return Err(source.error("", "the document is empty", None));
    }
    let mut survey = Survey::default();
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_yaml::Deserializer::from_str(&source.text);
    let deserializer = serde_path_to_error::Deserializer::new(deserializer, &mut track);
    survey.refuses_templates = source.refuses_templates;
    let surveyed = Node {
        survey: &mut survey,
        depth: 0,
    }
    .deserialize(deserializer);
    match surveyed {
        Ok(()) => Ok(survey),
        Err(error) => Err(source.yaml_error(&document_path(&track.path()), &error)),
    }
}

/// A node of the document, at a depth.
struct Node<'a> {
    survey: &'a mut Survey,
    depth: usize,
}

impl Node<'_> {
    fn count<E: serde::de::Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.survey.expanded += bytes + 1;
        match self.survey.expanded > MAX_EXPANDED {
            true => Err(E::custom(
                "the document's aliases make it larger than 32 MiB",
            )),
            false => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        if self.survey.refuses_templates && is_template(text) {
            let found = Unexpected::Str(text).to_string();
            return Err(E::custom(format!(
                "found {}: {TEMPLATE}",
                reword_found(&found)
            )));
        }
        self.count(text.len())
    }

    fn visit_bool<E: serde::de::Error>(mut self, _: bool) -> Result<(), E> {
        self.count(0)
    }

    fn visit_i64<E: serde::de::Error>(mut self, _: i64) -> Result<(), E> {
        self.count(0)
    }

    fn visit_u64<E: serde::de::Error>(mut self, _: u64) -> Result<(), E> {
        self.count(0)
    }

    fn visit_i128<E: serde::de::Error>(mut self, _: i128) -> Result<(), E> {
        self.count(0)
    }

    fn visit_u128<E: serde::de::Error>(mut self, _: u128) -> Result<(), E> {
        self.count(0)
    }

    fn visit_f64<E: serde::de::Error>(mut self, number: f64) -> Result<(), E> {
        if !number.is_finite() {
            return Err(E::custom(
                "there is no such number in JSON; in quotes it is text",
            ));
        }
        self.count(0)
    }

    fn visit_unit<E: serde::de::Error>(mut self) -> Result<(), E> {
        self.count(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.count(0)?;
        while items.next_element_seed(self.child())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        self.count(0)?;
        let mut keys = HashSet::new();
        // Keys are read as text, as everywhere in JSON.
        while let Some(key) = entries.next_key::<String>()? {
            self.count(key.len())?;
            self.survey.has_merge_keys |= key == "<<";
            if keys.contains(&key) {
                return Err(A::Error::custom(format!("the key {key:?} is there twice")));
            }
            keys.insert(key);
            entries.next_value_seed(self.child())?;
        }
        if self.depth == 0 {
            self.survey.keys = keys;
        }
        Ok(())
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("a YAML tag, which means nothing here"))
    }
}

impl Node<'_> {
    fn child(&mut self) -> Node<'_> {
        Node {
            survey: self.survey,
            depth: self.depth + 1,
        }
    }
}
