//! `doorstep activate` in the full screen: the update a month later, every way it fails, what is in
//! the way, and the ways back; with real Nix, at a real terminal.

use std::fs;
use std::os::unix::fs::symlink;

use rustix::process::{Pid, test_kill_process};

use super::later::Later;
use super::pty::{Person, Seat};
use super::world::{run, tool};

/// She looks the plan over.
fn opens(later: &Later, args: &[&str]) -> Person {
    let mut all = vec!["activate"];
    all.extend(args);
    let mut zoe = Seat::of(80, 24).runs(&later.world.as_zoe(&all));
    zoe.sees("Update my home").sees("Nothing has been changed yet.").sees("Apply 2 steps");
    zoe
}

/// The page of a failure, from its heading on.
fn page(zoe: &Person) -> String {
    zoe.screen()[3..].join("\n")
}

fn leaves(mut zoe: Person, code: u32) {
    zoe.types("<c-c>").ends().with(code).sane();
}

#[test]
fn what_changes_is_shown_put_in_place_and_gone_back_from() {
    let later = Later::new();
    later.adds("home.packages = [ pkgs.llm ]; home.file.\"note\".text = \"new\";");
    let mut zoe = opens(&later, &[]);
    // The exact command, before it runs.
    zoe.sees("activationPackage").types("a");
    zoe.sees("Built. 1 package added.").sees("+ added    llm").sees("▸[ Activate ]");
    assert_eq!(later.generation(), "home-manager-1-link", "nothing before a yes");
    zoe.types("<enter>").sees("Your home is active.").sees("Generation 2 of your home is active.");
    assert_eq!(fs::read_to_string(later.home("note")).unwrap(), "new");

    // To the generation before, by a plan of its own.
    zoe.sees("[ Go back to generation 1 ]").types("<right><enter>");
    zoe.sees("Go back").sees("To generation 1 of your home").types("a");
    zoe.sees("1 package removed.").types("<enter>").sees("Your home is active.");
    zoe.sees("[ Go back to generation 2 ]");
    assert!(!later.home("note").exists());
    leaves(zoe, 0);
}

#[test]
fn a_no_leaves_everything_and_can_be_gone_on_from() {
    let later = Later::new();
    later.adds("home.file.\"note\".text = \"new\";");
    let mut zoe = opens(&later, &[]);
    zoe.types("a").sees("▸[ Activate ]").types("<esc>");
    zoe.sees("Stopped.").sees("▸[ Go on ]");
    assert_eq!(later.generation(), "home-manager-1-link");
    // What is built stays built.
    zoe.types("r").sees("1 of 2 steps are done").types("a").sees("▸[ Activate ]").types("<enter>");
    zoe.sees("Your home is active.");
    assert!(later.home("note").exists());
    leaves(zoe, 0);
}

#[test]
fn what_is_only_built_is_no_activation() {
    let later = Later::before();
    let command = later.world.as_zoe(&["activate", "--build-only"]);
    let mut zoe = Seat::of(80, 24).runs(&command);
    zoe.sees("Build my home").sees("Apply 1 step").types("a");
    zoe.sees("It is built. Nothing was activated.");
    assert!(!later.home(".zshrc").exists());
    leaves(zoe, 0);
}

#[test]
fn a_builder_that_fails_is_named_first() {
    let later = Later::new();
    later.builds("args = [ \"-c\" \"echo cannot find the manual >&2; exit 3\" ];");
    let mut zoe = opens(&later, &[]);
    zoe.types("a").sees("✗ Build your home").sees("What is true now");
    let page = page(&zoe);
    assert!(page.contains("zoes-tool") && page.contains("cannot find the manual"), "{page}");
    assert!(page.contains("Your home is as it was."), "{page}");
    assert_eq!(later.generation(), "home-manager-1-link");
    leaves(zoe, 1);
}

#[test]
fn a_hash_that_is_wrong_is_named() {
    let later = Later::new();
    later.builds(
        "args = [ \"-c\" \"echo hello > $out\" ]; outputHashAlgo = \"sha256\"; \
         outputHash = \"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\";",
    );
    let mut zoe = opens(&later, &[]);
    zoe.types("a").sees("✗ Build your home").sees("What is true now");
    let page = page(&zoe);
    assert!(page.contains("hash mismatch") && page.contains("zoes-tool"), "{page}");
    leaves(zoe, 1);
}

