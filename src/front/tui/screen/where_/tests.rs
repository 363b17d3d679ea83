use crate::answers::Mode;
use crate::front::tui::stage::Stage;
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
    let mut small = admin().size(60, 16).keys("<space>");
    insta::assert_snapshot!("where-admin-60x16", small.screen());
    small.press("<tab>");
    insta::assert_snapshot!("where-admin-details-60x16", small.screen());
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
