//! A healthy machine: the practice fleet with Zoe in it, her home in place, her secrets on disk, and
//! programs that say that all is well.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use doorstep::activate::InTheWayChoice;
use doorstep::check::report::Report;
use doorstep::check::{self, BOUND, CHECKS, Check, Finding, Scene};
use doorstep::front::headless::Unattended;
use doorstep::host::{Account, Host, Os};
use doorstep::key::Identity;
use doorstep::problem::Problem;
use doorstep::run::{self, Exit, Real, Runner, Stream};
use doorstep::secrets::{Asked, Carried, Hands, carry_out};
use doorstep::sops::{Creation, SecretValue, Utc, create_yaml};
use doorstep::undo::{self, TakenBack};
use tempfile::TempDir;

pub(crate) const LABEL: &str = "org.nix-community.home.sops-nix";
pub(crate) const PRACTICE: &str = ".doorstep-practice";
/// As home-manager writes it, with sops-nix's environment.
const PLIST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0">
<dict>
  <key>EnvironmentVariables</key>
  <dict>
    <key>PATH</key>
    <string>/usr/bin:/bin:/usr/sbin:/sbin</string>
  </dict>
  <key>Label</key>
  <string>org.nix-community.home.sops-nix</string>
  <key>RunAtLoad</key>
  <true/>
</dict>
</plist>
"#;
pub(crate) const SECRETS: &str = "fleet/secrets/users/zoe.sops.yaml";
pub(crate) const MODULE: &str = "fleet/modules/home/users/zoe/default.nix";
pub(crate) const OWN: &str = "fleet/modules/home/configurations/zoe.nix";
pub(crate) const KEYS: &str = "home/.config/sops/age/keys.txt";

/// Zoe brought in, once for all tests; each works on a copy.
static TEMPLATE: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("real-home");
    fs::create_dir(&home).unwrap();
    // Where the test runs as another account, the program lies where that one may look.
    let program = std::env::var_os("DOORSTEP_TEST_BINARY");
    let done = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_doorstep").into()))
        .args(["practice", "--yes", "--no-activation", "--dir"])
        .arg(dir.path().join("practice"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", &home)
        .env("USER", "zoe")
        .current_dir(&home)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let fleet = dir.path().join("practice/fleet");
    git(&fleet, &["add", "--all"]);
    git(&fleet, &["commit", "--quiet", "--message", "Zoe"]);
    fs::remove_dir_all(dir.path().join("practice/home/.local/state/doorstep")).unwrap();
    dir
});

pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=zoe", "-c", "user.email=zoe@example.com"];
    let done =
        Command::new("git").args(identity).arg("-C").arg(folder).args(args).output().unwrap();
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// One test's machine.
pub(crate) struct World {
    _dir: TempDir,
    pub(crate) root: PathBuf,
    pub(crate) os: Os,
    pub(crate) uid: u32,
    pub(crate) name: String,
    pub(crate) env: BTreeMap<String, OsString>,
    /// What programs say: the beginning of a command, its exit code and what it prints; `2> ` before
    /// a line of standard error. The longest that fits; git is always asked for real.
    pub(crate) says: Vec<(String, i32, String)>,
    _socket: UnixListener,
}

