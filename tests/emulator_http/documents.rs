//! Documents and forms that are refused, and the `detail` of the response.

use peak_press::ArtifactFormat;
use serde_json::{Value, json};

use crate::press::{
    Change, FORM, Part, Press, Response, archive, deployment_body, parameters, release_body,
    request, spec_body,
};

const SPECS: &str = "/v1/blocks/specs/";
const DEPLOYMENTS: &str = "/v1/blocks/deployments/";

#[rustfmt::skip]
fn invalid_specs() -> Vec<Change> {
    vec![
        Change {
            pointer: "/kind", value: json!("wizard"), status: 422,
            detail: "spec.kind: expected workflow or service, found \"wizard\"",
        },
        Change {
            pointer: "/kind", value: json!("service"), status: 422,
            detail: "spec.config: a service's config needs `serviceType`",
        },
        Change {
            pointer: "/version", value: json!(2), status: 422,
            detail: "spec.version: expected 1, found 2",
        },
        Change {
            pointer: "/metadata/name", value: json!(true), status: 422,
            detail: "spec.metadata.name: expected text, found true",
        },
        Change {
            pointer: "/metadata/name", value: json!(" "), status: 422,
            detail: "spec.metadata.name: the name is blank",
        },
        Change {
            pointer: "/metadata/name", value: json!("forecast"), status: 409,
            detail: "\"forecast\"",
        },
        Change {
            pointer: "/metadata", value: json!({ "name": "x" }), status: 422,
            detail: "\"summary\" is missing",
        },
        Change {
            pointer: "/release/version", value: json!("one"), status: 422,
            detail: "spec.release.version: \"one\" is not a semantic version",
        },
        Change { pointer: "/release", value: json!(null), status: 422, detail: "spec.release" },
        Change {
            pointer: "/config", value: json!([]), status: 422,
            detail: "spec.config: expected a map, found a list",
        },
        Change {
            pointer: "/config/steps/train",
            value: json!({ "command": "x", "stepTimeout": "soon" }),
            status: 422,
            detail: "spec.config.steps.train.stepTimeout: expected a number or \"@param:<name>\", found \"soon\"",
        },
        Change {
            pointer: "/config/steps/train", value: json!({ "type": "magic" }), status: 422,
            detail: "spec.config.steps.train.type",
        },
    ]
}

#[test]
fn refuses_invalid_specs() {
    let press = Press::start();
    press.create_spec();
    for change in invalid_specs() {
        let body = change.apply(&spec_body("another"));
        let response = press.submit(SPECS, &[Part::json("spec", &body)]);
        response.assert_error(change.status, change.detail);
    }
    assert_eq!(press.get(SPECS).ok()["specCount"], 1);
}

/// Values that the API's reference does not list, and the field that the response names.
#[rustfmt::skip]
fn unlisted_values() -> Vec<(Value, &'static str)> {
    let step = |step: Value| json!({ "steps": { "call": step } });
    let http = |method: &str, auth: &str| step(json!({
        "type": "http", "method": method, "url": "http://a", "auth": { "type": auth },
    }));
    let standard = |key: &str, value: Value| step(json!({
        "command": "x", "image": {}, "executionParameters": { key: [value] },
    }));
    vec![
        (http("POST", "no-auth"), "spec.config.steps.call.method: expected get, post, put"),
        (http("post", "magic"), "spec.config.steps.call.auth.type"),
        (
            step(json!({
                "type": "export", "schema": "s", "table": "t", "sortBy": "c", "sortOrder": "up",
            })),
            "spec.config.steps.call.sortOrder: expected asc or desc, found \"up\"",
        ),
        (
            standard("conditional", json!({
                "condition": "is", "paramName": "p", "stepName": "s", "value": "v",
            })),
            "spec.config.steps.call.executionParameters.conditional[0].condition",
        ),
        (
            standard("parentStatus", json!({
                "condition": "all-of", "parents": ["p"], "status": ["success", "lost"],
            })),
            "spec.config.steps.call.executionParameters.parentStatus[0].status[1]",
        ),
    ]
}

#[test]
fn refuses_values_that_the_reference_does_not_list() {
    let press = Press::start();
    for (config, detail) in unlisted_values() {
        let mut body = spec_body("another");
        body["config"] = config;
        let response = press.submit(SPECS, &[Part::json("spec", &body)]);
        response.assert_error(422, detail);
    }
    let mut service = spec_body("another");
    service["kind"] = json!("service");
    service["config"] = json!({ "serviceType": "webapp", "image": {} });
    let response = press.submit(SPECS, &[Part::json("spec", &service)]);
    response.assert_error(
        422,
        "spec.config.serviceType: expected web-app or api, found \"webapp\"",
    );
    let mut html = spec_body("another");
    html["metadata"]["descriptionContentType"] = json!("text/html");
    let response = press.submit(SPECS, &[Part::json("spec", &html)]);
    response.assert_error(422, "spec.metadata.descriptionContentType");
    assert_eq!(press.get(SPECS).ok()["specCount"], 0);
}

