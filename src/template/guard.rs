//! Rewrites expressions so that a template is charged for the lists and maps that it works on.
//!
//! The engine charges for its steps and for text, but not for walking through a list to compare or
//! print it, and a few lines of a template can build a list that takes years to walk through. So each
//! value that an operator, a filter, a test or a function takes goes through the filter [`PAID`] first:
//! `a ~ b` becomes `((a)|__paid) ~ ((b)|__paid)`. [`pay`](super::pay) sets the cost.

use std::collections::BTreeSet;

use super::tokens::{Kind, Token, find, tokens};

/// The filter that charges for a value and returns it.
pub(super) const PAID: &str = "__paid";

/// Like [`PAID`], but refuses values that a namespace cannot store.
pub(super) const STORED: &str = "__stored";

/// The maximum length of an expression in parts, because the engine may recurse once per part.
pub(super) const MAX_PARTS: usize = 400;

/// The maximum nesting of brackets, each of which costs the engine a dozen recursive calls.
const MAX_BRACKETS: usize = 40;

/// The expression is too long for the engine.
#[derive(Debug)]
pub(super) struct TooLong;

/// Rewrites the inside of a tag so that each value that is walked through is charged.
pub(super) fn guard(inside: &str, is_statement: bool) -> Result<String, TooLong> {
    let tokens = tokens(inside);
    check_length(&tokens)?;
    let mut guard = Guard::new(&tokens, is_statement);
    for at in 0..tokens.len() {
        guard.token(at);
    }
    Ok(guard.finish(inside))
}

/// Limits the number of parts from the start of each expression, including those of enclosing brackets.
fn check_length(tokens: &[Token<'_>]) -> Result<(), TooLong> {
    let mut around = vec![0];
    let mut parts = 0;
    for token in tokens {
        parts += 1;
        match (token.kind, token.text) {
            (Kind::Open, _) => around.push(parts),
            (Kind::Close, _) if around.len() > 1 => parts = around.pop().unwrap_or(0),
            (Kind::Sign, "," | ":") => parts = around.last().copied().unwrap_or(0),
            _ => {}
        }
        if parts > MAX_PARTS || around.len() > MAX_BRACKETS {
            return Err(TooLong);
        }
    }
    Ok(())
}

/// Tests that do not walk through the value.
const GLANCING_TESTS: &[&str] = &[
    "boolean",
    "callable",
    "defined",
    "divisibleby",
    "even",
    "false",
    "float",
    "integer",
    "iterable",
    "mapping",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "string",
    "true",
    "undefined",
];

/// The meaning of a pair of brackets, or the tag as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Tag,
    Parentheses,
    /// The parameters of a macro, with defaults.
    Parameters,
    Arguments,
    List,
    Map,
    Subscript,
}

/// An operator, by the indices of its first and last token.
#[derive(Clone, Copy, Debug)]
struct Operator {
    first: usize,
    last: usize,
    /// Its precedence; 1 binds least tightly.
    level: u8,
    walks: bool,
}

/// A group that is still open.
#[derive(Debug)]
struct Open {
    group: Group,
    at: usize,
    /// The start of the operand that the group ends: `a` in `a.b[0]`.
    outer: usize,
    /// The start of the current operand in the group.
    operand: usize,
    /// The start of the current part, after a comma, a colon or a `=`.
    part: usize,
    /// The start of the current segment of the part, after a word such as `and` or `if`.
    segment: usize,
    /// The operators of the segment.
    operators: Vec<Operator>,
    has_comma: bool,
    has_colon: bool,
    /// Whether the part follows a `=`.
    is_assigned: bool,
    /// Whether the operand is complete, so that an operator must follow.
    is_complete: bool,
    /// The start of a test's argument without parentheses.
    test_argument: Option<usize>,
}

impl Open {
    fn new(group: Group, at: usize, outer: usize) -> Self {
        let start = if group == Group::Tag { at } else { at + 1 };
        Self {
            group,
            at,
            outer,
            operand: start,
            part: start,
            segment: start,
            operators: Vec::new(),
            has_comma: false,
            has_colon: false,
            is_assigned: false,
            is_complete: false,
            test_argument: None,
        }
    }
}

/// The state of the scan of a tag.
struct Guard<'t, 's> {
    tokens: &'t [Token<'s>],
    /// The keyword of a statement, or empty.
    keyword: &'s str,
    open: Vec<Open>,
    /// The first token that is not processed yet.
    next: usize,
    /// The values to charge for, as half-open ranges of tokens.
    paid: BTreeSet<(usize, usize)>,
    /// Marks each `|` and `is` whose value is to be charged.
    is_filtered: Vec<bool>,
    /// The start of the value that is assigned to an attribute of a namespace.
    stored: Option<usize>,
}

