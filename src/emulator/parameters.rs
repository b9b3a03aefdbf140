//! Resolves parameter values, and checks them against the definitions of a release.

use serde_json::{Map, Value, json};

use super::response::ErrorResponse;
use crate::types::{DeploymentParameters, ParameterDefinition, SpecParameters};

/// Replaces a hidden value.
const MASK: &str = "********";

/// The values of a revision.
#[derive(Clone, Default)]
pub(super) struct Values {
    pub(super) build: Map<String, Value>,
    pub(super) run: Map<String, Value>,
}

/// The sources of a parameter's value, in order of precedence; its default comes last.
#[derive(Default)]
pub(super) struct Sources<'a> {
    /// The field of the request, for errors.
    pub(super) field: String,
    /// Whether that field contains only run parameters, rather than `build` and `run`.
    pub(super) run_only: bool,
    /// The values in the request.
    pub(super) given: Option<&'a DeploymentParameters>,
    /// The values of the previous revision.
    pub(super) previous: Values,
    /// The values that a block inherits from its app.
    pub(super) inherited: Values,
}

impl Values {
    /// The value of each parameter that a release declares.
    pub(super) fn resolve(
        declared: &SpecParameters,
        sources: &Sources,
    ) -> Result<Self, ErrorResponse> {
        let Sources {
            field,
            run_only,
            given,
            previous,
            inherited,
        } = sources;
        let resolve = |section: &str, declared, given, fallbacks| {
            let field = if *run_only {
                field.clone()
            } else {
                format!("{field}.{section}")
            };
            resolve(&field, declared, given, fallbacks)
        };
        let given_build = given.and_then(|given| given.build.as_ref());
        let given_run = given.and_then(|given| given.run.as_ref());
        let fallbacks = [&previous.build, &inherited.build];
        let build = resolve("build", build(declared), given_build, fallbacks)?;
        let fallbacks = [&previous.run, &inherited.run];
        let run = resolve("run", run(declared), given_run, fallbacks)?;
        Ok(Values { build, run })
    }

    /// These values, overridden by those in the request.
    pub(super) fn overlaid(&self, given: Option<&DeploymentParameters>) -> Self {
        let mut values = self.clone();
        if let Some(given) = given {
            values.build.extend(given.build.clone().unwrap_or_default());
            values.run.extend(given.run.clone().unwrap_or_default());
        }
        values
    }

    /// The values, with hidden ones masked.
    pub(super) fn masked(&self, declared: &SpecParameters) -> Value {
        json!({
            "build": masked(build(declared), &self.build),
            "run": masked(run(declared), &self.run),
        })
    }
}

/// Both sections with their names and definitions.
pub(super) fn sections(
    declared: &SpecParameters,
) -> impl Iterator<Item = (&'static str, &[ParameterDefinition])> {
    [("build", build(declared)), ("run", run(declared))].into_iter()
}

fn build(declared: &SpecParameters) -> &[ParameterDefinition] {
    declared.build.as_deref().unwrap_or_default()
}

fn run(declared: &SpecParameters) -> &[ParameterDefinition] {
    declared.run.as_deref().unwrap_or_default()
}

fn resolve(
    field: &str,
    declared: &[ParameterDefinition],
    given: Option<&Map<String, Value>>,
    fallbacks: [&Map<String, Value>; 2],
) -> Result<Map<String, Value>, ErrorResponse> {
    let nothing = Map::new();
    let given = given.unwrap_or(&nothing);
    let refuse = |name: &str, message: &str| {
        ErrorResponse::unprocessable(&format!("{field}.{name}"), message)
    };
    for (name, value) in given {
        let definition = declared.iter().find(|definition| definition.name == *name);
        let definition = definition.ok_or_else(|| refuse(name, "not declared by the release"))?;
        fits(definition, value).map_err(|message| refuse(name, &message))?;
    }
    let mut values = Map::new();
    for definition in declared {
        let name = &definition.name;
        let kept = fallbacks.iter().find_map(|values| {
            let value = values.get(name)?;
            fits(definition, value).is_ok().then_some(value)
        });
        let value = given
            .get(name)
            .or(kept)
            .or(definition.default_value.as_ref());
        match value.filter(|value| !value.is_null()) {
            Some(value) => _ = values.insert(name.clone(), value.clone()),
            // Conditions are not evaluated, so the parameter may not apply.
            None if definition.required && definition.conditions.is_none() => {
                return Err(refuse(name, "required, but there is no value or default"));
            }
            None => {}
        }
    }
    Ok(values)
}

fn fits(definition: &ParameterDefinition, value: &Value) -> Result<(), String> {
    if !definition.type_.fits(value) {
        return Err(format!("expected a {}, found {value}", definition.type_));
    }
    let options = definition.options.as_deref().unwrap_or_default();
    if !options.is_empty() && options.iter().all(|option| option.value != *value) {
        return Err(format!("{value} is not one of its options"));
    }
    Ok(())
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
