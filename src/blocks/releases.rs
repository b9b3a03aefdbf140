//! The calls of releases.

use crate::calls::blocks::*;
use crate::error::Result;
use crate::page::Page;
use crate::pages::Items;
use crate::types::*;

use super::{Client, form};

/// Releases: the versions of a spec.
impl Client {
    /// Adds a release to a spec: `POST /v1/blocks/specs/{spec_id}/releases`, as a form.
    ///
    /// The version must be greater than those of the spec's other releases.
    ///
    /// # Errors
    ///
    /// Those of [`create_spec`](Client::create_spec).
    #[doc(alias = "/v1/blocks/specs/{spec_id}/releases")]
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
    #[doc(alias = "/v1/blocks/specs/{spec_id}/releases")]
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
    #[doc(alias = "/v1/blocks/specs/{spec_id}/releases")]
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
    #[doc(alias = "/v1/blocks/specs/{spec_id}/releases/{version}")]
    pub fn describe_spec_release(&self, spec_id: &str, version: &str) -> Result<Release> {
        self.session
            .get(&DESCRIBE_SPEC_RELEASE, &[spec_id, version])
    }
}
