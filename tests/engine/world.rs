//! A made-up person with a fleet and a home, and a plan with every verb.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use doorstep::activate::{Activation, InTheWay, InTheWayChoice, Places};
use doorstep::apply::{Attend, Summary, apply};
use doorstep::event::Event;
use doorstep::key::Identity;
use doorstep::plan::{Change, Content, Needs, Plan, Step};
use doorstep::problem::Problem;
use doorstep::receipt::{self, Header, Journal};
use doorstep::run::{Command as Call, Real};
use doorstep::undo::{TakenBack, undo};
use tempfile::TempDir;

const SOPS_YAML: &str = "keys:\n  - &admin age1admin\n";

/// A folder with `home`, `fleet` (a repository with one commit), `package` (a built home) and
/// `key.txt` (the key that the plan saves).
pub(crate) struct World {
    pub(crate) root: PathBuf,
    /// Removed with it, unless the world is somebody else's.
    _folder: Option<TempDir>,
}

/// Answers nothing and counts what is said.
#[derive(Default)]
pub(crate) struct Watcher {
    pub(crate) events: Vec<Event>,
    /// Asked to stop before the step of this number, from 0.
    pub(crate) stop_after: Option<usize>,
    asked: usize,
}

impl Attend for Watcher {
    fn event(&mut self, e: Event) {
        self.events.push(e);
    }

    fn in_the_way(&mut self, _: &[InTheWay]) -> InTheWayChoice {
        InTheWayChoice::Keep
    }

    fn stop(&mut self) -> bool {
        self.asked += 1;
        self.stop_after.is_some_and(|after| self.asked > after)
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let world = Self { root, _folder: Some(folder) };
        world.furnish();
        world
    }

