//! The calls of deployments and their revisions.

use std::fmt::Display;

use crate::calls::blocks::*;
use crate::error::Result;
use crate::page::Page;
use crate::pages::Items;
use crate::types::*;

use super::Client;

/// Deployments of releases, and their revisions.
impl Client {
    /// Deploys a release of a spec, the latest one unless the request names a version:
    /// `POST /v1/blocks/deployments/`.
    ///
    /// The response comes at once, while the deployment is still in progress: see
    /// [`wait_for_deployment`](Client::wait_for_deployment).
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`](crate::Error::Conflict) if the name is taken.
    #[doc(alias = "/v1/blocks/deployments/")]
    pub fn create_deployment(&self, request: &CreateDeployment) -> Result<CreatedDeployment> {
        self.session.send(&CREATE_DEPLOYMENT, &[], request)
    }

    /// Lists deployments: `GET /v1/blocks/deployments/`.
    #[doc(alias = "/v1/blocks/deployments/")]
    pub fn list_deployments(&self, query: &ListDeployments) -> Items<Deployment> {
        self.session.list(&LIST_DEPLOYMENTS, &[], query)
    }

    /// Gets one page of [`list_deployments`](Client::list_deployments).
    pub fn list_deployments_page(
        &self,
        query: &ListDeployments,
        page_number: u64,
    ) -> Result<Page<Deployment>> {
        self.session
            .page(&LIST_DEPLOYMENTS, &[], query, page_number)
    }

    /// Finds the first deployment of this name with
    /// [`list_deployments`](Client::list_deployments), or `None`.
    ///
    /// The service's `name` filter matches the beginning of a name; this method compares the whole
    /// name, and lists as many pages as it takes.
    pub fn find_deployment(&self, name: &str) -> Result<Option<Deployment>> {
        self.list_deployments(&ListDeployments::new().name(name))
            .find_item(|deployment| deployment.name() == Some(name))
    }

    /// Describes a deployment and its latest revision:
    /// `GET /v1/blocks/deployments/{deployment_id}`.
    #[doc(alias = "/v1/blocks/deployments/{deployment_id}")]
    pub fn describe_deployment(&self, deployment_id: &str) -> Result<Deployment> {
        self.session.get(&DESCRIBE_DEPLOYMENT, &[deployment_id])
    }

    /// Changes a deployment's metadata: `PATCH /v1/blocks/deployments/{deployment_id}`. Fields that
    /// are not set stay as they are.
    #[doc(alias = "/v1/blocks/deployments/{deployment_id}")]
    pub fn update_deployment_metadata(
        &self,
        deployment_id: &str,
        request: &UpdateDeploymentMetadata,
    ) -> Result<Updated> {
        self.session
            .update(&UPDATE_DEPLOYMENT_METADATA, &[deployment_id], request)
    }

    /// Deletes a deployment: `DELETE /v1/blocks/deployments/{deployment_id}`.
    #[doc(alias = "/v1/blocks/deployments/{deployment_id}")]
    pub fn delete_deployment(&self, deployment_id: &str) -> Result<Deleted> {
        self.session.delete(&DELETE_DEPLOYMENT, &[deployment_id])
    }

    /// Deploys another release, or the same one with other parameters, as a new revision of a
    /// deployment: `POST /v1/blocks/deployments/{deployment_id}/revisions`.
    #[doc(alias = "/v1/blocks/deployments/{deployment_id}/revisions")]
    pub fn create_deployment_revision(
        &self,
        deployment_id: &str,
        request: &CreateDeploymentRevision,
    ) -> Result<CreatedRevision> {
        self.session
            .send(&CREATE_DEPLOYMENT_REVISION, &[deployment_id], request)
    }

    /// Lists a deployment's revisions: `GET /v1/blocks/deployments/{deployment_id}/revisions`.
    #[doc(alias = "/v1/blocks/deployments/{deployment_id}/revisions")]
    pub fn list_deployment_revisions(
        &self,
        deployment_id: &str,
        query: &ListDeploymentRevisions,
    ) -> Items<Revision> {
        self.session
            .list(&LIST_DEPLOYMENT_REVISIONS, &[deployment_id], query)
    }

    /// Gets one page of [`list_deployment_revisions`](Client::list_deployment_revisions).
    pub fn list_deployment_revisions_page(
        &self,
        deployment_id: &str,
        query: &ListDeploymentRevisions,
        page_number: u64,
    ) -> Result<Page<Revision>> {
        let call = &LIST_DEPLOYMENT_REVISIONS;
        self.session
            .page(call, &[deployment_id], query, page_number)
    }

    /// Describes a revision:
    /// `GET /v1/blocks/deployments/{deployment_id}/revisions/{revision}`.
    ///
    /// `revision` is the revision's number, [`Revision::revision`], as in the official SDK's
    /// documentation.
    #[doc(alias = "/v1/blocks/deployments/{deployment_id}/revisions/{revision}")]
    pub fn describe_deployment_revision(
        &self,
        deployment_id: &str,
        revision: impl Display,
    ) -> Result<Revision> {
        let arguments = [deployment_id, &revision.to_string()];
        self.session.get(&DESCRIBE_DEPLOYMENT_REVISION, &arguments)
    }

    /// Deploys a deployment's latest revision again, for example after a failure of the platform:
    /// `POST /v1/blocks/deployments/{deployment_id}/redeploy`. The official SDK has it since
    /// release 1.8.
    #[doc(alias = "/v1/blocks/deployments/{deployment_id}/redeploy")]
    pub fn redeploy(&self, deployment_id: &str) -> Result<Redeployed> {
        let body = serde_json::json!({});
        self.session.send(&REDEPLOY, &[deployment_id], &body)
    }
}
