//! One walk over the tree that fills a [`Source`].

use rnix::ast::{self, Attr, AttrSet, Entry, Expr, HasEntry, Inherit, InterpolPart};
use rnix::{Root, SyntaxKind, TextRange};
use rowan::ast::AstNode;

use super::path::{AttrPath, Part};
use super::position::{Lines, Span};
use super::scope::{Scope, reference};
use super::source::{Binding, Inherited, Item, List, Set, SetKind, Shape, Source};

/// Functions of nixpkgs' `lib` whose last argument is, for reading, the value itself.
const TRANSPARENT: [&str; 10] = [
    "mkIf",
    "mkMerge",
    "mkForce",
    "mkDefault",
    "mkBefore",
    "mkAfter",
    "mkOverride",
    "mkOrder",
    "optionalAttrs",
    "optionals",
];

pub(super) fn collect(root: &Root, text: &str, out: &mut Source) {
    let lines = std::mem::take(&mut out.lines);
    let mut walk =
        Walk { text, lines: &lines, out, prefix: Vec::new(), set: None, scopes: Vec::new() };
    if let Some(expr) = root.expr() {
        walk.expr(&expr);
    }
    out.lines = lines;
}

struct Walk<'t, 'o> {
    text: &'t str,
    lines: &'t Lines,
    out: &'o mut Source,
    prefix: Vec<Part>,
    set: Option<usize>,
    scopes: Vec<Scope>,
}

impl Walk<'_, '_> {
    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Paren(paren) => self.all(paren.expr()),
            Expr::Lambda(lambda) => {
                let scope = lambda.param().map(|param| Scope::of_param(&param));
                self.under(scope, |walk| walk.all(lambda.body()));
            }
            Expr::LetIn(node) => self.let_in(node),
            Expr::With(with) => {
                let namespace = with.namespace().and_then(|e| reference(&e, &self.scopes));
                let scope = Scope::With(namespace.unwrap_or_default());
                self.under(Some(scope), |walk| walk.all(with.body()));
            }
            Expr::IfElse(node) => self.all([node.body(), node.else_body()].into_iter().flatten()),
            Expr::Assert(node) => self.all(node.body()),
            Expr::BinOp(op) => self.all([op.lhs(), op.rhs()].into_iter().flatten()),
            // A path through a call is a guess for any function but the transparent ones, and a
            // good one: `mkHomeConfiguration { modules = …; }` reads as one would say it.
            Expr::Apply(apply) => {
                self.all([apply.lambda(), apply.argument()].into_iter().flatten())
            }
            Expr::Select(select) => self.all(select.expr()),
            Expr::List(list) => self.list(list),
            Expr::AttrSet(set) => self.attr_set(set),
            _ => {}
        }
    }

    fn all(&mut self, exprs: impl IntoIterator<Item = Expr>) {
        for expr in exprs {
            self.expr(&expr);
        }
    }

    fn under(&mut self, scope: Option<Scope>, inside: impl FnOnce(&mut Self)) {
        let depth = self.scopes.len();
        self.scopes.extend(scope);
        inside(self);
        self.scopes.truncate(depth);
    }

    fn let_in(&mut self, node: &ast::LetIn) {
        let scope = Scope::of_let(node);
        self.under(Some(scope), |walk| {
            let outer = std::mem::take(&mut walk.prefix);
            let span = span(node);
            let inside = Span::new(
                node.let_token().map_or(span.start, |t| t.text_range().end().into()),
                node.in_token().map_or(span.end, |t| t.text_range().start().into()),
            );
            walk.entries(SetKind::Let, span, inside, node.entries());
            walk.prefix = outer;
            walk.all(node.body());
        });
    }

    fn attr_set(&mut self, set: &AttrSet) {
        let span = span(set);
        let open = set.l_curly_token().map_or(span.start, |t| t.text_range().end().into());
        let inside = Span::new(open, span.end.saturating_sub(1).max(open));
        let recursive = set.rec_token().is_some();
        let kind = if recursive { SetKind::Recursive } else { SetKind::Plain };
        let names = recursive.then(|| Scope::Names(first_names(set)));
        self.under(names, |walk| walk.entries(kind, span, inside, set.entries()));
    }

    fn entries(
        &mut self,
        kind: SetKind,
        span: Span,
        inside: Span,
        entries: impl Iterator<Item = Entry>,
    ) {
        let id = self.out.sets.len();
        let path = AttrPath(self.prefix.clone());
        let (bindings, inherits, parent) = (Vec::new(), Vec::new(), self.set);
        self.out.sets.push(Set { kind, span, inside, path, bindings, inherits, parent });
        let outer = self.set.replace(id);
        for entry in entries {
            match entry {
                Entry::AttrpathValue(binding) => self.binding(id, &binding),
                Entry::Inherit(inherit) => {
                    let inherited = inherited(&inherit);
                    self.out.sets[id].inherits.push(inherited);
                }
            }
        }
        self.set = outer;
    }

    fn binding(&mut self, set: usize, node: &ast::AttrpathValue) {
        let (Some(path), Some(value)) = (node.attrpath(), node.value()) else { return };
        let depth = self.prefix.len();
        self.prefix.extend(path.attrs().map(|attr| part(&attr)));
        let whole = span(node);
        let plain = unwrapped(value.clone());
        let id = self.out.bindings.len();
        self.out.bindings.push(Binding {
            path: AttrPath(self.prefix.clone()),
            own: self.prefix.len() - depth,
            span: whole,
            value: span(&value),
            line: self.line(whole.start),
            shape: shape(&plain),
            reference: reference(&plain, &self.scopes),
            set,
        });
        self.out.sets[set].bindings.push(id);
        self.expr(&value);
        self.prefix.truncate(depth);
    }

    fn list(&mut self, list: &ast::List) {
        let items = list.items().map(|expr| self.item(span(&expr), &expr)).collect();
        let disabled = list
            .syntax()
            .children_with_tokens()
            .filter_map(rowan::NodeOrToken::into_token)
            .filter(|token| token.kind() == SyntaxKind::TOKEN_COMMENT)
            .filter_map(|token| self.disabled(&token))
            .collect();
        let span = span(list);
        self.out.lists.push(List {
            path: AttrPath(self.prefix.clone()),
            span,
            line: self.line(span.start),
            items,
            disabled,
            set: self.set,
        });
        self.all(list.items());
    }

    fn item(&self, span: Span, expr: &Expr) -> Item {
        let line = self.line(span.start);
        Item { span, line, shape: shape(expr), reference: reference(expr, &self.scopes) }
    }

    /// A comment on a line of its own that is an item once the `#` is taken away: one name,
    /// selection or string, perhaps with a remark behind it. Prose has more words than that.
    fn disabled(&self, token: &rnix::SyntaxToken) -> Option<Item> {
        let span = range(token.text_range());
        let before = self.text[..span.start].trim_end_matches([' ', '\t']);
        let code = token.text().strip_prefix('#').filter(|_| before.ends_with('\n'))?;
        let code = code.split_once(" #").map_or(code, |(code, _)| code).trim();
        // Brackets are turned away because this parse is not guarded against deep nesting.
        let several_words = code.contains(char::is_whitespace) && !code.starts_with('"');
        if code.is_empty() || several_words || code.contains(['(', '[', '{']) {
            return None;
        }
        let expr = Root::parse(code).ok().ok()?.expr()?;
        matches!(expr, Expr::Ident(_) | Expr::Select(_) | Expr::Str(_) | Expr::PathRel(_))
            .then(|| self.item(span, &expr))
    }

    fn line(&self, offset: usize) -> u32 {
        debug_assert!(offset <= self.text.len());
        self.lines.position(offset).line
    }
}

