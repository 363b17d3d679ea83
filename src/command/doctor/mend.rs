//! `--fix`: the safe fixes, one after the other; after each the checks are made again, because one
//! fix often settles more than its own finding.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::activate::InTheWayChoice;
use crate::check::report::Report;
use crate::check::{Finding, Fix};
use crate::command::interrupt::Interrupt;
use crate::command::{checkpoint, has_terminal, note};
use crate::event::Outcome;
use crate::front::headless::{Report as _, Scene, Unattended, Words};
use crate::front::preview::Preview;
use crate::front::prompts::{self, Ended};
use crate::look::Look;
use crate::plan::Plan;
use crate::problem::{Kind, Problem};
use crate::run::Real;
use crate::secrets::{Asked, Carried, Hands, carry_out};

/// A fix that was applied.
pub(super) struct Mended {
    pub(super) id: &'static str,
    pub(super) summary: String,
    pub(super) title: String,
    pub(super) receipt: PathBuf,
}

/// Applies what is safe, and gives what is found afterwards.
pub(super) fn all(
    look: &Look,
    mut report: Report,
    yes: bool,
    json: bool,
    mended: &mut Vec<Mended>,
) -> Result<Report, Problem> {
    let interrupt = Interrupt::watch()?;
    let mut tried: HashSet<(&'static str, String)> = HashSet::new();
    loop {
        let next = report.findings.iter().find_map(|finding| {
            let is_new = !tried.contains(&(finding.id, finding.summary.clone()));
            // What follows from something else may be gone with it, or mended wrongly before it.
            let (fix, plan) =
                finding.safe_fix().filter(|_| is_new && finding.follows_from.is_none())?;
            Some((finding, fix, plan))
        });
        let Some((finding, fix, plan)) = next else { break };
        tried.insert((finding.id, finding.summary.clone()));
        show(look, finding, fix, plan);
        if !agreed(yes, json)? {
            note("Left as it is.");
            continue;
        }
        let carried = apply(look, plan, &interrupt)?;
        if !matches!(carried.summary.outcome, Outcome::Done | Outcome::AlreadySo) {
            note("Stopped. Go on with `doorstep resume`, or take it back with `doorstep undo`.");
            report = look.now();
            break;
        }
        note(&format!(
            "{}. Take it back with `doorstep undo`. Receipt: {}",
            fix.title,
            look.host.short(&carried.receipt)
        ));
        mended.push(Mended {
            id: finding.id,
            summary: finding.summary.clone(),
            title: fix.title.clone(),
            receipt: carried.receipt,
        });
        report = look.now();
        if interrupt.stop().load(std::sync::atomic::Ordering::Relaxed) {
            break;
        }
    }
    if tried.is_empty() {
        note("Nothing here is safe to fix for you.");
    }
    Ok(report)
}

fn show(look: &Look, finding: &Finding, fix: &Fix, plan: &Plan) {
    note(&format!("{} {}: {}", finding.severity.mark(), finding.group.word(), finding.summary));
    note(&format!("Fix: {}.", fix.title));
    let fleet = look.root.as_deref().unwrap_or(&look.host.home);
    let preview = Preview { plan, host: &look.host, fleet, user: &look.user };
    preview.words(true).lines().for_each(note);
}

fn agreed(yes: bool, json: bool) -> Result<bool, Problem> {
    if yes {
        return Ok(true);
    }
    if json || !has_terminal() {
        return Err(Problem::user("nobody can be asked whether to go on")
            .of_kind(Kind::Answers)
            .hint("look at the fixes with `doorstep doctor`, then add `--yes`"));
    }
    let mut talk = prompts::on_terminal(true);
    talk.say("Apply this fix? Type yes to go on.");
    match talk.ask() {
        Ok(answer) => Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes")),
        Err(Ended::Failed(problem)) => Err(problem),
        Err(_) => Ok(false),
    }
}

fn apply(look: &Look, plan: &Plan, interrupt: &Interrupt) -> Result<Carried, Problem> {
    let host = &look.host;
    let root = look.root.as_deref().unwrap_or(&host.home);
    let mut runner = Real::new(host.env().clone()).ended_by(interrupt.end());
    let mut words = Words::new(std::io::stderr(), Scene { host, fleet: root, practice: false });
    words.planned(plan, &look.user);
    let mut attend = Unattended {
        reports: vec![&mut words],
        in_the_way: InTheWayChoice::Stop,
        stop: interrupt.stop(),
    };
    let checkpoint = checkpoint::of(host);
    let carried = interrupt.during(|| {
        let hands = Hands {
            host,
            runner: &mut runner,
            attend: &mut attend,
            checkpoint: &checkpoint,
            resuming: None,
        };
        carry_out(plan, root, &Asked::Edit, &Vec::new, hands)
    })?;
    match &carried.summary.outcome {
        Outcome::Failed { why } => Err(why.clone()),
        _ => Ok(carried),
    }
}
