//! Parses `multipart/form-data`.

use super::response::ErrorResponse;

const MAX_PARTS: usize = 100;
const MAX_HEADERS: usize = 16;

/// One part of a form, as received.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The file name, if the part is a file.
    pub file_name: Option<String>,
    /// The part's `Content-Type`.
    pub content_type: Option<String>,
    /// The content.
    pub body: Vec<u8>,
}

impl Part {
    pub(super) fn new(name: &str, body: impl Into<Vec<u8>>) -> Self {
        Part {
            name: name.to_owned(),
            file_name: None,
            content_type: None,
            body: body.into(),
        }
    }

    /// The body as text, with `U+FFFD` for bytes that are not UTF-8.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Shows at most one line of the body.
impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("name", &self.name)
            .field("file_name", &self.file_name)
            .field("content_type", &self.content_type)
            .field("body", &crate::error::body_excerpt(&self.body))
            .finish()
    }
}

/// The parts of a form.
pub(super) fn parse(content_type: &str, body: &[u8]) -> Result<Vec<Part>, ErrorResponse> {
    let malformed = |message: &str| Err(ErrorResponse::bad_request(format!("form: {message}")));
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return malformed("the Content-Type is not multipart/form-data");
    }
    let Some(boundary) = parameter(parameters, "boundary").filter(|text| !text.is_empty()) else {
        return malformed("the Content-Type has no boundary");
    };
    // The first delimiter may be at the very start. This makes it look like the others.
    let body = [b"\r\n", body].concat();
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let Some((_, mut rest)) = split(&body, &delimiter) else {
        return malformed("the boundary does not occur");
    };
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        let Some(part) = rest.strip_prefix(b"\r\n") else {
            return malformed("a boundary is not at the end of its line");
        };
        let Some((part, after)) = split(part, &delimiter) else {
            return malformed("the closing boundary is missing");
        };
        if parts.len() == MAX_PARTS {
            return malformed("too many parts");
        }
        parts.push(parse_part(part)?);
        rest = after;
    }
}

fn parse_part(part: &[u8]) -> Result<Part, ErrorResponse> {
    let malformed = |message: &str| Err(ErrorResponse::bad_request(format!("form: {message}")));
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let Ok(httparse::Status::Complete((length, headers))) =
        httparse::parse_headers(part, &mut headers)
    else {
        return malformed("the headers of a part cannot be read");
    };
    let header = |name: &str| {
        let found = headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).into_owned())
    };
    let disposition = header("content-disposition").unwrap_or_default();
    let (_, parameters) = disposition.split_once(';').unwrap_or_default();
    let Some(name) = parameter(parameters, "name") else {
        return malformed("a part has no name");
    };
    Ok(Part {
        name,
        file_name: parameter(parameters, "filename"),
        content_type: header("content-type"),
        body: part[length..].to_vec(),
    })
}

/// The bytes before and after a delimiter.
fn split<'a>(bytes: &'a [u8], delimiter: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut from = 0;
    // Comparing only at its first byte is faster than comparing everywhere.
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == delimiter[0]) {
        let at = from + at;
        if let Some(after) = bytes[at..].strip_prefix(delimiter) {
            return Some((&bytes[..at], after));
        }
        from = at + 1;
    }
    None
}

/// A header parameter, such as `name="spec"`, unquoted and unescaped.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = parameter_value(after);
        if name
            .trim_matches([' ', '\t', ';'])
            .eq_ignore_ascii_case(wanted)
        {
            return Some(value);
        }
        rest = after;
    }
}

/// The value at the start of the text, and the rest.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.trim_start().strip_prefix('"') else {
        let (value, after) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim().to_owned(), after);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return (unescape(&value), &quoted[index + 1..]),
            // Older clients escape a quote with a backslash.
            '\\' if quoted[index + 1..].starts_with('"') => {
                value.push('"');
                characters.next();
            }
            other => value.push(other),
        }
    }
    (unescape(&value), "")
}

