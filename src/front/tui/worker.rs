//! The core on a thread of its own. The screen gives it jobs and goes on drawing; what comes back
//! travels through the app's one channel.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::Scope;
use std::time::Instant;

use super::Msg;
use super::hand_over::{self, HandOver};
use super::log::Inlet;
use super::looking::{Ticket, Told};
use crate::activate::{Coming, InTheWay, InTheWayChoice};
use crate::answers::{Hidden, KeyChoice, Settled};
use crate::apply::{self, Attend};
use crate::check::Check;
use crate::check::report::Report;
use crate::event::Event;
use crate::fleet::Fleet;
use crate::front::Finish;
use crate::front::difference::{Difference, difference};
use crate::front::world::{Core, Errand, Module, Opened, Readers, Resumed, Which};
use crate::key::copy::{Copied, Likeness};
use crate::look::{Explained, Look, Source};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::question::{Found, Subject};
use crate::undo::TakenBack;

/// Something for the core to do.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    Open(Which),
    Look(Subject),
    PublicKey(KeyChoice),
    Module(Box<Settled>),
    Plan(Errand),
    /// Looks whether the fleet is what it was.
    LookAgain,
    /// Looks whether the plan still fits; if so, carries it out.
    Apply(Errand, Arc<Plan>),
    /// Reads who can read what.
    Readers,
    Resume(PathBuf),
    Undo(PathBuf),
    Save {
        name: String,
        text: String,
    },
    /// The same with a log, with or without people's names.
    SaveLog {
        name: String,
        text: Arc<str>,
        names: bool,
    },
    CopyKey(KeyChoice, String),
    ShowKey(KeyChoice),
    CheckCopy(KeyChoice, Hidden),
    /// Opens keys that are protected with a passphrase, for the table and what is done from it.
    Unlock(Hidden),
    /// Makes the checks, beside everything else.
    Check(Ticket),
    /// Explains a log, beside everything else.
    Explain(Ticket, Source),
    /// Looks whether anything has changed that the checks read, beside everything else.
    Peek,
    /// Writes down what was found, for somebody else.
    Report(Arc<Report>),
}