#[test]
fn accepts_a_parameter_reference_in_place_of_a_listed_value() {
    let press = Press::start();
    let mut body = spec_body("another");
    body["config"]["steps"]["train"] =
        json!({ "type": "http", "method": "@param:method", "url": "http://a" });
    let method = json!({ "name": "method", "type": "string", "required": true });
    let parameters = json!({ "build": [method] });
    let spec = Part::json("spec", &body);
    let undeclared = press.submit(SPECS, std::slice::from_ref(&spec));
    undeclared.assert_error(422, "no parameter is named \"method\"");
    let parts = [spec, Part::json("parameters", &parameters)];
    press.submit(SPECS, &parts).ok();
}

/// A part next to a valid spec, and the response to it.
struct ExtraPart {
    part: Part,
    status: u16,
    detail: &'static str,
}

#[rustfmt::skip]
fn invalid_parts() -> Vec<ExtraPart> {
    let broken = [&archive(ArtifactFormat::Zip)[..100], b"and so on"].concat();
    let large = vec![0; 10 * 1024 * 1024 + 1];
    let horizon = &parameters()["run"][0];
    let run = |definition: Value| json!({ "run": [definition] });
    let date = run(json!({ "name": "a", "type": "date", "required": true }));
    let default =
        run(json!({ "name": "a", "type": "number", "required": true, "defaultValue": "x" }));
    vec![
        ExtraPart {
            part: Part::text("featured", "perhaps"), status: 400, detail: "featured: not JSON",
        },
        ExtraPart {
            part: Part::text("featured", "{}"), status: 422,
            detail: "featured: expected true or false, found a map",
        },
        ExtraPart {
            part: Part::text("scope", "mine"), status: 422,
            detail: "scope: expected private, public or shared",
        },
        ExtraPart {
            part: Part::text("tenants", "[true]"), status: 422,
            detail: "tenants[0]: expected text, found true",
        },
        ExtraPart { part: Part::text("parameters", "[]"), status: 422, detail: "parameters" },
        ExtraPart {
            part: Part::json("parameters", &date), status: 422,
            detail: "parameters.run[0].type: expected boolean, string,",
        },
        ExtraPart {
            part: Part::json("parameters", &default), status: 422,
            detail: "parameters.run[0].defaultValue",
        },
        ExtraPart {
            part: Part::json("parameters", &json!({ "run": [horizon, horizon] })), status: 422,
            detail: "parameters.run[1].name: \"horizon\" is in the list twice",
        },
        ExtraPart {
            part: Part::text("autoRunOnDeploy", "[]"), status: 422, detail: "autoRunOnDeploy",
        },
        ExtraPart {
            part: Part::text("spec", "{}"), status: 400, detail: "duplicate part \"spec\"",
        },
        ExtraPart {
            part: Part::text("artifact", "PK"), status: 422,
            detail: "artifact: the part has no filename",
        },
        ExtraPart {
            part: Part::new("name=\"artifact\"; filename=\"a\"", "PK"), status: 422,
            detail: "application/zip or application/gzip",
        },
        ExtraPart {
            part: Part::zip(&*broken), status: 422, detail: "artifact: cannot be unpacked",
        },
        ExtraPart {
            part: Part::tar_gz(broken), status: 422, detail: "artifact: cannot be unpacked",
        },
        ExtraPart { part: Part::zip(large), status: 413, detail: "the limit is 10485760" },
    ]
}

#[test]
fn refuses_invalid_parts() {
    let press = Press::start();
    let spec = Part::json("spec", &spec_body("another"));
    for extra in invalid_parts() {
        let response = press.submit(SPECS, &[spec.clone(), extra.part]);
        response.assert_error(extra.status, extra.detail);
    }
    assert_eq!(press.get(SPECS).ok()["specCount"], 0);
}

#[test]
fn refuses_requests_without_a_spec() {
    let press = Press::start();
    let other = press.submit(SPECS, &[Part::text("other", "")]);
    other.assert_error(422, "\"spec\" is missing");
    let invalid = press.submit(SPECS, &[Part::text("spec", "{")]);
    invalid.assert_error(400, "spec: not JSON");
    let json = press.send("POST", SPECS, json!({}));
    json.assert_error(400, "not multipart/form-data");
}

#[test]
fn refuses_malformed_forms() {
    let press = Press::start();
    for (body, status) in [
        ("", 400),
        ("--edge", 400),
        ("--edge\r\n", 400),
        ("--edge\r\n\r\nx\r\n--edge--", 400),
        ("--other--", 400),
        // A form without parts, and text after it.
        ("--edge--tail", 422),
    ] {
        let response = press.exchange(request("POST", SPECS, FORM, body));
        Response::parse(&response).assert_error(status, "form: ");
    }
}

