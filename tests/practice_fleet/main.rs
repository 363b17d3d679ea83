//! The embedded practice fleet under real Nix: it evaluates, it builds without a network, its
//! activation behaves as home-manager's does, and a wrong module is refused.
//!
//! Nix, git, sops and age must be on PATH; without them these tests fail, they never skip. Nothing
//! outside a temporary folder is written, except what Nix itself puts in its store.

mod activation;
mod evaluation;
mod evaluator;
mod secrets;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The fleet as the binary embeds it.
fn embedded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/practice/fleet")
}

/// An unpacked practice: `fleet` is a git repository and `home` an empty home directory.
///
/// The home has a space in its name, as a person's may. The fleet has none: to an older Nix a folder
/// with a space is "not a valid URL".
struct Practice {
    root: TempDir,
}

/// What a command said.
struct Said {
    success: bool,
    stdout: String,
    stderr: String,
}

impl Practice {
    /// Unpacked and committed, with stand-ins for the secrets files that doorstep encrypts: for
    /// evaluation they only have to be there.
    fn new() -> Self {
        let practice = Self { root: tempfile::tempdir().expect("temporary folder") };
        copy_folder(&embedded(), &practice.fleet());
        fs::create_dir_all(practice.home()).expect("practice home");
        let home = serde_json::json!({ "home": practice.home() });
        practice.write("practice.json", &home.to_string());
        for user in ["ada", "grace"] {
            practice.write(&format!("secrets/users/{user}.sops.yaml"), "github-token: x\n");
        }
        practice.git(&["init", "--quiet"]);
        practice.track();
        practice.git(&["commit", "--quiet", "--message", "Begin"]);
        practice
    }

    fn fleet(&self) -> PathBuf {
        self.root.path().join("fleet")
    }

    fn home(&self) -> PathBuf {
        self.root.path().join("a home")
    }

    /// Writes a file of the fleet; Nix does not see it before [`Self::track`].
    fn write(&self, path: &str, text: &str) {
        let path = self.fleet().join(path);
        fs::create_dir_all(path.parent().expect("below the fleet")).expect("folder");
        fs::write(path, text).expect("file of the fleet");
    }

    fn track(&self) {
        self.git(&["add", "--intent-to-add", "."]);
        self.git(&["add", "--update"]);
        self.git(&["add", "."]);
    }

    fn git(&self, arguments: &[&str]) {
        let said = self.run(
            Command::new("git")
                .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
                .args(arguments),
        );
        assert!(said.success, "git {arguments:?}: {}", said.stderr);
    }

    /// Runs a command in the fleet with nothing of the person who runs the tests in its environment.
    fn run(&self, command: &mut Command) -> Said {
        let outside = self.root.path().join("outside");
        fs::create_dir_all(&outside).expect("folder");
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        let output = command
            .current_dir(self.fleet())
            .env("HOME", &outside)
            .env("XDG_CACHE_HOME", outside.join(".cache"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env(
                "NIX_CONFIG",
                "experimental-features = nix-command flakes\nsubstitute = false\nwarn-dirty = false",
            )
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|e| panic!("{} must be on PATH: {e}", command.get_program().display()));
        Said::from(output)
    }

    fn nix(&self, arguments: &[&str]) -> Said {
        self.run(Command::new("nix").args(arguments).args(["--offline", "--no-write-lock-file"]))
    }

    /// The value of a flake attribute.
    fn eval(&self, attribute: &str) -> serde_json::Value {
        let said = self.nix(&["eval", "--json", &format!(".#{attribute}")]);
        assert!(said.success, "{attribute}: {}", said.stderr);
        serde_json::from_str(&said.stdout).expect("nix prints JSON")
    }

    /// Why a flake attribute cannot be evaluated.
    fn refusal(&self, attribute: &str) -> String {
        let said = self.nix(&["eval", "--json", &format!(".#{attribute}")]);
        assert!(!said.success, "{attribute} should not evaluate, but is {}", said.stdout);
        said.stderr
    }

    /// Builds a flake attribute and gives its store path. (`--print-out-paths` is younger than the
    /// oldest Nix we support.)
    fn build(&self, attribute: &str) -> PathBuf {
        let said = self.nix(&["build", "--no-link", "--json", &format!(".#{attribute}")]);
        assert!(said.success, "{attribute}: {}", said.stderr);
        let built: serde_json::Value = serde_json::from_str(&said.stdout).expect("nix prints JSON");
        built[0]["outputs"]["out"].as_str().expect("an output").into()
    }

    /// Runs the `activate` of a generation as `user` in the practice home.
    fn activate(&self, user: &str, generation: &Path, environment: &[(&str, &OsStr)]) -> Said {
        let mut command = Command::new(generation.join("activate"));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("USER", user)
            .env("HOME", self.home())
            .envs(environment.iter().copied())
            .current_dir("/");
        Said::from(command.output().expect("activate can be run"))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Every file below `folder`, sorted.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("folder can be read") {
            let path = entry.expect("entry").path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// `fs::copy` keeps the mode, which matters for `activate`.
fn copy_folder(from: &Path, to: &Path) {
    for file in files_below(from) {
        let target = to.join(file.strip_prefix(from).expect("below"));
        fs::create_dir_all(target.parent().expect("below")).expect("folder");
        fs::copy(&file, target).expect("file copied");
    }
}

#[test]
fn every_nix_file_parses_and_is_formatted() {
    let nix: Vec<_> = files_below(&embedded())
        .into_iter()
        .filter(|path| path.extension() == Some(OsStr::new("nix")))
        .collect();
    assert!(nix.len() > 20, "the fleet is not where it is expected");

    let parsed = Command::new("nix-instantiate")
        .arg("--parse")
        .args(&nix)
        .output()
        .expect("nix-instantiate must be on PATH");
    assert!(parsed.status.success(), "{}", String::from_utf8_lossy(&parsed.stderr));

    for path in nix {
        let text = fs::read_to_string(&path).expect("text");
        let formatted = nixfmt_rs::format(&text).expect("formatter reads it");
        assert!(text == formatted, "{} is not formatted", path.display());
    }
}

#[test]
fn the_markers_are_where_the_documentation_says() {
    let sops = fs::read_to_string(embedded().join(".sops.yaml")).expect("text");
    for marker in ["@ADMIN@", "@ADA@", "@GRACE@"] {
        assert_eq!(sops.matches(marker).count(), 1, "{marker} in .sops.yaml");
    }
    let home = fs::read_to_string(embedded().join("practice.json")).expect("text");
    assert_eq!(home, "{ \"home\": \"@HOME@\" }\n");

    for file in files_below(&embedded()) {
        if file.ends_with(".sops.yaml") || file.ends_with("practice.json") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("text");
        for marker in ["@ADMIN@", "@ADA@", "@GRACE@", "@HOME@"] {
            assert!(!text.contains(marker), "{marker} in {}", file.display());
        }
    }
}
