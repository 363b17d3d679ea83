use crate::answers::{Answers, Mode};
use crate::fleet::{Fleet, Place, Platform, Tag, UsersInstance};
use crate::front::interview::Station;
use crate::front::tui::stage::Stage;
use crate::front::tui::worker::Job;
use crate::question::Subject;
use crate::question::example::Example;

/// raquel in front of Where.
fn raquel() -> Stage {
    Stage::raquel().keys("<enter>raquel@example.com<enter><enter>")
}

/// crs58, who looks after blackphos, adds raquel.
fn admin() -> Stage {
    admin_of(Example::raquel())
}

fn admin_of(mut example: Example) -> Stage {
    with_clan(&mut example.fleet);
    with_tags(example)
}

/// The same with the clan that the example has.
fn with_tags(mut example: Example) -> Stage {
    example.host.account.name = "crs58".into();
    example.host.account.full_name = Some("Chris".into());
    example.fleet.root = "/Users/crs58/fleet".into();
    example.host.account.home = "/Users/crs58".into();
    example.host.home = "/Users/crs58".into();
    for machine in &mut example.fleet.machines {
        let (darwin, nixos) = (Some("aarch64-darwin".into()), Some("x86_64-linux".into()));
        let is_mac = machine.platform == crate::fleet::Platform::Darwin;
        machine.system = if is_mac { darwin } else { nixos };
    }
    Stage::of(example).keys("2raquel<enter>Raquel<enter>raquel@example.com<enter><enter><enter>")
}

/// The servers are a clan's, and cameron has an account on both by one instance.
fn with_clan(fleet: &mut Fleet) {
    let tag = |name: &str, machines: &[&str]| Tag {
        name: name.into(),
        machines: machines.iter().map(|machine| (*machine).to_owned()).collect(),
        computed: false,
    };
    let servers = ["cinnabar", "electrum"];
    fleet.clan.tags = vec![
        tag("all", &["argentum", "blackphos", "cinnabar", "electrum", "rosegold", "stibnite"]),
        tag("nixos", &servers),
        tag("laptops", &["argentum", "blackphos", "rosegold", "stibnite"]),
    ];
    let groups = vec!["wheel".to_owned(), "networkmanager".to_owned()];
    let machines: Vec<String> = servers.iter().map(|name| (*name).to_owned()).collect();
    fleet.clan.instances = vec![UsersInstance {
        name: "user-cameron".into(),
        user: "cameron".into(),
        at: Place { file: "modules/clan/users/cameron.nix".into(), line: 4 },
        named: machines.clone(),
        tags: Vec::new(),
        machines,
        prepared: Vec::new(),
        managed: true,
        admin: true,
        groups: groups.clone(),
        more_groups: std::collections::BTreeMap::new(),
        shell: Some("zsh".into()),
        prompt: false,
        computed: false,
    }];
    for machine in &mut fleet.machines {
        match machine.platform {
            Platform::Nixos => {
                machine.users[0].groups.clone_from(&groups);
                machine.users[0].shell = Some("zsh".into());
                machine.users[0].at = fleet.clan.instances[0].at.clone();
            }
            Platform::Darwin => machine.users[0].uid = Some(501),
        }
    }
}

fn answers(stage: &Stage) -> Answers {
    stage.app.cx().interview.unwrap().answers.clone()
}

#[test]
fn three_ways_for_oneself() {
    let mut stage = raquel();
    insta::assert_snapshot!("where", stage.screen());
    insta::assert_snapshot!("where-60x16", stage.size(60, 16).screen());
    insta::assert_snapshot!("where-120x40", raquel().size(120, 40).screen());
}

#[test]
fn enter_on_a_way_chooses_it_and_goes_to_continue() {
    let mut stage = raquel().keys("<up><down><enter>");
    let answers = stage.app.cx().interview.unwrap().answers.clone();
    assert_eq!(answers.mode, Some(Mode::Integrated));
    assert!(stage.screen().contains("▸[ Continue ]"));
    // The suggestion is still told as one.
    assert!(stage.screen().contains("( ) By yourself, today"));
    stage.press("<up><up><space>");
    assert!(stage.screen().contains("▸ (*) By yourself, today"));
}

