//! What two texts differ in, as lines with numbers and signs.

use similar::{ChangeTag, TextDiff};

use super::{Language, Line, Side, Span, coloured, visible};
use crate::front::tui::theme::Role;

/// Lines before and after a change that are shown with it.
const CONTEXT: usize = 2;

/// A new text. With nothing beside it that stays, only signs and numbers say that it is new; the
/// code keeps its own colours.
pub(crate) fn added(language: Language, text: &str) -> Vec<Line> {
    let lines = coloured(language, text).into_iter().enumerate();
    lines.map(|(at, spans)| Line { number: Some(at + 1), side: Side::Added, spans }).collect()
}

/// What becomes different. Lines that come carry their number in the new text, those that go the
/// one they had.
pub(crate) fn difference(language: Language, before: &str, after: &str) -> Vec<Line> {
    let (old, new) = (coloured(language, before), coloured(language, after));
    let at = |lines: &[Vec<Span>], index: usize| lines.get(index).cloned().unwrap_or_default();
    // What is compared is what is shown: a lone carriage return is no end of a line here.
    let (before, after) = (visible(before), visible(after));
    let diff = TextDiff::from_lines(&before, &after);
    let mut out = Vec::new();
    for op in diff.grouped_ops(CONTEXT).iter().flatten() {
        for change in diff.iter_changes(op) {
            let index = change.new_index().or(change.old_index()).unwrap_or_default();
            let (side, spans) = match change.tag() {
                ChangeTag::Equal => (Side::Same, around(at(&new, index))),
                ChangeTag::Insert => (Side::Added, whole(at(&new, index), Role::Added)),
                ChangeTag::Delete => (Side::Removed, whole(at(&old, index), Role::Removed)),
            };
            out.push(Line { number: Some(index + 1), side, spans });
        }
    }
    out
}

/// A line around a change steps back behind it.
fn around(mut spans: Vec<Span>) -> Vec<Span> {
    for span in spans.iter_mut().filter(|span| span.role == Role::Text) {
        span.role = Role::Muted;
    }
    spans
}

/// A line of one role, so that it stands out as a whole.
fn whole(spans: Vec<Span>, role: Role) -> Vec<Span> {
    let text: String = spans.into_iter().map(|span| span.text).collect();
    if text.is_empty() { Vec::new() } else { vec![Span { role, text }] }
}
