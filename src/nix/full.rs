//! From the parser's own tree to the table.

use rnix::Root;
use rnix::ast::{
    Attr, Attrpath, Entry, Expr, HasEntry, InterpolPart, LiteralKind, Param, Str, UnaryOpKind,
};
use rowan::ast::AstNode;

use super::syntax::{Id, Kind, Tree};

/// Fills `tree` from `root`, which has no errors. Recurses as deep as the text nests.
pub(super) fn convert(root: &Root, tree: &mut Tree<'_>) {
    let expr = root.expr().and_then(|expr| Convert { tree }.expr(&expr));
    tree.set_root(expr);
}

/// The value of a string literal that nothing is interpolated into.
pub(super) fn string_value(text: &str) -> Option<String> {
    match Root::parse(text).ok().ok()?.expr()? {
        Expr::Str(string) => literal_string(&string),
        _ => None,
    }
}

fn literal_string(string: &Str) -> Option<String> {
    let mut tokens =
        string.syntax().children_with_tokens().filter_map(rowan::NodeOrToken::into_token);
    let raw_carriage_return = tokens.any(|token| token.text().contains('\r'));
    let mut parts = string.normalized_parts().into_iter();
    match (parts.next(), parts.next()) {
        (None, _) => Some(String::new()),
        // Nix's lexer rewrites a raw CR and the parser here does not, so it is not known.
        (Some(InterpolPart::Literal(text)), None) if !raw_carriage_return => Some(text),
        _ => None,
    }
}

struct Convert<'c, 't> {
    tree: &'c mut Tree<'t>,
}

impl Convert<'_, '_> {
    fn add(&mut self, kind: Kind, node: &rnix::SyntaxNode, children: &[Id]) -> Option<Id> {
        let range = node.text_range();
        self.tree.add(kind, (range.start().into(), range.end().into()), children)
    }

    fn all(&mut self, exprs: impl IntoIterator<Item = Expr>) -> Vec<Id> {
        exprs.into_iter().filter_map(|expr| self.expr(&expr)).collect()
    }

    fn expr(&mut self, expr: &Expr) -> Option<Id> {
        let (kind, children) = match expr {
            Expr::Paren(paren) => (Kind::Paren, self.all(paren.expr())),
            Expr::Lambda(lambda) => {
                let mut children: Vec<Id> =
                    lambda.param().and_then(|param| self.params(&param)).into_iter().collect();
                children.extend(self.all(lambda.body()));
                (Kind::Lambda, children)
            }
            Expr::LetIn(node) => {
                let whole = node.syntax().text_range();
                let start = node.let_token().map_or(whole.start(), |t| t.text_range().end());
                let end = node.in_token().map_or(whole.end(), |t| t.text_range().start());
                let entries = self.entries(node.entries());
                let inside = (start.into(), end.into());
                let mut children = vec![self.tree.add(Kind::Bindings, inside, &entries)?];
                children.extend(self.all(node.body()));
                (Kind::LetIn, children)
            }
            Expr::With(with) => (Kind::With, self.all([with.namespace()?, with.body()?])),
            Expr::IfElse(node) => (Kind::IfElse, self.all([node.body()?, node.else_body()?])),
            Expr::Assert(node) => (Kind::Assert, self.all(node.body())),
            Expr::BinOp(op) => (Kind::BinOp, self.all([op.lhs()?, op.rhs()?])),
            Expr::UnaryOp(op) if op.operator() == Some(UnaryOpKind::Negate) => {
                (Kind::Negate, self.all(op.expr()))
            }
            Expr::Apply(apply) => (Kind::Apply, self.all([apply.lambda()?, apply.argument()?])),
            Expr::Select(select) => {
                let of = self.expr(&select.expr()?)?;
                (Kind::Select, vec![of, self.attrpath(&select.attrpath()?)?])
            }
            Expr::List(list) => (Kind::List, self.all(list.items())),
            Expr::AttrSet(set) => {
                let whole = set.syntax().text_range();
                let open = set.l_curly_token().map_or(whole.start(), |t| t.text_range().end());
                let open = usize::from(open);
                let close = usize::from(whole.end()).saturating_sub(1).max(open);
                let entries = self.entries(set.entries());
                let inside = self.tree.add(Kind::Bindings, (open, close), &entries)?;
                let recursive = set.rec_token().is_some();
                (if recursive { Kind::RecSet } else { Kind::AttrSet }, vec![inside])
            }
            Expr::Ident(_) => (Kind::Ident, Vec::new()),
            Expr::Str(string) => return self.string(string),
            Expr::PathRel(_) => (Kind::PathRel, Vec::new()),
            Expr::Literal(literal) => {
                let kind = match literal.kind() {
                    LiteralKind::Integer(_) => Kind::Int,
                    LiteralKind::Float(_) => Kind::Float,
                    LiteralKind::Uri(_) => Kind::Uri,
                };
                (kind, Vec::new())
            }
            _ => (Kind::Other, Vec::new()),
        };
        self.add(kind, expr.syntax(), &children)
    }

    fn string(&mut self, string: &Str) -> Option<Id> {
        let interpolated = string.syntax().children().next().is_some();
        let kind = if interpolated { Kind::Interpolated } else { Kind::Str };
        self.add(kind, string.syntax(), &[])
    }

    fn params(&mut self, param: &Param) -> Option<Id> {
        let idents: Vec<_> = match param {
            Param::IdentParam(param) => param.ident().into_iter().collect(),
            Param::Pattern(pattern) => {
                let entries = pattern.pat_entries().filter_map(|entry| entry.ident());
                entries.chain(pattern.pat_bind().and_then(|bind| bind.ident())).collect()
            }
        };
        let names: Vec<Id> =
            idents.iter().filter_map(|i| self.add(Kind::Ident, i.syntax(), &[])).collect();
        self.add(Kind::Params, param.syntax(), &names)
    }

    fn entries(&mut self, entries: impl Iterator<Item = Entry>) -> Vec<Id> {
        entries.filter_map(|entry| self.entry(&entry)).collect()
    }

    fn entry(&mut self, entry: &Entry) -> Option<Id> {
        match entry {
            Entry::AttrpathValue(binding) => {
                let path = self.attrpath(&binding.attrpath()?)?;
                let value = self.expr(&binding.value()?)?;
                self.add(Kind::Binding, binding.syntax(), &[path, value])
            }
            Entry::Inherit(inherit) => {
                let from = inherit.from().and_then(|from| from.expr());
                let kind = if from.is_some() { Kind::InheritFrom } else { Kind::Inherit };
                let mut children = self.all(from);
                children.extend(inherit.attrs().filter_map(|attr| self.attr(&attr)));
                self.add(kind, inherit.syntax(), &children)
            }
        }
    }

    fn attrpath(&mut self, path: &Attrpath) -> Option<Id> {
        let attrs: Vec<Id> = path.attrs().filter_map(|attr| self.attr(&attr)).collect();
        self.add(Kind::AttrPath, path.syntax(), &attrs)
    }

    fn attr(&mut self, attr: &Attr) -> Option<Id> {
        match attr {
            Attr::Ident(ident) => self.add(Kind::Ident, ident.syntax(), &[]),
            Attr::Str(string) => self.string(string),
            Attr::Dynamic(dynamic) => {
                let expr = self.all(dynamic.expr());
                self.add(Kind::Dynamic, dynamic.syntax(), &expr)
            }
        }
    }
}
