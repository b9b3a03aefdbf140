//! Run parameters.

use std::iter::FusedIterator;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, map};

use super::{Lines, ParameterType};
use crate::error::wording::{document_path, reword};
use crate::error::{DecodeError, Error, Result};

/// The run parameters of a deployment: a map of name to value.
///
/// [`deserialize`](Parameters::deserialize) decodes them into a type of your own.
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parameters {
    values: Map<String, Value>,
    /// The file they were read from, for errors.
    #[serde(skip)]
    file: Option<PathBuf>,
    #[serde(skip)]
    pub(crate) lines: Lines,
}

impl ParameterType {
    /// Whether a value is of this type. Any value fits a type that this release does not know.
    pub(crate) fn fits(&self, value: &Value) -> bool {
        let all = |is: fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(is));
        match self {
            ParameterType::Boolean => value.is_boolean(),
            ParameterType::String => value.is_string(),
            ParameterType::StringArray => all(Value::is_string),
            ParameterType::Number => value.is_number(),
            ParameterType::NumberArray => all(Value::is_number),
            ParameterType::Object => value.is_object(),
            ParameterType::ObjectArray => all(Value::is_object),
            ParameterType::Other(_) => true,
        }
    }
}

/// Compares names and values.
impl PartialEq for Parameters {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Eq for Parameters {}

impl Parameters {
    /// Creates an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a parameter.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Iterates over names and values, sorted by name.
    pub fn iter(&self) -> ParametersIter<'_> {
        ParametersIter(self.values.iter())
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number of parameters.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Records the file they were read from.
    pub(crate) fn read_from(mut self, file: &Path) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// Converts the parameters into a JSON map.
    pub fn into_inner(self) -> Map<String, Value> {
        self.values
    }

    /// Converts a struct or map of your own into parameters.
    ///
    /// ```
    /// use peak_press::types::{DeploymentParameters, Parameters};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Run {
    ///     horizon: u32,
    ///     regions: Vec<String>,
    /// }
    ///
    /// let run = Run { horizon: 14, regions: vec!["north".into()] };
    /// let parameters = DeploymentParameters::new().run(Parameters::serialize(&run)?);
    /// # let _ = parameters;
    /// # Ok::<(), peak_press::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if `values` is not a struct or map, or cannot be serialized to JSON.
    pub fn serialize(values: &impl Serialize) -> Result<Self> {
        match serde_json::to_value(values) {
            Ok(Value::Object(values)) => Ok(values.into()),
            Ok(_) => Err(Error::invalid_argument("values", "not a struct or map")),
            Err(error) => Err(Error::invalid_argument("values", error.to_string())),
        }
    }

    /// Decodes the parameters into a type of your own.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if a value does not match the type. The error has the name of the parameter,
    /// what was expected and found, and the file if the parameters were read from one.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        serde_path_to_error::deserialize(&Value::Object(self.values.clone())).map_err(|error| {
            Error::Decode(Box::new(DecodeError {
                unrepeatable_request: false,
                what: match &self.file {
                    Some(file) => format!("run parameters: {}", file.display()),
                    None => "run parameters".into(),
                },
                status: None,
                path: document_path(error.path()),
                message: reword(&error.inner().to_string()),
                body: Vec::new(),
                inner: Some(Box::new(error.into_inner())),
            }))
        })
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(parameters: I) -> Self {
        let pairs = parameters.into_iter();
        let values: Map<_, _> = pairs
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        values.into()
    }
}

impl From<Map<String, Value>> for Parameters {
    fn from(parameters: Map<String, Value>) -> Self {
        Self {
            values: parameters,
            file: None,
            lines: Lines::default(),
        }
    }
}

impl IntoIterator for Parameters {
    type Item = (String, Value);
    type IntoIter = ParametersIntoIter;

    fn into_iter(self) -> Self::IntoIter {
        ParametersIntoIter(self.values.into_iter())
    }
}

impl<'a> IntoIterator for &'a Parameters {
    type Item = (&'a str, &'a Value);
    type IntoIter = ParametersIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// An iterator over names and values, created by [`Parameters::iter`].
#[derive(Clone, Debug)]
#[must_use = "iterators are lazy"]
pub struct ParametersIter<'a>(map::Iter<'a>);

impl<'a> Iterator for ParametersIter<'a> {
    type Item = (&'a str, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for ParametersIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        { self.0.next_back() }.map(|(name, value)| (name.as_str(), value))
    }
}

impl ExactSizeIterator for ParametersIter<'_> {}
impl FusedIterator for ParametersIter<'_> {}

/// An iterator over names and values, created by [`Parameters::into_iter`].
#[derive(Debug)]
#[must_use = "iterators are lazy"]
pub struct ParametersIntoIter(map::IntoIter);

impl Iterator for ParametersIntoIter {
    type Item = (String, Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for ParametersIntoIter {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back()
    }
}

impl ExactSizeIterator for ParametersIntoIter {}
impl FusedIterator for ParametersIntoIter {}
