//! Shows how two releases of a spec differ, as a diff of their files.
//!
//! `cargo run --example diff` uses an emulator with two releases.
//! `cargo run --example diff -- --live SPEC_ID VERSION VERSION` uses the platform, with the token from
//! `PEAK_AUTH_TOKEN` or `API_KEY`.

mod common;

use std::process::ExitCode;

use peak_press::Result;
use peak_press::blocks::Client;
use peak_press::types::*;

fn main() -> ExitCode {
    common::exit(run())
}

fn run() -> Result<()> {
    let (press, arguments) = common::press()?;
    let (spec_id, versions) = match &arguments[..] {
        [spec_id, from, to] => (spec_id.clone(), [from.clone(), to.clone()]),
        _ if press.emulator.is_none() => {
            eprintln!("usage: diff --live SPEC_ID VERSION VERSION");
            return Ok(());
        }
        _ => {
            let versions = ["1.0.0".to_owned(), "1.1.0".to_owned()];
            (seed(&press.client)?, versions)
        }
    };
    let [from, to] = versions.map(|version| file(&press.client, &spec_id, &version));
    for line in diff(&from?, &to?) {
        println!("{line}");
    }
    Ok(())
}

/// The file that would create a release like this one.
fn file(client: &Client, spec_id: &str, version: &str) -> Result<String> {
    let release = client.describe_spec_release(spec_id, version)?;
    release.to_release_request()?.to_yaml_string()
}

fn seed(client: &Client) -> Result<String> {
    let train = StandardStep::new("python train.py").image_ref("python");
    let config = WorkflowConfig::new()
        .image("python", Image::new().dockerfile("Dockerfile"))
        .step("train", train.clone().step_timeout(30));
    let metadata = SpecMetadata::new("forecast", "Forecasts demand");
    let body = SpecBody::workflow(metadata, NewRelease::new("1.0.0"), config.clone());
    let created = client.create_spec(&CreateSpec::new(body))?;

    let config = config
        .step("train", train.step_timeout(60))
        .step("publish", ExportStep::new("public", "forecast", "day"));
    let body = ReleaseBody::new(NewRelease::new("1.1.0"), config);
    client.create_spec_release(&created.id, &CreateSpecRelease::new(body))?;
    Ok(created.id)
}

/// The lines that differ between two texts: with `-` if only the first has them, with `+` if only the
/// second has them.
fn diff(from: &str, to: &str) -> Vec<String> {
    let (from, to): (Vec<_>, Vec<_>) = (from.lines().collect(), to.lines().collect());
    // common[i][j]: the number of lines that `from[i..]` and `to[j..]` have in common, in order.
    let mut common = vec![vec![0; to.len() + 1]; from.len() + 1];
    for i in (0..from.len()).rev() {
        for j in (0..to.len()).rev() {
            common[i][j] = if from[i] == to[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < from.len() || j < to.len() {
        if i < from.len() && j < to.len() && from[i] == to[j] {
            lines.push(format!("  {}", from[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == to.len() || (i < from.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", from[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", to[j]));
            j += 1;
        }
    }
    lines
}
