//! Looks around before anything is asked: git's settings, ssh keys, age keys, `.sops.yaml`. The
//! only place where questions' [`Found`] and steps' [`Surroundings`] are filled from the machine.

mod keys;
mod places;
mod shared;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fleet::layout;
use crate::fleet::{Fleet, Machine, SopsFile};
use crate::git;
use crate::host::Host;
use crate::key::{KeyFile, ssh};
use crate::question::{Anchor, Found, SshIdentity};
use crate::run::Runner;
use crate::secrets::Keyring;
use crate::sops::config::edit::{self, Addition, Change, Mode, Note};
use crate::sops::config::{Config, Reader};
use crate::sops::{EncryptedFile, Format};

pub(crate) use keys::{in_home, key_file, places as key_places};

/// A file read here is one that a person keeps by hand; anything larger is something else.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Everything questions need. `username` is whom they are about.
pub(crate) fn found(host: &Host, fleet: &Fleet, username: &str, runner: &mut dyn Runner) -> Found {
    let (git_name, git_email) = git::identity(runner, &host.home);
    let config = fleet.sops.as_ref().and_then(|sops| Config::parse(&sops.text).ok());
    let secrets_path = secrets_path(fleet, username);
    let key_places = keys::places(host, fleet);
    let shared = |config| shared::rules(fleet, config, &Keyring::gather_files(host));
    Found {
        shared: config.as_ref().map(shared).unwrap_or_default(),
        no_secrets_file: no_secrets_file(fleet),
        no_rule: no_rule(fleet, secrets_path.as_deref()),
        uid_here: (!username.is_empty()).then(|| host.account(username)).flatten().map(|a| a.uid),
        git_name,
        git_email,
        ssh_keys: ssh_keys(&host.home),
        ssh_identity: ssh_identity(host),
        key_places,
        anchors: config.as_ref().map(anchors).unwrap_or_default(),
        sibling_readers: sibling_readers(host, fleet, username),
        existing_secrets: secrets_path
            .and_then(|path| fleet.text(path).ok())
            .and_then(|text| EncryptedFile::parse(&text, Format::Yaml).ok())
            .map(|file| file.names())
            .unwrap_or_default(),
        closed_machines: closed_machines(fleet, username),
    }
}

/// Machines whose files cannot take one more person, with the reason.
fn closed_machines(fleet: &Fleet, username: &str) -> BTreeMap<String, String> {
    let closed = |machine: &Machine| {
        let closed = fleet.slot(machine, username, None).err()?;
        // Where nobody is bound nothing says no, and an instance of clan's is a place of its own.
        let served = fleet.clan.machine(&machine.name).is_some();
        let there =
            machine.binds(username) || fleet.is_pasted(machine, &crate::fleet::HOMES, username);
        (closed.by_a_function && !served && !there)
            .then(|| (machine.name.clone(), format!("{closed}; only standalone, or by hand")))
    };
    fleet.machines.iter().filter_map(closed).collect()
}

/// No module of an unknown layout would declare what is in a secrets file.
fn no_secrets_file(fleet: &Fleet) -> Option<String> {
    let why = "The layout of this fleet is unknown, so no secrets file is made.";
    fleet.layout.layout.is_none().then(|| why.to_owned())
}

fn no_rule(fleet: &Fleet, secrets_path: Option<&str>) -> Option<String> {
    let why = match (&fleet.sops, secrets_path) {
        (None, _) => "This fleet has no .sops.yaml.",
        (_, None) => "No rule of .sops.yaml is one person's, so none is made like it.",
        _ => return None,
    };
    Some(why.to_owned())
}

/// Where this person's secrets file is or will be, relative to the fleet's root.
pub(crate) fn secrets_path(fleet: &Fleet, username: &str) -> Option<String> {
    let place = match &fleet.layout.layout {
        Some(layout) => layout.places.secrets_file.clone(),
        None => places::secrets_file(fleet, username)?,
    };
    Some(layout::fill(&place, &[("user", username)]))
}

/// What a person's key is called in `.sops.yaml`, where no layout says it.
pub(crate) const ANCHOR: &str = "{user}-{host}";

/// A file's text, if it is one of reasonable size.
pub(crate) fn read_small(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    (metadata.is_file() && metadata.len() <= LARGEST).then(|| fs::read_to_string(path).ok())?
}

