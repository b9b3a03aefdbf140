//! One request out, one response back. Only this module and those below it name ureq.

mod attempt;
mod body;
mod connector;
mod credentials;
mod current;
mod exchange;
mod failure;
mod headers;
mod locate;
mod multipart;
mod options;
mod proxy;
mod random;
mod receive;
mod report;
mod request;
mod response;
mod send;
mod socket;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;
mod token;
mod transport;
mod tunnel;
mod url;

pub use self::attempt::Attempt;
pub(crate) use self::credentials::{Credentials, TokenSource};
pub use self::multipart::Form;
pub(crate) use self::options::Options;
pub use self::options::{Timeouts, TlsProvider, TlsRoots};
pub(crate) use self::proxy::Proxy;
pub use self::request::Request;
pub use self::response::Response;
pub(crate) use self::token::Token;
pub(crate) use self::transport::Transport;
pub(crate) use self::url::BaseUrl;
