use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::{Attend, Summary, apply};
use super::*;
use crate::activate::{InTheWay, InTheWayChoice};
use crate::event::{Event, Outcome};
use crate::plan::{Content, Needs, Plan};
use crate::receipt::{Header, Journal, Phase, Receipt, VERSION};
use crate::run::Scripted;

#[derive(Default)]
struct Watcher(Vec<Changed>);

impl Attend for Watcher {
    fn event(&mut self, e: Event) {
        if let Event::Ended { changes, .. } = e {
            self.0.extend(changes);
        }
    }

    fn in_the_way(&mut self, _: &[InTheWay]) -> InTheWayChoice {
        InTheWayChoice::Stop
    }

    fn stop(&mut self) -> bool {
        false
    }
}

struct Bench {
    _folder: TempDir,
    home: PathBuf,
    journal: Journal,
}

impl Bench {
    /// A home with `files` files, numbered, that say `before`.
    fn new(files: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(folder.path()).unwrap().join("home");
        fs::create_dir_all(home.join("deep")).unwrap();
        let header = Header {
            version: VERSION,
            doorstep: "0.1.0".into(),
            practice: false,
            user: "zoe".into(),
            host: "quartz".into(),
            home: home.clone(),
            fleet: home.clone(),
            bounds: vec![home.clone()],
            started: "2026-11-20T10:19:15Z".into(),
            answers: serde_json::Value::Null,
        };
        let journal = Journal::create(&home.with_file_name("receipts"), header).unwrap();
        let bench = Self { _folder: folder, home, journal };
        (0..files).for_each(|n| fs::write(bench.path(n), "before\n").unwrap());
        bench
    }

    /// Every third one lies in a folder of its own.
    fn path(&self, n: usize) -> PathBuf {
        self.home.join(if n.is_multiple_of(3) { format!("deep/{n}") } else { n.to_string() })
    }

    fn step(&self, files: usize) -> Step {
        let edit = |n| edit(&self.path(n));
        step((0..files).map(edit).collect())
    }

    fn apply(&mut self, step: Step, checkpoint: &dyn Fn(&str)) -> (Summary, Vec<Changed>) {
        let plan = Plan { steps: vec![step], bounds: vec![self.home.clone()], ..Plan::default() };
        let mut watcher = Watcher::default();
        let journal = &mut self.journal;
        let summary =
            apply(&plan, journal, &mut Scripted::default(), &mut watcher, checkpoint).unwrap();
        (summary, watcher.0)
    }

    fn saying(&self, files: usize, text: &str) -> usize {
        (0..files).filter(|n| fs::read_to_string(self.path(*n)).unwrap() == text).count()
    }

    /// Everything in the two folders, half-written files too.
    fn entries(&self) -> usize {
        let count = |folder: &Path| fs::read_dir(folder).unwrap().count();
        count(&self.home) - 1 + count(&self.home.join("deep"))
    }
}

fn edit(path: &Path) -> Change {
    Change::Edit { path: path.to_owned(), before: "before\n".into(), after: "after\n".into() }
}

fn step(changes: Vec<Change>) -> Step {
    Step {
        id: "many",
        title: "Many".into(),
        why: String::new(),
        needs: Needs::You,
        by_hand: Vec::new(),
        changes,
        decided_by: None,
    }
}

#[test]
fn more_than_one_group_is_changed_and_taken_back() {
    let files = MOST_FILES * 2 + 5;
    let mut bench = Bench::new(files);
    let (summary, changed) = bench.apply(bench.step(files), &|_| {});
    assert_eq!(summary.outcome, Outcome::Done);
    assert_eq!((changed.len(), bench.saying(files, "after\n")), (files, files));
    assert_eq!(bench.entries(), files, "no temporary file is left");
    let receipt = bench.journal.path().to_owned();
    let changes = bench.journal.receipt().changes();
    assert!(changes.iter().all(|change| change.ending == Some(Ending::Done)));
    let Bench { _folder, home, journal } = bench;
    drop(journal);
    let taken =
        crate::undo::undo(&receipt, &mut Scripted::default(), &mut Watcher::default(), &|_| {})
            .unwrap();
    assert_eq!(taken.restored.len(), files);
    assert_eq!(fs::read_to_string(home.join("1")).unwrap(), "before\n");
    assert_eq!(Receipt::read(&receipt).unwrap().state().phase, Phase::TakenBack);
}

