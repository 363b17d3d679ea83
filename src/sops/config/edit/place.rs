//! Where a new item goes into a list, as a splice that [`super::remove`] can take back.
//!
//! A blank line is written only where the place itself shows one (see [`blank_line`]): so the
//! inserted lines can be told from those that were there, and taking them out restores the text.

use super::{File, Refusal, lines};
use crate::splice::yaml::{Node, Splice};

/// Puts `item` before the item at `index` of a list, or after the last. `after`: it belongs to
/// the item before it, and not to the one that it would push down.
pub(super) fn insert(
    file: &File,
    list: &Node,
    index: usize,
    item: &str,
    after: bool,
) -> Result<Splice, Refusal> {
    let unsupported = Refusal::Unsupported {
        line: list.line,
        what: "the list is not written one item to a line",
    };
    let items = list.items().unwrap_or_default();
    if list.is_flow() {
        return Ok(match items.get(index) {
            Some(next) if index == 0 => Splice::insert(next.node.start, format!("{item}, ")),
            _ => {
                let last = items.get(index.wrapping_sub(1)).ok_or(unsupported)?;
                Splice::insert(last.node.end, format!(",{}{item}", gap(file, items, index)))
            }
        });
    }
    let dash = items.first().and_then(|first| first.dash).ok_or(unsupported.clone())?;
    let column = lines::first_column(file.text, dash).ok_or(unsupported.clone())?;
    let begins = |index: usize| {
        let dash = items.get(index)?.dash?;
        lines::first_column(file.text, dash)?;
        Some(lines::start(file.text, dash))
    };
    let blank = blank_line(file.text, column, &begins, items.len(), index, after);
    let indent = " ".repeat(column);
    let eol = file.eol;
    if after || index >= items.len() {
        let last = items.get(index.wrapping_sub(1)).ok_or(unsupported)?;
        let at = end_of_item(file.text, last.node.end, column);
        let blank = if blank { eol } else { "" };
        return Ok(if at == file.text.len() && !file.text.ends_with('\n') {
            Splice::insert(at, format!("{eol}{blank}{indent}{item}"))
        } else {
            Splice::insert(at, format!("{blank}{indent}{item}{eol}"))
        });
    }
    let at = head_of_item(file.text, begins(index).ok_or(unsupported)?, column);
    // The byte order mark stays the first character of the file.
    let at = if at == 0 && file.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { at };
    let blank = if blank { eol } else { "" };
    Ok(Splice::insert(at, format!("{indent}{item}{eol}{blank}")))
}

/// Is the new item to be set off by a blank line?
///
/// Between two items: when a blank line stands there already. At an end of the list: when one
/// stands between the outermost two items.
fn blank_line(
    text: &str,
    column: usize,
    begins: &dyn Fn(usize) -> Option<usize>,
    count: usize,
    index: usize,
    after: bool,
) -> bool {
    let blank_above = |index: usize| {
        let Some(mut at) = begins(index) else { return false };
        while let Some((above, _)) = lines::before(text, at) {
            if lines::comment_column(text, above).is_none() {
                break;
            }
            at = above;
        }
        lines::blank_before(text, at)
    };
    match index {
        0 => count > 1 && blank_above(1),
        _ if index >= count => count > 1 && blank_above(count - 1),
        _ if after => blank_above(index) && end_is_blank(text, column, begins, index),
        _ => blank_above(index),
    }
}

/// The blank line above the item at `index` is right below the item before it.
fn end_is_blank(
    text: &str,
    column: usize,
    begins: &dyn Fn(usize) -> Option<usize>,
    index: usize,
) -> bool {
    let Some(mut at) = begins(index) else { return false };
    let mut blank = false;
    while let Some((above, line)) = lines::before(text, at) {
        let comment = lines::comment_column(text, above);
        if !line.trim().is_empty() && comment.is_none_or(|comment| comment > column) {
            break;
        }
        blank = line.trim().is_empty();
        at = above;
    }
    blank
}

/// One past the item's last line. Comments below it that are indented further than its dash are
/// items of its own that somebody commented out.
pub(super) fn end_of_item(text: &str, end: usize, column: usize) -> usize {
    let mut at = lines::end(text, end);
    while lines::comment_column(text, at).is_some_and(|comment| comment > column) {
        at = lines::end(text, at);
    }
    at
}

/// The line where the item's own comments begin.
fn head_of_item(text: &str, begins: usize, column: usize) -> usize {
    let mut at = begins;
    while let Some((above, _)) = lines::before(text, at) {
        if lines::comment_column(text, above).is_none_or(|comment| comment > column) {
            break;
        }
        at = above;
    }
    at
}

/// What stands between two items of a flow list after the comma: a blank, or a new line.
fn gap(file: &File, items: &[crate::splice::yaml::Item], index: usize) -> String {
    let between = index.checked_sub(2).and_then(|before| {
        let (before, last) = (items.get(before)?, items.get(index - 1)?);
        file.text.get(before.node.end..last.node.start)?.trim_start().strip_prefix(',')
    });
    match between {
        Some(blanks) if blanks.chars().all(char::is_whitespace) => blanks.to_owned(),
        _ => " ".to_owned(),
    }
}

/// Puts `item` right after the item before `index`: never set off by a blank line, as keys in a
/// list are not.
pub(super) fn insert_close(
    file: &File,
    list: &Node,
    index: usize,
    item: &str,
) -> Result<Splice, Refusal> {
    if list.is_flow() {
        return insert(file, list, index, item, true);
    }
    let unsupported = Refusal::Unsupported {
        line: list.line,
        what: "the list is not written one item to a line",
    };
    let before = list.items().and_then(|items| items.get(index.checked_sub(1)?));
    let before = before.ok_or(unsupported.clone())?;
    let column =
        before.dash.and_then(|dash| lines::first_column(file.text, dash)).ok_or(unsupported)?;
    Ok(new_line(file, before.node.end, &format!("{}{item}", " ".repeat(column))))
}

/// Puts an entry after the entry at `index` of a mapping.
pub(super) fn insert_entry(
    file: &File,
    mapping: &Node,
    index: usize,
    item: &str,
    flow: bool,
) -> Result<Splice, Refusal> {
    let unsupported = Refusal::Unsupported {
        line: mapping.line,
        what: "the mapping is not written one key to a line",
    };
    let before =
        mapping.entries().and_then(|entries| entries.get(index)).ok_or(unsupported.clone())?;
    if flow {
        return Ok(Splice::insert(before.value.end, format!(", {item}")));
    }
    let column = lines::first_column(file.text, before.key.start).ok_or(unsupported)?;
    Ok(new_line(file, before.value.end, &format!("{}{item}", " ".repeat(column))))
}

/// A line of its own below the line that holds `end`.
fn new_line(file: &File, end: usize, line: &str) -> Splice {
    let at = lines::end(file.text, end);
    if at == file.text.len() && !file.text.ends_with('\n') {
        Splice::insert(at, format!("{}{line}", file.eol))
    } else {
        Splice::insert(at, format!("{line}{}", file.eol))
    }
}
