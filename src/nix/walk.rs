//! One walk over the tree that fills a [`Source`].

use super::path::{AttrPath, Part};
use super::position::{Lines, Span};
use super::scope::{Scope, reference};
use super::source::{Binding, Inherited, Item, List, Set, SetKind, Shape, Source};
use super::syntax::{Kind, Node, Tree};
use super::tree;

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

/// Functions of clan-core's `lib` that make a clan of their argument: `clan`, and `buildClan` as it
/// was called before (docs: "Migrate existing NixOS configurations").
const CLAN_MAKERS: [&[&str]; 2] = [&["lib", "clan"], &["buildClan"]];

pub(super) fn collect(tree: &Tree<'_>, text: &str, out: &mut Source) {
    let lines = std::mem::take(&mut out.lines);
    let mut walk = Walk {
        text,
        lines: &lines,
        out,
        prefix: Vec::new(),
        path: None,
        set: None,
        given: false,
        scopes: Vec::new(),
    };
    if let Some(expr) = tree.root() {
        walk.expr(expr);
    }
    out.lines = lines;
}

struct Walk<'t, 'o> {
    text: &'t str,
    lines: &'t Lines,
    out: &'o mut Source,
    prefix: Vec<Part>,
    /// The same as it is kept, once something has been found there.
    path: Option<AttrPath>,
    set: Option<usize>,
    /// Whether a call is between the binding around and here.
    given: bool,
    scopes: Vec<Scope<'t>>,
}

