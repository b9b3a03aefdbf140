//! An HTTP server on a loopback port that replies from a script and records every request.
//!
//! It parses only enough HTTP to find the end of a request. It is for tests of the wire format, and of
//! failures on the wire:
//!
//! ```ignore
//! let server = Server::script([
//!     Reply::json(503, "{}"),
//!     Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"id\"").then(End::Reset),
//!     Reply::json(200, r#"{"id": 1}"#),
//! ]);
//! // … requests to server.url() …
//! assert_eq!(server.requests()[0].line(), "GET /specs HTTP/1.1");
//! ```
//!
//! The n-th request gets the n-th reply, and all later ones get the last. With [`Server::replying`] a
//! function creates the reply. A request is recorded before its reply is sent, so no test needs to
//! sleep.

#![allow(dead_code, unreachable_pub)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use peak_press::{RetryPolicy, Session};

/// The bytes of a response, and what happens to the connection after them.
#[derive(Clone)]
pub struct Reply {
    bytes: Vec<u8>,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Waits for the next request on the same connection.
    KeepOpen,
    /// Closes the connection in an orderly way.
    Close,
    /// Resets the connection after the reply.
    Reset,
    /// Sends nothing more, and keeps the connection until the client closes it.
    Silence,
    /// Repeats the reply's last byte every few milliseconds until the client closes the connection.
    Drip,
    /// Replies before reading the request's body, and closes the connection with the body unread.
    CloseEarly,
    /// Replies before reading the request's body, and never reads it.
    Stall,
}

impl Reply {
    /// These bytes, on a connection that stays open.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Reply {
            bytes: bytes.into(),
            end: End::KeepOpen,
        }
    }

    /// A complete JSON response.
    pub fn json(status: u16, body: &str) -> Self {
        Reply::with_headers(status, "Content-Type: application/json\r\n", body)
    }

    /// A complete response with these header lines, each ended by `\r\n`.
    pub fn with_headers(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Any\r\n{headers}Content-Length: {length}\r\n\r\n");
        Reply::raw([head.as_bytes(), body].concat())
    }

    /// No bytes at all.
    pub fn nothing(end: End) -> Self {
        Reply::raw("").then(end)
    }

    pub fn then(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}

/// A received request.
#[derive(Clone)]
pub struct Recorded {
    pub bytes: Vec<u8>,
    /// The number of its connection, counted from 0.
    pub connection: usize,
}

impl Recorded {
    /// The request line and headers.
    pub fn head(&self) -> &str {
        let end = head_end(&self.bytes).unwrap_or(self.bytes.len());
        std::str::from_utf8(&self.bytes[..end]).expect("a head in UTF-8")
    }

    /// The request line.
    pub fn line(&self) -> &str {
        self.head().lines().next().unwrap_or_default()
    }

    /// The value of a header. Names are case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.head(), name)
    }

    pub fn body(&self) -> &[u8] {
        &self.bytes[head_end(&self.bytes).unwrap_or(self.bytes.len())..]
    }
}

/// The server. Its threads end with the process.
pub struct Server {
    address: SocketAddr,
    recorded: Arc<Mutex<Vec<Recorded>>>,
    /// The number of connections that the server has closed.
    closed: Arc<(Mutex<usize>, Condvar)>,
}

type Replying = dyn Fn(usize, &Recorded) -> Reply + Send + Sync;