#[test]
fn other_machines_open_the_list_below() {
    let mut stage = raquel().keys("<up><down><down><enter>");
    insta::assert_snapshot!("where-others", stage.screen());
    stage.press("<down><space>");
    let hosts = |stage: &Stage| stage.app.cx().interview.unwrap().answers.hosts.clone();
    assert_eq!(hosts(&stage), Some(vec!["blackphos".into(), "stibnite".into()]));
    // Down to this machine alone the list stays open.
    stage.press("<space>");
    assert_eq!(hosts(&stage), Some(vec!["blackphos".into()]));
    assert!(stage.screen().contains("(*) On other machines as well"));
    insta::assert_snapshot!("where-others-60x16", stage.size(60, 16).screen());
}

#[test]
fn another_machine_alone_is_a_choice_of_others() {
    let mut stage = raquel().keys("<up><down><down><enter><down><space><up><space>");
    let screen = stage.screen();
    assert!(screen.contains("(*) On other machines as well"), "{screen}");
    assert!(screen.contains("1 of 6 chosen"));
}

#[test]
fn machines_are_chosen_for_somebody_else() {
    let mut stage = admin();
    insta::assert_snapshot!("where-somebody", stage.screen());
    stage.press("<space><down><enter><down><space>");
    insta::assert_snapshot!("where-admin", stage.screen());
    insta::assert_snapshot!("where-admin-120x40", stage.size(120, 40).screen());
    insta::assert_snapshot!("where-admin-200x60", admin().size(200, 60).keys("<space>").screen());
    let mut small = admin().size(60, 16).keys("<down><down><space>");
    insta::assert_snapshot!("where-admin-60x16", small.screen());
    small.press("<down><space><tab>");
    insta::assert_snapshot!("where-admin-details-60x16", small.screen());
}

#[test]
fn somebody_is_looked_for_by_name_and_nothing_typed_is_lost() {
    let stage = admin();
    let look = Job::Look(Subject::Somebody(Some("raquel".into())));
    assert_eq!(stage.jobs.iter().filter(|job| **job == look).count(), 1);
    assert_eq!(answers(&stage).email.as_deref(), Some("raquel@example.com"));
}

#[test]
fn groups_are_typed_and_made_the_same_for_all() {
    // blackphos, cinnabar and electrum; the fields of cinnabar.
    let mut stage = admin().keys("<space><down><down><space><down><space><up><tab><tab><tab>");
    assert!(stage.screen().contains("▸Groups   networkmanager"), "{}", stage.screen());
    stage.press(" Video");
    insta::assert_snapshot!("where-wrong-group", stage.screen());
    stage.press("<bs><bs><bs><bs><bs>video<enter>");
    let groups = |stage: &Stage, machine: &str| {
        answers(stage).accounts.unwrap().get(machine).and_then(|a| a.groups.clone())
    };
    assert_eq!(groups(&stage, "cinnabar").unwrap(), ["networkmanager", "video"]);
    assert_eq!(groups(&stage, "electrum"), None);
    stage.press("<s-tab><s-tab><enter>");
    assert!(stage.screen().contains("All are as on cinnabar now"), "{}", stage.screen());
    assert_eq!(groups(&stage, "electrum").unwrap(), ["networkmanager", "video"]);
    assert_eq!(answers(&stage).accounts.unwrap()["blackphos"].uid, Some(502));
}

#[test]
fn one_machine_may_be_by_oneself() {
    let mut stage = admin().keys("<space><down><down><space><tab><right>");
    let accounts = answers(&stage).accounts.unwrap();
    assert_eq!(accounts["cinnabar"].mode, Some(Mode::Standalone));
    let screen = stage.screen();
    assert!(screen.contains("cinnabar     NixOS  x86_64   standalone"), "{screen}");
    assert!(screen.contains("blackphos    macOS  arm64    integrated"), "{screen}");
    // Unticked, what was said of it goes too.
    stage.press("<up><space>");
    assert_eq!(answers(&stage).hosts.unwrap(), ["blackphos"]);
    assert!(!answers(&stage).accounts.unwrap().contains_key("cinnabar"));
    assert!(stage.app.cx().interview.unwrap().doubt(Station::Where).is_none());
}

