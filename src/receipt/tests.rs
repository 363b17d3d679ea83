//! The format, and how a receipt is read after anything that may have happened to it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::event::Outcome;
use crate::problem::Problem;

fn header(home: &Path) -> Header {
    Header {
        version: VERSION,
        doorstep: "0.1.0".into(),
        practice: false,
        user: "zoe".into(),
        host: "quartz".into(),
        home: home.to_owned(),
        fleet: home.join("fleet"),
        bounds: vec![home.to_owned()],
        started: "2026-11-20T10:19:15Z".into(),
        answers: json!({ "username": "zoe" }),
    }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(folder.path()).unwrap();
    (folder, path)
}

fn planned(ids: &[&str]) -> Vec<PlannedStep> {
    let step = |id: &&str| PlannedStep { id: (*id).into(), title: format!("Do {id}") };
    ids.iter().map(step).collect()
}

fn create(path: PathBuf, text: &str) -> Fact {
    Fact::Create {
        path,
        after: Fingerprint::of(text.as_bytes(), 0o600),
        made: Vec::new(),
        temporary: ".doorstep-0123456789abcdef".into(),
        keys: None,
    }
}

/// Keeps the format from changing unseen: receipts of older doorsteps must stay readable.
#[test]
fn every_record_has_the_form_that_version_1_has() {
    let fact = |change: Fact| {
        let record = Record::Began { n: 1, step: "s".into(), change };
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
        serde_json::to_value(&record).unwrap()["change"].to_string()
    };
    let path = || PathBuf::from("/home/zoe/x");
    let after = || Fingerprint { length: 4, digest: "d1".into(), mode: 0o600 };
    let keys = Some(Keys { recipients: vec!["age1zoe".into()], more: false });
    let records = [
        fact(Fact::Create {
            path: path(),
            after: after(),
            made: vec!["/home/zoe".into()],
            temporary: ".doorstep-1".into(),
            keys: keys.clone(),
        }),
        fact(Fact::Append { path: path(), before: after(), after: after(), keys: None }),
        fact(Fact::Edit {
            path: path(),
            before: "a\n".into(),
            after: after(),
            temporary: ".doorstep-1".into(),
        }),
        fact(Fact::Mode { path: path(), before: 0o644, after: 0o600 }),
        fact(Fact::Track { repository: "/home/zoe/fleet".into(), paths: vec!["a".into()] }),
        fact(Fact::Run { command: "nix build".into(), leaves: None }),
        fact(Fact::Activate {}),
    ];
    insta::assert_snapshot!(records.join("\n"), @r#"
    {"verb":"create","path":"/home/zoe/x","after":{"length":4,"digest":"d1","mode":"0600"},"made":["/home/zoe"],"temporary":".doorstep-1","keys":{"recipients":["age1zoe"],"more":false}}
    {"verb":"append","path":"/home/zoe/x","before":{"length":4,"digest":"d1","mode":"0600"},"after":{"length":4,"digest":"d1","mode":"0600"}}
    {"verb":"edit","path":"/home/zoe/x","before":"a\n","after":{"length":4,"digest":"d1","mode":"0600"},"temporary":".doorstep-1"}
    {"verb":"mode","path":"/home/zoe/x","before":"0644","after":"0600"}
    {"verb":"track","repository":"/home/zoe/fleet","paths":["a"]}
    {"verb":"run","command":"nix build"}
    {"verb":"activate"}
    "#);
}

#[test]
fn it_is_private_whatever_the_folder_was() {
    let (_folder, dir) = folder();
    let dir = dir.join("state/doorstep");
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    let journal = Journal::create(&dir, header(&dir)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&dir), mode(journal.path())), (0o700, 0o600));
}

