//! Turns JSON text into the YAML text that means the same.

/// JSON text as YAML that means the same on the same lines: YAML knows no tabs between tokens, no
/// surrogate pairs, and fewer characters that may stand for themselves.
pub(super) fn json_as_yaml(text: &str) -> String {
    let mut yaml = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        let (between, string) = rest.split_at(quote);
        yaml.extend(between.chars().map(|c| if c == '\t' { ' ' } else { c }));
        let end = string_end(string);
        match serde_json::from_str::<String>(&string[..end]) {
            Ok(string) => push_quoted(&mut yaml, &string),
            Err(_) => yaml.push_str(&string[..end]),
        }
        rest = &string[end..];
    }
    yaml.extend(rest.chars().map(|c| if c == '\t' { ' ' } else { c }));
    yaml
}

/// Where a JSON string ends that starts the text.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

fn push_quoted(yaml: &mut String, text: &str) {
    yaml.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => yaml.extend(['\\', c]),
            ' '..='~' => yaml.push(c),
            '\u{a0}'..='\u{d7ff}' if !matches!(c, '\u{2028}' | '\u{2029}') => yaml.push(c),
            _ => yaml.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    yaml.push('"');
}
