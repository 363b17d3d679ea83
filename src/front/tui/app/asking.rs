//! From the fleet to the review: which station comes next, and what is known at it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::answers::{Answers, Settled};
use crate::fleet::Fleet;
use crate::front::interview::{Interview, Scene, Station};
use crate::front::tui::Ended;
use crate::front::tui::looking::Looking;
use crate::front::tui::screen::{Button, Effect, Input, Notice, Place, Refusal};
use crate::front::tui::worker::Job;
use crate::front::world::{Errand, Module, Opened, Which};
use crate::git::CloneUrl;
use crate::problem::Problem;
use crate::question::{AFTERWARDS, Subject, question};

use super::{App, Dialog, Door, Out};

impl App {
    /// Asks for the module as the answers would write it now, where one looks at it. One at a time:
    /// whoever ticks faster than it is made gets the newest, not all of them.
    pub(super) fn follow_module(&mut self) {
        let Some(interview) = &self.interview else { return };
        let made = self.module_of.as_ref() == Some(&interview.answers);
        if self.at != Place::Features || self.module_busy || made {
            return;
        }
        // What is still open does not stop a preview; the plan checks everything.
        let answers = interview.answers.clone();
        self.module_of = Some(answers.clone());
        self.module_busy = true;
        if self.module.is_none() && self.waiting.is_none() {
            self.wait(MODULE);
        }
        self.out.push(Out::Job(Job::Module(Box::new(Settled { answers, suggested: Vec::new() }))));
    }

    pub(super) fn module_made(&mut self, of: &Answers, module: Result<Module, Problem>) {
        self.module_busy = false;
        if self.interview.as_ref().is_some_and(|interview| interview.answers == *of) {
            self.module = Some(module);
        }
    }

    /// Asks for the public half of the key that is chosen, where one looks at it.
    pub(super) fn follow_key(&mut self) {
        let choice = self.interview.as_ref().and_then(|interview| interview.answers.key.as_ref());
        if self.at != Place::Keys || choice == self.key_of.as_ref() {
            return;
        }
        self.key_of = choice.cloned();
        self.public_key = None;
        let job = self.key_of.clone().map(|choice| Out::Job(Job::PublicKey(choice)));
        self.out.extend(job);
    }

    pub(super) fn back(&mut self) {
        self.resting = false;
        match self.trail.pop() {
            // An answer may have changed meanwhile.
            Some(Place::Review) => {
                self.trail.push(Place::Review);
                self.review();
                if self.waiting.is_none() && self.at != Place::Review {
                    // The answers make no plan; the old one is no longer theirs.
                    self.planned = None;
                    self.go(Place::Review);
                }
            }
            Some(place) => self.arrive(place),
            None => {
                self.said = Some(Notice::plain("This is the first screen. q leaves."));
            }
        }
    }

    pub(super) fn with_interview<T>(
        &mut self,
        act: impl FnOnce(&mut Interview, &Scene) -> T,
    ) -> Option<T> {
        let world = self.world.clone()?;
        let scene = Scene { host: &world.host, fleet: &world.fleet };
        Some(act(self.interview.as_mut()?, &scene))
    }

    pub(super) fn answer(&mut self, id: &'static str, reply: crate::question::Reply) {
        let answered = self.with_interview(|interview, scene| interview.answer(scene, id, reply));
        if let Some(Err(problem)) = answered {
            self.said = Some(Notice::problem(&problem));
        }
    }

    pub(super) fn go(&mut self, place: Place) {
        // Going back along the trail does not make it longer.
        match self.trail.iter().position(|been| *been == place) {
            Some(at) => self.trail.truncate(at),
            None => self.trail.push(self.at),
        }
        self.arrive(place);
    }

    pub(super) fn arrive(&mut self, place: Place) {
        if self.screen().reveals() {
            self.input(Input::Unseen);
        }
        self.look_away(place);
        self.at = place;
        self.with_screen(|screen, cx| screen.arrive(cx));
    }

