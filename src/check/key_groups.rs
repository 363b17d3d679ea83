//! Key groups: a file with several of them needs a key from each, which is seldom meant.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::{Runner, shell_word};
use crate::secrets::store::format_of;
use crate::sops::{EncryptedFile, OpenError};

pub(super) struct KeyGroups;

impl Check for KeyGroups {
    fn id(&self) -> &'static str {
        "key-groups"
    }

    fn group(&self) -> Group {
        Group::Secrets
    }

    fn title(&self) -> &'static str {
        "one key of yours is enough for your file"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let path = scene.ruled_path()?;
        let Some(file) = scene.encrypted()?.iter().find(|file| file.path == path) else {
            return Err(NotChecked(format!("{path} is not there, or not encrypted")));
        };
        let Ok(metadata) = &file.metadata else { return Ok(Vec::new()) };
        let groups = metadata.groups.len();
        if groups < 2 {
            return Ok(Vec::new());
        }
        let identities = scene.identities(runner);
        let opened = EncryptedFile::parse(&file.text, format_of(&file.path))
            .map_err(|e| NotChecked(e.to_string()))?
            .open(identities);
        let Err(e @ OpenError::TooFewGroups { .. }) = opened else { return Ok(Vec::new()) };
        let store = scene.store()?;
        let rule = store.config.winner(&path).ok().flatten();
        let mut found = Finding::of("shamir-group-threshold", Severity::Error)
            .said(format!("{path} needs keys of {groups} groups, and you have not enough of them"))
            .part("file", &path)
            .seen(&path, e.to_string());
        if let Some(rule) = rule {
            found = found.seen(
                format!("{}:{}", scene.host.short(&store.file), rule.line),
                format!(
                    "has {} key groups: each dash below key_groups begins one",
                    rule.groups.len()
                ),
            );
        }
        Ok(vec![
            found
                .by(
                    Risk::ForReader,
                    "Put all keys below one dash of key_groups, then encrypt the file again",
                    &[format!("sops updatekeys -y {}", shell_word(&path))],
                )
                .follows(&["key-file-missing", "key-not-in-place", "key-file-wrong-macos-path"]),
        ])
    }
}
