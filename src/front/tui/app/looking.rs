//! Behind the third door: the checks, a log and its explanation, and fixes carried out.

use std::path::PathBuf;
use std::sync::Arc;

use crate::answers::Hidden;
use crate::front::tui::At;
use crate::front::tui::log::Store;
use crate::front::tui::log::store::KEPT;
use crate::front::tui::looking::{EVERY, Looking, Mended, Ticket};
use crate::front::tui::run::Run;
use crate::front::tui::screen::{Input, Notice, Place, failure, finding, tabs};
use crate::front::tui::worker::{Beside, Job};
use crate::front::world::Errand;
use crate::front::{End, Finish};
use crate::look::Source;

use super::{App, Door, Out};

/// A run that failed, while a fix is carried out that may help it.
pub(super) struct Aside {
    errand: Option<Errand>,
    run: Option<Run>,
    finish: Option<Finish>,
    log: Store,
}

impl App {
    /// Through the third door.
    pub(super) fn wrong(&mut self) {
        self.door = Door::Wrong;
        // What was asked for a home is no part of this.
        self.interview = None;
        self.planned = None;
        self.finish = None;
        self.readers = None;
        self.looking = Looking::default();
        self.turn(Place::Findings);
    }

    /// Where somebody goes who came for what is wrong, whatever became of the fleet. `false`: she
    /// came for something else.
    pub(super) fn straight_to_what_is_wrong(&mut self) -> bool {
        match std::mem::take(&mut self.begins) {
            At::Welcome => return false,
            At::Findings => self.wrong(),
            At::Log(file) => {
                self.door = Door::Wrong;
                self.turn(Place::Explain);
                if let Some(file) = file {
                    self.explain(Source::File(file));
                }
            }
        }
        true
    }

