//! The syntax of one text as a flat table: what the walk needs of it and nothing else.
//!
//! Made by [`full`](super::full) from the parser's own tree.
//! Rows name each other by index, so making, reading and dropping a tree costs no allocation of
//! its own for each node and needs no deep stack.

use std::borrow::Cow;

use super::position::Span;

/// What a row of the table is, with its children in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// expression
    Paren,
    /// [`Kind::Params`], body
    Lambda,
    /// [`Kind::Ident`] for each name that the lambda binds
    Params,
    /// [`Kind::Bindings`], body
    LetIn,
    /// namespace, body
    With,
    /// the value for true, the one for false
    IfElse,
    /// body
    Assert,
    /// left, right
    BinOp,
    /// the number after a minus
    Negate,
    /// function, argument
    Apply,
    /// expression, [`Kind::AttrPath`]
    Select,
    /// items
    List,
    /// [`Kind::Bindings`]
    AttrSet,
    /// [`Kind::Bindings`]
    RecSet,
    /// Between the braces, or between `let` and `in`: [`Kind::Binding`], [`Kind::Inherit`] and
    /// [`Kind::InheritFrom`]
    Bindings,
    /// [`Kind::AttrPath`], value
    Binding,
    /// names
    Inherit,
    /// what it inherits from, names
    InheritFrom,
    /// [`Kind::Ident`], [`Kind::Str`], [`Kind::Interpolated`] and [`Kind::Dynamic`]
    AttrPath,
    /// The expression between `${` and `}`
    Dynamic,
    Ident,
    /// A string without interpolation.
    Str,
    /// A string that an expression is part of.
    Interpolated,
    Int,
    Float,
    Uri,
    PathRel,
    /// Anything that the walk does not look into.
    Other,
}

/// A row. Texts beyond 4 GiB never get here: the parser's own offsets have 32 bits too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    kind: Kind,
    start: u32,
    end: u32,
    first: Option<Id>,
    next: Option<Id>,
}

/// The index of a row, plus one, so that "no row" takes no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(std::num::NonZeroU32);

/// A text and the table of its syntax.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    text: &'t str,
    rows: Vec<Row>,
    root: Option<Id>,
}

impl<'t> Tree<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        // About one row for a dozen bytes in files as they are.
        Self { text, rows: Vec::with_capacity(text.len() / 12), root: None }
    }

    /// Adds a row for `start..end`; `None` when the table is full.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        (start, end): (usize, usize),
        children: &[Id],
    ) -> Option<Id> {
        for pair in children.windows(2) {
            self.rows[pair[0].index()].next = Some(pair[1]);
        }
        self.rows.push(Row {
            kind,
            start: u32::try_from(start).ok()?,
            end: u32::try_from(end).ok()?,
            first: children.first().copied(),
            next: None,
        });
        u32::try_from(self.rows.len()).ok().and_then(std::num::NonZeroU32::new).map(Id)
    }

    pub(super) fn set_root(&mut self, root: Option<Id>) {
        self.root = root;
    }

    /// The expression that the text is; `None`: it is blank.
    pub(super) fn root(&self) -> Option<Node<'_>> {
        self.root.map(|id| Node { tree: self, id })
    }
}

impl Id {
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// One row, with its table.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    tree: &'t Tree<'t>,
    id: Id,
}

impl<'t> Node<'t> {
    fn row(self) -> &'t Row {
        &self.tree.rows[self.id.index()]
    }

    pub(super) fn kind(self) -> Kind {
        self.row().kind
    }

    pub(super) fn span(self) -> Span {
        let row = self.row();
        Span::new(row.start as usize, row.end as usize)
    }

    pub(super) fn text(self) -> &'t str {
        self.span().of(self.tree.text)
    }

    pub(super) fn children(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let tree = self.tree;
        let node = move |id| Node { tree, id };
        std::iter::successors(self.row().first.map(node), move |at| at.row().next.map(node))
    }

    pub(super) fn child(self, index: usize) -> Option<Node<'t>> {
        self.children().nth(index)
    }

    /// The attribute's name, when no expression makes it.
    pub(super) fn literal_name(self) -> Option<Cow<'t, str>> {
        match self.kind() {
            Kind::Ident => Some(self.text().into()),
            Kind::Dynamic => self.child(0)?.literal_string(),
            _ => self.literal_string(),
        }
    }

    /// The value of a string without interpolation.
    pub(super) fn literal_string(self) -> Option<Cow<'t, str>> {
        if self.kind() != Kind::Str {
            return None;
        }
        let text = self.text();
        let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        match inner.filter(|inner| !inner.contains(['\\', '$', '\r'])) {
            Some(plain) => Some(plain.into()),
            None => super::full::string_value(text).map(Cow::from),
        }
    }
}
