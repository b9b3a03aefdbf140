//! Recognizes templates of the official command-line client.

/// What an error says of a template.
pub(super) const TEMPLATE: &str = "`{{ … }}` and `{% … %}` make this a template: read it with \
     `from_template_file`, of the feature `templates`, or set the field in code";

/// Whether a text has a placeholder or a statement of Jinja, which the official command-line client
/// fills in before it reads a file. Sent as it is, it would be the name of a block.
pub(super) fn is_template(text: &str) -> bool {
    [("{{", "}}"), ("{%", "%}")]
        .iter()
        .any(|(opening, closing)| {
            let inside = text.split_once(opening);
            inside.is_some_and(|(_, rest)| rest.contains(closing))
        })
}
