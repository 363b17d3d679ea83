//! An SSH key that stands for an age key: only an ed25519 one without a passphrase can.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::key::ssh;
use crate::nix::Literal;
use crate::run::Runner;
use crate::survey;

pub(super) struct SshKey;

impl Check for SshKey {
    fn id(&self) -> &'static str {
        "ssh-key"
    }

    fn group(&self) -> Group {
        Group::Keys
    }

    fn title(&self) -> &'static str {
        "an SSH key that stands for your age key can do so"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let mut found = Vec::new();
        for (named_by, path) in named(scene) {
            let Some(text) = survey::read_small(&path).map(Zeroizing::new) else { continue };
            let Err(why) = ssh::identity_from_private(&text) else { continue };
            let shown = scene.host.short(&path);
            found.push(
                Finding::of("ssh-key-wrong-format", Severity::Error)
                    .said(format!("{shown} cannot stand for an age key"))
                    .part("path", &shown)
                    .seen(named_by, format!("names {shown}"))
                    .seen(&shown, why.to_string())
                    .by(
                        Risk::ByHand,
                        "Use an age key of its own instead",
                        &[
                            "age-keygen -o ~/.config/sops/age/keys.txt".to_owned(),
                            "Then somebody who can open your file adds its public half.".to_owned(),
                        ],
                    ),
            );
        }
        Ok(found)
    }
}

/// By a variable of sops, or by `sops.age.sshKeyPaths` of the person's module; with where it stands.
fn named(scene: &Scene) -> Vec<(String, PathBuf)> {
    let host = &scene.host;
    let variable = "SOPS_AGE_SSH_PRIVATE_KEY_FILE";
    let mut all: Vec<(String, PathBuf)> = host
        .var(variable)
        .map(|file| (variable.to_owned(), host.expand(file, &host.home)))
        .into_iter()
        .collect();
    let Ok((fleet, user)) = scene.fleet().and_then(|fleet| Ok((fleet, scene.person()?))) else {
        return all;
    };
    let Some(source) = fleet.files.nix(&user.module.file) else { return all };
    let lists = source.lists().iter();
    let lists =
        lists.filter(|list| list.path.last().and_then(|part| part.name()) == Some("sshKeyPaths"));
    for item in lists.flat_map(|list| &list.items) {
        let path = match source.literal(item.span) {
            Some(Literal::Text(path)) => Some(PathBuf::from(path)),
            _ => survey::in_home(item.span.of(source.text()), host),
        };
        let at = format!("{}:{}", user.module.file.display(), item.line);
        all.extend(path.map(|path| (at, path)));
    }
    all
}
