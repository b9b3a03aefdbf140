//! A document's text: how it is decoded, and what an error says of it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::json::json_as_yaml;
use super::survey::Survey;
use super::template::{TEMPLATE, is_template};
use crate::error::wording::{document_path, reword, without_position};
use crate::error::{DocumentError, Error, Result};

/// The largest document that is read, in bytes.
pub(super) const MAX_DOCUMENT: usize = 4 << 20;

/// The text of a file, without a byte-order mark.
pub(super) fn read_text(path: &Path) -> Result<String> {
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
pub(super) struct Source<'a> {
    /// As YAML, of which JSON is a part.
    pub(super) text: String,
    file: Option<&'a Path>,
    pub(super) is_json: bool,
    /// Whether a template is an error, as in a YAML file that has not been rendered.
    pub(super) refuses_templates: bool,
    /// Whether a line of the text is a line of what the user wrote.
    has_lines: bool,
}

impl<'a> Source<'a> {
    pub(super) fn yaml(text: &str, file: Option<&'a Path>) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        Self {
            text,
            file,
            is_json: false,
            refuses_templates: true,
            has_lines: true,
        }
    }

    /// What a template was rendered to. It may have `{{ … }}` for somebody else to fill in.
    #[cfg(feature = "templates")]
    pub(super) fn rendered(text: &str, template: &'a Path) -> Self {
        Self {
            refuses_templates: false,
            ..Self::yaml(text, Some(template))
        }
    }

    pub(super) fn json(text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut source = Self {
            text: String::new(),
            file: None,
            is_json: true,
            refuses_templates: false,
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

    pub(super) fn error(&self, path: &str, message: &str, line: Option<usize>) -> Error {
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

    pub(super) fn yaml_error(&self, path: &str, error: &serde_yaml::Error) -> Error {
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
        if self.refuses_templates && written.is_some_and(is_template) && !message.contains(TEMPLATE)
        {
            message = format!("{message}; {TEMPLATE}");
        }
        self.error(path, &message, line)
    }

    /// Decodes the document, with the path of what does not fit.
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        let mut track = serde_path_to_error::Track::new();
        let deserializer = serde_yaml::Deserializer::from_str(&self.text);
        let deserializer = serde_path_to_error::Deserializer::new(deserializer, &mut track);
        let decoded = T::deserialize(deserializer);
        decoded.map_err(|error| self.yaml_error(&document_path(&track.path()), &error))
    }

    /// The document with its merge keys resolved, where it has any. What an unquoted number looked
    /// like and which line it was on is lost then.
    pub(super) fn merged(self, survey: &Survey) -> Result<Self> {
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
