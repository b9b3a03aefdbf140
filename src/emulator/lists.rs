//! Filters, sorts and pages lists, in the same way for all lists.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::request::Request;
use super::response::{ErrorResponse, HandlerResult};

/// The page size when the query does not set one.
const PAGE_SIZE: u64 = 25;

/// An item of a list.
pub(super) trait ListItem {
    /// The text of a field to filter or sort by.
    fn field(&self, name: &str) -> Option<&str>;

    /// Whether a field that `term` searches contains this text.
    fn contains(&self, term: &str) -> bool {
        let fields = ["name", "title", "description", "summary"];
        let mut texts = fields.iter().filter_map(|field| self.field(field));
        texts.any(|text| text.contains(term))
    }

    fn to_json(&self) -> Value;
}

/// The keys, filters and sort fields of a list call.
pub(super) struct List {
    /// The key of the items in a page.
    pub(super) items: &'static str,
    /// The key of the total in a page.
    pub(super) total: &'static str,
    pub(super) filters: &'static [(&'static str, Filter)],
    pub(super) sort: &'static [&'static str],
}

#[derive(Clone, Copy)]
pub(super) enum Filter {
    /// The field equals one of the values in the query, which must be known values.
    OneOf(&'static [&'static str]),
    /// `true` or `false`, also in Python's spelling.
    Boolean,
    /// The field begins with the value.
    Prefix,
    /// The field equals the value.
    Equal,
    /// One of the searched fields contains the value.
    Term,
}

impl Filter {
    /// The accepted values, if they are limited.
    fn known(self) -> Option<&'static [&'static str]> {
        match self {
            Filter::OneOf(known) => Some(known),
            Filter::Boolean => Some(&["true", "false", "True", "False"]),
            Filter::Prefix | Filter::Equal | Filter::Term => None,
        }
    }
}

impl List {
    /// The page that the query requests.
    pub(super) fn page<T: ListItem>(
        &self,
        items: impl Iterator<Item = T>,
        request: &Request,
    ) -> HandlerResult {
        let filters = self.filters(request)?;
        let order = self.order(request)?;
        let size = positive_number(request, "pageSize")?.unwrap_or(PAGE_SIZE);
        let number = positive_number(request, "pageNumber")?.unwrap_or(1);
        let mut items: Vec<T> = items
            .filter(|item| filters.iter().all(|filter| filter.accepts(item)))
            .collect();
        // Stable: equal items stay in the order of creation.
        items.sort_by(|a, b| compare(a, b, &order));
        let total = items.len() as u64;
        let skipped = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
        let taken = usize::try_from(size).unwrap_or(usize::MAX);
        let on_page = items.iter().skip(skipped).take(taken);
        let mut page = Map::new();
        page.insert("pageCount".into(), json!(total.div_ceil(size)));
        page.insert("pageNumber".into(), json!(number));
        page.insert("pageSize".into(), json!(size));
        page.insert(self.total.into(), json!(total));
        page.insert(self.items.into(), on_page.map(ListItem::to_json).collect());
        Ok(Value::Object(page))
    }

    fn filters<'a>(&self, request: &'a Request) -> Result<Vec<ActiveFilter<'a>>, ErrorResponse> {
        let mut active = Vec::new();
        for (field, filter) in self.filters {
            let mut values: Vec<_> = request.query_values(field).collect();
            if let Filter::OneOf(_) = filter {
                values = values.iter().flat_map(|value| value.split(',')).collect();
            }
            if let Some(known) = filter.known()
                && let Some(value) = values.iter().find(|value| !known.contains(value))
            {
                let known = known.join(", ");
                let message = format!("query: {field}: {value:?} is not one of {known}");
                return Err(ErrorResponse::bad_request(message));
            }
            if !values.is_empty() {
                active.push(ActiveFilter {
                    field,
                    filter: *filter,
                    values,
                });
            }
        }
        Ok(active)
    }

    fn order<'a>(&self, request: &'a Request) -> Result<Vec<SortKey<'a>>, ErrorResponse> {
        let sorts = request.query_values("sort");
        sorts
            .map(|sort| match sort.split_once(':') {
                Some((field, order @ ("asc" | "desc"))) if self.sort.contains(&field) => {
                    let descending = order == "desc";
                    Ok(SortKey { field, descending })
                }
                _ => Err(ErrorResponse::bad_request(format!(
                    "query: sort: {sort:?} is not <field>:asc or <field>:desc, where the field is \
                     one of {}",
                    self.sort.join(", ")
                ))),
            })
            .collect()
    }
}

/// A filter that the query uses.
struct ActiveFilter<'a> {
    field: &'static str,
    filter: Filter,
    values: Vec<&'a str>,
}

impl ActiveFilter<'_> {
    fn accepts(&self, item: &impl ListItem) -> bool {
        let field = item.field(self.field).unwrap_or_default();
        self.values.iter().any(|value| match self.filter {
            Filter::OneOf(_) | Filter::Equal => field == *value,
            Filter::Boolean => field.eq_ignore_ascii_case(value),
            Filter::Prefix => field.starts_with(value),
            Filter::Term => item.contains(value),
        })
    }
}

struct SortKey<'a> {
    field: &'a str,
    descending: bool,
}

/// Compares by the first key that differs. Items without the field come first.
fn compare(a: &impl ListItem, b: &impl ListItem, keys: &[SortKey]) -> Ordering {
    let by_key = keys.iter().map(|key| {
        let ascending = a.field(key.field).cmp(&b.field(key.field));
        if key.descending {
            ascending.reverse()
        } else {
            ascending
        }
    });
    by_key.fold(Ordering::Equal, Ordering::then)
}

/// A number of at least 1 in the query.
fn positive_number(request: &Request, name: &str) -> Result<Option<u64>, ErrorResponse> {
    let Some(text) = request.query_values(name).next() else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(ErrorResponse::bad_request(format!(
            "query: {name}: {text:?} is not a positive integer"
        ))),
    }
}
