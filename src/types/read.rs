//! Reading YAML and JSON documents into types, with errors that say where.
//!
//! A document is decoded straight from its text: a detour through a tree of values would lose the
//! lines, and the spelling of unquoted scalars where a field is text. A survey goes over the text
//! first, for what has to be known before.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::unknown::{Unknown, join};
use super::{
    CreateDeployment, CreateDeploymentRevision, CreateSpec, CreateSpecRelease, Parameters,
    UpdateDeploymentMetadata, UpdateSpecMetadata,
};
use crate::LOG_TARGET;
use crate::error::wording::{document_path, reword, reword_found, without_position};
use crate::error::{DocumentError, Error, Result};

/// The largest document that is read, in bytes.
const MAX_DOCUMENT: usize = 4 << 20;

/// The most that a document's aliases may make of it, in bytes.
const MAX_EXPANDED: usize = 8 * MAX_DOCUMENT;

/// A type that can be read from a file of the official command-line client's form.
trait Document: DeserializeOwned + Unknown {
    /// Whether the file has it below `body`, or, written for this crate alone, at its top.
    const IN_BODY: bool = true;

    /// What of the document's top its fields do not hold.
    fn rest(&mut self) -> &mut Map<String, Value>;

    /// Whether a key among those of the type is none of them: see [`is_aside`].
    fn passes_over(key: &str) -> bool {
        is_aside(key)
    }

    /// What is wrong beyond what its type says, and where.
    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        Ok(())
    }
}

impl Document for CreateSpec {
    const IN_BODY: bool = false;

    fn rest(&mut self) -> &mut Map<String, Value> {
        &mut self.extra
    }

    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        self.body
            .check()
            .map_err(|message| ("body.config", message))
    }
}

impl Document for CreateSpecRelease {
    const IN_BODY: bool = false;

    fn rest(&mut self) -> &mut Map<String, Value> {
        &mut self.extra
    }
}

macro_rules! in_body {
    ($($name:ident),*) => {$(
        impl Document for $name {
            fn rest(&mut self) -> &mut Map<String, Value> {
                &mut self.extra
            }
        }
    )*};
}

in_body!(
    UpdateSpecMetadata,
    CreateDeployment,
    UpdateDeploymentMetadata,
    CreateDeploymentRevision
);

impl Document for Parameters {
    fn rest(&mut self) -> &mut Map<String, Value> {
        self.as_mut()
    }

    /// Any other name may be a parameter's.
    fn passes_over(key: &str) -> bool {
        key == "$schema"
    }
}

/// Gives a request type its three readers.
macro_rules! readers {
    ($($name:ident),*) => {$(
        impl $name {
            /// Reads it from a YAML file, as the official command-line client's files are written.
            ///
            /// Where a field is text, an unquoted scalar is taken as it is written: `1.10` stays
            /// `1.10`. The [crate's front page](crate#files) says what else YAML's scalars become.
            /// At its top, `$schema` and, but for parameters, keys that start with `x-` are passed
            /// over. The official client's templates (`{{ … }}`, `{% … %}`) are refused: nothing
            /// here fills them in. A key that this release does not know is kept, and a warning
            /// is logged for it, but for parameters, whose names are all your own.
            ///
            /// # Errors
            ///
            /// [`Error::FileNotFound`] and [`Error::File`] where it cannot be read,
            /// [`Error::InvalidYaml`] with the file, the path inside it, what was expected and
            /// found, and the line. A document of more than 4 MiB is refused.
            pub fn from_yaml_file(path: impl AsRef<Path>) -> Result<Self> {
                let path = path.as_ref();
                read_document(Source::yaml(&read_text(path)?, Some(path)))
            }

            #[doc = concat!(
                "Reads it from the text of a YAML document: see [`from_yaml_file`](",
                stringify!($name), "::from_yaml_file)."
            )]
            ///
            /// # Errors
            ///
            /// [`Error::InvalidYaml`].
            pub fn from_yaml_str(text: &str) -> Result<Self> {
                read_document(Source::yaml(text, None))
            }

            #[doc = concat!(
                "Reads it from the text of a JSON document, of the same form as a YAML one: see \
                 [`from_yaml_file`](", stringify!($name), "::from_yaml_file)."
            )]
            ///
            /// # Errors
            ///
            /// [`Error::InvalidJson`].
            pub fn from_json_str(text: &str) -> Result<Self> {
                read_document(Source::json(text)?)
            }
        }
    )*};
}

