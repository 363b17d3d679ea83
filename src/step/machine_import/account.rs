//! The account that a home on a machine belongs to: home-manager takes name and home from it, and
//! the whole machine fails to evaluate without it.
//!
//! Only what makes somebody a person is copied from a neighbour's account. Groups and passwords
//! are rights, and rights are for the administrator to give: they are as decided, or none.

use std::path::Path;

use crate::answers::Account;
use crate::fleet::{ACCOUNTS, Found, Machine, Place, Platform};
use crate::nix::{self, Binding, Part, Pattern, Shape, Source, TokenKind};
use crate::problem::Problem;
use crate::splice::nix::Slot;
use crate::step::Context;
use crate::step::likeness::in_the_name_of;

use super::drafts::{Drafts, place};
use super::{mirrored, refusal, uid};

/// An option of an account, and its value in Nix.
pub(super) type Field = (String, String);

/// Everything that is declared of one person's account on a machine.
pub(super) struct Declared<'f> {
    found: Vec<Found<'f>>,
    name: String,
}

impl<'f> Declared<'f> {
    pub(super) fn of(cx: &Context<'f>, machine: &Machine, name: &str) -> Self {
        Self { found: cx.fleet.account_on(machine, name), name: name.to_owned() }
    }

    pub(super) fn is_some(&self) -> bool {
        !self.found.is_empty()
    }

    /// The outermost binding that ends last, of those by name in text of this machine alone: an
    /// account may be written as `ada.home = …; ada.shell = …;`. A file of their own is no place
    /// for anybody else.
    fn own(&self, cx: &Context, machine: &Machine) -> Option<(&'f Path, &'f Binding)> {
        let own = |f: &&Found<'_>| {
            f.below(&ACCOUNTS).and_then(Part::name) == Some(&self.name)
                && !cx.fleet.is_shared(machine, f.file, &f.binding.path)
                && !mirrored::is_of_one_person(cx.fleet, f.file)
        };
        let first = self.found.iter().find(own)?.file;
        let here: Vec<&Found<'f>> =
            self.found.iter().filter(own).filter(|f| f.file == first).collect();
        let inner = |b: &Binding| {
            here.iter().any(|o| o.binding.span != b.span && o.binding.value.contains(b.span))
        };
        let outermost = here.iter().map(|f| f.binding).filter(|binding| !inner(binding));
        Some((first, outermost.max_by_key(|binding| binding.span.end)?))
    }

    /// The option that a binding sets, below the name: `openssh.authorizedKeys.keys`.
    fn field(found: &Found<'_>) -> Option<String> {
        let path = &found.binding.path;
        let parts = path.parts().get(path.index_of(&ACCOUNTS)? + 3..)?;
        let names: Option<Vec<&str>> = parts.iter().map(Part::name).collect();
        names.filter(|names| !names.is_empty()).map(|names| names.join("."))
    }

    pub(super) fn says(&self, field: &str) -> bool {
        self.found.iter().any(|found| Self::field(found).as_deref() == Some(field))
    }
}

/// Plans an account like that of `like`, if they have one in the machine's text.
pub(super) fn add(
    cx: &Context,
    machine: &Machine,
    like: &str,
    drafts: &mut Drafts,
) -> Result<(), Problem> {
    let theirs = Declared::of(cx, machine, like);
    if !theirs.is_some() {
        return join_list(cx, machine, like, drafts);
    }
    let list = known_users(cx, machine, like);
    let uid = uid::decided(cx, machine, theirs.says("uid") || list.is_some())?;
    let mut fields = fields(cx, machine, &theirs, uid);
    let newcomer = cx.person.username.as_str();
    let (file, slot, names) = match theirs.own(cx, machine) {
        Some((file, binding)) => {
            let names = names(binding, like, newcomer);
            (file.to_owned(), Slot::After(binding.span), names)
        }
        None => {
            let names = ["users", "users", newcomer].map(str::to_owned);
            in_the_body(cx, machine, &names)?
        }
    };
    let decided = cx.person.account(&machine.name);
    if !cx.fleet.files.nix(&file).is_some_and(knows_packages) {
        if decided.shell.is_some() {
            let line = if file == machine.at.file { machine.at.line } else { 1 };
            let at = Place { file, line };
            return Err(refusal::of(cx, machine, &at, "it does not take `pkgs` as an argument"));
        }
        fields.retain(|(_, value)| !value.contains("pkgs."));
    }
    let fits = |code: &str| {
        let numbered = uid.is_none_or(|uid| code.contains(&format!("uid = {uid};")));
        numbered && says(code, &decided) && (decided.groups.is_some() || gives_no_rights(code))
    };
    drafts.bind(&file, slot, names, written(&fields), &fits);
    if let (Some(list), Some(_)) = (list, uid) {
        list.join(cx, machine, drafts)?;
    }
    shell_is_set_up(cx, machine, drafts)
}

