//! The tree of the file into keys and rules, as strict as the Go structs that sops decodes into.

use super::{Config, ConfigError, Group, Key, Named, Reader, Rule};
use crate::splice::yaml::{Anchors, Entry, Kind, Node, Tree};

/// Merges (`<<`) looked into for one field. Real files nest them twice; a hostile one could make
/// the number of ways explode.
const MERGES: usize = 64;

/// Parts of the file that hold no keys.
const NOT_KEYS: [&str; 3] = ["creation_rules", "destination_rules", "stores"];

/// Kinds of keys besides age: as a group names them, and as a rule does.
const OTHER_KINDS: [(&str, &str); 6] = [
    ("pgp", "pgp"),
    ("kms", "kms"),
    ("gcp_kms", "gcp_kms"),
    ("azure_keyvault", "azure_keyvault"),
    ("hc_vault", "hc_vault_transit_uri"),
    ("hckms", "hckms"),
];

pub(super) fn config<'a>(tree: &'a Tree, anchors: &Anchors<'a>) -> Result<Config, ConfigError> {
    let reader = TreeReader { tree, anchors };
    if let Some((name, line)) = reader.undefined() {
        return Err(ConfigError::UndefinedAlias { name, line });
    }
    Ok(Config {
        rules: reader.rules()?,
        keys: reader.keys(),
        duplicate_anchors: reader
            .anchors
            .duplicate()
            .map(|a| Named { name: a.name.clone(), line: a.line })
            .into_iter()
            .collect(),
    })
}

/// Where a group is written. One level of `merge` is followed: more is never written, and a
/// hostile file could nest it without end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Rule,
    Group,
    Merged,
}

struct TreeReader<'a, 's> {
    tree: &'a Tree,
    anchors: &'s Anchors<'a>,
}

