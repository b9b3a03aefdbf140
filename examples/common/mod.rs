//! Selects the emulator or the platform for an example.

use std::process::ExitCode;

use peak_press::Result;
use peak_press::blocks::Client;
use peak_press::emulator::Emulator;

/// A client, and its emulator unless it is live.
pub(crate) struct Press {
    pub(crate) client: Client,
    pub(crate) emulator: Option<Emulator>,
}

/// The platform if `--live` is among the arguments, otherwise an in-process emulator. Also returns the
/// other arguments.
pub(crate) fn press() -> Result<(Press, Vec<String>)> {
    let (live, rest): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg == "--live");
    let press = if live.is_empty() {
        let emulator = Emulator::start()?;
        eprintln!("Started an in-process emulator at {}", emulator.base_url());
        Press {
            client: Client::new(emulator.session()),
            emulator: Some(emulator),
        }
    } else {
        Press {
            client: Client::from_env()?,
            emulator: None,
        }
    };
    Ok((press, rest))
}

/// Prints the error, if any, and returns the exit code.
pub(crate) fn exit(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if error.outcome_unknown() {
                eprintln!(
                    "The request may have been carried out. Look it up by name before you try again."
                );
            }
            ExitCode::FAILURE
        }
    }
}
