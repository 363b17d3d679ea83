//! `clan machines update HOST…`: it builds and switches each machine over ssh, by itself.
//!
//! It finds the fleet from the folder it runs in. Whether ssh will ask for a passphrase or a host
//! key is found out with connections that may not ask; where one of them fails, or an address is
//! not known from the fleet's text, the whole command gets the terminal.

use super::{Context, Offer, Program, System};
use crate::activate::STEP;
use crate::plan::{Change, Needs, Step};
use crate::problem::Problem;
use crate::run::{Asks, Command};

fn program(cx: &Context) -> Result<Program, String> {
    cx.program("clan", &["clan-core"], "clan-cli")
}

pub(super) fn offer(cx: &Context, machines: &System) -> Offer {
    match program(cx) {
        Ok(program) => {
            let is_best = machines.deploy == Some("clan");
            if !is_best {
                return Offer::No("the fleet does not update this machine with clan".to_owned());
            }
            program.offer(is_best, "the fleet updates its machines with it")
        }
        Err(why) => Offer::No(why),
    }
}

pub(super) fn steps(cx: &Context, machines: &System) -> Result<Vec<Step>, Problem> {
    let command = program(cx)
        .map_err(Problem::tool)?
        .command()
        .args(["machines", "update"])
        .args(machines.machines)
        .cwd(cx.fleet);
    let by_hand = cx.by_hand(command.typed());
    let list = machines.machines.join(", ");
    Ok(vec![Step {
        id: STEP,
        title: "Update machines".to_owned(),
        why: format!("Builds and switches {list} over ssh. It cannot be taken back from here."),
        needs: Needs::Admin,
        by_hand,
        changes: vec![Change::Run { command: command.asks(asks(machines)) }],
        decided_by: None,
    }])
}

fn asks(machines: &System) -> Asks {
    let asks = Asks::new("ssh", "A machine may ask for a passphrase or for its host key.");
    if machines.addresses.len() < machines.machines.len() {
        return asks;
    }
    asks.unless(machines.addresses.iter().map(|address| probe(address)))
}

/// Connects without asking anything, ever.
fn probe(address: &str) -> Command {
    Command::new("ssh")
        .args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "--"])
        .arg(address)
        .arg("true")
}