impl PartialEq for Job {
    /// Plans are compared by being the same one.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Open(a), Self::Open(b)) => a == b,
            (Self::Look(a), Self::Look(b)) => a == b,
            (Self::LookAgain, Self::LookAgain) => true,
            (Self::PublicKey(a), Self::PublicKey(b)) => a == b,
            (Self::Module(a), Self::Module(b)) => a == b,
            (Self::Plan(a), Self::Plan(b)) => a == b,
            (Self::Readers, Self::Readers) => true,
            (Self::Apply(a, plan), Self::Apply(b, p)) => a == b && Arc::ptr_eq(plan, p),
            (Self::Resume(a), Self::Resume(b)) | (Self::Undo(a), Self::Undo(b)) => a == b,
            (Self::Save { name, text }, Self::Save { name: n, text: t }) => name == n && text == t,
            (
                Self::SaveLog { name, text, names },
                Self::SaveLog { name: n, text: t, names: other },
            ) => name == n && text == t && names == other,
            (Self::CopyKey(a, folder), Self::CopyKey(b, f)) => a == b && folder == f,
            (Self::ShowKey(a), Self::ShowKey(b)) => a == b,
            (Self::CheckCopy(a, copy), Self::CheckCopy(b, c)) => a == b && copy == c,
            (Self::Peek, Self::Peek) => true,
            (Self::Unlock(a), Self::Unlock(b)) => a == b,
            (Self::Check(a), Self::Check(b)) => a.id == b.id,
            (Self::Explain(a, source), Self::Explain(b, s)) => a.id == b.id && source == s,
            (Self::Report(a), Self::Report(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// A fleet as it is now, with the files that are not what they were.
pub(crate) type Changed = (Fleet, Vec<PathBuf>);

/// What came of a job.
#[derive(Debug)]
pub(crate) enum Done {
    Opened(Result<Opened, Problem>),
    Looked(Subject, Result<Box<Found>, Problem>),
    PublicKey(KeyChoice, Result<String, Problem>),
    Module(Box<Settled>, Result<Module, Problem>),
    Planned(Errand, Result<Arc<Plan>, Problem>),
    /// The fleet is not what it was: these files. Nothing was applied.
    Changed(Box<Changed>),
    /// `None`: it is what it was.
    LookedAgain(Result<Option<Box<Changed>>, Problem>),
    /// Applying could not even begin.
    NotApplied(Problem),
    Readers(Result<Readers, Problem>),
    Finished(Box<Finish>),
    Resumed(Result<Box<Resumed>, Problem>),
    Undone(Result<TakenBack, Problem>),
    Saved(Result<PathBuf, Problem>),
    KeyCopied(Result<Copied, Problem>),
    KeyShown(Result<Hidden, Problem>),
    CopyChecked(Result<Likeness, Problem>),
    /// With the number of its ticket.
    Checked(u64, Arc<Report>),
    Explained(u64, Result<Arc<Explained>, Problem>),
    /// What the checks read, as one number.
    Peeked(u64),
}

/// What is told of something that goes on beside, with the number of its ticket.
#[derive(Debug)]
pub(crate) enum Beside {
    /// These checks are made.
    Checks(u64, Vec<&'static dyn Check>),
    Check(u64, Box<Told>),
    /// So many bytes of a log were read.
    Read(u64, u64),
}

/// What the person wants of a run; the worker looks at it between steps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reins {
    /// Stop after the running step.
    pub(crate) stop: Arc<AtomicBool>,
    /// End the running command.
    pub(crate) end: Arc<AtomicBool>,
    /// Nobody is there any more: nothing new is begun.
    over: Arc<AtomicBool>,
}

impl Reins {
    /// The screen has gone: what runs is ended, what waits is not begun. A receipt stays whole
    /// either way, and the run can be gone on with.
    pub(crate) fn let_go(&self) {
        for flag in [&self.over, &self.stop, &self.end] {
            flag.store(true, Ordering::SeqCst);
        }
    }

    pub(crate) fn loosen(&self) {
        self.stop.store(false, Ordering::SeqCst);
        self.end.store(false, Ordering::SeqCst);
        // Letting go sets this one first, so that it is not lost between the two.
        if self.over.load(Ordering::SeqCst) {
            self.let_go();
        }
    }
}

/// A file in the way, with a few lines of what differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) file: InTheWay,
    pub(crate) difference: Vec<Difference>,
}

/// Does jobs until nobody gives any more. What only looks goes on beside, so that nothing waits for
/// it.
pub(crate) fn work(
    core: &mut dyn Core,
    jobs: &mpsc::Receiver<Job>,
    tell: &mpsc::Sender<Msg>,
    lines: &Inlet,
    reins: &Reins,
) {
    std::thread::scope(|beside| {
        for job in jobs {
            if reins.over.load(Ordering::SeqCst) {
                return;
            }
            let Some(done) = one(core, job, beside, tell, lines, reins) else { continue };
            if tell.send(Msg::Done(done)).is_err() {
                return;
            }
        }
    });
}

fn check(look: &Look, ticket: &Ticket, tell: &mpsc::Sender<Msg>, reins: &Reins) {
    // Nobody listens only when the screen has gone down.
    let told = |beside| drop(tell.send(Msg::Beside(beside)));
    let scene = look.scene();
    let made: Vec<_> = look.checks.iter().copied().filter(|check| check.applies(&scene)).collect();
    told(Beside::Checks(ticket.id, made));
    let is_over = || ticket.is_torn() || reins.over.load(Ordering::SeqCst);
    let report = look.check(&scene, &is_over, &mut |heard| {
        let outcome = heard.outcome.clone();
        told(Beside::Check(ticket.id, Box::new(Told { check: heard.check, outcome })));
    });
    let _ = tell.send(Msg::Done(Done::Checked(ticket.id, Arc::new(report))));
}

fn explain(look: &Look, ticket: &Ticket, source: &Source, tell: &mpsc::Sender<Msg>, reins: &Reins) {
    let is_over = || ticket.is_torn() || reins.over.load(Ordering::SeqCst);
    let explained = look.explain(source, &is_over, &mut |bytes| {
        let _ = tell.send(Msg::Beside(Beside::Read(ticket.id, bytes)));
    });
    let _ = tell.send(Msg::Done(Done::Explained(ticket.id, explained.map(Arc::new))));
}

/// `None`: it goes on beside, and tells by itself what came of it.
fn one<'scope, 'env>(
    core: &mut dyn Core,
    job: Job,
    beside: &'scope Scope<'scope, 'env>,
    tell: &'env mpsc::Sender<Msg>,
    lines: &Inlet,
    reins: &'env Reins,
) -> Option<Done> {
    // What was stopped while it was asked for something else must not end what comes now.
    reins.loosen();
    Some(match job {
        Job::Check(ticket) => {
            let look = core.looking();
            beside.spawn(move || check(&look, &ticket, tell, reins));
            return None;
        }
        Job::Peek => {
            let look = core.looking();
            beside.spawn(move || drop(tell.send(Msg::Done(Done::Peeked(look.print())))));
            return None;
        }
        Job::Explain(ticket, source) => {
            let look = core.looking();
            beside.spawn(move || explain(&look, &ticket, &source, tell, reins));
            return None;
        }
        Job::Open(which) => Done::Opened(core.open(&which)),
        Job::Look(subject) => {
            let found = core.look(&subject).map(Box::new);
            Done::Looked(subject, found)
        }
        Job::LookAgain => Done::LookedAgain(core.changed().map(|now| now.map(Box::new))),
        Job::PublicKey(choice) => {
            let key = core.public_key(&choice);
            Done::PublicKey(choice, key)
        }
        Job::Module(settled) => {
            let module = core.module(&settled);
            Done::Module(settled, module)
        }
        Job::Plan(errand) => {
            let plan = core.plan(&errand).map(Arc::new);
            Done::Planned(errand, plan)
        }
        Job::Apply(errand, plan) => {
            let mut remote = Remote::new(tell, lines, reins, Some(&plan));
            carry_out(core, &errand, &plan, &mut remote)
        }
        Job::Readers => Done::Readers(core.readers()),
        Job::Resume(receipt) => {
            let resumed = core.resume(&receipt).map(Box::new);
            Done::Resumed(resumed)
        }
        Job::Undo(receipt) => {
            let mut remote = Remote::new(tell, lines, reins, None);
            Done::Undone(core.undo(&receipt, &mut remote))
        }
        Job::Save { name, text } => Done::Saved(core.save(&name, &text)),
        Job::SaveLog { name, text, names } => Done::Saved(core.save_log(&name, &text, names)),
        Job::CopyKey(choice, folder) => Done::KeyCopied(core.copy_key(&choice, &folder)),
        Job::ShowKey(choice) => Done::KeyShown(core.private_key(&choice)),
        Job::CheckCopy(choice, copy) => Done::CopyChecked(core.check_copy(&choice, &copy)),
        Job::Unlock(passphrase) => Done::Readers(core.unlock(&passphrase)),
        Job::Report(report) => Done::Saved(core.report(&report)),
    })
}

fn carry_out(core: &mut dyn Core, errand: &Errand, plan: &Plan, remote: &mut Remote) -> Done {
    // A fix is of what was found just now; each change looks for itself whether it still fits.
    if matches!(errand, Errand::Fix { .. }) {
        return Done::Finished(Box::new(core.apply(errand, plan, remote)));
    }
    match core.changed() {
        Ok(None) => Done::Finished(Box::new(core.apply(errand, plan, remote))),
        Ok(Some(now)) => Done::Changed(Box::new(now)),
        Err(problem) => Done::NotApplied(problem),
    }
}

/// The core's end of the channel while something is carried out.
struct Remote<'a> {
    tell: &'a mpsc::Sender<Msg>,
    lines: &'a Inlet,
    reins: &'a Reins,
    plan: Option<&'a Plan>,
    /// When a command got the terminal.
    handed: Instant,
}

impl<'a> Remote<'a> {
    fn new(
        tell: &'a mpsc::Sender<Msg>,
        lines: &'a Inlet,
        reins: &'a Reins,
        plan: Option<&'a Plan>,
    ) -> Self {
        Self { tell, lines, reins, plan, handed: Instant::now() }
    }

