//! A made-up person with a home, a key and a fleet of secrets.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use doorstep::key::{Identity, Recipient};
use doorstep::sops::{Creation, SecretValue, Utc, create_yaml};
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) root: PathBuf,
    pub(crate) zoe: Identity,
    pub(crate) ada: Identity,
    /// Somebody of whom the fleet knows nothing at first.
    pub(crate) eve: Identity,
    _dir: TempDir,
}

pub(crate) fn utc() -> Utc {
    Utc::from_seconds(1_800_000_000)
}

/// On PATH, or where `go install` puts it.
pub(crate) fn tool(name: &str) -> PathBuf {
    let go = std::env::home_dir().map(|home| home.join("go/bin").join(name));
    which::which(name)
        .ok()
        .or(go.filter(|path| path.is_file()))
        .unwrap_or_else(|| panic!("`{name}` is needed by this test and is not installed"))
}

impl World {
    /// Zoe's key in her home, and a fleet whose secrets she and Ada read.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        let [zoe, ada, eve] = [(); 3].map(|()| Identity::generate());
        let world = Self { root, zoe, ada, eve, _dir: dir };
        world.write("home/.config/sops/age/keys.txt", world.zoe.key_file_text(utc()).as_bytes());
        world.write("ada.txt", world.ada.key_file_text(utc()).as_bytes());
        world.write("fleet/flake.nix", "{ }\n");
        world.rules(&[("secrets/", &["zoe", "ada"])]);
        world
    }

    /// `.sops.yaml` with these patterns and whom each lets read.
    pub(crate) fn rules(&self, rules: &[(&str, &[&str])]) {
        let mut text = format!(
            "keys:\n  - &zoe {}\n  - &ada {}\ncreation_rules:\n",
            self.zoe.recipient(),
            self.ada.recipient()
        );
        for (pattern, names) in rules {
            text.push_str(&format!("  - path_regex: {pattern}\n    key_groups:\n      - age:\n"));
            for name in *names {
                text.push_str(&format!("          - *{name}\n"));
            }
        }
        self.write("fleet/.sops.yaml", text);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn fleet(&self) -> PathBuf {
        self.root.join("fleet")
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.root.join(name)).unwrap()
    }

    /// A secrets file of the fleet.
    pub(crate) fn secrets(&self, name: &str, secrets: &[(&str, &str)], readers: &[&Identity]) {
        let secrets: Vec<_> =
            secrets.iter().map(|(name, value)| (*name, SecretValue::from(*value))).collect();
        let readers: Vec<Recipient> = readers.iter().map(|reader| reader.recipient()).collect();
        let text = create_yaml(&secrets, &readers, &Creation::default(), utc()).unwrap();
        self.write(&format!("fleet/secrets/{name}"), text);
    }

    fn surrounded(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", self.root.join("home"));
        command.current_dir(self.fleet()).stdin(Stdio::null());
        command
    }

    pub(crate) fn doorstep(&self, args: &[&str]) -> Command {
        let mut command = self.surrounded(Path::new(env!("CARGO_BIN_EXE_doorstep")));
        command.args(args);
        command
    }

    /// doorstep's output, whatever it says.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.doorstep(args).output().unwrap()
    }

    /// What doorstep prints when it succeeds.
    pub(crate) fn done(&self, args: &[&str]) -> String {
        stdout(&self.run(args))
    }

    /// The exit code and what is said of a failure.
    pub(crate) fn refused(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), said.replace(&self.root.display().to_string(), "ROOT"))
    }

    /// Sets a value as a script would.
    pub(crate) fn set(&self, args: &[&str], value: &[u8]) -> Output {
        use std::io::Write as _;
        let mut command = self.doorstep(args);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(value).unwrap();
        child.wait_with_output().unwrap()
    }

    /// sops with Zoe's key and no other.
    pub(crate) fn sops(&self, args: &[&str]) -> Output {
        self.sops_command(args).output().unwrap()
    }

    pub(crate) fn sops_command(&self, args: &[&str]) -> Command {
        let mut command = self.surrounded(&tool("sops"));
        command.args(args);
        command
    }
}

pub(crate) fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}
