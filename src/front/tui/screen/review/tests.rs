use std::sync::Arc;

use ratatui::crossterm::event::{
    Event as Seen, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::style::{Color, Modifier};

use super::*;
use crate::answers::{Commit, Deploy, IfFailed};
use crate::front::tui::Msg;
use crate::front::tui::app::Out;
use crate::front::tui::screen::Place;
use crate::front::tui::stage::{Stage, plan};
use crate::front::tui::terminal::Act;
use crate::front::tui::worker::Job;
use crate::plan::{Content, Plan, Remark};
use crate::question::example::Example;
use crate::question::{Reply, Subject};

/// raquel at the review, by the short way.
fn review() -> Stage {
    review_of(plan::raquels())
}

fn review_of(plan: Plan) -> Stage {
    let mut stage = Stage::raquel();
    stage.plan = Arc::new(plan);
    arrive(&mut stage);
    stage
}

fn arrive(stage: &mut Stage) {
    stage.press("<enter>raquel@example.com<enter><tab><enter>");
    assert_eq!(stage.app.at(), Place::Keys);
    stage.does(vec![Effect::Answer("key_copy", Reply::Yes), Effect::Rest]);
    assert_eq!(stage.app.at(), Place::Review);
}

fn click(stage: &mut Stage, column: u16, row: u16) {
    stage.draw();
    let kind = MouseEventKind::Down(MouseButton::Left);
    let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    stage.tell(Msg::Seen(Seen::Mouse(mouse)));
}

#[test]
fn it_opens_on_the_list() {
    insta::assert_snapshot!("review", review().keys("<down>").screen());
    assert_eq!(review().app.screen().focus(), Focus::Part(0));
}

#[test]
fn at_each_size() {
    insta::assert_snapshot!("review-60x16", review().size(60, 16).keys("<down>").screen());
    insta::assert_snapshot!(
        "review-60x16-pane",
        review().size(60, 16).keys("<down><tab>").screen()
    );
    insta::assert_snapshot!("review-120x40", review().size(120, 40).keys("<down>").screen());
    insta::assert_snapshot!(
        "review-200x60",
        review().size(200, 60).keys("<down><down><down>").screen()
    );
    for (width, height) in [(1, 1), (59, 15), (60, 16), (79, 23), (300, 16), (60, 200)] {
        for keys in ["", "<tab>", "<enter>", "/x", "<right>w<enter><end>"] {
            review().keys(keys).size(width, height).keys("<down><tab><pgdn>").screen();
        }
    }
}

#[test]
fn each_step_has_changes_and_what_is_done_by_hand() {
    insta::assert_snapshot!("review-secret", review().screen());
    insta::assert_snapshot!(
        "review-by-hand",
        review().keys("<down><down><down><down><down><right>").screen()
    );
    insta::assert_snapshot!("review-command", review().keys("<end><up><up><up><up><up>").screen());
    let mut stage = review().keys("<right>");
    assert!(stage.screen().contains("[By hand]"));
    assert!(stage.keys("<left>").screen().contains("[Changes]"));
}

#[test]
fn what_was_taken_and_what_is_left_alone_are_rows() {
    insta::assert_snapshot!("review-chosen", review().keys("<end><up><up>").screen());
    insta::assert_snapshot!("review-remark", review().keys("<end>").screen());
}

#[test]
fn the_whole_text_has_the_whole_width() {
    insta::assert_snapshot!("review-full", review().keys("<down><down><down><enter>").screen());
    insta::assert_snapshot!("review-full-wrapped", review().keys("<down><enter>w").screen());
    let mut stage = review().keys("<down><down><enter><esc>");
    assert_eq!(stage.app.at(), Place::Review);
    assert!(stage.screen().contains(" ▸ 3 Create secrets file"));
}

#[test]
fn a_search_marks_and_goes_on() {
    let mut stage = review().keys("<down><down><down>/aggregate");
    insta::assert_snapshot!("review-search", stage.screen());
    stage.press("<enter>n");
    assert!(stage.screen().contains("aggregate-shell"));
    let before = stage.screen();
    stage.press("<esc>");
    assert_ne!(stage.screen(), before);
    assert_eq!(stage.app.at(), Place::Review);
    stage.press("/xyz");
    assert!(stage.screen().contains("No \"xyz\" here. Esc ends the search."));
    // Letters are text while one types: nothing is applied.
    stage.press("a");
    assert!(!stage.jobs.iter().any(|job| matches!(job, Job::Apply(..))));
    stage.paste("q\u{1b}[2J");
    stage.screen();
}

#[test]
fn apply_is_a_key_or_the_button_and_never_enter() {
    let applied = |stage: &Stage| stage.jobs.iter().any(|job| matches!(job, Job::Apply(..)));
    let stage = review().keys("<enter><enter><enter><enter><space>");
    assert!(!applied(&stage));
    assert!(applied(&review().keys("a")));
    assert!(applied(&review().keys("<tab><tab><enter>")));
}

#[test]
fn an_answer_can_be_changed_and_one_comes_back() {
    let mut stage = review().keys("<down><down><down>b");
    assert_eq!(stage.app.at(), Place::Features);
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Review);
    assert!(stage.screen().contains(" ▸ 4 Write home module"));
    stage.press("b<enter>");
    assert_eq!(stage.app.at(), Place::Review);
    let plans = stage.jobs.iter().filter(|job| matches!(job, Job::Plan(_))).count();
    assert_eq!(plans, 1, "nothing was changed, so nothing is planned again");
    stage.press("b");
    stage.does(vec![Effect::Answer("aggregates", Reply::Named(vec!["aggregate-core".into()]))]);
    stage.plan = Arc::new(plan::raquels());
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Review);
    assert_eq!(stage.jobs.iter().filter(|job| matches!(job, Job::Plan(_))).count(), 2);
    assert!(stage.screen().contains(" ▸ 4 Write home module"));
    // Back from here is where it was before all that.
    stage.press("<esc>");
    assert_ne!(stage.app.at(), Place::Features);
}

