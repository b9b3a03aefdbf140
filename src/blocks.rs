//! The calls on blocks: one method of [`Client`] each.
//!
//! Every method sends one request and gives back one typed answer, and each list call gives an
//! iterator that fetches a page when its first item is asked for. Ids come first; everything that
//! is optional is in one request struct of [`types`](crate::types).
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
//! # Errors
//!
//! Every call can fail with those of [`Error`](crate::Error) that answers, connections, time-outs
//! and missing credentials have; the methods' own sections name what is beyond that. An id that is
//! empty, `.` or `..` is refused with [`Error::InvalidArgument`](crate::Error::InvalidArgument)
//! before anything is sent.

mod form;
mod lists;
mod place;
mod wait;

pub use wait::Wait;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document::read_yaml_file;
use crate::error::Result;
use crate::http::{Form, Request};
use crate::method::Method;
use crate::pages::{Items, Page};
use crate::session::Session;
use crate::types::*;

use lists::ListQuery;
use place::Place;

const SPECS: &str = "/v1/blocks/specs/";
const SPEC: &str = "/v1/blocks/specs/{spec_id}";
const RELEASES: &str = "/v1/blocks/specs/{spec_id}/releases";
const RELEASE: &str = "/v1/blocks/specs/{spec_id}/releases/{version}";
const DEPLOYMENTS: &str = "/v1/blocks/deployments/";
const DEPLOYMENT: &str = "/v1/blocks/deployments/{deployment_id}";
const REVISIONS: &str = "/v1/blocks/deployments/{deployment_id}/revisions";
const REVISION: &str = "/v1/blocks/deployments/{deployment_id}/revisions/{revision}";
const REDEPLOY: &str = "/v1/blocks/deployments/{deployment_id}/redeploy";
const PARAMETERS: &str = "/v1/deployments/{deployment_id}/parameters/run";
const APP_DEPLOYMENT: &str = "/v1/apps/deployments/{parent.id}";

/// A client for blocks. It is cheap to clone, and can be shared by many threads.
#[derive(Clone, Debug)]
pub struct Client {
    session: Session,
}

impl Client {
    /// A client with this session.
    pub fn new(session: Session) -> Self {
        Self { session }
    }

    /// A client with the token and the stage of the environment: see [`Session::from_env`].
    ///
    /// That no token is set is no error here: what needs no token works without one, as reading
    /// parameters from a file does.
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
    ///
    /// Nothing is sent before the first item is asked for, and then one request a page. A
    /// `page_number` in the query is the page to begin with.
    pub fn list_specs(&self, query: &ListSpecs) -> Items<Spec> {
        self.items(SPECS, &[], query)
    }

    /// One page of [`list_specs`](Client::list_specs).
    ///
    /// Pages are counted from 1; a `page_number` in the query is not looked at.
    pub fn list_specs_page(&self, query: &ListSpecs, page_number: u64) -> Result<Page<Spec>> {
        self.page(SPECS, &[], query, page_number)
    }

    /// The spec of this kind and name, found by [`list_specs`](Client::list_specs): `None` where
    /// there is none. A name is unique in the tenant among specs of the same kind.
    ///
    /// The service's own filter goes by the beginning of the name; this one by the whole of it.
    pub fn find_spec(&self, kind: impl Into<BlockKind>, name: &str) -> Result<Option<Spec>> {
        let kind = kind.into();
        let is_it = |spec: &Spec| spec.name() == Some(name) && spec.kind.as_ref() == Some(&kind);
        find(self.list_specs(&ListSpecs::new().name(name)), is_it)
    }

