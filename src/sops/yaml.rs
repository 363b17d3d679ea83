//! YAML text to a [`Map`] per document, as sops' YAML store reads it.
//!
//! Anchors, aliases, tags and merge keys are refused: sops expands them when it encrypts, so a file
//! that has them was edited by hand, and expanding them is how a small file becomes a huge one.

pub(crate) mod scalar;

use std::collections::HashSet;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::cipher::Kind;
use super::error::ParseError;
use super::tree::{self, Key, List, ListItem, Map, MapItem, Node};

/// The documents of `text`. Lines in the result start at `first_line`.
pub(crate) fn documents(text: &str, first_line: u32) -> Result<Vec<Map>, ParseError> {
    let mut reader = Reader::new(text, first_line);
    // YAML 1.1, which sops reads, ends lines at these, and YAML 1.2 does not: what stands around
    // them would be another value.
    if let Some(at) = text.find(['\u{85}', '\u{2028}', '\u{2029}']) {
        let lines = text.get(..at).unwrap_or_default().matches('\n').count();
        let line = reader.shifted(lines + 1);
        return Err(ParseError::Unsupported { what: "a Unicode line break", line });
    }
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::MappingStart(..) => {
                refuse_properties(&event, reader.line(&span))?;
                documents.push(reader.map(&span)?);
            }
            Event::Scalar(text, ScalarStyle::Plain, 0, None)
                if scalar::resolve(&text).0 == Kind::Null =>
            {
                documents.push(Map::default());
            }
            Event::Scalar(..) | Event::SequenceStart(..) => return Err(ParseError::NotMapping),
            Event::Alias(_) => return Err(reader.unsupported("an alias", &span)),
            _ => {}
        }
    }
    Ok(documents)
}

/// A comment that is not yet known to belong to a collection.
struct Comment {
    inner: tree::Comment,
    line: usize,
    column: usize,
}

