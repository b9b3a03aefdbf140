//! Reads YAML into a tree.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::builder::{Builder, Key};
use super::metered::{Meter, Metered, TOO_LONG};
use super::syntax::{SECOND_DOCUMENT, explain, line_of};
use super::template::{TEMPLATE, is_template};
use super::tree::{Content, Flaw, Language, NodeId, Position, Scalar, Tree};
use crate::error::excerpt;

/// Reads a YAML document. Text that contains `{{ … }}` is refused as a template unless
/// `allows_templates`.
pub(super) fn parse(
    text: &str,
    allows_templates: bool,
) -> Result<(Tree<'_>, Vec<Flaw>), Vec<Flaw>> {
    let mut reader = Reader {
        builder: Builder::new(Language::Yaml),
        anchors: HashMap::new(),
        allows_templates,
    };
    let meter = Meter::default();
    for event in Parser::new(Metered::new(text, &meter)) {
        let is_too_long = meter.is_exceeded();
        meter.reset();
        let read = match event {
            Ok((_, span)) if is_too_long => Err(Flaw::new("", TOO_LONG, start(span.start))),
            Ok((event, span)) => reader.event(event, start(span.start)),
            Err(error) if is_too_long => Err(Flaw::new("", TOO_LONG, start(*error.marker()))),
            Err(error) => {
                let (message, position) = explain(error.info(), text, start(*error.marker()));
                Err(Flaw::new("", message, position))
            }
        };
        if let Err(mut flaw) = read {
            let line = flaw.position.map(|position| line_of(text, position.line));
            if !allows_templates && line.is_some_and(is_template) {
                flaw.message = format!("{}; {TEMPLATE}", flaw.message);
            }
            return Err(reader.builder.fail(flaw));
        }
    }
    let empty = || vec![Flaw::at_the_top("the document is empty")];
    reader.builder.finish().ok_or_else(empty)
}

fn start(marker: Marker) -> Position {
    Position {
        line: marker.line() as u32,
        column: marker.col() as u32 + 1,
    }
}

struct Reader<'a> {
    builder: Builder<'a>,
    anchors: HashMap<usize, NodeId>,
    allows_templates: bool,
}

impl<'a> Reader<'a> {
    fn event(&mut self, event: Event<'a>, position: Position) -> Result<(), Flaw> {
        match event {
            Event::DocumentStart(_) if self.builder.has_root() => {
                Err(Flaw::new("", SECOND_DOCUMENT, position))
            }
            Event::Alias(anchor) => self.alias(anchor, position),
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                let text = compact(text);
                self.scalar(Scalar { text, is_plain }, anchor, tag.as_deref(), position)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Content::List(Vec::new()), anchor, tag.as_deref(), position)
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Content::Map(Vec::new()), anchor, tag.as_deref(), position)
            }
            Event::SequenceEnd | Event::MappingEnd => self.builder.close(),
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        mut scalar: Scalar<'a>,
        anchor: usize,
        tag: Option<&Tag>,
        position: Position,
    ) -> Result<(), Flaw> {
        let is_string = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        scalar.is_plain &= !is_string;
        if self.builder.expects_key() {
            if tag.is_some() && !is_string {
                return Err(self.builder.flaw(TAG, position));
            }
            let is_merge = scalar.is_plain && scalar.text == "<<";
            let text = scalar.text;
            self.builder.key(Key {
                text,
                position,
                is_merge,
            });
            return Ok(());
        }
        if tag.is_some() && !is_string {
            return self.builder.refuse(TAG, position);
        }
        if !self.allows_templates && is_template(&scalar.text) {
            let found = excerpt(&format!("{:?}", scalar.text), 60);
            let message = format!("found {found}: {TEMPLATE}");
            return self.builder.refuse(message, position);
        }
        let node = self.builder.scalar(scalar, position)?;
        self.anchors.insert(anchor, node);
        Ok(())
    }

    fn open(
        &mut self,
        content: Content<'a>,
        anchor: usize,
        tag: Option<&Tag>,
        position: Position,
    ) -> Result<(), Flaw> {
        if self.builder.expects_key() {
            let message = "a list or a map where a key is expected";
            return Err(self.builder.flaw(message, position));
        }
        if tag.is_some() {
            return Err(self.builder.flaw(TAG, position));
        }
        let node = self.builder.open(content, position)?;
        self.anchors.insert(anchor, node);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, position: Position) -> Result<(), Flaw> {
        // The parser reports an alias without an anchor itself; a refused value has none here.
        let Some(node) = self.anchors.get(&anchor).copied() else {
            let message = "the alias refers to a value that is not valid";
            return Err(self.builder.flaw(message, position));
        };
        if !self.builder.expects_key() {
            return self.builder.alias(node, position);
        }
        let message = "an alias to a list or a map where a key is expected";
        let text = self.builder.text(node);
        let text = text.ok_or_else(|| self.builder.flaw(message, position))?;
        let is_merge = false;
        self.builder.key(Key {
            text,
            position,
            is_merge,
        });
        Ok(())
    }
}

/// Frees the spare capacity of the parser's texts, which is several times their size.
fn compact(mut text: Cow<'_, str>) -> Cow<'_, str> {
    if let Cow::Owned(text) = &mut text {
        text.shrink_to_fit();
    }
    text
}

const TAG: &str = "YAML tags such as `!secret` are not supported";
