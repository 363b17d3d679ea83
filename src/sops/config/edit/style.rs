//! How a rule is written, taken from a neighbour, and a new rule written that way.

use super::{File, lines};
use crate::splice::yaml::{Anchor, Entry, Item, Kind, Node, Style};

/// The shape of a rule, by columns relative to the part it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleStyle {
    /// The whole rule is `{ … }`, with these blanks inside the braces.
    flow: Option<String>,
    /// From the dash of the rule to its first key.
    dash: Dash,
    groups_first: bool,
    quote: Style,
    form: Form,
}

/// What follows a dash: how far the content is from it, and whether on a line of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dash {
    offset: usize,
    next_line: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// `age: a,b`
    Text { style: Style, header: String, indent: usize, comma: String },
    /// `age: [a]` or a block list, directly in the rule.
    List(ListStyle),
    /// `key_groups:` with one group.
    Groups { outer: ListStyle, age: ListStyle },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ListStyle {
    /// `indent`: from the column of the list's key to its dash.
    Block {
        indent: usize,
        dash: Dash,
    },
    Flow {
        pad: String,
    },
}

/// A recipient as a rule has it, and the node that makes.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) node: Node,
    /// The recipient itself, for forms that hold no alias.
    pub(super) plain: String,
}

impl Written {
    pub(super) fn alias(name: &str, recipient: &str) -> Self {
        let node = Node::intended(Kind::Alias(name.to_owned()));
        Self { text: format!("*{name}"), node, plain: recipient.to_owned() }
    }

    pub(super) fn literal(recipient: &str) -> Self {
        let node = plain(recipient);
        Self { text: recipient.to_owned(), node, plain: recipient.to_owned() }
    }

    /// `&name recipient`: the rule that first names a key defines it.
    pub(super) fn defined(name: &str, recipient: &str) -> Self {
        let anchor = Some(Box::new(Anchor { name: name.to_owned(), at: 0, line: 0 }));
        let node = Node { anchor, ..plain(recipient) };
        Self { text: format!("&{name} {recipient}"), node, plain: recipient.to_owned() }
    }
}

pub(super) fn plain(text: &str) -> Node {
    Node::intended(Kind::Scalar { value: text.to_owned(), style: Style::Plain })
}

impl RuleStyle {
    /// The style of a rule that lists age recipients. `dash`: where the dash of the rule is.
    /// `None`: it is written in a way that is not copied (through aliases, say).
    pub(super) fn of(file: &File, rule: &Node, dash: Option<usize>) -> Option<Self> {
        let path = rule.entries()?.iter().position(|e| e.key.scalar() == Some("path_regex"));
        let groups = rule.entries()?.iter().position(|e| {
            matches!(e.key.scalar(), Some("key_groups" | "age")) && !e.value.is_null()
        })?;
        let first = rule.entries()?.first()?.key.start;
        let quote = match path.and_then(|at| rule.child(at)).map(|node| &node.kind) {
            Some(Kind::Scalar { style: style @ (Style::Single | Style::Double), .. }) => *style,
            _ => Style::Plain,
        };
        let flow = rule.is_flow().then(|| pad(file.text, rule.content, first));
        let dash = match (dash, rule.is_flow()) {
            (Some(dash), false) => Dash::between(file.text, dash, first)?,
            _ => Dash { offset: 2, next_line: false },
        };
        let key = &rule.entries()?[groups].key;
        let value = rule.child(groups)?;
        let form = match key.scalar() {
            Some("age") => Form::flat(file, key, value)?,
            _ => Form::groups(file, key, value)?,
        };
        let groups_first = path.is_some_and(|path| groups < path);
        Some(Self { flow, dash, groups_first, quote, form })
    }

    /// Whether recipients may be written as aliases: text cannot hold them, but for one alone.
    pub(super) fn takes_aliases(&self) -> bool {
        !matches!(self.form, Form::Text { .. })
    }

