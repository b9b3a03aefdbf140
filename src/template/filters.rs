//! Filters and methods that replace the engine's, to match Jinja2 or to charge for their cost.

use std::sync::Arc;

use minijinja::value::{Kwargs, Rest, StringInput, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters, functions};
use minijinja_contrib::pycompat;

use super::pay::charge;
use super::scan::indent;
use super::vars::from_json;

pub(super) fn add_to(environment: &mut Environment<'_>) {
    minijinja_contrib::add_to_environment(environment);
    environment.add_filter("tojson", to_json);
    environment.add_filter("truncate", truncate);
    environment.add_filter("indent", indent_filter);
    environment.add_filter("trim", trim);
    environment.add_filter("split", split);
    environment.add_filter("lines", lines);
    environment.add_function("range", range);
}

/// A method of Python's strings, lists and maps.
pub(super) fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    for argument in arguments {
        charge(state, argument)?;
    }
    let text = value.as_str().unwrap_or_default();
    match method {
        "format" => charge_format(state, text, arguments)?,
        "count" if value.as_str().is_none() => charge(state, value)?,
        "split" | "splitlines" => charge_split(state, text)?,
        "strip" | "lstrip" | "rstrip" => {
            charge_trim(state, text, arguments.first().and_then(Value::as_str))?;
        }
        _ => {}
    }
    pycompat::unknown_method_callback(state, value, method, arguments)
}

/// Each field may be as wide as the numbers in it, and show every argument.
fn charge_format(state: &State<'_, '_>, text: &str, arguments: &[Value]) -> Result<(), Error> {
    for field in text.split('{').skip(1) {
        let field = field.split('}').next().unwrap_or_default();
        for number in field.split(|c: char| !c.is_ascii_digit()) {
            if !number.is_empty() {
                state.consume_fuel(number.parse().unwrap_or(u64::MAX) / 16)?;
            }
        }
        for argument in arguments {
            charge(state, argument)?;
        }
    }
    Ok(())
}

/// Splitting may turn each byte into a value of 32 bytes.
fn charge_split(state: &State<'_, '_>, text: &str) -> Result<(), Error> {
    state.consume_fuel(text.len() as u64 / 2)
}

/// Trimming compares each character of the text with each of `characters`.
fn charge_trim(state: &State<'_, '_>, text: &str, characters: Option<&str>) -> Result<(), Error> {
    let comparisons = text.len().saturating_mul(characters.map_or(1, str::len));
    state.consume_fuel(comparisons as u64 / 64)
}

fn trim(state: &mut State<'_, '_>, text: &Value, characters: Option<&str>) -> Result<Value, Error> {
    charge_trim(state, text.as_str().unwrap_or_default(), characters)?;
    let characters = characters.map(Into::into);
    Ok(filters::trim(StringInput::new(state, text)?, characters))
}

fn split(
    state: &State<'_, '_>,
    text: &Value,
    separator: Option<Arc<str>>,
    splits: Option<i64>,
) -> Result<Value, Error> {
    charge_split(state, text.as_str().unwrap_or_default())?;
    filters::split(text, separator, splits)
}

fn lines(state: &State<'_, '_>, text: &Value) -> Result<Value, Error> {
    charge_split(state, text.as_str().unwrap_or_default())?;
    filters::lines(text)
}

/// The engine's `range`, except for numbers whose difference overflows.
fn range(lower: isize, upper: Option<isize>, step: Option<isize>) -> Result<Value, Error> {
    let is_large = |number: isize| number.unsigned_abs() > isize::MAX as usize / 2;
    if is_large(lower) || upper.is_some_and(is_large) {
        let message = "the numbers of `range` are too large";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    functions::range(lower, upper, step)
}

/// `tojson` as in Jinja2, with sorted keys.
fn to_json(
    state: &mut State<'_, '_>,
    value: &Value,
    indent: Option<Value>,
    options: Kwargs,
) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    charge(state, value)?;
    let sorted = serde_json::to_value(value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    let indent = indent.or(options.get("indent")?);
    options.assert_all_used()?;
    let width = indent.clone().and_then(|width| usize::try_from(width).ok());
    // Each byte may be on its own line.
    let widest = width.unwrap_or(2).saturating_mul(height(&sorted));
    let margins = sorted.to_string().len().saturating_mul(widest);
    state.consume_fuel(margins as u64 / 64)?;
    let options = Kwargs::from_iter::<[(&str, Value); 0]>([]);
    filters::tojson(&from_json(sorted), indent, options)
}

/// The number of levels of lists and maps in a value.
fn height(value: &serde_json::Value) -> usize {
    use serde_json::Value as Json;
    match value {
        Json::Array(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Json::Object(entries) => 1 + entries.values().map(height).max().unwrap_or(0),
        _ => 0,
    }
}

/// `indent` as in Jinja2, which keeps the trailing newline.
fn indent_filter(
    state: &mut State<'_, '_>,
    arguments: Rest<ValueOrKwargs>,
) -> Result<String, Error> {
    let arguments = arguments.into_values();
    let (text, width, first, blank, options): (
        &str,
        Option<&Value>,
        Option<bool>,
        Option<bool>,
        Kwargs,
    ) = from_args(&arguments)?;
    let width = width.or(options.get("width")?);
    let first = first.or(options.get("first")?).unwrap_or_default();
    let blank = blank.or(options.get("blank")?).unwrap_or_default();
    options.assert_all_used()?;
    let (unit, count) = match width {
        Some(width) => match width.as_str() {
            Some(margin) => (margin, 1),
            None => (" ", usize::try_from(width.clone())?),
        },
        None => (" ", 4),
    };
    let lines = 1 + text.matches('\n').count();
    let added = lines.saturating_mul(unit.len().saturating_mul(count));
    state.consume_fuel(added as u64 / 64)?;
    let margin = unit.repeat(count);
    let indented = indent(text, &margin, blank);
    Ok(if first { margin + &indented } else { indented })
}

/// `truncate` as in Jinja2, whose arguments may be positional.
fn truncate(
    text: &str,
    length: Option<usize>,
    kill_words: Option<bool>,
    end: Option<&str>,
    options: Kwargs,
) -> Result<String, Error> {
    let length = length.or(options.get("length")?).unwrap_or(255);
    let kills_words = kill_words.or(options.get("killwords")?).unwrap_or_default();
    let end = end.or(options.get("end")?).unwrap_or("...");
    let leeway = options.get::<Option<usize>>("leeway")?.unwrap_or(5);
    options.assert_all_used()?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text.to_owned());
    }
    let kept: String = text
        .chars()
        .take(length.saturating_sub(end.chars().count()))
        .collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !kills_words => words,
        _ => &kept,
    };
    Ok(format!("{kept}{end}"))
}
