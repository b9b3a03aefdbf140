//! Encodes characters so that `globset`, which matches bytes, matches characters.
//!
//! Every character other than printable ASCII is encoded, in paths and globs alike, as a mark and six
//! digits that occur nowhere else. `?` and `[…]` become globs that match such encodings.

/// Starts the encoding of a character, and occurs nowhere else.
const MARK: char = '\u{1}';

/// The first of the sixteen digits of an encoding, which occur nowhere else.
const DIGIT_0: u32 = 0x10;

/// The number of digits of an encoding, at four bits each: enough for any character.
const DIGITS: u32 = 6;

/// A glob for any one character, plain or encoded.
pub(super) const ANY_CHARACTER: &str = "{[!\u{1}-\u{1f}/],\u{1}??????}";

pub(super) const PLAIN_FIRST: u32 = ' ' as u32;
pub(super) const PLAIN_LAST: u32 = '~' as u32;

/// Whether a character is not encoded.
pub(super) fn is_plain(c: char) -> bool {
    (PLAIN_FIRST..=PLAIN_LAST).contains(&u32::from(c))
}

pub(super) fn encode_all(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    path.chars().for_each(|c| encode(c, &mut encoded));
    encoded
}

fn encode(c: char, text: &mut String) {
    if is_plain(c) {
        text.push(c);
        return;
    }
    text.push(MARK);
    for place in (0..DIGITS).rev() {
        text.push(digit(u32::from(c) >> (4 * place)));
    }
}

/// The digit for the lowest four bits.
fn digit(bits: u32) -> char {
    char::from((DIGIT_0 + bits % 16) as u8)
}

/// Adds a character that has no special meaning.
pub(super) fn push_literal(c: char, glob: &mut String) {
    if c.is_ascii_punctuation() || c == ' ' {
        glob.push('\\');
    }
    encode(c, glob);
}

/// Adds globs for the encodings of all characters from `first` to `last`.
///
/// The range is split into the largest blocks of 16, 256, … characters that fit, which differ only
/// in their last one, two, … digits. Neighbouring blocks of a size that differ in one digit share
/// a glob.
pub(super) fn push_encoded(first: u32, last: u32, globs: &mut Vec<String>) {
    let mut next = first;
    while next <= last {
        let fits = |free: &u32| {
            let size = 1 << (4 * free);
            next.is_multiple_of(size) && next + size - 1 <= last
        };
        let free = (0..DIGITS).rev().find(fits).unwrap_or(0);
        let size = 1 << (4 * free);
        let count = (16 - next / size % 16).min((last + 1 - next) / size);

        let mut glob = String::from(MARK);
        for place in (free + 1..DIGITS).rev() {
            glob.push(digit(next >> (4 * place)));
        }
        let from = next / size;
        glob.extend(['[', digit(from), '-', digit(from + count - 1), ']']);
        glob.extend((0..free).map(|_| '?'));
        globs.push(glob);
        next += count * size;
    }
}
