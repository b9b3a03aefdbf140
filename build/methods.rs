//! Step 3a: finds the hand-written methods, and refuses a field that has the name of a method of its
//! struct.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::model::Model;
use crate::structs::Structs;

/// Where the hand-written methods of generated structs are.
pub(crate) const SOURCES: [&str; 2] = ["src/types", "src/document/described.rs"];

/// A method in a source file.
pub(crate) struct Method {
    /// The type that has it.
    pub(crate) of: String,
    pub(crate) is_public: bool,
    pub(crate) signature: syn::Signature,
}

/// A setter of the same name would not compile, and the error would point into a generated file. A
/// public field of the same name would be confusing.
pub(crate) fn refuse_collisions(root: &Path, model: &Model, structs: &Structs<'_>) -> Result<()> {
    for path in files(root, &SOURCES) {
        for method in methods(root, &path)? {
            let (name, method) = (&method.of, &method.signature.ident);
            let fields = structs.get(name).map(|generated| &generated.fields);
            let fields = fields.into_iter().flatten();
            // Without a setter, the method is the field's constructor.
            let mut fields = fields.filter(|field| field.property.has_setter);
            if let Some(field) = fields.find(|field| field.ident == *method) {
                return Err(format!(
                    "{}/properties/{}: {name} has a method `{method}` in {}; rename one of them",
                    model.structs[name].at,
                    field.property.name,
                    relative(root, &path),
                ));
            }
        }
    }
    Ok(())
}

/// The files at these paths below a root, with the contents of folders, in a fixed order.
fn files(root: &Path, sources: &[&str]) -> Vec<PathBuf> {
    let files = sources.iter().flat_map(|source| {
        let source = root.join(source);
        let Ok(entries) = fs::read_dir(&source) else {
            return Vec::from_iter(source.is_file().then_some(source));
        };
        let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        files
    });
    files.collect()
}

/// The methods in a file.
pub(crate) fn methods(root: &Path, path: &Path) -> Result<Vec<Method>> {
    let impls = parse(root, path)?
        .items
        .into_iter()
        .filter_map(|item| match item {
            syn::Item::Impl(item) if item.trait_.is_none() => Some(item),
            _ => None,
        });
    let methods = impls.flat_map(|item| {
        let of = match &*item.self_ty {
            syn::Type::Path(ty) => ty.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let methods = item.items.into_iter().filter_map(|item| match item {
            syn::ImplItem::Fn(method) => Some(method),
            _ => None,
        });
        methods.filter_map(move |method| {
            Some(Method {
                of: of.clone()?,
                is_public: matches!(method.vis, syn::Visibility::Public(_)),
                signature: method.sig,
            })
        })
    });
    Ok(methods.collect())
}

pub(crate) fn parse(root: &Path, path: &Path) -> Result<syn::File> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", relative(root, path));
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    syn::parse_file(&text).map_err(|error| failed(&error))
}

/// A path for error messages.
fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.display().to_string().replace('\\', "/")
}
