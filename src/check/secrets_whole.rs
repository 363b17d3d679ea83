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
                Err(e) => Some((file.path.clone(), e)),
            }
        };
        let wrong = parallel::each(files, &look).into_iter().flatten();
        let mut found: Vec<Finding> = wrong
            .map(|(path, why)| {
                let is_own = own.as_ref() == Some(&path);
                told(&path, &why, if is_own { Severity::Error } else { Severity::Warning })
            })
            .collect();
        found.sort_by_key(|finding| finding.severity);
        Ok(found)
    }
}

fn told(path: &str, why: &OpenError, severity: Severity) -> Finding {
    let typed = shell_word(path);
    let finding =
        Finding::of("mac-mismatch", severity).part("file", path).seen(path, why.to_string());
    match why {
        // Every value and comment fits it: nothing was changed, and nothing is to be taken back.
        OpenError::MacOverComments => finding
            .said(format!("{path} has a checksum of an older sops, which sops 3.13.3 refuses"))
            .by(
                Risk::ByHand,
                "Write it again with sops 3.13.3 or newer: every value in it is as it was written",
                &[format!("sops --ignore-mac --rotate --in-place {typed}")],
            ),
        _ => finding
            .said(format!("{path} was changed without sops"))
            .by(
                Risk::ByHand,
                "Look at what was changed, and take back the last good state",
                &[format!("git log -p -- {typed}"), format!("git checkout COMMIT -- {typed}")],
            )
            .follows(&["merge-conflict"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_checksum_is_not_told_as_a_change() {
        let finding = told("secrets/x.yaml", &OpenError::MacOverComments, Severity::Error);
        let said = finding.summary;
        assert!(said.contains("older sops") && !said.contains("changed"), "{said}");
        let finding = told("secrets/x.yaml", &OpenError::MacMismatch, Severity::Error);
        assert!(finding.summary.contains("was changed without sops"));
    }
}