    /// The rule as text, its dash at `column`, without a line break at its end; and the node it
    /// makes. `in_flow`: the list of rules is itself `[ … ]`, so that no dash is written.
    pub(super) fn write(
        &self,
        pattern: &str,
        readers: &[Written],
        column: usize,
        in_flow: bool,
        eol: &str,
    ) -> (String, Node) {
        let flow = self.flow.is_some() || in_flow;
        let (quoted, quote) = quoted(pattern, self.quote, flow);
        let path_text = format!("path_regex: {quoted}");
        let path_value = Kind::Scalar { value: pattern.to_owned(), style: quote };
        let path = Entry { key: plain("path_regex"), value: Node::intended(path_value) };
        let key_column = column + self.dash.offset;
        let (groups_text, groups) = self.form.write(readers, key_column, flow, eol);
        let (texts, entries) = if self.groups_first {
            ([groups_text, path_text], vec![groups, path])
        } else {
            ([path_text, groups_text], vec![path, groups])
        };
        let node = Node::intended(Kind::Mapping { entries, flow });
        let [first, second] = texts;
        if flow {
            let pad = self.flow.as_deref().unwrap_or(" ");
            let rule = format!("{{{pad}{first}, {second}{pad}}}");
            return (if in_flow { rule } else { format!("- {rule}") }, node);
        }
        let lead = self.dash.write(column, eol);
        let inner = " ".repeat(key_column);
        (format!("{lead}{first}{eol}{inner}{second}"), node)
    }
}

impl Dash {
    fn between(text: &str, dash: usize, content: usize) -> Option<Self> {
        let column =
            lines::first_column(text, dash).or_else(|| Some(dash - lines::start(text, dash)))?;
        let between = text.get(dash + 1..content)?;
        let next_line = between.contains('\n');
        let content_column = content - lines::start(text, content);
        let offset = content_column.checked_sub(column).filter(|offset| *offset > 0)?;
        Some(Self { offset, next_line })
    }

    fn write(self, column: usize, eol: &str) -> String {
        if self.next_line {
            format!("-{eol}{}", " ".repeat(column + self.offset))
        } else {
            format!("-{}", " ".repeat(self.offset.saturating_sub(1).max(1)))
        }
    }
}

impl Form {
    fn flat(file: &File, key: &Node, value: &Node) -> Option<Self> {
        match &value.kind {
            Kind::Sequence { .. } => Some(Self::List(ListStyle::of(file, key, value)?)),
            Kind::Scalar { value: said, style } => {
                let block = matches!(style, Style::Literal | Style::Folded);
                let between = file.text.get(key.end + 1..value.content).unwrap_or_default();
                let header: String =
                    between.trim_start().chars().take_while(|c| !c.is_whitespace()).collect();
                let column = |at: usize| at - lines::start(file.text, at);
                let indent = column(value.content).saturating_sub(column(key.start));
                let comma = if said.contains(", ") { ", " } else { "," };
                let header = if block { header } else { String::new() };
                Some(Self::Text {
                    style: *style,
                    header,
                    indent: indent.max(1),
                    comma: comma.to_owned(),
                })
            }
            // One alias: a rule of several recipients written the same way is text.
            Kind::Alias(_) => Some(Self::Text {
                style: Style::Plain,
                header: String::new(),
                indent: 2,
                comma: ",".to_owned(),
            }),
            Kind::Mapping { .. } => None,
        }
    }

    fn groups(file: &File, key: &Node, value: &Node) -> Option<Self> {
        let outer = ListStyle::of(file, key, value)?;
        let groups = value.items()?.iter().map(|item| &item.node);
        let entry = groups.filter_map(|group| group.entry("age")).next();
        let age = match entry {
            Some(entry) if entry.value.items().is_some() => {
                ListStyle::of(file, &entry.key, &entry.value)?
            }
            // The list itself is elsewhere: write it as the list of groups is written.
            _ => outer.clone(),
        };
        Some(Self::Groups { outer, age })
    }