impl<'t> Walk<'t, '_> {
    fn expr(&mut self, expr: Node<'t>) {
        match expr.kind() {
            Kind::Lambda => {
                let names = expr.child(0).into_iter().flat_map(Node::children);
                self.under(Some(Scope::of_names(names)), |walk| walk.all(expr.child(1)));
            }
            Kind::LetIn => self.let_in(expr),
            Kind::With => {
                let namespace = expr.child(0).and_then(|e| reference(e, &self.scopes));
                let scope = Scope::With(namespace.unwrap_or_default());
                self.under(Some(scope), |walk| walk.all(expr.child(1)));
            }
            // A path through a call is a guess for any function but the transparent ones, and a
            // good one: `mkHomeConfiguration { modules = …; }` reads as one would say it.
            Kind::Paren | Kind::IfElse | Kind::Assert | Kind::BinOp => self.all(expr.children()),
            Kind::Apply => {
                let outer = self.given;
                self.given = true;
                self.all(expr.child(0));
                self.given = outer || !keeps_names(expr);
                match makes_clan(expr) {
                    true => self.apart(Some(Part::Plain("clan".into())), |walk| {
                        walk.all(expr.child(1));
                    }),
                    false => self.all(expr.child(1)),
                }
                self.given = outer;
            }
            Kind::Select => self.all(expr.child(0)),
            Kind::List => self.list(expr),
            Kind::AttrSet => self.entries(SetKind::Plain, expr),
            Kind::RecSet => {
                let names = expr.child(0).into_iter().flat_map(bound_names);
                let names = Scope::of_names(names);
                self.under(Some(names), |walk| walk.entries(SetKind::Recursive, expr));
            }
            _ => {}
        }
    }

    fn all(&mut self, exprs: impl IntoIterator<Item = Node<'t>>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn under(&mut self, scope: Option<Scope<'t>>, inside: impl FnOnce(&mut Self)) {
        let depth = self.scopes.len();
        self.scopes.extend(scope);
        inside(self);
        self.scopes.truncate(depth);
    }

    fn let_in(&mut self, node: Node<'t>) {
        let scope = node.child(0).map(Scope::of_let);
        self.under(scope, |walk| {
            walk.apart(None, |walk| walk.entries(SetKind::Let, node));
            walk.all(node.child(1));
        });
    }

    /// What has a path of its own, which begins with `root`.
    fn apart(&mut self, root: Option<Part>, inside: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.prefix, root.into_iter().collect());
        let path = self.path.take();
        inside(self);
        (self.prefix, self.path) = (outer, path);
    }

    /// The bindings of a set or a `let`.
    fn entries(&mut self, kind: SetKind, node: Node<'t>) {
        let Some(inner) = node.child(0) else { return };
        let id = self.out.sets.len();
        let path = self.path();
        let (span, inside) = (node.span(), inner.span());
        let (bindings, inherits, parent, given) = (Vec::new(), Vec::new(), self.set, self.given);
        self.out.sets.push(Set { kind, span, inside, path, bindings, inherits, parent, given });
        let outer = self.set.replace(id);
        for entry in inner.children() {
            if entry.kind() == Kind::Binding {
                self.binding(id, entry);
            } else {
                self.out.sets[id].inherits.push(inherited(entry));
            }
        }
        self.set = outer;
    }

    fn binding(&mut self, set: usize, node: Node<'t>) {
        let (Some(path), Some(value)) = (node.child(0), node.child(1)) else { return };
        let depth = self.prefix.len();
        self.prefix.extend(path.children().map(part));
        let outer = self.path.take();
        let full = self.path();
        let whole = node.span();
        let plain = unwrapped(value);
        let id = self.out.bindings.len();
        self.out.bindings.push(Binding {
            path: full,
            own: self.prefix.len() - depth,
            span: whole,
            value: value.span(),
            line: self.line(whole.start),
            shape: shape(plain),
            reference: reference(plain, &self.scopes),
            set,
        });
        self.out.sets[set].bindings.push(id);
        let given = std::mem::replace(&mut self.given, false);
        self.expr(value);
        self.given = given;
        self.prefix.truncate(depth);
        self.path = outer;
    }

    fn path(&mut self) -> AttrPath {
        self.path.get_or_insert_with(|| AttrPath::new(&self.prefix)).clone()
    }

    fn list(&mut self, list: Node<'t>) {
        let items = list.children().map(|expr| self.item(expr.span(), expr)).collect();
        let (span, path) = (list.span(), self.path());
        self.out.lists.push(List {
            path,
            span,
            line: self.line(span.start),
            items,
            disabled: self.disabled_items(list),
            set: self.set,
        });
        self.all(list.children());
    }

    fn item(&self, span: Span, expr: Node<'_>) -> Item {
        let line = self.line(span.start);
        Item { span, line, shape: shape(expr), reference: reference(expr, &self.scopes) }
    }

    /// The items that stand in comments between the others.
    fn disabled_items(&self, list: Node<'t>) -> Vec<Item> {
        let Span { start, end } = list.span();
        let gaps_begin = std::iter::once(start + 1).chain(list.children().map(|i| i.span().end));
        let gaps_end = list.children().map(|i| i.span().start).chain([end.saturating_sub(1)]);
        let mut found = Vec::new();
        for (start, end) in gaps_begin.zip(gaps_end) {
            let gap = Span::new(start, end).of(self.text);
            if gap.contains('#') {
                let comments = tree::comments(gap);
                let at = |comment: Span| Span::new(start + comment.start, start + comment.end);
                found.extend(comments.into_iter().filter_map(|c| self.disabled(at(c))));
            }
        }
        found
    }

    /// A comment on a line of its own that is an item once the `#` is taken away: one name,
    /// selection or string, perhaps with a remark behind it. Prose has more words than that.
    fn disabled(&self, span: Span) -> Option<Item> {
        let before = self.text[..span.start].trim_end_matches([' ', '\t']);
        let code = span.of(self.text).strip_prefix('#').filter(|_| before.ends_with('\n'))?;
        let code = code.split_once(" #").map_or(code, |(code, _)| code).trim();
        // Brackets are turned away because this parse is not guarded against deep nesting.
        let several_words = code.contains(char::is_whitespace) && !code.starts_with('"');
        if code.is_empty() || several_words || code.contains(['(', '[', '{']) {
            return None;
        }
        let tree = tree::unguarded(code)?;
        let expr = tree.root()?;
        let kinds = [Kind::Ident, Kind::Select, Kind::Str, Kind::Interpolated, Kind::PathRel];
        kinds.contains(&expr.kind()).then(|| self.item(span, expr))
    }

    fn line(&self, offset: usize) -> u32 {
        debug_assert!(offset <= self.text.len());
        self.lines.position(offset).line
    }
}

