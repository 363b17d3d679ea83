//! The rules of other people's files beside a path, and who reads those besides the people
//! themselves.

use std::collections::HashMap;

use super::File;
use crate::sops::config::{Reader, Rule};

/// A rule for the file of another person, in the folder where the new person's file goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sibling {
    /// Index of the rule.
    pub(super) rule: usize,
    /// Which of its readers are the person themselves, by index; none where recipients have no
    /// names, and who is who is found by comparing the rules.
    pub(super) own: Vec<usize>,
}

/// The siblings of `path`, in order. Rules for machines are left out where the file says which
/// keys are machines'.
pub(super) fn siblings(file: &File, name: &str, path: &str) -> Vec<Sibling> {
    let Some(place) = Place::of(name, path) else { return Vec::new() };
    let other = |rule: &Rule| place.other_person(rule.path_regex.as_deref()?);
    let rules = file.config.rules.iter();
    let beside: Vec<(&Rule, String)> =
        rules.filter_map(|rule| Some((rule, other(rule)?))).collect();
    let named: Vec<Sibling> = beside
        .iter()
        .map(|(rule, other)| {
            let readers = rule.readers().enumerate();
            let person = as_key_name(other);
            let own = readers.filter(|(_, reader)| is_key_of(file, reader, &person));
            Sibling { rule: rule.index, own: own.map(|(index, _)| index).collect() }
        })
        .filter(|sibling| !sibling.own.is_empty())
        .collect();
    let nameless =
        |(rule, _): &&(&Rule, String)| rule.readers().all(|reader| name_of(file, reader).is_none());
    if named.is_empty() && beside.len() >= 2 && beside.iter().all(|pair| nameless(&pair)) {
        return beside
            .iter()
            .map(|(rule, _)| Sibling { rule: rule.index, own: Vec::new() })
            .collect();
    }
    named
}

/// Readers of most siblings who are not there as the sibling's own person, in the order and the
/// spelling of the last sibling that has them.
pub(super) fn admins(file: &File, siblings: &[Sibling]) -> Vec<Reader> {
    let mut counts: HashMap<&str, Count> = HashMap::new();
    for sibling in siblings {
        for (index, reader) in file.config.rules[sibling.rule].readers().enumerate() {
            let count = counts.entry(reader.recipient.as_str()).or_default();
            let own = sibling.own.contains(&index);
            *(if own { &mut count.own } else { &mut count.reads }) += 1;
        }
    }
    // Without names, only who reads all of them is surely nobody's own key.
    let nameless = siblings.iter().any(|sibling| sibling.own.is_empty());
    let is_admin = |count: &Count| {
        let asked = siblings.len() - count.own;
        if nameless { count.reads == asked } else { count.reads * 2 > asked }
    };
    counts.retain(|_, count| is_admin(count));
    let mut found: Vec<Reader> = Vec::new();
    for sibling in siblings.iter().rev() {
        for (index, reader) in file.config.rules[sibling.rule].readers().enumerate() {
            let own = sibling.own.contains(&index);
            if !own && counts.remove(reader.recipient.as_str()).is_some() {
                found.push(reader.clone());
            }
        }
    }
    found
}

/// In how many siblings a recipient is the person, and in how many somebody else.
#[derive(Default)]
struct Count {
    own: usize,
    reads: usize,
}

/// Where in a path the person's name stands.
struct Place<'a> {
    name: &'a str,
    /// Up to the name; empty, or with `/` at its end.
    folder: &'a str,
    /// After the name: begins with `.` or `/`, or is empty.
    rest: &'a str,
}

impl<'a> Place<'a> {
    fn of(name: &str, path: &'a str) -> Option<Self> {
        parts_of(name).into_iter().find_map(|part| {
            let mut end = path.len();
            while end > 0 {
                let begin = path[..end].rfind('/').map_or(0, |slash| slash + 1);
                let rest = path[begin..].strip_prefix(part);
                if let Some(rest) = rest.filter(|r| r.is_empty() || r.starts_with(['.', '/'])) {
                    let name = &path[begin..begin + part.len()];
                    return Some(Self { name, folder: &path[..begin], rest });
                }
                end = begin.saturating_sub(1);
            }
            None
        })
    }

    /// The name that stands in the pattern where ours stands in the path.
    fn other_person(&self, pattern: &str) -> Option<String> {
        let (anchored, literal) = literal_head(pattern);
        let mut folders = vec![self.folder];
        // An unanchored pattern may leave out the first folders of a path.
        let mut folder = self.folder;
        while let (false, Some(slash)) = (anchored, folder.find('/')) {
            folder = &folder[slash + 1..];
            if !folder.is_empty() {
                folders.push(folder);
            }
        }
        let after = folders.into_iter().find_map(|folder| literal.strip_prefix(folder))?;
        let other = match self.rest.strip_prefix('/') {
            Some(_) => after.split_once('/')?.0,
            None => {
                let whole = after.strip_suffix(self.rest).filter(|_| !self.rest.is_empty());
                let stem = whole.or_else(|| after.split('.').next())?;
                (after.len() > stem.len() || self.rest.is_empty()).then_some(stem)?
            }
        };
        let sound = !other.is_empty() && !other.contains('/') && other != self.name;
        sound.then(|| other.to_owned())
    }
}

