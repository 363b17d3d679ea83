//! Machines of an instance that somebody has written in a comment, to be switched on later.

use crate::nix::{Binding, Part, Pattern, Shape, Source, Span, TokenKind, tokens};

use super::inventory::texts;

/// A comment that gives the instance a further machine once its `#` is taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PreparedMachine {
    pub(crate) machine: String,
    /// The `#` with the blanks behind it.
    pub(crate) mark: Span,
    /// What is bound, `{ }` as a rule.
    pub(crate) value: Span,
    pub(crate) line: u32,
    /// The groups that it would give on that machine.
    pub(crate) groups: Vec<String>,
    /// The first thing besides groups that it says, such as `settings.user`.
    pub(crate) further: Option<String>,
}

/// The machines in comments inside `instance`, a span of the text.
pub(crate) fn prepared_machines(source: &Source, instance: Span) -> Vec<PreparedMachine> {
    let text = instance.of(source.text());
    if !text.contains('#') {
        return Vec::new();
    }
    let comments = tokens(text).into_iter().filter(|token| token.kind == TokenKind::Comment);
    comments
        .filter_map(|token| prepared(source, instance.start + token.start, token.text))
        .collect()
}

fn prepared(source: &Source, at: usize, comment: &str) -> Option<PreparedMachine> {
    let code = comment.strip_prefix('#')?.trim_start_matches(['#', ' ', '\t']);
    let before = source.text()[..at].trim_end_matches([' ', '\t']);
    if !before.ends_with('\n') {
        return None;
    }
    let alone = Source::parse(format!("{ALONE}{code}\n}}")).ok()?;
    let [first, ..] = alone.bindings() else { return None };
    let outer = |binding: &&Binding| binding.set == first.set;
    if alone.bindings().iter().filter(outer).count() != 1 {
        return None;
    }
    // What stands around the comment comes before what it says itself.
    let around = innermost(source, at)?;
    let whole: Vec<&str> = around.iter().chain(first.path.parts()).map(Part::text).collect();
    let machines = Pattern::new("roles.*.machines");
    let names: Vec<String> = whole.iter().map(|name| (*name).to_owned()).collect();
    let (machine, before) = names.split_last()?;
    let fits = before.len() >= machines.width()
        && machines.occurs_in(&before[before.len() - machines.width()..]);
    let mark = Span::new(at, at + comment.len() - code.len());
    let moved = |offset: usize| mark.end + offset - ALONE.len();
    fits.then(|| PreparedMachine {
        machine: machine.clone(),
        mark,
        value: Span::new(moved(first.value.start), moved(first.value.end)),
        line: source.position(at).line,
        groups: groups(&alone, first),
        further: further(&alone, first),
    })
}

/// What stands before a comment's code where it is parsed by itself.
const ALONE: &str = "{ ";

fn groups(alone: &Source, machine: &Binding) -> Vec<String> {
    let below = alone.bindings().iter().filter(|b| says(machine, b) == ["settings", "groups"]);
    below.filter_map(|b| texts(alone.literal(b.value))).flatten().collect()
}

fn further(alone: &Source, machine: &Binding) -> Option<String> {
    if machine.shape != Shape::Set {
        return Some(machine.value.of(alone.text()).to_owned());
    }
    if alone.sets().iter().any(|set| !set.inherits.is_empty()) {
        return Some("inherit".to_owned());
    }
    let bindings = alone.bindings().iter().filter(|b| b.span != machine.span);
    let mut further = bindings.filter(|b| match &says(machine, b)[..] {
        ["settings"] => b.shape != Shape::Set,
        ["settings", "groups"] => texts(alone.literal(b.value)).is_none(),
        _ => true,
    });
    further.next().map(|b| says(machine, b).join("."))
}

/// The names that a binding in a machine's set adds to the machine's own.
fn says<'b>(machine: &Binding, binding: &'b Binding) -> Vec<&'b str> {
    let parts = binding.path.parts();
    parts[machine.path.parts().len().min(parts.len())..].iter().map(Part::text).collect()
}

/// The path of the innermost set around `at`.
fn innermost(source: &Source, at: usize) -> Option<&[Part]> {
    let holds = |span: Span| span.start <= at && at < span.end;
    let sets = source.sets().iter().filter(|set| holds(set.inside));
    let set = sets.min_by_key(|set| set.inside.end - set.inside.start)?;
    Some(set.path.parts())
}
