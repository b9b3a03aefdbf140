//! The recipes of `docs/cookbook.md`, run on the emulator.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use peak_press::blocks::{Client, DeployChange, PublishChange, Wait};
use peak_press::emulator::{Emulator, Fault};
use peak_press::types::*;
use peak_press::{Attempt, Error, Result, Session, SessionBuilder, TlsRoots, apps};

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
/// A session behind a proxy that has its own certificates.
fn behind_a_proxy(token: &str, ca: &Path) -> std::result::Result<Session, Box<dyn StdError>> {
    let session = Session::builder()
        .auth_token(token)
        .proxy("http://proxy.example:3128")
        .tls_roots(TlsRoots::Pem(std::fs::read(ca)?))
        .build()?;
    Ok(session)
}

/// Creates a deployment. If the outcome is unknown, looks it up by name.
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

/// A session whose token is in a file that is replaced before the token expires.
fn with_token_in_a_file(builder: SessionBuilder, file: &Path) -> Result<Session> {
    let file = file.to_owned();
    let read = move || std::fs::read_to_string(&file);
    builder.auth_token_from(read).build()
}

/// The number of attempts by outcome: a status, or `none` without a response.
type Counts = Arc<Mutex<BTreeMap<String, u64>>>;

/// A session that counts its attempts.
fn counted(builder: SessionBuilder) -> Result<(Session, Counts)> {
    let counts = Counts::default();
    let counter = Arc::clone(&counts);
    let count = move |attempt: &Attempt| {
        let status = attempt.status.map(|status| status.to_string());
        let mut counter = counter.lock().unwrap();
        *counter.entry(status.unwrap_or("none".into())).or_default() += 1;
    };
    Ok((builder.on_attempt(count).build()?, counts))
}

/// A session that reports its attempts as `tracing` events.
fn traced(builder: SessionBuilder) -> Result<Session> {
    let trace = |attempt: &Attempt| {
        tracing::info!(
            method = attempt.method.as_str(),
            path = attempt.path,
            number = attempt.number,
            status = attempt.status,
            cause = attempt.cause,
            request_id = attempt.request_id,
            duration = ?attempt.duration,
            pause = ?attempt.pause,
        );
    };
    builder.on_attempt(trace).build()
}

/// Publishes two blocks and an app of them, deploys the app, and waits until it runs.
fn deploy_app(session: &Session, requests: [&CreateSpec; 2]) -> Result<AppDeployment> {
    let (blocks, apps) = (
        Client::new(session.clone()),
        apps::Client::new(session.clone()),
    );
    let mut parts = Vec::new();
    for request in requests {
        let published = blocks.publish(request)?;
        parts.push(AppBlock::new(published.spec_id, published.version));
    }
    let metadata = SpecMetadata::new("planning", "Forecasts demand, and plans the stock by it");
    let body = AppSpecBody::new(metadata, "1.0.0", parts);
    let published = apps.publish(&CreateAppSpec::new(body))?;

    let metadata = DeploymentMetadata::new()
        .name("planning-north")
        .summary("The north");
    let spec = AppSpecReference::new(published.spec_id);
    let deployed = apps.deploy(&CreateAppDeployment::new(metadata, spec))?;
    apps.wait_for_deployment(&deployed.deployment_id, &Wait::new())
}

/// Deploys a file, waits until the deployment runs, and changes a run parameter.
fn deploy_file(client: &Client, file: &Path) -> Result<Parameters> {
    let request = CreateDeployment::from_yaml_file(file)?;
    let deployed = client.deploy(&request)?;
    client.wait_for_deployment(&deployed.deployment_id, &Wait::new())?;
    let changes = Parameters::new().set("horizon", 28);
    client.patch_parameters(&deployed.deployment_id, &changes)
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

fn builder(emulator: &Emulator) -> SessionBuilder {
    Session::builder()
        .base_url(emulator.base_url())
        .auth_token(emulator.token())
}

#[test]
fn a_token_is_read_again_after_it_expired() {
    let emulator = Emulator::start().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "expired").unwrap();
    let session = with_token_in_a_file(builder(&emulator), file.path()).unwrap();
    let client = Client::new(session);
    let error = newest_version(&client, "forecast").unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    std::fs::write(&file, emulator.token()).unwrap();
    assert_eq!(newest_version(&client, "forecast").unwrap(), None);
}

