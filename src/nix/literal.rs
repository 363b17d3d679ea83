//! Values that are spelled out in the text.

use super::syntax::{Kind, Node};
use super::tree::{Room, with_tree};
use super::walk::unwrapped;

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
    with_tree(text, Room::Usual, |tree| tree.root().and_then(of)).ok().flatten()
}

/// `lib.mkDefault "x"` is taken for `"x"`: a priority does not change what a value says.
fn of(expr: Node<'_>) -> Option<Literal> {
    let expr = unwrapped(expr);
    Some(match expr.kind() {
        Kind::Str => Literal::Text(expr.literal_string()?.into_owned()),
        Kind::Int => Literal::Int(expr.text().parse().ok()?),
        Kind::Float => Literal::Float(expr.text().parse().ok()?),
        Kind::Uri => Literal::Text(expr.text().to_owned()),
        Kind::Negate => match of(expr.child(0)?)? {
            Literal::Int(number) => Literal::Int(number.checked_neg()?),
            Literal::Float(number) => Literal::Float(-number),
            _ => return None,
        },
        // These three are variables that nobody rebinds, not keywords.
        Kind::Ident => match expr.text() {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "null" => Literal::Null,
            _ => return None,
        },
        Kind::List => Literal::List(expr.children().map(of).collect::<Option<_>>()?),
        Kind::AttrSet => {
            let mut entries = Vec::new();
            for entry in expr.child(0)?.children() {
                if entry.kind() != Kind::Binding {
                    return None;
                }
                let names = entry.child(0)?.children().map(Node::literal_name);
                let names = names.map(|name| name.map(std::borrow::Cow::into_owned));
                let names = names.collect::<Option<Vec<String>>>()?;
                insert(&mut entries, &names, of(entry.child(1)?)?)?;
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
