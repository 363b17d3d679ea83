//! Binds the person on their machines, beside the neighbour whose binding is copied.

use std::fs;

use super::Context;
use super::likeness::in_the_name_of;
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
    if cx.person.mode != Mode::Integrated {
        return Ok(None);
    }
    let mut changes = Vec::new();
    let mut by_hand = Vec::new();
    for host in &cx.person.hosts {
        let machine = cx
            .fleet
            .machine(host)
            .ok_or_else(|| Problem::user(format!("`{host}` is no machine of this fleet")))?;
        let bound = machine.users.iter().any(|u| u.name.text() == cx.person.username);
        if !bound {
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
    let before = fs::read_to_string(&path).map_err(|e| refused(e.to_string()))?;
    let source = Source::parse(before.as_str()).map_err(|e| refused(e.to_string()))?;
    let binding = binding_at(&source, sibling)
        .ok_or_else(|| refused(format!("{name}'s binding was not found again")))?;
    let newcomer = cx.person.username.as_str();
    let names: Vec<String> = binding
        .written()
        .iter()
        .map(|part| if part.text() == name { newcomer } else { part.text() }.to_owned())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let value = outdented(binding.value.of(&before), source.indentation(binding.span.start));
    let value = with_aggregates(cx, &in_the_name_of(&value, name, newcomer));
    let slot = Slot::After(binding.span);
    match splice::nix::add_binding(&before, slot, &names, &value) {
        Ok(Splice::Changed(change)) => Ok(Change::Edit { path, before, after: change.text }),
        // Found bound by text and not by the fleet reader: as good as bound.
        Ok(Splice::AlreadySo { .. }) => Ok(Change::Edit { path, after: before.clone(), before }),
        Err(refusal) => Err(refused(refusal.to_string())),
    }
}

/// Somebody bound there by name: the neighbour if possible.
fn sibling<'a>(cx: &Context, machine: &'a Machine) -> Option<(&'a MachineUser, &'a str)> {
    let wished = cx.neighbour().map(|n| n.name.as_str());
    let literal = || {
        machine.users.iter().filter_map(|u| match &u.name {
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

/// Where machines list the feature sets, the newcomer's own replace the neighbour's.
fn with_aggregates(cx: &Context, value: &str) -> String {
    let Ok(source) = Source::parse(value) else { return value.to_owned() };
    let is_aggregate = |item: &crate::nix::Item| {
        let text = item.span.of(value);
        let last = text.rsplit('.').next().unwrap_or(text).trim_matches('"');
        cx.fleet.aggregates.iter().any(|a| a.name == last)
    };
    let list = source.lists().iter().find(|list| list.items.iter().any(is_aggregate));
    let Some(list) = list else { return value.to_owned() };
    let mut items: Vec<&str> = Vec::new();
    let mut scope = "";
    for item in &list.items {
        let text = item.span.of(value);
        if is_aggregate(item) {
            scope = text.rfind('.').map_or("", |dot| &text[..=dot]);
        } else {
            items.push(text);
        }
    }
    let own: Vec<String> = cx
        .person
        .aggregates
        .iter()
        .filter_map(|name| Some(format!("{scope}{}", crate::nix::attr(name).ok()?)))
        .collect();
    let items: Vec<&str> = items.into_iter().chain(own.iter().map(String::as_str)).collect();
    let old = list.span.of(value);
    let new = if old.contains('\n') {
        let first = list.items.first().map_or(list.span.start, |item| item.span.start);
        let indent = source.indentation(first);
        let lines: String = items.iter().map(|item| format!("{indent}{item}\n")).collect();
        format!("[\n{lines}{}]", source.indentation(list.span.end - 1))
    } else {
        format!("[ {} ]", items.join(" "))
    };
    [&value[..list.span.start], &new, &value[list.span.end..]].concat()
}
