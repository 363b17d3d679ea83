//! One commit of exactly the files that a run wrote: on the branch that is checked out, or on a new
//! one. History is only ever added to, and nothing is pushed.
//!
//! The repository's hooks run, unlike with every other call: they are the fleet's own rules for a
//! commit. So does its signing, on the real terminal.

use std::path::{Path, PathBuf};

use super::{Repository, bare, found, quoted, read, succeed, write};
use crate::problem::Problem;
use crate::run::{Asks, Command, Runner, shell_word};

/// Whatever git has begun and not ended, by the file that says so in its folder, as
/// `git status` looks for it (wt-status.c).
const UNDER_WAY: [(&str, &str); 7] = [
    ("MERGE_HEAD", "merge"),
    ("rebase-merge", "rebase"),
    ("rebase-apply/applying", "series of patches (git am)"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisection"),
];

/// What git is in the middle of, such as `merge`.
pub fn under_way(runner: &mut dyn Runner, folder: &Path) -> Result<Option<&'static str>, Problem> {
    let command = read(folder).args(["rev-parse", "--absolute-git-dir"]);
    let own = succeed(runner, &command)?.stdout;
    Ok(under_way_in(Path::new(own.trim_end_matches('\n'))))
}

/// The same of the work tree at `folder`, from files alone: for before git is asked anything.
pub fn seen_under_way(folder: &Path) -> Option<&'static str> {
    under_way_in(&super::own_folder(folder)?)
}

fn under_way_in(own: &Path) -> Option<&'static str> {
    UNDER_WAY.iter().find(|(file, _)| own.join(file).exists()).map(|(_, what)| *what)
}

/// Whether a commit with these settings could be made in the repository.
///
/// # Errors
/// Git is in the middle of something, nobody's name is set for commits, no branch would get the
/// commit, or the new one cannot be made.
pub fn may_commit(
    runner: &mut dyn Runner,
    repository: &Repository,
    branch: Option<&str>,
) -> Result<(), Problem> {
    let top = &repository.top;
    if let Some(what) = under_way(runner, top)? {
        return Err(Problem::user(format!(
            "git is in the middle of a {what}, so nothing is committed"
        ))
        .hint(format!(
            "end the {what} first (`git status` says how), or leave the commit out: `commit: no`"
        )));
    }
    let who = runner.output(&read(top).args(["var", "GIT_COMMITTER_IDENT"]))?;
    if !who.ok() {
        return Err(Problem::user("git does not know in whose name to commit")
            .cause(who.reason())
            .hint("git config --global user.name 'Your Name'; git config --global user.email you@example.com"));
    }
    match (branch, current_branch(runner, top)?) {
        (None, Some(_)) => Ok(()),
        (None, None) => Err(Problem::user(
            "no branch is checked out, so a commit would be on none",
        )
        .hint("git switch BRANCH, or begin one with the commit: `commit: { branch: NAME }`")),
        // Left by a run that is gone on with, or chosen before.
        (Some(name), Some(current)) if name == current => Ok(()),
        (Some(name), _) => may_begin(runner, top, name),
    }
}

/// Whether a branch of this name can be made.
fn may_begin(runner: &mut dyn Runner, top: &Path, name: &str) -> Result<(), Problem> {
    let valid = runner.output(&read(top).args(["check-ref-format", "--branch", name]))?;
    if !valid.ok() {
        return Err(Problem::user(format!("git takes no branch with the name `{name}`")));
    }
    let is_there = |runner: &mut dyn Runner, name: &str| {
        let there = read(top).args(["show-ref", "--verify", "--quiet"]);
        found(runner, &there.arg(format!("refs/heads/{name}")))
    };
    let taken = |what: String| Err(Problem::user(what).hint("choose another name"));
    let beside =
        |other: &str| taken(format!("git has no room for a branch `{name}` beside `{other}`"));
    if is_there(runner, name)? {
        return taken(format!("there is a branch `{name}` already"));
    }
    // Branches are files of folders to git: beside `a` there is no `a/b`.
    for (at, _) in name.match_indices('/') {
        if is_there(runner, &name[..at])? {
            return beside(&name[..at]);
        }
    }
    let below = read(top).args(["for-each-ref", "--count=1", "--format=%(refname:lstrip=2)"]);
    let below = succeed(runner, &below.arg(format!("refs/heads/{name}/")))?.stdout;
    match below.trim() {
        "" => Ok(()),
        other => beside(other),
    }
}

/// The commit that is checked out; `None` in a repository without one.
pub fn head(runner: &mut dyn Runner, folder: &Path) -> Result<Option<String>, Problem> {
    let output = runner.output(&read(folder).args(["rev-parse", "--verify", "--quiet", "HEAD"]))?;
    Ok(output.ok().then(|| output.stdout.trim().to_owned()))
}

/// The branch that is checked out, by git itself; `None`: a single commit is.
pub fn current_branch(runner: &mut dyn Runner, folder: &Path) -> Result<Option<String>, Problem> {
    let command = read(folder).args(["symbolic-ref", "--quiet", "--short", "HEAD"]);
    let output = runner.output(&command)?;
    Ok(output.ok().then(|| output.stdout.trim().to_owned()))
}