    /// The command with its place in the plan.
    fn told(&self, hand: &apply::HandOver) -> HandOver {
        let steps = self.plan.map_or(&[][..], |plan| &plan.steps);
        let at = steps.iter().position(|step| step.id == hand.step).unwrap_or_default();
        HandOver {
            step: at + 1,
            steps: steps.len().max(1),
            title: steps.get(at).map_or_else(String::new, |step| step.title.clone()),
            command: hand.command.clone(),
            why: hand.why.clone(),
            program: hand.program.clone(),
        }
    }
}

impl Attend for Remote<'_> {
    fn event(&mut self, event: Event) {
        // Lines are many: they have a way of their own, with room for a few of them.
        if let Event::Line { step, stream, text } = &event {
            self.lines.line(step, *stream, text);
            return;
        }
        // Nobody listens only when the screen has gone down; the work still has to end well.
        let _ = self.tell.send(Msg::Event(event));
    }

    fn in_the_way(&mut self, files: &[InTheWay]) -> InTheWayChoice {
        let blocked = files.iter().map(|file| Blocked {
            difference: self.plan.map(|p| difference(p, &file.file)).unwrap_or_default(),
            file: file.clone(),
        });
        let (answer, answered) = mpsc::channel();
        let _ = self.tell.send(Msg::InTheWay(blocked.collect(), answer));
        let choice = answered.recv().unwrap_or(InTheWayChoice::Stop);
        // A no is a stop, not a failure; but what nobody could say yes to has to be told why.
        if choice == InTheWayChoice::Stop && files.iter().all(|file| file.kept_as.is_some()) {
            self.reins.stop.store(true, Ordering::Relaxed);
        }
        choice
    }

