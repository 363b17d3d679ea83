//! Real children of every awkward kind.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::*;

fn env(path: &str) -> BTreeMap<String, OsString> {
    [("PATH".to_owned(), path.into())].into()
}

fn real() -> Real {
    Real::new(env("/usr/bin:/bin"))
}

fn sh(script: &str) -> Command {
    Command::new("sh").args(["-c", script])
}

fn heard(runner: &mut dyn Runner, command: &Command) -> (Exit, Vec<String>) {
    let mut all = Vec::new();
    let exit = runner.listen(command, &mut |heard| all.push(format!("{heard:?}"))).unwrap();
    all.retain(|heard| heard != "Rest");
    (exit, all)
}

#[test]
fn lines_of_both_streams_come_and_the_end_is_told() {
    let output = real().output(&sh("echo out; echo err >&2; printf cut; exit 3")).unwrap();
    assert_eq!((output.exit, output.stdout.as_str()), (Exit::Code(3), "out\ncut\n"));
    assert_eq!(output.stderr, "err\n");
    let killed = real().output(&sh("kill -9 $$")).unwrap();
    assert_eq!(killed.exit, Exit::Signal(9));
    assert!(real().output(&Command::new("/no/such/program")).is_err());
}

#[test]
fn age_keys_are_for_those_alone_that_decrypt_and_are_never_printed() {
    let mut env = env("/usr/bin:/bin");
    env.insert("SOPS_AGE_KEY".to_owned(), "AGE-SECRET-KEY-1EXAMPLE".into());
    let mut real = Real::new(env);
    let printed = sh("echo \"key: $SOPS_AGE_KEY\"");
    assert_eq!(real.output(&printed).unwrap().stdout, "key: \n");
    let seen = printed.with_age_keys();
    assert_eq!(real.output(&seen).unwrap().stdout, "key: AGE-SECRET-KEY-1EXAMPLE\n");
    assert!(!format!("{real:?} {seen:?}").contains("EXAMPLE"));
}

#[test]
fn a_child_that_closes_its_streams_is_waited_for() {
    let output = real().output(&sh("exec >&- 2>&-; sleep 0.3; exit 4")).unwrap();
    assert_eq!(output.exit, Exit::Code(4));
}

#[test]
fn a_grandchild_that_keeps_the_pipe_is_not_waited_for() {
    let began = Instant::now();
    let output = real().output(&sh("echo mine; sleep 60 & exit 0")).unwrap();
    assert_eq!((output.exit, output.stdout.as_str()), (Exit::Code(0), "mine\n"));
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_grandchild_that_never_falls_silent_is_left_to_itself() {
    // It ends with the pipe.
    let (exit, _) = heard(&mut real(), &sh("yes & exit 5"));
    assert_eq!(exit, Exit::Code(5));
}

#[test]
fn a_child_that_never_falls_silent_can_be_ended() {
    let end = Arc::new(AtomicBool::new(false));
    let mut runner = real().ended_by(Arc::clone(&end));
    let mut lines = 0_u64;
    let exit = runner.run(&Command::new("yes"), &mut |_, _| {
        lines += 1;
        end.store(true, Ordering::Relaxed);
    });
    assert_eq!(exit.unwrap(), Exit::Signal(15));
    assert!(lines > 0);
}

#[test]
fn commands_that_have_had_their_time_are_ended() {
    let mut runner = real().ended_after(Duration::ZERO);
    for _ in 0..2 {
        let exit = runner.run(&sh("exec sleep 100000"), &mut |_, _| ());
        assert_eq!(exit.unwrap(), Exit::Signal(15));
    }
}

#[test]
fn a_listener_that_is_slow_makes_no_child_wait() {
    // 48 MB, and whoever listens is stuck until the child has written all of it.
    let done = tempfile::tempdir().unwrap();
    let flag = done.path().join("done");
    let script = format!("yes aaaaaaaaaaaaaaa | head -n 3000000; : > '{}'", flag.display());
    let mut lines = 0;
    let mut left_out = 0;
    let exit = real()
        .listen(&sh(&script), &mut |heard| {
            while !flag.exists() {
                std::thread::yield_now();
            }
            match heard {
                Heard::Line(..) => lines += 1,
                Heard::LeftOut(n) => left_out += n,
                Heard::Record { .. } | Heard::Rest => {}
            }
        })
        .unwrap();
    assert!(exit.ok());
    assert_eq!(lines + left_out, 3_000_000);
    assert!(left_out > 0);
}

/// A folder with a `nix` that says it is this version and, asked to build, does `build`.
fn nix(version: &str, build: &str) -> (tempfile::TempDir, Real) {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "#!/bin/sh\ncase $1 in --version) echo \"nix {version}\"; echo x >> \"$0.asked\"; exit;; esac\n{build}\n"
    );
    let path = folder.path().join("nix");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let runner = Real::new(env(&format!("{}:/usr/bin:/bin", folder.path().display())));
    (folder, runner)
}

const LOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nix-logs/2.34-json-log-path.jsonl");

/// Writes the recorded log to the socket that it is told, as Nix does, twice at once.
const WRITER: &str = r#"
while [ "$1" != json-log-path ]; do shift; done
echo "building on $(dirname "$2" | xargs stat -c %a)" >&2
for n in 1 2; do
  python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(open(sys.argv[2], "rb").read())' "$2" LOG &
done
wait
echo "$2"
"#;

#[test]
fn records_come_by_socket_from_every_nix_and_text_beside_them() {
    let (_folder, mut runner) = nix("(Nix) 2.34.8", &WRITER.replace("LOG", LOG));
    let mut records = Vec::new();
    let mut lines = Vec::new();
    let exit = runner
        .listen(&Command::new("nix").args(["build", ".#x"]), &mut |heard| match heard {
            Heard::Record { json, has_text } => {
                assert!(has_text);
                records.push(json.to_owned());
            }
            Heard::Line(_, text) => lines.push(text.to_owned()),
            Heard::LeftOut(n) => panic!("{n}"),
            Heard::Rest => {}
        })
        .unwrap();
    assert!(exit.ok(), "{lines:?}");
    let log = std::fs::read_to_string(LOG).unwrap();
    assert_eq!(records.len(), 2 * log.lines().count());
    assert!(log.lines().all(|line| records.iter().filter(|r| *r == line).count() >= 2));
    lines.sort();
    let [socket, mode] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(mode, "building on 700");
    assert!(socket.len() <= 103 && !Path::new(socket).exists());
    assert!(!Path::new(socket).parent().unwrap().exists());
}

#[test]
fn records_come_by_standard_error_where_nix_is_older_and_it_is_asked_once() {
    let script = r#"echo "told $*"; echo '@nix {"action":"stop","id":1}' >&2; echo text >&2"#;
    let (folder, mut runner) = nix("(Nix) 2.8.0", script);
    for _ in 0..2 {
        let (exit, mut all) = heard(&mut runner, &Command::new("nix").args(["build", "x"]));
        assert!(exit.ok());
        all.sort();
        assert_eq!(
            all,
            [
                r#"Line(Err, "text")"#,
                r#"Line(Out, "told build x --log-format internal-json -v")"#,
                r#"Record { json: "{\"action\":\"stop\",\"id\":1}", has_text: false }"#,
            ]
        );
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("nix.asked")).unwrap(), "x\n");
}

#[test]
fn silence_is_told_once_all_that_has_come_was_heard() {
    let mut all = Vec::new();
    let script = "echo one; sleep 0.2; echo two; echo three";
    real().listen(&sh(script), &mut |heard| all.push(format!("{heard:?}"))).unwrap();
    assert_eq!(all[..2], [r#"Line(Out, "one")"#, "Rest"]);
    assert_eq!(all.last().unwrap(), "Rest");
}

#[test]
fn what_is_not_nix_is_told_nothing() {
    let (exit, all) = heard(&mut real(), &Command::new("echo").args(["a", "--", "b"]));
    assert!(exit.ok());
    assert_eq!(all, [r#"Line(Out, "a -- b")"#]);
}
