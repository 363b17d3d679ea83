//! Which program puts a home or a machine's system in place, one file each. A program is chosen by
//! what is really here, and gets something that is built already wherever that is possible, so that
//! what changes and what is in the way is known before anything does.

pub(crate) mod clan;
mod darwin_rebuild;
pub mod home;
mod home_manager;
mod locked;
mod nh;
mod nixos_rebuild;
mod package;
pub mod system;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fleet::Platform;
use crate::host::Host;
use crate::plan::Step;
use crate::problem::Problem;
use crate::run::{Asks, Command, shell_word};

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
    /// `darwin-rebuild switch --flake`, for a whole Mac.
    DarwinRebuild,
    /// `nh darwin switch -H`.
    NhDarwin,
    /// `nixos-rebuild switch --flake`, for a whole NixOS machine.
    NixosRebuild,
    /// `nh os switch -H`.
    NhOs,
    /// `clan machines update`, for one machine or several.
    Clan,
}

/// Whether a backend fits, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    Best(String),
    Works(String),
    No(String),
}

/// What a backend is told, and what was found around it.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub host: &'a Host,
    /// The fleet's root.
    pub fleet: &'a Path,
    pub goal: Goal<'a>,
    /// Further arguments for every `nix` of this run.
    pub nix: &'a [String],
    /// Whether something that is missing could be fetched.
    pub network: bool,
    /// Whether this very system is NixOS.
    pub is_nixos: bool,
}

/// What is to be put in place.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'a> {
    Home(Home<'a>),
    System(System<'a>),
}

/// A home that its person activates alone.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    pub user: &'a str,
    /// Where the flake keeps homes: `homeConfigurations`, or the same under `legacyPackages`.
    pub output: &'a str,
    /// The name there.
    pub configuration: &'a str,
    /// Link to the built package.
    pub package: &'a Path,
}

/// Whole machines.
#[derive(Debug, Clone, Copy)]
pub struct System<'a> {
    /// Names in the fleet, one at least.
    pub machines: &'a [String],
    pub platform: Platform,
    /// Whether the one machine is this one.
    pub is_here: bool,
    /// How the fleet says it is updated, such as `clan`.
    pub deploy: Option<&'a str>,
    /// `ssh` destinations of the machines, as far as the fleet's text gives them.
    pub addresses: &'a [String],
    /// Link to the built system.
    pub package: &'a Path,
    /// The link to the system that runs; see [`system::CURRENT`].
    pub profile: &'a Path,
}

impl Backend {
    pub const ALL: [Self; 8] = [
        Self::Nix,
        Self::HomeManager,
        Self::Nh,
        Self::DarwinRebuild,
        Self::NhDarwin,
        Self::NixosRebuild,
        Self::NhOs,
        Self::Clan,
    ];

    /// As on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Nix => "nix",
            Self::HomeManager => "home-manager",
            Self::Nh => "nh",
            Self::DarwinRebuild => "darwin-rebuild",
            Self::NhDarwin => "nh-darwin",
            Self::NixosRebuild => "nixos-rebuild",
            Self::NhOs => "nh-os",
            Self::Clan => "clan",
        }
    }

    /// Whether it activates homes; the others activate machines.
    pub fn is_for_homes(self) -> bool {
        matches!(self, Self::Nix | Self::HomeManager | Self::Nh)
    }

    /// Whether it fits here.
    pub fn offer(self, cx: &Context) -> Offer {
        match (self, cx.goal) {
            (Self::Nix, Goal::Home(_)) => package::offer(cx),
            (Self::HomeManager, Goal::Home(_)) => home_manager::offer(cx),
            (Self::Nh, Goal::Home(_)) => nh::offer_home(cx),
            (Self::DarwinRebuild, Goal::System(system)) => darwin_rebuild::offer(cx, &system),
            (Self::NhDarwin | Self::NhOs, Goal::System(system)) => {
                nh::offer_system(cx, &system, self.platform())
            }
            (Self::NixosRebuild, Goal::System(system)) => nixos_rebuild::offer(cx, &system),
            (Self::Clan, Goal::System(system)) => clan::offer(cx, &system),
            (_, Goal::Home(_)) => Offer::No("it activates whole machines, not one home".into()),
            (_, Goal::System(_)) => Offer::No("it activates one home, not whole machines".into()),
        }
    }

    /// What is done, in order.
    ///
    /// # Errors
    /// It is not offered, with the reason.
    pub fn steps(self, cx: &Context) -> Result<Vec<Step>, Problem> {
        if let Offer::No(why) = self.offer(cx) {
            let what = match cx.goal {
                Goal::Home(_) => "your home",
                Goal::System(_) => "this system",
            };
            return Err(Problem::tool(format!("`{}` cannot activate {what}", self.id()))
                .cause(why)
                .hint("leave out `--backend`: what fits here is chosen then"));
        }
        match (self, cx.goal) {
            (Self::HomeManager, Goal::Home(home)) => home_manager::steps(cx, &home),
            (Self::Nh, Goal::Home(home)) => nh::steps_home(cx, &home),
            (_, Goal::Home(home)) => package::steps(cx, &home),
            (Self::NhDarwin | Self::NhOs, Goal::System(system)) => {
                nh::steps_system(cx, &system, self.platform())
            }
            (Self::NixosRebuild, Goal::System(system)) => nixos_rebuild::steps(cx, &system),
            (Self::Clan, Goal::System(system)) => clan::steps(cx, &system),
            (_, Goal::System(system)) => darwin_rebuild::steps(cx, &system),
        }
    }

    /// The first that is best here, else the first that works; with its reason.
    ///
    /// # Errors
    /// Nothing fits, with the reason of each.
    pub fn choose(cx: &Context) -> Result<(Self, String), Problem> {
        let mut works = None;
        let mut reasons = Vec::new();
        for backend in Self::ALL {
            match backend.offer(cx) {
                Offer::Best(why) => return Ok((backend, why)),
                Offer::Works(why) => works = works.or(Some((backend, why))),
                Offer::No(why) => reasons.push((backend, why)),
            }
        }
        works.ok_or_else(|| {
            let is_home = matches!(cx.goal, Goal::Home(_));
            let fit = reasons.into_iter().filter(|(b, _)| b.is_for_homes() == is_home);
            let start = Problem::tool("nothing here can activate it");
            fit.fold(start, |problem, (b, why)| problem.cause(format!("`{}`: {why}", b.id())))
        })
    }

    fn platform(self) -> Platform {
        match self {
            Self::NhOs | Self::NixosRebuild => Platform::Nixos,
            _ => Platform::Darwin,
        }
    }
}