/// The value behind parentheses and the functions that only give it a priority.
pub(super) fn unwrapped(expr: Node<'_>) -> Node<'_> {
    match expr.kind() {
        Kind::Paren => expr.child(0).map_or(expr, unwrapped),
        Kind::Apply if is_transparent(expr) => expr.child(1).map_or(expr, unwrapped),
        _ => expr,
    }
}

/// Whether the called function, found through a curried argument, is one of [`TRANSPARENT`], none
/// of which takes more than two. (Going on would make a long chain of calls quadratic.)
fn is_transparent(apply: Node<'_>) -> bool {
    called(apply).is_some_and(|name| TRANSPARENT.contains(&&*name))
}

/// Whether the attributes of the last argument are those of the result: `mapAttrs f { … }` too.
fn keeps_names(apply: Node<'_>) -> bool {
    let curried = apply.child(0).is_some_and(|callee| callee.kind() == Kind::Apply);
    is_transparent(apply) || curried && called(apply).as_deref() == Some("mapAttrs")
}

/// Whether the call is of one of [`CLAN_MAKERS`]: what it is given is the clan, whatever name that
/// is bound to.
fn makes_clan(apply: Node<'_>) -> bool {
    let names: Vec<_> = match apply.child(0) {
        Some(callee) if callee.kind() == Kind::Ident => vec![Some(callee.text().into())],
        Some(callee) if callee.kind() == Kind::Select => {
            let path = callee.child(1).into_iter().flat_map(Node::children);
            path.map(Node::literal_name).collect()
        }
        _ => return false,
    };
    CLAN_MAKERS.iter().any(|maker| {
        let tail = &names[names.len().saturating_sub(maker.len())..];
        tail.iter().map(Option::as_deref).eq(maker.iter().map(|name| Some(*name)))
    })
}

/// The last name of the function that is called with one argument or two.
fn called(apply: Node<'_>) -> Option<std::borrow::Cow<'_, str>> {
    let callee = match apply.child(0) {
        Some(inner) if inner.kind() == Kind::Apply => inner.child(0),
        callee => callee,
    };
    callee.and_then(|callee| match callee.kind() {
        Kind::Ident => Some(callee.text().into()),
        Kind::Select => callee.child(1)?.children().last()?.literal_name(),
        _ => None,
    })
}

fn shape(expr: Node<'_>) -> Shape {
    match expr.kind() {
        Kind::AttrSet | Kind::RecSet => Shape::Set,
        Kind::List => Shape::List,
        Kind::Str | Kind::Interpolated => Shape::Text,
        Kind::Lambda => Shape::Function,
        Kind::Ident | Kind::Select => Shape::Reference,
        Kind::Apply => Shape::Call,
        _ => Shape::Other,
    }
}

fn part(attr: Node<'_>) -> Part {
    match (attr.kind(), attr.literal_name()) {
        (Kind::Ident, Some(name)) => Part::Plain(name.into()),
        (_, Some(name)) => Part::Quoted(name.into()),
        (_, None) => Part::Computed(attr.text().into()),
    }
}

/// The names that the entries of a `rec` set bind.
fn bound_names(entries: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    entries.children().flat_map(|entry| {
        let (path, skipped, most) = match entry.kind() {
            Kind::Binding => (entry.child(0), 0, 1),
            Kind::InheritFrom => (Some(entry), 1, usize::MAX),
            _ => (Some(entry), 0, usize::MAX),
        };
        path.into_iter().flat_map(Node::children).skip(skipped).take(most)
    })
}

fn inherited(node: Node<'_>) -> Inherited {
    let from = usize::from(node.kind() == Kind::InheritFrom);
    let names = node.children().skip(from).filter_map(Node::literal_name);
    Inherited { names: names.map(std::borrow::Cow::into_owned).collect(), span: node.span() }
}
