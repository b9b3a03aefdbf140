//! Convenience methods of generated types: requests built from parts or from other requests, and
//! accessors for the most used fields of a response.

use std::path::Path;

use super::*;

impl SpecBody {
    /// The body of a workflow's spec.
    ///
    /// ```
    /// use peak_press::types::*;
    ///
    /// let step = StandardStep::new("python train.py").image(Image::new().dockerfile("Dockerfile"));
    /// let body = SpecBody::workflow(
    ///     SpecMetadata::new("forecast", "Forecasts next week's demand"),
    ///     NewRelease::new("1.0.0"),
    ///     WorkflowConfig::new().step("train", step).trigger(Trigger::cron("0 6 * * 1")),
    /// );
    /// assert_eq!(CreateSpec::new(body).problems(), []);
    /// ```
    pub fn workflow(
        metadata: SpecMetadata,
        release: impl Into<NewRelease>,
        config: WorkflowConfig,
    ) -> Self {
        Self::new(BlockKind::Workflow, metadata, release, config)
    }

    /// The body of a service's spec: a web app or an API.
    ///
    /// ```
    /// use peak_press::types::*;
    ///
    /// let body = SpecBody::service(
    ///     SpecMetadata::new("dashboard", "Shows the forecast"),
    ///     NewRelease::new("1.0.0"),
    ///     ServiceConfig::new(ServiceType::WebApp)
    ///         .image(Image::new().dockerfile("Dockerfile"))
    ///         .session_stickiness(true),
    /// );
    /// assert_eq!(CreateSpec::new(body).problems(), []);
    /// ```
    pub fn service(
        metadata: SpecMetadata,
        release: impl Into<NewRelease>,
        config: ServiceConfig,
    ) -> Self {
        Self::new(BlockKind::Service, metadata, release, config)
    }

    /// Checks that the config fits the kind.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        self.config.check(&self.kind)
    }
}

impl Config {
    /// Checks that the config fits the kind.
    pub(crate) fn check(&self, kind: &BlockKind) -> Result<(), &'static str> {
        match (kind, self) {
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

impl WorkflowConfig {
    /// Adds a step of any type, or replaces the step of this name.
    ///
    /// ```
    /// use peak_press::types::*;
    ///
    /// let config = WorkflowConfig::new()
    ///     .image("python", Image::new().dockerfile("Dockerfile"))
    ///     .step("load", StandardStep::new("python load.py").image_ref("python"))
    ///     .step("notify", HttpStep::new("post", "https://example.com/done").parents(["load"]));
    /// assert_eq!(config.steps.unwrap().len(), 2);
    /// ```
    pub fn step(mut self, name: impl Into<String>, step: impl Into<Step>) -> Self {
        let steps = self.steps.get_or_insert_default();
        steps.insert(name.into(), step.into());
        self
    }

    /// Adds an image, or replaces the image of this name.
    pub fn image(mut self, name: impl Into<String>, image: Image) -> Self {
        let images = self.images.get_or_insert_default();
        images.insert(name.into(), image);
        self
    }

    /// Adds a trigger.
    ///
    /// ```
    /// use peak_press::types::*;
    ///
    /// let config = WorkflowConfig::new()
    ///     .trigger(Trigger::cron("0 6 * * 1"))
    ///     .trigger(Trigger::webhook());
    /// assert_eq!(config.triggers.unwrap().len(), 2);
    /// ```
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.triggers.get_or_insert_default().push(trigger);
        self
    }

    /// Adds a watcher.
    pub fn watcher(mut self, watcher: Watcher) -> Self {
        self.watchers.get_or_insert_default().push(watcher);
        self
    }
}

impl Trigger {
    /// Starts the workflow on a schedule: a cron expression of five fields.
    pub fn cron(cron: impl Into<OrParam<String>>) -> Self {
        Self {
            cron: Some(cron.into()),
            ..Self::new()
        }
    }

    /// Starts the workflow when its webhook is called.
    pub fn webhook() -> Self {
        Self {
            webhook: Some(true.into()),
            ..Self::new()
        }
    }

    /// Starts the workflow when the webhook of this ID is called. In SDK 1.29.
    pub fn webhook_id(id: impl Into<OrParam<String>>) -> Self {
        Self {
            webhook_id: Some(id.into()),
            ..Self::new()
        }
    }

