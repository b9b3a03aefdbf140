//! Classifies ureq's errors: no connection, a host name that cannot be resolved, an untrusted
//! certificate.

use crate::error::BoxError;

/// The start of the standard library's error for a name that cannot be resolved.
pub(super) const UNRESOLVED: &str = "failed to lookup address";

/// An error before the connection was established, all handshakes included, and so before any part
/// of the request was sent.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct NotConnected(ureq::Error);

impl NotConnected {
    /// Marks an error, unless it is marked already.
    pub(super) fn wrap(error: ureq::Error) -> ureq::Error {
        match error {
            ureq::Error::Other(cause) if cause.is::<NotConnected>() => ureq::Error::Other(cause),
            error => ureq::Error::Other(Box::new(NotConnected(error))),
        }
    }

    /// The error without its mark, and whether it had one.
    pub(super) fn unwrap(error: ureq::Error) -> (ureq::Error, bool) {
        match error {
            ureq::Error::Other(cause) => match cause.downcast::<NotConnected>() {
                Ok(marked) => (marked.0, true),
                Err(cause) => (ureq::Error::Other(cause), false),
            },
            error => (error, false),
        }
    }
}

/// Whether a host name could not be resolved.
pub(super) fn is_unresolved(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound => true,
        ureq::Error::Io(error) => {
            let code = error.raw_os_error().filter(|_| cfg!(windows));
            is_unresolved_io(&error.to_string(), code)
        }
        _ => false,
    }
}

/// The standard library has no error kind for it. On Unix it has a text of its own; Windows has
/// error codes, from WSAHOST_NOT_FOUND to WSANO_DATA.
fn is_unresolved_io(text: &str, windows_code: Option<i32>) -> bool {
    text.starts_with(UNRESOLVED) || matches!(windows_code, Some(11001..=11004))
}

/// Whether the server's certificate was rejected because of its authority, dates or names. Nothing
/// was sent then, and a retry cannot help.
///
/// This is recognized by the text, because ureq does not export the types of rustls and native-tls.
pub(super) fn is_untrusted(error: &ureq::Error) -> bool {
    match error {
        // ureq performs the rustls handshake within reads and writes, whose errors wrap that of
        // rustls.
        ureq::Error::Io(error) => error
            .get_ref()
            .is_some_and(|error| is_untrusted_by_rustls(&error.to_string())),
        #[cfg(feature = "rustls")]
        ureq::Error::Rustls(error) => is_untrusted_by_rustls(&error.to_string()),
        // OpenSSL's "certificate verify failed", or the wording of Windows and macOS. An alert comes
        // from the other side, about our certificate.
        #[cfg(feature = "native-tls")]
        ureq::Error::NativeTls(error) => {
            let text = error.to_string();
            text.contains("certificate") && !text.contains("alert")
        }
        _ => false,
    }
}

fn is_untrusted_by_rustls(text: &str) -> bool {
    text.starts_with("invalid peer certificate") || text == "peer sent no certificates"
}

/// The cause inside one of ureq's errors, whose own `source` is always `None`.
pub(super) fn cause(error: ureq::Error) -> BoxError {
    match error {
        ureq::Error::Io(cause) => Box::new(cause),
        ureq::Error::Protocol(cause) => Box::new(cause),
        ureq::Error::Http(cause) => Box::new(cause),
        #[cfg(feature = "rustls")]
        ureq::Error::Rustls(cause) => Box::new(cause),
        #[cfg(feature = "native-tls")]
        ureq::Error::NativeTls(cause) => Box::new(cause),
        ureq::Error::Other(cause) => cause,
        other => Box::new(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_cannot_be_resolved_is_recognized_on_every_system() {
        let linux = "failed to lookup address information: Name or service not known";
        let macos =
            "failed to lookup address information: nodename nor servname provided, or not known";
        let windows = "No such host is known. (os error 11001)";
        assert!(is_unresolved_io(linux, None));
        assert!(is_unresolved_io(macos, None));
        for code in 11001..=11004 {
            assert!(is_unresolved_io(windows, Some(code)));
        }
        let refused = "No connection could be made. (os error 10061)";
        assert!(!is_unresolved_io(refused, Some(10061)));
        assert!(!is_unresolved_io("Connection refused (os error 111)", None));
    }
}
