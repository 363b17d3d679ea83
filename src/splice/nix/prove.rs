//! Comparing the result of an edit with what was meant, by parsing it again.

use crate::nix::{Binding, List, Set, Shape, Source, Span, TokenKind, tokens};

use super::{Change, Reason};

type Proof = Result<(), Reason>;

/// Whether two pieces of code are the same but for white space and comments.
pub(super) fn same_code(one: &str, other: &str) -> bool {
    code(one).eq(code(other))
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    let significant = |kind| !matches!(kind, TokenKind::Space | TokenKind::Comment);
    tokens(text).into_iter().filter(move |t| significant(t.kind)).map(|t| t.text)
}

/// Whether `addition` alone makes a set of exactly one binding.
pub(super) fn is_one_binding(addition: &str) -> bool {
    Source::parse(format!("{{{addition}\n}}")).is_ok_and(|alone| {
        alone.sets().first().is_some_and(|set| {
            set.bindings.len() == 1 && set.inherits.is_empty() && set.parent.is_none()
        }) && outermost(&alone) == 1
    })
}

/// Whether `item` alone makes a list of exactly one item, as Nix has it: no call, no function.
pub(super) fn is_one_item(item: &str) -> bool {
    Source::parse(format!("[{item}\n]")).is_ok_and(|alone| {
        alone.lists().iter().find(|list| list.span == Span::new(0, item.len() + 3)).is_some_and(
            |list| matches!(&list.items[..], [only] if !matches!(only.shape, Shape::Function | Shape::Call)),
        )
    })
}

/// How many sets stand side by side at the top: `{ a = 1; } // { b = 2; }` has two.
fn outermost(source: &Source) -> usize {
    source.sets().iter().filter(|set| set.parent.is_none()).count()
}

pub(super) fn binding_added(old: &Source, change: &Change, set: &Set, path: &[&str]) -> Proof {
    let new = reparsed(change)?;
    tokens_kept(old.text(), change)?;
    let same_set = new.sets().iter().find(|s| s.span.start == set.span.start);
    let grown = same_set.ok_or(Reason::NotProved)?;
    let added = grown
        .bindings
        .iter()
        .map(|id| &new.bindings()[*id])
        .filter(|b| b.span.start >= change.at && b.span.end <= change.at + change.inserted.len())
        .collect::<Vec<_>>();
    let [added] = added[..] else { return Err(Reason::NotProved) };
    let named = added.written().iter().map(|part| part.name()).eq(path.iter().map(|n| Some(*n)));
    proved(
        named
            && grown.kind == set.kind
            && grown.bindings.len() == set.bindings.len() + 1
            && grown.inherits.len() == set.inherits.len()
            && rest_is_kept(old, &new, change),
    )
}

pub(super) fn item_appended(old: &Source, change: &Change, list: &List, item: &str) -> Proof {
    let new = reparsed(change)?;
    tokens_kept(old.text(), change)?;
    let grown = list_from(&new, list.span.start)?;
    let last = grown.items.last().ok_or(Reason::NotProved)?;
    proved(
        grown.items.len() == list.items.len() + 1
            && same_code(last.span.of(new.text()), item)
            && rest_is_kept(old, &new, change),
    )
}

pub(super) fn item_enabled(old: &Source, change: &Change, list: &List) -> Proof {
    let new = reparsed(change)?;
    let grown = list_from(&new, list.span.start)?;
    proved(
        grown.items.len() == list.items.len() + 1
            && grown.items.iter().any(|item| item.span.start == change.at)
            && new.bindings().len() == old.bindings().len(),
    )
}

/// Comment lines became one binding of `set`, and nothing else changed.
pub(super) fn binding_enabled(old: &Source, change: &Change, set: &Set) -> Proof {
    let new = reparsed(change)?;
    let grown = new.sets().iter().find(|s| s.span.start == set.span.start);
    let grown = grown.ok_or(Reason::NotProved)?;
    let inserted = Span::new(change.at, change.at + change.inserted.len());
    let own = |id: &&usize| inserted.contains(new.bindings()[**id].span);
    proved(
        tokens(&change.removed)
            .iter()
            .all(|t| matches!(t.kind, TokenKind::Comment | TokenKind::Space))
            && grown.kind == set.kind
            && grown.bindings.len() == set.bindings.len() + 1
            && grown.bindings.iter().filter(own).count() == 1
            && rest_is_kept(old, &new, change),
    )
}

pub(super) fn binding_removed(old: &Source, change: &Change, binding: &Binding) -> Proof {
    let new = reparsed(change)?;
    let set = &old.sets()[binding.set];
    let shrunk = new.sets().iter().find(|s| s.span.start == set.span.start);
    let shrunk = shrunk.ok_or(Reason::NotProved)?;
    proved(
        shrunk.bindings.len() + 1 == set.bindings.len()
            && shrunk.inherits.len() == set.inherits.len()
            && removed_only(change, binding.span.of(old.text())),
    )
}

pub(super) fn item_removed(old: &Source, change: &Change, list: &List, item: Span) -> Proof {
    let new = reparsed(change)?;
    let shrunk = list_from(&new, list.span.start)?;
    proved(shrunk.items.len() + 1 == list.items.len() && removed_only(change, item.of(old.text())))
}

fn proved(holds: bool) -> Proof {
    if holds { Ok(()) } else { Err(Reason::NotProved) }
}

fn reparsed(change: &Change) -> Result<Source, Reason> {
    Source::parse(&*change.text).map_err(|_| Reason::NotProved)
}

fn list_from(source: &Source, start: usize) -> Result<&List, Reason> {
    source.lists().iter().find(|list| list.span.start == start).ok_or(Reason::NotProved)
}

/// Whether what was cut out is `code` and nothing else but comments and white space.
fn removed_only(change: &Change, gone: &str) -> bool {
    change.inserted.trim().is_empty() && same_code(&change.removed, gone)
}

/// The new tokens must be the old ones with the addition in one piece between two of them, so
/// that no comment swallows code and no token grows or splits.
fn tokens_kept(old: &str, change: &Change) -> Proof {
    let visible = |text| tokens(text).into_iter().filter(|t| t.kind != TokenKind::Space);
    let end = change.at + change.inserted.len();
    let (mut kept, mut added) = (Vec::new(), Vec::new());
    for token in visible(&change.text) {
        let inside = token.start >= change.at && token.start + token.text.len() <= end;
        if inside { added.push(token.text) } else { kept.push(token.text) }
    }
    proved(
        change.removed.trim().is_empty()
            && visible(old).map(|t| t.text).eq(kept)
            && visible(&change.inserted).map(|t| t.text).eq(added),
    )
}

/// Every binding that was there is there with its path, and the only others are in the addition.
fn rest_is_kept(old: &Source, new: &Source, change: &Change) -> bool {
    let inserted = Span::new(change.at, change.at + change.inserted.len());
    let kept = new.bindings().iter().filter(|b| !inserted.contains(b.span));
    kept.map(|b| &b.path).eq(old.bindings().iter().map(|b| &b.path))
}
