//! The template engine, set up to do what the official client's does.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;

use minijinja::value::{Kwargs, Rest, ValueKind, from_args};
use minijinja::{AutoEscape, Environment, ErrorKind, OutputSpan, State, Value, escape_formatter};
use minijinja_contrib::pycompat;

use super::lines::{Traced, trace};
use super::scan::{self, Indenting, indent, indent_includes};
use super::sources::{Failure, Sources};
use super::vars::{Vars, from_json};
use crate::error::{DocumentError, Error, Result};

/// The most that a rendered text may have, in bytes: what a document may.
const MAX_RENDERED: usize = 4 << 20;

/// What a template may do: so many steps of the engine, and 64 times as many bytes of text.
const FUEL: u64 = 1_000_000;

/// What a mark is in the output: a character that no YAML document may have.
const MARK: &str = "\u{1}";

/// A template and the values it is rendered with.
pub(super) struct Engine {
    environment: Environment<'static>,
    values: Value,
    sources: Arc<Sources>,
}

impl Engine {
    pub(super) fn new(sources: &Arc<Sources>, vars: &Vars, indenting: Indenting) -> Self {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(vars.undefined_behavior());
        environment.set_fuel(Some(FUEL));
        environment.set_unknown_method_callback(|state, value, method, arguments| {
            for argument in arguments {
                charge(state, argument)?;
            }
            pycompat::unknown_method_callback(state, value, method, arguments)
        });
        minijinja_contrib::add_to_environment(&mut environment);
        environment.set_formatter(|out, state, value| {
            charge(state, value)?;
            escape_formatter(out, state, value)
        });
        environment.remove_global("debug"); // not in Jinja2
        environment.add_filter("tojson", to_json);
        environment.add_filter("truncate", truncate);
        environment.add_filter("indent", indent_filter);
        environment.add_function(scan::OPEN, |_: usize| MARK);
        environment.add_function(scan::CLOSE, || MARK);
        let loading = Arc::clone(sources);
        environment.set_loader(move |name| match loading.load(name) {
            Ok(source) => Ok(Some(indent_includes(&source, indenting))),
            Err(Failure::NotFound) => Ok(None),
            Err(Failure::Unreadable(message)) => {
                Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
            }
        });
        Self {
            environment,
            values: vars.values(),
            sources: Arc::clone(sources),
        }
    }

    /// Renders the root template.
    pub(super) fn render(&self) -> Result<(String, Vec<OutputSpan>)> {
        let root = self.sources.root_name();
        let template = self.environment.get_template(&root);
        let rendered = template.and_then(|root| root.render_with_spans(self.values.clone()));
        let (text, spans) = rendered.map_err(|error| self.explain(&error))?;
        if text.len() > MAX_RENDERED {
            return Err(invalid(
                self.sources.path(&root),
                "the rendered text is larger than 4 MiB",
                None,
            ));
        }
        Ok((text, spans))
    }

    /// Where each line of an output came from.
    pub(super) fn trace(&self, output: &str, spans: &[OutputSpan]) -> Traced {
        let loaded: Vec<_> = self.environment.templates().collect();
        trace(output, spans, |name| {
            let template = loaded.iter().find(|(loaded, _)| *loaded == name);
            template.map(|(_, template)| template.source())
        })
    }

    /// An error of the engine's, which may have come through several includes.
    fn explain(&self, error: &minijinja::Error) -> Error {
        let mut templates = Vec::new();
        let mut innermost = error;
        loop {
            templates.extend(innermost.name());
            match innermost.source().and_then(|cause| cause.downcast_ref()) {
                Some(cause) => innermost = cause,
                None => break,
            }
        }
        let detail = innermost.detail().unwrap_or_default();
        let message = match innermost.kind() {
            ErrorKind::UndefinedError => undefined(detail),
            ErrorKind::TemplateNotFound => match self.sources.not_found() {
                Some(reason) => reason,
                None => detail.to_owned(),
            },
            ErrorKind::OutOfFuel => {
                "rendering was stopped: the template loops too often or makes too much text".into()
            }
            ErrorKind::InvalidOperation if detail == "recursion limit exceeded" => {
                recursion(&templates)
            }
            ErrorKind::InvalidOperation if !detail.is_empty() => detail.to_owned(),
            kind if detail.is_empty() => kind.to_string(),
            kind => format!("{kind}: {detail}"),
        };
        let name = templates.last().copied();
        let name = name.map_or_else(|| self.sources.root_name(), str::to_owned);
        invalid(self.sources.path(&name), message, innermost.line())
    }
}

