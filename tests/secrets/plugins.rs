//! Keys of age plugins: a stand-in that asks, and age's own post-quantum one, beside sops both ways.

use std::fs;
use std::process::Command;

use bech32::Hrp;
use doorstep::key::AnyRecipient;

use crate::typing::typed;
use crate::world::{World, stdout, tool};

/// Bech32 without a limit of length, as age has it.
enum Unbounded {}

impl bech32::Checksum for Unbounded {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = bech32::Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = bech32::Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = bech32::Bech32::TARGET_RESIDUE;
}

const KEY: [u8; 32] = [42; 32];

pub(crate) fn recipient() -> String {
    bech32::encode_lower::<Unbounded>(Hrp::parse("age1standin").unwrap(), &KEY).unwrap()
}

fn identity() -> String {
    bech32::encode_upper::<Unbounded>(Hrp::parse("AGE-PLUGIN-STANDIN-").unwrap(), &KEY).unwrap()
}

/// A world whose programs find the stand-in, with its key as Zoe's only one.
fn world() -> World {
    let world = World::new();
    world.write("home/.config/sops/age/keys.txt", identity() + "\n");
    world
}

/// On PATH with the stand-in and what `go install` has put elsewhere.
fn reaching(mut command: Command) -> Command {
    let stand_ins = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-ins");
    let real = tool("age-plugin-pq");
    let usual = std::env::var("PATH").unwrap();
    let path = format!("{}:{}:{usual}", stand_ins.display(), real.parent().unwrap().display());
    command.env("PATH", path);
    command
}

fn run(world: &World, args: &[&str]) -> std::process::Output {
    reaching(world.doorstep(args)).output().unwrap()
}

fn sops(world: &World, args: &[&str]) -> std::process::Output {
    let mut command = reaching(Command::new(tool("sops")));
    command.args(args).current_dir(world.fleet()).env("HOME", world.path("home"));
    command.output().unwrap()
}

/// A file that sops has made for `recipients`.
fn made_by_sops(world: &World, recipients: &str) {
    world.write("fleet/secrets/x.yaml", "token: hunter2\n");
    let made =
        sops(world, &["-e", "-i", "--config", "/dev/null", "--age", recipients, "secrets/x.yaml"]);
    stdout(&made);
}

fn rules(world: &World, recipient: &str) {
    let zoe = world.zoe.recipient();
    world.write(
        "fleet/.sops.yaml",
        format!("creation_rules:\n  - path_regex: secrets/\n    key_groups:\n      - age:\n          - {zoe}\n          - {recipient}\n"),
    );
}

fn said(output: &std::process::Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(text).unwrap().replace(&recipient(), "age1standin1STANDIN")
}

#[test]
fn what_sops_seals_by_a_plugin_opens_and_says_with_which_key() {
    let world = world();
    made_by_sops(&world, &recipient());
    insta::assert_snapshot!(said(&run(&world, &["secrets", "check"])), @"✓ secrets/x.yaml   opened with age1standin… from ~/.config/sops/age/keys.txt, line 1");
    let changed = reaching(world.doorstep(&[
        "secrets",
        "set",
        "secrets/x.yaml",
        "token",
        "--from",
        "../new",
    ]));
    world.write("new", "swordfish");
    stdout(&{ changed }.output().unwrap());
    assert_eq!(stdout(&sops(&world, &["-d", "secrets/x.yaml"])), "token: swordfish\n");
}

#[test]
fn what_is_sealed_by_a_plugin_here_opens_in_sops() {
    let world = world();
    rules(&world, &recipient());
    world.secrets("x.yaml", &[("token", "hunter2")], &[&world.zoe]);
    // Zoe's own key adds the plugin's, which alone then opens it.
    world.write("zoe.txt", world.zoe.key_file_text(crate::world::utc()).as_bytes());
    let mut rekey = reaching(world.doorstep(&["secrets", "rekey", "--yes"]));
    rekey.env("SOPS_AGE_KEY_FILE", world.path("zoe.txt"));
    stdout(&rekey.output().unwrap());
    assert_eq!(stdout(&sops(&world, &["-d", "secrets/x.yaml"])), "token: hunter2\n");
    let up_to_date = sops(&world, &["updatekeys", "-y", "secrets/x.yaml"]);
    assert!(said(&up_to_date).contains("already up to date"));
    world.write("new", "1");
    for file in ["secrets/y.yaml", "secrets/y.json"] {
        stdout(&run(&world, &["secrets", "new", file, "t", "--from", "../new"]));
        assert!(sops(&world, &["-d", file]).status.success());
    }
    stdout(&run(&world, &["secrets", "rekey", "--yes", "--rotate", "secrets/y.json"]));
    assert!(sops(&world, &["-d", "secrets/y.json"]).status.success());
}

