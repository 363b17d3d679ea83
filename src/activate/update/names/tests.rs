use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::host::{Account, Os};
use crate::run::Scripted;

const EVAL: &str = "nix --extra-experimental-features 'nix-command flakes' eval --json";
const MISSING: &str =
    "error: flake 'git+file:///fleet' does not provide attribute 'homeConfigurations'";

fn host() -> Host {
    let account =
        Account { name: "zoe".into(), uid: 1000, home: "/home/zoe".into(), full_name: None };
    Host::pretend(account, "slate", Os::Linux, "x86_64", BTreeMap::new())
}

/// A fleet of this flake alone.
fn fleet(flake: &str) -> (tempfile::TempDir, Fleet) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flake.nix"), flake).unwrap();
    let fleet = Fleet::read(folder.path()).unwrap();
    (folder, fleet)
}

fn found(names: &str, wished: Option<&str>) -> Result<Option<Found>, Problem> {
    let (_folder, fleet) = fleet("{ outputs = _: { }; }");
    let mut runner = Scripted::default().expect(EVAL, 0, names, "");
    find(&fleet, &host(), "zoe", wished, &[], &mut runner)
}

#[test]
fn every_way_of_naming_is_found() {
    for (names, expected) in [
        (r#"["ada","zoe"]"#, "zoe"),
        (r#"["ada@slate","zoe@basalt","zoe@slate"]"#, "zoe@slate"),
        (r#"["zoe","zoe@x86_64-linux","zoe@aarch64-darwin"]"#, "zoe@x86_64-linux"),
        (r#"["basalt","slate"]"#, "slate"),
        (r#"["ada","zoe@work"]"#, "zoe@work"),
    ] {
        let found = found(names, None).unwrap().unwrap();
        assert_eq!((found.output.as_str(), found.name.as_str()), ("homeConfigurations", expected));
    }
}

#[test]
fn what_cannot_be_told_is_asked_for() {
    insta::assert_snapshot!(found(r#"["zoe@home","zoe@work"]"#, None).unwrap_err(), @"
    error: several home configurations may be zoe's
    cause: it has `zoe@home`, `zoe@work`
    hint: name one: `--name zoe@home`
    ");
    assert_eq!(found(r#"["ada","zoey"]"#, None).unwrap(), None);
    insta::assert_snapshot!(found(r#"["ada"]"#, Some("zoe")).unwrap_err(), @"
    error: the fleet has no home configuration `zoe`
    cause: it has `ada`
    ");
    assert_eq!(found(r#"["ada","laptop"]"#, Some("laptop")).unwrap().unwrap().name, "laptop");
}

#[test]
fn homes_under_legacy_packages_are_found_and_no_homes_are_an_answer() {
    let (_folder, fleet) = fleet("{ outputs = _: { }; }");
    let mut runner =
        Scripted::default().expect(EVAL, 1, "", MISSING).expect(EVAL, 0, r#"["zoe"]"#, "");
    let found = find(&fleet, &host(), "zoe", None, &[], &mut runner).unwrap().unwrap();
    assert_eq!(found.output, "legacyPackages.x86_64-linux.homeConfigurations");
    let mut runner = Scripted::default().expect(EVAL, 1, "", MISSING).expect(EVAL, 1, "", MISSING);
    assert_eq!(find(&fleet, &host(), "zoe", None, &[], &mut runner).unwrap(), None);
}

#[test]
fn a_fleet_that_does_not_evaluate_says_why() {
    let (folder, fleet) = fleet("{ outputs = _: { }; }");
    let said = "warning: Git tree is dirty\n\u{1b}[31;1merror:\u{1b}[0m undefined variable 'lib'\n\n       at /nix/store/x-source/flake.nix:3:5:\n";
    let mut runner = Scripted::default().expect(EVAL, 1, "", said);
    let problem = find(&fleet, &host(), "zoe", None, &[], &mut runner).unwrap_err();
    let text = problem.to_string().replace(&folder.path().display().to_string(), "/fleet");
    insta::assert_snapshot!(text, @"
    error: the fleet's home configurations cannot be evaluated
    cause: error: undefined variable 'lib'
           at /nix/store/x-source/flake.nix:3:5:
    hint: see all of it with `nix --extra-experimental-features 'nix-command flakes' eval --json /fleet#homeConfigurations --apply builtins.attrNames`
    ");
}

#[test]
fn a_name_that_is_written_out_needs_no_nix() {
    let (_folder, fleet) = fleet(
        "{ outputs = { home-manager, ... }: { homeConfigurations.\"zoe@old-name\" = home-manager.lib.homeManagerConfiguration { modules = [ ]; }; }; }",
    );
    // Whose it is says a module of hers in real fleets.
    let mut fleet = fleet;
    for entry in &mut fleet.standalone {
        entry.user = Some("zoe".to_owned());
    }
    let mut runner = Scripted::default();
    let found = find(&fleet, &host(), "zoe", None, &[], &mut runner).unwrap().unwrap();
    assert_eq!(found.name, "zoe@old-name");
    assert!(runner.ran.is_empty());
}
