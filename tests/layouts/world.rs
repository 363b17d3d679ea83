//! One fixture fleet in a folder of its own, a person at one of its machines, and the real tools.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use doorstep::activate::{InTheWay, InTheWayChoice};
use doorstep::answers::file::Given;
use doorstep::answers::{
    Answers, KeyChoice, KeyCopy, Mode, SecretAnswer, SecretFrom, Settled, settle,
};
use doorstep::apply::Attend;
use doorstep::event::{Event, Outcome};
use doorstep::front::preview::Preview;
use doorstep::front::{End, Finish, Work};
use doorstep::host::{Account, Host, Os};
use doorstep::key::Identity;
use doorstep::onboard::{Asked, Desk, Options};
use doorstep::plan::Plan;
use doorstep::practice::Practice;
use doorstep::problem::Problem;
use doorstep::question::{Context, Subject};
use doorstep::run::Real;

/// The administrator whom every fixture's `.sops.yaml` names.
const FIXTURE_ADMIN: &str = "age1h54yyyvakpves9n6xekjxfzghaj879cq6t0yvjrcquehg6fyt47qsxs3tp";
/// Nothing of the person who runs the tests may decide anything.
const NIX_CONFIG: &str =
    "experimental-features = nix-command flakes\nsubstitute = false\nwarn-dirty = false";

/// Who sits where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat {
    pub(crate) user: &'static str,
    pub(crate) machine: &'static str,
    pub(crate) os: Os,
    pub(crate) arch: &'static str,
}

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) host: Host,
    pub(crate) layout: &'static str,
    pub(crate) seat: Seat,
    /// Whom the answers are about.
    pub(crate) subject: Subject,
}

impl World {
    /// The fixture fleet `layout`, or the practice fleet, committed to git.
    pub(crate) fn new(layout: &'static str, seat: Seat) -> Self {
        Self::changed(layout, seat, |_| ())
    }

    /// A fixture fleet with a change that is committed with it.
    pub(crate) fn changed(layout: &'static str, seat: Seat, change: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(folder.path()).unwrap().join("home");
        fs::create_dir(&home).unwrap();
        // Files are really this account's.
        let uid = rustix::process::geteuid().as_raw();
        let account = Account { name: seat.user.into(), uid, home: home.clone(), full_name: None };
        let mut env: BTreeMap<String, OsString> = BTreeMap::new();
        env.insert("PATH".into(), path_of_a_person(&home.with_file_name("bin")));
        env.insert("HOME".into(), home.into());
        env.insert("GIT_CONFIG_NOSYSTEM".into(), "1".into());
        let host = Host::pretend(account, seat.machine, seat.os, seat.arch, env);
        let world = Self { folder, host, layout, seat, subject: Subject::Account };
        if layout == "practice" {
            let practice = Practice::at(&world.at("")).unwrap();
            practice.unpack(&world.host, &mut Real::new(world.host.env().clone())).unwrap();
        } else {
            world.copy_fixture(change);
        }
        world
    }

    fn copy_fixture(&self, change: impl FnOnce(&Path)) {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleets").join(self.layout);
        copy_folder(&fixture, &self.fleet());
        let admin = Identity::generate();
        fs::create_dir(self.at("admin")).unwrap();
        let text = admin.key_file_text(std::time::SystemTime::now().into());
        fs::write(self.admin_key(), text.as_bytes()).unwrap();
        let sops = self.fleet().join(".sops.yaml");
        let text = fs::read_to_string(&sops).unwrap();
        fs::write(sops, text.replace(FIXTURE_ADMIN, admin.recipient().as_str())).unwrap();
        change(&self.fleet());

        self.git(&["init", "--quiet"]);
        self.git(&["add", "--all"]);
        let me = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        self.git(&[&me[..], &["commit", "--quiet", "--message", "Begin"]].concat());
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        let folder = fs::canonicalize(self.folder.path()).unwrap();
        if path.is_empty() { folder } else { folder.join(path) }
    }

    pub(crate) fn fleet(&self) -> PathBuf {
        self.at("fleet")
    }

    pub(crate) fn admin_key(&self) -> PathBuf {
        self.at("admin/keys.txt")
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        self.run(command.args(arguments).current_dir(self.fleet()))
    }

    /// What `command` prints; it must succeed. Its environment is the person's.
    pub(crate) fn run(&self, command: &mut Command) -> String {
        let (ok, said) = self.try_run(command);
        assert!(ok, "{command:?}: {said}");
        said
    }

    /// Whether it succeeded, and what it said.
    pub(crate) fn try_run(&self, command: &mut Command) -> (bool, String) {
        self.try_run_with_key(command, &self.at("no-key"))
    }

