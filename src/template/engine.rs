//! The template engine, configured to render as the official client does.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, ErrorKind, OutputSpan, Value, escape_formatter};

use super::filters;
use super::guard::{PAID, STORED};
use super::lines::{Traced, trace};
use super::pay::{charge, paid, stored};
use super::scan::{self, Indenting, prepare};
use super::sources::{Failure, Sources};
use super::vars::Vars;
use crate::error::{DocumentError, Error, Result};

/// The maximum size of a rendered text, in bytes: the maximum size of a document.
const MAX_RENDERED: usize = 4 << 20;

/// The fuel for rendering: one unit per step of the engine and per 64 bytes of text.
const FUEL: u64 = 500_000;

const TOO_LONG: &str = "an expression or a chain of `elif` has more than 400 parts, or an expression has \
     too many brackets in each other";

const UNCLOSED: &str =
    "the tag that starts here is not closed, or a quote or a bracket in it is not";

/// The text of a mark in the output: a character that no YAML document may contain.
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
        environment.set_unknown_method_callback(filters::method);
        environment.set_formatter(|out, state, value| {
            charge(state, value)?;
            escape_formatter(out, state, value)
        });
        environment.remove_global("debug"); // not in Jinja2
        filters::add_to(&mut environment);
        environment.add_filter(PAID, paid);
        environment.add_filter(STORED, stored);
        environment.add_function(scan::TOO_LONG, || refused(TOO_LONG));
        environment.add_function(scan::UNCLOSED, || refused(UNCLOSED));
        environment.add_function(scan::OPEN, |_: usize| MARK);
        environment.add_function(scan::CLOSE, || MARK);
        let loading = Arc::clone(sources);
        environment.set_loader(move |name| match loading.load(name) {
            Ok(source) => Ok(Some(prepare(&source, indenting))),
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

    /// The origin of each line of the output.
    pub(super) fn trace(&self, output: &str, spans: &[OutputSpan]) -> Traced {
        let loaded: Vec<_> = self.environment.templates().collect();
        trace(output, spans, |name| {
            let template = loaded.iter().find(|(loaded, _)| *loaded == name);
            template.map(|(_, template)| template.source())
        })
    }

    /// Converts an error of the engine, which may have passed through several includes.
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
        column: None,
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

/// The message for a chain of templates that is too deep.
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

fn refused(message: &'static str) -> Result<Value, minijinja::Error> {
    Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
}
