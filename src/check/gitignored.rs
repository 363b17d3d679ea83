//! Files that Nix does not see because git ignores them.

use super::finding::Risk;
use super::tracked::{in_git, is_of, unknown};
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::git;
use crate::run::Runner;

pub(super) struct Ignored;

impl Check for Ignored {
    fn id(&self) -> &'static str {
        "ignored"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "git ignores no file of yours that the fleet needs"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let (fleet, top) = in_git(scene, runner)?;
        let own = unknown(fleet, runner)?;
        let own: Vec<_> = own.into_iter().filter(|path| is_of(path, &scene.user)).collect();
        if own.is_empty() {
            return Ok(Vec::new());
        }
        let listed = git::status(runner, &top).map_err(|e| NotChecked(e.what))?;
        let is_listed = |path: &std::path::PathBuf| {
            let whole = fleet.at(path);
            listed.iter().any(|entry| whole.starts_with(top.join(&entry.path)))
        };
        let ignored: Vec<String> = own
            .iter()
            .filter(|path| !is_listed(path))
            .map(|path| path.display().to_string())
            .collect();
        let Some(first) = ignored.first() else { return Ok(Vec::new()) };
        Ok(vec![
            Finding::new(
                "ignored-file",
                Severity::Error,
                format!("Nix cannot see {first}: git ignores it"),
                "Nix sees only files that git tracks, and a line of a .gitignore keeps git from it.",
            )
            .seen("git status --ignored", ignored.join(", "))
            .by(
                Risk::ByHand,
                "Find the line that ignores it, and take it out",
                &[format!("git check-ignore --verbose {first}")],
            ),
        ])
    }
}