struct Reader<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    /// Comments since the last event.
    pending: Vec<Comment>,
    first_line: u32,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, first_line: u32) -> Self {
        // The default refuses a header of more than 96 comment lines.
        let options: Options = granit_parser::options! { max_buffered_comment_events: usize::MAX };
        let parser = Parser::new_from_str_with_options(text, options);
        Self { text, parser, pending: Vec::new(), first_line }
    }

    /// The next event that is not a comment.
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, ParseError> {
        loop {
            match self.parser.next_event() {
                None => return Ok(None),
                Some(Err(error)) => return Err(self.syntax(&error)),
                Some(Ok((Event::Comment(text, _), span))) => self.pending.push(Comment {
                    inner: tree::Comment { text: text.into_owned(), span: bytes(&span) },
                    line: span.start.line(),
                    column: span.start.col(),
                }),
                Some(Ok(next)) => return Ok(Some(next)),
            }
        }
    }

    /// The next event inside a collection, where the parser never just ends.
    fn inner(&mut self) -> Result<(Event<'t>, Span), ParseError> {
        self.next()?.ok_or(ParseError::Truncated { missing: "the end of a collection" })
    }

    fn map(&mut self, start: &Span) -> Result<Map, ParseError> {
        let mut items: Vec<MapItem> = Vec::new();
        let mut seen = HashSet::new();
        let mut last_line = 0;
        loop {
            let (event, span) = self.inner()?;
            for comment in self.on_line(last_line) {
                let before_last = items.len().saturating_sub(1);
                items.insert(before_last, MapItem::Comment(comment));
            }
            if matches!(event, Event::MappingEnd) {
                items.extend(self.foot(start.start.col()).map(MapItem::Comment));
                return Ok(Map { items, span: whole(start, &span) });
            }
            items.extend(self.pending.drain(..).map(|c| MapItem::Comment(c.inner)));
            let key = self.key(&event, &span)?;
            if !seen.insert(key.clone()) {
                return Err(ParseError::DuplicateKey { key, line: self.line(&span) });
            }
            let key = Key { text: key, span: bytes(&span) };
            let (event, value_span) = self.inner()?;
            items.extend(self.on_line(span.start.line()).into_iter().map(MapItem::Comment));
            let node = self.node(&event, &value_span)?;
            last_line = if matches!(node, Node::Leaf(_)) { value_span.end.line() } else { 0 };
            items.push(MapItem::Pair(key, node));
        }
    }

    fn list(&mut self, start: &Span) -> Result<List, ParseError> {
        let mut items: Vec<ListItem> = Vec::new();
        let mut last_line = 0;
        loop {
            let (event, span) = self.inner()?;
            for comment in self.on_line(last_line) {
                let before_last = items.len().saturating_sub(1);
                items.insert(before_last, ListItem::Comment(comment));
            }
            if matches!(event, Event::SequenceEnd) {
                items.extend(self.foot(start.start.col()).map(ListItem::Comment));
                return Ok(List { items, span: whole(start, &span) });
            }
            items.extend(self.pending.drain(..).map(|c| ListItem::Comment(c.inner)));
            let node = self.node(&event, &span)?;
            last_line = if matches!(node, Node::Leaf(_)) { span.end.line() } else { 0 };
            items.push(ListItem::Node(node));
        }
    }

    fn node(&mut self, event: &Event<'t>, span: &Span) -> Result<Node, ParseError> {
        let line = self.line(span);
        refuse_properties(event, line)?;
        match event {
            Event::MappingStart(..) => Ok(Node::Map(self.map(span)?)),
            Event::SequenceStart(..) => Ok(Node::List(self.list(span)?)),
            Event::Scalar(text, ScalarStyle::Plain, ..) => {
                let (kind, text) = scalar::resolve(text);
                Ok(Node::leaf(kind, text, line, bytes(span)))
            }
            Event::Scalar(text, style, ..) => {
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let span = if is_block { self.block(span) } else { bytes(span) };
                Ok(Node::leaf(Kind::Str, text.as_ref(), line, span))
            }
            _ => Err(self.unsupported("an alias", span)),
        }
    }

    fn key(&self, event: &Event<'t>, span: &Span) -> Result<String, ParseError> {
        refuse_properties(event, self.line(span))?;
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
                Err(self.unsupported("a merge key", span))
            }
            Event::Scalar(text, ScalarStyle::Plain, ..) if scalar::resolve(text).0 != Kind::Str => {
                Err(self.unsupported("a key that is not text", span))
            }
            Event::Scalar(text, ..) => Ok(text.to_string()),
            _ => Err(self.unsupported("a key that is not text", span)),
        }
    }

    /// Takes the pending comments that end line `line`.
    fn on_line(&mut self, line: usize) -> Vec<tree::Comment> {
        let (on, rest) = self.pending.drain(..).partition(|c| c.line == line);
        self.pending = rest;
        let on: Vec<Comment> = on;
        on.into_iter().map(|c| c.inner).collect()
    }

    /// Takes the pending comments that stand at least as far right as their collection.
    fn foot(&mut self, column: usize) -> impl Iterator<Item = tree::Comment> {
        let outside = self.pending.iter().position(|c| c.column < column);
        let mine = outside.unwrap_or(self.pending.len());
        self.pending.drain(..mine).map(|c| c.inner).collect::<Vec<_>>().into_iter()
    }

    /// The parser's span of a block begins with its first line and reaches over the blank lines
    /// below it; ours begins with its sign, and those are not its own.
    fn block(&self, span: &Span) -> tree::Span {
        let span = bytes(span);
        let text = self.text.get(span.clone()).unwrap_or_default();
        let above = self.text.get(..span.start).unwrap_or_default();
        let above = above[..above.rfind('\n').unwrap_or(0)].trim_end();
        let line = above.rfind('\n').map_or(0, |end| end + 1);
        let head = above[line..].split(" #").next().unwrap_or_default();
        let start = head.rfind(['|', '>']).map_or(span.start, |sign| line + sign);
        start..span.start + text.trim_end().len()
    }

    fn line(&self, span: &Span) -> u32 {
        self.shifted(span.start.line())
    }

    fn shifted(&self, line: usize) -> u32 {
        u32::try_from(line).unwrap_or(u32::MAX).saturating_add(self.first_line).saturating_sub(1)
    }

    fn unsupported(&self, what: &'static str, span: &Span) -> ParseError {
        ParseError::Unsupported { what, line: self.line(span) }
    }

    fn syntax(&self, error: &ScanError) -> ParseError {
        let mark = error.marker();
        ParseError::Syntax {
            line: self.shifted(mark.line()),
            column: u32::try_from(mark.col()).unwrap_or(u32::MAX).saturating_add(1),
            why: error.info().to_owned(),
        }
    }
}

