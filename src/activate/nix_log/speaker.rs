//! Which command carries Nix's records, by which way, and what it has to be told for it.
//!
//! | command | socket (`--option json-log-path`) | standard error (`--log-format internal-json`) |
//! |---|---|---|
//! | `nix build` and its kin | yes | yes |
//! | `nix-build` and its kin | no: only `nix` itself applies it (src/nix/main.cc) | yes |
//! | `home-manager --flake` | yes | yes (`PASSTHROUGH_OPTS`) |
//! | `home-manager` without a flake | no: it runs `nix-build` | yes |
//! | `darwin-rebuild` | yes | yes |
//! | `nixos-rebuild` | yes, unless another `--option` is there: its newer version keeps the last only | yes |
//! | `nh` | yes | with `--no-nom` only, and then on standard output |
//! | `clan` | no: it may run Nix on a machine where our socket is not, which would fail | no such flag |
//! | anything else, or building on another machine | no | no |

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::Version;
use crate::run::Command;

/// The way that records take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A Unix socket that each Nix process connects to. Standard error stays text for people.
    Socket,
    /// Lines marked `@nix ` on standard error.
    Stderr,
    /// No records: what a person would read.
    Plain,
}

/// A command, by what it does with Nix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// `nix build`, `nix run`, …
    Nix,
    /// `nix run …#home-manager -- switch`: the Nix outside builds little, the one inside much.
    NixRunsHomeManager,
    /// `nix-build`, `nix-shell`, …
    OldNix,
    HomeManager,
    DarwinRebuild,
    NixosRebuild {
        /// Whether it is given an `--option` already.
        has_option: bool,
    },
    Nh {
        /// Whether nix-output-monitor is kept out of it.
        no_nom: bool,
    },
    Clan,
    Other,
}

impl Speaker {
    /// Recognises a command by its program, behind `sudo` too.
    pub fn of(command: &Command) -> Self {
        let words: Vec<&OsStr> = words(command);
        let Some((program, args)) = words.split_first() else { return Self::Other };
        let has = |word: &str| args.iter().any(|arg| *arg == word);
        // Where the build happens our socket is not, and its flags are not its own.
        if has("--build-host") || has("--target-host") {
            return Self::Other;
        }
        let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
        match &*name {
            "nix" if has("run") && args.iter().any(|a| ends_in_home_manager(a)) => {
                Self::NixRunsHomeManager
            }
            "nix" => Self::Nix,
            "nix-build" | "nix-shell" | "nix-instantiate" | "nix-store" => Self::OldNix,
            "home-manager" if has("--flake") => Self::HomeManager,
            "home-manager" => Self::OldNix,
            "darwin-rebuild" => Self::DarwinRebuild,
            "nixos-rebuild" | "nixos-rebuild-ng" => {
                Self::NixosRebuild { has_option: has("--option") }
            }
            "nh" => Self::Nh { no_nom: has("--no-nom") },
            "clan" => Self::Clan,
            _ => Self::Other,
        }
    }

    /// Whether the version of Nix makes a difference; where not, it need not be asked for.
    pub fn needs_version(self) -> bool {
        !matches!(self, Self::Other | Self::Clan)
    }

    /// The best way for this command with this Nix. Where nobody knows which Nix it is, none: a
    /// flag that is not known would stop it.
    pub fn transport(self, version: Option<Version>) -> Transport {
        let Some(version) = version else { return Transport::Plain };
        let takes_option = match self {
            Self::Nix | Self::NixRunsHomeManager | Self::HomeManager | Self::DarwinRebuild => true,
            Self::NixosRebuild { has_option } => !has_option,
            Self::Nh { .. } => true,
            Self::OldNix | Self::Clan | Self::Other => false,
        };
        let takes_format = match self {
            Self::Clan | Self::Other => false,
            Self::Nh { no_nom } => no_nom,
            _ => true,
        };
        match (takes_option && version.has_log_path(), takes_format) {
            (true, _) => Transport::Socket,
            (false, true) => Transport::Stderr,
            (false, false) => Transport::Plain,
        }
    }

    /// What `command` is told on top. `socket` is where it is listened at.
    pub fn told(self, command: &Command, transport: Transport, socket: &Path) -> Command {
        let mut extra: Vec<OsString> = match transport {
            Transport::Plain => return command.clone(),
            Transport::Socket => vec!["--option".into(), "json-log-path".into(), socket.into()],
            Transport::Stderr => vec!["--log-format".into(), "internal-json".into()],
        };
        // The files that are read are the only sign of life of an evaluation. As text on
        // standard error they would bury everything else.
        if transport == Transport::Stderr && self == Self::Nix {
            extra.push("-v".into());
        }
        let mut told = command.clone();
        let is_end = |arg: &OsString| arg == "--";
        let own = told.args.iter().position(is_end).unwrap_or(told.args.len());
        if self == Self::NixRunsHomeManager && own < told.args.len() {
            told.args.extend(extra.clone());
        }
        told.args.splice(own..own, extra);
        told
    }
}

/// The machines that `clan machines update` is given: their lines are marked with their names.
pub(super) fn machines(command: &Command) -> Vec<String> {
    let is_fetched = command.args.iter().any(|arg| arg.to_string_lossy().ends_with("#clan-cli"));
    if Speaker::of(command) != Speaker::Clan && !is_fetched {
        return Vec::new();
    }
    let words = command.args.iter().map(|arg| arg.to_string_lossy().into_owned());
    let names = words.skip_while(|word| word != "update").skip(1);
    names.filter(|word| !word.starts_with('-')).collect()
}

/// Program and arguments, without a `sudo` in front.
fn words(command: &Command) -> Vec<&OsStr> {
    let mut words: Vec<&OsStr> = std::iter::once(command.program.as_os_str())
        .chain(command.args.iter().map(OsString::as_os_str))
        .collect();
    if Path::new(words[0]).file_name() == Some(OsStr::new("sudo")) {
        let mut at = 1;
        while let Some(word) = words.get(at).map(|word| word.to_string_lossy()) {
            match &*word {
                "-u" | "-g" | "-p" | "-D" | "-R" => at += 2,
                flag if flag.starts_with('-') || flag.contains('=') => at += 1,
                _ => break,
            }
        }
        words.drain(..at.min(words.len()));
    }
    words
}

fn ends_in_home_manager(arg: &OsStr) -> bool {
    let arg = arg.to_string_lossy();
    arg.ends_with("#home-manager") || arg == "home-manager"
}

#[cfg(test)]
mod tests;