#[test]
fn what_no_answer_decides_says_so() {
    let mut stage = review().keys("<down><down><down><down><down>b");
    assert_eq!(stage.app.at(), Place::Review);
    assert!(stage.screen().contains("This step follows from the fleet's layout"));
}

#[test]
fn copies_and_the_runbook_hold_no_secret() {
    let copied = |keys: &str| {
        let stage = review().keys(keys);
        let mut texts = stage.outs.iter().filter_map(|out| match out {
            Out::Terminal(Act::Copy(text)) => Some(text.clone()),
            _ => None,
        });
        texts.next().unwrap()
    };
    assert_eq!(copied("c"), "+++ ~/.config/sops/age/keys.txt\n+<secret>\n");
    assert!(copied("<right>c").starts_with("mkdir -p -m 700 ~/.config/sops/age\n"));
    assert!(copied("<down>c").contains("+  - &raquel-blackphos age1"));
    assert!(copied("<end>c").contains("modules/checks/people.nix:7"));
    assert!(copied("<end><up><up><up><up><up>c").contains("nix build"));
    let stage = review().keys("s");
    let Some(Job::Save { name, text }) = stage.jobs.last() else { panic!("{:?}", stage.jobs) };
    assert_eq!(name, "runbook-raquel.md");
    assert!(text.contains("## 2. Add you to .sops.yaml"));
    assert!(!text.contains("CANARY"));
}

#[test]
fn nothing_to_do_is_said_and_left() {
    let mut stage = review_of(Plan::default());
    insta::assert_snapshot!("review-nothing", stage.screen());
    stage.press("a");
    assert!(stage.jobs.iter().all(|job| !matches!(job, Job::Apply(..))));
    stage.press("<enter>");
    assert!(stage.ended.is_some());
}

#[test]
fn a_fleet_that_cannot_be_written_says_so() {
    let mut stage = Stage::raquel();
    let mut world = stage.world.clone();
    world.read_only = Some("~/fleet cannot be written by raquel".into());
    stage = Stage::with(stage.example, world);
    arrive(&mut stage);
    let why = "~/fleet cannot be written by raquel. Save as a runbook instead (s).";
    stage.press("a");
    assert!(stage.screen().contains(why));
    stage.press("<tab><tab><enter>");
    assert!(stage.screen().contains(why));
    assert!(!stage.jobs.iter().any(|job| matches!(job, Job::Apply(..))));
}

