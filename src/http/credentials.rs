//! Supplies the token for each request.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::token::Token;
use crate::error::{BoxError, Error, Result};
use crate::lock::lock;

/// Returns a token.
pub(crate) type TokenSource = Arc<dyn Fn() -> Result<String, BoxError> + Send + Sync>;

/// A fixed token, or a source of tokens that is called as rarely as possible.
pub(crate) enum Credentials {
    Fixed(Option<Token>),
    Source {
        source: TokenSource,
        /// Locked while the source is called, so that other threads wait for its token.
        current: Mutex<Current>,
    },
}

/// The source's latest token.
#[derive(Default)]
pub(crate) struct Current {
    /// `None` if the source has to be called.
    token: Option<Token>,
    /// How many tokens the source has returned.
    count: u64,
}

/// A token for an attempt.
pub(super) struct Issued {
    pub(super) token: Token,
    /// Its number among the source's tokens, counted from 1.
    count: u64,
}

impl Credentials {
    pub(crate) fn of_source(source: TokenSource) -> Self {
        Credentials::Source {
            source,
            current: Mutex::default(),
        }
    }

    /// The token for the first attempt of a request.
    pub(super) fn issue(&self) -> Result<Issued> {
        match self {
            Credentials::Fixed(token) => {
                let token = token.clone().ok_or(Error::MissingCredentials)?;
                Ok(Issued { token, count: 0 })
            }
            Credentials::Source { source, current } => {
                let issued = lock(current).issue(source);
                issued.map_err(|source| Error::TokenSource {
                    source,
                    earlier_attempt_may_have_succeeded: false,
                })
            }
        }
    }

    /// A new token, to replace one that the service refused; `None` if there is no other.
    /// `may_repeat` is whether an earlier attempt may have been carried out, for the error.
    pub(super) fn renew(&self, refused: &Issued, may_repeat: bool) -> Result<Option<Issued>> {
        let Credentials::Source { source, current } = self else {
            return Ok(None);
        };
        let mut current = lock(current);
        if current.count == refused.count {
            current.token = None;
        }
        let issued = current.issue(source).map_err(|cause| Error::TokenSource {
            source: refused.token.redact_source(cause),
            earlier_attempt_may_have_succeeded: may_repeat,
        })?;
        Ok((issued.token != refused.token).then_some(issued))
    }

    /// Makes the next request call the source.
    pub(crate) fn forget(&self) {
        if let Credentials::Source { current, .. } = self {
            lock(current).token = None;
        }
    }
}

impl Current {
    /// The current token, or the source's next one.
    fn issue(&mut self, source: &TokenSource) -> Result<Issued, BoxError> {
        let token = match &self.token {
            Some(token) => token.clone(),
            None => {
                let token = Token::read("the token", &source()?)?.ok_or("the token is blank")?;
                self.count += 1;
                self.token.insert(token).clone()
            }
        };
        let count = self.count;
        Ok(Issued { token, count })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credentials::Fixed(token) => token.fmt(f),
            Credentials::Source { .. } => f.write_str("[source]"),
        }
    }
}
