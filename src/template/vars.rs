//! The values that a template is rendered with.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use minijinja::value::ValueKind;
use minijinja::{UndefinedBehavior, Value};

use crate::document::{Written, read_written};
use crate::error::Result;

/// The values that a template is rendered with, and what else it may read.
///
/// ```
/// use peak_press::template::Vars;
///
/// let vars = Vars::new()
///     .set("version", "1.10.0")
///     .set("regions", vec!["north", "south"])
///     .set("image", serde_json::json!({ "tag": "py311", "gpu": false }));
/// # let _ = vars;
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Vars {
    set: BTreeMap<String, Value>,
    from_files: BTreeMap<String, Value>,
    with_env: bool,
    is_lenient: bool,
    include_from: Vec<PathBuf>,
}

impl Vars {
    /// No values: a template may use only what it defines.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value, as `-p name=value` does for the official command line. It takes precedence over
    /// the same name in a [`file`](Vars::file), in whichever order they are called.
    ///
    /// As in a file, a `null` is dropped: the name is undefined.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.set.insert(name.into(), from_json(value.into()));
        self
    }

    /// Adds the values of a YAML file with a map at its top, as `-v` does for the official command
    /// line. If several files have a name, the last one wins.
    ///
    /// An unquoted scalar is a number only if the number is written the same way: `1.10` and `0x1F`
    /// stay text. The words `yes`, `no`, `on` and `off` are booleans, as in YAML 1.1. Null entries of
    /// maps are dropped.
    ///
    /// # Errors
    ///
    /// [`Error::FileNotFound`](crate::Error::FileNotFound) and [`Error::File`](crate::Error::File)
    /// if the file cannot be read, [`Error::InvalidYaml`](crate::Error::InvalidYaml) if it is not
    /// valid.
    pub fn file(mut self, path: impl AsRef<Path>) -> Result<Self> {
        for (name, value) in read_written(path.as_ref())? {
            self.from_files.insert(name, from_written(value));
        }
        Ok(self)
    }

    /// Makes environment variables available to the template as `os_env`, as in `{{ os_env.HOME }}` and
    /// `{{ os_env.get("TAG", "latest") }}`. Without this call `os_env` is undefined. Bytes that are not
    /// UTF-8 become `U+FFFD`.
    pub fn env(mut self) -> Self {
        self.with_env = true;
        self
    }

    /// Renders undefined names as empty text, as the official client does. Without this call they
    /// are errors.
    ///
    /// An attribute of an undefined name is still an error: `{{ image.tag }}` is one if `image` is
    /// undefined, but not if only `tag` is.
    pub fn lenient(mut self) -> Self {
        self.is_lenient = true;
        self
    }

    /// Allows includes from this folder and its subfolders, in addition to the folder of the template
    /// itself. The order in which folders are searched is [unchanged](super#includes).
    pub fn include_from(mut self, folder: impl AsRef<Path>) -> Self {
        self.include_from.push(folder.as_ref().to_owned());
        self
    }

    pub(super) fn allowed_folders(&self) -> &[PathBuf] {
        &self.include_from
    }

    pub(super) fn undefined_behavior(&self) -> UndefinedBehavior {
        if self.is_lenient {
            UndefinedBehavior::Lenient
        } else {
            UndefinedBehavior::Strict
        }
    }

    /// The variables at the template's top level.
    pub(super) fn values(&self) -> Value {
        let mut values = self.from_files.clone();
        values.extend(self.set.clone());
        if self.with_env {
            let env = std::env::vars_os().map(|(name, value)| {
                let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
                (name.into_owned(), value.into_owned())
            });
            values.insert("os_env".into(), Value::from_pairs(env));
        }
        without_nulls(&Value::from_pairs(values))
    }
}

/// Converts a value for the engine.
pub(super) fn from_json(value: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match value {
        Json::Null => Value::from(()),
        Json::Bool(is_true) => Value::from(is_true),
        Json::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Value::from(number),
            (None, Some(number)) => Value::from(number),
            (None, None) => Value::from(number.as_f64()),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => items.into_iter().map(from_json).collect(),
        Json::Object(entries) => {
            let entries = entries.into_iter();
            Value::from_pairs(entries.map(|(key, value)| (key, from_json(value))))
        }
    }
}

/// Converts a value of a file for the engine.
fn from_written(value: Written) -> Value {
    match value {
        Written::Null => Value::from(()),
        Written::Plain(text) => from_plain(text),
        Written::Text(text) => Value::from(text),
        Written::List(items) => items.into_iter().map(from_written).collect(),
        Written::Map(entries) => {
            let entries = entries.into_iter();
            Value::from_pairs(entries.map(|(key, value)| (key, from_written(value))))
        }
    }
}

/// An unquoted scalar.
fn from_plain(text: String) -> Value {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => return Value::from(true),
        "false" | "no" | "off" => return Value::from(false),
        _ => {}
    }
    if let Some(integer) = text.parse::<i64>().ok().filter(|it| it.to_string() == text) {
        return Value::from(integer);
    }
    let float = text.parse::<f64>().ok().map(Value::from);
    match float.filter(|float| float.to_string() == text) {
        Some(float) if text.contains('.') => float,
        _ => Value::from(text),
    }
}

/// Drops null entries of maps, as the official client does.
fn without_nulls(value: &Value) -> Value {
    match (
        value.kind(),
        value.as_object().and_then(|map| map.try_iter_pairs()),
    ) {
        (ValueKind::Map, Some(entries)) => {
            let entries = entries.filter(|(_, value)| !value.is_none());
            Value::from_pairs(entries.map(|(key, value)| (key, without_nulls(&value))))
        }
        _ => value.clone(),
    }
}

/// Only the names: a value may be a secret.
impl fmt::Debug for Vars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.set.keys().chain(self.from_files.keys()).collect();
        f.debug_struct("Vars")
            .field("names", &names)
            .field("with_env", &self.with_env)
            .field("is_lenient", &self.is_lenient)
            .field("include_from", &self.include_from)
            .finish()
    }
}
