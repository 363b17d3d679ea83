//! `darwin-rebuild switch --flake`: it refuses anybody but root (pkgs/nix-tools/darwin-rebuild.sh,
//! "system activation must now be run as root"), so it is built as the person first.

use super::{Context, Offer, Program, System, system};
use crate::fleet::Platform;
use crate::plan::Step;
use crate::problem::Problem;

fn program(cx: &Context) -> Result<Program, String> {
    cx.program("darwin-rebuild", &["nix-darwin", "darwin"], "darwin-rebuild")
}

pub(super) fn offer(cx: &Context, machine: &System) -> Offer {
    if let Err(why) = system::is_switched_here(cx, machine, Platform::Darwin) {
        return Offer::No(why);
    }
    match program(cx) {
        Ok(program) => {
            program.offer(machine.deploy != Some("clan"), "this Mac is switched with it already")
        }
        Err(why) => Offer::No(why),
    }
}

pub(super) fn steps(cx: &Context, machine: &System) -> Result<Vec<Step>, Problem> {
    let command = program(cx)
        .map_err(Problem::tool)?
        .command_as_root(cx.host)
        .args(["switch", "--flake"])
        .arg(cx.flake(system::only(machine)?))
        .args(cx.nix);
    system::steps(cx, machine, system::rights(cx, command))
}
