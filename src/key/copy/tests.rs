use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::sops::timestamp::Utc;

/// A home with a key file in it, and a stick.
struct Desk {
    folder: tempfile::TempDir,
    key: Identity,
    original: Original,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = Identity::generate();
        let file = folder.path().join("home/keys.txt");
        fs::create_dir(folder.path().join("home")).unwrap();
        fs::create_dir(folder.path().join("stick")).unwrap();
        let other = Identity::generate().secret_text();
        let text = format!("{}{}\n", *key.key_file_text(Utc::from_seconds(0)), *other);
        fs::write(&file, text).unwrap();
        let original = Original { file, recipient: key.recipient().to_string() };
        Self { folder, key, original }
    }

    fn stick(&self) -> PathBuf {
        self.folder.path().join("stick")
    }

    fn problem(&self, folder: &str) -> String {
        let problem = self.original.copy_to(&self.folder.path().join(folder)).unwrap_err();
        let root = self.folder.path().canonicalize().unwrap().display().to_string();
        let text = problem.to_string().replace(&root, "");
        text.replace(&self.folder.path().display().to_string(), "")
    }
}

#[test]
fn a_copy_is_private_and_the_same() {
    let desk = Desk::new();
    let copied = desk.original.copy_to(&desk.stick()).unwrap();
    assert_eq!(copied.path, desk.stick().canonicalize().unwrap().join("keys.txt"));
    assert!(copied.private && !copied.already);
    assert_eq!(fs::read(&copied.path).unwrap(), fs::read(&desk.original.file).unwrap());
    assert_eq!(fs::metadata(&copied.path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(desk.original.copy_to(&desk.stick()).unwrap().already);
}

#[test]
fn nothing_that_is_there_is_touched() {
    let desk = Desk::new();
    let there = desk.stick().join("keys.txt");
    fs::write(&there, "mine\n").unwrap();
    insta::assert_snapshot!(desk.problem("stick"), @r"
    error: `/stick/keys.txt` is there already
    cause: it holds something else; it was not touched
    hint: give another folder
    ");
    assert_eq!(fs::read_to_string(&there).unwrap(), "mine\n");
    fs::remove_file(&there).unwrap();
    // A link that somebody left is not followed.
    let target = desk.folder.path().join("elsewhere");
    std::os::unix::fs::symlink(&target, &there).unwrap();
    assert!(desk.problem("stick").contains("is there already"));
    assert!(!target.exists());
}

#[test]
fn some_folders_are_refused() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.problem("home"), @r"
    error: a copy in the same folder would be lost together with it
    hint: give another folder, such as one on a USB stick
    ");
    insta::assert_snapshot!(desk.problem("nowhere"), @"error: `/nowhere` is not there");
    insta::assert_snapshot!(desk.problem("home/keys.txt"), @"error: `/home/keys.txt` is no folder");
    fs::create_dir(desk.stick().join(".git")).unwrap();
    insta::assert_snapshot!(desk.problem("stick"), @r"
    error: `/stick` is not private
    cause: `/stick` is a git repository
    ");
    assert!(!desk.stick().join("keys.txt").exists());
}

#[test]
fn the_private_half_is_that_of_the_key_alone() {
    let desk = Desk::new();
    assert_eq!(*desk.original.private_half().unwrap(), *desk.key.secret_text());
    let other = Identity::generate().recipient().to_string();
    let gone = Original { recipient: other, ..desk.original.clone() };
    let problem = gone.private_half().unwrap_err().to_string();
    assert!(problem.contains("does not hold your key"), "{problem}");
    assert!(!problem.contains("AGE-SECRET-KEY"), "{problem}");
    assert!(gone.copy_to(&desk.stick()).is_err());
    fs::remove_file(&gone.file).unwrap();
    assert!(desk.original.private_half().is_err());
}

#[test]
fn a_copy_is_told_from_another_key() {
    let desk = Desk::new();
    let original = &desk.original;
    let line = desk.key.secret_text();
    assert_eq!(original.compare(&line), Likeness::Same);
    assert_eq!(original.compare(&format!("  {}\r\n", *line)), Likeness::Same);
    let file = desk.key.key_file_text(Utc::from_seconds(0));
    assert_eq!(original.compare(&file), Likeness::Same);
    assert_eq!(original.compare(&Identity::generate().secret_text()), Likeness::Other);
    assert_eq!(original.compare(&original.recipient), Likeness::Public);
    let shown = |text: &str| match original.compare(text) {
        Likeness::Damaged(why) => why,
        other => panic!("{other:?}"),
    };
    insta::assert_snapshot!(shown(""), @"it holds no key");
    insta::assert_snapshot!(shown("hello"), @"it does not start with `AGE-SECRET-KEY-1`");
    insta::assert_snapshot!(shown(&line[..60]), @"the key is damaged: it has 60 characters, 74 expected");
}

#[test]
fn only_an_ordinary_file_is_read() {
    let desk = Desk::new();
    fs::remove_file(&desk.original.file).unwrap();
    fs::create_dir(&desk.original.file).unwrap();
    assert!(desk.original.private_half().unwrap_err().to_string().contains("ordinary file"));
}

#[test]
fn a_key_that_is_elsewhere_has_no_original() {
    let desk = Desk::new();
    let recipient = desk.original.recipient.clone();
    let key =
        Key { recipient, save: None, file: Some(desk.original.file.clone()), from_ssh: false };
    assert_eq!(Original::of(&key).unwrap(), desk.original);
    assert!(Original::of(&Key { file: None, ..key }).is_err());
}