    /// Starts the workflow by its webhook under this policy. Only in the reference of SDK 1.1.0, which
    /// lists no values; 1.29 has `webhook_id` instead.
    pub fn webhook_policy(policy: impl Into<OrParam<String>>) -> Self {
        Self {
            webhook_policy: Some(policy.into()),
            ..Self::new()
        }
    }
}

impl Watcher {
    /// Notifies a user of the platform, by email address.
    ///
    /// ```
    /// use peak_press::types::*;
    ///
    /// let config = WorkflowConfig::new()
    ///     .watcher(Watcher::user("ops@example.com", WatcherEvents::new().fail(true)))
    ///     .watcher(Watcher::webhook(
    ///         WatcherWebhook::new("ops", "https://example.com/ops", "{}"),
    ///         WatcherEvents::new().runtime_exceeded(30),
    ///     ))
    ///     .watcher(Watcher::email(
    ///         WatcherEmail::new("team", EmailRecipients::new(["team@example.com"])),
    ///         WatcherEvents::new().success(true),
    ///     ));
    /// assert_eq!(config.watchers.unwrap().len(), 3);
    /// ```
    pub fn user(user: impl Into<OrParam<String>>, events: WatcherEvents) -> Self {
        Self {
            user: Some(user.into()),
            ..Self::new(events)
        }
    }

    /// Calls a webhook.
    pub fn webhook(webhook: WatcherWebhook, events: WatcherEvents) -> Self {
        Self {
            webhook: Some(Box::new(webhook)),
            ..Self::new(events)
        }
    }

    /// Sends an email.
    pub fn email(email: WatcherEmail, events: WatcherEvents) -> Self {
        Self {
            email: Some(Box::new(email)),
            ..Self::new(events)
        }
    }
}

impl CreateSpec {
    /// Resolves a relative artifact path against a folder other than the current directory, such as
    /// that of the file the request was read from.
    ///
    /// ```no_run
    /// use peak_press::types::CreateSpec;
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let request = CreateSpec::from_yaml_file("blocks/forecast.yaml")?.relative_to("blocks");
    /// # let _ = request;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn relative_to(mut self, folder: impl AsRef<Path>) -> Self {
        self.artifact = self.artifact.map(|artifact| artifact.relative_to(folder));
        self
    }

    /// Checks what the type itself cannot rule out. An error is a path and a message.
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
            lines: Lines::default(),
        }
    }
}

impl CreateSpecRelease {
    /// Resolves a relative artifact path against a folder other than the current directory: see
    /// [`CreateSpec::relative_to`].
    #[must_use]
    pub fn relative_to(mut self, folder: impl AsRef<Path>) -> Self {
        self.artifact = self.artifact.map(|artifact| artifact.relative_to(folder));
        self
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
            lines: Lines::default(),
        }
    }
}

impl CreateAppSpec {
    /// This release, as a request to add it to an existing spec with
    /// [`create_spec_release`](crate::apps::Client::create_spec_release).
    ///
    /// It keeps everything that belongs to a release, including unknown fields, and drops what belongs
    /// to the spec: `metadata`, `kind`, `featured`, `scope` and `tenants`.
    pub fn to_release(&self) -> CreateAppSpecRelease {
        CreateAppSpecRelease {
            body: AppReleaseBody {
                config: self.body.config.clone(),
                release: self.body.release.clone(),
                extra: self.body.extra.clone(),
            },
            parameters: self.parameters.clone(),
            extra: self.extra.clone(),
            lines: Lines::default(),
        }
    }
}

impl CreateAppDeployment {
    /// The same release, blocks, parameters and notes, as a request to revise an existing deployment
    /// with [`create_deployment_revision`](crate::apps::Client::create_deployment_revision).
    ///
    /// It keeps unknown fields at the top level, and drops what belongs to the deployment: `metadata`,
    /// and everything in `spec` except the release, `includes` and `excludes`.
    pub fn to_revision(&self) -> CreateAppDeploymentRevision {
        let (includes, excludes) = (&self.spec.includes, &self.spec.excludes);
        let blocks_config = Box::new(BlocksConfig {
            includes: includes.clone(),
            excludes: excludes.clone(),
            ..BlocksConfig::new()
        });
        CreateAppDeploymentRevision {
            app_parameters: self.app_parameters.clone(),
            blocks_config: (includes.is_some() || excludes.is_some()).then_some(blocks_config),
            parameters: self.parameters.clone(),
            release: self.spec.release.clone(),
            revision: self.revision.clone(),
            extra: self.extra.clone(),
            lines: Lines::default(),
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
