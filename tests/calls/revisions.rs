//! Revisions of a deployment.

use peak_press::types::*;
use serde_json::json;

use crate::{assert_bodiless, assert_json, call};

#[test]
fn creates_a_revision() {
    let request = CreateDeploymentRevision::new()
        .release(ReleaseVersion::new("2.0.0"))
        .revision(RevisionNotes::new())
        .parameters(DeploymentParameters::new().run([("a", 1)]));
    let response = r#"{"id": "v", "revision": 4}"#;
    let (created, sent) = call(response, |client| {
        client.create_deployment_revision("d", &request)
    });
    assert_json(
        &sent,
        "POST /v1/blocks/deployments/d/revisions",
        json!({"release": {"version": "2.0.0"}, "revision": {}, "parameters": {"run": {"a": 1}}}),
    );
    let created = created.unwrap();
    assert_eq!((created.id.as_str(), created.revision), ("v", 4));
}

#[test]
fn lists_revisions_as_items_and_as_a_page() {
    let query = ListDeploymentRevisions::new()
        .status([RevisionStatus::Superseded])
        .sort(["createdAt:asc"])
        .page_size(1);
    let fields = [
        "status=superseded",
        "sort=createdAt%3Aasc",
        "pageSize=1",
        "pageNumber=1",
    ];
    // The official client's iterator looks for `deployments` here.
    let response = r#"{"pageCount": 1, "revisionCount": 1, "revisions": [{"id": "v", "revision": 1, "status": "superseded"}], "deployments": []}"#;
    let (revisions, sent) = call(response, |client| {
        client
            .list_deployment_revisions("d", &query)
            .collect::<Result<Vec<_>, _>>()
    });
    assert_bodiless(&sent, "GET /v1/blocks/deployments/d/revisions", &fields);
    assert_eq!(
        revisions.unwrap()[0].status,
        Some(RevisionStatus::Superseded)
    );
    let (page, sent) = call(response, |client| {
        client.list_deployment_revisions_page("d", &query, 1)
    });
    assert_bodiless(&sent, "GET /v1/blocks/deployments/d/revisions", &fields);
    assert_eq!(page.unwrap().items[0].revision, Some(1));
}

#[test]
fn describes_a_revision() {
    let response = r#"{"id": "v", "revision": 2, "status": "rollback", "spec": {"id": "s"}, "parameters": {"build": {}}}"#;
    let (revision, sent) = call(response, |client| {
        client.describe_deployment_revision("d", 2)
    });
    assert_bodiless(&sent, "GET /v1/blocks/deployments/d/revisions/2", &[]);
    assert_eq!(revision.unwrap().status, Some(RevisionStatus::Rollback));
}
