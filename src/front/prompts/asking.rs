//! Puts one question in words and turns what is typed into a reply that the question accepts.

mod many;
mod pick;

use super::talk::{Ended, Menu, Pointed, Talk};
use super::{accounts, secrets};
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
        Ask::Text { label, help, suggestion, several } => {
            let came = asking.text(talk, &label, &help, suggestion)?;
            if several { asking.and_more(talk, &help, came) } else { Ok(came) }
        }
        Ask::Pick { label, note, help, options, suggested } => {
            asking.pick(talk, &join(&label, &note), &help, &options, suggested.as_ref())
        }
        Ask::PickMany { label, note, help, options, complete, brief } => {
            let list = many::List::new(&asking, &help, options, complete);
            let heading = join(&label, &note);
            if brief { list.brief(talk, &heading) } else { list.whole(talk, opening, &heading) }
        }
        Ask::Confirm { label, help } => asking.confirm(talk, &label, &help),
        Ask::Secrets { note, help, suggested, .. } => {
            secrets::put(talk, cx, question, &join(opening, &note), &help, suggested)
        }
        Ask::Accounts { help, .. } => accounts::put(talk, cx, question, opening, &help),
    }
}

struct Asking<'a> {
    cx: &'a Context<'a>,
    question: &'a dyn Question,
    opening: &'a str,
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

    /// After the first of several entries the others, one a line.
    fn and_more(&self, talk: &mut dyn Talk, help: &str, first: Came) -> Result<Came, Ended> {
        let mut came = first;
        while let Came::Answer(answers, _) = &came {
            let Some(Reply::Named(mut lines)) = self.question.given(answers) else { break };
            if lines.is_empty() {
                break;
            }
            talk.say(&format!("{}. Another one, or Enter to go on.", self.question.told(answers)));
            match typed(talk, help)? {
                Typed::Nothing => break,
                Typed::Text(text) => {
                    lines.push(text);
                    match self.accept(Reply::Named(lines)) {
                        Ok(answers) => came = Came::Answer(answers, String::new()),
                        Err(problem) => refuse(talk, &problem, ""),
                    }
                }
                Typed::Back => return Ok(Came::Back(Some(answers.clone()))),
                other => return Ok(left(&other)),
            }
        }
        Ok(came)
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

/// The help, and why some rows are not there.
fn with_closed(help: &str, options: &[Choice]) -> String {
    let closed = options.iter().filter_map(|c| Some((c, c.off.as_ref()?)));
    closed.fold(help.to_owned(), |text, (choice, why)| {
        format!("{text}\nNot here: {}: {why}.", choice.label)
    })
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
