//! What a run says and leaves behind. Killing it, full disks and missing rights: tests/engine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::key::Identity;
use crate::plan::{Content, Needs};
use crate::receipt::{Fact, Header, Record, VERSION};
use crate::run::{Command, Scripted, Stream};

/// A home that is the only bound, and whoever watches.
struct Bench {
    _folder: TempDir,
    home: PathBuf,
    journal: Journal,
    runner: Scripted,
    watcher: Watcher,
}

#[derive(Default)]
struct Watcher {
    events: Vec<Event>,
    /// Asked to stop from this question on, counted from 0.
    stop_from: Option<usize>,
    asked: usize,
}

impl Attend for Watcher {
    fn event(&mut self, e: Event) {
        self.events.push(e);
    }

    fn in_the_way(&mut self, _: &[InTheWay]) -> InTheWayChoice {
        InTheWayChoice::Stop
    }

    fn stop(&mut self) -> bool {
        self.asked += 1;
        self.stop_from.is_some_and(|from| self.asked > from)
    }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(folder.path()).unwrap().join("home");
        fs::create_dir(&home).unwrap();
        let header = Header {
            version: VERSION,
            doorstep: "0.1.0".into(),
            practice: false,
            user: "zoe".into(),
            host: "quartz".into(),
            home: home.clone(),
            fleet: home.join("fleet"),
            bounds: vec![home.clone()],
            started: "2026-11-20T10:19:15Z".into(),
            answers: serde_json::Value::Null,
        };
        let journal = Journal::create(&home.with_file_name("receipts"), header).unwrap();
        let watcher = Watcher::default();
        Self { _folder: folder, home, journal, runner: Scripted::default(), watcher }
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.home.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn apply(&mut self, steps: Vec<Step>) -> Summary {
        let plan = Plan { steps, bounds: vec![self.home.clone()], ..Plan::default() };
        apply(&plan, &mut self.journal, &mut self.runner, &mut self.watcher, &|_| {}).unwrap()
    }

