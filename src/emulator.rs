//! An in-process Press on a loopback port, for tests and for trying out this crate.
//!
//! It requires the feature `emulator`, which belongs in your `dev-dependencies`:
//!
//! ```toml
//! [dev-dependencies]
//! peak-press = { version = "0.2", features = ["emulator"] }
//! ```
//!
//! # Testing your own code
//!
//! ```
//! use peak_press::emulator::{Emulator, Fault};
//! use peak_press::{Error, blocks, types::*};
//!
//! /// The code under test: returns the names of the featured specs.
//! fn featured(client: &blocks::Client) -> peak_press::Result<Vec<String>> {
//!     let specs = client.list_specs(&ListSpecs::new().featured(true));
//!     specs.map(|spec| Ok(spec?.name().unwrap_or_default().to_owned())).collect()
//! }
//!
//! # fn main() -> peak_press::Result<()> {
//! let emulator = Emulator::start()?;
//! let client = blocks::Client::new(emulator.session());
//!
//! // Arrange: seed many similar specs at once, and create one with the client.
//! emulator.seed_specs(40);
//! let body = SpecBody::workflow(
//!     SpecMetadata::new("forecast", "Forecasts next week's demand"),
//!     NewRelease::new("1.0.0"),
//!     WorkflowConfig::new(),
//! );
//! client.create_spec(&CreateSpec::new(body).featured(true))?;
//! assert_eq!(featured(&client)?, ["forecast"]);
//!
//! // Inspect the requests that it received.
//! let requests = emulator.requests();
//! let last = requests.last().unwrap();
//! assert_eq!((&*last.method, &*last.path), ("GET", "/v1/blocks/specs/"));
//! assert!(last.query.contains(&("featured".into(), "true".into())));
//!
//! // Make a call fail.
//! emulator.inject(Fault::status(403).detail("not yours").on("GET", "/v1/blocks/specs/"));
//! assert!(matches!(featured(&client), Err(Error::Forbidden(_))));
//! assert_eq!(emulator.pending_faults(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! # What it does
//!
//! It serves every call of the Press API, on blocks, apps, specs and deployments, from memory, with
//! responses shaped as in the API's reference. It checks the token, bodies, forms and artifacts,
//! keeps names unique and versions increasing, filters, sorts and pages lists, masks hidden
//! parameters, and rolls deployments out. Deploying an app deploys its blocks.
//!
//! It is deterministic and does not depend on time. A deployment is `deploying` the first time it is
//! described and `deployed` the second time; [`deploys_after`](Emulator::deploys_after) changes the
//! number of descriptions, [`fail_next_deployment`](Emulator::fail_next_deployment) the final
//! status. Ids and `createdAt` come from a counter, so the same calls get the same responses.
//!
//! # What it does not do
//!
//! It follows the API's reference and what the official SDK documents and sends. Where these say
//! nothing, it makes a choice that may differ from the live service:
//!
//! | where nothing is documented | the emulator |
//! |---|---|
//! | status of a success | 200, also for creates |
//! | 400 or 422 | 400: not HTTP, not JSON, not a form, an invalid query, or an update without effect (`No changes detected`); 422: a document or part with the wrong shape or value, or an artifact that cannot be unpacked |
//! | wording of `detail` | field, what was expected, what was found; except for `No changes detected` |
//! | unknown path, or wrong method | 404, 405; the trailing slash of the two collections is required |
//! | token | accepted in `Authorization` with and without `Bearer ` |
//! | version not greater than the latest | 409 |
//! | deleting a spec | deletes its releases; 409 while it is deployed or a block of an app |
//! | deleting a deployment | takes effect at once, and deletes its revisions and an app's block deployments |
//! | status of a spec | `available` until it is updated |
//! | response to an update | `{}`; `patch_parameters` returns all run parameters with their new values |
//! | deployment without a name | named after the spec, with an id; an app's block deployment, after the spec alone if that name is free |
//! | `spec` of a deployment or revision | `{id, release: {version}}` |
//! | revision in a path | its number or its id |
//! | new revision | deploys the latest release by default; supersedes the previous revision at once, and inherits those of its values that the release still declares |
//! | `redeploy` | of a block: rolls the latest revision out again, whatever its status; of an app: 409 while it is in progress or deployed, else rolls it and its failed blocks out again |
//! | an app's config | 422 for a block or release that does not exist |
//! | parameters of an app | 422 for one that no block declares; later revisions of the app keep a block's own values |
//! | name of a block, in `parameters` and in `latestRevision.blocks` | that of its spec |
//! | `includes` and `excludes` | name a block by id or name, and apply to one revision; 422 for including a block that is there or excluding one that is not |
//! | later revision of an app | revises the deployments of blocks that stay, deletes those of the others |
//! | status of an app and its blocks | the blocks are rolled out with the app, and describing it counts for both; [`fail_next_deployment`](Emulator::fail_next_deployment) fails the app and its first block |
//! | `execute_resources` of a block | executes it if its release has `autoRunOnDeploy` |
//! | `patch_parameters` of an app | patches the app's own parameters, which its blocks inherit |
//! | `appParameters` and `parameters` of a described app | the values of the app, and those of its blocks by name |
//! | parameters | 422 for a value that is not declared, has the wrong type or is not one of the options, and for a required parameter without value, default or conditions; conditions are not evaluated |
//! | hidden value | `********` where a deployment or revision is described, unmasked from `get_parameters` |
//! | page size | 25 by default, without a maximum |
//! | page after the last | empty |
//! | order of a list | creation by default; text is compared by bytes, and missing fields come first |
//! | filters by text | case-sensitive; `term` searches `name`, `title`, `description` and `summary` |
//! | filters by a list | values are repeated or comma-separated; booleans are `true`, `false`, `True` or `False` |
//! | what the reference says is wrong | refused: an unlisted value in a query with 400, any [problem](crate::files#problems) of a document except an unknown key with 422 |
//! | undocumented fields | kept and returned in metadata, configs and releases; otherwise ignored |
//! | an artifact's `Content-Type` | `application/zip`, or `application/gzip` for `.tar.gz` |
//! | `HEAD`, redirects, compression | not supported |
//!
//! It cannot tell whether a config would deploy, or whether an image, secret or tenant exists.

