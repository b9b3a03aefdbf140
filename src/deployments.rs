//! The client for deployments of any kind.
//!
//! Lists, errors and ids work as in [`blocks`](crate::blocks).
//!
//! ```no_run
//! use peak_press::{deployments, types::*};
//!
//! # fn main() -> peak_press::Result<()> {
//! let client = deployments::Client::from_env()?;
//! let failed = ListAllDeployments::new().status([DeploymentStatus::Failed]);
//! for deployment in client.list_deployments(&failed) {
//!     println!("{}", deployment?.id);
//! }
//! # Ok(())
//! # }
//! ```

use crate::calls::deployments::*;
use crate::error::Result;
use crate::page::Page;
use crate::pages::Items;
use crate::session::Session;
use crate::types::*;

/// A client for deployments of any kind. It is cheap to clone, and many threads can share it.
///
#[doc = include_str!(concat!(env!("OUT_DIR"), "/calls_deployments.md"))]
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

    /// Lists the deployments of blocks and apps: `GET /v1/deployments/`.
    #[doc(alias = "/v1/deployments/")]
    pub fn list_deployments(&self, query: &ListAllDeployments) -> Items<AnyDeployment> {
        self.session.list(&LIST_DEPLOYMENTS, &[], query)
    }

    /// Gets one page of [`list_deployments`](Client::list_deployments).
    pub fn list_deployments_page(
        &self,
        query: &ListAllDeployments,
        page_number: u64,
    ) -> Result<Page<AnyDeployment>> {
        self.session
            .page(&LIST_DEPLOYMENTS, &[], query, page_number)
    }

    /// Runs the resources of a deployment's latest revision, such as its workflows:
    /// `POST /v1/deployments/{deployment_id}/execute`.
    ///
    /// # Errors
    ///
    /// If the [outcome is unknown](crate::Error::outcome_unknown), the resources may be running; the
    /// request is not retried.
    #[doc(alias = "/v1/deployments/{deployment_id}/execute")]
    pub fn execute_resources(&self, deployment_id: &str) -> Result<Executed> {
        let body = serde_json::json!({});
        self.session
            .send(&EXECUTE_RESOURCES, &[deployment_id], &body)
    }

    /// Changes some of the run parameters of a block deployment:
    /// `PATCH /v1/deployments/{deployment_id}/parameters/run`. The same call as
    /// [`blocks::Client::patch_parameters`](crate::blocks::Client::patch_parameters).
    #[doc(alias = "/v1/deployments/{deployment_id}/parameters/run")]
    pub fn patch_parameters(
        &self,
        deployment_id: &str,
        parameters: &Parameters,
    ) -> Result<Parameters> {
        self.session
            .send(&PATCH_PARAMETERS, &[deployment_id], parameters)
    }

    /// Changes some of the run parameters of a block or app deployment:
    /// `PATCH /v2/deployments/{deployment_id}/parameters/run`. The others stay as they are.
    ///
    /// Returns the service's response, which is empty if the service sends nothing.
    #[doc(alias = "/v2/deployments/{deployment_id}/parameters/run")]
    pub fn patch_parameters_v2(
        &self,
        deployment_id: &str,
        request: &PatchParameters,
    ) -> Result<PatchParameters> {
        self.session
            .send(&PATCH_PARAMETERS_V2, &[deployment_id], request)
    }
}