/// The text of a file in the commit that is checked out, its lines ended by `\n`. `path` is relative
/// to `folder`, the work tree's top.
pub fn committed(
    runner: &mut dyn Runner,
    folder: &Path,
    path: &Path,
) -> Result<Option<String>, Problem> {
    let mut object = std::ffi::OsString::from("HEAD:");
    object.push(path);
    // As it is stored: showing it through a program that the repository names would run that.
    let output = runner.output(&read(folder).args(["cat-file", "blob"]).arg(&object))?;
    Ok(output.ok().then_some(output.stdout))
}

/// Those of `paths` that differ from what is committed. They are relative to `folder`, the work
/// tree's top.
pub fn uncommitted(
    runner: &mut dyn Runner,
    folder: &Path,
    paths: &[PathBuf],
) -> Result<Vec<PathBuf>, Problem> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let command = read(folder)
        .args(["-c", "core.quotePath=true", "status", "--porcelain=v1", "--no-renames"])
        .args(["--untracked-files=all", "--"])
        .args(paths);
    let listed = succeed(runner, &command)?.stdout;
    let changed: Vec<PathBuf> =
        listed.lines().filter_map(|line| line.get(3..)).map(quoted::path).collect();
    Ok(paths.iter().filter(|path| changed.contains(path)).cloned().collect())
}

/// Makes a branch here and checks it out; files stay as they are.
pub fn switch_to_new(runner: &mut dyn Runner, folder: &Path, name: &str) -> Result<(), Problem> {
    succeed(runner, &write(folder).args(["switch", "--quiet", "--create", name])).map(drop)
}

/// Takes [`switch_to_new`] back where nothing was committed on the branch. `to`: the branch that was
/// checked out; without one it was a single commit.
pub fn leave_branch(
    runner: &mut dyn Runner,
    folder: &Path,
    name: &str,
    to: Option<&str>,
) -> Result<(), Problem> {
    let to = to.map_or(["--detach", "HEAD"], |to| ["--no-guess", to]);
    succeed(runner, &write(folder).args(["switch", "--quiet"]).args(to))?;
    succeed(runner, &write(folder).args(["branch", "--quiet", "--delete", "--force", name]))
        .map(drop)
}

/// `git commit` of these files alone, relative to `folder`: what else is in the index stays there.
/// Hooks run. Where commits are signed it asks on the terminal, as far as the settings tell; without
/// a terminal an agent or a key without a passphrase signs, or git says that it cannot.
pub fn command(
    runner: &mut dyn Runner,
    folder: &Path,
    message: &str,
    paths: &[PathBuf],
) -> Result<Command, Problem> {
    let signs = read(folder).args(["config", "--type=bool", "--get", "commit.gpgSign"]);
    let signs = runner.output(&signs)?.stdout.trim() == "true";
    let command = bare()
        .arg("-C")
        .arg(folder)
        .args(["commit", "--only", "--message", message, "--"])
        .args(paths)
        .told_as(format!("git commit --message {}", shell_word(subject(message))));
    let asks = Asks::new("git", "Your commits are signed, which may ask for a passphrase.");
    Ok(if signs && runner.has_terminal() { command.asks(asks) } else { command })
}

/// The first line of a message.
pub fn subject(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// Makes the index hold of these files what was committed. A hook that changes files for the commit
/// changes another index than the real one, which then has them as they were before.
pub fn settle(runner: &mut dyn Runner, folder: &Path, paths: &[PathBuf]) -> Result<(), Problem> {
    let same = read(folder).args(["diff", "--cached", "--quiet", "--no-ext-diff", "--"]);
    if found(runner, &same.args(paths))? {
        return Ok(());
    }
    succeed(runner, &write(folder).args(["reset", "--quiet", "--"]).args(paths)).map(drop)
}

/// The commits on top of this one, the newest first; `None`: it is not below what is checked out.
pub fn since(
    runner: &mut dyn Runner,
    folder: &Path,
    commit: &str,
) -> Result<Option<Vec<String>>, Problem> {
    let is_below = read(folder).args(["merge-base", "--is-ancestor", commit, "HEAD"]);
    if !runner.output(&is_below)?.ok() {
        return Ok(None);
    }
    let above = read(folder).arg("rev-list").arg(format!("{commit}..HEAD"));
    let above = succeed(runner, &above)?.stdout;
    Ok(Some(above.lines().map(str::to_owned).collect()))
}

/// Whether a branch of another repository is known to have the commit.
pub fn is_pushed(runner: &mut dyn Runner, folder: &Path, commit: &str) -> Result<bool, Problem> {
    let command =
        read(folder).args(["for-each-ref", "--count=1", "--contains", commit, "refs/remotes"]);
    Ok(!succeed(runner, &command)?.stdout.trim().is_empty())
}

/// Whether the commit's parent and the first line of its message are these: hooks add lines below.
pub fn is_commit_of(
    runner: &mut dyn Runner,
    folder: &Path,
    commit: &str,
    parent: Option<&str>,
    message: &str,
) -> Result<bool, Problem> {
    let command = read(folder).args(["log", "--max-count=1", "--format=%P%n%s", commit]);
    let said = succeed(runner, &command)?.stdout;
    let (parents, first) = said.split_once('\n').unwrap_or((&said, ""));
    let is_below = parents.trim() == parent.unwrap_or_default();
    Ok(is_below && first.trim_end() == subject(message).trim_end())
}
