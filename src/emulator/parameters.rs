//! Parameter values, checked against the definitions of a release.

use serde_json::{Map, Value, json};

use super::response::ErrorResponse;
use crate::types::{DeploymentParameters, ParameterDefinition, ParameterType, SpecParameters};

/// Replaces a hidden value.
const MASK: &str = "********";

/// The values of a revision.
#[derive(Clone, Default)]
pub(super) struct Values {
    pub(super) build: Map<String, Value>,
    pub(super) run: Map<String, Value>,
}

impl Values {
    /// For each parameter of a release: the given value, else the previous, else the default.
    pub(super) fn resolve(
        declared: &SpecParameters,
        given: Option<&DeploymentParameters>,
        previous: &Values,
    ) -> Result<Self, ErrorResponse> {
        let given_build = given.and_then(|given| given.build.as_ref());
        let given_run = given.and_then(|given| given.run.as_ref());
        Ok(Values {
            build: resolve("build", build(declared), given_build, &previous.build)?,
            run: resolve("run", run(declared), given_run, &previous.run)?,
        })
    }

    /// The values, with hidden ones masked.
    pub(super) fn masked(&self, declared: &SpecParameters) -> Value {
        json!({
            "build": masked(build(declared), &self.build),
            "run": masked(run(declared), &self.run),
        })
    }
}

fn build(declared: &SpecParameters) -> &[ParameterDefinition] {
    declared.build.as_deref().unwrap_or_default()
}

fn run(declared: &SpecParameters) -> &[ParameterDefinition] {
    declared.run.as_deref().unwrap_or_default()
}

fn resolve(
    section: &str,
    declared: &[ParameterDefinition],
    given: Option<&Map<String, Value>>,
    previous: &Map<String, Value>,
) -> Result<Map<String, Value>, ErrorResponse> {
    let nothing = Map::new();
    let given = given.unwrap_or(&nothing);
    let refuse = |name: &str, message: &str| {
        ErrorResponse::unprocessable(&format!("body.parameters.{section}.{name}"), message)
    };
    for (name, value) in given {
        let definition = declared.iter().find(|definition| definition.name == *name);
        let definition = definition.ok_or_else(|| refuse(name, "not declared by the release"))?;
        fits(definition, value).map_err(|message| refuse(name, &message))?;
    }
    let mut values = Map::new();
    for definition in declared {
        let name = &definition.name;
        let kept = previous
            .get(name)
            .filter(|value| fits(definition, value).is_ok());
        let value = given
            .get(name)
            .or(kept)
            .or(definition.default_value.as_ref());
        match value.filter(|value| !value.is_null()) {
            Some(value) => _ = values.insert(name.clone(), value.clone()),
            // Conditions are not evaluated: the parameter may not apply.
            None if definition.required && definition.conditions.is_none() => {
                return Err(refuse(name, "required, but there is no value or default"));
            }
            None => {}
        }
    }
    Ok(values)
}

fn fits(definition: &ParameterDefinition, value: &Value) -> Result<(), String> {
    if !has_type(&definition.type_, value) {
        return Err(format!("expected a {}, found {value}", definition.type_));
    }
    let options = definition.options.as_deref().unwrap_or_default();
    if !options.is_empty() && options.iter().all(|option| option.value != *value) {
        return Err(format!("{value} is not one of its options"));
    }
    Ok(())
}

fn has_type(type_: &ParameterType, value: &Value) -> bool {
    let all = |is: fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(is));
    match type_ {
        ParameterType::Boolean => value.is_boolean(),
        ParameterType::String => value.is_string(),
        ParameterType::StringArray => all(Value::is_string),
        ParameterType::Number => value.is_number(),
        ParameterType::NumberArray => all(Value::is_number),
        ParameterType::Object => value.is_object(),
        ParameterType::ObjectArray => all(Value::is_object),
        ParameterType::Other(_) => false,
    }
}

fn masked(declared: &[ParameterDefinition], values: &Map<String, Value>) -> Value {
    let is_hidden = |name: &str| {
        let mut hidden = declared.iter().filter(|d| d.hide_value == Some(true));
        hidden.any(|definition| definition.name == name)
    };
    let masked = values.iter().map(|(name, value)| {
        let value = if is_hidden(name) {
            json!(MASK)
        } else {
            value.clone()
        };
        (name.clone(), value)
    });
    Value::Object(masked.collect())
}

/// Checks a release's definitions: known types, unique names, defaults that fit.
pub(super) fn check_definitions(declared: &SpecParameters) -> Result<(), ErrorResponse> {
    for (section, definitions) in [("build", build(declared)), ("run", run(declared))] {
        for (index, definition) in definitions.iter().enumerate() {
            let refuse = |field: &str, message: String| {
                let place = format!("parameters.{section}[{index}].{field}");
                Err(ErrorResponse::unprocessable(&place, message))
            };
            if let ParameterType::Other(unknown) = &definition.type_ {
                return refuse("type", format!("{unknown:?} is not a parameter type"));
            }
            let earlier = &definitions[..index];
            if earlier.iter().any(|other| other.name == definition.name) {
                return refuse("name", format!("duplicate name {:?}", definition.name));
            }
            let default = definition.default_value.as_ref();
            if let Some(default) = default.filter(|default| !default.is_null())
                && let Err(message) = fits(definition, default)
            {
                return refuse("defaultValue", message);
            }
        }
    }
    Ok(())
}
