//! The client for apps: specs made of blocks, and their deployments.
//!
//! Each method of [`Client`] is one call of the API. Lists, errors and ids work as in
//! [`blocks`](crate::blocks).
//!
//! ```no_run
//! use peak_press::{apps, types::*};
//!
//! # fn main() -> peak_press::Result<()> {
//! let client = apps::Client::from_env()?;
//! let created = client.create_spec(&CreateAppSpec::from_yaml_file("app.yaml")?)?;
//! let metadata = DeploymentMetadata::new().name("forecast-north").summary("The north");
//! let request = CreateAppDeployment::new(metadata, AppSpecReference::new(created.id));
//! let deployment = client.create_deployment(&request)?;
//! client.wait_for_deployment(&deployment.id, &apps::Wait::new())?;
//! # Ok(())
//! # }
//! ```

mod body;
mod jobs;

pub use crate::deploy::{DeployChange, Deployed};
pub use crate::publish::{PublishChange, PublishOptions, Published};
pub use crate::wait::Wait;

use std::fmt::Display;

use crate::calls::apps::*;
use crate::error::Result;
use crate::page::Page;
use crate::pages::Items;
use crate::session::Session;
use crate::types::*;

/// A client for apps. It is cheap to clone, and many threads can share it.
///
#[doc = include_str!(concat!(env!("OUT_DIR"), "/calls_apps.md"))]
#[derive(Clone, Debug)]
pub struct Client {
    session: Session,
}

impl Client {
    /// Creates a client that uses this session.
    pub fn new(session: Session) -> Self {
        Self { session }
    }

    /// Creates a client from the environment: see
    /// [`blocks::Client::from_env`](crate::blocks::Client::from_env).
    ///
    /// # Errors
    ///
    /// Those of [`Session::from_env`].
    pub fn from_env() -> Result<Self> {
        Session::from_env().map(Self::new)
    }

    /// The session, for calls that this client has no method for.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Lists app specs: `GET /v1/apps/specs/`. See
    /// [`blocks::Client::list_specs`](crate::blocks::Client::list_specs).
    #[doc(alias = "/v1/apps/specs/")]
    pub fn list_specs(&self, query: &ListSpecs) -> Items<AppSpec> {
        self.session.list(&LIST_SPECS, &[], query)
    }

    /// Gets one page of [`list_specs`](Client::list_specs).
    pub fn list_specs_page(&self, query: &ListSpecs, page_number: u64) -> Result<Page<AppSpec>> {
        self.session.page(&LIST_SPECS, &[], query, page_number)
    }

    /// Creates an app spec with its first release: `POST /v1/apps/specs/`.
    ///
    /// As the service expects, the body is JSON whose values are JSON text. Fields that are not set
    /// are left out. See also
    /// [`blocks::Client::create_spec`](crate::blocks::Client::create_spec).
    #[doc(alias = "/v1/apps/specs/")]
    pub fn create_spec(&self, request: &CreateAppSpec) -> Result<CreatedSpec> {
        self.session.send(&CREATE_SPEC, &[], &body::spec(request)?)
    }

    /// Describes an app spec: `GET /v1/apps/specs/{spec_id}`. See
    /// [`blocks::Client::describe_spec`](crate::blocks::Client::describe_spec).
    #[doc(alias = "/v1/apps/specs/{spec_id}")]
    pub fn describe_spec(&self, spec_id: &str) -> Result<AppSpec> {
        self.session.get(&DESCRIBE_SPEC, &[spec_id])
    }

    /// Updates an app spec: `PATCH /v1/apps/specs/{spec_id}`. See
    /// [`blocks::Client::update_spec_metadata`](crate::blocks::Client::update_spec_metadata).
    #[doc(alias = "/v1/apps/specs/{spec_id}")]
    pub fn update_spec_metadata(
        &self,
        spec_id: &str,
        request: &UpdateSpecMetadata,
    ) -> Result<Updated> {
        self.session
            .update(&UPDATE_SPEC_METADATA, &[spec_id], request)
    }

