//! Matches paths against the lines of ignore files.
//!
//! `globset` does the matching, on paths and globs whose multi-byte characters were replaced by
//! `encoding`.

use std::fs;
use std::io;
use std::path::{Component, Path};

use globset::{Candidate, Glob, GlobBuilder, GlobSet};

use super::encoding::{
    ANY_CHARACTER, PLAIN_FIRST, PLAIN_LAST, encode_all, is_plain, push_encoded, push_literal,
};
use crate::error::ArtifactError;

/// The ignore file that is read if none is named, provided it exists.
const DEFAULT: &str = ".dockerignore";

/// The maximum number of folders of a line's path that are compared to find out whether it can match in
/// a folder.
const MAX_WAY: usize = 32;

/// The lines of the ignore files, in order.
#[derive(Debug)]
pub(super) struct Rules {
    lines: Vec<Line>,
    /// A glob for each line.
    globs: Globs,
    /// For each line that keeps files, globs for the folders that may contain them.
    ways: Globs,
    /// The index of the line of each of these globs.
    ways_of: Vec<usize>,
    /// The last line that can keep files in any folder.
    last_keep_anywhere: Option<usize>,
    /// The last folder that was matched, and the last line that matches it or one of its parents.
    last_folder: (String, Option<usize>),
}

impl Rules {
    /// Reads the ignore files of a folder: the named ones, or the default.
    pub(super) fn read(root: &Path, names: &[String]) -> Result<Self, ArtifactError> {
        let default = [DEFAULT.to_owned()];
        let names = match names {
            [] if fs::exists(root.join(DEFAULT)).unwrap_or(true) => &default,
            names => names,
        };
        let mut lines = Vec::new();
        for name in names {
            lines.extend(parse(&read_file(root, name)?));
        }
        Rules::new(lines).map_err(|error| {
            let message = format!("a line is too complex to match: {error}");
            ignore_file_error(&names.join(", "), message)
        })
    }

    fn new(lines: Vec<Line>) -> Result<Self, globset::Error> {
        let mut ways = Vec::new();
        let mut ways_of = Vec::new();
        let mut last_keep_anywhere = None;
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.keep) {
            if line.segments[0] == "**" {
                last_keep_anywhere = Some(index);
            } else {
                ways.extend(line.folders_on_the_way());
                ways_of.resize(ways.len(), index);
            }
        }
        Ok(Rules {
            globs: Globs::new(lines.iter().map(Line::glob))?,
            ways: Globs::new(ways.into_iter())?,
            ways_of,
            last_keep_anywhere,
            lines,
            last_folder: Default::default(),
        })
    }

    /// Whether a file is excluded.
    pub(super) fn ignores(&mut self, path: &str) -> bool {
        let path = encode_all(path);
        let parent = path.rfind('/').map_or("", |slash| &path[..slash]);
        let last = self.match_folder(parent).max(self.match_file(&path));
        last.is_some_and(|last| !self.lines[last].keep)
    }

    /// Whether every file that a folder can contain is excluded.
    pub(super) fn ignores_all_below(&mut self, folder: &str) -> bool {
        let folder = encode_all(folder);
        // A line that matches the folder followed by `/` matches every file in it.
        let in_folder = self.match_file(&format!("{folder}/"));
        let Some(last) = self.match_folder(&folder).max(in_folder) else {
            return false;
        };
        !self.lines[last].keep
            && self.last_keep_anywhere < Some(last)
            && !(self.ways.matches(&folder)).any(|way| self.ways_of[way] > last)
    }

    /// The last line that matches a file itself.
    fn match_file(&self, path: &str) -> Option<usize> {
        let matches = self.globs.matches(path);
        matches.filter(|line| !self.lines[*line].only_folders).max()
    }

    /// The last line that matches a folder or one of its parents, and so every file in it.
    fn match_folder(&mut self, folder: &str) -> Option<usize> {
        if folder.is_empty() {
            return None;
        }
        if folder != self.last_folder.0 {
            let ends = folder.match_indices('/').map(|(slash, _)| slash);
            let last = ends
                .chain([folder.len()])
                .filter_map(|end| self.globs.matches(&folder[..end]).max())
                .max();
            self.last_folder = (folder.to_owned(), last);
        }
        self.last_folder.1
    }
}

