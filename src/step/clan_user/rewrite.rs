//! Edits collected over one Nix text and made at once. It knows lines and comments, not meanings.

use crate::nix::{Binding, Source, Span, Token, TokenKind, tokens};

/// Edits of a copy. Nothing of it is anybody's file yet.
pub(super) struct Rewrite<'s> {
    source: &'s Source,
    edits: Vec<(Span, String)>,
}

impl<'s> Rewrite<'s> {
    pub(super) fn of(source: &'s Source) -> Self {
        Self { source, edits: Vec::new() }
    }

    pub(super) fn replace(&mut self, span: Span, text: String) {
        self.edits.push((span, text));
    }

    /// Takes a binding away, with its lines and the comments directly above it.
    pub(super) fn remove(&mut self, binding: Span) {
        self.edits.push((self.lines_of(binding), String::new()));
    }

    /// Takes the comment lines away that stand directly above a binding: they speak of what it said.
    pub(super) fn uncomment(&mut self, binding: Span) {
        let lines = self.lines_of(binding);
        let start = self.line_start(binding.start);
        if lines.start < start {
            self.edits.push((Span::new(lines.start, start), String::new()));
        }
    }

    /// Puts lines below a binding, at its indentation; those of one entry count from its first.
    pub(super) fn below(&mut self, binding: &Binding, lines: &[String]) {
        let text = self.source.text();
        let indent = self.source.indentation(binding.span.start);
        let end = binding.span.end;
        let rest = &text[end..];
        let at = end + rest.find('\n').unwrap_or(rest.len());
        let alone = text[end..at].trim();
        // Something else on its line: then the newcomers stand there, too.
        if !alone.is_empty() && !alone.starts_with('#') {
            let joined: String = lines.iter().map(|l| format!(" {}", on_one_line(l))).collect();
            return self.edits.push((Span::new(end, end), joined));
        }
        let inner = lines.iter().flat_map(|entry| entry.split('\n'));
        let line = |line: &str| match line.trim() {
            "" => "\n".to_owned(),
            _ => format!("\n{indent}{line}"),
        };
        self.edits.push((Span::new(at, at), inner.map(line).collect()));
    }

    /// The text with every edit made. Of two that overlap the outer one is made.
    pub(super) fn done(mut self) -> String {
        self.edits.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        let text = self.source.text();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (span, replacement) in &self.edits {
            if span.start < at {
                continue;
            }
            out.push_str(&text[at..span.start]);
            out.push_str(replacement);
            at = span.end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// The whole lines of a binding that has them for itself, with the comments above it, and with
    /// the blank line that divided it from others where nothing is left to divide.
    fn lines_of(&self, binding: Span) -> Span {
        let text = self.source.text();
        let mut start = self.line_start(binding.start);
        let rest = &text[binding.end..];
        let line_end = binding.end + rest.find('\n').map_or(rest.len(), |at| at + 1);
        let behind = text[binding.end..line_end].trim();
        let before = text[start..binding.start].trim();
        if !before.is_empty() || !(behind.is_empty() || behind.starts_with('#')) {
            let blanks = binding.start - text[..binding.start].trim_end_matches(' ').len();
            return Span::new(binding.start - blanks, binding.end);
        }
        while let Some(above) =
            self.line_above(start).filter(|line| line.of(text).trim_start().starts_with('#'))
        {
            start = above.start;
        }
        let is_last = text[line_end..].trim_start().starts_with(['}', ']'])
            || text[line_end..].starts_with('\n');
        if let Some(above) =
            self.line_above(start).filter(|line| is_last && line.of(text).trim().is_empty())
        {
            start = above.start;
        }
        Span::new(start, line_end)
    }

    fn line_start(&self, offset: usize) -> usize {
        self.source.text()[..offset].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_above(&self, start: usize) -> Option<Span> {
        (start > 0).then(|| Span::new(self.line_start(start - 1), start))
    }
}

/// `code` on one line, unless a comment or a string needs the lines that it has.
fn on_one_line(code: &str) -> String {
    let tokens = tokens(code);
    let needs_lines = tokens.iter().any(|token| match token.kind {
        TokenKind::Comment => true,
        TokenKind::StringPart => token.text.contains('\n'),
        _ => false,
    });
    let folded = |token: &Token| match token.kind {
        TokenKind::Space if !needs_lines && token.text.contains('\n') => " ".to_owned(),
        _ => token.text.to_owned(),
    };
    tokens.iter().map(folded).collect()
}

/// What nixfmt puts on one line.
const WIDTH: usize = 70;

/// A list of texts, on one line or one a line below `indent`.
pub(super) fn list(items: &[String], lines: Option<&str>) -> String {
    let width: usize = items.iter().map(|item| item.len() + 1).sum();
    match lines.or((width > WIDTH).then_some("")) {
        _ if items.is_empty() => "[ ]".to_owned(),
        None => format!("[ {} ]", items.join(" ")),
        Some(indent) => {
            let items: String = items.iter().map(|item| format!("{indent}  {item}\n")).collect();
            format!("[\n{items}{indent}]")
        }
    }
}
