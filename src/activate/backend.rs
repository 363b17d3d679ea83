//! Which program puts a standalone home in place. All of them get a home that is built already, so
//! that what is in the way is known before anything changes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::host::Host;
use crate::problem::Problem;
use crate::run::Command;

/// A way to activate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// The built package's own `activate`: needs nothing but Nix.
    #[default]
    Nix,
    /// `home-manager switch --flake`, from `PATH` or in the fleet's own version.
    HomeManager,
    /// `nh home switch -c`.
    Nh,
}

/// What a backend is told.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub fleet: &'a Path,
    /// Name in `homeConfigurations`.
    pub configuration: &'a str,
    /// Link to the built package.
    pub package: &'a Path,
    /// Locked revision of home-manager, for when it is not on `PATH`.
    pub home_manager: Option<&'a str>,
    /// Further arguments for the `nix` inside.
    pub nix: &'a [String],
}

impl Backend {
    /// The command that activates, without its environment.
    ///
    /// # Errors
    /// The program is missing and nothing can stand in for it.
    pub fn command(self, host: &Host, target: &Target) -> Result<Command, Problem> {
        match self {
            Self::Nix => Ok(Command::new(target.package.join("activate"))),
            Self::HomeManager => home_manager(host, target),
            Self::Nh => nh(host, target),
        }
    }
}

/// The name is always given: home-manager would otherwise probe `user@host` and `user`, and
/// evaluate the fleet for it.
fn home_manager(host: &Host, target: &Target) -> Result<Command, Problem> {
    let switch = [
        "switch".to_owned(),
        "--flake".to_owned(),
        format!("{}#{}", target.fleet.display(), target.configuration),
    ];
    let command = match (host.tool("home-manager"), target.home_manager) {
        (Some(_), _) => Command::new("home-manager"),
        // The revision that the fleet is locked to, so that nothing else is fetched and trusted.
        (None, Some(revision)) => nix()
            .arg("run")
            .arg(format!("github:nix-community/home-manager/{revision}#home-manager"))
            .arg("--"),
        (None, None) => {
            return Err(Problem::tool("`home-manager` is not on PATH")
                .cause("the fleet's `flake.lock` names no home-manager that could be run instead")
                .hint(
                    "leave out `--backend`: building with Nix and activating needs no home-manager",
                ));
        }
    };
    Ok(command.args(switch).args(target.nix))
}

/// `-c` is always given: nh tries `user@host` and `user` by itself, and 17 of 28 real fleets name
/// their configurations otherwise.
fn nh(host: &Host, target: &Target) -> Result<Command, Problem> {
    if host.tool("nh").is_none() {
        return Err(Problem::tool("`nh` is not on PATH")
            .hint("leave out `--backend`: building with Nix and activating needs no nh"));
    }
    let mut command = Command::new("nh")
        .args(["home", "switch", "--no-nom", "-c"])
        .arg(target.configuration)
        .arg(target.fleet)
        // nh refuses to start without them, and takes no flag for them.
        .env("NIX_CONFIG", "extra-experimental-features = nix-command flakes");
    if !target.nix.is_empty() {
        command = command.arg("--").args(target.nix);
    }
    Ok(command)
}

/// Nix with what flakes need, whatever the machine's own settings say: for the child only.
pub fn nix() -> Command {
    Command::new("nix").args(["--extra-experimental-features", "nix-command flakes"])
}

/// The link that hands the built home to the activation, and keeps it from being collected
/// meanwhile.
pub fn package_link(host: &Host, username: &str) -> PathBuf {
    host.receipts_dir().join(format!("built-{username}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::host::{Account, Os};

    fn typed(backend: Backend, tools: &[&str], revision: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        for tool in tools {
            let path = folder.path().join(tool);
            std::fs::write(&path, "#!/bin/sh\n").unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&path, mode).unwrap();
        }
        let account =
            Account { name: "zoe".into(), uid: 501, home: "/Users/zoe".into(), full_name: None };
        let env = BTreeMap::from([("PATH".to_owned(), folder.path().as_os_str().to_owned())]);
        let host = Host::pretend(account, "quartz", Os::Darwin, "aarch64", env);
        let target = Target {
            fleet: Path::new("/Users/zoe/fleet"),
            configuration: "zoe@aarch64-darwin",
            package: Path::new("/Users/zoe/.local/state/doorstep/built-zoe"),
            home_manager: revision,
            nix: &[],
        };
        backend.command(&host, &target).map_or_else(|p| p.to_string(), |c| c.typed())
    }

    #[test]
    fn the_package_activates_itself() {
        let typed = typed(Backend::Nix, &[], None);
        assert_eq!(typed, "/Users/zoe/.local/state/doorstep/built-zoe/activate");
    }

    #[test]
    fn the_configurations_name_is_never_left_to_a_tool() {
        assert_eq!(
            typed(Backend::HomeManager, &["home-manager"], None),
            "home-manager switch --flake /Users/zoe/fleet#zoe@aarch64-darwin"
        );
        assert_eq!(
            typed(Backend::Nh, &["nh"], None),
            "nh home switch --no-nom -c zoe@aarch64-darwin /Users/zoe/fleet"
        );
    }

    #[test]
    fn a_missing_home_manager_is_the_fleets_own_or_nothing() {
        insta::assert_snapshot!(typed(Backend::HomeManager, &[], Some("ec1a8fdf")), @"nix --extra-experimental-features 'nix-command flakes' run github:nix-community/home-manager/ec1a8fdf#home-manager -- switch --flake /Users/zoe/fleet#zoe@aarch64-darwin");
        insta::assert_snapshot!(typed(Backend::HomeManager, &[], None), @"
        error: `home-manager` is not on PATH
        cause: the fleet's `flake.lock` names no home-manager that could be run instead
        hint: leave out `--backend`: building with Nix and activating needs no home-manager
        ");
    }
}
