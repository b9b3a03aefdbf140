//! An in-process Press on a loopback port: to try this crate, and to test against.
//!
//! It is there with the feature `emulator`, which belongs into your `dev-dependencies`:
//!
//! ```toml
//! [dev-dependencies]
//! peak-press = { version = "0.1", features = ["emulator"] }
//! ```
//!
//! # A test of your own
//!
//! ```
//! use peak_press::emulator::{Emulator, Fault};
//! use peak_press::{Error, blocks, types::*};
//!
//! /// What you want to test: the names of the specs that are featured.
//! fn featured(client: &blocks::Client) -> peak_press::Result<Vec<String>> {
//!     let specs = client.list_specs(&ListSpecs::new().featured(true));
//!     specs.map(|spec| Ok(spec?.name().unwrap_or_default().to_owned())).collect()
//! }
//!
//! # fn main() -> peak_press::Result<()> {
//! let emulator = Emulator::start()?;
//! let client = blocks::Client::new(emulator.session());
//!
//! // Seed it: many of the same at once, or one by the client itself.
//! emulator.seed_specs(40);
//! let body = SpecBody::workflow(
//!     SpecMetadata::new("forecast", "Forecasts next week's demand"),
//!     NewRelease::new("1.0.0"),
//!     WorkflowConfig::new(),
//! );
//! client.create_spec(&CreateSpec::new(body).featured(true))?;
//! assert_eq!(featured(&client)?, ["forecast"]);
//!
//! // Ask it what it received.
//! let requests = emulator.requests();
//! let last = requests.last().unwrap();
//! assert_eq!((&*last.method, &*last.path), ("GET", "/v1/blocks/specs/"));
//! assert!(last.query.contains(&("featured".into(), "true".into())));
//!
//! // Tell it to fail.
//! emulator.inject(Fault::status(403).detail("not yours").on("GET", "/v1/blocks/specs/"));
//! assert!(matches!(featured(&client), Err(Error::Forbidden(_))));
//! assert_eq!(emulator.pending_faults(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! # What it does
//!
//! It serves every call of [`blocks::Client`](crate::blocks::Client) from memory, in the forms that
//! the API's reference shows: it checks the token, bodies, forms and artifacts, keeps names unique
//! and versions increasing, filters, sorts and pages, masks parameters that hide their value, and
//! moves deployments on.
//!
//! No clock has a part in that. A deployment is `deploying` when it is first described, and
//! `deployed` when it is described again: [`deploys_after`](Emulator::deploys_after) changes how
//! often, [`fail_next_deployment`](Emulator::fail_next_deployment) how it ends. Ids are counted,
//! and so is the time of `createdAt`: the same calls give the same answers.
//!
//! # What it is not
//!
//! It follows the API's reference and what the official SDK documents and sends. Nothing here
//! claims what the live service does where these are silent. There the choice is the emulator's own:
//!
//! | where nothing is documented | the emulator |
//! |---|---|
//! | the status of a success | 200, also for what was created |
//! | what 400 and 422 tell apart | 400: no HTTP, JSON or form at all, a bad query, a metadata update that changes nothing (`No changes detected`); 422: a document or part of the wrong shape or value, an artifact that cannot be unpacked |
//! | the wording of `detail` | the place, what was expected and what was found, except that of `No changes detected` |
//! | an unknown path, or method of a path | 404, 405; the trailing slash of the two collections counts |
//! | the token | `Authorization` holds it bare or after `Bearer ` |
//! | a version that is not greater than the latest | 409 |
//! | deleting a spec | takes its releases with it; 409 while it is deployed |
//! | deleting a deployment | done at once, revisions and all |
//! | a spec's status | `available`, until it is updated |
//! | an update's answer | `{}`; that of `patch_parameters` is all run parameters as they are then |
//! | a deployment without a name | gets one: that of the spec, and an id |
//! | the `spec` of a deployment or revision | `{id, release: {version}}` |
//! | a revision in a path | its number or its id |
//! | a new revision | deploys the latest release where it names none; supersedes the revision before at once, and takes over those of its values that the release still declares and that are not given anew |
//! | `redeploy` | the latest revision again, from whichever status |
//! | parameters | one that is not declared, not of its type or none of its options: 422; a required one without value and default: 422, unless it has conditions, which are not looked into |
//! | a hidden value | `********` where a deployment or a revision is described; as it is for `get_parameters` |
//! | the size of a page | 25 where the query has none, and no most |
//! | a page beyond the last | empty |
//! | the order of a list | that of creation; text is compared by its bytes, and what lacks the field comes first |
//! | filters by prefix | tell upper and lower case apart |
//! | fields of a query, parts and fields of a body that are not documented | fields of metadata, configs and releases are kept and answered; the rest is not looked at |
//! | an artifact's `Content-Type` | `application/zip`, or `application/gzip` for a `.tar.gz` |
//! | `HEAD`, redirects, compression | there are none |
//!
//! Whether a config would deploy, whether an image, a secret or a tenant exists, it does not know.

mod answer;
mod archive;
mod check;
mod deployments;
mod faults;
mod lists;
mod multipart;
mod parameters;
mod received;
mod request;
mod routes;
mod server;
mod specs;
mod state;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use self::archive::ArtifactEntry;
pub use self::faults::Fault;
pub use self::multipart::Part;
pub use self::received::Received;

use self::request::Request;
use self::server::{Reaction, Server, Then};
use self::state::State;
use crate::error::{Error, Result, TransportError};
use crate::retry::RetryPolicy;
use crate::session::Session;
use crate::types::DeploymentStatus;