    /// Creates a spec with its first release: `POST /v1/blocks/specs/`, as a form.
    ///
    /// The artifact, where there is one, is archived first and sent with it: see
    /// [`Artifact`](crate::Artifact) for what goes in, and for how to see the upload's progress.
    /// The name has to be unique in the tenant among specs of the same kind.
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
    /// [`Error::Artifact`](crate::Error::Artifact) where the archive cannot be made or is too
    /// large, before anything is sent. [`Error::Conflict`](crate::Error::Conflict) where the name
    /// is taken. [`Error::outcome_unknown`](crate::Error::outcome_unknown) tells whether the spec
    /// may be there all the same; a create is never sent again by itself then.
    pub fn create_spec(&self, request: &CreateSpec) -> Result<CreatedSpec> {
        self.submit(SPECS, &[], form::spec(request)?).send()
    }

    /// Has the service check what [`create_spec`](Client::create_spec) would send, and stores
    /// nothing: `POST /v1/blocks/specs/?validate=true`. SDK release 1.29 knows this.
    pub fn validate_spec(&self, request: &CreateSpec) -> Result<Validation> {
        self.validate(SPECS, &[], form::spec(request)?)
    }

    /// Tells all about a spec and its latest release: `GET /v1/blocks/specs/{spec}`.
    pub fn describe_spec(&self, spec_id: &str) -> Result<Spec> {
        self.get(SPEC, &[("spec_id", spec_id)])
    }

    /// Changes a spec's metadata, whether it is featured, and who can see it:
    /// `PATCH /v1/blocks/specs/{spec}`. What is not set stays as it is.
    pub fn update_spec_metadata(&self, spec_id: &str, request: &UpdateSpecMetadata) -> Result<()> {
        self.send_json(Method::Patch, SPEC, &[("spec_id", spec_id)], request)
            .map(ignore)
    }

    /// Deletes a spec with its releases: `DELETE /v1/blocks/specs/{spec}`.
    pub fn delete_spec(&self, spec_id: &str) -> Result<()> {
        self.delete(SPEC, &[("spec_id", spec_id)])
    }

    /// Adds a release to a spec: `POST /v1/blocks/specs/{spec}/releases`, as a form.
    ///
    /// The version has to be greater than those before it.
    ///
    /// # Errors
    ///
    /// Those of [`create_spec`](Client::create_spec).
    pub fn create_spec_release(
        &self,
        spec_id: &str,
        request: &CreateSpecRelease,
    ) -> Result<CreatedRelease> {
        self.submit(RELEASES, &[("spec_id", spec_id)], form::release(request)?)
            .send()
    }

    /// Has the service check what [`create_spec_release`](Client::create_spec_release) would send,
    /// and stores nothing: `POST /v1/blocks/specs/{spec}/releases?validate=true`. SDK release 1.29
    /// knows this.
    pub fn validate_spec_release(
        &self,
        spec_id: &str,
        request: &CreateSpecRelease,
    ) -> Result<Validation> {
        self.validate(RELEASES, &[("spec_id", spec_id)], form::release(request)?)
    }

    /// Lists a spec's releases: `GET /v1/blocks/specs/{spec}/releases`.
    ///
    /// Nothing is sent before the first item is asked for, and then one request a page. A
    /// `page_number` in the query is the page to begin with.
    pub fn list_spec_releases(&self, spec_id: &str, query: &ListSpecReleases) -> Items<Release> {
        self.items(RELEASES, &[("spec_id", spec_id)], query)
    }

    /// One page of [`list_spec_releases`](Client::list_spec_releases).
    ///
    /// Pages are counted from 1; a `page_number` in the query is not looked at.
    pub fn list_spec_releases_page(
        &self,
        spec_id: &str,
        query: &ListSpecReleases,
        page_number: u64,
    ) -> Result<Page<Release>> {
        self.page(RELEASES, &[("spec_id", spec_id)], query, page_number)
    }

    /// Tells all about a release: `GET /v1/blocks/specs/{spec}/releases/{version}`.
    pub fn describe_spec_release(&self, spec_id: &str, version: &str) -> Result<Release> {
        self.get(RELEASE, &[("spec_id", spec_id), ("version", version)])
    }

