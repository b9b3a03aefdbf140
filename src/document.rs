//! Reads requests from YAML and JSON documents, with errors that say where.
//!
//! YAML and JSON are parsed into the same kind of tree, whose nodes keep their position and the text of
//! their scalars. Types are decoded from that tree.

mod builder;
mod decode;
mod decode_all;
mod described;
mod json;
mod metered;
mod problem;
mod readers;
mod rule;
mod rules;
mod scalar;
mod source;
mod syntax;
mod template;
mod tree;
mod unknown;
mod write;
#[cfg(feature = "templates")]
mod written;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;
#[cfg(feature = "templates")]
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use crate::LOG_TARGET;
use crate::error::{Error, Result};
use crate::types::{Lines, Parameters, Place};
use decode_all::decode;
pub use problem::Problem;
use rules::Rules;
use source::{Origin, Source, read_text};
use tree::{Content, Entry, Flaw, NodeId, Position, Tree};
use unknown::{FindUnknown, Unknown, join};
#[cfg(feature = "templates")]
pub(crate) use written::{Written, read_written};

/// A request type that can be read from a file of the official command-line client's format.
///
/// `build.rs` implements it for the structs of `schemas/` that have `x-file`.
pub(crate) trait Document: DeserializeOwned + FindUnknown + Rules {
    const LAYOUT: Layout;

    /// Where its problems are in the file. Set when the file is read.
    fn lines_mut(&mut self) -> &mut Lines;

    /// Checks what the type itself cannot rule out. An error is a path and a message.
    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        Ok(())
    }
}

/// How a request is laid out in its file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The file is the request: `body` is one of its fields.
    Whole,
    /// The request is under `body`, which is then the only key, or else is the whole file.
    Body,
    /// Like [`Body`](Layout::Body), but the keys are names that the user chose.
    Names,
}

impl Layout {
    /// Whether a top-level key is not part of the request: `$schema` is for editors, and `x-…` is
    /// where YAML anchors are defined.
    fn ignores(self, key: &str) -> bool {
        key == "$schema" || (self != Layout::Names && key.starts_with("x-"))
    }
}

impl Document for Parameters {
    const LAYOUT: Layout = Layout::Names;

    fn lines_mut(&mut self) -> &mut Lines {
        &mut self.lines
    }
}

/// Reads any type from a YAML file that holds it at the top level and is not a template.
pub(crate) fn read_yaml_file<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = read_text(path)?;
    let source = Source {
        allows_templates: true,
        ..Source::yaml(&text, Origin::File(path))
    };
    let (mut tree, flaws) = source.parse()?;
    let root = tree.root;
    decode(&mut tree, root, "", flaws).map_err(|flaws| source.error(flaws))
}

/// Reads a request from the rendered text of a template. `locate` maps a line of that text, counted
/// from 1, to the file and line that it came from, which errors name.
#[cfg(feature = "templates")]
pub(crate) fn read_rendered<T: Document>(
    text: &str,
    locate: &dyn Fn(usize) -> (PathBuf, usize),
) -> Result<T> {
    read(Source {
        allows_templates: true,
        ..Source::yaml(text, Origin::Rendered(locate))
    })
}

fn read<T: Document>(source: Source<'_>) -> Result<T> {
    let read_as = std::any::type_name::<T>().rsplit("::").next();
    let (mut reading, flaws) = Reading::start(source, T::LAYOUT, read_as.unwrap_or_default())?;
    let decoded = decode(&mut reading.tree, reading.node, reading.at, flaws);
    let mut document: T = decoded.map_err(|flaws| reading.refuse(flaws))?;
    if let Err((path, message)) = document.check() {
        return Err(reading.refuse_value(path, message));
    }
    *document.lines_mut() = reading.log(problems(&document, &Lines::default()));
    Ok(document)
}

/// The part of reading a document that does not depend on its type, so that it is compiled only
/// once.
struct Reading<'a> {
    source: Source<'a>,
    tree: Tree<'a>,
    /// The node of the request; `at` is its path.
    node: NodeId,
    at: &'static str,
    /// A hint to append to the first error.
    hint: Option<String>,
}

