//! Commands that ask: they get the real terminal, what is typed goes to them alone, and whoever
//! drew there comes back.
//!
//! `sudo` is the stand-in of `tests/stand-ins`, which reads from the terminal as sudo does.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use doorstep::activate::backend::{Backend, Context, Goal, System};
use doorstep::apply::apply;
use doorstep::fleet::Platform;
use doorstep::front::headless::{Report as _, Scene, Unattended, Words};
use doorstep::host::{Account, Host, Os};
use doorstep::plan::Plan;
use doorstep::receipt::{Header, Journal, VERSION};
use doorstep::run::{Command as Run, Real, Runner as _};

use super::pty::{Person, Seat};
use super::walks::{self, practises, pretend};
use super::world::{World, run, tool};

const PASSWORD: &str = "correct horse";

/// A folder with programs of `sh` that come before all others, `sudo` among them.
fn programs(world: &World, scripts: &[(&str, &str)]) -> PathBuf {
    let folder = world.at("programs");
    fs::create_dir_all(&folder).unwrap();
    let stand_in = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stand-ins/sudo");
    fs::copy(stand_in, folder.join("sudo")).unwrap();
    for (name, script) in scripts {
        fs::write(folder.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// `command` finds them first.
fn first(folder: &PathBuf, command: &mut Command) {
    let mut path = folder.clone().into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.env("PATH", path).env("STAND_IN_SUDO", folder);
}

fn was_typed(zoe: &Person) -> bool {
    let output = zoe.output();
    output.windows(PASSWORD.len()).any(|bytes| bytes == PASSWORD.as_bytes())
}

#[test]
fn a_password_is_typed_beside_the_full_screen_and_it_comes_back() {
    let world = World::new();
    practises(&world, Seat::of(80, 24), &[]).types("q").ends().well();
    walks::git_knows_her(&world);
    // An input over ssh that is refused without a question: it may be let in with one, so that the
    // build gets the terminal.
    let lock = pretend(&world, "fleet/flake.lock");
    let text = fs::read_to_string(&lock).unwrap();
    let own = r#""nodes": { "own": { "locked": { "type": "git", "url": "ssh://git@127.0.0.1:1/own.git", "rev": "0a" } },"#;
    let text = text.replacen("\"nodes\": {", own, 1);
    fs::write(&lock, text).unwrap();

    let nix = run(&mut tool("sh", ["-c", "command -v nix"])).expect(0).stdout;
    // Practice hands on no variable that it does not know.
    let state = world.at("programs");
    let script = format!(
        "case \" $* \" in *\" build \"*) STAND_IN_SUDO='{}' sudo -v || exit 1 ;; esac\n\
         exec '{}' \"$@\"",
        state.display(),
        nix.trim()
    );
    let refused = "echo 'git@127.0.0.1: Permission denied (publickey).' >&2; exit 255";
    let folder = programs(&world, &[("nix", &script), ("ssh", refused)]);
    let fleet = pretend(&world, "fleet");
    let mut command = world.doorstep(&["--fleet", fleet.to_str().unwrap()]);
    command.env("USER", "zoe").env("LOGNAME", "zoe");
    let stand_ins = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stand-ins");
    first(&folder, &mut command);
    let path = command.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap();
    let path = format!("{}:{stand_ins}", path.to_str().unwrap());
    command.env("PATH", path);
    let mut zoe = walks::comes(Seat::of(80, 24).runs(&command));
    walks::welcome(&mut zoe);
    walks::rest(&mut zoe);
    walks::key(&mut zoe);
    walks::review(&mut zoe);
    zoe.sees("doorstep has stepped aside: a command needs you.");
    zoe.sees("[sudo] password for zoe:").types("correct horse<enter>");
    // The whole picture is there again, and nothing of the command's is in it.
    walks::done(&mut zoe);
    assert!(zoe.screen().iter().all(|row| !row.contains("[sudo]")), "{:#?}", zoe.screen());
    zoe.types("q").ends().well().sane();
    assert!(!was_typed(&zoe), "a password was shown");
    assert_eq!(fs::read_to_string(folder.join("asked")).unwrap(), "asked\n");
    walks::is_set_up(&world);
}

/// This test binary again, as a program at a terminal that does what `what` says.
fn program(world: &World, what: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "asking::as_a_program", "--nocapture", "--quiet"]);
    command.env_clear().env("TEST_PROGRAM", what).env("TEST_FOLDER", world.at("program"));
    fs::create_dir_all(world.at("program")).unwrap();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// What the tests below run at a terminal of theirs. Run as a test it has nothing to do.
#[test]
fn as_a_program() {
    let Ok(what) = std::env::var("TEST_PROGRAM") else { return };
    let env: BTreeMap<String, OsString> =
        std::env::vars_os().map(|(name, value)| (name.into_string().unwrap(), value)).collect();
    let folder = PathBuf::from(std::env::var_os("TEST_FOLDER").unwrap());
    if what == "switch" {
        return switch(env, folder);
    }
    // In a group of ours a Ctrl-C would reach this program too.
    let exit = Real::new(env).run_attached(&Run::new("sh").args(["-c", &what])).unwrap();
    println!("the program ended with {}", exit.words());
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    println!("and we read {}", line.trim());
}

/// A NixOS machine is switched, with every program but ours a few lines of `sh`.
fn switch(env: BTreeMap<String, OsString>, folder: PathBuf) {
    let account = Account { name: "zoe".into(), uid: 1000, home: folder.clone(), full_name: None };
    let host = Host::pretend(account, "slate", Os::Linux, "x86_64", env.clone());
    let (package, profile) = (folder.join("built"), folder.join("current-system"));
    let machines = ["slate".to_owned()];
    let system = System {
        machines: &machines,
        platform: Platform::Nixos,
        is_here: true,
        deploy: None,
        addresses: &[],
        package: &package,
        profile: &profile,
    };
    let cx = Context {
        host: &host,
        fleet: &folder,
        goal: Goal::System(system),
        nix: &[],
        network: true,
        is_nixos: true,
    };
    let plan = Plan {
        steps: Backend::NixosRebuild.steps(&cx).unwrap(),
        bounds: vec![folder.clone()],
        ..Plan::default()
    };
    let header = Header {
        version: VERSION,
        doorstep: "0".into(),
        practice: false,
        user: "zoe".into(),
        host: "slate".into(),
        home: folder.clone(),
        fleet: folder.clone(),
        bounds: plan.bounds.clone(),
        started: "2026-11-20T10:19:15Z".into(),
        answers: serde_json::Value::Null,
    };
    let mut journal = Journal::create(&host.receipts_dir(), header).unwrap();
    let scene = Scene { host: &host, fleet: &folder, practice: false };
    let mut words = Words::new(std::io::stdout(), scene);
    words.planned(&plan, "zoe");
    let stop = AtomicBool::new(false);
    let mut attend = Unattended {
        reports: vec![&mut words],
        in_the_way: doorstep::activate::InTheWayChoice::Stop,
        stop: &stop,
    };
    let mut runner = Real::new(env);
    let summary = apply(&plan, &mut journal, &mut runner, &mut attend, &|_| ()).unwrap();
    println!("the run ended: {}", summary.outcome.word());
}

/// A built system and what switches to it.
fn slate(world: &World) -> PathBuf {
    let folder = world.at("program");
    fs::create_dir_all(folder.join("old")).unwrap();
    fs::create_dir_all(folder.join("new")).unwrap();
    std::os::unix::fs::symlink(folder.join("old"), folder.join("current-system")).unwrap();
    let nix = format!("ln -sfn '{0}/new' '{0}/built'", folder.display());
    let rebuild = format!(
        "[ -n \"${{STAND_IN_ROOT:-}}\" ] || {{ echo 'not root' >&2; exit 1; }}\n\
         echo 'activating the configuration...' >&2\nln -sfn '{0}/new' '{0}/current-system'",
        folder.display()
    );
    programs(world, &[("nix", &nix), ("nixos-rebuild", &rebuild)])
}

#[test]
fn rights_are_asked_for_once_and_the_switch_is_heard() {
    let world = World::new();
    let mut command = program(&world, "switch");
    let folder = slate(&world);
    first(&folder, &mut command);
    let mut zoe = Seat::of(160, 50).runs(&command);
    zoe.sees("The terminal is for `sudo` now: sudo -v").sees("[sudo] password for zoe:");
    zoe.types("correct horse<enter>");
    let left = zoe.ends().well().sane();
    // The command that has the rights is heard like any other.
    for words in ["| activating the configuration...", "the run ended: done"] {
        assert!(left.text.contains(words), "{words}:\n{}", left.text);
    }
    assert!(!was_typed(&zoe));
    assert_eq!(fs::read_to_string(folder.join("asked")).unwrap(), "asked\n");
    let now = fs::canonicalize(world.at("program/current-system")).unwrap();
    assert_eq!(now, world.at("program/new"));
}

#[test]
fn where_rights_do_not_last_the_switch_gets_the_terminal_too() {
    let world = World::new();
    let mut command = program(&world, "switch");
    let folder = slate(&world);
    fs::write(folder.join("no-ticket"), "").unwrap();
    first(&folder, &mut command);
    let mut zoe = Seat::of(160, 50).runs(&command);
    zoe.sees("sudo -v").sees("[sudo] password for zoe:").types("correct horse<enter>");
    zoe.sees("The rights that were given before do not last");
    zoe.sees_that("the second question", |screen| {
        screen.contents().matches("[sudo] password").count() == 2
    });
    zoe.types("correct horse<enter>");
    let left = zoe.ends().well().sane();
    assert!(left.text.contains("the run ended: done"), "{}", left.text);
    assert!(!was_typed(&zoe));
}

#[test]
fn a_wrong_password_changes_nothing() {
    let world = World::new();
    let mut command = program(&world, "switch");
    let folder = slate(&world);
    first(&folder, &mut command);
    let mut zoe = Seat::of(160, 50).runs(&command);
    zoe.sees("[sudo] password for zoe:").types("wrong<enter>");
    let left = zoe.ends().well().sane();
    assert!(left.text.contains("not run: 3 Switch to it"), "{}", left.text);
    assert!(left.text.contains("the run ended: failed"), "{}", left.text);
    let now = fs::canonicalize(world.at("program/current-system")).unwrap();
    assert_eq!(now, world.at("program/old"));
}

/// A child on the terminal, and whoever gave it.
fn child(script: &str) -> (World, Person) {
    let world = World::new();
    let zoe = Seat::of(80, 24).runs(&program(&world, script));
    (world, zoe)
}

#[test]
fn the_child_reads_and_then_we_do() {
    let (_world, mut zoe) = child("printf 'who? '; read -r name; echo \"hello $name\"; exit 3");
    zoe.sees("who?").types("zoë<enter>").sees("hello zoë").sees("ended with exit code 3");
    zoe.types("more<enter>").sees("and we read more").ends().well().sane();
}

#[test]
fn ctrl_c_is_the_childs_alone() {
    // Once it has read something, the terminal is its own.
    let (_world, mut zoe) = child("printf first; read -r _; printf ready; read -r _; echo never");
    zoe.sees("first")
        .types("<enter>")
        .sees("ready")
        .types("<c-c>")
        .sees("the program ended with signal 2");
    zoe.types("on<enter>").sees("and we read on").ends().well().sane();
}

#[test]
fn a_child_that_hides_what_is_typed_and_dies_leaves_the_terminal_sane() {
    let (_world, mut zoe) = child("stty -echo -icanon; printf ready; read -r _ || :; kill -9 $$");
    zoe.sees("ready").types("x").types("<enter>").sees("the program ended with signal 9");
    zoe.types("seen<enter>").sees("and we read seen").ends().well().sane();
}

#[test]
fn a_child_that_is_stopped_goes_on() {
    let (_world, mut zoe) = child("printf ready; read -r line; echo \"got $line\"");
    zoe.sees("ready").types("<c-z>").types("it<enter>").sees("got it");
    zoe.sees("exit code 0").types("x<enter>").sees("we read x").ends().well().sane();
}
