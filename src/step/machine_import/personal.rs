//! One file a person, which machines import: the newcomer's is written, and named where the
//! neighbour's is.

use std::path::{Path, PathBuf};

use crate::fleet::reach::{self, Import};
use crate::fleet::slot::Sibling;
use crate::fleet::{Machine, Place};
use crate::nix::{self, Source, TokenKind};
use crate::problem::Problem;
use crate::step::Context;
use crate::step::likeness::replace_words;

use super::account::{self, Declared};
use super::drafts::Drafts;
use super::{home, refusal, uid};

/// Plans the newcomer's file, their home on this machine, and the machine's import.
pub(super) fn add(
    cx: &Context,
    machine: &Machine,
    import: &Import,
    like: &Sibling,
    drafts: &mut Drafts,
) -> Result<(), Problem> {
    let refused = |why: &str| {
        let at = Place { file: like.file.clone(), line: like.line };
        refusal::of(cx, machine, &at, why)
    };
    let newcomer = &cx.person.username;
    let source = cx.fleet.files.nix(&import.file).ok_or_else(|| refused("it is gone"))?;
    let item = import.item.of(source.text());
    let renamed = replace_words(item, &like.name, newcomer);
    let path = reach::is_path(item).then(|| reach::resolved(&import.file, item)).flatten();
    let Some(path) = path.filter(|_| renamed != item) else {
        return Err(refused("the machine names this file in a way that cannot be copied"));
    };
    let new = PathBuf::from(replace_words(&path.to_string_lossy(), &like.name, newcomer));
    let rest = like.file.strip_prefix(&path).unwrap_or(Path::new(""));
    let new = if rest.as_os_str().is_empty() { new } else { new.join(rest) };

    let bound = home::like(cx, machine, like, &like.file).map_err(|why| refused(&why))?;
    let decided = cx.person.account(&machine.name);
    let fits = match cx.fleet.text(&new) {
        Ok(there) => account::says(&there, &decided),
        Err(_) => drafts.create(new, file(cx, machine, like, &bound)?),
    };
    if !fits {
        return Err(refused("one file has the account for several machines"));
    }
    if let Some(file) = bound.file {
        file.draft(cx, drafts)?;
    }
    drafts.append(&import.file, import.list, &renamed);
    Ok(())
}

/// The text of the newcomer's file: their account, and their home.
fn file(
    cx: &Context,
    machine: &Machine,
    like: &Sibling,
    bound: &home::Home,
) -> Result<String, Problem> {
    let theirs = Declared::of(cx, machine, &like.name);
    let lists_them = |source: &Source| source.find("users.knownUsers").next().is_some();
    let known = cx.fleet.files.nix(&like.file).is_some_and(lists_them);
    let uid = uid::decided(cx, machine, known || theirs.says("uid"))?;
    let name = nix::attr(&cx.person.username).unwrap_or_default();
    let mut body = String::new();
    if theirs.is_some() {
        let fields = account::fields(cx, machine, &theirs, uid);
        body.push_str(&format!("  users.users.{name} = {};\n\n", account::written(&fields)));
    }
    if known {
        let quoted = nix::quote(&cx.person.username).unwrap_or_default();
        body.push_str(&format!("  users.knownUsers = [ {quoted} ];\n\n"));
    }
    for home::Bound { below, value } in &bound.parts {
        let below: String = below.iter().map(|part| format!(".{part}")).collect();
        body.push_str(&format!("  home-manager.users.{name}{below} = {value};\n"));
    }
    let used: Vec<&str> = arguments(cx, like).filter(|arg| names(&body, arg)).collect();
    let used: String = used.iter().map(|arg| format!("{arg}, ")).collect();
    let text = format!("{{ {used}... }}:\n{{\n{body}}}\n");
    crate::splice::nix::format(&text).map_err(|why| {
        let at = Place { file: like.file.clone(), line: like.line };
        refusal::of(cx, machine, &at, &why)
    })
}

/// What the function in the neighbour's file takes.
fn arguments<'a>(cx: &Context<'a>, like: &Sibling) -> impl Iterator<Item = &'a str> + use<'a> {
    let known = ["config", "inputs", "lib", "outputs", "pkgs", "self"];
    let text = cx.fleet.files.nix(&like.file).map(Source::text).unwrap_or_default();
    known.into_iter().filter(move |argument| names(text, argument))
}

/// Whether code names `word` as a variable.
fn names(code: &str, word: &str) -> bool {
    let mut before = "";
    nix::tokens(code).iter().filter(|t| t.kind == TokenKind::Code).any(|token| {
        let selected = std::mem::replace(&mut before, token.text) == ".";
        token.text == word && !selected
    })
}
