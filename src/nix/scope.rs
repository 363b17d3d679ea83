//! What an identifier stands for: `let` aliases, lambda arguments and `with`.

use std::borrow::Cow;
use std::collections::HashMap;

use super::syntax::{Kind, Node};

/// How many aliases of aliases are followed; a loop ends here too.
const MOST_HOPS: usize = 8;

type Word<'t> = Cow<'t, str>;

pub(super) enum Scope<'t> {
    /// Names bound by `let`: an alias where the value is one, `None` for any other value.
    Let(HashMap<Word<'t>, Option<Alias<'t>>>),
    /// Names bound by a lambda or a `rec` set.
    Names(Vec<Word<'t>>),
    /// The namespace of `with`, as a reference.
    With(Vec<String>),
}

#[derive(Clone, Copy)]
pub(super) enum Alias<'t> {
    Of(Node<'t>),
    /// `inherit (from) name;`
    Inherited(Node<'t>),
    /// `inherit name;`: whatever it is outside.
    Outer,
}

impl<'t> Scope<'t> {
    /// Of the bindings of a `let`.
    pub(super) fn of_let(bindings: Node<'t>) -> Self {
        let mut names = HashMap::new();
        for entry in bindings.children() {
            match entry.kind() {
                Kind::Binding => {
                    let mut attrs = entry.child(0).into_iter().flat_map(Node::children);
                    let (Some(first), more) = (attrs.next(), attrs.next()) else { continue };
                    let Some(name) = first.literal_name() else { continue };
                    let alias = match more {
                        None => entry.child(1).map(Alias::Of),
                        Some(_) => None,
                    };
                    names.insert(name, alias);
                }
                Kind::InheritFrom => {
                    let mut children = entry.children();
                    let alias = children.next().map(Alias::Inherited);
                    names.extend(children.filter_map(Node::literal_name).map(|n| (n, alias)));
                }
                _ => {
                    let inherited = entry.children().filter_map(Node::literal_name);
                    names.extend(inherited.map(|name| (name, Some(Alias::Outer))));
                }
            }
        }
        Self::Let(names)
    }

    /// Of names, each an identifier or a string.
    pub(super) fn of_names(names: impl Iterator<Item = Node<'t>>) -> Self {
        Self::Names(names.filter_map(Node::literal_name).collect())
    }
}

/// The names that `expr` goes through: `hm.core` under `let hm = config.flake.modules.homeManager`
/// gives `config flake modules homeManager core`. `None` when it is not a plain selection.
pub(super) fn reference(expr: Node<'_>, scopes: &[Scope<'_>]) -> Option<Vec<String>> {
    follow(expr, scopes, MOST_HOPS)
}

fn follow(expr: Node<'_>, scopes: &[Scope<'_>], hops: usize) -> Option<Vec<String>> {
    match expr.kind() {
        Kind::Paren => follow(expr.child(0)?, scopes, hops),
        Kind::Ident => Some(resolve(expr.text(), scopes, hops)),
        Kind::Select => {
            let mut names = follow(expr.child(0)?, scopes, hops)?;
            for attr in expr.child(1)?.children() {
                names.push(attr.literal_name()?.into_owned());
            }
            Some(names)
        }
        _ => None,
    }
}

fn resolve(name: &str, scopes: &[Scope<'_>], hops: usize) -> Vec<String> {
    let as_written = || vec![name.to_owned()];
    for (depth, scope) in scopes.iter().enumerate().rev() {
        match scope {
            Scope::Let(names) => {
                let Some(alias) = names.get(name) else { continue };
                let (Some(alias), Some(hops)) = (alias, hops.checked_sub(1)) else {
                    return as_written();
                };
                return match alias {
                    // A `let` is recursive: its values see its own names.
                    Alias::Of(expr) => follow(*expr, &scopes[..=depth], hops),
                    Alias::Inherited(from) => {
                        follow(*from, &scopes[..=depth], hops).map(|mut names| {
                            names.push(name.to_owned());
                            names
                        })
                    }
                    Alias::Outer => Some(resolve(name, &scopes[..depth], hops)),
                }
                .unwrap_or_else(as_written);
            }
            Scope::Names(names) if names.iter().any(|n| n == name) => return as_written(),
            _ => {}
        }
    }
    // Only a name that nothing binds lexically comes from a `with`, the innermost first.
    let namespace = scopes.iter().rev().find_map(|scope| match scope {
        Scope::With(namespace) => Some(namespace),
        _ => None,
    });
    match namespace {
        Some(namespace) => namespace.iter().cloned().chain([name.to_owned()]).collect(),
        None => as_written(),
    }
}
