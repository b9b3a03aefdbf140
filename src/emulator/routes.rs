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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::specs;
    use super::*;

    const KEYS: [&str; 16] = [
        "metadata",
        "name",
        "status",
        "spec",
        "id",
        "release",
        "version",
        "revision",
        "notes",
        "parameters",
        "run",
        "config",
        "kind",
        "type",
        "featured",
        "tenants",
    ];

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            proptest::sample::select(vec!["", "1.0.0", "workflow", "seeded-1", "\0é"])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let keys = proptest::sample::select(KEYS.to_vec());
            let fields = proptest::collection::vec((keys, inner.clone()), 0..6);
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Value::from),
                fields.prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_document_has_an_answer(body in document(), query in "(sort|status|pageSize)=.{0,8}") {
            let mut state = State::default();
            let spec = specs::seed(&mut state);
            let deployment = json!({ "metadata": {}, "spec": { "id": spec } });
            let mut ask = |method: &str, path: &str, body: &Value| {
                let (name, value) = query.split_once('=').unwrap_or_default();
                let request = Request {
                    method: method.into(),
                    path: path.into(),
                    query: vec![(name.into(), value.into())],
                    headers: vec![("authorization".into(), "token".into())],
                    body: body.to_string().into(),
                    ..Request::default()
                };
                answer(&mut state, &request, "token")
            };
            let created = ask("POST", "/v1/blocks/deployments/", &deployment);
            let created: Value = serde_json::from_slice(&created.body).unwrap();
            for id in [&spec, created["id"].as_str().unwrap(), "1"] {
                for (method, path, _) in CALLS {
                    let answer = ask(method, &path.replace("{}", id), &body);
                    prop_assert!(matches!(answer.status, 200 | 400 | 404 | 409 | 422));
                }
            }
        }
    }
}
