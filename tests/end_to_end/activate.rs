//! `doorstep activate` on the practice fleet, with real Nix: the update a month later, every way it
//! fails, and the ways back.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::later::Later;
use super::world::{Ran, run, tool};

fn said(ran: &Ran) -> String {
    let events = ran.events();
    let said = events.iter().filter(|event| event["event"] == "said");
    said.map(|event| event["text"].as_str().unwrap().to_owned() + "\n").collect()
}

fn why(ran: &Ran) -> String {
    let events = ran.events();
    let failed =
        events.iter().find(|event| event["outcome"] == "failed" && event["why"].is_object());
    let why = &failed.unwrap_or_else(|| panic!("nothing failed:\n{}", ran.stdout))["why"];
    let causes = why["causes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap());
    std::iter::once(why["error"].as_str().unwrap()).chain(causes).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_month_later_the_difference_is_shown_put_in_place_and_taken_back() {
    let later = Later::new();
    assert_eq!(later.generation(), "home-manager-1-link");
    let again = later.activate(&["--yes", "--json"]).expect(0);
    assert_eq!(said(&again), "What was built is active already.\n");
    assert_eq!(later.generation(), "home-manager-1-link");

    later.adds("home.file.\"note\".text = \"new\";");
    let ran = later.activate(&["--yes", "--json"]).expect(0);
    assert_eq!(said(&ran), "The same packages, in the same versions.\n");
    assert_eq!(later.generation(), "home-manager-2-link");
    assert_eq!(fs::read_to_string(later.home("note")).unwrap(), "new");
    let events = ran.events();
    for what in ["generation", "home-files", "secrets"] {
        let checked = events.iter().find(|e| e["event"] == "checked" && e["what"] == what);
        assert_eq!(checked.unwrap()["ok"], true, "{what}");
    }

    run(&mut later.world.as_zoe(&["undo"])).expect(0);
    assert!(!later.home("note").exists());
    later.activate(&["--yes"]).expect(0);
    assert!(later.home("note").exists());
    let back = later.activate(&["--rollback", "--yes"]).expect(0);
    assert!(back.stdout.contains("Your home is active."), "{}", back.stdout);
    assert!(!later.home("note").exists(), "{}", back.stdout);
}

#[test]
fn what_is_only_built_changes_nothing_and_leaves_no_receipt() {
    let later = Later::before();
    let receipts = || {
        let all = fs::read_dir(later.home(".local/state/doorstep")).unwrap().flatten();
        all.filter(|entry| entry.path().extension().is_some_and(|e| e == "receipt")).count()
    };
    let before = receipts();
    let ran = later.activate(&["--build-only"]).expect(0);
    assert!(ran.stdout.ends_with("It is built. Nothing was activated.\n"), "{}", ran.stdout);
    assert_eq!(receipts(), before);
    assert!(!later.home(".zshrc").exists());
    // The exact command is shown before and while it runs.
    let command = "nix --extra-experimental-features 'nix-command flakes' build";
    assert!(ran.stderr.contains(command) && ran.stdout.contains(command), "{}", ran.stderr);
}

#[test]
fn a_home_is_not_put_into_that_of_whoever_is_at_the_keyboard() {
    let later = Later::before();
    // Outside the practice folder it is a fleet like any other.
    fs::rename(later.world.at("practice/fleet"), later.world.at("fleet")).unwrap();
    let activate = |more: &[&str]| {
        let mut command = later.world.doorstep(&["activate", "--user", "zoe"]);
        run(command.args(more).current_dir(later.world.at("fleet")))
    };
    let ran = activate(&["--yes"]).expect(2);
    assert!(ran.stderr.contains("error: there is no account `zoe` on "), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: build it without activating it: `--build-only`"));
    let ran = activate(&["--build-only"]).expect(0);
    assert!(ran.stdout.ends_with("It is built. Nothing was activated.\n"), "{}", ran.stdout);
}

#[test]
fn without_a_yes_or_with_a_wrong_name_nothing_begins() {
    let later = Later::before();
    assert!(later.activate(&[]).expect(2).stderr.contains("nothing is activated without a yes"));
    let ran = later.activate(&["--yes", "--name", "nobody"]).expect(2);
    assert!(ran.stderr.contains("no home configuration `nobody`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`ada`") && ran.stderr.contains("`zoe`"), "{}", ran.stderr);
    let ran = later.activate(&["--yes", "--host", "nowhere"]).expect(2);
    assert!(ran.stderr.contains("no machine `nowhere`"), "{}", ran.stderr);
    let ran = later.activate(&["--yes", "--rollback"]).expect(1);
    assert!(ran.stderr.contains("no generation of your home to go back to"), "{}", ran.stderr);
    assert!(!later.home(".zshrc").exists());
}

#[test]
fn a_builder_that_fails_is_named_with_its_last_words() {
    let later = Later::new();
    later.builds("args = [ \"-c\" \"echo cannot find the manual >&2; exit 3\" ];");
    let ran = later.activate(&["--yes", "--json"]).expect(1);
    let why = why(&ran);
    let first = why.lines().next().unwrap();
    assert!(first.contains("zoes-tool") && first.contains('3'), "{why}");
    assert!(why.contains("cannot find the manual"), "{why}");
    assert_eq!(later.generation(), "home-manager-1-link");
    assert_eq!(ran.events().last().unwrap()["exit"], 1);
}

#[test]
fn a_hash_that_is_wrong_is_named() {
    let later = Later::new();
    later.builds(
        "args = [ \"-c\" \"echo hello > $out\" ]; outputHashAlgo = \"sha256\"; \
         outputHash = \"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\";",
    );
    let why = why(&later.activate(&["--yes", "--json"]).expect(1));
    let first = why.lines().next().unwrap();
    assert!(first.contains("zoes-tool") && first.contains("hash"), "{why}");
}

#[test]
fn an_evaluation_that_fails_names_its_place() {
    let later = Later::new();
    later.adds("home.file.\"x\".text = throw \"this fleet has no such thing\";");
    let why = why(&later.activate(&["--yes", "--json"]).expect(1));
    assert!(why.lines().next().unwrap().contains("no such thing"), "{why}");
    assert_eq!(later.generation(), "home-manager-1-link");
}

#[test]
fn a_build_that_is_cancelled_ends_with_all_its_children() {
    let later = Later::new();
    // Built-ins of the shell alone: a sandbox has little else.
    later.builds("args = [ \"-c\" \"echo begun; while :; do :; done\" ];");
    let mut command = later.world.as_zoe(&["activate", "--yes"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let words = std::thread::scope(|scope| {
        scope.spawn(|| {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                // The first stops after the step, the second ends what runs.
                if line.starts_with("Stopping after this step") {
                    kill_process(pid, Signal::INT).unwrap();
                }
            }
        });
        let mut words = String::new();
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if line.contains("begun") {
                kill_process(pid, Signal::INT).unwrap();
            }
            words.push_str(&line);
            words.push('\n');
        }
        words
    });
    assert_eq!(child.wait().unwrap().code(), Some(3), "{words}");
    assert!(words.contains("Stopped. Your home is as it was."), "{words}");
    assert_eq!(later.generation(), "home-manager-1-link");
}

#[test]
fn a_file_in_the_way_stops_is_kept_and_comes_back() {
    let later = Later::before();
    fs::write(later.home(".zshrc"), "mine\n").unwrap();
    let ran = later.activate(&["--yes"]).expect(1);
    assert!(ran.stdout.contains("files of yours are in the way"), "{}", ran.stdout);
    assert_eq!(fs::read_to_string(later.home(".zshrc")).unwrap(), "mine\n");

    later.activate(&["--yes", "--keep"]).expect(0);
    assert!(later.home(".zshrc").is_symlink());
    assert_eq!(fs::read_to_string(later.home(".zshrc.before-doorstep")).unwrap(), "mine\n");
    run(&mut later.world.as_zoe(&["undo"])).expect(0);
    assert_eq!(fs::read_to_string(later.home(".zshrc")).unwrap(), "mine\n");

    // A link that is not home-manager's is never moved, whatever was agreed to.
    fs::remove_file(later.home(".zshrc")).unwrap();
    symlink("/etc/hostname", later.home(".zshrc")).unwrap();
    let ran = later.activate(&["--yes", "--keep"]).expect(1);
    assert!(ran.stdout.contains("links of yours are in the way"), "{}", ran.stdout);
    assert_eq!(fs::read_link(later.home(".zshrc")).unwrap().to_str(), Some("/etc/hostname"));
}

#[test]
fn a_run_that_failed_is_gone_on_with() {
    let later = Later::before();
    fs::write(later.home(".zshrc"), "mine\n").unwrap();
    later.activate(&["--yes"]).expect(1);
    fs::remove_file(later.home(".zshrc")).unwrap();
    let ran = run(&mut later.world.as_zoe(&["resume"])).expect(0);
    assert!(ran.stdout.contains("Your home is active."), "{}", ran.stdout);
    assert!(later.home(".zshrc").is_symlink());
}

#[test]
fn a_key_that_opens_nothing_is_an_end_of_its_own_with_its_cause() {
    let later = Later::new();
    let keys = later.home(".config/sops/age/keys.txt");
    fs::remove_file(&keys).unwrap();
    run(tool("age-keygen", ["-o"]).arg(&keys)).expect(0);
    fs::remove_dir_all(later.home(".config/sops-nix")).unwrap();
    later.adds("home.file.\"note\".text = \"new\";");
    let ran = later.activate(&["--yes", "--json"]).expect(4);
    assert_eq!(fs::read_to_string(later.home("note")).unwrap(), "new", "it is active");
    let events = ran.events();
    let secrets =
        events.iter().find(|e| e["event"] == "checked" && e["what"] == "secrets").unwrap();
    assert_eq!(secrets["ok"], false);
    let because = secrets["because"].as_str().unwrap();
    assert!(because.to_lowercase().contains("failed to decrypt"), "{because}");
    assert_eq!(events.last().unwrap()["outcome"], "secrets_not_readable");
}

/// With the real nh, where it is installed (`cargo install nh`): it would refuse this Nix for its
/// age, hide what an activation says, and find no configuration of this name by itself.
#[test]
fn the_real_nh_activates_and_is_heard() {
    if !is_here("nh") {
        return;
    }
    let later = Later::before();
    let ran = later.activate(&["--yes", "--json", "--backend", "nh"]).expect(0);
    let events = ran.events();
    let lines: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "line")
        .filter_map(|event| event["text"].as_str())
        .collect();
    assert!(lines.contains(&"Activating writeBoundary"), "{lines:#?}");
    assert!(later.home(".zshrc").is_symlink());
    assert_eq!(later.generation(), "home-manager-1-link");

    // A file in the way stops it there, and is what is named.
    run(&mut later.world.as_zoe(&["undo"])).expect(0);
    later.adds("home.file.\"note\".text = \"new\";");
    fs::write(later.home("note"), "mine\n").unwrap();
    let ran = later.activate(&["--yes", "--json", "--backend", "nh"]).expect(1);
    assert!(why(&ran).contains("files of yours are in the way"), "{}", why(&ran));
    later.activate(&["--yes", "--keep", "--backend", "nh"]).expect(0);
    assert_eq!(fs::read_to_string(later.home("note.before-doorstep")).unwrap(), "mine\n");
}

fn is_here(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