#[test]
fn a_changed_fleet_marks_its_rows() {
    let mut stage = review();
    let mut again = plan::raquels();
    again.steps[4].why = "One new file of 7 lines.".into();
    let planned = stage.app.planned_mut().unwrap();
    planned.changed = vec![".sops.yaml".into(), "modules/home/x.nix".into()];
    planned.before = Some(std::mem::replace(&mut planned.plan, Arc::new(again)));
    insta::assert_snapshot!("review-changed", stage.screen());
    // The same once the screen has made it ready.
    let drawn = stage.screen();
    stage.press("<down><up>");
    assert_eq!(stage.screen(), drawn);
}

#[test]
fn a_run_that_goes_on_has_its_steps_ticked() {
    let mut stage = review();
    let mut again = plan::raquels();
    again.steps[7].needs = Needs::Admin;
    let planned = stage.app.planned_mut().unwrap();
    again.steps.remove(0);
    planned.done = vec!["Save your age key".into(), "Add you to .sops.yaml".into()];
    planned.plan = Arc::new(again);
    insta::assert_snapshot!("review-resumed", stage.screen());
    stage.press("b");
    assert!(stage.screen().contains("It is done. Undo takes it back."));
}

#[test]
fn the_mouse_chooses_opens_and_scrolls() {
    let mut stage = review();
    click(&mut stage, 8, 8);
    assert!(stage.screen().contains(" ▸ 4 Write home module"));
    let kind = MouseEventKind::ScrollDown;
    let wheel = MouseEvent { kind, column: 50, row: 12, modifiers: KeyModifiers::NONE };
    let before = stage.screen();
    stage.tell(Msg::Seen(Seen::Mouse(wheel)));
    assert_ne!(stage.screen(), before);
    assert!(stage.screen().contains(" ▸ 4 Write home module"));
    click(&mut stage, 8, 8);
    assert!(!stage.screen().contains(" ▸ 4 Write home module"), "opened");
    click(&mut stage, 50, 12);
    assert!(!stage.screen().contains(" ▸ 4 Write home module"), "one click closes nothing");
    stage.press("<esc>");
    assert!(stage.screen().contains(" ▸ 4 Write home module"));
}

#[test]
fn hostile_text_is_shown_harmless() {
    let evil = "x\u{1b}]0;owned\u{7}\u{1b}[2Jy\u{202e}";
    let mut plan = plan::raquels();
    plan.steps[0].title = evil.into();
    plan.steps[0].why = evil.repeat(40);
    plan.steps[0].by_hand = vec![evil.repeat(40)];
    plan.steps[0].changes = vec![Change::Create {
        path: format!("/Users/raquel/fleet/{evil}.yaml").into(),
        content: Content::Text(format!("{evil}\rz\n{}\n", "long".repeat(100_000))),
        mode: 0o644,
    }];
    plan.remarks =
        vec![Remark { warns: false, text: evil.into(), places: vec![(evil.into(), evil.into())] }];
    for keys in ["", "<right>", "<enter>w", "<end>", "c", "/x"] {
        let shown = review_of_copy(&plan).keys(keys).screen();
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
    }
}

/// Plans cannot be cloned; steps of one without secrets can be made again.
fn review_of_copy(plan: &Plan) -> Stage {
    let mut again = plan::raquels();
    let (from, to) = (&plan.steps[0], &mut again.steps[0]);
    to.title = from.title.clone();
    to.why = from.why.clone();
    to.by_hand = from.by_hand.clone();
    if let Some(Change::Create { path, content, mode }) = from.changes.first() {
        to.changes =
            vec![Change::Create { path: path.clone(), content: content.clone(), mode: *mode }];
    }
    again.remarks = plan.remarks.clone();
    review_of(again)
}

