//! Publishing and deploying on the emulator, with and without faults.

use std::thread;

use peak_press::blocks::{Client, DeployChange, PublishChange, PublishOptions};
use peak_press::emulator::{Emulator, Fault};
use peak_press::types::*;
use peak_press::{Error, apps};
use serde_json::json;

fn client(emulator: &Emulator) -> Client {
    Client::new(emulator.session())
}

/// A spec with a visible and a hidden run parameter.
fn spec(name: &str, version: &str) -> CreateSpec {
    let step = StandardStep::new("python train.py").image(Image::new().dockerfile("Dockerfile"));
    let horizon = ParameterDefinition::new("horizon", ParameterType::Number, false);
    let password = ParameterDefinition::new("password", ParameterType::String, false);
    CreateSpec::new(SpecBody::workflow(
        SpecMetadata::new(name, "Forecasts"),
        NewRelease::new(version),
        WorkflowConfig::new().step("train", step),
    ))
    .parameters(SpecParameters::new().run([horizon.default_value(7), password.hide_value(true)]))
}

fn deployment(spec_id: &str, parameters: &[(&str, serde_json::Value)]) -> CreateDeployment {
    let metadata = DeploymentMetadata::new().name("north").summary("North");
    CreateDeployment::new(metadata, SpecReference::new(spec_id))
        .parameters(DeploymentParameters::new().run(parameters.iter().cloned()))
}

/// The requests that are not a `GET`.
fn writes(emulator: &Emulator) -> Vec<String> {
    let requests = emulator.requests();
    let writes = requests.iter().filter(|request| request.method != "GET");
    writes
        .map(|request| format!("{} {}", request.method, request.path))
        .collect()
}

fn versions(client: &Client, spec_id: &str) -> Vec<String> {
    let releases = client.list_spec_releases(spec_id, &ListSpecReleases::new());
    releases
        .map(|release| release.unwrap().version.unwrap())
        .collect()
}

#[test]
fn publishes_a_spec_then_a_newer_release_then_nothing() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);

    let created = client.publish(&spec("forecast", "1.0.0")).unwrap();
    assert_eq!(created.change, PublishChange::Created);
    let released = client.publish(&spec("forecast", "1.1.0")).unwrap();
    assert_eq!(released.change, PublishChange::Released);
    assert_eq!(released.spec_id, created.spec_id);
    emulator.clear_requests();
    for version in ["1.1.0", "1.0.0"] {
        let unchanged = client.publish(&spec("forecast", version)).unwrap();
        assert_eq!(unchanged.change, PublishChange::Unchanged);
        assert_eq!(unchanged.version, version);
    }

    assert_eq!(writes(&emulator), [""; 0]);
    assert_eq!(versions(&client, &created.spec_id), ["1.0.0", "1.1.0"]);
}

#[test]
fn refuses_a_version_that_is_not_newer() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    client.publish(&spec("forecast", "1.10.0")).unwrap();
    emulator.clear_requests();
    for (version, message) in [
        (
            "1.9.0",
            "body.release.version: 1.9.0 is not newer than the latest release, 1.10.0",
        ),
        (
            "1.10.0+linux",
            "body.release.version: 1.10.0+linux is not newer than the latest release, 1.10.0",
        ),
        (
            "1.10",
            "body.release.version: unexpected end of input while parsing minor version number",
        ),
    ] {
        let error = client.publish(&spec("forecast", version)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(writes(&emulator), [""; 0]);
}

#[test]
fn finds_the_exact_name_and_kind_on_any_page() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    for number in 0..30 {
        let longer = format!("forecast-{number}");
        client.create_spec(&spec(&longer, "1.0.0")).unwrap();
    }
    let created = client.publish(&spec("forecast", "1.0.0")).unwrap();
    assert_eq!(created.change, PublishChange::Created);
    let unchanged = client.publish(&spec("forecast", "1.0.0")).unwrap();
    assert_eq!(unchanged.change, PublishChange::Unchanged);
    assert_eq!(unchanged.spec_id, created.spec_id);
}