#[test]
fn attempts_are_counted_by_outcome() {
    let emulator = Emulator::start().unwrap();
    emulator.inject(Fault::status(503).retry_after(0).times(2));
    let (session, counts) = counted(builder(&emulator)).unwrap();
    newest_version(&Client::new(session), "forecast").unwrap();
    let counts = counts.lock().unwrap();
    let expected = [("200".to_owned(), 1), ("503".to_owned(), 2)];
    assert_eq!(*counts, BTreeMap::from(expected));
}

/// Records the fields of all events as text.
struct Events(Mutex<String>);

impl tracing::Subscriber for Events {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text<'a>(&'a mut String);
        impl tracing::field::Visit for Text<'_> {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
                self.0.push_str(&format!("{field}={value:?} "));
            }
        }
        event.record(&mut Text(&mut self.0.lock().unwrap()));
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn attempts_are_events_of_tracing() {
    let emulator = Emulator::start().unwrap();
    let client = Client::new(traced(builder(&emulator)).unwrap());
    let events = Arc::new(Events(Mutex::default()));
    let subscriber = Arc::clone(&events);
    tracing::subscriber::with_default(subscriber, || newest_version(&client, "forecast")).unwrap();
    let fields = events.0.lock().unwrap();
    let start = r#"method="GET" path="/v1/blocks/specs/" number=1 status=200 "#;
    assert!(fields.starts_with(start), "{fields}");
}

#[test]
fn an_app_of_two_blocks_is_deployed_once() {
    let (emulator, client) = press();
    let block = |name: &str| {
        let metadata = SpecMetadata::new(name, "A block");
        let body = SpecBody::workflow(metadata, "1.0.0", WorkflowConfig::new());
        CreateSpec::new(body)
    };
    let requests = [block("forecast"), block("stock")];
    for _ in 0..2 {
        let app = deploy_app(client.session(), requests.each_ref()).unwrap();
        assert_eq!(app.latest_revision.unwrap().blocks.unwrap().len(), 2);
    }
    assert_eq!(writes(&emulator), 4);
}

#[test]
fn a_file_is_deployed_and_a_parameter_changed() {
    let (_emulator, client) = press();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    publish(&client, &folder.join("quickstart")).unwrap();
    for revisions in [1, 2] {
        let parameters = deploy_file(&client, &folder.join("deployment.yaml")).unwrap();
        assert_eq!(parameters.get("horizon"), Some(&28.into()));
        let deployment = client.find_deployment("demand-forecast-north").unwrap();
        let latest = deployment.unwrap().latest_revision.unwrap();
        assert_eq!(latest.revision, Some(revisions));
    }
}

/// The first request after a deployment sees its final status, so there is no pause.
#[test]
fn a_wait_on_the_emulator_costs_nothing() {
    let (emulator, client) = press();
    let spec_id = emulator.seed_specs(1).remove(0);
    emulator.deploys_after(0);
    let created = client.create_deployment(&request(&spec_id)).unwrap();
    emulator.clear_requests();
    client
        .wait_for_deployment(&created.id, &Wait::new())
        .unwrap();
    assert_eq!(emulator.requests().len(), 1);
}

#[test]
fn the_block_in_rust_is_a_valid_spec() {
    let cookbook = include_str!("../docs/cookbook.md");
    let (_, rest) = cookbook.split_once("## Write a block in Rust").unwrap();
    let (_, rest) = rest.split_once("\n```yaml\n").unwrap();
    let (file, _) = rest.split_once("\n```").unwrap();
    let request = CreateSpec::from_yaml_str(file).unwrap();
    assert!(request.problems().is_empty(), "{:?}", request.problems());
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
    assert!(blocks.len() >= 14);
    for block in blocks {
        assert!(source.contains(block), "{block}");
    }
}
