//! Puts one question in words and turns what is typed into a reply that the question accepts.

use super::talk::{Ended, Menu, Pointed, Talk};
use super::wording::{capital, is_or_are};
use super::{secrets, small_suggestion};
use crate::answers::Answers;
use crate::problem::Problem;
use crate::question::{Ask, Choice, Context, Question, Reply, Suggestion};

/// What came of a question.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Came {
    /// The answers with this one, and what was chosen in words that may open the next line.
    Answer(Answers, String),
    /// Back, with what was changed in a list so far: nothing typed is lost by going back.
    Back(Option<Answers>),
    Rest,
    Quit,
}

/// A line that was typed.
pub(super) enum Typed {
    Text(String),
    Nothing,
    Back,
    Rest,
    Quit,
}

/// Reads a line; `help` is answered here, as often as it is asked for.
pub(super) fn typed(talk: &mut dyn Talk, help: &str) -> Result<Typed, Ended> {
    loop {
        let line = talk.ask()?;
        match line.as_str() {
            "" => return Ok(Typed::Nothing),
            "help" => talk.say(help),
            "back" => return Ok(Typed::Back),
            "rest" => return Ok(Typed::Rest),
            "quit" => return Ok(Typed::Quit),
            text => {
                // One equals sign says: this is text, whatever it looks like.
                let text = text.strip_prefix('=').unwrap_or(text);
                return Ok(Typed::Text(text.to_owned()));
            }
        }
    }
}

/// Asks one question until it is answered or left. `opening` stands before its first words.
pub(super) fn put(
    talk: &mut dyn Talk,
    cx: &Context,
    question: &dyn Question,
    opening: &str,
) -> Result<Came, Ended> {
    let asking = Asking { cx, question, opening };
    match question.ask(cx) {
        Ask::Skip { .. } => match question.accept(cx, Reply::Suggested) {
            Ok(answers) => Ok(Came::Answer(answers, String::new())),
            Err(problem) => Err(Ended::Failed(problem)),
        },
        Ask::Text { label, help, suggestion } => asking.text(talk, &label, &help, suggestion),
        Ask::Pick { label, note, help, options, suggested } => {
            asking.pick(talk, &join(&label, &note), &help, &options, suggested.as_ref())
        }
        Ask::PickMany { label, note, help, options, complete, brief } => {
            let many = Many { heading: join(&label, &note), help, complete };
            match brief {
                true => asking.brief(talk, &many, options),
                false => asking.many(talk, &many, options),
            }
        }
        Ask::Confirm { label, help } => asking.confirm(talk, &label, &help),
        Ask::Secrets { note, help, suggested, .. } => {
            secrets::put(talk, cx, question, &join(opening, &note), &help, suggested)
        }
    }
}

struct Asking<'a> {
    cx: &'a Context<'a>,
    question: &'a dyn Question,
    opening: &'a str,
}

struct Many {
    heading: String,
    help: String,
    complete: bool,
}

