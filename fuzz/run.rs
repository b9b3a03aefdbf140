//! Runs the targets of [`targets`] on stable Rust, without instrumentation: feeds them the corpus and
//! mutations of it from a seeded generator.
//!
//! `cargo test --all-features --test fuzz -- documents 60 7` runs a target for 60 seconds with the seed
//! 7. Without arguments, as in `cargo test`, each target gets the corpus and a few mutations. A failure
//! prints the seed, and leaves the input in `target/tmp/`; `-- documents FILE` runs it again.

#![allow(missing_docs, unreachable_pub)]

mod corpus;
mod targets;

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use corpus::Mutator;
use targets::{TARGETS, Target};

/// The time limit for one input.
const HANG: Duration = Duration::from_secs(60);

/// Set by a panic in any thread, such as one of the emulator.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments
        .iter()
        .map(String::as_str)
        .filter(|it| !it.starts_with('-'))
        .collect();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        HAS_PANICKED.store(true, Ordering::SeqCst);
        hook(panic);
    }));
    let found = |name: &str| TARGETS.into_iter().find(|(target, _)| *target == name);
    let passed = match arguments[..] {
        [] => TARGETS
            .into_iter()
            .all(|target| fuzz(target, Limit::Inputs(100), 1)),
        [name, ref options @ ..] => match (found(name), options) {
            (Some((_, run)), [file]) if Path::new(file).exists() => {
                run(&std::fs::read(file).expect("a readable file"));
                !HAS_PANICKED.load(Ordering::SeqCst)
            }
            (Some(target), options) => {
                let number = |at: usize| options.get(at).and_then(|text| text.parse().ok());
                let seconds = Duration::from_secs(number(0).unwrap_or(10));
                let seed = number(1).unwrap_or_else(|| u64::from(std::process::id()));
                fuzz(target, Limit::Time(seconds), seed)
            }
            // A test name, which `cargo test` passes to every harness.
            (None, _) => true,
        },
    };
    targets::clean();
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[derive(Clone, Copy)]
enum Limit {
    Inputs(usize),
    Time(Duration),
}

/// Runs a target on the corpus and mutations of it. Returns whether all inputs passed.
fn fuzz((name, run): Target, limit: Limit, seed: u64) -> bool {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
    let (sender, finished) = mpsc::channel();
    let input_file = file.clone();
    thread::spawn(move || {
        let begin = Instant::now();
        let seeds = corpus::of(name);
        let mut mutator = Mutator::new(seed, &seeds);
        let mut inputs = 0;
        loop {
            let input = match seeds.get(inputs) {
                Some(seed) => seed.clone(),
                None => mutator.input(),
            };
            // Written before the run, because a stack overflow ends the process.
            std::fs::write(&input_file, &input).expect("a writable target folder");
            let outcome = catch_unwind(|| run(&input));
            inputs += 1;
            let passed = outcome.is_ok() && !HAS_PANICKED.load(Ordering::SeqCst);
            let is_last = match limit {
                Limit::Inputs(mutations) => inputs >= seeds.len() + mutations,
                Limit::Time(time) => begin.elapsed() > time,
            };
            if sender.send((inputs, passed)).is_err() || is_last || !passed {
                return;
            }
        }
    });
    let mut inputs = 0;
    let problem = loop {
        match finished.recv_timeout(HANG) {
            Ok((number, true)) => inputs = number,
            Ok((_, false)) => break "panicked",
            Err(RecvTimeoutError::Timeout) => break "hangs",
            Err(RecvTimeoutError::Disconnected) => {
                println!("{name}: {inputs} inputs, seed {seed}");
                let _ = std::fs::remove_file(file);
                return true;
            }
        }
    };
    println!(
        "{name}: {problem} on the input in {}, seed {seed}",
        file.display()
    );
    false
}
