//! Publishes a block from one YAML file, as a CI job does: a new spec, a new release of a spec that
//! is there, or nothing where that release is there, too.
//!
//! `cargo run --example publish` does it on an emulator, with the quick start's block;
//! `cargo run --example publish -- --live path/to/block.yaml` on the platform, with the token from
//! `PEAK_AUTH_TOKEN` or `API_KEY`. An artifact's relative path is relative to the file.

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use peak_press::blocks::Client;
use peak_press::types::*;
use peak_press::{Artifact, Error, Result};

const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/quickstart/block.yaml"
);

fn main() -> ExitCode {
    common::exit(run())
}

fn run() -> Result<()> {
    let (press, arguments) = common::press()?;
    let file = PathBuf::from(arguments.first().map_or(SAMPLE, String::as_str));
    publish(&press.client, &file)?;
    if let Some(emulator) = &press.emulator {
        println!("It took {} requests. Once more:", emulator.requests().len());
        publish(&press.client, &file)?;
    }
    Ok(())
}

fn publish(client: &Client, file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut request = CreateSpec::from_yaml_file(file)?.relative_to(folder);
    request.artifact = request.artifact.map(with_bar);
    for key in request.unknown_keys() {
        // An artifact's keys say which files to send, and are not sent themselves.
        let fate = match key.starts_with("artifact.") {
            true => "not sent",
            false => "sent as it is",
        };
        let file = file.display();
        eprintln!("warning: {file}: {key}: not known to this release; it is {fate}");
    }

    let SpecBody { kind, metadata, .. } = &request.body;
    let (name, version) = (&metadata.name, &request.body.release.version);
    match client.find_spec(kind.clone(), name)? {
        None => {
            let created = client.create_spec(&request)?;
            println!("{name} {version}: created as spec {}", created.id);
        }
        Some(spec) if is_released(client, &spec.id, version)? => {
            println!("{name} {version}: is there already, as spec {}", spec.id);
        }
        Some(spec) => {
            client.create_spec_release(&spec.id, &request.to_release())?;
            println!("{name} {version}: released, as spec {}", spec.id);
        }
    }
    Ok(())
}

fn is_released(client: &Client, spec_id: &str, version: &str) -> Result<bool> {
    match client.describe_spec_release(spec_id, version) {
        Ok(_) => Ok(true),
        Err(Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The library prints nothing; what the upload looks like is up to its caller.
fn with_bar(artifact: Artifact) -> Artifact {
    let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left");
    let bar = ProgressBar::new(0).with_style(style.expect("the template is right"));
    artifact.on_progress(move |progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.sent);
        if progress.sent == progress.total {
            bar.finish_and_clear();
        }
    })
}
