//! Arguments that are refused before a request is sent.

use peak_press::types::*;
use peak_press::{Error, apps, deployments, specs};

use crate::client;
use crate::common::{Reply, Server};

/// A refused call, and the argument that the error must name.
struct Refusal {
    argument: &'static str,
    error: Error,
}

#[track_caller]
fn refused<T: std::fmt::Debug>(argument: &'static str, result: peak_press::Result<T>) -> Refusal {
    let error = result.unwrap_err();
    Refusal { argument, error }
}

/// An empty id would turn a call on one resource into a call on the whole collection.
#[test]
fn refuses_an_invalid_id_before_sending_anything() {
    let server = Server::script([Reply::json(200, "{}")]);
    let client = client(&server);
    let release = CreateSpecRelease::new(ReleaseBody::new(
        NewRelease::new("1.0.0"),
        WorkflowConfig::new(),
    ));
    for id in ["", " ", "\t\n", ".", ".."] {
        let refusals = [
            refused("spec_id", client.describe_spec(id)),
            refused("spec_id", client.delete_spec(id)),
            refused(
                "spec_id",
                client.update_spec_metadata(id, &UpdateSpecMetadata::new()),
            ),
            refused("spec_id", client.create_spec_release(id, &release)),
            refused("spec_id", client.validate_spec_release(id, &release)),
            refused("spec_id", client.describe_spec_release(id, "1.0.0")),
            refused("version", client.describe_spec_release("s", id)),
            refused(
                "spec_id",
                client
                    .list_spec_releases(id, &ListSpecReleases::new())
                    .next()
                    .unwrap(),
            ),
            refused(
                "spec_id",
                client.list_spec_releases_page(id, &ListSpecReleases::new(), 1),
            ),
            refused("deployment_id", client.describe_deployment(id)),
            refused("deployment_id", client.delete_deployment(id)),
            refused(
                "deployment_id",
                client.update_deployment_metadata(id, &UpdateDeploymentMetadata::new()),
            ),
            refused(
                "deployment_id",
                client.create_deployment_revision(id, &CreateDeploymentRevision::new()),
            ),
            refused(
                "deployment_id",
                client
                    .list_deployment_revisions(id, &ListDeploymentRevisions::new())
                    .next()
                    .unwrap(),
            ),
            refused(
                "deployment_id",
                client.describe_deployment_revision(id, "1"),
            ),
            refused("revision", client.describe_deployment_revision("d", id)),
            refused("deployment_id", client.redeploy(id)),
            refused(
                "deployment_id",
                client.patch_parameters(id, &Parameters::new()),
            ),
        ];
        for Refusal { argument, error } in refusals {
            assert!(
                matches!(&error, Error::InvalidArgument { name, .. } if name == argument),
                "{argument}, {id:?}: {error}"
            );
        }
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn refuses_a_service_without_a_service_type_before_sending_anything() {
    let server = Server::script([Reply::json(200, "{}")]);
    let client = client(&server);
    let body = SpecBody::new(
        BlockKind::Service,
        SpecMetadata::new("n", "s"),
        NewRelease::new("1.0.0"),
        WorkflowConfig::new(),
    );
    let error = client.create_spec(&CreateSpec::new(body)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "body.config: a service's config needs `serviceType`"
    );
    assert_eq!(server.count(), 0);
}

#[test]
fn refuses_page_zero_before_sending_anything() {
    let server = Server::script([Reply::json(200, "{}")]);
    let client = client(&server);
    let error = client.list_specs_page(&ListSpecs::new(), 0).unwrap_err();
    assert_eq!(error.to_string(), "page_number: pages are counted from 1");
    assert_eq!(server.count(), 0);
}

/// A page has one number, so a second one in the query is a mistake.
#[test]
fn a_page_refuses_a_page_number_in_its_query_before_sending_anything() {
    let server = Server::script([]);
    let (blocks, apps, specs, deployments) = (
        client(&server),
        apps::Client::new(server.session()),
        specs::Client::new(server.session()),
        deployments::Client::new(server.session()),
    );
    let list_specs = ListSpecs::new().page_number(3);
    let releases = ListSpecReleases::new().page_number(3);
    let revisions = ListDeploymentRevisions::new().page_number(3);
    let errors = [
        blocks.list_specs_page(&list_specs, 2).err(),
        blocks.list_spec_releases_page("s", &releases, 2).err(),
        blocks
            .list_deployments_page(&ListDeployments::new().page_number(3), 2)
            .err(),
        blocks
            .list_deployment_revisions_page("d", &revisions, 2)
            .err(),
        apps.list_specs_page(&list_specs, 2).err(),
        apps.list_spec_releases_page("s", &releases, 2).err(),
        apps.list_deployments_page(&ListAppDeployments::new().page_number(3), 2)
            .err(),
        apps.list_deployment_revisions_page("d", &revisions, 2)
            .err(),
        specs
            .list_specs_page(&ListAllSpecs::new().page_number(3), 2)
            .err(),
        specs
            .list_spec_release_deployments_page(
                "s",
                &ListSpecReleaseDeployments::new().page_number(3),
                2,
            )
            .err(),
        deployments
            .list_deployments_page(&ListAllDeployments::new().page_number(3), 2)
            .err(),
    ];
    for (index, error) in errors.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("list {index} is sent"));
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "page_number: page 2 was requested, but the query has page_number 3: leave it unset there",
            "list {index}"
        );
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn other_clients_refuse_an_invalid_id_before_sending_anything() {
    let server = Server::script([]);
    let (apps, specs, deployments) = (
        apps::Client::new(server.session()),
        specs::Client::new(server.session()),
        deployments::Client::new(server.session()),
    );
    for id in ["", " ", ".", ".."] {
        let errors = [
            apps.describe_spec(id).unwrap_err(),
            apps.delete_spec(id).unwrap_err(),
            apps.describe_spec_release("s", id).unwrap_err(),
            apps.delete_deployment(id).unwrap_err(),
            apps.redeploy(id).unwrap_err(),
            apps.describe_deployment_revision("d", id).unwrap_err(),
            specs
                .list_spec_release_deployments_page(id, &ListSpecReleaseDeployments::new(), 1)
                .unwrap_err(),
            deployments.execute_resources(id).unwrap_err(),
            deployments
                .patch_parameters_v2(id, &PatchParameters::new())
                .unwrap_err(),
        ];
        for error in errors {
            assert!(
                matches!(error, Error::InvalidArgument { .. }),
                "{id:?}: {error}"
            );
        }
    }
    assert_eq!(server.count(), 0);
}
