//! Opens a tunnel through an HTTP proxy: sends the `CONNECT` request and reads its response.

use std::io::{Read, Write};

use ureq::http::StatusCode;

/// The longest response of a proxy, in bytes.
const MAX_RESPONSE: usize = 64 * 1024;

/// The request for a tunnel.
pub(super) struct Tunnel<'a> {
    /// The host and port to connect to.
    pub(super) target: String,
    pub(super) user_agent: &'a str,
    /// The user name and password for the proxy.
    pub(super) credentials: Option<(&'a str, &'a str)>,
}

impl Tunnel<'_> {
    /// Asks the proxy at the other end of this stream to open the tunnel.
    pub(super) fn open(&self, stream: &mut (impl Read + Write)) -> Result<(), ureq::Error> {
        stream.write_all(self.request().as_bytes())?;
        let status = status(&read_head(stream)?)?;
        if status.is_success() {
            return Ok(());
        }
        let hint = match status {
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                " (the proxy's URL takes a user name and password)"
            }
            _ => "",
        };
        Err(failed(format!("proxy server responded {status}{hint}")))
    }

    fn request(&self) -> String {
        let Tunnel {
            target, user_agent, ..
        } = self;
        let authorization = self.credentials.map(|(user, password)| {
            let credentials = base64(format!("{user}:{password}").as_bytes());
            format!("Proxy-Authorization: Basic {credentials}\r\n")
        });
        let authorization = authorization.unwrap_or_default();
        format!(
            "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {user_agent}\r\n\
             Proxy-Connection: Keep-Alive\r\n{authorization}\r\n"
        )
    }
}

/// Reads up to the empty line, and no further.
fn read_head(stream: &mut impl Read) -> Result<Vec<u8>, ureq::Error> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_RESPONSE {
            let message = format!("proxy server sent more than {MAX_RESPONSE} bytes of headers");
            return Err(failed(message));
        }
        if stream.read(&mut byte)? == 0 {
            return Err(failed("proxy server closed the connection".into()));
        }
        head.extend(byte);
    }
    Ok(head)
}

/// The status of a response, however many headers it has.
fn status(head: &[u8]) -> Result<StatusCode, ureq::Error> {
    let code = match head {
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            _,
            b' ',
            a,
            b,
            c,
            b' ' | b'\r',
            ..,
        ] => StatusCode::from_bytes(&[*a, *b, *c]).ok(),
        _ => None,
    };
    code.ok_or_else(|| failed("proxy server sent no HTTP response".into()))
}

fn failed(message: String) -> ureq::Error {
    ureq::Error::ConnectProxyFailed(message)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            let is_padding = digit > chunk.len();
            text.push(if is_padding {
                '='
            } else {
                char::from(DIGITS[value as usize])
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A stream that reads from a fixed text and records what is written to it.
    struct Stream<'a> {
        response: &'a [u8],
        request: Vec<u8>,
    }

    impl Read for Stream<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.response.read(buffer)
        }
    }

    impl Write for Stream<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.request.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The result for this response, what was sent, and the unread rest of the response.
    fn open(response: &[u8]) -> (Result<(), String>, String, Vec<u8>) {
        let mut stream = Stream {
            response,
            request: Vec::new(),
        };
        let tunnel = Tunnel {
            target: "press.example:443".into(),
            user_agent: "agent/1",
            credentials: Some(("user", "pass:word")),
        };
        let result = tunnel.open(&mut stream).map_err(|error| error.to_string());
        let request = String::from_utf8(stream.request).unwrap();
        (result, request, stream.response.to_vec())
    }

    #[test]
    fn a_tunnel_is_open_after_the_empty_line() {
        let (result, request, rest) = open(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nrest");
        result.unwrap();
        assert_eq!(
            request,
            "CONNECT press.example:443 HTTP/1.1\r\nHost: press.example:443\r\n\
             User-Agent: agent/1\r\nProxy-Connection: Keep-Alive\r\n\
             Proxy-Authorization: Basic dXNlcjpwYXNzOndvcmQ=\r\n\r\n"
        );
        assert_eq!(rest, b"rest");
        open(b"HTTP/1.0 299\r\n\r\n").0.unwrap();
    }

    #[test]
    fn a_refusal_is_told_by_its_status() {
        let headers = "X: y\r\n".repeat(1000);
        let response = format!("HTTP/1.1 407 Nope\r\n{headers}\r\n");
        assert_eq!(
            open(response.as_bytes()).0.unwrap_err(),
            "CONNECT proxy failed: proxy server responded 407 Proxy Authentication Required \
             (the proxy's URL takes a user name and password)"
        );
    }

    #[test]
    fn what_is_not_a_response_is_refused() {
        let endless = vec![b'x'; MAX_RESPONSE + 1];
        for (response, message) in [
            (&b"HTTP/1.1 200 OK\r\n"[..], "closed the connection"),
            (b"", "closed the connection"),
            (b"hello\r\n\r\n", "sent no HTTP response"),
            (b"HTTP/1.1 2000 OK\r\n\r\n", "sent no HTTP response"),
            (&endless, "sent more than 65536 bytes of headers"),
        ] {
            let error = open(response).0.unwrap_err();
            assert!(error.ends_with(message), "{error}");
        }
    }

    #[test]
    fn base64_of_every_length() {
        for (bytes, text) in [
            ("", ""),
            ("a", "YQ=="),
            ("ab", "YWI="),
            ("abc", "YWJj"),
            ("abcd", "YWJjZA=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }
}
