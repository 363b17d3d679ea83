//! What is said while a plan is carried out: few lines, each when it is true, and one every 30
//! seconds while something takes long.

use std::collections::VecDeque;
use std::time::Duration;

use super::wording::{capital, duration, small};
use crate::counted::listed;
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::front::{sanitise, takes_long};
use crate::plan::Plan;
use crate::problem::Problem;

/// Lines that are kept of a step: what failed is told at the end.
const KEPT: usize = 4000;

/// How often a long step is heard of.
const EVERY: Duration = Duration::from_secs(30);

/// Steps that end within this time are told together.
const QUICK: f64 = 2.0;

/// Folds events into lines to say. Times are since the start.
#[derive(Debug)]
pub(super) struct Watch {
    steps: Vec<Told>,
    /// Numbers of steps that are done and not told yet.
    quick: Vec<usize>,
    running: Option<Running>,
    /// The newest lines of the step that runs or ran last.
    log: VecDeque<String>,
    /// Whether the person was asked about files in the way: then they know where those went.
    pub(super) asked_in_the_way: bool,
}

#[derive(Debug)]
struct Told {
    id: &'static str,
    title: String,
    takes_long: bool,
}

#[derive(Debug)]
struct Running {
    number: usize,
    since: Duration,
    next: Duration,
    counts: Option<(usize, usize)>,
    last: Option<String>,
}

impl Watch {
    pub(super) fn new(plan: &Plan) -> Self {
        let told = |step: &crate::plan::Step| Told {
            id: step.id,
            title: step.title.clone(),
            takes_long: takes_long(step),
        };
        Self {
            steps: plan.steps.iter().map(told).collect(),
            quick: Vec::new(),
            running: None,
            log: VecDeque::new(),
            asked_in_the_way: false,
        }
    }

    /// What to say now that `event` happened at `at`.
    pub(super) fn fold(&mut self, at: Duration, event: &Event) -> Vec<String> {
        let mut said = self.tick(at);
        match event {
            Event::Started { step, .. } => {
                self.log.clear();
                said.extend(self.started(at, step));
            }
            Event::Line { text, .. } => {
                let text = sanitise(text);
                self.keep(&text);
                if let Some(running) = self.running.as_mut().filter(|_| !text.trim().is_empty()) {
                    running.last = Some(text.trim().to_owned());
                }
            }
            // What a person would hear of it comes as lines and progress.
            Event::Nix { .. } => {}
            Event::Progress { done, waiting, .. } => {
                if let Some(running) = &mut self.running {
                    running.counts = Some((*done, *waiting));
                }
            }
            Event::Ended { step, outcome, seconds, .. } => {
                if let Outcome::Failed { why } = outcome {
                    why.causes.iter().flat_map(|cause| cause.lines()).for_each(|l| self.keep(l));
                }
                said.extend(self.ended(step, outcome, *seconds));
            }
            Event::InTheWay { file, kept_as } if !self.asked_in_the_way => {
                let name = |path: &std::path::Path| {
                    sanitise(&path.file_name().unwrap_or_default().to_string_lossy()).into_owned()
                };
                said.extend(self.flush());
                said.push(format!("Kept: your {} is now {}.", name(file), name(kept_as)));
            }
            Event::InTheWay { .. } => {}
            Event::Checked(checked) => {
                said.extend(self.flush());
                said.push(told_check(checked));
            }
            Event::Said(text) => {
                said.extend(self.flush());
                said.push(sanitise(text).into_owned());
            }
        }
        said
    }

    fn keep(&mut self, line: &str) {
        if self.log.len() == KEPT {
            self.log.pop_front();
        }
        self.log.push_back(line.to_owned());
    }

    /// What the step that ran last has said.
    pub(super) fn log(self) -> String {
        self.log.into_iter().map(|line| line + "\n").collect()
    }

