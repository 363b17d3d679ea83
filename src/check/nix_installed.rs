//! Whether there is a Nix, and whether this shell finds it.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::explain::Answer;
use crate::run::Runner;

pub(super) struct NixInstalled;

impl Check for NixInstalled {
    fn id(&self) -> &'static str {
        "nix-installed"
    }

    fn group(&self) -> Group {
        Group::Nix
    }

    fn title(&self) -> &'static str {
        "Nix is installed"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        Ok(match scene.ask("tool", &[("name", "nix")], runner) {
            Answer::Unknown { because } => return Err(NotChecked(because)),
            Answer::Is { what: "on-path", .. } => Vec::new(),
            Answer::Is { what: "not-on-path", words, .. } => {
                vec![Finding::of("nix-not-on-path", Severity::Error).seen("", words)]
            }
            Answer::Is { words, .. } => vec![
                Finding::new(
                    "nix-missing",
                    Severity::Error,
                    "Nix is not installed on this machine",
                    "Homes are built by Nix. Everything but building and activating works without it.",
                )
                .seen("", words)
                .by(
                    Risk::ForAdmin,
                    "Install Nix",
                    &["Install Nix for all accounts: https://nixos.org/download".to_owned()],
                ),
            ],
        })
    }
}
