use std::sync::Arc;

use super::*;
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::front::tui::Msg;
use crate::front::tui::screen::Place;
use crate::front::tui::stage::Stage;
use crate::front::tui::worker::{Done, Job};
use crate::front::world::Errand;
use crate::front::{End, Finish};
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::question::example::Example;
use crate::secrets::matrix::{Cell, Column, RuleAt};
use crate::secrets::{Matrix as Table, Remark};

const NAMES: [&str; 5] =
    ["raquel-blackphos", "crs58-stibnite", "cameron-rosegold", "janettesmith-rosegold", "admin"];

fn row(file: &str, cells: &str, line: Option<u32>) -> Row {
    let cell = |c: char| match c {
        'y' => Cell::Yes,
        '+' => Cell::Add,
        '-' => Cell::Gone,
        _ => Cell::No,
    };
    let rule = line.map(|line| RuleAt { line, path_regex: Some(format!("{file}$")) });
    let remarks = if rule.is_none() { vec![Remark::NoRule] } else { Vec::new() };
    let cells = cells.chars().map(cell).collect();
    Row { file: file.into(), rule, cells, remarks, others: Vec::new() }
}

/// The drawing's files and keys.
fn table() -> Table {
    let column = |name: &&str| Column {
        name: Some((*name).to_owned()),
        recipient: format!("age1{}", name.replace('-', "q")),
    };
    let rows = vec![
        row("secrets/users/raquel.sops.yaml", "+   y", Some(24)),
        row("secrets/users/crs58.sops.yaml", " y  y", Some(12)),
        row("secrets/users/cameron.sops.yaml", "  y y", Some(16)),
        row("secrets/users/janettesmith.sops.yaml", "   yy", Some(20)),
        row("secrets/shared/wifi.sops.yaml", " yyyy", Some(30)),
        row("secrets/shared/printer.sops.yaml", " yy-y", Some(34)),
        row("secrets/old/ci.sops.yaml", " y  y", None),
    ];
    Table { columns: NAMES.iter().map(column).collect(), rows }
}

fn readers(table: Table, here: &[usize]) -> Readers {
    let here = (0..table.columns.len()).map(|at| here.contains(&at)).collect();
    Readers { matrix: table, here, locked: Vec::new() }
}

/// In front of the table; `here` are the keys whose private half is here.
fn stage(table: Table, here: &[usize]) -> Stage {
    let mut stage = Stage::raquel();
    stage.readers = Ok(readers(table, here));
    stage.keys("33")
}

fn plan() -> Plan {
    let root = Example::raquel().fleet.root;
    let change = Change::Edit {
        path: root.join("secrets/users/raquel.sops.yaml"),
        before: "sops:\n    age: []\n".into(),
        after: "sops:\n    age:\n        - recipient: age1raquelqblackphos\n".into(),
    };
    let step = Step {
        id: "rekey",
        title: "Encrypt again".into(),
        why: "1 file differs from its rule in who can read it.".into(),
        needs: Needs::You,
        by_hand: vec!["sops updatekeys secrets/users/raquel.sops.yaml".into()],
        changes: vec![change],
        decided_by: None,
    };
    Plan { steps: vec![step], bounds: vec![root], ..Plan::default() }
}

#[test]
fn the_table_is_the_one_that_was_drawn() {
    let mut stage = Stage::raquel();
    let words = "~/fleet belongs to crs58; you can look, save and copy";
    stage.world.read_only = Some(words.into());
    stage.readers = Ok(readers(table(), &[0]));
    let world = stage.world.clone();
    let mut read_only = Stage::with(Example::raquel(), world);
    read_only.readers = stage.readers.clone();
    let mut read_only = read_only.keys("33");
    insta::assert_snapshot!("matrix-80x24", read_only.screen());
    read_only.resize(60, 16);
    insta::assert_snapshot!("matrix-60x16", read_only.screen());
    read_only.resize(120, 40);
    insta::assert_snapshot!("matrix-120x40", read_only.screen());
}

#[test]
fn left_and_right_turn_it_to_people() {
    let mut stage = stage(table(), &[4]).keys("<right><down>");
    insta::assert_snapshot!("matrix-by-person-80x24", stage.screen());
    stage.press("<left>");
    assert!(stage.screen().contains("▸ secrets/users/raquel.sops.yaml"), "each keeps its row");
}