    /// What to say because time passed.
    pub(super) fn tick(&mut self, at: Duration) -> Vec<String> {
        let mut said = Vec::new();
        while let Some(running) = self.running.as_mut().filter(|r| r.next <= at) {
            let passed = running.next.saturating_sub(running.since);
            running.next += EVERY;
            let time = duration(passed.as_secs());
            let number = running.number;
            let told = match (&running.counts, &running.last) {
                (Some((done, waiting)), _) => {
                    format!("Still building: {done} done, {waiting} waiting, {time}.")
                }
                (None, Some(last)) => format!("Still at step {number}: {time}. Last: {last}"),
                (None, None) => format!("Still at step {number}: {time}."),
            };
            said.extend(self.flush());
            said.push(told);
        }
        said
    }

    /// Tells the steps that are done and were not told yet.
    pub(super) fn flush(&mut self) -> Option<String> {
        let quick = std::mem::take(&mut self.quick);
        let in_a_row = quick.windows(2).all(|pair| pair[1] == pair[0] + 1);
        Some(match quick.as_slice() {
            [] => return None,
            [one] => format!("Done: {}.", self.named(*one)),
            [first, .., last] if in_a_row && quick.len() > 2 => {
                format!("Done: steps {first} to {last}.")
            }
            all => {
                let numbers: Vec<String> = all.iter().map(usize::to_string).collect();
                format!("Done: steps {}.", listed(&numbers))
            }
        })
    }

    fn number(&self, id: &str) -> usize {
        self.steps.iter().position(|s| s.id == id).map_or(0, |at| at + 1)
    }

    /// `step 7, Build your home`.
    fn named(&self, number: usize) -> String {
        match number.checked_sub(1).and_then(|at| self.steps.get(at)) {
            Some(step) => format!("step {number}, {}", step.title),
            None => "a step".to_owned(),
        }
    }

    fn takes_long(&self, number: usize) -> bool {
        number.checked_sub(1).and_then(|at| self.steps.get(at)).is_some_and(|s| s.takes_long)
    }

    fn started(&mut self, at: Duration, id: &str) -> Vec<String> {
        let number = self.number(id);
        let next = at + EVERY;
        self.running = Some(Running { number, since: at, next, counts: None, last: None });
        if !self.takes_long(number) {
            return Vec::new();
        }
        let named = self.named(number);
        let mut said: Vec<String> = self.flush().into_iter().collect();
        said.push(format!("Started: {named}. You will hear from it every 30 seconds."));
        said
    }

    fn ended(&mut self, id: &str, outcome: &Outcome, seconds: f64) -> Vec<String> {
        let number = self.number(id);
        self.running = None;
        let announced = self.takes_long(number);
        if *outcome == Outcome::Done && seconds < QUICK && !announced {
            self.quick.push(number);
            return Vec::new();
        }
        let mut said: Vec<String> = self.flush().into_iter().collect();
        let time = duration(whole(seconds));
        let named = self.named(number);
        match outcome {
            Outcome::Done if announced => said.push(format!("Done: step {number}, {time}.")),
            Outcome::Done => said.push(format!("Done: {named}, {time}.")),
            Outcome::AlreadySo => said.push(format!("Already so: {named}.")),
            Outcome::Stopped => said.push(format!("Stopped: {named}.")),
            Outcome::NotRun { because } => {
                said.push(format!("Not run: {named}, because {because}."))
            }
            Outcome::Failed { why } => {
                said.push(format!("Failed: {named}, after {time}."));
                said.extend(problem(why));
            }
        }
        said
    }
}

/// A problem in spoken lines.
pub(super) fn problem(problem: &Problem) -> Vec<String> {
    let what = sanitise(&problem.what);
    let mut said = vec![format!("Problem: {}", capital(&what))];
    let lines = |said: &mut Vec<String>, name: &str, texts: &[String]| {
        for line in texts.iter().flat_map(|text| text.lines()) {
            said.push(format!("{name}: {}", sanitise(line)));
        }
    };
    lines(&mut said, "Cause", &problem.causes);
    for hint in &problem.hints {
        let mut lines = hint.lines();
        said.extend(lines.next().map(|action| format!("What helps: {}", sanitise(action))));
        // What is to be pasted stands alone.
        said.extend(lines.map(|line| sanitise(line).into_owned()));
    }
    said
}

fn told_check(checked: &Checked) -> String {
    let verdict = match checked.verdict {
        Verdict::Holds => "Checked",
        Verdict::DoesNotHold => "Problem",
        Verdict::NotChecked => "Not checked",
    };
    format!("{verdict}: {}", small(&sanitise(&checked.words)))
}

