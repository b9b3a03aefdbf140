//! A request that matches a call, with the arguments in its path.

use super::request::{Request, percent_decode};
use super::response::ErrorResponse;
use super::store::Family;

/// A request, and the arguments in its path: the name and the decoded value of each placeholder.
pub(super) struct Routed<'a> {
    pub(super) request: &'a Request,
    /// Blocks or apps; `None` for a call on both.
    pub(super) family: Option<Family>,
    arguments: Vec<(&'static str, String)>,
}

impl<'a> Routed<'a> {
    /// `None` if the request's path does not match the template.
    pub(super) fn new(template: &'static str, request: &'a Request) -> Option<Self> {
        let segments = match_path(template, &request.path)?;
        let arguments = segments
            .into_iter()
            .map(|(name, segment)| (name, percent_decode(segment)))
            .collect();
        let family = match template.split('/').nth(2) {
            Some("blocks") => Some(Family::Blocks),
            Some("apps") => Some(Family::Apps),
            _ => None,
        };
        Some(Routed {
            request,
            family,
            arguments,
        })
    }

    fn argument(&self, name: &str) -> &str {
        let mut arguments = self.arguments.iter();
        let found = arguments.find(|(argument, _)| *argument == name);
        found.map_or("", |(_, value)| value)
    }

    pub(super) fn spec_id(&self) -> &str {
        self.argument("spec_id")
    }

    pub(super) fn version(&self) -> &str {
        self.argument("version")
    }

    pub(super) fn deployment_id(&self) -> &str {
        self.argument("deployment_id")
    }

    pub(super) fn revision(&self) -> &str {
        self.argument("revision")
    }

    /// Whether the query has `validate=true`, which checks the request without storing anything.
    pub(super) fn validates_only(&self) -> Result<bool, ErrorResponse> {
        match self.request.query_values("validate").next() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(ErrorResponse::bad_request(format!(
                "query: validate: expected true or false, found {other:?}"
            ))),
        }
    }
}

/// The names of a template's placeholders, each with its segment of the path. `None` if the path does
/// not match.
pub(super) fn match_path<'t, 'p>(
    template: &'t str,
    path: &'p str,
) -> Option<Vec<(&'t str, &'p str)>> {
    let mut segments = path.split('/');
    let mut arguments = Vec::new();
    for expected in template.split('/') {
        let segment = segments.next()?;
        match placeholder(expected) {
            Some(name) if !segment.is_empty() => arguments.push((name, segment)),
            None if segment == expected => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(arguments)
}

/// The name in `{name}`; empty in `{}`.
fn placeholder(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
