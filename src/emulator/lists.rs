//! Lists: filters, order and pages, the same for all four.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::answer::{Answered, Refusal};
use super::request::Request;

/// The size of a page where the query has none.
const PAGE_SIZE: u64 = 25;

/// Something that is listed.
pub(super) trait Listed {
    /// What it is filtered and sorted by.
    fn field(&self, name: &str) -> Option<&str>;

    /// How it looks in a list.
    fn listed(&self) -> Value;
}

/// A list of one kind.
pub(super) struct List {
    /// The key of the list in a page.
    pub(super) items: &'static str,
    /// The key of the total in a page.
    pub(super) total: &'static str,
    pub(super) filters: &'static [(&'static str, Filter)],
    pub(super) sort: &'static [&'static str],
}

#[derive(Clone, Copy)]
pub(super) enum Filter {
    /// The field is one of those given, each of which has to be one of these.
    OneOf(&'static [&'static str]),
    /// The field begins with the text.
    Prefix,
}

impl List {
    /// The page that a query asks for.
    pub(super) fn page<T: Listed>(
        &self,
        items: impl Iterator<Item = T>,
        query: &Request,
    ) -> Answered {
        let filters = self.filters(query)?;
        let order = self.order(query)?;
        let size = number(query, "pageSize")?.unwrap_or(PAGE_SIZE);
        let number = number(query, "pageNumber")?.unwrap_or(1);
        let mut items: Vec<T> = items
            .filter(|item| filters.iter().all(|filter| filter.lets_in(item)))
            .collect();
        // A stable sort: what is equal stays in the order in which it was created.
        items.sort_by(|a, b| compare(a, b, &order));
        let total = items.len() as u64;
        let before = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
        let size_or_all = usize::try_from(size).unwrap_or(usize::MAX);
        let on_page = items.iter().skip(before).take(size_or_all);
        let mut page = Map::new();
        page.insert("pageCount".into(), json!(total.div_ceil(size)));
        page.insert("pageNumber".into(), json!(number));
        page.insert("pageSize".into(), json!(size));
        page.insert(self.total.into(), json!(total));
        page.insert(self.items.into(), on_page.map(Listed::listed).collect());
        Ok(Value::Object(page))
    }

    fn filters<'a>(&self, query: &'a Request) -> Result<Vec<Given<'a>>, Refusal> {
        let mut given = Vec::new();
        for (field, filter) in self.filters {
            let values: Vec<_> = query.query_values(field).collect();
            if let (Filter::OneOf(known), Some(value)) = (filter, first_unknown(filter, &values)) {
                let message = format!("query: {field}: {value:?} is none of {}", known.join(", "));
                return Err(Refusal::malformed(message));
            }
            if !values.is_empty() {
                given.push(Given {
                    field,
                    filter: *filter,
                    values,
                });
            }
        }
        Ok(given)
    }

    fn order<'a>(&self, query: &'a Request) -> Result<Vec<(&'a str, bool)>, Refusal> {
        let sorts = query.query_values("sort");
        sorts
            .map(|sort| match sort.split_once(':') {
                Some((field, order @ ("asc" | "desc"))) if self.sort.contains(&field) => {
                    Ok((field, order == "desc"))
                }
                _ => Err(Refusal::malformed(format!(
                    "query: sort: {sort:?} is not <field>:asc or <field>:desc, the field one of {}",
                    self.sort.join(", ")
                ))),
            })
            .collect()
    }
}

/// A filter that the query has.
struct Given<'a> {
    field: &'static str,
    filter: Filter,
    values: Vec<&'a str>,
}

impl Given<'_> {
    fn lets_in(&self, item: &impl Listed) -> bool {
        let field = item.field(self.field).unwrap_or_default();
        self.values.iter().any(|value| match self.filter {
            Filter::OneOf(_) => field == *value,
            Filter::Prefix => field.starts_with(value),
        })
    }
}

fn first_unknown<'a>(filter: &Filter, values: &[&'a str]) -> Option<&'a str> {
    match filter {
        Filter::OneOf(known) => values.iter().copied().find(|value| !known.contains(value)),
        Filter::Prefix => None,
    }
}

/// By the first of the fields that tells two items apart; what lacks it comes first.
fn compare(a: &impl Listed, b: &impl Listed, order: &[(&str, bool)]) -> Ordering {
    let by_field = order.iter().map(|(field, descending)| {
        let order = a.field(field).cmp(&b.field(field));
        if *descending { order.reverse() } else { order }
    });
    by_field.fold(Ordering::Equal, Ordering::then)
}

/// A number of the query, from 1 on.
fn number(query: &Request, name: &str) -> Result<Option<u64>, Refusal> {
    let Some(text) = query.query_values(name).next() else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(Refusal::malformed(format!(
            "query: {name}: {text:?} is not a whole number from 1 on"
        ))),
    }
}
