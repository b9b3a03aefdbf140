//! Step 7: generates how requests are read from files and which of their keys are unknown.
//! `src/document/` includes the code and has the functions that it calls.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::{File, Layout, Model, Rule, Union};
use crate::names::{doc, variant_name};
use crate::structs::{Generated, Structs};

/// The methods of a type that is read from files.
pub(crate) fn file(file: &File, model: &Model) -> TokenStream {
    let name = format_ident!("{}", file.definition);
    let has_extra = model.structs.contains_key(&file.definition);
    let document = has_extra.then(|| document(file));
    let unknown_keys = has_extra.then(unknown_keys);
    let to_yaml_string = doc(TO_YAML_STRING);
    let to_yaml_file = doc(TO_YAML_FILE);
    let problems = doc(PROBLEMS);
    let from_yaml_file = doc(FROM_YAML_FILE);
    let from_yaml_str = doc(FROM_YAML_STR);
    let from_json_str = doc(FROM_JSON_STR);
    quote! {
        #document

        impl #name {
            #from_yaml_file
            pub fn from_yaml_file(path: impl AsRef<Path>) -> Result<Self> {
                read_file(path.as_ref())
            }

            #from_yaml_str
            pub fn from_yaml_str(text: &str) -> Result<Self> {
                read(Source::yaml(text, Origin::Text))
            }

            #from_json_str
            pub fn from_json_str(text: &str) -> Result<Self> {
                read(Source::json(text))
            }

            #unknown_keys

            #to_yaml_string
            pub fn to_yaml_string(&self) -> Result<String> {
                to_yaml(self)
            }

            #to_yaml_file
            pub fn to_yaml_file(&self, path: impl AsRef<Path>) -> Result<()> {
                write(&to_yaml(self)?, path.as_ref())
            }

            #problems
            pub fn problems(&self) -> Vec<Problem> {
                problems(self, &self.lines)
            }
        }
    }
}

// The descriptions of the schemas have one line per paragraph.

const FROM_YAML_FILE: &str = "\
Reads the request from a YAML file in the official command-line client's format: see \
[`files`](crate::files). Text fields take an unquoted scalar as written: `1.10` stays `1.10`. \
Templates (`{{ … }}`, `{% … %}`) are refused: `from_template_file` reads them.

# Errors

[`Error::FileNotFound`](crate::Error::FileNotFound) and [`Error::File`](crate::Error::File) if the \
file cannot be read. [`Error::InvalidYaml`](crate::Error::InvalidYaml) if its content is not valid: \
with the file, the path within it, what was expected and found, and the line.";

const FROM_YAML_STR: &str = "\
Reads the request from YAML text, with the errors of a file's content: see \
[`from_yaml_file`](Self::from_yaml_file).";

const FROM_JSON_STR: &str = "\
Reads the request from JSON text of the same structure, or fails with \
[`Error::InvalidJson`](crate::Error::InvalidJson): see [`from_yaml_file`](Self::from_yaml_file).";

const TO_YAML_STRING: &str = "\
The request as the text of a YAML file, which reads back as an equal request. Keys are in the order \
of the API's reference; null entries of maps are left out. Fails with \
[`Error::InvalidArgument`](crate::Error::InvalidArgument) if a value cannot be put into YAML.";

const TO_YAML_FILE: &str = "\
Writes the request to a YAML file, as [`to_yaml_string`](Self::to_yaml_string) shows it, and replaces \
a file that exists. Fails with [`Error::File`](crate::Error::File) if it cannot be written.";

const FROM_TEMPLATE_FILE: &str = "\
Renders a [template](crate::template) and reads the request from the text, as \
[`from_yaml_file`](Self::from_yaml_file) reads a file. Needs the feature `templates`.

# Errors

The errors of [`render_template_file`](crate::template::render_template_file), and \
[`Error::InvalidYaml`](crate::Error::InvalidYaml) if the rendered text is not valid: the file and \
line are those of the template that the text came from, where they can be told.";

/// The method that reads a type from a template. `src/template/readers.rs` includes the code.
pub(crate) fn from_template(file: &File) -> TokenStream {
    let name = format_ident!("{}", file.definition);
    let doc = doc(FROM_TEMPLATE_FILE);
    quote! {
        impl #name {
            #doc
            pub fn from_template_file(path: impl AsRef<Path>, vars: &Vars) -> Result<Self> {
                read_template(path.as_ref(), vars)
            }
        }
    }
}

/// The keys of all request files in one order that agrees with each schema.
pub(crate) fn key_order(model: &Model) -> TokenStream {
    let lists = property_lists(model);
    let mut after: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for list in &lists {
        for pair in list.windows(2) {
            // If two schemas disagree, the first one wins.
            if !leads_to(&after, pair[1], pair[0]) {
                after.entry(pair[0]).or_default().push(pair[1]);
            }
        }
    }
    let mut keys: Vec<&str> = Vec::new();
    let mut rest: Vec<&str> = lists.concat();
    while let Some(first) = rest.iter().position(|key| {
        let mut others = rest.iter().filter(|other| *other != key);
        others.all(|other| !after.get(other).is_some_and(|next| next.contains(key)))
    }) {
        let key = rest[first];
        keys.push(key);
        rest.retain(|other| *other != key);
    }
    let keys = keys.join(" ");
    quote! {
        /// The keys of all request files in the order of the API's reference, space-separated.
        const KEY_ORDER: &str = #keys;
    }
}

/// Whether a key must come before another, directly or indirectly.
fn leads_to(after: &BTreeMap<&str, Vec<&str>>, from: &str, to: &str) -> bool {
    let next = after.get(from).into_iter().flatten();
    from == to || next.into_iter().any(|next| leads_to(after, next, to))
}

