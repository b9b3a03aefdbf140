//! The client for blocks.
//!
//! Each method of [`Client`] is one call of the API, under the official client's name; a few add to
//! them, such as [`find_spec`](Client::find_spec) and
//! [`wait_for_deployment`](Client::wait_for_deployment). Ids come first, and everything optional is
//! in one request struct of [`types`](crate::types).
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # fn main() -> peak_press::Result<()> {
//! # use peak_press::emulator::Emulator;
//! use peak_press::{blocks, types::*};
//!
//! # let emulator = Emulator::start()?;
//! # let session = emulator.session();
//! let client = blocks::Client::new(session); // or Client::from_env()?
//!
//! for spec in client.list_specs(&ListSpecs::new().status([SpecStatus::Available]).page_size(50)) {
//!     let spec = spec?;
//!     println!("{} {:?}", spec.id, spec.kind);
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "emulator"))]
//! # fn main() {}
//! ```
//!
//! # Lists
//!
//! A `list_…` method returns [`Items`], an iterator that starts at the query's `page_number` or at
//! page 1. It sends nothing before the first item is requested, and then one request a page. The
//! `list_…_page` method beside it requests one page, counted from 1. Its query has no `page_number`:
//! a second number is an [`Error::InvalidArgument`](crate::Error::InvalidArgument).
//!
//! # Errors
//!
//! Every call can fail for the reasons that any request can: the connection, a timeout, a missing
//! token, an error response, a response that cannot be decoded. See [`Error`](crate::Error). The
//! methods list only what is particular to them. An id that is empty, `.` or `..` is refused with
//! [`Error::InvalidArgument`](crate::Error::InvalidArgument) before anything is sent.
//!
//! A method that creates something can also fail with
//! [`Error::outcome_unknown`](crate::Error::outcome_unknown): the service may have created it. Such
//! a request is not retried; look for the result before you call the method again.

mod deployment_id;
mod form;
mod jobs;

pub use crate::deploy::{DeployChange, Deployed};
pub use crate::publish::{PublishChange, PublishOptions, Published};
pub use crate::wait::Wait;

use std::fmt::Display;

use crate::calls;
use crate::calls::blocks::*;
use crate::document::read_yaml_file;
use crate::error::Result;
use crate::page::Page;
use crate::pages::Items;
use crate::session::Session;
use crate::types::*;

use deployment_id::DeploymentOrFile;

/// A client for blocks. It is cheap to clone, and many threads can share it.
#[derive(Clone, Debug)]
pub struct Client {
    session: Session,
}

impl Client {
    /// Creates a client that uses this session.
    pub fn new(session: Session) -> Self {
        Self { session }
    }

    /// Creates a client with the token and the stage from the environment: see
    /// [`Session::from_env`].
    ///
    /// A missing token is not an error yet; the first request reports it. Reading parameters from a
    /// file works without one.
    ///
    /// # Errors
    ///
    /// Those of [`Session::from_env`].
    pub fn from_env() -> Result<Self> {
        Session::from_env().map(Self::new)
    }

    /// The session, for calls that this client does not have.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Lists specs: `GET /v1/blocks/specs/`.
    pub fn list_specs(&self, query: &ListSpecs) -> Items<Spec> {
        self.session.list(&LIST_SPECS, &[], query)
    }

    /// Gets one page of [`list_specs`](Client::list_specs).
    pub fn list_specs_page(&self, query: &ListSpecs, page_number: u64) -> Result<Page<Spec>> {
        self.session.page(&LIST_SPECS, &[], query, page_number)
    }

    /// Finds the spec of this kind and name with [`list_specs`](Client::list_specs), or `None`. A
    /// name is unique in the tenant among specs of the same kind.
    ///
    /// The service's `name` filter matches the beginning of a name; this method compares the whole
    /// name, and lists as many pages as it takes.
    pub fn find_spec(&self, kind: impl Into<BlockKind>, name: &str) -> Result<Option<Spec>> {
        let kind = Some(kind.into());
        self.list_specs(&ListSpecs::new().name(name))
            .find_item(|spec| spec.name() == Some(name) && spec.kind == kind)
    }

    /// Creates a spec with its first release: `POST /v1/blocks/specs/`, as a form.
    ///
    /// The name must be unique in the tenant among specs of the same kind. If the request has an
    /// artifact, it is archived before anything is sent: see [`Artifact`](crate::Artifact) for what
    /// is included and how to follow the upload.
    ///
    /// ```no_run
    /// use peak_press::{blocks, types::CreateSpec};
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let client = blocks::Client::from_env()?;
    /// let created = client.create_spec(&CreateSpec::from_yaml_file("block.yaml")?)?;
    /// println!("{}", created.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`](crate::Error::Artifact) if the archive cannot be created or is too
    /// large; nothing is sent then. [`Error::Conflict`](crate::Error::Conflict) if the name is
    /// taken.
    pub fn create_spec(&self, request: &CreateSpec) -> Result<CreatedSpec> {
        let form = form::spec(request)?;
        self.session.call(&CREATE_SPEC, &[]).multipart(form).send()
    }

    /// Asks the service to check what [`create_spec`](Client::create_spec) would send, without
    /// creating anything: `POST /v1/blocks/specs/?validate=true`. The official SDK has it since
    /// release 1.26.
    pub fn validate_spec(&self, request: &CreateSpec) -> Result<Validation> {
        let create = self.session.call(&CREATE_SPEC, &[]);
        create
            .multipart(form::spec(request)?)
            .query("validate", true)
            .read_only()
            .send()
    }

