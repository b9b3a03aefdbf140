//! Deploys a spec from a YAML file, as a CI job would: creates the deployment, or a revision if a
//! deployment of that name has another release or other parameters, and waits until it is running.
//! Exits with 0 only if it is.
//!
//! `cargo run --example deploy` deploys `examples/deployment.yaml` to an emulator, twice.
//! `cargo run --example deploy -- --live path/to/deployment.yaml` deploys to the platform, with the
//! token from `PEAK_AUTH_TOKEN` or `API_KEY`.

mod common;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use peak_press::Result;
use peak_press::blocks::{Client, Wait};
use peak_press::types::*;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/deployment.yaml");

fn main() -> ExitCode {
    common::exit(run())
}

fn run() -> Result<()> {
    let (press, arguments) = common::press()?;
    let file = PathBuf::from(arguments.first().map_or(SAMPLE, String::as_str));
    let mut request = CreateDeployment::from_yaml_file(&file)?;
    for problem in request.problems() {
        eprintln!("warning: {}: {problem}", file.display());
    }
    if press.emulator.is_some() {
        request.spec.id = seed(&press.client)?;
        deploy(&press.client, &request)?;
    }
    deploy(&press.client, &request)
}

fn deploy(client: &Client, request: &CreateDeployment) -> Result<()> {
    let deployed = client.deploy(request)?;
    let (id, change) = (deployed.deployment_id, deployed.change);
    println!("deployment {id}: {change:?}");
    let mut wait = Wait::new()
        .timeout(Duration::from_secs(20 * 60))
        .on_status(|status| println!("  {status}"));
    if let Some(number) = deployed.revision {
        wait = wait.revision(number);
    }
    client.wait_for_deployment(&id, &wait)?;
    Ok(())
}

/// Creates a spec to deploy, because a new emulator has none.
fn seed(client: &Client) -> Result<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart");
    let request = CreateSpec::from_yaml_file(format!("{folder}/block.yaml"))?;
    Ok(client.create_spec(&request.relative_to(folder))?.id)
}
