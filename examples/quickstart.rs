//! Publishes a block from its YAML file, deploys it, waits, and reads its run parameters.
//!
//! `cargo run --example quickstart` uses an emulator in this process and needs no account. With
//! `PEAK_AUTH_TOKEN` or `API_KEY` set, `cargo run --example quickstart -- --live` runs against the
//! platform, and leaves the spec and the deployment there.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use peak_press::blocks::{Client, Wait};
use peak_press::emulator::Emulator;
use peak_press::types::*;
use peak_press::{Error, Result};
use serde::Deserialize;
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart");

/// The run parameters as the block's own code reads them.
#[derive(Debug, Deserialize)]
struct Run {
    horizon: u32,
    regions: Vec<String>,
}

/// Prints a step's title and its code, then runs the code.
macro_rules! step {
    ($title:literal, $code:expr) => {{
        println!("\n{}\n  > {}", $title, stringify!($code));
        $code
    }};
}

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        None => on_an_emulator(),
        Some("--live") => Client::from_env().and_then(|client| tour(&client, Wait::new())),
        Some(other) => {
            eprintln!("{other}: unknown argument; the only one is --live");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if matches!(error, Error::Conflict(_)) {
                eprintln!("Delete what exists, or change the name in block.yaml.");
            }
            ExitCode::FAILURE
        }
    }
}

fn on_an_emulator() -> Result<()> {
    let emulator = Emulator::start()?;
    println!("Started an in-process emulator at {}", emulator.base_url());
    let wait = Wait::new().first_pause(Duration::from_millis(50));
    tour(&Client::new(emulator.session()), wait)?;

    println!("\nThat took {} requests:", emulator.requests().len());
    for request in emulator.requests() {
        println!("  {} {}", request.method, request.path);
    }
    println!(
        "
Next:
  examples/quickstart.rs       the code of this tour
  examples/README.md           more examples: publish and deploy from CI, redeploy failures
  README.md                    every call in one table
  cargo doc --open             the documentation"
    );
    Ok(())
}

fn tour(client: &Client, wait: Wait) -> Result<()> {
    let folder = Path::new(FOLDER);
    let spec = step!(
        "1. Read a block spec from examples/quickstart/block.yaml.",
        CreateSpec::from_yaml_file(folder.join("block.yaml"))?.relative_to(folder)
    );
    if let Some(artifact) = &spec.artifact {
        println!("  Its artifact will hold:");
        for file in artifact.files()? {
            println!("    {:<16} {:>2} bytes", file.path, file.size);
        }
    }

    let mistake = step!(
        "2. Read mistake.yaml, whose step timeout is not a number.",
        CreateSpec::from_yaml_file(folder.join("mistake.yaml"))
    );
    if let Err(error) = mistake {
        println!("  {error}");
    }

    let created = step!("3. Publish the spec.", client.create_spec(&spec)?);
    println!("  Created spec {}", created.id);

    let query = ListSpecs::new().status([SpecStatus::Available]);
    let specs = step!(
        "4. List the available specs. The iterator fetches pages as needed.",
        client.list_specs(&query)
    );
    for spec in specs {
        let spec = spec?;
        let name = spec.name().unwrap_or_default();
        let version = spec.latest_version().unwrap_or_default();
        println!("  {name} {version} ({})", spec.id);
    }

    let metadata = DeploymentMetadata::new()
        .name("demand-forecast-north")
        .summary("Forecast for the northern region");
    let parameters =
        DeploymentParameters::new().run([("horizon", json!(14)), ("regions", json!(["north"]))]);
    let request =
        CreateDeployment::new(metadata, SpecReference::new(created.id)).parameters(parameters);
    let deployment = step!(
        "5. Deploy it, with values for its run parameters.",
        client.create_deployment(&request)?
    );
    println!("  Created deployment {}", deployment.id);

    let wait = wait.on_status(|status| println!("  Status: {status}"));
    step!(
        "6. Wait until it is deployed.",
        client.wait_for_deployment(&deployment.id, &wait)?
    );

    let request = GetParameters::new().deployment_id(&deployment.id);
    let run: Run = step!(
        "7. Read the run parameters into a struct, as the block's code will.",
        client.get_parameters(&request)?.deserialize()?
    );
    println!("  {} days for {}", run.horizon, run.regions.join(", "));
    Ok(())
}
