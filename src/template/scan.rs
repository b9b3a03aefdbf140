//! Finds the include directives in the source of a template, and rewrites them to indent what
//! they include.

use std::ops::Range;

/// The function that marks in the output where an include starts and by how much it is indented.
pub(super) const OPEN: &str = "__open";
/// The function that marks in the output where an include ends.
pub(super) const CLOSE: &str = "__close";

/// How an include directive is made to indent its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indenting {
    /// A filter around the directive, as the official client does it. The engine loses track of
    /// which source line an included line came from.
    Filtered,
    /// Marks before and after the directive, for [`trace`](super::lines::trace) to indent between.
    Marked,
}

/// An include directive, like `{%- include "step.yaml" %}`.
struct Directive<'a> {
    range: Range<usize>,
    /// What stands between the delimiters, without whitespace control.
    statement: &'a str,
    trims_before: bool,
    trims_after: bool,
    /// Whether the template keeps the output as a value, as inside `{% set x %}…{% endset %}`.
    is_captured: bool,
}

/// The source with every include directive made to indent its text by the directive's column.
/// The number of lines and the line that anything is on stay the same.
pub(super) fn indent_includes(source: &str, indenting: Indenting) -> String {
    let mut out = String::with_capacity(source.len() + 64);
    let mut copied = 0;
    for directive in include_directives(source) {
        let line_start = source[..directive.range.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let column = source[line_start..directive.range.start].chars().count();
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

/// Moves every line after the first to the right, empty ones only if `blank`.
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

fn include_directives(source: &str) -> Vec<Directive<'_>> {
    let mut directives = Vec::new();
    let mut captures = 0_usize;
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
            break; // the engine reports it
        };
        position = end;
        if closing == "}}" {
            continue;
        }
        let inside = &source[start + 2..end - 2];
        let trims_before = inside.starts_with('-');
        let trims_after = inside.len() > 1 && inside.ends_with('-');
        let statement = inside
            .strip_prefix(['-', '+'])
            .unwrap_or(inside)
            .trim_start();
        let statement = statement.strip_suffix(['-', '+']).unwrap_or(statement);
        match keyword(statement) {
            "raw" => position = raw_end(source, end),
            "filter" | "call" | "macro" => captures += 1,
            "set" if captures_block(statement) => captures += 1,
            "endfilter" | "endcall" | "endmacro" | "endset" => {
                captures = captures.saturating_sub(1);
            }
            "include" => directives.push(Directive {
                range: start..end,
                statement: statement.trim_end(),
                trims_before,
                trims_after,
                is_captured: captures > 0,
            }),
            _ => {}
        }
    }
    directives
}

/// Where the next tag or comment starts.
fn find_tag(source: &str, from: usize) -> Option<usize> {
    source.as_bytes()[from..]
        .windows(2)
        .position(|pair| matches!(pair, b"{%" | b"{{" | b"{#"))
        .map(|at| from + at)
}

/// Where the first `text` ends, or the end of the source.
fn end_of(source: &str, from: usize, text: &str) -> usize {
    source[from..]
        .find(text)
        .map_or(source.len(), |at| from + at + text.len())
}

/// Where a tag ends whose inside starts at `from`: past `closing`, outside of strings and brackets.
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

/// Where a `raw` block ends whose content starts at `from`.
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

/// Whether a `set` statement takes the block after it, rather than the value of an expression.
fn captures_block(statement: &str) -> bool {
    let first = statement.find(['=', '|']);
    first.is_none_or(|at| statement.as_bytes()[at] == b'|')
}