impl<'a> TreeReader<'a, '_> {
    fn undefined(&self) -> Option<(String, u32)> {
        self.anchors.aliases().iter().find_map(|alias| match &alias.kind {
            Kind::Alias(name) if self.anchors.follow(alias).is_none() => {
                Some((name.clone(), alias.line))
            }
            _ => None,
        })
    }

    fn rules(&self) -> Result<Vec<Rule>, ConfigError> {
        if self.tree.root.entries().is_none() {
            return Err(shape(&self.tree.root, "the file is not a mapping"));
        }
        let Some(rules) = self.field(&self.tree.root, "creation_rules") else {
            return Ok(Vec::new());
        };
        let rules = self.list(rules, "`creation_rules` is not a list")?;
        rules.iter().enumerate().map(|(index, rule)| self.rule(index, rule)).collect()
    }

    fn rule(&self, index: usize, node: &'a Node) -> Result<Rule, ConfigError> {
        let path_regex = match self.field(node, "path_regex") {
            Some(pattern) => Some(self.string(pattern, "`path_regex` is not a string")?),
            None => None,
        };
        let listed = match self.field(node, "key_groups") {
            Some(groups) => self.list(groups, "`key_groups` is not a list")?,
            None => Vec::new(),
        };
        // Keys directly in the rule count only when there are no key groups.
        let groups = if listed.is_empty() {
            vec![self.group(node, Level::Rule)?]
        } else {
            listed.into_iter().map(|g| self.group(g, Level::Group)).collect::<Result<_, _>>()?
        };
        self.mapping(node, "a creation rule is not a mapping")?;
        // An empty pattern is the same as none to sops.
        let path_regex = path_regex.filter(|pattern| !pattern.is_empty());
        Ok(Rule { index, line: node.line, path_regex, groups })
    }

    fn group(&self, node: &'a Node, level: Level) -> Result<Group, ConfigError> {
        self.mapping(node, "a key group is not a mapping")?;
        let mut group = Group::default();
        // Nearly every group is `age:` alone, and then there is nothing else to look for.
        let age_alone =
            node.entries().is_some_and(|all| all.len() == 1) && node.get("age").is_some();
        for (kind, in_rule) in OTHER_KINDS.iter().filter(|_| !age_alone) {
            let held = self.field(node, kind).or_else(|| self.field(node, in_rule));
            if held.is_some_and(|keys| !keys.is_null()) {
                group.others.push((*kind).to_owned());
            }
        }
        if let Some(age) = self.field(node, "age") {
            self.readers(age, level == Level::Rule, &mut group.age)?;
        }
        let merged = self.field(node, "merge").filter(|_| level == Level::Group);
        if let Some(merged) = merged {
            for part in self.list(merged, "`merge` is not a list")? {
                let part = self.group(part, Level::Merged)?;
                group.age.extend(part.age);
                group.others.extend(part.others);
            }
        }
        each_once(&mut group.age);
        Ok(group)
    }

    /// `age:` of a rule may be a string, in a group it must be a list; either may hold commas.
    fn readers(
        &self,
        node: &'a Node,
        flat: bool,
        out: &mut Vec<Reader>,
    ) -> Result<(), ConfigError> {
        let meant = self.anchors.follow(node).unwrap_or(node);
        if let (true, Kind::Scalar { .. }) = (flat, &meant.kind) {
            self.split(node, out)?;
            return Ok(());
        }
        for item in self.list(node, "`age` is not a list of recipients")? {
            self.split(item, out)?;
        }
        Ok(())
    }

    fn split(&self, node: &'a Node, out: &mut Vec<Reader>) -> Result<(), ConfigError> {
        let text = self.string(node, "a recipient is not a string")?;
        let alias = match &node.kind {
            Kind::Alias(name) if text.is_empty() => {
                return Err(ConfigError::EmptyAnchor { name: name.clone(), line: node.line });
            }
            Kind::Alias(name) => Some(name.clone()),
            _ => node.anchor.as_ref().map(|anchor| anchor.name.clone()),
        };
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            out.push(Reader { recipient: part.to_owned(), alias: alias.clone(), line: node.line });
        }
        Ok(())
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        for Entry { key, value } in self.tree.root.entries().unwrap_or_default() {
            let name = key.scalar().unwrap_or_default();
            let group = (name != "keys").then(|| name.to_owned());
            if NOT_KEYS.contains(&name) {
                self.keys_in_rules(value, &mut keys);
            } else {
                self.keys_below(value, key.end, group.as_deref(), &mut keys);
            }
        }
        keys.sort_by_key(|key| key.line);
        keys
    }

    /// `floor`: comments before this byte are about something else.
    fn keys_below(&self, node: &Node, floor: usize, group: Option<&str>, out: &mut Vec<Key>) {
        let named = node.anchor.as_ref().map(|a| a.name.as_str());
        match &node.kind {
            Kind::Scalar { value, .. } if !node.is_null() => out.push(Key {
                name: named.map(str::to_owned),
                value: value.trim().to_owned(),
                line: node.line,
                group: group.map(str::to_owned),
            }),
            Kind::Sequence { items, .. } => {
                let group = named.or(group);
                for item in items {
                    let above = item.dash.and_then(|dash| self.comment_above(floor, dash));
                    let floor = item.dash.unwrap_or(floor);
                    self.keys_below(&item.node, floor, above.as_deref().or(group), out);
                }
            }
            Kind::Mapping { entries, .. } => {
                for Entry { key, value } in entries {
                    let anchored = key.anchor.as_ref().map(|a| a.name.as_str()).or(named);
                    let inner = anchored.or(key.scalar().filter(|_| value.scalar().is_none()));
                    self.keys_below(value, key.end, inner.or(group), out);
                }
            }
            Kind::Scalar { .. } | Kind::Alias(_) => {}
        }
    }

    fn keys_in_rules(&self, rules: &Node, out: &mut Vec<Key>) {
        let inside =
            self.anchors.anchored().iter().filter(|n| (rules.start..rules.end).contains(&n.start));
        out.extend(inside.filter_map(|node| {
            Some(Key {
                name: node.anchor.as_ref().map(|anchor| anchor.name.clone()),
                value: node.scalar()?.trim().to_owned(),
                line: node.line,
                group: None,
            })
        }));
    }

    /// The last comment on lines of its own between two bytes: the heading of what follows.
    fn comment_above(&self, from: usize, to: usize) -> Option<String> {
        let comments = &self.tree.comments;
        let end = comments.partition_point(|c| c.span.start < to);
        let above = comments[..end].iter().rev().find(|c| c.own_line)?;
        (above.span.start >= from).then(|| above.text.clone())
    }

    fn field(&self, node: &'a Node, name: &str) -> Option<&'a Node> {
        let mut left = MERGES;
        self.field_within(node, name, &mut left)
    }

    /// A field as YAML 1.1 has it: written here, or merged in.
    fn field_within(&self, node: &'a Node, name: &str, left: &mut usize) -> Option<&'a Node> {
        *left = left.checked_sub(1)?;
        let node = self.anchors.follow(node)?;
        if let Some(value) = node.get(name) {
            return Some(value);
        }
        let merged = self.anchors.follow(node.get("<<")?)?;
        match merged.items() {
            Some(items) => items.iter().find_map(|i| self.field_within(&i.node, name, left)),
            None => self.field_within(merged, name, left),
        }
    }

    fn list(&self, node: &'a Node, otherwise: &str) -> Result<Vec<&'a Node>, ConfigError> {
        let meant = self.anchors.follow(node).unwrap_or(node);
        match meant.items() {
            Some(items) => Ok(items.iter().map(|item| &item.node).collect()),
            None if meant.is_null() => Ok(Vec::new()),
            None => Err(shape(node, otherwise)),
        }
    }

    fn mapping(&self, node: &'a Node, otherwise: &str) -> Result<(), ConfigError> {
        let meant = self.anchors.follow(node).unwrap_or(node);
        let fine = meant.entries().is_some() || meant.is_null();
        if fine { Ok(()) } else { Err(shape(node, otherwise)) }
    }

    /// A scalar's text; nothing is the empty string, as in Go.
    fn string(&self, node: &'a Node, otherwise: &str) -> Result<String, ConfigError> {
        let meant = self.anchors.follow(node).unwrap_or(node);
        match &meant.kind {
            Kind::Scalar { .. } => Ok(meant.scalar().unwrap_or_default().to_owned()),
            _ => Err(shape(node, otherwise)),
        }
    }
}

/// Keeps the first of each recipient, as sops does within a group.
fn each_once(readers: &mut Vec<Reader>) {
    let mut seen = std::collections::HashSet::with_capacity(readers.len());
    let first: Vec<bool> = readers.iter().map(|r| seen.insert(r.recipient.as_str())).collect();
    if first.contains(&false) {
        let mut first = first.into_iter();
        readers.retain(|_| first.next().unwrap_or(true));
    }
}

fn shape(node: &Node, what: &str) -> ConfigError {
    ConfigError::Shape { line: node.line, what: what.to_owned() }
}
