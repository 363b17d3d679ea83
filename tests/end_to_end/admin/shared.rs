//! Twenty shared files under three rules, carried out and taken back.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorstep::answers::file::read;
use doorstep::host::{Account, Host, Os};
use doorstep::key::Identity;
use doorstep::onboard::{Asked, Desk};
use doorstep::question::Subject;
use doorstep::run::Real;
use zeroize::Zeroizing;

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

/// How often somebody was asked for a passphrase.
static ASKED: AtomicUsize = AtomicUsize::new(0);

fn passphrase(_: &str) -> Option<Zeroizing<String>> {
    ASKED.fetch_add(1, Ordering::Relaxed);
    Some(Zeroizing::new("hunter3".to_owned()))
}

/// The only key here is an SSH key with a passphrase, which opens one shared file.
fn protected(admin: &Admin) {
    let key = admin.at("home/.ssh/id_ed25519");
    fs::create_dir_all(key.parent().unwrap()).unwrap();
    let key = key.to_str().unwrap().to_owned();
    run(&mut tool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "hunter3", "-C", "", "-f", &key]))
        .expect(0);
    let public = fs::read_to_string(format!("{key}.pub")).unwrap();
    let text = admin.read(".sops.yaml");
    let line = text.lines().find(|line| line.contains("&ada-quartz")).unwrap();
    let old = line.split_whitespace().find(|word| word.starts_with("age1")).unwrap();
    fs::write(admin.fleet(".sops.yaml"), text.replace(old, public.trim())).unwrap();
    let keys = admin.at("home/.config/sops/age/keys.txt");
    let mut sops = tool("sops", ["updatekeys", "--yes", "secrets/wifi.sops.yaml"]);
    run(sops.current_dir(admin.fleet("")).env("SOPS_AGE_KEY_FILE", &keys)).expect(0);
    fs::remove_file(keys).unwrap();
}

fn wifi(name: &str) -> String {
    format!(
        "  - username: {name}\n    name: Somebody\n    email: {name}@example.com\n    hosts: \
         [mica]\n    key: {}\n    secrets: {{}}\n    shared: [secrets/wifi.sops.yaml]\n",
        Identity::generate().recipient()
    )
}

#[test]
fn a_key_with_a_passphrase_is_asked_for_once_and_only_where_it_is_needed() {
    let admin = Admin::new();
    protected(&admin);
    let people = format!("people:\n{}{}", wifi("zoe"), wifi("bea"));
    let file = admin.answers(&people);
    // Where nobody can be asked, that is said.
    let ran = run(&mut admin.doorstep(&["plan", "--answers", &file])).expect(0);
    let said = "1 shared file stays closed to zoe for now. The key in ~/.ssh/id_ed25519 has a \
                passphrase, which was not given.";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);

    let env =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let home = admin.at("home");
    let account = Account { name: "ada".into(), uid: 501, home, full_name: None };
    let host = Host::pretend(account, "elsewhere", Os::Linux, "x86_64", env.collect());
    let everybody = read(&people, "people.yaml").unwrap();
    let subject = Subject::of(&host, &everybody[0].answers, None);
    let runner = Real::new(host.env().clone());
    let asked = Asked::default();
    let mut desk =
        Desk::open(&host, &admin.fleet(""), &asked, &subject, &|_: &str| (), runner).unwrap();
    desk.onboard.protected.ask = Some(passphrase);
    let turns = desk.turns(&everybody).unwrap();
    for turn in &turns {
        let rekey = turn.plan.steps.iter().find(|step| step.id == "rekey").unwrap();
        assert_eq!(rekey.changes.len(), 1);
        assert!(turn.plan.remarks.iter().all(|remark| !remark.text.contains("closed")));
    }
    assert_eq!(ASKED.load(Ordering::Relaxed), 1, "for two people");
}
