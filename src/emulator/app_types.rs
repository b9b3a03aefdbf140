//! The requests on apps, as far as the emulator reads them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::types::{DeploymentMetadata, DeploymentParameters, ReleaseVersion, SpecMetadata};

/// The kinds of specs and deployments.
pub(super) const KINDS: &[&str] = &["app", "workflow", "service"];

#[derive(Deserialize)]
pub(super) struct AppSpecBody {
    pub(super) version: Value,
    pub(super) kind: String,
    pub(super) metadata: SpecMetadata,
    pub(super) config: Vec<AppBlock>,
}

#[derive(Deserialize)]
pub(super) struct AppReleaseBody {
    pub(super) config: Vec<AppBlock>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct AppBlock {
    pub(super) id: String,
    pub(super) release: ReleaseVersion,
    pub(super) auto_run_on_deploy: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateAppDeployment {
    pub(super) metadata: DeploymentMetadata,
    pub(super) spec: AppSpecReference,
    pub(super) app_parameters: Option<DeploymentParameters>,
    pub(super) parameters: Option<BTreeMap<String, DeploymentParameters>>,
}

#[derive(Deserialize)]
pub(super) struct AppSpecReference {
    pub(super) id: String,
    pub(super) release: Option<ReleaseVersion>,
    pub(super) includes: Option<Vec<BlockChoice>>,
    pub(super) excludes: Option<Vec<BlockChoice>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateAppDeploymentRevision {
    pub(super) release: Option<ReleaseVersion>,
    pub(super) app_parameters: Option<DeploymentParameters>,
    pub(super) parameters: Option<BTreeMap<String, DeploymentParameters>>,
    pub(super) blocks_config: Option<BlocksConfig>,
}

#[derive(Deserialize)]
pub(super) struct BlocksConfig {
    pub(super) includes: Option<Vec<BlockChoice>>,
    pub(super) excludes: Option<Vec<BlockChoice>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockChoice {
    pub(super) id: String,
    pub(super) release_version: Option<String>,
}
