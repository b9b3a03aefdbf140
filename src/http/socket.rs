//! Connects, writes and reads within a time limit, even if signals interrupt the system calls.
//!
//! A socket's own timeout starts anew with each system call. On Linux a signal interrupts a call
//! that has a timeout, even if its handler was installed with `SA_RESTART`.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The minimum time to try an address.
const MIN_CONNECT: Duration = Duration::from_millis(10);

/// Connects to the first address that accepts. Each address gets half of the remaining time, the
/// last one all of it.
pub(super) fn connect(addresses: &[SocketAddr], limit: Duration) -> io::Result<TcpStream> {
    let start = Instant::now();
    let mut failure = ErrorKind::ConnectionRefused.into();
    for (index, address) in addresses.iter().enumerate() {
        let left = limit.saturating_sub(start.elapsed());
        let is_last = index + 1 == addresses.len();
        let share = if is_last { left } else { left / 2 };
        match TcpStream::connect_timeout(address, share.max(MIN_CONNECT)) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Writes all of these bytes. `write` gets the remaining bytes and the remaining time.
pub(super) fn write_all(
    mut bytes: &[u8],
    limit: Duration,
    mut write: impl FnMut(&[u8], Duration) -> io::Result<usize>,
) -> io::Result<()> {
    let mut countdown = Countdown::new(limit);
    while !bytes.is_empty() {
        match countdown.run(|left| write(bytes, left))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => bytes = &bytes[count..],
        }
    }
    Ok(())
}

/// Reads once. `read` gets the remaining time.
pub(super) fn read(
    limit: Duration,
    read: impl FnMut(Duration) -> io::Result<usize>,
) -> io::Result<usize> {
    Countdown::new(limit).run(read)
}

struct Countdown {
    limit: Duration,
    /// `None` before the first call, which gets the exact limit: if the socket has that timeout
    /// already, no system call is needed to set it.
    started: Option<Instant>,
}

impl Countdown {
    fn new(limit: Duration) -> Self {
        Countdown {
            limit,
            started: None,
        }
    }

    /// Runs a system call, and repeats it if a signal interrupts it. When the time is up, the error
    /// is [`ErrorKind::TimedOut`] on every platform.
    fn run<T>(&mut self, mut call: impl FnMut(Duration) -> io::Result<T>) -> io::Result<T> {
        loop {
            let elapsed = self.started.map_or(Duration::ZERO, |start| start.elapsed());
            let left = self.limit.saturating_sub(elapsed);
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.started.get_or_insert_with(Instant::now);
            match call(left) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Err(ErrorKind::TimedOut.into());
                }
                result => return result,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn interrupted() -> io::Error {
        ErrorKind::Interrupted.into()
    }

    #[test]
    fn signals_do_not_prolong_a_write() {
        let error = write_all(b"text", SHORT, |_, _| Err(interrupted())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn signals_do_not_prolong_a_read() {
        let error = read(SHORT, |_| Err(interrupted())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn progress_does_not_prolong_a_write() {
        let endless = vec![0; 1 << 30];
        let error = write_all(&endless, SHORT, |_, _| Ok(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn an_interrupted_write_continues_where_it_was() {
        let mut written = Vec::new();
        let mut calls = 0;
        write_all(b"text", Duration::MAX, |bytes, _| {
            calls += 1;
            if calls % 2 == 1 {
                return Err(interrupted());
            }
            written.push(bytes[0]);
            Ok(1)
        })
        .unwrap();
        assert_eq!(written, b"text");
    }

    #[test]
    fn connects_to_the_first_address_that_accepts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let refusing = TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [&refusing, &listener].map(|l| l.local_addr().unwrap());
        drop(refusing);
        let stream = connect(&addresses, Duration::from_secs(60)).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addresses[1]);
        let error = connect(&addresses[..1], Duration::from_secs(60)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }
}
