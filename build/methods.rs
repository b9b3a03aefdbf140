//! Step 3a: refuses a field with the name of a method that is written by hand for its struct.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::model::Model;
use crate::structs::Structs;

/// Where generated structs have methods that are written by hand.
pub(crate) const SOURCES: [&str; 2] = ["src/types", "src/document/described.rs"];

/// A setter of the same name would not compile, and the compiler would name a generated file; a public
/// field would read like the method.
pub(crate) fn refuse_collisions(root: &Path, model: &Model, structs: &Structs<'_>) -> Result<()> {
    for source in SOURCES {
        for path in files(&root.join(source)) {
            let at = path.strip_prefix(root).unwrap_or(&path).display();
            let failed = |error: &dyn std::fmt::Display| format!("{at}: {error}");
            let text = fs::read_to_string(&path).map_err(|error| failed(&error))?;
            let file = syn::parse_file(&text).map_err(|error| failed(&error))?;
            for (name, method) in methods(&file) {
                let fields = structs.get(&name).map(|generated| &generated.fields);
                let field = fields.into_iter().flatten();
                if let Some(field) = { field }.find(|field| field.ident == method) {
                    return Err(format!(
                        "{}/properties/{}: {name} has a method `{method}` in {at}; rename one of them",
                        model.structs[&name].at, field.property.name,
                    ));
                }
            }
        }
    }
    Ok(())
}

/// A file, or the files of a folder, in a fixed order.
fn files(source: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(source) else {
        return vec![source.to_owned()];
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// The methods of each type, by its name.
fn methods(file: &syn::File) -> Vec<(String, syn::Ident)> {
    let impls = file.items.iter().filter_map(|item| match item {
        syn::Item::Impl(item) if item.trait_.is_none() => Some(item),
        _ => None,
    });
    let methods = impls.flat_map(|item| {
        let name = match &*item.self_ty {
            syn::Type::Path(ty) => ty.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let methods = item.items.iter().filter_map(|item| match item {
            syn::ImplItem::Fn(method) => Some(method.sig.ident.clone()),
            _ => None,
        });
        methods.filter_map(move |method| Some((name.clone()?, method)))
    });
    methods.collect()
}
