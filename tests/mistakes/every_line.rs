//! Makes common mistakes on every line of a valid file. Each must cause an error or a problem that
//! names the line.

use peak_press::types::CreateSpec;
use peak_press::{DocumentError, Error, Problem};

const VALID: &str = include_str!("../documents/workflow.yaml");

/// A line `key: value`, with or without `- ` before it and a value after it.
struct Line<'a> {
    number: usize,
    /// The spaces and dashes before the key.
    indent: &'a str,
    key: &'a str,
    value: &'a str,
}

fn lines() -> Vec<Line<'static>> {
    let lines = VALID.lines().enumerate().filter_map(|(index, line)| {
        let text = line.trim_start_matches([' ', '-']);
        let (key, value) = text.split_once(':')?;
        let is_key = key.chars().all(|c| c.is_alphanumeric() || c == '_');
        is_key.then(|| Line {
            number: index + 1,
            indent: &line[..line.len() - text.len()],
            key,
            value: value.trim(),
        })
    });
    lines.collect()
}

/// The file with one line replaced.
fn with_line(number: usize, line: &str) -> String {
    let mut lines: Vec<_> = VALID.lines().collect();
    lines[number - 1] = line;
    lines.join("\n") + "\n"
}

/// The line and text of a file's errors or, if there are none, of its problems.
fn findings(text: &str) -> Vec<(Option<usize>, String)> {
    let of_error =
        |error: &DocumentError| (error.line, format!("{}: {}", error.path, error.message));
    let of_problem = |problem: &Problem| (problem.line, problem.to_string());
    match CreateSpec::from_yaml_str(text) {
        Ok(request) => request.problems().iter().map(of_problem).collect(),
        Err(Error::InvalidYaml(first)) => {
            let errors = std::iter::once(&*first).chain(&first.further);
            errors.map(of_error).collect()
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// Makes a mistake on each line that it applies to. A finding must be on that line, at most
/// `lines_above` lines above it, or on the line below it.
fn assert_each_is_found(lines_above: usize, mistake: fn(&Line) -> Option<String>) {
    let mut broken = 0;
    for line in lines() {
        let Some(replacement) = mistake(&line) else {
            continue;
        };
        broken += 1;
        let findings = findings(&with_line(line.number, &replacement));
        let near = line.number - lines_above.min(line.number)..=line.number + 1;
        let is_found = findings
            .iter()
            .any(|(at, _)| at.is_some_and(|at| near.contains(&at)));
        assert!(
            is_found,
            "line {}: {replacement:?} gives {findings:#?}",
            line.number
        );
    }
    assert!(broken > 20, "{broken} lines were broken");
}

/// Whether the key of a line is a name that the user chooses.
fn is_users_name(line: &Line) -> bool {
    let names = [
        "python", "load", "train", "score", "notify", "publish", "clean", "tidy", "token", "level",
    ];
    names.contains(&line.key) && line.indent.len() >= 6
}

#[test]
fn the_unchanged_file_is_valid() {
    assert_eq!(findings(VALID), []);
}

#[test]
fn finds_a_misspelled_key() {
    // A step without `type` lacks the fields of a standard step, which is reported on the line of its name.
    assert_each_is_found(1, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        (!is_users_name(line)).then(|| format!("{indent}{key}{} {value}", "x:"))
    });
}

#[test]
fn finds_a_map_in_place_of_a_value() {
    assert_each_is_found(0, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        let is_untyped = matches!(*key, "version") && line.indent.len() == 2;
        (!value.is_empty() && !is_untyped).then(|| format!("{indent}{key}: {{ zz: {{ y: 1 }} }}"))
    });
}

#[test]
fn finds_a_list_in_place_of_a_value() {
    assert_each_is_found(0, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        let is_list = value.starts_with('[');
        let is_plain = !value.is_empty() && !is_list && !value.starts_with('|');
        is_plain.then(|| format!("{indent}{key}: [[{}]]", "1"))
    });
}

#[test]
fn finds_a_second_colon() {
    assert_each_is_found(0, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        let is_text = value.starts_with(|c: char| c.is_alphanumeric());
        is_text.then(|| format!("{indent}{key}: {value}: x"))
    });
}

#[test]
fn finds_a_duplicate_key() {
    assert_each_is_found(0, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        let is_scalar = !value.is_empty() && !indent.contains('-');
        is_scalar.then(|| format!("{indent}{key}: {value}\n{indent}{key}: {value}"))
    });
}

#[test]
fn finds_a_tab_in_the_indentation() {
    assert_each_is_found(1, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        (indent.len() > 3 && !indent.contains('-')).then(|| format!("\t{key}: {value}"))
    });
}

#[test]
fn finds_a_missing_colon() {
    assert_each_is_found(1, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        (!value.is_empty() && !indent.contains('-')).then(|| format!("{indent}{key} {value}"))
    });
}

#[test]
fn finds_an_unclosed_quote() {
    assert_each_is_found(0, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        let is_text = value.starts_with(|c: char| c.is_alphanumeric());
        is_text.then(|| format!("{indent}{key}: \"{value}"))
    });
}
