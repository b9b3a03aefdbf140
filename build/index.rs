//! Step 10: the index of the types in the documentation: by call, from the clients' methods, and by
//! subject, from the files of `schemas/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use crate::Result;
use crate::load::Chapter;
use crate::methods;
use crate::model::Model;

/// The module of the types.
pub(crate) const TYPES: &str = "src/types.rs";

/// The module of each client. Its methods are in the module's file and folder.
pub(crate) const CLIENTS: [&str; 4] = ["blocks", "apps", "specs", "deployments"];

/// The calls of each client as a table, and the index of all types: `calls_blocks.md`, …, `types.md`.
pub(crate) fn index(
    root: &Path,
    chapters: &[Chapter],
    model: &Model,
) -> Result<Vec<(String, String)>> {
    let types: BTreeSet<String> = { model.type_names() }.chain(by_hand(root)?).collect();
    let (mut outputs, mut index, mut shown) = (Vec::new(), String::new(), BTreeSet::new());
    for client in CLIENTS {
        let mut table = String::from("| call | arguments | response |\n|---|---|---|\n");
        for path in sources(root, client)? {
            for method in methods::methods(root, &path)? {
                if method.of == "Client" && method.is_public {
                    table += &row(client, &method.signature, &types, &mut shown);
                }
            }
        }
        index += &format!("\n## Calls of `{client}`\n\n{table}");
        outputs.push((format!("calls_{client}.md"), table));
    }
    index += "\n## Types within these\n\n| | types |\n|---|---|\n";
    for chapter in chapters {
        let names = chapter.definitions.iter();
        let names = names.filter(|name| types.contains(*name) && !shown.contains(*name));
        let links: Vec<_> = names.map(|name| link(name)).collect();
        if !links.is_empty() {
            let about = chapter.about.trim_end_matches('.');
            index += &format!("| {about} | {} |\n", links.join(", "));
        }
    }
    outputs.push(("types.md".into(), index));
    Ok(outputs)
}

/// The hand-written types: what `src/types.rs` re-exports by name.
fn by_hand(root: &Path) -> Result<Vec<String>> {
    let file = methods::parse(root, &root.join(TYPES))?;
    let exported = file.items.into_iter().filter_map(|item| match item {
        syn::Item::Use(item) if matches!(item.vis, syn::Visibility::Public(_)) => Some(item.tree),
        _ => None,
    });
    Ok(exported
        .flat_map(|tree| names(tree.to_token_stream()))
        .collect())
}

/// The files of a client's module, in the order in which rustdoc shows their methods.
fn sources(root: &Path, client: &str) -> Result<Vec<PathBuf>> {
    let path = root.join("src").join(format!("{client}.rs"));
    let file = methods::parse(root, &path)?;
    let modules = file.items.into_iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.content.is_none() => {
            Some(root.join(format!("src/{client}/{}.rs", module.ident)))
        }
        _ => None,
    });
    Ok([path].into_iter().chain(modules).collect())
}

/// A method's row. Empty if it makes no call or returns a single page, which the row of its list
/// covers.
fn row(
    client: &str,
    signature: &syn::Signature,
    types: &BTreeSet<String>,
    shown: &mut BTreeSet<String>,
) -> String {
    let name = signature.ident.to_string();
    let takes_self = signature.receiver().is_some();
    if !takes_self || name == "session" || name.ends_with("_page") {
        return String::new();
    }
    let mut described = |ty: &syn::Type| {
        let names = names(ty.to_token_stream()).into_iter();
        let texts = names.map(|name| match types.contains(&name) {
            true => {
                shown.insert(name.clone());
                link(&name)
            }
            false => format!("`{name}`"),
        });
        texts.collect::<Vec<_>>().join(" of ")
    };
    let arguments = signature
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            syn::FnArg::Typed(argument) => Some(argument),
            syn::FnArg::Receiver(_) => None,
        });
    let arguments = arguments.map(|argument| {
        let text = described(&argument.ty);
        match (&*argument.pat, text.starts_with('[')) {
            (syn::Pat::Ident(name), false) => format!("`{}`", name.ident),
            _ => text,
        }
    });
    let arguments: Vec<_> = arguments.collect();
    let response = match &signature.output {
        syn::ReturnType::Type(_, ty) => described(ty),
        syn::ReturnType::Default => String::new(),
    };
    let link = format!("[`{name}`](crate::{client}::Client::{name})");
    format!("| {link} | {} | {response} |\n", arguments.join(", "))
}

fn link(name: &str) -> String {
    format!("[`{name}`](crate::types::{name})")
}

/// The names of a type and its arguments, outermost first, without wrappers.
fn names(tokens: TokenStream) -> Vec<String> {
    let names = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Ident(name) => vec![name.to_string()],
        TokenTree::Group(group) => names(group.stream()),
        _ => Vec::new(),
    });
    let is_type = |name: &String| name.starts_with(|c: char| c.is_ascii_uppercase());
    names
        .filter(|name| is_type(name) && !["Result", "Into"].contains(&name.as_str()))
        .collect()
}
