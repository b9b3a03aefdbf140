//! What open enums share: they are scalars, so a parameter may take their place in a config.

use std::fmt::Display;

use super::scalar::{OrParam, Scalar};

/// A generated enum of text values, of which any other text is the variant `Other`.
pub(crate) trait OpenEnum: for<'a> From<&'a str> + Display {
    /// The known values.
    #[doc(hidden)]
    const KNOWN: &'static [&'static str];
}

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

impl<T: OpenEnum> From<&str> for OrParam<T> {
    fn from(value: &str) -> Self {
        Self::from_text(value)
    }
}
