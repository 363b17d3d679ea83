//! `doorstep explain`: the cause that a log shows, the line that shows it, and what to do.

mod json;
mod words;

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::onboard::Looks;
use super::{Exit, Where, has_terminal, print, screen};
use crate::explain::machine::Here;
use crate::explain::{Catalogue, Contents, Explanation, Log, explain, explain_elsewhere, read};
use crate::front::tui::At;
use crate::host::Host;
use crate::look;
use crate::problem::Problem;
use crate::run::Real;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit: 0 a cause is named, 1 the log is empty or its cause unknown. Private \
                        keys in a log are hidden in every output.\n\nIn a terminal it opens the full \
                        screen, where a log can be pasted too; with --plain or --json, and in a \
                        pipe, it prints lines."
)]
pub(crate) struct Options {
    /// The log; `-` or nothing reads what is piped in
    file: Option<PathBuf>,
    #[command(flatten)]
    at: Where,
    /// The log is from another machine: look at nothing here
    #[arg(long)]
    elsewhere: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    looks: Looks,
}

pub(crate) fn run(options: &Options, host: &Host) -> Result<Exit, Problem> {
    if let Some(ended) = options.on_screen(host) {
        return ended;
    }
    let catalogue = look::catalogue()?;
    let log = options.log(catalogue)?;
    let explanation = options.explain(&log, catalogue, host)?;
    if options.json {
        print(&json::of(&log, &explanation)?)?;
    } else {
        print(&words::of(&log, &explanation))?;
    }
    Ok(if explanation.causes.is_empty() { Exit::Failed } else { Exit::Done })
}

impl Options {
    /// In the full screen, where a log can be pasted and looked through. `None`: it is piped in, or
    /// lines were asked for or are all that there can be.
    fn on_screen(&self, host: &Host) -> Option<Result<Exit, Problem>> {
        // What is no file on disk can be read only once, and so not be shown again.
        let is_shown = self.file.as_deref().is_none_or(Path::is_file);
        if self.json || self.elsewhere || !is_shown || !has_terminal() {
            return None;
        }
        let file = self.file.as_ref().map(std::path::absolute).transpose().ok()?;
        screen::wrong(&self.at, &self.looks, host, At::Log(file))
    }

    fn log(&self, catalogue: &Catalogue) -> Result<Log, Problem> {
        let name = self.file.as_deref().filter(|file| *file != Path::new("-"));
        let (shown, mut input): (String, Box<dyn Read>) = match name {
            Some(file) => {
                let shown = file.display().to_string();
                let open = File::open(file).map_err(|e| unreadable(&shown, &e))?;
                (shown, Box::new(open))
            }
            None if self.file.is_none() && io::stdin().is_terminal() => {
                return Err(Problem::user("there is no log to explain")
                    .hint("name a file: `doorstep explain FILE`, or pipe it: `COMMAND 2>&1 | doorstep explain`"));
            }
            None => ("-".to_owned(), Box::new(io::stdin().lock())),
        };
        read(&mut input, catalogue).map_err(|e| unreadable(&shown, &e))
    }

    fn explain(
        &self,
        log: &Log,
        catalogue: &Catalogue,
        host: &Host,
    ) -> Result<Explanation, Problem> {
        if self.elsewhere || log.contents != Contents::Text {
            return Ok(explain_elsewhere(log, catalogue));
        }
        // A fleet that was named must be there; one that is found by chance only helps.
        let mut runner = Real::new(host.env().clone()).ended_after(LONGEST);
        let root = match self.at.is_named() {
            true => Some(self.at.find(host, &mut runner)?),
            false => Where::known(host)?,
        };
        let mut here = Here::new(host, root, &mut runner);
        Ok(explain(log, catalogue, &mut here))
    }
}

/// All programs that are asked get this long together: one that hangs must not keep the answer.
const LONGEST: Duration = Duration::from_secs(5);

fn unreadable(shown: &str, e: &io::Error) -> Problem {
    look::cannot_read(&format!("`{shown}`"), e)
}
