//! What is asked for during a command: values, passphrases and PINs, hidden; and whether to go on.
//!
//! On standard error: `doorstep secrets show FILE KEY | pbcopy` may ask, too.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use super::super::note;
use crate::front::prompts::{self, Ended};
use crate::host::Host;
use crate::key::plugin::{self, Answers};
use crate::problem::{Kind, Problem};
use crate::sops::SecretValue;

/// The largest value: 64 MB.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Where a value comes from.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Source {
    /// Take the value from standard input, byte for byte
    #[arg(long)]
    stdin: bool,
    /// Take the value from this file, byte for byte
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

impl Source {
    pub(super) fn is_prompt(&self) -> bool {
        !self.stdin && self.from.is_none()
    }

    /// The value for `name`; it is asked for, hidden, where no source is named.
    pub(super) fn value(&self, name: &str, host: &Host) -> Result<SecretValue, Problem> {
        let cannot = |e: &dyn std::fmt::Display| {
            Problem::user(format!("the value of `{name}` cannot be had")).cause(e)
        };
        let mut bytes = Zeroizing::new(Vec::new());
        if self.stdin {
            io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| cannot(&e))?;
        } else if let Some(from) = &self.from {
            let path = host.expand(&from.to_string_lossy(), &Host::current_folder()?);
            let file = std::fs::File::open(&path).map_err(|e| cannot(&e))?;
            let length = file.metadata().map_err(|e| cannot(&e))?.len().min(LARGEST);
            // Room for all of it at once: a vector that grows leaves copies behind.
            bytes.reserve_exact(usize::try_from(length).unwrap_or(0) + 1);
            file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| cannot(&e))?;
        } else {
            return hidden(&format!("Value of {name}: it is not shown while you type."))
                .map(SecretValue::from);
        }
        if bytes.len() as u64 > LARGEST {
            return Err(cannot(&"it is larger than 64 MB"));
        }
        if self.stdin && bytes.ends_with(b"\n") {
            note("Note: the value ends with a line end, which is kept.");
        }
        Ok(SecretValue::from(std::mem::take(&mut *bytes)))
    }
}

/// Whether somebody can be asked, wherever standard output leads.
pub(super) fn has_person() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for something that is not shown.
fn hidden(question: &str) -> Result<Zeroizing<String>, Problem> {
    if !has_person() {
        return Err(Problem::user("there is no terminal to ask for a value on")
            .of_kind(Kind::Answers)
            .hint("give it with `--stdin` or `--from FILE`"));
    }
    let mut talk = prompts::hidden_beside_output();
    talk.say(question);
    match talk.ask_hidden() {
        Ok(hidden) => Ok(hidden.0),
        Err(Ended::Failed(problem)) => Err(problem),
        Err(_) => Err(Problem::user("nothing was given, so nothing is changed")),
    }
}

/// Asks for the passphrase of the key at `from`; `None`: nobody can be asked, or nothing was given.
pub(crate) fn passphrase(from: &str) -> Option<Zeroizing<String>> {
    hidden(&format!("Passphrase of {from}: it is not shown while you type."))
        .ok()
        .filter(|word| !word.is_empty())
}

/// Whether to go on; without a terminal that takes `--yes`.
pub(super) fn agreed(question: &str, yes: bool) -> Result<bool, Problem> {
    if yes {
        return Ok(true);
    }
    if !has_person() {
        return Err(Problem::user("nobody can be asked whether to go on")
            .of_kind(Kind::Answers)
            .hint("look at it with `--dry-run`, then add `--yes`"));
    }
    let mut talk = prompts::beside_output();
    talk.say(&format!("{question} Type yes to go on."));
    match talk.ask() {
        Ok(answer) => Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes")),
        Err(Ended::Failed(problem)) => Err(problem),
        Err(_) => Ok(false),
    }
}

/// What age plugins ask.
pub(super) struct Person;

impl Answers for Person {
    fn say(&mut self, name: &str, text: &str) {
        note(&format!("{}: {text}", plugin::program(name)));
    }

    fn ask(&mut self, name: &str, question: &str, hide: bool) -> Option<Zeroizing<String>> {
        if !has_person() {
            return None;
        }
        let mut talk = prompts::beside_output();
        talk.say(&format!("{}: {question}", plugin::program(name)));
        let answer = if hide {
            talk.ask_hidden().map(|hidden| hidden.0)
        } else {
            talk.ask().map(Zeroizing::new)
        };
        answer.ok()
    }

    fn confirm(&mut self, name: &str, text: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        if !has_person() {
            return None;
        }
        let mut talk = prompts::beside_output();
        talk.say(&format!("{}: {text}", plugin::program(name)));
        let Some(no) = no else {
            talk.say(&format!("Press Enter for {yes}."));
            return talk.ask().ok().map(|_| true);
        };
        talk.say(&format!("1 {yes}\n2 {no}"));
        loop {
            match talk.ask().ok()?.as_str() {
                "1" => return Some(true),
                "2" => return Some(false),
                _ => talk.say("Type 1 or 2."),
            }
        }
    }
}
