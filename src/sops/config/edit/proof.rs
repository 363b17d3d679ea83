//! The tree that an edit intends, made on the tree, and the proof that the edited text is it.

use std::sync::Mutex;

use crate::sops::config::{Config, ConfigError, Rule};
use crate::splice::yaml::{self, Anchors, Entry, Item, Kind, Node, SecondReading, Tree};

use super::Refusal;

/// One change to a tree. `at` is the way from the root, by child index.
#[derive(Debug, Clone)]
pub(super) enum Op {
    InsertItem { at: Vec<usize>, index: usize, node: Node },
    InsertEntry { at: Vec<usize>, index: usize, entry: Entry },
    SetScalar { at: Vec<usize>, value: String },
    Remove { at: Vec<usize>, index: usize },
}

impl Op {
    /// `None`: the place is not there.
    pub(super) fn apply(self, root: &mut Node) -> Option<()> {
        match self {
            Self::InsertItem { at, index, node } => match &mut below(root, &at)?.kind {
                Kind::Sequence { items, .. } if index <= items.len() => {
                    items.insert(index, Item { dash: None, node });
                }
                _ => return None,
            },
            Self::InsertEntry { at, index, entry } => match &mut below(root, &at)?.kind {
                Kind::Mapping { entries, .. } if index <= entries.len() => {
                    entries.insert(index, entry);
                }
                _ => return None,
            },
            Self::SetScalar { at, value } => match &mut below(root, &at)?.kind {
                Kind::Scalar { value: old, .. } => *old = value,
                _ => return None,
            },
            Self::Remove { at, index } => match &mut below(root, &at)?.kind {
                Kind::Sequence { items, .. } if index < items.len() => {
                    items.remove(index);
                }
                Kind::Mapping { entries, .. } if index < entries.len() => {
                    entries.remove(index);
                }
                _ => return None,
            },
        }
        Some(())
    }
}

fn below<'n>(root: &'n mut Node, at: &[usize]) -> Option<&'n mut Node> {
    at.iter().try_fold(root, |node, index| node.child_mut(*index))
}

/// Parses `text` with both readers, and compares every value with the intended tree.
///
/// What does not need the other goes side by side: the two readers, which know nothing of each
/// other and take about as long, and then the comparison of their readings with the model.
pub(super) fn prove(
    original: &str,
    text: &str,
    mut intended: Tree,
    ops: Vec<Op>,
) -> Result<Config, Refusal> {
    let failed = |what| Refusal::ProofFailed { what };
    for op in ops {
        op.apply(&mut intended.root).ok_or(failed("the intended tree could not be made"))?;
    }
    let (second, first) = beside(
        move || SecondReading::of(text),
        || {
            let tree = yaml::parse(text).map_err(|_| failed("it no longer parses"))?;
            match yaml::same(&tree.root, &intended.root) {
                true => Ok(tree),
                false => Err(failed("it does not say what was intended")),
            }
        },
    );
    let tree = first?;
    let second = second.ok_or(failed("the second reader gave up"))?;
    let anchors = Anchors::of(&tree);
    let (agreed, config) = beside(
        || {
            // Not needed any more, and a large one takes a while to let go.
            drop(intended);
            second.and_then(|second| second.agrees_with(&tree, &anchors))
        },
        || Config::of(&tree, &anchors),
    );
    if agreed.ok_or(failed("the comparison gave up"))?.is_err() {
        // What it refuses now it may have refused before: then the lines are the original's.
        yaml::agrees_with_libyaml(original, &yaml::parse(original).map_err(ConfigError::from)?)
            .map_err(ConfigError::from)?;
        return Err(failed("two YAML readers disagree about it"));
    }
    config.map_err(|_| failed("sops would refuse it"))
}

/// `other` on a thread of its own while `this` runs. `None`: it panicked.
fn beside<A: Send, B>(
    other: impl FnOnce() -> A + Send,
    this: impl FnOnce() -> B,
) -> (Option<A>, B) {
    let other = Mutex::new(Some(other));
    let run = || other.lock().ok()?.take().map(|other| other());
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, run);
        let this = this();
        // Without a thread to be had, one after the other.
        (thread.map_or_else(|_| run(), |thread| thread.join().ok().flatten()), this)
    })
}

/// The rules are the old ones in their order, but for the one at `index`, which `new` alone has.
pub(super) fn only_inserted(old: &[Rule], new: &[Rule], index: usize) -> bool {
    let others = new.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, rule)| rule);
    old.len() + 1 == new.len() && old.iter().zip(others).all(|(old, new)| same_rule(old, new))
}

/// The same path and the same readers: lines and places may differ.
pub(super) fn same_rule(a: &Rule, b: &Rule) -> bool {
    a.path_regex == b.path_regex
        && a.groups.len() == b.groups.len()
        && a.groups.iter().zip(&b.groups).all(|(a, b)| {
            let recipients = a.age.iter().map(|r| &r.recipient);
            a.others == b.others && recipients.eq(b.age.iter().map(|r| &r.recipient))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "keys:\n- &ada one\ncreation_rules:\n- age: [ *ada ]\n";

    fn proved(text: &str, ops: Vec<Op>) -> Result<Config, Refusal> {
        prove(TEXT, text, yaml::parse(TEXT).unwrap(), ops)
    }

    #[test]
    fn what_was_not_intended_is_not_proved() {
        assert_eq!(proved(TEXT, Vec::new()).unwrap().rules.len(), 1);
        let failed =
            |text: &str| matches!(proved(text, Vec::new()), Err(Refusal::ProofFailed { .. }));
        assert!(failed(&TEXT.replace("one", "two")));
        assert!(failed(&TEXT.replace("&ada one", "&ada 'one'")));
        assert!(failed(&format!("{TEXT}stores: {{}}\n")));
        assert!(failed(&TEXT.replace("keys:", "keys: [")));
    }

    #[test]
    fn both_readers_are_asked() {
        // granit takes a dot in an anchor, libyaml does not: an edit that brings one in is none.
        let name = Some(Box::new(yaml::Anchor { name: "b.c".to_owned(), at: 0, line: 0 }));
        let style = yaml::Style::Plain;
        let kind = Kind::Scalar { value: "two".to_owned(), style };
        let node = Node { anchor: name, ..Node::intended(kind) };
        let op = Op::InsertItem { at: vec![0], index: 1, node };
        let text = TEXT.replace("one\n", "one\n- &b.c two\n");
        let refused = proved(&text, vec![op]);
        assert_eq!(
            refused.unwrap_err(),
            Refusal::ProofFailed { what: "two YAML readers disagree about it" }
        );
    }

    #[test]
    fn a_reader_that_panics_is_no_proof() {
        let (other, this) = beside(|| std::panic::resume_unwind(Box::new("gave up")), || 1);
        assert_eq!((other, this), (None::<()>, 1));
    }
}
