//! The home module as lines: what changes in it marked, and the line that the highlighted feature
//! set stands in.

use similar::{ChangeTag, TextDiff};

use crate::front::tui::code::{Language, Line, Side, Span, Text, View, coloured};
use crate::front::tui::paint::Paint;
use crate::front::tui::search::Search;
use crate::front::tui::theme::Role;
use crate::front::world::Module;

/// A module ready to be drawn.
pub(super) struct Written {
    pub(super) text: Text,
    /// The line to look at, counted from 0.
    pub(super) at: usize,
}

impl Written {
    /// `highlighted`: the feature set whose line is marked; `chosen`: all that are ticked.
    pub(super) fn of(module: &Module, highlighted: Option<&str>, chosen: &[&str]) -> Self {
        let new = lines_that_come(module);
        let lines: Vec<Line> = coloured(Language::of(&module.path), &module.after)
            .into_iter()
            .enumerate()
            .map(|(index, spans)| {
                let text: String = spans.iter().map(|span| span.text.as_str()).collect();
                let marked = highlighted.is_some_and(|name| names(&text, name));
                let comes = marked || new.contains(&index);
                Line {
                    number: Some(index + 1),
                    side: if comes { Side::Added } else { Side::Same },
                    spans: if comes { vec![Span::new(Role::Added, text)] } else { spans },
                }
            })
            .collect();
        let line_of = |name: &str| lines.iter().position(|line| names(&line.text(), name));
        // Without a line of its own, what is unticked would stand beside those that are ticked.
        let at = highlighted.and_then(line_of).or_else(|| chosen.iter().find_map(|n| line_of(n)));
        Self { at: at.or(new.first().copied()).unwrap_or(0), text: Text::new(lines) }
    }

    pub(super) fn view(&self, top: usize, search: Option<&Search>, paint: &mut Paint) {
        View { text: &self.text, top, wrap: false, search }.draw(paint);
    }
}

/// Lines that a module which is there already does not have. All of a new one are new, and marking
/// them all would say nothing.
fn lines_that_come(module: &Module) -> Vec<usize> {
    if module.before.is_empty() {
        return Vec::new();
    }
    let diff = TextDiff::from_lines(&module.before, &module.after);
    let inserted = diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Insert);
    inserted.filter_map(|change| change.new_index()).collect()
}

/// Whether `line` has `name` as a word of its own: `core` does not stand in `aggregate-core`.
fn names(line: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '\'');
    line.match_indices(name).any(|(at, found)| {
        let before = line[..at].chars().next_back();
        let after = line[at + found.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(before: &str, after: &str) -> Module {
        Module { path: "zoe.nix".into(), before: before.into(), after: after.into() }
    }

    fn marked(written: &Written) -> Vec<String> {
        let marked = written.text.lines().iter().filter(|line| line.side == Side::Added);
        marked.map(|line| line.text().trim().to_owned()).collect()
    }

    #[test]
    fn the_highlighted_ones_line_is_marked_and_in_view() {
        let new = module("", "{\n  imports = [\n    core\n    core-shell\n  ];\n}\n");
        let written = Written::of(&new, Some("core"), &["core", "core-shell"]);
        assert_eq!((marked(&written), written.at), (vec!["core".to_owned()], 2));
        let unticked = Written::of(&new, None, &["core-shell"]);
        assert_eq!((marked(&unticked).len(), unticked.at), (0, 3));
    }

    #[test]
    fn in_a_module_that_is_there_what_comes_is_marked() {
        let changed = module("{\n  a = 1;\n}\n", "{\n  a = 1;\n  b = 2;\n}\n");
        let written = Written::of(&changed, None, &[]);
        assert_eq!((marked(&written), written.at), (vec!["b = 2;".to_owned()], 2));
    }

    #[test]
    fn an_empty_module_is_no_trouble() {
        let written = Written::of(&module("", ""), Some("core"), &[]);
        assert_eq!((written.text.lines().len(), written.at), (0, 0));
    }
}
