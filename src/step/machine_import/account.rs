//! The account that a home on a machine belongs to: home-manager takes name and home from it, and
//! the whole machine fails to evaluate without it.
//!
//! Only what makes somebody a person is copied from a neighbour's account. Groups, keys and
//! passwords are rights, and rights are for the administrator to give.

use crate::fleet::{Machine, Platform};
use crate::nix::{self, Binding, Pattern, Shape, Source};
use crate::splice::{self, nix::Splice};
use crate::step::Context;
use crate::step::likeness::in_the_name_of;

use super::add;

/// What of a neighbour's account a newcomer's has too.
const COPIED: [&str; 4] = ["isNormalUser", "createHome", "home", "shell"];

/// Whether the account of `name` is in this file.
pub(super) fn is_in(source: &Source, name: &str) -> bool {
    let pattern = Pattern::exact(&["users", "users", name]);
    source.bindings().iter().any(|binding| binding.path.contains(&pattern))
}

/// `text` with an account for the newcomer below the sibling's; as it is when they have one, or
/// when accounts are kept elsewhere.
pub(super) fn added(
    cx: &Context,
    machine: &Machine,
    text: &str,
    sibling: &str,
) -> Result<String, String> {
    let newcomer = cx.person.username.as_str();
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let known = machine.users.iter().any(|user| user.name.text() == newcomer);
    let pattern = Pattern::exact(&["users", "users", sibling]);
    let mut theirs = source.bindings().iter().filter(|b| b.path.contains(&pattern));
    let Some(last) = last_of(&mut theirs).filter(|_| !known) else {
        return Ok(text.to_owned());
    };
    let names = names(last, sibling, newcomer);
    let uid = own_uid(cx, machine).filter(|_| machine.platform == Platform::Darwin);
    let value = value(cx, machine, &source, sibling, uid);
    let with_account = add(text, last, &names, &value)?;
    match uid {
        // nix-darwin wants the number of every account that it is told to look after.
        Some(_) => known_user(&with_account, sibling, newcomer),
        None => Ok(with_account),
    }
}

/// The outermost of the sibling's bindings that ends last, where an account may be written as
/// `ada.home = …; ada.shell = …;`.
fn last_of<'s>(theirs: &mut dyn Iterator<Item = &'s Binding>) -> Option<&'s Binding> {
    let theirs: Vec<&Binding> = theirs.collect();
    let inner = |binding: &&Binding| {
        theirs.iter().any(|o| o.span != binding.span && o.value.contains(binding.span))
    };
    theirs.iter().copied().filter(|binding| !inner(binding)).max_by_key(|b| b.span.end)
}

/// `users.users.zoe` as far as the sibling's binding writes it out.
fn names<'a>(binding: &'a Binding, sibling: &str, newcomer: &'a str) -> Vec<&'a str> {
    let mut names = Vec::new();
    for part in binding.written() {
        if part.text() == sibling {
            names.push(newcomer);
            break;
        }
        names.push(part.text());
    }
    names
}

/// The number of the newcomer's account, when it is of this very machine.
fn own_uid(cx: &Context, machine: &Machine) -> Option<u32> {
    let here = cx.host.name == machine.name;
    here.then(|| cx.host.account(&cx.person.username)).flatten().map(|account| account.uid)
}

fn value(
    cx: &Context,
    machine: &Machine,
    source: &Source,
    sibling: &str,
    uid: Option<u32>,
) -> String {
    let newcomer = cx.person.username.as_str();
    let mut lines: Vec<String> = uid.map(|uid| format!("uid = {uid};")).into_iter().collect();
    let mut has_home = false;
    for binding in source.bindings() {
        let field = |name: &&str| {
            binding.path.ends_with(&Pattern::exact(&["users", "users", sibling, name]))
        };
        let Some(name) = COPIED.into_iter().find(|name| field(name)) else { continue };
        let text = binding.value.of(source.text());
        if !text.contains('\n') && binding.shape != Shape::Function {
            has_home |= name == "home";
            lines.push(format!("{name} = {};", in_the_name_of(text, sibling, newcomer)));
        }
    }
    // nix-darwin does not know where an account lives unless it is told.
    if machine.platform == Platform::Darwin && !has_home {
        let home = nix::quote(&format!("/Users/{newcomer}")).unwrap_or_default();
        lines.push(format!("home = {home};"));
    }
    if lines.is_empty() {
        return "{ }".to_owned();
    }
    let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("{{\n{body}}}")
}

/// `text` with the newcomer in the list of accounts that the sibling is in.
fn known_user(text: &str, sibling: &str, newcomer: &str) -> Result<String, String> {
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let pattern = Pattern::exact(&["users", "knownUsers"]);
    let quoted = nix::quote(sibling).map_err(|e| e.to_string())?;
    let list = source.lists().iter().find(|list| {
        list.path.ends_with(&pattern) && list.items.iter().any(|item| item.span.of(text) == quoted)
    });
    let Some(list) = list else { return Ok(text.to_owned()) };
    let item = nix::quote(newcomer).map_err(|e| e.to_string())?;
    match splice::nix::append_item(text, list.span, &item) {
        Ok(Splice::Changed(change)) => Ok(change.text),
        Ok(Splice::AlreadySo { .. }) => Ok(text.to_owned()),
        Err(refusal) => Err(refusal.to_string()),
    }
}
