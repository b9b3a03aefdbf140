//! The requests that a running block sends about itself.

use std::path::PathBuf;

/// A request whose fields are all optional, with a setter for each.
macro_rules! lookup {
    ($(#[$doc:meta])* $name:ident { $(#[$file_doc:meta])* $file:ident }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            /// The deployment. The environment variable `PRESS_DEPLOYMENT_ID` takes precedence.
            pub deployment_id: Option<String>,
            $(#[$file_doc])*
            pub $file: Option<PathBuf>,
        }

        impl $name {
            /// Creates a request without any field set.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets [`deployment_id`](Self#structfield.deployment_id).
            #[must_use]
            pub fn deployment_id(mut self, value: impl Into<String>) -> Self {
                self.deployment_id = Some(value.into());
                self
            }

            #[doc = concat!("Sets [`", stringify!($file), "`](Self#structfield.", stringify!($file), ").")]
            #[must_use]
            pub fn $file(mut self, value: impl Into<PathBuf>) -> Self {
                self.$file = Some(value.into());
                self
            }
        }
    };
}

lookup! {
    /// Which deployment's parameters to get: see
    /// [`get_parameters`](crate::blocks::Client::get_parameters).
    GetParameters {
        /// A YAML file of names and values, read if no deployment is given.
        fallback_params_file
    }
}

lookup! {
    /// Which deployment's related blocks to get: see
    /// [`get_related_block_details`](crate::blocks::Client::get_related_block_details).
    GetRelatedBlockDetails {
        /// A YAML file with a list of blocks, read if no deployment is given.
        fallback_details_file
    }
}
