//! Adding to and removing from Nix text without disturbing the rest of it.
//!
//! Every change is proved before it is returned: the result is parsed again, its tokens must be
//! the old ones with the addition in one piece, and the addition must have become one more child
//! of the very set or list that was meant. What cannot be proved is a [`Refusal`]. Spans come
//! from a [`Source`] parsed from the same text.

mod layout;
mod prepared;
mod prove;
mod refusal;

use crate::nix::{Binding, List, Set, SetKind, Source, Span, attr};

pub use layout::outdented;
pub use prepared::{Prepared, enable_binding, prepared_binding};
pub use refusal::{Reason, Refusal};

use layout::{Style, line_end, one_line};

/// What came of asking for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Splice {
    Changed(Change),
    /// Nothing to do: the text says so already, on this line.
    AlreadySo {
        line: u32,
    },
}

/// A new text, and the one span in which it differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub text: String,
    /// Where the difference begins, in the old text as in the new one.
    pub at: usize,
    pub removed: String,
    pub inserted: String,
}

impl Change {
    fn new(text: &str, cut: Span, inserted: String) -> Self {
        let removed = cut.of(text).to_owned();
        let text = [&text[..cut.start], &inserted, &text[cut.end..]].concat();
        Self { text, at: cut.start, removed, inserted }
    }

    /// The text as it was.
    pub fn revert(&self) -> String {
        let tail = &self.text[self.at + self.inserted.len()..];
        [&self.text[..self.at], &self.removed, tail].concat()
    }
}

/// Where a new binding goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Below this binding, in the same set.
    After(Span),
    /// At the end of this set.
    In(Span),
}

/// Adds `path = value;`, where `path` are attribute names and `value` is a Nix expression whose
/// later lines are indented by two spaces a level, counted from its first line.
///
/// # Errors
/// A [`Refusal`] with the lines to paste. Bound to the same value already is no error.
pub fn add_binding(text: &str, slot: Slot, path: &[&str], value: &str) -> Result<Splice, Refusal> {
    let written = path.iter().map(|name| attr(name)).collect::<Result<Vec<_>, _>>();
    let written = written.map_err(|_| Refusal::new(Reason::NotNix, 1, ""))?.join(".");
    let addition = format!("{written} = {};", value.trim());
    let source = parse(text, &addition)?;
    let refuse = |reason, at: usize| Refusal::new(reason, source.position(at).line, &addition);

    let (set, after) = match slot {
        Slot::After(span) => {
            let binding = binding_at(&source, span).ok_or_else(|| refuse(Reason::Gone, 0))?;
            (&source.sets()[binding.set], Some(binding.span))
        }
        Slot::In(span) => {
            let set = source.sets().iter().find(|set| set.span == span);
            let set = set.ok_or_else(|| refuse(Reason::Gone, 0))?;
            (set, last_entry(&source, set))
        }
    };
    if !prove::is_one_binding(&addition) {
        return Err(refuse(Reason::NotNix, set.span.start));
    }
    if let Some(line) =
        already_bound(&source, set, path, value).map_err(|r| r.pasting(&addition))?
    {
        return Ok(Splice::AlreadySo { line });
    }
    let style = Style::of(&source);
    let change = match after {
        Some(entry) => below_entry(&source, set, entry, &addition, &style),
        None if set.kind == SetKind::Let => return Err(refuse(Reason::Gone, set.span.start)),
        None => into_empty(&source, set.span, set.inside, &addition, &style),
    };
    prove::binding_added(&source, &change, set, path)
        .map_err(|reason| refuse(reason, set.span.start))?;
    Ok(Splice::Changed(change))
}

/// Appends `item`, one Nix expression that needs no parentheses in a list, below the last live
/// item of the list at `list`.
///
/// # Errors
/// A [`Refusal`] with the line to paste. An equal item in the list already is no error.
pub fn append_item(text: &str, list: Span, item: &str) -> Result<Splice, Refusal> {
    let item = item.trim();
    let source = parse(text, item)?;
    let refuse = |reason, at: usize| Refusal::new(reason, source.position(at).line, item);
    let list = list_at(&source, list).ok_or_else(|| refuse(Reason::Gone, 0))?;
    if !prove::is_one_item(item) {
        return Err(refuse(Reason::NotNix, list.span.start));
    }
    if let Some(same) = list.items.iter().find(|i| says(&source, i.span, item)) {
        return Ok(Splice::AlreadySo { line: same.line });
    }
    let style = Style::of(&source);
    let change = match list.items.last() {
        Some(last) => below_item(&source, list, last.span, item, &style),
        None => {
            let inside = Span::new(list.span.start + 1, list.span.end - 1);
            match inside.of(text).trim().is_empty() && !inside.of(text).contains('\n') {
                true => Change::new(text, inside, format!(" {} ", one_line(item))),
                false => into_empty(&source, list.span, inside, item, &style),
            }
        }
    };
    prove::item_appended(&source, &change, list, item)
        .map_err(|reason| refuse(reason, list.span.start))?;
    Ok(Splice::Changed(change))
}

