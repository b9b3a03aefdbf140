//! Which keys of a request this release does not know: those that its structs keep in `extra`.

use std::collections::BTreeMap;

use super::{
    CreateDeployment, CreateDeploymentRevision, CreateSpec, CreateSpecRelease, Parameters,
    UpdateDeploymentMetadata, UpdateSpecMetadata,
};
use crate::Artifact;

/// What may hold keys that this release does not know, at any depth.
pub(super) trait Unknown {
    /// Adds their paths to those found. `at` is its own path.
    fn find(&self, at: &str, found: &mut Vec<String>);
}

/// The path of a key below another, in the form that errors have.
pub(super) fn join(at: &str, key: &str) -> String {
    match at {
        "" => key.to_owned(),
        at => format!("{at}.{key}"),
    }
}

impl<T: Unknown> Unknown for Option<T> {
    fn find(&self, at: &str, found: &mut Vec<String>) {
        if let Some(value) = self {
            value.find(at, found);
        }
    }
}

impl<T: Unknown> Unknown for Vec<T> {
    fn find(&self, at: &str, found: &mut Vec<String>) {
        for (index, value) in self.iter().enumerate() {
            value.find(&format!("{at}[{index}]"), found);
        }
    }
}

/// A map's keys are names of the user's own.
impl<T: Unknown> Unknown for BTreeMap<String, T> {
    fn find(&self, at: &str, found: &mut Vec<String>) {
        for (name, value) in self {
            value.find(&join(at, name), found);
        }
    }
}

impl Unknown for Artifact {
    fn find(&self, at: &str, found: &mut Vec<String>) {
        found.extend(self.extra().keys().map(|key| join(at, key)));
    }
}

impl Unknown for Parameters {
    fn find(&self, _: &str, _: &mut Vec<String>) {}
}

/// What `build.rs` says of each struct that a request file may hold: which of its fields hold
/// structs, with their properties; and of each union, which variants and which tag it has.
macro_rules! unknown_keys {
    (
        $(struct $name:ident { $($field:ident $property:literal)* })*
        $(enum $union:ident $($tag:literal)? { $($variant:ident)* })*
    ) => {
        $(impl $crate::types::unknown::Unknown for $name {
            fn find(&self, at: &str, found: &mut Vec<String>) {
                use $crate::types::unknown::join;
                found.extend(self.extra.keys().map(|key| join(at, key)));
                $(self.$field.find(&join(at, $property), found);)*
            }
        })*
        $(impl $crate::types::unknown::Unknown for $union {
            fn find(&self, at: &str, found: &mut Vec<String>) {
                let mut below = Vec::new();
                match self {
                    $(Self::$variant(value) => value.find(at, &mut below),)*
                    // Of a kind that is not known, no key is known or unknown.
                    Self::Other(_) => {}
                }
                // A tag that may be left out, and was not, is in `extra`.
                $(let tag = $crate::types::unknown::join(at, $tag);
                below.retain(|path| *path != tag);)?
                found.append(&mut below);
            }
        })*
    };
}

/// Gives a request type the method that lists its unknown keys.
macro_rules! lists_unknown_keys {
    ($($name:ident),*) => {$(
        impl $name {
            /// The keys that this release does not know, as paths: `body.config.step`.
            ///
            /// They are kept in `extra` and sent as they are, for the service may know more than
            /// this release does. But a misspelt key looks just like one of them: so a program
            /// that reads a file had better show them. Reading a file or a text logs a warning for
            /// each, which names the file, too.
            ///
            /// A path is in the form that errors have, and starts at this struct: a `body` that is
            /// around all of the file is not in it. What is below an unknown key is not listed,
            /// and neither is anything of a step whose `type` is not known. Names of your own,
            /// such as those of steps and parameters, are never unknown. The keys of an artifact
            /// are listed, too, though it alone has no place in a request for those that are not
            /// known: they are not sent.
            ///
            /// ```
            #[doc = concat!("use peak_press::types::", stringify!($name), ";")]
            ///
            #[doc = concat!("fn warn(file: &str, request: &", stringify!($name), ") {")]
            ///     for key in request.unknown_keys() {
            ///         eprintln!("warning: {file}: {key}: not known, perhaps misspelt");
            ///     }
            /// }
            /// ```
            pub fn unknown_keys(&self) -> Vec<String> {
                let mut found = Vec::new();
                self.find("", &mut found);
                found
            }
        }
    )*};
}

lists_unknown_keys!(
    CreateSpec,
    CreateSpecRelease,
    UpdateSpecMetadata,
    CreateDeployment,
    UpdateDeploymentMetadata,
    CreateDeploymentRevision
);
