//! A plan as a Markdown text to follow without doorstep: what each step is for, how it is done by
//! hand, and every file it changes. No secret value is in it.

use std::fmt::Write as _;
use std::path::Path;

use similar::TextDiff;

use super::{sanitise, shown_path};
use crate::counted::counted;
use crate::host::Host;
use crate::plan::{Change, Content, Needs, Plan, Step};

/// A plan with what is needed to write of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Runbook<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) host: &'a Host,
    /// The fleet's root.
    pub(crate) fleet: &'a Path,
    /// Whose home it is.
    pub(crate) user: &'a str,
    pub(crate) practice: bool,
}

impl Runbook<'_> {
    /// What the file is called.
    pub(crate) fn name(&self) -> String {
        format!("runbook-{}.md", self.user)
    }

    pub(crate) fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let practice = if self.practice { "Practice. " } else { "" };
        writeln!(out, "# {practice}A home for {}, by hand\n", line(self.user))?;
        writeln!(
            out,
            "{} Written on {}, for the fleet in {}.",
            summary(self.plan),
            line(&self.host.name),
            line(&self.host.short(self.fleet)),
        )?;
        for (number, step) in (1..).zip(&self.plan.steps) {
            writeln!(out, "\n## {number}. {}\n\n{}", line(&step.title), line(&step.why))?;
            self.step(out, step)?;
        }
        self.remarks(out)
    }

    fn step(&self, out: &mut String, step: &Step) -> std::fmt::Result {
        if step.needs == Needs::Admin {
            writeln!(out, "\nIt needs an administrator.")?;
        }
        if !step.by_hand.is_empty() {
            writeln!(out, "\nBy hand:\n")?;
            fenced(out, "", &step.by_hand.join("\n"))?;
        }
        step.changes.iter().try_for_each(|change| self.change(out, change))
    }

    fn change(&self, out: &mut String, change: &Change) -> std::fmt::Result {
        let at = |path: &Path| shown_path(self.host, self.fleet, path);
        match change {
            Change::Create { path, content, mode } => {
                writeln!(out, "\nA new file, mode {mode:04o}: {}\n", at(path))?;
                match content {
                    Content::Text(text) => fenced(out, language(path), text),
                    Content::Secret(_) => writeln!(out, "What is in it is secret."),
                }
            }
            Change::Append { path, .. } => {
                writeln!(out, "\nAt the end of {}: something secret.", at(path))
            }
            Change::Edit { path, before, after } => {
                writeln!(out, "\nChanged: {}\n", at(path))?;
                let diff = TextDiff::from_lines(before, after);
                fenced(out, "diff", &diff.unified_diff().context_radius(3).to_string())
            }
            Change::Seal { path, .. } => {
                writeln!(out, "\nEncrypted in place: {}. What is in it is secret.", at(path))
            }
            Change::Mode { path, before, after } => {
                writeln!(out, "\nThe mode of {} goes from {before:04o} to {after:04o}.", at(path))
            }
            // What they do is what is done by hand.
            Change::Track { .. }
            | Change::Commit(_)
            | Change::Run { .. }
            | Change::Activate(_)
            | Change::Switch(_) => Ok(()),
        }
    }

    fn remarks(&self, out: &mut String) -> std::fmt::Result {
        if self.plan.remarks.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n## Worth knowing")?;
        for remark in &self.plan.remarks {
            writeln!(out, "\n{}", line(&remark.text))?;
            let places: Vec<String> =
                remark.places.iter().map(|(place, text)| format!("{place}   {text}")).collect();
            if !places.is_empty() {
                out.push('\n');
                fenced(out, "", &places.join("\n"))?;
            }
        }
        Ok(())
    }
}

/// How many steps there are and whom they take.
pub(crate) fn summary(plan: &Plan) -> String {
    let steps = counted(plan.steps.len(), "step");
    let admin = match plan.steps.iter().filter(|step| step.needs == Needs::Admin).count() {
        0 => "None needs an administrator.".to_owned(),
        1 => "1 needs an administrator.".to_owned(),
        n => format!("{n} need an administrator."),
    };
    format!("{steps}. {admin} Nothing has been changed yet.")
}

