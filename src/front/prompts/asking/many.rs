//! Any rows of a list: numbers turn ticks round, Enter goes on.

use super::{
    Asking, Came, Typed, join, left, numbers, pointed, refuse, row, speak, typed, with_closed,
    word_typed,
};
use crate::front::prompts::talk::{Ended, Menu, Pointed, Talk};
use crate::front::prompts::wording::is_or_are;
use crate::problem::Problem;
use crate::question::{Ask, Choice, Reply};

/// The list as it is ticked now.
pub(super) struct List<'a> {
    asking: &'a Asking<'a>,
    /// Rows that can be chosen; why others cannot is in the help.
    options: Vec<Choice>,
    /// Names that stand for several rows.
    sets: Vec<(String, String)>,
    help: String,
    /// Whether the ticks at the start are a suggestion that Enter takes.
    complete: bool,
    touched: bool,
}

/// What to do after a reply.
enum Next {
    Take,
    Again,
    Leave(Box<Came>),
}

impl<'a> List<'a> {
    pub(super) fn new(
        asking: &'a Asking<'a>,
        help: &str,
        mut options: Vec<Choice>,
        complete: bool,
    ) -> Self {
        let help = with_closed(help, &options);
        options.retain(|c| c.off.is_none());
        let sets = asking.question.sets(asking.cx);
        Self { asking, options, sets, help, complete, touched: false }
    }

    /// One sentence that says what is chosen; the list only for who wants it.
    pub(super) fn brief(self, talk: &mut dyn Talk, heading: &str) -> Result<Came, Ended> {
        talk.say(&format!("{}{heading}", self.asking.opening));
        let help = format!("{} Type change to choose from the list.", self.help);
        loop {
            match typed(talk, &help)? {
                Typed::Nothing => match self.asking.accept(Reply::Suggested) {
                    Ok(answers) => return Ok(Came::Answer(answers, String::new())),
                    Err(problem) => refuse(talk, &problem, ""),
                },
                Typed::Text(text) if text == "change" => return self.whole(talk, "", heading),
                Typed::Text(_) => talk.say("Type change for the list, or Enter to go on."),
                other => return Ok(left(&other)),
            }
        }
    }

    /// The heading, every row, then replies until one is taken.
    pub(super) fn whole(
        mut self,
        talk: &mut dyn Talk,
        opening: &str,
        heading: &str,
    ) -> Result<Came, Ended> {
        talk.say(&format!("{opening}{heading} {}", self.count()));
        let mut spoken = false;
        loop {
            let next = match pointed(talk, &self.menu())? {
                Some(Pointed::Rows(rows)) => {
                    self.only(&rows);
                    let sets = rows
                        .iter()
                        .filter_map(|row| self.sets.get(row.checked_sub(self.options.len())?));
                    let names = sets.map(|(name, _)| name.clone()).collect();
                    self.name(talk, names).map_or(Next::Again, |()| Next::Take)
                }
                Some(Pointed::Word(word)) if word == "help" => {
                    talk.say(&self.help);
                    Next::Again
                }
                Some(Pointed::Word(word)) => self.reply(talk, word_typed(&word)),
                None => {
                    if !std::mem::replace(&mut spoken, true) {
                        speak(talk, &self.rows());
                        for (name, rows) in &self.sets {
                            talk.say(&format!("{name} stands for {rows}."));
                        }
                        talk.say("Type numbers to change, or Enter to go on.");
                    }
                    let reply = typed(talk, &self.help)?;
                    self.reply(talk, reply)
                }
            };
            match next {
                Next::Again => {}
                Next::Leave(came) => return Ok(*came),
                Next::Take if !self.complete && !self.touched => {
                    talk.say("Problem: Choose at least one, or type none.");
                }
                Next::Take => match self.asking.accept(self.ticked()) {
                    Ok(answers) => return Ok(Came::Answer(answers, String::new())),
                    Err(problem) => refuse(talk, &problem, "Numbers, or Enter to go on."),
                },
            }
        }
    }

    fn reply(&mut self, talk: &mut dyn Talk, reply: Typed) -> Next {
        match reply {
            Typed::Nothing => Next::Take,
            Typed::Text(text) if text == "none" => {
                self.only(&[]);
                Next::Take
            }
            Typed::Text(text) if !self.sets.is_empty() && text.contains(char::is_alphabetic) => {
                let names = text.split([' ', ',']).filter(|name| !name.is_empty());
                let named = self.name(talk, names.map(str::to_owned).collect());
                if named.is_some() {
                    talk.say(&format!("{} Numbers, or Enter to go on.", self.count()));
                }
                Next::Again
            }
            Typed::Text(text) => {
                self.toggle(talk, &text);
                Next::Again
            }
            Typed::Back if self.touched => {
                Next::Leave(Box::new(Came::Back(self.asking.accept(self.ticked()).ok())))
            }
            other => Next::Leave(Box::new(left(&other))),
        }
    }

