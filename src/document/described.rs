//! Turns what the service describes into requests, which can be written to files.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::problem::{Problem, Problems};
use super::rule::HIDDEN_VALUE;
use super::unknown::join;
use crate::error::{Error, Result};
use crate::types::*;

impl Spec {
    /// The request that creates a spec like this one, without its artifact.
    ///
    /// The service does not return artifacts: set one with `artifact` where the images need it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if `kind`, `metadata`, or the version or config of the latest
    /// release is missing. A list leaves the config out: use
    /// [`describe_spec`](crate::blocks::Client::describe_spec).
    ///
    /// ```no_run
    /// # fn main() -> peak_press::Result<()> {
    /// # let client = peak_press::blocks::Client::from_env()?;
    /// let request = client.describe_spec("spec-id")?.to_create_spec()?;
    /// request.to_yaml_file("block.yaml")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_create_spec(&self) -> Result<CreateSpec> {
        let kind = given(&self.kind, "kind")?;
        let described = given(&self.metadata, "metadata")?;
        let release = given(&self.latest_release, "latestRelease")?;
        given(&described.name, "metadata.name")?;
        let described = SpecInfo {
            summary: Some(described.summary.clone().unwrap_or_default()),
            ..*described.clone()
        };
        let mut metadata: SpecMetadata = shared(&described, "metadata")?;
        metadata.extra.clear();
        given(&release.version, "latestRelease.version")?;
        let mut version: NewRelease = shared(&release, "latestRelease")?;
        version.extra.clear();
        let config = *given(&release.config, "latestRelease.config")?;
        let mut request = CreateSpec::new(SpecBody::new(kind, metadata, version, config));
        request.featured = self.featured;
        request.scope = self.scope.clone();
        request.tenants = self.tenants.clone();
        request.parameters = self.parameters.clone();
        Ok(request)
    }
}

impl Release {
    /// The request that creates a release like this one, without its artifact.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the version or the config is missing.
    pub fn to_release_request(&self) -> Result<CreateSpecRelease> {
        given(&self.version, "version")?;
        let mut release: NewRelease = shared(self, "version")?;
        release.extra.clear();
        let body = ReleaseBody::new(release, *given(&self.config, "config")?);
        let mut request = CreateSpecRelease::new(body);
        request.parameters = self.parameters.clone();
        request.auto_run_on_deploy = self.auto_run_on_deploy;
        Ok(request)
    }
}

impl Deployment {
    /// The request that creates a deployment like this one, and the parameters that it lacks.
    ///
    /// The service masks values of parameters that are hidden. They are left out, and each is
    /// reported: set them before the request is sent.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the id of the spec is missing.
    pub fn to_create_deployment(&self) -> Result<(CreateDeployment, Vec<Problem>)> {
        let text = |key: &str| {
            let spec = self.spec.as_ref()?;
            spec.get(key).and_then(Value::as_str).map(str::to_owned)
        };
        let mut spec = SpecReference::new(given(&text("id"), "spec.id")?);
        let release = self.spec.as_ref().and_then(|spec| spec.get("release"));
        let version = release.and_then(|release| release.get("version")?.as_str());
        spec.release = version.map(|version| Box::new(ReleaseVersion::new(version)));

        let mut metadata = DeploymentMetadata::new();
        if let Some(described) = &self.metadata {
            metadata = shared(described, "metadata")?;
            metadata.extra.clear();
        }
        let mut request = CreateDeployment::new(metadata, spec);
        let notes = self
            .latest_revision
            .as_ref()
            .and_then(|latest| latest.notes.clone());
        request.revision = notes.map(|notes| Box::new(RevisionNotes::new().notes(notes)));

        let mut masked = Problems::default();
        request.parameters = self.parameters.clone().map(|mut parameters| {
            drop_masked(&mut parameters.build, "parameters.build", &mut masked);
            drop_masked(&mut parameters.run, "parameters.run", &mut masked);
            parameters
        });
        Ok((request, masked.found))
    }
}

/// A part of a request, from the description's fields. Fields that the request does not have go to
/// `extra`.
fn shared<T: DeserializeOwned>(described: &impl Serialize, path: &str) -> Result<T> {
    let text = serde_json::to_string(described);
    let part = text.and_then(|text| serde_json::from_str(&text));
    part.map_err(|error| Error::invalid_argument(path, error.to_string()))
}

/// A field that the request requires.
fn given<T: Clone>(field: &Option<T>, path: &str) -> Result<T> {
    let missing = || Error::invalid_argument(path, "is missing in what the service described");
    field.clone().ok_or_else(missing)
}

fn drop_masked(values: &mut Option<Map<String, Value>>, at: &str, found: &mut Problems) {
    if let Some(values) = values {
        values.retain(|name, value| {
            let is_masked = value.as_str().is_some_and(is_mask);
            if is_masked {
                found.add(
                    HIDDEN_VALUE,
                    join(at, name),
                    "the value is masked, and left out",
                );
            }
            !is_masked
        });
    }
}

/// Whether a text is a mask that the service returns for a hidden value.
fn is_mask(text: &str) -> bool {
    text.chars().count() >= 3 && text.chars().all(|c| matches!(c, '*' | '•'))
}
