//! Every line of a good file, broken in the ways in which people break files. Each mistake ends in an
//! error or a problem that names the line.

use peak_press::types::CreateSpec;
use peak_press::{DocumentError, Error, Problem};

const GOOD: &str = include_str!("documents/workflow.yaml");

/// A line `key: value`, with or without `- ` before it and a value after it.
struct Line<'a> {
    number: usize,
    /// The spaces and dashes before the key.
    indent: &'a str,
    key: &'a str,
    value: &'a str,
}

fn lines() -> Vec<Line<'static>> {
    let lines = GOOD.lines().enumerate().filter_map(|(index, line)| {
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
    let mut lines: Vec<_> = GOOD.lines().collect();
    lines[number - 1] = line;
    lines.join("\n") + "\n"
}

/// What is said of a file: its errors, or else its problems.
fn said(text: &str) -> Vec<(Option<usize>, String)> {
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

/// Breaks each line that a mistake applies to. What is said must name one of the lines from the
/// broken one, less `above`, up to the one below it.
fn assert_each_is_found(above: usize, mistake: fn(&Line) -> Option<String>) {
    let mut broken = 0;
    for line in lines() {
        let Some(replacement) = mistake(&line) else {
            continue;
        };
        broken += 1;
        let said = said(&with_line(line.number, &replacement));
        let near = line.number - above.min(line.number)..=line.number + 1;
        let is_found = said
            .iter()
            .any(|(at, _)| at.is_some_and(|at| near.contains(&at)));
        assert!(
            is_found,
            "line {}: {replacement:?} gives {said:#?}",
            line.number
        );
    }
    assert!(broken > 20, "{broken} lines were broken");
}

/// Whether the keys of the map that a line is in are names of the user's own.
fn is_own_name(line: &Line) -> bool {
    let names = [
        "python", "load", "train", "score", "notify", "publish", "clean", "tidy", "token", "level",
    ];
    names.contains(&line.key) && line.indent.len() >= 6
}

#[test]
fn the_file_itself_is_good() {
    assert_eq!(said(GOOD), []);
}

#[test]
fn a_misspelled_key_is_found() {
    // Without its `type`, a step lacks what a standard step needs: its own line says so.
    assert_each_is_found(1, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        (!is_own_name(line)).then(|| format!("{indent}{key}{} {value}", "x:"))
    });
}

#[test]
fn a_map_in_place_of_a_value_is_found() {
    assert_each_is_found(0, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        let is_any = matches!(*key, "version") && line.indent.len() == 2;
        (!value.is_empty() && !is_any).then(|| format!("{indent}{key}: {{ zz: {{ y: 1 }} }}"))
    });
}

#[test]
fn a_list_in_place_of_a_value_is_found() {
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
fn a_second_colon_is_found() {
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
fn a_tab_in_the_indentation_is_found() {
    assert_each_is_found(1, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        (indent.len() > 3 && !indent.contains('-')).then(|| format!("\t{key}: {value}"))
    });
}

#[test]
fn a_lost_colon_is_found() {
    assert_each_is_found(1, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        (!value.is_empty() && !indent.contains('-')).then(|| format!("{indent}{key} {value}"))
    });
}

#[test]
fn an_open_quote_is_found() {
    assert_each_is_found(0, |line| {
        let Line {
            indent, key, value, ..
        } = line;
        let is_text = value.starts_with(|c: char| c.is_alphanumeric());
        is_text.then(|| format!("{indent}{key}: \"{value}"))
    });
}
