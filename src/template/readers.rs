//! The methods that read requests from templates.

use std::path::Path;

use super::{Vars, read_template};
use crate::error::Result;
use crate::types::*;

macro_rules! readers {
    ($($name:ident),*) => {$(
        impl $name {
            #[doc = concat!(
                "Renders a [template](crate::template) and reads the request from the text, as \
                 [`from_yaml_file`](", stringify!($name), "::from_yaml_file) reads a file. Needs \
                 the feature `templates`."
            )]
            ///
            /// # Errors
            ///
            /// The errors of [`render_template_file`](crate::template::render_template_file), and
            /// [`Error::InvalidYaml`](crate::Error::InvalidYaml) if the rendered text is not
            /// valid: the file and line are those of the template that the text came from, where
            /// they can be told.
            pub fn from_template_file(path: impl AsRef<Path>, vars: &Vars) -> Result<Self> {
                read_template(path.as_ref(), vars)
            }
        }
    )*};
}

// Every type of `schemas/` that is read from files.
include!(concat!(env!("OUT_DIR"), "/templates.rs"));
