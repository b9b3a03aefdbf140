//! The rules for the parameters that a spec declares.

use serde_json::Value;

use super::super::problem::Problems;
use super::super::unknown::join;
use super::formats::unique;
use crate::types::{ParameterCondition, ParameterDefinition, ParameterType, SpecParameters};

pub(super) fn check(parameters: &SpecParameters, at: &str, found: &mut Problems) {
    let lists = [("build", &parameters.build), ("run", &parameters.run)];
    let all: Vec<_> = lists
        .iter()
        .flat_map(|(_, list)| list.iter().flatten())
        .collect();
    let names: Vec<_> = all
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    for (key, list) in lists {
        let at = join(at, key);
        let list = list.as_deref().unwrap_or(&[]);
        unique(
            list.iter().map(|parameter| parameter.name.as_str()),
            &at,
            ".name",
            found,
        );
        for (index, parameter) in list.iter().enumerate() {
            definition(parameter, &names, &format!("{at}[{index}]"), found);
        }
    }
}

fn definition(parameter: &ParameterDefinition, names: &[&str], at: &str, found: &mut Problems) {
    let kind = &parameter.type_;
    if let Some(value) = parameter
        .default_value
        .as_ref()
        .filter(|value| !fits(value, kind))
    {
        let message = format!("the default of a {kind} cannot be {value}");
        found.add(join(at, "defaultValue"), message);
    }
    for (index, option) in parameter.options.iter().flatten().enumerate() {
        let is_element = fits(&Value::Array(vec![option.value.clone()]), kind);
        if !is_element && !fits(&option.value, kind) {
            let message = format!("an option of a {kind} cannot be {}", option.value);
            found.add(format!("{at}.options[{index}].value"), message);
        }
    }
    conditions(parameter.conditions.as_deref(), names, at, found);
}

fn conditions(
    conditions_given: Option<&[ParameterCondition]>,
    names: &[&str],
    at: &str,
    found: &mut Problems,
) {
    for (index, condition) in conditions_given.unwrap_or(&[]).iter().enumerate() {
        let at = format!("{at}.conditions[{index}]");
        let is_simple = condition.operator.is_some() && condition.value.is_some();
        match (&condition.depends_on, &condition.conditions) {
            (Some(_), None) if is_simple => {}
            (None, Some(_)) if condition.condition_type.is_some() => {}
            _ => found.add(
                &at,
                "a condition has `dependsOn`, `operator` and `value`, or `conditionType` and \
                 `conditions`",
            ),
        }
        if let Some(name) = condition
            .depends_on
            .as_deref()
            .filter(|name| !names.contains(name))
        {
            let message = format!("no parameter is named {name:?}");
            found.unknown(join(&at, "dependsOn"), message, name, names.iter().copied());
        }
        conditions(condition.conditions.as_deref(), names, &at, found);
    }
}

/// Whether a value is of a type. Any value is of a type that this release does not know.
fn fits(value: &Value, kind: &ParameterType) -> bool {
    let all = |is_element: fn(&Value) -> bool| {
        value
            .as_array()
            .is_some_and(|items| items.iter().all(is_element))
    };
    match kind {
        ParameterType::Boolean => value.is_boolean(),
        ParameterType::String => value.is_string(),
        ParameterType::StringArray => all(Value::is_string),
        ParameterType::Number => value.is_number(),
        ParameterType::NumberArray => all(Value::is_number),
        ParameterType::Object => value.is_object(),
        ParameterType::ObjectArray => all(Value::is_object),
        _ => true,
    }
}
