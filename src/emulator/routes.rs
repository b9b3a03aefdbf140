//! Routes each call to its handler.

use super::request::Request;
use super::response::{ErrorResponse, HandlerResult, Response};
use super::routed::Routed;
use super::store::Store;
use super::{apps, deployments, releases, revisions, run_parameters, specs};
use crate::calls::{self, Call, Client};

type Handler = fn(&mut Store, &Routed) -> HandlerResult;

fn handler(call: &Call) -> Option<Handler> {
    use Client::{Apps, Blocks, Deployments, Specs};
    Some(match (call.client, call.name) {
        (_, "LIST_SPECS") => specs::list,
        (Blocks, "CREATE_SPEC") => specs::create_block,
        (Apps, "CREATE_SPEC") => specs::create_app,
        (_, "DESCRIBE_SPEC") => specs::describe,
        (_, "UPDATE_SPEC_METADATA") => specs::update,
        (_, "DELETE_SPEC") => specs::delete,
        (Blocks, "CREATE_SPEC_RELEASE") => releases::create_block,
        (Apps, "CREATE_SPEC_RELEASE") => releases::create_app,
        (_, "LIST_SPEC_RELEASES") => releases::list,
        (_, "DESCRIBE_SPEC_RELEASE") => releases::describe,
        (Blocks, "CREATE_DEPLOYMENT") => deployments::create_block,
        (Apps, "CREATE_DEPLOYMENT") => apps::create,
        (_, "LIST_DEPLOYMENTS") => deployments::list,
        (Specs, "LIST_SPEC_RELEASE_DEPLOYMENTS") => deployments::list_of_spec,
        (Blocks, "DESCRIBE_DEPLOYMENT") => deployments::describe_block,
        (Apps, "DESCRIBE_DEPLOYMENT") => apps::describe,
        (_, "UPDATE_DEPLOYMENT_METADATA") => deployments::update,
        (_, "DELETE_DEPLOYMENT") => deployments::delete,
        (Blocks, "CREATE_DEPLOYMENT_REVISION") => revisions::create_block,
        (Apps, "CREATE_DEPLOYMENT_REVISION") => apps::create_revision,
        (_, "LIST_DEPLOYMENT_REVISIONS") => revisions::list,
        (Blocks, "DESCRIBE_DEPLOYMENT_REVISION") => revisions::describe_block,
        (Apps, "DESCRIBE_DEPLOYMENT_REVISION") => apps::describe_revision,
        (Blocks, "REDEPLOY") => deployments::redeploy_block,
        (Apps, "REDEPLOY") => apps::redeploy,
        (_, "GET_PARAMETERS") => run_parameters::get,
        (_, "PATCH_PARAMETERS") => run_parameters::patch,
        (Deployments, "PATCH_PARAMETERS_V2") => run_parameters::patch_v2,
        (Deployments, "EXECUTE_RESOURCES") => apps::execute,
        _ => return None,
    })
}

/// The response to a request.
pub(super) fn respond(store: &mut Store, request: &Request, token: &str) -> Response {
    if !is_authorized(request, token) {
        return Response::error(401, "the Authorization header does not have the token");
    }
    let mut allowed = Vec::new();
    for call in calls::all() {
        let (Some(handler), Some(routed)) = (handler(call), Routed::new(call.path, request)) else {
            continue;
        };
        if call.method.as_str() == request.method {
            return handler(store, &routed).into();
        }
        if !allowed.contains(&call.method.as_str()) {
            allowed.push(call.method.as_str());
        }
    }
    if allowed.is_empty() {
        return ErrorResponse::not_found("path", &request.path).into();
    }
    let message = format!("{} is not a method of {:?}", request.method, request.path);
    let mut response = Response::error(405, &message);
    response.headers.push(("Allow", allowed.join(", ")));
    response
}

/// Accepts the token with and without `Bearer `.
fn is_authorized(request: &Request, token: &str) -> bool {
    let given = request.header("authorization").unwrap_or_default();
    given.strip_prefix("Bearer ").unwrap_or(given) == token
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const KEYS: [&str; 21] = [
        "appParameters",
        "blocksConfig",
        "includes",
        "excludes",
        "seeded-1",
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

    /// The call's path with this id for every argument.
    fn path_with(call: &Call, id: &str) -> String {
        let segments = call.path.split('/').map(|segment| match segment {
            placeholder if placeholder.starts_with('{') => id,
            segment => segment,
        });
        segments.collect::<Vec<_>>().join("/")
    }

    #[test]
    fn every_call_has_a_route() {
        for call in calls::all() {
            assert!(handler(call).is_some(), "{call:?}");
        }
    }

    proptest! {
        #[test]
        fn responds_to_any_document(body in document(), query in "(sort|status|pageSize)=.{0,8}") {
            let mut store = Store::default();
            let spec = specs::seed(&mut store);
            let deployment = json!({ "metadata": {}, "spec": { "id": spec } });
            let mut send = |method: &str, path: &str, body: &Value| {
                let (name, value) = query.split_once('=').unwrap_or_default();
                let request = Request {
                    method: method.into(),
                    path: path.into(),
                    query: vec![(name.into(), value.into())],
                    headers: vec![("authorization".into(), "token".into())],
                    body: body.to_string().into(),
                    ..Request::default()
                };
                respond(&mut store, &request, "token")
            };
            let created = send("POST", "/v1/blocks/deployments/", &deployment);
            let created: Value = serde_json::from_slice(&created.body).unwrap();
            let block = json!({ "id": spec, "release": { "version": "1.0.0" } });
            let app = json!({
                "version": 1, "kind": "app", "metadata": { "name": "app", "summary": "" },
                "release": { "version": "1.0.0" }, "config": [block],
            });
            let app = send("POST", "/v1/apps/specs/", &json!({ "spec": app.to_string() }));
            let app: Value = serde_json::from_slice(&app.body).unwrap();
            let deployment = json!({ "metadata": {}, "spec": { "id": app["id"] } });
            let deployed = send("POST", "/v1/apps/deployments/", &deployment);
            let deployed: Value = serde_json::from_slice(&deployed.body).unwrap();
            let ids = [&created["id"], &app["id"], &deployed["id"]].map(|id| id.as_str().unwrap());
            for id in ids.into_iter().chain([&*spec, "1"]) {
                for call in calls::all() {
                    let response = send(call.method.as_str(), &path_with(call, id), &body);
                    prop_assert!(matches!(response.status, 200 | 400 | 404 | 409 | 422));
                }
            }
        }
    }
}
