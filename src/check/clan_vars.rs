//! Clan's variables of this machine: there, and encrypted for it.
//!
//! Read from clan's own files (clan_cli/vars and clan_cli/secrets): a variable's folder holds its
//! `secret` or `value`, and beside it `machines/NAME`, for whom it is meant.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::{Runner, shell_word};
use crate::sops;
use crate::survey;

pub(super) struct ClanVars;

impl Check for ClanVars {
    fn id(&self) -> &'static str {
        "clan-vars"
    }

    fn group(&self) -> Group {
        Group::Clan
    }

    fn title(&self) -> &'static str {
        "clan's variables of this machine are there, and for it"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.root.as_deref().is_some_and(|root| root.join("vars").is_dir())
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let mut found: Vec<Finding> = user_key(scene, &fleet.root).into_iter().collect();
        let machine = scene.host.name.as_str();
        let key = public_key(&fleet.root.join("sops/machines").join(machine));
        let own = fleet.root.join("vars/per-machine").join(machine);
        for folder in variables(&own, &fleet.root) {
            let shown = folder.strip_prefix(&fleet.root).unwrap_or(&folder).display().to_string();
            let secret = folder.join("secret");
            if !secret.exists() && !folder.join("value").exists() {
                found.push(
                    Finding::new(
                        "clan-variable-missing",
                        Severity::Warning,
                        format!("clan's variable {shown} has no value yet"),
                        "The machine cannot be updated before every variable has been generated.",
                    )
                    .seen(&shown, "has neither secret nor value")
                    .by(
                        Risk::ForReader,
                        "Generate it",
                        &[format!("clan vars generate {}", shell_word(machine))],
                    ),
                );
                continue;
            }
            let Some(key) = &key else { continue };
            let Some(recipients) = recipients(&secret) else { continue };
            if !recipients.contains(key) {
                found.push(
                    Finding::of("updatekeys-not-run", Severity::Warning)
                        .said(format!("{machine} has no access to clan's variable {shown}"))
                        .part("file", &shown)
                        .seen(format!("sops/machines/{machine}/key.json"), key)
                        .seen(format!("{shown}/secret"), "is not encrypted for it")
                        .by(
                            Risk::ForReader,
                            "Have clan put it right",
                            &[format!("clan vars fix {}", shell_word(machine))],
                        ),
                );
            }
        }
        Ok(one_of_each(found))
    }
}

/// One command mends all of a kind, so the first stands for them.
fn one_of_each(found: Vec<Finding>) -> Vec<Finding> {
    let mut kinds: Vec<&'static str> = Vec::new();
    let is_first = |finding: &Finding| {
        let is_new = !kinds.contains(&finding.id);
        kinds.push(finding.id);
        is_new
    };
    found.into_iter().filter(is_first).collect()
}

/// Clan knows a user of the person's name under another key than theirs.
fn user_key(scene: &Scene, root: &Path) -> Option<Finding> {
    let folder = root.join("sops/users").join(&scene.user);
    let known = public_keys(&folder);
    let own = Scene::keys_in(&scene.key_file().ok()?);
    let own = own.first()?.recipient().to_string();
    if known.is_empty() || known.contains(&own) {
        return None;
    }
    let file = format!("sops/users/{}/key.json", scene.user);
    Some(
        Finding::new(
            "clan-user-other-key",
            Severity::Warning,
            format!("clan knows {} by another key than the one that you have here", scene.user),
            "clan cannot tell who you are, and what it encrypts for you does not open with this key.",
        )
        .seen(&file, known.join(", "))
        .seen(scene.host.short(&scene.key_file().ok()?), format!("is {own}"))
        .by(
            Risk::ForReader,
            "Have your key added",
            &[format!("clan secrets users add-key {} --age-key {own}", shell_word(&scene.user))],
        ),
    )
}

/// Folders of variables: the machine's own, and shared ones that are meant for it.
fn variables(own: &Path, root: &Path) -> Vec<PathBuf> {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let mut all: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.is_dir()).collect();
        all.sort();
        all
    };
    let two_deep = |path: &Path| folders(path).iter().flat_map(|p| folders(p)).collect::<Vec<_>>();
    let mut all = two_deep(own);
    let machine = own.file_name().unwrap_or_default();
    let shared = two_deep(&root.join("vars/shared"));
    let is_for =
        |folder: &PathBuf| fs::symlink_metadata(folder.join("machines").join(machine)).is_ok();
    all.extend(shared.into_iter().filter(is_for));
    all
}

/// For whom a file of sops is encrypted.
fn recipients(file: &Path) -> Option<Vec<String>> {
    let text = survey::read_small(file)?;
    let metadata = sops::metadata_of(&text).ok()?;
    Some(metadata.groups.iter().flatten().map(|stanza| stanza.recipient.clone()).collect())
}

fn public_key(folder: &Path) -> Option<String> {
    public_keys(folder).into_iter().next()
}

/// `key.json` holds one key or a list of them.
fn public_keys(folder: &Path) -> Vec<String> {
    let text = survey::read_small(&folder.join("key.json")).unwrap_or_default();
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    let all = match &value {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    all.iter().filter_map(|key| key["publickey"].as_str().map(str::to_owned)).collect()
}
