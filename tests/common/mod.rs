//! A server on a loopback port that says exactly what it is told to, and records what it is told.
//!
//! It knows as much HTTP as it takes to find the end of a request. It is for tests of what is on
//! the wire and of what goes wrong there:
//!
//! ```ignore
//! let server = Server::script([
//!     Reply::json(503, "{}"),
//!     Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"id\"").then(End::Reset),
//!     Reply::json(200, r#"{"id": 1}"#),
//! ]);
//! // … requests to server.url() …
//! assert_eq!(server.requests()[0].line(), "GET /things HTTP/1.1");
//! ```
//!
//! The n-th request gets the n-th reply, and each after the last the last one again; with
//! [`Server::answering`] a function makes the reply. No test has to wait: a request is recorded
//! before it is answered.

#![allow(dead_code, unreachable_pub)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What to say to a request, and what to do then.
#[derive(Clone)]
pub struct Reply {
    bytes: Vec<u8>,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Wait for the next request on the same connection.
    KeepOpen,
    /// Close the connection in good order.
    Close,
    /// Break the connection: the client gets a reset after the reply's bytes.
    Reset,
    /// Say nothing more, and hold the connection until the client lets go.
    Silence,
    /// Repeat the reply's last byte every few milliseconds until the client lets go.
    Drip,
    /// Reply before the request's body is read, and close the connection with it unread.
    CloseEarly,
    /// Reply before the request's body is read, and never read it.
    Stall,
}

impl Reply {
    /// These bytes, as they are, on a connection that then stays open.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Reply {
            bytes: bytes.into(),
            end: End::KeepOpen,
        }
    }

    /// A whole answer of this status and body.
    pub fn json(status: u16, body: &str) -> Self {
        Reply::with_headers(status, "Content-Type: application/json\r\n", body)
    }

    /// The same with these header lines, each ended by `\r\n`.
    pub fn with_headers(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Any\r\n{headers}Content-Length: {length}\r\n\r\n");
        Reply::raw([head.as_bytes(), body].concat())
    }

    /// Nothing at all, and then this.
    pub fn nothing(end: End) -> Self {
        Reply::raw("").then(end)
    }

    /// What to do after the reply.
    pub fn then(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}

/// A request as it came.
#[derive(Clone)]
pub struct Recorded {
    /// Every byte of it.
    pub bytes: Vec<u8>,
    /// Which connection it came on, counted from 0.
    pub connection: usize,
}

impl Recorded {
    /// All before the body, as text.
    pub fn head(&self) -> &str {
        let end = head_end(&self.bytes).unwrap_or(self.bytes.len());
        std::str::from_utf8(&self.bytes[..end]).expect("the head is text")
    }

    /// The first line.
    pub fn line(&self) -> &str {
        self.head().lines().next().unwrap_or_default()
    }

    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.head(), name)
    }

    /// The bytes after the head.
    pub fn body(&self) -> &[u8] {
        &self.bytes[head_end(&self.bytes).unwrap_or(self.bytes.len())..]
    }
}

/// The server. Its threads end with the test's process.
pub struct Server {
    address: SocketAddr,
    recorded: Arc<Mutex<Vec<Recorded>>>,
    /// How many connections the server has closed.
    closed: Arc<(Mutex<usize>, Condvar)>,
}

type Answering = dyn Fn(usize, &Recorded) -> Reply + Send + Sync;

impl Server {
    /// Answers the n-th request with the n-th reply, and all later ones with the last.
    pub fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Vec<Reply> = replies.into_iter().collect();
        Server::answering(move |number, _| replies[number.min(replies.len() - 1)].clone())
    }

    /// Answers each request as this function says, which is given the request's number, counted
    /// from 0, and its head.
    pub fn answering(answer: impl Fn(usize, &Recorded) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let recorded = Arc::new(Mutex::new(Vec::new()));
        let (answer, records): (Arc<Answering>, _) = (Arc::new(answer), Arc::clone(&recorded));
        let closed = Arc::new((Mutex::new(0), Condvar::new()));
        let closing = Arc::clone(&closed);
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let (answer, records) = (Arc::clone(&answer), Arc::clone(&records));
                let closing = Arc::clone(&closing);
                thread::spawn(move || {
                    serve(stream, connection, &*answer, &records);
                    *closing.0.lock().unwrap() += 1;
                    closing.1.notify_all();
                });
            }
        });
        Server {
            address,
            recorded,
            closed,
        }
    }

    /// Where it is: `http://127.0.0.1:…`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, in the order in which their heads came.
    pub fn requests(&self) -> Vec<Recorded> {
        self.recorded.lock().unwrap().clone()
    }

    /// Waits until the server has closed so many connections: only then is it sure that a client
    /// can see it.
    pub fn wait_until_closed(&self, connections: usize) {
        let (count, changed) = &*self.closed;
        let count = count.lock().unwrap();
        drop(changed.wait_while(count, |count| *count < connections));
    }

    /// How many requests came so far.
    pub fn count(&self) -> usize {
        self.recorded.lock().unwrap().len()
    }
}

fn serve(
    mut stream: TcpStream,
    connection: usize,
    answer: &Answering,
    records: &Mutex<Vec<Recorded>>,
) {
    while let Some(head) = peek_head(&stream) {
        let length = head.len();
        let request = Recorded {
            bytes: head,
            connection,
        };
        let number = {
            let mut records = records.lock().unwrap();
            records.push(request.clone());
            records.len() - 1
        };
        let Reply { bytes, end } = answer(number, &request);
        if matches!(end, End::Reset | End::CloseEarly | End::Stall) {
            // A connection that is closed with bytes unread is a connection that is reset.
            if end != End::Reset {
                take(&mut stream, length);
            }
            let _ = stream.write_all(&bytes);
            if end != End::Stall {
                return;
            }
            loop {
                thread::park();
            }
        }
        take(&mut stream, length);
        let body = take(&mut stream, content_length(request.head()));
        records.lock().unwrap()[number].bytes.extend(body);
        if stream.write_all(&bytes).is_err() {
            return;
        }
        match end {
            End::KeepOpen => {}
            End::Silence => hold(&mut stream, &[]),
            End::Drip => hold(&mut stream, &bytes[bytes.len().saturating_sub(1)..]),
            End::Close | End::Reset | End::CloseEarly | End::Stall => return,
        }
    }
}

/// The head of the next request, left unread; `None` where the client lets go.
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

fn take(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.take(count as u64).read_to_end(&mut bytes);
    bytes
}

/// Holds the connection until the client lets go, sending these bytes every few milliseconds.
fn hold(stream: &mut TcpStream, drip: &[u8]) {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(5)));
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
    assert_eq!(header(head, "transfer-encoding"), None, "sent in chunks");
    header(head, "content-length").map_or(0, |length| length.parse().expect("a number"))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}
