//! Publishes two blocks and an app of them, deploys the app, changes its run parameters, and runs it.
//!
//! `cargo run --example app` does so on an emulator. `cargo run --example app -- --live` does so on
//! the platform, with the token from `PEAK_AUTH_TOKEN` or `API_KEY`. A second live run creates nothing.

mod common;

use std::process::ExitCode;

use peak_press::Result;
use peak_press::apps::{self, Wait};
use peak_press::types::*;
use peak_press::{blocks, deployments};

fn main() -> ExitCode {
    common::exit(run())
}

fn run() -> Result<()> {
    let (press, _) = common::press()?;
    let forecast = publish_block(&press.client, "demand-forecast")?;
    let plan = publish_block(&press.client, "stock-plan")?;

    let session = press.client.session();
    let apps = apps::Client::new(session.clone());
    let spec_id = publish_app(&apps, [forecast, plan])?;
    let deployment_id = deploy(&apps, spec_id)?;
    let deployments = deployments::Client::new(session.clone());
    patch_and_execute(&deployments, &deployment_id)?;
    if let Some(emulator) = &press.emulator {
        println!("That took {} requests.", emulator.requests().len());
    }
    Ok(())
}

/// Publishes the quick start's block under another name, and returns it as a block of an app that runs
/// whenever the app is executed.
fn publish_block(client: &blocks::Client, name: &str) -> Result<AppBlock> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart");
    let mut request = CreateSpec::from_yaml_file(format!("{folder}/block.yaml"))?;
    request.body.metadata.name = name.to_owned();
    let published = client.publish(&request.relative_to(folder))?;
    println!("block {name} {}", published.version);
    let release = ReleaseVersion::new(published.version);
    Ok(AppBlock::new(published.spec_id, release).auto_run_on_deploy(true))
}

fn publish_app(client: &apps::Client, blocks: [AppBlock; 2]) -> Result<String> {
    let metadata = SpecMetadata::new("demand-planning", "Forecasts demand, and plans stock by it");
    let body = AppSpecBody::new(metadata, NewRelease::new("1.0.0"), blocks);
    // The blocks declare `horizon` too, and inherit the app's value.
    let horizon = ParameterDefinition::new("horizon", ParameterType::Number, true);
    let request = CreateAppSpec::new(body).parameters(SpecParameters::new().run([horizon]));
    let published = client.publish(&request)?;
    println!("app spec {}", published.spec_id);
    Ok(published.spec_id)
}

/// Deploys the app and waits until all of its blocks run.
fn deploy(client: &apps::Client, spec_id: String) -> Result<String> {
    let metadata = DeploymentMetadata::new()
        .name("demand-planning-north")
        .summary("Plans the stock of the north");
    let values = DeploymentParameters::new().run([("horizon", 14)]);
    let request =
        CreateAppDeployment::new(metadata, AppSpecReference::new(spec_id)).app_parameters(values);
    let deployed = client.deploy(&request)?;
    let wait = Wait::new().on_status(|status| println!("  {status}"));
    client.wait_for_deployment(&deployed.deployment_id, &wait)?;
    println!("app deployment {}", deployed.deployment_id);
    Ok(deployed.deployment_id)
}

/// Changes a run parameter of the app, which both blocks inherit, and runs their workflows.
fn patch_and_execute(client: &deployments::Client, deployment_id: &str) -> Result<()> {
    let patch = PatchParameters::new().app_parameters([("horizon", 28)]);
    client.patch_parameters_v2(deployment_id, &patch)?;
    let executed = client.execute_resources(deployment_id)?;
    for resource in executed.execute_response.unwrap_or_default() {
        let [block, status] =
            [resource.block_spec_id, resource.status].map(Option::unwrap_or_default);
        println!("block spec {block}: {status}");
    }
    Ok(())
}
