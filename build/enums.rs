//! Step 5: open enums, whose unknown values are `Other` instead of an error. Their shared code is in
//! `src/types/open_enum.rs`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::OpenEnum;
use crate::names::{doc, search_alias, value_name};

pub(crate) fn open_enum(name: &str, open: &OpenEnum) -> TokenStream {
    let (name, about) = (format_ident!("{name}"), doc(&open.doc));
    let texts: Vec<_> = open.values.iter().map(|(value, _)| value).collect();
    let variants: Vec<_> = texts.iter().map(|value| value_name(value)).collect();
    let docs = open.values.iter().map(|(value, text)| {
        let doc = doc(&format!("`{value}`: {text}"));
        let alias = search_alias(value, &value_name(value));
        quote!(#doc #alias)
    });
    quote! {
        #about
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #name {
            #(#docs #variants,)*
            /// A value that this version of the crate does not know.
            Other(OtherValue),
        }

        impl OpenEnum for #name {
            const KNOWN: &'static [(&'static str, Self)] = &[#((#texts, Self::#variants)),*];
            const OTHER: fn(OtherValue) -> Self = Self::Other;

            fn text(&self) -> &str {
                match self {
                    #(Self::#variants => #texts,)*
                    Self::Other(value) => value.as_str(),
                }
            }
        }
    }
}