#[test]
fn a_plugin_that_is_not_there_is_named() {
    let world = world();
    made_by_sops(&world, &recipient());
    let (code, said) = world.refused(&["secrets", "show", "secrets/x.yaml", "token"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(said, @r"
    error: `secrets/x.yaml` cannot be decrypted with your keys
    cause: age-plugin-standin: it is not on your PATH
    hint: install `age-plugin-standin`
    ");
    rules(&world, &recipient());
    world.write(
        "home/.config/sops/age/keys.txt",
        world.zoe.key_file_text(crate::world::utc()).as_bytes(),
    );
    world.secrets("x.yaml", &[("token", "hunter2")], &[&world.zoe]);
    let before = world.read("fleet/secrets/x.yaml");
    let output = world.run(&["secrets", "rekey", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(crate::plugins::said(&output), @r"
    secrets/x.yaml
      ! stays as it is: nothing can be encrypted to `age1standin1STANDIN`: `age-plugin-standin` is not on your PATH
    0 files as the rules say. Nothing to encrypt again.
    ");
    assert_eq!(world.read("fleet/secrets/x.yaml"), before);
}

#[test]
fn what_a_plugin_asks_reaches_the_person_and_nobody_else() {
    let world = world();
    made_by_sops(&world, &recipient());
    let check = |words: &str| {
        let mut command = reaching(world.doorstep(&["secrets", "check", "secrets/x.yaml"]));
        command.env("STAND_IN_PLUGIN", words);
        command
    };
    let (shown, code) = typed(
        &check("pin touch confirm"),
        &[("use the stand-in?", "1"), ("PIN of the stand-in", "1234")],
    );
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("age-plugin-standin: please touch the stand-in"), "{shown}");
    assert!(!shown.contains("1234"), "a PIN is not shown: {shown}");
    let (shown, code) = typed(&check("pin"), &[("PIN of the stand-in", "9999")]);
    assert_eq!(code, 1);
    assert!(shown.contains("cause: age-plugin-standin: it says: wrong PIN"), "{shown}");
    let (shown, _) = typed(&check("confirm"), &[("use the stand-in?", "2")]);
    assert!(shown.contains("it says: not confirmed"), "{shown}");
    // Without a terminal.
    let output = check("pin").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(said(&output), @r"
    ✗ secrets/x.yaml
      error: `secrets/x.yaml` cannot be decrypted with your keys
      cause: age-plugin-standin: it has to ask you (PIN of the stand-in), and nobody answered
      hint: run it in a terminal, where the plugin can ask you
    ");
}

#[test]
fn a_plugin_that_fails_says_why_and_is_not_asked_for_every_file() {
    let world = world();
    made_by_sops(&world, &recipient());
    let text = world.read("fleet/secrets/x.yaml");
    for number in 0..20 {
        world.write(&format!("fleet/secrets/{number}.yaml"), &text);
    }
    let calls = world.path("calls");
    fs::create_dir(&calls).unwrap();
    for (words, why) in [
        ("missing", "it says: no device is plugged in"),
        ("dies", "it did not keep to the protocol of plugins: it ended before it had answered"),
        ("babbles", "it did not keep to the protocol of plugins: it wrote something else"),
    ] {
        let mut command = reaching(world.doorstep(&["secrets", "check"]));
        command.env("STAND_IN_PLUGIN", format!("{words} log={}", calls.display()));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains(why), "{}", said(&output));
        assert_eq!(fs::read_dir(&calls).unwrap().count(), 1, "{words}");
        fs::remove_dir_all(&calls).unwrap();
        fs::create_dir(&calls).unwrap();
    }
}

/// age 1.3 and sops know these by themselves; here it is the plugin that comes with age.
#[test]
fn post_quantum_keys_go_both_ways_between_sops_and_the_plugin() {
    let world = world();
    let key = include_str!("../vectors/pq.txt");
    let recipient = key.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    assert!(AnyRecipient::parse(recipient).is_ok());
    world.write("home/.config/sops/age/keys.txt", key);
    made_by_sops(&world, recipient);
    let shown = run(&world, &["secrets", "show", "secrets/x.yaml", "token"]);
    assert_eq!(stdout(&shown), "hunter2");
    world.write("fleet/.sops.yaml", format!("creation_rules:\n  - age: {recipient}\n"));
    world.write("new", "1");
    stdout(&run(&world, &["secrets", "new", "secrets/y.yaml", "t", "--from", "../new"]));
    assert_eq!(stdout(&sops(&world, &["-d", "secrets/y.yaml"])), "t: \"1\"\n");
    stdout(&run(&world, &["secrets", "rekey", "--yes", "--rotate", "secrets/x.yaml"]));
    assert_eq!(stdout(&sops(&world, &["-d", "secrets/x.yaml"])), "token: hunter2\n");
    let unplugged = world.refused(&["secrets", "show", "secrets/x.yaml", "token"]).1;
    if which::which("age-plugin-pq").is_err() {
        assert!(unplugged.contains("hint: install `age-plugin-pq`"), "{unplugged}");
    }
}
