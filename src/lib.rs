//! A blocking client for the Press API of [Peak](https://peak.ai).
//!
//! Press is the part of the Peak platform that packages and deploys code. A *block spec* describes a
//! workflow or a service and has *releases*; a *deployment* runs one of them and has *revisions*. An
//! *app* is made of blocks and has specs and deployments too. This crate publishes specs, manages
//! deployments, and reads run parameters inside a block. It has no async runtime: each call returns
//! when the response has arrived.
//!
//! ```toml
//! [dependencies]
//! peak-press = "0.2"
//! ```
//!
//! ```no_run
//! use peak_press::{blocks, types::*};
//!
//! fn main() -> peak_press::Result<()> {
//!     let client = blocks::Client::from_env()?;
//!     for spec in client.list_specs(&ListSpecs::new().status([SpecStatus::Available])) {
//!         let spec = spec?;
//!         println!("{} {}", spec.id, spec.name().unwrap_or_default());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! - [`blocks::Client`], [`apps::Client`], [`specs::Client`] and [`deployments::Client`] have a method
//!   for each call; [`types`] has their requests and responses.
//! - [`Session`] holds the credentials and the settings.
//! - [`Error`] is every error; see [Errors](#errors).
//! - [`files`] explains request files in YAML and JSON, and their schemas for editors.
//! - [`from_python`] is for users of the official Python client.
//!
//! # Errors
//!
//! [`Error`] has a variant for each cause that a caller can act on:
//!
//! | cause | [`Error`] | what to do |
//! |---|---|---|
//! | the request is invalid | `BadRequest`, `UnprocessableEntity`, `InvalidArgument`, `InvalidYaml`, `InvalidJson`, `InvalidTemplate`, `FileNotFound`, `File`, `Artifact` | read the message and fix it |
//! | the token or stage is missing, wrong or insufficient | `MissingCredentials`, `TokenSource`, `InvalidStage`, `Unauthorized`, `Forbidden` | check the environment |
//! | it does not exist | `NotFound` | check the ID and the stage, or create it |
//! | it already exists | `Conflict` | use another name or a higher version |
//! | an artifact is too large, or there are too many requests | `PayloadTooLarge`, `RateLimited` | exclude files; wait |
//! | the service or a gateway failed | `InternalServerError`, `Status` | try again later |
//! | no response | `Transport`, `Timeout` | try again later |
//! | an unexpected response | `Decode` | check the base URL and proxies |
//! | a deployment is not running | `DeploymentFailed`, `WaitTimedOut`, `WaitCancelled` | redeploy, or wait longer |
//!
//! Transient failures are retried if repeating the request is safe; [`RetryPolicy`] has the rules. A
//! create that may have been carried out is not retried. [`Error::outcome_unknown`] is then true, and
//! a lookup by name shows whether it was:
//!
//! ```no_run
//! # use peak_press::{blocks, types::*};
//! # fn main() -> peak_press::Result<()> {
//! # let client = blocks::Client::from_env()?;
//! # let request = CreateSpec::from_yaml_file("block.yaml")?;
//! let id = match client.create_spec(&request) {
//!     Ok(created) => created.id,
//!     Err(error) if error.outcome_unknown() => {
//!         let SpecBody { kind, metadata, .. } = &request.body;
//!         client.find_spec(kind, &metadata.name)?.ok_or(error)?.id
//!     }
//!     Err(error) => return Err(error),
//! };
//! # let _ = id;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | default | enables |
//! |---|---|---|
//! | `rustls` | yes | HTTPS through rustls |
//! | `native-tls` | | HTTPS through the operating system's TLS library: [`TlsProvider::NativeTls`] |
//! | `platform-verifier` | | with `rustls`: the operating system's certificates, [`TlsRoots::Platform`] |
//! | `socks-proxy` | | SOCKS proxies |
//! | `templates` | | request files that are Jinja templates: `from_template_file` |
//! | `emulator` | | the emulator |
//!
//! With neither `rustls` nor `native-tls`, only loopback addresses can be reached. The minimum supported
//! Rust version is 1.88; raising it is a minor release.
//!
//! # Credentials
//!
//! The token is an API key, or a bearer token including its `Bearer ` prefix. [`Session::from_env`]
//! reads it from `PEAK_AUTH_TOKEN` or else `API_KEY`, and the stage from `PEAK__STAGE` or else `STAGE`;
//! the default stage is `prod`. `PEAK_PRESS_BASE_URL` points a whole program at another server, such as an
//! emulator. [`Session::new`] takes the token and the stage as arguments, and [`Session::builder`] sets
//! everything else. A session can be shared by any number of threads. [`Session`] documents where the
//! token is sent.
//!
//! # Listing
//!
//! Each list call returns an iterator. It sends nothing until the first item is requested, and then one
//! request per page. After an error it ends; [`Items::page_number`] is where to resume. The service's
//! name filters match prefixes; [`find_spec`](blocks::Client::find_spec) and
//! [`find_deployment`](blocks::Client::find_deployment) match the whole name.
//!
//! ```no_run
//! # use peak_press::{blocks, types::*};
//! # fn main() -> peak_press::Result<()> {
//! # let client = blocks::Client::from_env()?;
//! let failed = ListDeployments::new().status([DeploymentStatus::Failed]).page_size(50);
//! for deployment in client.list_deployments(&failed).take(10) {
//!     println!("{}", deployment?.id);
//! }
//! for page in client.list_specs(&ListSpecs::new()).pages() {
//!     let page = page?;
//!     println!("{} of {:?}", page.items.len(), page.total);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Publishing
//!
//! Build a spec from [types], or [read it from a file](files). Its [`Artifact`] is the folder to upload;
//! [`Artifact::files`] lists what would be uploaded. [`publish`](blocks::Client::publish) creates the
//! spec or the release only if it does not exist yet, so that a CI job can run twice;
//! [`problems`](types::CreateSpec::problems) lists what the API's reference says is wrong.
//!
//! ```no_run
//! # use peak_press::{blocks, Artifact, types::*};
//! # fn main() -> peak_press::Result<()> {
//! # let client = blocks::Client::from_env()?;
//! let step = StandardStep::new("python train.py").image(Image::new().dockerfile("Dockerfile"));
//! let body = SpecBody::workflow(
//!     SpecMetadata::new("forecast", "Forecasts next week's demand"),
//!     NewRelease::new("1.0.0"),
//!     WorkflowConfig::new().step("train", step),
//! );
//! let request = CreateSpec::new(body).artifact(Artifact::dir("app"));
//! client.validate_spec(&request)?;
//! println!("{}", client.create_spec(&request)?.id);
//! # Ok(())
//! # }
//! ```
//!
//! # Deploying
//!
//! [`deploy`](blocks::Client::deploy) creates the deployment or a revision, or does nothing if nothing
//! changed. [`wait_for_deployment`](blocks::Client::wait_for_deployment) polls a deployment until it is running,
//! and returns an error with its status if it fails.
//!
//! ```no_run
//! # use peak_press::{blocks::{self, Wait}, types::*};
//! # fn main() -> peak_press::Result<()> {
//! # let client = blocks::Client::from_env()?;
//! # let spec_id = "";
//! let metadata = DeploymentMetadata::new().name("forecast-north").summary("Northern region");
//! let request = CreateDeployment::new(metadata, SpecReference::new(spec_id))
//!     .parameters(DeploymentParameters::new().run([("horizon", 14)]));
//! let created = client.create_deployment(&request)?;
//! let wait = Wait::new().on_status(|status| eprintln!("{status}"));
//! client.wait_for_deployment(&created.id, &wait)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Run parameters
//!
//! Inside a block, [`get_parameters`](blocks::Client::get_parameters) finds the block's own deployment
//! through the environment variable `PRESS_DEPLOYMENT_ID`; elsewhere it can read a file.
//! [`Parameters::deserialize`] reads them into a struct, and [`Parameters::serialize`] converts back.
//!
//! ```no_run
//! # use peak_press::{blocks, types::*};
//! #[derive(serde::Deserialize)]
//! struct Run {
//!     horizon: u32,
//!     #[serde(default)]
//!     regions: Vec<String>,
//! }
//!
//! # fn main() -> peak_press::Result<()> {
//! # let client = blocks::Client::from_env()?;
//! let request = GetParameters::new().fallback_params_file("params.yaml");
//! let run: Run = client.get_parameters(&request)?.deserialize()?;
//! println!("{} days for {}", run.horizon, run.regions.join(", "));
//! # Ok(())
//! # }
//! ```
//!
//! # Testing your own code
//!
#![cfg_attr(
    feature = "emulator",
    doc = "The [emulator] is an in-process Press. It validates and stores what you send, moves \
           deployments along, fails on demand, and records every request."
)]
#![cfg_attr(
    not(feature = "emulator"),
    doc = "The feature `emulator` adds an in-process Press. It validates and stores what you send, \
           moves deployments along, fails on demand, and records every request."
)]
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # fn main() -> peak_press::Result<()> {
//! use peak_press::emulator::{Emulator, Fault};
//! use peak_press::{blocks, types::ListSpecs};
//!
//! let emulator = Emulator::start()?;
//! emulator.seed_specs(3);
//! emulator.inject(Fault::status(503));
//!
//! let client = blocks::Client::new(emulator.session());
//! assert_eq!(client.list_specs(&ListSpecs::new()).count(), 3);
//! assert_eq!(emulator.requests().len(), 2); // the request and its retry
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "emulator"))]
//! # fn main() {}
//! ```
//!
//! Without it, [`ApiError::new`], [`Page::new`] and [`Items::from_results`] create what a client returns;
//! responses can be decoded from JSON.
//!
//! # Configuration
//!
//! [`Session::builder`] sets credentials, stage, timeouts, retries, headers, proxy and certificates;
//! [`Wait`](blocks::Wait) and [`Artifact`] have the settings of a wait and an upload. These environment
//! variables are read, and no others:
//!
//! | variable | read by |
//! |---|---|
//! | `PEAK_AUTH_TOKEN`, `API_KEY`, `PEAK__STAGE`, `STAGE`, `PEAK_PRESS_BASE_URL` | [`Session::from_env`], [`SessionBuilder::env`] |
//! | `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, also in lower case | every session; see [`SessionBuilder::proxy`] |
//! | `PRESS_DEPLOYMENT_ID` | `get_parameters`, `get_related_block_details` |
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use peak_press::{RetryPolicy, Session, Timeouts, TlsRoots, blocks};
//! use std::time::Duration;
//!
//! let session = Session::builder()
//!     .env()
//!     .timeouts(Timeouts::default().read(Duration::from_secs(120)))
//!     .retry(RetryPolicy::default().max_retries(5))
//!     .proxy("http://proxy.example:3128")
//!     .tls_roots(TlsRoots::Pem(std::fs::read("ca.pem")?))
//!     .build()?;
//! let client = blocks::Client::new(session);
//! # let _ = client;
//! # Ok(())
//! # }
//! ```
//!
//! # Logging
//!
//! Nothing is printed. The crate logs through [`log`](https://docs.rs/log) with the target
//! `peak_press`, one line per attempt: at *warn* if it is retried after a failure, with the reason and
//! the pause, otherwise at *debug*, with method, path, outcome and duration. Problems of a file are
//! logged at *warn*. No line contains a token, a query value or a body.
//!
//! The crates that it builds on log as well, with targets that start with `ureq`, `ureq_proto` and
//! `rustls`, and at *debug* they log whole URLs. This filter of `env_logger` or `tracing-subscriber`
//! leaves them out:
//!
//! ```text
//! RUST_LOG=debug,ureq=off,ureq_proto=off,rustls=off
//! ```
//!
//! [`SessionBuilder::on_attempt`] gets the same information as data, for metrics and tracing.
//!
//! # Compatibility
//!
//! Additions to the API do not break decoding: unknown fields are kept in a struct's `extra` map and sent
//! back with it, unknown enum values become `Other`, and `null` is `None`. For a call that this crate does
//! not have yet, use [`Session::request`].
//!
//! # Sources
//!
//! The types and calls follow the documentation of Peak's Python SDK, releases 1.1.0 to 1.29.0, and the
//! requests that release 1.29.0 sends. Where those disagree, the documentation of a field says so. This
//! crate is not affiliated with Peak.
//!
//! [`Parameters::deserialize`]: types::Parameters::deserialize
//! [`Parameters::serialize`]: types::Parameters::serialize

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod apps;
mod artifact;
pub mod blocks;
mod calls;
mod deploy;
pub mod deployments;
mod document;
#[cfg(feature = "emulator")]
#[cfg_attr(docsrs, doc(cfg(feature = "emulator")))]
pub mod emulator;
mod error;
mod http;
mod json_text;
mod lock;
mod method;
mod page;
mod pages;
mod publish;
mod retry;
mod session;
pub mod specs;
mod strict;
#[cfg(feature = "templates")]
#[cfg_attr(docsrs, doc(cfg(feature = "templates")))]
pub mod template;
pub mod types;
mod verbs;
mod wait;

#[doc = include_str!("files.md")]
pub mod files {}

#[doc = include_str!("from_python.md")]
pub mod from_python {}

pub use artifact::{Artifact, ArtifactFile, ArtifactFormat, Progress};
pub use document::Problem;
pub use error::{
    ApiError, ArtifactError, DecodeError, DocumentError, Error, Result, TransportError, WaitError,
};
pub use http::{Attempt, Form, Request, Response, Timeouts, TlsProvider, TlsRoots};
pub use method::Method;
pub use page::Page;
pub use pages::{Items, Pages};
pub use retry::RetryPolicy;
pub use session::{Session, SessionBuilder, Stage};

/// JSON values. `Value`, `Map` and `Number` are part of this crate's interface, and `serde_json` is
/// its only public dependency besides the traits of `serde`: a new major version of it requires one
/// of this crate.
pub use serde_json;

/// The target of every `log` line: stable, unlike module paths.
const LOG_TARGET: &str = "peak_press";

/// Compiles the README's examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
