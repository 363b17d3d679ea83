//! The home evaluated by Nix itself, which finds every mistake of the fleet's text. It takes as long as
//! a fleet is large, and may fetch inputs: so it is made only when it is asked for by name.

use std::time::Duration;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::activate;
use crate::activate::backend;
use crate::fleet::Platform;
use crate::nix;
use crate::run::{Command, Runner};

pub(super) struct Evaluation;

impl Check for Evaluation {
    fn id(&self) -> &'static str {
        "evaluation"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "Nix can evaluate your home"
    }

    fn patience(&self) -> Option<Duration> {
        Some(Duration::from_secs(180))
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        if scene.host.tool("nix").is_none() {
            return Err(NotChecked::because("there is no Nix here"));
        }
        let command = command(scene)?;
        let said = Scene::hear(runner, &command)?;
        if said.ok() {
            return Ok(Vec::new());
        }
        let typed = command.typed();
        let explained = scene.explain(&mut said.stderr.as_bytes(), runner)?;
        let best = explained.causes.first();
        if let Some(found) = best.and_then(|cause| Finding::heard(cause, &typed)) {
            return Ok(vec![found]);
        }
        let found = Finding::new(
            "evaluation-failed",
            Severity::Error,
            "Nix cannot evaluate your home, and doorstep does not know this error",
            "What cannot be evaluated cannot be built.",
        );
        let last = said.reason();
        let suspect = explained.suspects.last().map(|line| line.text.trim().to_owned());
        let shown = suspect.unwrap_or(last);
        Ok(vec![found.seen(typed.clone(), shown).by(
            Risk::ByHand,
            "Read the whole error",
            &[format!("{typed} --show-trace")],
        )])
    }
}

/// What would be built, asked for its name only.
fn command(scene: &Scene) -> Result<Command, NotChecked> {
    let (fleet, user) = (scene.fleet()?, scene.person()?);
    let is_own = |entry: &&crate::fleet::Standalone| entry.user.as_deref() == Some(&user.name);
    let host = &scene.host.name;
    let (output, name, package) = match fleet.standalone.iter().find(is_own) {
        Some(entry) => ("homeConfigurations", entry.name.text().to_owned(), "activationPackage"),
        None if user.machines.contains(host) => match scene.platform() {
            Platform::Darwin => ("darwinConfigurations", host.clone(), "system"),
            Platform::Nixos => {
                ("nixosConfigurations", host.clone(), "config.system.build.toplevel")
            }
        },
        None => return Err(NotChecked::because("nothing here builds your home")),
    };
    let name = nix::quote(&name).map_err(|e| NotChecked(format!("{name}: {e}")))?;
    let installable = format!("{}#{output}.{name}.{package}.drvPath", fleet.root.display());
    // What a fleet's nixConfig asks for was agreed to by nobody here, and nobody can answer ssh.
    Ok(activate::nix()
        .args(["eval", "--raw", "--no-write-lock-file", &installable])
        .args(backend::arguments(false, false))
        .env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        .env("GIT_TERMINAL_PROMPT", "0")
        .cwd(&fleet.root))
}
