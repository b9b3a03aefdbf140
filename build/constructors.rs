//! Step 4: `new` and setters of each struct.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::docs::link;
use crate::model::{Model, Shape};
use crate::names::doc;
use crate::structs::{Field, Generated};

/// `new` with the required fields as arguments, and a setter for each optional one.
pub(crate) fn constructor(generated: &Generated<'_>, model: &Model) -> TokenStream {
    let name = &generated.item.ident;
    let is_file = model.is_file(&name.to_string());
    let (mut arguments, mut values, mut setters) = (Vec::new(), Vec::new(), Vec::new());
    // These fields have hand-written constructors instead of setters.
    let mut constructors = Vec::new();
    for field in &generated.fields {
        let (ident, property) = (&field.ident, field.property);
        match (property.required, &property.default) {
            (Some(_), Some(default)) => {
                let default: TokenStream =
                    default.to_string().parse().expect("a JSON scalar is Rust");
                values.push(quote!(#ident: #default.into()));
            }
            (Some(place), None) => {
                let Input { argument, value } = input(&property.shape, ident, model);
                arguments.push((place, quote!(#ident: #argument)));
                values.push(match is_plain(&property.shape, model) {
                    true => quote!(#ident),
                    false => quote!(#ident: #value),
                });
            }
            (None, _) => {
                values.push(quote!(#ident: None));
                match property.has_setter {
                    true => {
                        let setter = setter(field, generated, is_file, model);
                        setters.push((property.index, setter));
                    }
                    false => constructors.push(ident.to_string()),
                }
            }
        }
    }
    let (arguments, setters) = (in_order(arguments), in_order(setters));
    let lines = is_file.then(|| quote!(lines: Lines::default(),));
    let given = match arguments.is_empty() {
        true => "with no fields set",
        false => "from its required fields",
    };
    let others = match (arguments.is_empty(), constructors.is_empty()) {
        (_, false) => format!(
            "constructors such as [`{}`](Self::{0}) also set the field of their name",
            constructors[0]
        ),
        (true, true) => "each field has a setter".to_owned(),
        (false, true) => "each optional field has a setter".to_owned(),
    };
    let about = doc(&format!("Creates one {given}; {others}."));
    let value = match arguments.is_empty() {
        true => quote!(Self::default()),
        false => quote!(Self { #(#values,)* extra: Map::new(), #lines }),
    };
    quote! {
        impl #name {
            #about
            pub fn new(#(#arguments),*) -> Self {
                #value
            }
            #(#setters)*
        }
    }
}

fn in_order(mut parts: Vec<(usize, TokenStream)>) -> Vec<TokenStream> {
    parts.sort_by_key(|(place, _)| *place);
    parts.into_iter().map(|(_, part)| part).collect()
}

/// Only the setters are `must_use`, not the type: a file may be read only to validate it, and a
/// response may be ignored.
fn setter(
    field: &Field<'_>,
    generated: &Generated<'_>,
    is_file: bool,
    model: &Model,
) -> TokenStream {
    let ident = &field.ident;
    let name = generated.item.ident.to_string();
    let doc = doc(&link(&field.property.doc, &name, &generated.fields, model));
    let must_use = is_file.then(|| quote!(#[must_use]));
    let shape = &field.property.shape;
    let (argument, value) = match is_filter(shape, model) {
        true => {
            let values = rust_type(shape, model);
            (quote!(impl Filter<#values>), quote!(value.into_filter()))
        }
        false => {
            let Input { argument, value } = input(shape, &format_ident!("value"), model);
            (
                argument,
                match field.property.is_boxed(model) {
                    true => quote!(Some(Box::new(#value))),
                    false => quote!(Some(#value)),
                },
            )
        }
    };
    quote! {
        #doc
        #must_use
        pub fn #ident(mut self, value: #argument) -> Self {
            self.#ident = #value;
            self
        }
    }
}

/// Whether a field is a list of enum values, as filters are.
fn is_filter(shape: &Shape, model: &Model) -> bool {
    match shape {
        Shape::List(items) => {
            matches!(&**items, Shape::Named(name) if model.enums.contains_key(name))
        }
        _ => false,
    }
}

/// How a field is passed to a function.
struct Input {
    /// The type of the argument.
    argument: TokenStream,
    /// The field's value, computed from the argument.
    value: TokenStream,
}

fn input(shape: &Shape, given: &Ident, model: &Model) -> Input {
    match shape {
        Shape::List(items) => {
            // A concrete item type, so that an empty list compiles.
            let is_enum = matches!(&**items, Shape::Named(name) if model.enums.contains_key(name));
            let is_plain = is_enum || is_plain(items, model);
            let items = match is_plain {
                true => rust_type(items, model),
                false => into(items, model),
            };
            Input {
                argument: quote!(impl IntoIterator<Item = #items>),
                value: match is_plain {
                    true => quote!(#given.into_iter().collect()),
                    false => quote!(#given.into_iter().map(Into::into).collect()),
                },
            }
        }
        Shape::Map(values) => {
            let values = into(values, model);
            Input {
                argument: quote!(impl IntoIterator<Item = (impl Into<String>, #values)>),
                value: quote!(entries(#given)),
            }
        }
        _ => Input {
            argument: into(shape, model),
            value: match is_plain(shape, model) {
                true => quote!(#given),
                false => quote!(#given.into()),
            },
        },
    }
}

/// Whether an argument has the value's own type. Most structs have no other source, and `impl Into`
/// would break inference for `Default::default()` and for literals of booleans and integers.
fn is_plain(shape: &Shape, model: &Model) -> bool {
    match shape {
        Shape::Bool | Shape::Integer | Shape::Unsigned => true,
        Shape::Named(name) => model.structs.contains_key(name) && !model.is_made_of_text(name),
        _ => false,
    }
}

/// The argument type for a value.
fn into(shape: &Shape, model: &Model) -> TokenStream {
    let rust = rust_type(shape, model);
    match is_plain(shape, model) {
        true => rust,
        false => quote!(impl Into<#rust>),
    }
}

fn rust_type(shape: &Shape, model: &Model) -> TokenStream {
    match shape {
        Shape::Any => quote!(Value),
        Shape::Text | Shape::Tag(_) => quote!(String),
        Shape::Bool => quote!(bool),
        Shape::Integer => quote!(i64),
        Shape::Unsigned => quote!(u64),
        Shape::Number => quote!(Number),
        Shape::List(items) => {
            let items = rust_type(items, model);
            quote!(Vec<#items>)
        }
        Shape::Map(values) if **values == Shape::Any => {
            quote!(Map<String, Value>)
        }
        Shape::Map(values) => {
            let values = rust_type(values, model);
            quote!(BTreeMap<String, #values>)
        }
        Shape::Named(name) => match model.by_hand.get(name) {
            Some(by_hand) => by_hand.rust.parse().expect("a Rust type"),
            None => {
                let name = format_ident!("{name}");
                quote!(#name)
            }
        },
        Shape::Lenient(name) => {
            let target = &model.lenient[name].target;
            rust_type(&Shape::Named(target.clone()), model)
        }
        Shape::OrParam(scalar) => {
            let scalar = rust_type(scalar, model);
            quote!(OrParam<#scalar>)
        }
    }
}
