//! Variables that tell sops where keys are.

use std::path::Path;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::key::KeyFile;
use crate::run::Runner;

pub(super) struct KeyVariables;

impl Check for KeyVariables {
    fn id(&self) -> &'static str {
        "key-variables"
    }

    fn group(&self) -> Group {
        Group::Keys
    }

    fn title(&self) -> &'static str {
        "variables of sops name keys that are there"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let host = &scene.host;
        let mut found = Vec::new();
        if let Some(text) = host.var("SOPS_AGE_KEY")
            && KeyFile::parse_variable(text).identities().map_or(true, |keys| keys.is_empty())
        {
            let is_path = text.starts_with(['/', '~', '.']);
            let (shown, title) = match is_path {
                true => (
                    "holds a path; sops takes it for the key itself",
                    "Name the file in SOPS_AGE_KEY_FILE",
                ),
                false => {
                    ("holds something that is no age key", "Take it out of your shell's start file")
                }
            };
            found.push(
                Finding::of("age-key-malformed", Severity::Error)
                    .said("SOPS_AGE_KEY does not hold a key")
                    // What it holds may be a damaged key: never shown.
                    .seen("SOPS_AGE_KEY", shown)
                    .by(Risk::ByHand, title, &["unset SOPS_AGE_KEY".to_owned()]),
            );
        }
        for name in ["SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE"] {
            let Some(file) = host.var(name).filter(|file| !Path::new(file).exists()) else {
                continue;
            };
            let shown = format!("is {}, which is not there", host.short(Path::new(file)));
            found.push(
                Finding::of("key-file-missing", Severity::Warning)
                    .said(format!("{name} names a file that is not there"))
                    .seen(name, shown)
                    .by(
                        Risk::ByHand,
                        "Correct it in your shell's start file",
                        &[format!("unset {name}")],
                    ),
            );
        }
        // It does not exist, and people set it.
        if host.var("SOPS_AGE_KEY_DIR").is_some() {
            found.push(
                Finding::new(
                    "unknown-variable",
                    Severity::Warning,
                    "SOPS_AGE_KEY_DIR is set, and sops knows no such variable",
                    "sops takes no notice of it, so the keys in that folder are not used.",
                )
                .seen("SOPS_AGE_KEY_DIR", "is set")
                .by(
                    Risk::ByHand,
                    "Name the key's file instead",
                    &["SOPS_AGE_KEY_FILE=…/keys.txt".to_owned()],
                ),
            );
        }
        Ok(found)
    }
}
