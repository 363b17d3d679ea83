//! Key files that are not what they should be: never overwritten, never believed, never shown.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::ground::{Ground, ZOE, is_a_refusal, is_root, left_out, patiently};
use crate::world::run;

/// A whole key file with one key.
fn key_text() -> String {
    let text =
        doorstep::key::Identity::generate().key_file_text(std::time::SystemTime::now().into());
    text.to_string()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn private(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn an_empty_key_file_takes_a_new_key_and_is_empty_again_after_undo() {
    let ground = Ground::new();
    let file = ground.key_file();
    fs::write(&file, "").unwrap();
    private(&file);
    run(&mut ground.with_answers(ZOE)).expect(0);
    assert!(fs::read_to_string(&file).unwrap().contains("AGE-SECRET-KEY-"));
    run(&mut ground.world.as_zoe(&["undo"])).expect(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "");
}

#[test]
fn a_malformed_key_file_is_named_with_its_line_and_not_repeated() {
    let ground = Ground::new();
    let file = ground.key_file();
    for wrong in ["AGE-SECRET-KEY-1CANARYCANARY", "just some canary text"] {
        fs::write(&file, format!("# mine\n{wrong}\n")).unwrap();
        private(&file);
        for key in ["found", "generate"] {
            let text = ZOE.replace("key: generate", &format!("key: {key}"));
            let ran = ground.refused(&mut ground.with_answers(text), 2);
            ran.says(&["`key`", "~/.config/sops/age/keys.txt has something in line 2"]);
            ran.never_says(&["CANARY", "canary"]);
        }
    }
}

#[test]
fn a_folder_in_place_of_the_key_file_is_said() {
    let ground = Ground::new();
    fs::create_dir(ground.key_file()).unwrap();
    let ran = ground.refused(&mut ground.with_answers(ZOE), 2);
    ran.says(&["`key`", "~/.config/sops/age/keys.txt is a folder, not a file"]);
}

#[test]
fn nothing_is_written_through_a_link() {
    let ground = Ground::new();
    let target = ground.home("elsewhere.txt");
    fs::write(&target, key_text()).unwrap();
    private(&target);
    symlink(&target, ground.key_file()).unwrap();
    let ran = ground.refused(&mut ground.with_answers(ZOE), 2);
    ran.says(&["`key`", "~/.config/sops/age/keys.txt is a link to ~/elsewhere.txt"]);
    // One that leads nowhere must not be followed to make a file either.
    fs::remove_file(&target).unwrap();
    ground.refused(&mut ground.with_answers(ZOE), 2).says(&["`key`", "keys.txt"]);
    assert!(!target.exists());
}

#[test]
fn a_key_file_of_another_account_is_not_used() {
    if !is_root() {
        return left_out("a key file of another account");
    }
    let ground = Ground::new();
    let file = ground.key_file();
    fs::write(&file, key_text()).unwrap();
    private(&file);
    std::os::unix::fs::chown(&file, Some(65534), None).unwrap();
    for key in ["found", "generate"] {
        let text = ZOE.replace("key: generate", &format!("key: {key}"));
        let ran = ground.refused(&mut ground.with_answers(text), 2);
        ran.says(&["`key`", "~/.config/sops/age/keys.txt belongs to", "not to you"]);
    }
}

#[test]
fn a_key_file_that_others_may_read_is_made_private_as_a_step_that_undo_takes_back() {
    let ground = Ground::new();
    let file = ground.key_file();
    let text = key_text();
    fs::write(&file, &text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let answers = ground.answers("name: Zoe\nemail: zoe@example.com\nkey: found\n");
    let plan = ["plan", "--as", "zoe", "--no-activation", "--answers", &answers];
    let shown = run(&mut ground.world.as_zoe(&plan)).expect(0).stdout;
    assert!(shown.contains("Make your key private"), "{shown}");
    assert_eq!(mode(&file), 0o644, "a plan changes nothing");

    run(&mut ground.onboard(&["--answers", &answers])).expect(0);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    run(&mut ground.world.as_zoe(&["undo"])).expect(0);
    assert_eq!(mode(&file), 0o644);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_key_folder_that_is_committed_or_synced_is_refused_unless_the_person_says_so() {
    let ground = Ground::new();
    fs::create_dir_all(ground.home(".config/.git")).unwrap();
    let ran = ground.refused(&mut ground.with_answers(ZOE), 1);
    ran.says(&["which is not private", "is a git repository", "--any-key-folder"]);
    let file = ground.answers(ZOE);
    run(&mut ground.onboard(&["--answers", &file, "--any-key-folder"])).expect(0);
}

#[test]
fn a_key_that_is_not_there_is_not_found() {
    let ground = Ground::new();
    let text = ZOE.replace("key: generate", "key: found");
    ground.refused(&mut ground.with_answers(text), 2).says(&["`key`", "none found in"]);
    let text = ZOE.replace("key: generate", "key: from-ssh");
    ground.refused(&mut ground.with_answers(text), 2).says(&["`key`", "there is no id_ed25519"]);
}

#[test]
fn a_value_that_cannot_be_had_is_refused_before_anything_is_written() {
    let ground = Ground::new();
    let missing = ground.at("no-such-file");
    let folder = ground.at("practice");
    let text =
        |path: &Path| format!("{ZOE}secrets:\n  github-token: {{ file: {} }}\n", path.display());
    for path in [&missing, &folder] {
        let mut command = ground.with_answers(text(path));
        let before = fs::read_dir(ground.home("")).unwrap().count();
        let ran = patiently(&mut command);
        assert!(ran.code == 1 || ran.code == 2, "{}", ran.stderr);
        ran.says(&["error: ", "github-token", "cause: "]);
        assert_eq!(fs::read_dir(ground.home("")).unwrap().count(), before);
    }
}

#[test]
fn a_key_where_a_secret_would_be_linked_is_not_lost() {
    let ground = Ground::new();
    let key = ground.home(".ssh/id_ed25519_signing");
    fs::create_dir_all(key.parent().unwrap()).unwrap();
    fs::write(&key, "mine\n").unwrap();
    let answers = ground.answers(ZOE);
    let ran = patiently(&mut ground.onboard(&["--answers", &answers]));
    is_a_refusal(&ran, 1);
    ran.says(&["`~/.ssh/id_ed25519_signing` is there, and your new home would delete it", "mv -n"]);
    assert_eq!(fs::read_to_string(&key).unwrap(), "mine\n");
    assert!(!ground.home(".config/sops/age/keys.txt").exists(), "nothing was begun");
    // Moved aside, as the hint says, it is in nobody's way.
    fs::rename(&key, key.with_extension("before-doorstep")).unwrap();
    patiently(&mut ground.onboard(&["--answers", &answers])).expect(0);
}