    fn only(&mut self, rows: &[usize]) {
        for (index, choice) in self.options.iter_mut().enumerate() {
            choice.chosen = rows.contains(&index);
        }
        self.touched = true;
    }

    /// Ticks the rows that names stand for, their own among them; `None`: one stands for nothing.
    fn name(&mut self, talk: &mut dyn Talk, names: Vec<String>) -> Option<()> {
        if names.is_empty() {
            return Some(());
        }
        let answers = self.asking.accept(Reply::Named(names));
        let answers = answers
            .inspect_err(|problem| refuse(talk, problem, "Numbers, or Enter to go on."))
            .ok()?;
        if let Some(Reply::Named(ids)) = self.asking.question.given(&answers) {
            for choice in self.options.iter_mut().filter(|choice| ids.contains(&choice.id)) {
                choice.chosen = true;
            }
        }
        self.touched = true;
        Some(())
    }

    /// Turns the ticks of the numbers in `text` round and says what is so now.
    fn toggle(&mut self, talk: &mut dyn Talk, text: &str) {
        let last = self.options.len();
        let is_name = text.starts_with(|c: char| c.is_alphabetic());
        let mut said = match numbers(text, last) {
            Some(numbers) => self.turned(&numbers),
            None if is_name => match self.named(text) {
                Ok(said) => said,
                Err(problem) => {
                    return refuse(talk, &problem, "Numbers or names, or Enter to go on.");
                }
            },
            None => {
                talk.say(&format!("Problem: Type numbers from 1 to {last}, or Enter to go on."));
                return;
            }
        };
        self.touched = true;
        said.extend(self.needed_too());
        said.push(self.count());
        said.push("Numbers, or Enter to go on.".to_owned());
        talk.say(&said.join(" "));
    }

    fn turned(&mut self, rows: &[usize]) -> Vec<String> {
        let mut said = Vec::new();
        for row in rows {
            let choice = &mut self.options[*row];
            choice.chosen = !choice.chosen;
            let word = if choice.chosen { "now chosen" } else { "no longer chosen" };
            said.push(format!("{} is {word}.", choice.label));
        }
        said
    }

    /// Ticks what names stand for: rows, or what else the question knows by a name.
    fn named(&mut self, text: &str) -> Result<Vec<String>, Problem> {
        let ticked = self.options.iter().filter(|c| c.chosen).map(|c| c.id.clone());
        let words = text.split([' ', ',', ';']).filter(|word| !word.is_empty());
        let names = ticked.chain(words.map(str::to_owned)).collect();
        let answers = self.asking.accept(Reply::Named(names))?;
        let after = self.asking.question.ask(&self.asking.cx.with(&answers));
        let Ask::PickMany { options: after, .. } = after else { return Ok(Vec::new()) };
        let mut said = Vec::new();
        for choice in self.options.iter_mut().filter(|c| !c.chosen) {
            choice.chosen = after.iter().any(|c| c.chosen && c.id == choice.id);
            if choice.chosen {
                said.push(format!("{} is now chosen.", choice.label));
            }
        }
        Ok(said)
    }

    /// Ticks what the question adds by itself, and says so.
    fn needed_too(&mut self) -> Vec<String> {
        let Ok(answers) = self.asking.accept(self.ticked()) else { return Vec::new() };
        let after = self.asking.question.ask(&self.asking.cx.with(&answers));
        let Ask::PickMany { options: after, .. } = after else { return Vec::new() };
        let mut said = Vec::new();
        for choice in self.options.iter_mut().filter(|c| !c.chosen) {
            choice.chosen = after.iter().any(|c| c.chosen && c.id == choice.id);
            if choice.chosen {
                said.push(format!("{} is chosen too, because another one needs it.", choice.label));
            }
        }
        said
    }

    fn menu(&self) -> Menu {
        let sets = self.sets.iter().map(|(name, rows)| format!("{name}. All of {rows}."));
        Menu {
            rows: self.options.iter().map(row).chain(sets).collect(),
            chosen: (0..self.options.len()).filter(|i| self.options[*i].chosen).collect(),
            many: true,
        }
    }

    fn rows(&self) -> Vec<String> {
        let told = |c: &Choice| {
            let chosen = if c.chosen { "chosen" } else { "not chosen" };
            join(&format!("{}, {chosen}.", c.label), &c.detail)
        };
        self.options.iter().map(told).collect()
    }

    fn ticked(&self) -> Reply {
        Reply::Named(self.options.iter().filter(|c| c.chosen).map(|c| c.id.clone()).collect())
    }

    fn count(&self) -> String {
        let chosen = self.options.iter().filter(|c| c.chosen).count();
        format!("{chosen} of {} {} chosen.", self.options.len(), is_or_are(chosen))
    }
}