#[test]
fn code_is_coloured_and_only_signs_are_where_the_palette_is_the_persons() {
    let mut stage = review().keys("<down>");
    let buf = stage.draw();
    let row = (0..24).find(|y| buf[(37, *y)].symbol() == "+").unwrap();
    assert_eq!(buf[(37, row)].fg, Color::Reset, "mono");
    let mut theme = crate::front::tui::draw::PLAIN;
    theme.palette = crate::front::tui::theme::Palette::Sixteen;
    stage.app.set_theme(theme);
    let buf = stage.draw();
    assert_eq!(buf[(37, row)].fg, Color::Green);
    assert_eq!(buf[(41, row)].fg, Color::Reset);
    theme.palette = crate::front::tui::theme::Palette::Dark;
    stage.app.set_theme(theme);
    let (added, keyword) = (theme.style(Role::Added), theme.style(Role::Keyword));
    let buf = stage.draw();
    assert_eq!((Some(buf[(41, row)].fg), Some(buf[(41, row)].bg)), (added.fg, added.bg));
    stage.press("<down><down>");
    let buf = stage.draw();
    let cells = (0..24).flat_map(|y| (39..79).map(move |x| (x, y)));
    let has = |c| cells.clone().any(|at| buf[at].symbol() == "l" && Some(buf[at].fg) == c);
    assert!(has(keyword.fg), "let");
    // The focused row lies over what it marks.
    assert!(!buf[(10, 8)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn answers_that_make_no_plan_leave_no_plan_to_apply() {
    let mut stage = review().keys("<down><down><down>b");
    stage.does(vec![Effect::Forget("email")]);
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Review);
    assert!(stage.screen().contains("There is no plan: an answer is missing."));
    stage.press("a<enter>bcsw/<right><tab><enter>");
    assert!(!stage.jobs.iter().any(|job| matches!(job, Job::Apply(..))));
    stage.press("<esc>");
    assert_ne!(stage.app.at(), Place::Review);
}

#[test]
fn the_focus_survives_a_resize() {
    let mut stage = review().keys("<down><tab><pgdn>");
    let before = stage.screen();
    stage.resize(60, 16);
    assert!(stage.screen().contains("▸ .sops.yaml, 6 lines more"));
    stage.resize(20, 4);
    stage.screen();
    stage.resize(80, 24);
    assert_eq!(stage.screen(), before);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]

    #[test]
    fn no_keys_and_no_window_break_it(
        keys in proptest::collection::vec(0_usize..24, 0..40),
        sizes in proptest::collection::vec((0_u16..140, 0_u16..50), 1..4),
    ) {
        let names = [
            "<up>", "<down>", "<left>", "<right>", "<pgup>", "<pgdn>", "<home>", "<end>",
            "<enter>", "<esc>", "<tab>", "<s-tab>", "<space>", "/", "n", "N", "w", "c", "s", "x",
            "b", "<bs>", "?", "l",
        ];
        let mut stage = review();
        for (at, key) in keys.iter().enumerate() {
            stage.press(names[*key]);
            if let (0, Some((width, height))) = (at % 7, sizes.get(at / 7)) {
                stage.resize(*width, *height);
            }
            click(&mut stage, (at * 7 % 80) as u16, (at * 5 % 24) as u16);
            stage.screen();
        }
        proptest::prop_assert!(!stage.jobs.iter().any(|job| matches!(job, Job::Undo(_))));
    }
}

#[test]
fn a_long_reason_stands_whole_in_the_full_view() {
    let mut plan = plan::raquels();
    plan.remarks[0].text = format!("{} end.", "Some words about the fleet. ".repeat(9));
    let mut stage = review_of(plan).keys("<end>");
    assert!(!stage.screen().contains("end."));
    assert!(stage.keys("<enter>").screen().contains("end."));
}

#[test]
fn the_end_of_a_long_text_is_one_key_away() {
    let mut plan = plan::raquels();
    plan.steps[0].changes = vec![Change::Create {
        path: "/Users/raquel/fleet/x.nix".into(),
        content: Content::Text("with pkgs; [ \"a\" ] # b\n".repeat(3_000)),
        mode: 0o644,
    }];
    let mut stage = review_of(plan).keys("<tab><end>");
    assert!(stage.screen().contains("3000 + with pkgs"));
    stage.press("<home>");
    assert!(stage.screen().contains(" 2988 more lines "));
}

/// raquel adds zoe to two machines, at the review.
pub(in crate::front::tui) fn for_zoe() -> Stage {
    let mut example = Example::raquel();
    example.subject = Subject::Somebody(None);
    let mut stage = Stage::of(example);
    let mut plan = plan::raquels();
    let mut update = |id: &'static str, title: &str| {
        plan.steps.push(Step {
            id,
            title: title.to_owned(),
            why: "The home comes with it.".to_owned(),
            needs: Needs::Admin,
            by_hand: vec![title.to_owned()],
            changes: Vec::new(),
            decided_by: Some("deploy"),
        });
    };
    update("deploy:blackphos", "Update blackphos");
    update("deploy:cinnabar", "Update cinnabar");
    stage.plan = Arc::new(plan);
    stage.press("2zoe<enter>Zoe<enter>zoe@example.com<enter>");
    stage.press("<enter><enter>");
    let hosts = Reply::Named(vec!["blackphos".into(), "cinnabar".into()]);
    let key = Reply::Text(crate::question::example::RECIPIENT.into());
    stage.does(vec![Effect::Answer("hosts", hosts), Effect::Answer("key", key), Effect::Rest]);
    assert_eq!(stage.app.at(), Place::Review, "{}", stage.screen());
    stage
}

