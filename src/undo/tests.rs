//! What undo restores, and above all what it leaves alone. Real git, since the index counts.

mod commits;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::activate::{InTheWay, InTheWayChoice};
use crate::apply::apply;
use crate::event::Outcome;
use crate::key::Identity;
use crate::plan::{Change, Content, Needs, Plan, Step};
use crate::receipt::{Header, Phase, Receipt, VERSION};
use crate::run::{Command, Real};

struct Quiet {
    stop: bool,
}

impl Attend for Quiet {
    fn event(&mut self, _: Event) {}

    fn in_the_way(&mut self, _: &[InTheWay]) -> InTheWayChoice {
        InTheWayChoice::Stop
    }

    fn stop(&mut self) -> bool {
        self.stop
    }
}

/// A home with a fleet in it, which is a repository with one commit.
struct Bench {
    _folder: TempDir,
    home: PathBuf,
    runner: Real,
    identity: Identity,
    receipt: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let home = root.join("home");
        let mut env: BTreeMap<String, OsString> =
            std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v))).collect();
        for (name, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.org"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@example.org"),
        ] {
            env.insert(name.into(), value.into());
        }
        let runner = Real::new(env);
        let mut bench = Self {
            _folder: folder,
            home,
            runner,
            identity: Identity::generate(),
            receipt: PathBuf::new(),
        };
        bench.write("fleet/.sops.yaml", "keys:\n");
        bench.write("old.txt", "# mine\n");
        bench.git(&["init", "-q"]);
        bench.git(&["add", "."]);
        bench.git(&["commit", "-qm", "Begin"]);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn git(&mut self, args: &[&str]) -> String {
        let git = Command::new("git").args(args).cwd(self.path("fleet"));
        let output = self.runner.output(&git).unwrap();
        assert!(output.ok(), "{output:?}");
        output.stdout
    }

    fn recipient(&self) -> String {
        self.identity.recipient().to_string()
    }

    fn journal(&self) -> Journal {
        let header = Header {
            version: VERSION,
            doorstep: "0.1.0".into(),
            practice: false,
            user: "zoe".into(),
            host: "quartz".into(),
            home: self.home.clone(),
            fleet: self.path("fleet"),
            bounds: vec![self.home.clone()],
            started: "2026-11-20T10:19:15Z".into(),
            answers: serde_json::Value::Null,
        };
        Journal::create(&self.home.with_file_name("receipts"), header).unwrap()
    }

    /// A step for each change.
    fn plan(&self, changes: Vec<Change>) -> Plan {
        const IDS: [&str; 4] = ["one", "two", "three", "four"];
        let steps = IDS.into_iter().zip(changes).map(|(id, change)| Step {
            id,
            title: id.into(),
            why: String::new(),
            needs: Needs::You,
            by_hand: Vec::new(),
            changes: vec![change],
            decided_by: None,
        });
        Plan { steps: steps.collect(), bounds: vec![self.home.clone()], ..Plan::default() }
    }

    fn apply(&mut self, changes: Vec<Change>) {
        let mut journal = self.journal();
        let plan = self.plan(changes);
        let mut quiet = Quiet { stop: false };
        let done = apply(&plan, &mut journal, &mut self.runner, &mut quiet, &|_| {}).unwrap();
        assert_eq!(done.outcome, Outcome::Done, "{done:?}");
        self.receipt = journal.path().to_owned();
    }

    fn undo(&mut self) -> TakenBack {
        undo(&self.receipt, &mut self.runner, &mut Quiet { stop: false }, &|_| {}).unwrap()
    }

    fn phase(&self) -> Phase {
        Receipt::read(&self.receipt).unwrap().state().phase
    }

    fn key(&self) -> Change {
        Change::Create {
            path: self.path(".config/sops/age/keys.txt"),
            content: Content::secret(format!("{}\n", *self.identity.secret_text())),
            mode: 0o600,
        }
    }

    fn has_key(&self) -> bool {
        self.path(".config/sops/age/keys.txt").exists()
    }

    fn appended_key(&self) -> Change {
        let content = Content::secret(format!("{}\n", *self.identity.secret_text()));
        Change::Append { path: self.path("old.txt"), content }
    }

    fn rule(&self) -> Change {
        Change::Edit {
            path: self.path("fleet/.sops.yaml"),
            before: "keys:\n".into(),
            after: format!("keys:\n  - {}\n", self.recipient()),
        }
    }

    fn module(&self) -> Change {
        Change::Create {
            path: self.path("fleet/users/zoe/default.nix"),
            content: Content::Text("{ }\n".into()),
            mode: 0o644,
        }
    }

    fn track(&self) -> Change {
        let paths = vec!["users/zoe/default.nix".into()];
        Change::Track { repository: self.path("fleet"), paths }
    }
}

