//! Input for the YAML parser that ends early if the parser reads too far ahead.
//!
//! A flow collection may turn out to be a key, so the parser keeps all of its tokens up to the closing
//! bracket, which takes about 200 bytes of memory per byte of text.

use std::cell::Cell;

use saphyr_parser::input::SkipTabs;
use saphyr_parser::{Input, StrInput};

/// The maximum number of tokens that the parser may read before the next event.
const MAX_TOKENS_AHEAD: u32 = 250_000;

/// The error message for more tokens.
pub(super) const TOO_LONG: &str = "a list in `[…]` or a map in `{…}` has more than 250,000 parts: \
     write it on lines of its own, as `- item` or `key: value`";

/// The number of tokens since the last event.
#[derive(Default)]
pub(super) struct Meter(Cell<u32>);

impl Meter {
    pub(super) fn is_exceeded(&self) -> bool {
        self.0.get() > MAX_TOKENS_AHEAD
    }

    /// Call this at each event.
    pub(super) fn reset(&self) {
        self.0.set(0);
    }
}

/// A text whose tokens are counted.
pub(super) struct Metered<'a> {
    text: StrInput<'a>,
    meter: &'a Meter,
}

impl<'a> Metered<'a> {
    pub(super) fn new(text: &'a str, meter: &'a Meter) -> Self {
        let text = StrInput::new(text);
        Self { text, meter }
    }
}

impl Input for Metered<'_> {
    fn lookahead(&mut self, count: usize) {
        if self.meter.is_exceeded() {
            self.text = StrInput::new("");
        }
        self.text.lookahead(count);
    }

    /// The parser looks for a byte-order mark once per token, at its start, and nowhere else.
    fn next_char_is(&self, c: char) -> bool {
        if c == '\u{feff}' {
            self.meter.0.set(self.meter.0.get() + 1);
        }
        self.text.next_char_is(c)
    }

    fn buflen(&self) -> usize {
        self.text.buflen()
    }

    fn bufmaxlen(&self) -> usize {
        self.text.bufmaxlen()
    }

    fn raw_read_ch(&mut self) -> char {
        self.text.raw_read_ch()
    }

    fn raw_read_non_breakz_ch(&mut self) -> Option<char> {
        self.text.raw_read_non_breakz_ch()
    }

    fn skip(&mut self) {
        self.text.skip();
    }

    fn skip_n(&mut self, count: usize) {
        self.text.skip_n(count);
    }

    fn peek(&self) -> char {
        self.text.peek()
    }

    fn peek_nth(&self, n: usize) -> char {
        self.text.peek_nth(n)
    }

    fn peek_opt(&self) -> Option<char> {
        self.text.peek_opt()
    }

    // The trait's defaults would do for the rest, but these are faster.

    fn skip_ws_to_eol(&mut self, tabs: SkipTabs) -> (usize, Result<SkipTabs, &'static str>) {
        self.text.skip_ws_to_eol(tabs)
    }

    fn skip_while_non_breakz(&mut self) -> usize {
        self.text.skip_while_non_breakz()
    }

    fn skip_while_blank(&mut self) -> usize {
        self.text.skip_while_blank()
    }
}
