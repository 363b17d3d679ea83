use crate::front::tui::stage::Stage;
use crate::front::tui::worker::Job;
use crate::front::world::{Standing, Unfinished, World};
use crate::host::{Account, Host, Os};
use crate::question::example::Example;

fn at(change: impl FnOnce(&mut World)) -> Stage {
    let example = Example::raquel();
    let mut world = Stage::world_of(&example);
    change(&mut world);
    Stage::with(example, world)
}

fn unfinished(world: &mut World) {
    world.standing = Standing { key: true, secrets_file: true, module: true, generation: None };
    world.unfinished = Some(Unfinished {
        receipt: "/Users/raquel/.local/state/doorstep/1.receipt".into(),
        user: "raquel".into(),
        done: 6,
        steps: 8,
        started: "2025-11-18T14:02:10Z".into(),
        at: Some("Build your home".into()),
    });
}

#[test]
fn an_unfinished_run_comes_first() {
    let mut stage = at(unfinished);
    insta::assert_snapshot!("welcome-unfinished", stage.screen());
    stage.press("1");
    assert!(stage.screen().contains("First go on with the run above, or undo it."));
    stage.press("r");
    assert!(matches!(stage.jobs.last(), Some(Job::Resume(_))));
    stage.resize(60, 16);
    insta::assert_snapshot!("welcome-unfinished-60x16", stage.screen());
    stage.press("u");
    assert!(matches!(stage.jobs.last(), Some(Job::Undo(_))));
}

#[test]
fn a_run_for_somebody_else_says_whose() {
    let mut stage = at(|world| {
        unfinished(world);
        world.unfinished.iter_mut().for_each(|run| run.user = "zoe".into());
    });
    assert!(stage.screen().contains("Add somebody: zoe, 6 of 8 steps done"));
}

#[test]
fn practice_is_unmistakable() {
    let practice = |world: &mut World| {
        let account = Account {
            name: "zoe".into(),
            uid: 502,
            home: "/Users/raquel/doorstep-practice/home".into(),
            full_name: Some("Zoe".into()),
        };
        world.host = Host::pretend(account, "quartz", Os::Darwin, "aarch64", Default::default());
        world.practice = true;
        world.as_user = Some("zoe".into());
        world.fleet.root = "/Users/raquel/doorstep-practice/fleet".into();
    };
    let mut stage = at(practice);
    insta::assert_snapshot!("welcome-practice", stage.screen());
    stage.press("p");
    assert!(stage.screen().contains("You are practising."));
    insta::assert_snapshot!("welcome-practice-60x16", stage.size(60, 16).screen());
}

#[test]
fn what_is_possible_here_is_said_at_the_door() {
    let mut unknown = at(|world| world.fleet.layout.id = None);
    assert!(unknown.screen().contains("Possible here: your key and .sops.yaml."));
    let mut fixed = at(|world| world.read_only = Some("~/fleet is not yours to change".into()));
    insta::assert_snapshot!("welcome-read-only", fixed.screen());
}
