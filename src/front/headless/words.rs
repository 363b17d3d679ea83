//! Short lines for people who read a log.

use std::io::{self, Write};

use super::{Report, Scene, Sink};
use crate::counted::counted;
use crate::event::{Changed, Event, Outcome, Verdict};
use crate::front::{Finish, sanitise, shown_path};
use crate::git;
use crate::plan::{Needs, Plan};
use crate::problem::Problem;

/// How many changes of one step are told one by one: a thousand would bury what comes after them.
const MOST_CHANGES: usize = 12;

/// Writes events as lines of text.
#[derive(Debug)]
pub struct Words<'a, W> {
    sink: Sink<W>,
    scene: Scene<'a>,
    titles: Vec<(&'static str, String)>,
}

impl<'a, W: Write> Words<'a, W> {
    pub fn new(out: W, scene: Scene<'a>) -> Self {
        Self { sink: Sink::new(out), scene, titles: Vec::new() }
    }

    /// Why lines are missing, unless nobody reads them any more.
    pub fn trouble(&self) -> Option<&io::Error> {
        self.sink.trouble()
    }

    /// Whatever the words are made of, nothing steers the terminal that shows them.
    fn put(&mut self, text: impl AsRef<str>) {
        for line in text.as_ref().lines() {
            self.sink.line(&sanitise(line));
        }
    }

    /// The step's number and title.
    fn step(&self, id: &str) -> String {
        let at = self.titles.iter().position(|(step, _)| *step == id);
        match at.and_then(|at| Some((at + 1, self.titles.get(at)?))) {
            Some((number, (_, title))) => format!("{number} {title}"),
            None => id.to_owned(),
        }
    }

    fn path(&self, path: &std::path::Path) -> String {
        shown_path(self.scene.host, self.scene.fleet, path)
    }

    fn ended(&mut self, step: &str, outcome: &Outcome, seconds: f64, changes: &[Changed]) {
        let step = self.step(step);
        self.put(match outcome {
            Outcome::Done if seconds < 1.0 => format!("done: {step}"),
            Outcome::Done => format!("done: {step}, {seconds:.0} s"),
            Outcome::AlreadySo => format!("already so: {step}"),
            Outcome::Failed { .. } => format!("failed: {step}, after {seconds:.0} s"),
            Outcome::NotRun { because } => format!("not run: {step}: {because}"),
            Outcome::Stopped => format!("stopped: {step}"),
        });
        // One line more than there is room for is no reason to leave any out.
        let shown = if changes.len() > MOST_CHANGES + 1 { MOST_CHANGES } else { changes.len() };
        for change in &changes[..shown] {
            if let Some(line) = self.change(change) {
                self.put(format!("  {line}"));
            }
        }
        if shown < changes.len() {
            self.put(format!("  and {} more; the receipt has them all", changes.len() - shown));
        }
        if let Outcome::Failed { why } = outcome {
            self.put(why.to_string());
        }
    }

    fn change(&self, change: &Changed) -> Option<String> {
        Some(match change {
            Changed::Created { path, mode, .. } => {
                format!("made {} (mode {:04o})", self.path(path), mode & 0o7777)
            }
            Changed::Appended { path } => format!("added to {}", self.path(path)),
            Changed::Edited { path, lines_added, lines_removed: 0 } => {
                format!("changed {}: {}", self.path(path), lines(*lines_added, "more"))
            }
            Changed::Edited { path, lines_added, lines_removed } => {
                let fewer = lines(*lines_removed, "removed");
                format!("changed {}: {}, {fewer}", self.path(path), lines(*lines_added, "more"))
            }
            Changed::Mode { path, mode } => {
                format!("mode of {} is now {:04o}", self.path(path), mode & 0o7777)
            }
            Changed::Tracked { paths } => {
                let paths: Vec<_> = paths.iter().map(|p| self.path(p)).collect();
                format!("shown to git: {}", paths.join(", "))
            }
            Changed::Committed { commit, branch, files } => {
                let on =
                    branch.as_ref().map(|b| format!(" on {}", sanitise(b))).unwrap_or_default();
                let files = counted(*files, "file");
                format!("committed {files}{on}: {}", git::abbreviated(commit))
            }
            Changed::Activated { generation } => format!("active: {}", self.path(generation)),
            Changed::Ran { .. } => return None,
        })
    }
}

impl<W: Write> Report for Words<'_, W> {
    fn planned(&mut self, plan: &Plan, user: &str) {
        self.titles = plan.steps.iter().map(|s| (s.id, s.title.clone())).collect();
        let practice = if self.scene.practice { "Practice. " } else { "" };
        let count = match plan.steps.len() {
            0 => "Everything is already so. Nothing to apply.".to_owned(),
            1 => format!("1 step for {user}."),
            n => format!("{n} steps for {user}."),
        };
        self.put(format!("{practice}{count}"));
        for (index, step) in plan.steps.iter().enumerate() {
            let admin = if step.needs == Needs::Admin { " (admin)" } else { "" };
            self.put(format!("  {} {}{admin}", index + 1, step.title));
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Started { step, command: Some(command) } => {
                let step = self.step(step);
                self.put(format!("started: {step}"));
                self.put(format!("  $ {}", command));
            }
            Event::Started { .. } | Event::Progress { .. } | Event::Nix { .. } => {}
            Event::Line { text, .. } => {
                for line in format!("  | {text}").lines() {
                    self.sink.one_of_many(&sanitise(line));
                }
            }
            Event::Ended { step, outcome, seconds, changes } => {
                self.ended(step, outcome, *seconds, changes);
            }
            Event::InTheWay { file, kept_as } => {
                let line = format!("kept: {} is now {}", self.path(file), self.path(kept_as));
                self.put(line);
            }
            Event::Checked(checked) => {
                let verdict = match checked.verdict {
                    Verdict::Holds => "checked",
                    Verdict::DoesNotHold => "problem",
                    Verdict::NotChecked => "not checked",
                };
                self.put(format!("{verdict}: {}", checked.words));
            }
            Event::Said(text) => self.put(text),
        }
    }

    fn rest(&mut self) {
        self.sink.rest();
    }

    fn finish(&mut self, finish: &Finish) {
        if let Some(problem) = &finish.problem {
            self.put(problem.to_string());
        }
        for left in &finish.left {
            self.put(format!("left for {}: {}", left.who, left.words));
        }
        self.put(&finish.heading);
        if let Some(receipt) = &finish.receipt {
            let receipt = self.path(receipt);
            self.put(format!("receipt: {receipt}"));
        }
        if let Some(back) = &finish.back {
            self.put(format!("{}: {}", back.words, back.command));
        }
    }

    fn problem(&mut self, problem: &Problem, _exit: u8) {
        self.put(problem.to_string());
    }
}

fn lines(count: usize, what: &str) -> String {
    format!("{} {what}", counted(count, "line"))
}
