//! One parsed file: its bindings, attribute sets and lists, as plain data.

use super::literal::{self, Literal};
use super::path::{AttrPath, Part, Pattern};
use super::position::{Lines, Position, Span};
use super::tree::{Room, SyntaxError, with_tree};
use super::walk;

/// A Nix text and what was found in it. Indices in one refer to the vectors of the same `Source`.
#[derive(Debug, Clone)]
pub struct Source {
    pub(super) text: String,
    pub(super) lines: Lines,
    pub(super) bindings: Vec<Binding>,
    pub(super) sets: Vec<Set>,
    pub(super) lists: Vec<List>,
}

/// `path = value;`
#[derive(Debug, Clone)]
pub struct Binding {
    /// The full path. A binding in a `let` starts a path of its own.
    pub path: AttrPath,
    /// How many of the last parts of `path` this binding writes itself.
    pub own: usize,
    /// From the first attribute to the `;`, which it includes.
    pub span: Span,
    /// The value, without white space and `;`.
    pub value: Span,
    pub line: u32,
    pub shape: Shape,
    /// What the value names, when it is a plain selection, with aliases followed.
    pub reference: Option<Vec<String>>,
    /// The set that holds it: an index into [`Source::sets`].
    pub set: usize,
}

impl Binding {
    /// The parts that the binding writes itself.
    pub fn written(&self) -> &[Part] {
        let parts = self.path.parts();
        &parts[parts.len().saturating_sub(self.own)..]
    }
}

/// What kind of expression a value is, with parentheses and `lib.mkForce` and the like taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Set,
    List,
    Text,
    Function,
    /// An identifier or a selection.
    Reference,
    Call,
    Other,
}

/// An attribute set, or the bindings of a `let`.
#[derive(Debug, Clone)]
pub struct Set {
    pub kind: SetKind,
    /// From `{` to `}`, or the whole `let … in`.
    pub span: Span,
    /// Between the braces, or between `let` and `in`.
    pub inside: Span,
    /// The path of the binding whose value it belongs to.
    pub path: AttrPath,
    /// Indices into [`Source::bindings`], in order of the text.
    pub bindings: Vec<usize>,
    pub inherits: Vec<Inherited>,
    /// The set around it.
    pub parent: Option<usize>,
    /// Whether a function is given it on the way from that binding, so that what it says may be
    /// another thing than the path tells: an element that `listToAttrs` makes an attribute of.
    pub given: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetKind {
    Plain,
    Recursive,
    Let,
}

/// One whole `inherit …;`.
#[derive(Debug, Clone)]
pub struct Inherited {
    pub names: Vec<String>,
    pub span: Span,
}

/// `[ … ]`
#[derive(Debug, Clone)]
pub struct List {
    /// The path of the binding whose value it belongs to.
    pub path: AttrPath,
    pub span: Span,
    pub line: u32,
    pub items: Vec<Item>,
    /// Comments of the list that hold an item somebody has switched off.
    pub disabled: Vec<Item>,
    /// The set around it: an index into [`Source::sets`].
    pub set: Option<usize>,
}

/// One element of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// The element; for a disabled one, the comment.
    pub span: Span,
    pub line: u32,
    /// Without anything taken off. A function or a call stands for text that Nix would refuse in
    /// a list: it wants parentheses there, and the parser does not insist.
    pub shape: Shape,
    /// What it names, when it is a plain selection: every part, aliases and `with` followed.
    pub reference: Option<Vec<String>>,
}

impl Source {
    /// Parses `text`.
    ///
    /// # Errors
    /// The first syntax error, at the line and column that Nix itself reports. Nix also refuses
    /// an attribute bound twice and an unknown variable; those are not looked for here.
    pub fn parse(text: impl Into<String>) -> Result<Self, SyntaxError> {
        Self::parse_with(text.into(), Room::Usual)
    }

    /// [`Source::parse`] on a thread of known stack.
    pub(crate) fn parse_with(text: String, room: Room) -> Result<Self, SyntaxError> {
        let mut source = Self {
            lines: Lines::of(&text),
            text: String::new(),
            bindings: Vec::new(),
            sets: Vec::new(),
            lists: Vec::new(),
        };
        with_tree(&text, room, |tree| walk::collect(tree, &text, &mut source))?;
        source.text = text;
        source.shrink();
        Ok(source)
    }

    /// A source is kept as long as doorstep runs, and what grows has room for twice as much.
    fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.bindings.shrink_to_fit();
        self.lists.shrink_to_fit();
        self.sets.shrink_to_fit();
        self.sets.iter_mut().for_each(|set| set.bindings.shrink_to_fit());
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every binding, in the order in which they begin; those of a `let` too.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    pub fn sets(&self) -> &[Set] {
        &self.sets
    }

    pub fn lists(&self) -> &[List] {
        &self.lists
    }

    /// Bindings whose path ends with the [`Pattern`] that `dotted` says.
    pub fn find(&self, dotted: &str) -> impl Iterator<Item = &Binding> + use<'_> {
        let pattern = Pattern::new(dotted);
        self.bindings.iter().filter(move |binding| binding.path.ends_with(&pattern))
    }

    /// The sets around `binding`, innermost first.
    pub fn ancestors(&self, binding: &Binding) -> impl Iterator<Item = &Set> + use<'_> {
        std::iter::successors(self.sets.get(binding.set), |set| self.sets.get(set.parent?))
    }

    /// The binding of a `let` that `name` most likely means.
    pub fn let_binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().find(|binding| {
            self.sets.get(binding.set).is_some_and(|set| set.kind == SetKind::Let)
                && matches!(binding.written(), [part] if part.name() == Some(name))
        })
    }

    /// What the expression at `span` evaluates to, when it is spelled out.
    pub fn literal(&self, span: Span) -> Option<Literal> {
        literal::of_text(span.of(&self.text))
    }

    pub fn position(&self, offset: usize) -> Position {
        self.lines.position(offset.min(self.text.len()))
    }

    /// The blanks at the beginning of the line that holds `offset`.
    pub fn indentation(&self, offset: usize) -> &str {
        let start = self.lines.start(self.position(offset).line).unwrap_or(0);
        let line = self.text.get(start..).unwrap_or_default();
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        &line[..blanks]
    }

    /// The line's text, without its end.
    pub fn line(&self, line: u32) -> Option<&str> {
        let start = self.lines.start(line)?;
        self.text.get(start..)?.lines().next()
    }

    /// The `#` comment lines directly above `line`, in order, without `#`.
    pub fn comment_above(&self, line: u32) -> Vec<&str> {
        let mut found = Vec::new();
        for above in (1..line).rev() {
            let Some(comment) = self.line(above).map(str::trim).and_then(|l| l.strip_prefix('#'))
            else {
                break;
            };
            found.push(comment.trim_start_matches('#').trim());
        }
        found.reverse();
        found
    }
}
