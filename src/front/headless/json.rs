//! One JSON object a line, for programs. Paths are shortened with `~`; those in the fleet are
//! relative to it. A secret is `<secret>`.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Report, Scene, Sink};
use crate::event::{Changed, Checked, Event, Outcome, Verdict};
use crate::front::{Finish, sanitise, shown_path};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::run::Command;

/// Goes up when a key changes its meaning or goes away, not when one is added.
const VERSION: u32 = 1;

/// Writes events as JSON lines.
#[derive(Debug)]
pub struct Json<'a, W> {
    sink: Sink<W>,
    scene: Scene<'a>,
    /// The command of each step that is one, by the step's id.
    commands: Vec<(&'static str, Command)>,
}

impl<'a, W: Write> Json<'a, W> {
    pub fn new(out: W, scene: Scene<'a>) -> Self {
        Self { sink: Sink::new(out), scene, commands: Vec::new() }
    }

    /// Why lines are missing, unless nobody reads them any more.
    pub fn trouble(&self) -> Option<&io::Error> {
        self.sink.trouble()
    }

    fn put(&mut self, value: &Value) {
        self.sink.line(&value.to_string());
    }

    fn path(&self, path: &Path) -> String {
        shown_path(self.scene.host, self.scene.fleet, path)
    }

    fn started(&self, step: &'static str, typed: Option<&str>) -> Value {
        let mut event = json!({"event": "started", "step": step});
        let planned = self.commands.iter().find(|(id, _)| *id == step).map(|(_, c)| c);
        if let Some(command) = planned {
            let words = std::iter::once(&command.program).chain(&command.args);
            event["command"] = words.map(|w| json!(w.to_string_lossy())).collect();
            if let Some(cwd) = &command.cwd {
                event["cwd"] = json!(self.scene.host.short(cwd));
            }
        } else if let Some(typed) = typed {
            event["command"] = json!([typed]);
        }
        event
    }

    fn ended(&self, step: &str, outcome: &Outcome, seconds: f64, changes: &[Changed]) -> Value {
        let mut event = json!({
            "event": "ended",
            "step": step,
            "outcome": outcome.word(),
            "seconds": (seconds * 10.0).round() / 10.0,
        });
        let changes: Vec<Value> = changes.iter().filter_map(|c| self.change(c)).collect();
        if !changes.is_empty() {
            event["changes"] = Value::Array(changes);
        }
        match outcome {
            Outcome::Failed { why } => event["why"] = told(why),
            Outcome::NotRun { because } => event["because"] = json!(because),
            Outcome::Done | Outcome::AlreadySo | Outcome::Stopped => {}
        }
        event
    }

    /// `None` for a command: `started` has told it.
    fn change(&self, change: &Changed) -> Option<Value> {
        Some(match change {
            Changed::Created { path, mode, secret } => {
                let mut value = json!({"create": self.path(path), "mode": octal(*mode)});
                if *secret {
                    value["content"] = json!("<secret>");
                }
                value
            }
            Changed::Appended { path } => {
                json!({"append": self.path(path), "content": "<secret>"})
            }
            Changed::Edited { path, lines_added, lines_removed } => {
                let mut value = json!({"edit": self.path(path), "lines_added": lines_added});
                if *lines_removed > 0 {
                    value["lines_removed"] = json!(lines_removed);
                }
                value
            }
            Changed::Mode { path, mode } => json!({"mode": self.path(path), "to": octal(*mode)}),
            Changed::Tracked { paths } => {
                let paths: Vec<_> = paths.iter().map(|p| self.path(p)).collect();
                json!({ "track": paths })
            }
            Changed::Committed { commit, branch, files } => {
                json!({"commit": commit, "branch": branch, "files": files})
            }
            Changed::Activated { generation } => json!({"activate": self.path(generation)}),
            Changed::Ran { .. } => return None,
        })
    }
}

impl<W: Write> Report for Json<'_, W> {
    fn planned(&mut self, plan: &Plan, user: &str) {
        let commands = plan.steps.iter().filter_map(|s| Some((s.id, s.command()?.clone())));
        self.commands = commands.collect();
        let steps: Vec<_> = plan
            .steps
            .iter()
            .map(|s| json!({"id": s.id, "title": s.title, "needs": s.needs.word()}))
            .collect();
        let event = json!({
            "event": "planned",
            "version": VERSION,
            "practice": self.scene.practice,
            "user": user,
            "host": self.scene.host.name,
            "steps": steps,
        });
        self.put(&event);
    }

    fn event(&mut self, event: &Event) {
        let value = match event {
            // Thousands a second would bury what a program can use: lines and progress.
            Event::Nix { .. } => return,
            Event::Started { step, command } => self.started(step, command.as_deref()),
            Event::Line { step, text, .. } => {
                let line = json!({"event": "line", "step": step, "text": sanitise(text)});
                return self.sink.one_of_many(&line.to_string());
            }
            Event::Progress { step, done, waiting } => {
                json!({"event": "progress", "step": step, "done": done, "waiting": waiting})
            }
            Event::Ended { step, outcome, seconds, changes } => {
                self.ended(step, outcome, *seconds, changes)
            }
            Event::InTheWay { file, kept_as } => json!({
                "event": "in_the_way",
                "file": self.path(file),
                "kept_as": self.path(kept_as),
            }),
            Event::Checked(checked) => told_check(checked),
            Event::Said(text) => json!({"event": "said", "text": sanitise(text)}),
        };
        self.put(&value);
    }

    fn rest(&mut self) {
        self.sink.rest();
    }

    fn finish(&mut self, finish: &Finish) {
        let left = finish.left.iter().map(|left| {
            let mut item = Map::new();
            item.insert("for".to_owned(), json!(left.who));
            item.insert("what".to_owned(), json!(left.what));
            item.extend(left.data.clone());
            Value::Object(item)
        });
        let mut event = json!({
            "event": "result",
            "outcome": finish.end.word(),
            "receipt": finish.receipt.as_ref().map(|path| self.path(path)),
            "left": left.collect::<Vec<_>>(),
        });
        if let Some(problem) = &finish.problem {
            event["problem"] = told(problem);
        }
        if let Some(back) = &finish.back {
            event["back"] = json!(back.command);
        }
        event["exit"] = json!(finish.end.exit());
        self.put(&event);
    }

    fn problem(&mut self, problem: &Problem, exit: u8) {
        self.put(&problem_event(problem, exit));
    }
}

/// What ended a run, as an event.
pub fn problem_event(problem: &Problem, exit: u8) -> Value {
    let mut event = json!({"event": "problem", "version": VERSION});
    if let (Value::Object(event), Value::Object(told)) = (&mut event, told(problem)) {
        event.extend(told);
    }
    event["exit"] = json!(exit);
    event
}

fn told(problem: &Problem) -> Value {
    json!({"error": problem.what, "causes": problem.causes, "hints": problem.hints})
}

fn told_check(checked: &Checked) -> Value {
    let ok = match checked.verdict {
        Verdict::Holds => Some(true),
        Verdict::DoesNotHold => Some(false),
        Verdict::NotChecked => None,
    };
    let mut event = Map::new();
    event.insert("event".to_owned(), json!("checked"));
    event.insert("what".to_owned(), json!(checked.what));
    event.insert("ok".to_owned(), json!(ok));
    event.extend(checked.data.clone());
    if ok != Some(true) {
        event.insert("words".to_owned(), json!(checked.words));
    }
    Value::Object(event)
}

fn octal(mode: u32) -> String {
    format!("{:04o}", mode & 0o7777)
}
