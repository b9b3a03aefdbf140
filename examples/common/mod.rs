//! Which Press an example talks to.

use std::process::ExitCode;

use peak_press::Result;
use peak_press::blocks::Client;
use peak_press::emulator::Emulator;

/// A client, and the emulator that it talks to unless it is live.
pub(crate) struct Press {
    pub(crate) client: Client,
    pub(crate) emulator: Option<Emulator>,
}

/// The platform where `--live` is among the arguments, else an emulator in this process; and the
/// other arguments.
pub(crate) fn press() -> Result<(Press, Vec<String>)> {
    let (live, rest): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg == "--live");
    let press = match live.is_empty() {
        true => {
            let emulator = Emulator::start()?;
            eprintln!("on an emulator at {}", emulator.base_url());
            let client = Client::new(emulator.session());
            Press {
                client,
                emulator: Some(emulator),
            }
        }
        false => Press {
            client: Client::from_env()?,
            emulator: None,
        },
    };
    Ok((press, rest))
}

/// Says what went wrong, if anything did, in a way that a script can tell.
pub(crate) fn exit(done: Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if error.outcome_unknown() {
                eprintln!("It may have been carried out. List by name before you try again.");
            }
            ExitCode::FAILURE
        }
    }
}