impl Context<'_> {
    /// `FLEET#ATTRIBUTE`
    fn flake(&self, attribute: &str) -> String {
        format!("{}#{attribute}", self.fleet.display())
    }

    /// For tools that run `nix` by themselves and leave it to the settings whether there are flakes:
    /// switched on for them alone. The person's own `NIX_CONFIG` stays.
    fn with_flakes(&self, command: Command) -> Command {
        const ON: &str = "extra-experimental-features = nix-command flakes";
        let own = self.host.var("NIX_CONFIG").map(|own| format!("{own}\n")).unwrap_or_default();
        command.env("NIX_CONFIG", own + ON)
    }

    /// `cd` into the fleet and `command`, for people.
    fn by_hand(&self, command: String) -> Vec<String> {
        vec![format!("cd {}", self.host.typed(self.fleet)), command]
    }

    /// A program of the `PATH`, or else of the fleet's own locked `inputs` by `nix run`.
    ///
    /// # Errors
    /// A sentence: neither is possible.
    fn program(&self, name: &str, inputs: &[&str], attribute: &str) -> Result<Program, String> {
        if let Some(path) = self.host.tool(name) {
            return Ok(Program::Here(name.to_owned(), path));
        }
        let missing = format!("`{name}` is not on PATH");
        if self.host.tool("nix").is_none() {
            return Err(format!("{missing}, and neither is `nix`"));
        }
        let Some(reference) = locked::reference(self.fleet, inputs) else {
            let what = inputs.first().copied().unwrap_or(name);
            return Err(format!(
                "{missing}, and the fleet's `flake.lock` names no {what} that could be run instead"
            ));
        };
        if !self.network {
            return Err(format!("{missing}, and without a network it cannot be fetched"));
        }
        Ok(Program::Fetched(format!("{reference}#{attribute}")))
    }
}

/// A program that is here or can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Program {
    /// Its name and its path.
    Here(String, PathBuf),
    /// Of the revision that the fleet is locked to, so that nothing else is fetched and trusted.
    Fetched(String),
}

impl Program {
    fn command(&self) -> Command {
        match self {
            Self::Here(name, _) => Command::new(name),
            Self::Fetched(reference) => nix().args(["run", reference, "--"]),
        }
    }

    /// The same for root, whose `PATH` is another.
    fn command_as_root(&self, host: &Host) -> Command {
        let own = match self {
            Self::Here(_, path) => Command::new(path),
            Self::Fetched(_) => self.command(),
        };
        if host.is_root() {
            return own;
        }
        // `-H`: on macOS sudo keeps HOME, and Nix warns of a home that is not root's.
        let sudo = Command::new("sudo").arg("-H").arg(own.program);
        sudo.args(own.args)
    }

    fn offer(&self, is_best: bool, here: &str) -> Offer {
        match self {
            Self::Here(..) if is_best => Offer::Best(here.to_owned()),
            Self::Here(..) => Offer::Works(here.to_owned()),
            Self::Fetched(reference) => {
                Offer::Works(format!("it would be fetched and run: {}", shell_word(reference)))
            }
        }
    }
}

/// Addresses of inputs that are fetched over ssh, as git takes them.
pub fn ssh_inputs(fleet: &Path) -> Vec<String> {
    locked::ssh_inputs(fleet)
}

/// That a `nix` which evaluates the fleet may have to fetch private inputs. `None`: it has none.
/// A connection that may not ask finds out whether it will; where that fails, the command gets the
/// terminal.
pub fn private_inputs(fleet: &Path) -> Option<Asks> {
    let urls = locked::ssh_inputs(fleet);
    let first = urls.first()?.clone();
    let probe = |url: String| {
        Command::new("git")
            .args(["-c", "core.sshCommand=ssh -o BatchMode=yes -o ConnectTimeout=10"])
            .args(["ls-remote", "--quiet", "--"])
            .arg(url)
            .arg("HEAD")
    };
    let why =
        format!("The fleet has private inputs such as {first}, and ssh may ask for your key.");
    Some(Asks::new("ssh", why).unless(urls.into_iter().map(probe)))
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

/// The same for a machine. Names of people and machines may be the same, and a name is no path.
pub fn system_link(host: &Host, machine: &str) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = machine.chars().map(plain).collect();
    host.receipts_dir().join(format!("built-machine-{name}"))
}

/// What every `nix` of a run is told.
pub fn arguments(accept_config: bool, offline: bool) -> Vec<String> {
    let mut arguments = Vec::new();
    if offline {
        arguments.extend(["--offline", "--option", "substitute", "false"]);
    }
    // Only on a shown decision: a fleet's nixConfig may name caches to trust.
    if accept_config {
        arguments.push("--accept-flake-config");
    }
    arguments.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
