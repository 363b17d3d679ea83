//! One row of a list, by number or by cursor.

use super::{
    Asking, Came, Typed, left, numbers, pointed, refuse, row, speak, typed, with_closed, word_typed,
};
use crate::front::prompts::talk::{Ended, Menu, Pointed, Talk};
use crate::front::prompts::wording::capital;
use crate::question::{Choice, Reply, Suggestion};

impl Asking<'_> {
    pub(super) fn pick(
        &self,
        talk: &mut dyn Talk,
        heading: &str,
        help: &str,
        options: &[Choice],
        suggested: Option<&Suggestion<usize>>,
    ) -> Result<Came, Ended> {
        let open: Vec<usize> = (0..options.len()).filter(|i| options[*i].off.is_none()).collect();
        let suggested_row = suggested.and_then(|s| open.iter().position(|i| *i == s.value));
        let help = with_closed(help, options);
        talk.say(&format!("{}{heading}", self.opening));
        let rows: Vec<String> = open.iter().map(|i| row(&options[*i])).collect();
        let menu = Menu { rows, chosen: suggested_row.into_iter().collect(), many: false };
        // One row that wants a text is no choice: the text is asked for at once.
        if let ([only], Some(label)) =
            (open.as_slice(), open.first().and_then(|i| options[*i].asks.as_ref()))
        {
            let told = format!("{}.", capital(&options[*only].told));
            return self.text_of(talk, label, &told, &help);
        }
        loop {
            let chosen = match pointed(talk, &menu)? {
                Some(Pointed::Rows(rows)) => rows.first().copied(),
                Some(Pointed::Word(word)) => match word.as_str() {
                    "help" => {
                        talk.say(&help);
                        continue;
                    }
                    word => return Ok(left(&word_typed(word))),
                },
                None => match self.number(talk, &menu, &help, suggested)? {
                    Ok(row) => row,
                    Err(left) => return Ok(left),
                },
            };
            let Some(choice) = chosen.and_then(|row| options.get(*open.get(row)?)) else {
                let last = menu.rows.len();
                talk.say(&format!("Problem: Type a number from 1 to {last}."));
                continue;
            };
            if let Some(came) = self.chosen(talk, choice, &help)? {
                return Ok(came);
            }
        }
    }

    /// Speaks the rows and reads a number. `Ok(None)`: a number that is no row's.
    fn number(
        &self,
        talk: &mut dyn Talk,
        menu: &Menu,
        help: &str,
        suggested: Option<&Suggestion<usize>>,
    ) -> Result<Result<Option<usize>, Came>, Ended> {
        speak(talk, &menu.rows);
        let row = menu.chosen.first().copied();
        talk.say(&match (row, suggested) {
            (Some(row), Some(s)) => {
                format!("Type a number. Suggested: {}{}", row + 1, small_suggestion(&s.from))
            }
            _ => "Type a number.".to_owned(),
        });
        Ok(match typed(talk, help)? {
            Typed::Nothing => Ok(row),
            Typed::Text(text) => Ok(numbers(&text, menu.rows.len())
                .filter(|numbers| numbers.len() == 1)
                .and_then(|numbers| numbers.first().copied())),
            other => Err(left(&other)),
        })
    }

    /// `None`: it was refused, and the question stands.
    fn chosen(
        &self,
        talk: &mut dyn Talk,
        choice: &Choice,
        help: &str,
    ) -> Result<Option<Came>, Ended> {
        let told = format!("{}.", capital(&choice.told));
        let Some(label) = &choice.asks else {
            return Ok(match self.accept(Reply::Named(vec![choice.id.clone()])) {
                Ok(answers) => Some(Came::Answer(answers, told)),
                Err(problem) => {
                    refuse(talk, &problem, "");
                    None
                }
            });
        };
        Ok(match self.text_of(talk, label, &told, help)? {
            // Back from the text is back to the list.
            Came::Back(_) => None,
            came => Some(came),
        })
    }

    /// The line of text that a row asks for.
    fn text_of(
        &self,
        talk: &mut dyn Talk,
        label: &str,
        told: &str,
        help: &str,
    ) -> Result<Came, Ended> {
        talk.say(&format!("{label}:"));
        loop {
            let text = match typed(talk, help)? {
                Typed::Text(text) => text,
                Typed::Nothing => String::new(),
                other => return Ok(left(&other)),
            };
            match self.accept(Reply::Text(text)) {
                Ok(answers) => return Ok(Came::Answer(answers, told.to_owned())),
                Err(problem) => refuse(talk, &problem, &format!("{label}:")),
            }
        }
    }
}

/// `, because your account is …` from a suggestion's reason; empty where it gives none.
fn small_suggestion(from: &str) -> String {
    match from.strip_prefix("Suggested because ") {
        Some(reason) => format!(", because {reason}"),
        None => String::new(),
    }
}