    fn write(&self, readers: &[Written], column: usize, flow: bool, eol: &str) -> (String, Entry) {
        match self {
            Self::Text { style, header, indent, comma } => {
                text_form(*style, header, *indent, comma, readers, column, flow, eol)
            }
            Self::List(list) => {
                let (text, node) = list.of_flow(flow).write_readers(readers, column, eol);
                (format!("age:{text}"), Entry { key: plain("age"), value: node })
            }
            Self::Groups { outer, age } => {
                let (outer, age) = (outer.of_flow(flow), age.of_flow(flow || outer.is_flow()));
                let group_column = outer.content_column(column);
                let (text, node) = age.write_readers(readers, group_column, eol);
                let entries = vec![Entry { key: plain("age"), value: node }];
                let group = Node::intended(Kind::Mapping { entries, flow: outer.is_flow() });
                let text = match &outer {
                    ListStyle::Flow { pad } => format!("{{ age:{text} }}")
                        .replace("{ ", &format!("{{{pad}"))
                        .replace(" }", &format!("{pad}}}")),
                    ListStyle::Block { .. } => format!("age:{text}"),
                };
                let (text, node) = outer.write(&[(text, group)], column, eol);
                (format!("key_groups:{text}"), Entry { key: plain("key_groups"), value: node })
            }
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn text_form(
    style: Style,
    header: &str,
    indent: usize,
    comma: &str,
    readers: &[Written],
    column: usize,
    flow: bool,
    eol: &str,
) -> (String, Entry) {
    let entry = |node| Entry { key: plain("age"), value: node };
    let block = matches!(style, Style::Literal | Style::Folded);
    if let ([only], false) = (readers, block)
        && only.text.starts_with('*')
    {
        return (format!("age: {}", only.text), entry(only.node.clone()));
    }
    let recipients: Vec<&str> = readers.iter().map(|r| r.plain.as_str()).collect();
    let scalar = |value: String, style| Node::intended(Kind::Scalar { value, style });
    if flow || !block {
        let joined = recipients.join(comma);
        // A comma ends a plain scalar inside braces.
        let style = match style {
            Style::Single | Style::Double => style,
            _ if flow && recipients.len() > 1 => Style::Double,
            _ => Style::Plain,
        };
        let text = match style {
            Style::Single => format!("'{joined}'"),
            Style::Double => format!("\"{joined}\""),
            _ => joined.clone(),
        };
        return (format!("age: {text}"), entry(scalar(joined, style)));
    }
    let lead = format!("{eol}{}", " ".repeat(column + indent));
    let folded = style == Style::Folded;
    let text = recipients.join(&format!(",{lead}"));
    let value = recipients.join(if folded { ", " } else { ",\n" });
    let end = if header.contains('-') { "" } else { "\n" };
    (format!("age: {header}{lead}{text}"), entry(scalar(value + end, style)))
}

impl ListStyle {
    fn of(file: &File, key: &Node, list: &Node) -> Option<Self> {
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

    fn is_flow(&self) -> bool {
        matches!(self, Self::Flow { .. })
    }

    fn of_flow(&self, flow: bool) -> Self {
        if flow && !self.is_flow() { Self::Flow { pad: " ".to_owned() } } else { self.clone() }
    }

    /// Where the content of an item begins, for a list whose key is at `column`.
    fn content_column(&self, column: usize) -> usize {
        match self {
            Self::Block { indent, dash } => column + indent + dash.offset,
            Self::Flow { .. } => column,
        }
    }

    fn write_readers(&self, readers: &[Written], column: usize, eol: &str) -> (String, Node) {
        let items: Vec<_> = readers.iter().map(|r| (r.text.clone(), r.node.clone())).collect();
        self.write(&items, column, eol)
    }

    fn write(&self, items: &[(String, Node)], column: usize, eol: &str) -> (String, Node) {
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
fn pad(text: &str, open: usize, first: usize) -> String {
    let between = text.get(open + 1..first).unwrap_or_default();
    if between.bytes().all(|b| b == b' ') { between.to_owned() } else { " ".to_owned() }
}

/// A pattern as a YAML scalar: as the neighbours quote it, if that says the same.
fn quoted(pattern: &str, wanted: Style, flow: bool) -> (String, Style) {
    match wanted {
        Style::Double => {
            let escaped = pattern.replace('\\', r"\\").replace('"', "\\\"");
            (format!("\"{escaped}\""), Style::Double)
        }
        Style::Plain if is_plain(pattern, flow) => (pattern.to_owned(), Style::Plain),
        _ => (super::yaml_single(pattern), Style::Single),
    }
}

/// The text is read back as itself without quotes.
fn is_plain(text: &str, flow: bool) -> bool {
    let opens = |c: char| "-?:,[]{}#&*!|>'\"%@`= ".contains(c);
    let ends = |c: char| " :".contains(c);
    let in_flow = |c: char| flow && ",[]{}:".contains(c);
    let cut = text.starts_with(opens) || text.ends_with(ends) || text.contains(in_flow);
    let cut = cut || text.contains(": ") || text.contains(" #");
    !cut && serde_yaml::from_str::<serde_yaml::Value>(text)
        .is_ok_and(|value| value.as_str() == Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_quoted_pattern_is_read_back_as_itself(text in "[ -~é]{1,30}", flow: bool) {
            for style in [Style::Plain, Style::Single, Style::Double] {
                let (written, _) = quoted(&text, style, flow);
                let file = if flow { format!("[ {{ a: {written} }} ]") } else { format!("- a: {written}\n") };
                let tree = crate::splice::yaml::parse(&file).unwrap();
                crate::splice::yaml::agrees_with_libyaml(&file, &tree).unwrap();
                let node = tree.root.child(0).unwrap().child(0).unwrap();
                prop_assert_eq!(node.scalar(), Some(text.as_str()));
            }
        }
    }
}
