//! Runs checks side by side, each with a bound on its time, and puts what they find in order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::report::{Fine, Left, Report};
use super::{Check, Finding, NotChecked, Scene};
use crate::run::Runner;

/// How long one check may take.
pub const BOUND: Duration = Duration::from_secs(5);

/// How long programs that were told to end are waited for, so that none outlives doorstep.
const GRACE: Duration = Duration::from_millis(700);

/// How often it is looked whether anybody still waits.
const GLANCE: Duration = Duration::from_millis(100);

/// Told as checks end, for whoever shows them in place.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    pub check: &'static dyn Check,
    pub outcome: &'a Result<Vec<Finding>, NotChecked>,
}

impl std::fmt::Debug for dyn Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

/// Runs `checks`. Each gets a runner of its own from `runners`, which must end its child once the
/// flag it is given is set.
pub fn run(
    scene: &Arc<Scene>,
    checks: &[&'static dyn Check],
    bound: Duration,
    runners: &dyn Fn(Arc<AtomicBool>) -> Box<dyn Runner + Send>,
    hear: &mut dyn FnMut(Heard<'_>),
) -> Report {
    run_unless(scene, checks, bound, runners, &|| false, hear)
}

/// The same, given up soon after `is_over` says that nobody waits for it any more.
pub fn run_unless(
    scene: &Arc<Scene>,
    checks: &[&'static dyn Check],
    bound: Duration,
    runners: &dyn Fn(Arc<AtomicBool>) -> Box<dyn Runner + Send>,
    is_over: &dyn Fn() -> bool,
    hear: &mut dyn FnMut(Heard<'_>),
) -> Report {
    let began = Instant::now();
    let end = Arc::new(AtomicBool::new(false));
    let checks: Vec<_> = checks.iter().copied().filter(|check| check.applies(scene)).collect();
    let (done, results) = mpsc::channel();
    let mut outcomes: Vec<Option<Result<Vec<Finding>, NotChecked>>> = Vec::new();
    for (index, check) in checks.iter().copied().enumerate() {
        let (scene, done, mut runner) = (Arc::clone(scene), done.clone(), runners(end.clone()));
        // Not a scoped thread: one that hangs in the file system can never be joined.
        let work = move || drop(done.send((index, looked(check, &scene, runner.as_mut()))));
        let started = std::thread::Builder::new().name(check.id().to_owned()).spawn(work);
        outcomes.push(
            started.err().map(|e| Err(NotChecked::because(format!("no thread for it: {e}")))),
        );
    }
    drop(done);
    let mut wait = |until: Instant, outcomes: &mut Vec<Option<_>>, keep: bool| {
        while outcomes.iter().any(Option::is_none) || !keep {
            let left = until.saturating_duration_since(Instant::now());
            let (index, outcome) = match results.recv_timeout(left.min(GLANCE)) {
                Ok(result) => result,
                Err(RecvTimeoutError::Timeout) if left > GLANCE && !(keep && is_over()) => continue,
                Err(_) => break,
            };
            if keep {
                hear(Heard { check: checks[index], outcome: &outcome });
                outcomes[index] = Some(outcome);
            }
        }
    };
    wait(began + longest(&checks, bound), &mut outcomes, true);
    if outcomes.iter().any(Option::is_none) {
        end.store(true, Ordering::Relaxed);
        wait(Instant::now() + GRACE, &mut outcomes, false);
    }
    let stopped = || {
        let bound = longest(&checks, bound);
        Err(NotChecked::because(format!("stopped after {} s", bound.as_secs())))
    };
    let outcomes = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(stopped));
    settle(checks.iter().copied().zip(outcomes), began.elapsed())
}

/// The time that the most patient of the checks gets.
fn longest(checks: &[&'static dyn Check], bound: Duration) -> Duration {
    checks.iter().filter_map(|check| check.patience()).fold(bound, Duration::max)
}

fn looked(
    check: &'static dyn Check,
    scene: &Scene,
    runner: &mut dyn Runner,
) -> Result<Vec<Finding>, NotChecked> {
    if check.group().is_own() && !scene.is_oneself() {
        return Err(NotChecked::because(format!("only {}'s own account can tell", scene.user)));
    }
    let look = AssertUnwindSafe(|| check.look(scene, runner));
    let mut outcome = catch_unwind(look)
        .unwrap_or_else(|_| Err(NotChecked::because("doorstep itself failed here")));
    for finding in outcome.iter_mut().flatten() {
        (finding.check, finding.group) = (check.id(), check.group());
        finding.complete();
    }
    outcome
}

/// In the order in which they are told: the likely cause first, what follows from it next to it.
fn settle(
    outcomes: impl Iterator<Item = (&'static dyn Check, Result<Vec<Finding>, NotChecked>)>,
    took: Duration,
) -> Report {
    let mut report =
        Report { findings: Vec::new(), not_checked: Vec::new(), fine: Vec::new(), took };
    for (check, outcome) in outcomes {
        let (id, group) = (check.id(), check.group());
        match outcome {
            Ok(found) if found.is_empty() => {
                report.fine.push(Fine { check: id, group, title: check.title() });
            }
            Ok(found) => report.findings.extend(found),
            Err(NotChecked(because)) => report.not_checked.push(Left { check: id, group, because }),
        }
    }
    report.findings = in_order(std::mem::take(&mut report.findings));
    report
}

fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    let known: Vec<&'static str> = findings.iter().map(|finding| finding.id).collect();
    for finding in &mut findings {
        let own = finding.id;
        finding.follows_from =
            finding.may_follow.iter().copied().find(|id| *id != own && known.contains(id));
    }
    // Stable: within a kind the order of the registry stays.
    let (mut causes, mut rest): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.follows_from.is_none());
    causes.sort_by_key(|finding| finding.severity);
    let mut ordered: Vec<Finding> = Vec::new();
    for cause in causes {
        let mut told = vec![cause.id];
        ordered.push(cause);
        // What follows from what follows comes along.
        loop {
            let (next, later): (Vec<_>, Vec<_>) = rest
                .into_iter()
                .partition(|f: &Finding| f.follows_from.is_some_and(|id| told.contains(&id)));
            rest = later;
            if next.is_empty() {
                break;
            }
            told.extend(next.iter().map(|finding| finding.id));
            ordered.extend(next);
        }
    }
    // Two that each would explain the other.
    ordered.extend(rest);
    ordered
}
