//! Finds the tags in the source of a template, and rewrites them: includes are indented, and
//! expressions are [charged for](super::guard).

use std::ops::Range;

use super::guard::{MAX_PARTS, guard};

/// The function that marks the start of an include in the output, and its indentation.
pub(super) const OPEN: &str = "__open";
/// The function that marks the end of an include in the output.
pub(super) const CLOSE: &str = "__close";

/// The function that reports an expression that [`guard`] refuses.
pub(super) const TOO_LONG: &str = "__too_long";
/// The function that reports an unclosed tag.
pub(super) const UNCLOSED: &str = "__unclosed";

/// How the text of an include is indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indenting {
    /// With a filter around the directive, as the official client does. The engine then loses the
    /// source line of each included line.
    Filtered,
    /// With marks around the directive, between which [`trace`](super::lines::trace) indents.
    Marked,
}

/// An include directive, like `{%- include "step.yaml" %}`.
struct Directive<'a> {
    range: Range<usize>,
    /// The text between the delimiters, without whitespace control.
    statement: &'a str,
    trims_before: bool,
    trims_after: bool,
    /// Whether the output is kept as a value, as inside `{% set x %}…{% endset %}`.
    is_captured: bool,
}

/// The source to compile. It has the same lines as the original.
pub(super) fn prepare(source: &str, indenting: Indenting) -> String {
    guard_tags(&indent_includes(source, indenting))
}

/// Rewrites every tag so that it charges for the values that it works on.
fn guard_tags(source: &str) -> String {
    let (tags, unclosed) = tags(source);
    let mut out = String::with_capacity(source.len());
    let mut copied = 0;
    let mut alternatives = 0;
    for tag in tags {
        alternatives += usize::from(tag.keyword() == "elif");
        let guarded = match guard(tag.text, tag.is_statement) {
            Ok(guarded) if alternatives <= MAX_PARTS => guarded,
            _ => return failing(source, tag.range.start, TOO_LONG),
        };
        out.push_str(&source[copied..tag.inside.start]);
        out.push_str(&guarded);
        copied = tag.inside.end;
    }
    if let Some(start) = unclosed {
        return failing(source, start, UNCLOSED);
    }
    out.push_str(&source[copied..]);
    out
}

/// Replaces a source that has a tag that the engine cannot handle by a call of a function that fails,
/// on the same line.
fn failing(source: &str, tag: usize, function: &str) -> String {
    let lines = source[..tag].matches('\n').count();
    format!("{}{{{{ {function}() }}}}", "\n".repeat(lines))
}

/// Rewrites every include directive so that its text is indented by the directive's column.
fn indent_includes(source: &str, indenting: Indenting) -> String {
    let mut out = String::with_capacity(source.len() + 64);
    let mut copied = 0;
    let (mut seen, mut column) = (0, 0);
    for directive in include_directives(source) {
        let between = &source[seen..directive.range.start];
        column = match between.rsplit_once('\n') {
            Some((_, line)) => line.chars().count(),
            None => column + between.chars().count(),
        };
        seen = directive.range.start;
        if column == 0 {
            continue;
        }
        out.push_str(&source[copied..directive.range.start]);
        copied = directive.range.end;
        let before = if directive.trims_before { "-" } else { "" };
        let after = if directive.trims_after { "-" } else { "" };
        let statement = directive.statement;
        let include = format!("{{% {statement} %}}");
        if indenting == Indenting::Filtered || directive.is_captured {
            out.push_str(&format!(
                "{{%{before} filter indent({column}) %}}{include}{{% endfilter {after}%}}"
            ));
        } else {
            out.push_str(&format!(
                "{{{{{before} {OPEN}({column}) }}}}{include}{{{{ {CLOSE}() {after}}}}}"
            ));
        }
    }
    out.push_str(&source[copied..]);
    out
}

/// Indents every line but the first; empty lines only if `blank`.
pub(super) fn indent(text: &str, margin: &str, blank: bool) -> String {
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        if blank || !line.is_empty() {
            out.push_str(margin);
            out.push_str(line);
        }
    }
    out
}

/// A tag: `{{ expression }}` or `{% statement %}`.
struct Tag<'a> {
    range: Range<usize>,
    is_statement: bool,
    /// The range of its inside in the source, without delimiters and whitespace control.
    inside: Range<usize>,
    text: &'a str,
    trims_before: bool,
    trims_after: bool,
}

