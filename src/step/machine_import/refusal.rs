//! What a person is told when a machine's file is left alone: the file, the line, the reason, and
//! the very lines to paste.

use std::path::Path;

use crate::fleet::layout::AggregatesIn;
use crate::fleet::{ACCOUNTS, HOMES, Machine, Place, slot::Closed};
use crate::nix::{self, Span};
use crate::problem::Problem;
use crate::question::nearest;
use crate::splice::nix::{self as splice, Refusal};
use crate::step::Context;

use super::{account, drafts, home_file};

/// The machine has no place for one more person.
pub(super) fn closed(cx: &Context, machine: &Machine, closed: &Closed) -> Problem {
    let what = format!("`{}` cannot be changed safely: {closed}", cx.shown(&closed.at.file));
    by_hand(cx, machine, Problem::fleet(what))
}

/// What is there cannot be copied for somebody else.
pub(super) fn of(cx: &Context, machine: &Machine, at: &Place, why: &str) -> Problem {
    let what =
        format!("`{}` cannot be changed safely: {why} (line {})", cx.shown(&at.file), at.line);
    by_hand(cx, machine, Problem::fleet(what))
}

fn by_hand(cx: &Context, machine: &Machine, problem: Problem) -> Problem {
    let lines: String = paste(cx, machine).iter().map(|line| format!("\n  {line}")).collect();
    let (host, at) = (&machine.name, &machine.at);
    let place = match cx.fleet.body(machine) {
        Some((file, body)) if takes(cx, &file, body) => {
            format!("the module of {host}, in `{}`", cx.shown(&file))
        }
        Some((file, _)) => {
            format!("a file of their own, which `{}` imports for {host}", cx.shown(&file))
        }
        None => match cx.fleet.namesake(machine) {
            Some(file) => format!("the module of {host}, in `{}`", cx.shown(file)),
            None => {
                format!("a module of {host}, which `{}` line {} makes", cx.shown(&at.file), at.line)
            }
        },
    };
    problem
        .hint(format!("paste these lines into {place}:{lines}"))
        .hint(format!("or choose `mode: standalone` for {host}, which changes no machine"))
}

/// Whether the set of a module can have homes and accounts written out: Nix takes no attribute
/// twice, and one may be bound there to what a function makes.
fn takes(cx: &Context, file: &Path, body: Span) -> bool {
    let Some(source) = cx.fleet.files.nix(file) else { return false };
    [HOMES, ACCOUNTS].iter().all(|option| {
        let names: Vec<String> =
            option.iter().chain([&cx.person.username.as_str()]).map(|n| (*n).to_owned()).collect();
        drafts::place(source, body, &names).is_some_and(|(slot, names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            splice::add_binding(source.text(), slot, &names, "{ }").is_ok()
        })
    })
}

/// The lines that put the person on a machine, whatever the fleet's own way of writing them.
fn paste(cx: &Context, machine: &Machine) -> Vec<String> {
    let name = nix::attr(&cx.person.username).unwrap_or_default();
    let mut lines = vec![format!("users.users.{name} = {{")];
    lines.extend(
        account::plain(cx, machine).iter().map(|(field, value)| format!("  {field} = {value};")),
    );
    lines.push("};".to_owned());
    lines.push(home(cx, &name));
    lines
}

/// The line that binds the home, by what the fleet keeps of people.
fn home(cx: &Context, name: &str) -> String {
    let home = format!("home-manager.users.{name}");
    match cx.layout().map(|layout| layout.places.aggregates_in) {
        Ok(AggregatesIn::Registry) => {
            format!("{home}.imports = config.flake.users.{name}.modules;")
        }
        Ok(_) => {
            let module = nix::quote(&format!("users/{}", cx.person.username)).unwrap_or_default();
            format!("{home}.imports = [ config.flake.modules.homeManager.{module} ];")
        }
        Err(_) => {
            let version = nix::quote(&home_file::state_version(cx)).unwrap_or_default();
            format!("{home} = {{ home.stateVersion = {version}; }};")
        }
    }
}

/// An edit that would change more than was meant.
pub(super) fn not_proved(shown: &str, refusal: &Refusal) -> Problem {
    let what =
        format!("`{shown}` cannot be changed safely: {} (line {})", refusal.reason, refusal.line);
    let problem = Problem::fleet(what);
    match refusal.paste.is_empty() {
        true => problem,
        false => {
            let lines: String = refusal.paste.lines().map(|line| format!("\n  {line}")).collect();
            problem.hint(format!("write this there by hand:{lines}"))
        }
    }
}

/// A name that is no machine's: a slip, or a machine whose file could not be read.
pub(super) fn unknown(cx: &Context, host: &str) -> Problem {
    let problem = Problem::user(format!("`{host}` is not a machine of this fleet"));
    let known = cx.fleet.machines.iter().map(|machine| machine.name.as_str());
    let word = |path: &std::path::Path| {
        path.iter().any(|part| {
            let part = part.to_string_lossy();
            part.strip_suffix(".nix").unwrap_or(&part) == host
        })
    };
    let unread = cx.fleet.unread.iter().find(|unread| word(&unread.at.file));
    match (unread, nearest(host, known)) {
        (Some(unread), _) => problem.cause(unread),
        (None, Some(name)) => problem.hint(format!("did you mean `{name}`?")),
        (None, None) => problem,
    }
}

/// A part of the machine could not be read, so nobody knows who is on it.
pub(super) fn unread(cx: &Context, machine: &Machine) -> Option<Problem> {
    let file = machine.reach.unread().first()?;
    let unread = cx.fleet.unread.iter().find(|unread| unread.at.file == *file)?;
    let what = format!("`{}` cannot be read, and {} is made from it", cx.shown(file), machine.name);
    Some(Problem::fleet(what).cause(unread).hint("mend that file first, then run doorstep again"))
}
