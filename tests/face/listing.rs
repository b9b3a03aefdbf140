//! Lists the public items of the crate, from its source and the generated code: the types, and the
//! names that public signatures mention.
//!
//! `pub` without `(crate)` means public, because the lint `unreachable_pub` refuses it elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, TraitItem, UseGroup, UseTree, Visibility};

/// Public types, traits and aliases, and functions outside of types.
#[derive(Default)]
pub(crate) struct Listing {
    /// The names that the public signatures of each item mention. Types of the same name share an
    /// entry.
    pub(crate) items: BTreeMap<String, BTreeSet<Mention>>,
    /// The names of the structs and enums among them.
    pub(crate) types: BTreeSet<String>,
}

/// The start of a path in a public signature.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mention {
    pub(crate) name: String,
    /// The crate that it is imported from, or `None` if it is neither imported nor the name of a crate.
    pub(crate) root: Option<String>,
}

/// A module: its items, and the crates that its names are imported from.
struct Module {
    items: Vec<Item>,
    imports: BTreeMap<String, String>,
}

impl Listing {
    pub(crate) fn read() -> Self {
        let mut modules = Vec::new();
        for folder in [concat!(env!("CARGO_MANIFEST_DIR"), "/src"), env!("OUT_DIR")] {
            for entry in walkdir::WalkDir::new(folder) {
                let path = entry.unwrap().into_path();
                // These files contain statements and macro calls, and no public items.
                let fragment = ["key_order.rs", "names.rs", "templates.rs"];
                let is_fragment = fragment.iter().any(|name| path.ends_with(name));
                if path.extension().is_some_and(|e| e == "rs") && !is_fragment {
                    modules.extend(read_modules(&path));
                }
            }
        }
        let mut listing = Listing::default();
        let mut private = BTreeSet::new();
        for item in modules.iter().flat_map(|module| &module.items) {
            match named(item) {
                Some((name, true)) => {
                    if matches!(item, Item::Struct(_) | Item::Enum(_)) {
                        listing.types.insert(name.clone());
                    }
                    listing.items.entry(name).or_default();
                }
                Some((name, false)) => _ = private.insert(name),
                None => {}
            }
        }
        private.retain(|name| !listing.items.contains_key(name));
        for module in &modules {
            for Signature { of, tokens } in
                { module.items.iter() }.flat_map(|item| signatures(item, &private))
            {
                let is_public = |name: &&String| {
                    listing.items.contains_key(*name) && !module.defines_privately(name)
                };
                if let Some(name) = of.iter().find(is_public) {
                    let mentions = listing.items.get_mut(name).unwrap();
                    module.mentions(tokens, mentions);
                    // Private names occur in bounds and conversions; rustc refuses them in signatures.
                    mentions.retain(|mention| !private.contains(&mention.name));
                }
            }
        }
        listing
    }

    /// The items that these mention, directly or indirectly.
    pub(crate) fn reachable(&self, roots: &[&str]) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<_> = roots.to_vec();
        while let Some(name) = next.pop() {
            if let Some((name, mentions)) = self.items.get_key_value(name)
                && reached.insert(name.as_str())
            {
                next.extend(mentions.iter().map(|mention| mention.name.as_str()));
            }
        }
        reached
    }
}

/// The modules of a file: itself and its inline modules, without tests.
fn read_modules(path: &Path) -> Vec<Module> {
    let text = std::fs::read_to_string(path).unwrap();
    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut imports = BTreeMap::new();
    if path.starts_with(env!("OUT_DIR")) {
        // The modules that include generated code import its names.
        for includes in ["types.rs", "document/readers.rs"] {
            let src = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
            for module in read_modules(&src.join(includes)) {
                imports.extend(module.imports);
            }
        }
    }
    let mut modules = Vec::new();
    split(file.items, imports, &mut modules);
    modules
}

fn split(items: Vec<Item>, mut imports: BTreeMap<String, String>, modules: &mut Vec<Module>) {
    for item in &items {
        if let Item::Use(import) = item {
            add_imports(&import.tree, None, &mut imports);
        }
    }
    let is_module = |name: &str| {
        let is = |item: &Item| matches!(item, Item::Mod(module) if module.ident == name);
        items.iter().any(is)
    };
    for root in imports.values_mut().filter(|root| is_module(root)) {
        *root = "self".into();
    }
    let mut own = Vec::new();
    for item in items {
        match item {
            Item::Mod(module) if !is_test(&module.attrs) => {
                let items = module.content.map(|(_, items)| items);
                split(items.unwrap_or_default(), imports.clone(), modules);
            }
            Item::Mod(_) => {}
            item => own.push(item),
        }
    }
    modules.push(Module {
        items: own,
        imports,
    });
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.to_token_stream().to_string().contains("test"))
}

fn names_itself(group: &UseGroup) -> bool {
    let is_self = |tree: &UseTree| matches!(tree, UseTree::Name(name) if name.ident == "self");
    group.items.iter().any(is_self)
}

fn add_imports(tree: &UseTree, root: Option<&str>, imports: &mut BTreeMap<String, String>) {
    let add = |name: String, imports: &mut BTreeMap<String, String>| {
        let root = root.map_or_else(|| name.clone(), str::to_owned);
        imports.insert(name, root);
    };
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            // `use std::fmt::{self, …}`
            if matches!(&*path.tree, UseTree::Group(group) if names_itself(group)) {
                add(first.clone(), imports);
            }
            add_imports(&path.tree, root.or(Some(&first)), imports);
        }
        UseTree::Name(name) => add(name.ident.to_string(), imports),
        UseTree::Rename(name) => add(name.rename.to_string(), imports),
        UseTree::Group(group) => {
            for tree in &group.items {
                add_imports(tree, root, imports);
            }
        }
        UseTree::Glob(_) => {}
    }
}