#[test]
fn reports_changed_metadata_and_updates_it_on_request() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    let id = client.publish(&spec("forecast", "1.0.0")).unwrap().spec_id;
    let mut request = spec("forecast", "1.0.0").scope(Scope::Shared);
    request.body.metadata.summary = "Better forecasts".into();
    emulator.clear_requests();

    let reported = client.publish(&request).unwrap();
    assert_eq!(reported.metadata_changes, ["metadata.summary", "scope"]);
    assert_eq!(writes(&emulator), [""; 0]);

    let options = PublishOptions::new().update_metadata(true);
    client.publish_with(&request, &options).unwrap();
    let update = emulator.requests().pop().unwrap();
    assert_eq!(update.method, "PATCH");
    let body = json!({"metadata": {"summary": "Better forecasts"}, "scope": "shared"});
    assert_eq!(update.json(), Some(body));
    let updated = client.describe_spec(&id).unwrap();
    assert_eq!(updated.scope, Some(Scope::Shared));
    let unchanged = client.publish_with(&request, &options).unwrap();
    assert!(unchanged.metadata_changes.is_empty());
}

#[test]
fn an_update_without_effect_is_not_an_error() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    client.publish(&spec("forecast", "1.0.0")).unwrap();
    let fault = Fault::status(400).detail("No changes detected");
    emulator.inject(fault.on("PATCH", "/v1/blocks/specs/{}"));
    let options = PublishOptions::new().update_metadata(true);
    let request = spec("forecast", "1.0.0").featured(true);
    client.publish_with(&request, &options).unwrap();
    assert_eq!(emulator.pending_faults(), 0);
}

#[test]
fn deploys_then_revises_then_does_nothing() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    let spec_id = client.publish(&spec("forecast", "1.0.0")).unwrap().spec_id;

    let first = deployment(&spec_id, &[]);
    let created = client.deploy(&first).unwrap();
    assert_eq!(
        (created.change, created.revision),
        (DeployChange::Created, Some(1))
    );
    let other = deployment(&spec_id, &[("horizon", json!(14))]);
    let revised = client.deploy(&other).unwrap();
    assert_eq!(
        (revised.change, revised.revision),
        (DeployChange::Revised, Some(2))
    );
    assert_eq!(revised.deployment_id, created.deployment_id);
    emulator.clear_requests();
    let unchanged = client.deploy(&other).unwrap();
    assert_eq!(
        (unchanged.change, unchanged.revision),
        (DeployChange::Unchanged, Some(2))
    );
    assert_eq!(writes(&emulator), [""; 0]);
    // A value that the request omits returns to its default.
    let changes = [&first, &first].map(|request| client.deploy(request).unwrap().change);
    assert_eq!(changes, [DeployChange::Revised, DeployChange::Unchanged]);
}

#[test]
fn deploys_the_latest_release_by_default() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    let spec_id = client.publish(&spec("forecast", "1.0.0")).unwrap().spec_id;
    let latest = deployment(&spec_id, &[]);
    let fixed = CreateDeployment::new(
        latest.metadata.clone(),
        SpecReference::new(&*spec_id).release("1.0.0"),
    );
    let id = client.deploy(&latest).unwrap().deployment_id;
    client.publish(&spec("forecast", "1.1.0")).unwrap();

    let unchanged = client.deploy(&fixed).unwrap();
    let revised = client.deploy(&latest).unwrap();

    assert_eq!(unchanged.change, DeployChange::Unchanged);
    assert_eq!(revised.change, DeployChange::Revised);
    let deployed = client.describe_deployment(&id).unwrap().spec.unwrap();
    assert_eq!(deployed["release"]["version"], "1.1.0");
}

/// A masked value cannot be compared, so the parameter may have changed.
#[test]
fn a_hidden_parameter_leads_to_a_revision() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    let spec_id = client.publish(&spec("forecast", "1.0.0")).unwrap().spec_id;
    let request = deployment(&spec_id, &[("password", json!("********"))]);
    client.deploy(&request).unwrap();
    let second = client.deploy(&request).unwrap();
    assert_eq!(second.change, DeployChange::Revised);
}

#[test]
fn a_failed_deployment_is_revised() {
    let emulator = Emulator::start().unwrap();
    emulator.deploys_after(0);
    let client = client(&emulator);
    let spec_id = client.publish(&spec("forecast", "1.0.0")).unwrap().spec_id;
    emulator.fail_next_deployment("failed");
    client.deploy(&deployment(&spec_id, &[])).unwrap();
    let second = client.deploy(&deployment(&spec_id, &[])).unwrap();
    assert_eq!(second.change, DeployChange::Revised);
}

