//! How connections are made and used: the parts of ureq that this crate replaces. They are outside
//! ureq's semantic versioning, which changes them only in minor releases; so this is the only file
//! that names `ureq::unversioned`, and `Cargo.toml` requires one minor release of ureq.
//!
//! With ureq's own parts
//! - each request looks its host name up, on a thread of its own, also if a connection is there;
//! - a TLS handshake that fails cannot be told from a connection that breaks later;
//! - a proxy that trickles is waited for without end, and one with more than 20 headers is not
//!   understood;
//! - a write that signals interrupt has no limit;
//! - a response that comes before the end of an upload is not read.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::{Duration, Instant};

use ureq::config::{AutoHeaderValue, Config};
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
#[cfg(feature = "native-tls")]
use ureq::unversioned::transport::NativeTlsConnector;
#[cfg(feature = "rustls")]
use ureq::unversioned::transport::RustlsConnector;
#[cfg(feature = "socks-proxy")]
use ureq::unversioned::transport::SocksConnector;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport, TransportAdapter,
    time,
};
use ureq::{Agent, Error, Proxy, ProxyProtocol, Timeout};

use super::current;
use super::failure::NotConnected;
use super::options::LONGEST;
use super::socket;
use super::tunnel::Tunnel;
use super::url::without_brackets;

/// How long to wait for a response once the connection takes no more of the request.
const GRACE: Duration = Duration::from_millis(100);

/// An agent with these parts. `direct` is the same configuration without its proxy.
pub(super) fn agent(config: Config, direct: Config) -> Agent {
    agent_with(config, direct, DefaultResolver::default())
}

fn agent_with(config: Config, direct: Config, resolver: impl Resolver) -> Agent {
    let connector = Base {
        direct,
        resolver: Box::new(resolver),
    };
    let connector = ().chain(connector);
    #[cfg(feature = "rustls")]
    let connector = connector.chain(RustlsConnector::default());
    #[cfg(feature = "native-tls")]
    let connector = connector.chain(NativeTlsConnector::default());
    Agent::with_parts(config, Whole(connector), Later)
}

/// ureq resolves a name before it looks for an idle connection; [`Base`] does it for a new one.
#[derive(Debug)]
struct Later;

impl Resolver for Later {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// All connectors, up to the handshake of TLS. Marks their errors: no request was sent.
#[derive(Debug)]
struct Whole<C>(C);

impl<C: Connector> Connector for Whole<C> {
    type Out = C::Out;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<()>,
    ) -> Result<Option<C::Out>, Error> {
        let result = self.0.connect(details, chained);
        result.map_err(NotConnected::wrap)
    }
}

/// Connects to a host, or through a proxy to it.
#[derive(Debug)]
struct Base {
    direct: Config,
    resolver: Box<dyn Resolver>,
}

impl Connector for Base {
    type Out = Limited;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Limited>, Error> {
        let limit = ConnectLimit::of(details.timeout);
        let transport: Box<dyn Transport> = match details.config.proxy() {
            None => Box::new(self.tcp(details, &limit)?),
            Some(proxy) => match proxy.protocol() {
                ProxyProtocol::Http | ProxyProtocol::Https => {
                    self.tunnel(details, proxy, &limit)?
                }
                _ => self.socks(details, proxy, &limit)?,
            },
        };
        Ok(Some(Limited(transport)))
    }
}

impl Base {
    fn tcp(&self, details: &ConnectionDetails, limit: &ConnectLimit) -> Result<Tcp, Error> {
        let addresses = self.resolve(details.uri, details.config, limit)?;
        let timeout = limit.left()?;
        let stream = socket::connect(&addresses, duration(timeout))
            .map_err(|error| timeout_or(error, timeout.reason))?;
        Ok(Tcp::new(stream, details.config))
    }

    fn tunnel(
        &self,
        details: &ConnectionDetails,
        proxy: &Proxy,
        limit: &ConnectLimit,
    ) -> Result<Box<dyn Transport>, Error> {
        let empty = self.resolver.empty();
        let to_proxy = self.details(details, proxy.uri(), &self.direct, empty, limit)?;
        let transport = (details.run_connector)(&to_proxy)?;
        let mut stream = TransportAdapter::new(transport, details.current_time.clone());
        stream.set_timeout(limit.left()?);
        let host = details.uri.host().unwrap_or_default();
        let port = details.uri.port_u16().unwrap_or(443);
        let tunnel = Tunnel {
            target: format!("{host}:{port}"),
            user_agent: match details.config.user_agent() {
                AutoHeaderValue::Provided(text) => text,
                _ => "",
            },
            credentials: match (proxy.username(), proxy.password()) {
                (None, None) => None,
                (user, password) => Some((user.unwrap_or_default(), password.unwrap_or_default())),
            },
        };
        tunnel.open(&mut stream)?;
        Ok(stream.into_inner())
    }

