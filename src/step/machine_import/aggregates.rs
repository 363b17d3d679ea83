//! Where machines list the feature sets: the newcomer's own replace the neighbour's.

use crate::fleet::layout::AggregatesIn;
use crate::nix::{self, Item, List, Source};
use crate::step::Context;

/// A binding's `value` with the newcomer's aggregates in its list.
///
/// # Errors
/// When there is no list to put them in.
pub(in crate::step) fn replaced(cx: &Context, value: &str) -> Result<String, String> {
    let in_machines = cx.layout().is_ok_and(|l| l.places.aggregates_in == AggregatesIn::Machine);
    let source = Source::parse(value).map_err(|e| e.to_string())?;
    let count = |list: &&List| list.items.iter().filter(|i| is_aggregate(cx, value, i)).count();
    let holds = |list: &&List| count(list) > 0;
    // A list that only has the person's module gets the rest behind it.
    let has_person = |list: &&List| list.items.iter().any(|item| scope(value, item).is_some());
    let lists = || source.lists().iter();
    let main = match lists().filter(holds).max_by_key(count) {
        Some(list) => list,
        None if !in_machines || cx.aggregates().is_empty() => return Ok(value.to_owned()),
        None => lists().find(has_person).ok_or("it has no list of feature sets")?,
    };
    let mut out = value.to_owned();
    // From the end, so that what is in front stays where it is.
    for list in lists().filter(|list| list.span == main.span || holds(list)).rev() {
        let text = if list.span == main.span { cx.aggregates() } else { Vec::new() };
        out.replace_range(list.span.start..list.span.end, &rewritten(cx, &source, list, &text)?);
    }
    Ok(out)
}

fn is_aggregate(cx: &Context, value: &str, item: &Item) -> bool {
    let text = item.span.of(value);
    let last = text.rsplit('.').next().unwrap_or(text).trim_matches('"');
    cx.fleet.aggregates.iter().any(|a| a.name == last)
}

/// What stands before the name of a module: `flakeModulesHome.` of `flakeModulesHome."users/zoe"`.
fn scope<'v>(value: &'v str, item: &Item) -> Option<&'v str> {
    let text = item.span.of(value);
    text.split_once("\"users/").map(|(scope, _)| scope)
}

/// The list with `aggregates` instead of those it has, on as many lines as before.
fn rewritten(
    cx: &Context,
    source: &Source,
    list: &List,
    aggregates: &[String],
) -> Result<String, String> {
    let value = source.text();
    let (theirs, kept): (Vec<&Item>, Vec<&Item>) =
        list.items.iter().partition(|item| is_aggregate(cx, value, item));
    let before = match theirs.first() {
        Some(item) => {
            let text = item.span.of(value);
            text.rfind('.').map_or("", |dot| &text[..=dot])
        }
        None => kept.iter().find_map(|item| scope(value, item)).unwrap_or_default(),
    };
    let mut items: Vec<String> = kept.iter().map(|i| i.span.of(value).to_owned()).collect();
    for name in aggregates {
        let name = nix::attr(name).map_err(|e| e.to_string())?;
        if before.is_empty() && name.starts_with('"') {
            return Err(format!("{name} cannot be named there: `with` does not reach it"));
        }
        items.push(format!("{before}{name}"));
    }
    let on_lines = list.span.of(value).contains('\n');
    // One item stands on one line with nixfmt, and several do not.
    let grows = list.items.len() < 2 && items.len() > 1;
    if items.is_empty() {
        return Ok("[ ]".to_owned());
    }
    if !on_lines && !grows {
        return Ok(format!("[ {} ]", items.join(" ")));
    }
    let outer = source.indentation(list.span.end - 1);
    let indent = match list.items.first() {
        Some(first) if on_lines => source.indentation(first.span.start).to_owned(),
        _ => format!("{outer}  "),
    };
    let lines: String = items.iter().map(|item| format!("{indent}{item}\n")).collect();
    Ok(format!("[\n{lines}{outer}]"))
}