/// A list of globs of any length.
#[derive(Debug)]
struct Globs {
    /// Sets of consecutive globs, each with the index of its first.
    sets: Vec<(usize, GlobSet)>,
}

impl Globs {
    fn new(globs: impl Iterator<Item = String>) -> Result<Self, globset::Error> {
        let globs: Vec<Glob> = globs.map(|glob| compile(&glob)).collect::<Result<_, _>>()?;
        let mut sets = Vec::new();
        Self::build(0, &globs, &mut sets)?;
        Ok(Globs { sets })
    }

    /// Builds as few sets as possible. globset limits the size of each.
    fn build(
        first: usize,
        globs: &[Glob],
        sets: &mut Vec<(usize, GlobSet)>,
    ) -> Result<(), globset::Error> {
        match GlobSet::new(globs) {
            Ok(set) => sets.push((first, set)),
            Err(error) if globs.len() < 2 => return Err(error),
            Err(_) => {
                let (left, right) = globs.split_at(globs.len() / 2);
                Self::build(first, left, sets)?;
                Self::build(first + left.len(), right, sets)?;
            }
        }
        Ok(())
    }

    /// The indices of the globs that match an encoded path.
    fn matches(&self, path: &str) -> impl Iterator<Item = usize> {
        let candidate = Candidate::from_bytes(path);
        self.sets.iter().flat_map(move |(first, set)| {
            let matches = set.matches_candidate(&candidate);
            matches.into_iter().map(move |index| first + index)
        })
    }
}

/// Reads an ignore file, which must be directly in the folder.
fn read_file(root: &Path, name: &str) -> Result<String, ArtifactError> {
    let mut components = Path::new(name)
        .components()
        .filter(|component| *component != Component::CurDir);
    let (Some(Component::Normal(_)), None) = (components.next(), components.next()) else {
        let message = "an ignore file must lie directly in the artifact's folder";
        return Err(ignore_file_error(name, message));
    };
    let path = root.join(name);
    let metadata = fs::metadata(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            ignore_file_error(name, format!("no such file in {}", root.display()))
        }
        _ => ignore_file_error(name, error.to_string()),
    })?;
    if !metadata.is_file() {
        // Reading a folder fails, and reading a pipe might never end.
        return Err(ignore_file_error(name, "not a file"));
    }
    fs::read_to_string(&path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => ignore_file_error(name, "not UTF-8 text"),
        _ => ignore_file_error(name, error.to_string()),
    })
}

fn ignore_file_error(name: &str, message: impl Into<String>) -> ArtifactError {
    ArtifactError::IgnoreFile {
        path: name.into(),
        message: message.into(),
    }
}

fn compile(glob: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(glob)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
}

/// A line of an ignore file.
#[derive(Debug)]
struct Line {
    /// Whether it starts with `!`, and so keeps what it matches.
    keep: bool,
    /// Whether it matches folders only.
    only_folders: bool,
    /// A glob for each name in the path.
    segments: Vec<String>,
}

fn parse(text: &str) -> Vec<Line> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split(['\n', '\r']).filter_map(Line::parse).collect()
}

impl Line {
    /// Parses a line. `None` if it cannot match anything.
    fn parse(line: &str) -> Option<Self> {
        let line = trim(line);
        if line.starts_with('#') {
            return None;
        }
        let (keep, pattern) = match line.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, line),
        };
        let (pattern, mut only_folders) = match pattern.strip_suffix('/') {
            Some(pattern) => (pattern, true),
            None => (pattern, false),
        };
        // A slash at the start or in the middle anchors the pattern to the artifact's folder.
        let mut segments: Vec<&str> = match pattern.strip_prefix('/') {
            Some(pattern) => pattern.split('/').collect(),
            None if pattern.contains('/') => pattern.split('/').collect(),
            None => vec!["**", pattern],
        };
        if segments.contains(&"") {
            // No file has an empty name.
            return None;
        }
        if only_folders && segments.iter().all(|segment| *segment == "**") {
            segments.push("*");
        }
        // `**` at the end matches files, even with a slash after it.
        only_folders &= segments.last() != Some(&"**");
        segments.dedup_by(|a, b| *a == "**" && *b == "**");
        Some(Line {
            keep,
            only_folders,
            segments: segments
                .into_iter()
                .map(segment_glob)
                .collect::<Option<_>>()?,
        })
    }

    fn glob(&self) -> String {
        self.segments.join("/")
    }

    /// Globs for the folders that may contain a match without matching themselves.
    fn folders_on_the_way(&self) -> impl Iterator<Item = String> {
        let is_any = |segment: &String| segment == "**";
        let any = self.segments.iter().position(is_any);
        let last = any.map_or(self.segments.len() - 1, |any| any + 1);
        let ends = 1..=last.min(MAX_WAY);
        ends.map(move |end| match end {
            MAX_WAY => self.segments[..end].join("/") + "/**",
            end => self.segments[..end].join("/"),
        })
    }
}

