//! `clan machines update HOST…`: it builds and switches each machine over ssh, by itself.
//!
//! It finds the fleet from the folder it runs in. Whether ssh will ask for a passphrase or a host
//! key, or sudo there for a password, is found out with connections that may not ask; where one of
//! them fails, or an address is not known from the fleet's text, the whole command gets the terminal.

use super::{Context, Offer, Program, System};
use crate::activate::STEP;
use crate::host::Os;
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
    let command = surrounded(program(cx).map_err(Problem::tool)?.command())
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
        changes: vec![Change::Run { command: command.asks(asks(cx, machines)) }],
        decided_by: None,
    }])
}

/// A command of clan's with what it needs around it. It makes passwords that are missing also before
/// an update, and would commit them (clan_lib/git): when something is committed is for the person to
/// say. To read what is encrypted it looks for keys where sops does (clan_cli/secrets/sops.py).
pub(crate) fn surrounded(command: Command) -> Command {
    command.env("CLAN_NO_COMMIT", "1").with_age_keys()
}

fn asks(cx: &Context, machines: &System) -> Asks {
    let why = "A machine may ask for a passphrase, for its host key or for a password.";
    let asks = Asks::new("ssh", why);
    if machines.addresses.len() < machines.machines.len() {
        return asks;
    }
    // clan asks for a password of sudo in a window where it can (clan_lib/ssh/remote.py, `become_root`:
    // zenity, else dialog).
    let has_window = cx.host.os == Os::Darwin
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| cx.host.var(name).is_some());
    asks.unless(machines.addresses.iter().map(|address| probe(address, has_window)))
}

/// Connects where clan would, without asking anything, ever. clan takes `[USER@]HOST[:PORT]`, where
/// nobody is root (clan_lib/ssh/parse.py); anybody else becomes root by sudo there.
fn probe(address: &str, has_window: bool) -> Command {
    let (user, place) = address.split_once('@').unwrap_or(("root", address));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if is_port(port) => (host, Some(port)),
        _ => (place, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut ssh = Command::new("ssh").args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]);
    if let Some(port) = port {
        ssh = ssh.args(["-p", port]);
    }
    let tried: &[&str] =
        if user == "root" || has_window { &["true"] } else { &["sudo", "-n", "true"] };
    ssh.arg("--").arg(format!("{user}@{host}")).args(tried.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_where_clan_connects_and_what_clan_needs_there() {
        let typed = |address: &str, has_window: bool| {
            let typed = probe(address, has_window).typed();
            typed.replace("ssh -o BatchMode=yes -o ConnectTimeout=10 ", "")
        };
        for (address, expected) in [
            ("root@slate.example", "-- root@slate.example true"),
            ("slate.example", "-- root@slate.example true"),
            ("root@slate.example:2222", "-p 2222 -- root@slate.example true"),
            ("ada@slate.example", "-- ada@slate.example sudo -n true"),
            ("root@[fe80::1]:2222", "-p 2222 -- root@fe80::1 true"),
            ("[fe80::1]", "-- root@fe80::1 true"),
        ] {
            assert_eq!(typed(address, false), expected, "{address}");
        }
        assert_eq!(typed("ada@slate.example", true), "-- ada@slate.example true");
    }
}
