//! Conversions of text into types that are made from `&str`.

/// `From` for every other kind of text, for a type with `From<&str>`.
macro_rules! from_owned_text {
    ($name:ty) => {
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<Cow<'_, str>> for $name {
            fn from(text: Cow<'_, str>) -> Self {
                Self::from(text.as_ref())
            }
        }
    };
}

/// `From` text for the structs whose only required field is text.
macro_rules! text_structs {
    ($($name:ident)*) => {$(
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        from_owned_text!($name);
    )*};
}

pub(super) use {from_owned_text, text_structs};
