//! The source of a document, and errors that name it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::tree::{Content, Flaw, Language, Position, Tree};
use super::{json, yaml};
use crate::error::{DocumentError, Error, Result};

/// The maximum size of a document, in bytes.
const MAX_SIZE: usize = 4 << 20;

/// A document's text and origin.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) language: Language,
    pub(super) origin: Origin<'a>,
    /// Whether `{{ … }}` is text. Otherwise it is refused as an unrendered template.
    pub(super) allows_templates: bool,
}

/// Where a document's text comes from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    Text,
    File(&'a Path),
    /// A template. Maps a line of the rendered text to a file and a line.
    #[cfg_attr(not(feature = "templates"), allow(dead_code))]
    Rendered(&'a dyn Fn(usize) -> (PathBuf, usize)),
}

impl<'a> Source<'a> {
    pub(super) fn yaml(text: &'a str, origin: Origin<'a>) -> Self {
        Self {
            text: text.strip_prefix('\u{feff}').unwrap_or(text),
            language: Language::Yaml,
            origin,
            allows_templates: false,
        }
    }

    pub(super) fn json(text: &'a str) -> Self {
        Self {
            language: Language::Json,
            ..Self::yaml(text, Origin::Text)
        }
    }

    /// The document as a tree, with the errors that do not prevent reading the rest.
    pub(super) fn parse(&self) -> Result<(Tree<'a>, Vec<Flaw>)> {
        let refuse = |message| self.error(vec![Flaw::at_the_top(message)]);
        if self.text.len() > MAX_SIZE {
            return Err(refuse("the document is larger than 4 MiB"));
        }
        if self.text.trim().is_empty() {
            return Err(refuse("the document is empty"));
        }
        let parsed = match self.language {
            Language::Yaml => yaml::parse(self.text, self.allows_templates),
            Language::Json => json::parse(self.text),
        };
        let (tree, flaws) = parsed.map_err(|flaws| self.error(flaws))?;
        match &tree.node(tree.root).content {
            Content::Scalar(scalar) if scalar.is_null() => Err(refuse("the document is empty")),
            _ => Ok((tree, flaws)),
        }
    }

    /// An error with all flaws, sorted by line.
    pub(super) fn error(&self, mut flaws: Vec<Flaw>) -> Error {
        flaws.sort_by_key(|flaw| flaw.position.map(|position| position.line));
        let mut errors = flaws.into_iter().map(|flaw| self.document_error(flaw));
        let first = errors
            .next()
            .unwrap_or_else(|| self.document_error(Flaw::at_the_top("")));
        let error = Box::new(DocumentError {
            further: errors.collect(),
            ..first
        });
        match self.language {
            Language::Yaml => Error::InvalidYaml(error),
            Language::Json => Error::InvalidJson(error),
        }
    }

    /// The public form of a flaw.
    pub(super) fn document_error(&self, flaw: Flaw) -> DocumentError {
        let line = flaw.position.map(|position| position.line as usize);
        let column = flaw.position.map(|position| position.column as usize);
        let (file, line, column) = match self.origin {
            Origin::Text => (None, line, column),
            Origin::File(path) => (Some(path.to_owned()), line, column),
            // A column of the rendered text is not one of the template.
            Origin::Rendered(locate) => {
                let (file, template_line) = locate(line.unwrap_or(1));
                (Some(file), line.map(|_| template_line), None)
            }
        };
        DocumentError {
            file,
            path: flaw.path,
            message: flaw.message,
            line,
            column,
            further: Vec::new(),
        }
    }
}

/// The text of a file.
pub(super) fn read_text(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| Error::file(path, error))?;
    let limit = MAX_SIZE as u64 + 1;
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::file(path, error))?;
    String::from_utf8(bytes).map_err(|error| {
        let start = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let start = String::from_utf8_lossy(start);
        let start = start.trim_start_matches('\u{feff}');
        let line_start = start.rfind('\n').map_or(0, |newline| newline + 1);
        let position = Position {
            line: 1 + start.matches('\n').count() as u32,
            column: 1 + start[line_start..].chars().count() as u32,
        };
        let flaw = Flaw::new("", "this is not UTF-8 text", position);
        Source::yaml("", Origin::File(path)).error(vec![flaw])
    })
}
