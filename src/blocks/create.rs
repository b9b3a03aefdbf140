//! Creates a client, and gives access to its session.

use crate::error::Result;
use crate::session::Session;

use super::Client;

impl Client {
    /// Creates a client that uses this session.
    pub fn new(session: Session) -> Self {
        Self { session }
    }

    /// Creates a client with the token and the stage from the environment: see
    /// [`Session::from_env`].
    ///
    /// A missing token is not an error yet; the first request reports it. Reading parameters from a
    /// file works without one.
    ///
    /// # Errors
    ///
    /// Those of [`Session::from_env`].
    pub fn from_env() -> Result<Self> {
        Session::from_env().map(Self::new)
    }

    /// The session, for calls that this client has no method for.
    pub fn session(&self) -> &Session {
        &self.session
    }
}