mod app_plan;
mod apps;
mod artifact;
mod body;
mod deployments;
mod faults;
mod lists;
mod metadata;
mod multipart;
mod parameters;
mod received;
mod releases;
mod request;
mod response;
mod revisions;
mod routed;
mod routes;
mod run_parameters;
mod server;
mod specs;
mod store;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use self::artifact::ArtifactEntry;
pub use self::faults::Fault;
pub use self::multipart::Part;
pub use self::received::Received;

use self::faults::Faults;
use self::request::Request;
use self::server::{Action, Reply, Server};
use self::store::Store;
use crate::error::{Error, Result, TransportError};
use crate::lock::lock;
use crate::retry::RetryPolicy;
use crate::session::Session;
use crate::types::DeploymentStatus;

/// The only token that is accepted.
const TOKEN: &str = "emulator-token";

/// An in-process Press. It runs until it is dropped.
///
/// See the [module](self) for what it does and for an example. It can be shared between threads,
/// and any number of emulators can run in one process.
pub struct Emulator {
    server: Server,
    shared: Arc<Shared>,
    session: Session,
}

/// What the server's threads and the `Emulator` share.
#[derive(Default)]
struct Shared {
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    received: Mutex<Vec<Received>>,
}

/// The settings of an [`Emulator`], from [`Emulator::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "nothing starts before `start`"]
pub struct EmulatorBuilder {
    port: u16,
    specs: usize,
    deployments: usize,
}

impl EmulatorBuilder {
    /// The port of `127.0.0.1` to listen on. The default is any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How many specs to seed before the first request; see [`Emulator::seed_specs`].
    pub fn seed_specs(mut self, count: usize) -> Self {
        self.specs = count;
        self
    }

    /// How many deployments to seed before the first request; see
    /// [`Emulator::seed_deployments`].
    pub fn seed_deployments(mut self, count: usize) -> Self {
        self.deployments = count;
        self
    }

    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] if the port is in use, or if no thread can be started.
    pub fn start(self) -> Result<Emulator> {
        let shared = Arc::new(Shared::default());
        shared.seed(self.specs, specs::seed);
        shared.seed(self.deployments, deployments::seed);
        let handler = Arc::clone(&shared);
        let server = Server::start(self.port, move |request| handler.reply(&request))
            .map_err(|error| start_error(self.port, error))?;
        let session = Session::builder()
            .auth_token(TOKEN)
            .base_url(format!("http://{}", server.address()))
            .retry(RetryPolicy::default().base_delay(Duration::from_millis(1)))
            .build()?;
        Ok(Emulator {
            server,
            shared,
            session,
        })
    }
}

impl Emulator {
    /// Starts an emulator on a free port of `127.0.0.1`.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] if no port is free, or if no thread can be started.
    pub fn start() -> Result<Self> {
        Emulator::builder().start()
    }

    /// Starts an emulator on a chosen port, or seeds it before the first request.
    ///
    /// ```
    /// # fn main() -> peak_press::Result<()> {
    /// use peak_press::emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().seed_specs(40).seed_deployments(3).start()?;
    /// println!("export PEAK_PRESS_BASE_URL={}", emulator.base_url());
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// A session for this emulator, with its address, its token, and the default number of retries
    /// with pauses of milliseconds. The first pause of a [`Wait`](crate::blocks::Wait) is 10
    /// milliseconds, so that a test does not wait for seconds. A `Retry-After` is obeyed as always.
    pub fn session(&self) -> Session {
        self.session.clone()
    }