impl<'t, 's> Guard<'t, 's> {
    fn new(tokens: &'t [Token<'s>], is_statement: bool) -> Self {
        let keyword = match tokens.first() {
            Some(first) if is_statement => first.text,
            _ => "",
        };
        // The target of an assignment stays as it is.
        let start = match keyword {
            "" => 0,
            "for" => find(tokens, &["in"]).map_or(tokens.len(), |at| at + 1),
            "set" => find(tokens, &["=", "|"]).unwrap_or(tokens.len()),
            _ => 1,
        };
        let is_set = keyword == "set" && tokens.get(start).is_some_and(|sign| sign.text == "=");
        let has_attribute = tokens[..start].iter().any(|token| token.text == ".");
        Self {
            tokens,
            keyword,
            stored: (is_set && has_attribute).then_some(start + 1),
            open: vec![Open::new(Group::Tag, start, start)],
            next: start,
            paid: BTreeSet::new(),
            is_filtered: vec![false; tokens.len()],
        }
    }

    fn top(&mut self) -> &mut Open {
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    fn text(&self, at: usize) -> &'s str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    fn token(&mut self, at: usize) {
        if at < self.next {
            return;
        }
        let token = self.tokens[at];
        if !matches!(token.text, "." | "(" | "[") {
            self.end_test_argument(at);
        }
        match token.kind {
            Kind::Word => self.word(at),
            Kind::Constant => self.operand(at),
            Kind::Open => self.open(at),
            Kind::Close => self.close(at),
            Kind::Sign => self.sign(at),
        }
    }

    fn word(&mut self, at: usize) {
        let is_complete = self.top().is_complete;
        match self.text(at) {
            "not" if !is_complete => self.separate(at),
            _ if !is_complete => self.operand(at),
            "is" => self.test(at),
            "in" => self.operator(at, at, 1, true),
            "not" if self.text(at + 1) == "in" => self.operator(at, at + 1, 1, true),
            _ => self.separate(at),
        }
    }

    fn sign(&mut self, at: usize) {
        let is_complete = self.top().is_complete;
        match self.text(at) {
            "." => self.next = at + 2,
            "," | ":" | "=" => self.end_part(at),
            "|" => {
                // The filters of `{% set x | f %}` apply to the text of its block.
                let has_value =
                    self.keyword != "set" || self.open.len() > 1 || self.top().is_assigned;
                self.is_filtered[at] = is_complete && has_value;
                self.name(at + 1);
            }
            "+" | "-" if !is_complete => {}
            // `*list` and `**map` as arguments.
            "*" | "**" if !is_complete => (self.top().part, self.top().segment) = (at + 1, at + 1),
            "==" | "!=" | "<" | "<=" | ">" | ">=" => self.operator(at, at, 1, true),
            "+" => self.operator(at, at, 2, true),
            "-" => self.operator(at, at, 2, false),
            "~" => self.operator(at, at, 3, true),
            "*" => self.operator(at, at, 4, true),
            "/" | "//" | "%" => self.operator(at, at, 4, false),
            "**" => self.operator(at, at, 5, false),
            _ => {}
        }
    }

    fn operand(&mut self, at: usize) {
        let top = self.top();
        if !top.is_complete {
            (top.operand, top.is_complete) = (at, true);
        }
    }

    fn operator(&mut self, first: usize, last: usize, level: u8, walks: bool) {
        self.next = last + 1;
        let top = self.top();
        top.is_complete = false;
        top.operators.push(Operator {
            first,
            last,
            level,
            walks,
        });
    }

    /// Skips the name of a filter or a test, which may have dots.
    fn name(&mut self, at: usize) {
        self.next = at + 1;
        while self.text(self.next) == "." {
            self.next += 2;
        }
        self.top().is_complete = true;
    }

    /// `is name` or `is not name`, whose argument may lack parentheses.
    fn test(&mut self, at: usize) {
        let name = at + 1 + usize::from(self.text(at + 1) == "not");
        self.is_filtered[at] = !GLANCING_TESTS.contains(&self.text(name));
        self.name(name);
        let Some(token) = self.tokens.get(self.next) else {
            return;
        };
        let has_argument = match token.kind {
            Kind::Constant => true,
            Kind::Word => !matches!(token.text, "and" | "or" | "else" | "is"),
            Kind::Open => token.text != "(",
            Kind::Close => false,
            Kind::Sign => token.text == "-",
        };
        if has_argument {
            let start = self.next;
            let top = self.top();
            (top.is_complete, top.test_argument) = (false, Some(start));
        }
    }

    fn end_test_argument(&mut self, at: usize) {
        let top = self.top();
        if top.is_complete
            && let Some(start) = top.test_argument.take()
        {
            self.pay(start, at);
        }
    }

    fn open(&mut self, at: usize) {
        let is_outermost = self.open.len() == 1;
        let keyword = self.keyword;
        let group = match (self.tokens[at].text, self.top().is_complete) {
            ("(", true) if keyword == "macro" && is_outermost => Group::Parameters,
            ("(", true) => Group::Arguments,
            ("(", false) if keyword == "call" && at == 1 => Group::Parameters,
            ("(", false) => Group::Parentheses,
            ("[", true) => Group::Subscript,
            ("[", false) => Group::List,
            _ => Group::Map,
        };
        self.operand(at);
        let outer = self.top().operand;
        self.open.push(Open::new(group, at, outer));
    }

    fn close(&mut self, at: usize) {
        if self.open.len() == 1 {
            return; // the engine reports it
        }
        self.end_part(at);
        let Some(group) = self.open.pop() else {
            return;
        };
        let is_target = self.text(at + 1) == "=";
        match group.group {
            Group::List | Group::Map if !self.is_constant(group.at + 1, at) => {
                self.pay(group.at, at + 1);
            }
            Group::Parentheses if group.has_comma && !is_target => self.pay(group.at, at + 1),
            Group::Subscript if group.has_colon => self.pay(group.outer, group.at),
            // In a `call` block, the call follows the block's parameters.
            Group::Parameters if self.keyword == "call" => self.separate(at),
            _ => {}
        }
    }

    /// Ends a part at a comma, a colon, a `=` or a closing bracket.
    fn end_part(&mut self, at: usize) {
        self.end_test_argument(at);
        self.separate(at);
        let sign = self.text(at);
        let (keyword, is_stored) = (self.keyword, self.stored.is_some());
        let top = self.top();
        top.has_comma |= sign == ",";
        top.has_colon |= sign == ":";
        let start = top.part;
        let is_paid = match top.group {
            Group::Arguments => sign != "=",
            Group::Parameters => top.is_assigned,
            Group::Map => sign == ":",
            Group::Subscript => true,
            Group::Tag => top.is_assigned && matches!(keyword, "set" | "with") && !is_stored,
            Group::Parentheses | Group::List => false,
        };
        // All of `{% set x = a, b %}` is one value.
        if top.group == Group::Tag && keyword == "set" && sign == "," {
            return;
        }
        (top.part, top.is_assigned) = (at + 1, sign == "=");
        if is_paid {
            self.pay(start, at);
        }
    }

    /// Ends a segment at a word such as `and`, and charges for the operands of its operators.
    fn separate(&mut self, at: usize) {
        let top = self.top();
        let start = top.segment;
        (top.segment, top.is_complete) = (at + 1, false);
        let operators = std::mem::take(&mut top.operators);
        for (index, operator) in operators.iter().enumerate() {
            if !operator.walks {
                continue;
            }
            let binds_looser = |other: &&Operator| other.level <= operator.level;
            let before = operators[..index].iter().rev().find(binds_looser);
            let after = operators[index + 1..].iter().find(binds_looser);
            self.pay(before.map_or(start, |other| other.last + 1), operator.first);
            self.pay(operator.last + 1, after.map_or(at, |other| other.first));
        }
    }

    /// Charges for the value of these tokens, unless it is a constant.
    fn pay(&mut self, start: usize, end: usize) {
        let is_constant = end == start + 1 && self.tokens[start].kind == Kind::Constant;
        if start < end && !is_constant {
            self.paid.insert((start, end));
        }
    }

    fn is_constant(&self, start: usize, end: usize) -> bool {
        self.tokens[start..end]
            .iter()
            .all(|token| match token.kind {
                Kind::Constant | Kind::Sign => true,
                Kind::Word => matches!(token.text, "true" | "false" | "none"),
                Kind::Open | Kind::Close => false,
            })
    }

    fn finish(mut self, source: &str) -> String {
        while self.open.len() > 1 {
            self.open.pop(); // the engine reports it
        }
        self.end_part(self.tokens.len());
        let mut starts = vec![0; self.tokens.len()];
        let mut ends = vec![0; self.tokens.len()];
        for (start, end) in &self.paid {
            starts[*start] += 1;
            ends[end - 1] += 1;
        }
        let mut out = String::with_capacity(source.len());
        let mut copied = 0;
        for (at, token) in self.tokens.iter().enumerate() {
            out.push_str(&source[copied..token.start]);
            if self.is_filtered[at] {
                out.push_str(&format!("|{PAID} "));
            }
            if self.stored == Some(at) {
                out.push_str("((");
            }
            out.push_str(&"((".repeat(starts[at]));
            out.push_str(token.text);
            out.push_str(&format!(")|{PAID})").repeat(ends[at]));
            copied = token.start + token.text.len();
        }
        if self.stored.is_some_and(|start| start < self.tokens.len()) {
            out.push_str(&format!(")|{STORED})"));
        }
        out.push_str(&source[copied..]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rewritten inside of a tag, with `$` for an application of [`PAID`] and `§` for one of
    /// [`STORED`].
    fn guarded(inside: &str) -> String {
        let is_statement = inside.starts_with('%');
        let inside = inside.trim_start_matches('%');
        let guarded = guard(inside, is_statement).unwrap();
        let guarded = guarded.replace("|__paid ", "$").replace("|__paid", "$");
        guarded.replace("|__stored", "§").trim().to_owned()
    }

    #[test]
    fn charges_for_each_value_that_is_walked_through() {
        let cases = [
            ("a", "a"),
            ("a.b[0]", "a.b[0]"),
            ("a - 1", "a - 1"),
            ("a ~ 'x'", "((a)$) ~ 'x'"),
            ("a ~ b.c ~ 1e-5", "((a)$) ~ ((b.c)$) ~ 1e-5"),
            ("a * 2 ~ b + c", "((((((a)$) * 2)$) ~ ((b)$))$) + ((c)$)"),
            ("-a * b ** c", "((-a)$) * ((b ** c)$)"),
            ("a == b and not c", "((a)$) == ((b)$) and not c"),
            ("a not in b", "((a)$) not in ((b)$)"),
            ("a if b < c else d", "a if ((b)$) < ((c)$) else d"),
            ("a | upper | f(b, c=d)", "a $| upper $| f(((b)$), c=((d)$))"),
            ("a is defined", "a is defined"),
            ("a is not in b.c", "a $is not in ((b.c)$)"),
            ("a is in b and c", "a $is in ((b)$) and c"),
            ("a[b]", "a[((b)$)]"),
            ("a.b[1:c][0]", "((a.b)$)[1:((c)$)][0]"),
            ("[1, 'a', 2][1:]", "(([1, 'a', 2])$)[1:]"),
            ("[a, 1]", "(([a, 1])$)"),
            ("['a', 1]", "['a', 1]"),
            ("(a, b)", "(((a, b))$)"),
            ("{a: b, 'c': d}", "(({((a)$): b, 'c': d})$)"),
            ("f(*a, **b)", "f(*((a)$), **((b)$))"),
            ("%set x = a", "set x = ((a)$)"),
            ("%set x, y = a, b", "set x, y = ((a, b)$)"),
            ("%set x = 1", "set x = 1"),
            ("%set ns.x = a ~ b", "set ns.x = ((((a)$) ~ ((b)$))§)"),
            ("%set x | f(a)", "set x | f(((a)$))"),
            ("%with a = b, c = d", "with a = ((b)$), c = ((d)$)"),
            ("%for a, b in c + d", "for a, b in ((c)$) + ((d)$)"),
            (
                "%for (a, b) in c if a in b",
                "for (a, b) in c if ((a)$) in ((b)$)",
            ),
            (
                "%for a in b + c recursive",
                "for a in ((b)$) + ((c)$) recursive",
            ),
            ("%if a == 'x'", "if ((a)$) == 'x'"),
            ("%macro m(a, b=c, d='e')", "macro m(a, b=((c)$), d='e')"),
            ("%call(a, b) m(c)", "call(a, b) m(((c)$))"),
            (
                "%include a ~ '.yaml' ignore missing",
                "include ((a)$) ~ '.yaml' ignore missing",
            ),
            ("%import a ~ 'b' as c", "import ((a)$) ~ 'b' as c"),
            ("%filter indent(2)", "filter indent(2)"),
        ];
        let wrong: Vec<_> = cases
            .into_iter()
            .filter(|(inside, expected)| guarded(inside) != *expected)
            .map(|(inside, expected)| [inside.to_owned(), expected.to_owned(), guarded(inside)])
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn refuses_expressions_that_would_overflow_the_engines_stack() {
        for part in [
            "+ 1",
            ".a",
            "| f",
            "and 1",
            "[0]",
            "(1)",
            "* [1",
            "if a else 2",
        ] {
            let expression = format!("1 {}", part.repeat(MAX_PARTS));
            assert!(guard(&expression, false).is_err(), "{part}");
        }
        let calls = format!("a{}1", "(b".repeat(MAX_BRACKETS));
        assert!(guard(&calls, false).is_err());
        let list = format!("[{}]", "a, ".repeat(10 * MAX_PARTS));
        assert!(guard(&list, false).is_ok());
    }

    #[test]
    fn unclosed_brackets_and_quotes_are_left_to_the_engine() {
        for inside in [
            "(", ")", "[a", "a]", "'", "a | ", "a is", "{a", "%for", "%set", "x.", "~",
        ] {
            guarded(inside);
        }
    }
}
