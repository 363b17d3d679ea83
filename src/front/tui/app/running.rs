//! A run from Apply to its end: what happens in it, and how the person holds it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::activate::InTheWayChoice;
use crate::answers::file;
use crate::event::Event;
use crate::front::interview::{Interview, Scene};
use crate::front::tui::log::store::KEPT;
use crate::front::tui::log::{Outlet, Store, Which as Lines};
use crate::front::tui::looking::Checks;
use crate::front::tui::run::{Pull, Run, State, Step};
use crate::front::tui::screen::{Button, Effect, Notice, Place, Planned, failure};
use crate::front::tui::terminal::Act;
use crate::front::tui::worker::Job;
use crate::front::world::{Errand, Resumed};
use crate::front::{End, Finish};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::undo::TakenBack;

use super::{App, Dialog, Door, Out};

impl App {
    pub(super) fn event(&mut self, event: &Event) {
        let now = self.now;
        if let Event::Line { step, stream, text } = event {
            self.log.push(step, *stream, text);
            return self.hear(now, step);
        }
        if let Some(run) = &mut self.run {
            run.fold(now, event);
        }
        // It may have said something already.
        if let Event::Started { step, .. } = event {
            self.hear(now, step);
        }
    }

    /// Lines that came another way than by events are in the log now.
    pub(crate) fn lines(&mut self, now: Duration, outlet: &mut Outlet) {
        if outlet.drain(&mut self.log) == 0 {
            return;
        }
        let begun = |step: &&Step| step.state != State::Waits;
        let steps = self.run.iter().flat_map(|run| &run.steps);
        let begun: Vec<_> = steps.filter(begun).map(|step| step.id).collect();
        begun.into_iter().for_each(|step| self.hear(now, step));
    }

    /// Folds what `step` has said since; of many lines the newest.
    fn hear(&mut self, now: Duration, step: &'static str) {
        let Some(run) = &mut self.run else { return };
        let lines = self.log.lines(Lines::Step(step));
        let end = lines.end();
        let from = run.has_heard(step, end).max(lines.first()).max(end.saturating_sub(FOLDED));
        for number in from..end {
            if let Some(line) = lines.get(number) {
                run.heard(now, step, line.text);
            }
        }
    }

    /// Once, when somebody may have gone for a coffee.
    pub(super) fn ring(&mut self) {
        let running = self.run.as_ref().and_then(|run| run.running());
        let long = running.is_some_and(|(_, step)| step.running_for(self.now) >= LONG);
        if long {
            self.out.push(Out::Terminal(Act::Bell));
        }
    }

    /// Ctrl-C.
    pub(super) fn interrupt(&mut self) {
        if self.is_busy() {
            return self.pull();
        }
        let chosen = self.interview.as_ref().map_or(0, Interview::chosen);
        // What was carried out, even in part, has its answers in the receipt.
        let kept = self.finish.as_ref().is_some_and(|finish| finish.receipt.is_some());
        if self.dialog.is_some() || chosen == 0 || kept {
            return self.leave();
        }
        let answers = if chosen == 1 { "answer is" } else { "answers are" };
        self.overlay = None;
        self.dialog = Some(Dialog {
            question: format!("Leave? Your {chosen} {answers} not saved."),
            buttons: vec![
                (Button::new("keep", "Keep going"), Vec::new()),
                (Button::new("save", "Save the answers, then leave"), self.save_answers()),
                (Button::new("leave", "Leave"), vec![Effect::Leave]),
            ],
            at: 0,
        });
    }

    /// Once to stop after the running step, twice to end it.
    pub(super) fn pull(&mut self) {
        let Some(run) = &mut self.run else { return };
        if let Some(asked) = self.coming.take() {
            // Nothing is put in place without a yes.
            let _ = asked.answer.send(false);
            self.at = Place::Apply;
        }
        if let Some(blocked) = self.blocked.take() {
            // Nothing is replaced without an answer.
            let _ = blocked.answer.send(InTheWayChoice::Stop);
            self.at = Place::Apply;
        }
        let (pull, out, words) = match run.reins {
            Pull::None => {
                let words = "Stopping after this step. Press Ctrl-C again to end it now.";
                (Pull::Stop, Out::Stop, words)
            }
            _ => (Pull::End, Out::End, "Ending the running command."),
        };
        run.reins = pull;
        self.out.push(out);
        self.said = Some(Notice::plain(words));
    }

    pub(super) fn save_answers(&self) -> Vec<Effect> {
        let Some(interview) = &self.interview else { return vec![Effect::Leave] };
        let user = interview.answers.username.as_deref().unwrap_or("home");
        vec![
            Effect::Save {
                name: format!("answers-{user}.yaml"),
                text: file::write(&interview.answers),
            },
            Effect::Leave,
        ]
    }