#[test]
fn an_evaluation_that_fails_names_its_reason() {
    let later = Later::new();
    later.adds("home.file.\"x\".text = throw \"this fleet has no such thing\";");
    let mut zoe = opens(&later, &[]);
    zoe.types("a").sees("✗ Build your home").sees("What is true now");
    let page = page(&zoe);
    assert!(page.contains("this fleet has no such thing"), "{page}");
    assert_eq!(later.generation(), "home-manager-1-link");
    leaves(zoe, 1);
}

#[test]
fn ctrl_c_twice_ends_the_build_with_all_its_children() {
    let later = Later::new();
    // Built-ins of the shell alone: a sandbox has little else.
    later.builds("args = [ \"-c\" \"echo begun; while :; do :; done\" ];");
    let mut zoe = opens(&later, &[]);
    zoe.types("a").sees("begun").types("<c-c>").sees("Press Ctrl-C again to end it now.");
    let children = children_of(zoe.pid());
    assert!(!children.is_empty());
    zoe.types("<c-c>").sees("Stopped. Your home is as it was.").sees("▸[ Go on ]");
    for child in children {
        let pid = Pid::from_raw(child).unwrap();
        assert!(test_kill_process(pid).is_err(), "{child} lives on");
    }
    assert_eq!(later.generation(), "home-manager-1-link");
    leaves(zoe, 3);

    // The receipt is whole: the same is gone on with, and stopped again before anything is done.
    let mut zoe = Seat::of(80, 24).runs(&later.world.as_zoe(&["activate"]));
    zoe.sees("Apply 2 steps");
    leaves(zoe, 0);
    later.builds("args = [ \"-c\" \"exit 4\" ];");
    let resumed = run(&mut later.world.as_zoe(&["resume"])).expect(1);
    assert!(resumed.stdout.contains("exit code 4"), "{}", resumed.stdout);
}

/// Processes that `pid` has started, and those that they have.
fn children_of(pid: i32) -> Vec<i32> {
    let listed = run(&mut tool("ps", ["-e", "-o", "pid=,ppid="])).expect(0).stdout;
    let pairs: Vec<(i32, i32)> = listed
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().filter_map(|n| n.parse().ok());
            Some((numbers.next()?, numbers.next()?))
        })
        .collect();
    let mut found = vec![pid];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(pairs.iter().filter(|(_, of)| *of == parent).map(|(child, _)| child));
        at += 1;
    }
    found.split_off(1)
}

#[test]
fn a_file_in_the_way_is_kept_and_comes_back_with_undo() {
    let later = Later::before();
    fs::write(later.home(".zshrc"), "alias mine=yes\n").unwrap();
    let mut zoe = opens(&later, &[]);
    zoe.types("a").sees("1 file of yours is in the way.").sees("alias mine=yes");
    zoe.sees("kept: .zshrc.before-doorstep").types("<enter>").sees("Your home is active.");
    assert!(later.home(".zshrc").is_symlink());
    let kept = later.home(".zshrc.before-doorstep");
    assert_eq!(fs::read_to_string(&kept).unwrap(), "alias mine=yes\n");
    zoe.types("u").sees("Taken back");
    assert_eq!(fs::read_to_string(later.home(".zshrc")).unwrap(), "alias mine=yes\n");
    assert!(!kept.exists());
    leaves(zoe, 0);
}

#[test]
fn a_link_of_hers_is_shown_and_never_moved() {
    let later = Later::before();
    symlink("/etc/hostname", later.home(".zshrc")).unwrap();
    let mut zoe = opens(&later, &[]);
    zoe.types("a").sees("1 file of yours is in the way.").sees("a link, cannot be kept");
    zoe.sees("▸[ Stop here ]").types("<enter>").sees("✗ Activate it: links of yours");
    zoe.sees("Move each of them aside. Then press r.").sees("Your home is as it was.");
    let there = fs::read_link(later.home(".zshrc")).unwrap();
    assert_eq!(there.to_str(), Some("/etc/hostname"));
    // She moves it, and goes on where it stopped.
    fs::rename(later.home(".zshrc"), later.home("old-zshrc")).unwrap();
    zoe.types("r").sees("1 of 2 steps are done").types("a").sees("Your home is active.");
    zoe.types("u").sees("Taken back");
    assert!(!later.home(".zshrc").exists());
    leaves(zoe, 0);
}

