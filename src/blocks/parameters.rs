//! The calls for run parameters and related blocks, which a running block makes.

use crate::calls;
use crate::calls::blocks::*;
use crate::document::read_yaml_file;
use crate::error::Result;
use crate::types::*;

use super::Client;
use super::deployment_id::DeploymentOrFile;

/// Run parameters and related blocks, for a running block.
impl Client {
    /// Reads the parameters that a deployment runs with:
    /// `GET /v1/deployments/{deployment_id}/parameters/run`.
    ///
    /// The parameters come from the first of these that is set, as in the official client:
    ///
    /// 1. the deployment in the environment variable `PRESS_DEPLOYMENT_ID`, which the platform sets
    ///    inside a running block;
    /// 2. the deployment in the request's `deployment_id`;
    /// 3. the request's `fallback_params_file`, a YAML file of names and values. Nothing is sent.
    ///
    /// So the same line works inside a block and, with neither token nor network, on a developer's
    /// machine.
    ///
    /// ```no_run
    /// use peak_press::{blocks, types::GetParameters};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Run {
    ///     horizon: u32,
    /// }
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let client = blocks::Client::from_env()?;
    /// let request = GetParameters::new().fallback_params_file("params.yaml");
    /// let run: Run = client.get_parameters(&request)?.deserialize()?;
    /// # let _ = run.horizon;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) if none of the three is set.
    /// [`Error::FileNotFound`](crate::Error::FileNotFound), [`Error::File`](crate::Error::File) and
    /// [`Error::InvalidYaml`](crate::Error::InvalidYaml) for the file.
    #[doc(alias = "/v1/deployments/{deployment_id}/parameters/run")]
    pub fn get_parameters(&self, request: &GetParameters) -> Result<Parameters> {
        match DeploymentOrFile::for_parameters(request)? {
            DeploymentOrFile::Deployment(id) => self.session.get(&GET_PARAMETERS, &[&id]),
            DeploymentOrFile::File(path) => Ok(read_yaml_file::<Parameters>(path)?.read_from(path)),
        }
    }

    /// Changes some of the parameters that a deployment runs with:
    /// `PATCH /v1/deployments/{deployment_id}/parameters/run`. The others stay as they are.
    ///
    /// Returns the service's response, which is empty if the service sends nothing.
    #[doc(alias = "/v1/deployments/{deployment_id}/parameters/run")]
    pub fn patch_parameters(
        &self,
        deployment_id: &str,
        parameters: &Parameters,
    ) -> Result<Parameters> {
        self.session
            .send(&PATCH_PARAMETERS, &[deployment_id], parameters)
    }

    /// Lists the blocks of the app that a deployment belongs to, itself included:
    /// `GET /v1/blocks/deployments/{deployment_id}` and, if the deployment has a parent,
    /// `GET /v1/apps/deployments/{deployment_id}` for the parent. Without a parent the list is
    /// empty.
    ///
    /// The deployment is chosen as in [`get_parameters`](Client::get_parameters); the fallback file
    /// is a YAML list of blocks.
    ///
    /// # Errors
    ///
    /// Those of [`get_parameters`](Client::get_parameters).
    pub fn get_related_block_details(
        &self,
        request: &GetRelatedBlockDetails,
    ) -> Result<Vec<RelatedBlock>> {
        let id = match DeploymentOrFile::for_related_blocks(request)? {
            DeploymentOrFile::Deployment(id) => id,
            DeploymentOrFile::File(path) => return read_yaml_file(path),
        };
        let parent = self.describe_deployment(&id)?.parent;
        let Some(parent_id) = parent.and_then(|parent| parent.id) else {
            return Ok(Vec::new());
        };
        let app = &calls::apps::DESCRIBE_DEPLOYMENT;
        let app: App = self.session.get(app, &[&parent_id])?;
        let blocks = app.latest_revision.and_then(|revision| revision.blocks);
        Ok(blocks.unwrap_or_default())
    }
}

/// The part of an app's deployment that [`Client::get_related_block_details`] needs: its blocks. The
/// rest of the response may be missing.
#[derive(serde::Deserialize)]
struct App {
    #[serde(rename = "latestRevision")]
    latest_revision: Option<AppRevision>,
}
