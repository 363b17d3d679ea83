//! `darwin-rebuild switch --flake`: it refuses anybody but root (pkgs/nix-tools/darwin-rebuild.sh,
//! "system activation must now be run as root"), so it is built as the person first.

use super::{Context, Offer, System, system};
use crate::fleet::Platform;
use crate::plan::Step;
use crate::problem::Problem;

pub(super) fn offer(cx: &Context, machine: &System) -> Offer {
    if let Err(why) = system::is_switched_here(cx, machine, Platform::Darwin) {
        return Offer::No(why);
    }
    match system::rebuild(cx, Platform::Darwin) {
        Ok(program) => {
            program.offer(machine.deploy != Some("clan"), "this Mac is switched with it already")
        }
        Err(why) => Offer::No(why),
    }
}

pub(super) fn steps(cx: &Context, machine: &System) -> Result<Vec<Step>, Problem> {
    system::rebuilt(cx, machine)
}
