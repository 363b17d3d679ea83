//! Lists with a cursor, for `--plain` on a terminal; everything else is as line by line.

use std::io::{BufRead, Write};

use inquire::list_option::ListOption;
use inquire::ui::{Attributes, RenderConfig, StyleSheet, Styled};
use inquire::{InquireError, MultiSelect, Select};

use super::lines::Lines;
use super::talk::{Ended, Menu, Pointed, Talk};
use crate::answers::Hidden;
use crate::front::sanitise;
use crate::key::private;
use crate::problem::Problem;

/// Words that can be typed at every question; here they are rows below the list.
const WORDS: [&str; 4] = ["help", "back", "rest", "quit"];

/// Cursor menus over a plain conversation.
#[derive(Debug)]
pub struct Menus<R, W> {
    lines: Lines<R, W>,
}

impl<R: BufRead, W: Write> Menus<R, W> {
    pub fn new(lines: Lines<R, W>) -> Self {
        Self { lines }
    }
}

impl<R: BufRead, W: Write> Talk for Menus<R, W> {
    fn say(&mut self, text: &str) {
        self.lines.say(text);
    }

    fn ask(&mut self) -> Result<String, Ended> {
        let line = self.lines.ask()?;
        if private::is_in(&line) {
            let (columns, _) = ratatui::crossterm::terminal::size().unwrap_or((80, 24));
            self.lines.write(&erased(&line, columns.into()));
        }
        Ok(line)
    }

    fn ask_hidden(&mut self) -> Result<Hidden, Ended> {
        self.lines.ask_hidden()
    }

    fn point(&mut self, menu: &Menu) -> Option<Result<Pointed, Ended>> {
        let pointed = if menu.many { many(menu) } else { one(menu) };
        match pointed {
            // No terminal that can move a cursor: the list is spoken instead.
            Err(InquireError::NotTTY | InquireError::InvalidConfiguration(_)) => None,
            Err(InquireError::OperationCanceled) => Some(Ok(Pointed::Word("back".to_owned()))),
            // Answers are not lost to one key: leaving is asked about, as with the word.
            Err(InquireError::OperationInterrupted) => Some(Ok(Pointed::Word("quit".to_owned()))),
            Err(error) => Some(Err(Ended::Failed(
                Problem::tool("the terminal cannot show a menu")
                    .cause(error)
                    .hint("set `ACCESSIBLE=1` for plain lines"),
            ))),
            Ok(pointed) => Some(Ok(pointed)),
        }
    }

    fn ring(&mut self) {
        self.lines.ring();
    }
}

fn one(menu: &Menu) -> Result<Pointed, InquireError> {
    let picked = Select::new("", rows(menu))
        .with_starting_cursor(menu.chosen.first().copied().unwrap_or(0))
        .without_filtering()
        .with_help_message("arrows move, Enter chooses, Esc goes back")
        .with_render_config(plain())
        .raw_prompt()?;
    Ok(pointed(menu, vec![picked.index]))
}

fn many(menu: &Menu) -> Result<Pointed, InquireError> {
    let picked = MultiSelect::new("", rows(menu))
        .with_default(&menu.chosen)
        .without_filtering()
        .with_help_message("arrows move, Space ticks, Enter goes on, Esc goes back")
        .with_formatter(&|rows: &[ListOption<&String>]| format!("{} chosen", rows.len()))
        .with_render_config(plain())
        .raw_prompt()?;
    Ok(pointed(menu, picked.into_iter().map(|row| row.index).collect()))
}

fn rows(menu: &Menu) -> Vec<String> {
    let rows = menu.rows.iter().map(|row| sanitise(row).into_owned());
    rows.chain(WORDS.iter().map(|w| (*w).to_owned())).collect()
}

/// A word among what was picked wins over the rows.
fn pointed(menu: &Menu, picked: Vec<usize>) -> Pointed {
    let word = picked.iter().find_map(|at| WORDS.get(at.checked_sub(menu.rows.len())?));
    match word {
        Some(word) => Pointed::Word((*word).to_owned()),
        None => Pointed::Rows(picked),
    }
}

/// Without colour; the mark before the row is what tells it, and the cursor sits on it.
fn plain() -> RenderConfig<'static> {
    let bold = StyleSheet::empty().with_attr(Attributes::BOLD);
    RenderConfig::empty()
        .with_prompt_prefix(Styled::new(">"))
        .with_answered_prompt_prefix(Styled::new(">"))
        .with_highlighted_option_prefix(Styled::new(">"))
        .with_selected_option(Some(bold))
}

/// Takes a line off the terminal, which has echoed it behind the prompt: what is refused for being
/// private does not stay there to be read.
fn erased(line: &str, columns: usize) -> String {
    let typed = "> ".len() + line.chars().count();
    let rows = typed.div_ceil(columns.max(1)).max(1);
    format!("\u{1b}[{rows}A\r\u{1b}[J> (taken off the screen)\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_does_not_stay_on_the_terminal() {
        let one = "\u{1b}[1A\r\u{1b}[J> (taken off the screen)\n";
        assert_eq!(erased(&"k".repeat(74), 80), one);
        assert!(erased(&"k".repeat(79), 80).starts_with("\u{1b}[2A"));
        assert!(erased("", 0).starts_with("\u{1b}[2A"));
    }

    #[test]
    fn words_are_rows_below_the_list() {
        let menu = Menu { rows: vec!["a".into(), "b".into()], chosen: vec![0], many: true };
        assert_eq!(rows(&menu).len(), 6);
        assert_eq!(pointed(&menu, vec![0, 1]), Pointed::Rows(vec![0, 1]));
        assert_eq!(pointed(&menu, vec![1, 3]), Pointed::Word("back".into()));
        assert_eq!(pointed(&menu, vec![]), Pointed::Rows(vec![]));
    }
}
