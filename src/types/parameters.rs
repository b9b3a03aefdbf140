//! Run parameters: values by name.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{DecodeError, Error, Result, describe, document_path};

/// A deployment's run parameters: values by name, of whatever type they are.
///
/// [`deserialize`](Parameters::deserialize) turns them into a struct of your own.
///
/// ```
/// use peak_press::types::Parameters;
///
/// #[derive(serde::Deserialize)]
/// struct Run {
///     horizon: u32,
///     #[serde(default)]
///     regions: Vec<String>,
/// }
///
/// let parameters = Parameters::new().set("horizon", 14).set("regions", vec!["north"]);
/// let run: Run = parameters.deserialize()?;
/// assert_eq!(run.horizon, 14);
///
/// let error = Parameters::new().set("horizon", "soon").deserialize::<Run>().err().unwrap();
/// assert_eq!(
///     error.to_string(),
///     r#"run parameters: horizon: expected a whole number, found "soon""#,
/// );
/// # Ok::<(), peak_press::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parameters(Map<String, Value>);

impl Parameters {
    /// No parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a parameter.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Every name and value, sorted by name.
    pub fn iter(&self) -> serde_json::map::Iter<'_> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The names and values, to change them.
    pub(super) fn as_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    /// The names and values as a map.
    pub fn into_inner(self) -> Map<String, Value> {
        self.0
    }

    /// Turns the parameters into a type of your own.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] names the parameter that does not fit, what the type expects and what the
    /// parameter is.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        serde_path_to_error::deserialize(&Value::Object(self.0.clone())).map_err(|error| {
            Error::Decode(Box::new(DecodeError {
                what: "run parameters".into(),
                status: None,
                path: document_path(error.path()),
                message: describe(&error.inner().to_string()),
                body: Vec::new(),
                source: Some(Box::new(error.into_inner())),
            }))
        })
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(parameters: I) -> Self {
        Self(
            parameters
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl From<Map<String, Value>> for Parameters {
    fn from(parameters: Map<String, Value>) -> Self {
        Self(parameters)
    }
}

impl IntoIterator for Parameters {
    type Item = (String, Value);
    type IntoIter = serde_json::map::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Parameters {
    type Item = (&'a String, &'a Value);
    type IntoIter = serde_json::map::Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
