//! Files that Nix does not see because git does not track them.

use std::path::{Path, PathBuf};

use super::finding::Fix;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::fleet::Fleet;
use crate::git;
use crate::plan::Change;
use crate::run::{Runner, shell_word};

pub(super) struct Tracked;

impl Check for Tracked {
    fn id(&self) -> &'static str {
        "tracked"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "git tracks every file that the fleet needs"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let (fleet, top) = in_git(scene, runner)?;
        let unknown = unknown(fleet, runner)?;
        // What git ignores is another check's.
        let listed = git::status(runner, &top).map_err(|e| NotChecked(e.what))?;
        let untracked: Vec<PathBuf> = unknown
            .into_iter()
            .filter(|path| {
                let whole = fleet.at(path);
                listed.iter().any(|entry| {
                    entry.state == ['?', '?'] && whole.starts_with(top.join(&entry.path))
                })
            })
            .collect();
        let (own, others): (Vec<PathBuf>, Vec<PathBuf>) =
            untracked.into_iter().partition(|path| is_of(path, &scene.user));
        let mut found = Vec::new();
        if let Some(finding) = finding(scene, &top, &own, Severity::Error) {
            found.push(finding.said(match &own[..] {
                [file] if Some(file) == module(scene).as_ref() => {
                    "Nix cannot see your home module: git does not track it".to_owned()
                }
                [file] => format!("Nix cannot see {}: git does not track it", file.display()),
                files => format!(
                    "Nix cannot see {} files of yours: git does not track them",
                    files.len()
                ),
            }));
        }
        if let Some(finding) = finding(scene, &top, &others, Severity::Warning) {
            found.push(finding.said(match &others[..] {
                [file] => format!("Nix cannot see {}: git does not track it", file.display()),
                files => format!("Nix cannot see {} files: git does not track them", files.len()),
            }));
        }
        Ok(found)
    }
}

fn module(scene: &Scene) -> Option<PathBuf> {
    Some(scene.person().ok()?.module.file.clone())
}

/// The fleet and the top of its work tree.
pub(super) fn in_git<'s>(
    scene: &'s Scene,
    runner: &mut dyn Runner,
) -> Result<(&'s Fleet, PathBuf), NotChecked> {
    let fleet = scene.fleet()?;
    git::ready(&scene.host, runner).map_err(|e| NotChecked(e.what))?;
    let repository = git::repository(runner, &fleet.root).map_err(|e| NotChecked(e.what))?;
    let repository =
        repository.ok_or_else(|| NotChecked::because("the fleet is not in a git repository"))?;
    Ok((fleet, repository.top))
}

/// Files that the fleet is made of and that are not in git's index.
pub(super) fn unknown(fleet: &Fleet, runner: &mut dyn Runner) -> Result<Vec<PathBuf>, NotChecked> {
    /// A command line has room for these.
    const AT_ONCE: usize = 400;
    let secrets: Vec<&Path> = fleet.secrets.iter().map(|file| file.file.as_path()).collect();
    let is_part = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default();
        path.extension().is_some_and(|e| e == "nix")
            || name == ".sops.yaml"
            || name == "flake.lock"
            || secrets.contains(&path.as_path())
    };
    let parts: Vec<PathBuf> = fleet.files.all().iter().filter(is_part).cloned().collect();
    let mut unknown = Vec::new();
    for some in parts.chunks(AT_ONCE) {
        let more = git::untracked(runner, &fleet.root, some.to_vec());
        unknown.extend(more.map_err(|e| NotChecked(e.what))?);
    }
    Ok(unknown)
}

/// Whether a path is for this person: a part of it is their name.
pub(super) fn is_of(path: &Path, user: &str) -> bool {
    path.iter().any(|part| part.to_string_lossy().split('.').next() == Some(user))
}

fn finding(scene: &Scene, top: &Path, files: &[PathBuf], severity: Severity) -> Option<Finding> {
    let first = files.first()?;
    let fleet = scene.fleet().ok()?;
    let paths: Vec<PathBuf> = files
        .iter()
        .filter_map(|path| fleet.at(path).strip_prefix(top).map(Path::to_owned).ok())
        .collect();
    let words: Vec<String> = paths.iter().map(|path| shell_word(&path.to_string_lossy())).collect();
    let git = format!("git -C {}", scene.host.typed(top));
    let fix = Fix::plan("track", "Show files to git", scene.bounds())
        .why("It changes only what git lists. Nothing is committed.")
        .by_hand(format!("{git} add --intent-to-add -- {}", words.join(" ")))
        .changes(vec![Change::Track { repository: top.to_owned(), paths }]);
    let shown = files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    Some(
        Finding::of("untracked-file", severity)
            .part("path", first.display().to_string())
            .seen(format!("{git} ls-files"), format!("does not list {shown}"))
            .fix(fix),
    )
}
