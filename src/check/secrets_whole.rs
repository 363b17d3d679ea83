//! Secrets files that somebody changed without sops: their MAC no longer fits.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::parallel;
use crate::run::{Runner, shell_word};
use crate::secrets::store::format_of;
use crate::sops::{EncryptedFile, OpenError};

pub(super) struct Whole;

impl Check for Whole {
    fn id(&self) -> &'static str {
        "whole"
    }

    fn group(&self) -> Group {
        Group::Secrets
    }

    fn title(&self) -> &'static str {
        "what you can open is as sops wrote it"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let files = scene.encrypted()?;
        let identities = scene.identities(runner);
        if identities.is_empty() {
            return Err(NotChecked::because("no age key was found"));
        }
        let own = scene.ruled_path().ok();
        let look = |file: &crate::secrets::Found| {
            let parsed = EncryptedFile::parse(&file.text, format_of(&file.path)).ok()?;
            match parsed.open(identities) {
                Ok(_)
                | Err(OpenError::NoIdentityMatches { .. } | OpenError::TooFewGroups { .. }) => None,
                Err(e) => Some((file.path.clone(), e.to_string())),
            }
        };
        let wrong = parallel::each(files, &look).into_iter().flatten();
        let mut found: Vec<Finding> = wrong
            .map(|(path, why)| {
                let severity =
                    if own.as_ref() == Some(&path) { Severity::Error } else { Severity::Warning };
                let typed = shell_word(&path);
                Finding::of("mac-mismatch", severity)
                    .said(format!("{path} was changed without sops"))
                    .part("file", &path)
                    .seen(&path, why)
                    .by(
                        Risk::ByHand,
                        "Look at what was changed, and take back the last good state",
                        &[
                            format!("git log -p -- {typed}"),
                            format!("git checkout COMMIT -- {typed}"),
                        ],
                    )
                    .follows(&["merge-conflict"])
            })
            .collect();
        found.sort_by_key(|finding| finding.severity);
        Ok(found)
    }
}
