//! The main job, on the practice fleet.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::world::{World, run, tool};

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn zoe_gets_a_home_a_key_and_secrets() {
    let world = World::new();
    let ran = world.practice(&["--json"]).expect(0);
    let events = ran.events();
    let result = events.last().unwrap();
    assert_eq!((&result["event"], &result["outcome"]), (&"result".into(), &"done".into()));
    let checked = |what: &str| {
        let event = events.iter().find(|e| e["event"] == "checked" && e["what"] == what);
        event.unwrap_or_else(|| panic!("{what} was not checked"))["ok"].clone()
    };
    for what in ["generation", "home-files", "key-opens", "secrets"] {
        assert_eq!(checked(what), true, "{what}");
    }

    the_key_is_private_and_named(&world);
    sops_agrees(&world);
    nix_agrees(&world);
    the_home_is_linked(&world);
    nothing_outside_was_touched(&world);
}

fn the_key_is_private_and_named(world: &World) {
    let keys = world.at("practice/home/.config/sops/age/keys.txt");
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o7777, 0o600);
    let folder = keys.parent().unwrap();
    assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o7777, 0o700);
    let public = run(tool("age-keygen", ["-y"]).arg(&keys)).expect(0).stdout;
    let sops = read(world.at("practice/fleet/.sops.yaml"));
    let line = sops.lines().find(|l| l.contains(public.trim())).expect("the recipient is there");
    assert!(line.trim_start().starts_with("- &zoe-"), "{line}");
}

fn sops_agrees(world: &World) {
    let fleet = world.at("practice/fleet");
    let file = "secrets/users/zoe.sops.yaml";
    let sops = |key: PathBuf, args: &[&str]| {
        run(tool("sops", args)
            .arg(file)
            .current_dir(&fleet)
            .env_remove("SOPS_AGE_KEY")
            .env("HOME", world.at("nobody"))
            .env("SOPS_AGE_KEY_FILE", key))
    };
    let zoe = world.at("practice/home/.config/sops/age/keys.txt");
    let admin = world.at("practice/admin/keys.txt");
    for key in [&zoe, &admin] {
        let opened = sops(key.clone(), &["-d"]).expect(0).stdout;
        assert!(opened.contains("github-token"), "{opened}");
        assert!(opened.contains("BEGIN OPENSSH PRIVATE KEY"), "{opened}");
    }
    let stranger = world.at("stranger.txt");
    run(tool("age-keygen", ["-o"]).arg(&stranger)).expect(0);
    assert_ne!(sops(stranger, &["-d"]).code, 0, "a stranger opened it");
    let updatekeys = sops(admin, &["updatekeys", "-y"]).expect(0);
    let said = updatekeys.stdout + &updatekeys.stderr;
    assert!(said.contains("already up to date"), "{said}");
}

fn nix_agrees(world: &World) {
    let fleet = world.at("practice/fleet");
    let listed = run(tool("git", ["ls-files", "-z"]).current_dir(&fleet)).expect(0).stdout;
    let new: Vec<_> =
        listed.split('\0').filter(|f| f.ends_with(".nix") && f.contains("zoe")).collect();
    assert_eq!(new.len(), 2, "a module and a configuration, known to git: {listed}");
    for file in new {
        run(tool("nix-instantiate", ["--parse", file])
            .current_dir(&fleet)
            .env("HOME", world.at("nobody")))
        .expect(0);
        let text = read(fleet.join(file));
        assert_eq!(doorstep::splice::nix::format(&text).unwrap(), text, "{file} is formatted");
    }
}

fn the_home_is_linked(world: &World) {
    let home = world.at("practice/home");
    let profile = home.join(".local/state/nix/profiles/home-manager");
    assert!(fs::canonicalize(&profile).unwrap().starts_with("/nix/store"));
    assert!(home.join(".zshrc").is_symlink());
    let token = read(home.join(".config/sops-nix/secrets/github-token"));
    assert!(token.starts_with("PLACEHOLDER"), "a placeholder, as nobody gave a value");
}