    /// Deploys a spec: `POST /v1/blocks/deployments/`. Without a release's version it is the
    /// latest one.
    ///
    /// The answer comes at once, with the deployment under way:
    /// [`wait_for_deployment`](Client::wait_for_deployment) waits for it to end.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`](crate::Error::Conflict) where the name is taken.
    /// [`Error::outcome_unknown`](crate::Error::outcome_unknown) tells whether the deployment may
    /// be there all the same; a create is never sent again by itself then.
    pub fn create_deployment(&self, request: &CreateDeployment) -> Result<CreatedDeployment> {
        self.send_json(Method::Post, DEPLOYMENTS, &[], request)
    }

    /// Lists deployments: `GET /v1/blocks/deployments/`.
    ///
    /// Nothing is sent before the first item is asked for, and then one request a page. A
    /// `page_number` in the query is the page to begin with.
    pub fn list_deployments(&self, query: &ListDeployments) -> Items<Deployment> {
        self.items(DEPLOYMENTS, &[], query)
    }

    /// One page of [`list_deployments`](Client::list_deployments).
    ///
    /// Pages are counted from 1; a `page_number` in the query is not looked at.
    pub fn list_deployments_page(
        &self,
        query: &ListDeployments,
        page_number: u64,
    ) -> Result<Page<Deployment>> {
        self.page(DEPLOYMENTS, &[], query, page_number)
    }

    /// The first deployment of this name, found by [`list_deployments`](Client::list_deployments):
    /// `None` where there is none.
    ///
    /// The service's own filter goes by the beginning of the name; this one by the whole of it.
    pub fn find_deployment(&self, name: &str) -> Result<Option<Deployment>> {
        let is_it = |deployment: &Deployment| deployment.name() == Some(name);
        find(
            self.list_deployments(&ListDeployments::new().name(name)),
            is_it,
        )
    }

    /// Tells all about a deployment and its latest revision:
    /// `GET /v1/blocks/deployments/{deployment}`.
    pub fn describe_deployment(&self, deployment_id: &str) -> Result<Deployment> {
        self.get(DEPLOYMENT, &[("deployment_id", deployment_id)])
    }

    /// Changes a deployment's metadata: `PATCH /v1/blocks/deployments/{deployment}`. What is not
    /// set stays as it is.
    pub fn update_deployment_metadata(
        &self,
        deployment_id: &str,
        request: &UpdateDeploymentMetadata,
    ) -> Result<()> {
        let ids = [("deployment_id", deployment_id)];
        self.send_json(Method::Patch, DEPLOYMENT, &ids, request)
            .map(ignore)
    }

    /// Deletes a deployment: `DELETE /v1/blocks/deployments/{deployment}`.
    pub fn delete_deployment(&self, deployment_id: &str) -> Result<()> {
        self.delete(DEPLOYMENT, &[("deployment_id", deployment_id)])
    }

    /// Deploys another release, or the same with other parameters, in place of what a deployment
    /// runs: `POST /v1/blocks/deployments/{deployment}/revisions`.
    ///
    /// # Errors
    ///
    /// [`Error::outcome_unknown`](crate::Error::outcome_unknown) tells whether the revision may be
    /// there all the same; a create is never sent again by itself then.
    pub fn create_deployment_revision(
        &self,
        deployment_id: &str,
        request: &CreateDeploymentRevision,
    ) -> Result<CreatedRevision> {
        self.send_json(
            Method::Post,
            REVISIONS,
            &[("deployment_id", deployment_id)],
            request,
        )
    }

    /// Lists a deployment's revisions: `GET /v1/blocks/deployments/{deployment}/revisions`.
    ///
    /// Nothing is sent before the first item is asked for, and then one request a page. A
    /// `page_number` in the query is the page to begin with.
    pub fn list_deployment_revisions(
        &self,
        deployment_id: &str,
        query: &ListDeploymentRevisions,
    ) -> Items<Revision> {
        self.items(REVISIONS, &[("deployment_id", deployment_id)], query)
    }

