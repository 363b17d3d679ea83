//! Logs written and read again, and what happens when they cannot be.

use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;

use super::*;
use crate::activate::nix_log::Record;

fn read(path: &Path) -> Vec<Entry> {
    entries(io::BufReader::new(File::open(path).unwrap())).map(Result::unwrap).collect()
}

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn a_private_key_that_a_tool_prints_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = KeptLog::beside(&folder.path().join("zoe.receipt"));
    log.began("build", "nix build");
    let key = crate::key::Identity::generate().secret_text();
    log.heard(millis(1), Heard::Line(Stream::Err, &format!("reading {}", *key)));
    log.heard(millis(2), Heard::Line(Stream::Err, "-----BEGIN OPENSSH PRIVATE KEY-----"));
    log.heard(millis(3), Heard::Line(Stream::Err, "b3BlbnNzaC1rZXktdjE"));
    log.heard(millis(4), Heard::Line(Stream::Err, "-----END OPENSSH PRIVATE KEY-----"));
    log.heard(millis(5), Heard::Line(Stream::Err, "error: boom"));
    log.ended(millis(6), Exit::Code(1));
    let text = fs::read_to_string(log.path().unwrap()).unwrap();
    assert!(!text.contains(&**key) && !text.contains("b3Blbn"), "{text}");
    assert!(text.contains("error: boom"));
}

#[test]
fn what_was_heard_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = KeptLog::beside(&folder.path().join("2026-11-20T1019-zoe.receipt"));
    assert_eq!(log.path(), None);
    log.began("build", "nix build '.#x\ny'");
    log.heard(millis(3), Heard::Line(Stream::Err, "warning: é\u{1b}[0m"));
    log.heard(millis(4), Heard::Record { json: r#"{"action":"stop","id":7}"#, has_text: false });
    log.heard(millis(4), Heard::Record { json: r#"{"action":"st"#, has_text: true });
    log.heard(millis(5), Heard::LeftOut(12));
    log.heard(millis(6), Heard::Line(Stream::Out, ""));
    log.ended(millis(1500), Exit::Code(1));
    let path = log.path().unwrap().to_owned();
    assert_eq!(path, folder.path().join("logs/2026-11-20T1019-zoe.log"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    let expected = [
        (0, What::Began { step: "build".into(), command: "nix build '.#x y'".into() }),
        (3, What::Line(Stream::Err, "warning: é\u{1b}[0m".into())),
        (4, stopped(7)),
        (5, What::LeftOut(12)),
        (6, What::Line(Stream::Out, String::new())),
        (1500, What::Ended { success: false, how: "exit code 1".into() }),
    ]
    .map(|(at, what)| Entry { at: millis(at), what });
    assert_eq!(read(&path), expected);
    // A resumed run goes on in the same log.
    let mut again = KeptLog::beside(&folder.path().join("2026-11-20T1019-zoe.receipt"));
    again.began("activate", "activate");
    again.ended(millis(1), Exit::Signal(9));
    assert_eq!(read(&path).len(), 8);
}

#[test]
fn a_full_disk_is_told_once_and_no_trouble() {
    let mut log = KeptLog::at(Some("/dev/full".into()));
    log.file =
        Some(BufWriter::with_capacity(64, File::options().write(true).open("/dev/full").unwrap()));
    log.written = 1;
    log.began("build", "nix build");
    (0..100).for_each(|n| log.heard(millis(n), Heard::Line(Stream::Err, "a line of some length")));
    log.ended(millis(100), Exit::Code(0));
    assert_eq!(log.take_trouble().unwrap().kind(), io::ErrorKind::StorageFull);
    assert!(log.take_trouble().is_none() && log.path().is_none());
}

#[test]
fn a_folder_that_cannot_be_made_is_no_trouble_either() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("logs"), "a file").unwrap();
    let mut log = KeptLog::beside(&folder.path().join("x.receipt"));
    log.began("build", "nix build");
    assert!(log.take_trouble().is_some());
    log.began("activate", "activate");
    log.ended(millis(1), Exit::Code(0));
}

#[test]
fn the_newest_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    for n in 0..30_u64 {
        let file = File::create(logs.join(format!("{n}.log"))).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1000 + n)).unwrap();
    }
    fs::write(logs.join("other"), "not a log").unwrap();
    KeptLog::beside(&folder.path().join("new.receipt")).began("build", "x");
    let left = by_age(&logs);
    assert_eq!(left.len(), NEWEST);
    assert!(left[0].ends_with("11.log"), "{left:?}");
    assert_eq!(newest(&logs), Some(logs.join("new.log")));
    assert!(logs.join("other").exists());
}

#[test]
fn a_log_that_is_full_keeps_errors() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = KeptLog::beside(&folder.path().join("x.receipt"));
    log.began("build", "x");
    log.written = MOST;
    let result = r#"{"action":"result","fields":["x"],"id":1,"type":101}"#;
    let stop = r#"{"action":"stop","id":1}"#;
    for _ in 0..3 {
        log.heard(millis(1), Heard::Line(Stream::Err, "chatter"));
        log.heard(millis(1), Heard::Record { json: result, has_text: false });
    }
    log.heard(millis(1), Heard::Line(Stream::Err, "error: it broke"));
    log.heard(millis(1), Heard::Record { json: stop, has_text: false });
    log.written = MOST + ROOM_FOR_ERRORS;
    log.heard(millis(1), Heard::Line(Stream::Err, "error: and again"));
    log.ended(millis(2), Exit::Code(1));
    let what: Vec<_> = read(log.path().unwrap()).into_iter().map(|entry| entry.what).collect();
    assert!(matches!(&what[1], What::Note(note) if note.contains("full")));
    assert_eq!(what[2], What::Line(Stream::Err, "error: it broke".into()));
    assert_eq!(what[3], stopped(1));
    assert!(matches!(what[4], What::Ended { success: false, .. }) && what.len() == 5);
}

#[test]
fn what_nix_wrote_itself_is_read_too() {
    let log: &[u8] = b"@nix {\"action\":\"stop\",\"id\":1}\ntext\n{\"action\":\"stop\",\"id\":2}\n{\"a\":1}\n@nix {\"ac";
    let what: Vec<_> = entries(log).map(|entry| entry.unwrap().what).collect();
    assert_eq!(
        what,
        [
            stopped(1),
            What::Line(Stream::Err, "text".into()),
            stopped(2),
            What::Line(Stream::Err, "{\"a\":1}".into()),
        ]
    );
}

proptest! {
    #[test]
    fn no_log_is_too_odd(lines in prop::collection::vec("([0-9]{1,30}|) ?([$oert.#-]|) ?\\PC{0,20}", 0..20), ours in any::<bool>()) {
        let title = if ours { format!("{TITLE}\n") } else { String::new() };
        let log = format!("{title}{}", lines.join("\n"));
        prop_assert!(entries(log.as_bytes()).count() <= lines.len() + 1);
    }
}

fn stopped(id: u64) -> What {
    What::Record { record: Record::Stop { id }, has_text: false }
}
