//! Finds unknown keys and values of a request.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::problem::{Problems, expected_one_of};
use super::rule::{KNOWN_KEY, KNOWN_VALUE};
use crate::Artifact;
use crate::types::*;

/// A part of a request that may contain unknown keys or values, at any depth.
///
/// `build.rs` implements it for the structs and unions that a request file can contain.
pub(crate) trait FindUnknown {
    /// Reports unknown keys and values at any depth. `at` is the path of this part.
    fn find_unknown(&self, at: &str, found: &mut Unknown);
}

/// What [`FindUnknown`] found.
#[derive(Default)]
pub(crate) struct Unknown {
    /// The paths of the unknown keys.
    pub(super) keys: Vec<String>,
    /// The unknown keys and values.
    pub(super) problems: Problems,
}

impl Unknown {
    /// Reports the keys of a struct's `extra`, except known ones, such as a union's tag. The known keys
    /// are space-separated.
    pub(crate) fn keys(&mut self, at: &str, extra: &Map<String, Value>, known: &str) {
        let message = "not known to this release; it is sent as it is";
        self.report(at, extra, known, message);
    }

    fn report(&mut self, at: &str, extra: &Map<String, Value>, known: &str, message: &str) {
        let known = || known.split(' ');
        for key in extra
            .keys()
            .filter(|key| !known().any(|known| known == *key))
        {
            let path = join(at, key);
            self.keys.push(path.clone());
            self.problems
                .unknown(KNOWN_KEY, path, message, key, known());
        }
    }

    /// Reports an unknown value of a union's tag.
    pub(crate) fn tag(&mut self, at: &str, value: &Value, tag: &str, known: &[&str]) {
        let found = value.get(tag).and_then(Value::as_str).unwrap_or_default();
        self.value(join(at, tag), found, known);
    }

    fn value(&mut self, path: impl Into<String>, found: &str, known: &[&str]) {
        let message = expected_one_of(known, found);
        self.problems
            .unknown(KNOWN_VALUE, path, message, found, known.iter().copied());
    }
}

/// Appends a key to a path.
pub(crate) fn join(at: &str, key: &str) -> String {
    let key = segment(key);
    if at.is_empty() {
        return key.into_owned();
    }
    format!("{at}.{key}")
}

/// A key as a path segment, quoted if it would be invisible otherwise.
pub(super) fn segment(key: &str) -> Cow<'_, str> {
    match key.trim().is_empty() {
        true => Cow::Owned(format!("{key:?}")),
        false => Cow::Borrowed(key),
    }
}

impl<T: FindUnknown> FindUnknown for Option<T> {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        if let Some(value) = self {
            value.find_unknown(at, found);
        }
    }
}

/// The same for an optional field that is boxed.
pub(crate) fn in_box<T: FindUnknown>(value: &Option<Box<T>>, at: &str, found: &mut Unknown) {
    if let Some(value) = value {
        value.find_unknown(at, found);
    }
}

impl<T: FindUnknown> FindUnknown for Vec<T> {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        for (index, value) in self.iter().enumerate() {
            value.find_unknown(&format!("{at}[{index}]"), found);
        }
    }
}

/// The keys of a map are names that the user chooses.
impl<T: FindUnknown> FindUnknown for BTreeMap<String, T> {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        for (name, value) in self {
            value.find_unknown(&join(at, name), found);
        }
    }
}

impl FindUnknown for Artifact {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        let message = "not known to this release; it is not sent";
        found.report(at, self.extra(), "path ignore_files", message);
    }
}

impl<T: OpenEnum> FindUnknown for T {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        let (text, known) = (self.text(), T::KNOWN.iter().map(|(known, _)| *known));
        if !known.clone().any(|known| known == text) {
            found.value(at, text, &known.collect::<Vec<_>>());
        }
    }
}

impl<T: FindUnknown> FindUnknown for OrParam<T> {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        if let Self::Value(value) = self {
            value.find_unknown(at, found);
        }
    }
}

impl FindUnknown for Parameters {
    fn find_unknown(&self, _: &str, _: &mut Unknown) {}
}

include!(concat!(env!("OUT_DIR"), "/unknown.rs"));
