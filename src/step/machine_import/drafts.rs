//! Edits of several files, gathered before any is made: a machine's account and home may be in one
//! file, and so may several machines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::fleet::Fleet;
use crate::nix::{Binding, Part, Set, SetKind, Source, Span};
use crate::plan::Change;
use crate::problem::Problem;
use crate::splice::nix::{self as splice, Prepared, Reason, Refusal, Slot, Splice};
use crate::step::{Context, new_file};

use super::refusal;

/// One edit, with spans of the file as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Edit {
    Bind { slot: Slot, names: Vec<String>, value: String },
    Enable { set: Span, prepared: Prepared },
    Append { list: Span, item: String },
    EnableItem { list: Span, disabled: Span },
}

/// How a binding comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::step) enum How {
    /// It stands in a comment, which is switched on.
    Ready,
    Written,
}

/// Everything that the step will change.
pub(in crate::step) struct Drafts<'a> {
    fleet: &'a Fleet,
    edits: BTreeMap<PathBuf, Vec<Edit>>,
    new: BTreeMap<PathBuf, String>,
}

impl<'a> Drafts<'a> {
    pub(in crate::step) fn new(fleet: &'a Fleet) -> Self {
        Self { fleet, edits: BTreeMap::new(), new: BTreeMap::new() }
    }

    /// Binds `names` at `slot`, or switches on what stands ready there in a comment and `fits`.
    pub(in crate::step) fn bind(
        &mut self,
        file: &Path,
        slot: Slot,
        names: Vec<String>,
        value: String,
        fits: &dyn Fn(&str) -> bool,
    ) -> How {
        let ready = self.fleet.files.nix(file).and_then(|source| {
            let set = set_of(source, slot)?;
            let path: Vec<&str> = names.iter().map(String::as_str).collect();
            // The last part may be written inside of what is prepared.
            let shorter = path.split_last().map_or(&path[..], |(_, rest)| rest);
            let prepared = splice::prepared_binding(source, set, &path)
                .or_else(|| splice::prepared_binding(source, set, shorter))?;
            Some((set, prepared))
        });
        let (how, edit) = match ready.filter(|(_, prepared)| fits(&prepared.code)) {
            Some((set, prepared)) => (How::Ready, Edit::Enable { set, prepared }),
            None => (How::Written, Edit::Bind { slot, names, value }),
        };
        self.push(file, edit);
        how
    }

    /// Appends `item` to a list, or switches it on where it stands ready in a comment.
    pub(in crate::step) fn append(&mut self, file: &Path, list: Span, item: &str) {
        let ready = self.fleet.files.nix(file).and_then(|source| {
            let list = source.lists().iter().find(|known| known.span == list)?;
            let says = |comment: Span| {
                let text = comment.of(source.text()).trim_start_matches('#');
                text.split_once(" #").map_or(text, |(code, _)| code).trim() == item
            };
            list.disabled.iter().find(|disabled| says(disabled.span)).map(|d| d.span)
        });
        let edit = match ready {
            Some(disabled) => Edit::EnableItem { list, disabled },
            None => Edit::Append { list, item: item.to_owned() },
        };
        self.push(file, edit);
    }

    /// A new file, relative to the fleet's root. False when another text is planned for it.
    pub(in crate::step) fn create(&mut self, file: PathBuf, text: String) -> bool {
        *self.new.entry(file).or_insert_with(|| text.clone()) == text
    }

    fn push(&mut self, file: &Path, edit: Edit) {
        let edits = self.edits.entry(file.to_owned()).or_default();
        // Two machines may share a list.
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }

    /// The changes, and the lines of each as a person would write them.
    ///
    /// # Errors
    /// The first edit that cannot be proved, with the lines to paste.
    pub(in crate::step) fn made(self, cx: &Context) -> Result<(Vec<Change>, Vec<String>), Problem> {
        let (mut changes, mut by_hand) = (Vec::new(), Vec::new());
        for (file, text) in self.new {
            by_hand.push(format!("write {}", cx.shown(&file)));
            changes.push(new_file(cx, &file, text)?);
        }
        for (file, edits) in self.edits {
            let Some(source) = cx.fleet.files.nix(&file) else { continue };
            let shown = cx.shown(&file);
            let (after, lines) =
                edited(source, edits).map_err(|refusal| refusal::not_proved(&shown, &refusal))?;
            if after == source.text() {
                continue;
            }
            for (line, inserted) in lines {
                match inserted {
                    Some(text) => {
                        by_hand.push(format!("in {shown}, below line {line}:"));
                        by_hand.extend(outdented(&text).lines().map(|line| format!("  {line}")));
                    }
                    None => by_hand.push(format!("in {shown}, take the # from line {line}")),
                }
            }
            let before = source.text().to_owned();
            changes.push(Change::Edit { path: cx.fleet.at(&file), before, after });
        }
        Ok((changes, by_hand))
    }
}