impl World {
    /// A Linux machine, on which Zoe activates her home alone.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        let copied = Command::new("cp")
            .arg("-a")
            .arg(TEMPLATE.path().join("practice/."))
            .arg(&root)
            .status()
            .unwrap();
        assert!(copied.success());
        // A real home, but for the program itself, which takes the pretend person by this file.
        fs::rename(root.join(PRACTICE), root.join("practice-marker")).unwrap();
        fs::create_dir_all(root.join("system/nix/store/x")).unwrap();
        fs::create_dir_all(root.join("system/nix/var/nix/daemon-socket")).unwrap();
        fs::create_dir_all(root.join("system/tmp")).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        let socket = root.join("system/nix/var/nix/daemon-socket/socket");
        let world = Self {
            os: Os::Linux,
            name: "granite".to_owned(),
            uid: rustix::process::geteuid().as_raw(),
            env: BTreeMap::new(),
            says: Vec::new(),
            _socket: UnixListener::bind(socket).unwrap(),
            _dir: dir,
            root,
        };
        world.write("system/etc/nix/nix.conf", "experimental-features = nix-command flakes\n");
        world.write("bin/nix", "#!/bin/sh\nexit 0\n");
        world.set_mode("bin/nix", 0o755);
        symlink(which::which("git").unwrap(), world.at("bin/git")).unwrap();
        world.activated();
        let path = world.at("bin").display().to_string();
        world
            .with_env("PATH", &path)
            .with_env("USER", "zoe")
            .saying("systemctl --user show", 0, "loaded")
            .saying("systemctl --user is-system-running", 0, "running")
            .in_memory("tmpfs on RUN type tmpfs (rw,nosuid,nodev,mode=700)")
    }

    /// What `mount` says of the folder where secrets are; RUN stands for it.
    pub(crate) fn in_memory(self, line: &str) -> Self {
        let said = line.replace("RUN", &self.at("run").display().to_string());
        self.saying("mount", 0, &format!("/dev/sda1 on / type ext4 (rw)\n{said}"))
    }

    /// A Mac.
    pub(crate) fn mac() -> Self {
        let mut world = Self::new();
        world.os = Os::Darwin;
        world.change(OWN, |text| text.replace("x86_64-linux", "aarch64-darwin"));
        git(&world.at("fleet"), &["commit", "--quiet", "--all", "--message", "A Mac"]);
        world.says.clear();
        let key = world.at(KEYS).display().to_string();
        let plist = format!("home/Library/LaunchAgents/{LABEL}.plist");
        world.write(&plist, PLIST);
        world.set_mode(&plist, 0o444);
        let gui = format!("gui/{}", world.uid);
        let loaded = "program = /bin/sh\nlast exit code = 0\n";
        world
            .with_env("SOPS_AGE_KEY_FILE", &key)
            .in_memory("/dev/disk5 on RUN (hfs, local, nodev, nosuid)")
            .saying(&format!("launchctl print-disabled {gui}"), 0, "disabled services = {\n}")
            .saying(&format!("launchctl print {gui}/{LABEL}"), 0, loaded)
            .saying(&format!("launchctl print {gui}"), 0, "gui")
    }

    fn activated(&self) {
        let generation = "store/1-home-manager-generation";
        self.write(&format!("{generation}/home-files/.zshrc"), "# made\n");
        let profiles = self.at("home/.local/state/nix/profiles");
        fs::create_dir_all(&profiles).unwrap();
        symlink(self.at(generation), profiles.join("home-manager-1-link")).unwrap();
        symlink("home-manager-1-link", profiles.join("home-manager")).unwrap();
        let _ = fs::remove_file(self.at("home/.zshrc"));
        symlink(self.at(&format!("{generation}/home-files/.zshrc")), self.at("home/.zshrc"))
            .unwrap();
        for name in ["github-token", "ssh-signing-key"] {
            self.write(&format!("run/secrets.d/1/{name}"), "x");
        }
        fs::create_dir_all(self.at("home/.config/sops-nix")).unwrap();
        symlink(self.at("run/secrets.d/1"), self.at("home/.config/sops-nix/secrets")).unwrap();
    }

    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// What a program says; the last word on it wins.
    pub(crate) fn saying(mut self, begins: &str, code: i32, stdout: &str) -> Self {
        let at = self.says.iter().position(|(known, ..)| known == begins);
        let said = (begins.to_owned(), code, stdout.to_owned());
        match at {
            Some(at) => self.says[at] = said,
            None => self.says.push(said),
        }
        self
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    /// Changes a file's text, which must differ then.
    #[track_caller]
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(String) -> String) {
        let before = self.read(path);
        let after = change(before.clone());
        assert_ne!(before, after, "{path}");
        self.write(path, &after);
    }

    pub(crate) fn set_mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        let path = self.at(path);
        match fs::symlink_metadata(&path).unwrap().is_dir() {
            true => fs::remove_dir_all(path).unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
    }

    pub(crate) fn identity(&self, path: &str) -> Identity {
        let bytes = fs::read(self.at(path)).unwrap();
        doorstep::key::KeyFile::parse(&bytes).unwrap().identities().unwrap().remove(0)
    }

    /// Zoe's file with these values, for these keys.
    pub(crate) fn secrets_for(&self, names: &[&str], readers: &[&Identity]) {
        let values: Vec<_> =
            names.iter().map(|name| (*name, SecretValue::from("x".to_owned()))).collect();
        let readers: Vec<_> = readers.iter().map(|key| key.recipient()).collect();
        let text = create_yaml(&values, &readers, &Creation::default(), now()).unwrap();
        self.write(SECRETS, &text);
    }

    pub(crate) fn host(&self) -> Host {
        let account = Account {
            name: "zoe".to_owned(),
            uid: self.uid,
            home: self.at("home"),
            full_name: None,
        };
        let arch = if self.os == Os::Darwin { "aarch64" } else { "x86_64" };
        Host::pretend(account, &self.name, self.os, arch, self.env.clone())
    }

    pub(crate) fn doctor(&self) -> Report {
        self.doctor_as("zoe")
    }

    /// These checks alone, by id; also those that are made only when they are named.
    pub(crate) fn doctor_only(&self, only: &[&str]) -> Report {
        let checks: Vec<_> = only.iter().map(|id| check::named(id).unwrap()).collect();
        self.look("zoe", &checks)
    }

    pub(crate) fn doctor_as(&self, user: &str) -> Report {
        self.look(user, CHECKS)
    }

    fn look(&self, user: &str, checks: &[&'static dyn Check]) -> Report {
        let root = self.at("fleet").is_dir().then(|| self.at("fleet"));
        let scene = Scene::new(self.host(), user, root).with_system(self.at("system"));
        let runners =
            |end: Arc<AtomicBool>| -> Box<dyn Runner + Send> { Box::new(self.runner(end)) };
        check::run(&Arc::new(scene), checks, BOUND, &runners, &mut |_| ())
    }

    pub(crate) fn runner(&self, end: Arc<AtomicBool>) -> Said {
        Said { says: self.says.clone(), real: Real::new(self.env.clone()).ended_by(end) }
    }

    /// Applies the safe fix of a finding as `--fix` does.
    pub(crate) fn mend(&self, finding: &Finding) -> Carried {
        let (_, plan) =
            finding.safe_fix().unwrap_or_else(|| panic!("{} has no safe fix", finding.id));
        let (host, stop) = (self.host(), AtomicBool::new(false));
        let mut runner = self.runner(Arc::default());
        let mut attend =
            Unattended { reports: Vec::new(), in_the_way: InTheWayChoice::Stop, stop: &stop };
        let hands = Hands {
            host: &host,
            runner: &mut runner,
            attend: &mut attend,
            checkpoint: &|_| (),
            resuming: None,
        };
        carry_out(plan, &self.at("fleet"), &Asked::Edit, &Vec::new, hands).unwrap()
    }

    pub(crate) fn undo(&self, receipt: &Path) -> TakenBack {
        let stop = AtomicBool::new(false);
        let mut attend =
            Unattended { reports: Vec::new(), in_the_way: InTheWayChoice::Stop, stop: &stop };
        undo::undo(receipt, &mut self.runner(Arc::default()), &mut attend, &|_| ()).unwrap()
    }

    /// Every file with its mode and content, but for receipts and what git keeps for itself.
    pub(crate) fn picture(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.at("fleet"), self.at("home")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                let metadata = fs::symlink_metadata(&path).unwrap();
                let is_ours = path.ends_with(".local/state/doorstep") || path.ends_with(".git");
                if metadata.is_dir() && !is_ours {
                    folders.push(path);
                } else if metadata.is_file() {
                    all.insert(path.clone(), (metadata.mode(), fs::read(&path).unwrap()));
                }
            }
        }
        all.insert("git".into(), (0, git(&self.at("fleet"), &["status", "--porcelain"]).into()));
        all
    }
}

