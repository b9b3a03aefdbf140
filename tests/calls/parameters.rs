//! Run parameters, from the service and from a fallback file.

use peak_press::blocks::Client;
use peak_press::types::*;
use peak_press::{Error, Session};
use serde_json::json;

use crate::common::{Recorded, Reply, Server};
use crate::{assert_bodiless, assert_json, call, offline_client};

#[test]
fn reads_parameters_and_deserializes_them() {
    let request = GetParameters::new()
        .deployment_id("d")
        .fallback_params_file("/nowhere");
    let response = r#"{"horizon": 14, "share": 1.0, "regions": ["north"], "none": null}"#;
    let (parameters, sent) = call(response, |client| client.get_parameters(&request));
    assert_bodiless(&sent, "GET /v1/deployments/d/parameters/run", &[]);
    let parameters = parameters.unwrap();
    assert_eq!(
        serde_json::to_value(&parameters).unwrap().to_string(),
        r#"{"horizon":14,"none":null,"regions":["north"],"share":1.0}"#
    );

    #[derive(serde::Deserialize, Debug)]
    #[allow(dead_code)]
    struct Run {
        horizon: u8,
        regions: Vec<u32>,
    }
    let error = parameters.deserialize::<Run>().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"run parameters: regions[0]: expected a whole number, found "north""#
    );
}

#[test]
fn reads_parameters_from_a_fallback_file_offline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("params.yaml");
    std::fs::write(&path, "horizon: 14\nregions: [north]\n").unwrap();
    let client = offline_client();
    let request = GetParameters::new().fallback_params_file(&path);
    let parameters = client.get_parameters(&request).unwrap();
    assert_eq!(parameters.get("horizon"), Some(&json!(14)));
}

#[test]
fn reports_a_missing_fallback_file() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline_client();
    let missing = GetParameters::new().fallback_params_file(folder.path().join("none.yaml"));
    assert!(matches!(
        client.get_parameters(&missing),
        Err(Error::FileNotFound { .. })
    ));
}

#[test]
fn names_the_environment_variable_when_no_deployment_is_known() {
    let client = offline_client();
    let error = client
        .get_parameters(&GetParameters::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("PRESS_DEPLOYMENT_ID"), "{error}");
}

#[test]
fn requires_a_token_only_for_requests() {
    let client = offline_client();
    let error = client.describe_spec("a").unwrap_err();
    assert!(matches!(error, Error::MissingCredentials));
}

/// Runs in a child process, because environment variables belong to the whole process.
#[test]
fn prefers_the_deployment_of_the_environment_to_the_argument() {
    const URL: &str = "PEAK_PRESS_TEST_URL";
    if let Ok(url) = std::env::var(URL) {
        let session = Session::builder().env().base_url(url).build().unwrap();
        let client = Client::new(session);
        let parameters = GetParameters::new().deployment_id("argument");
        client.get_parameters(&parameters).unwrap();
        let blocks = GetRelatedBlockDetails::new().deployment_id("argument");
        assert_eq!(client.get_related_block_details(&blocks).unwrap(), []);
        return;
    }
    let server = Server::script([
        Reply::json(200, "{}"),
        Reply::json(200, r#"{"id": "block"}"#),
    ]);
    let test = "parameters::prefers_the_deployment_of_the_environment_to_the_argument";
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(URL, server.url())
        .env("PRESS_DEPLOYMENT_ID", "block")
        .env_remove("PEAK_AUTH_TOKEN")
        .env("API_KEY", " key\n")
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stderr)
    );
    let requests = server.requests();
    let lines: Vec<_> = requests.iter().map(Recorded::line).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/deployments/block/parameters/run HTTP/1.1",
            "GET /v1/blocks/deployments/block HTTP/1.1",
        ]
    );
    assert_eq!(requests[0].header("authorization"), Some("key"));
}

#[test]
fn patches_parameters() {
    let parameters = Parameters::new().set("horizon", 14).set("share", 1.0);
    let (response, sent) = call("{}", |client| client.patch_parameters("d", &parameters));
    assert!(response.unwrap().is_empty());
    let body = json!({"horizon": 14, "share": 1.0});
    assert_json(&sent, "PATCH /v1/deployments/d/parameters/run", body);
}