/// Plans a place among the accounts that a function makes, all alike, of a list of names.
fn join_list(
    cx: &Context,
    machine: &Machine,
    like: &str,
    drafts: &mut Drafts,
) -> Result<(), Problem> {
    let Some((file, list)) = cx.fleet.account_list(machine, like) else { return Ok(()) };
    let Account { groups, uid, shell, .. } = cx.person.account(&machine.name);
    if uid.is_some() || shell.is_some() || groups.is_some_and(|groups| !groups.is_empty()) {
        let source = cx.fleet.files.nix(&file);
        let line = source.map_or(1, |source| source.position(list.start).line);
        let at = Place { file, line };
        return Err(refusal::of(cx, machine, &at, "its accounts are all made from one list"));
    }
    drafts.append(&file, list, &quoted(&cx.person.username));
    Ok(())
}

/// Where names go in the machine's own module.
pub(super) fn in_the_body(
    cx: &Context,
    machine: &Machine,
    names: &[String],
) -> Result<(std::path::PathBuf, Slot, Vec<String>), Problem> {
    let body = cx.fleet.body(machine).and_then(|(file, body)| {
        let (slot, names) = place(cx.fleet.files.nix(&file)?, body, names)?;
        Some((file, slot, names))
    });
    body.ok_or_else(|| refusal::of(cx, machine, &machine.at, "it has no module of its own"))
}

/// The account's fields: the neighbour's in their order, with what was decided instead.
pub(super) fn fields(
    cx: &Context,
    machine: &Machine,
    theirs: &Declared,
    uid: Option<u32>,
) -> Vec<Field> {
    let decided = cx.person.account(&machine.name);
    let newcomer = cx.person.username.as_str();
    let mut fields: Vec<Field> = Vec::new();
    let mut set = |name: &str, value: String| {
        if !fields.iter().any(|(known, _)| known == name) {
            fields.push((name.to_owned(), value));
        }
    };
    if let Some(uid) = uid {
        set("uid", uid.to_string());
    }
    for found in &theirs.found {
        let Some(field) = Declared::field(found) else { continue };
        let text = found.binding.value.of(found.source.text());
        let simple = !text.contains('\n')
            && found.binding.shape != Shape::Function
            && !text.contains("${")
            && !text.contains("config.");
        match field.as_str() {
            "isNormalUser" | "createHome" if simple => set(&field, text.to_owned()),
            "home" if simple => set("home", in_the_name_of(text, &theirs.name, newcomer)),
            "shell" if simple && decided.shell.is_none() => set("shell", text.to_owned()),
            "description" => set("description", quoted(&cx.person.name)),
            "openssh.authorizedKeys.keys" if !cx.person.ssh_keys.is_empty() => {
                let keys = cx.person.ssh_keys.iter().map(|key| format!("\n  {}", quoted(key)));
                set(&field, format!("[{}\n]", keys.collect::<String>()));
            }
            _ => {}
        }
    }
    for (field, value) in without_neighbour(cx, machine, &decided) {
        set(&field, value);
    }
    fields
}

/// The fields of an account that is like nobody's.
pub(super) fn plain(cx: &Context, machine: &Machine) -> Vec<Field> {
    let decided = cx.person.account(&machine.name);
    let uid = decided.uid.map(|uid| ("uid".to_owned(), uid.to_string()));
    uid.into_iter().chain(without_neighbour(cx, machine, &decided)).collect()
}

/// What was decided, and what each platform wants of a person's account.
fn without_neighbour(cx: &Context, machine: &Machine, decided: &Account) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut set = |name: &str, value: String| fields.push((name.to_owned(), value));
    match machine.platform {
        Platform::Nixos => {
            set("isNormalUser", "true".to_owned());
            let groups = decided.groups.iter().flatten().map(|group| quoted(group));
            let groups: Vec<String> = groups.collect();
            match &groups[..] {
                [] => {}
                [group] => set("extraGroups", format!("[ {group} ]")),
                groups => {
                    let groups = groups.iter().map(|group| format!("\n  {group}"));
                    set("extraGroups", format!("[{}\n]", groups.collect::<String>()));
                }
            }
        }
        // nix-darwin does not know where an account lives unless it is told.
        Platform::Darwin => set("home", quoted(&format!("/Users/{}", cx.person.username))),
    }
    if let Some(shell) = &decided.shell {
        let shell = nix::attr(shell).unwrap_or_default();
        set("shell", format!("pkgs.{shell}"));
    }
    fields
}

pub(super) fn quoted(text: &str) -> String {
    nix::quote(&text.replace('\0', "")).unwrap_or_default()
}

/// Fields as a set, one a line.
pub(super) fn written(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "{ }".to_owned();
    }
    let indented = |value: &str| value.replace('\n', "\n  ");
    let body = fields.iter().map(|(name, value)| format!("  {name} = {};\n", indented(value)));
    format!("{{\n{}}}", body.collect::<String>())
}

/// `users.users.zoe` as far as the neighbour's binding writes it out.
fn names(binding: &Binding, like: &str, newcomer: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in binding.written() {
        if part.text() == like {
            names.push(newcomer.to_owned());
            break;
        }
        names.push(part.text().to_owned());
    }
    names
}

