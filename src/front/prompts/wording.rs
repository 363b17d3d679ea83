//! Small pieces of spoken text: places, times, counts.

use std::path::Path;

use crate::front::sanitise;
use crate::host::Host;

/// A place with the most important word first: `.zshrc in your home`,
/// `keys.txt in .config/sops/age in your home`.
pub(super) fn place(host: &Host, path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
    let (Some(name), Some(folder)) = (name, path.parent()) else {
        return sanitise(&path.display().to_string()).into_owned();
    };
    let text = match folder.strip_prefix(&host.home) {
        Ok(rest) if rest.as_os_str().is_empty() => format!("{name} in your home"),
        Ok(rest) => format!("{name} in {} in your home", rest.display()),
        Err(_) => format!("{name} in {}", folder.display()),
    };
    sanitise(&text).into_owned()
}

/// What a file in the way is, where its name tells.
pub(crate) fn what_it_is(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?;
    let text = path.to_str()?;
    Some(match name {
        ".zshrc" | ".zshenv" | ".zprofile" | ".zlogin" | ".bashrc" | ".bash_profile"
        | ".bash_login" | ".profile" | "config.fish" => "settings of the shell",
        ".gitconfig" => "settings of git",
        "config" if text.ends_with(".config/git/config") => "settings of git",
        "ignore" if text.ends_with(".config/git/ignore") => "files that git leaves out",
        "config" if text.ends_with(".ssh/config") => "settings of ssh",
        ".vimrc" | "init.lua" | "init.vim" => "settings of the editor",
        "tmux.conf" | ".tmux.conf" => "settings of tmux",
        "nix.conf" => "settings of Nix",
        _ => return None,
    })
}

/// `1 minute 58 seconds`.
pub(super) fn duration(seconds: u64) -> String {
    let part = |n: u64, unit: &str| match n {
        0 => None,
        1 => Some(format!("1 {unit}")),
        n => Some(format!("{n} {unit}s")),
    };
    let parts = [
        part(seconds / 3600, "hour"),
        part(seconds / 60 % 60, "minute"),
        part(seconds % 60, "second"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "less than a second".to_owned() } else { parts.join(" ") }
}

/// `1 machine`, `6 machines`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// `is` or `are`.
pub(super) fn is_or_are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// With a capital at its start.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// With a small letter at its start, unless it starts with a name in capitals.
pub(super) fn small(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), second) if second.is_none_or(|c| !c.is_uppercase()) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::example::Example;

    #[test]
    fn the_word_comes_first_and_the_path_last() {
        let host = Example::raquel().host;
        let told = |path: &str| place(&host, Path::new(path));
        assert_eq!(told("/Users/raquel/.zshrc"), ".zshrc in your home");
        assert_eq!(
            told("/Users/raquel/.config/sops/age/keys.txt"),
            "keys.txt in .config/sops/age in your home"
        );
        assert_eq!(told("/etc/x"), "x in /etc");
        assert_eq!(told("/"), "/");
    }

    #[test]
    fn times_and_counts_are_words() {
        assert_eq!(duration(118), "1 minute 58 seconds");
        assert_eq!(duration(60), "1 minute");
        assert_eq!(duration(0), "less than a second");
        assert_eq!(duration(3601), "1 hour 1 second");
        assert_eq!(count(1, "person", "people"), "1 person");
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(crate::counted::listed(&names), "a, b and c");
        assert_eq!(capital("a new key"), "A new key");
        assert_eq!(small("Open it"), "open it");
        assert_eq!(small("XDG is"), "XDG is");
    }

    #[test]
    fn common_files_are_known() {
        assert_eq!(what_it_is(Path::new("/h/.zshrc")), Some("settings of the shell"));
        assert_eq!(what_it_is(Path::new("/h/.config/git/config")), Some("settings of git"));
        assert_eq!(what_it_is(Path::new("/h/.config/x/config")), None);
    }
}
