//! `nh`: for a home, a Mac or a NixOS machine. It builds as the person and calls sudo by itself
//! ("Don't run nh os as root. I will call sudo internally as needed", crates/nh-nixos).

use super::{Context, Home, Offer, Program, System, home, system};
use crate::fleet::Platform;
use crate::plan::Step;
use crate::problem::Problem;
use crate::run::Command;

fn program(cx: &Context) -> Result<Program, String> {
    cx.program("nh", &["nh", "nixpkgs"], "nh")
}

pub(super) fn offer_home(cx: &Context) -> Offer {
    match program(cx) {
        Ok(program) => program.offer(false, "nh is here"),
        Err(why) => Offer::No(why),
    }
}

/// `-c` is always given: nh tries `user@host` and `user` by itself, and 17 of 28 real fleets name
/// their configurations otherwise.
pub(super) fn steps_home(cx: &Context, home: &Home) -> Result<Vec<Step>, Problem> {
    let command = command(cx)?
        .args(["home", "switch", "--no-nom", "-c"])
        .arg(home.configuration)
        .arg(cx.fleet);
    let command = with_nix(cx, command);
    let typed = command.typed();
    let mut put = home::put(cx, home, command, typed);
    put.why.push_str(" nh's own check of Nix is left out: what it asks for is switched on.");
    Ok(vec![home::build(cx, home), put])
}

pub(super) fn offer_system(cx: &Context, machine: &System, platform: Platform) -> Offer {
    if let Err(why) = system::is_switched_here(cx, machine, platform) {
        return Offer::No(why);
    }
    if cx.host.is_root() {
        return Offer::No("nh refuses to run as root".to_owned());
    }
    match program(cx) {
        Ok(program) => program.offer(false, "nh is here"),
        Err(why) => Offer::No(why),
    }
}

pub(super) fn steps_system(
    cx: &Context,
    machine: &System,
    platform: Platform,
) -> Result<Vec<Step>, Problem> {
    let verb = match platform {
        Platform::Darwin => "darwin",
        Platform::Nixos => "os",
    };
    let command = command(cx)?
        .args([verb, "switch", "--no-nom", "-H"])
        .arg(system::only(machine)?)
        .arg(cx.fleet);
    let command = with_nix(cx, command).asks(system::unless_rights_last());
    system::steps(cx, machine, command)
}

/// nh refuses to start without flakes, and takes no flag for them. To find out whether they are on
/// it runs `nix config show`, which Nix before 2.20 has not, and gives up there
/// (crates/nh-core/src/checks.rs, crates/nh-util/src/util.rs): that they are is known here.
fn command(cx: &Context) -> Result<Command, Problem> {
    let program = program(cx).map_err(Problem::tool)?;
    let command = cx.with_flakes(program.command()).env("NH_NO_CHECKS", "1");
    // What an activation says is hidden otherwise. As a flag it would stop an nh before 4.2.
    Ok(command.env("NH_SHOW_ACTIVATION_LOGS", "true"))
}

fn with_nix(cx: &Context, command: Command) -> Command {
    if cx.nix.is_empty() { command } else { command.arg("--").args(cx.nix) }
}
