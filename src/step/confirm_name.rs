//! Asks Nix, just before the build, whether the home configuration has the name that files
//! suggest: a fleet may compute its names, and an entry written by us shows up only if the fleet
//! really imports its file.

use super::Context;
use crate::activate::{self, backend};
use crate::fleet::{Name, Standalone};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::run::Command;

/// The question to Nix; `None` when the fleet's files say the name themselves.
pub(super) fn command(
    cx: &Context,
    plan: &Plan,
    accept_config: bool,
    offline: bool,
) -> Result<Option<Command>, Problem> {
    if !is_predicted(cx, plan) {
        return Ok(None);
    }
    ask(cx, &cx.configuration(), accept_config, offline).map(Some)
}

/// The same by hand.
pub(super) const BY_HAND: &str = "nix eval .#homeConfigurations --apply builtins.attrNames --json";

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
fn ask(cx: &Context, name: &str, accept: bool, offline: bool) -> Result<Command, Problem> {
    let quoted = crate::nix::quote(name)
        .map_err(|e| Problem::user(format!("`{name}` cannot be a configuration")).cause(e))?;
    let apply = format!(
        "homes: if homes ? {quoted} then builtins.attrNames homes else throw (\
         \"the fleet has no home configuration \" + {quoted} + \"; it has: \" + \
         builtins.concatStringsSep \", \" (builtins.attrNames homes))"
    );
    let command = activate::nix()
        .args(["eval", "--json"])
        .arg(format!("{}#homeConfigurations", cx.fleet.root.display()))
        .args(["--apply", &apply])
        .args(backend::arguments(accept, offline))
        .cwd(&cx.fleet.root);
    Ok(Command { asks: backend::private_inputs(&cx.fleet.root), ..command })
}
