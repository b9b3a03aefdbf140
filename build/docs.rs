//! Step 3b: turns the descriptions of the schemas into rustdoc. Names become links, and wire names
//! become search aliases.

use syn::parse_quote;

use crate::model::Model;
use crate::names::search_alias;
use crate::structs::{Field, Generated};

/// Adds links and search aliases to the documentation of a struct and its fields.
pub(crate) fn document(generated: &mut Generated<'_>, model: &Model) {
    let Generated { item, fields } = generated;
    let name = item.ident.to_string();
    let linked = |attributes: &mut Vec<syn::Attribute>| {
        for attribute in attributes {
            if let Some(text) = doc_text(attribute) {
                let text = link(&text, &name, fields, model);
                *attribute = parse_quote!(#[doc = #text]);
            }
        }
    };
    linked(&mut item.attrs);
    for field in &mut item.fields {
        linked(&mut field.attrs);
        let known = fields
            .iter()
            .find(|known| field.ident.as_ref() == Some(&known.ident));
        let alias = known.and_then(|known| search_alias(&known.property.name, &known.ident));
        if let Some(alias) = alias {
            field.attrs.push(parse_quote!(#alias));
        }
    }
}

/// The text of a documentation attribute.
fn doc_text(attribute: &syn::Attribute) -> Option<String> {
    let meta = attribute.meta.require_name_value().ok()?;
    match &meta.value {
        syn::Expr::Lit(value) if meta.path.is_ident("doc") => match &value.lit {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Replaces the names of fields and of other types in a struct's description by links. The description
/// of a query names fields of the response.
pub(crate) fn link(text: &str, name: &str, fields: &[Field<'_>], model: &Model) -> String {
    let fields = match model.queries.contains(name) {
        true => &[],
        false => fields,
    };
    let mut linked = String::new();
    // Every second part is in backquotes.
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 0 {
            linked += part;
            continue;
        }
        let is_link = linked.ends_with('[');
        let field = fields.iter().find(|field| field.property.name == part);
        linked += &match field {
            _ if is_link || part == name => format!("`{part}`"),
            Some(Field { ident, .. }) => format!("[`{ident}`](field@Self::{ident})"),
            None if model.is_type(part) => format!("[`{part}`]"),
            None => format!("`{part}`"),
        };
    }
    linked
}
