//! Finds the keys of a request that this release does not know: those kept in `extra`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::Artifact;
use crate::types::*;

/// A part of a request that may hold unknown keys, at any depth.
///
/// `build.rs` implements it for the structs and unions that a request file may hold.
pub(crate) trait FindUnknown {
    /// Reports what is unknown here and below. `at` is this part's own path.
    fn find_unknown(&self, at: &str, found: &mut Unknown);
}

/// What [`FindUnknown`] found.
#[derive(Default)]
pub(crate) struct Unknown {
    /// The paths of the unknown keys.
    pub(super) keys: Vec<String>,
}

impl Unknown {
    /// Reports the keys of a struct's `extra`, less those known otherwise, such as a union's tag.
    pub(crate) fn keys(&mut self, at: &str, extra: &Map<String, Value>, known: &[&str]) {
        let unknown = extra.keys().filter(|key| !known.contains(&key.as_str()));
        self.keys.extend(unknown.map(|key| join(at, key)));
    }
}

/// The path of a key below another path, as errors write it.
pub(crate) fn join(at: &str, key: &str) -> String {
    if at.is_empty() {
        return key.to_owned();
    }
    format!("{at}.{key}")
}

impl<T: FindUnknown> FindUnknown for Option<T> {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        if let Some(value) = self {
            value.find_unknown(at, found);
        }
    }
}

impl<T: FindUnknown> FindUnknown for Vec<T> {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        for (index, value) in self.iter().enumerate() {
            value.find_unknown(&format!("{at}[{index}]"), found);
        }
    }
}

/// The keys of a map are names of the user's own.
impl<T: FindUnknown> FindUnknown for BTreeMap<String, T> {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        for (name, value) in self {
            value.find_unknown(&join(at, name), found);
        }
    }
}

impl FindUnknown for Artifact {
    fn find_unknown(&self, at: &str, found: &mut Unknown) {
        found.keys(at, self.extra(), &[]);
    }
}

impl FindUnknown for Parameters {
    fn find_unknown(&self, _: &str, _: &mut Unknown) {}
}

include!(concat!(env!("OUT_DIR"), "/unknown.rs"));
