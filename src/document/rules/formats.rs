//! The formats of texts and the limits of numbers.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde_json::Number;

use super::super::problem::Problems;
use super::super::rule::{BLANK_NAME, DUPLICATE_NAME, LIMITS, SEMANTIC_VERSION};
use super::super::unknown::join;
use crate::types::{Image, OrParam};

pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Whether a text is a semantic version (<https://semver.org>), such as `1.0.0-rc.1+build.7`.
pub(super) fn is_semantic_version(text: &str) -> bool {
    let (text, build) = match text.split_once('+') {
        Some((text, build)) => (text, Some(build)),
        None => (text, None),
    };
    let (core, pre_release) = match text.split_once('-') {
        Some((core, pre_release)) => (core, Some(pre_release)),
        None => (text, None),
    };
    let is_number = |part: &str| {
        let is_digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        is_digits && (part == "0" || !part.starts_with('0'))
    };
    let is_identifier = |part: &str| {
        let mut bytes = part.bytes();
        !part.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_pre_release = |part: &str| {
        let is_digits = part.bytes().all(|byte| byte.is_ascii_digit());
        is_identifier(part) && (!is_digits || is_number(part))
    };
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && pre_release.is_none_or(|text| text.split('.').all(is_pre_release))
        && build.is_none_or(|text| text.split('.').all(is_identifier))
}

pub(super) fn image_version(image: &Image, at: &str, found: &mut Problems) {
    if let Some(OrParam::Value(given)) = &image.version {
        version(given, at, found);
    }
}

/// Checks the `version` of an object.
pub(super) fn version(version: &str, at: &str, found: &mut Problems) {
    semantic_version(version, join(at, "version"), found);
}

pub(super) fn semantic_version(version: &str, path: String, found: &mut Problems) {
    if !is_semantic_version(version) {
        let message = format!("{version:?} is not a semantic version such as 1.0.0");
        found.add(SEMANTIC_VERSION, path, message);
    }
}

/// Checks the `id` of an object.
pub(super) fn id(id: &str, at: &str, found: &mut Problems) {
    if is_blank(id) {
        found.add(BLANK_NAME, join(at, "id"), "the id is blank");
    }
}

/// Whether a text has the five fields of cron: minute, hour, day of the month, month and day of the
/// week.
pub(super) fn is_cron(text: &str) -> bool {
    const MONTHS: &[&str] = &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    const FIELDS: [(u32, u32, &[&str]); 5] = [
        (0, 59, &[]),
        (0, 23, &[]),
        (1, 31, &[]),
        (1, 12, MONTHS),
        (0, 7, DAYS),
    ];
    let fields: Vec<_> = text.split_whitespace().collect();
    let mut pairs = fields.iter().zip(FIELDS);
    fields.len() == 5
        && pairs.all(|(field, (from, to, names))| is_cron_field(field, from, to, names))
}

fn is_cron_field(field: &str, from: u32, to: u32, names: &[&str]) -> bool {
    let is_value = |text: &str| {
        let is_number = text
            .parse()
            .is_ok_and(|number: u32| (from..=to).contains(&number));
        is_number || names.iter().any(|name| text.eq_ignore_ascii_case(name))
    };
    field.split(',').all(|part| {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        let is_range = match range.split_once('-') {
            _ if range == "*" => true,
            Some((first, last)) => is_value(first) && is_value(last),
            None => is_value(range),
        };
        is_range && step.is_none_or(|step| step.parse().is_ok_and(|step: u32| step > 0))
    })
}

/// Whether a text is an amount of storage, such as `10GB`.
pub(super) fn is_storage(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    digits.parse::<f64>().is_ok_and(|amount| amount > 0.0) && matches!(unit, "MB" | "GB" | "TB")
}

/// Whether a number must be whole.
pub(super) const WHOLE: bool = true;

pub(super) fn in_range(
    number: Option<&OrParam<Number>>,
    range: RangeInclusive<u32>,
    is_whole: bool,
    at: &str,
    found: &mut Problems,
) {
    let Some(OrParam::Value(number)) = number else {
        return;
    };
    let (least, most) = (f64::from(*range.start()), f64::from(*range.end()));
    let fits =
        |number: f64| (least..=most).contains(&number) && !(is_whole && number.fract() != 0.0);
    if !number.as_f64().is_some_and(fits) {
        let kind = if is_whole { "whole number" } else { "number" };
        let message = format!("expected a {kind} from {least} to {most}, found {number}");
        found.add(LIMITS, at, message);
    }
}

pub(super) fn whole(number: &OrParam<Number>, at: &str, found: &mut Problems) {
    if let OrParam::Value(number) = number
        && number.as_f64().is_none_or(|number| number.fract() != 0.0)
    {
        found.add(
            LIMITS,
            at,
            format!("expected a whole number, found {number}"),
        );
    }
}

/// Checks that the names of a list are unique and not blank.
pub(super) fn unique<'a>(
    names: impl Iterator<Item = &'a str>,
    at: &str,
    key: &str,
    found: &mut Problems,
) {
    let what = if key == ".id" { "id" } else { "name" };
    let mut known = HashSet::new();
    for (index, name) in names.enumerate() {
        let path = format!("{at}[{index}]{key}");
        if is_blank(name) {
            found.add(BLANK_NAME, path, format!("the {what} is blank"));
        } else if !known.insert(name) {
            found.add(
                DUPLICATE_NAME,
                path,
                format!("{name:?} is in the list twice"),
            );
        }
    }
}
