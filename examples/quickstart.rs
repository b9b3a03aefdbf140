//! The whole way of a block: publish it from its YAML file, find it in the list, deploy it, wait,
//! and read its run parameters.
//!
//! `cargo run --example quickstart` does it on an emulator in this process; no account is needed.
//! With `PEAK_AUTH_TOKEN` or `API_KEY` set, `cargo run --example quickstart -- --live` does the
//! same on the platform, and leaves the spec and the deployment there.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use peak_press::blocks::{Client, Wait};
use peak_press::emulator::Emulator;
use peak_press::types::*;
use peak_press::{Error, Result};
use serde::Deserialize;

/// The run parameters, as the block's own code wants them.
#[derive(Debug, Deserialize)]
struct Run {
    horizon: u32,
    regions: Vec<String>,
}

fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some("--live") => Client::from_env().and_then(|client| tour(&client, Wait::new())),
        Some(other) => {
            eprintln!("{other}: the only argument is --live");
            return ExitCode::from(2);
        }
        None => emulated(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Conflict(answer)) => {
            eprintln!(
                "It is there already: {answer}\nDelete it, or change its name in block.yaml."
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn emulated() -> Result<()> {
    let emulator = Emulator::start()?;
    println!("A Press of our own runs at {}.\n", emulator.base_url());
    let wait = Wait::new().first_pause(Duration::from_millis(50));
    tour(&Client::new(emulator.session()), wait)
}

fn tour(client: &Client, wait: Wait) -> Result<()> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart"));

    println!("1. Read examples/quickstart/block.yaml, and look at what its artifact will hold:");
    // A path in the file is relative to the current folder, unless told otherwise.
    let request = CreateSpec::from_yaml_file(folder.join("block.yaml"))?.relative_to(folder);
    if let Some(artifact) = &request.artifact {
        for file in artifact.files()? {
            println!("   {} ({} bytes)", file.path, file.size);
        }
    }

    println!("2. Publish it.");
    let spec = client.create_spec(&request)?;
    println!("   It is spec {}.", spec.id);

    println!("3. List the specs that can be deployed, a page at a time:");
    for spec in client.list_specs(
        &ListSpecs::new()
            .status([SpecStatus::Available])
            .page_size(20),
    ) {
        let spec = spec?;
        let name = spec.name().unwrap_or_default();
        let version = spec.latest_version().unwrap_or_default();
        println!("   {name} {version} ({})", spec.id);
    }

    println!("4. Deploy it, with parameters:");
    let metadata = DeploymentMetadata::new()
        .name("demand-forecast-north")
        .summary("The forecast for the north");
    let parameters = DeploymentParameters::new().run([
        ("horizon", serde_json::json!(14)),
        ("regions", serde_json::json!(["north"])),
    ]);
    let request =
        CreateDeployment::new(metadata, SpecReference::new(spec.id)).parameters(parameters);
    let deployment = client.create_deployment(&request)?;
    println!("   It is deployment {}.", deployment.id);

    println!("5. Wait until it is deployed:");
    let wait = wait.on_status(|status| println!("   {status}"));
    client.wait_for_deployment(&deployment.id, &wait)?;

    println!("6. Read its run parameters, as the block will:");
    let request = GetParameters::new().deployment_id(&deployment.id);
    let run: Run = client.get_parameters(&request)?.deserialize()?;
    println!("   {} days for {}", run.horizon, run.regions.join(", "));
    Ok(())
}
