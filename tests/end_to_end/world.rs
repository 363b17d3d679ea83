//! A folder of its own for one test, the built binary and the real tools.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One test's folder, gone at its end.
pub(crate) struct World {
    folder: tempfile::TempDir,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        // The short form: macOS keeps temporary folders behind a link.
        fs::canonicalize(self.folder.path()).unwrap().join(path)
    }

    /// The binary with a home of its own and nothing else of ours in its environment.
    pub(crate) fn doorstep(&self, args: &[&str]) -> Command {
        let mut command = Command::new(lent("BINARY", env!("CARGO_BIN_EXE_doorstep")));
        let home = self.at("real-home");
        fs::create_dir_all(&home).unwrap();
        command.args(args).current_dir(&home).env_clear();
        for name in ["PATH", "USER", "LOGNAME", "TERM", "LANG"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:{}", stand_ins().display()));
        command.env("HOME", home).stdin(std::process::Stdio::null());
        command
    }

    /// `doorstep practice --yes` into the folder `practice`, with more arguments.
    pub(crate) fn practice(&self, more: &[&str]) -> Ran {
        let dir = self.at("practice");
        let mut args = vec!["practice", "--yes", "--dir", dir.to_str().unwrap()];
        args.extend(more);
        run(&mut self.doorstep(&args))
    }

    /// The binary as zoe at practice: in the pretend home and fleet, as practice itself runs it.
    pub(crate) fn as_zoe(&self, args: &[&str]) -> Command {
        let mut command = self.doorstep(args);
        command
            .current_dir(self.at("practice/fleet"))
            .env("HOME", self.at("practice/home"))
            .env("USER", "zoe")
            .env("XDG_RUNTIME_DIR", self.at("practice/run"));
        command
    }
}

/// Programs that stand in for others.
pub(crate) fn stand_ins() -> PathBuf {
    lent("STAND_INS", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stand-ins"))
}

/// The fixture fleet of this name.
pub(crate) fn fixture(name: &str) -> PathBuf {
    lent("FLEETS", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fleets")).join(name)
}

/// A place inside the checkout, or its copy where an account that may not read the checkout finds
/// it (`tests/run`).
fn lent(name: &str, place: &str) -> PathBuf {
    let lent = std::env::var_os(format!("DOORSTEP_TEST_{name}"));
    lent.map_or_else(|| PathBuf::from(place), PathBuf::from)
}

pub(crate) fn run(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|e| panic!("{command:?} cannot be run: {e}"));
    Ran {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

impl Ran {
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Every line of stdout as JSON: nothing else may be there.
    pub(crate) fn events(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect()
    }
}

/// A real tool, which must be there.
pub(crate) fn tool(name: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(name);
    command.args(args);
    command
}