#[test]
fn a_clan_tag_ticks_all_that_have_it() {
    let mut stage = admin().keys("<end><right>");
    insta::assert_snapshot!("where-tags", stage.screen());
    stage.press("<space>");
    assert_eq!(answers(&stage).hosts.unwrap(), ["cinnabar", "electrum"]);
    stage.press("<right><space>");
    assert_eq!(answers(&stage).hosts.unwrap().len(), 6);
    stage.press("<left><space>");
    assert_eq!(answers(&stage).hosts.unwrap().len(), 4);
}

#[test]
fn every_tag_is_seen_when_it_is_chosen_and_an_empty_one_says_so() {
    let mut example = Example::raquel();
    let names = ["cloud", "laptops", "lights", "rack-left", "rack-right", "spare"];
    example.fleet.clan.tags = names
        .map(|name| Tag { name: name.into(), machines: vec!["blackphos".into()], computed: false })
        .into();
    example.fleet.clan.tags[5].machines.clear();
    let mut stage = with_tags(example);
    for (width, height) in [(80, 24), (60, 16)] {
        stage.resize(width, height);
        stage.press("<home><end><left><left><left><left><left>");
        for name in names {
            let screen = stage.screen();
            assert!(screen.contains(&format!("[{name} (")), "{name}:\n{screen}");
            stage.press("<right>");
        }
    }
    stage.resize(80, 24);
    insta::assert_snapshot!("where-last-tag", stage.screen());
    stage.press("<space>");
    assert!(stage.screen().contains("No machine of the clan has the tag spare."));
    assert_eq!(answers(&stage).hosts, None);
}

#[test]
fn a_number_that_is_taken_is_refused_while_it_is_typed() {
    let mut stage = admin().keys("<space><tab><tab><bs><bs><bs>501");
    let screen = stage.screen();
    assert!(screen.contains("uid 501 is crs58's on blackphos"), "{screen}");
    stage.press("<tab><tab>");
    stage.press("<enter>");
    assert!(stage.screen().contains("Number on blackphos"), "{}", stage.screen());
}

#[test]
fn nobody_goes_on_without_a_machine() {
    let mut stage = admin().keys("<tab><tab><enter>");
    assert!(stage.screen().contains("First: choose at least one machine"));
    stage.press("<up><up><space><space>");
    assert!(stage.screen().contains("0 of 6 chosen"));
}

#[test]
fn a_search_goes_to_a_machine_and_esc_ends_it() {
    let mut stage = admin().keys("/gold");
    let screen = stage.screen();
    assert!(screen.contains("▸ [ ] rosegold"), "{screen}");
    stage.press("xx");
    assert!(stage.screen().contains("No \"goldxx\" here. Esc ends the search."));
    stage.press("<esc>");
    assert!(stage.screen().contains("On which machines"));
    stage.press("<esc>");
    assert!(stage.screen().contains("Who is this home for?"));
}

#[test]
fn a_machine_that_cannot_be_changed_says_why() {
    let mut example = Example::raquel();
    let why = "users come from mkSystem (line 12): only standalone, or by hand";
    example.found.closed_machines.insert("stibnite".into(), why.into());
    let mut stage = admin_of(example).keys("<down><space>");
    insta::assert_snapshot!("where-closed", stage.screen());
}

#[test]
fn hostile_names_and_any_size_are_no_trouble() {
    let mut example = Example::raquel();
    example.fleet.machines[1].name = format!("\u{1b}[31m{}", "李".repeat(90));
    let mut stage = admin_of(example);
    for (w, h) in [(80, 24), (60, 16), (1, 1), (300, 90), (60, 200), (200, 17)] {
        stage.resize(w, h);
        assert!(!stage.screen().contains('\u{1b}'));
        stage.press("<down><space><tab><left><right><space><tab><tab><tab>/a<enter>nN<end><pgdn>");
    }
}
