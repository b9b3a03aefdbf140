//! The blocks of the parent app, from the service and from a fallback file.

use peak_press::types::*;

use crate::common::{Reply, Server};
use crate::{assert_bodiless, client, offline_client};

#[test]
fn reads_the_blocks_of_the_parent_app() {
    let server = Server::script([
        Reply::json(200, r#"{"id": "d", "parent": {"id": "p/q"}}"#),
        Reply::json(
            200,
            r#"{"latestRevision": {"blocks": [
                {"deploymentId": "d", "platformId": null, "kind": "workflow", "name": "a", "status": "deployed"},
                {"deploymentId": "e", "platformId": "6789", "kind": "service", "name": "b", "status": "warning"}]}}"#,
        ),
        Reply::json(200, r#"{"id": "d", "parent": null}"#),
    ]);
    let client = client(&server);
    let request = GetRelatedBlockDetails::new().deployment_id("d");
    let blocks = client.get_related_block_details(&request).unwrap();
    assert_eq!(blocks[0].platform_id, None);
    assert_eq!(blocks[1].platform_id.as_deref(), Some("6789"));
    assert_eq!(blocks[1].status, Some(DeploymentStatus::Warning));
    assert_eq!(client.get_related_block_details(&request).unwrap(), []);
    let requests = server.requests();
    assert_bodiless(&requests[0], "GET /v1/blocks/deployments/d", &[]);
    assert_bodiless(&requests[1], "GET /v1/apps/deployments/p%2Fq", &[]);
    assert_eq!(
        requests.len(),
        3,
        "a block without a parent takes a single request"
    );
}

/// The first row is as users of the official client write it, the second as the service returns it.
#[test]
fn reads_related_blocks_from_a_fallback_file_offline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.yaml");
    std::fs::write(
        &path,
        "
- { id: '12345', resource_id: 6789, kind: workflow, name: a, status: deployed }
- { deploymentId: b, platformId: null, kind: service, name: b, status: soon }
",
    )
    .unwrap();
    let request = GetRelatedBlockDetails::new().fallback_details_file(&path);
    let blocks = offline_client()
        .get_related_block_details(&request)
        .unwrap();
    assert_eq!(blocks[0].deployment_id.as_deref(), Some("12345"));
    assert_eq!(blocks[0].platform_id.as_deref(), Some("6789"));
    assert_eq!(blocks[1].deployment_id.as_deref(), Some("b"));
    assert_eq!(blocks[1].status, Some(DeploymentStatus::from("soon")));
}

#[test]
fn reports_the_position_of_an_invalid_fallback_block() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.yaml");
    std::fs::write(&path, "- [1]").unwrap();
    let request = GetRelatedBlockDetails::new().fallback_details_file(&path);
    let error = offline_client()
        .get_related_block_details(&request)
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("blocks.yaml: [0]: expected a map, found a list (line 1)"),
        "{error}"
    );
}
