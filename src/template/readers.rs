//! The methods that read requests from templates.

use std::path::Path;

use super::{Vars, read_template};
use crate::error::Result;
use crate::types::{
    CreateDeployment, CreateDeploymentRevision, CreateSpec, CreateSpecRelease, Parameters,
    UpdateDeploymentMetadata, UpdateSpecMetadata,
};

macro_rules! readers {
    ($($name:ident),*) => {$(
        impl $name {
            #[doc = concat!(
                "Renders a [template](crate::template) and reads the request from the result, as \
                 [`from_yaml_file`](", stringify!($name), "::from_yaml_file) reads a file. Needs \
                 the feature `templates`."
            )]
            ///
            /// # Errors
            ///
            /// As [`render_template_file`](crate::template::render_template_file), and
            /// [`Error::InvalidYaml`](crate::Error::InvalidYaml) if the rendered text is not
            /// valid; its file and line are the template's own, where they can be told.
            pub fn from_template_file(path: impl AsRef<Path>, vars: &Vars) -> Result<Self> {
                read_template(path.as_ref(), vars)
            }
        }
    )*};
}

readers!(
    CreateSpec,
    CreateSpecRelease,
    UpdateSpecMetadata,
    CreateDeployment,
    UpdateDeploymentMetadata,
    CreateDeploymentRevision,
    Parameters
);
