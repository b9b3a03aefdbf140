//! The methods that combine several calls: publish, deploy, wait.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Client, Deployed, PublishOptions, Published, Wait, form};
use crate::calls::Twins;
use crate::calls::blocks::*;
use crate::deploy::{self, Deploy, Values};
use crate::error::Result;
use crate::http::Request;
use crate::publish::{self, Publish};
use crate::session::Session;
use crate::types::{CreateDeployment, CreateSpec, Deployment};

/// Methods that combine several calls.
impl Client {
    /// Makes sure that a spec with this release exists: finds the spec by its exact name and kind,
    /// creates it, or adds the release if its version is newer than the latest. A release that
    /// exists is left as it is, so a second run writes nothing.
    ///
    /// If a create fails with an [unknown outcome](crate::Error::outcome_unknown) or because the
    /// name or version was taken in the meantime, it looks for the result once, and does not send
    /// the create again. Differences in the metadata are reported: see
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
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) if the version is not a semantic
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
        publish::publish(&self.session, request, options)
    }

    /// Makes sure that a deployment has this release and these parameters: finds it by its exact
    /// name, creates it, or creates a revision.
    ///
    /// A deployment is left [unchanged](super::DeployChange::Unchanged) only if the service's responses
    /// prove that it has the same release and parameters and did not fail; a hidden parameter value
    /// cannot be compared, so it always leads to a revision. Without a release version in the
    /// request the release is the spec's latest. Values that the request leaves out are expected to
    /// be the defaults, and a revision sets them to the defaults if they are not. Notes and metadata are
    /// not compared.
    ///
    /// If a create fails with an [unknown outcome](crate::Error::outcome_unknown) or because the
    /// name was taken in the meantime, it looks for the result once, and does not send the create
    /// again. It does not wait: see [`wait_for_deployment`](Client::wait_for_deployment).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) if the request has no name, or if
    /// the deployment of this name has another spec. If the outcome of a create is still unknown
    /// after looking, the error of the create.
    pub fn deploy(&self, request: &CreateDeployment) -> Result<Deployed> {
        deploy::deploy(&self.session, request)
    }

    /// Waits until a deployment, or one of its revisions, is deployed, and returns the deployment.
    ///
    /// It requests the status repeatedly, with growing pauses, and continues through a transient
    /// outage. [`Wait`] sets how long, and callbacks to follow the progress.
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
    /// [`Error::DeploymentFailed`](crate::Error::DeploymentFailed),
    /// [`Error::WaitTimedOut`](crate::Error::WaitTimedOut) and
    /// [`Error::WaitCancelled`](crate::Error::WaitCancelled) with what was seen last; and those of
    /// [`describe_deployment`](Client::describe_deployment) that are not
    /// [retryable](crate::Error::is_retryable).
    pub fn wait_for_deployment(&self, deployment_id: &str, wait: &Wait) -> Result<Deployment> {
        let (deployment, revision) = (&DESCRIBE_DEPLOYMENT, &DESCRIBE_DEPLOYMENT_REVISION);
        wait.run(&self.session, deployment, revision, deployment_id)
    }
}

impl Publish for CreateSpec {
    fn calls(&self) -> &'static Twins {
        &TWINS
    }

    fn kind(&self) -> &str {
        self.body.kind.as_str()
    }

    fn name(&self) -> &str {
        &self.body.metadata.name
    }

    fn version(&self) -> &str {
        &self.body.release.version
    }

    fn metadata(&self) -> Value {
        json!({
            "metadata": self.body.metadata,
            "featured": self.featured,
            "scope": self.scope,
            "tenants": self.tenants,
        })
    }

    fn add_spec(&self, call: Request) -> Result<Request> {
        Ok(call.multipart(form::spec(self)?))
    }

    fn add_release(&self, call: Request) -> Result<Request> {
        Ok(call.multipart(form::release(&self.to_release())?))
    }
}

impl Deploy for CreateDeployment {
    fn calls(&self) -> &'static Twins {
        &TWINS
    }

    fn name(&self) -> Option<&str> {
        self.metadata.name.as_deref()
    }

    fn spec_id(&self) -> &str {
        &self.spec.id
    }

    fn version(&self) -> Option<&str> {
        Some(&self.spec.release.as_ref()?.version)
    }

    type Difference = Values;

    fn compare(&self, session: &Session, current: &Value, version: &str) -> Result<(bool, Values)> {
        let release: Value = session.get(&DESCRIBE_SPEC_RELEASE, &[&self.spec.id, version])?;
        let given = deploy::values(&json!(self.parameters));
        let (current, declared) = (&current["parameters"], deploy::definitions(&release));
        let compared = deploy::compare(&given, &Values::new(), current, declared);
        Ok((compared.same, compared.resets))
    }

    fn revision(&self, version: Option<&str>, resets: &Values) -> impl Serialize {
        let mut revision = self.to_revision();
        revision.release = version.map(|version| Box::new(version.into()));
        deploy::add_values(&mut revision.parameters, resets);
        revision
    }
}
