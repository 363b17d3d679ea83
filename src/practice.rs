//! The practice fleet: a whole small fleet that the binary carries, unpacked into a folder of its
//! own, with a pretend home, made-up people and real keys and secrets.
//!
//! Everything happens inside that folder: `HOME`, the XDG folders and sops's variables point into
//! it, and nothing outside is read for keys or written.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rust_embed::RustEmbed;

use crate::git;
use crate::host::{Account, Host, Os};
use crate::key::Identity;
use crate::problem::Problem;
use crate::run::Runner;
use crate::sops::{Creation, SecretValue, create_yaml};

#[derive(RustEmbed)]
#[folder = "assets/practice/fleet"]
struct Assets;

/// Marks a folder as one that `doorstep practice` made and may start afresh.
pub(crate) const MARKER: &str = ".doorstep-practice";

/// Who is brought in.
pub const NEWCOMER: &str = "zoe";

/// A practice folder, unpacked.
#[derive(Debug)]
pub struct Practice {
    pub dir: PathBuf,
}

/// What stands where a practice folder should go.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    Nothing,
    /// An earlier practice folder.
    Earlier,
}

impl Practice {
    pub fn fleet(&self) -> PathBuf {
        self.dir.join("fleet")
    }

    pub fn home(&self) -> PathBuf {
        self.dir.join("home")
    }

    /// The pretend administrator's private key: outside the pretend home, as in real life.
    pub fn admin_key(&self) -> PathBuf {
        self.dir.join("admin/keys.txt")
    }

    fn run(&self) -> PathBuf {
        self.dir.join("run")
    }

