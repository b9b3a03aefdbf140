//! A blocking client for Peak's Press Blocks API.
//!
//! [Peak](https://peak.ai) is a platform on which companies run data applications, and Press is
//! its catalogue: a *block spec* describes a workflow or a service, has *releases*, and is turned
//! into a *deployment*, whose *revisions* follow. This crate publishes blocks, operates
//! deployments, and reads the run parameters inside a block. It is for programs that are not async:
//! a call returns when the answer is there.
//!
//! # A first call
//!
//! ```no_run
//! use peak_press::{blocks, types::*};
//!
//! # fn main() -> peak_press::Result<()> {
//! let client = blocks::Client::from_env()?;
//! let spec = client.describe_spec("632a4e7c-ab86-4ecb-8f34-99b5da531ceb")?;
//! println!("{} {}", spec.name().unwrap_or_default(), spec.latest_version().unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! # Credentials
//!
//! The token is an API key, or a bearer token with its own `Bearer ` in front. [`Session::from_env`]
//! takes it from `PEAK_AUTH_TOKEN`, else `API_KEY`, and the stage from `PEAK__STAGE`, else `STAGE`,
//! else `prod`; [`Session::new`] takes both as arguments, and [`Session::builder`] everything else:
//! time-outs, retries, proxies, certificates. One session serves any number of threads, and
//! [`Session`] says where the token goes and where it never does.
//!
//! # Listing
//!
//! A list is an iterator: nothing is sent before the first item is asked for, and then one request
//! a page. It ends for good after an error, and [`Items::page_number`] is where to go on. The
//! service's filters by name go by its beginning; [`find_spec`](blocks::Client::find_spec) and
//! [`find_deployment`](blocks::Client::find_deployment) by the whole of it.
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
//! A spec is built from [types], or read from a file, and an [`Artifact`] is the folder that is
//! sent with it. [`Artifact::files`] shows what would be sent.
//!
//! ```no_run
//! # use peak_press::{blocks, Artifact, types::*};
//! # fn main() -> peak_press::Result<()> {
//! # let client = blocks::Client::from_env()?;
//! let step = StandardStep::new("python train.py").image(Image::new().dockerfile("Dockerfile"));
//! let body = SpecBody::workflow(
//!     SpecMetadata::new("forecast", "Forecasts next week's demand"),
//!     NewRelease::new("1.0.0"),
//!     WorkflowConfig::new().steps([("train", Step::from(step))]),
//! );
//! let request = CreateSpec::new(body).artifact(Artifact::dir("app"));
//! println!("{}", client.validate_spec(&request)?.success.unwrap_or_default());
//! println!("{}", client.create_spec(&request)?.id);
//! # Ok(())
//! # }
//! ```
//!
//! # Files
//!
//! Every request type reads from YAML and JSON: see [`CreateSpec::from_yaml_file`]. The files are
//! those of the official command-line client, with the request in `body` and, for a spec or a
//! release, `artifact`, `parameters`, `featured`, `scope`, `tenants` and `autoRunOnDeploy` beside
//! it. A relative `artifact.path` is relative to the current directory, as it is there;
//! [`CreateSpec::relative_to`](types::CreateSpec::relative_to) makes it relative to another folder,
//! such as the file's own.
//!
//! A file may hold templates (`{{ … }}`, `{% … %}`) for the official command line; here it is refused
//! then, for nothing fills them in. `$schema` at a file's top is passed over, as are keys that start
//! with `x-`. Other keys that this crate does not know are kept and sent, for a later service may
//! know them: [`unknown_keys`](types::CreateSpec::unknown_keys) lists them, since a misspelt key
//! looks just like one.
//!
//! An error names the file, the path within it, what was expected and what was found, and the line:
//!
//! ```text
//! block.yaml: body.config.steps.train.stepTimeout: expected a number or "@param:<name>", found "soon" (line 14)
//! ```
//!
//! The official client reads YAML 1.1, where this crate reads YAML 1.2. Where a field is text, its
//! text is taken as it is written, quoted or not, and elsewhere the difference is this:
//!
//! | written | here, for text | here, for a number or a boolean | here, for a value of any type | there |
//! |---|---|---|---|---|
//! | `yes`, `no`, `on`, `off` | as written | true or false | text | true or false |
//! | `1_000` | as written | 1000 | text | 1000 |
//! | `1e3` | as written | 1000.0 | 1000.0 | text |
//! | `0123` | as written | refused | text | 83, as octal |
//! | `1:30` | as written | refused | text | 90, as base 60 |
//! | `2024-01-01` | as written | refused | text | a date, which cannot be sent |
//! | `1.10` | as written | 1.1 | 1.1 | 1.1 |
//! | `~`, `null`, nothing | refused; `None` where it is optional | the same | null | null |
//! | `.inf`, `.nan` | refused | refused | refused | sent as what is no JSON |
//! | `<<: *base` | merged | merged | merged | merged |
//!
//! In a document with merge keys, unquoted numbers are text as they are printed (`1.10` is `1.1`),
//! and errors have no line. A key that is there twice in a map, several documents in one file, tags
//! such as `!secret`, and documents of more than 4 MiB, or more than 32 MiB with their aliases
//! written out, are refused.
//!
//! # Deploying
//!
//! [`wait_for_deployment`](blocks::Client::wait_for_deployment) asks until a deployment has come to
//! rest, and fails with the state it failed in.
//!
//! ```no_run
//! # use peak_press::{blocks::{self, Wait}, types::*};
//! # fn main() -> peak_press::Result<()> {
//! # let client = blocks::Client::from_env()?;
//! # let spec_id = "";
//! let metadata = DeploymentMetadata::new().name("forecast-north").summary("The north");
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
//! Inside a block, [`get_parameters`](blocks::Client::get_parameters) knows which deployment it
//! runs in; outside, it reads a file. [`Parameters::deserialize`] turns them into a struct, and
//! [`Parameters::serialize`](types::Parameters::serialize) makes them of one.
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
//! # Errors
//!
//! [`Error`] has a variant for each cause that a caller can act on:
//!
//! | what happened | [`Error`] | what to do |
//! |---|---|---|
//! | something is wrong with the request | `BadRequest`, `UnprocessableEntity`, `InvalidArgument`, `InvalidYaml`, `InvalidJson`, `FileNotFound`, `Artifact` | read the message, mend it |
//! | the token is missing, wrong or not enough | `MissingCredentials`, `Unauthorized`, `Forbidden` | check the environment and the stage |
//! | it is not there | `NotFound` | check the id and the stage, or create it |
//! | it is there already | `Conflict` | take another name or a greater version |
//! | too much at once | `PayloadTooLarge`, `RateLimited` | leave files out; wait |
//! | the service, or what is before it, failed | `InternalServerError`, `Status` | try later |
//! | no answer | `Transport`, `Timeout` | try later |
//! | an answer that is not as the API promises | `Decode` | is the base URL right, or a proxy in the way? |
//! | a deployment does not run | `DeploymentFailed`, `WaitTimedOut` | deploy it again, or wait longer |
//!
//! What can be sent again without harm is sent again by itself, as [`RetryPolicy`] says. A create
//! that may have been carried out is not sent again: [`Error::outcome_unknown`] is true then, and
//! looking for it by name is the way to find out.
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
//!         client.find_spec(kind.clone(), &metadata.name)?.ok_or(error)?.id
//!     }
//!     Err(error) => return Err(error),
//! };
//! # let _ = id;
//! # Ok(())
//! # }
//! ```
//!
//! # Testing your own code
//!
#![cfg_attr(
    feature = "emulator",
    doc = "The [emulator] is a Press in your own process: it checks, stores, deploys and fails as \
           it is told, and says what it received."
)]
#![cfg_attr(
    not(feature = "emulator"),
    doc = "With the feature `emulator` there is a Press in your own process: it checks, stores, \
           deploys and fails as it is told, and says what it received."
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
//! let client = blocks::Client::new(emulator.session());
//! assert_eq!(client.list_specs(&ListSpecs::new()).count(), 3);
//! assert_eq!(emulator.requests().len(), 2);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "emulator"))]
//! # fn main() {}
//! ```
//!
//! # Configuration
//!
//! Everything that can be set is a method of [`Session::builder`]; nothing else is read than what
//! [`env`](SessionBuilder::env) names, and the usual variables for proxies.
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
//!     .tls_roots(TlsRoots::Pem(std::fs::read("authority.pem")?))
//!     .build()?;
//! let client = blocks::Client::new(session);
//! # let _ = client;
//! # Ok(())
//! # }
//! ```
//!
//! # Logging
//!
//! Nothing is printed. What happens goes to the [`log`] crate under the target `peak_press`, for
//! whichever logger the program has: at the level *debug* a line for each attempt, with method,
//! path, outcome and time; at *warn* a line before each pause, with the reason and its length, and
//! one for each key of a file that this release does not know. No line holds a token, the value of a
//! query, or a body.
//!
//! # Editors
//!
//! Each kind of request file has a schema in the repository's `schemas/files/`, of the name of the
//! call, with which editors complete, explain and check it. It needs no other file, and so can be
//! copied alone. In an editor with the YAML language server, this line of a file turns it on:
//!
//! ```yaml
//! # yaml-language-server: $schema=path/to/create_spec.json
//! ```
//!
//! and in a JSON file `"$schema": "path/to/create_spec.json"` at the top. The path is absolute, or
//! relative to the file that it stands in. An editor marks what this crate passes on unread, such as
//! a key or a kind of step that its schemas do not know, and `null`.
//!
//! | file | schema |
//! |---|---|
//! | a new spec, a new release | `create_spec.json`, `create_spec_release.json` |
//! | a new deployment, a new revision | `create_deployment.json`, `create_deployment_revision.json` |
//! | other metadata of a spec, of a deployment | `update_spec_metadata.json`, `update_deployment_metadata.json` |
//! | other values of run parameters | `patch_parameters.json` |
//!
//! # What is new breaks nothing
//!
//! Whatever a document holds beyond this crate's schemas is kept in the structs' `extra` maps and
//! sent again; a new value of an enum is `Other`; `null` is `None`. For a call that this crate does
//! not know there is [`Session::request`].
//!
//! # Features
//!
//! | feature | default | what for |
//! |---|---|---|
//! | `rustls` | yes | https by rustls |
//! | `native-tls` | | https by the operating system's library: [`TlsProvider::NativeTls`] |
//! | `platform-verifier` | | with `rustls`: the operating system's certificates, [`TlsRoots::Platform`] |
//! | `socks-proxy` | | SOCKS proxies |
//! | `emulator` | | the emulator |
//!
//! With neither `rustls` nor `native-tls`, only a Press on this machine can be reached. Rust 1.88 or newer
//! is needed; a newer one is asked for only by a minor release.
//!
//! # Where the facts come from
//!
//! From the reference of Peak's own SDK, its releases 1.1.0 to 1.29.0, and the requests that the
//! latter makes. The documentation of a field says so where they disagree. This crate is not made
//! by Peak.
//!
//! [`CreateSpec::from_yaml_file`]: types::CreateSpec::from_yaml_file
//! [`Parameters::deserialize`]: types::Parameters::deserialize

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod artifact;
pub mod blocks;
#[allow(dead_code)] // the emulator and the other clients move to it
mod calls;
mod document;
#[cfg(feature = "emulator")]
#[cfg_attr(docsrs, doc(cfg(feature = "emulator")))]
pub mod emulator;
mod error;
mod http;
mod method;
mod page;
mod pages;
mod retry;
mod session;
#[cfg(feature = "templates")]
#[cfg_attr(docsrs, doc(cfg(feature = "templates")))]
pub mod template;
pub mod types;
mod verbs;

#[doc = include_str!("from_python.md")]
pub mod from_python {}

pub use artifact::{Artifact, ArtifactFile, ArtifactFormat, Progress};
pub use error::{
    ApiError, ArtifactError, DecodeError, DocumentError, Error, Result, TransportError, WaitError,
};
pub use http::{Request, Response, Timeouts, TlsProvider, TlsRoots};
pub use method::Method;
pub use page::Page;
pub use pages::{Items, Pages};
pub use retry::RetryPolicy;
pub use session::{Session, SessionBuilder, Stage};

/// The target of every `log` line, which does not change with the modules' names.
const LOG_TARGET: &str = "peak_press";

/// The README's examples, compiled with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