    /// One page of [`list_deployment_revisions`](Client::list_deployment_revisions).
    ///
    /// Pages are counted from 1; a `page_number` in the query is not looked at.
    pub fn list_deployment_revisions_page(
        &self,
        deployment_id: &str,
        query: &ListDeploymentRevisions,
        page_number: u64,
    ) -> Result<Page<Revision>> {
        self.page(
            REVISIONS,
            &[("deployment_id", deployment_id)],
            query,
            page_number,
        )
    }

    /// Tells all about a revision:
    /// `GET /v1/blocks/deployments/{deployment}/revisions/{revision}`.
    ///
    /// A revision's number and its id are [`Revision::revision`] and [`Revision::id`]; the
    /// official client's documentation shows the number here.
    pub fn describe_deployment_revision(
        &self,
        deployment_id: &str,
        revision: &str,
    ) -> Result<Revision> {
        self.get(
            REVISION,
            &[("deployment_id", deployment_id), ("revision", revision)],
        )
    }

    /// Deploys a deployment's latest revision again, as after a failure of the platform:
    /// `POST /v1/blocks/deployments/{deployment}/redeploy`. SDK release 1.29 knows this.
    pub fn redeploy(&self, deployment_id: &str) -> Result<Redeployed> {
        let nothing = serde_json::json!({});
        self.send_json(
            Method::Post,
            REDEPLOY,
            &[("deployment_id", deployment_id)],
            &nothing,
        )
    }