#[test]
fn refuses_invalid_releases() {
    let press = Press::start();
    let releases = format!("{SPECS}{}/releases", press.create_spec());
    for (version, status) in [
        ("1.0.0", 409),
        ("0.9.0", 409),
        ("1.0.0-rc.1", 409),
        ("1.0.0+b", 409),
        ("1", 422),
    ] {
        let parts = [Part::json("spec", &release_body(version))];
        press
            .submit(&releases, &parts)
            .assert_error(status, version);
    }
    let service = json!({
        "release": { "version": "2.0.0" }, "config": { "serviceType": "api", "image": {} },
    });
    let response = press.submit(&releases, &[Part::json("spec", &service)]);
    response.assert_error(
        422,
        "spec.config: `serviceType` is of a service's config, and the kind is workflow",
    );
    assert_eq!(press.get(&releases).ok()["releaseCount"], 1);
}

#[rustfmt::skip]
fn invalid_deployments(spec_id: &str) -> Vec<Change> {
    vec![
        Change {
            pointer: "/metadata/name", value: json!("forecast-north"), status: 409,
            detail: "\"forecast-north\"",
        },
        Change {
            pointer: "/metadata/name", value: json!(""), status: 422,
            detail: "body.metadata.name: the name is blank",
        },
        Change {
            pointer: "/spec/id", value: json!("nobody"), status: 404,
            detail: "spec \"nobody\" does not exist",
        },
        Change {
            pointer: "/spec/id", value: json!(true), status: 422,
            detail: "body.spec.id: expected text, found true",
        },
        Change {
            pointer: "/spec", value: json!({ "id": spec_id, "release": { "version": "7.0.0" } }),
            status: 404, detail: "\"7.0.0\"",
        },
        Change {
            pointer: "/parameters/run", value: json!({}), status: 422,
            detail: "body.parameters.run.region: required",
        },
        Change {
            pointer: "/parameters/run/region", value: json!(5), status: 422,
            detail: "body.parameters.run.region: expected a string",
        },
        Change {
            pointer: "/parameters/run/region", value: json!("moon"), status: 422,
            detail: "not one of its options",
        },
        Change {
            pointer: "/parameters/run", value: json!({ "hroizon": 5 }), status: 422,
            detail: "body.parameters.run.hroizon: not declared",
        },
    ]
}

#[test]
fn refuses_invalid_deployments() {
    let press = Press::start();
    let spec_id = press.deploy().spec_id;
    let mut valid = deployment_body(&spec_id);
    valid["metadata"]["name"] = json!("another");
    for change in invalid_deployments(&spec_id) {
        let response = press.send("POST", DEPLOYMENTS, change.apply(&valid));
        response.assert_error(change.status, change.detail);
    }
    assert_eq!(press.get(DEPLOYMENTS).ok()["deploymentCount"], 1);
}

struct InvalidBody<'a> {
    method: &'static str,
    target: &'a str,
    body: Value,
    status: u16,
    detail: &'static str,
}

#[test]
#[rustfmt::skip]
fn refuses_invalid_bodies() {
    let press = Press::start();
    let deployed = press.deploy();
    let (spec, deployment) = (&*deployed.spec, &*deployed.deployment);
    let parameters = &*format!("/v1/deployments/{}/parameters/run", deployed.deployment_id);
    let revisions = &*format!("{deployment}/revisions");
    let redeploy = &*format!("{deployment}/redeploy");
    for InvalidBody { method, target, body, status, detail } in [
        InvalidBody {
            method: "PATCH", target: parameters, body: json!({ "horizon": "long" }), status: 422,
            detail: "body.horizon: expected a number, found \"long\"",
        },
        InvalidBody {
            method: "PATCH", target: parameters, body: json!([]), status: 422,
            detail: "body: expected a map, found a list",
        },
        InvalidBody {
            method: "PATCH", target: deployment, body: json!({ "name": 5 }), status: 422,
            detail: "body.name: expected text",
        },
        InvalidBody {
            method: "PATCH", target: spec, body: json!({ "metadata": { "status": "lost" } }),
            status: 422, detail: "body.metadata.status",
        },
        InvalidBody {
            method: "PATCH", target: spec, body: json!({ "scope": "mine" }), status: 422,
            detail: "body.scope",
        },
        InvalidBody {
            method: "PATCH", target: spec, body: json!({ "tenants": "a" }), status: 422,
            detail: "body.tenants: expected a list",
        },
        InvalidBody {
            method: "POST", target: revisions, body: json!({ "release": {} }), status: 422,
            detail: "\"version\" is missing",
        },
        InvalidBody {
            method: "POST", target: revisions, body: json!({ "release": { "version": "9.0.0" } }),
            status: 404, detail: "9.0.0",
        },
        InvalidBody {
            method: "POST", target: redeploy, body: json!(true), status: 422,
            detail: "body: expected a map, found true",
        },
    ] {
        press.send(method, target, body).assert_error(status, detail);
    }
}
