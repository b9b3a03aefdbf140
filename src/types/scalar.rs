//! Scalars in documents: plain ones, and those that a parameter reference may replace.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

use super::OpenEnum;

/// The prefix of a parameter reference.
const PREFIX: &str = "@param:";

/// A reference to a parameter: `@param:<name>` in place of a scalar of a spec's config.
///
/// The platform puts the parameter's value in its place when the block is deployed. Parameters are
/// declared in [`SpecParameters`](crate::types::SpecParameters).
///
/// ```
/// use peak_press::types::ParamRef;
///
/// let timeout = ParamRef::new("timeout");
/// assert_eq!(timeout.name(), "timeout");
/// assert_eq!(timeout.to_string(), "@param:timeout");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamRef(String);

impl ParamRef {
    /// A reference to the parameter of this name, with or without `@param:` in front.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::parse(&name).unwrap_or(Self(name))
    }

    /// The parameter's name.
    pub fn name(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix(PREFIX).filter(|name| !name.is_empty())?;
        Some(Self(name.to_owned()))
    }
}

impl fmt::Display for ParamRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl Serialize for ParamRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ParamRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::invalid_value(Unexpected::Str(&text), &"\"@param:<name>\"");
        Self::parse(&text).ok_or_else(wrong)
    }
}

/// A scalar of a spec's config, or a parameter in its place.
///
/// Setters take either: a value of the scalar's type, or a [`ParamRef`]. Text that starts with
/// `@param:` is a reference wherever it comes from.
///
/// ```
/// use peak_press::types::{OrParam, ParamRef, StandardStep};
///
/// let step = StandardStep::new("run").step_timeout(30);
/// assert_eq!(step.step_timeout, Some(OrParam::from(30)));
/// let step = StandardStep::new("run").step_timeout(ParamRef::new("timeout"));
/// assert_eq!(step.step_timeout.unwrap().param().unwrap().name(), "timeout");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrParam<T> {
    /// The scalar itself.
    Value(T),
    /// The parameter whose value to take.
    Param(ParamRef),
}

impl<T> OrParam<T> {
    /// The scalar, where it is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Param(_) => None,
        }
    }

    /// The reference, where it is one.
    pub fn param(&self) -> Option<&ParamRef> {
        match self {
            Self::Value(_) => None,
            Self::Param(param) => Some(param),
        }
    }
}

impl<T> From<ParamRef> for OrParam<T> {
    fn from(param: ParamRef) -> Self {
        Self::Param(param)
    }
}

/// `From` for the types that convert into a scalar.
macro_rules! or_param_from {
    ($($scalar:ty: $($from:ty),*;)*) => {$($(
        impl From<$from> for OrParam<$scalar> {
            fn from(value: $from) -> Self {
                Self::Value(value.into())
            }
        }
    )*)*};
}

or_param_from! {
    bool: bool;
    Number: Number, i8, i16, i32, i64, u8, u16, u32, u64, isize, usize;
}

impl<T: Scalar + for<'a> From<&'a str>> From<&str> for OrParam<T> {
    fn from(text: &str) -> Self {
        Self::from_text(text)
    }
}

impl<T: Scalar + for<'a> From<&'a str>> From<String> for OrParam<T> {
    fn from(text: String) -> Self {
        Self::from_text(&text)
    }
}

impl<T: Scalar + for<'a> From<&'a str>> From<&String> for OrParam<T> {
    fn from(text: &String) -> Self {
        Self::from_text(text)
    }
}

impl<T: Scalar + for<'a> From<&'a str>> From<Cow<'_, str>> for OrParam<T> {
    fn from(text: Cow<'_, str>) -> Self {
        Self::from_text(&text)
    }
}

impl<T: for<'a> From<&'a str>> OrParam<T> {
    /// The text, or the parameter that it names.
    pub(crate) fn from_text(text: &str) -> Self {
        ParamRef::parse(text).map_or_else(|| Self::Value(T::from(text)), Self::Param)
    }
}

impl<T: Serialize> Serialize for OrParam<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Param(param) => param.serialize(serializer),
        }
    }
}

impl<'de, T: Scalar> Deserialize<'de> for OrParam<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = OrParamVisitor(PhantomData);
        match T::IS_TEXT {
            true => deserializer.deserialize_str(visitor),
            false => deserializer.deserialize_any(visitor),
        }
    }
}

