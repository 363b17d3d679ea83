//! Folders that a private key must not be put into by accident.

use std::path::Path;

/// Names of folders that a program copies to other machines.
const SYNCED: &[&str] =
    &["Dropbox", "OneDrive", "Nextcloud", "Google Drive", "Mobile Documents", "Syncthing"];

/// Why a folder (without links in its path) is not a private one.
pub(crate) fn shared(folder: &Path) -> Option<String> {
    folder.ancestors().find_map(|ancestor| {
        let name = ancestor.file_name().unwrap_or_default().to_string_lossy();
        if ancestor.join(".git").exists() {
            Some(format!("`{}` is a git repository", ancestor.display()))
        } else if SYNCED.iter().any(|synced| name.starts_with(synced)) {
            Some(format!("`{}` is copied to other machines", ancestor.display()))
        } else {
            None
        }
    })
}