/// The one token that is accepted.
const TOKEN: &str = "emulator-token";

/// An in-process Press. It runs until it is dropped.
///
/// See the [module](self) for what it does, and for a test that uses it. It can be shared by many
/// threads, and any number of them can run in one process.
pub struct Emulator {
    server: Server,
    desk: Arc<Desk>,
    session: Session,
}

/// What the threads of the server and the owner of the emulator share.
#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    faults: Mutex<Vec<Fault>>,
    received: Mutex<Vec<Received>>,
}

impl Emulator {
    /// Starts one on a free port of `127.0.0.1`.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] where there is no free port, or no thread to be had.
    pub fn start() -> Result<Self> {
        let desk = Arc::new(Desk::default());
        let at_desk = Arc::clone(&desk);
        let server = Server::start(move |request| at_desk.react(&request)).map_err(unable)?;
        let session = Session::builder()
            .auth_token(TOKEN)
            .base_url(format!("http://{}", server.address()))
            .retry(RetryPolicy::default().base_delay(Duration::from_millis(1)))
            .build()?;
        Ok(Emulator {
            server,
            desk,
            session,
        })
    }

    /// A session with this emulator: its address, its token, and the usual retries with pauses of
    /// milliseconds. A `Retry-After` is waited for as always, and so are the pauses of
    /// [`Wait`](crate::blocks::Wait): code that waits should let its tests choose them.
    pub fn session(&self) -> Session {
        self.session.clone()
    }

    /// Its address, for a session of your own: `http://127.0.0.1:` and the port.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The token that it accepts, for a session of your own.
    pub fn token(&self) -> &str {
        TOKEN
    }

    /// Creates so many workflow specs: `seeded-1` with the title `Seeded 1`, and so on, each with
    /// release 1.0.0. Gives their ids. These are none of the [`requests`](Emulator::requests).
    ///
    /// Another call goes on with the numbers; a name that is taken is passed over.
    pub fn seed_specs(&self, count: usize) -> Vec<String> {
        let mut state = lock(&self.desk.state);
        (0..count).map(|_| specs::seed(&mut state)).collect()
    }

    /// Makes these deployments the blocks of one app, and gives the app deployment's id: that is
    /// what `get_related_block_details` goes by. A deployment is in one app at most.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] where one of the deployments does not exist; nothing is done
    /// then.
    pub fn add_app(
        &self,
        deployment_ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<String> {
        let ids = deployment_ids.into_iter().map(Into::into).collect();
        deployments::add_app(&mut lock(&self.desk.state), ids)
            .map_err(|refusal| Error::invalid_argument("deployment_ids", refusal.detail))
    }

    /// How often deployments and revisions that are created from now on are described as under
    /// way before they come to rest. The default is once; 0 is at rest at once.
    ///
    /// What counts is `describe_deployment`, `get_related_block_details`, and
    /// `describe_deployment_revision` of the latest revision.
    pub fn deploys_after(&self, descriptions: u32) {
        lock(&self.desk.state).deploys_after = descriptions;
    }

    /// The next deployment, revision or redeployment comes to rest with this status, and not
    /// `deployed`.
    pub fn fail_next_deployment(&self, status: impl Into<DeploymentStatus>) {
        lock(&self.desk.state).next_end = Some(status.into().as_str().to_owned());
    }

    /// What the artifact of a release holds. `None` where there is no such release, or none with
    /// an artifact.
    pub fn artifact_entries(&self, spec_id: &str, version: &str) -> Option<Vec<ArtifactEntry>> {
        let mut state = lock(&self.desk.state);
        let release = state.spec(spec_id).ok()?.release(version).ok()?;
        Some(release.artifact.as_ref()?.entries.clone())
    }

    /// Has something go wrong.
    pub fn inject(&self, fault: Fault) {
        faults::add(&mut lock(&self.desk.faults), fault);
    }

    /// How many of the injected faults are still to come: a test that ends with some has not seen
    /// them, as when a fault is [on](Fault::on) a path that nothing asked for. One that is met
    /// several times, or [always](Fault::always), counts as one.
    pub fn pending_faults(&self) -> usize {
        lock(&self.desk.faults).len()
    }

    /// Takes back every fault that is still to come.
    pub fn clear_faults(&self) {
        lock(&self.desk.faults).clear();
    }

    /// The requests that were received, in the order in which they came: those that were refused,
    /// and those that met a fault, too. They are kept, bodies and all, until
    /// [`clear_requests`](Emulator::clear_requests).
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.desk.received).clone()
    }

    /// Forgets the requests that were received.
    pub fn clear_requests(&self) {
        lock(&self.desk.received).clear();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

impl Desk {
    fn react(&self, request: &Request) -> Reaction {
        lock(&self.received).push(Received::new(request));
        let carry_out = || routes::answer(&mut lock(&self.state), request, TOKEN);
        let fault = faults::meet(&mut lock(&self.faults), request);
        match fault {
            Some(fault) => fault.react(carry_out),
            None => Reaction::now(Then::Answer(carry_out())),
        }
    }
}

/// A lock that a panic left behind is as good as any: nothing is changed before every check is
/// through, and a change has no way to fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unable(error: io::Error) -> Error {
    Error::Transport(Box::new(TransportError {
        method: "listen on".into(),
        path: "127.0.0.1".into(),
        message: error.to_string(),
        may_have_arrived: false,
        attempts: 0,
        permanent: false,
        source: Some(error.into()),
    }))
}
