//! What is wrong with a request although its type can hold it.

use std::fmt;

use crate::error::Line;

/// Something in a request that the API's reference says is wrong, found without the service.
///
/// Reading a file or text logs each as a warning. Nothing is refused because of one: the service may
/// know more than this release. The module [`files`](crate::files#problems) lists the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The path within the request, such as `body.config.steps.train.parents[0]`.
    pub path: String,
    /// The line, counted from 1, if the request was read from a document and had the problem then.
    pub line: Option<usize>,
    /// What is wrong, and what is expected.
    pub message: String,
    /// The known word that is nearest to an unknown one.
    pub suggestion: Option<String>,
}

/// `path: message; did you mean "word"? (line 3)`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Line(&self.path), Line(self.text()))?;
        match self.line {
            Some(line) => write!(f, " (line {line})"),
            None => Ok(()),
        }
    }
}

impl Problem {
    /// The message with the suggestion.
    pub(super) fn text(&self) -> String {
        match &self.suggestion {
            Some(word) => format!("{}; did you mean {word:?}?", self.message),
            None => self.message.clone(),
        }
    }
}

/// The problems found so far.
#[derive(Default)]
pub(crate) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem {
            path: path.into(),
            line: None,
            message: message.into(),
            suggestion: None,
        });
    }

    /// A name that refers to none of those there are.
    pub(super) fn unknown<'a>(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        self.add(path, message);
        if let Some(problem) = self.0.last_mut() {
            problem.suggestion = nearest(word, known);
        }
    }
}

/// The known word that a misspelled one most likely stands for.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest_of(word, &mut known.into_iter())
}

/// As `nearest`, compiled once.
fn nearest_of(word: &str, known: &mut dyn Iterator<Item = &str>) -> Option<String> {
    let word = simple(word);
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let near = known.into_iter().filter_map(|candidate| {
        let distance = distance(&word, &simple(candidate));
        (distance <= limit).then_some((distance, candidate))
    });
    near.min().map(|(_, candidate)| candidate.to_owned())
}

/// A word without what different spellings differ in: case, `_` and `-`.
fn simple(word: &str) -> String {
    let letters = word.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    letters.flat_map(char::to_lowercase).take(64).collect()
}

/// How many letters have to be inserted, removed, replaced or swapped with their neighbour.
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
