//! Maps lines of the rendered text to lines of the templates.

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::{OutputSpan, OutputSpanKind};

use super::scan::{CLOSE, OPEN};

/// The origin of a line of rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The name under which the template was included.
    pub(super) template: Arc<str>,
    /// The line in the template, counted from 1.
    pub(super) line: usize,
}

/// Rendered text, and the origin of each of its lines.
#[derive(Debug, Default)]
pub(super) struct Traced {
    pub(super) text: String,
    origins: Vec<Option<Origin>>,
    /// The origin of the line being written.
    current: Option<Origin>,
    at_line_start: bool,
    includes: Vec<Include>,
}

/// An include that is being written.
#[derive(Debug)]
struct Include {
    width: usize,
    /// Whether its first line, which is not indented further, is complete.
    past_first_line: bool,
}

impl Traced {
    /// The origin of a line, counted from 1. Lines past the end have the origin of the last line.
    pub(super) fn origin(&self, line: usize) -> Option<&Origin> {
        let last = self.origins.len().checked_sub(1)?;
        let at = line.saturating_sub(1).min(last);
        self.origins[..=at].iter().rev().find_map(Option::as_ref)
    }

    fn push(&mut self, segment: &str, origin: &Origin) {
        let content = segment.strip_suffix('\n').unwrap_or(segment);
        if !content.is_empty() {
            if self.at_line_start {
                let nested = self
                    .includes
                    .iter()
                    .filter(|include| include.past_first_line);
                let width = nested.map(|include| include.width).sum();
                self.text.push_str(&" ".repeat(width));
                self.at_line_start = false;
            }
            self.text.push_str(content);
            if !content.trim().is_empty() {
                self.current = Some(origin.clone());
            }
        }
        if content.len() < segment.len() {
            self.text.push('\n');
            self.end_line(Some(origin));
        }
    }

    fn end_line(&mut self, origin: Option<&Origin>) {
        let current = self.current.take();
        self.origins.push(current.or_else(|| origin.cloned()));
        self.at_line_start = true;
        for include in &mut self.includes {
            include.past_first_line = true;
        }
    }
}

/// Processes an output span by span: indents the text between [`OPEN`] and [`CLOSE`], and records the
/// origin of each line, which is that of its last non-blank piece.
///
/// `source` returns the source of a template as compiled.
pub(super) fn trace<'s>(
    output: &str,
    spans: &[OutputSpan],
    source: impl Fn(&str) -> Option<&'s str>,
) -> Traced {
    let mut traced = Traced {
        at_line_start: true,
        ..Traced::default()
    };
    let mut sources: HashMap<Arc<str>, Source<'s>> = HashMap::new();
    for span in spans {
        if !sources.contains_key(span.name()) {
            let Some(text) = source(span.name()) else {
                continue;
            };
            sources.insert(span.name().into(), Source::new(text));
        }
        let Some((name, source)) = sources.get_key_value(span.name()) else {
            continue;
        };
        let is_expression = span.kind() == OutputSpanKind::Expression;
        let range = span.source_range();
        let code = source.text.get(range.clone()).unwrap_or_default().trim();
        if let Some(width) = opening(code).filter(|_| is_expression) {
            traced.includes.push(Include {
                width,
                past_first_line: false,
            });
        } else if is_expression && code.starts_with(CLOSE) {
            traced.includes.pop();
        } else {
            let mut line = source.line(range.start);
            for segment in output[span.output_range()].split_inclusive('\n') {
                let template = Arc::clone(name);
                traced.push(segment, &Origin { template, line });
                if !is_expression && segment.ends_with('\n') {
                    line += 1;
                }
            }
        }
    }
    traced.end_line(None);
    traced
}

/// The source of a template and the ends of its lines.
struct Source<'s> {
    text: &'s str,
    newlines: Vec<usize>,
}

impl<'s> Source<'s> {
    fn new(text: &'s str) -> Self {
        let newlines = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { text, newlines }
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.newlines.partition_point(|newline| *newline < offset)
    }
}

/// The width in `__open(4)`.
fn opening(expression: &str) -> Option<usize> {
    let arguments = expression.trim().strip_prefix(OPEN)?;
    let width = arguments.trim().strip_prefix('(')?.strip_suffix(')')?;
    width.trim().parse().ok()
}