#[test]
fn refuses_to_deploy_without_a_name_or_over_another_spec() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    let one = client.publish(&spec("one", "1.0.0")).unwrap().spec_id;
    let two = client.publish(&spec("two", "1.0.0")).unwrap().spec_id;
    let id = client.deploy(&deployment(&one, &[])).unwrap().deployment_id;
    emulator.clear_requests();

    let nameless = CreateDeployment::new(DeploymentMetadata::new(), SpecReference::new(&*one));
    let error = client.deploy(&nameless).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metadata.name: is missing: a deployment is found by its name"
    );
    let error = client.deploy(&deployment(&two, &[])).unwrap_err();
    let message =
        format!("metadata.name: deployment {id} has this name, and its spec is {one}, not {two}");
    assert_eq!(error.to_string(), message);
    assert_eq!(writes(&emulator), [""; 0]);
}

/// Each case is resolved by one lookup; the create is sent once.
#[test]
fn an_unknown_outcome_is_resolved_by_looking() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    let lost = |path| Fault::cut().after_carrying_out().on("POST", path);

    emulator.inject(lost("/v1/blocks/specs/"));
    let created = client.publish(&spec("forecast", "1.0.0")).unwrap();
    assert_eq!(created.change, PublishChange::Created);
    emulator.inject(lost("/v1/blocks/specs/{}/releases"));
    let released = client.publish(&spec("forecast", "1.1.0")).unwrap();
    assert_eq!(released.change, PublishChange::Released);
    let request = deployment(&created.spec_id, &[]);
    emulator.inject(lost("/v1/blocks/deployments/"));
    let deployed = client.deploy(&request).unwrap();
    assert_eq!(deployed.change, DeployChange::Created);
    let request = deployment(&created.spec_id, &[("horizon", json!(14))]);
    emulator.inject(lost("/v1/blocks/deployments/{}/revisions"));
    let revised = client.deploy(&request).unwrap();
    assert_eq!(
        (revised.change, revised.revision),
        (DeployChange::Revised, Some(2))
    );
    assert_eq!(writes(&emulator).len(), 4, "{:?}", writes(&emulator));
}

#[test]
fn an_unresolved_outcome_returns_the_error_of_the_create() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    emulator.inject(Fault::cut().on("POST", "/v1/blocks/specs/"));
    let error = client.publish(&spec("forecast", "1.0.0")).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert!(matches!(error, Error::Transport(_)));
    assert_eq!(writes(&emulator), ["POST /v1/blocks/specs/"]);
}

#[test]
fn simultaneous_calls_create_one_spec_and_one_deployment() {
    let emulator = Emulator::start().unwrap();
    let client = client(&emulator);
    let request = spec("forecast", "1.0.0");
    let changes: Vec<_> = thread::scope(|scope| {
        let publish = || client.publish(&request).unwrap().change;
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(publish)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let created = changes.iter().filter(|c| **c == PublishChange::Created);
    assert_eq!(created.count(), 1, "{changes:?}");
    let specs: Vec<_> = client.list_specs(&ListSpecs::new()).collect();
    assert_eq!(specs.len(), 1);

    let request = deployment(&specs[0].as_ref().unwrap().id, &[]);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| client.deploy(&request).unwrap());
        }
    });
    let deployments = client.list_deployments(&ListDeployments::new());
    assert_eq!(deployments.count(), 1);
}

#[test]
fn simultaneous_calls_create_one_app_and_one_deployment() {
    let emulator = Emulator::start().unwrap();
    let apps = apps::Client::new(emulator.session());
    let request = app(&client(&emulator), "1.0.0");
    let changes: Vec<_> = thread::scope(|scope| {
        let publish = || apps.publish(&request).unwrap().change;
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(publish)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let created = changes.iter().filter(|c| **c == PublishChange::Created);
    assert_eq!(created.count(), 1, "{changes:?}");
    let spec = apps.list_specs(&ListSpecs::new()).next().unwrap().unwrap();
    let request = app_deployment(&spec.id, None);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| apps.deploy(&request).unwrap());
        }
    });
    assert_eq!(apps.list_deployments(&ListAppDeployments::new()).count(), 1);
}

