//! What an identifier stands for: `let` aliases, lambda arguments and `with`.

use std::collections::HashMap;

use rnix::ast::{Attr, Entry, Expr, HasEntry, LetIn, Param};

use super::walk::literal_name;

/// How many aliases of aliases are followed; a loop ends here too.
const MOST_HOPS: usize = 8;

pub(super) enum Scope {
    /// Names bound by `let`: an alias where the value is one, `None` for any other value.
    Let(HashMap<String, Option<Alias>>),
    /// Names bound by a lambda or a `rec` set.
    Names(Vec<String>),
    /// The namespace of `with`, as a reference.
    With(Vec<String>),
}

pub(super) enum Alias {
    Of(Expr),
    /// `inherit (from) name;`
    Inherited {
        from: Expr,
        name: String,
    },
    /// `inherit name;`: whatever it is outside.
    Outer,
}

impl Scope {
    pub(super) fn of_let(node: &LetIn) -> Self {
        let mut names = HashMap::new();
        for entry in node.entries() {
            match entry {
                Entry::AttrpathValue(binding) => {
                    let mut attrs = binding.attrpath().into_iter().flat_map(|path| path.attrs());
                    let (Some(first), more) = (attrs.next(), attrs.next()) else { continue };
                    let Some(name) = literal_name(&first) else { continue };
                    let alias = match more {
                        None => binding.value().map(Alias::Of),
                        Some(_) => None,
                    };
                    names.insert(name, alias);
                }
                Entry::Inherit(inherit) => {
                    let from = inherit.from().and_then(|from| from.expr());
                    for name in inherit.attrs().filter_map(|attr| literal_name(&attr)) {
                        let alias = match &from {
                            Some(from) => {
                                Alias::Inherited { from: from.clone(), name: name.clone() }
                            }
                            None => Alias::Outer,
                        };
                        names.insert(name, Some(alias));
                    }
                }
            }
        }
        Self::Let(names)
    }

    pub(super) fn of_param(param: &Param) -> Self {
        let ident = |ident: rnix::ast::Ident| literal_name(&Attr::Ident(ident));
        Self::Names(match param {
            Param::IdentParam(param) => param.ident().and_then(ident).into_iter().collect(),
            Param::Pattern(pattern) => {
                let entries = pattern.pat_entries().filter_map(|entry| entry.ident());
                let bind = pattern.pat_bind().and_then(|bind| bind.ident());
                entries.chain(bind).filter_map(ident).collect()
            }
        })
    }
}

/// The names that `expr` goes through: `hm.core` under `let hm = config.flake.modules.homeManager`
/// gives `config flake modules homeManager core`. `None` when it is not a plain selection.
pub(super) fn reference(expr: &Expr, scopes: &[Scope]) -> Option<Vec<String>> {
    follow(expr, scopes, MOST_HOPS)
}

fn follow(expr: &Expr, scopes: &[Scope], hops: usize) -> Option<Vec<String>> {
    match expr {
        Expr::Paren(paren) => follow(&paren.expr()?, scopes, hops),
        Expr::Ident(ident) => {
            let name = literal_name(&Attr::Ident(ident.clone()))?;
            Some(resolve(&name, scopes, hops))
        }
        Expr::Select(select) => {
            let mut names = follow(&select.expr()?, scopes, hops)?;
            for attr in select.attrpath()?.attrs() {
                names.push(literal_name(&attr)?);
            }
            Some(names)
        }
        _ => None,
    }
}

fn resolve(name: &str, scopes: &[Scope], hops: usize) -> Vec<String> {
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
                    Alias::Of(expr) => follow(expr, &scopes[..=depth], hops),
                    Alias::Inherited { from, name } => {
                        follow(from, &scopes[..=depth], hops).map(|mut names| {
                            names.push(name.clone());
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
