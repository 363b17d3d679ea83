//! Who and where: user, home, machine, platform, tools. The only reader of the environment, of
//! `PATH` and of the account database.
//!
//! The platform is a value, so that what happens on a Mac is produced and tested on Linux.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::problem::Problem;
use crate::run::shell_word;

/// The operating system; decides where programs look for things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Os {
    Darwin,
    Linux,
}

/// Everything that doorstep knows of the machine and the person at it.
#[derive(Debug, Clone)]
pub struct Host {
    pub account: Account,
    /// The machine's short name, as the fleet would write it.
    pub name: String,
    pub os: Os,
    /// Nix's name of the processor, such as `aarch64` or `x86_64`.
    pub arch: String,
    /// `HOME` when it is set, else the account's home folder.
    pub home: PathBuf,
    /// Whether this account may administer the machine.
    admin: bool,
    env: BTreeMap<String, OsString>,
}

/// An account of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub home: PathBuf,
    /// The person's name as the account database has it.
    pub full_name: Option<String>,
}

impl Host {
    /// Reads the real machine. Runs no process and reaches no network.
    pub fn read() -> Result<Self, Problem> {
        let uid = rustix::process::geteuid().as_raw();
        let account = account_of(uid)?;
        let env: BTreeMap<String, OsString> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        let home = directories::BaseDirs::new()
            .map(|dirs| dirs.home_dir().to_owned())
            .filter(|home| home.is_absolute())
            .unwrap_or_else(|| account.home.clone());
        let names = rustix::system::uname();
        let name = names.nodename().to_string_lossy();
        let name = name.split('.').next().unwrap_or_default().to_owned();
        let mut groups: Vec<u32> = rustix::process::getgroups()
            .unwrap_or_default()
            .into_iter()
            .map(rustix::fs::Gid::as_raw)
            .collect();
        groups.push(rustix::process::getegid().as_raw());
        Ok(Self {
            account,
            name,
            os: if std::env::consts::OS == "macos" { Os::Darwin } else { Os::Linux },
            arch: std::env::consts::ARCH.to_owned(),
            home,
            admin: uid == 0 || in_admin_group(&groups),
            env,
        })
    }

    /// A host made of given values, for practice and tests: its person is no administrator, and
    /// no tool is on its `PATH` until `env` says so.
    pub fn pretend(
        account: Account,
        name: &str,
        os: Os,
        arch: &str,
        env: BTreeMap<String, OsString>,
    ) -> Self {
        let home = account.home.clone();
        let arch = arch.to_owned();
        Self { account, name: name.to_owned(), os, arch, home, admin: false, env }
    }

    /// The folder that relative paths of the command line start at.
    ///
    /// # Errors
    /// It was removed, or may not be entered.
    pub fn current_folder() -> Result<PathBuf, Problem> {
        std::env::current_dir()
            .map_err(|e| Problem::tool("the current folder cannot be read").cause(e))
    }

    /// Nix's name of this system, such as `aarch64-darwin`.
    pub fn system(&self) -> String {
        let os = match self.os {
            Os::Darwin => "darwin",
            Os::Linux => "linux",
        };
        format!("{}-{os}", self.arch)
    }

    /// An environment variable that is set, not empty and valid UTF-8.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).and_then(|v| v.to_str()).filter(|v| !v.is_empty())
    }

    /// The whole environment, for children.
    pub fn env(&self) -> &BTreeMap<String, OsString> {
        &self.env
    }

    /// The full path of a program on `PATH`.
    pub fn tool(&self, name: &str) -> Option<PathBuf> {
        let path = self.env.get("PATH")?;
        which::which_in(name, Some(path), "/").ok()
    }

    pub fn is_root(&self) -> bool {
        self.account.uid == 0
    }

    pub fn is_admin(&self) -> bool {
        self.admin
    }

    /// `$XDG_CONFIG_HOME` or `~/.config`, on every platform.
    pub fn config_dir(&self) -> PathBuf {
        self.absolute_var("XDG_CONFIG_HOME").unwrap_or_else(|| self.home.join(".config"))
    }

    /// `$XDG_STATE_HOME` or `~/.local/state`, on every platform: home-manager keeps its profiles
    /// there on macOS too.
    pub fn state_dir(&self) -> PathBuf {
        self.absolute_var("XDG_STATE_HOME").unwrap_or_else(|| self.home.join(".local/state"))
    }

    /// doorstep's own folder for receipts.
    pub fn receipts_dir(&self) -> PathBuf {
        self.state_dir().join("doorstep")
    }

    /// What was heard of each run's commands.
    pub fn logs_dir(&self) -> PathBuf {
        self.receipts_dir().join(crate::activate::kept_log::FOLDER)
    }

    /// Where the sops command looks for age keys without any variable that names a file
    /// (`getUserConfigDir` in sops's age/keysource.go): on macOS `~/Library/Application Support`
    /// unless `XDG_CONFIG_HOME` is set, with no fallback from one to the other.
    pub fn sops_default_key_file(&self) -> PathBuf {
        let dir = match (self.os, self.absolute_var("XDG_CONFIG_HOME")) {
            (_, Some(dir)) => dir,
            (Os::Darwin, None) => self.home.join("Library/Application Support"),
            (Os::Linux, None) => self.home.join(".config"),
        };
        dir.join("sops/age/keys.txt")
    }

    /// `path` with the home folder as `~`, for people.
    pub fn short(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Ok(rest) => format!("~/{}", rest.display()),
            Err(_) => path.display().to_string(),
        }
    }

    /// `path` as a person would type it in a shell: short where that is safe bare, else quoted, and
    /// then whole, because no shell knows `~` in quotes.
    pub fn typed(&self, path: &Path) -> String {
        let whole = shell_word(&path.display().to_string());
        let short = self.short(path);
        let below = short.strip_prefix('~');
        if below.is_some_and(|below| below.is_empty() || shell_word(below) == below) {
            short
        } else {
            whole
        }
    }

    /// `~`, `~/…` and relative paths made absolute; relative ones start at `base`.
    pub fn expand(&self, path: &str, base: &Path) -> PathBuf {
        match path.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with('/') => self.home.join(&rest[1..]),
            _ => base.join(path),
        }
    }

    fn absolute_var(&self, name: &str) -> Option<PathBuf> {
        self.var(name).map(PathBuf::from).filter(|p| p.is_absolute())
    }

    /// Looks somebody up in the account database of this machine.
    pub fn account(&self, name: &str) -> Option<Account> {
        if name == self.account.name {
            return Some(self.account.clone());
        }
        unix::unistd::User::from_name(name).ok().flatten().map(Account::from)
    }
}

