//! Recognizes templates of the official command-line client.

/// The error message for a template.
pub(super) const TEMPLATE: &str = "`{{ … }}` and `{% … %}` make this a template: read it with \
     `from_template_file`, of the feature `templates`, or set the field in code";

/// Whether a text has a Jinja placeholder or statement, which the official command line expands when it
/// reads a file. Sent as it is, it could become the name of a block.
pub(super) fn is_template(text: &str) -> bool {
    [("{{", "}}"), ("{%", "%}")]
        .iter()
        .any(|(opening, closing)| {
            let inside = text.split_once(opening);
            inside.is_some_and(|(_, rest)| rest.contains(closing))
        })
}
