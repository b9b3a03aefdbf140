//! Charges a template for the values that it works on.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};

/// The maximum nesting of lists and maps in a value.
const MAX_DEPTH: usize = 150;

/// The units per piece of fuel. A byte of text costs one unit, as in the engine.
const UNITS: usize = 64;

/// The units for each value, besides its text.
const VALUE_UNITS: usize = 16;

/// The filter [`PAID`](super::guard::PAID): charges for a value and everything in it, and returns it. A
/// lazy sequence, such as a repeated list, becomes a list, because the engine would compute it again
/// for each item.
pub(super) fn paid(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    if value.as_i64() == Some(i64::MIN) {
        // The engine negates it as the step of a slice, which overflows.
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "the number is too small",
        ));
    }
    let mut bill = Bill { state, units: 0 };
    if value.kind() != ValueKind::Iterable {
        bill.add(&value, 0)?;
        return Ok(value);
    }
    let mut items = Vec::new();
    for item in value.try_iter()? {
        bill.add(&item, 1)?;
        items.push(item);
    }
    Ok(Value::from(items))
}

/// The filter [`STORED`](super::guard::STORED): like [`paid`], but refuses a namespace. Nested
/// namespaces could contain themselves or overflow the stack, even if no single value is deep.
pub(super) fn stored(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    let value = paid(state, value)?;
    if holds_namespace(&value) {
        let message = "a namespace cannot hold another one: use a map";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(value)
}

fn holds_namespace(value: &Value) -> bool {
    let Some(object) = value.as_object() else {
        return false;
    };
    match (value.kind(), object.try_iter_pairs()) {
        _ if object.type_name().ends_with("::Namespace") => true,
        (ValueKind::Map, Some(pairs)) => {
            pairs.into_iter().any(|(_, value)| holds_namespace(&value))
        }
        (ValueKind::Seq, _) => object
            .try_iter()
            .is_some_and(|mut items| items.any(|it| holds_namespace(&it))),
        _ => false,
    }
}

/// Charges for a value and everything in it.
pub(super) fn charge(state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    Bill { state, units: 0 }.add(value, 0)
}

struct Bill<'s, 't, 'e> {
    state: &'s State<'t, 'e>,
    /// The units that are not charged yet.
    units: usize,
}

impl Bill<'_, '_, '_> {
    fn add(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            let message = format!("lists and maps are nested more than {MAX_DEPTH} levels deep");
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        self.units += VALUE_UNITS + value.as_str().map_or(0, str::len);
        if self.units >= UNITS {
            self.state.consume_fuel((self.units / UNITS) as u64)?;
            self.units %= UNITS;
        }
        let pairs = value.as_object().and_then(|map| map.try_iter_pairs());
        match (value.kind(), pairs) {
            (ValueKind::Map, Some(pairs)) => {
                for (key, value) in pairs {
                    self.add(&key, depth + 1)?;
                    self.add(&value, depth + 1)?;
                }
            }
            (ValueKind::Seq | ValueKind::Iterable, _) => {
                for item in value.try_iter()? {
                    self.add(&item, depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