fn invalid(file: PathBuf, message: impl Into<String>, line: Option<usize>) -> Error {
    Error::InvalidTemplate(Box::new(DocumentError {
        file: Some(file),
        path: String::new(),
        message: message.into(),
        line,
        further: Vec::new(),
    }))
}

fn undefined(detail: &str) -> String {
    if detail.starts_with("`os_env` ") {
        return format!("{detail}: `Vars::env` makes the environment available");
    }
    match detail.split('`').nth(1) {
        Some(name) => format!(
            "{detail}: set it in `Vars`, or give it a default: \
             `{{{{ {name} | default(\"\") }}}}`"
        ),
        None => "an undefined value: set it in `Vars`, or give it a default".into(),
    }
}

/// What is said of a chain of templates that got too deep.
fn recursion(templates: &[&str]) -> String {
    for (at, name) in templates.iter().enumerate() {
        let again = templates[at + 1..].iter().position(|other| other == name);
        if let Some(length) = again {
            let cycle = &templates[at..=at + 1 + length];
            return format!("the templates include each other: {}", cycle.join(" -> "));
        }
    }
    "includes, macros or loops are nested too deep".into()
}

/// Pays for everything in a list or map before it becomes text: a list that is repeated costs
/// nothing before that, and the engine charges for text once it is there.
fn charge(state: &State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let length = value.as_str().map_or(0, str::len) as u64;
    state.consume_fuel(1 + length / 64)?;
    if value.kind() == ValueKind::Map
        && let Some(entries) = value.as_object().and_then(|map| map.try_iter_pairs())
    {
        for (key, value) in entries {
            charge(state, &key)?;
            charge(state, &value)?;
        }
    } else if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        for item in value.try_iter()? {
            charge(state, &item)?;
        }
    }
    Ok(())
}

/// `tojson` as in Jinja2, which sorts the keys of maps.
fn to_json(
    state: &mut State<'_, '_>,
    value: &Value,
    indent: Option<Value>,
    options: Kwargs,
) -> Result<Value, minijinja::Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    charge(state, value)?;
    let sorted = serde_json::to_value(value)
        .map_err(|error| minijinja::Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    minijinja::filters::tojson(&from_json(sorted), indent, options)
}

/// `indent` as in Jinja2, which keeps the newline at the end.
fn indent_filter(
    state: &mut State<'_, '_>,
    arguments: Rest<Value>,
) -> Result<String, minijinja::Error> {
    let (text, width, first, blank, options): (
        &str,
        Option<&Value>,
        Option<bool>,
        Option<bool>,
        Kwargs,
    ) = from_args(&arguments)?;
    let width = width.or(options.get("width")?);
    let first = first.or(options.get("first")?).unwrap_or_default();
    let blank = blank.or(options.get("blank")?).unwrap_or_default();
    options.assert_all_used()?;
    let (unit, count) = match width {
        Some(width) => match width.as_str() {
            Some(margin) => (margin, 1),
            None => (" ", usize::try_from(width.clone())?),
        },
        None => (" ", 4),
    };
    let lines = 1 + text.matches('\n').count();
    let added = lines.saturating_mul(unit.len().saturating_mul(count));
    state.consume_fuel(added as u64 / 64)?;
    let margin = unit.repeat(count);
    let indented = indent(text, &margin, blank);
    Ok(if first { margin + &indented } else { indented })
}

/// `truncate` as in Jinja2, whose arguments may be given by position.
fn truncate(
    text: &str,
    length: Option<usize>,
    kill_words: Option<bool>,
    end: Option<&str>,
    options: Kwargs,
) -> Result<String, minijinja::Error> {
    let length = length.or(options.get("length")?).unwrap_or(255);
    let kills_words = kill_words.or(options.get("killwords")?).unwrap_or_default();
    let end = end.or(options.get("end")?).unwrap_or("...");
    let leeway = options.get::<Option<usize>>("leeway")?.unwrap_or(5);
    options.assert_all_used()?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text.to_owned());
    }
    let kept: String = text
        .chars()
        .take(length.saturating_sub(end.chars().count()))
        .collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !kills_words => words,
        _ => &kept,
    };
    Ok(format!("{kept}{end}"))
}
