//! Step 5: open enums. A value that the crate does not know is `Other`, not an error.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::OpenEnum;
use crate::names::{doc, value_name};

pub(crate) fn open_enum(name: &str, open: &OpenEnum) -> TokenStream {
    let (name, about) = (format_ident!("{name}"), doc(&open.doc));
    let texts: Vec<_> = open.values.iter().map(|(value, _)| value).collect();
    let variants: Vec<_> = texts.iter().map(|value| value_name(value)).collect();
    let docs = open.values.iter().map(|(_, text)| doc(text));
    let other = doc("A value that this version of the crate does not know.");
    let values = doc("The known values, as the API spells them.");
    let as_str = doc("The value as the API spells it.");
    quote! {
        #about
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum #name {
            #(#docs #variants,)*
            #other
            Other(String),
        }

        impl #name {
            #values
            pub const VALUES: &'static [&'static str] = &[#(#texts),*];

            #as_str
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #texts,)*
                    Self::Other(value) => value,
                }
            }
        }

        impl From<&str> for #name {
            fn from(value: &str) -> Self {
                match value {
                    #(#texts => Self::#variants,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl From<String> for #name {
            fn from(value: String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl fmt::Display for #name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for #name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for #name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text(deserializer)
            }
        }

        impl OpenEnum for #name {
            const KNOWN: &'static [&'static str] = Self::VALUES;
        }
    }
}