/// Takes the `#` from an item that somebody has prepared: one of [`List::disabled`].
///
/// # Errors
/// A [`Refusal`] when the comment is not there or does not become exactly one item.
pub fn enable_item(text: &str, list: Span, disabled: Span) -> Result<Change, Refusal> {
    let source = parse(text, "")?;
    let refuse = |reason, at: usize| Refusal::new(reason, source.position(at).line, "");
    let list = list_at(&source, list).ok_or_else(|| refuse(Reason::Gone, 0))?;
    let prepared = list.disabled.iter().find(|item| item.span == disabled);
    let prepared = prepared.ok_or_else(|| refuse(Reason::Gone, list.span.start))?.span.of(text);
    let marks = prepared.len() - prepared[1..].trim_start().len();
    let cut = Span::new(disabled.start, disabled.start + marks);
    let change = Change::new(text, cut, String::new());
    prove::item_enabled(&source, &change, list).map_err(|r| refuse(r, disabled.start))?;
    Ok(change)
}

/// Removes the binding at `binding` with the remark behind it. The comment lines above it stay.
/// A set that becomes empty is left as `{ }`.
///
/// # Errors
/// A [`Refusal`] when there is no such binding or more than it would go.
pub fn remove_binding(text: &str, binding: Span) -> Result<Change, Refusal> {
    let source = parse(text, "")?;
    let refuse = |reason, at: usize| Refusal::new(reason, source.position(at).line, "");
    let binding = binding_at(&source, binding).ok_or_else(|| refuse(Reason::Gone, 0))?;
    let inside = source.sets()[binding.set].inside;
    let change = without(text, binding.span, inside);
    prove::binding_removed(&source, &change, binding)
        .map_err(|reason| refuse(reason, binding.span.start))?;
    Ok(change)
}

/// Removes one item of the list at `list` with the remark behind it. A list that becomes empty
/// is left as `[ ]`.
///
/// # Errors
/// A [`Refusal`] when there is no such item or more than it would go.
pub fn remove_item(text: &str, list: Span, item: Span) -> Result<Change, Refusal> {
    let source = parse(text, "")?;
    let refuse = |reason, at: usize| Refusal::new(reason, source.position(at).line, "");
    let list = list_at(&source, list).ok_or_else(|| refuse(Reason::Gone, 0))?;
    if !list.items.iter().any(|i| i.span == item) {
        return Err(refuse(Reason::Gone, list.span.start));
    }
    let change = without(text, item, Span::new(list.span.start + 1, list.span.end - 1));
    prove::item_removed(&source, &change, list, item)
        .map_err(|reason| refuse(reason, item.start))?;
    Ok(change)
}

/// Formats generated Nix as `nixfmt` does. Other people's text is never given to this.
///
/// # Errors
/// What the formatter says about text that does not parse.
pub fn format(text: &str) -> Result<String, String> {
    nixfmt_rs::format(text).map_err(|error| nixfmt_rs::format_error(text, None, &error))
}

fn parse(text: &str, paste: &str) -> Result<Source, Refusal> {
    Source::parse(text).map_err(|error| {
        let line = error.at.line;
        Refusal::new(Reason::Unparsable(error), line, paste)
    })
}

fn binding_at(source: &Source, span: Span) -> Option<&Binding> {
    source.bindings().iter().find(|binding| binding.span == span)
}

fn list_at(source: &Source, span: Span) -> Option<&List> {
    source.lists().iter().find(|list| list.span == span)
}

/// The binding or `inherit` that ends last in `set`.
fn last_entry(source: &Source, set: &Set) -> Option<Span> {
    let bindings = set.bindings.iter().map(|id| source.bindings()[*id].span);
    bindings.chain(set.inherits.iter().map(|i| i.span)).max_by_key(|span| span.end)
}

/// The line on which `path` is bound to `value` already. The parser does not report an attribute
/// bound twice, so whatever Nix would refuse to merge is found here.
fn already_bound(
    source: &Source,
    set: &Set,
    path: &[&str],
    value: &str,
) -> Result<Option<u32>, Refusal> {
    let taken = |line| Refusal::new(Reason::Taken { name: path.join("."), line }, line, "");
    let mut open = vec![(set, path)];
    while let Some((set, path)) = open.pop() {
        let names_it = |name: &String| Some(&name.as_str()) == path.first();
        if let Some(inherit) = set.inherits.iter().find(|i| i.names.iter().any(names_it)) {
            return Err(taken(source.position(inherit.span.start).line));
        }
        for binding in set.bindings.iter().map(|id| &source.bindings()[*id]) {
            let written = binding.written();
            let shared =
                written.iter().zip(path).take_while(|(p, w)| p.name() == Some(**w)).count();
            if shared == path.len() && shared == written.len() {
                return match says(source, binding.value, value) {
                    true => Ok(Some(binding.line)),
                    false => Err(taken(binding.line)),
                };
            }
            if shared == path.len() {
                return Err(taken(binding.line));
            }
            if shared == written.len() {
                // Nix merges `a.b = …;` into `a = { … };`, and into nothing else.
                let inner = source.sets().iter().find(|set| set.span == binding.value);
                match inner {
                    Some(inner) => open.push((inner, &path[shared..])),
                    None => return Err(taken(binding.line)),
                }
            }
        }
    }
    Ok(None)
}

