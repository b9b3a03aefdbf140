//! Rewrites the YAML parser's syntax errors so that they say how to fix the file.

use super::tree::Position;

/// What a message of the parser's means, and where the mistake is.
pub(super) fn explain(message: &str, text: &str, at: Position) -> (String, Position) {
    let number = at.line;
    let tab = [number, number + 1].map(|number| has_tab(line_of(text, number)));
    // The parser misses a colon only at the next key, and stops before a tab.
    match message {
        _ if number > 1
            && message.contains("simple key expect")
            && lacks_colon(text, number - 1) =>
        {
            (NO_COLON.to_owned(), start_of(text, number - 1))
        }
        _ if message.contains("tab") && tab == [false, true] => {
            (TAB.to_owned(), start_of(text, number + 1))
        }
        _ => (explain_line(message, line_of(text, number)), at),
    }
}

/// Where the text of a line starts, behind its indentation.
fn start_of(text: &str, line: u32) -> Position {
    let text = line_of(text, line);
    let indentation = text.len() - text.trim_start_matches([' ', '\t']).len();
    let column = 1 + indentation as u32;
    Position { line, column }
}

/// A line of a text, counted from 1.
pub(super) fn line_of(text: &str, number: u32) -> &str {
    text.lines()
        .nth(number.saturating_sub(1) as usize)
        .unwrap_or("")
}

const NO_COLON: &str = "a key without a colon and a space after it";

const TAB: &str = "a tab in the indentation: YAML needs spaces";

fn has_tab(line: &str) -> bool {
    let text = line.trim_start();
    line[..line.len() - text.len()].contains('\t')
}

fn lacks_colon(text: &str, number: u32) -> bool {
    let line = line_of(text, number).trim();
    !line.is_empty() && !line.starts_with('#') && colons(line) == 0
}

fn explain_line(message: &str, line: &str) -> String {
    let has = |words: &str| message.contains(words);
    if let Some(character) = message.strip_prefix("unexpected character: `") {
        let character = character.trim_end_matches('\'');
        return format!("unquoted text cannot start with {character:?}: quote the value");
    }
    let explained = if has("mapping values are not allowed") {
        if line.find(": ").is_some_and(|key| key > 1024) {
            "a key is longer than 1,024 characters"
        } else if colons(line) > 1 {
            "a colon followed by a space inside unquoted text: quote the value"
        } else {
            "a key is not expected here: check the indentation, and that a space follows the \
             colon on the line above"
        }
    } else if has("tab") && !has("TAG") {
        TAB
    } else if has("unknown anchor") {
        "there is no anchor of this name: quote text that starts with `*`"
    } else if has("anchor or alias") {
        "`*` and `&` refer to other values in YAML: quote text that starts with them"
    } else if has("invalid trailing content") {
        "text follows the closing quote: inside single quotes write a quote as `''`, inside double \
         quotes as `\\\"`"
    } else if has("escape") || has("hexadecimal") {
        "a backslash inside double quotes starts an escape, and this is not a known one: use single \
         quotes"
    } else if has("quoted scalar") {
        "a quote is not closed"
    } else if has("flow sequence") {
        "expected `,` or `]`: a `[` may not be closed"
    } else if has("flow mapping") {
        "expected `,` or `}`: a `{` may not be closed"
    } else if has("illegal placement of ':'") {
        "a colon is not expected here: a `[` or `{` may not be closed"
    } else if has("misplaced bracket") {
        "a closing bracket without an opening one"
    } else if has("did not find expected key") || has("invalid indentation") {
        "the indentation does not match the lines above"
    } else if has("simple key expect") {
        "a key without a colon, here or on the line above"
    } else if has("'-' indicator") {
        "expected `- ` for the next item of the list: check the indentation"
    } else if has("block sequence entries are not allowed") {
        "a list cannot start here: put each `- ` on a line of its own, or quote the value"
    } else if has("block scalar, did not find") {
        "text follows `|` or `>` on its line: start it on the next line, or quote the value"
    } else if has("document start") || has("document end") {
        SECOND_DOCUMENT
    } else if has("expected node content") {
        "expected a value"
    } else if has("recursion limit") {
        TOO_DEEP
    } else {
        message
    };
    explained.to_owned()
}

pub(super) const TOO_DEEP: &str = "lists and maps are nested more than 128 levels deep";

pub(super) const SECOND_DOCUMENT: &str = "a second document begins here: a file holds one, with \
     every line indented at least as far as the first";

/// The number of colons in a line that are followed by a space or the end of the line.
fn colons(line: &str) -> usize {
    line.matches(": ").count() + usize::from(line.trim_end().ends_with(':'))
}
