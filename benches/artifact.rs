//! Measures the speed of archiving against compressing the same files in memory, one thread, flate2's
//! default backend, Python's `zipfile` (if there is a `python3`; it runs the script next to this file),
//! and the official client (if `PEAK_SDK_PYTHON` is the Python of an environment with `peak-sdk`).
//!
//! `cargo bench --bench artifact` archives 40 MB of the sources that cargo has unpacked;
//! `ARTIFACT_BENCH_DIR=some/folder cargo bench --bench artifact` archives that folder.

use std::env;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use flate2::{Compression, write::DeflateEncoder};
use peak_press::Artifact;
use walkdir::WalkDir;

/// The size of the folder that is archived, in bytes.
const SIZE: u64 = 40_000_000;

/// The number of runs, of which the best one counts.
const RUNS: u32 = 5;

const LEVEL: u32 = 6;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scratch = tempfile::tempdir()?;
    let folder = match env::var_os("ARTIFACT_BENCH_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => {
            copy_sources(&cargo_sources()?, scratch.path())?;
            scratch.path().to_owned()
        }
    };
    let artifact = Artifact::dir(&folder).max_size(u64::MAX);
    let files = artifact.files()?;
    let total: u64 = files.iter().map(|file| file.size).sum();
    println!(
        "{} files, {total} bytes, level {LEVEL}, best of {RUNS} runs\n",
        files.len()
    );
    println!("{:<36} {:>8} {:>12}", "", "seconds", "bytes");

    let threads = |threads: usize| {
        let artifact = artifact.clone().threads(threads);
        measure(&format!("artifact, {threads} threads"), move || {
            artifact
                .write_to(io::sink())
                .expect("the folder can be archived")
        })
    };
    let (one, two) = (threads(1), threads(2));

    let contents: Vec<Vec<u8>> = (files.iter())
        .map(|file| fs::read(folder.join(&file.path)))
        .collect::<Result<_, _>>()?;
    let contents = contents.as_slice();
    let compress_all = |compress: fn(&[u8]) -> Vec<u8>| {
        move || {
            (contents
                .iter()
                .map(|content| compress(content).len() as u64))
            .sum()
        }
    };
    let chosen = measure("deflate alone, zlib-rs", compress_all(zlib_rs));
    let limit = measure("deflate alone, zlib-rs, 2 threads", || {
        on_two_threads(contents)
    });
    let default = measure("deflate alone, miniz_oxide", compress_all(miniz_oxide));
    let python = by_script("Python's zipfile", "python3", &folder, &[]);
    let official = env::var("PEAK_SDK_PYTHON").ok();
    let official = official
        .and_then(|python3| by_script("the official client", &python3, &folder, &["official"]));

    println!();
    println!(
        "{:<36} {:>7.2} x",
        "2 threads, of deflate alone on 2",
        two.0 / limit.0
    );
    ratio("2 threads to 1", one, two);
    ratio("zlib-rs to miniz_oxide, 1 thread", default, chosen);
    match python {
        Some(python) => {
            ratio("1 thread to Python", python, one);
            ratio("2 threads to Python", python, two);
        }
        None => println!("skipped: Python, no python3 found"),
    }
    match official {
        Some(official) => ratio("2 threads to the official client", official, two),
        None => println!("skipped: the official client, PEAK_SDK_PYTHON is not set"),
    }
    Ok(())
}

/// Seconds, and bytes of output.
type Measured = (f64, u64);

fn measure(name: &str, run: impl Fn() -> u64) -> Measured {
    let mut best = f64::INFINITY;
    let mut bytes = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        bytes = black_box(run());
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name:<36} {best:>8.3} {bytes:>12}");
    (best, bytes)
}

/// Prints how many times as fast the second is, and how much more output it produces.
fn ratio(name: &str, slow: Measured, fast: Measured) {
    println!(
        "{name:<36} {:>7.2} x {:>+10.2} %",
        slow.0 / fast.0,
        more(slow, fast)
    );
}

fn more(than: Measured, this: Measured) -> f64 {
    (this.1 as f64 / than.1 as f64 - 1.0) * 100.0
}

fn zlib_rs(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder
        .write_all(content)
        .and_then(|()| encoder.finish())
        .expect("memory can be written to")
}

/// The limit for archiving on two cores: only compression, of files in memory.
fn on_two_threads(contents: &[Vec<u8>]) -> u64 {
    let next = AtomicUsize::new(0);
    let compress = || {
        let contents = std::iter::from_fn(|| contents.get(next.fetch_add(1, Ordering::Relaxed)));
        contents.map(|content| zlib_rs(content).len() as u64).sum()
    };
    thread::scope(|scope| {
        let other = scope.spawn(compress);
        let own: u64 = compress();
        own + other.join().unwrap_or_default()
    })
}

fn miniz_oxide(content: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(content, LEVEL as u8)
}

fn by_script(name: &str, python3: &str, folder: &Path, how: &[&str]) -> Option<Measured> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/artifact.py");
    let output = Command::new(python3)
        .arg(script)
        .arg(folder)
        .arg(RUNS.to_string())
        .args(how)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (seconds, bytes) = text.trim().split_once(' ')?;
    let (seconds, bytes) = (seconds.parse().ok()?, bytes.parse().ok()?);
    println!("{name:<36} {seconds:>8.3} {bytes:>12}");
    Some((seconds, bytes))
}

fn cargo_sources() -> Result<PathBuf, String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let sources = home.unwrap_or_default().join("registry/src");
    if !sources.is_dir() {
        let missing = sources.display();
        return Err(format!("no {missing}: set ARTIFACT_BENCH_DIR to a folder"));
    }
    Ok(sources)
}

/// Copies files, sorted by name, up to the size.
fn copy_sources(from: &Path, to: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut size = 0;
    for entry in WalkDir::new(from).sort_by_file_name() {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(target)?;
        } else if entry.file_type().is_file() {
            size += fs::copy(entry.path(), target)?;
        }
        if size > SIZE {
            break;
        }
    }
    Ok(())
}
