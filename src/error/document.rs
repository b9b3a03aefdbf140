//! YAML and JSON files that cannot be read.

use std::fmt;
use std::path::PathBuf;

use super::text::Line;

/// A YAML or JSON document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentError {
    /// The file, where the document came from one.
    pub file: Option<PathBuf>,
    /// The path within the document, such as `body.config.steps.train.stepTimeout`; empty at the
    /// top, and where the text is not well-formed.
    pub path: String,
    /// What was expected there and what was found.
    pub message: String,
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// The column on that line, in characters and counted from 1. It is where the value starts, its
    /// anchor included; a list or map that starts below its key has the key's line and column.
    /// `None` where there is no line, and for templates, whose columns differ from those of the
    /// rendered text.
    pub column: Option<usize>,
    /// Up to 19 more errors of the same document, in line order. Their own `further` is empty.
    pub further: Vec<DocumentError>,
}

/// One line for each error.
impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", Line(file.display()))?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", Line(&self.path))?;
        }
        write!(f, "{}", Line(&self.message))?;
        if let Some(line) = self.line {
            write!(f, " (line {line})")?;
        }
        self.further
            .iter()
            .try_for_each(|error| write!(f, "\n{error}"))
    }
}

impl std::error::Error for DocumentError {}
