//! Which Nix answers, as far as its log depends on it.

/// A release of Nix, or of a fork of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Lix has left out what later Nixes have, whatever its number says.
    pub lix: bool,
    pub major: u32,
    pub minor: u32,
}

impl Version {
    /// Reads what `nix --version` prints: `nix (Nix) 2.30.2`, `nix (Determinate Nix 3.8.5) 2.30.2`
    /// (its own number first, the one of the Nix that it is made of last), `nix (Lix, like Nix)
    /// 2.91.1`. `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let line = text.lines().find(|line| line.starts_with("nix "))?;
        let number = line.rsplit(char::is_whitespace).find(|word| !word.is_empty())?;
        let mut parts = number.split(|c: char| !c.is_ascii_digit());
        let mut part = || parts.next()?.parse().ok();
        Some(Self { lix: line.contains("Lix"), major: part()?, minor: part()? })
    }

    /// `json-log-path` came with Nix 2.30 (NixOS/nix#13003). Older ones say `unknown setting` and
    /// go on, so a wrong answer costs the records and nothing else.
    pub(super) fn has_log_path(self) -> bool {
        !self.lix && (self.major, self.minor) >= (2, 30)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nix_says_its_number_last() {
        let read = |text| Version::read(text).map(|v| (v.lix, v.major, v.minor));
        assert_eq!(read("nix (Nix) 2.8.0\n"), Some((false, 2, 8)));
        assert_eq!(read("nix (Nix) 2.32.0pre20250901_1935c19\n"), Some((false, 2, 32)));
        assert_eq!(read("nix (Determinate Nix 3.8.5) 2.30.2\n"), Some((false, 2, 30)));
        assert_eq!(read("nix (Lix, like Nix) 2.91.1\n"), Some((true, 2, 91)));
        assert_eq!(read("warning: unknown setting 'x'\nnix (Nix) 2.8.0"), Some((false, 2, 8)));
        assert_eq!(read("zsh: command not found: nix"), None);
        assert_eq!(read("nix (Nix)"), None);
        assert_eq!(read(""), None);
    }
}
