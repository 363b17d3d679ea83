//! granit's events into a [`Tree`].

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle};

use super::{Anchor, Comment, Entry, Item, Kind, Node, ParseError, Style, Tree};

/// Reads a text that holds one YAML document.
pub fn parse(text: &str) -> Result<Tree, ParseError> {
    let options = granit_parser::options! {
        emit_anchor_events: true,
        // Undefined aliases are a finding of the caller's, with a name and a line.
        emit_unresolved_aliases: true,
        // The default of 96 refuses a file for having a long comment at its head.
        max_buffered_comment_events: usize::MAX,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    let (items, entries, comments) = (Vec::new(), Vec::new(), Vec::new());
    Builder { text, events: parser, items, entries, comments }.document()
}

struct Builder<'t> {
    text: &'t str,
    events: Parser<'t, StrInput<'t>>,
    /// Of the collections that are open, the innermost last. Each takes its own when it closes,
    /// and no more room than they need: most have one or two, and a `Vec` grows by fours.
    items: Vec<Item>,
    entries: Vec<Entry>,
    comments: Vec<Comment>,
}

type Found<'t> = (Event<'t>, Span);

impl<'t> Builder<'t> {
    fn document(mut self) -> Result<Tree, ParseError> {
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::DocumentStart(_, version) => {
                    let line = line(&span);
                    if version.is_some_and(|v| (v.major, v.minor) != (1, 1)) {
                        return Err(ParseError::Version { line });
                    }
                    if root.is_some() {
                        return Err(ParseError::SeveralDocuments { line });
                    }
                }
                Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                event => root = Some(self.node(event, &span, 0)?),
            }
        }
        let root = root.ok_or(ParseError::Empty)?;
        Ok(Tree { root, comments: self.comments })
    }

    /// The next event that is not a comment.
    fn next(&mut self) -> Result<Option<Found<'t>>, ParseError> {
        loop {
            match self.events.next() {
                None => return Ok(None),
                Some(Err(error)) => return Err(syntax(&error)),
                Some(Ok((Event::Comment(..), span))) => {
                    if let Some(bytes) = span.byte_range() {
                        self.comment(bytes, line(&span));
                    }
                }
                Some(Ok(found)) => return Ok(Some(found)),
            }
        }
    }

    fn comment(&mut self, span: std::ops::Range<usize>, line: u32) {
        let before = self.text.get(..span.start).unwrap_or_default();
        let head = before.rsplit('\n').next().unwrap_or_default();
        let own_line = head.trim_start_matches('\u{feff}').trim().is_empty();
        let said = self.text.get(span.clone()).unwrap_or_default();
        let text = said.trim_start_matches('#').trim().to_owned();
        self.comments.push(Comment { span, line, text, own_line });
    }

    fn expect_next(&mut self) -> Result<Found<'t>, ParseError> {
        self.next()?.ok_or(ParseError::Empty)
    }

    /// The anchor of the node whose event has just been taken: granit sends it right after, and
    /// tells by a number other than 0 that it will. (Peeking would move every event twice.)
    fn anchor(&mut self, number: usize) -> Result<Option<Box<Anchor>>, ParseError> {
        if number == 0 {
            return Ok(None);
        }
        match self.events.next() {
            Some(Ok((Event::Anchor(_, name), span))) => {
                let at = span.byte_range().map_or(0, |r| r.start);
                Ok(Some(Box::new(Anchor { name: name.into_owned(), at, line: line(&span) })))
            }
            Some(Ok((_, span))) => Err(missing(&span, "the name of an anchor is missing")),
            Some(Err(error)) => Err(syntax(&error)),
            None => Err(ParseError::Empty),
        }
    }

    /// `from`: a byte after which the node must begin and before which all is accounted for.
    fn node(&mut self, event: Event<'t>, span: &Span, from: usize) -> Result<Node, ParseError> {
        let bytes = span.byte_range().unwrap_or(from..from);
        let tag_at = span.tag_start().and_then(|m| m.byte_offset());
        let alias = |name: &str| Node {
            start: bytes.start,
            content: bytes.start,
            end: bytes.end,
            line: line(span),
            anchor: None,
            tag: None,
            kind: Kind::Alias(name.to_owned()),
        };
        match event {
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let written = self.text.get(bytes.clone()).unwrap_or_default();
                Ok(alias(written.trim_start_matches('*')))
            }
            Event::Scalar(value, style, anchor, tag) => {
                let anchor = self.anchor(anchor)?;
                let style = style_of(style);
                let missing = bytes.is_empty() && style == Style::Plain;
                let value = if missing { String::new() } else { value.into_owned() };
                let mut node = Node {
                    start: bytes.start,
                    content: bytes.start,
                    end: self.said_until(&bytes, style),
                    line: line(span),
                    anchor,
                    tag: tag.map(|t| t.to_string().into()),
                    kind: Kind::Scalar { value, style },
                };
                if missing {
                    // granit puts what is not written at the next token, which may be lines on.
                    (node.start, node.content, node.end) = (from, from, from);
                }
                Ok(self.dress(node, tag_at, missing))
            }
            Event::SequenceStart(style, anchor, tag) => {
                let anchor = self.anchor(anchor)?;
                let begin = anchor.as_ref().map_or(from, |a| a.at + 1 + a.name.len()).max(from);
                let flow = style == StructureStyle::Flow;
                let (items, end) = self.items(flow, begin, bytes.start)?;
                let content = items.first().and_then(|i| i.dash).unwrap_or(bytes.start);
                let node = Node {
                    start: content,
                    content,
                    end,
                    line: line(span),
                    anchor,
                    tag: tag.map(|t| t.to_string().into()),
                    kind: Kind::Sequence { items, flow },
                };
                Ok(self.dress(node, tag_at, false))
            }
            Event::MappingStart(style, anchor, tag) => {
                let anchor = self.anchor(anchor)?;
                let flow = style == StructureStyle::Flow;
                let (entries, end) = self.entries(flow, bytes.start)?;
                let node = Node {
                    start: bytes.start,
                    content: bytes.start,
                    end,
                    line: line(span),
                    anchor,
                    tag: tag.map(|t| t.to_string().into()),
                    kind: Kind::Mapping { entries, flow },
                };
                Ok(self.dress(node, tag_at, false))
            }
            // The parser's own grammar puts a node here.
            _ => Err(missing(span, "a value is missing")),
        }
    }

    fn items(
        &mut self,
        flow: bool,
        begin: usize,
        open: usize,
    ) -> Result<(Vec<Item>, usize), ParseError> {
        let first = self.items.len();
        let mut end = if flow { open + 1 } else { begin };
        loop {
            let (event, span) = self.expect_next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok((self.items.drain(first..).collect(), close(flow, &span, end)));
            }
            let dash = if flow { None } else { self.find(b'-', end) };
            let node = self.node(event, &span, dash.map_or(end, |d| d + 1))?;
            end = node.end;
            self.items.push(Item { dash, node });
        }
    }

    fn entries(&mut self, flow: bool, open: usize) -> Result<(Vec<Entry>, usize), ParseError> {
        let first = self.entries.len();
        let mut end = if flow { open + 1 } else { open };
        loop {
            let (event, span) = self.expect_next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok((self.entries.drain(first..).collect(), close(flow, &span, end)));
            }
            let key = self.node(event, &span, end)?;
            let from = self.find(b':', key.end).map_or(key.end, |colon| colon + 1);
            let (event, span) = self.expect_next()?;
            let value = self.node(event, &span, from)?;
            end = value.end.max(from);
            self.entries.push(Entry { key, value });
        }
    }

    /// `byte` after `from` with only blanks, line breaks and comments before it.
    fn find(&self, byte: u8, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            match *bytes.get(at)? {
                found if found == byte => return Some(at),
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'#' => at += bytes[at..].iter().position(|b| *b == b'\n')?,
                _ => return None,
            }
        }
    }

    /// A block scalar's span runs on to the next token; what it says ends with its last
    /// line that is not blank.
    fn said_until(&self, bytes: &std::ops::Range<usize>, style: Style) -> usize {
        if !matches!(style, Style::Literal | Style::Folded) {
            return bytes.end;
        }
        let said = self.text.get(bytes.clone()).unwrap_or_default();
        bytes.start + said.trim_end_matches([' ', '\t', '\r', '\n']).len()
    }

    /// Lets `start` take in the anchor and the tag, and reads `&name:` as libyaml does.
    fn dress(&self, mut node: Node, tag_at: Option<usize>, missing: bool) -> Node {
        let anchor_at = node.anchor.as_ref().map(|a| a.at);
        node.start = [anchor_at, tag_at].into_iter().flatten().fold(node.start, usize::min);
        if let (true, Some(anchor)) = (missing, &node.anchor) {
            node.end = node.end.max(anchor.at + 1 + anchor.name.len());
            node.content = node.end;
            node.start = anchor.at;
        }
        match node.anchor.take_if(|a| a.name.ends_with(':')) {
            Some(anchor) => keyed_by_nothing(node, anchor),
            None => node,
        }
    }
}

