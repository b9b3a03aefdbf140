//! What the calls of every client have in common: read, list, send, update, delete.
//!
//! `arguments` fill the placeholders of the call's path, in their order.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, to_value};

use crate::calls::Call;
use crate::error::{Error, Result};
use crate::http::Request;
use crate::page::{Listed, Page};
use crate::pages::{self, Items};
use crate::session::Session;
use crate::types::{Deleted, Updated};

impl Session {
    /// Sends no body and decodes the response.
    pub(crate) fn get<T: DeserializeOwned>(&self, call: &Call, arguments: &[&str]) -> Result<T> {
        self.call(call, arguments).send()
    }

    /// Lists items, starting from the query's page.
    pub(crate) fn list<T: Listed>(
        &self,
        call: &Call,
        arguments: &[&str],
        query: &impl Serialize,
    ) -> Items<T> {
        let (request, page_number) = self.list_request(call, arguments, query);
        Items::new(request, page_number.unwrap_or(1))
    }

    /// Requests one page of a list. A page number in the query is refused, because it is an argument
    /// already.
    pub(crate) fn page<T: Listed>(
        &self,
        call: &Call,
        arguments: &[&str],
        query: &impl Serialize,
        page_number: u64,
    ) -> Result<Page<T>> {
        let (request, in_query) = self.list_request(call, arguments, query);
        if let Some(in_query) = in_query {
            let message = format!(
                "page {page_number} was requested, but the query has page_number {in_query}: leave \
                 it unset there"
            );
            return Err(Error::invalid_argument("page_number", message));
        }
        pages::fetch(&request, page_number)
    }

    /// Sends a JSON body and decodes the response.
    pub(crate) fn send<T: DeserializeOwned>(
        &self,
        call: &Call,
        arguments: &[&str],
        body: &(impl Serialize + ?Sized),
    ) -> Result<T> {
        self.call(call, arguments).json(body).send()
    }

    /// Sends a JSON body. The response may have any content.
    pub(crate) fn update(
        &self,
        call: &Call,
        arguments: &[&str],
        body: &impl Serialize,
    ) -> Result<Updated> {
        self.send(call, arguments, body)
    }

    /// Sends no body. The response may have any content.
    pub(crate) fn delete(&self, call: &Call, arguments: &[&str]) -> Result<Deleted> {
        self.call(call, arguments).send()
    }

    /// The request of a list without a page number, and the page number of the query.
    fn list_request(
        &self,
        call: &Call,
        arguments: &[&str],
        query: &impl Serialize,
    ) -> (Request, Option<u64>) {
        let request = self.call(call, arguments);
        let Ok(Value::Object(mut fields)) = to_value(query) else {
            // Not a valid query: the request reports why.
            return (request.queries(query), None);
        };
        let page_number = fields.remove("pageNumber").as_ref().and_then(Value::as_u64);
        (request.queries(&fields), page_number)
    }
}
