//! The fleet's `.sops.yaml` and its encrypted files.

use std::path::{Path, PathBuf};

use crate::sops;

use super::files::Files;
use super::{Place, SecretsFile, SopsFile, Unread};

/// Where `.sops.yaml` may be, the likeliest first.
const FOLDERS: [&str; 5] = ["", "secrets", "nixos", "nix", "sops"];
/// What a header says of a file that nobody edits by hand.
const GENERATED: [&str; 5] =
    ["generated", "do not edit", "don't edit", "managed by", "written by nix"];
/// Endings under which sops keeps text.
const ENDINGS: [&str; 8] = ["yaml", "yml", "json", "env", "ini", "enc", "sops", "age"];

/// The fleet's `.sops.yaml`, if it has one that can be read.
pub(super) fn sops_file(files: &Files) -> Result<Option<SopsFile>, Unread> {
    let places = FOLDERS.iter().map(|folder| Path::new(folder).join(".sops.yaml"));
    let Some(file) = places.into_iter().find(|place| files.contains(place)) else {
        return Ok(None);
    };
    let text = files.text(&file)?;
    let generated_by = by_its_header(&text).or_else(|| by_a_module(files));
    Ok(Some(SopsFile { file, text, generated_by }))
}

fn by_its_header(text: &str) -> Option<String> {
    let header = text
        .lines()
        .map(str::trim)
        .take_while(|line| line.is_empty() || line.starts_with('#') || *line == "---");
    header
        .filter(|line| {
            let line = line.to_lowercase();
            GENERATED.iter().any(|word| line.contains(word))
        })
        .map(|line| line.trim_start_matches('#').trim().to_owned())
        .next()
}

/// A module beside it that writes it: one that is named for sops, names the file, and has the
/// words of its contents. A module that only reads secrets has not.
fn by_a_module(files: &Files) -> Option<String> {
    let writes = |text: &str| {
        text.contains(".sops.yaml")
            && ["creation_rules", "path_regex", "toYAML", "formats.yaml"]
                .iter()
                .any(|word| text.contains(word))
    };
    let named_for_it = |path: &Path| {
        path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| {
            let stem = stem.trim_start_matches('_');
            stem.starts_with("sops") || stem.ends_with("sops-yaml")
        })
    };
    let (path, _) =
        files.sources().find(|(path, source)| named_for_it(path) && writes(source.text()))?;
    Some(format!("`{}`", path.display()))
}

/// Every file that sops has encrypted, with its recipients. Only a file that looks like one is
/// read whole; one that looks so and cannot be understood is reported.
pub(super) fn encrypted(files: &Files) -> (Vec<SecretsFile>, Vec<Unread>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for file in files.all().iter().filter(|file| may_be_encrypted(file)) {
        let Ok(text) = files.text(file) else { continue };
        if !text.contains("ENC[") {
            continue;
        }
        match sops::recipients_of(&text) {
            Ok(stanzas) => found.push(SecretsFile {
                file: file.clone(),
                recipients: stanzas.into_iter().map(|stanza| stanza.recipient).collect(),
            }),
            // It only talks about encrypted values, as documentation and tests do.
            Err(sops::ParseError::NotEncrypted) => {}
            Err(error) => unread.push(refused(file.clone(), &error.to_string())),
        }
    }
    (found, unread)
}

fn may_be_encrypted(file: &Path) -> bool {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let kept_among_secrets = || {
        let mut folders = file.parent().into_iter().flat_map(Path::components);
        folders.any(|folder| folder.as_os_str() == "secrets") && ending != "nix" && ending != "md"
    };
    ENDINGS.contains(&ending) || kept_among_secrets()
}

fn refused(file: PathBuf, why: &str) -> Unread {
    Unread { at: Place { file, line: 1 }, column: None, why: why.to_owned() }
}
