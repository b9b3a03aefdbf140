//! The client's calls against the emulator, including failures.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use peak_press::blocks::Wait;
use peak_press::emulator::{Emulator, Fault};
use peak_press::types::*;
use peak_press::{Artifact, Error, RetryPolicy, Session, blocks};
use serde_json::json;

fn start() -> (Emulator, blocks::Client) {
    let emulator = Emulator::start().unwrap();
    let client = blocks::Client::new(emulator.session());
    (emulator, client)
}

fn spec(name: &str, version: &str) -> CreateSpec {
    let step = StandardStep::new("python train.py").image(Image::new().dockerfile("Dockerfile"));
    CreateSpec::new(SpecBody::workflow(
        SpecMetadata::new(name, "Forecasts demand").title(format!("The {name}")),
        NewRelease::new(version).notes("First"),
        WorkflowConfig::new().step("train", step),
    ))
}

fn release(version: &str) -> CreateSpecRelease {
    CreateSpecRelease::new(ReleaseBody::new(
        NewRelease::new(version),
        WorkflowConfig::new(),
    ))
}

fn definitions() -> SpecParameters {
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

fn create_spec(client: &blocks::Client) -> String {
    client.create_spec(&spec("forecast", "1.0.0")).unwrap().id
}

fn deploy(client: &blocks::Client, name: &str, spec_id: &str) -> String {
    let created = client.create_deployment(&deployment(name, spec_id));
    created.unwrap().id
}

fn status(client: &blocks::Client, id: &str) -> DeploymentStatus {
    let deployment = client.describe_deployment(id).unwrap();
    deployment.metadata.unwrap().status.unwrap()
}

/// A wait without pauses.
fn wait() -> Wait {
    Wait::new()
        .first_pause(Duration::ZERO)
        .max_pause(Duration::ZERO)
}

#[test]
fn creates_and_describes_a_spec() {
    let (_emulator, client) = start();
    let request = spec("forecast", "1.0.0").parameters(definitions());
    let id = client.create_spec(&request).unwrap().id;

    let described = client.describe_spec(&id).unwrap();
    assert_eq!(described.kind, Some(BlockKind::Workflow));
    assert_eq!(described.featured, Some(false));
    assert_eq!(described.scope, Some(Scope::Private));
    assert_eq!(described.parameters.as_deref(), Some(&definitions()));
    let metadata = described.metadata.unwrap();
    assert_eq!(metadata.name.as_deref(), Some("forecast"));
    assert_eq!(metadata.status, Some(SpecStatus::Available));
    let latest = described.latest_release.unwrap();
    assert_eq!(latest.version.as_deref(), Some("1.0.0"));
    assert_eq!(latest.config.as_deref(), Some(&request.body.config));
}

#[test]
fn validates_and_creates_specs_with_an_artifact() {
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
    let duplicate = client.create_spec(&request);
    assert!(matches!(duplicate, Err(Error::Conflict(_))));

    let entries = emulator.artifact_entries(&id, "1.0.0").unwrap();
    assert_eq!((entries.len(), &*entries[0].path), (1, "Dockerfile"));
    let described = client.describe_spec_release(&id, "1.0.0").unwrap();
    assert_eq!(described.artifact.unwrap().version, Some(1));
    assert_eq!(described.auto_run_on_deploy, Some(false));
}

#[test]
fn validates_creates_and_lists_releases() {
    let (_emulator, client) = start();
    let id = create_spec(&client);
    let request = release("1.1.0");
    let validated = client.validate_spec_release(&id, &request).unwrap();
    assert_eq!(validated.success, Some(true));
    let created = client.create_spec_release(&id, &request).unwrap();
    assert_eq!(created.release.unwrap().version.as_deref(), Some("1.1.0"));
    let duplicate = client.create_spec_release(&id, &request);
    assert!(matches!(duplicate, Err(Error::Conflict(_))));

    let query = ListSpecReleases::new()
        .sort(["createdAt:desc"])
        .page_size(1);
    let releases = client.list_spec_releases(&id, &query);
    let versions: Vec<_> = releases.map(|it| it.unwrap().version.unwrap()).collect();
    assert_eq!(versions, ["1.1.0", "1.0.0"]);
    let page = client.list_spec_releases_page(&id, &query, 2).unwrap();
    assert_eq!((page.page_count, page.total), (2, Some(2)));
}

#[test]
fn updates_lists_and_deletes_specs() {
    let (_emulator, client) = start();
    let request = spec("forecast", "1.0.0").featured(true);
    let id = client.create_spec(&request).unwrap().id;
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
    let page = client.list_specs_page(&archived, 1).unwrap();
    assert_eq!(page.items[0].id, id);

    client.delete_spec(&id).unwrap();
    assert!(matches!(client.describe_spec(&id), Err(Error::NotFound(_))));
    assert_eq!(client.list_specs(&ListSpecs::new()).count(), 0);
}

#[test]
fn deploys_a_spec_with_parameters() {
    let (emulator, client) = start();
    let request = spec("forecast", "1.0.0").parameters(definitions());
    let spec_id = client.create_spec(&request).unwrap().id;
    let run = [("region", json!("north")), ("key", json!("secret"))];
    let request = deployment("forecast-north", &spec_id)
        .revision(RevisionNotes::new().notes("Go"))
        .parameters(DeploymentParameters::new().run(run));
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
    let described = client.describe_deployment(&id).unwrap();
    assert_eq!(
        described.parameters.unwrap().run.unwrap()["key"],
        "********"
    );
    assert_eq!(emulator.requests().len(), 7);
}

#[test]
fn deploys_the_chosen_release() {
    let (_emulator, client) = start();
    let spec_id = create_spec(&client);
    client
        .create_spec_release(&spec_id, &release("2.0.0"))
        .unwrap();
    let old = SpecReference::new(&*spec_id).release(ReleaseVersion::new("1.0.0"));
    let request = CreateDeployment::new(DeploymentMetadata::new().name("north"), old);
    let id = client.create_deployment(&request).unwrap().id;
    let duplicate = client.create_deployment(&request);
    assert!(matches!(duplicate, Err(Error::Conflict(_))));
    let in_use = client.delete_spec(&spec_id);
    assert!(matches!(in_use, Err(Error::Conflict(_))));
    let deployed = client.wait_for_deployment(&id, &wait()).unwrap();
    assert_eq!(deployed.spec.unwrap()["release"]["version"], "1.0.0");

    let revised = client.create_deployment_revision(&id, &CreateDeploymentRevision::new());
    assert_eq!(revised.unwrap().revision, 2);
    let latest = client.describe_deployment_revision(&id, "2").unwrap();
    assert_eq!(latest.spec.unwrap()["release"]["version"], "2.0.0");
}

#[test]
fn redeploys_a_failed_revision() {
    let (emulator, client) = start();
    let id = deploy(&client, "north", &create_spec(&client));
    client.wait_for_deployment(&id, &wait()).unwrap();
    emulator.fail_next_deployment(DeploymentStatus::Failed);
    let revised = client.create_deployment_revision(&id, &CreateDeploymentRevision::new());
    let number = revised.unwrap().revision;
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
    let expected = [RevisionStatus::Superseded, RevisionStatus::Deployed];
    assert_eq!(statuses, expected);
    let superseded = ListDeploymentRevisions::new().status([RevisionStatus::Superseded]);
    let page = client
        .list_deployment_revisions_page(&id, &superseded, 1)
        .unwrap();
    assert_eq!((page.items.len(), page.total), (1, Some(1)));
}

#[test]
fn updates_lists_and_deletes_deployments() {
    let (_emulator, client) = start();
    let id = deploy(&client, "north", &create_spec(&client));
    client.wait_for_deployment(&id, &wait()).unwrap();
    let update = UpdateDeploymentMetadata::new().title("North");
    client.update_deployment_metadata(&id, &update).unwrap();

    let query = ListDeployments::new()
        .title("Nor")
        .status([DeploymentStatus::Deployed]);
    let found = client.list_deployments(&query);
    let found: Vec<_> = found.map(|it| it.unwrap().id).collect();
    assert_eq!(found, [&*id]);
    let page = client.list_deployments_page(&query, 1).unwrap();
    assert_eq!(page.total, Some(1));

    client.delete_deployment(&id).unwrap();
    let deleted = client.describe_deployment(&id);
    assert!(matches!(deleted, Err(Error::NotFound(_))));
}

#[test]
fn finds_the_other_blocks_of_an_app() {
    let (emulator, client) = start();
    let related = |id: &str| {
        let request = GetRelatedBlockDetails::new().deployment_id(id);
        let blocks = client.get_related_block_details(&request).unwrap();
        let names = blocks.into_iter().map(|block| block.name.unwrap());
        names.collect::<Vec<_>>()
    };
    let spec_id = create_spec(&client);
    let north = deploy(&client, "north", &spec_id);
    let south = deploy(&client, "south", &spec_id);
    assert!(related(&north).is_empty());
    emulator.add_app([&north, &south]).unwrap();
    assert_eq!(related(&south), ["north", "south"]);
}

#[test]
fn patches_run_parameters() {
    let (_emulator, client) = start();
    let request = spec("forecast", "1.0.0").parameters(definitions());
    let spec_id = client.create_spec(&request).unwrap().id;
    let parameters = DeploymentParameters::new().run([("region", json!("north"))]);
    let request = deployment("north", &spec_id).parameters(parameters);
    let id = client.create_deployment(&request).unwrap().id;

    let patched = client
        .patch_parameters(&id, &Parameters::new().set("horizon", 7))
        .unwrap();
    assert_eq!(patched.get("horizon"), Some(&json!(7)));
    let get = GetParameters::new().deployment_id(&id);
    assert_eq!(client.get_parameters(&get).unwrap(), patched);

    let invalid = client.patch_parameters(&id, &Parameters::new().set("horizon", "long"));
    assert!(
        matches!(invalid, Err(Error::UnprocessableEntity(_))),
        "{invalid:?}"
    );
    assert_eq!(client.get_parameters(&get).unwrap(), patched);
}

#[test]
fn lists_every_page() {
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
fn starts_on_a_chosen_port_with_seeded_specs_and_deployments() {
    let emulator = Emulator::builder().start().unwrap();
    let base_url = emulator.base_url();
    let port: u16 = base_url.rsplit(':').next().unwrap().parse().unwrap();
    let in_use = Emulator::builder().port(port).start().unwrap_err();
    assert!(
        in_use.to_string().contains(&format!("127.0.0.1:{port}")),
        "{in_use}"
    );
    drop(emulator);

    let seeded = Emulator::builder().seed_specs(2).seed_deployments(1);
    let emulator = seeded.port(port).start().unwrap();
    assert_eq!(emulator.base_url(), base_url);
    let client = blocks::Client::new(emulator.session());
    assert_eq!(client.list_specs(&ListSpecs::new()).count(), 3);
    assert_eq!(client.list_deployments(&ListDeployments::new()).count(), 1);
}

#[test]
fn a_session_needs_the_token() {
    let emulator = Emulator::start().unwrap();
    let list = |token: &str| {
        let session = Session::builder()
            .auth_token(token)
            .base_url(emulator.base_url());
        let client = blocks::Client::new(session.retry(RetryPolicy::never()).build().unwrap());
        client.list_specs_page(&ListSpecs::new(), 1)
    };
    assert!(list(emulator.token()).is_ok());
    assert!(matches!(list("another"), Err(Error::Unauthorized(_))));
}

#[test]
fn retries_transient_faults() {
    let (emulator, client) = start();
    for fault in [
        Fault::status(500),
        Fault::proxy_page(502),
        Fault::cut(),
        Fault::raw("?\r\n\r\n"),
    ] {
        emulator.clear_requests();
        emulator.inject(fault.times(2));
        client.list_specs_page(&ListSpecs::new(), 1).unwrap();
        assert_eq!(emulator.requests().len(), 3);
    }
    emulator.inject(Fault::status(503).retry_after(0).times(3));
    client.list_specs_page(&ListSpecs::new(), 1).unwrap();
}

#[test]
fn reports_a_create_whose_response_is_lost() {
    let (emulator, client) = start();
    let create = || client.create_spec(&spec("forecast", "1.0.0"));
    let lost = Fault::cut().after_carrying_out();
    emulator.inject(lost.on("POST", "/v1/blocks/specs/"));
    assert!(create().unwrap_err().outcome_unknown());
    assert!(matches!(create(), Err(Error::Conflict(_))));
}

#[test]
fn reports_lasting_faults() {
    let (emulator, client) = start();
    let list = || client.list_specs_page(&ListSpecs::new(), 1);
    emulator.inject(Fault::status(403).detail("not yours"));
    match list() {
        Err(Error::Forbidden(error)) => assert_eq!(error.message.as_deref(), Some("not yours")),
        other => panic!("{other:?}"),
    }
    emulator.inject(Fault::status(429).always());
    assert!(matches!(list(), Err(Error::RateLimited(_))));
}

/// Creates 8 specs with this name prefix, checks each, and returns their ids.
fn create_eight_specs(client: &blocks::Client, prefix: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..8 {
        let name = format!("{prefix}{number}");
        let id = client.create_spec(&spec(&name, "1.0.0")).unwrap().id;
        let described = client.describe_spec(&id).unwrap();
        assert_eq!(described.metadata.unwrap().name.as_deref(), Some(&*name));
        let query = ListSpecs::new().name(prefix).page_size(3);
        assert_eq!(client.list_specs(&query).count(), number + 1);
        ids.push(id);
    }
    ids
}

#[test]
fn serves_sixteen_threads() {
    let (emulator, client) = start();
    let ids: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|thread| {
                let client = &client;
                scope.spawn(move || create_eight_specs(client, &format!("spec-{thread}-")))
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.flatten().collect()
    });
    let distinct: HashSet<_> = ids.into_iter().collect();
    let listed = client.list_specs(&ListSpecs::new().page_size(10));
    let listed: Vec<_> = listed.map(|spec| spec.unwrap().id).collect();
    assert_eq!((distinct.len(), listed.len()), (128, 128));
    assert_eq!(listed.into_iter().collect::<HashSet<_>>(), distinct);
    fn assert_shareable<T: Send + Sync>(_: &T) {}
    assert_shareable(&emulator);
    assert!(format!("{emulator:?}").starts_with("Emulator { base_url: \"http://127.0.0.1:"));
}

#[test]
fn a_service_that_repeats_a_page_ends_the_list_with_an_error() {
    let (emulator, client) = start();
    emulator.seed_specs(3);
    emulator.inject(Fault::page_number(1).times(2));
    let mut items = client.list_specs(&ListSpecs::new().page_size(2));
    assert!(items.by_ref().take(2).all(|spec| spec.is_ok()));
    let error = items.next().unwrap().unwrap_err();
    let shown = error.to_string();
    assert!(
        matches!(error, Error::Decode(_)) && shown.contains("expected page 2, found page 1"),
        "{shown}"
    );
    assert!(items.next().is_none());
}