#[test]
fn without_its_secrets_it_is_an_end_of_its_own() {
    let later = Later::new();
    let keys = later.home(".config/sops/age/keys.txt");
    fs::remove_file(&keys).unwrap();
    run(tool("age-keygen", ["-o"]).arg(&keys)).expect(0);
    fs::remove_dir_all(later.home(".config/sops-nix")).unwrap();
    later.adds("home.file.\"note\".text = \"new\";");
    let mut zoe = opens(&later, &[]);
    zoe.types("a").sees("▸[ Activate ]").types("<enter>");
    zoe.sees("! Activated, but your secrets are not there yet").sees("because sops-nix said");
    zoe.sees("[ Go back to generation 1 ]");
    let left = zoe.types("<c-c>").ends().with(4).sane();
    assert!(left.text.contains("because sops-nix said"), "{}", left.text);
}

#[test]
fn what_cannot_be_planned_says_why_and_what_helps() {
    let later = Later::before();
    let command = later.world.as_zoe(&["activate", "--name", "nobody"]);
    let mut zoe = Seat::of(80, 24).runs(&command);
    zoe.sees("no home configuration nobody").sees("[ Leave ]");
    leaves(zoe, 1);
}

#[test]
fn lines_stay_lines_where_they_are_wanted() {
    let later = Later::before();
    for (args, env) in [
        (&["activate", "--plain"][..], None),
        (&["activate"], Some(("ACCESSIBLE", "1"))),
        (&["activate"], Some(("TERM", "dumb"))),
    ] {
        let mut command = later.world.as_zoe(args);
        command.envs(env);
        let mut zoe = Seat::of(100, 40).runs(&command);
        zoe.sees("1. Build your home.").sees("Put it in place? Type yes to go on.");
        zoe.types("no<enter>").ends().with(3).sane();
        assert!(!later.home(".zshrc").exists());
    }
}

#[test]
fn a_kept_log_is_looked_at_again() {
    let later = Later::new();
    later.builds("args = [ \"-c\" \"echo cannot find the manual >&2; exit 3\" ];");
    run(&mut later.world.as_zoe(&["activate", "--yes"])).expect(1);
    let mut zoe = Seat::of(80, 24).runs(&later.world.as_zoe(&["replay"]));
    zoe.sees("A kept log").sees("✗ Build: zoes-tool could not be built");
    // What that one derivation has said.
    zoe.types("<tab><tab><enter>").sees("log of zoes-tool").sees("cannot find the manual");
    zoe.types("s").sees("Private keys and the path of your home").types("<enter>").sees("Saved as");
    let saved = fs::read_to_string(later.home("doorstep-zoes-tool.log")).unwrap();
    assert!(saved.contains("cannot find the manual"), "{saved}");
    zoe.types("q").ends().well().sane();
    // A pipe gets lines.
    let lines = run(&mut later.world.as_zoe(&["replay"])).expect(0).stdout;
    assert!(lines.contains("failed: `zoes-tool` could not be built"), "{lines}");
}

#[test]
fn a_log_is_saved_without_a_home_and_names() {
    let later = Later::new();
    let home = later.world.at("practice/home");
    later.builds(&format!(
        "args = [ \"-c\" \"echo zoe has {} and AGE-SECRET-KEY-1{}; exit 3\" ];",
        home.display(),
        "Q".repeat(58)
    ));
    let mut zoe = opens(&later, &[]);
    zoe.types("a").sees("✗ Build your home: zoes-tool");
    zoe.types("s").sees("▸[ Save ]").types("<right><enter>").sees("Saved as");
    let report = fs::read_to_string(later.home("doorstep-report.txt")).unwrap();
    assert!(report.contains("you has ~ and AGE-SECRET-KEY-<secret>"), "{report}");
    assert!(!report.contains(home.to_str().unwrap()), "{report}");
    assert!(!report.contains("QQQQ"), "{report}");
    leaves(zoe, 1);
}

#[test]
fn what_is_known_beforehand_stands_in_the_review() {
    let later = Later::new();
    fs::write(later.world.at("practice/fleet/modules/new.nix"), "{ }\n").unwrap();
    let mut zoe = opens(&later, &[]);
    zoe.sees("! Git does not know modules/new.nix").sees("Worth knowing");
    // The way to mend it is in the row.
    zoe.types("<down><down>").sees("git -C").sees("--intent-to-add modules/new.nix");
    leaves(zoe, 0);
}
