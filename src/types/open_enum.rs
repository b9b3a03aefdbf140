//! Open enums: generated enums that keep unknown text in the variant `Other`. They are scalars, so a
//! parameter may take their place in a config.

use std::fmt;

use super::scalar::{OrParam, Scalar};

/// A value that this version of the crate does not know, such as one that the service has added since.
///
/// Only the enum's own conversions from text create it, so known text is never an `Other`. To look
/// for a certain value, compare the enum's `as_str()`, which stays the same when a later version of
/// the crate knows the value.
///
/// ```
/// use peak_press::types::SpecStatus;
///
/// assert_eq!(SpecStatus::from("archived"), SpecStatus::Archived);
/// let status = SpecStatus::from("retired");
/// assert!(matches!(&status, SpecStatus::Other(value) if value.as_str() == "retired"));
/// assert_eq!(status.as_str(), "retired");
/// ```
///
/// ```compile_fail,E0308
/// use peak_press::types::SpecStatus;
///
/// let status = SpecStatus::Other("archived".to_owned());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtherValue(Box<str>);

impl OtherValue {
    /// The value as the service spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OtherValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What is generated for an open enum besides its variants.
pub(crate) trait OpenEnum: Clone + for<'a> From<&'a str> + 'static {
    /// The known values as the API spells them, each with its variant.
    #[doc(hidden)]
    const KNOWN: &'static [(&'static str, Self)];

    /// The variant of all other values.
    #[doc(hidden)]
    const OTHER: fn(OtherValue) -> Self;

    /// The value as the API spells it.
    #[doc(hidden)]
    fn text(&self) -> &str;
}

/// The value for a text.
pub(super) fn from_text<T: OpenEnum>(text: &str) -> T {
    let known = T::KNOWN.iter().find(|(known, _)| *known == text);
    match known {
        Some((_, value)) => value.clone(),
        None => T::OTHER(OtherValue(text.into())),
    }
}

/// The texts of the known values.
pub(super) const fn texts<T, const N: usize>(known: &[(&'static str, T)]) -> [&'static str; N] {
    let mut texts = [""; N];
    let mut index = 0;
    while index < N {
        texts[index] = known[index].0;
        index += 1;
    }
    texts
}

/// The methods and conversions that every open enum has.
macro_rules! open_enums {
    ($($name:ident)*) => {$(
        impl $name {
            /// The known values, as the API spells them.
            pub const VALUES: &'static [&'static str] =
                &texts::<Self, { Self::KNOWN.len() }>(Self::KNOWN);

            /// The value as the API spells it.
            pub fn as_str(&self) -> &str {
                self.text()
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                from_text(text)
            }
        }

        from_owned_text!($name);

        impl From<&$name> for $name {
            fn from(value: &$name) -> Self {
                value.clone()
            }
        }

        /// Never fails: unknown text is `Other`.
        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(Self::from(text))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text(deserializer)
            }
        }
    )*};
}

pub(super) use open_enums;

impl<T: OpenEnum> Scalar for T {
    const EXPECTED: &'static str = "text";
    const IS_TEXT: bool = true;

    fn from_text(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }
}

impl<T: OpenEnum> From<T> for OrParam<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}
