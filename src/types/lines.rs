//! Where a request's values were in the file that it was read from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The places of values that have a problem, by path. They are ignored when requests are compared.
#[derive(Clone, Default)]
pub(crate) struct Lines(Option<Arc<BTreeMap<String, Place>>>);

/// What is known of a place.
pub(crate) struct Place {
    pub(crate) file: Option<PathBuf>,
    pub(crate) line: Option<usize>,
    pub(crate) column: Option<usize>,
}

impl Lines {
    pub(crate) fn new(places: BTreeMap<String, Place>) -> Self {
        Self((!places.is_empty()).then(|| Arc::new(places)))
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Place> {
        self.0.as_ref()?.get(path)
    }
}

impl PartialEq for Lines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}
