//! Generates the code behind `src/types.rs` from `schemas/*.json`. Each step is a file:
//!
//! | step | from → to |
//! |---|---|
//! | `build/load.rs` | files → definitions by name, references checked |
//! | `build/lower.rs`, `lower_unions.rs` | definitions → the model, `build/model.rs` |
//! | `build/structs.rs` | model → structs, by typify |
//! | `build/docs.rs` | descriptions → documentation |
//! | `build/methods.rs` | structs and the sources → fields with the name of a method are refused |
//! | `build/constructors.rs`, `enums.rs`, `unions.rs` | model and structs → the types' code |
//! | `build/files.rs` | model and structs → how files are read, and which keys are unknown |
//! | `build/pages.rs` | model and structs → pages of lists |
//! | `build/editors.rs` | definitions → the schemas for editors |
//! | `build/index.rs` | definitions and the clients → the documentation's index of the types |
//!
//! It reads only `schemas/`, the sources of the clients, and hand-written methods of generated structs.
//! It writes only to `OUT_DIR`. Anything unsupported is an error with its file and JSON pointer.

use std::path::Path;
use std::{env, fs};

use model::Model;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use structs::Structs;

#[path = "build/constructors.rs"]
mod constructors;
#[path = "build/docs.rs"]
mod docs;
#[path = "build/editors.rs"]
mod editors;
#[path = "build/enums.rs"]
mod enums;
#[path = "build/files.rs"]
mod files;
#[path = "build/index.rs"]
mod index;
#[path = "build/json.rs"]
mod json;
#[path = "build/keywords.rs"]
mod keywords;
#[path = "build/load.rs"]
mod load;
#[path = "build/lower.rs"]
mod lower;
#[path = "build/lower_unions.rs"]
mod lower_unions;
#[path = "build/methods.rs"]
mod methods;
#[path = "build/model.rs"]
mod model;
#[path = "build/names.rs"]
mod names;
#[path = "build/pages.rs"]
mod pages;
#[path = "build/structs.rs"]
mod structs;
#[path = "build/unions.rs"]
mod unions;

type Result<T> = std::result::Result<T, String>;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=schemas");
    for source in methods::SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    println!("cargo::rerun-if-changed={}", index::TYPES);
    for client in index::CLIENTS {
        println!("cargo::rerun-if-changed=src/{client}.rs");
        if Path::new("src").join(client).exists() {
            println!("cargo::rerun-if-changed=src/{client}");
        }
    }
    if let Ok(script) = env::current_exe() {
        // The tests run this script again on invalid schemas.
        println!(
            "cargo::rustc-env=PEAK_PRESS_BUILD_SCRIPT={}",
            script.display()
        );
    }
    if let Err(message) = generate() {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

fn generate() -> Result<()> {
    let folder = |name| env::var_os(name).ok_or(format!("{name} is not set"));
    let (root, out) = (folder("CARGO_MANIFEST_DIR")?, folder("OUT_DIR")?);
    let root = Path::new(&root);
    let (definitions, chapters) = load::load(&root.join("schemas"))?;
    let model = lower::lower(&definitions)?;
    let structs = structs::structs(&model)?;
    methods::refuse_collisions(root, &model, &structs)?;

    let files = || model.files.iter();
    let readers = files().map(|file| files::file(file, &model)).collect();
    let templates = files().map(files::from_template).collect();
    let pages = model.pages.iter();
    let pages = pages.map(|page| pages::page(page, &model, &structs));
    let mut outputs = vec![
        ("types.rs".into(), rust(types(&model, &structs))?),
        (
            "unknown.rs".into(),
            rust(files::find_unknown(&model, &structs))?,
        ),
        ("files.rs".into(), rust(readers)?),
        ("key_order.rs".into(), rust(files::key_order(&model))?),
        ("templates.rs".into(), rust(templates)?),
        ("pages.rs".into(), rust(pages.collect::<Result<_>>()?)?),
        ("names.rs".into(), names(&model)),
    ];
    outputs.extend(index::index(root, &chapters, &model)?);
    outputs.extend(files().map(|file| {
        let name = format!("files/{}.json", file.name);
        (name, editors::schema(file, &definitions))
    }));
    write(Path::new(&out), outputs)
        .map_err(|error| format!("{}: {error}", Path::new(&out).display()))
}

fn write(out: &Path, outputs: Vec<(String, String)>) -> std::io::Result<()> {
    let editors = out.join("files");
    if editors.exists() {
        fs::remove_dir_all(&editors)?;
    }
    fs::create_dir_all(&editors)?;
    for (name, text) in outputs {
        fs::write(out.join(name), text)?;
    }
    Ok(())
}

/// The request and response types.
fn types(model: &Model, structs: &Structs<'_>) -> TokenStream {
    let mut code = TokenStream::new();
    for (name, generated) in structs {
        generated.item.to_tokens(&mut code);
        if model.requests.contains(name) {
            code.extend(constructors::constructor(generated, model));
        }
    }
    for (name, open) in &model.enums {
        code.extend(enums::open_enum(name, open));
    }
    let enums = model.enums.keys().map(|name| format_ident!("{name}"));
    code.extend(quote!(open_enums!(#(#enums)*);));
    let of_text = model.structs.iter();
    let of_text = of_text.filter(|(name, _)| model.is_made_of_text(name));
    let of_text = of_text.map(|(name, _)| format_ident!("{name}"));
    code.extend(quote!(text_structs!(#(#of_text)*);));
    for (name, union) in &model.unions {
        code.extend(unions::union(name, union, structs));
    }
    for (name, lenient) in &model.lenient {
        code.extend(unions::lenient(name, lenient));
    }
    code
}

/// The names of all public types, for tests that check each type: `types!(AppDeployment AppRevision
/// …)`.
fn names(model: &Model) -> String {
    let names: Vec<_> = model.type_names().collect();
    format!("types!({})\n", names.join(" "))
}

/// Formats code for its file.
fn rust(code: TokenStream) -> Result<String> {
    let file = syn::parse2(code).map_err(|error| format!("the generated code: {error}"))?;
    Ok(prettyplease::unparse(&file))
}
