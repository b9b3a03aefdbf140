//! What every open enum can do: its known values are variants, any other text is `Other`.

/// Defines an open enum from its variants and the texts they stand for.
macro_rules! open_enum {
    ($(#[$doc:meta])* pub enum $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $value:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A value that this release does not know, as it was written.
            Other(String),
        }

        impl $name {
            /// Every value that this release knows, as the API writes it.
            pub const VALUES: &'static [&'static str] = &[$($value),*];

            /// The value as the API writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Other(value) => value,
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        open_enum_impls!($name);
    };
}

/// The part that does not depend on the variants.
macro_rules! open_enum_impls {
    ($name:ident) => {
        impl From<String> for $name {
            fn from(value: String) -> Self {
                match Self::from(value.as_str()) {
                    Self::Other(_) => Self::Other(value),
                    known => known,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::types::scalar::text(deserializer)
            }
        }

        impl $crate::types::scalar::Scalar for $name {
            const EXPECTED: &'static str = "text";
            const IS_TEXT: bool = true;

            fn from_text(text: &str) -> Option<Self> {
                Some(Self::from(text))
            }
        }

        impl From<$name> for $crate::types::OrParam<$name> {
            fn from(value: $name) -> Self {
                Self::Value(value)
            }
        }

        impl From<&str> for $crate::types::OrParam<$name> {
            fn from(value: &str) -> Self {
                Self::from_text(value)
            }
        }
    };
}