#[test]
fn everything_comes_back() {
    let mut bench = Bench::new();
    bench.apply(vec![bench.key(), bench.rule(), bench.module(), bench.track()]);
    assert_eq!(bench.git(&["ls-files"]), ".sops.yaml\nusers/zoe/default.nix\n");
    let taken = bench.undo();
    assert_eq!(taken.sentence(), "Taken back, byte for byte.");
    assert_eq!(
        taken.restored,
        [
            "Git does not know users/zoe/default.nix any more.",
            "Removed users/zoe/default.nix.",
            "Put .sops.yaml back as it was.",
            "Removed ~/.config/sops/age/keys.txt.",
        ]
    );
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
    assert!(!bench.path("fleet/users").exists() && !bench.path(".config").exists());
    assert_eq!(bench.phase(), Phase::TakenBack);
    let again = bench.undo();
    assert_eq!((again.restored.len(), again.left.len()), (0, 0));
}

#[test]
fn what_was_edited_since_is_left_alone_and_so_is_its_key() {
    let mut bench = Bench::new();
    bench.apply(vec![bench.key(), bench.rule(), bench.module(), bench.track()]);
    let theirs = format!("{}# more\n", bench.read("fleet/.sops.yaml"));
    bench.write("fleet/.sops.yaml", &theirs);
    let taken = bench.undo();
    assert_eq!(
        taken.sentence(),
        "Taken back: 2 of 4 steps. Left alone: .sops.yaml, changed since; \
         ~/.config/sops/age/keys.txt, kept, because .sops.yaml still names its public half."
    );
    assert_eq!(bench.read("fleet/.sops.yaml"), theirs);
    assert!(bench.has_key());
    assert_eq!(bench.phase(), Phase::PartlyTakenBack);
    // Once the person has taken their part back, so does undo.
    bench.write("fleet/.sops.yaml", "keys:\n");
    assert_eq!(bench.undo().left, []);
    assert!(!bench.has_key());
    assert_eq!(bench.phase(), Phase::TakenBack);
}

mod keys {
    use super::*;

    /// Saves a key, does `meanwhile`, undoes: why the key was kept, if it was.
    fn kept(meanwhile: impl FnOnce(&mut Bench)) -> Option<String> {
        let mut bench = Bench::new();
        bench.apply(vec![bench.key()]);
        meanwhile(&mut bench);
        let taken = bench.undo();
        assert_eq!(bench.has_key(), !taken.left.is_empty());
        taken.left.first().map(|left| left.why.clone())
    }

    fn encrypt(bench: &Bench, name: &str) {
        bench.write(name, &format!("sops: {}\n", bench.recipient()));
    }

    #[test]
    fn an_unused_one_goes() {
        assert_eq!(kept(|_| {}), None);
        assert_eq!(kept(|bench| encrypt(bench, "elsewhere.yaml")), None, "not in the fleet");
    }

    #[test]
    fn one_that_an_untracked_or_ignored_file_names_stays() {
        let why = kept(|bench| {
            bench.write("fleet/.gitignore", "*.yaml\n");
            encrypt(bench, "fleet/secrets/zoe.yaml");
        });
        assert_eq!(why.unwrap(), "kept, because secrets/zoe.yaml still names its public half");
    }

