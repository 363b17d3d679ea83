//! What screens want done, and what comes back of it.

use crate::front::Finish;
use crate::front::interview::{Interview, Scene};
use crate::front::tui::Ended;
use crate::front::tui::looking::Watch;
use crate::front::tui::screen::{Effect, Input, Notice, Place, Refusal};
use crate::front::tui::terminal::{Act, Signal};
use crate::front::tui::worker::{Done, Job};
use crate::front::world::Errand;
use crate::host::Os;
use crate::question::Subject;

use super::asking::MODULE;
use super::{App, Door, Out, Screens};

impl App {
    pub(super) fn signal(&mut self, signal: Signal) {
        match signal {
            Signal::End(number) => self.out.push(Out::Ended(Ended::Signal(number))),
            Signal::Lost => self.out.push(Out::Ended(Ended::Signal(signal_hook::consts::SIGHUP))),
            Signal::Continued => {
                self.input(Input::Unseen);
                // Whoever was away may have worked on the fleet.
                if self.world.is_some() && !self.is_busy() {
                    self.out.push(Out::Job(Job::LookAgain));
                }
            }
        }
    }

    pub(super) fn leave(&mut self) {
        if self.is_busy() {
            return self.pull();
        }
        let ended = match &self.finish {
            Some(finish) => Ended::Finished(Box::new(finish.clone())),
            None => Ended::Left,
        };
        self.out.push(Out::Ended(ended));
    }

