//! Step 2: turns definitions into the model.
//!
//! Anything that the generated code would not enforce is an error here, so that no keyword of a schema
//! is silently ignored.

use std::collections::BTreeSet;

use crate::Result;
use crate::json::{Json, Object};
use crate::keywords::{ALIAS, EDITOR, EXAMPLE, FILE, PAGE, QUERY, RUST, SETTER, check_keywords};
use crate::load::{Definition, Definitions};
use crate::lower_unions::{refuse_tags_outside_of_unions, union};
use crate::model::*;

pub(crate) fn lower(definitions: &Definitions) -> Result<Model> {
    let mut model = Model {
        files: collect(definitions, FILE, file)?,
        pages: collect(definitions, PAGE, page)?,
        ..Model::default()
    };
    for (name, definition) in definitions {
        let (schema, at) = (&definition.schema, &definition.at);
        one_sentence(&schema.text("description", at)?, at)?;
        if schema.contains(RUST) {
            model.by_hand.insert(name.clone(), by_hand(definition)?);
        } else if schema.contains("enum") {
            model.enums.insert(name.clone(), open_enum(definition)?);
        } else if schema.contains("properties") {
            let lowered = structure(definition, definitions)?;
            model.structs.insert(name.clone(), lowered);
        } else if let Some(lenient) = lenient(definition, definitions)? {
            model.lenient.insert(name.clone(), lenient);
        } else if !schema.contains("oneOf") {
            return Err(format!("{at}: expected `properties`, `enum` or `oneOf`"));
        }
    }
    for (name, definition) in definitions {
        if definition.schema.contains("oneOf") {
            let union = union(name, definition, &mut model)?;
            model.unions.insert(name.clone(), union);
        }
    }
    refuse_tags_outside_of_unions(&model)?;
    let queries = definitions
        .iter()
        .filter(|(_, definition)| definition.schema.contains(QUERY));
    model.queries = queries.map(|(name, _)| name.clone()).collect();
    model.requests = requests(model.queries.iter(), &model);
    Ok(model)
}

/// Checks that the first paragraph of a description is one sentence, because lists of types show only
/// that.
fn one_sentence(description: &str, at: &str) -> Result<()> {
    let first = description.split("\n\n").next().unwrap_or_default();
    match first.split_once(". ") {
        Some(_) => Err(format!(
            "{at}/description: its first paragraph has more than one sentence"
        )),
        None => Ok(()),
    }
}

/// Reads the value of a keyword from each definition that has it.
fn collect<T>(
    definitions: &Definitions,
    keyword: &str,
    read: fn(&str, &Definition, &Object, &str) -> Result<T>,
) -> Result<Vec<T>> {
    let marked = definitions.iter().filter_map(|(name, definition)| {
        let value = definition.schema.get(keyword)?;
        let at = format!("{}/{keyword}", definition.at);
        Some(
            value
                .object(&at)
                .and_then(|rule| read(name, definition, rule, &at)),
        )
    });
    marked.collect()
}

fn file(name: &str, definition: &Definition, rule: &Object, at: &str) -> Result<File> {
    check_keywords(rule, &["name", "title", "layout", "check"], at)?;
    let properties = definition
        .schema
        .get("properties")
        .and_then(Json::as_object);
    let layout = match (rule.text("layout", at)?.as_str(), properties) {
        ("whole", Some(properties)) if properties.contains("body") => Layout::Whole,
        ("body", Some(properties)) if !properties.contains("body") => Layout::Body,
        ("names", None) => Layout::Names,
        _ => {
            return Err(format!(
                "{at}/layout: expected \"whole\" for a definition with a `body`, \"names\" for one \
                 without `properties`, and \"body\" for any other"
            ));
        }
    };
    Ok(File {
        definition: name.into(),
        name: rule.text("name", at)?,
        title: rule.text("title", at)?,
        layout,
        has_check: rule.get("check") == Some(&Json::Bool(true)),
    })
}

fn page(name: &str, definition: &Definition, rule: &Object, at: &str) -> Result<Page> {
    check_keywords(rule, &["items", "totals"], at)?;
    let page = Page {
        definition: name.into(),
        items: rule.text("items", at)?,
        totals: rule.texts("totals", at)?,
    };
    let properties = definition.schema.object("properties", &definition.at)?;
    for name in page.totals.iter().chain([&page.items]) {
        if !properties.contains(name) {
            return Err(format!("{at}: there is no property {name:?}"));
        }
    }
    Ok(page)
}

fn by_hand(definition: &Definition) -> Result<ByHand> {
    Ok(ByHand {
        rust: definition.schema.text(RUST, &definition.at)?,
        has_properties: definition.schema.contains("properties"),
    })
}