    /// The base URL, for a session of your own: `http://127.0.0.1:` and the port.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The token that is accepted, for a session of your own.
    pub fn token(&self) -> &str {
        TOKEN
    }

    /// Creates this many workflow specs, each with release 1.0.0, and returns their ids. The first
    /// has the name `seeded-1` and the title `Seeded 1`, and so on; later calls continue the
    /// numbers, and names that are taken are skipped. Nothing is added to
    /// [`requests`](Emulator::requests).
    pub fn seed_specs(&self, count: usize) -> Vec<String> {
        self.shared.seed(count, specs::seed)
    }

    /// Creates this many deployments and returns their ids. Each has a new spec, created as by
    /// [`seed_specs`](Emulator::seed_specs), and the spec's name. They are `deployed` from the
    /// start; the first one has the status of
    /// [`fail_next_deployment`](Emulator::fail_next_deployment), if that was called.
    pub fn seed_deployments(&self, count: usize) -> Vec<String> {
        self.shared.seed(count, deployments::seed)
    }

    /// Makes these block deployments the blocks of a new app deployment and returns its id, so that
    /// `get_related_block_details` returns them. A deployment belongs to at most one app. The app's
    /// spec is seeded and has no blocks.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if one of the deployments does not exist; nothing changes then.
    pub fn add_app(
        &self,
        deployment_ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<String> {
        let ids: Vec<_> = deployment_ids.into_iter().map(Into::into).collect();
        apps::add(&mut lock(&self.shared.store), &ids)
            .map_err(|error| Error::invalid_argument("deployment_ids", error.detail))
    }

    /// How many descriptions show a deployment, revision or redeployment in progress before it
    /// reaches its final status. Applies to those started from now on. The default is 1; with 0 they
    /// have their final status at once.
    ///
    /// `describe_deployment`, `get_related_block_details`, and `describe_deployment_revision` of
    /// the latest revision count as descriptions, as does a description of the app for its blocks.
    pub fn deploys_after(&self, descriptions: u32) {
        lock(&self.shared.store).deploys_after = descriptions;
    }

    /// The next deployment, revision or redeployment ends with this status instead of `deployed`.
    pub fn fail_next_deployment(&self, status: impl Into<DeploymentStatus>) {
        lock(&self.shared.store).next_final_status = Some(status.into().as_str().to_owned());
    }

    /// The entries of a release's artifact. `None` if there is no such release, or if it has no
    /// artifact.
    pub fn artifact_entries(&self, spec_id: &str, version: &str) -> Option<Vec<ArtifactEntry>> {
        let store = lock(&self.shared.store);
        let release = store.spec(None, spec_id).ok()?.release(version).ok()?;
        Some(release.artifact.as_ref()?.entries.clone())
    }

    /// Injects a fault.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared.faults).inject(fault);
    }

    /// How many injected faults are still pending. Zero at the end of a test means that each of them
    /// occurred; a fault [on](Fault::on) a path that is never requested stays pending. A fault that
    /// affects several requests, or [all](Fault::always), counts as one.
    pub fn pending_faults(&self) -> usize {
        lock(&self.shared.faults).pending()
    }

    /// Removes all pending faults.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// The requests received so far, in order, including those that were refused or hit by a fault.
    /// They are kept, with their bodies, until [`clear_requests`](Emulator::clear_requests).
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// Forgets the requests received so far.
    pub fn clear_requests(&self) {
        lock(&self.shared.received).clear();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn seed(&self, count: usize, seed: impl Fn(&mut Store) -> String) -> Vec<String> {
        let mut store = lock(&self.store);
        (0..count).map(|_| seed(&mut store)).collect()
    }

    fn reply(&self, request: &Request) -> Reply {
        lock(&self.received).push(Received::new(request));
        let carry_out = || routes::respond(&mut lock(&self.store), request, TOKEN);
        let fault = lock(&self.faults).next_for(request);
        match fault {
            Some(fault) => fault.reply(carry_out),
            None => Reply::now(Action::Respond(carry_out())),
        }
    }
}

fn start_error(port: u16, error: io::Error) -> Error {
    Error::Transport(Box::new(TransportError {
        earlier_attempt_may_have_succeeded: false,
        repeatable: true,
        method: "listen on".into(),
        path: format!("127.0.0.1:{port}"),
        message: error.to_string(),
        may_have_arrived: false,
        attempts: 0,
        permanent: false,
        inner: Some(error.into()),
    }))
}