impl From<unix::unistd::User> for Account {
    fn from(user: unix::unistd::User) -> Self {
        // The comment field holds the full name up to the first comma.
        let gecos = user.gecos.to_string_lossy();
        let full_name = gecos.split(',').next().map(str::trim).filter(|n| !n.is_empty());
        Self {
            full_name: full_name.map(str::to_owned),
            name: user.name,
            uid: user.uid.as_raw(),
            home: user.dir,
        }
    }
}

/// From group membership alone: trying sudo would send the administrators a report. macOS names
/// the group `admin`, Linux `wheel` or `sudo`.
fn in_admin_group(groups: &[u32]) -> bool {
    ["admin", "wheel", "sudo"].iter().any(|name| {
        let group = unix::unistd::Group::from_name(name).ok().flatten();
        group.is_some_and(|group| groups.contains(&group.gid.as_raw()))
    })
}

fn account_of(uid: u32) -> Result<Account, Problem> {
    match unix::unistd::User::from_uid(unix::unistd::Uid::from_raw(uid)) {
        Ok(Some(user)) => Ok(Account::from(user)),
        Ok(None) => Err(Problem::tool(format!("this machine has no account with number {uid}"))
            .hint("ask an administrator to create your account first")),
        Err(e) => Err(Problem::tool("the account database cannot be read").cause(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(env: &[(&str, &str)]) -> Host {
        let account = Account {
            name: "zoe".into(),
            uid: 501,
            home: PathBuf::from("/Users/zoe"),
            full_name: None,
        };
        let env = env.iter().map(|(n, v)| ((*n).to_owned(), OsString::from(v))).collect();
        Host::pretend(account, "quartz", Os::Darwin, "aarch64", env)
    }

    #[test]
    fn the_sops_command_looks_elsewhere_on_a_mac() {
        let path = |host: Host| host.sops_default_key_file().display().to_string();
        assert_eq!(path(mac(&[])), "/Users/zoe/Library/Application Support/sops/age/keys.txt");
        assert_eq!(
            path(mac(&[("XDG_CONFIG_HOME", "/Users/zoe/.config")])),
            "/Users/zoe/.config/sops/age/keys.txt"
        );
    }

    #[test]
    fn paths_are_shortened_and_expanded() {
        let host = mac(&[]);
        assert_eq!(host.short(Path::new("/Users/zoe")), "~");
        assert_eq!(host.short(Path::new("/Users/zoe/fleet/x")), "~/fleet/x");
        assert_eq!(host.short(Path::new("/Users/zoey")), "/Users/zoey");
        assert_eq!(host.expand("~/fleet", Path::new("/b")), Path::new("/Users/zoe/fleet"));
        assert_eq!(host.expand("fleet", Path::new("/b")), Path::new("/b/fleet"));
        assert_eq!(host.expand("~ada", Path::new("/b")), Path::new("/b/~ada"));
    }

    #[test]
    fn a_path_to_type_survives_a_shell() {
        let typed = |path: &str| mac(&[]).typed(Path::new(path));
        assert_eq!(typed("/Users/zoe"), "~");
        assert_eq!(typed("/Users/zoe/fleet"), "~/fleet");
        assert_eq!(typed("/srv/fleet"), "/srv/fleet");
        assert_eq!(typed("/Users/zoe/my fleet"), "'/Users/zoe/my fleet'");
        assert_eq!(typed("/Users/zoe/$(x)'"), r"'/Users/zoe/$(x)'\'''");
    }

    #[test]
    fn an_empty_or_relative_variable_counts_as_unset() {
        let host = mac(&[("XDG_CONFIG_HOME", ""), ("XDG_STATE_HOME", "state")]);
        assert_eq!(host.config_dir(), Path::new("/Users/zoe/.config"));
        assert_eq!(host.state_dir(), Path::new("/Users/zoe/.local/state"));
    }

    #[test]
    fn this_machine_can_be_read() {
        let host = Host::read().unwrap();
        assert!(!host.account.name.is_empty());
        assert!(host.tool("sh").is_some());
        assert!(host.tool("no-such-program-anywhere").is_none());
    }
}