    pub(crate) fn effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.effect(effect);
        }
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Answer(id, reply) => self.answer(id, reply),
            Effect::Forget(id) => {
                self.with_interview(|interview, scene| interview.forget(scene, id));
            }
            Effect::Go(place) => self.go(place),
            Effect::Back => self.back(),
            Effect::Continue => self.go_on(),
            Effect::Rest => self.rest(),
            Effect::Focus(focus) => self.set_focus(focus),
            Effect::Say(notice) => self.said = Some(notice),
            Effect::Begin { subject } => self.begin(subject),
            Effect::Open(which) => self.open(which),
            Effect::Wrong => self.wrong(),
            Effect::Turn(place) => self.turn(place),
            Effect::CheckAgain => self.check(),
            Effect::Watch(on) => {
                let next = self.now;
                self.looking.watch = on.then_some(Watch { next, print: None, is_peeking: false });
            }
            Effect::Peek => self.peek(),
            Effect::Finding(at, opens) => {
                (self.looking.at, self.looking.opens) = (at, opens);
                self.go(Place::Finding);
            }
            Effect::Mend => self.mend(),
            Effect::Explain(source) => self.explain(source),
            Effect::AnotherLog => self.looking.log.forget(),
            Effect::Report => {
                if let Some(report) = self.looking.checks.report() {
                    let report = std::sync::Arc::clone(report);
                    self.wait("Asking the tools for their versions");
                    self.out.push(Out::Job(Job::Report(report)));
                }
            }
            Effect::Unlock(passphrase) => {
                self.wait("Opening the key");
                self.out.push(Out::Job(Job::Unlock(passphrase)));
            }
            Effect::Plan(errand) => self.plan_for(errand),
            Effect::Do(job) => self.out.push(Out::Job(job)),
            Effect::Change(station) => {
                self.trail.push(self.at);
                self.arrive(Place::of(station));
            }
            Effect::Apply => self.apply(),
            Effect::PlanAgain | Effect::Resume(_) if self.is_fix() && self.at != Place::Welcome => {
                self.errand = None;
                self.turn(Place::Findings);
                self.check();
            }
            Effect::Resume(_)
                if self.errand == Some(Errand::Rekey) && self.at != Place::Welcome =>
            {
                // What is done differs no more, so that planning anew is going on.
                self.plan_again();
            }
            Effect::PlanAgain => self.plan_again(),
            Effect::Undo(receipt) => self.undo(receipt),
            Effect::Resume(receipt) => {
                self.wait("Reading what was done");
                self.out.push(Out::Job(Job::Resume(receipt)));
            }
            Effect::Stop => self.pull(),
            Effect::Agree(yes) => {
                if let Some(asked) = self.coming.take() {
                    // The core stops by itself when nobody answers.
                    let _ = asked.answer.send(yes);
                    self.arrive(Place::Apply);
                }
            }
            Effect::Settle(choice) => {
                if let Some(blocked) = self.blocked.take() {
                    // The core stops by itself when nobody answers.
                    let _ = blocked.answer.send(choice);
                    self.arrive(Place::Apply);
                }
            }
            Effect::Copy(text) => self.copy(text),
            Effect::Save { name, text } => self.out.push(Out::Job(Job::Save { name, text })),
            Effect::SaveLog { name, text } => self.ask_names(name, text.into()),
            Effect::Leave => self.leave(),
        }
    }

    pub(super) fn copy(&mut self, text: String) {
        self.out.push(Out::Terminal(Act::Copy(text)));
        let sure = self.host.os == Os::Darwin && self.host.var("SSH_CONNECTION").is_none();
        self.said = Some(Notice::plain(if sure {
            "Copied."
        } else {
            "Asked your terminal to copy it; not every terminal does. s saves it to a file."
        }));
    }

    pub(super) fn done(&mut self, done: Done) {
        self.waiting = self.waiting.take().filter(|waiting| match &done {
            Done::Module(..) => waiting.words != MODULE,
            // What goes on beside ends no other wait.
            Done::Checked(..) | Done::Explained(..) | Done::Peeked(_) => true,
            _ => false,
        });
        match done {
            Done::Opened(opened) => self.opened(opened),
            Done::Module(settled, module) => self.module_made(&settled.answers, module),
            Done::Planned(errand, Ok(plan)) => self.planned(errand, plan),
            // There is no question to go back to.
            Done::Planned(_, Err(problem))
                if self.door == Door::Errand && self.planned.is_none() =>
            {
                self.finished(Finish::failed(problem));
            }
            Done::Planned(Errand::Onboard(_), Err(problem)) => self.refused(problem),
            Done::Planned(_, Err(problem)) => self.said = Some(Notice::problem(&problem)),
            // Looked at again, because the fleet changed.
            Done::Looked(subject, Ok(found))
                if self.is_renewed && self.asked_about().as_ref() == Some(&subject) =>
            {
                self.is_renewed = false;
                self.with_interview(|interview, scene| interview.renew(scene, *found));
                if matches!(self.at, Place::Review | Place::Refused) {
                    self.plan();
                }
            }
            Done::Looked(Subject::Somebody(Some(name)), Ok(found)) if self.is_about(&name) => {
                self.with_interview(|interview, scene| interview.renew(scene, *found));
            }
            Done::Looked(subject, Ok(found)) => {
                self.module = None;
                self.module_of = None;
                if let Some(world) = self.world.clone() {
                    let scene = Scene { host: &world.host, fleet: &world.fleet };
                    self.interview = Some(Interview::new(&scene, subject, *found));
                    // What was typed for somebody else is no start.
                    let welcome = std::mem::take(&mut self.screens.welcome);
                    self.screens = Screens { welcome, ..Screens::default() };
                    self.planned = None;
                    self.resting = false;
                    self.go(Place::You);
                }
            }
            Done::LookedAgain(Ok(None)) if self.at == Place::Refused => {
                let words = "Nothing in the fleet has changed since. Nothing has been changed.";
                self.said = Some(Notice::plain(words));
            }
            Done::LookedAgain(Ok(None) | Err(_)) => {}
            Done::LookedAgain(Ok(Some(now))) => {
                let (fleet, changed) = *now;
                self.changed_outside(fleet, changed);
            }
            Done::Changed(now) => {
                let (fleet, changed) = *now;
                self.run = None;
                self.back();
                self.changed_outside(fleet, changed);
            }
            Done::NotApplied(problem) => {
                self.run = None;
                self.back();
                self.said = Some(Notice::problem(&problem));
            }
            Done::Readers(Err(problem)) if self.readers.as_ref().is_some_and(Result::is_ok) => {
                self.said = Some(Notice::problem(&problem));
            }
            Done::Readers(readers) => self.readers = Some(readers),
            Done::Checked(id, report) => self.checked(id, report),
            Done::Peeked(print) => self.peeked(print),
            Done::Explained(id, explained) => self.explained(id, explained),
            Done::Finished(finish) => self.finished(*finish),
            Done::Resumed(Ok(resumed)) => self.resumed(*resumed),
            Done::Resumed(Err(problem)) => {
                self.refused = Some(Refusal::Resume(problem));
                self.go(Place::Refused);
            }
            Done::Undone(taken) => self.undone(taken),
            Done::Looked(_, Err(problem)) => self.said = Some(Notice::problem(&problem)),
            Done::Saved(Ok(path)) => {
                let place = self.cx().host.short(&path);
                self.said = Some(Notice::good(format!("Saved as {place}")));
            }
            Done::Saved(Err(problem)) => self.said = Some(Notice::problem(&problem)),
            Done::PublicKey(choice, key) if self.key_of.as_ref() == Some(&choice) => {
                self.public_key = Some(key);
            }
            Done::KeyCopied(copied) => self.input(Input::Copied(copied)),
            Done::KeyShown(private) => self.input(Input::Private(private)),
            Done::CopyChecked(likeness) => self.input(Input::Compared(likeness)),
            _ => {}
        }
    }
}
