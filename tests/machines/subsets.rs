//! Somebody who is in the fleet in part, every part by itself and with the others: only what is
//! missing is planned, and it makes the same fleet as all of it at once.

use std::fs;
use std::path::Path;

use doorstep::answers::{Answers, KeyChoice};
use doorstep::nix::Source;
use doorstep::splice::nix::remove_binding;
use similar::{ChangeTag, TextDiff};

use crate::shapes::{At, answers, linux, mac, world};
use crate::world::{World, picture};

/// Nobody's, in no fixture.
const ZOE: &str = "age1s8t5k99u8nkqe07fs5p0nawjj8pgs5gq5mwmkpx95922n99y6ddqm5pvmg";

/// How much of `.sops.yaml` is there: nobody can be named by a rule before their key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sops {
    Nothing,
    Key,
    Rule,
}

#[derive(Debug, Clone, Copy)]
struct There {
    account: bool,
    import: bool,
    module: bool,
    sops: Sops,
}

fn every() -> Vec<There> {
    let mut all = Vec::new();
    for sops in [Sops::Nothing, Sops::Key, Sops::Rule] {
        for bits in 0..8 {
            let (account, import, module) = (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0);
            all.push(There { account, import, module, sops });
        }
    }
    all
}

/// The whole fleet with one person more, and what it was.
struct Whole {
    old_rules: String,
    files: Vec<(String, String)>,
}

fn whole(at: At, answers: &Answers) -> Whole {
    let world = world("zoe", at, |_| ());
    let old_rules = fs::read_to_string(world.fleet().join(".sops.yaml")).unwrap();
    let mut desk = world.desk();
    let plan = world.plan(&mut desk, answers.clone());
    world.apply(&mut desk, &plan);
    Whole { old_rules: masked(&world, &old_rules), files: fleet_of(&world) }
}

/// The files of the fleet, with the administrator's key of every world as the same.
fn fleet_of(world: &World) -> Vec<(String, String)> {
    let files = picture(world).into_iter();
    let files = files.filter(|(name, _)| name.contains("/fleet/"));
    let named = |name: &str| name[name.find("/fleet/").unwrap() + 7..].to_owned();
    let text = |content: Vec<u8>| masked(world, &String::from_utf8(content).unwrap());
    files.map(|(name, content)| (named(&name), text(content))).collect()
}

fn masked(world: &World, text: &str) -> String {
    let key = fs::read_to_string(world.admin_key()).unwrap();
    let recipient = key.split_whitespace().find(|word| word.starts_with("age1")).unwrap();
    text.replace(recipient, "ADMIN")
}

/// Takes out of a fleet that has all of it what is not there.
fn leave(there: There, whole: &Whole, machine: &str, fleet: &Path) {
    let rules = fleet.join(".sops.yaml");
    let admin = fs::read_to_string(&rules).unwrap();
    let admin = admin.split_whitespace().find(|word| word.starts_with("age1")).unwrap().to_owned();
    for (name, content) in &whole.files {
        let path = fleet.join(name.split(' ').next().unwrap());
        if content.is_empty() || path.is_dir() {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content.replace("ADMIN", &admin)).unwrap();
    }
    let old = whole.old_rules.replace("ADMIN", &admin);
    let new = fs::read_to_string(&rules).unwrap();
    let kept = |line: &str| match there.sops {
        Sops::Nothing => false,
        Sops::Key => line.contains("&zoe"),
        Sops::Rule => true,
    };
    let diff = TextDiff::from_lines(&old, &new);
    let lines = diff.iter_all_changes().filter(|change| match change.tag() {
        ChangeTag::Insert => kept(change.value()),
        ChangeTag::Equal | ChangeTag::Delete => true,
    });
    fs::write(&rules, lines.map(|change| change.value()).collect::<String>()).unwrap();
    if !there.module {
        fs::remove_dir_all(fleet.join("modules/home/users/zoe")).unwrap();
    }
    let machine = fleet.join(machine);
    let mut text = fs::read_to_string(&machine).unwrap();
    for (kept, names) in [
        (there.account, ["users", "users", "zoe"]),
        (there.import, ["home-manager", "users", "zoe"]),
    ] {
        let first = |text: &str| {
            let source = Source::parse(text).unwrap();
            let mut bindings = source.bindings().iter();
            bindings.find(|b| b.path.index_of(&names).is_some()).map(|binding| binding.span)
        };
        while let Some(span) = first(&text).filter(|_| !kept) {
            text = remove_binding(&text, span).unwrap().text;
        }
    }
    fs::write(&machine, text).unwrap();
}

fn each(at: At, file: &'static str, machine: &str) {
    let key = Some(KeyChoice::Public(ZOE.to_owned()));
    let answers = Answers { key, ..answers(&[machine]) };
    let all = whole(at, &answers);
    for there in every() {
        let world = world("zoe", at, |fleet| leave(there, &all, file, fleet));
        let before = picture(&world);
        let mut desk = world.desk();
        let plan = world.plan(&mut desk, answers.clone());
        let told = world.told(&plan);
        let has = |id: &str| plan.steps.iter().any(|step| step.id == id);
        assert_eq!(has("machine-import"), !(there.account && there.import), "{there:?}\n{told}");
        assert_eq!(has("user-module"), !there.module, "{there:?}\n{told}");
        assert_eq!(has("sops-yaml"), there.sops != Sops::Rule, "{there:?}\n{told}");
        if plan.steps.is_empty() {
            continue;
        }
        let receipt = world.apply(&mut desk, &plan);
        for (now, all) in fleet_of(&world).iter().zip(&all.files) {
            assert_eq!(now, all, "{there:?}\n{told}");
        }
        assert_eq!(fleet_of(&world).len(), all.files.len(), "{there:?}");
        assert_eq!(world.undo(&receipt), "Taken back, byte for byte.", "{there:?}");
        assert_eq!(picture(&world), before, "{there:?}");
    }
}

#[test]
fn on_nixos() {
    each(linux("guide", "flint"), "modules/machines/nixos/flint.nix", "flint");
}

#[test]
fn on_a_mac_where_accounts_are_known_by_their_numbers() {
    each(mac("guide", "basalt"), "modules/machines/darwin/basalt.nix", "basalt");
}
