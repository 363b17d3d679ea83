//! What is said while a plan is carried out: few lines, each when it is true, and one every 30
//! seconds while something takes long.

use std::time::Duration;

use super::wording::{capital, duration, list, small};
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::front::{sanitise, takes_long};
use crate::plan::Plan;
use crate::problem::Problem;

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
            asked_in_the_way: false,
        }
    }

    /// What to say now that `event` happened at `at`.
    pub(super) fn fold(&mut self, at: Duration, event: &Event) -> Vec<String> {
        let mut said = self.tick(at);
        match event {
            Event::Started { step, .. } => said.extend(self.started(at, step)),
            Event::Line { text, .. } => {
                let text = sanitise(text);
                if let Some(running) = self.running.as_mut().filter(|_| !text.trim().is_empty()) {
                    running.last = Some(text.trim().to_owned());
                }
            }
            Event::Progress { done, waiting, .. } => {
                if let Some(running) = &mut self.running {
                    running.counts = Some((*done, *waiting));
                }
            }
            Event::Ended { step, outcome, seconds, .. } => {
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
                format!("Done: steps {}.", list(&numbers))
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
    lines(&mut said, "What helps", &problem.hints);
    said
}

fn told_check(checked: &Checked) -> String {
    let verdict = match checked.verdict {
        Verdict::Holds => "Checked",
        Verdict::DoesNotHold => "Not so",
        Verdict::NotChecked => "Not checked",
    };
    format!("{verdict}: {}", small(&sanitise(&checked.words)))
}

/// Whole seconds of a time that was measured; what is no time is none.
fn whole(seconds: f64) -> u64 {
    Duration::try_from_secs_f64(seconds.round()).unwrap_or_default().as_secs()
}
