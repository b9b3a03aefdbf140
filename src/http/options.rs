//! What a caller can set about connections.

use std::time::Duration;

use super::proxy::Proxy;

/// How long to wait for the service, in three phases.
///
/// They are limits for one attempt; [`RetryPolicy`](crate::RetryPolicy) says how many there are.
/// There is none for an upload as a whole, so a large artifact on a slow line takes the time it
/// takes, as long as it moves. A limit that ran out is an
/// [`Error::Timeout`](crate::Error::Timeout). `Duration::MAX` is as good as no limit.
///
/// ```
/// use peak_press::Timeouts;
/// use std::time::Duration;
///
/// let timeouts = Timeouts::default().read(Duration::from_secs(120));
/// # let _ = timeouts;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) read: Duration,
    pub(crate) write: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(60),
            write: Duration::from_secs(30),
        }
    }
}

impl Timeouts {
    /// For resolving the host name, and again for connecting, the TLS handshake and a proxy's
    /// included. The default is 10 seconds.
    pub fn connect(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// For the head of the answer, counted from the end of the request, and again for the whole
    /// of its body: an answer that drips ends too. The default is 60 seconds.
    pub fn read(mut self, limit: Duration) -> Self {
        self.read = limit;
        self
    }

    /// For each write of the request, which starts anew whenever some of it went out. The default
    /// is 30 seconds.
    pub fn write(mut self, limit: Duration) -> Self {
        self.write = limit;
        self
    }
}

/// Which certificate authorities are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TlsRoots {
    /// Mozilla's, which are built into the program. The default, with either [`TlsProvider`]: with
    /// [`TlsProvider::NativeTls`], too, those of the operating system are then not trusted.
    #[default]
    WebPki,
    /// The operating system's, and with it what an administrator added there. With
    /// [`TlsProvider::Rustls`] this needs the feature `platform-verifier` beside `rustls`, without
    /// which that feature does nothing. With [`TlsProvider::NativeTls`] it needs neither.
    Platform,
    /// The certificates in this PEM text and no others: for a proxy or gateway with a certificate
    /// authority of its own. Text that holds none, or holds one that is none, is an
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) when the session is built.
    Pem(Vec<u8>),
}

/// Which library does TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsProvider {
    /// [rustls](https://docs.rs/rustls), with the feature `rustls`. The default where that feature
    /// is on, as it is unless default features are off.
    Rustls,
    /// The operating system's, with the feature `native-tls`. The default where that feature is on
    /// and `rustls` is not.
    NativeTls,
}

impl Default for TlsProvider {
    fn default() -> Self {
        match cfg!(all(feature = "native-tls", not(feature = "rustls"))) {
            true => TlsProvider::NativeTls,
            false => TlsProvider::Rustls,
        }
    }
}

/// All of it, as the session's builder gathered it.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) timeouts: Timeouts,
    pub(crate) user_agent: String,
    pub(crate) max_response_size: u64,
    pub(crate) proxy: Proxy,
    pub(crate) tls_roots: TlsRoots,
    pub(crate) tls_provider: TlsProvider,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            timeouts: Timeouts::default(),
            user_agent: concat!("peak-press/", env!("CARGO_PKG_VERSION")).into(),
            max_response_size: 64 * 1024 * 1024,
            proxy: Proxy::default(),
            tls_roots: TlsRoots::default(),
            tls_provider: TlsProvider::default(),
        }
    }
}
