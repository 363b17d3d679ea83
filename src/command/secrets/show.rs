//! `doorstep secrets show`: one value or all of a file. A pipe gets it; a terminal only stars,
//! unless it is asked for.

use std::io::{self, IsTerminal as _, Write as _};

use clap::Args;
use serde_json::Value;
use zeroize::Zeroizing;

use super::super::{Exit, Where, note, print};
use super::Desk;
use crate::front::sanitise;
use crate::host::Host;
use crate::problem::Problem;
use crate::sops::edit::path_of;
use crate::sops::{Format, Kind, Opened, Opening, SecretValue, Step};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file
    file: String,
    /// The value's name as `secrets list` has it, or sops' form `["a"]["b"]` [default: all of it]
    key: Option<String>,
    /// Show it on a terminal, too
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    at: Where,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        self.key.iter().try_for_each(|key| super::desk::no_private_key(key))?;
        let mut desk = Desk::open(&self.at, host)?;
        let target = desk.target(&self.file)?;
        let text = desk.read(&target)?;
        let unlocked = desk.unlocked(&target, &text)?;
        let refused = |e| Problem::user(format!("`{}` has no such value", target.shown)).cause(e);
        let opened = unlocked.opened();
        let shown = match (&self.key, target.format) {
            (None, Format::Binary) => opened.get("data").map(Shown::Value),
            (None, _) => Some(Shown::All(opened)),
            (Some(key), _) => {
                let at = path_of(key, unlocked.file()).map_err(refused)?;
                let found = opened.documents.iter().find_map(|document| at_path(document, &at));
                match found {
                    Some(Opening::Value(_, value)) => Some(Shown::Value(value)),
                    Some(other) => Some(Shown::Part(other)),
                    None => None,
                }
            }
        };
        let shown = shown.ok_or_else(|| {
            let key = self.key.as_deref().unwrap_or("data");
            Problem::user(format!("`{}` has no `{}`", target.shown, sanitise(key))).hint(format!(
                "see its names: `doorstep secrets list {}`",
                crate::run::shell_word(&target.shown)
            ))
        })?;
        if !io::stdout().is_terminal() {
            return shown.pipe();
        }
        if !self.reveal {
            for name in unlocked.file().names() {
                if self.key.as_ref().is_none_or(|key| *key == name) {
                    print(&format!("{}   ********\n", sanitise(&name)))?;
                }
            }
            note("Add --reveal to show it here, or send it into a pipe.");
            return Ok(Exit::Done);
        }
        let text = shown.text();
        let mut lines = Zeroizing::new(String::with_capacity(text.len() * 2 + 1));
        for line in text.lines() {
            lines.push_str(&sanitise(line));
            lines.push('\n');
        }
        print(&lines)?;
        Ok(Exit::Done)
    }
}

enum Shown<'a> {
    Value(&'a SecretValue),
    Part(&'a Opening),
    All(&'a Opened),
}

impl Shown<'_> {
    /// Byte for byte, without a line end of ours.
    fn pipe(&self) -> Result<Exit, Problem> {
        let mut out = io::stdout().lock();
        let written = match self {
            Self::Value(value) => out.write_all(value.as_bytes()),
            _ => out.write_all(self.text().as_bytes()),
        };
        match written.and_then(|()| out.flush()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
                Err(Problem::tool("the output cannot be written").cause(e))
            }
            _ => Ok(Exit::Done),
        }
    }

    fn text(&self) -> Zeroizing<String> {
        let text = match self {
            Self::Value(value) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            Self::Part(part) => format!("{:#}\n", Plain::of(part).0),
            Self::All(opened) => opened
                .documents
                .iter()
                .map(|document| format!("{:#}\n", Plain::of(document).0))
                .collect(),
        };
        Zeroizing::new(text)
    }
}

/// A decrypted tree as JSON; its texts are wiped when it goes.
struct Plain(Value);

impl Plain {
    fn of(opening: &Opening) -> Self {
        Self(json(opening))
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => drop(Zeroizing::new(std::mem::take(text))),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(map) => map.values_mut().for_each(wipe),
        _ => {}
    }
}

fn json(opening: &Opening) -> Value {
    match opening {
        Opening::Map(pairs) => {
            pairs.iter().map(|(key, value)| (key.clone(), json(value))).collect()
        }
        Opening::List(items) => items.iter().map(json).collect(),
        Opening::Value(kind, value) => {
            let text = String::from_utf8_lossy(value.as_bytes());
            let number = || serde_json::from_str::<serde_json::Number>(&text).ok().map(Value::from);
            match kind {
                Kind::Null => Value::Null,
                Kind::Bool => Value::Bool(text == "True"),
                Kind::Int | Kind::Float => number().unwrap_or_else(|| text.into()),
                Kind::Str | Kind::Time | Kind::Bytes => text.into(),
            }
        }
    }
}

fn at_path<'o>(opening: &'o Opening, at: &[Step]) -> Option<&'o Opening> {
    let Some((step, rest)) = at.split_first() else { return Some(opening) };
    let child = match (opening, step) {
        (Opening::Map(pairs), Step::Key(key)) => &pairs.iter().find(|(name, _)| name == key)?.1,
        (Opening::List(items), Step::Index(index)) => items.get(*index)?,
        _ => return None,
    };
    at_path(child, rest)
}
