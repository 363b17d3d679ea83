//! A check that hangs is left behind; what programs print has no limit, what is kept has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use doorstep::check::{self, CHECKS, Scene};
use doorstep::problem::Problem;
use doorstep::run::{Command, Exit, Runner, Stream};

use crate::world::{KEYS, MODULE, World};

/// A program that never ends by itself.
struct Hangs {
    end: Arc<AtomicBool>,
    ended: mpsc::Sender<()>,
}

impl Runner for Hangs {
    fn run(&mut self, _: &Command, _: &mut dyn FnMut(Stream, &str)) -> Result<Exit, Problem> {
        while !self.end.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        let _ = self.ended.send(());
        Ok(Exit::Signal(15))
    }
}

#[test]
fn what_hangs_is_stopped_and_said_so() {
    let world = World::new();
    let scene =
        Scene::new(world.host(), "zoe", Some(world.at("fleet"))).with_system(world.at("system"));
    let (ended, hears) = mpsc::channel();
    let runners = move |end: Arc<AtomicBool>| -> Box<dyn Runner + Send> {
        Box::new(Hangs { end, ended: ended.clone() })
    };
    let only: Vec<_> =
        CHECKS.iter().copied().filter(|check| check.id() == "user-systemd").collect();
    let bound = Duration::from_secs(1);
    let report = check::run(&Arc::new(scene), &only, bound, &runners, &mut |_| ());
    assert_eq!(report.not_checked[0].because, "stopped after 1 s");
    assert!(report.findings.is_empty());
    // The program was told to end.
    hears.recv_timeout(Duration::from_secs(5)).unwrap();
}

#[test]
fn unreadable_and_odd_files_are_no_panic() {
    let world = World::new();
    world.write("fleet/.sops.yaml", "\u{feff}\t\0");
    std::fs::write(world.at("fleet/secrets/users/zoe.sops.yaml"), [0xff; 4096]).unwrap();
    std::fs::write(world.at("home/.config/sops/age/keys.txt"), [0xfe; 4096]).unwrap();
    std::fs::write(
        world.at("system/etc/nix/nix.conf"),
        "include nix.conf\n!include /dev/null\n=\n",
    )
    .unwrap();
    let report = world.doctor();
    assert!(!report.is_clean());
    assert!(report.not_checked.iter().all(|left| !left.because.contains("doorstep itself")));
}

/// Wherever somebody has put one.
#[test]
fn a_private_key_is_never_shown() {
    let world = World::new();
    let key = world.read(KEYS);
    let secret = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    world.change("fleet/.sops.yaml", |text| format!("# {secret}\n{text}"));
    world.change(MODULE, |text| text.replacen("imports = ", &format!("# {secret}\nimports "), 1));
    world.write("home/.config/nix/nix.conf", secret);
    let world = world.with_env("SOPS_AGE_KEY_FILE", secret);
    let shown = format!("{:?}", world.doctor());
    assert!(!shown.contains(secret), "it is shown");
}

/// A home on a file system that is nearly full: one of 256 KiB, in a private mount namespace.
#[test]
fn a_disk_that_is_full() {
    let folder = tempfile::tempdir().unwrap();
    // An ordinary account needs a user namespace of its own for that.
    let namespace = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    let script = r#"mount -t tmpfs -o size=256k tmpfs "$0" && HOME="$0" exec "$@""#;
    let doctor = |home: &std::path::Path, wrapped: bool| {
        let program = env!("CARGO_BIN_EXE_doorstep");
        let args = ["doctor", "--only", "space", "--json"];
        let mut command = std::process::Command::new(if wrapped { "unshare" } else { program });
        if wrapped {
            command.args([namespace, "sh", "-c", script]).arg(home).arg(program);
        }
        let output = command.args(args).env("HOME", home).current_dir("/").output();
        let output = output.expect("this test needs `unshare` (util-linux)");
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = doctor(folder.path(), true);
    assert_eq!(
        (code, said["findings"][0]["id"].as_str()),
        (Some(1), Some("disk-full")),
        "{said:#}"
    );
    let shown = said["findings"][0]["evidence"][0]["shown"].as_str().unwrap();
    assert!(shown.contains("0 MiB are free at ~"), "{shown}");
    let (code, said) = doctor(folder.path(), false);
    assert_eq!(code, Some(0), "{said:#}");
}

/// Neither systemd nor launchd, neither sops nor age: what they would tell is not checked, with the
/// reason, and nothing is held against the machine.
#[test]
fn programs_that_are_not_there() {
    for mut world in [World::new(), World::mac()] {
        world.says.clear();
        let report = world.doctor();
        assert!(report.is_clean(), "{:#?}", crate::world::told(&report));
        let left: Vec<&str> = report.not_checked.iter().map(|left| left.check).collect();
        assert!(!left.is_empty());
        assert!(report.not_checked.iter().all(|left| !left.because.is_empty()), "{left:?}");
        assert!(
            left.iter().all(|id| [
                "agent",
                "agent-log",
                "gui-session",
                "user-systemd",
                "user-unit",
                "secrets-mount"
            ]
            .contains(id)),
            "{left:?}"
        );
    }
}

/// A program that prints a hundred megabytes.
struct Talks;

impl Runner for Talks {
    fn run(&mut self, _: &Command, line: &mut dyn FnMut(Stream, &str)) -> Result<Exit, Problem> {
        let text = "running".repeat(15_000);
        for _ in 0..1000 {
            line(Stream::Out, &text);
        }
        Ok(Exit::Code(0))
    }
}

#[test]
fn what_prints_without_end_is_not_kept() {
    let world = World::new();
    let scene =
        Scene::new(world.host(), "zoe", Some(world.at("fleet"))).with_system(world.at("system"));
    let runners = |_: Arc<AtomicBool>| -> Box<dyn Runner + Send> { Box::new(Talks) };
    let only = [check::named("user-systemd").unwrap(), check::named("secrets-mount").unwrap()];
    let bound = Duration::from_secs(60);
    let report = check::run(&Arc::new(scene), &only, bound, &runners, &mut |_| ());
    let shown = format!("{report:?}");
    assert!(shown.len() < 3 * 1024 * 1024, "{} bytes are kept", shown.len());
}

/// As an ordinary account, for whom closed folders are closed.
#[test]
fn folders_that_may_not_be_read() {
    if rustix::process::geteuid().is_root() {
        return unprivileged("bounds::folders_that_may_not_be_read");
    }
    let world = World::new();
    let closed = [
        "home/.config/sops",
        "fleet/secrets",
        "fleet/modules/home/users/zoe",
        "home/.local/state",
        "system/etc/nix",
    ];
    for folder in closed {
        world.set_mode(folder, 0o000);
    }
    let report = world.doctor();
    for folder in closed {
        world.set_mode(folder, 0o755);
    }
    assert!(!report.is_clean());
    assert!(report.not_checked.iter().all(|left| !left.because.contains("doorstep itself")));
}

/// Runs one of these tests again as an account without rights.
fn unprivileged(test: &str) {
    let lent = tempfile::tempdir().unwrap();
    let open = |path: &std::path::Path| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    open(lent.path());
    let [binary, program] = ["test", "doorstep"].map(|name| lent.path().join(name));
    std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_doorstep"), &program).unwrap();
    let output = std::process::Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "env", "-i"])
        .args(["HOME=/nonexistent", "PATH=/usr/local/bin:/usr/bin:/bin"])
        .arg(format!("DOORSTEP_TEST_BINARY={}", program.display()))
        .arg(&binary)
        .args(["--exact", test])
        .current_dir(lent.path())
        .output()
        .expect("this test needs `setpriv` (util-linux)");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
