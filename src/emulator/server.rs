//! The sockets: a listener on a loopback port, one thread a connection, and an end to all of it.

use std::collections::HashMap;
use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle, ScopedJoinHandle};
use std::time::Duration;

use super::answer::Answer;
use super::request::{self, Request, Unread};
use crate::lock::{lock, unpoisoned};

/// What is done about a request.
pub(super) struct Reaction {
    /// How long to wait first.
    pub(super) pause: Duration,
    pub(super) then: Then,
}

impl Reaction {
    pub(super) fn now(then: Then) -> Self {
        let pause = Duration::ZERO;
        Reaction { pause, then }
    }
}

pub(super) enum Then {
    Answer(Answer),
    /// Writes these bytes, and closes the connection.
    Raw(Vec<u8>),
    /// Closes the connection.
    Cut,
}

type Handler = dyn Fn(Request) -> Reaction + Send + Sync;

/// A server that runs for as long as it is not dropped.
pub(super) struct Server {
    address: SocketAddr,
    control: Arc<Control>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(
        handler: impl Fn(Request) -> Reaction + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let control = Arc::new(Control::default());
        let in_thread = Arc::clone(&control);
        let acceptor = named_thread().spawn(move || accept(&listener, &in_thread, &handler))?;
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

/// Ends every connection and every thread, and gives the port back.
impl Drop for Server {
    fn drop(&mut self) {
        let Some(acceptor) = self.acceptor.take() else {
            return;
        };
        self.control.stop();
        // The acceptor sees that it is to stop when the next connection comes: this one.
        while !acceptor.is_finished() && TcpStream::connect(self.address).is_err() {
            thread::yield_now();
        }
        let _ = acceptor.join();
    }
}

fn named_thread() -> thread::Builder {
    thread::Builder::new().name("press-emulator".into())
}

/// Accepts connections until told to stop; then waits for the threads of those that there are.
fn accept(listener: &TcpListener, control: &Control, handler: &Handler) {
    thread::scope(|scope| {
        let mut threads: Vec<ScopedJoinHandle<()>> = Vec::new();
        loop {
            let accepted = listener.accept();
            if control.lock().stopping {
                break;
            }
            join(threads.extract_if(.., |thread| thread.is_finished()));
            let Ok((stream, _)) = accepted else {
                thread::yield_now();
                continue;
            };
            let serve = move || {
                if let Some(_open) = control.admit(&stream) {
                    // What breaks a connection ends it: there is nobody left to tell.
                    let _ = serve(&stream, control, handler);
                }
            };
            // Where no thread can be had the connection is closed, as by a server under load.
            threads.extend(named_thread().spawn_scoped(scope, serve));
        }
        join(threads);
    });
}

/// Waits until threads are gone: a scope by itself waits only until their work is done.
fn join<'scope>(threads: impl IntoIterator<Item = ScopedJoinHandle<'scope, ()>>) {
    for thread in threads {
        // A connection that panicked was its own client's trouble, and is nobody's now.
        let _ = thread.join();
    }
}

/// Serves one connection to its end.
fn serve(mut stream: &TcpStream, control: &Control, handler: &Handler) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let proceed = || (&*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        let request = match request::read(&mut reader, proceed) {
            Ok(request) => request,
            Err(Unread::Ended) => return Ok(()),
            Err(Unread::Refused(refusal)) => {
                stream.write_all(&Answer::from(refusal).to_bytes(false))?;
                return linger(stream, reader);
            }
        };
        // An answer to HEAD would have to do without its body: none of the calls is one.
        let keep_alive = request.keep_alive && request.method != "HEAD";
        let reaction = handler(request);
        if control.pause(reaction.pause) {
            return Ok(());
        }
        match reaction.then {
            Then::Answer(answer) => stream.write_all(&answer.to_bytes(keep_alive))?,
            Then::Raw(bytes) => return stream.write_all(&bytes),
            Then::Cut => return Ok(()),
        }
        if !keep_alive {
            return Ok(());
        }
    }
}

/// Reads what the client still sends: closed at once, the connection would be reset before the
/// client could read the answer.
fn linger(stream: &TcpStream, mut reader: BufReader<&TcpStream>) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut reader, &mut io::sink()).map(drop)
}

/// What the threads share, to end together.
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
    fn lock(&self) -> MutexGuard<'_, Connections> {
        lock(&self.connections)
    }

    /// Takes a connection in, so that it can be ended from outside.
    fn admit(&self, stream: &TcpStream) -> Option<Open<'_>> {
        let handle = stream.try_clone().ok()?;
        let mut connections = self.lock();
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

    /// Waits, unless it is to stop. Says whether it is.
    fn pause(&self, pause: Duration) -> bool {
        let connections = self.lock();
        let waited = self
            .stopped
            .wait_timeout_while(connections, pause, |connections| !connections.stopping);
        unpoisoned(waited).0.stopping
    }

    fn stop(&self) {
        let mut connections = self.lock();
        connections.stopping = true;
        for stream in connections.open.values() {
            // It fails where the client was faster.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.stopped.notify_all();
    }
}

/// A connection that was taken in.
struct Open<'a> {
    control: &'a Control,
    number: u64,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.control.lock().open.remove(&self.number);
    }
}