/// The name of a type, trait, alias or function, and whether it is public.
fn named(item: &Item) -> Option<(String, bool)> {
    let (visibility, name) = match item {
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        Item::Type(item) => (&item.vis, &item.ident),
        Item::Fn(item) => (&item.vis, &item.sig.ident),
        _ => return None,
    };
    Some((name.to_string(), is_public(visibility)))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The public part of an item.
struct Signature {
    /// The items that it belongs to: the first public one counts.
    of: Vec<String>,
    tokens: TokenStream,
}

fn signatures(item: &Item, private: &BTreeSet<String>) -> Option<Signature> {
    if let Item::Impl(item) = item {
        return of_impl(item, private);
    }
    let Some((name, true)) = named(item) else {
        return None;
    };
    let tokens = match item {
        Item::Struct(item) => public_fields(&item.fields, false),
        Item::Enum(item) => {
            let variants = item.variants.iter();
            variants
                .map(|variant| public_fields(&variant.fields, true))
                .collect()
        }
        Item::Trait(item) => {
            let members = item.items.iter().map(|member| match member {
                TraitItem::Fn(method) => method.sig.to_token_stream(),
                TraitItem::Const(constant) => constant.ty.to_token_stream(),
                TraitItem::Type(associated) => associated.bounds.to_token_stream(),
                _ => TokenStream::new(),
            });
            let bounds = &item.supertraits;
            quote!(#bounds; #(#members;)*)
        }
        Item::Type(item) => item.ty.to_token_stream(),
        Item::Fn(item) => item.sig.to_token_stream(),
        _ => TokenStream::new(),
    };
    let of = vec![name];
    Some(Signature { of, tokens })
}

fn public_fields(fields: &Fields, all: bool) -> TokenStream {
    let public = fields.iter().filter(|field| all || is_public(&field.vis));
    let types = public.map(|field| &field.ty);
    quote!(#(#types;)*)
}

/// The public members of an `impl`. A conversion, `impl From<A> for B`, belongs to `A`.
fn of_impl(item: &ItemImpl, private: &BTreeSet<String>) -> Option<Signature> {
    let mut tokens = item.generics.params.to_token_stream();
    let mut of = Vec::new();
    if let Some((implemented, _)) = &item.trait_ {
        let last = implemented.segments.last().unwrap();
        if private.contains(&last.ident.to_string()) {
            return None;
        }
        implemented.to_tokens(&mut tokens);
        if last.ident == "From" {
            item.self_ty.to_tokens(&mut tokens);
            of = path_starts(last.arguments.to_token_stream());
        }
    }
    of.extend(path_starts(item.self_ty.to_token_stream()));
    for member in &item.items {
        match member {
            ImplItem::Fn(method) if is_public(&method.vis) => {
                method.sig.to_tokens(&mut tokens);
            }
            ImplItem::Const(constant) if is_public(&constant.vis) => {
                constant.ty.to_tokens(&mut tokens);
            }
            ImplItem::Type(associated) => associated.ty.to_tokens(&mut tokens),
            _ => {}
        }
    }
    let of = of.into_iter().map(|start| start.name).collect();
    Some(Signature { of, tokens })
}

impl Module {
    /// Whether this module has a private type of a name that is public elsewhere.
    fn defines_privately(&self, name: &str) -> bool {
        let wanted = Some((name.to_owned(), false));
        self.items.iter().any(|item| named(item) == wanted)
    }

    fn mentions(&self, signature: TokenStream, mentions: &mut BTreeSet<Mention>) {
        for Start { name, is_longer } in path_starts(signature) {
            let is_type = name.starts_with(|c: char| c.is_ascii_uppercase());
            let root = match self.imports.get(&name) {
                None if is_longer && !is_type => Some(name.clone()),
                root => root.cloned(),
            };
            if is_type || is_longer {
                mentions.insert(Mention { name, root });
            }
        }
    }
}

/// The start of a path.
struct Start {
    name: String,
    /// Whether `::` follows.
    is_longer: bool,
}

/// The first name of each path. For `crate::a::B` it is `B`.
fn path_starts(tokens: TokenStream) -> Vec<Start> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is = |index: Option<usize>, wanted: &[char]| match index.and_then(|i| tokens.get(i)) {
        Some(TokenTree::Punct(found)) => wanted.contains(&found.as_char()),
        _ => false,
    };
    let mut starts = Vec::new();
    let mut in_crate = false;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => starts.extend(path_starts(group.stream())),
            TokenTree::Ident(name) => {
                let name = name.to_string();
                let before = index.checked_sub(1);
                let is_inner = is(before, &[':']) && is(index.checked_sub(2), &[':']);
                let is_longer = is(Some(index + 1), &[':']) && is(Some(index + 2), &[':']);
                let is_assigned = is(Some(index + 1), &['=']);
                let is_lifetime = is(before, &['\'']);
                in_crate = match is_inner {
                    true => in_crate,
                    false => is_longer && ["crate", "self", "super"].contains(&name.as_str()),
                };
                let is_start = (in_crate && is_inner && !is_longer) || (!in_crate && !is_inner);
                if is_start && !is_lifetime && !is_assigned {
                    starts.push(Start { name, is_longer });
                }
            }
            _ => {}
        }
    }
    starts
}
