//! Step 8: pages of lists. `src/page.rs` includes the code.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::Result;
use crate::model::{Model, Page, Shape};
use crate::structs::Structs;

/// The conversion of a page in the wire format into a `Page`.
pub(crate) fn page(page: &Page, model: &Model, structs: &Structs<'_>) -> Result<TokenStream> {
    let wire = format_ident!("{}", page.definition);
    let field = |name: &str| {
        let fields = &structs[&page.definition].fields;
        let field = fields.iter().find(|field| field.property.name == name);
        &field.expect("checked with the schemas").ident
    };
    let structure = &model.structs[&page.definition];
    let list = structure.property(&page.items).map(|list| &list.shape);
    let item = match list {
        Some(Shape::List(items)) => match &**items {
            Shape::Named(item) => format_ident!("{item}"),
            _ => return Err(format!("{}: its items are not a definition", structure.at)),
        },
        _ => return Err(format!("{}: {:?} is not a list", structure.at, page.items)),
    };
    let items = field(&page.items);
    let totals = page.totals.iter().map(|total| field(total));
    let total = totals.fold(None, |first, total| {
        let total = quote!(page.#total);
        Some(first.map_or(total.clone(), |first| quote!(#first.or(#total))))
    });
    let total = total.unwrap_or(quote!(None));
    Ok(quote! {
        impl Listed for #item {
            type Page = #wire;
        }

        impl From<#wire> for Page<#item> {
            fn from(page: #wire) -> Self {
                Page {
                    items: page.#items.unwrap_or_default(),
                    page_number: page.page_number.unwrap_or_default(),
                    page_size: page.page_size,
                    page_count: page.page_count,
                    total: #total,
                    extra: page.extra,
                }
            }
        }
    })
}
