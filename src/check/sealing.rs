//! A secrets file in plain text, encrypted in place for whom its rule names.
//!
//! Only what comes out whole is offered: a file of names and texts without comments, of which the
//! person's own key opens the result. All else is for the sops command.

use std::fmt;
use std::time::SystemTime;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use zeroize::Zeroizing;

use super::Scene;
use super::finding::Fix;
use crate::key::{AnyIdentity, Plugins};
use crate::plan::{Change, Content};
use crate::run::{Runner, shell_word};
use crate::secrets::Store;
use crate::secrets::store::format_of;
use crate::sops::{Creation, EncryptedFile, Format, SecretValue, Wanted, create};
use crate::survey;

/// The fix, for the file at `path` below the folder of `.sops.yaml`.
pub(super) fn fix(scene: &Scene, path: &str, runner: &mut dyn Runner) -> Option<Fix> {
    let store = scene.store().ok()?;
    let file = store.at(path);
    let plain = Zeroizing::new(survey::read_small(&file)?);
    let identities = scene.identities(runner);
    let after = sealed(store, path, &plain, identities)?;
    let before = Content::Secret(plain);
    Some(
        Fix::plan("seal", "Encrypt it in place", scene.bounds())
            .why("For whom its rule names, you among them. It cannot be taken back.")
            .by_hand(format!("cd {}", scene.host.typed(store.folder())))
            .by_hand(format!("sops encrypt --in-place {}", shell_word(path)))
            .changes(vec![Change::Seal { path: file, before, after }]),
    )
}

fn sealed(store: &Store, path: &str, plain: &str, own: &[AnyIdentity]) -> Option<String> {
    let format = format_of(path);
    let values = match format {
        // sops would keep comments, and encrypt them.
        Format::Yaml if !has_comment(plain) => serde_yaml::from_str::<Branch>(plain).ok()?,
        Format::Json => serde_json::from_str::<Branch>(plain).ok()?,
        _ => return None,
    };
    let mut texts: Vec<(String, &Zeroizing<String>)> = Vec::new();
    values.leaves("", &mut texts)?;
    let rule = store.config.winner(path).ok()??;
    let wanted = Wanted::by(rule).ok()?;
    let is_native = wanted.groups.iter().all(|group| group.others.is_empty());
    if texts.is_empty() || !is_native || !wanted.is_possible() {
        return None;
    }
    let creation = Creation::by_rule(&store.text, rule.index).ok()?;
    let secrets: Vec<(&str, SecretValue)> = texts
        .iter()
        .map(|(name, text)| (name.as_str(), SecretValue::from(text.as_str().to_owned())))
        .collect();
    // A plugin may want its person; a check asks nobody.
    let (plugins, now) = (Plugins::none(), SystemTime::now().into());
    let after = create(format, &secrets, &wanted, &creation, &plugins, now).ok()?;
    // Proved before it is offered: every value is in it, and opens with a key that is here.
    let opened = EncryptedFile::parse(&after, format).ok()?.open(own).ok()?;
    let is_whole = texts
        .iter()
        .all(|(name, text)| opened.get(name).and_then(SecretValue::as_str) == Some(text.as_str()));
    is_whole.then_some(after)
}

/// Whether a line may have one: also where it is inside of a text, which is no harm.
fn has_comment(yaml: &str) -> bool {
    yaml.lines().any(|line| line.trim_start().starts_with('#') || line.contains(" #"))
}

/// Names and texts, in the order of the file; wiped when dropped.
struct Branch(Vec<(String, Node)>);

enum Node {
    Text(Zeroizing<String>),
    Branch(Branch),
}

impl Branch {
    /// Every text with its name, as [`create`] takes it; `None` where a name cannot be one.
    fn leaves<'b>(
        &'b self,
        before: &str,
        found: &mut Vec<(String, &'b Zeroizing<String>)>,
    ) -> Option<()> {
        for (name, node) in &self.0 {
            if name.contains('/') || name.is_empty() {
                return None;
            }
            let name = if before.is_empty() { name.clone() } else { format!("{before}/{name}") };
            match node {
                Node::Text(text) => found.push((name, text)),
                // It would be lost: no value stands in it.
                Node::Branch(branch) if branch.0.is_empty() => return None,
                Node::Branch(branch) => branch.leaves(&name, found)?,
            }
        }
        Some(())
    }
}

impl<'de> Deserialize<'de> for Branch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reading).and_then(|node| match node {
            Node::Branch(branch) => Ok(branch),
            Node::Text(_) => Err(serde::de::Error::custom("a text")),
        })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

/// Numbers, lists and the like are refused: sops keeps their kind, and this would not.
struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names and texts")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = map.next_entry()? {
            all.push(entry);
        }
        Ok(Node::Branch(Branch(all)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Option<Vec<String>> {
        let branch: Branch = serde_yaml::from_str(text).ok()?;
        let mut found = Vec::new();
        branch.leaves("", &mut found)?;
        Some(found.into_iter().map(|(name, text)| format!("{name}={}", text.as_str())).collect())
    }

    #[test]
    fn only_names_and_texts_are_taken() {
        assert_eq!(names("b: x\na:\n  c: 'y: z'\n").unwrap(), ["b=x", "a/c=y: z"]);
        for other in [
            "- x\n",
            "a: 1\n",
            "a: [x]\n",
            "a/b: x\n",
            "a: {}\n",
            "x\n",
            "a: x\n---\nb: y\n",
            "a:\n",
        ] {
            assert_eq!(names(other), None, "{other}");
        }
        assert!(
            has_comment("a: x # note\n") && has_comment("  # note\n") && !has_comment("a: x#y\n")
        );
    }
}
