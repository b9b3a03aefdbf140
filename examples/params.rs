//! Reads run parameters into a struct: how a block written in Rust starts.
//!
//! Inside a running block, where the platform sets `PRESS_DEPLOYMENT_ID` and a token, they come from
//! the service. Anywhere else, as in `cargo run --example params`, they come from
//! `examples/params.yaml`, without a token or a network.

use std::process::ExitCode;

use peak_press::Result;
use peak_press::blocks::Client;
use peak_press::types::GetParameters;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Run {
    /// The number of days to forecast.
    horizon: u32,
    #[serde(default)]
    regions: Vec<String>,
}

fn main() -> ExitCode {
    match parameters() {
        Ok(run) => {
            println!("{} days for {}", run.horizon, run.regions.join(", "));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parameters() -> Result<Run> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/params.yaml");
    let request = GetParameters::new().fallback_params_file(file);
    Client::from_env()?.get_parameters(&request)?.deserialize()
}
