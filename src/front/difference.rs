//! What differs between a person's own file and the one that comes in its place.

use std::path::Path;

use crate::plan::{Change, Plan};

/// A line that only one of the two has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    Yours(String),
    Coming(String),
}

/// The lines in which `file` and the one that the plan's activation brings differ, in order.
pub fn difference(plan: &Plan, file: &Path) -> Vec<Difference> {
    let comes = plan.steps.iter().flat_map(|step| &step.changes).find_map(|change| match change {
        Change::Activate(activation) => activation.source_of(file),
        _ => None,
    });
    let text = |path: &Path| crate::survey::read_small(path).unwrap_or_default();
    let (before, after) = (text(file), comes.map(|path| text(&path)).unwrap_or_default());
    let diff = similar::TextDiff::from_lines(&before, &after);
    diff.iter_all_changes()
        .filter_map(|change| {
            let line = change.value().trim_end().to_owned();
            match change.tag() {
                similar::ChangeTag::Equal => None,
                similar::ChangeTag::Delete => Some(Difference::Yours(line)),
                similar::ChangeTag::Insert => Some(Difference::Coming(line)),
            }
        })
        .collect()
}