#[test]
fn checkpoints_come_in_the_order_that_is_documented() {
    let mut bench = Bench::new(3);
    let names = RefCell::new(Vec::new());
    bench.apply(bench.step(3), &|name| names.borrow_mut().push(name.to_owned()));
    let mut names = names.into_inner();
    names[4..7].sort();
    let moments = ["recorded", "written", "replaced", "closed"];
    let mut expected = vec!["receipt-opened".to_owned()];
    expected.extend(moments.iter().flat_map(|m| (1..=3).map(move |n| format!("many/{n}/{m}"))));
    expected.push("finished".to_owned());
    assert_eq!(names, expected);
}

#[test]
fn what_is_so_already_is_left_alone() {
    let mut bench = Bench::new(4);
    fs::write(bench.path(2), "after\n").unwrap();
    let (summary, changed) = bench.apply(bench.step(4), &|_| {});
    assert_eq!((summary.outcome, changed.len()), (Outcome::Done, 3));
    let (summary, changed) = bench.apply(bench.step(4), &|_| {});
    assert_eq!((summary.outcome, changed.len()), (Outcome::AlreadySo, 0));
    assert_eq!(bench.journal.receipt().changes().len(), 3);
}

#[test]
fn one_that_changed_before_ends_it_with_nothing_touched() {
    let mut bench = Bench::new(5);
    fs::write(bench.path(4), "theirs\n").unwrap();
    let (summary, changed) = bench.apply(bench.step(5), &|_| {});
    assert!(matches!(summary.outcome, Outcome::Failed { .. }));
    assert_eq!((changed.len(), bench.saying(5, "before\n")), (0, 4));
    assert!(bench.journal.receipt().changes().is_empty());
}

#[test]
fn one_that_changes_meanwhile_stays_and_ends_it_there() {
    let mut bench = Bench::new(5);
    let theirs = bench.path(2);
    // Between the writing and the last look.
    let save = |name: &str| {
        if name == "many/1/replaced" {
            fs::write(&theirs, "theirs\n").unwrap();
        }
    };
    let (summary, changed) = bench.apply(bench.step(5), &save);
    let Outcome::Failed { why } = summary.outcome else { panic!("{summary:?}") };
    assert!(why.what.contains("was changed since the plan was made"), "{why:?}");
    assert_eq!((changed.len(), bench.saying(5, "after\n"), bench.saying(5, "before\n")), (2, 2, 2));
    assert_eq!(fs::read_to_string(bench.path(2)).unwrap(), "theirs\n");
    assert_eq!(bench.entries(), 5, "no temporary file is left");
    let endings: Vec<_> =
        bench.journal.receipt().changes().iter().filter_map(|c| c.ending).collect();
    use Ending::{Done, Failed};
    assert_eq!(endings, [Done, Done, Failed, Failed, Failed]);
}

#[test]
fn groups_hold_so_many_files_and_so_much_text() {
    let path = Path::new("/a");
    let text = "x".repeat(MOST_TEXT / 2);
    let longer = "x".repeat(MOST_TEXT + 1);
    let sizes = |afters: &[&str]| {
        let at = At { step: "s", index: 1 };
        let due: Vec<Due<'_>> = afters
            .iter()
            .map(|after| Due {
                edit: Edit { at, path, before: "", after },
                temporary: String::new(),
            })
            .collect();
        groups(&due).iter().map(|group| group.len()).collect::<Vec<_>>()
    };
    assert_eq!(sizes(&[&text, &text, &text, "x"]), [2, 2]);
    assert_eq!(sizes(&["x"; MOST_FILES + 1]), [MOST_FILES, 1]);
    assert_eq!(sizes(&["x", &longer, "x"]), [1, 1, 1]);
    assert!(sizes(&[]).is_empty());
}

#[test]
fn only_edits_of_different_files_are_made_at_once() {
    let (a, b) = (Path::new("/a"), Path::new("/b"));
    let create =
        Change::Create { path: b.into(), content: Content::Text(String::new()), mode: 0o644 };
    assert!(edits(&step(vec![edit(a), edit(b)])).is_some());
    assert!(edits(&step(vec![edit(a)])).is_none());
    assert!(edits(&step(vec![edit(a), edit(a)])).is_none());
    assert!(edits(&step(vec![edit(a), create])).is_none());
}
