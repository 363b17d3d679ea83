//! Decrypted secrets: the link to them, and each of them.

use std::fs;

use super::finding::{Fix, Risk};
use super::machine::SECRETS;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::activate::after::AGENT;
use crate::explain::Answer;
use crate::host::Os;
use crate::run::{Command, Runner};

pub(super) struct LinkTarget;

impl Check for LinkTarget {
    fn id(&self) -> &'static str {
        "secrets-link"
    }

    fn group(&self) -> Group {
        Group::Disk
    }

    fn title(&self) -> &'static str {
        "the link to your secrets leads to them"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.wants_secrets()
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let link = scene.activation().secrets_link();
        let typed = scene.host.typed(&link);
        Ok(match scene.ask("secrets-link", &[], runner) {
            Answer::Unknown { because } => return Err(NotChecked(because)),
            Answer::Is { what: "folder", words, .. } => vec![
                Finding::of("secrets-dir-exists", Severity::Error)
                    .part("path", &typed)
                    .seen(&typed, words)
                    .by(
                        Risk::ByHand,
                        "Move it aside, and open the secrets again",
                        &[format!("mv {typed} {typed}.before"), again(scene).typed()],
                    ),
            ],
            Answer::Is { what: "dangling", words, .. } => vec![
                Finding::of("secrets-not-mounted-after-reboot", Severity::Error)
                    .seen(&typed, words)
                    .fix(open_again(scene))
                    .follows(SECRETS),
            ],
            Answer::Is { what: "installed", .. } => Vec::new(),
            Answer::Is { what: "no-parent", words, .. } if scene.is_active() => vec![
                Finding::of("secrets-parent-dir-missing", Severity::Error)
                    .seen(&typed, words)
                    .fix(open_again(scene))
                    .follows(SECRETS),
            ],
            // Before the first activation nothing can be there.
            Answer::Is { words, .. } if scene.is_active() => vec![
                Finding::new(
                    "secrets-not-on-disk",
                    Severity::Error,
                    "your home is active, and your secrets are not on disk",
                    "Programs that read a secret find nothing. Activation succeeds all the same: it does not wait for the secrets.",
                )
                .seen(&typed, words)
                .fix(open_again(scene))
                .follows(SECRETS),
            ],
            Answer::Is { .. } => return Err(NotChecked::because("no home is active yet")),
        })
    }
}

/// Starts what opens the person's secrets.
fn again(scene: &Scene) -> Command {
    match scene.host.os {
        Os::Darwin => {
            let service = format!("gui/{}/{AGENT}", scene.host.account.uid);
            Command::new("launchctl").args(["kickstart", "-k", &service])
        }
        Os::Linux => Command::new("systemctl").args(["--user", "restart", "sops-nix"]),
    }
}

pub(super) fn open_again(scene: &Scene) -> Fix {
    Fix::run("open-again", "Open secrets again", &scene.host.home, vec![again(scene)])
}

pub(super) struct OnDisk;

impl Check for OnDisk {
    fn id(&self) -> &'static str {
        "on-disk"
    }

    fn group(&self) -> Group {
        Group::Disk
    }

    fn title(&self) -> &'static str {
        "every secret is on disk and readable"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.wants_secrets()
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let link = scene.activation().secrets_link();
        if !link.exists() {
            return Err(NotChecked::because("no secrets are on disk"));
        }
        let mut missing = Vec::new();
        for name in &scene.person()?.secrets {
            match fs::metadata(link.join(name)) {
                Ok(_) if fs::File::open(link.join(name)).is_ok() => {}
                Ok(_) => missing.push((name, "may not be read by you")),
                Err(_) => missing.push((name, "is not there")),
            }
        }
        let Some((first, why)) = missing.first() else { return Ok(Vec::new()) };
        let shown = scene.host.short(&link);
        let names = missing.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        Ok(vec![
            Finding::new(
                "secret-not-on-disk",
                Severity::Error,
                format!("not on disk: {names}"),
                "The home that is active was built before your module asked for it, or opening the secrets failed since.",
            )
            .seen(format!("{shown}/{first}"), *why)
            .by(Risk::ByHand, "Build and activate your home again", &[format!("doorstep onboard --as {}", scene.user)])
            .follows(SECRETS),
        ])
    }
}
