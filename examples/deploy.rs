//! Deploys what a YAML file says, as a CI job does: a new deployment, or a new revision of the one
//! of that name; and waits until it runs. The exit code is 0 only if it does.
//!
//! `cargo run --example deploy` does it on an emulator, twice, with `examples/deployment.yaml`;
//! `cargo run --example deploy -- --live path/to/deployment.yaml` on the platform, with the token
//! from `PEAK_AUTH_TOKEN` or `API_KEY`.

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
    for key in request.unknown_keys() {
        let file = file.display();
        eprintln!("warning: {file}: {key}: not known to this release; it is sent as it is");
    }
    if press.emulator.is_none() {
        return deploy(&press.client, &request, Wait::new());
    }
    request.spec.id = seed(&press.client)?;
    let quick = Wait::new().first_pause(Duration::from_millis(20));
    deploy(&press.client, &request, quick.clone())?;
    deploy(&press.client, &request, quick)
}

fn deploy(client: &Client, request: &CreateDeployment, wait: Wait) -> Result<()> {
    let wait = wait
        .timeout(Duration::from_secs(20 * 60))
        .on_status(|status| println!("  {status}"));
    let there = match &request.metadata.name {
        Some(name) => client.find_deployment(name)?,
        None => None,
    };
    let (id, wait) = match there {
        None => {
            let created = client.create_deployment(request)?;
            println!("deployment {}:", created.id);
            (created.id, wait)
        }
        Some(deployment) => {
            let created =
                client.create_deployment_revision(&deployment.id, &request.to_revision())?;
            let number = created.revision.unwrap_or_default();
            println!("deployment {}, revision {number}:", deployment.id);
            (deployment.id, wait.revision(number))
        }
    };
    client.wait_for_deployment(&id, &wait)?;
    Ok(())
}

/// A spec to deploy, on an emulator that has none.
fn seed(client: &Client) -> Result<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart");
    let request = CreateSpec::from_yaml_file(format!("{folder}/block.yaml"))?;
    Ok(client.create_spec(&request.relative_to(folder))?.id)
}