/// A name and its parts, the longest first: `zoe-quartz`, then `zoe`, then `quartz`.
fn parts_of(name: &str) -> Vec<&str> {
    let mut parts = vec![name.trim()];
    let cuts = |c: char| matches!(c, '-' | '_' | '@' | '.');
    parts.extend(name.rmatch_indices(cuts).map(|(at, _)| &name[..at]));
    parts.extend(name.match_indices(cuts).map(|(at, cut)| &name[at + cut.len()..]));
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether the pattern is anchored at its start, and the text that every match begins with. A dot
/// that was not escaped counts as a dot: in paths that is what was meant.
fn literal_head(pattern: &str) -> (bool, String) {
    let (anchored, pattern) = match pattern.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let mut literal = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let literally = match c {
            '\\' => chars.next().filter(char::is_ascii_punctuation),
            '$' | '^' | '[' | ']' | '(' | ')' | '{' | '}' | '*' | '+' | '?' | '|' => None,
            c => Some(c),
        };
        let Some(c) = literally else { break };
        if chars.peek().is_some_and(|next| "*+?{".contains(*next)) {
            break;
        }
        literal.push(c);
    }
    (anchored, literal)
}

fn name_of<'f>(file: &'f File, reader: &'f Reader) -> Option<&'f str> {
    let named = || file.key_of(&reader.recipient)?.name.as_deref();
    reader.alias.as_deref().or_else(named)
}

/// A name in the signs and the case in which names of keys and of people are compared.
fn as_key_name(name: &str) -> String {
    name.to_lowercase().replace(['.', '@', ' '], "-")
}

/// The reader's key is named after `person` (see [`as_key_name`]), and is not in a list of machines' keys.
fn is_key_of(file: &File, reader: &Reader, person: &str) -> bool {
    let Some(name) = name_of(file, reader) else { return false };
    let called = as_key_name(name);
    let named = called == person
        || called.strip_prefix(person).is_some_and(|rest| rest.starts_with(['-', '_']))
        || called.strip_suffix(person).is_some_and(|rest| rest.ends_with(['-', '_']));
    let group = || file.named.get(name).and_then(|key| key.group.as_deref()).unwrap_or_default();
    named && !is_of_machines(group())
}

/// The name of a list says that its keys are machines'.
pub(super) fn is_of_machines(group: &str) -> bool {
    let group = group.to_lowercase();
    ["host", "machine", "server", "system", "node", "device", "cluster"]
        .iter()
        .any(|word| group.contains(word))
}

/// The name of a list says that its keys are people's.
pub(super) fn is_of_people(group: &str) -> bool {
    let group = group.to_lowercase();
    ["user", "people", "person", "human", "member"].iter().any(|word| group.contains(word))
        && !is_of_machines(&group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(name: &str, path: &str, pattern: &str) -> Option<String> {
        Place::of(name, path)?.other_person(pattern)
    }

    #[test]
    fn a_sibling_is_the_same_place_with_another_name() {
        let file = "secrets/users/zoe.sops.yaml";
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(other("zoe", file, r"secrets/users/ada\.sops\.yaml$"), some("ada"));
        assert_eq!(other("zoe-quartz", file, r"^secrets/users/ada.sops.yaml"), some("ada"));
        assert_eq!(other("zoe", file, r"users/ada\.(yaml|json)$"), some("ada"));
        assert_eq!(other("zoe", file, r"users/ada\.sops\.ya?ml$"), some("ada"));
        assert_eq!(other("zoe", file, r"^users/ada\.sops\.yaml$"), None);
        assert_eq!(other("zoe", file, r"secrets/users/[^/]+\.yaml$"), None);
        assert_eq!(other("zoe", file, r"secrets/users/zoe\.sops\.yaml$"), None);
        assert_eq!(other("zoe", file, r"secrets/hosts/ada\.sops\.yaml$"), None);
        let folder = "secrets/users/zoe/secrets.yaml";
        assert_eq!(other("zoe", folder, r"secrets/users/ada/.*\.yaml$"), some("ada"));
        assert_eq!(other("zoe", folder, r"secrets/users/ada\.yaml$"), None);
        let dotted = "users/zoe.smith.yaml";
        assert_eq!(other("zoe.smith", dotted, r"users/ada\.jones\.yaml$"), some("ada.jones"));
        assert_eq!(other("zoe", "secrets/shared.yaml", r"secrets/ada\.yaml"), None);
    }
}
