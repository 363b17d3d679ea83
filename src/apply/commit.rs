//! The commit of what a run wrote: exactly that, with the repository's hooks, never more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Run;
use super::change::At;
use crate::activate::follow::follow;
use crate::event::{Changed, Event};
use crate::files::{self, Look};
use crate::git;
use crate::plan::Commit;
use crate::problem::Problem;
use crate::receipt::{Ending, Fact, Recorded};

impl Run<'_> {
    /// Commits what this receipt has written since its last commit. `None`: all of it is committed.
    pub(super) fn commit(&mut self, at: At, wish: &Commit) -> Result<Option<Changed>, Problem> {
        let top = &wish.repository;
        let changes = self.journal.receipt().changes();
        let earlier = changes.iter().rev().find(|change| is_this(&change.change, wish));
        let is_made = |earlier: &Recorded| earlier.ending == Some(Ending::Done) && !earlier.undone;
        // What was written since is somebody else's, whose turn comes after this one.
        if earlier.is_some_and(is_made) {
            return Ok(None);
        }
        let written = written(&changes, top);
        let paths: Vec<PathBuf> = written.keys().cloned().collect();
        let paths = git::commit::uncommitted(self.runner, top, &paths)?;
        if paths.is_empty() {
            self.close_earlier(earlier)?;
            return Ok(None);
        }
        for path in &paths {
            self.is_ours(top, path, written.get(path).copied().flatten())?;
        }
        let texts = self.texts(top, &paths);
        let from = git::commit::current_branch(self.runner, top)?;
        let fact = Fact::Commit {
            repository: top.clone(),
            parent: git::commit::head(self.runner, top)?,
            message: wish.message.clone(),
            branch: wish.branch.clone().filter(|name| from.as_ref() != Some(name)),
            from,
        };
        let n = self.begin(at, fact.clone())?;
        let result = self.make(at, n, wish, &fact, &paths);
        let committed = self.close(at, n, result);
        self.edited_by_hooks(at, top, texts)?;
        let commit = committed?;
        Ok(Some(Changed::Committed { commit, branch: wish.branch.clone(), files: paths.len() }))
    }

    /// Closes the record of a commit that was cut off when git had made it.
    fn close_earlier(&mut self, earlier: Option<&Recorded>) -> Result<(), Problem> {
        let Some(earlier) = earlier.filter(|earlier| !earlier.undone) else { return Ok(()) };
        let Fact::Commit { repository: top, parent, message, .. } = &earlier.change else {
            return Ok(());
        };
        let Some(head) = git::commit::head(self.runner, top)? else { return Ok(()) };
        if git::commit::is_commit_of(self.runner, top, &head, parent.as_deref(), message)? {
            self.journal.facts(earlier.n, json!({ "commit": head }))?;
            self.journal.ended(earlier.n, Ending::Done)?;
        }
        Ok(())
    }

    fn make(
        &mut self,
        at: At,
        n: u64,
        wish: &Commit,
        fact: &Fact,
        paths: &[PathBuf],
    ) -> Result<String, Problem> {
        let top = &wish.repository;
        if let Fact::Commit { branch: Some(name), .. } = fact {
            git::commit::switch_to_new(self.runner, top, name)?;
            (self.checkpoint)(&at.named("branched"));
        }
        let command = git::commit::command(self.runner, top, &wish.message, paths)?;
        let Self { runner, attend, log, .. } = self;
        follow(&command, at.step, *runner, *attend, log)?;
        git::commit::settle(self.runner, top, paths)?;
        let commit = git::commit::head(self.runner, top)?
            .ok_or_else(|| Problem::tool("git has made no commit"))?;
        self.journal.facts(n, json!({ "commit": commit }))?;
        Ok(commit)
    }

    /// Refuses to take into the commit what was in the file before the run and is not committed.
    fn is_ours(&mut self, top: &Path, path: &Path, before: Option<&str>) -> Result<(), Problem> {
        let Some(before) = before else { return Ok(()) };
        let committed = git::commit::committed(self.runner, top, path)?;
        if committed.is_some_and(|text| text.lines().eq(before.lines())) {
            return Ok(());
        }
        Err(own_changes(path))
    }

    /// The files as the run left them, as far as they are text.
    fn texts(&self, top: &Path, paths: &[PathBuf]) -> BTreeMap<PathBuf, String> {
        let text = |path: &PathBuf| {
            let place = self.existing(&top.join(path)).ok()?;
            let Look::File(seen) = files::look(&place).ok()? else { return None };
            Some((path.clone(), String::from_utf8(seen.bytes.to_vec()).ok()?))
        };
        paths.iter().filter_map(text).collect()
    }

    /// Writes down what hooks made of the files, so that undo knows them: hooks run formatters.
    fn edited_by_hooks(
        &mut self,
        at: At,
        top: &Path,
        texts: BTreeMap<PathBuf, String>,
    ) -> Result<(), Problem> {
        for (path, before) in texts {
            let whole = top.join(&path);
            let Ok(place) = self.existing(&whole) else { continue };
            let Look::File(seen) = files::look(&place)? else { continue };
            if *seen.bytes == before.as_bytes() {
                continue;
            }
            let fact = Fact::Edit {
                path: whole,
                before,
                after: seen.fingerprint(),
                temporary: files::new_temporary_name(),
            };
            let n = self.journal.began(at.step, fact)?;
            self.journal.ended(n, Ending::Done)?;
            let shown = path.display();
            self.attend
                .event(Event::Said(format!("A hook of the repository has changed {shown}.")));
        }
        Ok(())
    }
}

/// Whether this is the commit that is wished for, of this run or of the one that it goes on with,
/// which may have had more files to name.
fn is_this(fact: &Fact, wish: &Commit) -> bool {
    let subject = git::commit::subject;
    matches!(fact, Fact::Commit { repository, message, .. }
        if *repository == wish.repository && subject(message) == subject(&wish.message))
}

/// What stands in the way of a commit of `path`.
pub(crate) fn own_changes(path: &Path) -> Problem {
    let shown = path.display();
    Problem::user(format!(
        "`{shown}` has changes that were not committed before, so nothing is committed"
    ))
    .hint(format!(
        "commit them first (`git commit -- {shown}`), or leave the commit out: `commit: no`"
    ))
}

/// The repository's files that were written since the last commit, relative to its top, each with its
/// text before the first edit; a file that was made has none.
fn written<'c>(changes: &'c [Recorded], top: &Path) -> BTreeMap<PathBuf, Option<&'c str>> {
    let mut written = BTreeMap::new();
    for change in changes.iter().filter(|change| !change.undone) {
        let done = matches!(change.ending, Some(Ending::Done));
        let (path, before) = match &change.change {
            Fact::Commit { .. } if done => {
                written.clear();
                continue;
            }
            Fact::Create { path, .. } if done => (path, None),
            Fact::Edit { path, before, .. } if done => (path, Some(before.as_str())),
            // What other programs have made for the run, such as clan.
            Fact::Track { repository, paths } if done && repository == top => {
                for path in paths {
                    written.entry(path.clone()).or_insert(None);
                }
                continue;
            }
            _ => continue,
        };
        if let Ok(path) = path.strip_prefix(top) {
            written.entry(path.to_owned()).or_insert(before);
        }
    }
    written
}
