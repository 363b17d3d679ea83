//! Where age keys are: every place that sops looks in on this platform, and the one that the
//! fleet's home modules name. Private halves are read, turned into public ones and wiped.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::fleet::Fleet;
use crate::host::Host;
use crate::key::file::KeyKind;
use crate::key::{KeyFile, KeyFileError};
use crate::nix::{AttrPath, Pattern, Source};
use crate::question::{FoundKey, KeyPlace, KeyTrouble};

/// The key file that this fleet's home modules name, else `~/.config/sops/age/keys.txt`.
pub(crate) fn key_file(host: &Host, fleet: &Fleet) -> PathBuf {
    let in_source = |source: &Source, below: Option<&Pattern>| {
        let found = source.find("sops.age.keyFile");
        let counts = |path| below.is_none_or(|below| AttrPath::contains(path, below));
        let binding = found.filter(|binding| counts(&binding.path)).last()?;
        in_home(binding.value.of(source.text()), host)
    };
    let named = fleet.users.iter().find_map(|user| {
        let text = super::read_small(&fleet.at(&user.module.file))?;
        in_source(&Source::parse(text).ok()?, None)
    });
    // A feature set may say it for everybody.
    let exported = Pattern::new("modules.homeManager.*");
    let for_all =
        || fleet.files.sources().find_map(|(_, source)| in_source(source, Some(&exported)));
    named.or_else(for_all).unwrap_or_else(|| host.home.join(".config/sops/age/keys.txt"))
}

/// The path that a Nix string such as `"${config.home.homeDirectory}/x"` gives for this person.
pub(crate) fn in_home(expression: &str, host: &Host) -> Option<PathBuf> {
    let inside = expression.trim().strip_prefix('"')?.strip_suffix('"')?;
    let path = [
        ("${config.home.homeDirectory}", host.home.clone()),
        ("${config.xdg.configHome}", host.home.join(".config")),
    ]
    .into_iter()
    .find_map(|(variable, folder)| {
        Some(folder.join(inside.strip_prefix(variable)?.trim_start_matches('/')))
    })?;
    // What is left must be plain: nothing computed, no step out of the home.
    let plain = !inside[2..].contains("${") && !inside.contains("..") && !inside.contains('\\');
    plain.then_some(path)
}

/// Every place, in the order in which sops looks, then the fleet's own.
pub(crate) fn places(host: &Host, fleet: &Fleet) -> Vec<KeyPlace> {
    let target = key_file(host, fleet);
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    let mut places = Vec::new();
    // The key text itself, several lines allowed.
    if let Some(text) = host.var("SOPS_AGE_KEY") {
        places.push(place_of_text("SOPS_AGE_KEY", text));
    }
    if let Some(path) = host.var("SOPS_AGE_KEY_FILE") {
        files.push((host.short(Path::new(path)), PathBuf::from(path)));
    }
    let sops = host.sops_default_key_file();
    let linux = host.home.join(".config/sops/age/keys.txt");
    let mac = host.home.join("Library/Application Support/sops/age/keys.txt");
    for path in [target.clone(), sops, linux, mac] {
        let on_other_platform =
            path.starts_with(host.home.join("Library")) && host.os != crate::host::Os::Darwin;
        if !on_other_platform && !files.iter().any(|(_, known)| *known == path) {
            files.push((host.short(&path), path));
        }
    }
    places.extend(files.into_iter().map(|(shown, path)| {
        let is_target = path == target;
        KeyPlace { is_target, ..place_of_file(shown, path, host) }
    }));
    places
}

fn place_of_text(name: &str, text: &str) -> KeyPlace {
    let (keys, trouble) = keys_in(text.as_bytes());
    KeyPlace { place: name.to_owned(), path: None, keys, trouble, is_target: false }
}

fn place_of_file(place: String, path: PathBuf, host: &Host) -> KeyPlace {
    let (keys, trouble) = look_at(&path, host);
    KeyPlace { place, path: Some(path), keys, trouble, is_target: false }
}

fn look_at(path: &Path, host: &Host) -> (Vec<FoundKey>, Option<KeyTrouble>) {
    let none = |trouble| (Vec::new(), Some(trouble));
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return (Vec::new(), None),
        Err(e) => return none(KeyTrouble::Unreadable { why: e.to_string() }),
    };
    if metadata.is_dir() {
        return none(KeyTrouble::Directory);
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(e) => return none(KeyTrouble::Unreadable { why: e.to_string() }),
    };
    let (keys, mut trouble) = keys_in(&bytes);
    if trouble.is_none() {
        trouble = outside_trouble(path, &metadata, host);
    }
    (keys, trouble)
}

/// What is wrong with a file that holds good keys.
fn outside_trouble(path: &Path, metadata: &fs::Metadata, host: &Host) -> Option<KeyTrouble> {
    if metadata.is_symlink() {
        let to = fs::read_link(path).map(|to| host.short(&to)).unwrap_or_default();
        return Some(KeyTrouble::Symlink(to));
    }
    if metadata.uid() != host.account.uid {
        return Some(KeyTrouble::NotYours { owner: format!("account {}", metadata.uid()) });
    }
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(KeyTrouble::Mode(mode))
}

fn keys_in(bytes: &[u8]) -> (Vec<FoundKey>, Option<KeyTrouble>) {
    let file = match KeyFile::parse(bytes) {
        Ok(file) => file,
        Err(KeyFileError::Empty) => return (Vec::new(), Some(KeyTrouble::Empty)),
        Err(e) => return (Vec::new(), Some(KeyTrouble::Unreadable { why: e.to_string() })),
    };
    let mut keys = Vec::new();
    let mut trouble = file.lines.is_empty().then_some(KeyTrouble::Empty);
    for line in &file.lines {
        match &line.kind {
            KeyKind::X25519(identity) => {
                keys.push(FoundKey {
                    line: line.line,
                    recipient: identity.recipient().to_string(),
                });
            }
            KeyKind::Bad(fault) => {
                trouble = Some(KeyTrouble::Malformed { line: line.line, why: fault.to_string() });
            }
            KeyKind::PostQuantum(_) | KeyKind::Plugin(_) => {}
        }
    }
    (keys, trouble)
}
