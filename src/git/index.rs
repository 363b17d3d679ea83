//! Entries of the index that say "this file will be added": a flake sees only files that git
//! knows, and committing is left to the person.

use std::path::{Path, PathBuf};

use super::{quoted, read, succeed, write};
use crate::problem::Problem;
use crate::run::Runner;

/// `CE_INTENT_TO_ADD` of git's read-cache.h, as `git ls-files --debug` prints it. The porcelain
/// forms cannot tell such an entry from others once its file is gone.
const INTENT_TO_ADD: u32 = 1 << 29;

/// Whether git knows the file, in whatever state. `path` is relative to `folder`.
pub fn is_tracked(runner: &mut dyn Runner, folder: &Path, path: &Path) -> Result<bool, Problem> {
    Ok(!debug_listing(runner, folder, path)?.is_empty())
}

/// Those of `paths` that git does not know, in one call. They are relative to `folder`. One that
/// another program makes may be a folder, for the files in it, or not there after all.
pub fn untracked(
    runner: &mut dyn Runner,
    folder: &Path,
    paths: Vec<PathBuf>,
) -> Result<Vec<PathBuf>, Problem> {
    let (folders, mut paths): (Vec<PathBuf>, Vec<PathBuf>) =
        paths.into_iter().partition(|path| folder.join(path).is_dir());
    paths.retain(|path| folder.join(path).symlink_metadata().is_ok());
    if !folders.is_empty() {
        let others = ["-c", "core.quotePath=true", "ls-files", "--others", "--exclude-standard"];
        let others = read(folder).args(others).arg("--").args(&folders);
        paths.extend(succeed(runner, &others)?.stdout.lines().map(quoted::path));
    }
    if paths.is_empty() {
        return Ok(paths);
    }
    let command = read(folder).args(["-c", "core.quotePath=true", "ls-files", "--"]).args(&paths);
    let listed = succeed(runner, &command)?.stdout;
    let known: Vec<PathBuf> = listed.lines().map(quoted::path).collect();
    Ok(paths.into_iter().filter(|path| !known.contains(path)).collect())
}

/// Those of `paths` that git ignores, each with the rule that says so, such as `.gitignore:3:*.age`.
/// They are relative to `folder`, and need not be there yet.
pub fn ignored(
    runner: &mut dyn Runner,
    folder: &Path,
    paths: &[PathBuf],
) -> Result<Vec<(PathBuf, String)>, Problem> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    // It takes no pathspecs, and refuses to start where others are told to be literal.
    let command = read(folder).without_env("GIT_LITERAL_PATHSPECS");
    let command = command.args(["-c", "core.quotePath=true", "check-ignore", "--verbose", "--"]);
    let output = runner.output(&command.args(paths))?;
    let lines = output.stdout.lines().filter_map(|line| line.split_once('\t'));
    // A rule that begins with `!` takes back what another one ignores.
    let rules =
        lines.filter(|(rule, _)| rule.splitn(3, ':').nth(2).is_none_or(|r| !r.starts_with('!')));
    Ok(rules.map(|(rule, path)| (quoted::path(path), rule.to_owned())).collect())
}

/// Whether the index holds nothing of the file but the intention to add it.
pub fn has_intent(runner: &mut dyn Runner, folder: &Path, path: &Path) -> Result<bool, Problem> {
    let listing = debug_listing(runner, folder, path)?;
    let flags: Vec<_> = listing.lines().filter_map(|line| line.split_once("flags: ")).collect();
    Ok(matches!(flags[..], [(_, bits)]
        if u32::from_str_radix(bits.trim(), 16).is_ok_and(|bits| bits & INTENT_TO_ADD != 0)))
}

fn debug_listing(runner: &mut dyn Runner, folder: &Path, path: &Path) -> Result<String, Problem> {
    let command = read(folder).args(["ls-files", "--stage", "--debug", "--"]).arg(path);
    Ok(succeed(runner, &command)?.stdout)
}

/// `git add --intent-to-add`. The paths are relative to `folder`.
pub fn intend_to_add(
    runner: &mut dyn Runner,
    folder: &Path,
    paths: &[&Path],
) -> Result<(), Problem> {
    let command = write(folder).args(["add", "--intent-to-add", "--"]).args(paths.iter().copied());
    succeed(runner, &command).map(drop)
}

/// Takes [`intend_to_add`] back for one path; the file itself stays. The caller has made sure that
/// there is nothing more to it than the intention.
pub fn forget_intent(runner: &mut dyn Runner, folder: &Path, path: &Path) -> Result<(), Problem> {
    let command = write(folder).args(["rm", "--cached", "--quiet", "--"]).arg(path);
    succeed(runner, &command).map(drop)
}
