//! The fleet's git repository: whose it is, and whether a merge was left half done.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::explain::Answer;
use crate::git;
use crate::run::Runner;

pub(super) struct Repository;

impl Check for Repository {
    fn id(&self) -> &'static str {
        "repository"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "the fleet is a git repository of yours"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        if let Some(problem) = scene.fleet_trouble() {
            let cause = problem.causes.first().cloned().unwrap_or_default();
            return Ok(vec![
                Finding::new(
                    "fleet-unreadable",
                    Severity::Error,
                    problem.what.replace('`', ""),
                    "Nothing can be said of a fleet that cannot be read.",
                )
                .seen("flake.nix", cause)
                .by(Risk::ByHand, "Name the fleet's folder", &problem.hints),
            ]);
        }
        let fleet = scene.fleet()?;
        let owner = scene.ask("repository-owner", &[], runner);
        if let Answer::Is { what: "not-yours", words, .. } = owner {
            let repo = scene.host.short(&fleet.root);
            return Ok(vec![
                Finding::of("git-repo-not-owned", Severity::Error)
                    .part("path", repo)
                    .seen(".git", words),
            ]);
        }
        git::ready(&scene.host, runner).map_err(|e| NotChecked(e.what))?;
        let Some(repository) =
            git::repository(runner, &fleet.root).map_err(|e| NotChecked(e.what))?
        else {
            return Err(NotChecked::because("the fleet is not in a git repository"));
        };
        let status = git::status(runner, &repository.top).map_err(|e| NotChecked(e.what))?;
        let is_unmerged =
            |state: [char; 2]| state.contains(&'U') || state == ['A', 'A'] || state == ['D', 'D'];
        let unmerged: Vec<String> = status
            .iter()
            .filter(|entry| is_unmerged(entry.state))
            .map(|entry| entry.path.display().to_string())
            .collect();
        if unmerged.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![
            Finding::new(
                "merge-conflict",
                Severity::Error,
                "a merge in the fleet was left half done",
                "Files with both sides' lines in them cannot be read by Nix or sops. An encrypted file whose sides are mixed by hand no longer opens.",
            )
            .seen("git status", unmerged.join(", "))
            .by(
                Risk::ByHand,
                "End the merge, or take it back",
                &["git merge --abort".to_owned()],
            ),
        ])
    }
}
