//! What `.sops.yaml` says about how new files are written, besides who reads them.

use serde_yaml::Value;

use super::Creation;
use crate::sops::pattern::Pattern;
use crate::sops::selector::Selector;

/// The six keys, each with the selector that it makes.
type Make = fn(&str) -> Result<Selector, String>;

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|why| why.to_string())
}

const SELECTORS: [(&str, Make); 6] = [
    ("unencrypted_suffix", |text| Ok(Selector::UnencryptedSuffix(text.to_owned()))),
    ("encrypted_suffix", |text| Ok(Selector::EncryptedSuffix(text.to_owned()))),
    ("unencrypted_regex", |text| pattern(text).map(Selector::UnencryptedRegex)),
    ("encrypted_regex", |text| pattern(text).map(Selector::EncryptedRegex)),
    ("unencrypted_comment_regex", |text| pattern(text).map(Selector::UnencryptedCommentRegex)),
    ("encrypted_comment_regex", |text| pattern(text).map(Selector::EncryptedCommentRegex)),
];

impl Creation {
    /// As the rule number `index` of this `.sops.yaml` has it.
    ///
    /// # Errors
    /// Several selectors, or a pattern that cannot be evaluated: then a guess could leave a secret
    /// in plain text.
    pub fn by_rule(config: &str, index: usize) -> Result<Self, String> {
        let mut whole: Value = serde_yaml::from_str(config).map_err(|e| e.to_string())?;
        whole.apply_merge().map_err(|e| e.to_string())?;
        let rule = &whole["creation_rules"][index];
        let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
        let mut given = SELECTORS.iter().filter_map(|(key, make)| {
            let text = rule[*key].as_str().filter(|text| !text.is_empty())?;
            Some(make(text))
        });
        let selector = given.next().transpose()?.unwrap_or_default();
        if given.next().is_some() {
            return Err("the rule has more than one of the six selectors".to_owned());
        }
        Ok(Self {
            selector,
            mac_only_encrypted: rule["mac_only_encrypted"].as_bool().unwrap_or(false),
            indent: number(&whole["stores"]["yaml"]["indent"]).unwrap_or(4),
            shamir_threshold: number(&rule["shamir_threshold"]).unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_and_the_stores_are_read() {
        let config = "stores:\n  yaml:\n    indent: 2\ncreation_rules:\n- age: x\n- age: y\n  encrypted_regex: ^p\n  mac_only_encrypted: true\n- unencrypted_suffix: a\n  encrypted_suffix: b\n";
        let first = Creation::by_rule(config, 0).unwrap();
        assert_eq!(first.selector.entry(), ("unencrypted_suffix", "_unencrypted"));
        let second = Creation::by_rule(config, 1).unwrap();
        assert_eq!(second.selector.entry(), ("encrypted_regex", "^p"));
        assert_eq!((second.mac_only_encrypted, second.indent), (true, 2));
        assert!(Creation::by_rule(config, 2).is_err());
    }
}