    #[test]
    fn one_that_only_the_index_or_the_commit_names_stays() {
        let elsewhere = "kept, because git's index or a commit still names its public half";
        let index = kept(|bench| {
            encrypt(bench, "fleet/zoe.yaml");
            bench.git(&["add", "zoe.yaml"]);
            fs::remove_file(bench.path("fleet/zoe.yaml")).unwrap();
        });
        assert_eq!(index.unwrap(), elsewhere);
        let commit = kept(|bench| {
            encrypt(bench, "fleet/zoe.yaml");
            bench.git(&["add", "zoe.yaml"]);
            bench.git(&["commit", "-qm", "Encrypt"]);
            bench.git(&["rm", "-q", "zoe.yaml"]);
        });
        assert_eq!(commit.unwrap(), elsewhere);
    }

    #[test]
    fn one_whose_fleet_cannot_be_searched_stays() {
        let why = kept(|bench| fs::remove_dir_all(bench.path("fleet")).unwrap());
        assert!(why.unwrap().contains("cannot be searched"));
    }

    #[test]
    fn one_beside_which_somebody_saved_another_stays() {
        let why = kept(|bench| {
            let path = ".config/sops/age/keys.txt";
            bench.write(path, &format!("{}# and mine\n", bench.read(path)));
        });
        assert_eq!(why.unwrap(), "changed since");
    }

    #[test]
    fn one_whose_public_half_nobody_knows_stays() {
        let mut bench = Bench::new();
        let content = format!("AGE-SECRET-KEY-SOMEDAY-1{}\n", "Q".repeat(58));
        let path = bench.path("keys.txt");
        let create =
            Change::Create { path: path.clone(), content: Content::secret(content), mode: 0o600 };
        bench.apply(vec![create]);
        let taken = bench.undo();
        assert_eq!(taken.left[0].why, "kept, because its public half is not known");
        assert!(path.exists());
    }

    #[test]
    fn an_added_one_goes_and_the_others_stay() {
        let mut bench = Bench::new();
        bench.apply(vec![bench.appended_key()]);
        assert!(bench.read("old.txt").contains("AGE-SECRET-KEY"));
        assert_eq!(bench.undo().sentence(), "Taken back, byte for byte.");
        assert_eq!(bench.read("old.txt"), "# mine\n");
    }

    #[test]
    fn an_added_one_stays_while_it_is_named_or_followed_by_another() {
        let mut bench = Bench::new();
        bench.apply(vec![bench.appended_key()]);
        let with_key = bench.read("old.txt");
        encrypt(&bench, "fleet/zoe.yaml");
        assert!(bench.undo().left[0].why.starts_with("kept, because zoe.yaml"));
        assert_eq!(bench.read("old.txt"), with_key);
        fs::remove_file(bench.path("fleet/zoe.yaml")).unwrap();
        bench.write("old.txt", &format!("{with_key}# yet another\n"));
        assert_eq!(bench.undo().left[0].why, "changed since");
        assert!(bench.read("old.txt").ends_with("# yet another\n"));
    }
}

#[test]
fn what_the_person_staged_or_committed_since_is_theirs() {
    for commit in [false, true] {
        let mut bench = Bench::new();
        bench.apply(vec![bench.module(), bench.track()]);
        bench.git(&["add", "users"]);
        if commit {
            bench.git(&["commit", "-qm", "Add zoe"]);
        }
        let taken = bench.undo();
        assert_eq!(
            taken.sentence(),
            "Taken back: 1 of 2 steps. Left alone: users/zoe/default.nix, added to git since."
        );
        assert_eq!(bench.git(&["ls-files"]), ".sops.yaml\nusers/zoe/default.nix\n");
    }
}

#[test]
fn folders_that_others_use_stay() {
    let mut bench = Bench::new();
    bench.apply(vec![bench.module()]);
    bench.write("fleet/users/ada.nix", "{ }\n");
    assert_eq!(bench.undo().left, []);
    assert!(!bench.path("fleet/users/zoe").exists());
    assert!(bench.path("fleet/users/ada.nix").exists());
}

