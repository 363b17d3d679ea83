//! The plan in words, before anything is changed.

use similar::{ChangeTag, TextDiff};

use super::asking::{Typed, numbers, refuse, typed};
use super::talk::{Ended, Talk};
use super::wording::{capital, is_or_are, place};
use super::{Decision, Journey, Work};
use crate::answers::Settled;
use crate::counted::counted;
use crate::front::runbook::{self, Runbook};
use crate::front::sanitise;
use crate::plan::{Change, Content, Needs, Plan, Step};
use crate::question::question;

/// Lines of a file that are read out; more is for an editor.
const READ_OUT: usize = 12;

const HELP: &str = "\
Type the number of a step to hear what it changes and how it is done by hand.
Type save to write all of that to a file. Type apply to do it. Back changes an answer.";

impl Journey<'_> {
    pub(super) fn review(
        &self,
        talk: &mut dyn Talk,
        work: &mut dyn Work,
        plan: &Plan,
        settled: &Settled,
    ) -> Result<Decision, Ended> {
        talk.say(&format!("{}Review. {}", self.mark(), runbook::summary(plan)));
        for (index, step) in plan.steps.iter().enumerate() {
            let admin = if step.needs == Needs::Admin { " For an administrator." } else { "" };
            talk.say(&format!("{}. {}.{admin} {}", index + 1, step.title, step.why));
        }
        for remark in &plan.remarks {
            talk.say(&sanitise(&remark.text));
            for (place, line) in &remark.places {
                talk.say(&beside(&sanitise(place), &sanitise(line.trim())));
            }
        }
        for line in chosen_for_you(settled) {
            talk.say(&line);
        }
        talk.say(
            "Type a number to hear more, save for a runbook, or apply. There is no suggestion here.",
        );
        loop {
            match typed(talk, HELP)? {
                Typed::Text(text) if text == "apply" => return Ok(Decision::Apply),
                Typed::Text(text) if text == "save" => {
                    let runbook = self.runbook(plan, settled);
                    match work.save(&runbook.name(), &runbook.markdown()) {
                        Ok(path) => talk.say(&format!("Saved as {}.", place(self.host, &path))),
                        Err(problem) => refuse(talk, &problem, ""),
                    }
                }
                Typed::Text(text) => match numbers(&text, plan.steps.len()).as_deref() {
                    Some([index]) => {
                        let lines = self.more(*index + 1, &plan.steps[*index]);
                        lines.iter().for_each(|line| talk.say(line));
                    }
                    _ => talk.say("Type a number, save, apply, back or quit."),
                },
                Typed::Nothing | Typed::Rest => {
                    talk.say("There is no suggestion here. Type apply when you want it done.");
                }
                Typed::Back => return Ok(Decision::Back),
                Typed::Quit => return Ok(Decision::Quit),
            }
        }
    }

    /// All steps by hand, to read in an editor.
    fn runbook<'a>(&'a self, plan: &'a Plan, settled: &'a Settled) -> Runbook<'a> {
        Runbook {
            plan,
            host: self.host,
            fleet: &self.fleet.root,
            user: settled.username(),
            practice: self.practice,
        }
    }

    fn more(&self, number: usize, step: &Step) -> Vec<String> {
        let mut lines = vec![format!("Step {number}, {}. {}", step.title, step.why)];
        if step.needs == Needs::Admin {
            lines.push("It needs an administrator.".to_owned());
        }
        for change in &step.changes {
            lines.extend(self.change(change));
        }
        if !step.by_hand.is_empty() {
            lines.push("By hand:".to_owned());
            lines.extend(step.by_hand.iter().flat_map(|l| l.lines()).map(|l| sanitise(l).into()));
        }
        lines
    }

    /// A change in words.
    fn change(&self, change: &Change) -> Vec<String> {
        let at = |path| place(self.host, path);
        match change {
            Change::Create { path, content, mode } => {
                let open = if mode & 0o077 == 0 { ", readable by you alone" } else { "" };
                let new = format!("A new file{open}: {}.", at(path));
                match content {
                    Content::Text(text) => [vec![new], read_out(text.lines())].concat(),
                    Content::Secret(_) => vec![new, "What is in it is not read out.".to_owned()],
                }
            }
            Change::Append { path, .. } => {
                vec![format!("Added at the end of {}. It is not read out.", at(path))]
            }
            Change::Edit { path, before, after } => {
                let mut lines = vec![format!("Changed: {}.", at(path))];
                lines.extend(difference(before, after));
                lines
            }
            Change::Seal { path, .. } => {
                vec![format!("Encrypted in place: {}. What is in it is not read out.", at(path))]
            }
            Change::Mode { path, before, after } => {
                vec![format!("The mode of {} goes from {before:04o} to {after:04o}.", at(path))]
            }
            Change::Track { paths, .. } => {
                let files = counted(paths.len(), "file");
                let mut lines = vec![format!("git is told of {files}; nothing is committed.")];
                lines.extend(paths.iter().map(|p| sanitise(&p.display().to_string()).into()));
                lines
            }
            Change::Commit(commit) => {
                let on = match &commit.branch {
                    Some(branch) => format!(" on the new branch {}", sanitise(branch)),
                    None => String::new(),
                };
                let mut lines = vec![format!("One commit{on}. Its message:")];
                lines.extend(read_out(commit.message.lines()));
                lines
            }
            Change::Run { command } => vec![format!("The command is: {}", command.typed())],
            Change::Activate(activation) => {
                vec![format!("The command is: {}", activation.command.typed())]
            }
            Change::Switch(switch) => {
                vec![format!("The command is: {}", switch.command.typed())]
            }
        }
    }
}