#[test]
fn enter_shows_all_of_a_row_and_esc_closes_it() {
    let mut stage = stage(table(), &[4]).keys("<down><down><down><down><down><enter>");
    let all = stage.screen();
    assert!(all.contains("── secrets/shared/printer.sops.yaml ──"), "{all}");
    assert!(all.contains("- janettesmith-rosegold: no longer named"), "{all}");
    stage.press("<esc>");
    assert!(stage.screen().contains("file "), "{}", stage.screen());
    assert_eq!(stage.app.at(), Place::Matrix);
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Welcome);
}

#[test]
fn what_differs_is_looked_over_and_then_encrypted_again() {
    let mut stage = stage(table(), &[4]);
    stage.plan = Arc::new(plan());
    assert!(stage.screen().contains("2 files are not as their rules say. f shows"));
    stage.press("f");
    assert_eq!(stage.app.at(), Place::Review);
    insta::assert_snapshot!("matrix-review-80x24", stage.screen());
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Matrix, "looking changes nothing");
    stage.press("fa");
    assert!(matches!(stage.jobs.last(), Some(Job::Apply(Errand::Rekey, _))), "{:?}", stage.jobs);
    let checked = Checked {
        what: "secrets-open",
        verdict: Verdict::Holds,
        words: "1 file opens with your key, and its MAC verifies.".into(),
        data: serde_json::Map::new(),
    };
    stage.tell(Msg::Event(Event::Started { step: "rekey", command: None }));
    stage.tell(Msg::Event(Event::Ended {
        step: "rekey",
        outcome: Outcome::Done,
        seconds: 0.1,
        changes: Vec::new(),
    }));
    stage.tell(Msg::Event(Event::Checked(checked)));
    let home = stage.example.host.home.clone();
    stage.tell(Msg::Done(Done::Finished(Box::new(Finish {
        end: End::Done,
        heading: "Encrypted again as the rules say: 1 file.".into(),
        receipt: Some(home.join(".local/state/doorstep/2026-11-20T1019-raquel.receipt")),
        left: Vec::new(),
        note: None,
        problem: None,
        back: None,
    }))));
    insta::assert_snapshot!("matrix-done-80x24", stage.screen());
}

#[test]
fn a_door_that_was_used_does_not_change_what_the_others_do() {
    let mut stage = stage(table(), &[4]).keys("<esc>1");
    assert_eq!(stage.app.at(), Place::You);
    assert!(stage.screen().contains("Set up my home"));
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Welcome);
}

#[test]
fn nobody_who_can_open_a_file_is_here() {
    let mut stage = stage(table(), &[0]).keys("f");
    let words = "f is off: only somebody who can open a file can encrypt it for more: admin";
    assert!(stage.screen().contains(words), "{}", stage.screen());
    stage.press("<tab><enter>");
    assert!(stage.screen().contains(words), "{}", stage.screen());
    assert_eq!(stage.app.at(), Place::Matrix);
}

#[test]
fn the_table_is_saved_and_copied() {
    let mut stage = stage(table(), &[4]).keys("s");
    let saved = match stage.jobs.last() {
        Some(Job::Save { name, text }) => {
            assert_eq!(name, "who-can-read-what.txt");
            text.clone()
        }
        other => panic!("{other:?}"),
    };
    assert!(saved.starts_with("file "), "{saved}");
    assert_eq!(saved.lines().count(), 11, "{saved}");
    stage.press("c");
    assert!(stage.screen().contains("Copied."), "{}", stage.screen());
}

#[test]
fn nothing_to_show_is_said() {
    let mut empty = stage(Table::default(), &[]).keys("<enter><right><down>f");
    assert!(empty.screen().contains("No encrypted files in this fleet."), "{}", empty.screen());
    let settled = Table { rows: table().rows.into_iter().skip(1).take(4).collect(), ..table() };
    let mut settled = stage(settled, &[4]).keys("f");
    assert!(settled.screen().contains("Everybody can read what the rules say."));
    let mut broken = Stage::raquel();
    let problem = Problem::fleet("`~/fleet/.sops.yaml` cannot be used").cause("line 3: a tab");
    broken.readers = Err(problem);
    let mut broken = broken.keys("33f");
    let screen = broken.screen();
    assert!(screen.contains("It cannot be said who can read what."), "{screen}");
}