/// One line of text from outside.
fn line(text: &str) -> String {
    text.lines().map(|line| sanitise(line).into_owned()).collect::<Vec<_>>().join(" ")
}

fn language(path: &Path) -> &'static str {
    crate::front::tui::code::Language::of(path).fence()
}

/// `text` between fences that it cannot close.
fn fenced(out: &mut String, language: &str, text: &str) -> std::fmt::Result {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    writeln!(out, "{fence}{language}")?;
    for line in text.lines() {
        writeln!(out, "{}", sanitise(line))?;
    }
    writeln!(out, "{fence}")
}

/// How many backticks stand side by side in `text` at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::plan::Remark;
    use crate::question::example::Example;

    fn step(changes: Vec<Change>, by_hand: &[&str]) -> Step {
        Step {
            id: "one",
            title: "Do it".into(),
            why: "So that it is done.".into(),
            needs: Needs::Admin,
            by_hand: by_hand.iter().map(|line| (*line).to_owned()).collect(),
            changes,
            decided_by: None,
        }
    }

    fn written(plan: &Plan, practice: bool) -> String {
        let example = Example::raquel();
        let fleet = &example.fleet.root;
        Runbook { plan, host: &example.host, fleet, user: "raquel", practice }.markdown()
    }

    #[test]
    fn a_plan_becomes_a_text_to_follow() {
        let fleet = PathBuf::from("/Users/raquel/fleet");
        let changes = vec![
            Change::Create {
                path: "/Users/raquel/keys.txt".into(),
                content: Content::secret("AGE-SECRET-KEY-CANARY".into()),
                mode: 0o600,
            },
            Change::Create {
                path: fleet.join("raquel.nix"),
                content: Content::Text("{ }\n".into()),
                mode: 0o644,
            },
            Change::Edit {
                path: fleet.join(".sops.yaml"),
                before: "keys:\n".into(),
                after: "keys:\n  - a\n".into(),
            },
        ];
        let remark = Remark {
            warns: false,
            text: "These places name ada.".into(),
            places: vec![("check.nix:3".into(), "\"ada\"".into())],
        };
        let plan = Plan {
            steps: vec![step(changes, &["cd ~/fleet", "make it"])],
            bounds: Vec::new(),
            remarks: vec![remark],
            ..Plan::default()
        };
        let text = written(&plan, true);
        assert!(!text.contains("CANARY"));
        insta::assert_snapshot!(text, @r#"
        # Practice. A home for raquel, by hand

        1 step. 1 needs an administrator. Nothing has been changed yet. Written on blackphos, for the fleet in ~/fleet.

        ## 1. Do it

        So that it is done.

        It needs an administrator.

        By hand:

        ```
        cd ~/fleet
        make it
        ```

        A new file, mode 0600: ~/keys.txt

        What is in it is secret.

        A new file, mode 0644: raquel.nix

        ```nix
        { }
        ```

        Changed: .sops.yaml

        ```diff
        @@ -1 +1,2 @@
         keys:
        +  - a
        ```

        ## Worth knowing

        These places name ada.

        ```
        check.nix:3   "ada"
        ```
        "#);
    }

    #[test]
    fn no_text_of_a_fleet_ends_its_fence() {
        let text = "a\n```\n# not a heading\n````\n\u{1b}]0;x\u{7}\n";
        let change = Change::Create {
            path: "/x/y.nix".into(),
            content: Content::Text(text.into()),
            mode: 0o644,
        };
        let plan = Plan { steps: vec![step(vec![change], &[])], ..Plan::default() };
        let text = written(&plan, false);
        assert_eq!(text.matches("\n`````").count(), 2);
        assert!(!text.contains('\u{1b}'));
    }
}