/// What belongs to a remark. Words say what it is, such as `not found`; a place does not.
fn beside(place: &str, line: &str) -> String {
    match place.contains(' ') {
        true => format!("{}: {line}", capital(place)),
        false => format!("At {place}: {line}"),
    }
}

/// What was taken without being heard.
fn chosen_for_you(settled: &Settled) -> Vec<String> {
    let told = |id: &&str| {
        let words = question(id)?.told(&settled.answers);
        (!words.is_empty()).then(|| format!("Chosen for you: {}, {words}.", subject_of(id)))
    };
    settled.suggested.iter().filter_map(told).collect()
}

/// What a question is about, to be heard.
fn subject_of(id: &str) -> String {
    match id {
        "name" => "full name".to_owned(),
        "mode" => "who applies it".to_owned(),
        "hosts" => "machines".to_owned(),
        "aggregates" => "features".to_owned(),
        "readers" => "who else can open your secrets".to_owned(),
        other => other.replace('_', " "),
    }
}

/// An edit in words: runs of lines, with the line of the old text they follow.
fn difference(before: &str, after: &str) -> Vec<String> {
    let mut said = Vec::new();
    for group in TextDiff::from_lines(before, after).grouped_ops(0) {
        for op in &group {
            let diff = TextDiff::from_lines(before, after);
            let changes: Vec<_> = diff.iter_changes(op).collect();
            let of = |tag| {
                let lines = changes.iter().filter(move |c| c.tag() == tag);
                lines.map(|c| c.value().trim_end_matches(['\n', '\r'])).collect::<Vec<_>>()
            };
            let (gone, come) = (of(ChangeTag::Delete), of(ChangeTag::Insert));
            let first = op.old_range().start + 1;
            if !gone.is_empty() {
                let lines = counted(gone.len(), "line");
                let verb = is_or_are(gone.len());
                said.push(format!("From line {first}, {lines} {verb} taken out:"));
                said.extend(read_out(gone.into_iter()));
            }
            if !come.is_empty() {
                let lines = counted(come.len(), "line");
                let verb = if come.len() == 1 { "comes" } else { "come" };
                said.push(format!("Before line {first}, {lines} {verb} in:"));
                said.extend(read_out(come.into_iter()));
            }
        }
    }
    said
}

fn read_out<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let all: Vec<&str> = lines.collect();
    let mut said: Vec<String> =
        all.iter().take(READ_OUT).map(|line| sanitise(line).into_owned()).collect();
    if let Some(more) = all.len().checked_sub(READ_OUT).filter(|more| *more > 0) {
        said.push(format!("And {}.", counted(more, "more line")));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_told_by_its_lines() {
        let before = "keys:\n  - &a age1\nrules:\n  - x\n";
        let after = "keys:\n  - &a age1\n  - &b age1b\nrules:\n  - y\n";
        insta::assert_snapshot!(difference(before, after).join("\n"), @r"
        Before line 3, 1 line comes in:
          - &b age1b
        From line 4, 1 line is taken out:
          - x
        Before line 4, 1 line comes in:
          - y
        ");
    }

    #[test]
    fn only_a_place_is_somewhere() {
        assert_eq!(beside("hosts/basalt.nix:3", "x = 1;"), "At hosts/basalt.nix:3: x = 1;");
        assert_eq!(beside("not found", "a binding `x`"), "Not found: a binding `x`");
    }

    #[test]
    fn a_long_text_is_cut() {
        let text = "x\n".repeat(20);
        let said = read_out(text.lines());
        assert_eq!(said.len(), READ_OUT + 1);
        assert_eq!(said[READ_OUT], "And 8 more lines.");
    }
}