#[test]
fn waiting_is_told() {
    let mut stage = Stage::raquel();
    stage.readers = Ok(readers(table(), &[]));
    stage.hold = true;
    let mut stage = stage.keys("33f");
    stage.later(1);
    stage.press("<down>");
    assert!(stage.screen().contains("Reading the encrypted files"), "{}", stage.screen());
    stage.release();
    assert!(stage.screen().contains("raquel.sops.yaml"));
}

#[test]
fn many_keys_and_files_hostile_names_and_every_size_are_drawn() {
    let mut large = table();
    for n in 0..40 {
        large.columns.push(Column { name: None, recipient: format!("age1{n}\u{1b}[2J李") });
    }
    for n in 0..300 {
        large.rows.push(row(&format!("secrets/\u{202e}{n}/李李李.yaml"), "yyyy+", Some(n)));
    }
    for row in &mut large.rows {
        row.cells.resize(45, Cell::Gone);
    }
    let mut stage = stage(large, &[4]);
    for (width, height) in [(60, 16), (61, 17), (80, 24), (100, 30), (200, 60), (3, 2), (80, 24)] {
        stage.resize(width, height);
        stage.press("<end><enter><down><pgdn><enter><right><end><enter><esc><left><pgup>");
        let screen = stage.screen();
        assert!(!screen.contains('\u{1b}') && !screen.contains('\u{202e}'), "{screen}");
    }
    assert!(stage.screen().contains("more"), "{}", stage.screen());
}

#[test]
fn clicks_and_the_wheel_move_and_open() {
    let mut stage = stage(table(), &[4]);
    stage.click_on(Target::Row(0, 4));
    assert!(stage.screen().contains("▸ secrets/shared/wifi"), "{}", stage.screen());
    stage.click_on(Target::Row(0, 4));
    assert!(stage.screen().contains("── secrets/shared/wifi"), "{}", stage.screen());
    stage.press("<esc>");
    stage.wheel_on(Target::Row(0, 0), 2);
    assert!(stage.screen().contains("▸ secrets/old/ci.sops.yaml"), "{}", stage.screen());
}

#[test]
fn a_row_is_searched_for() {
    let mut stage = stage(table(), &[4]).keys("/prin");
    assert!(
        stage.screen().contains("── secrets/shared/printer")
            || stage.screen().contains("printer.sops.yaml$"),
        "{}",
        stage.screen()
    );
    stage.press("<enter><esc>");
    assert_eq!(stage.app.at(), Place::Matrix);
    stage.press("/xyz");
    assert!(stage.screen().contains("No \"xyz\" here. Esc ends the search."));
    stage.press("<esc><right>/crs");
    assert!(stage.screen().contains("▸ crs58-stibnite"), "{}", stage.screen());
}

#[test]
fn a_key_with_a_passphrase_is_opened_from_here() {
    let mut stage = Stage::raquel();
    let locked = vec!["~/.ssh/id_ed25519".to_owned()];
    stage.readers = Ok(Readers { locked, ..readers(table(), &[]) });
    let mut stage = stage.keys("33<tab><right><right><enter>CANARY 1");
    let screen = stage.screen();
    insta::assert_snapshot!("matrix-passphrase-80x24", screen);
    assert!(stage.hides() && !screen.contains("CANARY"));
    stage.readers = Ok(readers(table(), &[4]));
    stage.press("<enter>");
    let unlocked = stage.jobs.iter().any(|job| matches!(job, Job::Unlock(_)));
    assert!(unlocked && stage.screen().contains("2 files are not as their rules say"));
    assert!(!format!("{:?}", stage.jobs).contains("CANARY"));
    stage.readers = Err(Problem::user("the passphrase opens none of your keys"));
    stage.does(vec![Effect::Unlock(Hidden::default())]);
    assert!(
        stage.screen().contains("The passphrase opens none")
            || stage.screen().contains("the passphrase opens none"),
        "{}",
        stage.screen()
    );
    assert!(stage.screen().contains("raquel.sops.yaml"), "the table stays");
}