    /// The parameters that a deployment runs with:
    /// `GET /v1/deployments/{deployment}/parameters/run`.
    ///
    /// Which deployment is meant is looked for in three places, and the first that has an answer
    /// wins, as in the official client: the environment variable `PRESS_DEPLOYMENT_ID`, which the
    /// platform sets inside a running block; the request's `deployment_id`; the request's
    /// `fallback_params_file`, a YAML file of names and values, which is read in place of any
    /// call. So the same line works inside a block and, with neither token nor network, on the
    /// machine of whoever writes it.
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
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) where none of the three is
    /// there. [`Error::FileNotFound`](crate::Error::FileNotFound) and
    /// [`Error::InvalidYaml`](crate::Error::InvalidYaml) for the file.
    pub fn get_parameters(&self, request: &GetParameters) -> Result<Parameters> {
        match Place::of_parameters(request)? {
            Place::Deployment(id) => self.get(PARAMETERS, &[("deployment_id", &id)]),
            Place::File(path) => Ok(read_yaml_file::<Parameters>(path)?.read_from(path)),
        }
    }

    /// Changes some of the parameters that a deployment runs with:
    /// `PATCH /v1/deployments/{deployment}/parameters/run`. Those not named stay as they are.
    ///
    /// What the service answers is given back, empty where it answers nothing.
    pub fn patch_parameters(
        &self,
        deployment_id: &str,
        parameters: &Parameters,
    ) -> Result<Parameters> {
        let ids = [("deployment_id", deployment_id)];
        self.send_json(Method::Patch, PARAMETERS, &ids, parameters)
    }

    /// The blocks of the app that a deployment belongs to, itself among them:
    /// `GET /v1/blocks/deployments/{deployment}`, then, where that has a parent,
    /// `GET /v1/apps/deployments/{parent}`. Without a parent there are none.
    ///
    /// Which deployment is meant is found as [`get_parameters`](Client::get_parameters) does; the
    /// fall-back file is a YAML list of blocks.
    ///
    /// # Errors
    ///
    /// Those of [`get_parameters`](Client::get_parameters).
    pub fn get_related_block_details(
        &self,
        request: &GetRelatedBlockDetails,
    ) -> Result<Vec<RelatedBlock>> {
        let id = match Place::of_related_blocks(request)? {
            Place::Deployment(id) => id,
            Place::File(path) => return read_yaml_file(path),
        };
        let parent = self
            .describe_deployment(&id)?
            .parent
            .and_then(|parent| parent.id);
        let Some(parent) = parent else {
            return Ok(Vec::new());
        };
        let app: AppDeployment = self.get(APP_DEPLOYMENT, &[("parent.id", &parent)])?;
        Ok(app
            .latest_revision
            .and_then(|revision| revision.blocks)
            .unwrap_or_default())
    }

    /// Waits for a deployment, or one of its revisions, to come to rest, and gives it back.
    ///
    /// It asks for the status again and again, with pauses that grow: see [`Wait`] for how long,
    /// and for a callback at each status.
    ///
    /// ```no_run
    /// use peak_press::blocks::{Client, Wait};
    /// use std::time::Duration;
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let client = Client::from_env()?;
    /// let wait = Wait::new()
    ///     .timeout(Duration::from_secs(600))
    ///     .on_status(|status| eprintln!("{status}"));
    /// let deployment = client.wait_for_deployment("0bddb4c6-40c5-45c3-b477-fceb2c051609", &wait)?;
    /// # let _ = deployment;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::DeploymentFailed`](crate::Error::DeploymentFailed) with the state in which it
    /// failed, [`Error::WaitTimedOut`](crate::Error::WaitTimedOut) with the state it was last seen
    /// in, and those of [`describe_deployment`](Client::describe_deployment).
    pub fn wait_for_deployment(&self, deployment_id: &str, wait: &Wait) -> Result<Deployment> {
        wait::run(self, deployment_id, wait)
    }

    fn items<Q: ListQuery>(&self, path: &str, ids: &[Id], query: &Q) -> Items<Q::Item> {
        let mut query = query.clone();
        let start = query.take_page_number().unwrap_or(1);
        Items::new::<Q::Wire>(self.call(Method::Get, path, ids).queries(&query), start)
    }

    fn page<Q: ListQuery>(
        &self,
        path: &str,
        ids: &[Id],
        query: &Q,
        page_number: u64,
    ) -> Result<Page<Q::Item>> {
        let mut query = query.clone();
        query.take_page_number();
        let request = self.call(Method::Get, path, ids).queries(&query);
        crate::pages::fetch::<Q::Wire, _>(&request, page_number)
    }

    fn get<T: DeserializeOwned>(&self, path: &str, ids: &[Id]) -> Result<T> {
        self.call(Method::Get, path, ids).send()
    }

    fn delete(&self, path: &str, ids: &[Id]) -> Result<()> {
        self.call(Method::Delete, path, ids).send().map(ignore)
    }

    fn send_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        ids: &[Id],
        body: &impl Serialize,
    ) -> Result<T> {
        self.call(method, path, ids).json(body).send()
    }

    fn submit(&self, path: &str, ids: &[Id], form: Form) -> Request {
        self.call(Method::Post, path, ids).multipart(form)
    }

    fn validate(&self, path: &str, ids: &[Id], form: Form) -> Result<Validation> {
        self.submit(path, ids, form).query("validate", true).send()
    }

    fn call(&self, method: Method, path: &str, ids: &[Id]) -> Request {
        let ids: Vec<&str> = ids.iter().map(|(_, id)| *id).collect();
        self.session.call_path(method, path, &ids)
    }
}

/// An id in a path: what the method calls it, and the id.
type Id<'a> = (&'a str, &'a str);

/// The first item that is the right one. An error on the way there ends the search.
fn find<T>(mut items: Items<T>, is_it: impl Fn(&T) -> bool) -> Result<Option<T>> {
    items
        .find(|item| item.as_ref().map_or(true, &is_it))
        .transpose()
}

/// An answer that promises nothing: `{}`, or nothing at all.
fn ignore(_: serde_json::Value) {}
