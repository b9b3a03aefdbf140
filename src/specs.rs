//! The client for specs of any kind.
//!
//! Lists, errors and ids work as in [`blocks`](crate::blocks).
//!
//! ```no_run
//! use peak_press::{specs, types::*};
//!
//! # fn main() -> peak_press::Result<()> {
//! let client = specs::Client::from_env()?;
//! for spec in client.list_specs(&ListAllSpecs::new().kind(SpecKind::App).term("forecast")) {
//!     println!("{}", spec?.id);
//! }
//! # Ok(())
//! # }
//! ```

use crate::calls::specs::*;
use crate::error::Result;
use crate::page::Page;
use crate::pages::Items;
use crate::session::Session;
use crate::types::*;

/// A client for specs of any kind. It is cheap to clone, and many threads can share it.
///
#[doc = include_str!(concat!(env!("OUT_DIR"), "/calls_specs.md"))]
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

    /// Lists the specs of blocks and apps: `GET /v1/specs/`.
    #[doc(alias = "/v1/specs/")]
    pub fn list_specs(&self, query: &ListAllSpecs) -> Items<AnySpec> {
        self.session.list(&LIST_SPECS, &[], query)
    }

    /// Gets one page of [`list_specs`](Client::list_specs).
    pub fn list_specs_page(&self, query: &ListAllSpecs, page_number: u64) -> Result<Page<AnySpec>> {
        self.session.page(&LIST_SPECS, &[], query, page_number)
    }

    /// Lists the deployments of a spec, or of one release if the query has a version:
    /// `GET /v1/specs/{spec_id}/releases/deployments`.
    #[doc(alias = "/v1/specs/{spec_id}/releases/deployments")]
    pub fn list_spec_release_deployments(
        &self,
        spec_id: &str,
        query: &ListSpecReleaseDeployments,
    ) -> Items<AnyDeployment> {
        self.session
            .list(&LIST_SPEC_RELEASE_DEPLOYMENTS, &[spec_id], query)
    }

    /// Gets one page of [`list_spec_release_deployments`](Client::list_spec_release_deployments).
    pub fn list_spec_release_deployments_page(
        &self,
        spec_id: &str,
        query: &ListSpecReleaseDeployments,
        page_number: u64,
    ) -> Result<Page<AnyDeployment>> {
        let call = &LIST_SPEC_RELEASE_DEPLOYMENTS;
        self.session.page(call, &[spec_id], query, page_number)
    }
}