/// Who reads other people's files besides themselves, by name: what adding somebody with a key that
/// nobody has would give.
fn sibling_readers(host: &Host, fleet: &Fleet, username: &str) -> Option<Vec<String>> {
    let sops = fleet.sops.as_ref()?;
    let anchor = fleet.layout.layout.as_ref().map_or(ANCHOR, |layout| &layout.places.anchor);
    // The name says whose key it is, and so which rules are other people's.
    let name = layout::fill(anchor, &[("user", username), ("host", &host.name)]);
    let recipient = crate::key::Identity::generate().recipient();
    let path = below(&secrets_path(fleet, username)?, sops.file.parent()?);
    let addition = Addition {
        name: &name,
        recipient: recipient.as_str(),
        path: &path,
        admins: None,
        mode: Mode::OwnRule,
    };
    if let Some(rule) = own_rule(fleet, sops, username) {
        return Some(rule.into_iter().filter(|name| !is_key_of(username, name)).collect());
    }
    let Ok(Change::Edited(edited)) = edit::add_person(&sops.text, &addition) else {
        // It must not be edited: then the step says so, with the lines that a neighbour has.
        return neighbours_readers(fleet, sops, username);
    };
    if edited.notes.contains(&Note::NoNeighbours) {
        return None;
    }
    Some(others(edited.readers.iter(), recipient.as_str()))
}

/// Who the rule for this person's file alone names, when there is one.
fn own_rule(fleet: &Fleet, sops: &SopsFile, username: &str) -> Option<Vec<String>> {
    let config = Config::parse(&sops.text).ok()?;
    let winner = |name: &str| {
        let path = below(&secrets_path(fleet, name)?, sops.file.parent()?);
        config.winner(&path).ok().flatten()
    };
    let rule = winner(username)?;
    let everybodys = winner(&format!("not-{username}")).is_some_and(|r| r.index == rule.index);
    (!everybodys).then(|| others(rule.readers(), ""))
}

/// Who reads the file of somebody else of the fleet besides themselves.
fn neighbours_readers(fleet: &Fleet, sops: &SopsFile, username: &str) -> Option<Vec<String>> {
    let others = fleet.users.iter().filter(|user| user.name != username);
    let (neighbour, readers) = others
        .into_iter()
        .find_map(|user| Some((&user.name, own_rule(fleet, sops, &user.name)?)))?;
    let mut named: Vec<String> = Vec::new();
    for name in readers {
        // A name that is defined twice is read by two keys.
        if !is_key_of(neighbour, &name) && !named.contains(&name) {
            named.push(name);
        }
    }
    Some(named)
}

/// Whether a key called `name` is this person's: keys are named for people and their machines, as
/// far as an anchor may be (`zoe.b` is `zoe-b` there).
pub(crate) fn is_key_of(username: &str, name: &str) -> bool {
    let is_named_for = |person: &str| {
        name.strip_prefix(person).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    is_named_for(username)
        || edit::anchor_from(username).is_some_and(|anchor| is_named_for(&anchor))
}

/// The names of `readers` without the person's own key.
fn others<'r>(readers: impl Iterator<Item = &'r Reader>, own: &str) -> Vec<String> {
    readers
        .filter(|reader| reader.recipient != own)
        .map(|reader| reader.alias.clone().unwrap_or_else(|| reader.recipient.clone()))
        .collect()
}

/// sops matches `path_regex` against the path below the folder of `.sops.yaml`.
pub(crate) fn below(path: &str, folder: &Path) -> String {
    let path = Path::new(path);
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}

fn anchors(config: &Config) -> Vec<Anchor> {
    config
        .keys
        .iter()
        .map(|key| {
            let recipient = key.value.trim().to_owned();
            let name = key.name.clone().unwrap_or_else(|| recipient.clone());
            Anchor { name, recipient, what: None, line: key.line }
        })
        .collect()
}

/// The lines of `~/.ssh/*.pub`, in order of file name.
fn ssh_keys(home: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(home.join(".ssh"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "pub"))
        .collect();
    files.sort();
    let first_line = |path: &PathBuf| {
        let line = read_small(path)?.lines().next()?.trim().to_owned();
        line.starts_with("ssh-").then_some(line)
    };
    files.iter().filter_map(first_line).collect()
}

/// The private key file that an age key can be made from.
pub(crate) fn ssh_identity_file(host: &Host) -> PathBuf {
    host.home.join(".ssh/id_ed25519")
}

fn ssh_identity(host: &Host) -> Option<SshIdentity> {
    let path = ssh_identity_file(host);
    let text = zeroize::Zeroizing::new(read_small(&path)?);
    let trouble = ssh::identity_from_private(&text).err().map(|e| e.to_string());
    Some(SshIdentity { place: host.short(&path), trouble })
}

/// Whether `bytes` hold one good key or more.
pub(crate) fn identities(path: &Path) -> Vec<crate::key::Identity> {
    let Ok(bytes) = fs::read(path).map(zeroize::Zeroizing::new) else { return Vec::new() };
    KeyFile::parse(&bytes).and_then(|file| file.identities()).unwrap_or_default()
}
