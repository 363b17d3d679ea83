//! A canary value and a canary key appear nowhere but where they belong.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use doorstep::key::Identity;

use crate::world::World;

const VALUE: &str = "canary-value-7f3a9c";

/// Every file below, as bytes.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.is_file() {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Programs that write down what they are given, and the arguments of whoever called them, before
/// they do their work.
fn spies(world: &World) {
    let log = world.path("spy.log");
    let spy = |name: &str, work: &str| {
        let script = format!(
            "#!/bin/sh\n{{ echo \"$0 $*\"; tr '\\0' '\\n' < /proc/self/environ; tr '\\0' ' ' < /proc/$PPID/cmdline; }} >> {}\n{work}\n",
            log.display(),
        );
        executable(world, &format!("bin/{name}"), &script);
    };
    spy("git", &format!("exec {} \"$@\"", which::which("git").unwrap().display()));
    // A command that gives a key of nobody's.
    let other = Identity::generate().secret_text().to_string();
    spy("give-key", &format!("echo {other}"));
    let stand_ins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-ins");
    let plugin = stand_ins.join("age-plugin-standin");
    spy("age-plugin-standin", &format!("exec {} \"$@\"", plugin.display()));
}

fn executable(world: &World, name: &str, script: &str) {
    let path = world.write(name, script);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_canary_is_nowhere() {
    let world = World::new();
    spies(&world);
    let key = world.zoe.secret_text().to_string();
    world.secrets("x.yaml", &[("token", "old"), ("other", "o")], &[&world.zoe]);
    let init = world.doorstep(&[]).args(["--version"]).output();
    assert!(init.unwrap().status.success());
    let git =
        std::process::Command::new("git").args(["init", "-q"]).current_dir(world.fleet()).status();
    assert!(git.unwrap().success());
    let path = format!("{}:{}", world.path("bin").display(), std::env::var("PATH").unwrap());
    let mut said = Vec::new();
    let mut run = |args: &[&str], value: Option<&str>| {
        use std::io::Write as _;
        let mut command = world.doorstep(args);
        // A person may have the key in their environment: it must not go on to children.
        command.env("PATH", &path).env("SOPS_AGE_KEY", &key).env("RUST_BACKTRACE", "full");
        command.env("SOPS_AGE_KEY_CMD", "give-key please");
        command.env("STAND_IN_PLUGIN", format!("log={}", world.root.display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Who asks for nothing reads nothing.
        let _ = stdin.write_all(value.unwrap_or_default().as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        said.push((format!("{args:?}"), [output.stdout, output.stderr].concat()));
        output.status.code()
    };
    let done = Some(0);
    assert_eq!(run(&["secrets", "set", "secrets/x.yaml", "token", "--stdin"], Some(VALUE)), done);
    assert_eq!(run(&["secrets", "new", "secrets/y.json", "a/b", "--stdin"], Some(VALUE)), done);
    assert_eq!(run(&["secrets", "new", "secrets/z.bin", "--stdin"], Some(VALUE)), done);
    assert_eq!(run(&["secrets", "rekey", "--yes"], None), done);
    // Somebody with a plugin, whose program is talked with.
    let with_plugin = world.read("fleet/.sops.yaml").replace(
        "          - *zoe\n",
        &format!("          - *zoe\n          - {}\n", crate::plugins::recipient()),
    );
    world.write("fleet/.sops.yaml", with_plugin);
    assert_eq!(run(&["secrets", "rekey", "--yes"], None), done);
    world.rules(&[("secrets/", &["zoe"])]);
    assert_eq!(run(&["secrets", "rekey", "--yes", "--rotate", "--json"], None), done);
    assert_eq!(run(&["secrets", "list"], None), done);
    assert_eq!(run(&["secrets", "check"], None), done);
    assert_eq!(run(&["secrets", "unset", "secrets/x.yaml", "other"], None), done);
    assert_eq!(run(&["recipients", "matrix", "--json"], None), done);
    assert_eq!(run(&["undo"], None), done);
    // Given where something else belongs they are not repeated.
    run(&["secrets", "set", "secrets/x.yaml", &key, "--stdin"], Some(VALUE));
    run(&["secrets", "show", &key], None);
    run(&["recipients", "remove", &key, "secrets/x.yaml"], None);
    run(&["recipients", "add", "eve", &key, "secrets/x.yaml"], None);
    run(&["secrets", "set", "secrets/x.yaml", "token/inside", "--stdin"], Some(VALUE));
    // A damaged file, whose error must not quote what was read before the damage.
    let text = world.read("fleet/secrets/x.yaml");
    world.write(
        "fleet/secrets/x.yaml",
        text.replacen("mac: ENC[AES256_GCM,data:", "mac: ENC[AES256_GCM,data:AAAA", 1),
    );
    run(&["secrets", "check"], None);
    run(&["secrets", "show", "secrets/x.yaml"], None);

    let spied = world.read("spy.log");
    for child in ["bin/git ", "bin/give-key please", "age-plugin-standin --age-plugin=recipient-v1"]
    {
        assert!(spied.contains(child), "`{child}` was called");
    }
    let mut places = said;
    files(&world.root, &mut places);
    let home = world.path("home/.config/sops/age/keys.txt").display().to_string();
    for (place, bytes) in &places {
        assert!(!holds(bytes, VALUE), "the value is in {place}");
        assert!(
            *place == home || !holds(bytes, &key),
            "the key is in {place}: {}",
            String::from_utf8_lossy(bytes)
        );
    }
    eprintln!("{} outputs and files searched, and every call of a child", places.len());
}

/// `secrets set` with the canaries in memory, and with `env` besides.
fn set_with(world: &World, env: &[(&str, &str)]) -> Output {
    let value = world.write("value", VALUE);
    let mut command = world.doorstep(&["secrets", "set", "secrets/x.yaml", "token", "--from"]);
    command.arg(value).env("RUST_BACKTRACE", "full").envs(env.iter().copied());
    command.output().unwrap()
}

#[test]
fn a_panic_shows_where_it_was_and_nothing_that_was_in_memory() {
    let world = World::new();
    world.secrets("x.yaml", &[("token", "old")], &[&world.zoe]);
    let key = world.zoe.secret_text().to_string();
    let over = world.write("over", format!("é{VALUE} {key}"));
    for moment in ["receipt-opened", "secret/1/written"] {
        let env = [
            ("DOORSTEP_TEST_PANIC_AT", moment),
            ("DOORSTEP_TEST_PANIC_OVER", over.to_str().unwrap()),
        ];
        let output = set_with(&world, &env);
        assert_eq!(output.status.code(), Some(101), "{moment}");
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        assert!(holds(&said, "doorstep has a bug and has stopped."), "{moment}");
        assert!(holds(&said, "checkpoint.rs:"), "its place is named");
        for canary in [VALUE, &key, "SECRET-KEY"] {
            assert!(!holds(&said, canary), "{}", String::from_utf8_lossy(&said));
        }
        let mut left = Vec::new();
        files(&world.path("fleet"), &mut left);
        files(&world.path("home/.local"), &mut left);
        assert!(left.iter().all(|(_, bytes)| !holds(bytes, VALUE) && !holds(bytes, &key)));
        world.done(&["undo"]);
    }
}

#[test]
fn a_crash_leaves_no_core() {
    let world = World::new();
    world.secrets("x.yaml", &[("token", "old")], &[&world.zoe]);
    // Cores as large as they like are allowed; then a child ends us the hard way, by when keys are
    // in memory.
    executable(&world, "bin/crash", "#!/bin/sh\nkill -ABRT $PPID\n");
    let doorstep = env!("CARGO_BIN_EXE_doorstep");
    let mut command = world.doorstep(&[]);
    command = {
        let mut shell = std::process::Command::new("sh");
        let script = "ulimit -c unlimited; exec \"$0\" secrets check";
        shell.args(["-c", script, doorstep]).current_dir(command.get_current_dir().unwrap());
        shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell
    };
    let output = command.env("SOPS_AGE_KEY_CMD", world.path("bin/crash")).output().unwrap();
    assert_eq!(output.status.signal(), Some(6));
    assert!(!output.status.core_dumped());
}

/// What children of ours do with their memory is theirs to say.
#[test]
fn children_may_leave_cores_again() {
    let world = World::new();
    world.secrets("x.yaml", &[("token", "old")], &[&world.zoe]);
    let log = world.path("limits");
    let script = format!("#!/bin/sh\n{{ ulimit -Sc; ulimit -Hc; }} > {}\n", log.display());
    executable(&world, "bin/limits", &script);
    let mut command = world.doorstep(&["secrets", "check"]);
    command.env("SOPS_AGE_KEY_CMD", world.path("bin/limits")).output().unwrap();
    let hard = std::process::Command::new("sh").args(["-c", "ulimit -Hc"]).output().unwrap();
    assert_eq!(world.read("limits"), format!("0\n{}", String::from_utf8_lossy(&hard.stdout)));
}