/// Whether the text at `span` is `code`, as given or as it would be written there: indentation is
/// part of a string of several lines.
fn says(source: &Source, span: Span, code: &str) -> bool {
    let written = span.of(source.text());
    let style = Style::of(source).ending_as(source.text(), line_end(source.text(), span.end).at);
    prove::same_code(written, code)
        || prove::same_code(written, &style.indented(code, source.indentation(span.start)))
}

/// A new entry under `entry`: on its own line, or behind it in a set written on one line.
fn below_entry(source: &Source, set: &Set, entry: Span, addition: &str, style: &Style) -> Change {
    let text = source.text();
    let end = line_end(text, entry.end);
    if !(end.ends_line && begins_line(text, entry.start)) {
        let at = Span::new(entry.end, entry.end);
        return Change::new(text, at, format!(" {}", one_line(addition)));
    }
    let style = style.ending_as(text, end.at);
    let indent = source.indentation(entry.start);
    let blank = if style.separates(source, set, entry) { style.eol } else { "" };
    let body = style.indented(addition, indent);
    let eol = style.eol;
    Change::new(text, Span::new(end.at, end.at), format!("{eol}{blank}{indent}{body}"))
}

fn below_item(source: &Source, list: &List, last: Span, item: &str, style: &Style) -> Change {
    let text = source.text();
    let end = line_end(text, last.end);
    if !end.ends_line {
        return Change::new(text, Span::new(last.end, last.end), format!(" {}", one_line(item)));
    }
    // Several items may share the last line; when the bracket does too, one level deeper.
    let opening = source.position(list.span.start).line;
    let mut indent = source.indentation(last.start).to_owned();
    if source.position(last.start).line == opening {
        indent.push_str(&style.unit);
    }
    let style = style.ending_as(text, end.at);
    let body = style.indented(item, &indent);
    Change::new(text, Span::new(end.at, end.at), format!("{}{indent}{body}", style.eol))
}

/// The first entry between braces or brackets that hold nothing but white space and comments.
fn into_empty(source: &Source, whole: Span, inside: Span, addition: &str, style: &Style) -> Change {
    let text = source.text();
    let closing = whole.end - 1;
    let outer = match begins_line(text, closing) {
        true => source.indentation(closing),
        false => source.indentation(whole.start),
    };
    let indent = format!("{outer}{}", style.unit);
    let between = inside.of(text);
    if between.trim().is_empty() && !between.contains('\n') {
        let body = style.indented(addition, &indent);
        let eol = style.eol;
        return Change::new(text, inside, format!("{eol}{indent}{body}{eol}{outer}"));
    }
    let last_comment = inside.start + between.trim_end().len();
    let end = line_end(text, last_comment);
    if !end.ends_line {
        let at = Span::new(last_comment, last_comment);
        return Change::new(text, at, format!(" {}", one_line(addition)));
    }
    let style = style.ending_as(text, end.at);
    let body = style.indented(addition, &indent);
    Change::new(text, Span::new(end.at, end.at), format!("{}{indent}{body}", style.eol))
}

fn begins_line(text: &str, offset: usize) -> bool {
    text[..offset].trim_end_matches([' ', '\t']).chars().next_back().is_none_or(|c| c == '\n')
}

/// `text` without the entry at `span`, one of those in `inside`: what adding it would insert.
fn without(text: &str, span: Span, inside: Span) -> Change {
    let alone = Span::new(inside.start, span.start).of(text).trim().is_empty()
        && Span::new(span.end, inside.end).of(text).trim().is_empty();
    if alone {
        return Change::new(text, inside, " ".to_owned());
    }
    let end = line_end(text, span.end);
    let before = text[..span.start].trim_end_matches([' ', '\t']).len();
    let own_line = text[..before].ends_with('\n');
    if !(end.ends_line && own_line) {
        // Behind another entry on the line: the space between them goes too.
        let start = if own_line { span.start } else { before };
        return Change::new(text, Span::new(start, span.end), String::new());
    }
    let mut start = layout::newline_before(text, before);
    let above = text[..start].trim_end_matches([' ', '\t']).len();
    if text[..above].ends_with('\n') && layout::is_set_apart_below(text, end.at) {
        start = layout::newline_before(text, above);
    }
    Change::new(text, Span::new(start, end.at), String::new())
}

#[cfg(test)]
pub(crate) mod tests;