    /// What stands at `dir`.
    ///
    /// # Errors
    /// When something that is not ours is there.
    pub fn standing(dir: &Path) -> Result<Standing, Problem> {
        let shown = dir.display();
        match fs::read_dir(dir) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Standing::Nothing),
            Err(e) => Err(Problem::user(format!("`{shown}` cannot be used for practice")).cause(e)),
            Ok(_) if dir.join(MARKER).is_file() => Ok(Standing::Earlier),
            Ok(mut entries) => match entries.next() {
                None => Ok(Standing::Nothing),
                Some(_) => Err(Problem::user(format!("`{shown}` is not empty"))
                    .cause("it was not made by `doorstep practice`, so it is left as it is")
                    .hint("name a new folder: `doorstep practice --dir DIR`")),
            },
        }
    }

    /// Moves an earlier practice folder aside and says where it went.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn move_aside(dir: &Path) -> Result<PathBuf, Problem> {
        let beside = |n: u32| {
            let mut name = dir.as_os_str().to_owned();
            name.push(format!(".{n}"));
            PathBuf::from(name)
        };
        let free = (1..u32::MAX).map(beside).find(|p| fs::symlink_metadata(p).is_err());
        let aside = free.ok_or_else(|| Problem::bug("no free name beside the practice folder"))?;
        fs::rename(dir, &aside).map_err(|e| {
            Problem::tool(format!("`{}` could not be moved aside", dir.display())).cause(e)
        })?;
        Ok(aside)
    }

    /// A practice folder to be made at `dir`, an absolute path.
    ///
    /// # Errors
    /// A path that Nix cannot take: versions up to 2.8 refuse a flake whose path has a blank.
    pub fn at(dir: &Path) -> Result<Self, Problem> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.+@".contains(c);
        match dir.to_str() {
            Some(text) if text.chars().all(plain) => Ok(Self { dir: dir.to_owned() }),
            _ => Err(Problem::user(format!("`{}` cannot hold a practice fleet", dir.display()))
                .cause("Nix takes only letters, digits and - _ . + @ in a flake's path")
                .hint("name another folder: `doorstep practice --dir DIR`")),
        }
    }

    /// The practice folder that `path` lies in.
    pub fn around(path: &Path) -> Option<Self> {
        let dir = path.ancestors().find(|dir| dir.join(MARKER).is_file())?;
        Some(Self { dir: dir.to_owned() })
    }

    /// Unpacks the fleet, makes its administrator's key and its people's encrypted secrets, and
    /// commits it all to a new git repository. `runner` has the pretend host's environment.
    ///
    /// # Errors
    /// When the folder cannot be written or git is missing.
    pub fn unpack(&self, host: &Host, runner: &mut dyn Runner) -> Result<(), Problem> {
        git::ready(host, runner)?;
        let people = People::new();
        self.make_folders()?;
        // From here on the folder is known as ours, also when it is not finished.
        let mark = b"A pretend fleet made by doorstep practice. Delete it any time.\n";
        self.write(&self.dir.join(MARKER), mark, 0o644)?;
        self.write_fleet(&people)?;
        let admin = people.admin.key_file_text(SystemTime::now().into());
        self.write(&self.admin_key(), admin.as_bytes(), 0o600)?;
        self.write_secrets(&people)?;
        git::start(runner, &self.fleet(), "A fleet to practise on")
    }

    /// The pretend person at the pretend machine, on the real platform: what is built and
    /// activated here really runs.
    pub fn host(&self, real: &Host) -> Host {
        let account = Account {
            name: NEWCOMER.to_owned(),
            uid: real.account.uid,
            home: self.home(),
            full_name: Some("Zoe".to_owned()),
        };
        let machine = match real.os {
            Os::Darwin => "quartz",
            Os::Linux => "granite",
        };
        Host::pretend(account, machine, real.os, &real.arch, self.env(real))
    }

    /// The real environment without anything that leads to the real home or to real keys.
    fn env(&self, real: &Host) -> BTreeMap<String, OsString> {
        let kept = |name: &str| {
            ["PATH", "TERM", "COLORTERM", "LANG", "TZ", "TMPDIR", "SHELL", "NO_COLOR", "ACCESSIBLE"]
                .contains(&name)
                || ["LC_", "NIX_", "SSL_CERT_", "DOORSTEP_"].iter().any(|p| name.starts_with(p))
        };
        let mut env = real.env().clone();
        env.retain(|name, _| kept(name));
        for name in ["USER", "LOGNAME"] {
            env.insert(name.to_owned(), NEWCOMER.into());
        }
        env.insert("HOME".to_owned(), self.home().into());
        env.insert("XDG_RUNTIME_DIR".to_owned(), self.run().into());
        // The real machine's git settings are none of the pretend person's.
        env.insert("GIT_CONFIG_NOSYSTEM".to_owned(), "1".into());
        env
    }

    fn make_folders(&self) -> Result<(), Problem> {
        for (folder, mode) in [
            (self.dir.clone(), 0o755),
            (self.fleet(), 0o755),
            (self.home(), 0o700),
            (self.run(), 0o700),
            (self.dir.join("admin"), 0o700),
        ] {
            fs::create_dir_all(&folder)
                .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)))
                .map_err(|e| cannot_write(&folder, e))?;
        }
        Ok(())
    }

    fn write_fleet(&self, people: &People) -> Result<(), Problem> {
        for name in Assets::iter() {
            let Some(file) = Assets::get(&name) else { continue };
            // A script is known by its first line: the binary carries contents, not modes.
            let mode = if file.data.starts_with(b"#!") { 0o755 } else { 0o644 };
            let text = people.fill_in(&String::from_utf8_lossy(&file.data));
            self.write(&self.fleet().join(name.as_ref()), text.as_bytes(), mode)?;
        }
        let home = serde_json::json!({ "home": self.home() }).to_string();
        self.write(&self.fleet().join("practice.json"), home.as_bytes(), 0o644)
    }

    fn write_secrets(&self, people: &People) -> Result<(), Problem> {
        for (name, identity) in [("ada", &people.ada), ("grace", &people.grace)] {
            let secrets = [
                ("github-token", SecretValue::from(format!("ghp_pretend_{name}"))),
                ("ssh-signing-key", SecretValue::from(format!("pretend key of {name}"))),
            ];
            let recipients = [identity.recipient(), people.admin.recipient()];
            let text =
                create_yaml(&secrets, &recipients, &Creation::default(), SystemTime::now().into())
                    .map_err(|e| Problem::bug("the practice secrets cannot be made").cause(e))?;
            let path = self.fleet().join(format!("secrets/users/{name}.sops.yaml"));
            self.write(&path, text.as_bytes(), 0o644)?;
        }
        Ok(())
    }

    fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), Problem> {
        let parent = path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(path, bytes))
            .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)))
            .map_err(|e| cannot_write(path, e))
    }
}

fn cannot_write(path: &Path, e: std::io::Error) -> Problem {
    Problem::tool(format!("`{}` cannot be written", path.display()))
        .cause(e)
        .hint("name another folder: `doorstep practice --dir DIR`")
}

/// The made-up people's keys, new for every practice folder: a key that everybody knows must not
/// look like one that protects something.
struct People {
    admin: Identity,
    ada: Identity,
    grace: Identity,
}

impl People {
    fn new() -> Self {
        Self { admin: Identity::generate(), ada: Identity::generate(), grace: Identity::generate() }
    }

    fn fill_in(&self, text: &str) -> String {
        text.replace("@ADMIN@", self.admin.recipient().as_str())
            .replace("@ADA@", self.ada.recipient().as_str())
            .replace("@GRACE@", self.grace.recipient().as_str())
    }
}