pub(crate) fn now() -> Utc {
    std::time::SystemTime::now().into()
}

/// `id (group)` of each finding, for messages.
pub(crate) fn told(report: &Report) -> Vec<String> {
    let findings = report.findings.iter().map(|f| {
        let follows = f.follows_from.map(|id| format!(" <- {id}")).unwrap_or_default();
        format!("{}{follows}: {}", f.id, f.summary)
    });
    let left = report.not_checked.iter().map(|left| format!("? {}: {}", left.check, left.because));
    findings.chain(left).collect()
}

/// Programs that say what they are told to; git is real.
pub(crate) struct Said {
    says: Vec<(String, i32, String)>,
    real: Real,
}

impl Runner for Said {
    fn run(
        &mut self,
        command: &run::Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Exit, Problem> {
        let typed = command.typed();
        let fitting = self.says.iter().filter(|(begins, ..)| typed.starts_with(begins.as_str()));
        match fitting.max_by_key(|(begins, ..)| begins.len()) {
            Some((_, code, stdout)) => {
                stdout.lines().for_each(|text| match text.strip_prefix("2> ") {
                    Some(text) => line(Stream::Err, text),
                    None => line(Stream::Out, text),
                });
                Ok(Exit::Code(*code))
            }
            None if typed.starts_with("git ") => self.real.run(command, line),
            None => Err(Problem::tool(format!("`{typed}` was not expected"))),
        }
    }
}