impl<'a> Reading<'a> {
    fn start(source: Source<'a>, layout: Layout, read_as: &str) -> Result<(Self, Vec<Flaw>)> {
        let (mut tree, mut flaws) = source.parse()?;
        let root = tree.root;
        tree.retain(root, |key| !layout.ignores(key));
        let body = match layout {
            Layout::Whole => None,
            Layout::Body | Layout::Names => tree.entry(root, "body"),
        };
        if body.is_some() {
            flaws.extend(beside_body(&tree));
        }
        let has = |key| tree.entry(root, key).is_some();
        let lacks_body = layout == Layout::Whole && !has("body") && has("config");
        let kind = other_kind(
            read_as,
            &tree,
            body.or(tree.entry(root, "body")).unwrap_or(root),
        );
        let hint = match kind {
            Some(kind) => Some(format!("; this looks like the file of {kind}")),
            None if lacks_body => {
                Some("; indent `config` and what belongs to it below `body:`".into())
            }
            None => None,
        };
        let reading = Self {
            source,
            tree,
            node: body.unwrap_or(root),
            at: if body.is_some() { "body" } else { "" },
            hint,
        };
        Ok((reading, flaws))
    }

    /// Where a value of the request is.
    fn position(&self, path: &str) -> Option<Position> {
        let node = self.tree.find(self.node, path)?;
        Some(self.tree.node(node).position)
    }

    fn refuse(&self, mut flaws: Vec<Flaw>) -> Error {
        if let (Some(flaw), Some(hint)) = (flaws.first_mut(), &self.hint) {
            flaw.message += hint;
        }
        self.source.error(flaws)
    }

    fn refuse_value(&self, path: &str, message: &str) -> Error {
        let flaw = Flaw {
            path: join(self.at, path),
            message: message.into(),
            position: self.position(path),
        };
        self.source.error(vec![flaw])
    }

    /// Logs the problems, and returns where they are in the file.
    fn log(&self, problems: Vec<Problem>) -> Lines {
        let mut lines = BTreeMap::new();
        for problem in problems {
            // Formatted as an error, which includes the file.
            let warning = self.source.document_error(Flaw {
                path: join(self.at, &problem.path),
                message: problem.text(),
                position: self.position(&problem.path),
            });
            log::warn!(target: LOG_TARGET, "{warning}");
            let place = Place {
                file: warning.file,
                line: warning.line,
                column: warning.column,
            };
            lines.insert(problem.path, place);
        }
        Lines::new(lines)
    }
}

/// The problems of a request, with their files and lines where these are known.
fn problems(request: &(impl FindUnknown + Rules), lines: &Lines) -> Vec<Problem> {
    let mut unknown = Unknown::default();
    request.find_unknown("", &mut unknown);
    let mut found = unknown.problems;
    request.check_rules(&mut found);
    let mut problems = found.found;
    for problem in &mut problems {
        if let Some(place) = lines.get(&problem.path) {
            problem.file = place.file.clone();
            (problem.line, problem.column) = (place.line, place.column);
        }
    }
    problems
}

/// The first problem for which a service that follows the API's reference would refuse a request.
/// Unknown keys are not refused.
#[cfg(feature = "emulator")]
pub(crate) fn refusal(request: &impl Document) -> Option<Problem> {
    let mut problems = problems(request, &Lines::default()).into_iter();
    problems.find(|problem| problem.rule != rule::KNOWN_KEY.name())
}

/// What the file contains, judging by its keys, if that is not the type it is read as.
fn other_kind(read_as: &str, tree: &Tree<'_>, body: NodeId) -> Option<&'static str> {
    let has = |key| tree.entry(body, key).is_some();
    let config = tree.entry(body, "config");
    let is_app = config.is_some_and(|config| matches!(tree.node(config).content, Content::List(_)));
    let (names, kind): (&[_], _) = match (has("config"), is_app) {
        (true, false) if has("kind") || has("metadata") => (&["CreateSpec"], "a spec"),
        (true, false) if has("release") => (&["CreateSpecRelease"], "a release"),
        (true, true) if has("kind") || has("metadata") => (&["CreateAppSpec"], "an app"),
        (true, true) if has("release") => (&["CreateAppSpecRelease"], "a release of an app"),
        // An app's deployment may have no key that distinguishes it from a block's.
        (false, _) if has("spec") => (&["CreateDeployment", "CreateAppDeployment"], "a deployment"),
        _ => return None,
    };
    (!names.contains(&read_as)).then_some(kind)
}

/// An error for each key beside `body` in a document where `body` must be the only key.
fn beside_body(tree: &Tree<'_>) -> Vec<Flaw> {
    let others = tree.entries(tree.root).iter();
    let others = others.filter(|entry| entry.key != "body" && !Layout::Body.ignores(&entry.key));
    let flaw = |entry: &Entry<'_>| {
        let message = "there is nothing beside `body` in a document of this kind";
        Flaw::new(entry.key.clone(), message, tree.node(entry.value).position)
    };
    others.map(flaw).collect()
}
