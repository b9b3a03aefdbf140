//! Requests of a running block about its own deployment.

use std::path::PathBuf;

/// A request with optional fields only, each with a setter.
macro_rules! lookup {
    ($(#[$doc:meta])* $name:ident { $(#[$file_doc:meta])* $file:ident }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            /// The id of the deployment. The environment variable `PRESS_DEPLOYMENT_ID` takes precedence.
            pub deployment_id: Option<String>,
            $(#[$file_doc])*
            pub $file: Option<PathBuf>,
        }

        impl $name {
            /// Creates one with no fields set.
            pub fn new() -> Self {
                Self::default()
            }

            /// The id of the deployment. The environment variable `PRESS_DEPLOYMENT_ID` takes
            /// precedence.
            #[must_use]
            pub fn deployment_id(mut self, value: impl Into<String>) -> Self {
                self.deployment_id = Some(value.into());
                self
            }

            $(#[$file_doc])*
            #[must_use]
            pub fn $file(mut self, value: impl Into<PathBuf>) -> Self {
                self.$file = Some(value.into());
                self
            }
        }
    };
}

lookup! {
    /// The deployment whose run parameters to get, for
    /// [`get_parameters`](crate::blocks::Client::get_parameters).
    GetParameters {
        /// A YAML file of parameter names and values to read when no deployment id is set.
        fallback_params_file
    }
}

lookup! {
    /// The deployment whose related blocks to get, for
    /// [`get_related_block_details`](crate::blocks::Client::get_related_block_details).
    GetRelatedBlockDetails {
        /// A YAML file with a list of blocks to read when no deployment id is set.
        fallback_details_file
    }
}