fn nothing_outside_was_touched(world: &World) {
    let left: Vec<_> = fs::read_dir(world.at("real-home")).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_second_run_changes_nothing_and_undo_takes_all_back() {
    let world = World::new();
    world.practice(&["--no-activation"]).expect(0);
    let fleet = world.at("practice/fleet");
    let before = run(tool("git", ["status", "--porcelain"]).current_dir(&fleet)).expect(0).stdout;
    assert!(!before.is_empty());

    let again =
        run(&mut world.as_zoe(&["onboard", "--as", "zoe", "--no-activation", "--yes", "--json"]))
            .expect(0);
    let events = again.events();
    assert_eq!(events.last().unwrap()["outcome"], "already_so", "{}", again.stdout);
    let after = run(tool("git", ["status", "--porcelain"]).current_dir(&fleet)).expect(0).stdout;
    assert_eq!(before, after);

    run(&mut world.as_zoe(&["undo", "--json"])).expect(0);
    let clean = run(tool("git", ["status", "--porcelain"]).current_dir(&fleet)).expect(0).stdout;
    assert_eq!(clean, "", "the fleet is as it was");
    assert!(!world.at("practice/home/.config").exists(), "made folders are gone");
}

#[test]
fn inside_the_practice_folder_undo_is_the_pretend_persons() {
    let world = World::new();
    world.practice(&["--no-activation"]).expect(0);
    run(&mut world.doorstep(&["undo"])).expect(1);
    run(world.doorstep(&["undo"]).current_dir(world.at("practice"))).expect(0);
    assert!(!world.at("practice/home/.config").exists(), "made folders are gone");
    assert_eq!(fs::read_dir(world.at("real-home")).unwrap().count(), 0);
}

#[test]
fn undo_takes_an_activated_home_away_again() {
    let world = World::new();
    world.practice(&[]).expect(0);
    let home = world.at("practice/home");
    assert!(home.join(".zshrc").is_symlink());
    run(&mut world.as_zoe(&["undo"])).expect(0);
    for gone in [".zshrc", ".config", ".local/state/nix/profiles/home-manager"] {
        assert!(fs::symlink_metadata(home.join(gone)).is_err(), "{gone} is still there");
    }
}

#[test]
fn an_earlier_practice_folder_is_moved_aside_and_another_folder_refused() {
    let world = World::new();
    world.practice(&["--no-activation"]).expect(0);
    world.practice(&["--no-activation"]).expect(0);
    assert!(world.at("practice.1/.doorstep-practice").is_file());

    let other = world.at("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("mine"), "x").unwrap();
    let refused =
        run(&mut world.doorstep(&["practice", "--yes", "--dir", other.to_str().unwrap()]));
    assert!(refused.expect(1).stderr.contains("is not empty"));
    assert_eq!(read(other.join("mine")), "x");
}

#[test]
fn without_nix_no_activation_is_offered() {
    let world = World::new();
    let bin = world.at("bin");
    fs::create_dir(&bin).unwrap();
    for name in ["git", "sh"] {
        let found = run(&mut tool("sh", ["-c", &format!("command -v {name}")])).stdout;
        std::os::unix::fs::symlink(found.trim(), bin.join(name)).unwrap();
    }
    let dir = world.at("practice");
    let args = ["practice", "--yes", "--dir", dir.to_str().unwrap()];
    let ran = run(world.doorstep(&args).env("PATH", &bin)).expect(0);
    let said = ran.stdout + &ran.stderr;
    let times = said.matches("Nix is not installed here").count();
    assert!(times >= 2, "said before and after:\n{said}");
}

#[test]
fn an_activation_without_secrets_on_disk_is_no_success() {
    let world = World::new();
    world.practice(&["--no-activation"]).expect(0);
    // Outside of practice a home without its secrets is not what was asked for.
    let path = std::env::var("PATH").unwrap();
    let bin = world.at("bin");
    fs::create_dir(&bin).unwrap();
    for folder in std::env::split_paths(&path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name() != "sops-install-secrets" {
                // The first of a name counts, as on PATH.
                let _ = std::os::unix::fs::symlink(entry.path(), bin.join(entry.file_name()));
            }
        }
    }
    let offline =
        "substituters =\nsubstitute = false\nextra-experimental-features = nix-command flakes";
    let args = ["onboard", "--as", "zoe", "--yes", "--json"];
    let ran = run(world.as_zoe(&args).env("PATH", &bin).env("NIX_CONFIG", offline)).expect(4);
    let events = ran.events();
    let secrets =
        events.iter().find(|e| e["event"] == "checked" && e["what"] == "secrets").unwrap();
    assert_eq!(secrets["ok"], false, "{secrets}");
    assert_eq!(events.last().unwrap()["outcome"], "secrets_not_readable");
    assert!(ran.stderr.contains("your secrets are not readable yet"), "{}", ran.stderr);
}

#[test]
fn a_practice_run_that_was_cut_off_goes_on_in_its_own_home() {
    let world = World::new();
    let dir = world.at("practice");
    let args = ["practice", "--yes", "--no-activation", "--dir", dir.to_str().unwrap()];
    run(world.doorstep(&args).env("DOORSTEP_TEST_KILL_AT", "sops-yaml/1/recorded"));
    let receipts = world.at("practice/home/.local/state/doorstep");
    let receipt = std::fs::read_dir(receipts).unwrap().next().unwrap().unwrap().path();
    let receipt = receipt.to_str().unwrap();
    run(&mut world.doorstep(&["resume", receipt])).expect(0);
    nothing_outside_was_touched(&world);
    run(&mut world.doorstep(&["undo", receipt])).expect(0);
    assert!(!world.at("practice/home/.config").exists());
    nothing_outside_was_touched(&world);
}
