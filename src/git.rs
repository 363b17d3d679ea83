//! Questions to git, and the three things that doorstep does with it: `add --intent-to-add` (and
//! back), `clone`, and `commit` where it is asked for.
//!
//! A repository can make git run its code, so every call but a commit switches off what is known
//! to do that (`core.fsmonitor`, hooks). Nothing here asks on a terminal, follows `GIT_DIR` and its like from
//! the surroundings, or sets `safe.directory`.
//!
//! Output is asked for as quoted lines rather than NUL-separated: a [`Runner`] hands over text line
//! by line, and quoted names survive that whatever bytes they hold.

mod clone;
pub mod commit;
mod index;
mod quoted;

use std::path::{Path, PathBuf};

use crate::host::{Host, Os};
use crate::problem::Problem;
use crate::run::{Command, Exit, Output, Runner};

pub use clone::{CloneUrl, clone};
pub use index::{forget_intent, has_intent, ignored, intend_to_add, is_tracked, untracked};

/// A commit's name as people read it.
pub fn abbreviated(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// A repository's two folders, absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The work tree.
    pub top: PathBuf,
    /// What all work trees of it share; the `.git` folder for most.
    pub common: PathBuf,
}

/// One line of `git status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The two letters of `git status --porcelain`: index, work tree. `??` is untracked.
    pub state: [char; 2],
    /// Relative to the top of the work tree; for a rename the new name.
    pub path: PathBuf,
}

/// The branch that is checked out in `folder`, from files alone. `None`: no repository, a single
/// commit that is checked out, or a reference store that only git reads.
pub fn branch(folder: &Path) -> Option<String> {
    let head = std::fs::read_to_string(own_folder(folder)?.join("HEAD")).ok()?;
    let branch = head.strip_prefix("ref: refs/heads/")?.trim();
    (branch != ".invalid").then(|| branch.to_owned())
}

/// Where git keeps what belongs to the work tree at `folder`, from files alone.
pub(crate) fn own_folder(folder: &Path) -> Option<PathBuf> {
    let dot = folder.join(".git");
    match std::fs::read_to_string(&dot) {
        // A further work tree: a file that names its folder.
        Ok(text) => Some(folder.join(text.strip_prefix("gitdir:")?.trim())),
        Err(_) => Some(dot),
    }
}

/// Makes sure that git can be called at all.
///
/// On a Mac without developer tools `/usr/bin/git` only opens a dialog, so that is asked first.
pub fn ready(host: &Host, runner: &mut dyn Runner) -> Result<(), Problem> {
    match host.tool("git") {
        Some(git) => not_a_shim(host.os, &git, runner),
        None => {
            Err(missing().hint("install git, for example with `nix profile install nixpkgs#git`"))
        }
    }
}

fn missing() -> Problem {
    Problem::tool("`git` is not there")
}

fn not_a_shim(os: Os, git: &Path, runner: &mut dyn Runner) -> Result<(), Problem> {
    if os != Os::Darwin || git != Path::new("/usr/bin/git") {
        return Ok(());
    }
    let tools = runner.output(&Command::new("/usr/bin/xcode-select").arg("-p"))?;
    if tools.ok() {
        return Ok(());
    }
    Err(missing()
        .cause("the developer tools that `/usr/bin/git` belongs to are not installed")
        .hint("xcode-select --install"))
}

/// The repository that `folder` lies in; `None` when it lies in none.
///
/// # Errors
/// When git refuses, for example because the repository belongs to another account.
pub fn repository(runner: &mut dyn Runner, folder: &Path) -> Result<Option<Repository>, Problem> {
    let command = read(folder).args(["rev-parse", "--show-toplevel", "--git-common-dir"]);
    let output = runner.output(&command)?;
    if !output.ok() {
        let outside = ["not a git repository", "must be run in a work tree"];
        return if outside.iter().any(|words| output.stderr.contains(words)) {
            Ok(None)
        } else {
            Err(refused(&command, &output))
        };
    }
    let mut lines = output.stdout.lines();
    let (Some(top), Some(common)) = (lines.next(), lines.next()) else {
        return Err(refused(&command, &output));
    };
    // The common folder is relative to where git was asked.
    Ok(Some(Repository { top: PathBuf::from(top), common: folder.join(common) }))
}

/// The top of the work tree that `path` lies in, whether or not `path` is there yet. Git's own
/// trouble counts as no: this only decides whether to warn.
pub fn work_tree_around(runner: &mut dyn Runner, path: &Path) -> Option<PathBuf> {
    let there = path.ancestors().find(|p| p.is_dir())?;
    repository(runner, there).ok().flatten().map(|found| found.top)
}

/// What is not committed. Untracked folders are listed as folders.
pub fn status(runner: &mut dyn Runner, folder: &Path) -> Result<Vec<Entry>, Problem> {
    let command = read(folder).args([
        "-c",
        "core.quotePath=true",
        "status",
        "--porcelain=v1",
        "--no-renames",
    ]);
    let output = succeed(runner, &command)?;
    Ok(output.stdout.lines().filter_map(entry).collect())
}

