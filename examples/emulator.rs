//! Serves an emulator to programs in any language, until it is interrupted.
//!
//! ```console
//! $ cargo run --example emulator -- --port 8080 --specs 40 --deployments 3
//! export PEAK_PRESS_BASE_URL=http://127.0.0.1:8080
//! export PEAK_AUTH_TOKEN=emulator-token
//! ```

use std::process::ExitCode;
use std::thread;

use peak_press::emulator::{Emulator, EmulatorBuilder};

const USAGE: &str = "usage: emulator [--port PORT] [--specs COUNT] [--deployments COUNT]";

fn main() -> ExitCode {
    let emulator = match parse(std::env::args().skip(1)) {
        Some(builder) => builder.start(),
        None => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match emulator {
        Ok(emulator) => serve(&emulator),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `None` if an argument is unknown or has no valid value.
fn parse(mut arguments: impl Iterator<Item = String>) -> Option<EmulatorBuilder> {
    let mut builder = Emulator::builder();
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        builder = match &*name {
            "--port" => builder.port(value.parse().ok()?),
            "--specs" => builder.seed_specs(value.parse().ok()?),
            "--deployments" => builder.seed_deployments(value.parse().ok()?),
            _ => return None,
        };
    }
    Some(builder)
}

/// Prints what a program needs to connect, and waits. There is nothing to save or clean up, so SIGINT
/// and SIGTERM may end the process as they do by default.
fn serve(emulator: &Emulator) -> ! {
    println!("export PEAK_PRESS_BASE_URL={}", emulator.base_url());
    println!("export PEAK_AUTH_TOKEN={}", emulator.token());
    eprintln!("The emulator runs until it is interrupted (Ctrl-C).");
    loop {
        thread::park();
    }
}
