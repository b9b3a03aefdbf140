//! Generates the code behind `src/types.rs` from `schemas/*.json`, a step a file:
//!
//! | step | from → to |
//! |---|---|
//! | `build/load.rs` | files → definitions by name, references checked |
//! | `build/lower.rs` | definitions → the model, `build/model.rs` |
//! | `build/structs.rs` | model → structs, by typify |
//! | `build/constructors.rs`, `enums.rs`, `unions.rs` | model and structs → the types' code |
//! | `build/files.rs` | model and structs → how files are read, and which keys are unknown |
//! | `build/pages.rs` | model and structs → pages of lists |
//! | `build/editors.rs` | definitions → the schemas for editors |
//!
//! It reads only `schemas/`, writes only `OUT_DIR`, and stops with the file and the JSON pointer of
//! whatever it does not support.

use std::path::Path;
use std::{env, fs};

use proc_macro2::TokenStream;

#[path = "build/constructors.rs"]
mod constructors;
#[path = "build/enums.rs"]
mod enums;
#[path = "build/json.rs"]
mod json;
#[path = "build/load.rs"]
mod load;
#[path = "build/lower.rs"]
mod lower;
#[path = "build/model.rs"]
mod model;
#[path = "build/names.rs"]
mod names;
#[path = "build/structs.rs"]
mod structs;
#[path = "build/unions.rs"]
mod unions;

type Result<T> = std::result::Result<T, String>;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=schemas");
    if let Ok(script) = env::current_exe() {
        // Tests run this script again, on schemas with mistakes.
        println!("cargo::rustc-env=PEAK_PRESS_BUILD_SCRIPT={}", script.display());
    }
    if let Err(message) = generate() {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

fn generate() -> Result<()> {
    let folder = |name| env::var_os(name).ok_or(format!("{name} is not set"));
    let definitions = load::load(&Path::new(&folder("CARGO_MANIFEST_DIR")?).join("schemas"))?;
    let model = lower::lower(&definitions)?;
    let structs = structs::structs(&model)?;

    let outputs = [("types.rs", rust(types(&model, &structs))?)];
    for (name, text) in outputs {
        let path = Path::new(&folder("OUT_DIR")?).join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// The request and response types.
fn types(model: &model::Model, structs: &structs::Structs<'_>) -> TokenStream {
    let mut code = TokenStream::new();
    for generated in structs.values() {
        let item = &generated.item;
        code.extend(quote::quote!(#item));
    }
    for (name, generated) in structs {
        if model.structs.contains_key(name) {
            code.extend(constructors::constructor(generated, model));
        }
    }
    code.extend(model.enums.iter().map(|(name, open)| enums::open_enum(name, open)));
    code.extend(model.unions.iter().map(|(name, union)| unions::union(name, union, structs)));
    code.extend(model.lenient.iter().map(|(name, lenient)| unions::lenient(name, lenient)));
    code
}

/// Code as it is written to a file.
fn rust(code: TokenStream) -> Result<String> {
    let file = syn::parse2(code).map_err(|error| format!("the generated code: {error}"))?;
    Ok(prettyplease::unparse(&file))
}
