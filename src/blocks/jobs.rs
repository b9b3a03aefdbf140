//! The methods that make several calls: publish, deploy, wait.

use serde_json::{Map, Value, json};

use super::{Client, Deployed, PublishOptions, Published, Wait};
use crate::calls::blocks::*;
use crate::deploy::{self, Deployer};
use crate::error::{Error, Result};
use crate::publish::{self, Publisher};
use crate::types::{CreateDeployment, CreateSpec, Deployment};

/// Jobs that take several calls.
impl Client {
    /// Makes sure that a spec with this release exists: finds the spec by its exact name and kind,
    /// creates it, or adds the release if its version is newer than the latest. A release that
    /// exists is left as it is, so a second run writes nothing.
    ///
    /// If a create fails with an [unknown outcome](crate::Error::outcome_unknown) or because the
    /// name or version is taken meanwhile, it looks once for the result, and does not send the
    /// create again. Differences in the metadata are reported: see
    /// [`publish_with`](Client::publish_with).
    ///
    /// ```no_run
    /// use peak_press::blocks::{Client, PublishChange};
    /// use peak_press::types::CreateSpec;
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let published = Client::from_env()?.publish(&CreateSpec::from_yaml_file("block.yaml")?)?;
    /// if published.change == PublishChange::Unchanged {
    ///     println!("{} exists already", published.version);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the version is not a semantic
    /// version, or does not exist and is not newer than the latest release; nothing is created
    /// then. If the outcome of a create is still unknown after looking, the error of the create.
    pub fn publish(&self, request: &CreateSpec) -> Result<Published> {
        self.publish_with(request, &PublishOptions::new())
    }

    /// [`publish`](Client::publish) with options: whether to update the metadata of an existing
    /// spec.
    pub fn publish_with(
        &self,
        request: &CreateSpec,
        options: &PublishOptions,
    ) -> Result<Published> {
        let job = Job {
            client: self,
            request,
        };
        publish::publish(&job, options)
    }

    /// Makes sure that a deployment has this release and these parameters: finds it by its exact
    /// name, creates it, or creates a revision.
    ///
    /// A deployment is left [unchanged](super::DeployChange::Unchanged) only if the service's responses
    /// prove that it has the same release and parameters and did not fail; a hidden parameter value
    /// cannot be compared, so it always leads to a revision. Without a release version in the
    /// request the release is the spec's latest. Notes and metadata are not compared.
    ///
    /// If a create fails with an [unknown outcome](crate::Error::outcome_unknown) or because the
    /// name is taken meanwhile, it looks once for the result, and does not send the create again.
    /// It does not wait: see [`wait_for_deployment`](Client::wait_for_deployment).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the request has no name, or if
    /// the deployment of this name has another spec. If the outcome of a create is still unknown
    /// after looking, the error of the create.
    pub fn deploy(&self, request: &CreateDeployment) -> Result<Deployed> {
        let job = Job {
            client: self,
            request,
        };
        deploy::deploy(&job)
    }

    /// Waits until a deployment, or one of its revisions, is deployed, and returns the deployment.
    ///
    /// It requests the status repeatedly, with growing pauses, and continues through a transient
    /// outage. [`Wait`] sets how long, and callbacks for what happens meanwhile.
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
    /// [`Error::DeploymentFailed`],
    /// [`Error::WaitTimedOut`] and
    /// [`Error::WaitCancelled`] with what was seen last; and those of
    /// [`describe_deployment`](Client::describe_deployment) that are not
    /// [retryable](crate::Error::is_retryable).
    pub fn wait_for_deployment(&self, deployment_id: &str, wait: &Wait) -> Result<Deployment> {
        let (deployment, revision) = (&DESCRIBE_DEPLOYMENT, &DESCRIBE_DEPLOYMENT_REVISION);
        wait.run(&self.session, deployment, revision, deployment_id)
    }
}

/// A request, and the client to send it with.
pub(super) struct Job<'a, R> {
    pub(super) client: &'a Client,
    pub(super) request: &'a R,
}

impl Publisher for Job<'_, CreateSpec> {
    fn version(&self) -> &str {
        &self.request.body.release.version
    }

    fn metadata(&self) -> Result<Map<String, Value>> {
        let request = self.request;
        let wanted = json!({
            "metadata": request.body.metadata,
            "featured": request.featured,
            "scope": request.scope,
            "tenants": request.tenants,
        });
        let Value::Object(mut wanted) = wanted else {
            return Ok(Map::new());
        };
        wanted.retain(|_, value| !value.is_null() && *value != json!([]));
        Ok(wanted)
    }

    fn find(&self) -> Result<Option<String>> {
        let body = &self.request.body;
        let found = self
            .client
            .find_spec(body.kind.clone(), &body.metadata.name)?;
        Ok(found.map(|spec| spec.id))
    }

    fn describe(&self, spec_id: &str) -> Result<Value> {
        self.client.session.get(&DESCRIBE_SPEC, &[spec_id])
    }

    fn is_released(&self, spec_id: &str) -> Result<bool> {
        exists(self.client.describe_spec_release(spec_id, self.version()))
    }

    fn create(&self) -> Result<String> {
        Ok(self.client.create_spec(self.request)?.id)
    }

    fn create_release(&self, spec_id: &str) -> Result<()> {
        let release = self.request.to_release();
        self.client.create_spec_release(spec_id, &release).map(drop)
    }

    fn update(&self, spec_id: &str, changes: &Value) -> Result<()> {
        let session = &self.client.session;
        let updated = session.update(&UPDATE_SPEC_METADATA, &[spec_id], changes);
        updated.map(drop)
    }
}

impl Deployer for Job<'_, CreateDeployment> {
    fn name(&self) -> Option<&str> {
        self.request.metadata.name.as_deref()
    }

    fn spec_id(&self) -> &str {
        &self.request.spec.id
    }

    fn version(&self) -> Option<&str> {
        let release = self.request.spec.release.as_ref()?;
        Some(&release.version)
    }

    fn parameters(&self) -> Option<Value> {
        Some(json!(self.request.parameters))
    }

    fn find(&self) -> Result<Option<String>> {
        let found = self
            .client
            .find_deployment(self.name().unwrap_or_default())?;
        Ok(found.map(|deployment| deployment.id))
    }

    fn describe(&self, deployment_id: &str) -> Result<Value> {
        let session = &self.client.session;
        session.get(&DESCRIBE_DEPLOYMENT, &[deployment_id])
    }

    fn latest_version(&self) -> Result<Option<String>> {
        let spec = self.client.describe_spec(self.spec_id())?;
        Ok(spec.latest_version().map(str::to_owned))
    }

    fn definitions(&self, version: &str) -> Result<Value> {
        let release = self.client.describe_spec_release(self.spec_id(), version)?;
        Ok(json!(release.parameters))
    }

    fn create(&self) -> Result<String> {
        Ok(self.client.create_deployment(self.request)?.id)
    }

    fn revise(&self, deployment_id: &str, version: Option<&str>) -> Result<u64> {
        let mut revision = self.request.to_revision();
        revision.release = version.map(Into::into);
        let created = self
            .client
            .create_deployment_revision(deployment_id, &revision)?;
        Ok(created.revision)
    }
}

fn exists<T>(described: Result<T>) -> Result<bool> {
    match described {
        Ok(_) => Ok(true),
        Err(Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