    /// A log is often saved for somebody else to read.
    pub(super) fn ask_names(&mut self, name: String, text: Arc<str>) {
        let save =
            |names| Effect::Do(Job::SaveLog { name: name.clone(), text: Arc::clone(&text), names });
        let (with, without) = (vec![save(true)], vec![save(false)]);
        self.overlay = None;
        self.dialog = Some(Dialog {
            question: "Save it? Private keys and the path of your home are left out.".to_owned(),
            buttons: vec![
                (Button::new("back", "Go back"), Vec::new()),
                (Button::new("save", "Save"), with),
                (Button::new("nameless", "Save without names"), without),
            ],
            at: 1,
        });
    }

    /// A plan has come; whatever it is for, it is looked over.
    pub(super) fn planned(&mut self, errand: Errand, plan: Arc<Plan>) {
        if errand == Errand::Rekey && plan.is_empty() && plan.remarks.is_empty() {
            let words = "Everybody can read what the rules say. Nothing to encrypt again.";
            self.said = Some(Notice::plain(words));
            return;
        }
        let changed = std::mem::take(&mut self.changed);
        let same = |before: &Planned| match (&before.errand, &errand) {
            (Errand::Onboard(_), Errand::Onboard(_)) => true,
            (before, now) => before == now,
        };
        let before = self.planned.take().filter(same);
        // What is encrypted already is no part of a plan that was made anew.
        let done = before.as_ref().filter(|_| errand != Errand::Rekey);
        let done = done.map(|planned| planned.done.clone()).unwrap_or_default();
        let before = before.filter(|_| !changed.is_empty()).map(|planned| planned.plan);
        self.planned = Some(Planned { before, done, changed, ..Planned::new(errand, plan) });
        self.refused = None;
        if self.at == Place::Refused {
            self.at = self.trail.pop().unwrap_or(Place::Review);
        }
        if self.at == Place::Review {
            self.arrive(Place::Review);
        } else {
            self.go(Place::Review);
        }
    }

    pub(super) fn apply(&mut self) {
        let Some(planned) = &self.planned else { return };
        if self.is_busy() {
            return;
        }
        let (errand, plan) = (planned.errand.clone(), Arc::clone(&planned.plan));
        self.run = Some(Run::new(self.now, &plan));
        self.log = Store::new(KEPT);
        self.finish = None;
        self.out.push(Out::Job(Job::Apply(errand, plan)));
        self.go(Place::Apply);
    }

    pub(super) fn undo(&mut self, receipt: PathBuf) {
        if self.is_busy() {
            return;
        }
        self.run = Some(Run::new(self.now, &Plan::default()));
        self.taken = None;
        self.undoing = Some(receipt.clone());
        self.out.push(Out::Job(Job::Undo(receipt)));
        self.arrive(Place::Undone);
    }

    /// It is over, well or not.
    pub(super) fn finished(&mut self, finish: Finish) {
        self.ring();
        let now = self.now;
        if let Some(run) = &mut self.run {
            run.ended = Some(now);
        }
        self.coming = None;
        self.blocked = None;
        self.said = None;
        // Who can read what may be different now.
        self.readers = None;
        if self.mended(&finish).is_some() {
            return;
        }
        // What was asked is done: Esc does not lead back into the questions.
        self.trail.clear();
        let well = matches!(finish.end, End::Done | End::AlreadySo | End::NotReadable);
        self.finish = Some(finish);
        self.aside = None;
        self.arrive(if well { Place::Finished } else { Place::Failure });
        if !well && failure::problem(&self.cx()).is_some() {
            self.explain_failure();
        }
    }

    pub(super) fn resumed(&mut self, resumed: Resumed) {
        let Some(world) = self.world.clone() else { return };
        let scene = Scene { host: &world.host, fleet: &world.fleet };
        let Resumed { errand, asked, plan, done } = resumed;
        self.interview = None;
        self.door = Door::Errand;
        if let Some((subject, found, answers)) = asked {
            self.door = Door::of(&subject);
            self.interview = Some(Interview::of(&scene, subject, found, answers));
        }
        self.errand = Some(errand.clone());
        self.planned = Some(Planned { done, ..Planned::new(errand, Arc::new(plan)) });
        self.go(Place::Review);
    }

    pub(super) fn undone(&mut self, taken: Result<TakenBack, Problem>) {
        let now = self.now;
        if let Some(run) = &mut self.run {
            run.ended = Some(now);
        }
        self.finish = None;
        self.planned = None;
        self.interview = None;
        self.said = None;
        self.trail.clear();
        if let (Some(receipt), Ok(taken)) = (self.undoing.take(), &taken)
            && taken.left.is_empty()
            && !taken.stopped
        {
            self.unmended(&receipt);
        }
        // What was found before is so no more.
        self.looking.checks.give_up();
        self.looking.checks = Checks::default();
        self.readers = None;
        self.taken = Some(taken);
        self.arrive(Place::Undone);
    }
}

/// Lines that are looked at for what they tell of a build, at one time: text tells little, and a
/// command that talks a million lines must not keep the picture waiting.
const FOLDED: u64 = 200;

/// A wait that somebody may have turned away from.
const LONG: Duration = Duration::from_secs(30);
