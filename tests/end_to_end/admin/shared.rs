//! Twenty shared files under three rules, carried out and taken back.

use std::fs;

use super::Admin;
use crate::world::{run, tool};

#[test]
fn one_plan_one_receipt_one_undo() {
    let admin = Admin::new();
    let before = admin.picture();
    let file = admin.everything();
    let ran = run(&mut admin.onboard(&file, &["--json"])).expect(0);
    assert_eq!(admin.open_to_zoe(), 20);
    assert_eq!(admin.receipts(), 1);
    let steps = &ran.events()[0]["steps"];
    let ids: Vec<&str> =
        steps.as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap()).collect();
    assert_eq!(ids[..3], ["sops-yaml", "rekey", "secrets-file"], "{ids:?}");
    // What is on disk was looked at.
    for said in [
        "20 shared files are encrypted to zoe's key.",
        "20 shared files open with your key, and their MACs verify.",
        "secrets/users/zoe.sops.yaml is encrypted to zoe's key.",
    ] {
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    // sops agrees, and finds nothing to do.
    let key = admin.at("zoe.txt");
    fs::write(&key, admin.zoe.secret_text().as_str()).unwrap();
    for file in
        ["secrets/shared/11.sops.yaml", "secrets/wifi.sops.yaml", "secrets/users/zoe.sops.yaml"]
    {
        let mut sops = tool("sops", ["--decrypt", file]);
        run(sops.current_dir(admin.fleet("")).env("SOPS_AGE_KEY_FILE", &key)).expect(0);
        let mut sops = tool("sops", ["updatekeys", "--yes", file]);
        let ran = run(sops.current_dir(admin.fleet("")).env("SOPS_AGE_KEY_FILE", &key)).expect(0);
        assert!(ran.stderr.contains("already up to date"), "{}", ran.stderr);
    }
    let sops = admin.read(".sops.yaml");
    assert_eq!(sops.matches("*zoe-").count(), 4, "{sops}");
    run(&mut admin.doorstep(&["undo"])).expect(0);
    assert_eq!(before, admin.picture());
}

#[test]
fn a_second_run_finds_everything_so() {
    let admin = Admin::new();
    let file = admin.everything();
    run(&mut admin.onboard(&file, &[])).expect(0);
    let ran = run(&mut admin.onboard(&file, &[])).expect(0);
    assert!(ran.stdout.contains("Everything is already so"), "{}", ran.stdout);
    assert_eq!(admin.receipts(), 1);
}

#[test]
fn only_what_is_named_is_shared() {
    let admin = Admin::new();
    let file = admin.answers(format!(
        "username: zoe\nname: Zoe\nemail: zoe@example.com\nhosts: [mica]\nkey: {}\nshared: \
         [secrets/wifi.sops.yaml]\n",
        admin.zoe.recipient()
    ));
    run(&mut admin.onboard(&file, &[])).expect(0);
    assert_eq!(admin.open_to_zoe(), 1);
    let file = admin.everything();
    // The missing part is planned.
    let ran = run(&mut admin.onboard(&file, &["--json"])).expect(0);
    assert_eq!(admin.open_to_zoe(), 20);
    let ids = format!("{:?}", ran.events()[0]["steps"]);
    assert!(ids.contains("rekey") && !ids.contains("user-module"), "{ids}");
}

/// What a key here does not open is left to somebody whose key does, and said three times: in the
/// plan, at the end, and by what is on disk.
#[test]
fn what_the_key_here_does_not_open_is_left_to_somebody() {
    let admin = Admin::new();
    admin.secret("secrets/team/03.sops.yaml", &["grace-granite"]);
    let file = admin.everything();
    let ran = run(&mut admin.onboard(&file, &["--json"])).expect(0);
    assert_eq!(admin.open_to_zoe(), 19);
    assert!(ran.stderr.contains("1 shared file stays closed to zoe for now"), "{}", ran.stderr);
    let result = ran.events().pop().unwrap();
    let left = result["left"].as_array().unwrap();
    let again: Vec<_> = left.iter().filter(|left| left["what"] == "encrypt-again").collect();
    assert_eq!(again.len(), 1, "{left:?}");
    assert_eq!(again[0]["file"], "secrets/team/03.sops.yaml");
    let all = ran.stdout;
    assert!(all.contains("Only 19 of 20 files are encrypted to zoe's key"), "{all}");
}
