//! What of a neighbour's home, written out in a machine's file, is nobody's in particular.

use crate::nix::{self, AttrPath, Binding, Part, Set, SetKind, Source, Span, TokenKind};
use crate::splice::nix as splice;
use crate::step::Context;

/// What a home says of itself that another may say too.
const COMMON: [&str; 6] = [
    "imports",
    "home.username",
    "home.homeDirectory",
    "home.stateVersion",
    "programs.home-manager.enable",
    "systemd.user.startServices",
];

/// A home, or what is bound `below` it, that is written out in the machine's file, without what
/// only its owner wants; `None`: it is all theirs. Git's identity becomes the newcomer's.
pub(in crate::step) fn without_own(
    cx: &Context,
    below: &[String],
    value: &str,
) -> Result<Option<String>, String> {
    let full = |path: &AttrPath| {
        let inner = path.to_string();
        let names = below.iter().map(String::as_str).chain((!inner.is_empty()).then_some(&*inner));
        names.collect::<Vec<_>>().join(".")
    };
    let mut text = value.to_owned();
    // Each turn takes one binding out, so there are no more turns than bindings.
    loop {
        let source = Source::parse(text.as_str()).map_err(|e| e.to_string())?;
        let homes: Vec<Span> =
            source.sets().iter().filter(|s| is_home(&source, s)).map(|s| s.span).collect();
        let own = source.bindings().iter().rfind(|binding| {
            let path = full(&binding.path);
            is_leaf(&source, binding)
                && in_sets_of(&source, binding, &homes)
                && !COMMON.contains(&path.as_str())
                && identity(cx, &path).is_none()
        });
        let Some(own) = own else { break };
        text = splice::remove_binding(&text, own.span).map_err(|e| e.to_string())?.text;
    }
    if text != value {
        // What is said of the neighbour's own things is nothing to say of the newcomer's.
        text = without_comments(&text);
    }
    let whole = below.join(".");
    let set = Source::parse(text.as_str()).is_ok_and(|source| !source.sets().is_empty());
    // `programs.fish.enable = true;` is theirs as a whole, and so is what has nothing left.
    let shared = below.is_empty() || COMMON.contains(&&*whole);
    let emptied = text.trim() == "{ }" && text != value;
    match identity(cx, &whole) {
        Some(own) => nix::quote(own).map(Some).map_err(|e| e.to_string()),
        None if !shared && (emptied || !set) => Ok(None),
        None => with_identity(cx, &full, &text).map(Some),
    }
}

/// Whether a set of a value is a home itself, perhaps behind a function, a `let` or `mkMerge`.
fn is_home(source: &Source, set: &Set) -> bool {
    let parent = set.parent.map(|parent| source.sets()[parent].kind);
    set.kind != SetKind::Let
        && set.path.parts().is_empty()
        && parent.is_none_or(|kind| kind == SetKind::Let)
}

/// Whether a binding is no set of further ones.
fn is_leaf(source: &Source, binding: &Binding) -> bool {
    let inner = source.sets().iter().find(|set| set.span == binding.value);
    inner.is_none_or(|set| set.bindings.is_empty() && set.inherits.is_empty())
}

/// Whether a binding is in one of the sets at `homes` by sets alone, not in a list or behind a
/// function.
fn in_sets_of(source: &Source, binding: &Binding, homes: &[Span]) -> bool {
    let mut set = &source.sets()[binding.set];
    loop {
        if homes.contains(&set.span) {
            return true;
        }
        match source.bindings().iter().find(|b| b.value == set.span) {
            Some(holder) => set = &source.sets()[holder.set],
            None => return false,
        }
    }
}

fn identity<'a>(cx: &Context<'a>, path: &str) -> Option<&'a str> {
    match path {
        "programs.git.userName" | "programs.git.settings.user.name" => Some(&cx.person.name),
        "programs.git.userEmail" | "programs.git.settings.user.email" => Some(&cx.person.email),
        _ => None,
    }
}

fn with_identity(
    cx: &Context,
    full: &dyn Fn(&AttrPath) -> String,
    text: &str,
) -> Result<String, String> {
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let mut out = text.to_owned();
    for binding in source.bindings().iter().rev() {
        if let Some(own) = identity(cx, &full(&binding.path)) {
            let quoted = nix::quote(own).map_err(|e| e.to_string())?;
            out.replace_range(binding.value.start..binding.value.end, &quoted);
        }
    }
    Ok(out)
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for token in nix::tokens(text) {
        match token.kind {
            TokenKind::Comment => out.truncate(out.trim_end().len()),
            _ => out.push_str(token.text),
        }
    }
    // Lines that are left blank.
    let lines = out.lines().filter(|line| !line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// A value in which, wherever it says whose commits are made, it is the newcomer.
pub(in crate::step) fn with_identity_anywhere(cx: &Context, value: &str) -> Result<String, String> {
    let tail = |path: &AttrPath| {
        let names: Vec<&str> = path.parts().iter().map(Part::text).collect();
        let begins = names.iter().rposition(|name| *name == "programs").unwrap_or_default();
        names[begins..].join(".")
    };
    with_identity(cx, &tail, value)
}