/// Undoes the three escapes of a quoted name.
fn unescape(name: &str) -> String {
    name.replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%22", "\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::Form;

    const TYPE: &str = "multipart/form-data; boundary=edge";

    fn parse_headers(headers: &str) -> Result<Vec<Part>, ErrorResponse> {
        parse(
            TYPE,
            format!("--edge\r\n{headers}\r\n\r\nbody\r\n--edge--").as_bytes(),
        )
    }

    #[test]
    fn reads_quoted_escaped_and_bare_names() {
        let check = |header: &str, name: &str, file_name: Option<&str>| {
            let parts = parse_headers(&format!("content-DISPOSITION: form-data; {header}"));
            let part = parts.unwrap().remove(0);
            let parsed = (&*part.name, part.file_name.as_deref());
            assert_eq!(parsed, (name, file_name), "{header}");
            assert_eq!(part.body, b"body");
        };
        check("name=\"a\"", "a", None);
        check("name=a", "a", None);
        check("name=\"a\"; filename=\"b.zip\"", "a", Some("b.zip"));
        check("filename=\"b.zip\" ; NAME = \"a\"", "a", Some("b.zip"));
        check("filename=b; name=\"a;=\"", "a;=", Some("b"));
        check("name=\"a%22%0D%0A%41\"", "a\"\r\n%41", None);
        check("name=\"a\\\"b\\c\"", "a\"b\\c", None);
        check("name=\"\"", "", None);
        check("name=\"open", "open", None);
    }

    #[test]
    fn refuses_parts_without_a_name() {
        for headers in [
            "X: y",
            "Content-Disposition: form-data",
            "Content-Disposition",
            "\0: \0",
        ] {
            assert!(parse_headers(headers).is_err(), "{headers}");
        }
    }

    #[test]
    fn accepts_a_quoted_boundary_and_a_preamble() {
        let content_type = "multipart/form-data; charset=utf-8; boundary=\"edge\"";
        assert_eq!(parse(content_type, b"preamble\r\n--edge--").unwrap(), []);
    }

    #[test]
    fn refuses_more_than_100_parts() {
        let many = "--edge\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".repeat(101);
        assert!(parse(TYPE, (many + "--edge--").as_bytes()).is_err());
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let texts = [
            "--edge",
            "--",
            "\r\n",
            "\r\n\r\n",
            "\r\n--edge\r\n",
            "Content-Disposition: form-data; ",
            "name=",
            "\"",
            "filename=",
            "%22",
            ";",
            "a",
            "\\",
            "=",
            "é",
        ];
        let texts =
            proptest::sample::select(texts.to_vec()).prop_map(|text| text.as_bytes().to_vec());
        prop_oneof![8 => texts, 1 => proptest::collection::vec(any::<u8>(), 0..20)]
    }

    /// Names without control characters, which headers cannot contain, and without `\` and `%`, which
    /// start escapes.
    const NAME: &str = "([^\\p{Cc}\\\\%]|\r|\n)*";

    proptest! {
        #[test]
        fn never_panics(
            pieces in proptest::collection::vec(piece(), 0..40),
            content_type in "multipart/form-data(; ?(boundary|x)=\"?.{0,3}\"?)?|.*",
        ) {
            let body = pieces.concat();
            let _ = parse(TYPE, &body);
            let _ = parse(&content_type, &body);
        }

        #[test]
        fn reads_any_form_of_the_client(
            texts in proptest::collection::vec((NAME, any::<String>()), 0..4),
            file_name in NAME,
            content in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut form = Form::new();
            let mut expected = Vec::new();
            for (name, value) in &texts {
                form = form.text(name, value);
                expected.push(Part::new(name, value.as_str()));
            }
            form = form.file("artifact", &file_name, "application/zip", content.clone());
            let mut file = Part::new("artifact", content);
            file.file_name = Some(file_name);
            file.content_type = Some("application/zip".to_owned());
            expected.push(file);
            let (content_type, bytes) = form.encode();
            prop_assert_eq!(parse(&content_type, &bytes).unwrap(), expected);
        }
    }
}
