//! Deployments of apps and their revisions.

use peak_press::types::*;
use peak_press::{Error, apps};
use serde_json::json;

use crate::{assert_bodiless, assert_json, call_session};

#[test]
fn creates_a_deployment_of_an_app_with_chosen_blocks_and_parameters() {
    let spec = AppSpecReference::new("s")
        .release("1.0.0")
        .includes([BlockChoice::new("x").release_version("2.0.0")])
        .excludes([BlockChoice::new("y")]);
    let train = DeploymentParameters::new().run([("rate", 0.5)]);
    let request = CreateAppDeployment::new(DeploymentMetadata::new().name("north"), spec)
        .app_parameters(DeploymentParameters::new().run([("horizon", 14)]))
        .parameters([("train", train)]);
    let (created, sent) = call_session(r#"{"id": "d"}"#, |session| {
        apps::Client::new(session).create_deployment(&request)
    });
    assert_eq!(created.unwrap().id, "d");
    let body = json!({
        "metadata": {"name": "north"},
        "spec": {
            "id": "s", "release": {"version": "1.0.0"},
            "includes": [{"id": "x", "releaseVersion": "2.0.0"}], "excludes": [{"id": "y"}],
        },
        "appParameters": {"run": {"horizon": 14}},
        "parameters": {"train": {"run": {"rate": 0.5}}},
    });
    assert_json(&sent, "POST /v1/apps/deployments/", body);
}

#[test]
fn lists_deployments_of_apps_with_every_filter_as_items_and_as_a_page() {
    let query = ListAppDeployments::new()
        .status([DeploymentStatus::Failed])
        .name("n")
        .sort(["title:desc"]);
    let response = r#"{"pageCount": 2, "pageNumber": 2, "deploymentsCount": 9, "deployments": [
        {"id": "d", "kind": "app", "metadata": {"status": "updating"}, "latestRevision": {"revision": 1}}]}"#;
    let fields = [
        "status=failed",
        "name=n",
        "sort=title%3Adesc",
        "pageNumber=2",
    ];
    let (all, sent) = call_session(response, |session| {
        let all = apps::Client::new(session).list_deployments(&query.clone().page_number(2));
        all.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bodiless(&sent, "GET /v1/apps/deployments/", &fields);
    let status = all[0].metadata.as_ref().unwrap().status.as_ref().unwrap();
    assert_eq!(status, &DeploymentStatus::from("updating"));
    let (page, sent) = call_session(response, |session| {
        apps::Client::new(session).list_deployments_page(&query, 2)
    });
    assert_bodiless(&sent, "GET /v1/apps/deployments/", &fields);
    assert_eq!(page.unwrap().total, Some(9));
}

#[test]
fn describes_a_deployment_of_an_app_with_its_blocks() {
    let response = r#"{"id": "d", "latestRevision": {"blocks": [{"deploymentId": "b", "platformId": null, "name": "train", "status": "deployed"}]}}"#;
    let (deployment, sent) = call_session(response, |session| {
        apps::Client::new(session).describe_deployment("d")
    });
    assert_bodiless(&sent, "GET /v1/apps/deployments/d", &[]);
    let blocks = deployment.unwrap().latest_revision.unwrap().blocks.unwrap();
    assert_eq!(blocks[0].name.as_deref(), Some("train"));
}

#[test]
fn updates_only_the_given_metadata_of_an_app_deployment() {
    let request = UpdateDeploymentMetadata::new().title("T");
    let (result, sent) = call_session("", |session| {
        apps::Client::new(session).update_deployment_metadata("d", &request)
    });
    assert!(result.unwrap().extra.is_empty());
    assert_json(&sent, "PATCH /v1/apps/deployments/d", json!({"title": "T"}));
}

#[test]
fn deletes_a_deployment_of_an_app() {
    let (result, sent) = call_session("{}", |session| {
        apps::Client::new(session).delete_deployment("d")
    });
    assert!(result.unwrap().extra.is_empty());
    assert_bodiless(&sent, "DELETE /v1/apps/deployments/d", &[]);
}

#[test]
fn redeploys_an_app() {
    let response = r#"{"deploymentId": "d", "revision": 3, "revisionId": "v"}"#;
    let (redeployed, sent) =
        call_session(response, |session| apps::Client::new(session).redeploy("d"));
    assert_json(&sent, "POST /v1/apps/deployments/d/redeploy", json!({}));
    assert_eq!(redeployed.unwrap().deployment_id.as_deref(), Some("d"));
}

#[test]
fn names_the_failed_block_after_waiting() {
    let response = r#"{"id": "d", "metadata": {"status": "failed"}, "latestRevision": {"blocks": [
        {"deploymentId": "a", "name": "train", "status": "failed"},
        {"deploymentId": "b", "name": "serve", "status": "deployed"}]}}"#;
    let (result, sent) = call_session(response, |session| {
        apps::Client::new(session).wait_for_deployment("d", &apps::Wait::new())
    });
    assert_bodiless(&sent, "GET /v1/apps/deployments/d", &[]);
    let error = result.unwrap_err();
    let Error::DeploymentFailed(failure) = &error else {
        panic!("{error}")
    };
    assert_eq!(failure.failed_blocks, ["train"]);
    assert!(
        error.to_string().contains("blocks that failed: train"),
        "{error}"
    );
}

#[test]
fn creates_a_revision_of_an_app_deployment() {
    let config = BlocksConfig::new().excludes([BlockChoice::new("y")]);
    let request = CreateAppDeploymentRevision::new()
        .release("1.1.0")
        .blocks_config(config);
    let (created, sent) = call_session(r#"{"id": "d", "revision": 2}"#, |session| {
        apps::Client::new(session).create_deployment_revision("d", &request)
    });
    assert_eq!(created.unwrap().revision, 2);
    let body = json!({
        "release": {"version": "1.1.0"}, "blocksConfig": {"excludes": [{"id": "y"}]},
    });
    assert_json(&sent, "POST /v1/apps/deployments/d/revisions", body);
}

#[test]
fn lists_revisions_of_an_app_deployment_as_items_and_as_a_page() {
    let query = ListDeploymentRevisions::new().status([RevisionStatus::Superseded]);
    let response = r#"{"pageCount": 1, "revisionCount": 1, "revisions": [{"id": "v", "revision": 1}], "deployments": []}"#;
    let fields = ["status=superseded", "pageNumber=1"];
    let (revisions, sent) = call_session(response, |session| {
        let revisions = apps::Client::new(session).list_deployment_revisions("d", &query);
        revisions.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bodiless(&sent, "GET /v1/apps/deployments/d/revisions", &fields);
    assert_eq!(revisions[0].revision, Some(1));
    let (page, sent) = call_session(response, |session| {
        apps::Client::new(session).list_deployment_revisions_page("d", &query, 1)
    });
    assert_bodiless(&sent, "GET /v1/apps/deployments/d/revisions", &fields);
    assert_eq!(page.unwrap().items.len(), 1);
}

#[test]
fn describes_a_revision_of_an_app_deployment() {
    let (revision, sent) = call_session(
        r#"{"id": "v", "revision": 2, "status": "failed"}"#,
        |session| apps::Client::new(session).describe_deployment_revision("d", 2),
    );
    assert_bodiless(&sent, "GET /v1/apps/deployments/d/revisions/2", &[]);
    assert_eq!(revision.unwrap().status, Some(RevisionStatus::Failed));
}
