//! What every way to switch this machine has in common: it is built as the person, rights are
//! asked for in a step of their own, and the switch comes last.
//!
//! Whether the person may is read from their groups. sudo is never called to find out: it would
//! send the administrators a report.

use super::{Context, Program, System, nix, private_inputs};
use crate::activate::{STEP, Switch};
use crate::fleet::Platform;
use crate::plan::{Change, Needs, Step};
use crate::problem::Problem;
use crate::run::{Asks, Command, shell_word};

/// The step that asks for rights.
pub const ELEVATE: &str = "elevate";

/// The link to the system that runs, on macOS with nix-darwin as on NixOS.
pub const CURRENT: &str = "/run/current-system";

/// Whether the goal is this one machine, of this platform.
pub(super) fn is_switched_here(
    cx: &Context,
    system: &System,
    platform: Platform,
) -> Result<(), String> {
    if system.platform != platform {
        return Err(match platform {
            Platform::Darwin => "it is for Macs".to_owned(),
            Platform::Nixos => "it is for NixOS machines".to_owned(),
        });
    }
    if !system.is_here {
        return Err(format!("it switches the machine that it runs on, which is {}", cx.host.name));
    }
    match platform {
        Platform::Nixos if !cx.is_nixos => Err("this machine does not run NixOS".to_owned()),
        _ => Ok(()),
    }
}

/// The name of the machine, where it has to be one.
pub(super) fn only<'a>(system: &System<'a>) -> Result<&'a str, Problem> {
    match system.machines {
        [one] => Ok(one),
        _ => Err(Problem::user("only `clan` updates several machines at once")),
    }
}

/// The platform's own program for switching, with the inputs of a flake that may bring it.
pub(super) fn rebuild(cx: &Context, platform: Platform) -> Result<Program, String> {
    let (name, inputs): (_, &[&str]) = match platform {
        Platform::Darwin => ("darwin-rebuild", &["nix-darwin", "darwin"]),
        Platform::Nixos => ("nixos-rebuild", &["nixpkgs"]),
    };
    cx.program(name, inputs, name)
}

/// [`steps`] with that program.
pub(super) fn rebuilt(cx: &Context, machine: &System) -> Result<Vec<Step>, Problem> {
    let command = rebuild(cx, machine.platform)
        .map_err(Problem::tool)?
        .command_as_root(cx.host)
        .args(["switch", "--flake"])
        .arg(cx.flake(only(machine)?))
        .args(cx.nix);
    steps(cx, machine, rights(cx, command))
}

/// Builds, asks for rights and switches with `command`, which has them.
pub(super) fn steps(cx: &Context, system: &System, command: Command) -> Result<Vec<Step>, Problem> {
    let machine = only(system)?;
    let mut steps = vec![build(cx, system, machine)];
    steps.extend(elevate(cx, machine));
    steps.push(switch(cx, system, machine, command));
    Ok(steps)
}

fn build(cx: &Context, system: &System, machine: &str) -> Step {
    let name = crate::nix::attr(machine).unwrap_or_else(|_| machine.to_owned());
    // nix-darwin's `system` is what darwin-rebuild builds (pkgs/nix-tools/darwin-rebuild.sh),
    // `config.system.build.toplevel` what nixos-rebuild does.
    let attribute = match system.platform {
        Platform::Darwin => format!("darwinConfigurations.{name}.system"),
        Platform::Nixos => format!("nixosConfigurations.{name}.config.system.build.toplevel"),
    };
    let command = nix()
        .arg("build")
        .arg(cx.flake(&attribute))
        .args(["--print-build-logs", "--out-link"])
        .arg(system.package)
        .args(cx.nix)
        .cwd(cx.fleet);
    let command = Command { asks: private_inputs(cx.fleet), ..command };
    Step {
        id: "build",
        title: "Build the system".to_owned(),
        why: "Without rights of an administrator, and without changing the machine.".to_owned(),
        needs: Needs::You,
        by_hand: cx.by_hand(format!("nix build {}", shell_word(&format!(".#{attribute}")))),
        changes: vec![Change::Run { command }],
        decided_by: None,
    }
}

/// `sudo -v`: asks once, and what comes next need not.
pub(super) fn elevate(cx: &Context, machine: &str) -> Option<Step> {
    if cx.host.is_root() {
        return None;
    }
    let why = format!(
        "The system of {machine} belongs to root, so it takes an administrator: {}.",
        cx.host.account.name
    );
    let asks = Asks::new("sudo", why.as_str());
    Some(Step {
        id: ELEVATE,
        title: "Ask for rights".to_owned(),
        why,
        needs: Needs::Admin,
        by_hand: vec!["sudo -v".to_owned()],
        changes: vec![Change::Run { command: Command::new("sudo").arg("-v").asks(asks) }],
        decided_by: None,
    })
}

/// What is given by the step before lasts for minutes, unless this machine's rules say otherwise.
pub(super) fn unless_rights_last() -> Asks {
    Asks::new("sudo", "The rights that were given before do not last on this machine.")
        .unless([Command::new("sudo").args(["-n", "true"])])
}

/// `command`, which needs what the step before has asked for.
pub(super) fn rights(cx: &Context, command: Command) -> Command {
    if cx.host.is_root() { command } else { command.asks(unless_rights_last()) }
}

pub(super) fn switch(cx: &Context, system: &System, machine: &str, command: Command) -> Step {
    let typed = command.typed();
    Step {
        id: STEP,
        title: "Switch to it".to_owned(),
        why: format!(
            "{machine} runs it from then on. `doorstep activate --host {} --rollback` goes back.",
            shell_word(machine)
        ),
        needs: Needs::Admin,
        by_hand: vec![typed],
        changes: vec![Change::Switch(Switch {
            machine: machine.to_owned(),
            command: command.cwd(cx.fleet),
            package: Some(system.package.to_owned()),
            profile: system.profile.to_owned(),
        })],
        decided_by: None,
    }
}

/// The machine's generation before, with `command`, which has the rights.
pub fn back(cx: &Context, system: &System) -> Result<Vec<Step>, Problem> {
    let machine = only(system)?;
    // On a Mac it is an action of its own (pkgs/nix-tools/darwin-rebuild.sh).
    let words = match system.platform {
        Platform::Darwin => &["--rollback"][..],
        Platform::Nixos => &["switch", "--rollback"][..],
    };
    is_switched_here(cx, system, system.platform)
        .map_err(|why| Problem::user(format!("{machine} cannot go back from here")).cause(why))?;
    let program = rebuild(cx, system.platform).map_err(Problem::tool)?;
    let command = program.command_as_root(cx.host).args(words.iter().copied());
    let mut step = switch(cx, system, machine, rights(cx, command));
    step.title = "Go back".to_owned();
    step.why = format!("To the generation of {machine} before this one.");
    for change in &mut step.changes {
        if let Change::Switch(switch) = change {
            switch.package = None;
        }
    }
    Ok(elevate(cx, machine).into_iter().chain([step]).collect())
}
