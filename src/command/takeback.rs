//! `doorstep undo` and `doorstep resume`: a receipt is taken back or gone on with.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::interrupt::Interrupt;
use super::{Exit, checkpoint, note, onboard, print};
use crate::activate::{self, InTheWayChoice};
use crate::answers::file::Given;
use crate::front::headless::{Report, Scene, Unattended, Words};
use crate::git;
use crate::host::Host;
use crate::lock::Lock;
use crate::onboard::Asked;
use crate::practice::Practice;
use crate::problem::Problem;
use crate::receipt::{self, Receipt};
use crate::run::Real;
use crate::secrets;
use crate::undo;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The receipt [default: the newest that can be taken back or gone on with]
    receipt: Option<PathBuf>,
    /// Act under this name in this home
    #[arg(long = "as", value_name = "NAME")]
    as_user: Option<String>,
    /// Print JSON on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whose receipts are meant: in a practice folder, or for a receipt that lies in one, the pretend
/// person's. A practice run must never be gone on with in the real home.
fn host_of(options: &Options, real: &Host) -> Result<Host, Problem> {
    let here = Host::current_folder()?;
    let at = options.receipt.as_ref().map_or(here.clone(), |receipt| here.join(receipt));
    Ok(Practice::around(&at).map_or_else(|| real.clone(), |practice| practice.host(real)))
}

/// `doorstep undo`.
pub(crate) fn undo(options: &Options, host: &Host) -> Result<Exit, Problem> {
    let host = &host_of(options, host)?;
    let receipt = match &options.receipt {
        Some(path) => Receipt::read(path)?,
        None => receipt::list(&host.receipts_dir())
            .into_iter()
            .filter_map(|listed| listed.receipt.ok())
            .find(|receipt| receipt.state().phase != receipt::Phase::TakenBack)
            .ok_or_else(|| nothing("to take back", host))?,
    };
    receipt.check(&host.home, &host.state_dir())?;
    let header = &receipt.header;
    let interrupt = Interrupt::watch()?;
    let mut runner = Real::new(host.env().clone()).ended_by(interrupt.end());
    let _lock = lock(host, &header.fleet, &mut runner)?;
    let scene = Scene { host, fleet: &header.fleet, practice: header.practice };
    let mut words = Words::new(std::io::stderr(), scene);
    let stop = interrupt.stop();
    let in_the_way = InTheWayChoice::Stop;
    let reports: Vec<&mut dyn Report> = vec![&mut words];
    let mut attend = Unattended { reports, in_the_way, stop };
    let checkpoint = checkpoint::of(host);
    let taken =
        interrupt.during(|| undo::undo(&receipt.path, &mut runner, &mut attend, &checkpoint))?;
    let exit = if taken.stopped { Exit::Stopped } else { Exit::Done };
    if options.json {
        let left: Vec<_> =
            taken.left.iter().map(|l| json!({ "what": l.what, "why": l.why })).collect();
        let outcome = if left.is_empty() { "done" } else { "partly" };
        let event = json!({
            "event": "result", "version": 1, "outcome": outcome, "receipt": receipt.path,
            "steps": taken.steps, "steps_back": taken.steps_back, "left": left, "exit": exit as u8,
        });
        print(&format!("{event}\n"))?;
    } else {
        print(&format!("{}\n", taken.sentence()))?;
    }
    Ok(exit)
}

/// `doorstep resume`.
pub(crate) fn resume(options: &Options, host: &Host) -> Result<Exit, Problem> {
    let host = &host_of(options, host)?;
    let receipt = match &options.receipt {
        Some(path) => Receipt::read(path)?,
        None => receipt::unfinished(&host.receipts_dir())
            .ok_or_else(|| nothing("to go on with", host))?,
    };
    receipt.check(&host.home, &host.state_dir())?;
    let header = &receipt.header;
    // A practice run goes on in its own home; the real one is not even looked at.
    let pretend = match header.home.parent() {
        Some(dir) if header.practice && header.home != host.home => {
            Some(Practice::at(dir)?.host(host))
        }
        _ => None,
    };
    let host = pretend.as_ref().unwrap_or(host);
    if let Some(asked) = secrets::Asked::of(header) {
        return super::secrets::resume(&asked, &receipt, host);
    }
    if let Some(asked) = activate::update::Asked::of(header) {
        return super::activate::resume(&asked, &receipt, host, options.json);
    }
    let mut asked = asked(&receipt)?;
    asked.as_user = options.as_user.clone().or(asked.as_user);
    let checkpoint = checkpoint::of(host);
    let made_before = receipt.saved_keys();
    let interrupt = Interrupt::watch()?;
    let desk = onboard::open(host, &header.fleet, &asked, &checkpoint, &interrupt)?
        .resuming(&receipt.path, made_before);
    note(&format!("Going on with the run of {}.", header.started));
    let answers = std::iter::once(&asked.answers).chain(&asked.more);
    let everybody: Vec<Given> = answers.map(|answers| Given::new(answers.clone())).collect();
    // The run that is gone on with was agreed to.
    let consent = onboard::Consent { yes: true };
    onboard::carry_out(desk, &everybody, &asked, consent, &interrupt, options.json)
}

/// What the run of a receipt was asked for.
pub(super) fn asked(receipt: &Receipt) -> Result<Asked, Problem> {
    serde_json::from_value(receipt.header.answers.clone()).map_err(|e| {
        Problem::tool(format!("the answers in `{}` cannot be read", receipt.path.display()))
            .cause(e)
            .hint("start again with `doorstep onboard`; what is done stays done")
    })
}

/// The lock of the fleet at `fleet`.
pub(super) fn lock(
    host: &Host,
    fleet: &std::path::Path,
    runner: &mut Real,
) -> Result<Lock, Problem> {
    // Without git there is no repository to ask about; on a Mac asking would open a dialog.
    let repository = match git::ready(host, runner) {
        Ok(()) => git::repository(runner, fleet).ok().flatten(),
        Err(_) => None,
    };
    Lock::take(repository.as_ref().map_or(fleet, |repository| &repository.common))
}

fn nothing(what: &str, host: &Host) -> Problem {
    Problem::user(format!("there is nothing {what}"))
        .cause(format!("looked at the receipts in `{}`", host.short(&host.receipts_dir())))
        .hint("a practice run is found from inside its folder: `cd` there first")
}