mod sealed {
    /// Implemented by every type that is a [`Scalar`](super::Scalar).
    pub trait Sealed {}

    impl Sealed for String {}
    impl Sealed for bool {}
    impl Sealed for serde_json::Number {}
    impl<T: super::OpenEnum> Sealed for T {}
}

/// What an [`OrParam`] can hold: text, numbers, booleans and open enums. No other type can implement
/// it.
///
/// ```compile_fail
/// struct Mine;
///
/// impl peak_press::types::Scalar for Mine {
///     const EXPECTED: &'static str = "mine";
/// }
/// ```
pub trait Scalar: self::sealed::Sealed + Sized {
    /// What was expected, for errors.
    #[doc(hidden)]
    const EXPECTED: &'static str;
    /// Whether any scalar of a document is accepted, as it is written.
    #[doc(hidden)]
    const IS_TEXT: bool = false;

    #[doc(hidden)]
    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    #[doc(hidden)]
    fn from_number(_: Number) -> Option<Self> {
        None
    }

    #[doc(hidden)]
    fn from_text(_: &str) -> Option<Self> {
        None
    }
}

impl Scalar for String {
    const EXPECTED: &'static str = "text";
    const IS_TEXT: bool = true;

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Scalar for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }

    /// Accepts the spellings of YAML 1.1, which users of the official client know.
    fn from_text(text: &str) -> Option<Self> {
        match text {
            "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
            "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
            _ => None,
        }
    }
}

impl Scalar for Number {
    const EXPECTED: &'static str = "a number";

    fn from_number(number: Number) -> Option<Self> {
        Some(number)
    }

    /// Accepts `1_000`, which YAML 1.1 reads as a number.
    fn from_text(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let grouped = digits.starts_with(|c: char| matches!(c, '1'..='9'))
            && digits.contains('_')
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'_');
        let number = grouped.then(|| text.replace('_', "").parse::<i64>())?;
        number.ok().map(Number::from)
    }
}

struct OrParamVisitor<T>(PhantomData<T>);

impl<T: Scalar> OrParamVisitor<T> {
    fn value<E: Error>(self, value: Option<T>, found: Unexpected<'_>) -> Result<OrParam<T>, E> {
        value
            .map(OrParam::Value)
            .ok_or_else(|| E::invalid_type(found, &self))
    }
}

impl<'de, T: Scalar> Visitor<'de> for OrParamVisitor<T> {
    type Value = OrParam<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} or \"{PREFIX}<name>\"", T::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        self.value(T::from_bool(value), Unexpected::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.value(T::from_number(value.into()), Unexpected::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.value(T::from_number(value.into()), Unexpected::Signed(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        let number = Number::from_f64(value).and_then(T::from_number);
        self.value(number, Unexpected::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match ParamRef::parse(text) {
            Some(param) => Ok(OrParam::Param(param)),
            None => self.value(T::from_text(text), Unexpected::Str(text)),
        }
    }

    /// Reads fractions and large integers if `serde_json/arbitrary_precision` is on: with it they are
    /// maps that only a [`Number`] can read.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let number = Number::deserialize(MapAccessDeserializer::new(map));
        self.value(number.ok().and_then(T::from_number), Unexpected::Map)
    }
}

/// Reads a type that can be made from any text. A YAML null is not text, although a plain string
/// deserializer would read it as `~` or `null`.
pub(crate) fn text<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: for<'a> From<&'a str>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_str(TextVisitor(PhantomData))
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: for<'a> From<&'a str>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::from(text))
    }
}

/// A boolean, not a parameter reference, in the spellings that [`OrParam`] takes.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    deserializer.deserialize_any(FlagVisitor)
}

/// A [`flag`] that may be absent or `null`.
pub(crate) fn optional_flag<'de, D>(deserializer: D) -> Result<Option<bool>, D::Error>
where
    D: Deserializer<'de>,
{
    struct Flag(bool);

    impl<'de> Deserialize<'de> for Flag {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            flag(deserializer).map(Self)
        }
    }

    Ok(Option::<Flag>::deserialize(deserializer)?.map(|flag| flag.0))
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(bool::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        Ok(value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        bool::from_text(text).ok_or_else(|| E::invalid_type(Unexpected::Str(text), &self))
    }
}