    #[cfg(feature = "socks-proxy")]
    fn socks(
        &self,
        details: &ConnectionDetails,
        proxy: &Proxy,
        limit: &ConnectLimit,
    ) -> Result<Box<dyn Transport>, Error> {
        let addresses = match proxy.resolve_target() {
            true => self.resolve(details.uri, details.config, limit)?,
            false => self.resolver.empty(),
        };
        let details = self.details(details, details.uri, details.config, addresses, limit)?;
        let transport = SocksConnector::default().connect(&details, None::<()>)?;
        Ok(Box::new(transport.ok_or(Error::ConnectionFailed)?))
    }

    /// Such a proxy is refused when the session is built.
    #[cfg(not(feature = "socks-proxy"))]
    fn socks(
        &self,
        _: &ConnectionDetails,
        _: &Proxy,
        _: &ConnectLimit,
    ) -> Result<Box<dyn Transport>, Error> {
        Err(Error::InvalidProxyUrl)
    }

    /// The details of a connection on the way to that of `details`.
    fn details<'a>(
        &'a self,
        details: &ConnectionDetails<'a>,
        uri: &'a Uri,
        config: &'a Config,
        addrs: ResolvedSocketAddrs,
        limit: &ConnectLimit,
    ) -> Result<ConnectionDetails<'a>, Error> {
        Ok(ConnectionDetails {
            uri,
            addrs,
            config,
            request_level: details.request_level,
            resolver: &*self.resolver,
            now: (details.current_time)(),
            timeout: limit.left()?,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        })
    }

    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        limit: &ConnectLimit,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let mut timeout = limit.left()?;
        if timeout.reason == Timeout::Connect {
            timeout.reason = Timeout::Resolve;
        }
        if uri.host().is_some_and(needs_no_lookup) {
            // Otherwise ureq starts a thread, to enforce the limit.
            timeout.after = time::Duration::NotHappening;
        }
        self.resolver.resolve(uri, config, timeout)
    }
}

/// Whether no name server is needed for this host.
fn needs_no_lookup(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || without_brackets(host).parse::<IpAddr>().is_ok()
}

/// When a connection must be there.
struct ConnectLimit {
    ends: Instant,
    timeout: NextTimeout,
}

impl ConnectLimit {
    fn of(timeout: NextTimeout) -> Self {
        ConnectLimit {
            ends: Instant::now() + duration(timeout),
            timeout,
        }
    }

    fn left(&self) -> Result<NextTimeout, Error> {
        let left = self.ends.saturating_duration_since(Instant::now());
        let timeout = limited(NextTimeout {
            after: left.into(),
            ..self.timeout
        });
        match timeout.after.is_zero() {
            true => Err(Error::Timeout(timeout.reason)),
            false => Ok(timeout),
        }
    }
}

fn duration(timeout: NextTimeout) -> Duration {
    (*timeout.after).min(LONGEST)
}

/// Limits a timeout to the time that is left of the attempt.
fn limited(mut timeout: NextTimeout) -> NextTimeout {
    let left = current::ends().map(|ends| ends.saturating_duration_since(Instant::now()));
    if let Some(left) = left.filter(|left| *left < *timeout.after) {
        timeout.after = left.into();
        timeout.reason = Timeout::Global;
    }
    timeout
}

fn timeout_or(error: io::Error, reason: Timeout) -> Error {
    match error.kind() {
        ErrorKind::TimedOut => Error::Timeout(reason),
        _ => error.into(),
    }
}

/// A connection that ends with the attempt that uses it. It is not TLS, whatever is below it: that
/// would be the proxy's.
#[derive(Debug)]
struct Limited(Box<dyn Transport>);

impl Transport for Limited {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, limited(timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        // The response may be there although the time is up.
        let timeout = match current::upload_is_stopped() {
            true => timeout,
            false => limited(timeout),
        };
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }
}

/// A socket.
struct Tcp {
    stream: TcpStream,
    buffers: LazyBuffers,
    /// The timeouts that the socket has.
    write_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
    stopped: Option<Stopped>,
}

/// The connection takes no more of the request. What is still written is discarded, so that ureq
/// goes on to read the response, which may be there.
struct Stopped {
    /// Why, until it is reported.
    error: Option<Error>,
    /// When reading ends, once it has begun.
    ends: Option<Instant>,
}

impl Stopped {
    fn report(&mut self) -> Error {
        let again = || ErrorKind::ConnectionAborted.into();
        self.error.take().unwrap_or_else(|| Error::Io(again()))
    }
}

impl Tcp {
    fn new(stream: TcpStream, config: &Config) -> Self {
        Tcp {
            stream,
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
            write_timeout: None,
            read_timeout: None,
            stopped: None,
        }
    }

    fn read(&mut self, limit: Duration) -> io::Result<usize> {
        let (mut stream, set) = (&self.stream, &mut self.read_timeout);
        let buffer = self.buffers.input_append_buf();
        socket::read(limit, |left| {
            update(set, left, || stream.set_read_timeout(Some(left)))?;
            stream.read(buffer)
        })
    }
}

