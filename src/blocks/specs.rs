//! The calls of specs.

use crate::calls::blocks::*;
use crate::error::Result;
use crate::page::Page;
use crate::pages::Items;
use crate::types::*;

use super::{Client, form};

/// Specs: what blocks are deployed from.
impl Client {
    /// Lists specs: `GET /v1/blocks/specs/`.
    #[doc(alias = "/v1/blocks/specs/")]
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
    #[doc(alias = "/v1/blocks/specs/")]
    pub fn create_spec(&self, request: &CreateSpec) -> Result<CreatedSpec> {
        let form = form::spec(request)?;
        self.session.call(&CREATE_SPEC, &[]).multipart(form).send()
    }

    /// Asks the service to check what [`create_spec`](Client::create_spec) would send, without
    /// creating anything: `POST /v1/blocks/specs/?validate=true`. The official SDK has it since
    /// release 1.26.
    #[doc(alias = "/v1/blocks/specs/")]
    pub fn validate_spec(&self, request: &CreateSpec) -> Result<Validation> {
        let create = self.session.call(&CREATE_SPEC, &[]);
        create
            .multipart(form::spec(request)?)
            .query("validate", true)
            .read_only()
            .send()
    }

    /// Describes a spec and its latest release: `GET /v1/blocks/specs/{spec_id}`.
    #[doc(alias = "/v1/blocks/specs/{spec_id}")]
    pub fn describe_spec(&self, spec_id: &str) -> Result<Spec> {
        self.session.get(&DESCRIBE_SPEC, &[spec_id])
    }

    /// Changes a spec's metadata, its visibility, and whether it is featured:
    /// `PATCH /v1/blocks/specs/{spec_id}`. Fields that are not set stay as they are.
    #[doc(alias = "/v1/blocks/specs/{spec_id}")]
    pub fn update_spec_metadata(
        &self,
        spec_id: &str,
        request: &UpdateSpecMetadata,
    ) -> Result<Updated> {
        self.session
            .update(&UPDATE_SPEC_METADATA, &[spec_id], request)
    }

    /// Deletes a spec and its releases: `DELETE /v1/blocks/specs/{spec_id}`.
    #[doc(alias = "/v1/blocks/specs/{spec_id}")]
    pub fn delete_spec(&self, spec_id: &str) -> Result<Deleted> {
        self.session.delete(&DELETE_SPEC, &[spec_id])
    }
}
