//! Bindings that stand ready in comments.

use crate::nix::{Set, Source, Span, TokenKind, tokens};

use super::{Change, Reason, Refusal, parse, prove};

/// A binding that somebody has prepared in comment lines of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// From the first `#` to the end of the last comment line.
    pub span: Span,
    /// The binding, as it is once the `#` are gone.
    pub code: String,
}

/// The comment lines of the set at `set` that are, without their `#`, exactly one binding of
/// `path` or of something below it.
pub fn prepared_binding(source: &Source, set: Span, path: &[&str]) -> Option<Prepared> {
    let set = source.sets().iter().find(|s| s.span == set)?;
    let comments = own_comments(source, set);
    comments.iter().enumerate().find_map(|(first, comment)| {
        if !comment.of(source.text()).contains(path.last()?) {
            return None;
        }
        // A value of several lines stands in as many comment lines.
        let runs = (first..comments.len()).take_while(|i| follows(source, &comments, first, *i));
        runs.map(|last| Span::new(comment.start, comments[last].end)).find_map(|span| {
            let code = uncommented(span.of(source.text()));
            is_of(&code, path).then_some(Prepared { span, code })
        })
    })
}

/// Takes the `#` from comment lines that [`prepared_binding`] found.
///
/// # Errors
/// A [`Refusal`] when they are not there, or do not become exactly one binding.
pub fn enable_binding(text: &str, set: Span, prepared: &Prepared) -> Result<Change, Refusal> {
    let source = parse(text, &prepared.code)?;
    let line = source.position(prepared.span.start).line;
    let refuse = |reason| Refusal::new(reason, line, &prepared.code);
    // Later edits may have moved the end of the set, never its beginning.
    let set = source.sets().iter().find(|s| s.span.start == set.start);
    let set = set.ok_or_else(|| refuse(Reason::Gone))?;
    if uncommented(prepared.span.of(text)) != prepared.code {
        return Err(refuse(Reason::Gone));
    }
    let change = Change::new(text, prepared.span, prepared.code.clone());
    prove::binding_enabled(&source, &change, set).map_err(refuse)?;
    Ok(change)
}

/// Comments with nothing before them on their line, outside of what the set's bindings hold.
fn own_comments(source: &Source, set: &Set) -> Vec<Span> {
    let text = source.text();
    let bindings: Vec<Span> = set.bindings.iter().map(|id| source.bindings()[*id].span).collect();
    let inside = |offset: usize| bindings.iter().any(|b| b.start <= offset && offset < b.end);
    let mut found = Vec::new();
    for token in tokens(set.inside.of(text)) {
        let start = set.inside.start + token.start;
        let alone = text[..start].trim_end_matches([' ', '\t']).ends_with('\n');
        if token.kind == TokenKind::Comment
            && token.text.starts_with('#')
            && alone
            && !inside(start)
        {
            found.push(Span::new(start, start + token.text.len()));
        }
    }
    found
}

/// Whether the comments from `first` to `last` stand on lines that follow each other.
fn follows(source: &Source, comments: &[Span], first: usize, last: usize) -> bool {
    let line = |i: usize| source.position(comments[i].start).line as usize;
    line(last) == line(first) + last - first
}

/// The lines without their first `#` and the blank behind it.
fn uncommented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line.trim_start_matches([' ', '\t']);
        let code = body.trim_start_matches('#');
        out.push_str(&line[..line.len() - body.len()]);
        out.push_str(code.strip_prefix(' ').unwrap_or(code));
    }
    out
}

fn is_of(code: &str, path: &[&str]) -> bool {
    if !prove::is_one_binding(code) {
        return false;
    }
    let alone = Source::parse(format!("{{{code}\n}}"));
    alone.is_ok_and(|alone| {
        let written = alone.bindings().first().map(|binding| binding.written());
        written.is_some_and(|written| {
            written.len() >= path.len()
                && written.iter().zip(path).all(|(part, name)| part.name() == Some(name))
        })
    })
}