/// The value behind parentheses and the functions that only give it a priority.
pub(super) fn unwrapped(expr: Expr) -> Expr {
    match &expr {
        Expr::Paren(paren) => paren.expr().map_or(expr, unwrapped),
        Expr::Apply(apply) if is_transparent(apply) => apply.argument().map_or(expr, unwrapped),
        _ => expr,
    }
}

/// Whether the called function, found through a curried argument, is one of [`TRANSPARENT`], none
/// of which takes more than two. (Going on would make a long chain of calls quadratic.)
fn is_transparent(apply: &ast::Apply) -> bool {
    let callee = match apply.lambda() {
        Some(Expr::Apply(inner)) => inner.lambda(),
        callee => callee,
    };
    let name = match callee {
        Some(Expr::Ident(ident)) => ident.ident_token().map(|t| t.text().to_owned()),
        Some(Expr::Select(select)) => {
            select.attrpath().and_then(|path| path.attrs().last()).and_then(|a| literal_name(&a))
        }
        _ => None,
    };
    name.is_some_and(|name| TRANSPARENT.contains(&name.as_str()))
}

fn shape(expr: &Expr) -> Shape {
    match expr {
        Expr::AttrSet(_) => Shape::Set,
        Expr::List(_) => Shape::List,
        Expr::Str(_) => Shape::Text,
        Expr::Lambda(_) => Shape::Function,
        Expr::Ident(_) | Expr::Select(_) => Shape::Reference,
        Expr::Apply(_) => Shape::Call,
        _ => Shape::Other,
    }
}

fn part(attr: &Attr) -> Part {
    match (attr, literal_name(attr)) {
        (Attr::Ident(_), Some(name)) => Part::Plain(name.into()),
        (_, Some(name)) => Part::Quoted(name.into()),
        (_, None) => Part::Computed(attr.syntax().text().to_string().into()),
    }
}

/// The attribute's name, when no expression makes it.
pub(super) fn literal_name(attr: &Attr) -> Option<String> {
    match attr {
        Attr::Ident(ident) => Some(match ident.ident_token() {
            Some(token) => token.text().to_owned(),
            // The identifier `or`, whose token is the keyword's.
            None => ident.syntax().text().to_string(),
        }),
        Attr::Str(string) => literal_string(string),
        Attr::Dynamic(dynamic) => match dynamic.expr()? {
            Expr::Str(string) => literal_string(&string),
            _ => None,
        },
    }
}

/// The value of a string without interpolation.
pub(super) fn literal_string(string: &ast::Str) -> Option<String> {
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

fn first_names(set: &AttrSet) -> Vec<String> {
    let bound = set.attrpath_values().filter_map(|binding| binding.attrpath()?.attrs().next());
    let inherited = set.inherits().flat_map(|inherit| inherit.attrs());
    bound.chain(inherited).filter_map(|attr| literal_name(&attr)).collect()
}

fn inherited(node: &Inherit) -> Inherited {
    Inherited { names: node.attrs().filter_map(|a| literal_name(&a)).collect(), span: span(node) }
}

pub(super) fn span(node: &impl AstNode<Language = rnix::NixLanguage>) -> Span {
    range(node.syntax().text_range())
}

fn range(range: TextRange) -> Span {
    Span::new(range.start().into(), range.end().into())
}
