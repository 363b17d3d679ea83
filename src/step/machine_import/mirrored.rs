//! What a machine, or a check, says of each of its people besides home and account: said of the
//! newcomer as well, where it stands in text as one binding or one string a person.
//!
//! Rights are never mirrored: who may become root or use Nix's daemon freely is for the
//! administrator to say. Whatever is not mirrored is told as a remark.

use std::ffi::OsStr;
use std::path::Path;

use crate::fleet::{Fleet, Machine};
use crate::nix::{self, AttrPath, Binding, List, Part, Pattern, Shape, Source};
use crate::splice::nix::{self as splice, Slot};
use crate::step::Context;
use crate::step::likeness::in_the_name_of;

use super::drafts::Drafts;

/// Plans the same for the newcomer as for `like` on one machine.
pub(super) fn add(cx: &Context, machine: &Machine, like: &str, drafts: &mut Drafts) {
    let sources =
        cx.fleet.files.sources().filter(|(file, source)| {
            source.text().contains(like) && !is_of_one_person(cx.fleet, file)
        });
    for (file, source) in sources {
        let part_of = |m: &Machine| m.reach.parts().iter().any(|part| part.is_in(file));
        let nobodys = !cx.fleet.machines.iter().any(part_of);
        let own = |path: &AttrPath| {
            machine.reach.holds(file, path) && !cx.fleet.is_shared(machine, file, path)
        };
        for binding in per_person(source, like).into_iter().filter(|b| own(&b.path)) {
            if let Some((names, value)) = in_new_name(cx, source, binding, like) {
                drafts.bind(file, Slot::After(binding.span), names, value, &|_| true);
            }
        }
        // A check of the fleet lists its people too.
        for list in source.lists().iter().filter(|list| nobodys || own(&list.path)) {
            if is_of_people(cx.fleet, source, list, like) {
                let newcomer = nix::quote(&cx.person.username).unwrap_or_default();
                drafts.append(file, list.span, &newcomer);
            }
        }
    }
}

/// Whether a file, by its name or its folder's, is about one person alone.
pub(super) fn is_of_one_person(fleet: &Fleet, file: &Path) -> bool {
    let person = |part: &OsStr| {
        let stem = Path::new(part).file_stem().unwrap_or_default();
        stem.to_str().is_some_and(|stem| fleet.user(stem).is_some())
    };
    file.iter().any(person)
}

/// The outermost bindings of `like` below an option `users` that is neither home nor account.
fn per_person<'s>(source: &'s Source, like: &str) -> Vec<&'s Binding> {
    let pattern = Pattern::exact(&["users", like]);
    let of_person = |binding: &&Binding| {
        let path = &binding.path;
        let Some(at) = path.find(&pattern) else { return false };
        let inherited = path.parts().len() - binding.own;
        let before = at.checked_sub(1).and_then(|at| path.parts().get(at)).and_then(Part::name);
        // `users.ada` alone is a registry's entry or somebody's module.
        at + 1 >= inherited
            && !matches!(before, None | Some("home-manager" | "users" | "flake" | "config"))
            && !path.parts().iter().any(|part| part.name() == Some("instances"))
            && !gives_rights(path)
    };
    source.bindings().iter().filter(of_person).collect()
}

/// The binding's names and value for the newcomer, unless it is about somebody else too or holds
/// what is only its owner's.
fn in_new_name(
    cx: &Context,
    source: &Source,
    binding: &Binding,
    like: &str,
) -> Option<(Vec<String>, String)> {
    let newcomer = cx.person.username.as_str();
    let value = splice::outdented(source, binding.value);
    let value = with_identity(cx, &in_the_name_of(&value, like, newcomer))?;
    let anothers = cx.another_in(&value).is_some();
    let own = ["assword", "ssh-", "age1", "hash"].iter().any(|word| value.contains(word));
    let written = binding.written().iter();
    let names = written.map(|part| if part.name() == Some(like) { newcomer } else { part.text() });
    (!anothers && !own && binding.shape != Shape::Function)
        .then(|| (names.map(str::to_owned).collect(), value))
}

/// The value with the newcomer's own name and address where it says somebody's.
fn with_identity(cx: &Context, value: &str) -> Option<String> {
    let source = Source::parse(value).ok()?;
    let mut out = value.to_owned();
    for binding in source.bindings().iter().rev().filter(|b| b.shape == Shape::Text) {
        let own = match binding.path.last().and_then(Part::name) {
            Some("email" | "mail" | "userEmail") => &cx.person.email,
            Some("fullName" | "fullname" | "realName" | "userName" | "description") => {
                &cx.person.name
            }
            _ => continue,
        };
        out.replace_range(binding.value.start..binding.value.end, &nix::quote(own).ok()?);
    }
    Some(out)
}

/// Whether a list is, by its name, one of people, and has nothing but people of the fleet in it.
fn is_of_people(fleet: &Fleet, source: &Source, list: &List, like: &str) -> bool {
    let Some(name) = list.path.last().and_then(Part::name).map(str::to_lowercase) else {
        return false;
    };
    let known = |name: &str| {
        let mut users = fleet.machines.iter().flat_map(|machine| &machine.users);
        fleet.user(name).is_some() || users.any(|user| user.name.text() == name)
    };
    let person = |item: &nix::Item| {
        let literal = source.literal(item.span);
        literal.as_ref().and_then(nix::Literal::text).filter(|name| known(name)).map(str::to_owned)
    };
    let people: Option<Vec<String>> = list.items.iter().map(person).collect();
    (name.ends_with("users") || name.ends_with("people"))
        && name != "knownusers"
        && !gives_rights(&list.path)
        && people.is_some_and(|people| people.iter().any(|name| name == like))
}

/// Whether a path speaks of what people may do.
fn gives_rights(path: &AttrPath) -> bool {
    const RIGHTS: [&str; 12] = [
        "admin", "allow", "group", "owner", "permit", "polkit", "primary", "root", "sudo", "super",
        "trust", "wheel",
    ];
    path.parts().iter().any(|part| {
        let name = part.text().to_lowercase();
        RIGHTS.iter().any(|right| name.contains(right))
    })
}