    /// Deletes an app spec and its releases: `DELETE /v1/apps/specs/{spec_id}`. See
    /// [`blocks::Client::delete_spec`](crate::blocks::Client::delete_spec).
    #[doc(alias = "/v1/apps/specs/{spec_id}")]
    pub fn delete_spec(&self, spec_id: &str) -> Result<Deleted> {
        self.session.delete(&DELETE_SPEC, &[spec_id])
    }

    /// Adds a release to an app spec: `POST /v1/apps/specs/{spec_id}/releases`, as JSON. See
    /// [`blocks::Client::create_spec_release`](crate::blocks::Client::create_spec_release).
    #[doc(alias = "/v1/apps/specs/{spec_id}/releases")]
    pub fn create_spec_release(
        &self,
        spec_id: &str,
        request: &CreateAppSpecRelease,
    ) -> Result<CreatedRelease> {
        let body = body::release(request)?;
        self.session.send(&CREATE_SPEC_RELEASE, &[spec_id], &body)
    }

    /// Lists an app spec's releases: `GET /v1/apps/specs/{spec_id}/releases`. See
    /// [`blocks::Client::list_spec_releases`](crate::blocks::Client::list_spec_releases).
    #[doc(alias = "/v1/apps/specs/{spec_id}/releases")]
    pub fn list_spec_releases(&self, spec_id: &str, query: &ListSpecReleases) -> Items<AppRelease> {
        self.session.list(&LIST_SPEC_RELEASES, &[spec_id], query)
    }

    /// Gets one page of [`list_spec_releases`](Client::list_spec_releases).
    pub fn list_spec_releases_page(
        &self,
        spec_id: &str,
        query: &ListSpecReleases,
        page_number: u64,
    ) -> Result<Page<AppRelease>> {
        let call = &LIST_SPEC_RELEASES;
        self.session.page(call, &[spec_id], query, page_number)
    }

    /// Describes a release of an app spec: `GET /v1/apps/specs/{spec_id}/releases/{version}`. See
    /// [`blocks::Client::describe_spec_release`](crate::blocks::Client::describe_spec_release).
    #[doc(alias = "/v1/apps/specs/{spec_id}/releases/{version}")]
    pub fn describe_spec_release(&self, spec_id: &str, version: &str) -> Result<AppRelease> {
        self.session
            .get(&DESCRIBE_SPEC_RELEASE, &[spec_id, version])
    }

    /// Deploys an app, that is, each of its blocks: `POST /v1/apps/deployments/`. See
    /// [`blocks::Client::create_deployment`](crate::blocks::Client::create_deployment).
    #[doc(alias = "/v1/apps/deployments/")]
    pub fn create_deployment(&self, request: &CreateAppDeployment) -> Result<CreatedDeployment> {
        self.session.send(&CREATE_DEPLOYMENT, &[], request)
    }

    /// Lists app deployments: `GET /v1/apps/deployments/`. See
    /// [`blocks::Client::list_deployments`](crate::blocks::Client::list_deployments); there is no
    /// filter by title.
    #[doc(alias = "/v1/apps/deployments/")]
    pub fn list_deployments(&self, query: &ListAppDeployments) -> Items<AppDeployment> {
        self.session.list(&LIST_DEPLOYMENTS, &[], query)
    }

    /// Gets one page of [`list_deployments`](Client::list_deployments).
    pub fn list_deployments_page(
        &self,
        query: &ListAppDeployments,
        page_number: u64,
    ) -> Result<Page<AppDeployment>> {
        self.session
            .page(&LIST_DEPLOYMENTS, &[], query, page_number)
    }

    /// Describes an app deployment and the deployments of its blocks:
    /// `GET /v1/apps/deployments/{deployment_id}`. See
    /// [`blocks::Client::describe_deployment`](crate::blocks::Client::describe_deployment).
    #[doc(alias = "/v1/apps/deployments/{deployment_id}")]
    pub fn describe_deployment(&self, deployment_id: &str) -> Result<AppDeployment> {
        self.session.get(&DESCRIBE_DEPLOYMENT, &[deployment_id])
    }

