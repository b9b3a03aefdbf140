//! Every call of the client, answered by the emulator.

use peak_press::blocks;
use peak_press::emulator::Emulator;
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