    fn agree(&mut self, coming: &Coming) -> bool {
        // The plan was looked at, and there is nothing that this would replace.
        if coming.previous.is_none() {
            return true;
        }
        let (answer, answered) = mpsc::channel();
        let _ = self.tell.send(Msg::Coming(Box::new(coming.clone()), answer));
        let agreed = answered.recv().unwrap_or(false);
        if !agreed {
            self.reins.stop.store(true, Ordering::Relaxed);
        }
        agreed
    }

    fn stop(&mut self) -> bool {
        self.reins.stop.load(Ordering::Relaxed)
    }

    fn hand_over(&mut self, hand: &apply::HandOver) {
        let hand = Box::new(self.told(hand));
        self.handed = Instant::now();
        let (ready, is_ready) = mpsc::channel();
        let _ = self.tell.send(Msg::HandOver(hand, ready));
        // Until the screen has stepped aside; no answer means that there is none.
        let _ = is_ready.recv();
    }

    fn taken_back(&mut self, hand: &apply::HandOver, exit: Option<&str>) {
        let words = hand_over::after(&self.told(hand), exit, self.handed.elapsed());
        let (ready, is_ready) = mpsc::channel();
        let _ = self.tell.send(Msg::TakenBack(words, ready));
        let _ = is_ready.recv();
    }
}