    /// Updates an app deployment's metadata: `PATCH /v1/apps/deployments/{deployment_id}`. See
    /// [`blocks::Client::update_deployment_metadata`](crate::blocks::Client::update_deployment_metadata).
    #[doc(alias = "/v1/apps/deployments/{deployment_id}")]
    pub fn update_deployment_metadata(
        &self,
        deployment_id: &str,
        request: &UpdateDeploymentMetadata,
    ) -> Result<Updated> {
        self.session
            .update(&UPDATE_DEPLOYMENT_METADATA, &[deployment_id], request)
    }

    /// Deletes an app deployment: `DELETE /v1/apps/deployments/{deployment_id}`. See
    /// [`blocks::Client::delete_deployment`](crate::blocks::Client::delete_deployment).
    #[doc(alias = "/v1/apps/deployments/{deployment_id}")]
    pub fn delete_deployment(&self, deployment_id: &str) -> Result<Deleted> {
        self.session.delete(&DELETE_DEPLOYMENT, &[deployment_id])
    }

    /// Creates a revision of an app deployment:
    /// `POST /v1/apps/deployments/{deployment_id}/revisions`. See
    /// [`blocks::Client::create_deployment_revision`](crate::blocks::Client::create_deployment_revision).
    #[doc(alias = "/v1/apps/deployments/{deployment_id}/revisions")]
    pub fn create_deployment_revision(
        &self,
        deployment_id: &str,
        request: &CreateAppDeploymentRevision,
    ) -> Result<CreatedRevision> {
        self.session
            .send(&CREATE_DEPLOYMENT_REVISION, &[deployment_id], request)
    }

    /// Lists an app deployment's revisions:
    /// `GET /v1/apps/deployments/{deployment_id}/revisions`. See
    /// [`blocks::Client::list_deployment_revisions`](crate::blocks::Client::list_deployment_revisions).
    #[doc(alias = "/v1/apps/deployments/{deployment_id}/revisions")]
    pub fn list_deployment_revisions(
        &self,
        deployment_id: &str,
        query: &ListDeploymentRevisions,
    ) -> Items<AppRevision> {
        self.session
            .list(&LIST_DEPLOYMENT_REVISIONS, &[deployment_id], query)
    }

    /// Gets one page of [`list_deployment_revisions`](Client::list_deployment_revisions).
    pub fn list_deployment_revisions_page(
        &self,
        deployment_id: &str,
        query: &ListDeploymentRevisions,
        page_number: u64,
    ) -> Result<Page<AppRevision>> {
        let call = &LIST_DEPLOYMENT_REVISIONS;
        self.session
            .page(call, &[deployment_id], query, page_number)
    }

    /// Describes a revision by its number:
    /// `GET /v1/apps/deployments/{deployment_id}/revisions/{revision}`. See
    /// [`blocks::Client::describe_deployment_revision`](crate::blocks::Client::describe_deployment_revision).
    #[doc(alias = "/v1/apps/deployments/{deployment_id}/revisions/{revision}")]
    pub fn describe_deployment_revision(
        &self,
        deployment_id: &str,
        revision: impl Display,
    ) -> Result<AppRevision> {
        let arguments = [deployment_id, &revision.to_string()];
        self.session.get(&DESCRIBE_DEPLOYMENT_REVISION, &arguments)
    }

    /// Deploys the latest revision again: `POST /v1/apps/deployments/{deployment_id}/redeploy`.
    /// According to the official SDK, the deployment and one of its blocks must be in status
    /// `failed` or `warning`. See [`blocks::Client::redeploy`](crate::blocks::Client::redeploy).
    #[doc(alias = "/v1/apps/deployments/{deployment_id}/redeploy")]
    pub fn redeploy(&self, deployment_id: &str) -> Result<Redeployed> {
        let body = serde_json::json!({});
        self.session.send(&REDEPLOY, &[deployment_id], &body)
    }
}