    /// From a station to the next that asks something.
    pub(super) fn go_on(&mut self) {
        let Some(station) = self.station() else { return };
        self.look_for_somebody(station);
        let back = self.trail.contains(&Place::Review);
        if self.resting && !back {
            return self.rest();
        }
        let next = self.with_interview(|interview, scene| {
            interview.pass(station);
            let mut after = Station::ALL.into_iter().filter(|s| *s > station);
            after.find(|s| match back {
                // Only what the change has made necessary stands before the review again.
                true => !interview.needs(scene, *s).is_empty(),
                false => interview.asks(scene, *s),
            })
        });
        match next.flatten() {
            Some(next) => self.go(Place::of(next)),
            None => self.review(),
        }
    }

    pub(super) fn rest(&mut self) {
        let Some(station) = self.station() else { return };
        self.look_for_somebody(station);
        self.resting = true;
        let next = self.with_interview(|interview, scene| interview.rest(scene, station));
        match next.flatten() {
            Some(next) => self.go(Place::of(next)),
            None => self.review(),
        }
    }

    /// Somebody else's name decides what there is to find: whose rules are neighbours', and what
    /// they have already.
    fn look_for_somebody(&mut self, station: Station) {
        let asked = self.interview.as_ref().filter(|i| i.subject == Subject::Somebody(None));
        let name = asked.and_then(|interview| interview.answers.username.clone());
        if let (Station::You, Some(name)) = (station, name) {
            self.out.push(Out::Job(Job::Look(Subject::Somebody(Some(name)))));
        }
    }

    /// Whether the questions are about somebody whose name was typed, and this is it.
    pub(super) fn is_about(&self, name: &str) -> bool {
        self.interview.as_ref().is_some_and(|interview| {
            interview.subject == Subject::Somebody(None)
                && interview.answers.username.as_deref() == Some(name)
        })
    }

    /// The station one is at.
    pub(crate) fn station(&self) -> Option<Station> {
        Station::ALL.into_iter().find(|station| Place::of(*station) == self.at)
    }

    /// To the review, with a plan made from the answers as they are.
    pub(super) fn review(&mut self) {
        match self.with_interview(|interview, scene| interview.settle(scene)) {
            Some(Ok(settled)) if self.planned_from() == Some(&settled) => self.go(Place::Review),
            _ => self.plan(),
        }
    }

    fn planned_from(&self) -> Option<&Settled> {
        self.planned.as_ref()?.errand.settled()
    }

    /// Makes the plan of this; it is shown once it is there.
    pub(super) fn plan_for(&mut self, errand: Errand) {
        self.wait(errand.planning());
        self.errand = Some(errand.clone());
        self.out.push(Out::Job(Job::Plan(errand)));
    }

    /// Makes the plan again: of the answers as they are now, or of what was asked for without any.
    pub(super) fn plan_again(&mut self) {
        match self.errand.clone() {
            Some(errand) if errand.settled().is_none() => self.plan_for(errand),
            _ => self.plan(),
        }
    }

    /// Makes the plan of the answers.
    pub(super) fn plan(&mut self) {
        match self.with_interview(|interview, scene| interview.settle(scene)) {
            Some(Ok(settled)) => self.plan_for(Errand::Onboard(Box::new(settled))),
            Some(Err(problem)) => self.said = Some(Notice::problem(&problem)),
            None => {}
        }
    }

    /// The answers make no plan: that has a page of its own. What was only turned in the review is
    /// turned back, so that its rows say what its plan does.
    pub(super) fn refused(&mut self, problem: Problem) {
        let settled = self.planned_from().map(|settled| settled.answers.clone());
        let turned = settled.filter(|_| self.at == Place::Review && self.changed.is_empty());
        if let Some(before) = turned {
            for id in AFTERWARDS {
                let reply = question(id).and_then(|question| question.given(&before));
                self.with_interview(|interview, scene| match reply {
                    Some(reply) => interview.answer(scene, id, reply).is_ok(),
                    None => false,
                });
            }
            self.said = Some(Notice::problem(&problem));
            return;
        }
        self.planned = None;
        self.refused = Some(Refusal::Answers(problem));
        match self.at {
            Place::Review | Place::Refused => self.arrive(Place::Refused),
            _ => self.go(Place::Refused),
        }
    }

