//! The commit of what the steps before it have written, where it was asked for. The files of the
//! commit come from the receipt, so that a run which was cut off commits all of its own.

use std::path::{Path, PathBuf};

use super::Context;
use crate::answers::{self, Mode};
use crate::counted::listed;
use crate::plan::{Change, Commit, Needs, Plan, Step};
use crate::problem::Problem;
use crate::run::shell_word;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let branch = match &cx.person.commit {
        answers::Commit::No => return Ok(None),
        answers::Commit::One => None,
        answers::Commit::Branch(name) => Some(name.clone()),
    };
    let Some(repository) = &cx.surroundings.repository else { return Ok(None) };
    let written = Written::of(plan, repository);
    // A run that is gone on with may have written everything before.
    if written.is_empty() && cx.surroundings.unfinished.is_none() {
        return Ok(None);
    }
    let subject = subject(cx);
    let on = branch.as_ref().map(|name| format!(" on the new branch {name}")).unwrap_or_default();
    let folder = cx.host.typed(repository);
    let mut by_hand = Vec::new();
    if let Some(name) = &branch {
        by_hand.push(format!("git -C {folder} switch --create {}", shell_word(name)));
    }
    by_hand.push(format!(
        "git -C {folder} commit -m {} -- {}",
        shell_word(&subject),
        written.words().join(" ")
    ));
    let message = written.message(&subject);
    Ok(Some(Step {
        id: "commit",
        title: "Commit the files".to_owned(),
        why: format!("One commit{on}: {subject}. Nothing is pushed."),
        needs: Needs::You,
        by_hand,
        changes: vec![Change::Commit(Commit { repository: repository.clone(), branch, message })],
        decided_by: Some("commit"),
    }))
}

/// Who and where, in one line.
fn subject(cx: &Context) -> String {
    let user = &cx.person.username;
    match (cx.person.mode, &cx.person.hosts[..]) {
        (_, []) => format!("Add {user}"),
        (Mode::Standalone, [host, ..]) => format!("Add the home of {user} on {host}"),
        (Mode::Integrated, hosts) => format!("Add {user} to {}", listed(hosts)),
    }
}

/// The repository's files that a plan writes, relative to its top, each once.
struct Written {
    new: Vec<PathBuf>,
    changed: Vec<PathBuf>,
    /// Files, and folders with more of them, that another program makes for the plan.
    made: Vec<PathBuf>,
}

impl Written {
    fn of(plan: &Plan, repository: &Path) -> Self {
        let mut written = Self { new: Vec::new(), changed: Vec::new(), made: Vec::new() };
        for change in plan.steps.iter().flat_map(|step| &step.changes) {
            if let Change::Track { repository: tracked, paths } = change
                && tracked == repository
            {
                let made = paths.iter().filter(|path| !written.new.contains(path)).cloned();
                written.made.extend(made.collect::<Vec<_>>());
            }
            let (list, path) = match change {
                Change::Create { path, .. } => (&mut written.new, path),
                Change::Edit { path, .. } => (&mut written.changed, path),
                _ => continue,
            };
            let Ok(path) = path.strip_prefix(repository) else { continue };
            if !list.iter().any(|known| known == path) {
                list.push(path.to_owned());
            }
        }
        written
    }

    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.changed.is_empty() && self.made.is_empty()
    }

    fn words(&self) -> Vec<String> {
        let paths = self.changed.iter().chain(&self.new).chain(&self.made);
        paths.map(|path| shell_word(&path.to_string_lossy())).collect()
    }

    /// The subject, and below it what becomes of which file.
    fn message(&self, subject: &str) -> String {
        let mut message = subject.to_owned();
        let lists = [("New", &self.new), ("Changed", &self.changed), ("Also", &self.made)];
        for (what, paths) in lists {
            if paths.is_empty() {
                continue;
            }
            message.push_str(if message == subject { "\n\n" } else { "\n" });
            message.push_str(&format!("{what}:"));
            for path in paths {
                message.push_str(&format!("\n  {}", path.display()));
            }
        }
        message
    }
}