    /// Applies one step with one change that fails; gives the reason.
    fn refused(&mut self, change: Change) -> String {
        match self.apply(vec![step("step", vec![change])]).outcome {
            Outcome::Failed { why } => why.what.replace(&self.home.display().to_string(), "~"),
            other => panic!("{other:?}"),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        self.journal.receipt().changes().into_iter().map(|change| change.change).collect()
    }
}

fn step(id: &'static str, changes: Vec<Change>) -> Step {
    Step {
        id,
        title: format!("Do {id}"),
        why: String::new(),
        needs: Needs::You,
        by_hand: Vec::new(),
        changes,
        decided_by: None,
    }
}

fn text(path: &Path, text: &str) -> Change {
    Change::Create { path: path.into(), content: Content::Text(text.into()), mode: 0o644 }
}

fn key(path: &Path, key: &str) -> Change {
    Change::Create { path: path.into(), content: Content::secret(key.into()), mode: 0o600 }
}

fn words(summary: &Summary) -> Vec<(&'static str, &'static str)> {
    summary.steps.iter().map(|(id, outcome)| (*id, outcome.word())).collect()
}

#[test]
fn a_second_run_finds_everything_so_and_records_nothing() {
    let mut bench = Bench::new();
    let [new, old, edited] = ["a/new", "old", "edited"].map(|name| bench.home.join(name));
    bench.file("old", "a\n", 0o644);
    bench.file("edited", "x\ny\n", 0o644);
    let steps = || {
        vec![
            step("new", vec![text(&new, "text")]),
            step(
                "old",
                vec![
                    Change::Append { path: old.clone(), content: Content::secret("b\n".into()) },
                    Change::Mode { path: old.clone(), before: 0o644, after: 0o600 },
                ],
            ),
            step(
                "edited",
                vec![Change::Edit {
                    path: edited.clone(),
                    before: "x\ny\n".into(),
                    after: "x\nz\n".into(),
                }],
            ),
        ]
    };
    let first = bench.apply(steps());
    assert_eq!(first.outcome, Outcome::Done);
    let facts = bench.facts().len();
    assert_eq!(facts, 4);
    let second = bench.apply(steps());
    assert_eq!(second.outcome, Outcome::AlreadySo);
    assert_eq!(
        words(&second),
        [("new", "already_so"), ("old", "already_so"), ("edited", "already_so")]
    );
    assert_eq!(bench.facts().len(), facts);
    assert_eq!(fs::read_to_string(old).unwrap(), "a\nb\n");
}

#[test]
fn events_tell_what_happened() {
    let mut bench = Bench::new();
    let edited = bench.file("edited", "x\ny\n", 0o644);
    bench.runner = Scripted::default().expect("nix build", 0, "built\n", "");
    bench.apply(vec![
        step(
            "edit",
            vec![Change::Edit {
                path: edited.clone(),
                before: "x\ny\n".into(),
                after: "x\nz\nzz\n".into(),
            }],
        ),
        step("build", vec![Change::Run { command: Command::new("nix").arg("build") }]),
    ]);
    let events = &bench.watcher.events;
    assert_eq!(events[0], Event::Started { step: "edit", command: None });
    let Event::Ended { outcome, changes, .. } = &events[1] else { panic!("{:?}", events[1]) };
    assert_eq!(outcome, &Outcome::Done);
    assert_eq!(changes[..], [Changed::Edited { path: edited, lines_added: 2, lines_removed: 1 }]);
    assert_eq!(events[2], Event::Started { step: "build", command: Some("nix build".into()) });
    let line = Event::Line { step: "build", stream: Stream::Out, text: "built".into() };
    assert_eq!(events[3], line);
    assert!(matches!(&events[4], Event::Ended { step: "build", outcome: Outcome::Done, .. }));
    assert_eq!(events.len(), 5);
}

#[test]
fn after_a_failure_nothing_more_is_done() {
    let mut bench = Bench::new();
    bench.runner = Scripted::default().expect("false", 1, "", "one\n\nit broke\n");
    let after = bench.home.join("after");
    let summary = bench.apply(vec![
        step("build", vec![Change::Run { command: Command::new("false") }]),
        step("after", vec![text(&after, "x")]),
    ]);
    assert_eq!(words(&summary), [("build", "failed"), ("after", "not_run")]);
    let Outcome::Failed { why } = &summary.outcome else { panic!("{summary:?}") };
    assert_eq!(why.to_string(), "error: `false` ended with exit code 1\ncause: one\nit broke");
    let because = Outcome::NotRun { because: "`Do build` was not done".into() };
    assert_eq!(summary.steps[1].1, because);
    assert!(!after.exists());
    assert!(bench.journal.receipt().state().is_unfinished());
}

#[test]
fn a_stop_is_honoured_between_steps() {
    let mut bench = Bench::new();
    bench.watcher.stop_from = Some(1);
    let [one, two] = ["one", "two"].map(|name| bench.home.join(name));
    let summary =
        bench.apply(vec![step("one", vec![text(&one, "x")]), step("two", vec![text(&two, "x")])]);
    assert_eq!(summary.outcome, Outcome::Stopped);
    assert_eq!(words(&summary), [("one", "done"), ("two", "not_run")]);
    assert!(one.exists() && !two.exists());
}

#[test]
fn a_command_that_was_ended_on_request_has_not_failed() {
    let mut bench = Bench::new();
    bench.watcher.stop_from = Some(1);
    bench.runner = Scripted::default().expect("nix build", 130, "", "interrupted");
    let summary = bench
        .apply(vec![step("b", vec![Change::Run { command: Command::new("nix").arg("build") }])]);
    assert_eq!(words(&summary), [("b", "stopped")]);
    // A file that is in the way has nothing to do with the request.
    let path = bench.file("file", "mine", 0o644);
    bench.watcher = Watcher { stop_from: Some(1), ..Watcher::default() };
    assert_eq!(words(&bench.apply(vec![step("f", vec![text(&path, "x")])])), [("f", "failed")]);
}

#[test]
fn what_is_in_the_way_is_left_alone() {
    let mut bench = Bench::new();
    let path = bench.file("file", "mine", 0o600);
    assert_eq!(bench.refused(text(&path, "theirs")), "`~/file` is there already");
    let edit = |before: &str| Change::Edit {
        path: path.clone(),
        before: before.into(),
        after: "theirs".into(),
    };
    assert_eq!(bench.refused(edit("old")), "`~/file` was changed since the plan was made");
    let mode = Change::Mode { path: path.clone(), before: 0o644, after: 0o640 };
    assert_eq!(bench.refused(mode), "`~/file` was changed since the plan was made");
    let gone =
        Change::Append { path: bench.home.join("none"), content: Content::secret("x".into()) };
    assert_eq!(bench.refused(gone), "`~/none` is not there any more");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn a_path_out_of_bounds_is_refused() {
    let mut bench = Bench::new();
    let outside = bench.home.with_file_name("outside");
    let refused = bench.refused(text(&outside, "x"));
    assert!(refused.contains("leads out of the folders"), "{refused}");
    let plan = Plan { bounds: vec!["/".into()], ..Plan::default() };
    let refused = apply(&plan, &mut bench.journal, &mut bench.runner, &mut bench.watcher, &|_| {});
    assert!(refused.is_err(), "undo would not go there");
}

#[test]
fn a_key_that_others_can_read_is_not_already_so() {
    let mut bench = Bench::new();
    let path = bench.file("keys.txt", "AGE-SECRET-KEY-1X\n", 0o644);
    assert_eq!(bench.refused(key(&path, "AGE-SECRET-KEY-1X\n")), "`~/keys.txt` is there already");
}

#[test]
fn of_a_key_only_the_public_half_is_written_down() {
    let mut bench = Bench::new();
    let identity = Identity::generate();
    let secret = identity.secret_text();
    // The comment lies: what counts is the key itself.
    let content = format!("# public key: age1somebodyelse\n{}\n", *secret);
    bench.apply(vec![step("key", vec![key(&bench.home.join("keys.txt"), &content)])]);
    let facts = bench.facts();
    let [Fact::Create { keys: Some(keys), .. }] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!((&keys.recipients[..], keys.more), (&[identity.recipient().to_string()][..], false));
    let receipt = fs::read_to_string(bench.journal.path()).unwrap();
    assert!(!receipt.contains(&**secret) && !receipt.contains("somebodyelse"));
    let shown = format!("{:?}{:?}", bench.watcher.events, bench.journal);
    assert!(!shown.contains(&**secret));
}

#[test]
fn a_failed_creation_leaves_no_folders() {
    let mut bench = Bench::new();
    // Longer than any file system's names.
    let long = "x".repeat(300);
    bench.refused(text(&bench.home.join("a/b").join(long), "x"));
    assert!(!bench.home.join("a").exists());
}

#[test]
fn each_change_stands_in_the_receipt_before_it_is_made() {
    let mut bench = Bench::new();
    let receipt = bench.journal.path().to_owned();
    let path = bench.home.join("file");
    let plan = Plan { steps: vec![step("one", vec![text(&path, "x")])], ..Plan::default() };
    let checkpoint = |name: &str| {
        if name == "one/1/recorded" {
            assert!(!path.exists());
            let read = crate::receipt::Receipt::read(&receipt).unwrap();
            assert!(matches!(read.records.last(), Some(Record::Began { n: 1, .. })));
        }
    };
    apply(&plan, &mut bench.journal, &mut bench.runner, &mut bench.watcher, &checkpoint).unwrap();
    assert!(path.exists());
}

#[test]
fn lines_that_came_and_went_are_counted() {
    let counted = super::change::lines_changed;
    assert_eq!(counted("a\nb\nc\n", "a\nx\ny\nc\n"), (2, 1));
    assert_eq!(counted("", "a\n"), (1, 0));
    assert_eq!(counted("a\na\n", "a\n"), (0, 1));
    assert_eq!(counted("a\nb\n", "a\nb\n"), (0, 0));
    // A file of which every line is another one, as after a new data key.
    let many = |word: &str| (0..100_000).map(|n| format!("{word}{n}\n")).collect::<String>();
    assert_eq!(counted(&many("a"), &many("b")), (100_000, 100_000));
}

#[test]
fn steps_that_nothing_rests_on_may_fail_alone() {
    let run = |program: &str| vec![Change::Run { command: Command::new(program) }];
    let steps = || vec![step("one", run("a")), step("two", run("b")), step("three", run("c"))];
    let runner = || {
        let runner = Scripted::default().expect("a", 1, "", "no way");
        runner.expect("b", 0, "", "").expect("c", 1, "", "nor there")
    };
    let mut bench = Bench::new();
    bench.runner = runner();
    let plan = Plan {
        steps: steps(),
        bounds: vec![bench.home.clone()],
        independent: vec!["one", "three"],
        ..Plan::default()
    };
    let mut apply = |plan: &Plan| {
        apply(plan, &mut bench.journal, &mut bench.runner, &mut bench.watcher, &|_| {})
    };
    let summary = apply(&plan).unwrap();
    assert_eq!(words(&summary), [("one", "failed"), ("two", "done"), ("three", "failed")]);
    // The first reason is the run's.
    let Outcome::Failed { why } = summary.outcome else { panic!("{:?}", summary.outcome) };
    assert!(why.to_string().contains("no way"), "{why}");
}
