//! The HTTP methods of the API.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

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

/// Reads a method's name, in either case. A name that is not a method is [`Method::Unknown`].
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

/// Like [`From`]: it never fails.
impl FromStr for Method {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(name.into())
    }
}

impl AsRef<str> for Method {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_either_case_and_written_in_capitals() {
        for name in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            for text in [name.to_owned(), name.to_lowercase()] {
                let method: Method = text.parse().unwrap();
                assert_eq!(method.as_ref(), name);
                assert!(!matches!(method, Method::Unknown(_)), "{text}");
            }
        }
        let unknown: Method = "Purge".parse().unwrap();
        assert_eq!(
            (unknown.as_ref(), &*format!("{unknown:>6}")),
            ("Purge", " Purge")
        );
    }
}
