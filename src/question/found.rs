//! What the outside world says that questions need: plain data, looked up before anything is
//! asked, so that a question is a function of values and a test writes them down.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Facts from git, ssh, the key files and `.sops.yaml`. The default is "nothing was found".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// `git config --get user.name`, outside the fleet's own configuration.
    pub git_name: Option<String>,
    /// `git config --get user.email`, the same.
    pub git_email: Option<String>,
    /// The lines of `~/.ssh/*.pub`, in order of file name, one key each.
    pub ssh_keys: Vec<String>,
    /// `~/.ssh/id_ed25519`, if it is there.
    pub ssh_identity: Option<SshIdentity>,
    /// Every place where an age key was looked for, in the order sops looks, those with nothing
    /// in them too: their number is told.
    pub key_places: Vec<KeyPlace>,
    /// Recipients that `.sops.yaml` names, in order.
    pub anchors: Vec<Anchor>,
    /// Names out of `anchors` that the rules of all other people have besides the person's own
    /// key. `None`: there is no such rule to copy, so the person has to choose.
    pub sibling_readers: Option<Vec<String>>,
    /// Names in the person's secrets file, when it exists.
    pub existing_secrets: Vec<String>,
    /// Rules for files that several people read, in the order of `.sops.yaml`.
    pub shared: Vec<SharedRule>,
    /// Why the plan makes no secrets file for the person, where it makes none.
    pub no_secrets_file: Option<String>,
    /// Why `.sops.yaml` gets no rule for the person, where it gets none.
    pub no_rule: Option<String>,
    /// The number of the person's account on this machine, where they have one.
    pub uid_here: Option<u32>,
    /// Machines whose file cannot be changed safely, with the reason.
    pub closed_machines: BTreeMap<String, String>,
}

impl Found {
    /// The age keys that can be used, by place and key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&KeyPlace, &FoundKey)> {
        self.key_places
            .iter()
            .filter(|p| p.trouble.as_ref().is_none_or(|t| !t.blocks()))
            .flat_map(|p| p.keys.iter().map(move |k| (p, k)))
    }

    /// The key that [`crate::answers::KeyChoice::Found`] means: the first that is a recipient in
    /// this fleet already, else the first. `known` tells recipients of the fleet.
    pub fn best_key(&self, known: impl Fn(&str) -> bool) -> Option<(&KeyPlace, &FoundKey)> {
        self.keys().find(|(_, key)| known(&key.recipient)).or_else(|| self.keys().next())
    }

    pub(crate) fn anchor(&self, name: &str) -> Option<&Anchor> {
        self.anchors.iter().find(|a| a.name == name)
    }
}

/// One place where an age key may be: a file, or a variable such as `SOPS_AGE_KEY`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPlace {
    /// For people: the path with the home folder as `~`, or the variable's name.
    pub place: String,
    /// The absolute path, when it is a file.
    pub path: Option<PathBuf>,
    /// Public halves only.
    pub keys: Vec<FoundKey>,
    pub trouble: Option<KeyTrouble>,
    /// Whether a new key would be saved here.
    pub is_target: bool,
}

/// The public half of a key in a key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundKey {
    /// Line of the private half, counted from 1.
    pub line: u32,
    pub recipient: String,
}

/// What is wrong with a key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTrouble {
    /// Other accounts may read it; permission bits.
    Mode(u32),
    Empty,
    Directory,
    /// Where the link leads, for people.
    Symlink(String),
    /// A line that is no key; the reason never repeats the line.
    Malformed {
        line: u32,
        why: String,
    },
    /// The account that owns it, by name or number.
    NotYours {
        owner: String,
    },
    Unreadable {
        why: String,
    },
}

impl KeyTrouble {
    /// Whether its keys cannot be used as they are.
    pub(crate) fn blocks(&self) -> bool {
        !matches!(self, Self::Mode(_) | Self::Symlink(_) | Self::Empty)
    }

    /// Whether no key may be added to it.
    pub(crate) fn refuses_more(&self) -> bool {
        !matches!(self, Self::Mode(_) | Self::Empty)
    }

    /// The reason, to follow the place: `~/.config/sops/age/keys.txt is a folder`.
    pub fn words(&self) -> String {
        match self {
            Self::Mode(mode) => format!("can be read by other accounts (mode {mode:04o})"),
            Self::Empty => "is empty".to_owned(),
            Self::Directory => "is a folder, not a file".to_owned(),
            Self::Symlink(to) => format!("is a link to {to}"),
            Self::Malformed { line, why } => {
                format!("has something in line {line} that is no key: {why}")
            }
            Self::NotYours { owner } => format!("belongs to {owner}, not to you"),
            Self::Unreadable { why } => format!("cannot be read: {why}"),
        }
    }
}

/// `~/.ssh/id_ed25519`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshIdentity {
    /// For people: the home folder is `~`.
    pub place: String,
    /// Why no age key can be made of it, such as a passphrase; follows the place.
    pub trouble: Option<String>,
}

/// A recipient of `.sops.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchor {
    /// The anchor, or the recipient itself where the file uses none.
    pub name: String,
    pub recipient: String,
    /// What it is in a few words, such as `the recovery key kept by crs58`, when a comment or
    /// the fleet's people say so.
    pub what: Option<String>,
    /// Its line in `.sops.yaml`, counted from 1.
    pub line: u32,
}

/// A creation rule whose files several people read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SharedRule {
    /// `None` matches every path.
    pub pattern: Option<String>,
    /// Its line in `.sops.yaml`, counted from 1.
    pub line: u32,
    /// Encrypted files that it wins for, relative to the fleet's root: at least one.
    pub files: Vec<String>,
    /// Who reads them by the rule, by name where `.sops.yaml` has one.
    pub readers: Vec<String>,
    /// Their recipients, as the rule has them.
    pub recipients: Vec<String>,
    /// Files that no key opens which was found here.
    pub locked: Vec<String>,
    /// Keys here that may open those: nobody has given their passphrases, or run their commands.
    pub unsure: Vec<String>,
    /// Why nobody can be added to it, when that is so.
    pub closed: Option<String>,
}

impl SharedRule {
    /// What an answers file says for it: the one file that it is for, else its pattern.
    pub fn id(&self) -> &str {
        match self.files.as_slice() {
            [one] => one,
            _ => self.pattern.as_deref().unwrap_or(EVERYTHING_ELSE),
        }
    }

    /// Whether `name` means it: its id, its pattern, or a file that it wins for.
    pub fn is_meant(&self, name: &str) -> bool {
        name == self.id()
            || self.pattern.as_deref() == Some(name)
            || self.files.iter().any(|file| file == name)
    }
}

/// What a rule without a pattern is called.
const EVERYTHING_ELSE: &str = "everything else";