/// Whether a file has the packages that a shell is one of, by their usual name.
fn knows_packages(source: &Source) -> bool {
    let mut tokens = nix::tokens(source.text()).into_iter();
    tokens.any(|token| token.kind == TokenKind::Code && token.text == "pkgs")
}

/// Whether code that is there already says all that was decided of an account.
pub(super) fn says(code: &str, decided: &Account) -> bool {
    let uid = decided.uid.iter().map(|uid| format!("uid = {uid};"));
    let groups = decided.groups.iter().flatten().map(|group| quoted(group));
    let shell = decided.shell.iter().map(|shell| format!("pkgs.{shell}"));
    uid.chain(groups).chain(shell).all(|text| code.contains(&text))
}

/// Whether a prepared account is one that a person may switch on: it joins no group.
fn gives_no_rights(code: &str) -> bool {
    !["Groups", "assword", "group"].iter().any(|word| code.contains(word))
}

/// How somebody becomes one of the accounts that nix-darwin is told to look after.
enum KnownUsers {
    /// A literal list of the machine's own text has them.
    List(std::path::PathBuf, nix::Span),
    /// The machine's own module names them, besides what other files say.
    Body,
    /// Every account is one.
    ByItself,
    /// The machine's own text says it in a way that nobody can be added to.
    Computed(Place),
}

/// Where the machine's own known users are, when it has any: nix-darwin wants the number of each.
fn known_users(cx: &Context, machine: &Machine, like: &str) -> Option<KnownUsers> {
    let pattern = Pattern::exact(&["users", "knownUsers"]);
    let found = cx.fleet.found_on(machine).into_iter();
    let found: Vec<Found<'_>> = found.filter(|f| f.binding.path.ends_with(&pattern)).collect();
    let own = |f: &&Found<'_>| !cx.fleet.is_shared(machine, f.file, &f.binding.path);
    let value = |f: &Found<'_>| f.binding.value.of(f.source.text()).to_owned();
    let name = quoted(like);
    let list = |f: &Found<'_>| {
        let mut lists = f.source.lists().iter().filter(|l| f.binding.value.contains(l.span));
        let literal = |list: &&nix::List| list.items.iter().all(|item| item.shape == Shape::Text);
        let whole = |list: &&nix::List| {
            list.span == f.binding.value || list.span.of(f.source.text()).contains(&name)
        };
        let list = lists.find(|list| literal(list) && whole(list))?;
        Some(KnownUsers::List(f.file.to_owned(), list.span))
    };
    if let Some(list) = found.iter().filter(own).find_map(list) {
        return Some(list);
    }
    if found.iter().any(|f| value(f).contains("config.users.users")) {
        return Some(KnownUsers::ByItself);
    }
    // A list of other machines too, or one that is computed, is joined from the machine's own.
    let joins = |f: &Found<'_>| value(f).contains(&name) || value(f).contains("config.");
    // Where the list is joined from, nothing else may be bound to the name.
    let body = cx.fleet.body(machine).map(|(file, _)| file);
    match found.iter().find(|f| body.as_deref() == Some(f.file)) {
        Some(computed) => Some(KnownUsers::Computed(computed.place())),
        None => found.iter().any(joins).then_some(KnownUsers::Body),
    }
}

impl KnownUsers {
    fn join(&self, cx: &Context, machine: &Machine, drafts: &mut Drafts) -> Result<(), Problem> {
        let newcomer = quoted(&cx.person.username);
        match self {
            Self::List(file, list) => drafts.append(file, *list, &newcomer),
            Self::Body => {
                let names = ["users", "knownUsers"].map(str::to_owned);
                let (file, slot, names) = in_the_body(cx, machine, &names)?;
                drafts.bind(&file, slot, names, format!("[ {newcomer} ]"), &|_| false);
            }
            Self::ByItself => {}
            Self::Computed(at) => {
                let why = "its `users.knownUsers` is computed, and has to name them too";
                return Err(refusal::of(cx, machine, at, why));
            }
        }
        Ok(())
    }
}

/// NixOS refuses a login shell that is not set up on the machine.
fn shell_is_set_up(cx: &Context, machine: &Machine, drafts: &mut Drafts) -> Result<(), Problem> {
    let decided = cx.person.account(&machine.name).shell;
    let Some(shell) = decided.filter(|shell| matches!(shell.as_str(), "zsh" | "fish")) else {
        return Ok(());
    };
    let pattern = Pattern::exact(&["programs", &shell, "enable"]);
    let set_up = cx.fleet.found_on(machine).iter().any(|f| f.binding.path.ends_with(&pattern));
    if machine.platform == Platform::Nixos && !set_up {
        let names = ["programs".to_owned(), shell, "enable".to_owned()];
        let (file, slot, names) = in_the_body(cx, machine, &names)?;
        drafts.bind(&file, slot, names, "true".to_owned(), &|_| false);
    }
    Ok(())
}
