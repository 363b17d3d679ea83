//! A file in an editor: what people do there reaches the file, and nothing stays elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::typing::typed;
use crate::world::{World, stdout};

const CANARY: &str = "canary-before-1d8e";

fn world() -> World {
    let world = World::new();
    world.secrets("x.yaml", &[("token", CANARY), ("other", "o")], &[&world.zoe, &world.ada]);
    world
}

/// `secrets edit` with an editor that runs this script; `$1` is the file.
fn edit(world: &World, script: &str) -> Command {
    let path = world.write("editor", format!("#!/bin/sh\nset -e\n{script}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = world.doorstep(&["secrets", "edit", "secrets/x.yaml"]);
    // A folder on a disk is not taken, whatever it is called.
    command.env("EDITOR", path).env("XDG_RUNTIME_DIR", &world.root);
    command
}

/// Every file below, with what it holds.
fn texts(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            texts(&path, found);
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap_or_default();
            found.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

#[test]
fn an_edit_changes_what_was_edited_and_leaves_nothing_behind() {
    let world = world();
    let before = world.read("fleet/secrets/x.yaml");
    let log = world.path("editor.log").display().to_string();
    // As editors do: a backup and a swap file beside it.
    let (shown, code) = typed(
        &edit(
            &world,
            &format!(
                "cp \"$1\" \"$1~\"; cp \"$1\" .swp; {{ echo \"$@\"; tr '\\0' '\\n' < /proc/self/environ; pwd; ls -la; }} > {log}\nsed -i 's/canary-before-1d8e/swordfish/' \"$1\"; echo 'new: 1' >> \"$1\""
            ),
        ),
        &[],
    );
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("swordfish") && !shown.contains(CANARY), "{shown}");
    let decrypted = stdout(&world.sops(&["-d", "secrets/x.yaml"]));
    assert_eq!(decrypted, "token: swordfish\nother: o\nnew: 1\n");
    let after = world.read("fleet/secrets/x.yaml");
    let other = |text: &str| text.lines().find(|line| line.starts_with("other")).map(str::to_owned);
    assert_eq!(other(&after), other(&before), "what was left alone keeps its ciphertext");
    let up_to_date = world.sops(&["updatekeys", "-y", "secrets/x.yaml"]);
    assert!(String::from_utf8_lossy(&up_to_date.stderr).contains("already up to date"));
    let log = world.read("editor.log");
    let folder = log.lines().find(|line| line.starts_with("/dev/shm/doorstep-edit-")).unwrap();
    let folder = Path::new(folder.split(' ').next().unwrap());
    let folder = if folder.file_name().is_some_and(|name| name == "x.yaml") {
        folder.parent().unwrap()
    } else {
        folder
    };
    assert!(!folder.exists(), "it is wiped");
    assert!(log.contains("-rw------- 1") && log.contains("x.yaml~"), "{log}");
    let mut left = Vec::new();
    texts(&world.root, &mut left);
    for (place, text) in left.iter().filter(|(place, _)| !place.ends_with("/editor")) {
        assert!(!text.contains(CANARY) && !text.contains("swordfish"), "{place}");
        assert!(
            !text.contains(&*world.zoe.secret_text()) || place.ends_with("keys.txt"),
            "{place}"
        );
    }
    world.done(&["undo"]);
    assert_eq!(world.read("fleet/secrets/x.yaml"), before);
}

#[test]
fn an_edit_that_is_none_changes_nothing() {
    let world = world();
    let before = world.read("fleet/secrets/x.yaml");
    let (shown, code) = typed(&edit(&world, "true"), &[]);
    assert_eq!(code, 0);
    assert!(shown.contains("Nothing is changed."), "{shown}");
    let (shown, code) = typed(&edit(&world, "echo 'new: 1' >> \"$1\"; exit 3"), &[]);
    assert_eq!(code, 1);
    assert!(shown.contains("ended with exit code 3\r\ncause: nothing is changed"), "{shown}");
    let (shown, code) = typed(&edit(&world, "rm \"$1\""), &[]);
    assert_eq!(code, 1);
    assert!(shown.contains("cannot be read"), "{shown}");
    assert_eq!(world.read("fleet/secrets/x.yaml"), before);
    // A script has `secrets set`.
    let output = edit(&world, "true").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("has to ask you, and there is no terminal"), "{said}");
}

#[test]
fn a_slip_is_told_and_can_be_mended() {
    let world = world();
    let tries = world.path("tries").display().to_string();
    let script = format!(
        "echo again >> {tries}\nif [ $(wc -l < {tries}) = 1 ]; then echo 'new: [' >> \"$1\"; else sed -i 's/\\[$/1/' \"$1\"; fi"
    );
    let (shown, code) = typed(&edit(&world, &script), &[("Edit it again?", "yes")]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("The text cannot be encrypted: line "), "{shown}");
    assert!(stdout(&world.sops(&["-d", "secrets/x.yaml"])).ends_with("new: 1\n"));
    let before = world.read("fleet/secrets/x.yaml");
    let (shown, code) = typed(&edit(&world, "echo '- x' > \"$1\""), &[("Edit it again?", "no")]);
    assert_eq!(code, 1);
    assert!(shown.contains("error: `secrets/x.yaml` is left as it is"), "{shown}");
    assert_eq!(world.read("fleet/secrets/x.yaml"), before);
}

#[test]
fn who_leaves_at_a_question_leaves_nothing_behind() {
    let world = world();
    let before = world.read("fleet/secrets/x.yaml");
    let log = world.path("editor.log").display().to_string();
    let script = format!("echo \"$1\" > {log}; echo 'new: [' >> \"$1\"");
    // Ctrl-C, as a terminal sends it.
    let (shown, code) = typed(&edit(&world, &script), &[("Edit it again?", "\u{3}")]);
    assert_ne!(code, 0, "{shown}");
    let file = world.read("editor.log");
    assert!(file.starts_with("/dev/shm/doorstep-edit-"), "{file}");
    assert!(!Path::new(file.trim_end()).parent().unwrap().exists(), "it is wiped");
    assert_eq!(world.read("fleet/secrets/x.yaml"), before);
}

#[test]
fn what_sops_made_is_edited_with_its_comments_lists_and_types() {
    let world = world();
    let plain = "# above\nlist:\n    - 1\n    # within\n    - two # beside\nflag: true\nkey: |\n    one\n    two\nwhen: 2024-01-02T03:04:05Z\n";
    let path = world.write("fleet/secrets/x.yaml", plain);
    let recipient = world.zoe.recipient().to_string();
    let args = ["-e", "-i", "--config", "/dev/null", "--age", &recipient, "secrets/x.yaml"];
    stdout(&world.sops(&args));
    let was = stdout(&world.sops(&["-d", "secrets/x.yaml"]));
    let script = "sed -i -e 's/^flag: true/flag: false/' -e 's/- 1$/- 1\\n    - 3/' -e 's/# above/# over/' \"$1\"";
    let (shown, code) = typed(&edit(&world, script), &[]);
    assert_eq!(code, 0, "{shown}");
    assert!(!fs::read_to_string(path).unwrap().contains("over"), "comments are encrypted");
    let expected = was
        .replace("true", "false")
        .replace("- 1\n", "- 1\n    - 3\n")
        .replace("# above", "# over");
    assert_eq!(stdout(&world.sops(&["-d", "secrets/x.yaml"])), expected);
}