impl Asking<'_> {
    fn accept(&self, reply: Reply) -> Result<Answers, Problem> {
        self.question.accept(self.cx, reply)
    }

    fn text(
        &self,
        talk: &mut dyn Talk,
        label: &str,
        help: &str,
        suggestion: Option<Suggestion<String>>,
    ) -> Result<Came, Ended> {
        let told = match &suggestion {
            None => "Not found; please type it.".to_owned(),
            Some(s) if s.from.is_empty() => format!("Suggested: {}", s.value),
            Some(s) => format!("{}: {}", s.from.trim_end_matches('.'), s.value),
        };
        talk.say(&format!("{}{label}. {told}", self.opening));
        loop {
            let reply = match typed(talk, help)? {
                Typed::Nothing => Reply::Suggested,
                Typed::Text(text) => Reply::Text(text),
                other => return Ok(left(&other)),
            };
            match self.accept(reply) {
                Ok(answers) => return Ok(Came::Answer(answers, String::new())),
                Err(problem) => refuse(talk, &problem, &format!("{label}:")),
            }
        }
    }

    fn pick(
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

    /// One sentence that says what is chosen; the list only for who wants it.
    fn brief(&self, talk: &mut dyn Talk, many: &Many, options: Vec<Choice>) -> Result<Came, Ended> {
        talk.say(&format!("{}{}", self.opening, many.heading));
        let help = format!("{} Type change to choose from the list.", many.help);
        loop {
            match typed(talk, &help)? {
                Typed::Nothing => match self.accept(Reply::Suggested) {
                    Ok(answers) => return Ok(Came::Answer(answers, String::new())),
                    Err(problem) => refuse(talk, &problem, ""),
                },
                Typed::Text(text) if text == "change" => {
                    let again = Asking { opening: "", ..*self };
                    return again.many(talk, many, options);
                }
                Typed::Text(_) => talk.say("Type change for the list, or Enter to go on."),
                other => return Ok(left(&other)),
            }
        }
    }

    fn many(&self, talk: &mut dyn Talk, many: &Many, options: Vec<Choice>) -> Result<Came, Ended> {
        let mut options: Vec<Choice> = options;
        let help = with_closed(&many.help, &options);
        options.retain(|c| c.off.is_none());
        talk.say(&format!("{}{} {}", self.opening, many.heading, chosen_count(&options)));
        let rows: Vec<String> = options.iter().map(row).collect();
        let mut touched = false;
        let mut spoken = false;
        loop {
            let rows_ticked = (0..options.len()).filter(|i| options[*i].chosen).collect();
            let menu = Menu { rows: rows.clone(), chosen: rows_ticked, many: true };
            match pointed(talk, &menu)? {
                Some(Pointed::Rows(rows)) => {
                    tick_only(&mut options, &rows);
                    touched = true;
                }
                Some(Pointed::Word(word)) if word == "help" => {
                    talk.say(&help);
                    continue;
                }
                Some(Pointed::Word(word)) => return Ok(left(&word_typed(&word))),
                None => {
                    if !std::mem::replace(&mut spoken, true) {
                        speak(talk, &ticked_rows(&options));
                        talk.say("Type numbers to change, or Enter to go on.");
                    }
                    match typed(talk, &help)? {
                        Typed::Nothing => {}
                        Typed::Text(text) if text == "none" => {
                            tick_only(&mut options, &[]);
                            touched = true;
                        }
                        Typed::Text(text) => {
                            touched |= self.toggle(talk, &text, &mut options);
                            continue;
                        }
                        Typed::Back if touched => {
                            return Ok(Came::Back(self.accept(ticked(&options)).ok()));
                        }
                        other => return Ok(left(&other)),
                    }
                }
            }
            if !many.complete && !touched {
                talk.say("Problem: Choose at least one, or type none.");
                continue;
            }
            match self.accept(ticked(&options)) {
                Ok(answers) => return Ok(Came::Answer(answers, String::new())),
                Err(problem) => refuse(talk, &problem, "Numbers, or Enter to go on."),
            }
        }
    }

    /// Turns the ticks of the numbers in `text` round and says what is so now. Whether any was.
    fn toggle(&self, talk: &mut dyn Talk, text: &str, options: &mut [Choice]) -> bool {
        let Some(numbers) = numbers(text, options.len()) else {
            talk.say(&format!(
                "Problem: Type numbers from 1 to {}, or Enter to go on.",
                options.len()
            ));
            return false;
        };
        let mut said = Vec::new();
        for row in numbers {
            let choice = &mut options[row];
            choice.chosen = !choice.chosen;
            let word = if choice.chosen { "now chosen" } else { "no longer chosen" };
            said.push(format!("{} is {word}.", choice.label));
        }
        said.extend(self.needed_too(options));
        said.push(chosen_count(options));
        said.push("Numbers, or Enter to go on.".to_owned());
        talk.say(&said.join(" "));
        true
    }

    /// Ticks what the question adds by itself, and says so.
    fn needed_too(&self, options: &mut [Choice]) -> Vec<String> {
        let Ok(answers) = self.accept(ticked(options)) else { return Vec::new() };
        let after = self.question.ask(&self.cx.with(&answers));
        let Ask::PickMany { options: after, .. } = after else { return Vec::new() };
        let mut said = Vec::new();
        for choice in options.iter_mut().filter(|c| !c.chosen) {
            choice.chosen = after.iter().any(|c| c.chosen && c.id == choice.id);
            if choice.chosen {
                said.push(format!("{} is chosen too, because another one needs it.", choice.label));
            }
        }
        said
    }

    fn confirm(&self, talk: &mut dyn Talk, label: &str, help: &str) -> Result<Came, Ended> {
        talk.say(&format!("{}{label} Type yes when you have read this.", self.opening));
        loop {
            let reply = match typed(talk, help)? {
                Typed::Text(text) if text.eq_ignore_ascii_case("yes") => Reply::Yes,
                Typed::Text(_) | Typed::Nothing => Reply::No,
                other => return Ok(left(&other)),
            };
            match self.accept(reply) {
                Ok(answers) => return Ok(Came::Answer(answers, String::new())),
                Err(problem) => refuse(talk, &problem, "Type yes, or back."),
            }
        }
    }
}

