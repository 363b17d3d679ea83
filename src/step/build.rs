//! Builds the home, without changing anything of the person's.

use super::{Activation, Context};
use crate::answers::Mode;
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::run::Command;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let Activation::Nix { accept_config, offline } = cx.surroundings.activation else {
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
    let command = command(cx, accept_config, offline);
    Ok(Some(Step {
        id: "build",
        title: "Build your home".to_owned(),
        why: if offline { "Needs no network." } else { "Needs the network." }.to_owned(),
        needs: Needs::You,
        by_hand: vec![
            format!("cd {}", cx.host.short(&cx.fleet.root)),
            format!("nix build .#{}", attribute(cx)),
        ],
        changes: vec![Change::Run { command }],
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
    let mut command = nix()
        .arg("build")
        .arg(format!("{}#{}", cx.fleet.root.display(), attribute(cx)))
        .args(["--print-build-logs", "--out-link"])
        .arg(package_link(cx))
        .cwd(&cx.fleet.root);
    if offline {
        command = command.args(["--offline", "--option", "substitute", "false"]);
    }
    // Only on a shown decision: a fleet's nixConfig may name caches to trust.
    if accept_config {
        command = command.arg("--accept-flake-config");
    }
    command
}

/// Nix with what flakes need, whatever the machine's own settings say: for the child only.
pub(crate) fn nix() -> Command {
    Command::new("nix").args(["--extra-experimental-features", "nix-command flakes"])
}

/// The link that hands the built home to the activation, and keeps it from being collected
/// meanwhile.
pub(super) fn package_link(cx: &Context) -> std::path::PathBuf {
    cx.host.receipts_dir().join(format!("built-{}", cx.person.username))
}
