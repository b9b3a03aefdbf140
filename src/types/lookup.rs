//! The requests for run parameters and related blocks.

use std::path::PathBuf;

/// Which deployment's parameters to get: see
/// [`get_parameters`](crate::blocks::Client::get_parameters).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct GetParameters {
    /// The deployment. The environment variable `PRESS_DEPLOYMENT_ID` takes precedence.
    pub deployment_id: Option<String>,
    /// A YAML file of names and values, read if no deployment is given.
    pub fallback_params_file: Option<PathBuf>,
}

impl GetParameters {
    /// Creates a request without any field set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`deployment_id`](Self#structfield.deployment_id).
    pub fn deployment_id(mut self, value: impl Into<String>) -> Self {
        self.deployment_id = Some(value.into());
        self
    }

    /// Sets [`fallback_params_file`](Self#structfield.fallback_params_file).
    pub fn fallback_params_file(mut self, value: impl Into<PathBuf>) -> Self {
        self.fallback_params_file = Some(value.into());
        self
    }
}

/// Which deployment's related blocks to get: see
/// [`get_related_block_details`](crate::blocks::Client::get_related_block_details).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct GetRelatedBlockDetails {
    /// The deployment. The environment variable `PRESS_DEPLOYMENT_ID` takes precedence.
    pub deployment_id: Option<String>,
    /// A YAML file with a list of blocks, read if no deployment is given.
    pub fallback_details_file: Option<PathBuf>,
}

impl GetRelatedBlockDetails {
    /// Creates a request without any field set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`deployment_id`](Self#structfield.deployment_id).
    pub fn deployment_id(mut self, value: impl Into<String>) -> Self {
        self.deployment_id = Some(value.into());
        self
    }

    /// Sets [`fallback_details_file`](Self#structfield.fallback_details_file).
    pub fn fallback_details_file(mut self, value: impl Into<PathBuf>) -> Self {
        self.fallback_details_file = Some(value.into());
        self
    }
}
