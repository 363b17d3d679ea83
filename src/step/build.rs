//! Builds the home, without changing anything of the person's.

use super::{Activation, Context, confirm_name};
use crate::activate;
use crate::answers::Mode;
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::run::{Command, shell_word};

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let Activation::Nix { accept_config, offline, .. } = cx.surroundings.activation else {
        return Ok(None);
    };
    // Where the layout is unknown nothing has made an entry for them.
    let nothing_to_build = cx.layout().is_err() && !cx.has_configuration();
    if nothing_to_build
        || cx.person.mode != Mode::Standalone
        || (plan.is_empty() && cx.surroundings.home_active)
    {
        return Ok(None);
    }
    let confirm = confirm_name::command(cx, plan, accept_config, offline)?;
    let asked = confirm.as_ref().map(|_| confirm_name::BY_HAND.to_owned());
    let commands = confirm.into_iter().chain([command(cx, accept_config, offline)]);
    Ok(Some(Step {
        id: "build",
        title: "Build your home".to_owned(),
        why: if offline { "Needs no network." } else { "Needs the network." }.to_owned(),
        needs: Needs::You,
        by_hand: std::iter::once(format!("cd {}", cx.host.typed(&cx.fleet.root)))
            .chain(asked)
            .chain([format!("nix build {}", shell_word(&format!(".#{}", attribute(cx))))])
            .collect(),
        changes: commands.map(|command| Change::Run { command }).collect(),
        decided_by: Some("mode"),
    }))
}

/// `homeConfigurations."zoe".activationPackage`
fn attribute(cx: &Context) -> String {
    let name = cx.configuration();
    let name = crate::nix::attr(&name).unwrap_or(name);
    format!("homeConfigurations.{name}.activationPackage")
}

fn command(cx: &Context, accept_config: bool, offline: bool) -> Command {
    activate::nix()
        .arg("build")
        .arg(format!("{}#{}", cx.fleet.root.display(), attribute(cx)))
        .args(["--print-build-logs", "--out-link"])
        .arg(activate::package_link(cx.host, &cx.person.username))
        .args(arguments(accept_config, offline))
        .cwd(&cx.fleet.root)
}

/// What every `nix` of this run is told.
pub(super) fn arguments(accept_config: bool, offline: bool) -> Vec<String> {
    let mut arguments = Vec::new();
    if offline {
        arguments.extend(["--offline", "--option", "substitute", "false"]);
    }
    // Only on a shown decision: a fleet's nixConfig may name caches to trust.
    if accept_config {
        arguments.push("--accept-flake-config");
    }
    arguments.into_iter().map(str::to_owned).collect()
}