impl<'a> Tag<'a> {
    fn new(source: &'a str, range: Range<usize>) -> Self {
        let is_statement = source.as_bytes()[range.start + 1] == b'%';
        let mut inside = range.start + 2..range.end - 2;
        let first = source[inside.clone()].chars().next();
        inside.start += usize::from(matches!(first, Some('-' | '+')));
        let last = source[inside.clone()].chars().next_back();
        inside.end -= usize::from(matches!(last, Some('-' | '+')));
        Self {
            is_statement,
            text: &source[inside.clone()],
            inside,
            range,
            trims_before: first == Some('-'),
            trims_after: last == Some('-'),
        }
    }

    fn keyword(&self) -> &'a str {
        if self.is_statement {
            keyword(self.text.trim_start())
        } else {
            ""
        }
    }
}

/// The tags of a template, except in comments and `raw` blocks, and the start of a tag that is not
/// closed.
fn tags(source: &str) -> (Vec<Tag<'_>>, Option<usize>) {
    let mut tags = Vec::new();
    let mut position = 0;
    while let Some(start) = find_tag(source, position) {
        let closing = match source.as_bytes()[start + 1] {
            b'#' => {
                position = end_of(source, start + 2, "#}");
                continue;
            }
            b'{' => "}}",
            _ => "%}",
        };
        let Some(end) = tag_end(source, start + 2, closing) else {
            return (tags, Some(start)); // the engine reports it
        };
        let tag = Tag::new(source, start..end);
        position = match tag.keyword() {
            "raw" => raw_end(source, end),
            _ => end,
        };
        tags.push(tag);
    }
    (tags, None)
}

fn include_directives(source: &str) -> Vec<Directive<'_>> {
    let mut directives = Vec::new();
    let mut captures = 0_usize;
    for tag in tags(source).0 {
        match tag.keyword() {
            "filter" | "call" | "macro" => captures += 1,
            "set" if captures_block(tag.text) => captures += 1,
            "endfilter" | "endcall" | "endmacro" | "endset" => {
                captures = captures.saturating_sub(1);
            }
            "include" => directives.push(Directive {
                range: tag.range,
                statement: tag.text.trim(),
                trims_before: tag.trims_before,
                trims_after: tag.trims_after,
                is_captured: captures > 0,
            }),
            _ => {}
        }
    }
    directives
}

/// The start of the next tag or comment.
fn find_tag(source: &str, from: usize) -> Option<usize> {
    source.as_bytes()[from..]
        .windows(2)
        .position(|pair| matches!(pair, b"{%" | b"{{" | b"{#"))
        .map(|at| from + at)
}

/// The end of the next `text`, or of the source.
fn end_of(source: &str, from: usize, text: &str) -> usize {
    source[from..]
        .find(text)
        .map_or(source.len(), |at| from + at + text.len())
}

/// The end of a tag whose inside starts at `from`: after `closing`, outside of strings and brackets.
fn tag_end(source: &str, from: usize, closing: &str) -> Option<usize> {
    let mut open_brackets = 0_usize;
    let mut quote = None;
    let mut bytes = source.bytes().enumerate().skip(from);
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => {
                bytes.next();
            }
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, _)
                if open_brackets == 0
                    && source.as_bytes()[at..].starts_with(closing.as_bytes()) =>
            {
                return Some(at + closing.len());
            }
            (None, b'(' | b'[' | b'{') => open_brackets += 1,
            (None, b')' | b']' | b'}') => open_brackets = open_brackets.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}

/// The end of a `raw` block whose content starts at `from`.
fn raw_end(source: &str, from: usize) -> usize {
    let mut position = from;
    while let Some(at) = source[position..].find("{%") {
        let inside = position + at + 2;
        let end = end_of(source, inside, "%}");
        let statement = source[inside..end].trim_start_matches(['-', '+']);
        if keyword(statement.trim_start()) == "endraw" {
            return end;
        }
        position = inside;
    }
    source.len()
}

fn keyword(statement: &str) -> &str {
    let end = statement.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &statement[..end.unwrap_or(statement.len())]
}

/// Whether a `set` statement captures the block after it instead of the value of an expression.
fn captures_block(statement: &str) -> bool {
    let first = statement.find(['=', '|']);
    first.is_none_or(|at| statement.as_bytes()[at] == b'|')
}
