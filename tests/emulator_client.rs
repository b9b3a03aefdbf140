//! Every call of the client, answered by the emulator.

use peak_press::{Artifact, Error, RetryPolicy, Session, blocks};
use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use peak_press::blocks::Wait;
use peak_press::emulator::{Emulator, Fault};
use peak_press::types::*;
use serde_json::json;

fn start() -> (Emulator, blocks::Client) {
    let emulator = Emulator::start().unwrap();
    let client = blocks::Client::new(emulator.session());
    (emulator, client)
}

fn spec(name: &str, version: &str) -> CreateSpec {
    let step = Step::from(StandardStep::new("python train.py").image_ref("python"));
    CreateSpec::new(SpecBody::workflow(
        SpecMetadata::new(name, "Forecasts demand").title(format!("The {name}")),
        NewRelease::new(version).notes("First"),
        WorkflowConfig::new().steps([("train", step)]),
    ))
}

fn declared() -> SpecParameters {
    SpecParameters::new()
        .run([
            ParameterDefinition::new("horizon", ParameterType::Number, true).default_value(14),
            ParameterDefinition::new("region", ParameterType::String, true),
            ParameterDefinition::new("key", ParameterType::String, false).hide_value(true),
        ])
        .build([ParameterDefinition::new(
            "slim",
            ParameterType::Boolean,
            false,
        )])
}

fn deployment(name: &str, spec_id: &str) -> CreateDeployment {
    CreateDeployment::new(
        DeploymentMetadata::new().name(name),
        SpecReference::new(spec_id),
    )
}

fn status(client: &blocks::Client, id: &str) -> DeploymentStatus {
    let deployment = client.describe_deployment(id).unwrap();
    deployment.metadata.unwrap().status.unwrap()
}

#[test]
fn a_spec_is_created_described_deployed_and_its_parameters_read() {
    let (emulator, client) = start();
    let request = spec("forecast", "1.0.0").parameters(declared());
    let created = client.create_spec(&request).unwrap();

    let described = client.describe_spec(&created.id).unwrap();
    assert_eq!(described.kind, Some(BlockKind::Workflow));
    assert_eq!(described.featured, Some(false));
    assert_eq!(described.scope, Some(Scope::Private));
    assert_eq!(described.parameters, Some(declared()));
    let metadata = described.metadata.unwrap();
    assert_eq!(metadata.name.as_deref(), Some("forecast"));
    assert_eq!(metadata.status, Some(SpecStatus::Available));
    let latest = described.latest_release.unwrap();
    assert_eq!(latest.version.as_deref(), Some("1.0.0"));
    assert_eq!(latest.config.as_ref(), Some(&request.body.config));

    let parameters = DeploymentParameters::new().run(
        json!({ "region": "north", "key": "secret" })
            .as_object()
            .unwrap()
            .clone(),
    );
    let request = deployment("forecast-north", &created.id)
        .revision(RevisionNotes::new().notes("Go"))
        .parameters(parameters);
    let id = client.create_deployment(&request).unwrap().id;
    assert_eq!(status(&client, &id), DeploymentStatus::Deploying);
    assert_eq!(status(&client, &id), DeploymentStatus::Deployed);
    assert_eq!(status(&client, &id), DeploymentStatus::Deployed);

    let get = GetParameters::new().deployment_id(&id);
    let values = client.get_parameters(&get).unwrap();
    assert_eq!(
        serde_json::to_value(values).unwrap(),
        json!({ "horizon": 14, "region": "north", "key": "secret" })
    );
    let shown = client.describe_deployment(&id).unwrap().parameters.unwrap();
    assert_eq!(shown.run.unwrap()["key"], "********");
    assert_eq!(emulator.requests().len(), 8);
}

fn release(version: &str) -> CreateSpecRelease {
    CreateSpecRelease::new(ReleaseBody::new(
        NewRelease::new(version),
        WorkflowConfig::new(),
    ))
}

/// A wait that does not make a test slow.
fn wait() -> Wait {
    Wait::new()
        .first_pause(Duration::ZERO)
        .max_pause(Duration::ZERO)
}