fn open_enum(definition: &Definition) -> Result<OpenEnum> {
    let (schema, at) = (&definition.schema, &definition.at);
    check_keywords(schema, &["type", "enum", "x-enum-descriptions", EDITOR], at)?;
    let values = schema.texts("enum", at)?;
    let descriptions = schema.object("x-enum-descriptions", at)?;
    let at_descriptions = format!("{at}/x-enum-descriptions");
    if let Some(unknown) = descriptions
        .keys()
        .find(|key| !values.iter().any(|v| v == key))
    {
        return Err(format!(
            "{at_descriptions}: {unknown:?} is not one of the values"
        ));
    }
    let values = values.into_iter().map(|value| {
        let doc = descriptions.text(&value, &at_descriptions)?;
        Ok((value, doc))
    });
    Ok(OpenEnum {
        doc: schema.text("description", at)?,
        values: values.collect::<Result<_>>()?,
    })
}

/// `anyOf` of a definition and any value, or any object.
fn lenient(definition: &Definition, definitions: &Definitions) -> Result<Option<Lenient>> {
    let (schema, at) = (&definition.schema, &definition.at);
    let Some([target, rest]) = schema.get("anyOf").and_then(Json::as_list) else {
        return Ok(None);
    };
    check_keywords(schema, &["anyOf"], at)?;
    let at = format!("{at}/anyOf");
    let target = target.object(&at)?.text("$ref", &at)?;
    let is_union = definitions
        .get(&target)
        .is_some_and(|target| target.schema.contains("oneOf"));
    let fallback = match (rest.object(&at)?.is_empty(), is_union) {
        (true, true) => Fallback::Other,
        (false, false) => Fallback::Extra,
        _ => {
            return Err(format!(
                "{at}: expected a union and {{}}, or a struct and any object"
            ));
        }
    };
    Ok(Some(Lenient { target, fallback }))
}

fn structure(definition: &Definition, definitions: &Definitions) -> Result<Struct> {
    let (schema, at) = (&definition.schema, &definition.at);
    let known = [
        "type",
        "properties",
        "required",
        "additionalProperties",
        "anyOf",
    ];
    check_keywords(
        schema,
        &[&known[..], &[FILE, PAGE, QUERY, EDITOR, EXAMPLE]].concat(),
        at,
    )?;
    if !is_anything(schema.get("additionalProperties")) {
        return Err(format!(
            "{at}: `additionalProperties` must be {{}}, so that nothing is lost"
        ));
    }
    let properties = schema.object("properties", at)?;
    let required = schema.texts("required", at)?;
    if let Some(missing) = required.iter().find(|name| !properties.contains(name)) {
        return Err(format!("{at}/required: there is no property {missing:?}"));
    }
    let properties = properties
        .iter()
        .enumerate()
        .map(|(index, (name, schema))| {
            let at = format!("{at}/properties/{name}");
            let schema = schema.object(&at)?;
            let required = required.iter().position(|required| required == name);
            let shape = shape(schema, definitions, &at)?;
            let examples = schema.get("examples").and_then(Json::as_list);
            if required.is_some() && matches!(shape, Shape::Lenient(_)) {
                return Err(format!("{at}: a required property cannot be lenient"));
            }
            Ok(Property {
                name: name.into(),
                doc: property_doc(schema, &at)?,
                example: examples.and_then(|examples| examples.first()).cloned(),
                shape,
                index,
                has_setter: match schema.get(SETTER) {
                    None => true,
                    Some(Json::Bool(false)) => false,
                    Some(_) => return Err(format!("{at}/{SETTER}: expected false")),
                },
                required,
                default: schema.get("default").cloned(),
                alias: match schema.contains(ALIAS) {
                    true => Some(schema.text(ALIAS, &at)?),
                    false => None,
                },
            })
        });
    Ok(Struct {
        doc: type_doc(schema, at)?,
        properties: properties.collect::<Result<_>>()?,
        at: at.clone(),
    })
}

/// A type's description and example.
fn type_doc(schema: &Object, at: &str) -> Result<String> {
    let mut doc = schema.text("description", at)?;
    if schema.contains(EXAMPLE) {
        let lines = schema.texts(EXAMPLE, at)?.join("\n");
        doc += &format!("\n\n```\nuse peak_press::types::*;\n\n{lines}\n```");
    }
    Ok(doc)
}

/// A property's description and default.
fn property_doc(schema: &Object, at: &str) -> Result<String> {
    let mut doc = schema.text("description", at)?;
    let default = schema.get("default");
    if let Some(value) = default.filter(|_| !doc.contains("efaults to")) {
        doc += &format!(" Default: `{value}`.");
    }
    Ok(doc)
}

