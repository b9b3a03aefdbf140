//! The HTTP methods of the API.

use std::fmt;

/// An HTTP method.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// Any other name. Sending a request with it returns
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument).
    Unknown(String),
}

impl Method {
    /// The method's name, in capitals unless it is unknown.
    pub fn as_str(&self) -> &str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Unknown(name) => name,
        }
    }

    /// Whether carrying the request out twice has the same effect as once.
    pub(crate) fn is_idempotent(&self) -> bool {
        matches!(
            self,
            Method::Get | Method::Put | Method::Patch | Method::Delete
        )
    }

    pub(crate) fn takes_body(&self) -> bool {
        matches!(self, Method::Post | Method::Put | Method::Patch)
    }
}

/// Reads a method's name, in either case.
impl From<&str> for Method {
    fn from(name: &str) -> Self {
        match name.to_ascii_uppercase().as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            _ => Method::Unknown(name.to_owned()),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