#[test]
fn what_happens_afterwards_is_decided_here() {
    let mut stage = for_zoe();
    let to = |stage: &mut Stage, row: &str| {
        for _ in 0..20 {
            let line = stage.screen().lines().find(|line| line.contains(row)).map(str::to_owned);
            if line.is_some_and(|line| line.contains('▸')) {
                return;
            }
            stage.press("<down>");
        }
        panic!("{row} is not reached:\n{}", stage.screen());
    };
    to(&mut stage, "Commit: not now");
    insta::assert_snapshot!("review-somebody", stage.screen());
    stage.press("<enter><enter>");
    let answers = |stage: &Stage| stage.app.cx().interview.unwrap().answers.clone();
    assert_eq!(answers(&stage).commit, Some(Commit::Branch("add-zoe".into())));
    assert!(stage.screen().contains("Commit: one commit on add"), "{}", stage.screen());
    to(&mut stage, "Update machines: not now");
    stage.press("<space>");
    to(&mut stage, "If one machine fails: stop");
    stage.press("<space>");
    assert_eq!(answers(&stage).deploy, Some(Deploy::Now));
    assert_eq!(answers(&stage).if_failed, Some(IfFailed::GoOn));
    insta::assert_snapshot!("review-somebody-120x40", stage.size(120, 40).screen());
}

#[test]
fn the_branch_gets_another_name() {
    let mut stage = for_zoe();
    let chosen = Reply::Text("add-zoe".into());
    stage.does(vec![Effect::Answer("commit", chosen), Effect::PlanAgain]);
    let commit = |stage: &Stage| stage.app.cx().interview.unwrap().answers.commit.clone();
    while !stage.screen().contains("▸ ? Branch: add-zoe") {
        assert!(!stage.screen().contains("▸ ! "), "{}", stage.screen());
        stage.press("<down>");
    }
    stage.press("<enter>-2");
    insta::assert_snapshot!("review-branch", stage.screen());
    stage.resize(60, 16);
    insta::assert_snapshot!("review-branch-60x16", stage.screen());
    stage.resize(80, 24);
    // Letters are text here, and what git refuses stays with the reason.
    stage.press("<c-u>a b<enter>");
    assert!(stage.screen().contains("git does not take a b as the name"), "{}", stage.screen());
    stage.press("<esc>");
    assert_eq!(commit(&stage), Some(Commit::Branch("add-zoe".into())));
    stage.press("<space><c-u>team/zoe<enter>");
    assert_eq!(commit(&stage), Some(Commit::Branch("team/zoe".into())));
    assert!(stage.screen().contains("Branch: team/zoe"));
    stage.press("<enter>");
    stage.paste("AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ");
    assert!(!stage.screen().contains("SECRET"), "{}", stage.screen());
}
