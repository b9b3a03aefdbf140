//! Deployments of blocks.

use peak_press::Error;
use peak_press::types::*;
use serde_json::{Value, json};

use crate::common::{Reply, Server};
use crate::{assert_bodiless, assert_json, call, client};

#[test]
fn creates_a_deployment_with_parameters() {
    let parameters = DeploymentParameters::new()
        .build([("use_cache", true)])
        .run([
            ("files", json!(["a.csv"])),
            ("n", json!(50)),
            ("x", json!(1.0)),
        ]);
    let request = CreateDeployment::new(
        DeploymentMetadata::new().name("north").summary("North"),
        SpecReference::new("s").release(ReleaseVersion::new("1.0.0")),
    )
    .revision(RevisionNotes::new().notes("First"))
    .parameters(parameters);
    let (created, sent) = call(r#"{"id": "d"}"#, |client| {
        client.create_deployment(&request)
    });
    assert_json(
        &sent,
        "POST /v1/blocks/deployments/",
        json!({
            "metadata": {"name": "north", "summary": "North"},
            "spec": {"id": "s", "release": {"version": "1.0.0"}},
            "revision": {"notes": "First"},
            "parameters": {
                "build": {"use_cache": true},
                "run": {"files": ["a.csv"], "n": 50, "x": 1.0},
            },
        }),
    );
    assert_eq!(created.unwrap().id, "d");
}

#[test]
fn lists_deployments_with_every_filter_as_items_and_as_a_page() {
    let query = ListDeployments::new()
        .status([
            DeploymentStatus::DeleteFailed,
            DeploymentStatus::PlatformResourceError,
        ])
        .name("n")
        .title("t")
        .sort(["title:desc"]);
    let fields = [
        "status=delete_failed",
        "status=platform_resource_error",
        "name=n",
        "title=t",
        "sort=title%3Adesc",
        "pageNumber=1",
    ];
    for total in ["deploymentCount", "deploymentsCount"] {
        let response = format!(
            r#"{{"pageCount": 1, "{total}": 1, "deployments": [{{"id": "d", "metadata": {{"status": "rollback_complete"}}}}]}}"#
        );
        let (all, sent) = call(&response, |client| {
            client
                .list_deployments(&query)
                .collect::<Result<Vec<_>, _>>()
        });
        assert_bodiless(&sent, "GET /v1/blocks/deployments/", &fields);
        let metadata = all.unwrap().remove(0).metadata.unwrap();
        assert_eq!(metadata.status, Some(DeploymentStatus::RollbackComplete));
        let (page, sent) = call(&response, |client| client.list_deployments_page(&query, 1));
        assert_bodiless(&sent, "GET /v1/blocks/deployments/", &fields);
        assert_eq!(page.unwrap().total, Some(1));
    }
}

/// An empty filter would match everything.
#[test]
fn refuses_an_empty_filter() {
    let server = Server::script([]);
    let none: [DeploymentStatus; 0] = [];
    let query = ListDeployments::new().status(none);
    let mut items = client(&server).list_deployments(&query);
    let error = items.next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "status: is an empty list, which would list everything: leave it unset for that"
    );
    assert!(items.next().is_none());
    assert_eq!(server.count(), 0);
}

#[test]
fn a_filter_of_none_is_left_out() {
    let response = r#"{"pageCount":1,"deployments":[]}"#;
    let query = ListDeployments::new().status(None).name("north");
    let (page, sent) = call(response, |client| client.list_deployments_page(&query, 1));
    let expected = ["name=north", "pageNumber=1"];
    assert_bodiless(&sent, "GET /v1/blocks/deployments/", &expected);
    assert_eq!(page.unwrap().items.len(), 0);
}

#[test]
fn does_not_find_a_deployment_whose_name_only_starts_the_same() {
    let page = r#"{"pageCount":1,"deployments":[{"id":"e","metadata":{"name":"north-2"}}]}"#;
    let (found, sent) = call(page, |client| client.find_deployment("north"));
    assert_eq!(found.unwrap(), None);
    assert_bodiless(
        &sent,
        "GET /v1/blocks/deployments/",
        &["name=north", "pageNumber=1"],
    );
}

#[test]
fn reports_an_error_while_finding_a_deployment() {
    let page = r#"{"pageCount":1,"deployments":[{"id":"e","metadata":{"name":"north-2"}}]}"#;
    let server = Server::script([Reply::json(200, page), Reply::json(403, "{}")]);
    let client = client(&server);
    assert!(client.find_deployment("north-2").unwrap().is_some());
    let error = client.find_deployment("north-2").unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)));
}

#[test]
fn describes_a_deployment_with_its_latest_revision() {
    let response = r#"{"id": "d", "kind": "workflow", "metadata": {"name": "n", "status": "deployed"}, "spec": {"id": "s"},
        "latestRevision": {"id": "v", "revision": 3, "status": "deployed", "notes": "n", "createdAt": "2020-01-01T18:00:00.000Z", "createdBy": "me", "resources": [{"id": 1}]},
        "parameters": {"run": {"a": 1, "secret": "****"}}, "parent": {"id": "p"}}"#;
    let (deployment, sent) = call(response, |client| client.describe_deployment("d"));
    assert_bodiless(&sent, "GET /v1/blocks/deployments/d", &[]);
    let deployment = deployment.unwrap();
    let revision = deployment.latest_revision.unwrap();
    assert_eq!(
        (revision.revision, revision.status),
        (Some(3), Some(RevisionStatus::Deployed))
    );
    assert_eq!(deployment.parent.unwrap().id.as_deref(), Some("p"));
    assert_eq!(deployment.parameters.unwrap().run.unwrap()["a"], 1);
}

#[test]
fn updates_only_the_given_metadata_of_a_deployment() {
    let request = UpdateDeploymentMetadata::new()
        .title("T")
        .tags([Tag::new("x")]);
    let (result, sent) = call("", |client| {
        client.update_deployment_metadata("d", &request)
    });
    assert!(result.unwrap().extra.is_empty());
    let body = json!({"title": "T", "tags": [{"name": "x"}]});
    assert_json(&sent, "PATCH /v1/blocks/deployments/d", body);
}

#[test]
fn deletes_a_deployment_whatever_the_body_of_the_response() {
    for response in ["{}", "", "null", "[1]", r#"{"deleted": true}"#] {
        let (result, sent) = call(response, |client| client.delete_deployment("d"));
        let fields = match response.contains("deleted") {
            true => json!({"deleted": true}),
            false => json!({}),
        };
        assert_eq!(Value::Object(result.unwrap().extra), fields, "{response}");
        assert_bodiless(&sent, "DELETE /v1/blocks/deployments/d", &[]);
    }
}

#[test]
fn redeploys_a_deployment() {
    let response = r#"{"deploymentId": "d", "revision": 3, "revisionId": "v"}"#;
    let (redeployed, sent) = call(response, |client| client.redeploy("d"));
    assert_json(&sent, "POST /v1/blocks/deployments/d/redeploy", json!({}));
    let redeployed = redeployed.unwrap();
    assert_eq!(redeployed.deployment_id.as_deref(), Some("d"));
    assert_eq!(redeployed.revision_id.as_deref(), Some("v"));
}
