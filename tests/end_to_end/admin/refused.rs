//! What an administrator gets wrong is said with line and key, and nothing is written.

use doorstep::key::{Identity, ssh};

use super::Admin;
use crate::world::{Ran, run};

/// Runs with these answers beside zoe's name, which must be refused without a trace.
fn refused(admin: &Admin, more: &str) -> Ran {
    let before = admin.picture();
    let file = admin.answers(format!("username: zoe\nname: Zoe\nemail: zoe@example.com\n{more}"));
    let ran = run(&mut admin.onboard(&file, &[]));
    assert_eq!(ran.code, 2, "{more}: {}{}", ran.stdout, ran.stderr);
    assert_eq!(before, admin.picture(), "{more}");
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    ran
}

fn key(admin: &Admin) -> String {
    format!("key: {}\n", admin.zoe.recipient())
}

#[test]
fn machines_groups_and_numbers_are_refused_with_line_and_key() {
    let admin = Admin::new();
    let key = key(&admin);
    for (answers, said) in [
        (
            "hosts: [granit]\n",
            "line 4, `hosts`: `granit` is not a machine of this fleet. Did you mean granite?",
        ),
        ("hosts: ['tag:nixos']\n", "`nixos` is not a tag of the clan. This fleet has no clan."),
        ("hosts: []\n", "Choose at least one machine"),
        (
            "hosts: [quartz]\naccounts: { quarz: { uid: 600 } }\n",
            "line 5, `accounts`: `quarz` is not one of the chosen machines. Did you mean quartz?",
        ),
        (
            "hosts: [quartz]\naccounts: { quartz: { uid: 501 } }\n",
            "uid 501 is ada's on quartz (modules/machines/darwin/quartz.nix:",
        ),
        (
            "hosts: [granite]\naccounts: { granite: { groups: ['a\"; abort'] } }\n",
            "A group has a to z",
        ),
        ("hosts: [granite]\naccounts: { granite: { shell: '${x}' } }\n", "A shell is the name"),
        (
            "hosts: [granite]\nshared: [secrets/wfi.sops.yaml]\n",
            "Did you mean secrets/wifi.sops.yaml?",
        ),
        ("hosts: [granite]\ncommit: { branch: 'a b' }\n", "git does not take `a b`"),
    ] {
        let ran = refused(&admin, &format!("{answers}{key}"));
        assert!(ran.stderr.contains(said), "`{said}` is not in:\n{}", ran.stderr);
    }
}

#[test]
fn a_private_key_is_refused_and_not_repeated() {
    let admin = Admin::new();
    let identity = Identity::generate();
    let secret = identity.secret_text();
    let ran = refused(&admin, &format!("hosts: [mica]\nkey: {}\n", *secret));
    assert!(ran.stderr.contains("line 5 of"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(secret.as_str()) && !ran.stdout.contains(secret.as_str()));
    // In a file as well.
    let path = admin.at("zoe.key");
    std::fs::write(&path, secret.as_str()).unwrap();
    let ran = refused(&admin, &format!("hosts: [mica]\nkey: {{ file: {} }}\n", path.display()));
    assert!(ran.stderr.contains("holds a private key; it was not kept or shown"), "{}", ran.stderr);
    assert!(ran.stderr.contains("let its owner make a new one"));
    assert!(!ran.stderr.contains(secret.as_str()));
}

#[test]
fn another_persons_key_is_refused_with_its_place() {
    let admin = Admin::new();
    let sops = admin.read(".sops.yaml");
    let line = sops.lines().position(|line| line.contains("&grace-granite")).unwrap();
    let grace = sops.lines().nth(line).unwrap().split(' ').next_back().unwrap().to_owned();
    let ran = refused(&admin, &format!("hosts: [mica]\nkey: {grace}\n"));
    let said = format!("That is the key grace-granite (.sops.yaml:{})", line + 1);
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
}

#[test]
fn an_ssh_key_is_enough_and_her_side_is_told() {
    let admin = Admin::new();
    let made = ssh::generate("zoe@quartz").unwrap();
    let file = admin.answers(format!(
        "username: zoe\nname: Zoe\nemail: zoe@example.com\nhosts: [mica]\nkey: {}\nssh_keys: \
         ['{}']\n",
        made.public, made.public
    ));
    let ran = run(&mut admin.onboard(&file, &[])).expect(0);
    let derived = ssh::recipient_from_public(&made.public).unwrap();
    assert!(admin.read(".sops.yaml").contains(derived.as_str()));
    assert!(ran.stdout.contains("Make the private half of the age key"), "{}", ran.stdout);
}

#[test]
fn a_name_that_another_key_has_is_said_with_file_and_line() {
    let admin = Admin::new();
    let old = Identity::generate().recipient();
    let text = admin.read(".sops.yaml");
    let with =
        text.replacen("  - &ada-quartz", &format!("  - &zoe-mica {old}\n  - &ada-quartz"), 1);
    std::fs::write(admin.fleet(".sops.yaml"), &with).unwrap();
    let line = with.lines().position(|line| line.contains("&zoe-mica")).unwrap() + 1;
    let before = admin.picture();
    let file = admin.answers(format!(
        "username: zoe\nname: Zoe\nemail: zoe@example.com\nhosts: [mica]\nkey: {}\n",
        admin.zoe.recipient()
    ));
    let ran = run(&mut admin.onboard(&file, &[]));
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains(&format!(".sops.yaml:{line}` cannot be changed")),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("if that is zoe's other key"), "{}", ran.stderr);
    assert_eq!(before, admin.picture());
}

#[test]
fn somebody_of_the_fleet_gets_only_what_is_missing() {
    let admin = Admin::new();
    // Grace has a home on granite, a key, a rule and a file; mica is new for her.
    let file = admin.answers(
        "username: grace\nname: Grace\nemail: grace@example.com\nhosts: [granite, mica]\n",
    );
    let ran = run(&mut admin.onboard(&file, &["--json"])).expect(0);
    let steps = ran.events()[0]["steps"].clone();
    let ids: Vec<&str> =
        steps.as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["machine-import"], "{steps}");
    assert!(admin.read("modules/machines/nixos/mica.nix").contains("home-manager.users.grace"));
}
