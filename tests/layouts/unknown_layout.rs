//! A fleet that is like none of the known ones: what needs no layout still works.

use std::fs;
use std::path::Path;
use std::process::Command;

use doorstep::answers::{Answers, KeyChoice, KeyCopy, Mode};
use doorstep::host::Os;

use crate::world::{Seat, World, picture};

const SEAT: Seat = Seat { user: "zoe", machine: "quartz", os: Os::Linux, arch: "x86_64" };
const ADA: &str = "age1ky3ysks3s79gytux9m6d0wyj3ch7ca2cxkcg9z432tgkx0npe5ssevqgkc";

/// Leaves only `.sops.yaml` with these rules in front of the rule for everything else.
fn only_rules(fleet: &Path, rules: &str) {
    let sops = fs::read_to_string(fleet.join(".sops.yaml")).unwrap();
    let admin = sops.split("&admin ").nth(1).unwrap().split_whitespace().next().unwrap();
    for folder in ["modules", "secrets", "checks"] {
        fs::remove_dir_all(fleet.join(folder)).unwrap();
    }
    let text = format!(
        "keys:\n  - &admin {admin}\n  - &ada-quartz {ADA}\ncreation_rules:\n{rules}  \
         - path_regex: .*\n    key_groups:\n      - age:\n          - *admin\n"
    );
    fs::write(fleet.join(".sops.yaml"), text).unwrap();
}

fn answers() -> Answers {
    Answers {
        name: Some("Zoe".to_owned()),
        email: Some("zoe@example.com".to_owned()),
        mode: Some(Mode::Standalone),
        key: Some(KeyChoice::Generate),
        key_copy: Some(KeyCopy::Acknowledged),
        readers: Some(vec!["admin".to_owned()]),
        ..Answers::default()
    }
}

#[test]
fn key_and_rule_come_where_other_people_have_theirs() {
    let rules = "  - path_regex: secrets/ada\\.yaml$\n    key_groups:\n      - age:\n          \
                 - *ada-quartz\n          - *admin\n";
    let world = World::changed("guide", SEAT, |fleet| only_rules(fleet, rules));
    let before = picture(&world);
    let mut desk = world.desk();
    assert_eq!(desk.onboard.fleet.layout.id, None);
    let plan = world.plan(&mut desk, answers());
    world.shown("unknown-layout", &plan);
    let receipt = world.apply(&mut desk, &plan);

    // The rule is alive: sops itself takes the person's key for that file.
    fs::create_dir(world.fleet().join("secrets")).unwrap();
    fs::write(world.fleet().join("secrets/zoe.yaml"), "token: x\n").unwrap();
    let mut sops = Command::new("sops");
    sops.args(["-e", "-i", "secrets/zoe.yaml"]).current_dir(world.fleet());
    assert!(world.try_run_with_key(&mut sops, &world.admin_key()).0);
    let mut sops = Command::new("sops");
    sops.args(["-d", "secrets/zoe.yaml"]).current_dir(world.fleet());
    let key = world.host.home.join(".config/sops/age/keys.txt");
    assert!(world.try_run_with_key(&mut sops, &key).0);
    fs::remove_dir_all(world.fleet().join("secrets")).unwrap();

    let again = Answers { key: Some(KeyChoice::Found), key_copy: None, ..answers() };
    assert!(world.plan(&mut world.desk(), again).is_empty());
    assert_eq!(world.undo(&receipt), "Taken back, byte for byte.");
    assert_eq!(picture(&world), before);
}

#[test]
fn without_a_place_for_secrets_the_key_alone_is_made() {
    let world = World::changed("guide", SEAT, |fleet| only_rules(fleet, ""));
    let mut desk = world.desk();
    let plan = world.plan(&mut desk, answers());
    let steps: Vec<_> = plan.steps.iter().map(|step| step.id).collect();
    assert_eq!(steps, ["age-key"]);
    let told = world.told(&plan);
    assert!(told.contains("it is not known where your secrets would be"), "{told}");
    assert!(told.contains("a binding `flake.users.*.meta`"), "{told}");
}
