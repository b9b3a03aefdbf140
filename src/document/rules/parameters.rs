//! The rules for the parameters that a spec declares.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::problem::Problems;
use super::super::rule::{BLANK_NAME, PARAMETER_CONDITION, PARAMETER_VALUE};
use super::super::unknown::join;
use super::formats::{is_blank, unique};
use crate::types::{DeploymentParameters, ParameterCondition, ParameterDefinition, SpecParameters};

/// Checks the parameters that a spec declares.
pub(super) fn check(parameters: &SpecParameters, found: &mut Problems) {
    let lists = [("build", &parameters.build), ("run", &parameters.run)];
    let all: Vec<_> = lists
        .iter()
        .flat_map(|(_, list)| list.iter().flatten())
        .collect();
    let names: BTreeSet<_> = all
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    for (key, list) in lists {
        let at = join("parameters", key);
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

fn definition(
    parameter: &ParameterDefinition,
    names: &BTreeSet<&str>,
    at: &str,
    found: &mut Problems,
) {
    let kind = &parameter.type_;
    if let Some(value) = parameter
        .default_value
        .as_ref()
        .filter(|value| !kind.fits(value))
    {
        let message = format!("the default of a {kind} cannot be {value}");
        found.add(PARAMETER_VALUE, join(at, "defaultValue"), message);
    }
    for (index, option) in parameter.options.iter().flatten().enumerate() {
        let is_element = kind.fits(&Value::Array(vec![option.value.clone()]));
        if !is_element && !kind.fits(&option.value) {
            let message = format!("an option of a {kind} cannot be {}", option.value);
            found.add(
                PARAMETER_VALUE,
                format!("{at}.options[{index}].value"),
                message,
            );
        }
    }
    conditions(parameter.conditions.as_deref(), names, at, found);
}

fn conditions(
    conditions_given: Option<&[ParameterCondition]>,
    names: &BTreeSet<&str>,
    at: &str,
    found: &mut Problems,
) {
    for (index, condition) in conditions_given.unwrap_or(&[]).iter().enumerate() {
        let at = format!("{at}.conditions[{index}]");
        incomplete(condition, &at, found);
        if let Some(name) = condition
            .depends_on
            .as_deref()
            .filter(|name| !names.contains(*name))
        {
            let message = format!("no parameter is named {name:?}");
            let path = join(&at, "dependsOn");
            let known = names.iter().copied();
            found.unknown(PARAMETER_CONDITION, path, message, name, known);
        }
        conditions(condition.conditions.as_deref(), names, &at, found);
    }
}

/// Reports a condition that is neither a comparison nor a combination.
fn incomplete(condition: &ParameterCondition, at: &str, found: &mut Problems) {
    let comparison = [
        ("dependsOn", condition.depends_on.is_some()),
        ("operator", condition.operator.is_some()),
        ("value", condition.value.is_some()),
    ];
    let combination = [
        ("conditionType", condition.condition_type.is_some()),
        ("conditions", condition.conditions.is_some()),
    ];
    let all = |keys: &[(&str, bool)]| keys.iter().all(|(_, is_given)| *is_given);
    let any = |keys: &[(&str, bool)]| keys.iter().any(|(_, is_given)| *is_given);
    let is_complete =
        all(&comparison) && !any(&combination) || all(&combination) && !any(&comparison);
    if !is_complete {
        let given = comparison.iter().chain(&combination);
        let given: Vec<_> = given
            .filter(|(_, is_given)| *is_given)
            .map(|(key, _)| format!("`{key}`"))
            .collect();
        let given = match given[..] {
            [] => "none of them".to_owned(),
            _ => given.join(", "),
        };
        let message = format!(
            "expected `dependsOn`, `operator` and `value`, or `conditionType` and `conditions`, found \
             {given}"
        );
        found.add(PARAMETER_CONDITION, at, message);
    }
}

/// Checks the parameters to which a deployment gives values.
pub(super) fn values(parameters: Option<&DeploymentParameters>, at: &str, found: &mut Problems) {
    let Some(parameters) = parameters else {
        return;
    };
    for (key, values) in [("build", &parameters.build), ("run", &parameters.run)] {
        let names = values.iter().flat_map(|values| values.keys());
        blank_names(names.map(String::as_str), &join(at, key), found);
    }
}

/// Reports blank keys of a map.
pub(super) fn blank_names<'a>(
    names: impl IntoIterator<Item = &'a str>,
    at: &str,
    found: &mut Problems,
) {
    for name in names.into_iter().filter(|name| is_blank(name)) {
        found.add(BLANK_NAME, join(at, name), "the name is blank");
    }
}
