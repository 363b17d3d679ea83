//! Secrets files that are not encrypted, or not there.

use super::finding::{Fix, Risk};
use super::{Check, Finding, Group, NotChecked, Scene, Severity, sealing};
use crate::explain::Answer;
use crate::run::{Runner, shell_word};

pub(super) struct Encrypted;

impl Check for Encrypted {
    fn id(&self) -> &'static str {
        "encrypted"
    }

    fn group(&self) -> Group {
        Group::Secrets
    }

    fn title(&self) -> &'static str {
        "every secrets file is encrypted"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let mut found = Vec::new();
        let own = scene.secrets_path().ok();
        if let Some(path) = own.as_ref().filter(|_| scene.wants_secrets()) {
            if !fleet.at(path).exists() {
                found.push(missing(scene, path));
            } else if let Answer::Is { what: "plain", words, .. } =
                scene.ask("encrypted", &[("file", path)], runner)
            {
                let ruled = scene.ruled_path()?;
                let fix = sealing::fix(scene, &ruled, runner);
                found.push(plain(path, &words, Severity::Error, fix));
            }
        }
        let others = scene.store().map(crate::secrets::Store::plain_files).unwrap_or_default();
        let folder = fleet.sops.as_ref().and_then(|sops| sops.file.parent().map(ToOwned::to_owned));
        for path in others {
            let path = folder.as_deref().unwrap_or(std::path::Path::new("")).join(path);
            let path = path.display().to_string();
            if own.as_ref() != Some(&path) && !unreadable(scene, &path) {
                found.push(plain(&path, "has no sops block", Severity::Warning, None));
            }
        }
        found.extend(damaged(scene));
        Ok(found)
    }
}

/// What looks encrypted and cannot be understood.
fn unreadable(scene: &Scene, path: &str) -> bool {
    let unread = scene.fleet().map(|fleet| &fleet.unread[..]).unwrap_or_default();
    unread.iter().any(|unread| unread.at.file.to_str() == Some(path))
}

fn plain(path: &str, words: &str, severity: Severity, fix: Option<Fix>) -> Finding {
    let typed = shell_word(path);
    let found = Finding::of("file-not-encrypted", severity)
        .said(format!("{path} is not encrypted"))
        .part("file", path)
        .seen(path, words);
    let found = match fix {
        Some(fix) => found.fix(fix),
        None => found.by(
            Risk::ByHand,
            "Encrypt it before anything else, and never commit it as it is",
            &[format!("sops encrypt --in-place {typed}")],
        ),
    };
    found.by(
        Risk::ByHand,
        "If it was ever committed or sent, replace every value in it as well: that cannot be called back",
        &[format!("git log --oneline -- {typed}")],
    )
}

fn missing(scene: &Scene, path: &str) -> Finding {
    Finding::new(
        "secrets-file-missing",
        Severity::Error,
        format!("your module asks for secrets, and {path} is not there"),
        "Nix stops where the module names the file.",
    )
    .seen(path, "is not there")
    .by(
        Risk::ByHand,
        "Make it",
        &[
            format!("doorstep onboard --as {}", scene.user),
            "It asks for the values, and encrypts them.".to_owned(),
        ],
    )
}

fn damaged(scene: &Scene) -> Vec<Finding> {
    let unread = scene.fleet().map(|fleet| &fleet.unread[..]).unwrap_or_default();
    let is_secrets = |file: &std::path::Path| {
        let is_other = ["flake.lock", ".sops.yaml"].iter().any(|other| file.ends_with(other));
        file.extension().is_none_or(|e| e != "nix") && !is_other && !file.starts_with(".doorstep")
    };
    let damaged = unread.iter().filter(|unread| is_secrets(&unread.at.file));
    damaged
        .map(|unread| {
            let file = unread.at.file.display().to_string();
            let own = super::tracked::is_of(&unread.at.file, &scene.user);
            Finding::new(
                "secrets-file-damaged",
                if own { Severity::Error } else { Severity::Warning },
                format!("{file} is damaged"),
                "sops refuses it whole: none of its values can be read.",
            )
            .seen(format!("{file}:{}", unread.at.line), &unread.why)
            .by(
                Risk::ByHand,
                "Take back its last good state",
                &[
                    format!("git log --oneline -- {}", shell_word(&file)),
                    format!("git checkout COMMIT -- {}", shell_word(&file)),
                ],
            )
            .follows(&["merge-conflict"])
        })
        .collect()
}
