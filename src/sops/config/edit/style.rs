//! How a rule is written, taken from a neighbour, and a new rule written that way.

mod list;

use super::{File, lines};
use crate::splice::yaml::{Anchor, Entry, Kind, Node, Style};
use list::{Dash, ListStyle, pad};

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

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// `age: a,b`
    Text(TextStyle),
    /// `age: [a]` or a block list, directly in the rule.
    List(ListStyle),
    /// `key_groups:` with one group.
    Groups { outer: ListStyle, age: ListStyle },
}

/// Recipients in one string.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TextStyle {
    style: Style,
    /// `>-` or `|` of a block scalar.
    header: String,
    /// From the column of `age` to the lines of a block scalar.
    indent: usize,
    /// What parts two of them on a line.
    comma: &'static str,
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
        !matches!(self.form, Form::Text(_))
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
                Some(Self::Text(TextStyle { style: *style, header, indent: indent.max(1), comma }))
            }
            // One alias: a rule of several recipients written the same way is text.
            Kind::Alias(_) => Some(Self::Text(TextStyle {
                style: Style::Plain,
                header: String::new(),
                indent: 2,
                comma: ",",
            })),
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
            Self::Text(text) => text.write(readers, column, flow, eol),
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

impl TextStyle {
    fn write(&self, readers: &[Written], column: usize, flow: bool, eol: &str) -> (String, Entry) {
        let block = matches!(self.style, Style::Literal | Style::Folded);
        let entry = |node| Entry { key: plain("age"), value: node };
        if let ([only], false) = (readers, block)
            && only.text.starts_with('*')
        {
            return (format!("age: {}", only.text), entry(only.node.clone()));
        }
        let recipients: Vec<&str> = readers.iter().map(|r| r.plain.as_str()).collect();
        let (text, value, style) = if block && !flow {
            self.block(&recipients, column, eol)
        } else {
            self.line(&recipients, flow)
        };
        (format!("age: {text}"), entry(Node::intended(Kind::Scalar { value, style })))
    }

    fn line(&self, recipients: &[&str], flow: bool) -> (String, String, Style) {
        let joined = recipients.join(self.comma);
        let style = match self.style {
            Style::Single | Style::Double => self.style,
            // A comma ends a plain scalar inside braces.
            _ if flow && recipients.len() > 1 => Style::Double,
            _ => Style::Plain,
        };
        let text = match style {
            Style::Single => format!("'{joined}'"),
            Style::Double => format!("\"{joined}\""),
            _ => joined.clone(),
        };
        (text, joined, style)
    }

    fn block(&self, recipients: &[&str], column: usize, eol: &str) -> (String, String, Style) {
        let lead = format!("{eol}{}", " ".repeat(column + self.indent));
        let text = format!("{}{lead}{}", self.header, recipients.join(&format!(",{lead}")));
        let between = if self.style == Style::Folded { ", " } else { ",\n" };
        let end = if self.header.contains('-') { "" } else { "\n" };
        (text, recipients.join(between) + end, self.style)
    }
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
