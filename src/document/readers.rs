//! The methods that read requests from files and text.

use std::path::Path;

use super::read;
use super::source::{Origin, Source, read_text};
use crate::error::Result;
use crate::types::{
    CreateDeployment, CreateDeploymentRevision, CreateSpec, CreateSpecRelease, Parameters,
    UpdateDeploymentMetadata, UpdateSpecMetadata,
};

/// Adds the three readers to a request type.
macro_rules! readers {
    ($($name:ident),*) => {$(
        impl $name {
            /// Reads the request from a YAML file in the official command-line client's format.
            ///
            /// Text fields take an unquoted scalar as written: `1.10` stays `1.10`. The module
            /// [`files`](crate::files) lists what other YAML scalars become. At the top level,
            /// `$schema` is ignored, and so are keys that start with `x-`, except in parameters.
            /// The official client's templates (`{{ … }}`, `{% … %}`) are refused. A key that
            /// this release does not know is kept in `extra` and logged as a warning, except in
            /// parameters, where any name is allowed.
            ///
            /// # Errors
            ///
            /// [`Error::FileNotFound`](crate::Error::FileNotFound) and [`Error::File`](crate::Error::File) if the file cannot be read.
            /// [`Error::InvalidYaml`](crate::Error::InvalidYaml) if its content is not valid; the error holds the file, the
            /// path within it, what was expected and found, and the line. A document larger than
            /// 4 MiB is refused.
            pub fn from_yaml_file(path: impl AsRef<Path>) -> Result<Self> {
                let path = path.as_ref();
                let text = read_text(path)?;
                read(Source::yaml(&text, Origin::File(path)))
            }

            #[doc = concat!(
                "Reads the request from YAML text: see [`from_yaml_file`](",
                stringify!($name), "::from_yaml_file)."
            )]
            ///
            /// # Errors
            ///
            /// [`Error::InvalidYaml`](crate::Error::InvalidYaml), as for a file.
            pub fn from_yaml_str(text: &str) -> Result<Self> {
                read(Source::yaml(text, Origin::Text))
            }

            #[doc = concat!(
                "Reads the request from JSON text of the same structure as a YAML file: see \
                 [`from_yaml_file`](", stringify!($name), "::from_yaml_file)."
            )]
            ///
            /// # Errors
            ///
            /// [`Error::InvalidJson`](crate::Error::InvalidJson).
            pub fn from_json_str(text: &str) -> Result<Self> {
                read(Source::json(text))
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
