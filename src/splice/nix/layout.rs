//! How a file is laid out: line ends, indentation, blank lines between neighbours.

use crate::nix::{Set, Source, Span, TokenKind, tokens};

/// The habits of one file.
pub(super) struct Style {
    pub(super) eol: &'static str,
    /// One level of indentation.
    pub(super) unit: String,
}

impl Style {
    pub(super) fn of(source: &Source) -> Self {
        let eol = if source.text().contains("\r\n") { "\r\n" } else { "\n" };
        Self { eol, unit: unit(source) }
    }

    /// The same habits with the line end found at `at`: a file may mix them.
    pub(super) fn ending_as(&self, text: &str, at: usize) -> Self {
        let eol = match text.as_bytes()[at.min(text.len())..] {
            [b'\r', b'\n', ..] => "\r\n",
            [b'\n', ..] => "\n",
            _ => self.eol,
        };
        Self { eol, unit: self.unit.clone() }
    }

    /// Whether a blank line divides `entry` from its neighbours, on both sides that it has.
    ///
    /// Only an entry of several lines sets a habit: a blank line above a short one more often
    /// begins a group, which a newcomer joins.
    pub(super) fn separates(&self, source: &Source, set: &Set, entry: Span) -> bool {
        let text = source.text();
        if !entry.of(text).contains('\n') || !is_set_apart_below(text, line_end(text, entry.end).at)
        {
            return false;
        }
        let bindings = set.bindings.iter().map(|id| source.bindings()[*id].span);
        let entries = bindings.chain(set.inherits.iter().map(|i| i.span));
        let (before, after): (Vec<_>, Vec<_>) =
            entries.filter(|e| *e != entry).partition(|e| e.start < entry.start);
        match before.iter().map(|e| e.end).max() {
            Some(end) => has_blank_line(Span::new(end, entry.start).of(text)),
            None => !after.is_empty(),
        }
    }

    /// `code`, written with two spaces a level and `\n`, as this file would have it below
    /// `indent`. Lines that begin inside a `"…"` string keep their blanks: they are its value.
    pub(super) fn indented(&self, code: &str, indent: &str) -> String {
        let fixed = lines_inside_strings(code);
        let mut out = String::with_capacity(code.len());
        for (number, line) in code.lines().enumerate() {
            if number > 0 {
                out.push_str(self.eol);
            }
            if number == 0 || fixed.contains(&number) || line.trim().is_empty() {
                out.push_str(if number == 0 || fixed.contains(&number) { line } else { "" });
                continue;
            }
            let body = line.trim_start_matches(' ');
            let blanks = line.len() - body.len();
            out.push_str(indent);
            out.push_str(&self.unit.repeat(blanks / 2));
            out.push_str(&" ".repeat(blanks % 2));
            out.push_str(body);
        }
        out
    }
}

/// One level of a file's indentation.
fn unit(source: &Source) -> String {
    let indents = source.bindings().iter().map(|b| source.indentation(b.span.start));
    match indents.filter(|indent| !indent.is_empty()).min_by_key(|indent| indent.len()) {
        Some(indent) if indent.starts_with('\t') => "\t".to_owned(),
        Some(indent) if indent.len() <= 8 => indent.to_owned(),
        _ => "  ".to_owned(),
    }
}

/// The code at `span` as it would stand at the left margin, with two spaces a level and `\n`: as
/// [`add_binding`](super::add_binding) takes it. Lines that begin inside a `"…"` string stay.
pub fn outdented(source: &Source, span: Span) -> String {
    let (code, margin, unit) =
        (span.of(source.text()), source.indentation(span.start), unit(source));
    let fixed = lines_inside_strings(code);
    let mut lines = Vec::new();
    for (number, line) in code.lines().enumerate() {
        if number == 0 || fixed.contains(&number) {
            lines.push(line.to_owned());
            continue;
        }
        let line = line.strip_prefix(margin).unwrap_or(line);
        let body = line.trim_start_matches([' ', '\t']);
        let blanks = &line[..line.len() - body.len()];
        let levels = blanks.matches(unit.as_str()).count();
        let rest = blanks.len() - levels * unit.len();
        lines.push(format!("{}{}{body}", "  ".repeat(levels), " ".repeat(rest)));
    }
    lines.join("\n")
}

/// Numbers, from 0, of the lines that begin inside a string.
fn lines_inside_strings(code: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut line = 0;
    let mut indented = false;
    for token in tokens(code) {
        match token.kind {
            TokenKind::Code => indented = token.text == "''",
            // All lines of a `''…''` string may move together without changing its value.
            TokenKind::StringPart if !indented => {
                found.extend((1..=newlines(token.text)).map(|n| line + n));
            }
            _ => {}
        }
        line += newlines(token.text);
    }
    found
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

/// Folds `code` into one line where that changes nothing: not with a comment or a string of
/// several lines in it.
pub(super) fn one_line(code: &str) -> String {
    let tokens = tokens(code);
    let spans_lines = |text: &str| text.contains('\n');
    let foldable = tokens.iter().all(|token| match token.kind {
        TokenKind::Comment => false,
        TokenKind::StringPart => !spans_lines(token.text),
        _ => true,
    });
    if !foldable {
        return code.to_owned();
    }
    tokens.iter().map(|token| if spans_lines(token.text) { " " } else { token.text }).collect()
}

/// The end of what belongs to the code before it.
pub(super) struct LineEnd {
    /// Where the line's newline is, behind any comment.
    pub(super) at: usize,
    /// Whether nothing but a comment follows on the line.
    pub(super) ends_line: bool,
}

/// Looks from `offset`, where a token ends, for the end of its line.
pub(super) fn line_end(text: &str, offset: usize) -> LineEnd {
    // The rest is no complete Nix text, but its tokens up to the next code are the same.
    let mut at = offset;
    for token in tokens(&text[offset..]) {
        match token.kind {
            TokenKind::Space => {
                if let Some(newline) = token.text.find('\n') {
                    let end = newline_before(text, at + newline + 1);
                    return LineEnd { at: end, ends_line: true };
                }
                at += token.text.len();
            }
            TokenKind::Comment => at += token.text.len(),
            _ => return LineEnd { at: offset, ends_line: false },
        }
    }
    LineEnd { at, ends_line: true }
}

/// Whether, below the line that ends at `at`, a blank line or the closing bracket follows.
pub(super) fn is_set_apart_below(text: &str, at: usize) -> bool {
    let rest = &text[at..];
    let gap = &rest[..rest.len() - rest.trim_start().len()];
    has_blank_line(gap) || rest.trim_start().starts_with(['}', ']'])
}

fn has_blank_line(gap: &str) -> bool {
    let mut lines = gap.split('\n').skip(1).collect::<Vec<_>>();
    lines.pop();
    lines.iter().any(|line| line.trim().is_empty())
}

/// The offset of the newline, or CRLF, that ends at `end`.
pub(super) fn newline_before(text: &str, end: usize) -> usize {
    let line = text[..end].strip_suffix('\n').unwrap_or(&text[..end]);
    line.strip_suffix('\r').unwrap_or(line).len()
}