fn shape(schema: &Object, definitions: &Definitions, at: &str) -> Result<Shape> {
    let inner = |keyword: &str| {
        let at = format!("{at}/{keyword}");
        let schema = schema.get(keyword).unwrap_or(&Json::Null).object(&at)?;
        shape(schema, definitions, &at).map(Box::new)
    };
    if let Some(name) = reference(schema, at)? {
        let target = definitions.get(name);
        let target =
            target.ok_or_else(|| format!("{at}: {name} is abstract, so it is not a type"))?;
        let target = &target.schema;
        return Ok(
            match target.contains("anyOf") && !target.contains("properties") {
                true => Shape::Lenient(name.into()),
                false => Shape::Named(name.into()),
            },
        );
    }
    if let Some(alternatives) = schema.get("anyOf") {
        check_keywords(schema, &["anyOf"], at)?;
        return or_param(alternatives, definitions, &format!("{at}/anyOf"));
    }
    let Some(kind) = schema.get("type") else {
        check_keywords(schema, &[], at)?;
        return Ok(Shape::Any);
    };
    let (shape, known): (_, &[_]) = match kind.as_text() {
        Some("array") => (Shape::List(inner("items")?), &["items"]),
        Some("object") => (
            Shape::Map(inner("additionalProperties")?),
            &["additionalProperties"],
        ),
        Some("string") if schema.contains("enum") => {
            (Shape::Tag(schema.texts("enum", at)?), &["enum"])
        }
        Some("string") => (Shape::Text, &[]),
        Some("boolean") => (Shape::Bool, &[]),
        Some("number") => (Shape::Number, &[]),
        Some("integer") => match schema.get("minimum") {
            None => (Shape::Integer, &[]),
            Some(Json::Number(least)) if least.as_u64() == Some(0) => {
                (Shape::Unsigned, &["minimum"])
            }
            Some(_) => return Err(format!("{at}/minimum: expected 0, or no `minimum`")),
        },
        _ => return Err(format!("{at}/type: {kind} is not supported here")),
    };
    check_keywords(schema, &[&["type"], known].concat(), at)?;
    Ok(shape)
}

/// The definition that a schema refers to, if it adds nothing to it.
fn reference<'a>(schema: &'a Object, at: &str) -> Result<Option<&'a str>> {
    let target = match (
        schema.get("$ref"),
        schema.get("allOf").and_then(Json::as_list),
    ) {
        (Some(target), _) => Some(target),
        (None, Some([single])) => single.as_object().and_then(|single| single.get("$ref")),
        _ => return Ok(None),
    };
    check_keywords(schema, &["$ref", "allOf"], at)?;
    Ok(target.and_then(Json::as_text))
}

/// A scalar, or a reference to a parameter.
fn or_param(alternatives: &Json, definitions: &Definitions, at: &str) -> Result<Shape> {
    let wrong = || format!("{at}: expected a scalar and a reference to ParamRef");
    let Some([scalar, param]) = alternatives.as_list() else {
        return Err(wrong());
    };
    if reference(param.object(at)?, at)? != Some("ParamRef") {
        return Err(wrong());
    }
    match shape(scalar.object(at)?, definitions, at)? {
        scalar @ (Shape::Text | Shape::Bool | Shape::Number | Shape::Named(_)) => {
            Ok(Shape::OrParam(Box::new(scalar)))
        }
        // A number in a file can have spellings that a Rust integer cannot hold.
        Shape::Integer | Shape::Unsigned => Ok(Shape::OrParam(Box::new(Shape::Number))),
        _ => Err(wrong()),
    }
}

/// The names of all request types: queries, types that are read from files, and the types of their
/// fields.
fn requests<'a>(queries: impl Iterator<Item = &'a String>, model: &'a Model) -> BTreeSet<String> {
    let files = model.files.iter().map(|file| &file.definition);
    let mut next: Vec<&str> = queries.chain(files).map(String::as_str).collect();
    let mut found = BTreeSet::new();
    while let Some(name) = next.pop() {
        if !found.insert(name.to_owned()) {
            continue;
        }
        if let Some(union) = model.unions.get(name) {
            next.extend(union.rule.structs());
        }
        let properties = model
            .structs
            .get(name)
            .map(|structure| &structure.properties);
        let shapes = properties
            .into_iter()
            .flatten()
            .map(|property| &property.shape);
        next.extend(shapes.filter_map(Shape::definition));
    }
    found
}

fn is_anything(schema: Option<&Json>) -> bool {
    schema
        .and_then(Json::as_object)
        .is_some_and(Object::is_empty)
}
