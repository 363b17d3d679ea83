//! What becomes of a commit: it stays, and the person is told how to take it out of the history
//! themselves, where that harms nobody.

use crate::git;
use crate::problem::Problem;
use crate::receipt::{Fact, Recorded};
use crate::run::{Runner, shell_word};

/// What there was to take back.
pub(super) enum Taken {
    Nothing,
    /// A branch of this name, on which nothing had been committed.
    Branch(String),
    /// Nothing is taken back: `commit` is its short name, `advice` ends a sentence.
    Stays {
        commit: String,
        advice: String,
    },
}

/// The commit that this change is known to have made.
pub(super) fn recorded(change: &Recorded) -> Option<&str> {
    let is_commit = matches!(change.change, Fact::Commit { .. });
    change.facts.as_ref().filter(|_| is_commit).and_then(|facts| facts["commit"].as_str())
}

/// `ours`: every commit that the run has made.
pub(super) fn take_back(
    change: &Recorded,
    ours: &[String],
    runner: &mut dyn Runner,
) -> Result<Taken, Problem> {
    let Fact::Commit { repository, parent, message, branch, from } = &change.change else {
        return Ok(Taken::Nothing);
    };
    let top = repository.as_path();
    let head = git::commit::head(runner, top)?;
    let made = match (recorded(change), &head) {
        (Some(commit), _) => Some(commit.to_owned()),
        // Cut off before it could be written down.
        (None, Some(head))
            if git::commit::is_commit_of(runner, top, head, parent.as_deref(), message)? =>
        {
            Some(head.clone())
        }
        _ => None,
    };
    let Some(commit) = made else {
        let Some(name) = branch else { return Ok(Taken::Nothing) };
        let is_on_it = git::commit::current_branch(runner, top)?.as_ref() == Some(name);
        if !is_on_it || head != *parent {
            return Ok(Taken::Nothing);
        }
        git::commit::leave_branch(runner, top, name, from.as_deref())?;
        return Ok(Taken::Branch(name.clone()));
    };
    let short = git::abbreviated(&commit).to_owned();
    let folder = shell_word(&top.display().to_string());
    let above = git::commit::since(runner, top, &commit)?;
    let is_last = above.is_some_and(|above| above.iter().all(|commit| ours.contains(commit)));
    let is_alone = is_last && !git::commit::is_pushed(runner, top, &commit)?;
    let advice = match parent.as_ref().filter(|_| is_alone) {
        // By its name: several commits of a run can be taken out one after the other, or all at once.
        Some(parent) => {
            let parent = git::abbreviated(parent);
            format!("; to take it out: git -C {folder} reset --soft {parent}")
        }
        None => format!("; to take its changes back in a new one: git -C {folder} revert {short}"),
    };
    Ok(Taken::Stays { commit: short, advice })
}
