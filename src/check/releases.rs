//! Whether the inputs that bring modules are of the same release as nixpkgs.

use std::path::Path;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;
use crate::sops::Utc;
use crate::survey;

/// Inputs whose modules use functions of nixpkgs as it was at their time.
const MODULES: [&str; 5] = ["home-manager", "nix-darwin", "darwin", "sops-nix", "agenix"];

/// Of these, those that have a branch for each release of nixpkgs.
const WITH_RELEASES: [&str; 3] = ["home-manager", "nix-darwin", "darwin"];

/// Two unstable inputs further apart than this have been seen not to fit; a fleet updates them
/// together.
const APART: u64 = 180 * 24 * 60 * 60;

pub(super) struct Releases;

/// An input of the fleet.
struct Input {
    /// `25.05`; `None`: it follows no release.
    release: Option<String>,
    date: Option<u64>,
}

impl Check for Releases {
    fn id(&self) -> &'static str {
        "releases"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "inputs with modules fit the fleet's nixpkgs"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let input = |name: &str| {
            let locked = fleet.lock.locked.iter().find(|locked| locked.name == name)?;
            Some(Input {
                release: locked.branch.as_deref().and_then(release_in),
                date: locked.date,
            })
        };
        let Some(nixpkgs) = input("nixpkgs") else { return Ok(Vec::new()) };
        let text = survey::read_small(&fleet.at("flake.lock")).unwrap_or_default();
        let line = |name: &str| {
            let found = text
                .lines()
                .position(|line| line.trim_start().starts_with(&format!("\"{name}\": {{")));
            found.map_or_else(|| "flake.lock".to_owned(), |line| format!("flake.lock:{}", line + 1))
        };
        let mut modules = MODULES.into_iter().filter_map(|name| Some((name, input(name)?)));
        let odd = modules.find_map(|(name, found)| {
            let why = differs(&found, &nixpkgs, WITH_RELEASES.contains(&name))?;
            Some((name, found, why))
        });
        let Some((name, found, why)) = odd else { return Ok(Vec::new()) };
        let file = scene.host.short(&fleet.at(Path::new("flake.nix")));
        Ok(vec![
            Finding::of("nixpkgs-input-mismatch", Severity::Warning)
                .said(format!("{name} is of another time than the fleet's nixpkgs"))
                .seen(line(name), format!("{name} is {}", found.words()))
                .seen(line("nixpkgs"), format!("nixpkgs is {}", nixpkgs.words()))
                .by(
                    Risk::ForAdmin,
                    why,
                    &[format!("Name the same release for both in {file}, then: nix flake update {name} nixpkgs")],
                ),
        ])
    }
}

/// What to do, if anything.
fn differs(module: &Input, nixpkgs: &Input, has_releases: bool) -> Option<&'static str> {
    match (&module.release, &nixpkgs.release) {
        (Some(a), Some(b)) => (a != b).then_some("Take both from one release"),
        // A module of a release with a newer nixpkgs still works, as a rule.
        (Some(_), None) => None,
        (None, Some(_)) if has_releases => Some("Take the branch of that release"),
        (None, _) => {
            let (module, nixpkgs) = (module.date?, nixpkgs.date?);
            (module > nixpkgs.saturating_add(APART)).then_some("Update nixpkgs too")
        }
    }
}

impl Input {
    fn words(&self) -> String {
        let date = self.date.map(|date| Utc::from_seconds(date).to_string());
        let day = date.as_deref().and_then(|date| date.get(..10)).unwrap_or("of no known date");
        match &self.release {
            Some(release) => format!("release {release} ({day})"),
            None => format!("of no release ({day})"),
        }
    }
}

/// `25.05` of `nixos-25.05`, `release-25.05` or `nix-darwin-25.05`.
fn release_in(branch: &str) -> Option<String> {
    let is_release = |text: &&str| {
        let bytes = text.as_bytes();
        bytes[2] == b'.'
            && [0, 1, 3, 4].iter().all(|at| bytes[*at].is_ascii_digit())
            && (text.ends_with("05") || text.ends_with("11"))
    };
    let windows = (0..branch.len()).filter_map(|at| branch.get(at..at + 5));
    windows.filter(|text| text.len() == 5).find(is_release).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_told_by_their_branch() {
        assert_eq!(release_in("nixos-25.05").as_deref(), Some("25.05"));
        assert_eq!(release_in("release-24.11").as_deref(), Some("24.11"));
        assert_eq!(release_in("nixpkgs-25.11-darwin").as_deref(), Some("25.11"));
        assert_eq!(release_in("nixos-unstable"), None);
        assert_eq!(release_in("v1.25.059"), Some("25.05".to_owned()));
        assert_eq!(release_in("ä"), None);
    }

    #[test]
    fn only_what_is_known_not_to_fit_is_told() {
        let input = |release: Option<&str>, date| Input {
            release: release.map(str::to_owned),
            date: Some(date),
        };
        let differs = |a: &Input, b: &Input| super::differs(a, b, true).is_some();
        assert!(!differs(&input(Some("25.05"), 0), &input(Some("25.05"), 0)));
        assert!(differs(&input(Some("25.05"), 0), &input(Some("24.11"), 0)));
        assert!(differs(&input(None, 0), &input(Some("24.11"), 0)));
        assert!(!differs(&input(Some("24.11"), 0), &input(None, 0)));
        assert!(differs(&input(None, APART + 2), &input(None, 1)));
        assert!(!differs(&input(None, 1), &input(None, APART + 2)));
        // sops-nix has no releases.
        assert!(super::differs(&input(None, 0), &input(Some("24.11"), 0), false).is_none());
    }
}
