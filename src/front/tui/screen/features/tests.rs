use crate::front::tui::app::Out;
use crate::front::tui::paint::Target;
use crate::front::tui::stage::Stage;
use crate::front::tui::terminal::Act;
use crate::front::tui::worker::Job;
use crate::question::example::Example;

/// raquel in front of Features.
fn raquel() -> Stage {
    of(Example::raquel())
}

fn of(example: Example) -> Stage {
    Stage::of(example).keys("<enter>raquel@example.com<enter><enter><enter>")
}

fn modules(stage: &Stage) -> usize {
    stage.jobs.iter().filter(|job| matches!(job, Job::Module(_))).count()
}

#[test]
fn a_checklist_and_the_module_beside_it() {
    let mut stage = raquel();
    insta::assert_snapshot!("features-start", stage.screen());
    stage.press("<up><down><down><space>");
    insta::assert_snapshot!("features", stage.screen());
    stage.resize(120, 40);
    insta::assert_snapshot!("features-120x40", stage.screen());
    stage.resize(200, 60);
    insta::assert_snapshot!("features-200x60", stage.screen());
    stage.resize(60, 16);
    insta::assert_snapshot!("features-60x16", stage.screen());
    stage.press("<tab>");
    insta::assert_snapshot!("features-module-60x16", stage.screen());
    stage.resize(80, 24);
    stage.press("<s-tab>");
    insta::assert_snapshot!("features", stage.screen());
}

#[test]
fn the_module_follows_the_ticks() {
    let mut stage = raquel();
    assert_eq!(modules(&stage), 1);
    stage.press("<up><end><space>");
    assert_eq!(modules(&stage), 2);
    let screen = stage.screen();
    assert!(screen.contains("+         aggregate-ai"), "{screen}");
    stage.press("<space>");
    assert!(!stage.screen().contains("         aggregate-ai"));
}

#[test]
fn only_the_newest_of_quick_ticks_is_made() {
    let mut stage = raquel().keys("<up><end>");
    stage.hold = true;
    stage.press("<space><up><space>");
    stage.release();
    // The first, the one in flight when others came, and the newest.
    assert_eq!(modules(&stage), 3);
    let module = stage.app.cx().module.unwrap().as_ref().unwrap();
    assert!(module.after.contains("aggregate-ai"));
}

#[test]
fn what_another_one_needs_keeps_its_tick() {
    let mut example = Example::raquel();
    example.fleet.aggregates[3].imports = vec!["aggregate-development".into()];
    let mut stage = of(example).keys("<up><end><space>");
    let screen = stage.screen();
    assert!(screen.contains("[x] aggregate-development"), "{screen}");
    assert!(screen.contains("aggregate-development, ticked too."), "{screen}");
    stage.press("<up><space>");
    let screen = stage.screen();
    assert!(screen.contains("stays: aggregate-ai needs it. Untick that first."), "{screen}");
    assert!(screen.contains("[x] aggregate-development"));
}

#[test]
fn the_module_scrolls_and_is_searched() {
    let mut stage = raquel().keys("<up><tab><home>");
    assert!(stage.screen().contains("  1   { config, inputs, ... }:"), "{}", stage.screen());
    stage.press("/secrets.git");
    assert!(stage.screen().contains("secrets.github-token"), "{}", stage.screen());
    stage.press("<enter><esc><pgup><pgup><pgup><up>");
    assert!(stage.screen().contains("  1   { config, inputs, ... }:"));
    stage.press("<s-tab>/ai");
    assert!(stage.screen().contains("▸ [ ] aggregate-ai"), "{}", stage.screen());
}

#[test]
fn the_module_is_copied() {
    let mut stage = raquel().keys("c");
    let copied = stage.outs.iter().any(
        |out| matches!(out, Out::Terminal(Act::Copy(text)) if text.contains("aggregate-core")),
    );
    assert!(copied);
    assert!(stage.screen().contains("Copied."));
}

#[test]
fn the_mouse_ticks_with_a_second_click() {
    let mut stage = raquel();
    stage.click_on(Target::Row(0, 3));
    assert!(stage.screen().contains("[ ] aggregate-ai"));
    stage.click_on(Target::Row(0, 3));
    assert!(stage.screen().contains("[x] aggregate-ai"));
    stage.wheel_on(Target::Part(1), 30);
    assert!(stage.screen().contains("secrets.github-token"), "{}", stage.screen());
}

#[test]
fn a_fleet_without_feature_sets_passes_by() {
    let mut example = Example::raquel();
    example.fleet.aggregates.clear();
    let mut stage = of(example);
    assert!(!stage.screen().contains("Which features"));
}

#[test]
fn hostile_names_and_any_size_are_no_trouble() {
    let mut example = Example::raquel();
    for at in 0..60 {
        let mut more = example.fleet.aggregates[0].clone();
        more.name = format!("\u{1b}[2J{at}{}", "李".repeat(at));
        more.description = Some("long ".repeat(90));
        example.fleet.aggregates.push(more);
    }
    let mut stage = of(example);
    for (w, h) in [(80, 24), (60, 16), (1, 1), (300, 90), (60, 200), (200, 17), (120, 30)] {
        stage.resize(w, h);
        assert!(!stage.screen().contains('\u{1b}'));
        stage.press("<up><pgdn><space><end><up><tab><pgdn>/x<enter>nN<esc><tab><tab>");
    }
}