    /// The same with an age key for sops.
    pub(crate) fn try_run_with_key(&self, command: &mut Command, key: &Path) -> (bool, String) {
        let program = command.get_program().to_string_lossy().into_owned();
        let output = command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("SOPS_AGE_KEY_FILE", key)
            .env("HOME", self.at("nobody"))
            .env("NIX_CONFIG", NIX_CONFIG)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|e| panic!("`{program}` must be on PATH (see tests/run): {e}"));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (out, err) = (text(output.stdout), text(output.stderr));
        let ok = output.status.success();
        // sops tells on its second output that nothing is to be done.
        (ok, if ok && program != "sops" { out } else { out + &err })
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        let options = Options { no_activation: true, ..Options::default() };
        let asked = Asked { options, ..Asked::default() };
        let runner = Real::new(self.host.env().clone());
        Desk::open(&self.host, &self.fleet(), &asked, &self.subject, &|_: &str| (), runner).unwrap()
    }

    /// Answers like those of a person who takes what is suggested, with two secrets.
    pub(crate) fn answers(&self, mode: Mode, aggregates: &[&str]) -> Answers {
        let secret = |name: &str, from, path: Option<&str>| SecretAnswer {
            name: name.to_owned(),
            from,
            path: path.map(str::to_owned),
            mode: path.map(|_| "0600".to_owned()),
        };
        Answers {
            name: Some("Zoë \"Z\" O'Brien ${x}".to_owned()),
            email: Some("zoe@example.com".to_owned()),
            mode: Some(mode),
            hosts: Some(vec![self.seat.machine.to_owned()]),
            aggregates: Some(aggregates.iter().map(|a| (*a).to_owned()).collect()),
            key: Some(KeyChoice::Generate),
            key_copy: Some(KeyCopy::Acknowledged),
            secrets: Some(vec![
                secret("github-token", SecretFrom::Later, None),
                secret("ssh-signing-key", SecretFrom::NewEd25519, Some("~/.ssh/signing")),
            ]),
            ..Answers::default()
        }
    }

    pub(crate) fn plan(&self, desk: &mut Desk, answers: Answers) -> Plan {
        self.try_plan(desk, answers).unwrap_or_else(|problem| panic!("{problem}"))
    }

    pub(crate) fn try_plan(&self, desk: &mut Desk, answers: Answers) -> Result<Plan, Problem> {
        let settled = self.settle(desk, answers)?;
        desk.plan(&settled)
    }

    pub(crate) fn settle(&self, desk: &Desk, answers: Answers) -> Result<Settled, Problem> {
        let onboard = &desk.onboard;
        let nothing = Answers::default();
        let cx = Context {
            host: &self.host,
            fleet: &onboard.fleet,
            answers: &nothing,
            found: &onboard.found,
            subject: &self.subject,
        };
        let given = Given { answers, ..Given::default() };
        settle(&cx, &given)
    }

    /// The plan as people see it, without what is another in every run.
    pub(crate) fn told(&self, plan: &Plan) -> String {
        let fleet = self.fleet();
        let preview = Preview { plan, host: &self.host, fleet: &fleet, user: self.seat.user };
        let mut out = String::new();
        let mut encrypted = false;
        for line in preview.words(true).lines() {
            if let Some(file) = line.strip_prefix("+++ ") {
                encrypted = file.starts_with("secrets/");
                if encrypted {
                    out.push_str(&format!("{line}\n+<encrypted>\n"));
                    continue;
                }
            }
            let of_diff =
                line.starts_with(['+', '-', ' ', '@', '\\']) && !line.starts_with("   by");
            if !(encrypted && of_diff) {
                encrypted &= of_diff;
                out.push_str(line);
                out.push('\n');
            }
        }
        let uid = format!("uid = {};", self.host.account.uid);
        let out = out.replace(&uid, "uid = <uid>;");
        mask_recipients(&out.replace(&self.at("").display().to_string(), "WORLD"))
    }

    /// The plan is as `plans/NAME.snap` has it.
    pub(crate) fn shown(&self, name: &str, plan: &Plan) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("plans");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, self.told(plan)));
    }

    pub(crate) fn apply(&self, desk: &mut Desk, plan: &Plan) -> PathBuf {
        let finish = desk.apply(plan, &mut Quiet);
        let Finish { end, problem, receipt, heading, .. } = finish;
        assert_eq!(end, End::Done, "{heading} {problem:?}");
        receipt.unwrap()
    }

    pub(crate) fn undo(&self, receipt: &Path) -> String {
        let mut runner = Real::new(self.host.env().clone());
        doorstep::undo::undo(receipt, &mut runner, &mut Quiet, &|_| ()).unwrap().sentence()
    }

    /// A copy of the fleet that evaluates: fixtures get the practice fleet's evaluator.
    pub(crate) fn evaluable(&self) -> Evaluable<'_> {
        let copy = self.at("evaluated");
        if copy.exists() {
            fs::remove_dir_all(&copy).unwrap();
        }
        copy_folder(&self.fleet(), &copy);
        if self.layout != "practice" {
            let here = Path::new(env!("CARGO_MANIFEST_DIR"));
            let ours = here.join("tests/layouts/evaluator");
            copy_folder(&here.join("assets/practice/fleet/offline"), &copy.join("offline"));
            copy_folder(&ours, &copy.join("offline"));
            fs::rename(copy.join("offline/flake.nix"), copy.join("flake.nix")).unwrap();
            // The fixture's own lock speaks of inputs that this flake has not.
            fs::rename(copy.join("flake.lock"), copy.join("locked.json")).unwrap();
        }
        let mut git = Command::new("git");
        // Only what is ours: doorstep itself must have shown its files to git.
        let added = ["add", "--all", "--", "flake.nix", "flake.lock", "locked.json", "offline"];
        let added = if self.layout == "practice" { &added[..4] } else { &added[..] };
        self.run(git.args(added).current_dir(&copy));
        Evaluable { world: self, folder: copy }
    }
}

