//! Reads requests from YAML and JSON documents, with errors that say where.
//!
//! A document is decoded straight from its text: a tree of values would lose line numbers and the
//! spelling of unquoted scalars. A survey of the text comes first, for what the decoder must know.

mod json;
mod readers;
mod source;
mod survey;
mod template;
mod unknown;

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::LOG_TARGET;
use crate::error::Result;
use crate::types::Parameters;
use source::{Source, read_text};
use survey::survey;
use unknown::{FindUnknown, Unknown, join};

/// A request type that can be read from a file of the official command-line client's format.
///
/// `build.rs` implements it for the structs of `schemas/` that have `x-file`.
pub(crate) trait Document: DeserializeOwned + FindUnknown {
    const LAYOUT: Layout;

    /// The top-level keys that have no field of their own.
    fn extra_mut(&mut self) -> &mut Map<String, Value>;

    /// What the type itself cannot rule out: a path and a message.
    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        Ok(())
    }
}

/// How a request is laid out in its file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The file is the request: `body` is one of its fields.
    Whole,
    /// The request is below `body`, with nothing beside it, or is the whole file without `body`.
    Body,
    /// As [`Body`](Layout::Body), and every key is a name of the user's own.
    Names,
}

impl Layout {
    /// Whether a top-level key is not for the service: `$schema` is for editors, and `x-…` is
    /// where YAML anchors are defined.
    fn ignores(self, key: &str) -> bool {
        key == "$schema" || (self != Layout::Names && key.starts_with("x-"))
    }
}

impl Document for Parameters {
    const LAYOUT: Layout = Layout::Names;

    fn extra_mut(&mut self) -> &mut Map<String, Value> {
        self.as_mut()
    }
}

/// Reads any type from a YAML file that holds it at the top level.
pub(crate) fn read_yaml_file<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let source = Source::yaml(&read_text(path)?, Some(path));
    let survey = survey(&source)?;
    source.merged(&survey)?.decode()
}

/// Reads a request from the text that a template was rendered to.
#[cfg(feature = "templates")]
pub(crate) fn read_rendered<T: Document>(text: &str, template: &Path) -> Result<T> {
    read_document(Source::rendered(text, template))
}

fn read_document<T: Document>(source: Source<'_>) -> Result<T> {
    let survey = survey(&source)?;
    let source = source.merged(&survey)?;
    let in_body = T::LAYOUT != Layout::Whole && survey.keys.contains("body");
    let (document, at) = if in_body {
        let beside = |key: &&String| *key != "body" && !Layout::Body.ignores(key);
        if let Some(other) = survey.keys.iter().filter(beside).min() {
            let message = "there is nothing beside `body` in a document of this kind";
            return Err(source.error(other, message, None));
        }
        (source.decode::<Body<T>>()?.body, "body")
    } else {
        let mut document: T = source.decode()?;
        document
            .extra_mut()
            .retain(|key, _| !T::LAYOUT.ignores(key));
        (document, "")
    };
    if let Err((path, message)) = document.check() {
        return Err(source.error(&join(at, path), message, None));
    }
    let mut found = Unknown::default();
    document.find_unknown(at, &mut found);
    for path in found.keys {
        let message = if path.starts_with("artifact.") {
            "not known to this release; it is not sent"
        } else {
            "not known to this release; it is sent as it is"
        };
        // In the form of an error: the file and the path, never the value.
        log::warn!(target: LOG_TARGET, "{}", source.error(&path, message, None));
    }
    Ok(document)
}

#[derive(Deserialize)]
struct Body<T> {
    body: T,
}
