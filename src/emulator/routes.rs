//! The table of calls, and who answers them.

use serde_json::json;

use super::answer::{Answer, Answered, Refusal};
use super::request::{Request, percent_decode};
use super::state::State;
use super::{deployments, specs};

type Handler = fn(&mut State, &Call) -> Answered;

/// Every call: `{}` is one segment of a path.
const CALLS: [(&str, &str, Handler); 20] = [
    ("GET", "/v1/blocks/specs/", specs::list),
    ("POST", "/v1/blocks/specs/", specs::create),
    ("GET", "/v1/blocks/specs/{}", specs::describe),
    ("PATCH", "/v1/blocks/specs/{}", specs::update),
    ("DELETE", "/v1/blocks/specs/{}", specs::delete),
    ("GET", "/v1/blocks/specs/{}/releases", specs::list_releases),
    (
        "POST",
        "/v1/blocks/specs/{}/releases",
        specs::create_release,
    ),
    (
        "GET",
        "/v1/blocks/specs/{}/releases/{}",
        specs::describe_release,
    ),
    ("GET", "/v1/blocks/deployments/", deployments::list),
    ("POST", "/v1/blocks/deployments/", deployments::create),
    ("GET", "/v1/blocks/deployments/{}", deployments::describe),
    ("PATCH", "/v1/blocks/deployments/{}", deployments::update),
    ("DELETE", "/v1/blocks/deployments/{}", deployments::delete),
    (
        "GET",
        "/v1/deployments/{}/parameters/run",
        deployments::get_parameters,
    ),
    (
        "PATCH",
        "/v1/deployments/{}/parameters/run",
        deployments::patch_parameters,
    ),
    (
        "GET",
        "/v1/blocks/deployments/{}/revisions",
        deployments::list_revisions,
    ),
    (
        "POST",
        "/v1/blocks/deployments/{}/revisions",
        deployments::create_revision,
    ),
    (
        "GET",
        "/v1/blocks/deployments/{}/revisions/{}",
        deployments::describe_revision,
    ),
    (
        "POST",
        "/v1/blocks/deployments/{}/redeploy",
        deployments::redeploy,
    ),
    ("GET", "/v1/apps/deployments/{}", deployments::describe_app),
];

/// A request, and the ids in its path.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    ids: Vec<String>,
}

impl Call<'_> {
    pub(super) fn id(&self, index: usize) -> &str {
        self.ids.get(index).map_or("", String::as_str)
    }

    /// Whether the call is only to be checked.
    pub(super) fn validates(&self) -> Result<bool, Refusal> {
        match self.request.query_values("validate").next() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Refusal::malformed(format!(
                "query: validate: {other:?} is neither true nor false"
            ))),
        }
    }
}

/// Carries a request out.
pub(super) fn answer(state: &mut State, request: &Request, token: &str) -> Answer {
    if !is_authorized(request, token) {
        return Refusal::new(401, "the Authorization header does not hold the token").into();
    }
    let at_path = CALLS.iter().filter_map(|(method, path, handler)| {
        ids(path, &request.path).map(|ids| (*method, ids, handler))
    });
    let mut at_path = at_path.peekable();
    if at_path.peek().is_none() {
        return Refusal::not_found("path", &request.path).into();
    }
    let mut allowed = Vec::new();
    for (method, ids, handler) in at_path {
        if method == request.method {
            return handler(state, &Call { request, ids }).into();
        }
        allowed.push(method);
    }
    let message = format!("{} is no method of {:?}", request.method, request.path);
    let mut answer = Answer::json(405, &json!({ "detail": message }));
    answer.headers.push(("Allow", allowed.join(", ")));
    answer
}

/// The token bare, or as a bearer token.
fn is_authorized(request: &Request, token: &str) -> bool {
    let given = request.header("authorization").unwrap_or_default();
    given.strip_prefix("Bearer ").unwrap_or(given) == token
}

/// The ids in a path, where it is one of the template's.
pub(super) fn ids(template: &str, path: &str) -> Option<Vec<String>> {
    let mut segments = path.split('/');
    let mut ids = Vec::new();
    for wanted in template.split('/') {
        match (wanted, segments.next()?) {
            ("{}", segment) if !segment.is_empty() => ids.push(percent_decode(segment)),
            (wanted, segment) if wanted == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(ids)
}