#[test]
fn modes_come_back_unless_they_were_changed_since() {
    for (since, left) in [(0o600, 0), (0o640, 1)] {
        let mut bench = Bench::new();
        let path = bench.path("old.txt");
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        set(0o644);
        bench.apply(vec![Change::Mode { path: path.clone(), before: 0o644, after: 0o600 }]);
        set(since);
        assert_eq!(bench.undo().left.len(), left);
        let now = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(now, if left == 0 { 0o644 } else { since });
    }
}

#[test]
fn no_link_is_followed_back() {
    let mut bench = Bench::new();
    bench.apply(vec![bench.rule(), bench.module()]);
    let (file, kept) = (bench.path("fleet/.sops.yaml"), bench.path("kept.yaml"));
    fs::rename(&file, &kept).unwrap();
    symlink(&kept, &file).unwrap();
    fs::rename(bench.path("fleet/users"), bench.home.with_file_name("moved")).unwrap();
    symlink(bench.home.with_file_name("moved"), bench.path("fleet/users")).unwrap();
    let taken = bench.undo();
    assert_eq!(taken.left.len(), 2, "{taken:?}");
    assert!(bench.read("kept.yaml").contains("age1"));
    assert!(bench.home.with_file_name("moved").join("zoe/default.nix").exists());
}

#[test]
fn what_is_gone_already_needs_no_taking_back() {
    let mut bench = Bench::new();
    bench.apply(vec![bench.module(), bench.rule()]);
    fs::remove_dir_all(bench.path("fleet/users")).unwrap();
    bench.write("fleet/.sops.yaml", "keys:\n");
    let taken = bench.undo();
    assert_eq!((taken.restored.len(), taken.left.len()), (0, 0));
}

#[test]
fn a_stop_leaves_the_rest_for_later() {
    let mut bench = Bench::new();
    bench.apply(vec![bench.key(), bench.module()]);
    let stopped = undo(&bench.receipt, &mut bench.runner, &mut Quiet { stop: true }, &|_| {});
    let sentence = stopped.unwrap().sentence();
    assert_eq!(
        sentence,
        "Taken back: 0 of 2 steps. Stopped; run `doorstep undo` again for the rest."
    );
    assert!(bench.has_key());
    assert_eq!(bench.undo().sentence(), "Taken back, byte for byte.");
}

#[test]
fn an_empty_run_has_nothing_to_take_back() {
    let mut bench = Bench::new();
    bench.apply(vec![Change::Run { command: Command::new("true") }]);
    assert_eq!(bench.undo().sentence(), "There is nothing to take back.");
}

#[test]
fn a_file_in_which_a_key_stays_is_not_opened_to_others_again() {
    let mut bench = Bench::new();
    let path = bench.path("old.txt");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let private = Change::Mode { path: path.clone(), before: 0o644, after: 0o600 };
    bench.apply(vec![private, bench.appended_key()]);
    bench.write("fleet/other", &bench.recipient());
    let taken = bench.undo();
    assert_eq!(taken.left.len(), 2, "{taken:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // Once nothing names it, all goes back.
    fs::remove_file(bench.path("fleet/other")).unwrap();
    assert!(bench.undo().left.is_empty());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(bench.read("old.txt"), "# mine\n");
}

#[test]
fn a_key_that_another_branch_names_stays() {
    let mut bench = Bench::new();
    bench.apply(vec![bench.key(), bench.rule()]);
    bench.git(&["checkout", "-qb", "zoe"]);
    bench.git(&["commit", "-qam", "Bring zoe in"]);
    bench.git(&["checkout", "-q", "-"]);
    let taken = bench.undo();
    assert!(bench.has_key(), "{taken:?}");
    assert!(taken.sentence().contains("a commit"), "{}", taken.sentence());
}

#[test]
fn what_another_program_made_is_left_and_said() {
    let mut bench = Bench::new();
    let left = Command::new("true").leaving("what it made stays in `vars`");
    bench.apply(vec![Change::Run { command: left }]);
    assert_eq!(
        bench.undo().sentence(),
        "Taken back: 0 of 1 step. Left alone: `true`, what it made stays in `vars`."
    );
}
