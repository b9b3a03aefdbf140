//! The stages of the platform.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A stage of the Peak platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Stage {
    /// `prod`, the default.
    #[default]
    Prod,
    /// `dev`
    Dev,
    /// `latest`, which has the same base URL as `dev`.
    Latest,
    /// `test`
    Test,
    /// `beta`
    Beta,
    /// `parvati`
    Parvati,
}

impl Stage {
    /// The stage's name, as in the environment variable.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Prod => "prod",
            Stage::Dev => "dev",
            Stage::Latest => "latest",
            Stage::Test => "test",
            Stage::Beta => "beta",
            Stage::Parvati => "parvati",
        }
    }

    /// The base URL of Press on this stage.
    ///
    /// ```
    /// use peak_press::Stage;
    ///
    /// assert_eq!(Stage::Prod.base_url(), "https://press.peak.ai");
    /// ```
    pub fn base_url(self) -> &'static str {
        match self {
            Stage::Prod => "https://press.peak.ai",
            Stage::Dev | Stage::Latest => "https://press.dev.peak.ai",
            Stage::Test => "https://press.test.peak.ai",
            Stage::Beta => "https://press.beta.peak.ai",
            Stage::Parvati => "https://press.parvati.peak.ai",
        }
    }

    /// Parses a stage's name; `origin` is the variable or argument that holds it.
    pub(super) fn read(origin: &str, name: &str) -> Result<Self> {
        const ALL: [Stage; 6] = [
            Stage::Prod,
            Stage::Dev,
            Stage::Latest,
            Stage::Test,
            Stage::Beta,
            Stage::Parvati,
        ];
        let stage = ALL.into_iter().find(|stage| stage.as_str() == name.trim());
        stage.ok_or_else(|| Error::InvalidStage {
            value: name.to_owned(),
            origin: origin.to_owned(),
        })
    }
}

/// Parses a stage's name; surrounding white space is ignored.
impl FromStr for Stage {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Stage::read("stage", name)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
