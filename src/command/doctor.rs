//! `doorstep doctor`: what is wrong here, how that is known, and what to do. Also `doorstep report`,
//! the same for somebody else to read.

mod json;
mod mend;
pub(super) mod redact;
mod report;
mod words;

use std::path::PathBuf;

use clap::Args;

use super::onboard::Looks;
use super::{Exit, Where, has_terminal, note, print, screen};
use crate::check::report::Report;
use crate::check::{self, ASKED, CHECKS, Check, Group};
use crate::front::tui::At;
use crate::host::Host;
use crate::look::Look;
use crate::problem::{Kind, Problem};
use crate::run::Real;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit: 0 nothing is wrong, 1 something is (with --fix: still is), 2 an argument is \
                  wrong. What could not be checked does not count."
)]
pub(crate) struct Options {
    #[command(flatten)]
    at: Where,
    /// Whose home it is about [default: your account's name]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Make these checks only, by id or group; `--only help` lists them
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// Show the fixes that are safe, apply them, and check again
    #[arg(long)]
    fix: bool,
    /// Apply them without asking
    #[arg(long, requires = "fix")]
    yes: bool,
    /// Write a report for somebody else: Markdown, or JSON if the name ends in .json; `-` prints it
    #[arg(long, value_name = "FILE", conflicts_with = "fix")]
    report: Option<PathBuf>,
    /// In a report, replace people's names
    #[arg(long, requires = "report")]
    no_names: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    looks: Looks,
}

impl Options {
    /// In the full screen, where somebody may look around. `None`: something was asked for that is
    /// said in lines, or they are all that there can be.
    fn on_screen(&self, host: &Host) -> Option<Result<Exit, Problem>> {
        let in_lines = self.json || self.fix || self.report.is_some() || !self.only.is_empty();
        // The screen is about whoever sits in front of it.
        if in_lines || self.user.is_some() || !has_terminal() {
            return None;
        }
        screen::wrong(&self.at, &self.looks, host, At::Findings)
    }
}

/// `doorstep report`.
#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// The file; JSON if its name ends in .json, else Markdown [default: printed]
    file: Option<PathBuf>,
    #[command(flatten)]
    at: Where,
    /// Whose home it is about [default: your account's name]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Replace people's names
    #[arg(long)]
    no_names: bool,
}

/// `doorstep report`.
pub(crate) fn report(options: &ReportOptions, host: &Host) -> Result<Exit, Problem> {
    let look = looking(&options.at, options.user.as_deref(), &[], host)?;
    let file = options.file.clone().unwrap_or_else(|| PathBuf::from("-"));
    write_report(&look, &look.now(), &file, options.no_names)?;
    Ok(Exit::Done)
}

/// `doorstep doctor`.
pub(crate) fn run(options: &Options, host: &Host) -> Result<Exit, Problem> {
    if options.only.iter().any(|only| only == "help") {
        print(&words::list())?;
        return Ok(Exit::Done);
    }
    if let Some(ended) = options.on_screen(host) {
        return ended;
    }
    let look = looking(&options.at, options.user.as_deref(), &options.only, host)?;
    let mut found = look.now();
    if let Some(file) = &options.report {
        write_report(&look, &found, file, options.no_names)?;
        return Ok(exit(&found));
    }
    let mut mended = Vec::new();
    if options.fix {
        found = mend::all(&look, found, options.yes, options.json, &mut mended)?;
    }
    match options.json {
        true => print(&json::of(&look, &found, &mended)?)?,
        false => print(&words::of(&look, &found))?,
    }
    Ok(exit(&found))
}

fn exit(report: &Report) -> Exit {
    if report.is_clean() { Exit::Done } else { Exit::Failed }
}

fn write_report(
    look: &Look,
    found: &Report,
    file: &std::path::Path,
    no_names: bool,
) -> Result<(), Problem> {
    let as_json = file.extension().is_some_and(|e| e == "json");
    let text = report::of(look, found, as_json, no_names)?;
    if file == std::path::Path::new("-") {
        return print(&text);
    }
    let path = Host::current_folder()?.join(file);
    let folder = path.parent().map(ToOwned::to_owned).unwrap_or_default();
    let place = crate::files::inside(&[folder], &path)?.make_folders(true, &mut Vec::new())?;
    let temporary = crate::files::new_temporary_name();
    crate::files::create(&place, text.as_bytes(), 0o600, &temporary, &|| ())?;
    note(&format!("Saved as {}. Look it over before you send it.", look.host.short(&path)));
    Ok(())
}

/// What is looked at, and with which checks.
fn looking(at: &Where, user: Option<&str>, only: &[String], host: &Host) -> Result<Look, Problem> {
    let mut runner = Real::new(host.env().clone());
    // A fleet that was named must be there; without one there is enough else to look at.
    let root = match at.is_named() {
        true => Some(at.find(host, &mut runner)?),
        false => Where::known(host)?,
    };
    let look = Look::at(host, root);
    let user = user.map_or_else(|| look.user.clone(), str::to_owned);
    Ok(Look { user, checks: chosen(only)?, ..look })
}

/// A report of what was found, for somebody else to read.
pub(crate) fn report_text(look: &Look, found: &Report) -> Result<String, Problem> {
    report::of(look, found, false, false)
}

/// The checks that `--only` names.
fn chosen(only: &[String]) -> Result<Vec<&'static dyn Check>, Problem> {
    if only.is_empty() {
        return Ok(CHECKS.to_vec());
    }
    let is_group = |name: &String| Group::ALL.iter().any(|group| group.word() == name);
    if let Some(unknown) = only.iter().find(|name| !is_group(name) && check::named(name).is_none())
    {
        return Err(Problem::user(format!("there is no check `{unknown}`"))
            .of_kind(Kind::Answers)
            .hint("list them: `doorstep doctor --only help`"));
    }
    // What takes long is not meant by its group.
    let is_named = |check: &&&dyn Check| only.iter().any(|name| name == check.id());
    let is_meant = |check: &&&dyn Check| {
        is_named(check) || only.iter().any(|name| name == check.group().word())
    };
    let usual = CHECKS.iter().filter(is_meant);
    Ok(usual.chain(ASKED.iter().filter(is_named)).copied().collect())
}