    /// To one of the three that lie beside each other: Esc leads out of all of them.
    pub(super) fn turn(&mut self, place: Place) {
        let out = self.trail.iter().position(|been| been.tab().is_some());
        match out {
            Some(at) => self.trail.truncate(at),
            None if tabs::of(self.at).is_none() && self.begun_at_welcome => {
                let from = if self.at == Place::Undone { Place::Welcome } else { self.at };
                self.trail.push(from);
            }
            None => {}
        }
        self.arrive(place);
        match place {
            Place::Findings => {
                let checks = &self.looking.checks;
                if !checks.is_running() && checks.report().is_none() {
                    self.check();
                }
            }
            Place::Matrix if self.readers.is_none() => {
                self.wait("Reading the encrypted files");
                self.out.push(Out::Job(Job::Readers));
            }
            _ => {}
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket::new(self.tickets)
    }

    /// Makes the checks, from the beginning.
    pub(super) fn check(&mut self) {
        let ticket = self.ticket();
        self.looking.checks.begin(ticket.clone(), self.now);
        self.out.push(Out::Job(Job::Check(ticket)));
    }

    /// Looks whether something has changed, unless that is going on.
    pub(super) fn peek(&mut self) {
        let Some(watch) = &mut self.looking.watch else { return };
        watch.next = self.now + EVERY;
        if !std::mem::replace(&mut watch.is_peeking, true) {
            self.out.push(Out::Job(Job::Peek));
        }
    }

    pub(super) fn peeked(&mut self, print: u64) {
        let may_check = self.at == Place::Findings && !self.looking.checks.is_running();
        let Some(watch) = &mut self.looking.watch else { return };
        watch.is_peeking = false;
        // A change that cannot be looked at now is left for the next time.
        if *watch.print.get_or_insert(print) == print || !may_check {
            return;
        }
        watch.print = Some(print);
        let ticket = self.ticket();
        self.looking.checks.begin_quietly(ticket.clone(), self.now);
        self.out.push(Out::Job(Job::Check(ticket)));
    }

    pub(super) fn explain(&mut self, source: Source) {
        let from = match &source {
            Source::File(path) => self.cx().host.short(path),
            Source::Text(_) => "pasted".to_owned(),
        };
        let ticket = self.ticket();
        self.looking.log.begin(ticket.clone(), from, self.now);
        self.out.push(Out::Job(Job::Explain(ticket, source)));
    }

    /// What failed is explained, and the checks are made that may bear on it.
    pub(super) fn explain_failure(&mut self) {
        let text = failure::text(&self.cx());
        let ticket = self.ticket();
        self.looking.failure.begin(ticket.clone(), String::new(), self.now);
        let source = Source::Text(Hidden(text.into()));
        self.out.push(Out::Job(Job::Explain(ticket, source)));
        self.check();
    }

    pub(super) fn beside(&mut self, beside: Beside) {
        let Looking { checks, log, failure, .. } = &mut self.looking;
        match beside {
            Beside::Checks(id, made) if checks.is_of(id) => checks.are(made),
            Beside::Check(id, told) if checks.is_of(id) => checks.heard(*told),
            Beside::Read(id, bytes) if log.is_of(id) => log.told(bytes),
            Beside::Read(id, bytes) if failure.is_of(id) => failure.told(bytes),
            _ => {}
        }
    }

    pub(super) fn checked(&mut self, id: u64, report: Arc<crate::check::report::Report>) {
        if !self.looking.checks.is_of(id) {
            return;
        }
        let was = finding::at(&self.cx()).map(|finding| (finding.id, finding.summary.clone()));
        self.looking.checks.end(report);
        let findings = self.looking.checks.report().map_or(&[][..], |report| &report.findings);
        let same = was.and_then(|(id, summary)| {
            findings.iter().position(|finding| finding.id == id && finding.summary == summary)
        });
        self.looking.at = same.unwrap_or(self.looking.at).min(findings.len().saturating_sub(1));
        self.input(Input::Looked);
    }

    pub(super) fn explained(
        &mut self,
        id: u64,
        explained: Result<Arc<crate::look::Explained>, crate::problem::Problem>,
    ) {
        let Looking { log, failure, .. } = &mut self.looking;
        if log.is_of(id) {
            log.end(explained);
        } else if failure.is_of(id) {
            failure.end(explained);
        } else {
            return;
        }
        self.input(Input::Looked);
    }

    /// Nobody looks at what is wrong any more.
    pub(super) fn look_away(&mut self, place: Place) {
        let stays = place.tab().is_some()
            || matches!(place, Place::Finding | Place::Failure | Place::Apply | Place::Undone);
        if !stays {
            self.looking.checks.give_up();
            self.looking.log.give_up();
            self.looking.failure.give_up();
        }
    }

    /// Carries out the fix of the finding that is looked at.
    pub(super) fn mend(&mut self) {
        let fix = finding::fix(&self.cx()).map(|(fix, plan)| (fix.title.clone(), Arc::clone(plan)));
        let Some((title, plan)) = fix else { return };
        if self.is_busy() {
            return;
        }
        let run = Run::new(self.now, &plan);
        let errand = Errand::Fix { title };
        let failed = self.trail.contains(&Place::Failure);
        let aside = Aside {
            errand: self.errand.replace(errand.clone()),
            run: self.run.replace(run),
            finish: self.finish.take(),
            log: std::mem::replace(&mut self.log, Store::new(KEPT)),
        };
        self.aside = failed.then_some(aside);
        self.out.push(Out::Job(Job::Apply(errand, plan)));
        self.go(Place::Apply);
    }

    /// The fix has ended. `None`: it did not end well, which is told like any other failure.
    pub(super) fn mended(&mut self, finish: &Finish) -> Option<()> {
        let well = matches!(finish.end, End::Done | End::AlreadySo);
        if !self.is_fix() || !well {
            return None;
        }
        let Some(Errand::Fix { title }) = self.errand.take() else { return None };
        if let Some(receipt) = finish.receipt.clone() {
            self.looking.mended.push(Mended { title: title.clone(), receipt });
        }
        let back = match self.aside.take() {
            Some(Aside { errand, run, finish, log }) => {
                (self.errand, self.run, self.finish, self.log) = (errand, run, finish, log);
                Place::Failure
            }
            None => {
                (self.run, self.finish) = (None, None);
                // Whatever the fix has changed of the fleet. Going on with a run reads it anyway.
                if self.world.is_some() {
                    self.out.push(Out::Job(Job::LookAgain));
                }
                Place::Findings
            }
        };
        if let Some(at) = self.trail.iter().position(|been| *been == back) {
            self.trail.truncate(at);
        }
        self.check();
        self.arrive(back);
        let words = match back {
            Place::Failure => format!("{title}: done. r tries again what failed."),
            _ => format!("{title}: done. u takes it back."),
        };
        self.said = Some(Notice::good(words));
        Some(())
    }

    /// Whether it is a fix that is carried out, or was.
    pub(super) fn is_fix(&self) -> bool {
        matches!(self.errand, Some(Errand::Fix { .. }))
    }

    /// What a fix did was taken back.
    pub(super) fn unmended(&mut self, receipt: &PathBuf) {
        self.looking.mended.retain(|mended| mended.receipt != *receipt);
    }
}
