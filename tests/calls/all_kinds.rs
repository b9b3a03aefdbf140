//! The clients for specs and deployments of every kind: blocks and apps.

use peak_press::types::*;
use peak_press::{Session, deployments, specs};
use serde_json::json;

use crate::common::{End, Reply, Server};
use crate::{assert_bodiless, assert_json, call_session};

#[test]
fn lists_specs_of_every_kind() {
    let query = ListAllSpecs::new()
        .status([SpecStatus::Available])
        .featured(false)
        .kind(SpecKind::App)
        .term("fore cast")
        .sort(["name:asc"])
        .scope([Scope::Public]);
    let response = r#"{"pageCount": 1, "specCount": 1, "specs": [{"id": "a", "kind": "app", "latestRelease": {"version": "1.0.0"}}]}"#;
    let fields = [
        "status=available",
        "featured=false",
        "kind=app",
        "term=fore%20cast",
        "sort=name%3Aasc",
        "scope=public",
        "pageNumber=1",
    ];
    let (all, sent) = call_session(response, |session| {
        let all = specs::Client::new(session).list_specs(&query);
        all.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bodiless(&sent, "GET /v1/specs/", &fields);
    assert_eq!(all[0].kind, Some(SpecKind::App));
    let (page, sent) = call_session(response, |session| {
        specs::Client::new(session).list_specs_page(&query, 1)
    });
    assert_bodiless(&sent, "GET /v1/specs/", &fields);
    assert_eq!(page.unwrap().total, Some(1));
}

#[test]
fn lists_deployments_of_a_release() {
    let query = ListSpecReleaseDeployments::new()
        .version("1.0.0+b")
        .status([DeploymentStatus::Deployed])
        .name("n")
        .title("t")
        .sort(["name:asc"]);
    let response = r#"{"pageCount": 1, "deploymentCount": 1, "deployments": [{"id": "d", "kind": "service"}]}"#;
    let fields = [
        "version=1.0.0%2Bb",
        "status=deployed",
        "name=n",
        "title=t",
        "sort=name%3Aasc",
        "pageNumber=1",
    ];
    let (all, sent) = call_session(response, |session| {
        let all = specs::Client::new(session).list_spec_release_deployments("s", &query);
        all.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bodiless(&sent, "GET /v1/specs/s/releases/deployments", &fields);
    assert_eq!(all[0].kind, Some(SpecKind::Service));
    let (page, sent) = call_session(response, |session| {
        specs::Client::new(session).list_spec_release_deployments_page("s", &query, 1)
    });
    assert_bodiless(&sent, "GET /v1/specs/s/releases/deployments", &fields);
    assert_eq!(page.unwrap().items[0].id, "d");
}

#[test]
fn lists_deployments_of_every_kind() {
    let query = ListAllDeployments::new()
        .status([DeploymentStatus::Warning])
        .kind(SpecKind::Workflow)
        .term("t")
        .sort(["createdBy:asc"]);
    let response =
        r#"{"pageCount": 1, "deploymentCount": 1, "deployments": [{"id": "d", "kind": "model"}]}"#;
    let fields = [
        "status=warning",
        "kind=workflow",
        "term=t",
        "sort=createdBy%3Aasc",
        "pageNumber=1",
    ];
    let (all, sent) = call_session(response, |session| {
        let all = deployments::Client::new(session).list_deployments(&query);
        all.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bodiless(&sent, "GET /v1/deployments/", &fields);
    assert_eq!(all[0].kind, Some(SpecKind::from("model")));
    let (page, sent) = call_session(response, |session| {
        deployments::Client::new(session).list_deployments_page(&query, 1)
    });
    assert_bodiless(&sent, "GET /v1/deployments/", &fields);
    assert_eq!(page.unwrap().total, Some(1));
}

#[test]
fn executes_the_resources_of_a_deployment() {
    let response = r#"{"executeResponse": [{"blockSpecId": "s", "version": "1.0.0", "executionId": "e", "status": "executed"}]}"#;
    let (executed, sent) = call_session(response, |session| {
        deployments::Client::new(session).execute_resources("d")
    });
    assert_json(&sent, "POST /v1/deployments/d/execute", json!({}));
    let executed = executed.unwrap().execute_response.unwrap();
    assert_eq!(executed[0].execution_id.as_deref(), Some("e"));
}

/// The call starts workflows, and a second request would start them again.
#[test]
fn does_not_retry_executing_resources() {
    for reply in [Reply::json(500, "{}"), Reply::nothing(End::Reset)] {
        let server = Server::script([reply]);
        let session = Session::builder()
            .auth_token("t")
            .base_url(server.url())
            .build();
        let client = deployments::Client::new(session.unwrap());
        let error = client.execute_resources("d").unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert_eq!(server.count(), 1);
    }
}

#[test]
fn patches_the_parameters_of_a_deployment() {
    let (result, sent) = call_session("{}", |session| {
        let parameters = Parameters::new().set("horizon", 14);
        deployments::Client::new(session).patch_parameters("d", &parameters)
    });
    assert!(result.unwrap().is_empty());
    let body = json!({"horizon": 14});
    assert_json(&sent, "PATCH /v1/deployments/d/parameters/run", body);
}

#[test]
fn patches_the_parameters_of_an_app_and_its_blocks() {
    let request = PatchParameters::new()
        .app_parameters([("region", "north")])
        .parameters([("train", json!({"rate": 1.0}))]);
    let response = r#"{"appParameters": {"region": "north"}, "parameters": {}}"#;
    let (result, sent) = call_session(response, |session| {
        deployments::Client::new(session).patch_parameters_v2("d", &request)
    });
    assert_eq!(result.unwrap().app_parameters.unwrap()["region"], "north");
    let body = json!({
        "appParameters": {"region": "north"}, "parameters": {"train": {"rate": 1.0}},
    });
    assert_json(&sent, "PATCH /v2/deployments/d/parameters/run", body);
}
