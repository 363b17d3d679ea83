//! Values that are spelled out in the text.

use rnix::ast::{AstToken, Entry, Expr, HasEntry, LiteralKind, UnaryOpKind};
use rowan::ast::AstNode;

use super::tree::{Room, with_tree};
use super::walk::{literal_name, literal_string, unwrapped};

/// A value that needs no evaluator. Anything else is left to `nix eval`.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Null,
    List(Vec<Literal>),
    /// In the order of the text; nested paths (`a.b = 1;`) become nested sets.
    Set(Vec<(String, Literal)>),
}

impl Literal {
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub fn get(&self, name: &str) -> Option<&Literal> {
        match self {
            Self::Set(entries) => entries.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        }
    }
}

pub(super) fn of_text(text: &str) -> Option<Literal> {
    with_tree(text, Room::Usual, |root| root.expr().and_then(of)).ok().flatten()
}

/// `lib.mkDefault "x"` is taken for `"x"`: a priority does not change what a value says.
fn of(expr: Expr) -> Option<Literal> {
    Some(match unwrapped(expr) {
        Expr::Str(string) => Literal::Text(literal_string(&string)?),
        Expr::Literal(literal) => match literal.kind() {
            LiteralKind::Integer(number) => Literal::Int(number.value().ok()?),
            LiteralKind::Float(number) => Literal::Float(number.value().ok()?),
            LiteralKind::Uri(uri) => Literal::Text(uri.syntax().text().to_owned()),
        },
        Expr::UnaryOp(op) if op.operator() == Some(UnaryOpKind::Negate) => match of(op.expr()?)? {
            Literal::Int(number) => Literal::Int(number.checked_neg()?),
            Literal::Float(number) => Literal::Float(-number),
            _ => return None,
        },
        // These three are variables that nobody rebinds, not keywords.
        Expr::Ident(ident) => match ident.syntax().text().to_string().as_str() {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "null" => Literal::Null,
            _ => return None,
        },
        Expr::List(list) => Literal::List(list.items().map(of).collect::<Option<_>>()?),
        Expr::AttrSet(set) if set.rec_token().is_none() => {
            let mut entries = Vec::new();
            for entry in set.entries() {
                let Entry::AttrpathValue(binding) = entry else { return None };
                let names = binding.attrpath()?.attrs().map(|attr| literal_name(&attr));
                let names = names.collect::<Option<Vec<_>>>()?;
                insert(&mut entries, &names, of(binding.value()?)?)?;
            }
            Literal::Set(entries)
        }
        _ => return None,
    })
}

/// Sets `value` at `names`; `None` when something that is no set is in the way, as in Nix.
fn insert(entries: &mut Vec<(String, Literal)>, names: &[String], value: Literal) -> Option<()> {
    let (name, rest) = names.split_first()?;
    let at = entries.iter().position(|(n, _)| n == name);
    match (at, rest.is_empty(), value) {
        (None, true, value) => entries.push((name.clone(), value)),
        (None, false, value) => {
            let mut inner = Vec::new();
            insert(&mut inner, rest, value)?;
            entries.push((name.clone(), Literal::Set(inner)));
        }
        (Some(at), true, Literal::Set(more)) => {
            let Literal::Set(inner) = &mut entries[at].1 else { return None };
            for (name, value) in more {
                insert(inner, &[name], value)?;
            }
        }
        (Some(_), true, _) => return None,
        (Some(at), false, value) => {
            let Literal::Set(inner) = &mut entries[at].1 else { return None };
            insert(inner, rest, value)?;
        }
    }
    Some(())
}
