//! How a list is written: where its dashes stand, or its brackets.

use super::super::{File, lines};
use super::Written;
use crate::splice::yaml::{Item, Kind, Node};

/// What follows a dash: how far the content is from it, and whether on a line of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dash {
    pub(super) offset: usize,
    pub(super) next_line: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ListStyle {
    /// `indent`: from the column of the list's key to its dash.
    Block {
        indent: usize,
        dash: Dash,
    },
    Flow {
        pad: String,
    },
}

impl Dash {
    pub(super) fn between(text: &str, dash: usize, content: usize) -> Option<Self> {
        let column =
            lines::first_column(text, dash).or_else(|| Some(dash - lines::start(text, dash)))?;
        let between = text.get(dash + 1..content)?;
        let next_line = between.contains('\n');
        let content_column = content - lines::start(text, content);
        let offset = content_column.checked_sub(column).filter(|offset| *offset > 0)?;
        Some(Self { offset, next_line })
    }

    pub(super) fn write(self, column: usize, eol: &str) -> String {
        if self.next_line {
            format!("-{eol}{}", " ".repeat(column + self.offset))
        } else {
            format!("-{}", " ".repeat(self.offset.saturating_sub(1).max(1)))
        }
    }
}

impl ListStyle {
    pub(super) fn of(file: &File, key: &Node, list: &Node) -> Option<Self> {
        let items = list.items()?;
        let first = items.first()?;
        let Some(dash) = first.dash else {
            return Some(Self::Flow { pad: pad(file.text, list.content, first.node.start) });
        };
        let column = |at: usize| at - lines::start(file.text, at);
        lines::first_column(file.text, dash)?;
        let indent = column(dash).checked_sub(column(key.start))?;
        let content = match first.node.entries() {
            Some(entries) if !first.node.is_flow() => entries.first()?.key.start,
            _ => first.node.start,
        };
        Some(Self::Block { indent, dash: Dash::between(file.text, dash, content)? })
    }

    pub(super) fn is_flow(&self) -> bool {
        matches!(self, Self::Flow { .. })
    }

    pub(super) fn of_flow(&self, flow: bool) -> Self {
        if flow && !self.is_flow() { Self::Flow { pad: " ".to_owned() } } else { self.clone() }
    }

    /// Where the content of an item begins, for a list whose key is at `column`.
    pub(super) fn content_column(&self, column: usize) -> usize {
        match self {
            Self::Block { indent, dash } => column + indent + dash.offset,
            Self::Flow { .. } => column,
        }
    }

    pub(super) fn write_readers(
        &self,
        readers: &[Written],
        column: usize,
        eol: &str,
    ) -> (String, Node) {
        let items: Vec<_> = readers.iter().map(|r| (r.text.clone(), r.node.clone())).collect();
        self.write(&items, column, eol)
    }

    pub(super) fn write(
        &self,
        items: &[(String, Node)],
        column: usize,
        eol: &str,
    ) -> (String, Node) {
        let nodes = items.iter().map(|(_, node)| Item { dash: None, node: node.clone() }).collect();
        let node = Node::intended(Kind::Sequence { items: nodes, flow: self.is_flow() });
        let texts: Vec<&str> = items.iter().map(|(text, _)| text.as_str()).collect();
        let text = match self {
            Self::Flow { pad } => format!(" [{pad}{}{pad}]", texts.join(", ")),
            Self::Block { indent, dash } => {
                let at = column + indent;
                let lead = format!("{eol}{}{}", " ".repeat(at), dash.write(at, eol));
                texts.iter().map(|text| format!("{lead}{text}")).collect()
            }
        };
        (text, node)
    }
}

/// The blanks inside an opening bracket; none where a line break or a comment is.
pub(super) fn pad(text: &str, open: usize, first: usize) -> String {
    let between = text.get(open + 1..first).unwrap_or_default();
    if between.bytes().all(|b| b == b' ') { between.to_owned() } else { " ".to_owned() }
}
