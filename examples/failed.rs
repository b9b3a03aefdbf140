//! Redeploys everything that failed, and exits with 0 only if all of it is running in the end.
//!
//! `cargo run --example failed` uses an emulator with three deployments, two of which failed.
//! `cargo run --example failed -- --live` uses the platform, with the token from `PEAK_AUTH_TOKEN` or
//! `API_KEY`.

mod common;

use std::process::ExitCode;
use std::time::Duration;

use peak_press::blocks::{Client, Wait};
use peak_press::emulator::Emulator;
use peak_press::types::*;
use peak_press::{Error, Result};

fn main() -> ExitCode {
    common::exit(run())
}

fn run() -> Result<()> {
    let (press, _) = common::press()?;
    let mut wait = Wait::new();
    if let Some(emulator) = &press.emulator {
        seed(&press.client, emulator)?;
        wait = wait.first_pause(Duration::from_millis(20));
    }
    redeploy_failed(&press.client, &wait)
}

fn redeploy_failed(client: &Client, wait: &Wait) -> Result<()> {
    let failed = [
        DeploymentStatus::Failed,
        DeploymentStatus::PlatformResourceError,
    ];
    let failed = ListDeployments::new()
        .status(failed)
        .sort(["createdAt:asc"]);
    // Collect the whole list first: a redeployed item leaves it, which would shift its later pages.
    let failed: Vec<Deployment> = client.list_deployments(&failed).collect::<Result<_>>()?;
    println!("{} deployments have failed", failed.len());

    let mut last_failure = None;
    for deployment in &failed {
        client.redeploy(&deployment.id)?;
    }
    for deployment in failed {
        let name = deployment.name().unwrap_or(&deployment.id);
        match client.wait_for_deployment(&deployment.id, wait) {
            Ok(_) => println!("  {name}: running"),
            Err(error @ (Error::DeploymentFailed(_) | Error::WaitTimedOut(_))) => {
                println!("  {name}: {error}");
                last_failure = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    last_failure.map_or(Ok(()), Err)
}

/// Creates three deployments, two of which fail.
fn seed(client: &Client, emulator: &Emulator) -> Result<()> {
    let spec_id = emulator.seed_specs(1).remove(0);
    emulator.deploys_after(0);
    for (name, end) in [
        ("north", DeploymentStatus::Failed),
        ("south", DeploymentStatus::Deployed),
        ("west", DeploymentStatus::PlatformResourceError),
    ] {
        emulator.fail_next_deployment(end);
        let metadata = DeploymentMetadata::new().name(name).summary(name);
        client.create_deployment(&CreateDeployment::new(
            metadata,
            SpecReference::new(&spec_id),
        ))?;
    }
    emulator.deploys_after(1);
    Ok(())
}
