//! The `sops` block of an encrypted file.

use super::error::ParseError;
use super::pattern::Pattern;
use super::selector::Selector;
use super::tree::{Map, Node};

/// What a file says about its own encryption.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// Each group holds its own part of the data key, or, if there is one group, all of it.
    pub groups: Vec<Vec<Stanza>>,
    /// How many groups are needed; 0 in a file with one group.
    pub shamir_threshold: usize,
    /// RFC 3339. Normalised as sops does before it goes into the MAC's additional data.
    pub last_modified: String,
    /// `ENC[…]`, or empty in a file without one.
    pub(crate) mac: String,
    pub selector: Selector,
    pub mac_only_encrypted: bool,
    /// The sops version that wrote the values, as the file has it.
    pub version: String,
}

/// The data key (or a part of it), encrypted to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stanza {
    pub kind: StanzaKind,
    /// As the file has it: `age1…`, a fingerprint, an ARN, a vault key.
    pub recipient: String,
    /// The encrypted data key. Armored for age; untouched for everything else.
    pub(crate) enc: String,
    /// Line of the recipient, counted from 1; 0 where it is not known.
    pub line: u32,
}

/// Who decrypts a stanza. doorstep opens only `Age`; the others pass through untouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StanzaKind {
    Age,
    Pgp,
    Kms,
    GcpKms,
    HcKms,
    AzureKv,
    HcVault,
}

/// In sops' order of reading, with the key under which the file keeps the recipient.
const KINDS: [(&str, StanzaKind, &str); 7] = [
    ("kms", StanzaKind::Kms, "arn"),
    ("gcp_kms", StanzaKind::GcpKms, "resource_id"),
    ("hckms", StanzaKind::HcKms, "key_id"),
    ("azure_kv", StanzaKind::AzureKv, "vault_url"),
    ("hc_vault", StanzaKind::HcVault, "vault_address"),
    ("pgp", StanzaKind::Pgp, "fp"),
    ("age", StanzaKind::Age, "recipient"),
];

impl StanzaKind {
    /// The key under which a file keeps such stanzas.
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(_, kind, _)| *kind == self).map_or("age", |(word, ..)| word)
    }

    /// The kind that a creation rule calls so; rules have names of their own for some.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let starts = |head: &str| word.starts_with(head);
        KINDS.iter().find(|(known, ..)| *known == word).map(|(_, kind, _)| *kind).or(
            if starts("azure") {
                Some(Self::AzureKv)
            } else if starts("hc_vault") {
                Some(Self::HcVault)
            } else {
                None
            },
        )
    }
}

impl Metadata {
    /// A block may be without recipients while they are about to be written.
    pub(crate) fn read(block: &Node) -> Result<Self, ParseError> {
        let map = block.as_map().ok_or_else(|| wrong("it is not a mapping"))?;
        let text = |key: &str| map.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        if map.get("lastmodified").is_none() {
            return Err(ParseError::Truncated { missing: "`lastmodified` in the `sops` block" });
        }
        if map.get("mac").is_none() {
            return Err(ParseError::Truncated { missing: "`mac` in the `sops` block" });
        }
        let threshold = text("shamir_threshold");
        Ok(Self {
            groups: match groups(map) {
                Err(ParseError::NoRecipients) => Vec::new(),
                groups => groups?,
            },
            shamir_threshold: match threshold.as_str() {
                "" => 0,
                number => {
                    number.parse().map_err(|_| wrong("`shamir_threshold` is not a number"))?
                }
            },
            last_modified: normalised(&text("lastmodified"))?,
            mac: text("mac"),
            selector: selector(map)?,
            mac_only_encrypted: matches!(
                text("mac_only_encrypted").as_str(),
                "True" | "true" | "1"
            ),
            version: text("version"),
        })
    }

    /// Every stanza, in the file's order.
    pub fn stanzas(&self) -> impl Iterator<Item = &Stanza> {
        self.groups.iter().flatten()
    }
}

/// The key groups: the flat form wins if any of its lists has an entry, as in sops.
pub(crate) fn groups(block: &Map) -> Result<Vec<Vec<Stanza>>, ParseError> {
    let flat = group(block)?;
    if !flat.is_empty() {
        return Ok(vec![flat]);
    }
    let listed = block.get("key_groups").into_iter().flat_map(Node::elements);
    let groups = listed.filter_map(Node::as_map).map(group).collect::<Result<Vec<_>, _>>()?;
    if groups.iter().all(Vec::is_empty) { Err(ParseError::NoRecipients) } else { Ok(groups) }
}

fn group(map: &Map) -> Result<Vec<Stanza>, ParseError> {
    let mut stanzas = Vec::new();
    for (key, kind, recipient_key) in KINDS {
        for element in map.get(key).into_iter().flat_map(Node::elements) {
            let fields =
                element.as_map().ok_or_else(|| wrong(&format!("`{key}` holds no mappings")))?;
            let recipient = fields.get(recipient_key);
            stanzas.push(Stanza {
                kind,
                recipient: recipient.and_then(Node::text).unwrap_or_default().to_owned(),
                enc: fields.get("enc").and_then(Node::text).unwrap_or_default().to_owned(),
                line: recipient.map_or(0, Node::line),
            });
        }
    }
    Ok(stanzas)
}