readers!(
    CreateSpec,
    CreateSpecRelease,
    UpdateSpecMetadata,
    CreateDeployment,
    UpdateDeploymentMetadata,
    CreateDeploymentRevision,
    Parameters
);

/// Reads any type from a YAML file that has it at its top.
pub(crate) fn read_yaml_file<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let source = Source::yaml(&read_text(path)?, Some(path));
    let survey = survey(&source)?;
    source.merged(&survey)?.decode()
}

/// The text of a file, without a byte-order mark.
fn read_text(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| Error::file(path, error))?;
    let limit = MAX_DOCUMENT as u64 + 1;
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::file(path, error))?;
    String::from_utf8(bytes).map_err(|error| {
        let start = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + start.iter().filter(|byte| **byte == b'\n').count();
        Source::yaml("", Some(path)).error("", "this is not UTF-8 text", Some(line))
    })
}

/// A document's text, and what an error says of it.
struct Source<'a> {
    /// As YAML, of which JSON is a part.
    text: String,
    file: Option<&'a Path>,
    is_json: bool,
    /// Whether a line of the text is a line of what the user wrote.
    has_lines: bool,
}

impl<'a> Source<'a> {
    fn yaml(text: &str, file: Option<&'a Path>) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        Self {
            text,
            file,
            is_json: false,
            has_lines: true,
        }
    }

    fn json(text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut source = Self {
            text: String::new(),
            file: None,
            is_json: true,
            has_lines: true,
        };
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
            let message = error.to_string();
            let message = without_position(&message, error.line(), error.column());
            let message = format!("{message}, at column {}", error.column());
            return Err(source.error("", &message, Some(error.line())));
        }
        source.text = json_as_yaml(text);
        Ok(source)
    }

    fn error(&self, path: &str, message: &str, line: Option<usize>) -> Error {
        let error = Box::new(DocumentError {
            file: self.file.map(Path::to_owned),
            path: path.to_owned(),
            message: message.to_owned(),
            line: line.filter(|_| self.has_lines),
        });
        match self.is_json {
            true => Error::InvalidJson(error),
            false => Error::InvalidYaml(error),
        }
    }

    fn yaml_error(&self, path: &str, error: &serde_yaml::Error) -> Error {
        let message = error.to_string();
        let location = error.location();
        let message = location.as_ref().map_or(message.as_str(), |at| {
            without_position(&message, at.line(), at.column())
        });
        let mut message = reword(without_path(message, path));
        if message.contains("more than one document") {
            message = "a second document begins within: a file holds one, with each line indented \
                       at least as far as its first"
                .into();
        }
        let line = location.map(|at| at.line());
        let written = line.and_then(|line| self.text.lines().nth(line.saturating_sub(1)));
        if !self.is_json && written.is_some_and(is_template) && !message.contains(TEMPLATE) {
            message = format!("{message}; {TEMPLATE}");
        }
        self.error(path, &message, line)
    }

    /// Decodes the document, with the path of what does not fit.
    fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        let mut track = serde_path_to_error::Track::new();
        let deserializer = serde_yaml::Deserializer::from_str(&self.text);
        let deserializer = serde_path_to_error::Deserializer::new(deserializer, &mut track);
        let decoded = T::deserialize(deserializer);
        decoded.map_err(|error| self.yaml_error(&document_path(&track.path()), &error))
    }

    /// The document with its merge keys resolved, where it has any. What an unquoted number looked
    /// like and which line it was on is lost then.
    fn merged(self, survey: &Survey) -> Result<Self> {
        if !survey.has_merge_keys {
            return Ok(self);
        }
        let mut document: serde_yaml::Value = self.decode()?;
        document
            .apply_merge()
            .map_err(|error| self.yaml_error("", &error))?;
        let text = serde_yaml::to_string(&document).map_err(|error| self.yaml_error("", &error))?;
        Ok(Self {
            text,
            has_lines: false,
            ..self
        })
    }
}