/// `&users:` with a value, as libyaml has it: a mapping whose empty key bears the anchor.
fn keyed_by_nothing(value: Node, mut anchor: Box<Anchor>) -> Node {
    anchor.name.pop();
    let key_end = anchor.at + 1 + anchor.name.len();
    let (at, line, end) = (anchor.at, anchor.line, value.end.max(key_end + 1));
    let value = Node { start: value.content, ..value };
    let key = Node {
        start: at,
        content: key_end,
        end: key_end,
        line,
        anchor: Some(anchor),
        tag: None,
        kind: Kind::Scalar { value: String::new(), style: Style::Plain },
    };
    let entries = vec![Entry { key, value }];
    let kind = Kind::Mapping { entries, flow: false };
    Node { start: at, content: at, end, line, anchor: None, tag: None, kind }
}

fn close(flow: bool, span: &Span, end: usize) -> usize {
    if flow { span.byte_range().map_or(end, |r| r.end) } else { end }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

fn syntax(error: &ScanError) -> ParseError {
    ParseError::Syntax {
        line: small(error.marker().line()),
        column: small(error.marker().col() + 1),
        what: error.info().to_string(),
    }
}

fn missing(span: &Span, what: &str) -> ParseError {
    let column = small(span.start.col() + 1);
    ParseError::Syntax { line: line(span), column, what: what.to_owned() }
}

fn line(span: &Span) -> u32 {
    small(span.start.line())
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