fn entry(line: &str) -> Option<Entry> {
    let mut letters = line.chars();
    let state = [letters.next()?, letters.next()?];
    let path = letters.as_str().strip_prefix(' ')?;
    Some(Entry { state, path: quoted::path(path) })
}

/// Whether any file of the index holds `text`, or any commit that git still knows has ever brought
/// or taken it: of every branch, of the stash, and of what lies in the reflog.
pub fn names(runner: &mut dyn Runner, folder: &Path, text: &str) -> Result<bool, Problem> {
    let grep = ["grep", "--quiet", "--text", "--fixed-strings"];
    let index = read(folder).args(grep).args(["--cached", "-e", text]);
    if found(runner, &index)? {
        return Ok(true);
    }
    // The oldest commit of a shallow clone counts as bringing all that it has. A repository can
    // name programs that show files differently: none of them is run.
    let history = bare()
        .args(["-c", "core.hooksPath=/dev/null", "-c", "log.showRoot=true", "-C"])
        .arg(folder)
        .args(["log", "--all", "--reflog", "--text", "--no-textconv", "--no-ext-diff", "-m"])
        .args(["--max-count=1", "--format=%H"])
        .arg(format!("-S{text}"))
        .env("GIT_OPTIONAL_LOCKS", "0");
    Ok(!succeed(runner, &history)?.stdout.trim().is_empty())
}

fn found(runner: &mut dyn Runner, command: &Command) -> Result<bool, Problem> {
    let output = runner.output(command)?;
    match output.exit {
        Exit::Code(0) => Ok(true),
        Exit::Code(1) => Ok(false),
        _ => Err(refused(command, &output)),
    }
}

/// The person's own name and email for commits (`git config`), as far as they are set; `folder` is
/// where git is asked. Without git there are none.
pub fn identity(runner: &mut dyn Runner, folder: &Path) -> (Option<String>, Option<String>) {
    let command = read(folder).args(["config", "--get-regexp", r"^user\.(name|email)$"]);
    let told = runner.output(&command).map(|output| output.stdout).unwrap_or_default();
    let value = |key: &str| {
        // Of several the last one counts, as it does for git.
        let last = told.lines().filter_map(|line| line.strip_prefix(key)).next_back();
        last.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
    };
    (value("user.name "), value("user.email "))
}

/// Makes `folder` a repository with one commit of all that is in it.
pub fn start(runner: &mut dyn Runner, folder: &Path, message: &str) -> Result<(), Problem> {
    succeed(runner, &write(folder).args(["init", "--quiet", "--initial-branch=main"]))?;
    succeed(runner, &write(folder).args(["add", "--all"]))?;
    let name = ["-c", "user.name=doorstep practice", "-c", "user.email=practice@example.com"];
    // A new repository has nothing to tidy up.
    let quick = ["-c", "commit.gpgSign=false", "-c", "maintenance.auto=false", "-c", "gc.auto=0"];
    let commit = ["commit", "--quiet", "--message", message];
    // Before the subcommand: they are settings of this one call.
    let command = bare().args(["-c", "core.hooksPath=/dev/null"]).args(name).arg("-C").arg(folder);
    succeed(runner, &command.args(quick).args(commit)).map(drop)
}

/// A call that only reads: it takes no lock, so that it never gets in the way of the person's own.
fn read(folder: &Path) -> Command {
    write(folder).env("GIT_OPTIONAL_LOCKS", "0")
}

/// A call that may change the index.
fn write(folder: &Path) -> Command {
    bare().args(["-c", "core.hooksPath=/dev/null", "-C"]).arg(folder)
}

/// What every call has.
fn bare() -> Command {
    let command = Command::new("git")
        .args(["-c", "core.fsmonitor=false"])
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_LITERAL_PATHSPECS", "1")
        // Texts are told apart below.
        .env("LC_ALL", "C");
    // Set while git runs a hook or an alias: they would lead to another repository.
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
    ]
    .into_iter()
    .fold(command, Command::without_env)
}

fn succeed(runner: &mut dyn Runner, command: &Command) -> Result<Output, Problem> {
    let output = runner.output(command)?;
    if output.ok() { Ok(output) } else { Err(refused(command, &output)) }
}

/// Why git did not do it, for people.
fn refused(command: &Command, output: &Output) -> Problem {
    let said = &output.stderr;
    if said.contains("dubious ownership") {
        return Problem::user("git does not read this repository: it belongs to another account")
            .cause(
                "what lies in a repository can make git run programs, so git trusts only your own",
            )
            .hint("work in a clone of your own");
    }
    if said.contains("index.lock") {
        return Problem::tool("git's index is locked")
            .cause("another git works in this repository, or one was cut off")
            .hint("let it end; if none runs, remove `.git/index.lock`, then go on with `doorstep resume`");
    }
    if said.contains("ignored by one of your .gitignore files") {
        let files = said.lines().skip(1).take_while(|line| !line.starts_with("hint:"));
        return Problem::fleet("git ignores a file that the fleet needs")
            .cause(files.collect::<Vec<_>>().join(", "))
            .hint("take it out of `.gitignore`, then go on with `doorstep resume`");
    }
    Problem::tool(format!("`{}` ended with {}", command.typed(), output.exit.words()))
        .cause(output.reason())
}

#[cfg(test)]
mod tests;