#[test]
fn specs_and_releases_live_and_end() {
    let (emulator, client) = start();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile"), "FROM python\n").unwrap();
    let request = spec("forecast", "1.0.0")
        .featured(true)
        .scope(Scope::Shared)
        .tenants(["a"])
        .artifact(Artifact::dir(folder.path()));
    assert_eq!(client.validate_spec(&request).unwrap().success, Some(true));
    let id = client.create_spec(&request).unwrap().id;
    assert!(matches!(
        client.create_spec(&request),
        Err(Error::Conflict(_))
    ));
    let entries = emulator.artifact_entries(&id, "1.0.0").unwrap();
    assert_eq!((entries.len(), &*entries[0].path), (1, "Dockerfile"));

    let validated = client
        .validate_spec_release(&id, &release("1.1.0"))
        .unwrap();
    assert_eq!(validated.success, Some(true));
    let created = client.create_spec_release(&id, &release("1.1.0")).unwrap();
    assert_eq!(created.release.unwrap().version.as_deref(), Some("1.1.0"));
    let again = client.create_spec_release(&id, &release("1.1.0"));
    assert!(matches!(again, Err(Error::Conflict(_))));
    let query = ListSpecReleases::new()
        .sort(["createdAt:desc"])
        .page_size(1);
    let releases = client.list_spec_releases(&id, &query);
    let versions: Vec<_> = releases
        .map(|release| release.unwrap().version.unwrap())
        .collect();
    assert_eq!(versions, ["1.1.0", "1.0.0"]);
    let page = client.list_spec_releases_page(&id, &query, 2).unwrap();
    assert_eq!((page.page_count, page.total), (2, Some(2)));
    let described = client.describe_spec_release(&id, "1.0.0").unwrap();
    assert_eq!(described.artifact.unwrap().version, Some(1));
    assert_eq!(described.auto_run_on_deploy, Some(false));

    let update =
        UpdateSpecMetadata::new().metadata(SpecMetadataUpdate::new().status(SpecStatus::Archived));
    client.update_spec_metadata(&id, &update).unwrap();
    match client.update_spec_metadata(&id, &update) {
        Err(Error::BadRequest(error)) => {
            assert_eq!(error.message.as_deref(), Some("No changes detected"));
        }
        other => panic!("{other:?}"),
    }
    let archived = ListSpecs::new()
        .status([SpecStatus::Archived])
        .featured(true);
    assert_eq!(client.list_specs(&archived).count(), 1);
    assert_eq!(
        client.list_specs_page(&archived, 1).unwrap().items[0].id,
        id
    );
    client.delete_spec(&id).unwrap();
    assert!(matches!(client.describe_spec(&id), Err(Error::NotFound(_))));
    assert_eq!(client.list_specs(&ListSpecs::new()).count(), 0);
}

#[test]
fn deployments_and_revisions_live_and_end() {
    let (emulator, client) = start();
    let spec_id = client.create_spec(&spec("forecast", "1.0.0")).unwrap().id;
    client
        .create_spec_release(&spec_id, &release("2.0.0"))
        .unwrap();
    let old = SpecReference::new(&*spec_id).release(ReleaseVersion::new("1.0.0"));
    let request = CreateDeployment::new(DeploymentMetadata::new().name("north"), old);
    let id = client.create_deployment(&request).unwrap().id;
    assert!(matches!(
        client.create_deployment(&request),
        Err(Error::Conflict(_))
    ));
    assert!(matches!(
        client.delete_spec(&spec_id),
        Err(Error::Conflict(_))
    ));
    let deployed = client.wait_for_deployment(&id, &wait()).unwrap();
    assert_eq!(deployed.spec.unwrap()["release"]["version"], "1.0.0");

    emulator.fail_next_deployment(DeploymentStatus::Failed);
    let revised = client.create_deployment_revision(&id, &CreateDeploymentRevision::new());
    let number = revised.unwrap().revision.unwrap();
    let failed = client.wait_for_deployment(&id, &wait().revision(number));
    assert!(
        matches!(failed, Err(Error::DeploymentFailed(_))),
        "{failed:?}"
    );
    let redeployed = client.redeploy(&id).unwrap();
    assert_eq!(redeployed.revision, Some(number));
    assert_eq!(status(&client, &id), DeploymentStatus::Redeploying);
    client.wait_for_deployment(&id, &wait()).unwrap();

    let revisions = client.list_deployment_revisions(&id, &ListDeploymentRevisions::new());
    let statuses: Vec<_> = revisions.map(|it| it.unwrap().status.unwrap()).collect();
    assert_eq!(
        statuses,
        [RevisionStatus::Superseded, RevisionStatus::Deployed]
    );
    let superseded = ListDeploymentRevisions::new().status([RevisionStatus::Superseded]);
    let page = client
        .list_deployment_revisions_page(&id, &superseded, 1)
        .unwrap();
    assert_eq!((page.items.len(), page.total), (1, Some(1)));
    let latest = client.describe_deployment_revision(&id, "2").unwrap();
    assert_eq!(latest.spec.unwrap()["release"]["version"], "2.0.0");

    let update = UpdateDeploymentMetadata::new().title("North");
    client.update_deployment_metadata(&id, &update).unwrap();
    let titled = ListDeployments::new()
        .title("Nor")
        .status([DeploymentStatus::Deployed]);
    let found: Vec<_> = client
        .list_deployments(&titled)
        .map(|it| it.unwrap().id)
        .collect();
    assert_eq!(found, [&*id]);
    assert_eq!(
        client.list_deployments_page(&titled, 1).unwrap().total,
        Some(1)
    );

    assert!(
        client
            .get_related_block_details(&related(&id))
            .unwrap()
            .is_empty()
    );
    let other = client
        .create_deployment(&deployment("south", &spec_id))
        .unwrap()
        .id;
    emulator.add_app([&id, &other]).unwrap();
    let blocks = client.get_related_block_details(&related(&other)).unwrap();
    let names: Vec<_> = blocks
        .into_iter()
        .map(|block| block.name.unwrap())
        .collect();
    assert_eq!(names, ["north", "south"]);

    client.delete_deployment(&id).unwrap();
    assert!(matches!(
        client.describe_deployment(&id),
        Err(Error::NotFound(_))
    ));
}