/// The properties of each struct that a request file can contain, after the tag of its union.
fn property_lists(model: &Model) -> Vec<Vec<&str>> {
    let mut lists: Vec<Vec<&str>> = Vec::new();
    let mut names: Vec<&str> = model
        .files
        .iter()
        .map(|file| file.definition.as_str())
        .collect();
    let mut index = 0;
    while let Some(name) = names.get(index).copied() {
        index += 1;
        let below: Vec<_> = if let Some(union) = model.unions.get(name) {
            union.rule.structs()
        } else if let Some(structure) = model.structs.get(name) {
            let properties = structure.properties.iter();
            let keys = properties.clone().map(|property| property.name.as_str());
            lists.push(tag_of(model, name).into_iter().chain(keys).collect());
            properties
                .filter_map(|property| property.shape.definition())
                .collect()
        } else {
            continue;
        };
        let new = below.into_iter().filter(|name| !names.contains(name));
        let new: Vec<_> = new.collect();
        names.extend(new);
    }
    lists
}

const PROBLEMS: &str = "\
What the API's reference says is wrong, although the type can hold it: the module \
[`files`](crate::files#problems) lists the rules. Nothing is refused because of a problem, and \
reading a file or text logs a warning for each.";

fn document(file: &File) -> TokenStream {
    let name = format_ident!("{}", file.definition);
    let layout = match file.layout {
        Layout::Whole => quote!(Whole),
        Layout::Body => quote!(Body),
        Layout::Names => quote!(Names),
    };
    let check = file.has_check.then(|| {
        quote! {
            fn check(&self) -> Result<(), (&'static str, &'static str)> {
                #name::check(self)
            }
        }
    });
    quote! {
        impl Document for #name {
            const LAYOUT: Layout = Layout::#layout;

            fn lines_mut(&mut self) -> &mut Lines {
                &mut self.lines
            }

            #check
        }
    }
}

fn unknown_keys() -> TokenStream {
    let doc = doc(UNKNOWN_KEYS);
    quote! {
        #doc
        pub fn unknown_keys(&self) -> Vec<String> {
            let mut found = Unknown::default();
            self.find_unknown("", &mut found);
            found.keys
        }
    }
}

const UNKNOWN_KEYS: &str = "\
The keys that this release does not know, as paths such as `body.config.step`. They are kept in \
`extra` and sent unchanged, but a misspelled key looks the same: see [`files`](crate::files).";

/// Implements `FindUnknown` for every struct and union that a request file can contain.
pub(crate) fn find_unknown(model: &Model, structs: &Structs<'_>) -> TokenStream {
    let mut implemented = BTreeMap::new();
    let mut next: Vec<&str> = model
        .files
        .iter()
        .map(|file| file.definition.as_str())
        .collect();
    while let Some(name) = next.pop() {
        let (body, below) = if let Some(union) = model.unions.get(name) {
            find_in_union(name, union)
        } else if model.structs.contains_key(name) {
            find_in_struct(model, name, &structs[name])
        } else {
            continue;
        };
        let ident = format_ident!("{name}");
        let code = quote! {
            impl FindUnknown for #ident {
                fn find_unknown(&self, at: &str, found: &mut Unknown) { #body }
            }
        };
        if implemented.insert(name, code).is_none() {
            next.extend(below);
        }
    }
    implemented.into_values().collect()
}

/// The code that searches a union, and its variants' structs.
fn find_in_union<'a>(name: &str, union: &'a Union) -> (TokenStream, Vec<&'a str>) {
    let structs = union.rule.structs();
    let variants = structs
        .iter()
        .map(|structure| variant_name(structure, name));
    let other = match &union.rule {
        Rule::Tag {
            property, variants, ..
        } => {
            let known = variants.iter().map(|(value, _)| value);
            quote!(Self::Other(value) => found.tag(at, value, #property, &[#(#known),*]),)
        }
        Rule::Presence { .. } => quote!(Self::Other(_) => {}),
    };
    let body = quote! {
        match self {
            #(Self::#variants(value) => value.find_unknown(at, found),)*
            #other
        }
    };
    (body, structs)
}

/// The code that searches a struct, and the structs and unions of its fields.
fn find_in_struct<'a>(
    model: &Model,
    name: &str,
    generated: &Generated<'a>,
) -> (TokenStream, Vec<&'a str>) {
    let properties = generated
        .fields
        .iter()
        .map(|field| field.property.name.as_str());
    let known = properties.chain(tag_of(model, name));
    let known = known.collect::<Vec<_>>().join(" ");
    let (mut calls, mut below) = (Vec::new(), Vec::new());
    for field in &generated.fields {
        let (ident, property) = (&field.ident, &field.property.name);
        let held = field.property.shape.definition();
        let is_searched = |held: &&str| model.has_keys(held) || model.enums.contains_key(*held);
        if let Some(held) = held.filter(is_searched) {
            calls.push(match field.property.is_boxed(model) {
                true => quote!(in_box(&self.#ident, &join(at, #property), found);),
                false => quote!(self.#ident.find_unknown(&join(at, #property), found);),
            });
            below.push(held);
        }
    }
    let body = quote! {
        found.keys(at, &self.extra, #known);
        #(#calls)*
    };
    (body, below)
}

/// The tag of the union that a struct belongs to. It is not a field of the struct.
fn tag_of<'a>(model: &'a Model, name: &str) -> Option<&'a str> {
    model.unions.values().find_map(|union| match &union.rule {
        Rule::Tag {
            property, variants, ..
        } if variants.iter().any(|(_, variant)| variant == name) => Some(property.as_str()),
        _ => None,
    })
}
