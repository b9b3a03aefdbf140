//! Requests that are refused on any call: not JSON, unknown ids and paths, other methods, no token.

use serde_json::json;

use crate::press::{Press, Response, request};

const SPECS: &str = "/v1/blocks/specs/";

#[test]
fn refuses_bodies_that_are_not_json() {
    let press = Press::start();
    let deployment = press.deploy().deployment;
    for body in ["{\"name\": ", &"[".repeat(100_000)] {
        let response = press.exchange(request("PATCH", &deployment, "application/json", body));
        Response::parse(&response).assert_error(400, "body: not JSON");
    }
}

#[test]
fn responds_404_to_unknown_ids_and_paths() {
    let press = Press::start();
    let deployed = press.deploy();
    for (method, target) in [
        ("GET", "/v1/blocks/specs/nobody"),
        ("PATCH", "/v1/blocks/specs/nobody"),
        ("DELETE", "/v1/blocks/specs/nobody"),
        ("GET", "/v1/blocks/specs/nobody/releases"),
        ("POST", "/v1/blocks/specs/nobody/releases"),
        ("GET", "/v1/blocks/specs/nobody/releases/1.0.0"),
        ("GET", &format!("{}/releases/1.0", deployed.spec)),
        ("GET", "/v1/blocks/deployments/nobody"),
        ("PATCH", "/v1/blocks/deployments/nobody"),
        ("DELETE", "/v1/blocks/deployments/nobody"),
        ("GET", "/v1/deployments/nobody/parameters/run"),
        ("PATCH", "/v1/deployments/nobody/parameters/run"),
        ("GET", "/v1/blocks/deployments/nobody/revisions"),
        ("POST", "/v1/blocks/deployments/nobody/revisions"),
        ("GET", &format!("{}/revisions/2", deployed.deployment)),
        ("POST", "/v1/blocks/deployments/nobody/redeploy"),
        ("GET", "/v1/apps/deployments/nobody"),
        ("GET", "/v1/blocks/specs"),
        ("GET", "/v1/blocks/specs//releases"),
        ("GET", "/v1/blocks/specs/%ff%2F%zz%"),
        ("GET", "/"),
        ("GET", "*"),
        ("GET", "http://localhost/v1/blocks/specs/"),
    ] {
        let response = press.send(method, target, json!({}));
        response.assert_error(404, "does not exist");
    }
}

#[test]
fn responds_405_to_other_methods_and_names_those_allowed() {
    let press = Press::start();
    let refused = |method: &str, target: &str, allow: &str| {
        let response = press.exchange(request(method, target, "", ""));
        let header = format!("\r\nAllow: {allow}\r\n");
        assert!(response.contains(&header), "{response}");
        Response::parse(&response).assert_error(405, method);
    };
    refused("PUT", "/v1/blocks/specs/", "GET, POST");
    refused("PUT", "/v1/apps/deployments/1", "GET, PATCH, DELETE");
    refused("POST", "/v1/deployments/1/parameters/run", "GET, PATCH");
    refused("GET", "/v2/deployments/1/parameters/run", "PATCH");
    refused("get", "/v1/blocks/deployments/1", "GET, PATCH, DELETE");
}

#[test]
fn responds_401_without_the_token() {
    let press = Press::start();
    for (header, status) in [
        ("Authorization: emulator-token", 200),
        ("authorization:Bearer emulator-token", 200),
        ("Authorization: Bearer", 401),
        ("Authorization: emulator-token2", 401),
        ("X-Other: x", 401),
    ] {
        let request = format!("GET {SPECS} HTTP/1.1\r\nConnection: close\r\n{header}\r\n\r\n");
        let response = Response::parse(&press.exchange(request));
        assert_eq!(response.status, status, "{header}");
        assert_eq!(response.body["detail"].is_string(), status == 401);
    }
    assert!(!format!("{:?}", press.requests()).contains("emulator-token"));
}