fn selector(map: &Map) -> Result<Selector, ParseError> {
    let set =
        |key: &str| map.get(key).and_then(Node::text).filter(|t| !t.is_empty()).map(str::to_owned);
    let pattern = |key: &str| match set(key).map(|text| Pattern::new(&text)) {
        None => Ok(None),
        Some(Ok(pattern)) => Ok(Some(pattern)),
        Some(Err(error)) => Err(wrong(&format!("`{key}`: {error}"))),
    };
    let mut given: Vec<Selector> = Vec::new();
    given.extend(set("unencrypted_suffix").map(Selector::UnencryptedSuffix));
    given.extend(set("encrypted_suffix").map(Selector::EncryptedSuffix));
    given.extend(pattern("unencrypted_regex")?.map(Selector::UnencryptedRegex));
    given.extend(pattern("encrypted_regex")?.map(Selector::EncryptedRegex));
    given.extend(pattern("unencrypted_comment_regex")?.map(Selector::UnencryptedCommentRegex));
    given.extend(pattern("encrypted_comment_regex")?.map(Selector::EncryptedCommentRegex));
    match (given.pop(), given.is_empty()) {
        (None, _) => Ok(Selector::default()),
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(wrong("it has more than one of the six selectors")),
    }
}

/// sops parses the time and writes it back without a fraction before it uses it.
fn normalised(text: &str) -> Result<String, ParseError> {
    let shaped = text.len() >= 20
        && text.is_ascii()
        && text[..19].bytes().zip(b"0000-00-00T00:00:00").all(|(byte, model)| match model {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    if !shaped {
        return Err(wrong("`lastmodified` is not a time"));
    }
    let zone = text[19..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let zone = if matches!(zone, "+00:00" | "-00:00") { "Z" } else { zone };
    Ok(format!("{}{zone}", &text[..19]))
}

fn wrong(why: &str) -> ParseError {
    ParseError::Metadata(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sops::yaml;

    fn read(text: &str) -> Result<Metadata, ParseError> {
        let block = yaml::documents(text, 1).unwrap().remove(0);
        Metadata::read(&Node::Map(block))
    }

    const REST: &str = "lastmodified: \"2026-01-02T03:04:05Z\"\nmac: M\n";

    #[test]
    fn old_files_with_empty_lists_are_read() {
        let text = format!(
            "kms: []\ngcp_kms: []\npgp: []\nage:\n  - recipient: age1x\n    enc: E\n{REST}version: 3.7.1\n"
        );
        let read = read(&text).unwrap();
        assert_eq!(read.groups.len(), 1);
        assert_eq!(read.groups[0][0].recipient, "age1x");
        assert_eq!(read.groups[0][0].line, 5);
        assert_eq!(read.selector.entry(), ("unencrypted_suffix", "_unencrypted"));
        assert_eq!(read.version, "3.7.1");
    }

    #[test]
    fn other_kinds_and_groups_are_listed() {
        let text = format!(
            "key_groups:\n- pgp:\n  - fp: ABCD\n    enc: E\n- age:\n  - recipient: age1x\n    enc: E\nshamir_threshold: 2\n{REST}"
        );
        let read = read(&text).unwrap();
        let kinds: Vec<_> = read.stanzas().map(|s| (s.kind, s.recipient.as_str())).collect();
        assert_eq!(kinds, [(StanzaKind::Pgp, "ABCD"), (StanzaKind::Age, "age1x")]);
        assert_eq!(read.shamir_threshold, 2);
    }

    #[test]
    fn wrong_blocks_say_why() {
        let why = |text: &str| read(text).unwrap_err().to_string();
        let age = "age:\n- recipient: a\n  enc: E\n";
        insta::assert_snapshot!(why("mac: M\n"), @"it is cut off: `lastmodified` in the `sops` block is missing");
        insta::assert_snapshot!(why("lastmodified: \"2026-01-02T03:04:05Z\"\n"), @"it is cut off: `mac` in the `sops` block is missing");
        insta::assert_snapshot!(why(&format!("{age}encrypted_suffix: a\nunencrypted_suffix: b\n{REST}")), @"its `sops` block is wrong: it has more than one of the six selectors");
        insta::assert_snapshot!(why(&format!("{age}encrypted_regex: (\n{REST}")), @"its `sops` block is wrong: `encrypted_regex`: the pattern `(` cannot be evaluated: unclosed group");
        insta::assert_snapshot!(why(&format!("{age}lastmodified: yesterday\nmac: M\n")), @"its `sops` block is wrong: `lastmodified` is not a time");
        insta::assert_snapshot!(why(&format!("{age}shamir_threshold: two\n{REST}")), @"its `sops` block is wrong: `shamir_threshold` is not a number");
    }

    #[test]
    fn the_time_loses_its_fraction() {
        assert_eq!(normalised("2026-01-02T03:04:05.678Z").unwrap(), "2026-01-02T03:04:05Z");
        assert_eq!(normalised("2026-01-02T03:04:05+02:00").unwrap(), "2026-01-02T03:04:05+02:00");
    }
}
