//! Packages without a free licence, which Nix refuses unless the fleet allows them.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity, home_text};
use crate::run::Runner;

/// Packages that people ask for and whose licence nixpkgs calls unfree, at every version of it.
/// Others are found when the home is built.
const UNFREE: [&str; 30] = [
    "_1password",
    "_1password-cli",
    "_1password-gui",
    "android-studio",
    "aspera-cli",
    "claude-code",
    "copilot-cli",
    "cursor",
    "code-cursor",
    "datagrip",
    "discord",
    "dropbox",
    "google-chrome",
    "goland",
    "idea-ultimate",
    "microsoft-edge",
    "ngrok",
    "obsidian",
    "postman",
    "pycharm-professional",
    "slack",
    "spotify",
    "sublime4",
    "teamviewer",
    "terraform",
    "vagrant",
    "vault",
    "vscode",
    "webstorm",
    "zoom-us",
];

pub(super) struct Unfree;

impl Check for Unfree {
    fn id(&self) -> &'static str {
        "unfree"
    }

    fn group(&self) -> Group {
        Group::Home
    }

    fn title(&self) -> &'static str {
        "packages of your home may be used by their licence"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let packages = home_text::packages(scene)?;
        let unfree: Vec<_> = packages.iter().filter(|p| UNFREE.contains(&p.name)).collect();
        // Wherever pkgs is made: for all, for some by name, or in a config of its own.
        let allows =
            || fleet.files.sources().any(|(_, source)| source.text().contains("allowUnfree"));
        let Some(first) = unfree.first() else { return Ok(Vec::new()) };
        if scene.host.var("NIXPKGS_ALLOW_UNFREE").is_some() || allows() {
            return Ok(Vec::new());
        }
        let found = Finding::of("unfree-package", Severity::Warning)
            .said(format!("{} has no free licence, and the fleet allows none", first.name));
        let found =
            unfree.iter().fold(found, |found, package| found.seen(&package.at, package.name));
        let names: Vec<String> = unfree.iter().map(|p| format!("\"{}\"", p.name)).collect();
        Ok(vec![found.seen("allowUnfree", "is in no file of the fleet").by(
            Risk::ByHand,
            "Take it out, or ask that the fleet allows it where pkgs is made",
            &[format!(
                "config.allowUnfreePredicate = pkg: builtins.elem (lib.getName pkg) [ {} ];",
                names.join(" ")
            )],
        )])
    }
}
