//! `doorstep practice`: the whole journey on a pretend fleet.

use std::path::{Path, PathBuf};

use clap::Args;

use super::onboard;
use super::{Exit, Where, has_terminal, note};
use crate::activate::InTheWayChoice;
use crate::answers::file::Given;
use crate::answers::{Answers, KeyChoice, KeyCopy};
use crate::host::Host;
use crate::practice::{NEWCOMER, Practice, Standing};
use crate::problem::Problem;
use crate::run::Real;

#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Take sample answers and ask nothing
    #[arg(long)]
    yes: bool,
    /// The practice folder [default: ~/doorstep-practice]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print JSON events on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    looks: onboard::Looks,
    /// Neither build nor activate
    #[arg(long)]
    no_activation: bool,
}

impl Options {
    /// Practice in plain questions, as the full screen would have it.
    pub(super) fn plain(options: &onboard::Options, dir: PathBuf) -> Self {
        Self {
            dir: Some(dir),
            looks: options.looks.clone(),
            no_activation: options.no_activation,
            ..Self::default()
        }
    }
}

pub(crate) fn run(options: &Options, host: &Host) -> Result<Exit, Problem> {
    let asks = !options.yes && !options.json && has_terminal();
    if !asks && !options.yes {
        let why =
            if options.json { "JSON asks no questions" } else { "There is no terminal to ask on" };
        note(&format!("{why}, so this runs as with --yes."));
    }
    let dir = match &options.dir {
        Some(dir) => Host::current_folder()?.join(dir),
        None => host.home.join("doorstep-practice"),
    };
    if asks {
        // The folder is made once the screen is there, so that the first frame does not wait.
        let onboard = onboard::Options {
            looks: options.looks.clone(),
            no_activation: options.no_activation,
            ..onboard::Options::default()
        };
        return super::screen::practise(&onboard, host, dir);
    }
    begin(options, host, &dir)
}

/// Practice without the full screen.
pub(super) fn begin(options: &Options, host: &Host, dir: &Path) -> Result<Exit, Problem> {
    let asks = !options.yes && !options.json && has_terminal();
    make_room(dir, host, asks)?;
    let practice = Practice::at(dir)?;
    let pretend = practice.host(host);
    let mut runner = Real::new(pretend.env().clone());
    practice.unpack(&pretend, &mut runner)?;

    let onboard = onboard::Options {
        at: Where { fleet: Some(practice.fleet().display().to_string()) },
        yes: options.yes,
        json: options.json,
        looks: options.looks.clone(),
        as_user: Some(NEWCOMER.to_owned()),
        no_activation: options.no_activation,
        ..onboard::Options::default()
    };
    if asks {
        return super::journey::run(&onboard, &pretend, &practice.fleet(), true);
    }
    onboard::all(&onboard, &pretend, &practice.fleet(), &[sample()], true)
}

/// Clears the way for a new practice folder: an earlier one makes room, nothing else does.
fn make_room(dir: &Path, host: &Host, asks: bool) -> Result<(), Problem> {
    if Practice::standing(dir)? == Standing::Nothing {
        return Ok(());
    }
    let shown = host.short(dir);
    if asks && !super::journey::start_afresh(&shown)? {
        return Err(Problem::user(format!("`{shown}` is left as it is"))
            .hint("name another folder: `doorstep practice --dir DIR`"));
    }
    let aside = Practice::move_aside(dir)?;
    note(&format!("The earlier practice folder is now {}.", host.short(&aside)));
    Ok(())
}

/// What somebody might answer. Everything else is suggested.
fn sample() -> Given {
    Given::new(Answers {
        username: Some(NEWCOMER.to_owned()),
        name: Some("Zoe".to_owned()),
        email: Some("zoe@example.com".to_owned()),
        key: Some(KeyChoice::Generate),
        key_copy: Some(KeyCopy::Acknowledged),
        in_the_way: Some(InTheWayChoice::Keep),
        ..Answers::default()
    })
}
