//! Text that must not reach a terminal as it is, and whether a line is safe to show.

use proptest::prelude::*;

/// Text that starts with an escape sequence and contains other unsafe characters.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let unsafe_char = prop::sample::select(vec![
        '\n',
        '\r',
        '\u{0}',
        '\u{1b}',
        '\u{9b}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200f}',
        '\u{2028}',
        '\u{202e}',
        '\u{2066}',
        '\u{feff}',
        '\u{fffb}',
        '\u{e0001}',
    ]);
    let any = prop_oneof![unsafe_char, any::<char>()];
    prop::collection::vec(any, 1..20)
        .prop_map(|text| format!("\u{1b}[2J{}", String::from_iter(text)))
}

/// Whether a text has no control characters, no invisible ones, and none that change the direction
/// of others.
pub(super) fn is_safe_line(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    })
}
