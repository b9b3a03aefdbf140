//! The recipes of `docs/cookbook.md`, run on the emulator.

use std::error::Error as StdError;
use std::path::Path;

use peak_press::blocks::{Client, DeployChange, PublishChange, Wait};
use peak_press::emulator::{Emulator, Fault};
use peak_press::types::*;
use peak_press::{Error, Result, Session, TlsRoots};

/// Publishes the block in `folder`, if that version has not been published yet.
fn publish(client: &Client, folder: &Path) -> Result<String> {
    let request = CreateSpec::from_yaml_file(folder.join("block.yaml"))?.relative_to(folder);
    let published = client.publish(&request)?;
    if published.change == PublishChange::Unchanged {
        println!("{} has been published before", published.version);
    }
    Ok(published.spec_id)
}

/// The version of the newest release of a spec.
fn newest_version(client: &Client, name: &str) -> Result<Option<String>> {
    let spec = client.find_spec(BlockKind::Workflow, name)?;
    Ok(spec.and_then(|spec| spec.latest_version().map(str::to_owned)))
}

/// Deploys a request. If the new revision fails, deploys the release that ran before.
fn deploy_or_roll_back(client: &Client, request: &CreateDeployment) -> Result<()> {
    let name = request.metadata.name.as_deref().unwrap_or_default();
    let before = client.find_deployment(name)?;
    let deployed = client.deploy(request)?;
    let wait = Wait::new();
    let outcome = client.wait_for_deployment(&deployed.deployment_id, &wait);
    let (Err(Error::DeploymentFailed(_)), Some(before)) = (&outcome, before) else {
        return outcome.map(|_| ());
    };
    let number = before
        .latest_revision
        .and_then(|revision| revision.revision);
    let number = number.unwrap_or_default();
    let previous = client.describe_deployment_revision(&before.id, number)?;
    let version = previous
        .spec
        .as_ref()
        .and_then(|spec| spec["release"]["version"].as_str());
    let mut rollback = CreateDeploymentRevision::new()
        .revision(RevisionNotes::new().notes(format!("Roll back to revision {number}")));
    if let Some(version) = version {
        rollback = rollback.release(version);
    }
    client.create_deployment_revision(&before.id, &rollback)?;
    client.wait_for_deployment(&before.id, &wait)?;
    outcome.map(|_| ())
}

/// Redeploys everything that failed. Returns what still does not run, with the reason.
fn redeploy_failed(client: &Client) -> Result<Vec<(String, Error)>> {
    let query = ListDeployments::new().status([DeploymentStatus::Failed]);
    // Collect the whole list first: a redeployment leaves it, which would shift its later pages.
    let failed: Vec<Deployment> = client.list_deployments(&query).collect::<Result<_>>()?;
    let mut still_failing = Vec::new();
    for deployment in failed {
        let outcome = client
            .redeploy(&deployment.id)
            .and_then(|_| client.wait_for_deployment(&deployment.id, &Wait::new()));
        if let Err(error) = outcome {
            still_failing.push((deployment.id, error));
        }
    }
    Ok(still_failing)
}

#[derive(Debug, serde::Deserialize)]
struct Run {
    horizon: u32,
    #[serde(default)]
    regions: Vec<String>,
}

/// Reads the run parameters: inside a block from the service, elsewhere from a file.
fn run_parameters(client: &Client, file: &Path) -> Result<Run> {
    let request = GetParameters::new().fallback_params_file(file);
    client.get_parameters(&request)?.deserialize()
}

#[cfg_attr(not(any(feature = "rustls", feature = "native-tls")), allow(dead_code))]
/// A session behind a proxy that has certificates of its own.
fn behind_a_proxy(token: &str, ca: &Path) -> std::result::Result<Session, Box<dyn StdError>> {
    let session = Session::builder()
        .auth_token(token)
        .proxy("http://proxy.example:3128")
        .tls_roots(TlsRoots::Pem(std::fs::read(ca)?))
        .build()?;
    Ok(session)
}

/// Creates a deployment. If it is unknown whether that worked, looks for it by name.
fn create_once(client: &Client, request: &CreateDeployment, name: &str) -> Result<String> {
    match client.create_deployment(request) {
        Ok(created) => Ok(created.id),
        Err(error) if error.outcome_unknown() => {
            let deployment = client.find_deployment(name)?;
            deployment.map(|deployment| deployment.id).ok_or(error)
        }
        Err(error) => Err(error),
    }
}

fn press() -> (Emulator, Client) {
    let emulator = Emulator::start().unwrap();
    let client = Client::new(emulator.session());
    (emulator, client)
}

