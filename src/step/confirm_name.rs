//! Asks Nix, just before the build, whether the home configuration has the name that files
//! suggest: a fleet may compute its names, and an entry written by us shows up only if the fleet
//! really imports its file.

use super::{Activation, Context, build};
use crate::activate;
use crate::fleet::{Name, Standalone};
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::run::Command;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let Activation::Nix { accept_config, offline, .. } = cx.surroundings.activation else {
        return Ok(None);
    };
    let builds = build::step(cx, plan)?.is_some();
    if !builds || !is_predicted(cx, plan) {
        return Ok(None);
    }
    let name = cx.configuration();
    Ok(Some(Step {
        id: "confirm-name",
        title: "Ask Nix for the name".to_owned(),
        why: format!("Builds nothing: looks whether the fleet has the home {name}."),
        needs: Needs::You,
        by_hand: vec![
            format!("cd {}", cx.host.short(&cx.fleet.root)),
            "nix eval .#homeConfigurations --apply builtins.attrNames --json".to_owned(),
        ],
        changes: vec![Change::Run { command: command(cx, &name, accept_config, offline)? }],
        decided_by: Some("mode"),
    }))
}

/// Whether the name is only what files make likely. An entry that a run which was cut off has
/// written looks like the fleet's own, so a home that was never active is asked about too.
fn is_predicted(cx: &Context, plan: &Plan) -> bool {
    let own = |s: &&Standalone| s.user.as_deref() == Some(cx.person.username.as_str());
    let written = plan.steps.iter().any(|step| step.id == "standalone");
    let literal = |s: &Standalone| matches!(s.name, Name::Literal(_));
    written
        || !cx.surroundings.home_active
        || !cx.fleet.standalone.iter().find(own).is_some_and(literal)
}

/// Lists the names, and fails with a sentence when the one that is needed is not among them.
fn command(cx: &Context, name: &str, accept: bool, offline: bool) -> Result<Command, Problem> {
    let quoted = crate::nix::quote(name)
        .map_err(|e| Problem::user(format!("`{name}` cannot be a configuration")).cause(e))?;
    let apply = format!(
        "homes: if homes ? {quoted} then builtins.attrNames homes else throw (\
         \"the fleet has no home configuration \" + {quoted} + \"; it has: \" + \
         builtins.concatStringsSep \", \" (builtins.attrNames homes))"
    );
    Ok(activate::nix()
        .args(["eval", "--json"])
        .arg(format!("{}#homeConfigurations", cx.fleet.root.display()))
        .args(["--apply", &apply])
        .args(build::arguments(accept, offline))
        .cwd(&cx.fleet.root))
}
