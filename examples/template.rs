//! Renders a template, shows the text, and reads a request from it:
//! `cargo run --features templates --example template -- version=2.0.0`.
//!
//! Arguments like `name=value` set a value, over those of `examples/template/vars.yaml`.

use std::path::Path;
use std::process::ExitCode;

use peak_press::Result;
use peak_press::template::{Vars, render_template_file};
use peak_press::types::CreateSpec;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/template");
    let mut vars = Vars::new().file(folder.join("vars.yaml"))?;
    for argument in std::env::args().skip(1) {
        if let Some((name, value)) = argument.split_once('=') {
            vars = vars.set(name, value);
        }
    }
    let template = folder.join("block.yaml");
    print!("{}", render_template_file(&template, &vars)?);
    let request = CreateSpec::from_template_file(&template, &vars)?;
    for key in request.unknown_keys() {
        println!("# warning: {key} is unknown");
    }
    Ok(())
}
