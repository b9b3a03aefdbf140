//! The settings of a session's connections.

use std::time::Duration;

use super::attempt::OnAttempt;
use super::proxy::Proxy;
use crate::retry::RetryPolicy;

/// Practically unlimited, but not so long that adding it to a point in time overflows.
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long to wait for the service, in each phase of an attempt.
///
/// | | default | limits |
/// |---|---|---|
/// | [`connect`](Timeouts::connect) | 10 seconds | resolving the host name and connecting, with all handshakes |
/// | [`write`](Timeouts::write) | 30 seconds | each write of the request, at most 128 KiB |
/// | [`read`](Timeouts::read) | 60 seconds | waiting for the response; then its body |
/// | [`call`](Timeouts::call) | none | all attempts and pauses together |
///
/// [`RetryPolicy`](crate::RetryPolicy) sets the number of attempts. Without [`call`](Timeouts::call)
/// an upload as a whole has no limit: on a slow connection a large artifact takes as long as it
/// takes, at 128 KiB in 30 seconds or more. A call without an upload then ends within about 11 minutes
/// with the defaults: four attempts of at most 160 seconds each, and their pauses, unless a
/// `Retry-After` makes these longer.
///
/// Reaching a limit is an [`Error::Timeout`](crate::Error::Timeout), except where the service has
/// responded to an upload before its end, as with a 401 or a 413: then it is that response's error.
/// `Duration::MAX` means no limit.
///
/// A host name is resolved for each new connection, and not for a request on an idle one.
///
/// ```
/// use peak_press::Timeouts;
/// use std::time::Duration;
///
/// let timeouts = Timeouts::default().read(Duration::from_secs(120));
/// # let _ = timeouts;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) read: Duration,
    pub(crate) write: Duration,
    pub(crate) call: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(60),
            write: Duration::from_secs(30),
            call: Duration::MAX,
        }
    }
}

impl Timeouts {
    /// The limit for a new connection: resolving the host name, connecting, and the handshakes of TLS
    /// and of a proxy, all together. The default is 10 seconds.
    pub fn connect(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// The limit for the status and headers of the response, counted from the end of the request,
    /// and, counted anew, for its whole body: a response that trickles in ends too. The default is
    /// 60 seconds.
    pub fn read(mut self, limit: Duration) -> Self {
        self.read = limit;
        self
    }

    /// The limit for each write of the request, at most 128 KiB, counted anew for the next one.
    /// Signals do not prolong it, except through a SOCKS proxy. The default is 30 seconds.
    pub fn write(mut self, limit: Duration) -> Self {
        self.write = limit;
        self
    }

    /// The limit for a call as a whole: all attempts and the pauses between them. An attempt that
    /// reaches it is an [`Error::Timeout`](crate::Error::Timeout); where the pause before the next
    /// attempt would reach it, the last error is returned at once. The default is no limit, since
    /// nothing is known about the size of an upload and the speed of the connection.
    pub fn call(mut self, limit: Duration) -> Self {
        self.call = limit;
        self
    }
}

/// Which certificate authorities are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TlsRoots {
    /// Mozilla's list, which is built into the program. The default, with either [`TlsProvider`]:
    /// [`TlsProvider::NativeTls`] does not trust the operating system's authorities then.
    #[default]
    WebPki,
    /// The operating system's authorities, including those that an administrator added. With
    /// [`TlsProvider::Rustls`] this needs the feature `platform-verifier` in addition to `rustls`;
    /// with [`TlsProvider::NativeTls`] it needs no other feature.
    Platform,
    /// The certificates in this PEM text and no others: for a proxy or gateway with a private
    /// certificate authority. A text without a certificate, or with an invalid one, is an
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) when the session is built.
    Pem(Vec<u8>),
}

/// The TLS implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsProvider {
    /// [rustls](https://docs.rs/rustls), with the feature `rustls`. The default where that feature
    /// is enabled, as it is by default.
    Rustls,
    /// The operating system's, with the feature `native-tls`. The default where that feature is
    /// enabled and `rustls` is not.
    NativeTls,
}

impl Default for TlsProvider {
    fn default() -> Self {
        if cfg!(all(feature = "native-tls", not(feature = "rustls"))) {
            TlsProvider::NativeTls
        } else {
            TlsProvider::Rustls
        }
    }
}

/// All settings, as the session's builder collects them.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) user_agent: String,
    pub(crate) max_response_size: u64,
    pub(crate) proxy: Proxy,
    pub(crate) tls_roots: TlsRoots,
    pub(crate) tls_provider: TlsProvider,
    pub(crate) on_attempt: Option<OnAttempt>,
    /// Headers of every request.
    pub(crate) headers: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            user_agent: concat!("peak-press/", env!("CARGO_PKG_VERSION")).into(),
            max_response_size: 8 * 1024 * 1024,
            proxy: Proxy::default(),
            tls_roots: TlsRoots::default(),
            tls_provider: TlsProvider::default(),
            on_attempt: None,
            headers: Vec::new(),
        }
    }
}