fn pointed(talk: &mut dyn Talk, menu: &Menu) -> Result<Option<Pointed>, Ended> {
    talk.point(menu).transpose()
}

pub(super) fn left(typed: &Typed) -> Came {
    match typed {
        Typed::Back => Came::Back(None),
        Typed::Rest => Came::Rest,
        Typed::Quit | Typed::Text(_) | Typed::Nothing => Came::Quit,
    }
}

fn word_typed(word: &str) -> Typed {
    match word {
        "back" => Typed::Back,
        "rest" => Typed::Rest,
        _ => Typed::Quit,
    }
}

pub(super) fn refuse(talk: &mut dyn Talk, problem: &Problem, again: &str) {
    talk.say(&format!("Problem: {}", problem.what));
    for hint in &problem.hints {
        talk.say(&format!("What helps: {hint}"));
    }
    if !again.is_empty() {
        talk.say(again);
    }
}

pub(super) fn speak(talk: &mut dyn Talk, rows: &[String]) {
    for (index, row) in rows.iter().enumerate() {
        talk.say(&format!("{}. {row}", index + 1));
    }
}

/// Rows by number, counted from 0: `1 3`, `1,3`. `None`: something else, or a number too high.
pub(super) fn numbers(text: &str, rows: usize) -> Option<Vec<usize>> {
    let words = text.split([' ', ',', ';']).filter(|w| !w.is_empty());
    let numbers: Option<Vec<usize>> =
        words.map(|w| w.trim_end_matches('.').parse::<usize>().ok()?.checked_sub(1)).collect();
    numbers.filter(|n| !n.is_empty() && n.iter().all(|row| *row < rows))
}

fn row(choice: &Choice) -> String {
    join(&format!("{}.", choice.label), &choice.detail)
}

fn ticked_rows(options: &[Choice]) -> Vec<String> {
    let told = |c: &Choice| {
        let chosen = if c.chosen { "chosen" } else { "not chosen" };
        join(&format!("{}, {chosen}.", c.label), &c.detail)
    };
    options.iter().map(told).collect()
}

fn tick_only(options: &mut [Choice], rows: &[usize]) {
    for (index, choice) in options.iter_mut().enumerate() {
        choice.chosen = rows.contains(&index);
    }
}

fn ticked(options: &[Choice]) -> Reply {
    Reply::Named(options.iter().filter(|c| c.chosen).map(|c| c.id.clone()).collect())
}

/// The help, and why some rows are not there.
fn with_closed(help: &str, options: &[Choice]) -> String {
    let closed = options.iter().filter_map(|c| Some((c, c.off.as_ref()?)));
    closed.fold(help.to_owned(), |text, (choice, why)| {
        format!("{text}\nNot here: {}: {why}.", choice.label)
    })
}

fn chosen_count(options: &[Choice]) -> String {
    let chosen = options.iter().filter(|c| c.chosen).count();
    format!("{chosen} of {} {} chosen.", options.len(), is_or_are(chosen))
}

pub(super) fn join(first: &str, second: &str) -> String {
    match (first.trim_end(), second) {
        (first, "") => first.to_owned(),
        ("", second) => second.to_owned(),
        (first, second) => format!("{first} {second}"),
    }
}

/// `Your answer is not saved.`, `Your 4 answers are not saved.`
pub(super) fn unsaved(answers: usize) -> String {
    match answers {
        1 => "Your answer is not saved.".to_owned(),
        n => format!("Your {n} answers are not saved."),
    }
}