#[test]
fn names_are_plain_and_never_taken_twice() {
    let (_folder, dir) = folder();
    let name = |user: &str| {
        let header = Header { user: user.into(), ..header(&dir) };
        let journal = Journal::create(&dir, header).unwrap();
        journal.path().file_name().unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!(name("zoe"), "2026-11-20T1019-zoe.receipt");
    assert_eq!(name("zoe"), "2026-11-20T1019-zoe-2.receipt");
    assert_eq!(name("../z ö"), "2026-11-20T1019-.._z__.receipt");
}

/// A receipt with a change done and one cut off.
fn cut_off(dir: &Path) -> PathBuf {
    let mut journal = Journal::create(dir, header(dir)).unwrap();
    journal.planned(planned(&["one", "two", "three"])).unwrap();
    let n = journal.began("one", create(dir.join("a"), "a")).unwrap();
    journal.ended(n, Ending::Done).unwrap();
    journal.step("one", "done").unwrap();
    journal.began("two", create(dir.join("b"), "b")).unwrap();
    journal.path().to_owned()
}

#[test]
fn it_can_be_read_wherever_it_was_cut() {
    let (_folder, dir) = folder();
    let path = cut_off(&dir);
    let text = fs::read(&path).unwrap();
    let whole = Receipt::read(&path).unwrap();
    let header_end = text.iter().position(|b| *b == b'\n').unwrap();
    for end in 0..text.len() {
        fs::write(&path, &text[..end]).unwrap();
        match Receipt::read(&path) {
            Ok(read) => {
                assert!(end > header_end);
                assert_eq!(read.records[..], whole.records[..read.records.len()]);
                let lines = text[..end].iter().filter(|b| **b == b'\n').count();
                assert_eq!(read.records.len() + 1, lines, "every whole line counts");
            }
            Err(problem) => assert!(end <= header_end, "{end}: {problem}"),
        }
    }
}

#[test]
fn going_on_begins_on_a_line_of_its_own() {
    let (_folder, dir) = folder();
    let path = cut_off(&dir);
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str(r#"{"record":"began","n":3,"st"#);
    fs::write(&path, text).unwrap();
    let mut journal = Journal::reopen(&path).unwrap();
    assert_eq!(journal.began("two", create(dir.join("c"), "c")).unwrap(), 3);
    drop(journal);
    let changes = Receipt::read(&path).unwrap().changes();
    assert_eq!(changes.len(), 3);
    assert_eq!(changes[2].change.path(), Some(&dir.join("c")));
}

#[test]
fn what_it_does_not_know_is_passed_over() {
    let (_folder, dir) = folder();
    let path = cut_off(&dir);
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("{\"record\":\"weather\",\"sky\":\"blue\"}\n");
    text.push_str("{\"record\":\"undone\",\"n\":1,\"by\":\"ada\"}\n");
    text.push_str("{\"record\":\"began\",\"n\":9,\"step\":\"x\",\"change\":{\"verb\":\"paint\",\"path\":\"/x\"}}\n");
    text.push_str("{\"record\":\"ended\",\"n\":9,\"ending\":\"puzzled\"}\n");
    fs::write(&path, text).unwrap();
    let receipt = Receipt::read(&path).unwrap();
    assert!(receipt.records.contains(&Record::Unknown));
    let changes = receipt.changes();
    assert!(changes[0].undone);
    assert_eq!((&changes[2].change, changes[2].ending), (&Fact::Unknown, Some(Ending::Unknown)));
}

fn refusal(dir: &Path, text: &str) -> Problem {
    let path = dir.join("x.receipt");
    fs::write(&path, text).unwrap();
    Receipt::read(&path).unwrap_err()
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let (_folder, dir) = folder();
    let newer = refusal(&dir, "{\"record\":\"header\",\"version\":2,\"people\":[]}\n");
    assert_eq!(newer.causes, ["it has format 2; this doorstep reads format 1"]);
    for text in ["", "{}\n", "not JSON\n", "{\"record\":\"header\",\"version\":1}\n", "[]\n"] {
        assert_eq!(refusal(&dir, text).causes, ["it does not begin like a receipt"], "{text}");
    }
    let path = cut_off(&dir);
    let text = fs::read_to_string(&path).unwrap().replacen("\"planned\"", "planned", 1);
    assert_eq!(refusal(&dir, &text).causes, ["line 2 is damaged"]);
}

#[test]
fn only_one_at_a_time_works_with_it() {
    let (_folder, dir) = folder();
    let journal = Journal::create(&dir, header(&dir)).unwrap();
    let path = journal.path().to_owned();
    let refused = Journal::reopen(&path).unwrap_err();
    assert_eq!(refused.what, "another doorstep works with this receipt");
    drop(journal);
    assert!(Journal::reopen(&path).is_ok());
}

#[test]
fn a_receipt_is_not_written_through_a_link() {
    let (_folder, dir) = folder();
    let path = cut_off(&dir);
    let link = dir.join("link.receipt");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(Journal::reopen(&link).is_err());
}

mod settling {
    use super::*;

    /// How an open change is settled after `happened`.
    fn settled(change: impl Fn(&Path) -> Fact, happened: impl Fn(&Path)) -> Ending {
        let (_folder, dir) = folder();
        let path = {
            let mut journal = Journal::create(&dir.join("receipts"), header(&dir)).unwrap();
            journal.began("step", change(&dir)).unwrap();
            journal.path().to_owned()
        };
        happened(&dir);
        let journal = Journal::reopen(&path).unwrap();
        assert!(!dir.join(".doorstep-0123456789abcdef").exists(), "cleaned up");
        journal.receipt().changes()[0].ending.unwrap()
    }

    fn write(dir: &Path, text: &str) {
        fs::write(dir.join("file"), text).unwrap();
        fs::set_permissions(dir.join("file"), fs::Permissions::from_mode(0o640)).unwrap();
    }

    #[test]
    fn a_new_file() {
        let change = |dir: &Path| create(dir.join("file"), "new");
        let half = |dir: &Path| fs::write(dir.join(".doorstep-0123456789abcdef"), "ne").unwrap();
        assert_eq!(settled(change, |_| {}), Ending::NotDone);
        assert_eq!(settled(change, half), Ending::NotDone);
        assert_eq!(settled(change, |dir| write(dir, "new")), Ending::Done);
        assert_eq!(settled(change, |dir| write(dir, "other")), Ending::Changed);
        let deeper = |dir: &Path| create(dir.join("not/there"), "new");
        assert_eq!(settled(deeper, |_| {}), Ending::NotDone);
    }

    #[test]
    fn an_edit() {
        let change = |dir: &Path| Fact::Edit {
            path: dir.join("file"),
            before: "before".into(),
            after: Fingerprint::of(b"after", 0o644),
            temporary: ".doorstep-0123456789abcdef".into(),
        };
        assert_eq!(settled(change, |dir| write(dir, "before")), Ending::NotDone);
        assert_eq!(settled(change, |dir| write(dir, "after")), Ending::Done);
        assert_eq!(settled(change, |dir| write(dir, "other")), Ending::Changed);
        assert_eq!(settled(change, |_| {}), Ending::Changed);
    }

    #[test]
    fn a_sealing() {
        let change = |dir: &Path| Fact::Seal {
            path: dir.join("file"),
            before: Fingerprint::of(b"before", 0o644),
            after: Fingerprint::of(b"after", 0o644),
            temporary: ".doorstep-0123456789abcdef".into(),
        };
        assert_eq!(settled(change, |dir| write(dir, "before")), Ending::NotDone);
        assert_eq!(settled(change, |dir| write(dir, "after")), Ending::Done);
        assert_eq!(settled(change, |dir| write(dir, "other")), Ending::Changed);
    }

    #[test]
    fn an_addition() {
        let change = |dir: &Path| Fact::Append {
            path: dir.join("file"),
            before: Fingerprint::of(b"a\n", 0o600),
            after: Fingerprint::of(b"a\nb\n", 0o600),
            keys: None,
        };
        assert_eq!(settled(change, |dir| write(dir, "a\n")), Ending::NotDone);
        assert_eq!(settled(change, |dir| write(dir, "a\nb\n")), Ending::Done);
        assert_eq!(settled(change, |dir| write(dir, "a\nb")), Ending::Changed);
    }

    #[test]
    fn a_mode() {
        let mode =
            |before, after| move |dir: &Path| Fact::Mode { path: dir.join("file"), before, after };
        let there = |dir: &Path| write(dir, "");
        assert_eq!(settled(mode(0o640, 0o600), there), Ending::NotDone);
        assert_eq!(settled(mode(0o644, 0o640), there), Ending::Done);
        assert_eq!(settled(mode(0o644, 0o600), there), Ending::Changed);
    }

    #[test]
    fn what_no_file_shows_is_left_to_undo() {
        let track = |dir: &Path| Fact::Track { repository: dir.into(), paths: Vec::new() };
        assert_eq!(settled(track, |_| {}), Ending::Unsure);
        assert_eq!(settled(|_| Fact::Activate {}, |_| {}), Ending::Unsure);
        assert_eq!(
            settled(|_| Fact::Run { command: "x".into(), leaves: None }, |_| {}),
            Ending::NotDone
        );
        // Out of the bounds by now: not looked at.
        let out = |_: &Path| create("/etc/doorstep-test".into(), "x");
        assert_eq!(settled(out, |_| {}), Ending::Unsure);
    }
}

#[test]
fn its_state_says_how_far_a_run_came() {
    let (_folder, dir) = folder();
    let path = cut_off(&dir);
    let state = |path: &Path| Receipt::read(path).unwrap().state();
    let now = state(&path);
    assert_eq!((now.phase, now.steps_done(), now.steps.len()), (Phase::Unfinished, 1, 3));
    assert_eq!(now.stopped_at().unwrap().title, "Do two");
    let mut journal = Journal::reopen(&path).unwrap();
    // Planned again, without what is done and with a step more.
    journal.planned(planned(&["two", "three", "four"])).unwrap();
    for step in ["two", "three", "four"] {
        journal.step(step, if step == "two" { "already_so" } else { "done" }).unwrap();
    }
    journal.finished(&Outcome::Done).unwrap();
    let now = state(&path);
    assert_eq!((now.phase, now.steps_done(), now.steps.len()), (Phase::Finished, 4, 4));
    assert_eq!(now.stopped_at(), None);
    journal.undone(1).unwrap();
    assert_eq!(state(&path).phase, Phase::Undoing);
    journal.taken_back(1).unwrap();
    assert_eq!(state(&path).phase, Phase::PartlyTakenBack);
    journal.taken_back(0).unwrap();
    assert_eq!(state(&path).phase, Phase::TakenBack);
    journal.planned(planned(&["one"])).unwrap();
    journal.finished(&Outcome::Failed { why: Problem::user("x") }).unwrap();
    assert_eq!(state(&path).phase, Phase::Unfinished);
}

#[test]
fn a_folder_lists_the_newest_first() {
    let (_folder, dir) = folder();
    assert!(list(&dir.join("none")).is_empty());
    assert!(latest(&dir).is_none());
    for started in ["2026-11-20T10:19:15Z", "2026-11-20T10:19:40Z", "2025-01-01T00:00:00Z"] {
        let mut journal =
            Journal::create(&dir, Header { started: started.into(), ..header(&dir) }).unwrap();
        if started.starts_with("2026") {
            journal.finished(&Outcome::Done).unwrap();
        }
    }
    fs::write(dir.join("half.receipt"), "{\"record\":\"hea").unwrap();
    fs::write(dir.join("notes.txt"), "").unwrap();
    let listed = list(&dir);
    let started: Vec<_> =
        listed.iter().map(|l| l.receipt.as_ref().map_or("?", |r| &r.header.started)).collect();
    let expected = ["2026-11-20T10:19:40Z", "2026-11-20T10:19:15Z", "2025-01-01T00:00:00Z", "?"];
    assert_eq!(started, expected);
    assert_eq!(latest(&dir).unwrap().header.started, "2026-11-20T10:19:40Z");
    assert_eq!(unfinished(&dir).unwrap().header.started, "2025-01-01T00:00:00Z");
}

/// What a receipt from elsewhere could name, each told by the end of its refusal.
#[test]
fn a_receipt_is_followed_only_in_the_home_and_the_fleet_that_it_may_speak_of() {
    let (_folder, root) = folder();
    let (home, state) = (root.join("home"), root.join("home/.local/state"));
    fs::create_dir_all(home.join("fleet")).unwrap();
    fs::write(home.join("fleet/flake.nix"), "{ }\n").unwrap();
    fs::create_dir_all(root.join("docs")).unwrap();
    let good = header(&home);
    let check = |header: Header| {
        let path = Journal::create(&root.join("receipts"), header).unwrap().path().to_owned();
        let checked = Receipt::read(&path).unwrap().check(&home, &state);
        checked.map_err(|problem| problem.causes.concat())
    };
    assert_eq!(check(good.clone()), Ok(()));
    assert_eq!(
        check(Header { bounds: vec![home.join("fleet"), state.clone()], ..good.clone() }),
        Ok(())
    );
    // The state folder of then: the receipt lies in a folder of it.
    assert_eq!(check(Header { bounds: vec![root.clone()], ..good.clone() }), Ok(()));
    let other = root.join("docs");
    for (header, why) in [
        (Header { home: other.clone(), ..good.clone() }, "it is for the home"),
        (Header { home: other.clone(), practice: true, ..good.clone() }, "it is for the home"),
        (Header { bounds: vec![other.clone()], ..good.clone() }, "it may write in"),
        (Header { bounds: vec![home.join("../docs")], ..good.clone() }, "it may write in"),
        (Header { fleet: root.clone(), ..good.clone() }, "holds the whole home"),
        (Header { fleet: other.clone(), ..good.clone() }, "is no fleet"),
    ] {
        let told = check(header).unwrap_err();
        assert!(told.contains(why), "{told}");
    }
    let path = Journal::create(&root.join("receipts"), good).unwrap().path().to_owned();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let told = Receipt::read(&path).unwrap().check(&home, &state).unwrap_err();
    assert_eq!(told.causes, ["other accounts can write it"]);
}
