//! Values of parameters, measured by what a release declares.

use serde_json::{Map, Value, json};

use super::answer::Refusal;
use crate::types::{DeploymentParameters, ParameterDefinition, ParameterType, SpecParameters};

/// What is shown in place of a value that is to be hidden.
const MASK: &str = "********";

/// The values that a revision has.
#[derive(Clone, Default)]
pub(super) struct Values {
    pub(super) build: Map<String, Value>,
    pub(super) run: Map<String, Value>,
}

impl Values {
    /// The values for a release: those given, else those of before, else the defaults.
    pub(super) fn settle(
        declared: &SpecParameters,
        given: Option<&DeploymentParameters>,
        before: &Values,
    ) -> Result<Self, Refusal> {
        let given_build = given.and_then(|given| given.build.as_ref());
        let given_run = given.and_then(|given| given.run.as_ref());
        Ok(Values {
            build: settle("build", build(declared), given_build, &before.build)?,
            run: settle("run", run(declared), given_run, &before.run)?,
        })
    }

    /// The values as others may see them.
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

fn settle(
    section: &str,
    declared: &[ParameterDefinition],
    given: Option<&Map<String, Value>>,
    before: &Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let nothing = Map::new();
    let given = given.unwrap_or(&nothing);
    let refuse = |name: &str, message: &str| {
        Refusal::unacceptable(&format!("body.parameters.{section}.{name}"), message)
    };
    for (name, value) in given {
        let definition = declared.iter().find(|definition| definition.name == *name);
        let definition =
            definition.ok_or_else(|| refuse(name, "the release does not declare it"))?;
        fits(definition, value).map_err(|message| refuse(name, &message))?;
    }
    let mut values = Map::new();
    for definition in declared {
        let name = &definition.name;
        let kept = before
            .get(name)
            .filter(|value| fits(definition, value).is_ok());
        let value = given
            .get(name)
            .or(kept)
            .or(definition.default_value.as_ref());
        match value.filter(|value| !value.is_null()) {
            Some(value) => _ = values.insert(name.clone(), value.clone()),
            // One with conditions may not be asked for at all: they are not looked into here.
            None if definition.required && definition.conditions.is_none() => {
                return Err(refuse(
                    name,
                    "it is required, and has neither value nor default",
                ));
            }
            None => {}
        }
    }
    Ok(values)
}

fn fits(definition: &ParameterDefinition, value: &Value) -> Result<(), String> {
    if !is_of(&definition.type_, value) {
        return Err(format!("expected a {}, found {value}", definition.type_));
    }
    let options = definition.options.as_deref().unwrap_or_default();
    if !options.is_empty() && options.iter().all(|option| option.value != *value) {
        return Err(format!("{value} is none of its options"));
    }
    Ok(())
}

fn is_of(kind: &ParameterType, value: &Value) -> bool {
    let all = |is: fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(is));
    match kind {
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
    let shown = values.iter().map(|(name, value)| match is_hidden(name) {
        true => (name.clone(), json!(MASK)),
        false => (name.clone(), value.clone()),
    });
    Value::Object(shown.collect())
}

/// Checks what a release declares: known types, each name once, defaults that fit.
pub(super) fn check_definitions(declared: &SpecParameters) -> Result<(), Refusal> {
    for (section, definitions) in [("build", build(declared)), ("run", run(declared))] {
        for (index, definition) in definitions.iter().enumerate() {
            let refuse = |field: &str, message: String| {
                let place = format!("parameters.{section}[{index}].{field}");
                Err(Refusal::unacceptable(&place, message))
            };
            if let ParameterType::Other(unknown) = &definition.type_ {
                return refuse("type", format!("{unknown:?} is no type of a parameter"));
            }
            let before = &definitions[..index];
            if before.iter().any(|other| other.name == definition.name) {
                return refuse("name", format!("{:?} is there twice", definition.name));
            }
            let default = definition.default_value.as_ref();
            if let Some(default) = default.filter(|default| !default.is_null()) {
                match fits(definition, default) {
                    Ok(()) => {}
                    Err(message) => return refuse("defaultValue", message),
                }
            }
        }
    }
    Ok(())
}