    /// Describes a spec and its latest release: `GET /v1/blocks/specs/{spec_id}`.
    pub fn describe_spec(&self, spec_id: &str) -> Result<Spec> {
        self.session.get(&DESCRIBE_SPEC, &[spec_id])
    }

    /// Changes a spec's metadata, its visibility, and whether it is featured:
    /// `PATCH /v1/blocks/specs/{spec_id}`. Fields that are not set stay as they are.
    pub fn update_spec_metadata(
        &self,
        spec_id: &str,
        request: &UpdateSpecMetadata,
    ) -> Result<Updated> {
        self.session
            .update(&UPDATE_SPEC_METADATA, &[spec_id], request)
    }

    /// Deletes a spec and its releases: `DELETE /v1/blocks/specs/{spec_id}`.
    pub fn delete_spec(&self, spec_id: &str) -> Result<Deleted> {
        self.session.delete(&DELETE_SPEC, &[spec_id])
    }

    /// Adds a release to a spec: `POST /v1/blocks/specs/{spec_id}/releases`, as a form.
    ///
    /// The version must be greater than those of the spec's other releases.
    ///
    /// # Errors
    ///
    /// Those of [`create_spec`](Client::create_spec).
    pub fn create_spec_release(
        &self,
        spec_id: &str,
        request: &CreateSpecRelease,
    ) -> Result<CreatedRelease> {
        let create = self.session.call(&CREATE_SPEC_RELEASE, &[spec_id]);
        create.multipart(form::release(request)?).send()
    }

    /// Asks the service to check what [`create_spec_release`](Client::create_spec_release) would
    /// send, without creating anything: `POST /v1/blocks/specs/{spec_id}/releases?validate=true`.
    /// The official SDK has it since release 1.26.
    pub fn validate_spec_release(
        &self,
        spec_id: &str,
        request: &CreateSpecRelease,
    ) -> Result<Validation> {
        let create = self.session.call(&CREATE_SPEC_RELEASE, &[spec_id]);
        create
            .multipart(form::release(request)?)
            .query("validate", true)
            .read_only()
            .send()
    }

    /// Lists a spec's releases: `GET /v1/blocks/specs/{spec_id}/releases`.
    pub fn list_spec_releases(&self, spec_id: &str, query: &ListSpecReleases) -> Items<Release> {
        self.session.list(&LIST_SPEC_RELEASES, &[spec_id], query)
    }

    /// Gets one page of [`list_spec_releases`](Client::list_spec_releases).
    pub fn list_spec_releases_page(
        &self,
        spec_id: &str,
        query: &ListSpecReleases,
        page_number: u64,
    ) -> Result<Page<Release>> {
        self.session
            .page(&LIST_SPEC_RELEASES, &[spec_id], query, page_number)
    }

    /// Describes a release: `GET /v1/blocks/specs/{spec_id}/releases/{version}`.
    pub fn describe_spec_release(&self, spec_id: &str, version: &str) -> Result<Release> {
        self.session
            .get(&DESCRIBE_SPEC_RELEASE, &[spec_id, version])
    }

    /// Deploys a release of a spec, the latest one unless the request names a version:
    /// `POST /v1/blocks/deployments/`.
    ///
    /// The response comes at once, while the deployment is still in progress: see
    /// [`wait_for_deployment`](Client::wait_for_deployment).
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`](crate::Error::Conflict) if the name is taken.
    pub fn create_deployment(&self, request: &CreateDeployment) -> Result<CreatedDeployment> {
        self.session.send(&CREATE_DEPLOYMENT, &[], request)
    }

    /// Lists deployments: `GET /v1/blocks/deployments/`.
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
    pub fn describe_deployment(&self, deployment_id: &str) -> Result<Deployment> {
        self.session.get(&DESCRIBE_DEPLOYMENT, &[deployment_id])
    }

    /// Changes a deployment's metadata: `PATCH /v1/blocks/deployments/{deployment_id}`. Fields that
    /// are not set stay as they are.
    pub fn update_deployment_metadata(
        &self,
        deployment_id: &str,
        request: &UpdateDeploymentMetadata,
    ) -> Result<Updated> {
        self.session
            .update(&UPDATE_DEPLOYMENT_METADATA, &[deployment_id], request)
    }

    /// Deletes a deployment: `DELETE /v1/blocks/deployments/{deployment_id}`.
    pub fn delete_deployment(&self, deployment_id: &str) -> Result<Deleted> {
        self.session.delete(&DELETE_DEPLOYMENT, &[deployment_id])
    }

    /// Deploys another release, or the same one with other parameters, as a new revision of a
    /// deployment: `POST /v1/blocks/deployments/{deployment_id}/revisions`.
    pub fn create_deployment_revision(
        &self,
        deployment_id: &str,
        request: &CreateDeploymentRevision,
    ) -> Result<CreatedRevision> {
        self.session
            .send(&CREATE_DEPLOYMENT_REVISION, &[deployment_id], request)
    }

    /// Lists a deployment's revisions: `GET /v1/blocks/deployments/{deployment_id}/revisions`.
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
    pub fn redeploy(&self, deployment_id: &str) -> Result<Redeployed> {
        let body = serde_json::json!({});
        self.session.send(&REDEPLOY, &[deployment_id], &body)
    }

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

/// What [`Client::get_related_block_details`] needs of an app's deployment: its blocks, even where
/// the response has nothing else.
#[derive(serde::Deserialize)]
struct App {
    #[serde(rename = "latestRevision")]
    latest_revision: Option<AppRevision>,
}
