//! A plan, shown before it happens: in words, as diffs, or as one JSON object.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use similar::TextDiff;

use super::{sanitise, shown_path};
use crate::host::Host;
use crate::plan::{Change, Content, Needs, Plan, Step};

/// A plan with what is needed to speak of it.
#[derive(Debug, Clone, Copy)]
pub struct Preview<'a> {
    pub plan: &'a Plan,
    pub host: &'a Host,
    pub fleet: &'a Path,
    pub user: &'a str,
}

impl Preview<'_> {
    /// For people: each step with its reason, and with `diff` every file that changes.
    pub fn words(&self, diff: bool) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out, diff);
        // Names of files and people, and what stands in commands, are the fleet's text.
        sanitised(&out)
    }

    fn write(&self, out: &mut String, diff: bool) -> std::fmt::Result {
        match self.plan.steps.len() {
            0 => writeln!(out, "Everything is already so. Nothing to apply.")?,
            1 => writeln!(out, "1 step for {}. Nothing has been changed yet.", self.user)?,
            n => writeln!(out, "{n} steps for {}. Nothing has been changed yet.", self.user)?,
        }
        for (number, step) in (1..).zip(&self.plan.steps) {
            let admin = if step.needs == Needs::Admin { " Needs an administrator." } else { "" };
            writeln!(out, "\n{number}. {}. {}{admin}", step.title, step.why)?;
            for line in &step.by_hand {
                writeln!(out, "   by hand: {line}")?;
            }
            if diff {
                for change in &step.changes {
                    out.push_str(&self.diff(change));
                }
            }
        }
        for remark in &self.plan.remarks {
            writeln!(out, "\n{}", remark.text)?;
            for (place, line) in &remark.places {
                writeln!(out, "   {place}   {line}")?;
            }
        }
        Ok(())
    }

    /// A change as a unified diff; a secret is one word.
    pub(crate) fn diff(&self, change: &Change) -> String {
        let name = |path: &Path| shown_path(self.host, self.fleet, path);
        let unified = |path: &Path, before: &str, after: &str| {
            TextDiff::from_lines(before, after)
                .unified_diff()
                .context_radius(3)
                .header(&name(path), &name(path))
                .to_string()
        };
        match change {
            Change::Create { path, content: Content::Text(text), .. } => unified(path, "", text),
            Change::Edit { path, before, after } => unified(path, before, after),
            Change::Create { path, content, .. } | Change::Append { path, content } => {
                format!("+++ {}\n+{}\n", name(path), content.shown())
            }
            Change::Seal { path, before, after } => unified(path, before.shown(), after),
            Change::Mode { path, before, after } => {
                format!("mode of {}: {before:04o} becomes {after:04o}\n", name(path))
            }
            Change::Track { .. }
            | Change::Commit(_)
            | Change::Run { .. }
            | Change::Activate(_)
            | Change::Switch(_) => String::new(),
        }
    }

    /// For programs: one object.
    pub fn json(&self) -> Value {
        json!({
            "version": 1,
            "user": self.user,
            "host": self.host.name,
            "fleet": self.fleet,
            "steps": self.plan.steps.iter().map(|step| self.step(step)).collect::<Vec<_>>(),
            "remarks": self.plan.remarks.iter().map(|remark| {
                let places: Vec<_> = remark
                    .places
                    .iter()
                    .map(|(place, text)| json!({ "place": place, "text": text }))
                    .collect();
                json!({ "text": remark.text, "places": places })
            }).collect::<Vec<_>>(),
        })
    }

    fn step(&self, step: &Step) -> Value {
        let changes: Vec<Value> = step.changes.iter().map(|change| self.change(change)).collect();
        json!({
            "id": step.id, "title": step.title, "why": step.why, "needs": step.needs.word(),
            "by_hand": step.by_hand, "changes": changes,
        })
    }

    fn change(&self, change: &Change) -> Value {
        let name = |path: &Path| shown_path(self.host, self.fleet, path);
        match change {
            Change::Create { path, content, mode } => json!({
                "create": name(path), "mode": format!("{mode:04o}"), "content": content.shown(),
            }),
            Change::Append { path, content } => {
                json!({ "append": name(path), "content": content.shown() })
            }
            Change::Edit { path, .. } => json!({ "edit": name(path), "diff": self.diff(change) }),
            Change::Seal { path, .. } => json!({ "seal": name(path), "diff": self.diff(change) }),
            Change::Mode { path, before, after } => json!({
                "mode": name(path),
                "before": format!("{before:04o}"),
                "after": format!("{after:04o}"),
            }),
            Change::Track { paths, .. } => json!({ "track": paths }),
            Change::Commit(commit) => json!({ "commit": commit.message, "branch": commit.branch }),
            Change::Run { command } => json!({ "run": command.typed() }),
            Change::Activate(activation) => json!({ "activate": activation.command.typed() }),
            Change::Switch(switch) => json!({ "switch": switch.command.typed() }),
        }
    }
}

fn sanitised(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", sanitise(line))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::host::{Account, Os};
    use crate::plan::{Remark, Step};

    #[test]
    fn nothing_that_a_fleet_names_steers_the_terminal() {
        let evil = "x\u{1b}]0;owned\u{7}\u{1b}[2Jy\u{202e}";
        let step = Step {
            id: "one",
            title: evil.into(),
            why: evil.into(),
            needs: Needs::You,
            by_hand: vec![evil.into()],
            changes: Vec::new(),
            decided_by: None,
        };
        let remark =
            Remark { warns: false, text: evil.into(), places: vec![(evil.into(), evil.into())] };
        let plan = Plan {
            steps: vec![step],
            bounds: Vec::new(),
            remarks: vec![remark],
            ..Plan::default()
        };
        let account = Account {
            name: "zoe".into(),
            uid: 501,
            home: PathBuf::from("/home/zoe"),
            full_name: None,
        };
        let host = Host::pretend(account, "quartz", Os::Linux, "x86_64", BTreeMap::new());
        let fleet = Path::new("/srv/fleet");
        let words = Preview { plan: &plan, host: &host, fleet, user: evil }.words(true);
        assert!(!words.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{words:?}");
        assert!(words.contains("1. xy. xy"), "{words}");
    }
}