    /// The fleet is not what it was: what is known of it is looked up again, and the plan made
    /// again where it is looked at.
    pub(super) fn changed_outside(&mut self, fleet: Fleet, changed: Vec<PathBuf>) {
        if let Some(world) = &mut self.world {
            Arc::make_mut(world).fleet = fleet;
        }
        self.changed = changed;
        if let Some(interview) = &self.interview {
            let subject = interview.subject.clone();
            self.is_renewed = true;
            self.out.push(Out::Job(Job::Look(subject)));
        } else if self.at == Place::Review {
            self.plan_again();
        }
    }

    pub(super) fn begin(&mut self, subject: Subject) {
        self.door = Door::of(&subject);
        // Back at the first screen and here again: what was typed is still there.
        if self.finish.is_none()
            && self.interview.as_ref().is_some_and(|interview| interview.subject == subject)
        {
            return self.go(Place::You);
        }
        self.wait("Looking at your account, git and keys");
        self.out.push(Out::Job(Job::Look(subject)));
    }

    /// An earlier practice folder makes room only when the person says so.
    pub(super) fn ask_afresh(&mut self, place: &str) {
        let afresh = vec![Effect::Open(Which::Practice { afresh: true })];
        let stays = self.world.is_some() || self.at == Place::NoFleet;
        let leave = if stays { Vec::new() } else { vec![Effect::Leave] };
        let keep = if stays { "Go back" } else { "Leave it, and leave" };
        self.dialog = Some(Dialog {
            question: format!("{place} holds an earlier practice. Move it aside, start afresh?"),
            buttons: vec![
                (Button::new("keep", keep), leave),
                (Button::new("afresh", "Move it aside"), afresh),
            ],
            at: 1,
        });
    }

    pub(super) fn open(&mut self, which: Which) {
        match &which {
            Which::Named(name) if CloneUrl::parse(name).is_ok() => {
                self.wait("Cloning. Esc stops it.");
                if let Some(waiting) = &mut self.waiting {
                    waiting.stops = true;
                }
            }
            Which::Practice { .. } => self.wait("Making a fleet to practise on"),
            // Whoever is back at the start is done with what the command has said to do.
            Which::Again => {
                self.errand = None;
                self.wait("Reading the fleet");
            }
            _ => self.wait("Reading the fleet"),
        }
        self.out.push(Out::Job(Job::Open(which)));
    }

    pub(super) fn opened(&mut self, opened: Result<Opened, Problem>) {
        match opened {
            Ok(Opened::World(world)) => {
                self.world = Some(Arc::from(world));
                self.interview = None;
                self.planned = None;
                self.looking = Looking::default();
                self.trail.clear();
                // What was asked for and taken back is over.
                if self.at == Place::Undone && self.door == Door::Errand {
                    (self.door, self.errand) = (Door::SetUp, None);
                }
                match self.errand.clone().filter(|_| self.door == Door::Errand) {
                    Some(errand) => {
                        self.arrive(Place::Review);
                        self.plan_for(errand);
                    }
                    None if self.straight_to_what_is_wrong() => {}
                    None => self.arrive(Place::Welcome),
                }
            }
            Ok(Opened::NoFleet { before }) => {
                self.before = before;
                self.trail.clear();
                if !self.straight_to_what_is_wrong() {
                    self.arrive(Place::NoFleet);
                }
            }
            Ok(Opened::Broken(problem)) => {
                if !self.straight_to_what_is_wrong() {
                    self.opened(Err(problem));
                }
            }
            Ok(Opened::EarlierPractice { place }) => self.ask_afresh(&place),
            // Without any fleet there is nothing to show it on.
            Err(problem) if self.world.is_none() && self.at != Place::NoFleet => {
                self.out.push(Out::Ended(Ended::Failed(problem)));
            }
            Err(problem) => self.said = Some(Notice::problem(&problem)),
        }
    }
}

/// Shown while the home module is made for the first time.
pub(super) const MODULE: &str = "Writing your module out";
