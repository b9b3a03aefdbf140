//! Problems: violations of the API's reference that types allow.

use std::fmt;
use std::path::PathBuf;

use super::rule::Rule;
use crate::error::{Line, excerpt};

/// A violation of the API's reference in a request, found without the service.
///
/// Reading a file or text logs each as a warning. A problem never stops a request: the service may know
/// more than this release. The module [`files`](crate::files#problems) lists the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The file, if the request was read from one. With a template, this is the file that contains the
    /// line.
    pub file: Option<PathBuf>,
    /// The path within the request, such as `body.config.steps.train.parents[0]`.
    pub path: String,
    /// The line, counted from 1, if the request was read from a document that already had the problem.
    pub line: Option<usize>,
    /// The column on that line, as [`DocumentError::column`](crate::DocumentError::column).
    pub column: Option<usize>,
    /// What is wrong, and what is expected.
    pub message: String,
    /// The known word nearest to an unknown one.
    pub suggestion: Option<String>,
    /// The name of the rule in the [table](crate::files#problems).
    pub rule: &'static str,
}

/// `block.yaml: path: message; did you mean "word"? (line 3)`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", Line(file.display()))?;
        }
        write!(f, "{}: {}", Line(&self.path), Line(self.text()))?;
        match self.line {
            Some(line) => write!(f, " (line {line})"),
            None => Ok(()),
        }
    }
}

impl Problem {
    /// The message with the suggestion.
    pub(crate) fn text(&self) -> String {
        match &self.suggestion {
            Some(word) => format!("{}; did you mean {word:?}?", self.message),
            None => self.message.clone(),
        }
    }
}

/// The maximum number of problems per request.
const MAX_PROBLEMS: usize = 200;

/// The maximum number of comparisons of unknown words with known words, per request. After that there
/// are no suggestions.
const MAX_COMPARISONS: usize = 20_000;

/// The maximum number of known words to compare with one word.
const MAX_WORDS: usize = 1_000;

/// The problems found so far.
#[derive(Default)]
pub(crate) struct Problems {
    pub(super) found: Vec<Problem>,
    comparisons: usize,
}

impl Problems {
    pub(super) fn add(&mut self, rule: Rule, path: impl Into<String>, message: impl Into<String>) {
        if self.found.len() < MAX_PROBLEMS {
            self.found.push(Problem {
                file: None,
                path: path.into(),
                line: None,
                column: None,
                message: message.into(),
                suggestion: None,
                rule: rule.name(),
            });
        }
    }

    /// Reports an unknown word, with the nearest known one.
    pub(super) fn unknown<'a>(
        &mut self,
        rule: Rule,
        path: impl Into<String>,
        message: impl Into<String>,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        if self.found.len() == MAX_PROBLEMS {
            return;
        }
        let known = known.into_iter().take(MAX_COMPARISONS - self.comparisons);
        let suggestion = nearest(word, known.inspect(|_| self.comparisons += 1));
        self.add(rule, path, message);
        if let Some(problem) = self.found.last_mut() {
            problem.suggestion = suggestion;
        }
    }
}

/// The message for a value that is not one of a few: `expected asc or desc, found "down"`.
pub(super) fn expected_one_of(known: &[&str], found: &str) -> String {
    let known = match known {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => known.join(", "),
    };
    format!("expected {known}, found {:?}", excerpt(found, 60))
}

/// The known word that a misspelled one most likely means.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest_of(word, &mut known.into_iter())
}

/// Not generic, so that it is compiled once.
fn nearest_of(word: &str, known: &mut dyn Iterator<Item = &str>) -> Option<String> {
    let word = simple(word);
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let near = known.take(MAX_WORDS).filter_map(|candidate| {
        let distance = distance(&word, &simple(candidate));
        (distance <= limit).then_some((distance, candidate))
    });
    near.min().map(|(_, candidate)| candidate.to_owned())
}

/// A word without case, `_` and `-`.
fn simple(word: &str) -> String {
    let letters = word.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    letters.flat_map(char::to_lowercase).take(64).collect()
}

/// The number of letters to insert, remove, replace or swap with their neighbor.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<_>>()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            let is_swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if is_swapped {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}
