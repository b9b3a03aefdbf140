//! What the generated types are spared to spell out: requests made of parts or of other requests,
//! and the fields of an answer that everybody asks for.

use super::*;

impl SpecBody {
    /// The body of a workflow's spec.
    pub fn workflow(
        metadata: impl Into<SpecMetadata>,
        release: impl Into<NewRelease>,
        config: impl Into<WorkflowConfig>,
    ) -> Self {
        Self::new(BlockKind::Workflow, metadata, release, config.into())
    }

    /// The body of a service's spec.
    pub fn service(
        metadata: impl Into<SpecMetadata>,
        release: impl Into<NewRelease>,
        config: impl Into<ServiceConfig>,
    ) -> Self {
        Self::new(BlockKind::Service, metadata, release, config.into())
    }

    /// What is wrong with it, where the config is not one of the kind.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match (&self.kind, &self.config) {
            (BlockKind::Service, Config::Workflow(_)) => {
                Err("a service's config needs `serviceType`")
            }
            (BlockKind::Workflow, Config::Service(_)) => {
                Err("`serviceType` is of a service's config, and the kind is workflow")
            }
            _ => Ok(()),
        }
    }
}

/// `From` text for the structs that say no more than one text does.
macro_rules! from_text {
    ($($name:ident),*) => {$(
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
    )*};
}

from_text!(NewRelease, ReleaseVersion, SpecReference, Tag);

/// Files name an artifact's folder relative to wherever they are read.
macro_rules! relative_to {
    ($($name:ident),*) => {$(
        impl $name {
            /// Makes a relative path of its artifact relative to a folder other than the current
            /// directory, such as that of the file which it was read from.
            ///
            /// ```no_run
            #[doc = concat!("use peak_press::types::", stringify!($name), ";")]
            ///
            /// # fn main() -> peak_press::Result<()> {
            #[doc = concat!(
                "let request = ", stringify!($name),
                "::from_yaml_file(\"blocks/forecast.yaml\")?.relative_to(\"blocks\");"
            )]
            /// # let _ = request;
            /// # Ok(())
            /// # }
            /// ```
            #[must_use]
            pub fn relative_to(mut self, folder: impl AsRef<std::path::Path>) -> Self {
                self.artifact = self.artifact.map(|artifact| artifact.relative_to(folder));
                self
            }
        }
    )*};
}

relative_to!(CreateSpec, CreateSpecRelease);

impl CreateSpec {
    /// A problem that no type rules out: its path and a message.
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let checked = self.body.check();
        checked.map_err(|message| ("body.config", message))
    }

    /// This release, as a request to add it to an existing spec with
    /// [`create_spec_release`](crate::blocks::Client::create_spec_release).
    ///
    /// It keeps everything that belongs to a release, including the artifact and unknown fields, and
    /// drops what belongs to the spec: `metadata`, `kind`, `featured`, `scope` and `tenants`.
    ///
    /// ```
    /// use peak_press::types::CreateSpec;
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let request = CreateSpec::from_yaml_str("
    /// body:
    ///   version: 1
    ///   kind: workflow
    ///   metadata: { name: forecast, summary: Forecasts demand }
    ///   release: { version: 1.1.0 }
    ///   config: {}
    /// ")?;
    /// assert_eq!(request.to_release().body.release.version, "1.1.0");
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_release(&self) -> CreateSpecRelease {
        CreateSpecRelease {
            artifact: self.artifact.clone(),
            auto_run_on_deploy: self.auto_run_on_deploy,
            body: ReleaseBody {
                config: self.body.config.clone(),
                release: self.body.release.clone(),
                extra: self.body.extra.clone(),
            },
            parameters: self.parameters.clone(),
            extra: self.extra.clone(),
        }
    }
}

impl CreateDeployment {
    /// The same release, parameters and notes, as a request to revise an existing deployment with
    /// [`create_deployment_revision`](crate::blocks::Client::create_deployment_revision).
    ///
    /// It keeps unknown fields at the top level, and drops what belongs to the deployment: `metadata`,
    /// and everything in `spec` except the release.
    pub fn to_revision(&self) -> CreateDeploymentRevision {
        CreateDeploymentRevision {
            parameters: self.parameters.clone(),
            release: self.spec.release.clone(),
            revision: self.revision.clone(),
            extra: self.extra.clone(),
        }
    }
}

impl Spec {
    /// The name in its metadata.
    pub fn name(&self) -> Option<&str> {
        self.metadata.as_ref()?.name.as_deref()
    }

    /// The status in its metadata.
    pub fn status(&self) -> Option<&SpecStatus> {
        self.metadata.as_ref()?.status.as_ref()
    }

    /// The version of its latest release.
    pub fn latest_version(&self) -> Option<&str> {
        self.latest_release.as_ref()?.version.as_deref()
    }
}

impl Deployment {
    /// The name in its metadata.
    pub fn name(&self) -> Option<&str> {
        self.metadata.as_ref()?.name.as_deref()
    }

    /// The status in its metadata.
    pub fn status(&self) -> Option<&DeploymentStatus> {
        self.metadata.as_ref()?.status.as_ref()
    }
}