/// Whole seconds of a time that was measured; what is no time is none.
fn whole(seconds: f64) -> u64 {
    Duration::try_from_secs_f64(seconds.round()).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Change, Needs, Step};
    use crate::run::{Command, Stream};

    fn plan() -> Plan {
        let step = |id, title: &str, changes| Step {
            id,
            title: title.into(),
            why: String::new(),
            needs: Needs::You,
            by_hand: Vec::new(),
            changes,
            decided_by: None,
        };
        let build = Change::Run { command: Command::new("nix") };
        let steps = vec![
            step("a", "Save it", vec![]),
            step("b", "Add it", vec![]),
            step("c", "Write it", vec![]),
            step("build", "Build it", vec![build]),
        ];
        Plan { steps, ..Plan::default() }
    }

    fn ended(step: &'static str, outcome: Outcome, seconds: f64) -> Event {
        Event::Ended { step, outcome, seconds, changes: Vec::new() }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn quick_steps_are_told_together() {
        let told = |done: &[&'static str]| {
            let mut watch = Watch::new(&plan());
            for step in done {
                assert!(watch.fold(at(0), &ended(step, Outcome::Done, 0.1)).is_empty());
            }
            watch.flush()
        };
        assert_eq!(told(&[]), None);
        assert_eq!(told(&["b"]).unwrap(), "Done: step 2, Add it.");
        assert_eq!(told(&["a", "b"]).unwrap(), "Done: steps 1 and 2.");
        assert_eq!(told(&["a", "b", "c"]).unwrap(), "Done: steps 1 to 3.");
        assert_eq!(told(&["a", "c"]).unwrap(), "Done: steps 1 and 3.");
    }

    #[test]
    fn every_other_end_is_told_at_once_and_in_order() {
        let mut watch = Watch::new(&plan());
        watch.fold(at(0), &ended("a", Outcome::Done, 0.0));
        let mut said = watch.fold(at(0), &ended("b", Outcome::AlreadySo, 0.0));
        said.extend(watch.fold(at(9), &ended("c", Outcome::Stopped, 9.0)));
        let because = "the person stopped".to_owned();
        said.extend(watch.fold(at(9), &ended("build", Outcome::NotRun { because }, f64::NAN)));
        insta::assert_snapshot!(said.join("\n"), @r"
        Done: step 1, Save it.
        Already so: step 2, Add it.
        Stopped: step 3, Write it.
        Not run: step 4, Build it, because the person stopped.
        ");
    }

    #[test]
    fn a_long_step_is_heard_of_every_half_minute() {
        let mut watch = Watch::new(&plan());
        let started = Event::Started { step: "build", command: None };
        let mut said = watch.fold(at(0), &started);
        said.extend(watch.tick(at(30)));
        let line = Event::Line {
            step: "build",
            stream: Stream::Err,
            text: "fetching neovim\u{1b}[0m".into(),
        };
        assert!(watch.fold(at(31), &line).is_empty());
        said.extend(watch.tick(at(95)));
        said.extend(watch.fold(at(96), &Event::Progress { step: "build", done: 1, waiting: 0 }));
        said.extend(watch.tick(at(121)));
        insta::assert_snapshot!(said.join("\n"), @r"
        Started: step 4, Build it. You will hear from it every 30 seconds.
        Still at step 4: 30 seconds.
        Still at step 4: 1 minute. Last: fetching neovim
        Still at step 4: 1 minute 30 seconds. Last: fetching neovim
        Still building: 1 done, 0 waiting, 2 minutes.
        ");
    }

    #[test]
    fn a_kept_file_is_told_unless_it_was_asked_about() {
        let kept = Event::InTheWay { file: "/h/.zshrc".into(), kept_as: "/h/.zshrc.b".into() };
        let mut watch = Watch::new(&plan());
        assert_eq!(watch.fold(at(0), &kept), ["Kept: your .zshrc is now .zshrc.b."]);
        watch.asked_in_the_way = true;
        assert!(watch.fold(at(0), &kept).is_empty());
    }
}