/// An app of one block, which declares the same parameters.
fn app(client: &Client, version: &str) -> CreateAppSpec {
    let block = client.publish(&spec("forecast", "1.0.0")).unwrap().spec_id;
    let metadata = SpecMetadata::new("planning", "Plans");
    let blocks = [AppBlock::new(block, "1.0.0")];
    CreateAppSpec::new(AppSpecBody::new(metadata, NewRelease::new(version), blocks))
        .parameters(*spec("forecast", "1.0.0").parameters.unwrap())
}

fn app_deployment(spec_id: &str, horizon: Option<u32>) -> CreateAppDeployment {
    let metadata = DeploymentMetadata::new().name("north").summary("North");
    let values = horizon.map(|horizon| ("horizon", horizon));
    CreateAppDeployment::new(metadata, AppSpecReference::new(spec_id))
        .app_parameters(DeploymentParameters::new().run(values))
}

#[test]
fn publishes_an_app_then_a_newer_release_then_nothing() {
    let emulator = Emulator::start().unwrap();
    let (client, apps) = (client(&emulator), apps::Client::new(emulator.session()));
    // A block of the same name is a different spec.
    client.publish(&spec("planning", "1.0.0")).unwrap();
    let changes = ["1.0.0", "1.1.0", "1.1.0", "1.0.0"].map(|version| {
        let published = apps.publish(&app(&client, version)).unwrap();
        assert_eq!(published.version, version);
        published.change
    });
    use PublishChange::*;
    assert_eq!(changes, [Created, Released, Unchanged, Unchanged]);
    assert_eq!(apps.list_specs(&ListSpecs::new()).count(), 1);

    let mut request = app(&client, "1.1.0");
    request.body.metadata.summary = "Plans the stock".into();
    let reported = apps.publish(&request).unwrap();
    assert_eq!(reported.metadata_changes, ["metadata.summary"]);
    let options = PublishOptions::new().update_metadata(true);
    apps.publish_with(&request, &options).unwrap();
    let unchanged = apps.publish(&request).unwrap();
    assert!(unchanged.metadata_changes.is_empty());
}

#[test]
fn a_new_value_of_an_app_is_not_given_to_its_blocks_as_well() {
    let emulator = Emulator::start().unwrap();
    let (client, apps) = (client(&emulator), apps::Client::new(emulator.session()));
    let spec_id = apps.publish(&app(&client, "1.0.0")).unwrap().spec_id;
    apps.deploy(&app_deployment(&spec_id, None)).unwrap();
    apps.deploy(&app_deployment(&spec_id, Some(14))).unwrap();
    let sent = emulator.requests().pop().unwrap().json().unwrap();
    assert_eq!(sent["appParameters"], json!({"run": {"horizon": 14}}));
    assert_eq!(sent["parameters"], json!(null));
}

#[test]
fn deploys_an_app_then_revises_it_then_does_nothing() {
    let emulator = Emulator::start().unwrap();
    let (client, apps) = (client(&emulator), apps::Client::new(emulator.session()));
    let spec_id = apps.publish(&app(&client, "1.0.0")).unwrap().spec_id;
    let of_block = |horizon: u32| {
        let values = DeploymentParameters::new().run([("horizon", horizon)]);
        app_deployment(&spec_id, None).parameters([("forecast", values)])
    };
    let choices = [BlockChoice::new("forecast")];
    let mut excluding = app_deployment(&spec_id, None);
    excluding.spec = excluding.spec.excludes(choices);
    let deploys = |case: &str, request: &CreateAppDeployment, change| {
        emulator.clear_requests();
        assert_eq!(apps.deploy(request).unwrap().change, change, "{case}");
        let expected = usize::from(change != DeployChange::Unchanged);
        assert_eq!(writes(&emulator).len(), expected, "{case}");
    };
    let with = |horizon: Option<u32>| app_deployment(&spec_id, horizon);
    use DeployChange::*;
    deploys("new", &with(None), Created);
    deploys("the default", &with(None), Unchanged);
    deploys("the same as the default", &with(Some(7)), Unchanged);
    deploys("another value", &with(Some(14)), Revised);
    deploys("the same value", &with(Some(14)), Unchanged);
    deploys("another value of the block", &of_block(28), Revised);
    deploys("the default again", &with(None), Revised);
    deploys("still the default", &with(None), Unchanged);
    deploys("other blocks", &excluding, Revised);
    deploys("a choice of blocks", &excluding, Revised);
}
