//! The tree that an edit intends, made on the tree, and the proof that the edited text is it.

use crate::sops::config::{Config, ConfigError, Rule};
use crate::splice::yaml::{self, Entry, Item, Kind, Node, SecondReading, Tree};

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
    // The two readers know nothing of each other, and each takes about as long.
    let (second, first) = std::thread::scope(|scope| {
        let read = || SecondReading::of(text);
        let second = std::thread::Builder::new().spawn_scoped(scope, read);
        let first = yaml::parse(text);
        // Without a thread to be had, one after the other.
        (second.map_or_else(|_| Ok(read()), |second| second.join()), first)
    });
    let tree = first.map_err(|_| failed("it no longer parses"))?;
    if !yaml::same(&tree.root, &intended.root) {
        return Err(failed("it does not say what was intended"));
    }
    let second = second.map_err(|_| failed("the second reader gave up"))?;
    if second.and_then(|second| second.agrees_with(&tree)).is_err() {
        // What it refuses now it may have refused before: then the lines are the original's.
        yaml::agrees_with_libyaml(original, &yaml::parse(original).map_err(ConfigError::from)?)
            .map_err(ConfigError::from)?;
        return Err(failed("two YAML readers disagree about it"));
    }
    Config::of(&tree).map_err(|_| failed("sops would refuse it"))
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
