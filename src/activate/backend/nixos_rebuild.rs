//! `nixos-rebuild switch --flake`.

use super::{Context, Offer, System, system};
use crate::fleet::Platform;
use crate::plan::Step;
use crate::problem::Problem;

pub(super) fn offer(cx: &Context, machine: &System) -> Offer {
    if let Err(why) = system::is_switched_here(cx, machine, Platform::Nixos) {
        return Offer::No(why);
    }
    match system::rebuild(cx, Platform::Nixos) {
        Ok(program) => program.offer(machine.deploy != Some("clan"), "NixOS brings it"),
        Err(why) => Offer::No(why),
    }
}

pub(super) fn steps(cx: &Context, machine: &System) -> Result<Vec<Step>, Problem> {
    system::rebuilt(cx, machine)
}