    /// One that was made before.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), _folder: None }
    }

    /// A copy at another place, with the same key.
    pub(crate) fn copied(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let copied = Command::new("cp").arg("-a").arg(self.root.join(".")).arg(&root).status();
        assert!(copied.unwrap().success());
        Self { root, _folder: Some(folder) }
    }

    fn furnish(&self) {
        write(&self.fleet().join(".sops.yaml"), SOPS_YAML, 0o640);
        write(&self.fleet().join("flake.nix"), "{ }\n", 0o644);
        for git in [
            &["init", "-q"][..],
            &["add", "."],
            &["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "Begin"],
        ] {
            assert!(self.git(git).status().unwrap().success());
        }
        write(&self.home().join("old/keys.txt"), "# an older key, no line end", 0o644);
        write(&self.home().join(".zshrc"), "mine\n", 0o600);
        fs::create_dir_all(self.home().join(".local/state/nix/profiles")).unwrap();
        write(&self.root.join("key.txt"), &Identity::generate().key_file_text_now(), 0o600);
        write(&self.root.join("older-key.txt"), &Identity::generate().key_file_text_now(), 0o600);
        write(&self.package().join("home-files/.zshrc"), "the fleet's\n", 0o444);
        write(&self.package().join("home-files/.config/zoe/settings"), "a = 1\n", 0o444);
        write(&self.package().join("activate"), ACTIVATE, 0o755);
    }

    pub(crate) fn fleet(&self) -> PathBuf {
        self.root.join("fleet")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub(crate) fn package(&self) -> PathBuf {
        self.root.join("package")
    }

    pub(crate) fn receipts(&self) -> PathBuf {
        self.root.join("receipts")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.home().join(".config/sops/age/keys.txt")
    }

    pub(crate) fn key(&self) -> String {
        fs::read_to_string(self.root.join("key.txt")).unwrap()
    }

    pub(crate) fn recipient(&self) -> String {
        let key = self.key();
        let at = key.find("age1").unwrap();
        key[at..].lines().next().unwrap().to_owned()
    }

    pub(crate) fn git(&self, args: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.fleet()).args(args);
        git
    }

    pub(crate) fn header(&self) -> Header {
        Header {
            version: receipt::VERSION,
            doorstep: "0.0.0".into(),
            practice: false,
            user: "zoe".into(),
            host: "quartz".into(),
            home: self.home(),
            fleet: self.fleet(),
            bounds: vec![self.fleet(), self.home()],
            started: "2026-11-20T10:19:15Z".into(),
            answers: serde_json::json!({ "username": "zoe" }),
        }
    }

    /// Every verb, several of some.
    pub(crate) fn plan(&self) -> Plan {
        let fleet = self.fleet();
        let old = self.home().join("old/keys.txt");
        let new_rule = format!("{SOPS_YAML}  - &zoe {}\n", self.recipient());
        let create = |path: PathBuf, text: String| Change::Create {
            path,
            content: Content::Text(text),
            mode: 0o644,
        };
        let module = PathBuf::from("modules/home/users/zoe/default.nix");
        let secrets = PathBuf::from("secrets/users/zoe.sops.yaml");
        let encrypted = format!("sops:\n  age:\n    - recipient: {}\n", self.recipient());
        let steps = vec![
            step(
                "age-key",
                vec![Change::Create {
                    path: self.key_file(),
                    content: Content::secret(self.key()),
                    mode: 0o600,
                }],
            ),
            step(
                "older-key",
                vec![
                    Change::Append {
                        path: old.clone(),
                        content: Content::secret(
                            fs::read_to_string(self.root.join("older-key.txt")).unwrap(),
                        ),
                    },
                    Change::Mode { path: old, before: 0o644, after: 0o600 },
                ],
            ),
            step(
                "sops-yaml",
                vec![Change::Edit {
                    path: fleet.join(".sops.yaml"),
                    before: SOPS_YAML.into(),
                    after: new_rule,
                }],
            ),
            step(
                "user-module",
                vec![
                    create(fleet.join(&module), "{ zoe = true; }\n".into()),
                    create(fleet.join(&secrets), encrypted),
                ],
            ),
            step(
                "track",
                vec![Change::Track { repository: fleet.clone(), paths: vec![module, secrets] }],
            ),
            step("build", vec![Change::Run { command: Call::new("true") }]),
            step("activate", vec![Change::Activate(self.activation())]),
        ];
        Plan { steps, bounds: vec![fleet, self.home()], ..Plan::default() }
    }

    fn activation(&self) -> Activation {
        let home = self.home();
        let places = Places {
            state: home.join(".local/state"),
            config: home.join(".config"),
            home: home.clone(),
        };
        let command = Call::new(self.package().join("activate"))
            .env("HOME", &home)
            .env("USER", "zoe")
            .env("PACKAGE", self.package());
        Activation { command, package: Some(self.package()), places }
    }

    pub(crate) fn apply(&self, checkpoint: &dyn Fn(&str)) -> Result<Summary, Problem> {
        let mut journal = Journal::create(&self.receipts(), self.header())?;
        self.carry_out(&mut journal, checkpoint)
    }

    /// Goes on with the only receipt.
    pub(crate) fn resume(&self, checkpoint: &dyn Fn(&str)) -> Result<Summary, Problem> {
        let mut journal = Journal::reopen(&self.receipt())?;
        self.carry_out(&mut journal, checkpoint)
    }

    fn carry_out(
        &self,
        journal: &mut Journal,
        checkpoint: &dyn Fn(&str),
    ) -> Result<Summary, Problem> {
        let mut plan = self.plan();
        // As the planner does: a home that is in place is not activated again.
        if self.activation().places.generation() == Some(self.package()) {
            plan.steps.retain(|step| step.id != "activate");
        }
        apply(&plan, journal, &mut runner(), &mut Watcher::default(), checkpoint)
    }

    pub(crate) fn undo(&self, checkpoint: &dyn Fn(&str)) -> Result<TakenBack, Problem> {
        undo(&self.receipt(), &mut runner(), &mut Watcher::default(), checkpoint)
    }

    pub(crate) fn receipt(&self) -> PathBuf {
        let listed = receipt::list(&self.receipts());
        assert_eq!(listed.len(), 1, "{listed:?}");
        listed[0].path.clone()
    }

    /// Every file, link and folder with mode and content, and git's index.
    pub(crate) fn snapshot(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for folder in [self.fleet(), self.home()] {
            self.walk(&folder, &mut found);
        }
        let index = self.git(&["ls-files", "--stage", "--debug"]).output().unwrap();
        let index = String::from_utf8(index.stdout).unwrap();
        let lines = index.lines().filter(|l| !l.contains("time:") && !l.contains("dev:"));
        let bare: Vec<_> = lines.filter(|l| !l.contains("uid:")).collect();
        found
            .insert("index".into(), bare.join("\n").replace(&self.root.display().to_string(), "@"));
        found
    }

    fn walk(&self, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap() == ".git" {
                continue;
            }
            let metadata = fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(&self.root).unwrap().display().to_string();
            let content = if metadata.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else if metadata.is_dir() {
                self.walk(&path, found);
                "a folder".into()
            } else {
                String::from_utf8(fs::read(&path).unwrap()).unwrap()
            };
            let content = content.replace(&self.root.display().to_string(), "@");
            found.insert(name, format!("{:o} {content}", metadata.mode()));
        }
    }
}

/// What home-manager's own script does, in small.
const ACTIVATE: &str = r#"#!/bin/sh
set -eu
profiles="$HOME/.local/state/nix/profiles"
ln -sfn "$PACKAGE" "$profiles/home-manager-1-link"
ln -sfn home-manager-1-link "$profiles/home-manager"
for file in .zshrc .config/zoe/settings; do
  mkdir -p "$(dirname "$HOME/$file")"
  if [ -f "$HOME/$file" ] && [ ! -L "$HOME/$file" ]; then
    mv "$HOME/$file" "$HOME/$file.$HOME_MANAGER_BACKUP_EXT"
  fi
  ln -sfn "$PACKAGE/home-files/$file" "$HOME/$file"
done
"#;

pub(crate) fn runner() -> Real {
    let env =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    Real::new(env.collect())
}

pub(crate) fn step(id: &'static str, changes: Vec<Change>) -> Step {
    Step {
        id,
        title: id.into(),
        why: String::new(),
        needs: Needs::You,
        by_hand: Vec::new(),
        changes,
        decided_by: None,
    }
}

pub(crate) fn write(path: &Path, text: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

trait Now {
    fn key_file_text_now(&self) -> String;
}

impl Now for Identity {
    fn key_file_text_now(&self) -> String {
        self.key_file_text(std::time::SystemTime::now().into()).to_string()
    }
}
