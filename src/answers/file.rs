//! Answers files: YAML whose keys are the questions' ids, read with the line of every answer.
//!
//! It reads text, never a file, and must never repeat a value that could be secret: an inline
//! value, a private key, or the text of a line that YAML cannot read.

mod accounts;
mod fields;
mod secrets;
mod write;

use std::collections::BTreeMap;

use super::Answers;
use crate::key::private;
use crate::problem::Problem;
use crate::question::{QUESTIONS, nearest};
use crate::splice::yaml::{self, Entry, Kind, Node, ParseError};

pub use write::write;

/// The key that holds answers for several people.
const PEOPLE: &str = "people";

/// Answers as a person gave them, with the line of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    pub answers: Answers,
    /// The file's name for messages; `None` when nothing was read from a file.
    pub file: Option<String>,
    /// Line of each answer by its question's id, counted from 1.
    pub lines: BTreeMap<&'static str, u32>,
}

impl Given {
    /// Answers that come from no file.
    pub fn new(answers: Answers) -> Self {
        Self { answers, ..Self::default() }
    }
}

/// Reads an answers file. `file` is its name for messages. There is one result a person, and one
/// without any answer for an empty file.
pub fn read(text: &str, file: &str) -> Result<Vec<Given>, Problem> {
    let from = Source { file };
    from.refuse_private_keys(text)?;
    let tree = match yaml::parse(text) {
        Ok(tree) => tree,
        Err(ParseError::Empty) => return Ok(vec![from.given()]),
        Err(error) => return Err(from.unreadable(&error)),
    };
    if tree.root.is_null() {
        return Ok(vec![from.given()]);
    }
    let entries = from.mapping(&tree.root, "an answers file")?;
    match entries.iter().find(|e| e.key.scalar() == Some(PEOPLE)) {
        None => Ok(vec![from.person(entries)?]),
        Some(people) => from.people(entries, people),
    }
}

/// A commented example of every key, which [`read`] reads.
pub fn example() -> String {
    let mut text = String::from(
        "# doorstep answers, example made by: doorstep answers\n\
         # The keys are the questions' ids. A key that is left out takes its suggestion, and is\n\
         # asked for where there is none. Several people: people: [ { username: ... }, ... ]\n",
    );
    for question in QUESTIONS {
        text.push_str(question.example());
        text.push('\n');
    }
    text
}

/// Where the text is from, for messages.
#[derive(Debug, Clone, Copy)]
struct Source<'a> {
    file: &'a str,
}

impl Source<'_> {
    fn given(self) -> Given {
        Given { file: Some(self.file.to_owned()), ..Given::default() }
    }

    /// `error: line 4 of `raquel.yaml`: …`, without a word of the line itself.
    fn wrong(self, line: u32, what: &str) -> Problem {
        Problem::user(format!("line {line} of `{}`: {what}", self.file))
    }

    fn people(self, entries: &[Entry], people: &Entry) -> Result<Vec<Given>, Problem> {
        if let Some(other) = entries.iter().find(|e| !std::ptr::eq(*e, people)) {
            return Err(self.wrong(
                other.key.line,
                "beside `people` there is nothing else; every person has all their answers",
            ));
        }
        let Some(items) = people.value.items().filter(|items| !items.is_empty()) else {
            return Err(self.wrong(people.key.line, "`people` is a list with answers of each"));
        };
        items
            .iter()
            .map(|item| self.person(self.mapping(&item.node, "each of `people`")?))
            .collect()
    }

    fn person(self, entries: &[Entry]) -> Result<Given, Problem> {
        let mut given = self.given();
        for entry in entries {
            let id = self.known_key(entry)?;
            if let Some(first) = given.lines.insert(id, entry.key.line) {
                let what = format!("`{id}` is there already, in line {first}");
                return Err(self.wrong(entry.key.line, &what));
            }
            // A key with nothing behind it is a question left open, as in a form.
            if entry.value.is_null() {
                continue;
            }
            self.field(&mut given.answers, id, &entry.value)?;
        }
        Ok(given)
    }

    fn known_key(self, entry: &Entry) -> Result<&'static str, Problem> {
        let key = entry.key.scalar().unwrap_or_default();
        let mut ids = QUESTIONS.iter().map(|q| q.id());
        ids.clone().find(|id| *id == key).ok_or_else(|| {
            let near = nearest(key, ids.by_ref().chain([PEOPLE]));
            let problem = self.wrong(entry.key.line, &format!("`{}` is not a key", shown(key)));
            match near {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("`doorstep answers` prints an example of every key"),
            }
        })
    }

    fn mapping<'n>(self, node: &'n Node, what: &str) -> Result<&'n [Entry], Problem> {
        self.refuse_alias(node)?;
        node.entries().ok_or_else(|| {
            self.wrong(node.line, &format!("{what} is made of `key: value` lines"))
                .hint("`doorstep answers` prints an example")
        })
    }

    fn refuse_alias(self, node: &Node) -> Result<(), Problem> {
        match &node.kind {
            Kind::Alias(_) => Err(self.wrong(node.line, "an alias (`*`) has no place here")),
            _ => Ok(()),
        }
    }

    fn refuse_private_keys(self, text: &str) -> Result<(), Problem> {
        let Some(index) = text.lines().position(private::is_in) else { return Ok(()) };
        let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
        Err(self
            .wrong(line, "a private key stands there; an answers file is not secret")
            .hint("take it out: `key` takes the public half, a secret the file that holds it")
            .hint("if anybody else saw the file, let its owner make a new key"))
    }

    fn unreadable(self, error: &ParseError) -> Problem {
        let line = match error {
            ParseError::Syntax { line, .. }
            | ParseError::SeveralDocuments { line }
            | ParseError::Version { line } => *line,
            ParseError::Empty => 1,
        };
        let cause = match error {
            ParseError::Syntax { what, column, .. } => format!("column {column}: {what}"),
            ParseError::SeveralDocuments { .. } => "a second document begins here".to_owned(),
            other => other.to_string(),
        };
        self.wrong(line, "YAML cannot read it").cause(cause)
    }
}

/// A key for a message: without control characters, at most 40 characters.
fn shown(key: &str) -> String {
    key.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests;
