//! Finds and reads the files of a template: the root and its includes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{DocumentError, Error, Result};

/// The maximum total size of a template's files, in bytes.
const MAX_SOURCES: usize = 4 << 20;

/// The maximum number of files that are read or looked up.
const MAX_LOOKUPS: usize = 2000;

/// The files of a template.
#[derive(Debug)]
pub(super) struct Sources {
    root: PathBuf,
    root_folder: PathBuf,
    /// The folders that files may be included from, with links resolved.
    allowed: Vec<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The folders to search, in this order: the current one, then that of each file read.
    folders: Vec<PathBuf>,
    /// The files read so far, by the name under which they were included.
    files: HashMap<String, Source>,
    bytes: usize,
    lookups: usize,
    /// Why the last missing file was not found.
    not_found: Option<String>,
}

#[derive(Clone, Debug)]
struct Source {
    path: PathBuf,
    text: String,
}

/// Why a file cannot be included.
pub(super) enum Failure {
    /// The file does not exist in any allowed folder.
    NotFound,
    Unreadable(String),
}

impl Sources {
    /// Reads the root, and allows includes from its folder and the given ones.
    pub(super) fn open(root: &Path, include_from: &[PathBuf]) -> Result<Self> {
        let bytes = read(root, MAX_SOURCES).map_err(|error| Error::file(root, error))?;
        let text = text(bytes).map_err(|problem| {
            Error::InvalidTemplate(Box::new(DocumentError {
                file: Some(root.to_owned()),
                path: String::new(),
                message: problem.message.into(),
                line: problem.line,
                column: None,
                further: Vec::new(),
            }))
        })?;
        let root_folder = folder(root);
        let mut allowed = Vec::new();
        for folder in std::iter::once(&root_folder).chain(include_from) {
            let canonical = folder.canonicalize();
            allowed.push(canonical.map_err(|error| Error::file(folder, error))?);
        }
        let state = State {
            folders: vec![PathBuf::from("."), root_folder.clone()],
            bytes: text.len(),
            lookups: 0,
            files: HashMap::from([(
                root.to_string_lossy().into_owned(),
                Source {
                    path: root.to_owned(),
                    text,
                },
            )]),
            not_found: None,
        };
        Ok(Self {
            root: root.to_owned(),
            root_folder,
            allowed,
            state: Mutex::new(state),
        })
    }

    /// The name of the root.
    pub(super) fn root_name(&self) -> String {
        self.root.to_string_lossy().into_owned()
    }

    /// The path of the file that was included under a name.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        let state = self.state();
        let file = state.files.get(name);
        file.map_or_else(|| PathBuf::from(name), |file| file.path.clone())
    }

    /// Why the last missing file was not found.
    pub(super) fn not_found(&self) -> Option<String> {
        self.state().not_found.clone()
    }

    /// The text of an included file, which is read on first use.
    pub(super) fn load(&self, name: &str) -> Result<String, Failure> {
        let mut state = self.state();
        if let Some(source) = state.files.get(name) {
            return Ok(source.text.clone());
        }
        state.lookups += 1;
        if state.lookups > MAX_LOOKUPS {
            let message = format!("more than {MAX_LOOKUPS} files are included or looked for");
            return Err(Failure::Unreadable(message));
        }
        let path = self.find(name.trim(), &mut state)?;
        let unreadable = |message: String| {
            Failure::Unreadable(format!("cannot include {}: {message}", path.display()))
        };
        let left = MAX_SOURCES.saturating_sub(state.bytes);
        let bytes = read(&path, left).map_err(|error| unreadable(error.to_string()))?;
        let text = text(bytes).map_err(|problem| unreadable(problem.to_string()))?;
        let folder = folder(&path);
        let text = rewrite_contexts(&text, |context| {
            relative(
                &absolute(&self.root_folder),
                &absolute(&folder.join(context)),
            )
        });
        state.bytes += text.len();
        if !state.folders.contains(&folder) {
            state.folders.push(folder);
        }
        let source = Source {
            path,
            text: text.clone(),
        };
        state.files.insert(name.to_owned(), source);
        Ok(text)
    }

    /// The first file of this name in a folder that files may be included from.
    fn find(&self, name: &str, state: &mut State) -> Result<PathBuf, Failure> {
        let mut outside = None;
        for folder in &state.folders {
            let path = folder.join(name);
            let Ok(canonical) = path.canonicalize() else {
                continue;
            };
            if !canonical.is_file() {
                continue;
            }
            if self
                .allowed
                .iter()
                .any(|allowed| canonical.starts_with(allowed))
            {
                return Ok(without_dots(&path));
            }
            outside.get_or_insert(canonical);
        }
        state.not_found = Some(match outside {
            Some(path) => format!(
                "{} is outside of the template's folder: allow its folder with \
                 `Vars::include_from`",
                path.display()
            ),
            None => {
                let mut looked_in: Vec<String> = Vec::new();
                for folder in &state.folders {
                    let folder = without_dots(folder).display().to_string();
                    if !looked_in.contains(&folder) {
                        looked_in.push(folder);
                    }
                }
                format!("there is no file {name:?} in {}", looked_in.join(", "))
            }
        });
        Err(Failure::NotFound)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a file is not text.
struct NotText {
    message: &'static str,
    line: Option<usize>,
}

impl std::fmt::Display for NotText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message)?;
        match self.line {
            Some(line) => write!(f, " (line {line})"),
            None => Ok(()),
        }
    }
}

