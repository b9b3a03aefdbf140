//! The TCP server: a listener on a loopback port, a thread per connection, and a clean shutdown.

use std::collections::HashMap;
use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle, ScopedJoinHandle};
use std::time::Duration;

use super::request::{self, ReadError, Request};
use super::response::Response;
use crate::lock::{lock, unpoisoned};

/// The pause before each byte of a response that never ends.
const DRIP_INTERVAL: Duration = Duration::from_millis(5);

/// The reply to a request, and the pause before it.
pub(super) struct Reply {
    pub(super) delay: Duration,
    pub(super) action: Action,
}

impl Reply {
    pub(super) fn now(action: Action) -> Self {
        Reply {
            delay: Duration::ZERO,
            action,
        }
    }
}

pub(super) enum Action {
    Respond(Response),
    /// Writes these bytes and closes the connection.
    Raw(Vec<u8>),
    /// Closes the connection.
    Close,
    /// Sends nothing until the client closes the connection.
    Silence,
    /// Sends an endless response until the client closes the connection.
    Drip,
}

type Handler = dyn Fn(Request) -> Reply + Send + Sync;

/// A server that runs until it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    control: Arc<Control>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts on this port of `127.0.0.1`; 0 selects a free one.
    pub(super) fn start(
        port: u16,
        handler: impl Fn(Request) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let control = Arc::new(Control::default());
        let shared = Arc::clone(&control);
        let acceptor = named_thread().spawn(move || accept(&listener, &shared, &handler))?;
        Ok(Server {
            address,
            control,
            acceptor: Some(acceptor),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Closes every connection, joins every thread and frees the port.
impl Drop for Server {
    fn drop(&mut self) {
        let Some(acceptor) = self.acceptor.take() else {
            return;
        };
        self.control.stop();
        // The acceptor only checks whether to stop when a connection comes in, so open one.
        while !acceptor.is_finished() && TcpStream::connect(self.address).is_err() {
            thread::yield_now();
        }
        let _ = acceptor.join();
    }
}

fn named_thread() -> thread::Builder {
    thread::Builder::new().name("press-emulator".into())
}

/// Accepts connections until the server stops, then joins their threads.
fn accept(listener: &TcpListener, control: &Control, handler: &Handler) {
    thread::scope(|scope| {
        let mut threads: Vec<ScopedJoinHandle<()>> = Vec::new();
        loop {
            let accepted = listener.accept();
            if lock(&control.connections).stopping {
                break;
            }
            join(threads.extract_if(.., |thread| thread.is_finished()));
            let Ok((stream, _)) = accepted else {
                thread::yield_now();
                continue;
            };
            let serve = move || {
                if let Some(_open) = control.admit(&stream) {
                    // An I/O error ends the connection. There is no one to report it to.
                    let _ = serve(&stream, control, handler);
                }
            };
            // If no thread can be started, the connection closes.
            threads.extend(named_thread().spawn_scoped(scope, serve));
        }
        join(threads);
    });
}

/// Joins the threads. A scope only waits for their closures, not for the threads to exit.
fn join<'scope>(threads: impl IntoIterator<Item = ScopedJoinHandle<'scope, ()>>) {
    for thread in threads {
        // A panic affected only that thread's connection.
        let _ = thread.join();
    }
}

/// Serves a connection until it closes.
fn serve(mut stream: &TcpStream, control: &Control, handler: &Handler) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let proceed = || (&*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        let request = match request::read(&mut reader, proceed) {
            Ok(request) => request,
            Err(ReadError::Closed) => return Ok(()),
            Err(ReadError::Invalid(error)) => {
                stream.write_all(&Response::from(error).to_bytes(false))?;
                return linger(stream, reader);
            }
        };
        // The client would read the body of a response to HEAD as the next response.
        let keep_alive = request.keep_alive && request.method != "HEAD";
        let reply = handler(request);
        if control.pause(reply.delay) {
            return Ok(());
        }
        match reply.action {
            Action::Respond(response) => stream.write_all(&response.to_bytes(keep_alive))?,
            Action::Raw(bytes) => return stream.write_all(&bytes),
            Action::Close => return Ok(()),
            Action::Silence => return io::copy(&mut reader, &mut io::sink()).map(drop),
            Action::Drip => return drip(stream, control),
        }
        if !keep_alive {
            return Ok(());
        }
    }
}

/// Sends JSON whitespace, one byte at a time.
fn drip(mut stream: &TcpStream, control: &Control) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes())?;
    while !control.pause(DRIP_INTERVAL) {
        stream.write_all(b"1\r\n \r\n")?;
    }
    Ok(())
}

/// Reads what the client still sends. Closing at once would reset the connection before the client can
/// read the response.
fn linger(stream: &TcpStream, mut reader: BufReader<&TcpStream>) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut reader, &mut io::sink()).map(drop)
}

/// Shared by the threads, so that they can be stopped together.
#[derive(Default)]
struct Control {
    connections: Mutex<Connections>,
    stopped: Condvar,
}

#[derive(Default)]
struct Connections {
    stopping: bool,
    accepted: u64,
    open: HashMap<u64, TcpStream>,
}

impl Control {
    /// Registers a connection, so that `stop` can close it.
    fn admit(&self, stream: &TcpStream) -> Option<Open<'_>> {
        let handle = stream.try_clone().ok()?;
        let mut connections = lock(&self.connections);
        if connections.stopping {
            return None;
        }
        connections.accepted += 1;
        let number = connections.accepted;
        connections.open.insert(number, handle);
        Some(Open {
            control: self,
            number,
        })
    }

    /// Waits this long or until the server stops. Returns whether it stops.
    fn pause(&self, pause: Duration) -> bool {
        let connections = lock(&self.connections);
        let waited = self
            .stopped
            .wait_timeout_while(connections, pause, |connections| !connections.stopping);
        unpoisoned(waited).0.stopping
    }

    fn stop(&self) {
        let mut connections = lock(&self.connections);
        connections.stopping = true;
        for stream in connections.open.values() {
            // Fails if the client has already closed it.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.stopped.notify_all();
    }
}

/// A registered connection, unregistered when dropped.
struct Open<'a> {
    control: &'a Control,
    number: u64,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        lock(&self.control.connections).open.remove(&self.number);
    }
}