fn request(spec_id: &str) -> CreateDeployment {
    let metadata = DeploymentMetadata::new()
        .name("north")
        .summary("Northern region");
    CreateDeployment::new(metadata, SpecReference::new(spec_id))
}

fn writes(emulator: &Emulator) -> usize {
    let requests = emulator.requests();
    requests
        .iter()
        .filter(|request| request.method != "GET")
        .count()
}

#[test]
fn publishes_a_version_once() {
    let (emulator, client) = press();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let first = publish(&client, &folder).unwrap();
    let second = publish(&client, &folder).unwrap();
    assert_eq!(first, second);
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn finds_the_newest_version() {
    let (emulator, client) = press();
    emulator.seed_specs(1);
    let version = newest_version(&client, "seeded-1").unwrap();
    assert_eq!(version.as_deref(), Some("1.0.0"));
    assert_eq!(newest_version(&client, "seeded").unwrap(), None);
}

#[test]
fn rolls_back_a_failed_revision() {
    let (emulator, client) = press();
    let spec_id = emulator.seed_specs(1).remove(0);
    deploy_or_roll_back(&client, &request(&spec_id)).unwrap();

    emulator.fail_next_deployment(DeploymentStatus::Failed);
    let notes = RevisionNotes::new().notes("Longer horizon");
    let release = ReleaseBody::new(NewRelease::new("1.1.0"), WorkflowConfig::new());
    client
        .create_spec_release(&spec_id, &CreateSpecRelease::new(release))
        .unwrap();
    let error = deploy_or_roll_back(&client, &request(&spec_id).revision(notes)).unwrap_err();

    assert!(matches!(error, Error::DeploymentFailed(_)), "{error:?}");
    let deployment = client.find_deployment("north").unwrap().unwrap();
    assert_eq!(
        deployment.latest_revision.as_ref().unwrap().revision,
        Some(3)
    );
    let revision = client
        .describe_deployment_revision(&deployment.id, 3)
        .unwrap();
    assert_eq!(revision.spec.unwrap()["release"]["version"], "1.0.0");
    assert_eq!(revision.status, Some(RevisionStatus::Deployed));
}

#[test]
fn redeploys_what_failed_and_continues_after_a_failure() {
    let (emulator, client) = press();
    let spec_id = emulator.seed_specs(1).remove(0);
    emulator.deploys_after(0);
    for name in ["north", "south"] {
        emulator.fail_next_deployment(DeploymentStatus::Failed);
        let metadata = DeploymentMetadata::new().name(name).summary(name);
        let request = CreateDeployment::new(metadata, SpecReference::new(&spec_id));
        client.create_deployment(&request).unwrap();
    }
    emulator.inject(Fault::status(400).on("POST", "/v1/blocks/deployments/{}/redeploy"));

    let failing = redeploy_failed(&client).unwrap();
    assert!(
        matches!(&failing[..], [(_, Error::BadRequest(_))]),
        "{failing:?}"
    );
    assert!(redeploy_failed(&client).unwrap().is_empty());
}

#[test]
fn reads_run_parameters_from_a_file() {
    let (emulator, client) = press();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/params.yaml");
    let run = run_parameters(&client, &file).unwrap();
    assert_eq!((run.horizon, run.regions.len()), (14, 2));
    assert!(emulator.requests().is_empty());
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn a_proxy_with_its_own_certificates_is_configured() {
    let ca = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates/valid.pem");
    let session = behind_a_proxy("token", &ca).unwrap();
    assert!(format!("{session:?}").contains("proxy.example:3128"));
}

#[test]
fn an_unknown_outcome_is_resolved_by_a_lookup() {
    let (emulator, client) = press();
    let spec_id = emulator.seed_specs(1).remove(0);
    emulator.inject(
        Fault::cut()
            .after_carrying_out()
            .on("POST", "/v1/blocks/deployments/"),
    );
    let id = create_once(&client, &request(&spec_id), "north").unwrap();
    assert_eq!(
        client.describe_deployment(&id).unwrap().name(),
        Some("north")
    );
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn a_second_deploy_changes_nothing() {
    let (emulator, client) = press();
    let spec_id = emulator.seed_specs(1).remove(0);
    client.deploy(&request(&spec_id)).unwrap();
    let again = client.deploy(&request(&spec_id)).unwrap();
    assert_eq!(again.change, DeployChange::Unchanged);
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn every_recipe_of_the_cookbook_is_code_of_this_file() {
    let source = include_str!("cookbook.rs");
    let cookbook = include_str!("../docs/cookbook.md");
    let blocks: Vec<&str> = cookbook
        .split("\n```rust\n")
        .skip(1)
        .map(|text| text.split("\n```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 7);
    for block in blocks {
        assert!(source.contains(block), "{block}");
    }
}