pub(crate) struct Evaluable<'w> {
    world: &'w World,
    folder: PathBuf,
}

impl Evaluable<'_> {
    /// `function` of a flake's attribute. A warning is a failure.
    pub(crate) fn eval(&self, attribute: &str, function: &str) -> serde_json::Value {
        let mut nix = Command::new("nix");
        nix.args(["eval", "--json", "--offline", "--no-write-lock-file"])
            .args([&format!(".#{attribute}"), "--apply", function])
            .current_dir(&self.folder)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", self.world.at("nobody"))
            .env("NIX_CONFIG", NIX_CONFIG)
            .stdin(Stdio::null());
        let output = nix.output().expect("`nix` must be on PATH (see tests/run)");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {attribute}: {said}", self.world.layout);
        // Tests run side by side, and Nix says when its own database makes it wait.
        let said: Vec<&str> = said.lines().filter(|line| !line.contains("is busy")).collect();
        assert!(said.is_empty(), "{} {attribute} warns: {said:?}", self.world.layout);
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// `PATH` with git at a place of its own: on a Mac doorstep asks about the developer tools before it
/// runs `/usr/bin/git`, and this machine need be none.
fn path_of_a_person(bin: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let git =
        std::env::split_paths(&path).map(|folder| folder.join("git")).find(|git| git.exists());
    fs::create_dir(bin).unwrap();
    std::os::unix::fs::symlink(git.expect("`git` must be on PATH"), bin.join("git")).unwrap();
    let folders = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap()
}

/// Looks on, and answers nothing.
struct Quiet;

impl Attend for Quiet {
    fn event(&mut self, event: Event) {
        if let Event::Ended { step, outcome: Outcome::Failed { why }, .. } = event {
            panic!("{step}: {why}");
        }
    }

    fn in_the_way(&mut self, _: &[InTheWay]) -> InTheWayChoice {
        InTheWayChoice::default()
    }

    fn stop(&mut self) -> bool {
        false
    }
}

fn mask_recipients(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("age1") {
        let (before, key) = rest.split_at(at);
        let end = key.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(key.len());
        out.push_str(before);
        out.push_str(if end == 62 { "age1…" } else { &key[..end] });
        rest = &key[end..];
    }
    out + rest
}

/// Every file below `folder` with its mode and content; git's index by its own words.
pub(crate) fn picture(world: &World) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![world.fleet(), world.host.home.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let is_receipts = path.ends_with(".local/state/doorstep");
            if path.file_name().is_some_and(|n| n == ".git") || is_receipts {
                continue;
            }
            let mode = std::os::unix::fs::MetadataExt::mode(&fs::symlink_metadata(&path).unwrap());
            let content = if path.is_dir() { Vec::new() } else { fs::read(&path).unwrap() };
            found.push((format!("{} {mode:o}", path.display()), content));
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    // Receipts stay, and so do the folders they are in.
    found.retain(|(path, _)| !path.contains("/home/.local "));
    found.retain(|(path, _)| !path.contains("/home/.local/state "));
    found.push(("index".into(), world.git(&["ls-files", "--stage"]).into_bytes()));
    found.sort();
    found
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}