impl Server {
    /// Sends the n-th reply to the n-th request, and the last one to all later requests.
    pub fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Vec<Reply> = replies.into_iter().collect();
        Server::replying(move |number, _| replies[number.min(replies.len() - 1)].clone())
    }

    /// Creates each reply from the request's number, counted from 0, and its head.
    pub fn replying(reply: impl Fn(usize, &Recorded) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = Server {
            address: listener.local_addr().expect("the address of a listener"),
            recorded: Arc::default(),
            closed: Arc::default(),
        };
        let reply: Arc<Replying> = Arc::new(reply);
        let (recorded, closed) = (Arc::clone(&server.recorded), Arc::clone(&server.closed));
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let (reply, recorded) = (Arc::clone(&reply), Arc::clone(&recorded));
                let closed = Arc::clone(&closed);
                thread::spawn(move || {
                    serve(stream, connection, &*reply, &recorded);
                    *lock(&closed.0) += 1;
                    closed.1.notify_all();
                });
            }
        });
        server
    }

    /// A session for this server with the token `t0ken`, which sends each request once.
    pub fn session(&self) -> Session {
        let builder = Session::builder()
            .auth_token("t0ken")
            .base_url(self.url())
            .retry(RetryPolicy::never());
        builder.build().expect("a valid base URL")
    }

    /// `http://127.0.0.1:…`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far, in the order of their heads.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.recorded).clone()
    }

    /// The number of requests so far.
    pub fn count(&self) -> usize {
        lock(&self.recorded).len()
    }

    /// Waits until the server has closed this many connections, so that a client can see it.
    pub fn wait_until_closed(&self, connections: usize) {
        let (count, changed) = &*self.closed;
        drop(changed.wait_while(lock(count), |count| *count < connections));
    }
}

fn serve(
    mut stream: TcpStream,
    connection: usize,
    reply: &Replying,
    recorded: &Mutex<Vec<Recorded>>,
) {
    while let Some(head) = peek_head(&stream) {
        let head_length = head.len();
        let request = Recorded {
            bytes: head,
            connection,
        };
        let number = {
            let mut recorded = lock(recorded);
            recorded.push(request.clone());
            recorded.len() - 1
        };
        let Reply { bytes, end } = reply(number, &request);
        match end {
            // Closing a connection with unread bytes resets it.
            End::Reset => {
                _ = stream.write_all(&bytes);
                return;
            }
            End::CloseEarly => {
                read_exactly(&mut stream, head_length);
                _ = stream.write_all(&bytes);
                return;
            }
            End::Stall => {
                read_exactly(&mut stream, head_length);
                _ = stream.write_all(&bytes);
                loop {
                    thread::park();
                }
            }
            End::KeepOpen | End::Close | End::Silence | End::Drip => {}
        }
        read_exactly(&mut stream, head_length);
        let body = read_exactly(&mut stream, content_length(request.head()));
        lock(recorded)[number].bytes.extend(body);
        if stream.write_all(&bytes).is_err() {
            return;
        }
        match end {
            End::Silence => wait_for_close(&mut stream, &[]),
            End::Drip => wait_for_close(&mut stream, &bytes[bytes.len().saturating_sub(1)..]),
            End::KeepOpen => continue,
            _ => return,
        }
    }
}

/// The head of the next request, which stays unread; `None` once the client closes the connection.
fn peek_head(stream: &TcpStream) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = stream.peek(&mut buffer).ok().filter(|count| *count > 0)?;
        if let Some(end) = head_end(&buffer[..count]) {
            return Some(buffer[..end].to_vec());
        }
        thread::yield_now();
    }
}

fn read_exactly(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    _ = stream.take(count as u64).read_to_end(&mut bytes);
    bytes
}

/// Waits until the client closes the connection, sending these bytes every few milliseconds.
fn wait_for_close(stream: &mut TcpStream, drip: &[u8]) {
    _ = stream.set_read_timeout(Some(Duration::from_millis(5)));
    loop {
        match stream.read(&mut [0]) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if stream.write_all(drip).is_err() {
                    return;
                }
            }
            _ => return,
        }
    }
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    let start = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(start + 4)
}

fn content_length(head: &str) -> usize {
    let encoding = header(head, "transfer-encoding");
    assert_eq!(encoding, None, "the request has no length");
    header(head, "content-length").map_or(0, |length| length.parse().expect("a number"))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// Locks a mutex even if a test panicked while holding it: that panic's message matters more.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