/// The glob for one name in a path. `None` if no name can match.
fn segment_glob(segment: &str) -> Option<String> {
    if segment == "**" {
        return Some(segment.to_owned());
    }
    let mut glob = String::new();
    let mut rest = segment.chars();
    while let Some(c) = rest.next() {
        match c {
            // A backslash at the end escapes nothing.
            '\\' => push_literal(rest.next()?, &mut glob),
            '*' => {
                glob.push('*');
                rest = rest.as_str().trim_start_matches('*').chars();
            }
            '?' => glob.push_str(ANY_CHARACTER),
            '[' => match Class::parse(rest.as_str()) {
                Some((class, after)) => {
                    glob.push_str(&class.glob()?);
                    rest = after.chars();
                }
                None => push_literal('[', &mut glob),
            },
            c => push_literal(c, &mut glob),
        }
    }
    Some(glob)
}

/// Strips spaces from both ends, except one escaped with a backslash.
fn trim(line: &str) -> &str {
    let line = line.trim_start();
    let trimmed = line.trim_end();
    let backslashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    match line[trimmed.len()..].chars().next() {
        Some(space) if backslashes % 2 == 1 => &line[..trimmed.len() + space.len_utf8()],
        _ => trimmed,
    }
}

/// A set of characters: `[…]`.
struct Class {
    /// The first and last code point of each range.
    ranges: Vec<(u32, u32)>,
}

impl Class {
    /// Parses what follows a `[`, and returns the rest after the class. `None` if it is unclosed.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (negated, text) = match text.strip_prefix(['!', '^']) {
            Some(text) => (true, text),
            None => (false, text),
        };
        // A `]` in first position is a member.
        let first = usize::from(text.starts_with(']'));
        let end = first + text[first..].find(']')?;
        let mut ranges = ranges(&text[..end]);
        if negated {
            ranges = complement(ranges);
        }
        Some((Class { ranges }, &text[end + 1..]))
    }

    /// A glob that matches one character of the set. `None` if the set is empty.
    fn glob(&self) -> Option<String> {
        let mut globs = Vec::new();
        let mut class = String::new();
        for &(first, last) in &self.ranges {
            for c in (first..=last.min(PLAIN_LAST)).filter_map(char::from_u32) {
                match c {
                    '/' => {}
                    '!' | '-' | '[' | '\\' | ']' | '^' => globs.push(format!("\\{c}")),
                    c if is_plain(c) => class.push(c),
                    _ => {}
                }
            }
            if first < PLAIN_FIRST || last > PLAIN_LAST {
                push_encoded(first, last, &mut globs);
            }
        }
        if !class.is_empty() {
            globs.push(format!("[{class}]"));
        }
        (!globs.is_empty()).then(|| format!("{{{}}}", globs.join(",")))
    }
}

/// The ranges of `a-z_`. A `-` at either end is literal, and a reversed range is empty.
fn ranges(members: &str) -> Vec<(u32, u32)> {
    let members: Vec<u32> = members.chars().map(u32::from).collect();
    let mut ranges = Vec::new();
    let mut rest = members.as_slice();
    while let [first, after @ ..] = rest {
        let last;
        (last, rest) = match after {
            [dash, last, after @ ..] if *dash == u32::from('-') => (last, after),
            _ => (first, after),
        };
        if first <= last {
            ranges.push((*first, *last));
        }
    }
    ranges
}

/// The characters that are in none of the ranges.
fn complement(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut others = Vec::new();
    let mut next = 0;
    for (first, last) in ranges {
        if next < first {
            others.push((next, first - 1));
        }
        next = next.max(last + 1);
    }
    others.push((next, u32::from(char::MAX)));
    others
}
