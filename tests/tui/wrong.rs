//! Something is wrong: found, mended, taken back; a log explained; a build that fails.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::gate::Gate;
use super::pty::{Person, Seat};
use super::walks::{self, pretend};
use super::world::{World, run, tool};

/// zoe's home is prepared in the folder `practice`; one thing of it is broken.
pub(crate) fn broken(breaks: impl Fn(&Path)) -> World {
    let world = World::new();
    world.practice(&["--no-activation"]).expect(0);
    breaks(&world.at("practice"));
    world
}

/// Every file of the fleet with its mode and bytes, and what git lists.
fn picture(world: &World) -> Vec<String> {
    let fleet = world.at("practice/fleet");
    let listed = run(tool("git", ["ls-files", "--stage"]).current_dir(&fleet)).expect(0).stdout;
    let mut all = vec![listed];
    let mut folders = vec![fleet, world.at("practice/home/.config")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with(".git") {
                folders.push(path);
            } else if path.is_file() {
                let mode = path.metadata().unwrap().permissions().mode();
                all.push(format!("{} {mode:o} {:?}", path.display(), fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

fn git(fleet: &Path, args: &[&str]) {
    run(tool("git", args).current_dir(fleet)).expect(0);
}

/// With the finding under the cursor, which may not be the first on this machine.
pub(crate) fn goes_to(zoe: &mut Person, finding: &str) {
    zoe.sees("to look at").sees(finding);
    let rows = zoe.screen();
    // The first rows are the title, the tabs and the mode line.
    let at = |is: &dyn Fn(&String) -> bool| rows.iter().skip(3).position(is);
    let here = at(&|row| row.trim_start().starts_with('▸')).unwrap();
    let there = at(&|row| row.contains(finding)).unwrap();
    for _ in here..there {
        zoe.types("<down>");
    }
    zoe.sees_that("the finding under the cursor", |screen| {
        screen.rows(0, 80).any(|row| row.contains('▸') && row.contains(finding))
    });
}

pub(crate) const UNTRACKED: &str = "Nix cannot see your home module: git does not track it";

pub(crate) fn untrack(practice: &Path) {
    let module = "modules/home/users/zoe/default.nix";
    git(&practice.join("fleet"), &["rm", "--cached", "--quiet", "--force", module]);
}

/// Where zoe's private key is, below the practice folder.
const KEYS: &str = "home/.config/sops/age/keys.txt";

/// Other accounts can read it.
pub(crate) fn lend_the_key(practice: &Path) {
    fs::set_permissions(practice.join(KEYS), fs::Permissions::from_mode(0o644)).unwrap();
}

#[test]
fn one_thing_is_found_mended_and_broken_again_byte_for_byte() {
    let world = broken(untrack);
    let before = picture(&world);
    let mut zoe = Seat::of(80, 24).runs(&world.as_zoe(&[]));
    zoe.sees("Something is wrong").types("3").sees("to look at");
    goes_to(&mut zoe, UNTRACKED);
    assert_eq!(picture(&world), before, "looking changes nothing");
    zoe.types("f").sees("[Fix]").sees("git -C").sees("?? modules/home/users/zoe/default.nix");
    assert_eq!(picture(&world), before, "nor does looking at the fix");
    zoe.types("a").sees("u takes it back.").sees_no_more(UNTRACKED);
    assert_ne!(picture(&world), before);
    zoe.types("u").sees("Taken back, byte for byte.");
    assert_eq!(picture(&world), before);
    zoe.types("<enter>").sees(UNTRACKED);
    zoe.types("<esc>").sees("What would you like to do?").types("q").ends().well().sane();
}

#[test]
fn a_mode_is_mended_and_taken_back_from_the_command_itself() {
    let world = broken(lend_the_key);
    let mode =
        || fs::metadata(world.at("practice").join(KEYS)).unwrap().permissions().mode() & 0o777;
    let open = "other accounts can read your private key file";
    let mut zoe = Seat::of(120, 40).runs(&world.as_zoe(&["doctor"]));
    goes_to(&mut zoe, open);
    zoe.types("fa").sees("u takes it back.").sees_no_more(open);
    assert_eq!(mode(), 0o600);
    zoe.types("u").sees("Taken back").types("<enter>").sees(open);
    assert_eq!(mode(), 0o644);
    zoe.types("2").sees("Paste a log here").types("3").sees("secrets/users/zoe.sops.yaml");
    zoe.types("1").sees(open).types("<esc>").sees("This is the first screen. q leaves.");
    zoe.types("q").ends().well().sane();
}

#[test]
fn in_lines_it_stays_in_lines() {
    let world = broken(|_| ());
    for args in [&["doctor"][..], &["doctor", "--json"], &["explain", "--plain", "x"]] {
        let ran = run(&mut world.as_zoe(args));
        assert!(!(ran.stdout + &ran.stderr).contains('\x1b'));
    }
    let mut zoe = Seat::of(80, 24).runs(&world.as_zoe(&["doctor", "--plain"]));
    zoe.sees("more are fine");
    let left = zoe.ends().sane();
    assert!(!left.output.contains(&b'\x1b'), "{}", left.output.escape_ascii());
}

const LOG: &str = "\x1b[31merror:\x1b[0m \x1b]0;owned\x07nothing\r\
Failed to get the data key required to decrypt the SOPS file.

Group 0: FAILED
  age1mqfqckczkulpne7265j5cxn0pspdlxd3d0kav368u2c2fwknnc4qe27dec: FAILED
    - | failed to create reader for decrypting sops data key with
      | age: no identity matched any of the recipients. Did not
      | find keys in locations 'SOPS_AGE_KEY', 'SOPS_AGE_KEY_FILE'
AGE-SECRET-KEY-1CANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARY
";

#[test]
fn a_log_is_explained_where_it_lies() {
    let world = broken(|_| ());
    let log = world.at("hostile.log");
    fs::write(&log, LOG).unwrap();
    let mut zoe = Seat::of(80, 24).runs(&world.as_zoe(&["explain", log.to_str().unwrap()]));
    zoe.sees("── cause").sees("age: no identity matched").sees("A private key was in this log");
    zoe.types("<enter>").sees("AGE-SECRET-KEY-<secret>").types("<esc>");
    zoe.types("1").sees("checks, ").types("2").sees("── cause");
    let left = zoe.types("q").ends().well().sane();
    for sequence in ["\x1b]0;owned", "CANARY"] {
        let bytes = sequence.as_bytes();
        assert!(!left.output.windows(bytes.len()).any(|w| w == bytes), "{sequence:?}");
    }
}

#[test]
fn a_pasted_log_is_explained_and_its_keys_are_never_shown() {
    let world = broken(|_| ());
    let mut zoe = Seat::of(80, 24).runs(&world.as_zoe(&["explain"]));
    zoe.sees("Paste a log here").pastes(&LOG.replace('\n', "\r"));
    zoe.sees("── cause").sees("A private key was in this log");
    let left = zoe.types("q").ends().well().sane();
    assert!(!left.output.windows(6).any(|w| w == b"CANARY"));
}

#[test]
fn a_build_that_fails_is_explained_mended_and_gone_on_with() {
    let world = World::new();
    let fleet = pretend(&world, "fleet");
    let module = "modules/home/users/zoe/default.nix";
    let once = world.at("once");
    // What Nix before 2.20 says of a file that git does not track, once.
    let says = format!(
        "if [ ! -e '{once}' ]; then touch '{once}'; \
         git -C '{fleet}' rm --cached --quiet --force {module}; \
         echo \"error: getting status of '/nix/store/8gmsbcpl4x2q1m0i9s7d3f6k5h2j4l1z-source/{module}': No such file or directory\" >&2; \
         exit 1; fi",
        once = once.display(),
        fleet = fleet.display(),
    );
    let mut gate = Gate::shut(&world, &says);
    let mut command: Command = world.doorstep(&["practice"]);
    gate.before(&mut command);
    command.env("USER", "zoe").env("LOGNAME", "zoe");
    let mut zoe = walks::comes(Seat::of(80, 24).runs(&command));
    walks::git_knows_her(&world);
    walks::welcome(&mut zoe);
    walks::rest(&mut zoe);
    walks::key(&mut zoe);
    walks::review(&mut zoe);
    zoe.sees("Nix cannot see a file: git does not track it").sees("sure").sees("[ Show the fix ]");
    zoe.types("e").sees("On this machine").sees(UNTRACKED).types("e");
    zoe.types("f").sees("[Fix]").types("a").sees("r tries again what failed.");
    zoe.types("r").sees("Look it over, then go on.").sees("Apply 2 steps");
    let listed = run(tool("git", ["ls-files", module]).current_dir(&fleet)).expect(0).stdout;
    assert_eq!(listed.trim(), module, "the fix holds");
    gate.opens();
    zoe.types("a");
    walks::done(&mut zoe);
}
