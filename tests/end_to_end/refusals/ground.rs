//! A practice fleet that nothing was done to yet, and ways to ask the impossible of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::world::{Ran, World, run, tool};

/// Long enough for a busy machine, short enough to notice a question that nobody answers.
const PATIENCE: Duration = Duration::from_secs(120);

/// Answers that are enough for zoe; more lines may follow.
pub(super) const ZOE: &str =
    "name: Zoe\nemail: zoe@example.com\nkey: generate\nkey_copy: acknowledged\n";

/// A good public key that nobody here has.
pub(super) const PUBLIC: &str = "age1ackhj776tvxjszt7nlgxlpsy8thddmsv0ra22swly9dfg9pw7dhs43u6mw";

pub(super) struct Ground {
    pub(super) world: World,
}

impl Ground {
    /// An unpacked practice folder: the run that made it ends before it does anything.
    pub(super) fn new() -> Self {
        let world = World::new();
        let dir = world.at("practice");
        let args = ["practice", "--yes", "--no-activation", "--dir", dir.to_str().unwrap()];
        let ran = run(world.doorstep(&args).env("DOORSTEP_TEST_KILL_AT", "receipt-opened"));
        assert_eq!(ran.code, -1, "{}", ran.stderr);
        fs::remove_dir_all(world.at("practice/home/.local")).unwrap();
        Self { world }
    }

    pub(super) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.world.at(path)
    }

    /// A path below the fleet.
    pub(super) fn fleet(&self, path: &str) -> PathBuf {
        self.at("practice/fleet").join(path)
    }

    /// A path below zoe's home.
    pub(super) fn home(&self, path: &str) -> PathBuf {
        self.at("practice/home").join(path)
    }

    /// The key file, with its folder made.
    pub(super) fn key_file(&self) -> PathBuf {
        let path = self.home(".config/sops/age/keys.txt");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.fleet(path)).unwrap()
    }

    /// Replaces `from`, which is there, in a file of the fleet.
    pub(super) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{from}");
        fs::write(self.fleet(path), text.replacen(from, to, 1)).unwrap();
    }

    /// Writes an answers file and gives its path.
    pub(super) fn answers(&self, text: impl AsRef<[u8]>) -> String {
        let path = self.at("answers.yaml");
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The binary as zoe, with more arguments after `onboard`.
    pub(super) fn onboard(&self, more: &[&str]) -> Command {
        let mut args = vec!["onboard", "--as", "zoe", "--no-activation", "--yes"];
        args.extend(more);
        self.world.as_zoe(&args)
    }

    /// Onboards zoe by an answers file.
    pub(super) fn with_answers(&self, text: impl AsRef<[u8]>) -> Command {
        let file = self.answers(text);
        self.onboard(&["--answers", &file])
    }

    /// Runs `command`, which must refuse with `code` and leave every byte as it is.
    pub(super) fn refused(&self, command: &mut Command, code: i32) -> Ran {
        let before = self.picture();
        let ran = patiently(command);
        let after = self.picture();
        is_a_refusal(&ran, code);
        assert_eq!(before, after, "something was written; stderr:\n{}", ran.stderr);
        ran
    }

    /// Everything below the practice folder: kind, mode and content of each path, and what git
    /// has in its index. Git's own files change with every look.
    fn picture(&self) -> BTreeMap<PathBuf, String> {
        let mut seen = BTreeMap::new();
        picture(&self.at("practice"), &mut seen);
        if self.fleet(".git").is_dir() {
            let mut list = tool("git", ["-c", "safe.directory=*", "ls-files", "--stage"]);
            let list = run(list.current_dir(self.fleet("")));
            seen.insert(PathBuf::from("the index"), list.stdout);
        }
        seen
    }
}

fn picture(folder: &Path, seen: &mut BTreeMap<PathBuf, String>) {
    // A folder that cannot be read is part of some tests.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let metadata = entry.metadata().unwrap();
        if metadata.is_dir() && entry.file_name() != ".git" {
            picture(&path, seen);
        }
        let content = if metadata.is_symlink() {
            format!("link {}", fs::read_link(&path).unwrap().display())
        } else if metadata.is_file() {
            format!("{:?}", fs::read(&path).ok())
        } else {
            String::new()
        };
        seen.insert(path, format!("{:o} {content}", metadata.permissions().mode()));
    }
}

/// Says why, in the house's form, and nothing of the machine room.
pub(super) fn is_a_refusal(ran: &Ran, code: i32) {
    // A run that fails on its way tells so where it told the rest, on standard output.
    let said = &format!("{}{}", ran.stderr, ran.stdout);
    assert_eq!(ran.code, code, "stdout:\n{}\nstderr:\n{}", ran.stdout, ran.stderr);
    assert!(said.lines().any(|line| line.starts_with("error: ")), "{said}");
    for never in ["panicked", "BACKTRACE", "src/", "Problem {", "stack backtrace", "Some("] {
        assert!(!said.contains(never), "`{never}` in:\n{said}");
    }
}

impl Ran {
    /// Asserts that all of `words` are said.
    #[track_caller]
    pub(super) fn says(&self, words: &[&str]) -> &Self {
        let said = format!("{}{}", self.stderr, self.stdout);
        for word in words {
            assert!(said.contains(word), "`{word}` is not in:\n{said}");
        }
        self
    }

    /// Asserts that none of `words` is said anywhere.
    #[track_caller]
    pub(super) fn never_says(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(!self.stderr.contains(word), "`{word}` is in:\n{}", self.stderr);
            assert!(!self.stdout.contains(word), "`{word}` is in:\n{}", self.stdout);
        }
        self
    }
}

/// Runs a command that must end by itself.
pub(super) fn patiently(command: &mut Command) -> Ran {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || send.send(child.wait_with_output().unwrap()));
    let Ok(output) = receive.recv_timeout(PATIENCE) else {
        let _ = run(&mut tool("kill", ["-9", &pid.to_string()]));
        panic!("{command:?} hangs")
    };
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Tells that a case was left out, so that nobody takes it for passed.
pub(super) fn left_out(what: &str) {
    println!("left out, because it needs root: {what}");
}
