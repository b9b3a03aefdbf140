//! The bodies of `create_spec` and `create_spec_release`.

use serde_json::{Map, Value, to_string, to_value};

use crate::error::{Error, Result};
use crate::types::{CreateAppSpec, CreateAppSpecRelease, SpecParameters};

/// Every value is text, like the parts of a block's form: JSON, except for `scope`.
pub(super) fn spec(request: &CreateAppSpec) -> Result<Map<String, Value>> {
    let mut body = Map::new();
    for (name, value) in object(request)? {
        let text = match value {
            Value::Null => continue,
            Value::Array(values) if values.is_empty() => continue,
            Value::String(text) if name != "body" => text,
            value => to_string(&value).map_err(invalid)?,
        };
        let name = if name == "body" { "spec".into() } else { name };
        body.insert(name, text.into());
    }
    remove_empty(&mut body, request.parameters.as_deref());
    Ok(body)
}

/// Plain JSON: the release itself, with its parameters.
pub(super) fn release(request: &CreateAppSpecRelease) -> Result<Map<String, Value>> {
    let mut fields = object(request)?;
    let mut body = match fields.remove("body") {
        Some(Value::Object(body)) => body,
        _ => Map::new(),
    };
    body.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    remove_empty(&mut body, request.parameters.as_deref());
    Ok(body)
}

fn remove_empty(body: &mut Map<String, Value>, parameters: Option<&SpecParameters>) {
    if parameters == Some(&SpecParameters::new()) {
        body.remove("parameters");
    }
}

fn object(request: &impl serde::Serialize) -> Result<Map<String, Value>> {
    match to_value(request).map_err(invalid)? {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

fn invalid(error: serde_json::Error) -> Error {
    Error::invalid_argument("body", error.to_string())
}
