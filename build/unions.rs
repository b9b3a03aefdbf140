//! Step 6: unions, and types that are kept unchanged if they cannot be decoded.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::{Fallback, Lenient, Rule, Union};
use crate::names::{doc, reader_name, variant_name, wire_name};
use crate::structs::Structs;

/// The enum of a union, its deserialization through the struct with the fields of all variants, and its
/// serialization.
pub(crate) fn union(name: &str, union: &Union, structs: &Structs<'_>) -> TokenStream {
    let (ident, wire) = (
        format_ident!("{name}"),
        format_ident!("{}", wire_name(name)),
    );
    let about = doc(&union.doc);
    let other = doc("A kind that this version of the crate does not know, unchanged.");
    let held = union.rule.structs();
    let types: Vec<_> = held.iter().map(|held| format_ident!("{held}")).collect();
    let variants: Vec<_> = held.iter().map(|held| variant_name(held, name)).collect();
    let docs = held.iter().map(|held| doc(&format!("See [`{held}`].")));
    let (read, write) = match &union.rule {
        Rule::Tag {
            property,
            default,
            variants,
        } => (
            read_by_tag(name, property, default, variants, structs),
            write_tagged(name, property, default, variants),
        ),
        Rule::Presence {
            property,
            present,
            absent,
        } => {
            let field = &structs[present].fields;
            let field = field.iter().find(|field| field.property.name == *property);
            let field = &field.expect("checked with the schemas").ident;
            let present = from_wire(name, present, structs);
            let absent = from_wire(name, absent, structs);
            (
                quote!(Ok(if wire.#field.is_some() { #present } else { #absent })),
                quote!(#(Self::#variants(value) => value.serialize(serializer),)*),
            )
        }
    };
    quote! {
        #about
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum #ident {
            #(#docs #variants(#types),)*
            #other
            Other(Value),
        }

        #(impl From<#types> for #ident {
            fn from(value: #types) -> Self {
                Self::#variants(value)
            }
        })*

        impl<'de> Deserialize<'de> for #ident {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(UnionVisitor::new())
            }
        }

        impl Union for #ident {
            type Wire = #wire;

            fn choose<E: serde::de::Error>(mut wire: #wire) -> Result<Self, E> { #read }
        }

        impl Serialize for #ident {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    #write
                    Self::Other(value) => value.serialize(serializer),
                }
            }
        }
    }
}

fn read_by_tag(
    union: &str,
    property: &str,
    default: &str,
    variants: &[(String, String)],
    structs: &Structs<'_>,
) -> TokenStream {
    let tag = &structs[&wire_name(union)].fields;
    let tag = tag.iter().find(|field| field.property.name == property);
    let tag = &tag.expect("the struct of a union has its tag").ident;
    let arms = variants.iter().map(|(value, structure)| {
        let variant = from_wire(union, structure, structs);
        match value == default {
            // An explicit default stays in `extra`, so it is written again.
            true => quote!(None | Some(#value) => #variant,),
            false => quote!(Some(#value) => { wire.#tag = None; #variant }),
        }
    });
    quote! {
        Ok(match wire.#tag.as_deref() {
            #(#arms)*
            Some(_) => Self::Other(Value::Object(remainder(wire)?)),
        })
    }
}

fn write_tagged(
    union: &str,
    property: &str,
    default: &str,
    variants: &[(String, String)],
) -> TokenStream {
    let arms = variants.iter().map(|(value, structure)| {
        let variant = variant_name(structure, union);
        match value == default {
            true => quote!(Self::#variant(value) => value.serialize(serializer),),
            false => quote! {
                Self::#variant(value) => Tagged::new(#property, #value, value).serialize(serializer),
            },
        }
    });
    quote!(#(#arms)*)
}

/// Builds a variant from the struct that the union is deserialized into. What the variant has no field
/// for goes to `extra`.
fn from_wire(union: &str, structure: &str, structs: &Structs<'_>) -> TokenStream {
    let variant = variant_name(structure, union);
    let ident = format_ident!("{structure}");
    let fields = structs[structure].fields.iter().map(|field| {
        let (ident, property) = (&field.ident, &field.property.name);
        match field.property.required {
            Some(_) => quote!(#ident: required(wire.#ident.take(), #property)?),
            None => quote!(#ident: wire.#ident.take()),
        }
    });
    quote!(Self::#variant(#ident { #(#fields,)* extra: remainder(wire)? }))
}

/// The function that reads an optional field of a lenient type.
pub(crate) fn lenient(name: &str, lenient: &Lenient) -> TokenStream {
    let (reader, target) = (
        format_ident!("{}", reader_name(name)),
        format_ident!("{}", lenient.target),
    );
    let body = match lenient.fallback {
        Fallback::Other => quote!(any_or(deserializer, #target::Other)),
        Fallback::Extra => quote! {
            object_or(deserializer, |extra| #target { extra, ..#target::new() })
        },
    };
    quote! {
        fn #reader<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<#target>>, D::Error> {
            #body
        }
    }
}