fn bytes(span: &Span) -> tree::Span {
    span.byte_range().unwrap_or(0..0)
}

fn whole(start: &Span, end: &Span) -> tree::Span {
    bytes(start).start..bytes(end).end
}

fn refuse_properties(event: &Event<'_>, line: u32) -> Result<(), ParseError> {
    if event.anchor_id().is_some_and(|id| id > 0) {
        return Err(ParseError::Unsupported { what: "an anchor", line });
    }
    if event.tag().is_some() {
        return Err(ParseError::Unsupported { what: "a tag", line });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per item: `#text`, `key` or `key=value`, indented by depth.
    fn outline(map: &Map, depth: usize, out: &mut String) {
        let pad = " ".repeat(depth);
        for item in &map.items {
            match item {
                MapItem::Comment(c) => out.push_str(&format!("{pad}#{}\n", c.text)),
                MapItem::Pair(key, Node::Map(inner)) => {
                    out.push_str(&format!("{pad}{}\n", key.text));
                    outline(inner, depth + 1, out);
                }
                MapItem::Pair(key, node) => {
                    out.push_str(&format!(
                        "{pad}{}={} @{}\n",
                        key.text,
                        node.text().unwrap_or("-"),
                        node.line()
                    ));
                }
            }
        }
    }

    #[test]
    fn comments_stand_before_what_they_are_about() {
        let text = "# head\na: 1 # beside a\n# above b\nb: # beside b\n  # above c\n  c: 2\n  # below c\n# tail\n";
        let mut out = String::new();
        outline(&documents(text, 1).unwrap()[0], 0, &mut out);
        insta::assert_snapshot!(out, @"
        # head
        # beside a
        a=1 @2
        # above b
        # beside b
        b
         # above c
         c=2 @6
         # below c
        # tail
        ");
    }

    #[test]
    fn lines_count_from_where_the_text_starts() {
        let map = documents("a: 1\nb: 2\n", 41).unwrap().remove(0);
        assert_eq!(map.get("b").unwrap().line(), 42);
        let error = documents("a: 1\na: 2\n", 41).unwrap_err();
        assert_eq!(error, ParseError::DuplicateKey { key: "a".to_owned(), line: 42 });
    }

    #[test]
    fn a_block_stands_from_its_sign_to_its_last_character() {
        let text = "a|b: |- # why | not\n\n  one\n  two\n\nlist:\n- >\n  x\nz: 1\n";
        let map = documents(text, 1).unwrap().remove(0);
        let span = |node: &Node| text[node.span().clone()].to_owned();
        assert_eq!(span(map.get("a|b").unwrap()), "|- # why | not\n\n  one\n  two");
        assert_eq!(span(map.get("list").unwrap().elements().next().unwrap()), ">\n  x");
    }

    #[test]
    fn long_headers_of_comments_are_read() {
        let text = "# licence\n".repeat(500) + "a: 1\n";
        assert_eq!(documents(&text, 1).unwrap()[0].items.len(), 501);
    }
}