/// The bytes of a file, at most `limit` plus one.
fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::other(
            "the template's files are larger than 4 MiB together",
        ));
    }
    Ok(bytes)
}

/// A file's text, without a byte-order mark and with uniform newlines.
fn text(bytes: Vec<u8>) -> Result<String, NotText> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let start = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        NotText {
            message: "not UTF-8 text",
            line: Some(1 + start.iter().filter(|byte| **byte == b'\n').count()),
        }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The folder that a file is in.
fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A path without `.` components.
fn without_dots(path: &Path) -> PathBuf {
    let parts = path.components();
    let short: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
    if short == Path::new("") {
        return PathBuf::from(".");
    }
    short
}

/// An absolute path, without `.` and `..` components.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// The relative path from one absolute folder to another, with `/` as separator, as YAML files have it.
/// Between two drives on Windows there is none, so it is the absolute path.
fn relative(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return to.iter().collect::<PathBuf>().display().to_string();
    }
    let up = from[shared..].iter().map(|_| "..".into());
    let down = to[shared..]
        .iter()
        .map(|part| part.as_os_str().to_string_lossy());
    let parts: Vec<_> = up.chain(down).collect();
    if parts.is_empty() {
        return ".".into();
    }
    parts.join("/")
}

/// Rewrites the path on every line `context: path`, which in an image is the folder to build.
fn rewrite_contexts(text: &str, rewrite: impl Fn(&str) -> String) -> String {
    let lines = text.split_inclusive('\n');
    lines
        .map(|line| match context(line) {
            Some(at) => {
                let path = rewrite(&line[at.clone()]);
                format!("{}{path}{}", &line[..at.start], &line[at.end..])
            }
            None => line.to_owned(),
        })
        .collect()
}

/// The range of the relative path in a line `context: path`, without quotes and comment.
fn context(line: &str) -> Option<std::ops::Range<usize>> {
    let rest = line.trim_start().strip_prefix("context")?;
    let rest = rest.trim_start_matches([' ', '\t']).strip_prefix(':')?;
    let value = rest.trim_start_matches([' ', '\t']);
    if value.len() == rest.len() || value.trim().is_empty() {
        return None;
    }
    let start = line.len() - value.len();
    let (start, length) = match value.chars().next()? {
        quote @ ('"' | '\'') => (start + 1, value[1..].find(quote)?),
        // Aliases, anchors, tags, blocks, comments and references to a parameter are not paths.
        '&' | '*' | '!' | '|' | '>' | '[' | '#' | '@' => return None,
        '{' if !value.starts_with("{{") => return None,
        _ => {
            let path = value.split(" #").next().unwrap_or(value);
            (start, path.trim_end().len())
        }
    };
    let path = &line[start..start + length];
    if path.starts_with(['/', '@']) || path.is_empty() {
        return None;
    }
    Some(start..start + length)
}
