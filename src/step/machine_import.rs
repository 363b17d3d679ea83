//! Binds the person on their machines, beside the neighbour whose binding is copied, with the
//! account that the binding needs.

mod account;
mod aggregates;

pub(super) use aggregates::replaced as with_aggregates;

use super::likeness::{in_the_name_of, says_word};
use super::{Context, clan_user};
use crate::answers::Mode;
use crate::fleet::{Machine, MachineUser, Name};
use crate::nix::{Binding, Pattern, Source};
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::splice::{
    self,
    nix::{Slot, Splice},
};

pub(super) fn step(cx: &Context, _: &Plan) -> Result<Option<Step>, Problem> {
    // Without a layout there is no module of theirs that a machine could import.
    if cx.person.mode != Mode::Integrated || cx.layout().is_err() {
        return Ok(None);
    }
    let mut changes = Vec::new();
    let mut by_hand = Vec::new();
    for host in &cx.person.hosts {
        let machine = cx
            .fleet
            .machine(host)
            .ok_or_else(|| Problem::user(format!("`{host}` is no machine of this fleet")))?;
        let bound = machine.users.iter().any(|u| u.managed && u.name.text() == cx.person.username);
        if !bound && !clan_user::binds_home(cx, machine) {
            changes.push(import(cx, machine)?);
            by_hand.push(format!("add {} in {}", cx.person.username, cx.shown(&machine.at.file)));
        }
    }
    if changes.is_empty() {
        return Ok(None);
    }
    let machines = cx.person.hosts.join(", ");
    Ok(Some(Step {
        id: "machine-import",
        title: "Add you to machines".to_owned(),
        why: format!("{machines}: your home comes with the machine's next update."),
        needs: Needs::You,
        by_hand,
        changes,
        decided_by: Some("hosts"),
    }))
}

fn import(cx: &Context, machine: &Machine) -> Result<Change, Problem> {
    let refused = |why: String| {
        let file = cx.shown(&machine.at.file);
        Problem::fleet(format!("`{file}` cannot be changed safely")).cause(why).hint(format!(
            "add `home-manager.users.{}` there by hand, or choose `mode: standalone`",
            cx.person.username
        ))
    };
    let (sibling, name) = sibling(cx, machine)
        .ok_or_else(|| refused("nobody is bound there in a way that could be copied".to_owned()))?;
    let path = cx.fleet.at(&sibling.at.file);
    let before = cx.fleet.text(&sibling.at.file).map_err(|unread| refused(unread.why))?;
    let bound = bound(cx, &before, sibling, name).map_err(&refused)?;
    let after = account::added(cx, machine, &bound, name).map_err(&refused)?;
    Ok(Change::Edit { path, before, after })
}

/// `text` with the newcomer's home beside the sibling's.
fn bound(cx: &Context, text: &str, sibling: &MachineUser, name: &str) -> Result<String, String> {
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let binding = binding_at(&source, sibling)
        .ok_or_else(|| format!("{name}'s binding was not found again"))?;
    let newcomer = cx.person.username.as_str();
    let value = outdented(binding.value.of(text), source.indentation(binding.span.start));
    let mut value = in_the_name_of(&value, name, newcomer);
    // A machine may know somebody by another name than their module does.
    if let Some(module) = cx.fleet.user(name).and_then(|user| user.alias_of.as_deref()) {
        value = in_the_name_of(&value, module, newcomer);
    }
    let value = aggregates::replaced(cx, &value)?;
    let others = cx.fleet.users.iter().filter(|user| user.name != newcomer);
    if let Some(other) = others.map(|user| &user.name).find(|other| says_word(&value, other)) {
        return Err(format!("what {name} gets there is also {other}'s"));
    }
    let names = renamed(binding, name, newcomer);
    add(text, binding, &names, &value)
}

/// The names that a copy of `binding` has.
fn renamed<'a>(binding: &'a Binding, name: &str, newcomer: &'a str) -> Vec<&'a str> {
    let written = binding.written().iter();
    written.map(|part| if part.text() == name { newcomer } else { part.text() }).collect()
}

/// `text` with `names = value;` below `sibling`.
fn add(text: &str, sibling: &Binding, names: &[&str], value: &str) -> Result<String, String> {
    match splice::nix::add_binding(text, Slot::After(sibling.span), names, value) {
        Ok(Splice::Changed(change)) => Ok(change.text),
        // Found bound by text and not by the fleet reader: as good as bound.
        Ok(Splice::AlreadySo { .. }) => Ok(text.to_owned()),
        Err(refusal) => Err(refusal.to_string()),
    }
}

/// Machines of the person whose accounts are not in the machine's own file, so that nothing here
/// adds one.
pub(super) fn without_account<'a>(cx: &'a Context) -> Vec<&'a Machine> {
    let machines = cx.person.hosts.iter().filter_map(|host| cx.fleet.machine(host));
    let lacks = |machine: &&Machine| {
        let bound = |u: &&MachineUser| u.managed && u.name.text() == cx.person.username;
        !machine.users.iter().any(|user| bound(&user))
            && sibling(cx, machine).is_some_and(|(user, name)| {
                let source = cx.fleet.files.nix(&user.at.file);
                source.is_some_and(|source| !account::is_in(source, name))
            })
    };
    machines.filter(lacks).collect()
}

/// Somebody bound there by name: the neighbour if possible.
fn sibling<'a>(cx: &Context, machine: &'a Machine) -> Option<(&'a MachineUser, &'a str)> {
    let wished = cx.neighbour().map(|n| n.name.as_str());
    let literal = || {
        machine.users.iter().filter(|u| u.managed).filter_map(|u| match &u.name {
            Name::Literal(name) => Some((u, name.as_str())),
            Name::Computed(_) => None,
        })
    };
    literal().find(|(_, name)| Some(*name) == wished).or_else(|| literal().next())
}

/// The outermost binding on the line where the person was found.
fn binding_at<'a>(source: &'a Source, user: &MachineUser) -> Option<&'a Binding> {
    let users = Pattern::new(&format!("users.{}", user.name.text()));
    source.bindings().iter().find(|b| b.line == user.at.line && b.path.contains(&users))
}

/// `value` as it would stand at the left margin: its later lines without `indent`.
fn outdented(value: &str, indent: &str) -> String {
    value.split_inclusive('\n').map(|line| line.strip_prefix(indent).unwrap_or(line)).collect()
}