/// A message of the YAML reader's less the path in front, which is ours or one on the way there.
fn without_path<'m>(message: &'m str, path: &str) -> &'m str {
    let is_path = |prefix: &str| path.starts_with(prefix.trim_start_matches('.'));
    match message.split_once(": ") {
        Some((prefix, rest)) if is_path(prefix) => rest,
        _ => message,
    }
}

fn read_document<T: Document>(source: Source<'_>) -> Result<T> {
    let survey = survey(&source)?;
    let source = source.merged(&survey)?;
    let in_body = T::IN_BODY && survey.keys.contains("body");
    let (document, place) = match in_body {
        true => {
            let beside = |key: &&String| *key != "body" && !is_aside(key);
            if let Some(other) = survey.keys.iter().filter(beside).min() {
                let message = "there is nothing beside `body` in a document of this kind";
                return Err(source.error(other, message, None));
            }
            (source.decode::<Body<T>>()?.body, "body")
        }
        false => {
            let mut document: T = source.decode()?;
            document.rest().retain(|key, _| !T::passes_over(key));
            (document, "")
        }
    };
    if let Err((path, message)) = document.check() {
        return Err(source.error(&join(place, path), message, None));
    }
    let mut unknown = Vec::new();
    document.find(place, &mut unknown);
    for path in unknown {
        let message = match path.starts_with("artifact.") {
            true => "not known to this release; it is not sent",
            false => "not known to this release; it is sent as it is",
        };
        // In the form of an error: the file and the path, and nothing of the value.
        log::warn!(target: LOG_TARGET, "{}", source.error(&path, message, None));
    }
    Ok(document)
}

/// Whether a key at a document's top is for others than the service: `$schema` is for editors, and
/// `x-…` is where people put what YAML's aliases repeat.
fn is_aside(key: &str) -> bool {
    key == "$schema" || key.starts_with("x-")
}

#[derive(Deserialize)]
struct Body<T> {
    body: T,
}

/// What has to be known of a document before it is decoded.
#[derive(Default)]
struct Survey {
    /// The keys at its top, where it is a map.
    keys: HashSet<String>,
    has_merge_keys: bool,
    /// Whether a template is an error: YAML files of the official client may be some.
    refuses_templates: bool,
    /// The bytes of its scalars, each counted as often as aliases repeat it.
    expanded: usize,
}

/// Goes over a document, and refuses what cannot be read without harm or loss.
fn survey(source: &Source<'_>) -> Result<Survey> {
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
    survey.refuses_templates = !source.is_json;
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

/// JSON text as YAML that means the same on the same lines: YAML knows no tabs between tokens, no
/// surrogate pairs, and fewer characters that may stand for themselves.
fn json_as_yaml(text: &str) -> String {
    let mut yaml = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        let (between, string) = rest.split_at(quote);
        yaml.extend(between.chars().map(|c| if c == '\t' { ' ' } else { c }));
        let end = string_end(string);
        match serde_json::from_str::<String>(&string[..end]) {
            Ok(string) => push_quoted(&mut yaml, &string),
            Err(_) => yaml.push_str(&string[..end]),
        }
        rest = &string[end..];
    }
    yaml.extend(rest.chars().map(|c| if c == '\t' { ' ' } else { c }));
    yaml
}

/// What an error says of a template.
const TEMPLATE: &str = "`{{ … }}` and `{% … %}` make this a template, and this crate fills in none: \
     read what the template gives, or set the field in code";

/// Whether a text has a placeholder or a statement of Jinja, which the official command-line client
/// fills in before it reads a file. Sent as it is, it would be the name of a block.
fn is_template(text: &str) -> bool {
    [("{{", "}}"), ("{%", "%}")]
        .iter()
        .any(|(opening, closing)| {
            let inside = text.split_once(opening);
            inside.is_some_and(|(_, rest)| rest.contains(closing))
        })
}

/// Where a JSON string ends that starts the text.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

fn push_quoted(yaml: &mut String, text: &str) {
    yaml.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => yaml.extend(['\\', c]),
            ' '..='~' => yaml.push(c),
            '\u{a0}'..='\u{d7ff}' if !matches!(c, '\u{2028}' | '\u{2029}') => yaml.push(c),
            _ => yaml.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    yaml.push('"');
}