fn related(id: &str) -> GetRelatedBlockDetails {
    GetRelatedBlockDetails::new().deployment_id(id)
}

#[test]
fn parameters_are_patched_within_what_is_declared() {
    let (_emulator, client) = start();
    let request = spec("forecast", "1.0.0").parameters(declared());
    let spec_id = client.create_spec(&request).unwrap().id;
    let parameters = DeploymentParameters::new().run([("region", json!("north"))]);
    let request = deployment("north", &spec_id).parameters(parameters);
    let id = client.create_deployment(&request).unwrap().id;
    let patched = client
        .patch_parameters(&id, &Parameters::new().set("horizon", 7))
        .unwrap();
    let get = GetParameters::new().deployment_id(&id);
    assert_eq!(client.get_parameters(&get).unwrap(), patched);
    assert_eq!(patched.get("horizon"), Some(&json!(7)));
    let wrong = client.patch_parameters(&id, &Parameters::new().set("horizon", "long"));
    assert!(
        matches!(wrong, Err(Error::UnprocessableEntity(_))),
        "{wrong:?}"
    );
    assert_eq!(client.get_parameters(&get).unwrap(), patched);
}

#[test]
fn lists_go_through_every_page() {
    let (emulator, client) = start();
    let ids = emulator.seed_specs(101);
    for page_size in [1, 7, 100, 101, 1000] {
        emulator.clear_requests();
        let specs = client.list_specs(&ListSpecs::new().page_size(page_size));
        let listed: Vec<_> = specs.map(|spec| spec.unwrap().id).collect();
        assert_eq!(listed, ids);
        assert_eq!(emulator.requests().len() as u64, 101u64.div_ceil(page_size));
    }
}

#[test]
fn a_session_of_ones_own_has_to_have_the_token() {
    let emulator = Emulator::start().unwrap();
    for (token, gets_in) in [(emulator.token(), true), ("another", false)] {
        let session = Session::builder()
            .auth_token(token)
            .base_url(emulator.base_url());
        let client = blocks::Client::new(session.retry(RetryPolicy::never()).build().unwrap());
        let page = client.list_specs_page(&ListSpecs::new(), 1);
        assert_eq!(page.is_ok(), gets_in);
        assert!(gets_in || matches!(page, Err(Error::Unauthorized(_))));
    }
}

#[test]
fn faults_are_met_and_overcome() {
    let (emulator, client) = start();
    let list = || client.list_specs_page(&ListSpecs::new(), 1);
    for fault in [
        Fault::status(500),
        Fault::proxy_page(502),
        Fault::cut(),
        Fault::raw("?\r\n\r\n"),
    ] {
        emulator.clear_requests();
        emulator.inject(fault.times(2));
        list().unwrap();
        assert_eq!(emulator.requests().len(), 3);
    }
    let create = || client.create_spec(&spec("forecast", "1.0.0"));
    emulator.inject(
        Fault::cut()
            .after_carrying_out()
            .on("POST", "/v1/blocks/specs/"),
    );
    assert!(create().unwrap_err().outcome_unknown());
    assert!(matches!(create(), Err(Error::Conflict(_))));
    emulator.inject(Fault::status(503).retry_after(0).times(3));
    list().unwrap();
    emulator.inject(Fault::status(403).detail("not yours"));
    match list() {
        Err(Error::Forbidden(error)) => assert_eq!(error.message.as_deref(), Some("not yours")),
        other => panic!("{other:?}"),
    }
    emulator.inject(Fault::status(429).always());
    assert!(matches!(list(), Err(Error::RateLimited(_))));
}

#[test]
fn sixteen_threads_lose_and_mix_nothing() {
    let (emulator, client) = start();
    let ids: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|thread| {
                let client = &client;
                scope.spawn(move || {
                    let mut ids = Vec::new();
                    for number in 0..8 {
                        let name = format!("spec-{thread}-{number}");
                        let id = client.create_spec(&spec(&name, "1.0.0")).unwrap().id;
                        let described = client.describe_spec(&id).unwrap();
                        assert_eq!(described.metadata.unwrap().name.as_deref(), Some(&*name));
                        let own = ListSpecs::new()
                            .name(format!("spec-{thread}-"))
                            .page_size(3);
                        assert_eq!(client.list_specs(&own).count(), number + 1);
                        ids.push(id);
                    }
                    ids
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.flatten().collect()
    });
    let distinct: HashSet<_> = ids.iter().cloned().collect();
    let listed = client.list_specs(&ListSpecs::new().page_size(10));
    let listed: Vec<_> = listed.map(|spec| spec.unwrap().id).collect();
    assert_eq!((distinct.len(), listed.len()), (128, 128));
    assert_eq!(listed.into_iter().collect::<HashSet<_>>(), distinct);
    fn is_shared<T: Send + Sync>(_: &T) {}
    is_shared(&emulator);
    assert!(format!("{emulator:?}").starts_with("Emulator { base_url: \"http://127.0.0.1:"));
}