/// A line, and what was put below it; `None`: its comment was switched on.
type Made = (u32, Option<String>);

/// The text with every edit made, and where.
fn edited(source: &Source, mut edits: Vec<Edit>) -> Result<(String, Vec<Made>), Refusal> {
    let (mut text, mut lines) = (source.text().to_owned(), Vec::new());
    // From the end, so that what is in front stays where it is; of two at one place the first
    // comes first.
    edits.sort_by_key(Edit::position);
    for edit in edits.into_iter().rev() {
        let made = edit.made(&text)?;
        if let Splice::Changed(change) = made {
            lines.push(match &edit {
                Edit::Enable { prepared: Prepared { span, .. }, .. }
                | Edit::EnableItem { disabled: span, .. } => {
                    (source.position(span.start).line, None)
                }
                _ => (line_before(source, change.at), Some(change.inserted)),
            });
            text = change.text;
        }
    }
    lines.reverse();
    Ok((text, lines))
}

/// The line of the code that stands before `offset`.
fn line_before(source: &Source, offset: usize) -> u32 {
    let before = source.text().get(..offset).unwrap_or_default().trim_end();
    source.position(before.len().saturating_sub(1)).line
}

impl Edit {
    fn position(&self) -> usize {
        match self {
            Self::Bind { slot: Slot::After(span) | Slot::In(span), .. } => span.end,
            Self::Enable { prepared, .. } => prepared.span.end,
            Self::Append { list, .. } => list.end,
            Self::EnableItem { disabled, .. } => disabled.end,
        }
    }

    fn made(&self, text: &str) -> Result<Splice, Refusal> {
        match self {
            Self::Bind { slot, names, value } => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                splice::add_binding(text, *slot, &names, value)
            }
            Self::Enable { set, prepared } => {
                splice::enable_binding(text, *set, prepared).map(Splice::Changed)
            }
            Self::Append { list, item } => splice::append_item(text, *list, item),
            Self::EnableItem { list, disabled } => {
                let source = Source::parse(text).ok();
                let list = source.and_then(|source| {
                    source
                        .lists()
                        .iter()
                        .find(|known| known.span.start == list.start)
                        .map(|l| l.span)
                });
                let gone = || Refusal { reason: Reason::Gone, line: 1, paste: String::new() };
                splice::enable_item(text, list.ok_or_else(gone)?, *disabled).map(Splice::Changed)
            }
        }
    }
}

/// The set that a slot is in.
fn set_of(source: &Source, slot: Slot) -> Option<Span> {
    match slot {
        Slot::In(span) => Some(span),
        Slot::After(span) => {
            let binding = source.bindings().iter().find(|binding| binding.span == span)?;
            Some(source.sets()[binding.set].span)
        }
    }
}

/// Where `names` go in the set at `body`: in the deepest set that is bound to the first of them,
/// below the last entry of the same kind. What is left of the names comes with it.
pub(in crate::step) fn place(
    source: &Source,
    body: Span,
    names: &[String],
) -> Option<(Slot, Vec<String>)> {
    let mut set = source.sets().iter().find(|set| set.span == body)?;
    let mut names = names;
    while let Some((inner, written)) = inner(source, set, names) {
        set = inner;
        names = &names[written..];
    }
    let mut entries = set.bindings.iter().rev().map(|id| &source.bindings()[*id]);
    let head = names.first()?;
    let begins = |b: &Binding| b.written().first().and_then(Part::name) == Some(head);
    let same_kind = entries.clone().find(|binding| begins(binding));
    let slot = match same_kind.or_else(|| entries.next()) {
        Some(entry) => Slot::After(entry.span),
        None => Slot::In(set.span),
    };
    Some((slot, names.to_vec()))
}

/// The plain set that the first of `names` are bound to, leaving at least one of them.
fn inner<'s>(source: &'s Source, set: &Set, names: &[String]) -> Option<(&'s Set, usize)> {
    set.bindings.iter().map(|id| &source.bindings()[*id]).find_map(|binding| {
        let written = binding.written();
        let fits = written.len() < names.len()
            && written.iter().zip(names).all(|(part, name)| part.name() == Some(name));
        let inner = source.sets().iter().find(|set| set.span == binding.value);
        inner.filter(|inner| fits && inner.kind == SetKind::Plain).map(|set| (set, written.len()))
    })
}

/// `text` without the blanks that all of its lines begin with.
pub(in crate::step) fn outdented(text: &str) -> String {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let blanks = |line: &str| line.len() - line.trim_start().len();
    let common = lines().map(blanks).min().unwrap_or(0);
    lines().map(|line| format!("{}\n", line.get(common..).unwrap_or(line))).collect()
}
