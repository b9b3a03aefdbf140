//! The part of step 2 for unions: `oneOf`, with `x-tag` or `x-presence`.

use std::collections::BTreeSet;

use crate::Result;
use crate::json::{Json, Object};
use crate::keywords::{EDITOR, check_keywords};
use crate::load::Definition;
use crate::model::*;

/// Lowers a union, and removes the tag from its structs.
pub(crate) fn union(name: &str, definition: &Definition, model: &mut Model) -> Result<Union> {
    let (schema, at) = (&definition.schema, &definition.at);
    check_keywords(schema, &["oneOf", "x-tag", "x-presence", EDITOR], at)?;
    let rule = rule(schema, at)?;
    let at_one_of = format!("{at}/oneOf");
    let listed = schema
        .get("oneOf")
        .and_then(Json::as_list)
        .unwrap_or_default();
    let listed = listed
        .iter()
        .map(|one| one.object(&at_one_of)?.text("$ref", &at_one_of));
    let listed = listed.collect::<Result<BTreeSet<_>>>()?;
    let ruled: BTreeSet<_> = rule.structs().into_iter().map(str::to_owned).collect();
    if let Some(odd) = listed.symmetric_difference(&ruled).next() {
        let keyword = match &rule {
            Rule::Tag { .. } => "x-tag",
            Rule::Presence { .. } => "x-presence",
        };
        let (has, lacks) = match listed.contains(odd) {
            true => ("oneOf", keyword),
            false => (keyword, "oneOf"),
        };
        return Err(format!("{at}: {odd} is in `{has}`, but not in `{lacks}`"));
    }
    for name in rule.structs() {
        if !model.structs.contains_key(name) {
            return Err(format!("{at_one_of}: {name} has no `properties`"));
        }
    }
    match &rule {
        Rule::Tag {
            property, variants, ..
        } => {
            for (value, name) in variants {
                let structure = model.structs.get_mut(name).expect("checked above");
                take_tag(structure, property, value)?;
            }
        }
        Rule::Presence {
            property, present, ..
        } => {
            let present = &model.structs[present];
            if present.property(property).is_none() {
                return Err(format!("{}: there is no property {property:?}", present.at));
            }
        }
    }
    let wire = wire(name, &rule, model)?;
    let doc = schema.text("description", at)?;
    Ok(Union { doc, rule, wire })
}

fn rule(schema: &Object, at: &str) -> Result<Rule> {
    if let Some(tag) = schema.get("x-tag") {
        let at = format!("{at}/x-tag");
        let tag = tag.object(&at)?;
        let variants = tag.object("variants", &at)?;
        let default = tag.text("default", &at)?;
        if !variants.contains(&default) {
            return Err(format!(
                "{at}/default: {default:?} is not one of the variants"
            ));
        }
        let at_variants = format!("{at}/variants");
        let variants = variants
            .keys()
            .map(|value| Ok((value.to_owned(), variants.text(value, &at_variants)?)));
        return Ok(Rule::Tag {
            property: tag.text("property", &at)?,
            default,
            variants: variants.collect::<Result<_>>()?,
        });
    }
    let Some(presence) = schema.get("x-presence") else {
        return Err(format!("{at}: `oneOf` needs `x-tag` or `x-presence`"));
    };
    let at = format!("{at}/x-presence");
    let presence = presence.object(&at)?;
    Ok(Rule::Presence {
        property: presence.text("property", &at)?,
        present: presence.text("present", &at)?,
        absent: presence.text("absent", &at)?,
    })
}

fn take_tag(structure: &mut Struct, property: &str, value: &str) -> Result<()> {
    let at = format!("{}/properties/{property}", structure.at);
    let expected = Shape::Tag(vec![value.to_owned()]);
    if structure.property(property).map(|tag| &tag.shape) != Some(&expected) {
        return Err(format!("{at}: expected an `enum` of {value:?} alone"));
    }
    structure.properties.retain(|tag| tag.name != property);
    let required = structure.properties.iter_mut();
    let mut required: Vec<_> = required
        .filter_map(|property| property.required.as_mut())
        .collect();
    required.sort();
    for (place, required) in required.into_iter().enumerate() {
        *required = place;
    }
    Ok(())
}

/// The struct that a union is deserialized into first, so that the tag may be at any position and
/// errors keep their line and column.
fn wire(name: &str, rule: &Rule, model: &Model) -> Result<Struct> {
    let mut properties = Vec::<Property>::new();
    for structure in rule.structs() {
        let structure = &model.structs[structure];
        for property in &structure.properties {
            let twin = properties.iter().find(|twin| twin.name == property.name);
            match twin {
                Some(twin) if twin.shape != property.shape => {
                    let at = format!("{}/properties/{}", structure.at, property.name);
                    return Err(format!(
                        "{at}: another struct of {name} has another type here"
                    ));
                }
                Some(_) => {}
                None => properties.push(Property {
                    required: None,
                    ..property.clone()
                }),
            }
        }
    }
    if let Rule::Tag { property, .. } = rule {
        properties.push(Property {
            name: property.clone(),
            doc: String::new(),
            example: None,
            shape: Shape::Text,
            has_setter: true,
            index: properties.len(),
            required: None,
            default: None,
            alias: None,
        });
    }
    Ok(Struct {
        doc: String::new(),
        properties,
        at: String::new(),
    })
}

/// An `enum` on a property, outside of a union, has no type.
pub(crate) fn refuse_tags_outside_of_unions(model: &Model) -> Result<()> {
    for structure in model.structs.values() {
        for property in &structure.properties {
            if has_tag(&property.shape) {
                let at = format!("{}/properties/{}", structure.at, property.name);
                return Err(format!(
                    "{at}/enum: an `enum` has to be a definition of its own, unless it is the tag of a union"
                ));
            }
        }
    }
    Ok(())
}

fn has_tag(shape: &Shape) -> bool {
    match shape {
        Shape::Tag(_) => true,
        Shape::List(inner) | Shape::Map(inner) | Shape::OrParam(inner) => has_tag(inner),
        _ => false,
    }
}
