//! The instance that a newcomer gets, in both forms of a fleet.

use doorstep::answers::Account;

use crate::scene::{ADMIN, Newcomer, desk, plan, told};
use crate::world::World;

/// What the plan says of the clan, for somebody in this fleet.
fn instance(fleet: &'static str, newcomer: &Newcomer) -> String {
    let world = World::new(fleet, ADMIN);
    let mut desk = desk(&world, newcomer);
    match plan(&mut desk, newcomer) {
        Ok(plan) => told(&world, &plan),
        Err(problem) => problem.to_string(),
    }
}

/// It is as `expected/NAME.snap` has it.
fn shown(name: &str, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("expected");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_file_of_its_own_like_the_neighbours() {
    shown("files-own-file", instance("clan-files", &Newcomer::zoe(&["quartz", "slate", "marl"])));
}

#[test]
fn tags_are_kept_where_they_mean_the_same_machines() {
    shown("files-tags", instance("clan-files", &Newcomer::zoe(&["slate", "shale"])));
}

#[test]
fn tags_that_reach_further_become_machines() {
    let newcomer = Newcomer::zoe(&["shale"]).with(
        "shale",
        Account {
            groups: Some(vec!["wheel".into(), "video".into()]),
            shell: Some("fish".into()),
            uid: Some(1042),
            ..Account::default()
        },
    );
    shown("files-decided", instance("clan-files", &newcomer));
}

#[test]
fn inside_an_attribute_set() {
    shown("set-ada", instance("clan-set", &Newcomer::zoe(&["quartz", "slate"])));
    shown("set-kai", instance("clan-set", &Newcomer::zoe(&["slate", "shale"])));
}

#[test]
fn groups_of_one_machine_stay_on_it() {
    let groups = |names: &[&str]| Account {
        groups: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..Account::default()
    };
    let newcomer = Newcomer::zoe(&["slate", "marl"])
        .with("slate", groups(&["video", "docker"]))
        .with("marl", groups(&["video"]));
    shown("set-groups", instance("clan-set", &newcomer));
}

#[test]
fn somebody_joins_another_machine() {
    shown("join-files", instance("clan-files", &Newcomer::kai(&["marl"])));
    shown("join-set-prepared", instance("clan-set", &Newcomer::kai(&["marl"])));
    shown("join-set-two", instance("clan-set", &Newcomer::kai(&["marl", "quartz"])));
    shown("join-set-nothing", instance("clan-set", &Newcomer::kai(&["slate", "shale"])));
}