/// Sets a socket's timeout if it has another.
fn update(
    current: &mut Option<Duration>,
    new: Duration,
    set: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    if *current == Some(new) {
        return Ok(());
    }
    match set() {
        Ok(()) => *current = Some(new),
        // macOS refuses where the peer has closed the connection, though a response may be there.
        Err(error) if cfg!(target_os = "macos") && error.kind() == ErrorKind::InvalidInput => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

impl Transport for Tcp {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.stopped.is_some() {
            return Ok(());
        }
        let timeout = timeout.for_write();
        let (mut stream, set) = (&self.stream, &mut self.write_timeout);
        let output = &self.buffers.output()[..amount];
        let result = socket::write_all(output, duration(timeout), |bytes, left| {
            update(set, left, || stream.set_write_timeout(Some(left)))?;
            stream.write(bytes)
        });
        if let Err(error) = result {
            current::stop_upload();
            self.stopped = Some(Stopped {
                error: Some(timeout_or(error, timeout.reason)),
                ends: None,
            });
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        let mut limit = duration(timeout);
        if let Some(stopped) = &mut self.stopped {
            let ends = *stopped.ends.get_or_insert_with(|| Instant::now() + GRACE);
            limit = limit.min(ends.saturating_duration_since(Instant::now()));
        }
        let result = self.read(limit);
        match (result, &mut self.stopped) {
            (Err(_) | Ok(0), Some(stopped)) => Err(stopped.report()),
            (Err(error), None) => Err(timeout_or(error, timeout.reason)),
            (Ok(count), _) => {
                self.buffers.input_appended(count);
                Ok(count > 0)
            }
        }
    }

    /// Whether the connection can be used for another request: nothing is there to be read.
    fn is_open(&mut self) -> bool {
        let is_idle = || -> io::Result<bool> {
            self.stream.set_nonblocking(true)?;
            let probe = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            Ok(probe.is_err_and(|error| error.kind() == ErrorKind::WouldBlock))
        };
        self.stopped.is_none() && is_idle().unwrap_or(false)
    }
}

/// Does not show the buffers, which hold the token.
impl fmt::Debug for Tcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tcp").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::{SocketAddr, TcpListener};
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::*;

    /// A server that closes each connection after its second response.
    fn serve() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let reader = BufReader::new(stream.try_clone().unwrap());
                let mut lines = reader.lines().map_while(Result::ok);
                for connection in ["keep-alive", "close"] {
                    lines.find(String::is_empty);
                    let head = format!("HTTP/1.1 204 Any\r\nConnection: {connection}\r\n\r\n");
                    stream.write_all(head.as_bytes()).unwrap();
                }
            }
        });
        address
    }

    /// Resolves every name to one address, and notes the limit of each lookup.
    #[derive(Debug)]
    struct Lookups {
        address: SocketAddr,
        limits: Arc<Mutex<Vec<NextTimeout>>>,
    }

    impl Resolver for Lookups {
        fn resolve(
            &self,
            _: &Uri,
            _: &Config,
            limit: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, Error> {
            self.limits.lock().unwrap().push(limit);
            let mut addresses = self.empty();
            addresses.push(self.address);
            Ok(addresses)
        }
    }

    /// Sends three requests to this host: the limits of the lookups.
    fn lookups(host: &str) -> Vec<NextTimeout> {
        let limits = Arc::new(Mutex::new(Vec::new()));
        let lookups = Lookups {
            address: serve(),
            limits: Arc::clone(&limits),
        };
        let config = Agent::config_builder().proxy(None);
        let config = config
            .timeout_connect(Some(Duration::from_secs(60)))
            .build();
        let agent = agent_with(config.clone(), config, lookups);
        for _ in 0..3 {
            agent.get(format!("http://{host}/")).call().unwrap();
        }
        let limits = limits.lock().unwrap();
        limits.clone()
    }

    #[test]
    fn a_name_is_looked_up_once_for_each_connection() {
        let limits = lookups("press.test");
        assert_eq!(limits.len(), 2);
        for limit in limits {
            assert_eq!(limit.reason, Timeout::Resolve);
            assert!(duration(limit) <= Duration::from_secs(60), "{limit:?}");
        }
    }

    /// Takes all the time that a lookup has.
    #[derive(Debug)]
    struct Slow(SocketAddr);

    impl Resolver for Slow {
        fn resolve(
            &self,
            _: &Uri,
            _: &Config,
            limit: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, Error> {
            let start = Instant::now();
            while start.elapsed() < *limit.after {
                thread::yield_now();
            }
            let mut addresses = self.empty();
            addresses.push(self.0);
            Ok(addresses)
        }
    }

    #[test]
    fn a_lookup_and_the_connection_have_one_limit_together() {
        let config = Agent::config_builder().proxy(None);
        let config = config.timeout_connect(Some(Duration::from_millis(20)));
        let config = config.build();
        let agent = agent_with(config.clone(), config, Slow(serve()));
        let error = agent.get("http://press.test/").call().unwrap_err();
        let (error, not_connected) = NotConnected::unwrap(error);
        assert!(matches!(error, Error::Timeout(Timeout::Connect)), "{error}");
        assert!(not_connected);
    }

    #[test]
    fn what_needs_no_name_server_needs_no_limit() {
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let limits = lookups(host);
            assert!(limits[0].after.is_not_happening(), "{host}: {limits:?}");
        }
    }
}
