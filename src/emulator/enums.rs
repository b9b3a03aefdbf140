//! Values that the API's reference lists: others are refused, although the types can hold them.

use serde_json::Value;

use super::response::ErrorResponse;
use crate::types::{
    AuthType, ConditionOperator, ConditionType, DescriptionContentType, HttpMethod,
    ParentCondition, Scope, ServiceType, SortOrder, SpecStatus, StepOutcome,
};

/// Fields of a document, and the values that each accepts. `*` is any key or index.
pub(super) type Fields = &'static [(&'static str, &'static [&'static str])];

pub(super) const SPEC_METADATA: Fields = &[(
    "metadata.descriptionContentType",
    DescriptionContentType::VALUES,
)];

pub(super) const SPEC_UPDATE: Fields = &[
    (
        "metadata.descriptionContentType",
        DescriptionContentType::VALUES,
    ),
    ("metadata.status", SpecStatus::VALUES),
    ("scope", Scope::VALUES),
];

pub(super) const BLOCK_CONFIG: Fields = &[
    ("config.serviceType", ServiceType::VALUES),
    ("config.steps.*.method", HttpMethod::VALUES),
    ("config.steps.*.auth.type", AuthType::VALUES),
    ("config.steps.*.sortOrder", SortOrder::VALUES),
    (
        "config.steps.*.executionParameters.conditional.*.condition",
        ConditionOperator::VALUES,
    ),
    (
        "config.steps.*.executionParameters.parentStatus.*.condition",
        ParentCondition::VALUES,
    ),
    (
        "config.steps.*.executionParameters.parentStatus.*.status.*",
        StepOutcome::VALUES,
    ),
];

pub(super) const PARAMETERS: Fields = &[
    ("build.*.conditions.*.operator", ConditionOperator::VALUES),
    ("build.*.conditions.*.conditionType", ConditionType::VALUES),
    ("run.*.conditions.*.operator", ConditionOperator::VALUES),
    ("run.*.conditions.*.conditionType", ConditionType::VALUES),
];

/// Checks these fields of a document. `root` is the name of the document, for errors.
pub(super) fn check(root: &str, document: &Value, fields: Fields) -> Result<(), ErrorResponse> {
    for (pattern, known) in fields {
        let keys: Vec<_> = pattern.split('.').collect();
        check_at(root, document, &keys, known)?;
    }
    Ok(())
}

fn check_at(path: &str, value: &Value, keys: &[&str], known: &[&str]) -> Result<(), ErrorResponse> {
    match (keys, value) {
        ([], Value::String(text)) if !text.starts_with("@param:") => check_value(path, text, known),
        (["*", rest @ ..], Value::Object(fields)) => fields
            .iter()
            .try_for_each(|(name, value)| check_at(&format!("{path}.{name}"), value, rest, known)),
        (["*", rest @ ..], Value::Array(items)) => {
            let mut items = items.iter().enumerate();
            items.try_for_each(|(i, item)| check_at(&format!("{path}[{i}]"), item, rest, known))
        }
        ([key, rest @ ..], Value::Object(fields)) => match fields.get(*key) {
            Some(value) => check_at(&format!("{path}.{key}"), value, rest, known),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

pub(super) fn check_value(field: &str, value: &str, known: &[&str]) -> Result<(), ErrorResponse> {
    if known.contains(&value) {
        return Ok(());
    }
    let known = match known {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => known.join(", "),
    };
    let message = format!("expected {known}, found {value:?}");
    Err(ErrorResponse::unprocessable(field, message))
}
