//! Publishes a block from a YAML file, as a CI job would: creates the spec, adds a release to an
//! existing one, or does nothing if that version has been released.
//!
//! `cargo run --example publish` publishes the quick start's block to an emulator.
//! `cargo run --example publish -- --live path/to/block.yaml` publishes to the platform, with the
//! token from `PEAK_AUTH_TOKEN` or `API_KEY`. A relative artifact path is relative to the file.

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use peak_press::blocks::{Client, PublishChange};
use peak_press::types::CreateSpec;
use peak_press::{Artifact, Result};

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
        println!(
            "That took {} requests. Running it again:",
            emulator.requests().len()
        );
        publish(&press.client, &file)?;
    }
    Ok(())
}

fn publish(client: &Client, file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut request = CreateSpec::from_yaml_file(file)?.relative_to(folder);
    request.artifact = request.artifact.map(with_progress_bar);
    for problem in request.problems() {
        eprintln!("warning: {}: {problem}", file.display());
    }

    let published = client.publish(&request)?;
    let done = match published.change {
        PublishChange::Created => "created spec",
        PublishChange::Released => "added a release to spec",
        _ => "already released, spec",
    };
    let (name, version) = (&request.body.metadata.name, published.version);
    println!("{name} {version}: {done} {}", published.spec_id);
    for field in published.metadata_changes {
        eprintln!("warning: {field} differs from the file: see PublishOptions::update_metadata");
    }
    Ok(())
}

/// Shows the upload as a progress bar. The library itself prints nothing.
fn with_progress_bar(artifact: Artifact) -> Artifact {
    let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left");
    let bar = ProgressBar::new(0).with_style(style.expect("a valid template"));
    artifact.on_progress(move |progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.sent);
        if progress.sent == progress.total {
            bar.finish_and_clear();
        }
    })
}
