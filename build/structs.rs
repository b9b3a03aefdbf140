//! Step 3: generates the structs of the model with typify.
//!
//! typify reads JSON schemas, so each struct is turned into one. Types that exist already are passed as
//! replacements. The output is then given documentation and the serde attributes that schemas cannot
//! express.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use schemars::schema::{
    ArrayValidation, InstanceType, NumberValidation, ObjectValidation, RootSchema, Schema,
    SchemaObject, SubschemaValidation,
};
use syn::parse_quote;
use typify::{TypeSpace, TypeSpaceSettings};

use crate::Result;
use crate::docs::document;
use crate::model::{Model, Property, Shape, Struct};
use crate::names::{doc, doc_lines, reader_name, wire_name};

/// The structs by name, each with its fields.
pub(crate) type Structs<'a> = BTreeMap<String, Generated<'a>>;

/// A struct that typify generated.
pub(crate) struct Generated<'a> {
    pub(crate) item: syn::ItemStruct,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field of a struct, except `extra`, which all structs have.
pub(crate) struct Field<'a> {
    pub(crate) ident: Ident,
    pub(crate) property: &'a Property,
}

pub(crate) fn structs(model: &Model) -> Result<Structs<'_>> {
    let mut wanted: BTreeMap<String, &Struct> = BTreeMap::new();
    wanted.extend(
        model
            .structs
            .iter()
            .map(|(name, item)| (name.clone(), item)),
    );
    wanted.extend(
        model
            .unions
            .iter()
            .map(|(name, union)| (wire_name(name), &union.wire)),
    );

    let mut made = typify(&wanted, model)?;
    let structs = wanted.into_iter().map(|(name, structure)| {
        let item = made.remove(&name);
        let item =
            item.ok_or_else(|| format!("{}: typify generated no struct {name}", structure.at))?;
        let mut generated = with_fields(item, structure, model)?;
        document(&mut generated, model);
        if !model.requests.contains(&name) {
            reorder(&mut generated);
        }
        if !model.structs.contains_key(&name) {
            hide(&mut generated.item, parse_quote!(pub(super)));
        } else if model.is_page(&name) {
            hide(&mut generated.item, parse_quote!(pub(crate)));
        } else if model.requests.contains(&name) && structure.is_optional() {
            add_derive(&mut generated.item, "Default")?;
        }
        if model.is_file(&name) {
            add_lines(&mut generated.item);
        } else if model.requests.contains(&name) {
            generated.item.attrs.push(parse_quote!(#[must_use]));
        }
        Ok((name, generated))
    });
    structs.collect()
}

/// Sorts the fields of a response type for its documentation: required fields first, then in schema
/// order. The fields of a request stay sorted by name, because they are serialized in that order.
fn reorder(generated: &mut Generated<'_>) {
    let Generated { item, fields } = generated;
    if let syn::Fields::Named(named) = &mut item.fields {
        let mut sorted: Vec<_> = std::mem::take(&mut named.named).into_iter().collect();
        sorted.sort_by_key(|field| {
            let known = fields
                .iter()
                .find(|known| field.ident.as_ref() == Some(&known.ident));
            known.map_or((2, 0), |known| known.property.place())
        });
        named.named = sorted.into_iter().collect();
    }
}

/// Adds a derived trait to a struct.
fn add_derive(item: &mut syn::ItemStruct, name: &str) -> Result<()> {
    let derive = item
        .attrs
        .iter_mut()
        .find_map(|attribute| match &mut attribute.meta {
            syn::Meta::List(list) if list.path.is_ident("derive") => Some(&mut list.tokens),
            _ => None,
        });
    let derive = derive.ok_or_else(|| format!("typify derives nothing for {}", item.ident))?;
    let name = format_ident!("{name}");
    derive.extend(quote!(, #name));
    Ok(())
}

/// Adds a field for the lines of a request's values in its file.
fn add_lines(item: &mut syn::ItemStruct) {
    if let syn::Fields::Named(fields) = &mut item.fields {
        fields
            .named
            .push(parse_quote!(#[serde(skip)] pub(crate) lines: Lines));
    }
}

/// Makes a struct private, and drops its documentation.
fn hide(item: &mut syn::ItemStruct, visibility: syn::Visibility) {
    let is_code = |attribute: &syn::Attribute| !attribute.path().is_ident("doc");
    item.vis = visibility;
    item.attrs.retain(is_code);
    for field in &mut item.fields {
        field.attrs.retain(is_code);
    }
}

/// The structs that typify generates, by name, without its conversions and modules.
fn typify(
    wanted: &BTreeMap<String, &Struct>,
    model: &Model,
) -> Result<BTreeMap<String, syn::ItemStruct>> {
    let mut replaced = BTreeMap::from([("Number".to_owned(), NUMBER.to_owned())]);
    for name in model.enums.keys().chain(model.unions.keys()) {
        replaced.insert(name.clone(), name.clone());
    }
    for (name, by_hand) in &model.by_hand {
        replaced.insert(name.clone(), by_hand.rust.clone());
    }
    let mut root = RootSchema::default();
    for (name, structure) in wanted {
        let schema = struct_schema(structure, model, &mut replaced);
        root.definitions.insert(name.clone(), schema.into());
    }
    let mut settings = TypeSpaceSettings::default();
    settings
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq".into())
        .with_attr("#[non_exhaustive]".into());
    for (name, rust) in &replaced {
        settings.with_replacement(name, rust, [].into_iter());
        let placeholder = of_type(InstanceType::String);
        root.definitions.insert(name.clone(), placeholder.into());
    }
    let failed = |error: &dyn std::fmt::Display| format!("typify: {error}");
    let mut types = TypeSpace::new(&settings);
    types
        .add_root_schema(root)
        .map_err(|error| failed(&error))?;
    let file: syn::File = syn::parse2(types.to_stream()).map_err(|error| failed(&error))?;
    let structs = file.items.into_iter().filter_map(|item| match item {
        syn::Item::Struct(item) => Some((item.ident.to_string(), item)),
        _ => None,
    });
    Ok(structs.collect())
}

/// The type for numbers of any size, kept as written.
const NUMBER: &str = "Number";

fn of_type(kind: InstanceType) -> SchemaObject {
    SchemaObject {
        instance_type: Some(kind.into()),
        ..SchemaObject::default()
    }
}

fn struct_schema(
    structure: &Struct,
    model: &Model,
    replaced: &mut BTreeMap<String, String>,
) -> SchemaObject {
    let mut object = ObjectValidation {
        additional_properties: Some(Box::new(SchemaObject::default().into())),
        ..ObjectValidation::default()
    };
    for property in &structure.properties {
        let mut schema = value_schema(&property.shape, model, replaced);
        if property.required.is_some() {
            object.required.insert(property.name.clone());
        } else {
            // With `null`, lists and maps become an `Option` instead of being empty if absent.
            let kind = match property.shape {
                Shape::List(_) => Some(InstanceType::Array),
                Shape::Map(_) => Some(InstanceType::Object),
                _ => None,
            };
            if let Some(kind) = kind {
                schema.instance_type = Some(vec![kind, InstanceType::Null].into());
            }
        }
        let mut doc = property.doc.clone();
        if let Some(example) = &property.example {
            doc += &format!("\n\nExample: `{example}`.");
        }
        schema.metadata().description = Some(doc_lines(&doc));
        object
            .properties
            .insert(property.name.clone(), schema.into());
    }
    let mut schema = of_type(InstanceType::Object);
    schema.metadata().description = Some(doc_lines(&structure.doc));
    schema.object = Some(Box::new(object));
    schema
}

fn value_schema(
    shape: &Shape,
    model: &Model,
    replaced: &mut BTreeMap<String, String>,
) -> SchemaObject {
    let mut schema = SchemaObject::default();
    match shape {
        Shape::Any => {}
        Shape::Text | Shape::Tag(_) => schema = of_type(InstanceType::String),
        Shape::Bool => schema = of_type(InstanceType::Boolean),
        Shape::Integer => schema = of_type(InstanceType::Integer),
        Shape::Unsigned => {
            schema = of_type(InstanceType::Integer);
            schema.number = Some(Box::new(NumberValidation {
                minimum: Some(0.0),
                ..NumberValidation::default()
            }));
        }
        Shape::List(items) => {
            schema = of_type(InstanceType::Array);
            let items = Schema::from(value_schema(items, model, replaced));
            schema.array = Some(Box::new(ArrayValidation {
                items: Some(items.into()),
                ..ArrayValidation::default()
            }));
        }
        Shape::Map(values) => {
            schema = of_type(InstanceType::Object);
            let values = Schema::from(value_schema(values, model, replaced));
            schema.object = Some(Box::new(ObjectValidation {
                additional_properties: Some(Box::new(values)),
                ..ObjectValidation::default()
            }));
        }
        Shape::Number => return refer("Number"),
        Shape::Named(name) => return refer(name),
        Shape::Lenient(name) => return refer(&model.lenient[name].target),
        Shape::OrParam(scalar) => {
            let (name, rust) = match &**scalar {
                Shape::Text => ("String", "String"),
                Shape::Bool => ("Bool", "bool"),
                Shape::Named(name) => (name.as_str(), name.as_str()),
                _ => ("Number", NUMBER),
            };
            let name = format!("OrParam{name}");
            replaced.insert(name.clone(), format!("OrParam<{rust}>"));
            return refer(&name);
        }
    }
    schema
}

/// A reference to which a description can be added.
fn refer(name: &str) -> SchemaObject {
    let target = Schema::new_ref(format!("#/definitions/{name}"));
    SchemaObject {
        subschemas: Some(Box::new(SubschemaValidation {
            all_of: Some(vec![target]),
            ..SubschemaValidation::default()
        })),
        ..SchemaObject::default()
    }
}

fn with_fields<'a>(
    mut item: syn::ItemStruct,
    structure: &'a Struct,
    model: &Model,
) -> Result<Generated<'a>> {
    let mut fields = Vec::new();
    for field in item.fields.iter_mut() {
        let ident = field.ident.clone().expect("a struct with named fields");
        let renamed = field
            .attrs
            .iter()
            .find_map(|attribute| serde_value(attribute, "rename"));
        let name = renamed.unwrap_or_else(|| ident.to_string());
        shorten(&mut field.ty);
        let Some(property) = structure.property(&name) else {
            let doc =
                doc("Any other fields of the object, which are kept and sent back unchanged.");
            field.attrs.insert(0, parse_quote!(#doc));
            continue;
        };
        field
            .attrs
            .retain(|attribute| !attribute.path().is_ident("serde"));
        if property.is_boxed(model) {
            put_into_box(&mut field.ty);
        }
        for attributes in attributes(property, &ident) {
            field.attrs.push(parse_quote!(#[serde(#attributes)]));
        }
        fields.push(Field { ident, property });
    }
    match structure.properties.iter().find(|property| {
        !fields
            .iter()
            .any(|field| field.property.name == property.name)
    }) {
        Some(lost) => Err(format!(
            "{}: typify generated no field for {:?}",
            structure.at, lost.name
        )),
        None => Ok(Generated { item, fields }),
    }
}

/// Strips the paths of types, which typify writes in full.
fn shorten(ty: &mut syn::Type) {
    let syn::Type::Path(ty) = ty else { return };
    if ty.path.leading_colon.take().is_some() {
        let name = ty.path.segments.pop();
        ty.path.segments = name.into_iter().collect();
    }
    let arguments = ty
        .path
        .segments
        .iter_mut()
        .map(|segment| &mut segment.arguments);
    for arguments in arguments {
        if let syn::PathArguments::AngleBracketed(arguments) = arguments {
            for argument in &mut arguments.args {
                if let syn::GenericArgument::Type(ty) = argument {
                    shorten(ty);
                }
            }
        }
    }
}

/// Turns `Option<T>` into `Option<Box<T>>`.
fn put_into_box(ty: &mut syn::Type) {
    let syn::Type::Path(ty) = ty else { return };
    let Some(option) = ty.path.segments.last_mut() else {
        return;
    };
    if let syn::PathArguments::AngleBracketed(arguments) = &mut option.arguments {
        for argument in &mut arguments.args {
            *argument = parse_quote!(Box<#argument>);
        }
    }
}

/// The text value of a key in a serde attribute.
fn serde_value(attribute: &syn::Attribute, key: &str) -> Option<String> {
    let mut found = None;
    if attribute.path().is_ident("serde") {
        // Parsing stops at a key without a text, which is not the wanted one.
        let _ = attribute.parse_nested_meta(|meta| {
            let text: syn::LitStr = meta.value()?.parse()?;
            if meta.path.is_ident(key) {
                found = Some(text.value());
            }
            Ok(())
        });
    }
    found
}

/// The serde attributes of a field. A required field has no serde default, because a document without
/// it is refused; `new` fills in the schema's default.
fn attributes(property: &Property, ident: &Ident) -> Vec<TokenStream> {
    let Property { name, .. } = property;
    let rename = (ident != name).then(|| quote!(rename = #name));
    let alias = property.alias.iter().map(|alias| quote!(alias = #alias));
    let names = rename.into_iter().chain(alias);
    let is_required = property.required.is_some();
    let skip = (!is_required).then(|| quote!(skip_serializing_if = "Option::is_none"));
    let reader = match &property.shape {
        Shape::Lenient(name) => reader_name(name),
        Shape::Bool if is_required => "flag".into(),
        Shape::Bool => "optional_flag".into(),
        Shape::Text if is_required => "text".into(),
        // serde reads an absent `Option` as `None`, unless the field has its own function.
        _ => return Vec::from_iter(join(names.chain(skip))),
    };
    let default = (!is_required).then(|| quote!(default));
    let read = names
        .chain([quote!(deserialize_with = #reader)])
        .chain(default);
    join(read).into_iter().chain(skip).collect()
}

/// Joins attributes into one, if there are any.
fn join(attributes: impl Iterator<Item = TokenStream>) -> Option<TokenStream> {
    attributes.reduce(|all, next| quote!(#all, #next))
}
