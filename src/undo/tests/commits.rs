//! Runs that commit what they wrote, with real git and real hooks.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::git::commit::{command, may_commit, under_way};
use crate::git::repository;
use crate::plan::Commit;

impl Bench {
    fn commit(&self, branch: Option<&str>) -> Change {
        Change::Commit(Commit {
            repository: self.path("fleet"),
            branch: branch.map(str::to_owned),
            message: "Add zoe to quartz\n\nHome module and key.".into(),
        })
    }

    /// Everything that one person's run writes, then the commit.
    fn changes(&self, branch: Option<&str>) -> Vec<Change> {
        vec![self.rule(), self.module(), self.track(), self.commit(branch)]
    }

    fn hook(&self, script: &str) {
        let path = self.path("fleet/.git/hooks/pre-commit");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Applies to a new receipt, or goes on with the one there is, whatever comes of it.
    fn try_apply(&mut self, changes: Vec<Change>, checkpoint: &dyn Fn(&str)) -> Outcome {
        let mut journal = match self.receipt.as_os_str().is_empty() {
            true => self.journal(),
            false => Journal::reopen(&self.receipt).unwrap(),
        };
        self.receipt = journal.path().to_owned();
        let plan = self.plan(changes);
        let mut quiet = Quiet { stop: false };
        apply(&plan, &mut journal, &mut self.runner, &mut quiet, checkpoint).unwrap().outcome
    }

    fn files_of(&mut self, commit: &str) -> String {
        self.git(&["show", "--name-only", "--format=", commit])
    }

    /// The first commit.
    fn begin(&mut self) -> String {
        self.git(&["rev-list", "--max-parents=0", "HEAD"]).trim().to_owned()
    }

    fn head(&mut self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }
}

/// A sentence without what differs from run to run.
fn plain(bench: &mut Bench, sentence: &str, commit: &str) -> String {
    let home = bench.home.display().to_string();
    let begin = bench.begin();
    sentence.replace(&commit[..10], "COMMIT").replace(&begin[..10], "BEGIN").replace(&home, "~")
}

#[test]
fn exactly_what_the_run_wrote_is_committed_and_stays() {
    let mut bench = Bench::new();
    bench.write("fleet/mine.txt", "mine\n");
    bench.git(&["add", "mine.txt"]);
    bench.apply(bench.changes(None));
    let commit = bench.head();
    assert_eq!(bench.files_of("HEAD"), ".sops.yaml\nusers/zoe/default.nix\n");
    let message = bench.git(&["log", "-1", "--format=%B"]);
    assert_eq!(message.trim_end(), "Add zoe to quartz\n\nHome module and key.");
    assert_eq!(bench.git(&["status", "--porcelain"]), "A  mine.txt\n");

    let taken = bench.undo();
    insta::assert_snapshot!(plain(&mut bench, &taken.sentence(), &commit), @"Taken back: 3 of 4 steps. Left alone: commit COMMIT, history is not rewritten; to take it out: git -C ~/fleet reset --soft BEGIN.");
    assert_eq!(bench.head(), commit);
    assert_eq!(bench.read("fleet/.sops.yaml"), "keys:\n");
    assert_eq!(
        bench.git(&["status", "--porcelain"]),
        " M .sops.yaml\nA  mine.txt\n D users/zoe/default.nix\n"
    );
    // What is advised leaves nothing behind.
    bench.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
    bench.git(&["add", "--all"]);
    assert_eq!(bench.git(&["status", "--porcelain"]), "A  mine.txt\n");
}

/// Somebody whose turn comes after the first one's, and their commit.
fn more(bench: &Bench) -> Vec<Change> {
    let commit = Commit {
        repository: bench.path("fleet"),
        branch: None,
        message: "Add ada to quartz".into(),
    };
    let module = Change::Create {
        path: bench.path("fleet/users/ada/default.nix"),
        content: Content::Text("{ }\n".into()),
        mode: 0o644,
    };
    let track = Change::Track {
        repository: bench.path("fleet"),
        paths: vec!["users/ada/default.nix".into()],
    };
    vec![module, track, Change::Commit(commit)]
}

#[test]
fn several_commits_are_taken_out_one_after_the_other_or_at_once() {
    let mut bench = Bench::new();
    bench.apply(bench.changes(None));
    let first = bench.head();
    let second = more(&bench);
    assert_eq!(bench.try_apply(second, &|_| ()), Outcome::Done);
    assert_eq!(bench.files_of("HEAD"), "users/ada/default.nix\n");
    let (second, begin) = (bench.head(), bench.begin());
    let taken = bench.undo();
    let soft = |commit: &str| format!("reset --soft {}", &commit[..10]);
    let words = taken.sentence();
    let (to_first, to_begin) = (words.find(&soft(&first)), words.find(&soft(&begin)));
    assert!(to_first.is_some() && to_first < to_begin, "{second}: {words}");
    bench.git(&["reset", "--quiet", "--soft", &first]);
    bench.git(&["reset", "--quiet", "--soft", &begin]);
    bench.git(&["add", "--all"]);
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_is_written_after_a_commit_is_not_the_business_of_the_same_commit() {
    let mut bench = Bench::new();
    bench.apply(bench.changes(None));
    let head = bench.head();
    // The second one's turn was cut off before its commit.
    let mut second = more(&bench);
    second.pop();
    bench.try_apply(second, &|_| ());
    assert_eq!(bench.try_apply(vec![bench.commit(None)], &|_| ()), Outcome::AlreadySo);
    assert_eq!(bench.head(), head);
    let second = more(&bench);
    assert_eq!(bench.try_apply(second, &|_| ()), Outcome::Done);
    assert_eq!(bench.files_of("HEAD"), "users/ada/default.nix\n");
}

#[test]
fn what_another_program_has_made_for_the_run_is_committed_too() {
    let mut bench = Bench::new();
    let make = Command::new("sh").args(["-c", "mkdir vars; echo made >vars/secret"]);
    let make = Change::Run { command: make.cwd(bench.path("fleet")) };
    let track = Change::Track { repository: bench.path("fleet"), paths: vec!["vars".into()] };
    bench.apply(vec![make, track, bench.commit(None)]);
    assert_eq!(bench.files_of("HEAD"), "vars/secret\n");
}

#[test]
fn a_commit_that_others_have_is_not_to_be_reset() {
    let mut bench = Bench::new();
    let (home, remote) = (bench.home.clone(), bench.path("remote.git").display().to_string());
    let init = Command::new("git").args(["init", "--quiet", "--bare", &remote]).cwd(&home);
    assert!(bench.runner.output(&init).unwrap().ok());
    bench.git(&["remote", "add", "origin", &remote]);
    bench.apply(bench.changes(Some("add-zoe")));
    assert_eq!(bench.git(&["branch", "--show-current"]), "add-zoe\n");
    let commit = bench.head();
    bench.git(&["push", "--quiet", "origin", "add-zoe"]);
    let taken = bench.undo();
    insta::assert_snapshot!(plain(&mut bench, &taken.sentence(), &commit), @"Taken back: 3 of 4 steps. Left alone: commit COMMIT, history is not rewritten; to take its changes back in a new one: git -C ~/fleet revert COMMIT.");
}

#[test]
fn a_hook_that_refuses_is_heard_and_a_branch_without_a_commit_goes() {
    let mut bench = Bench::new();
    bench.hook("echo 'no commits on a Sunday' >&2; exit 1");
    let before = bench.git(&["branch", "--show-current"]);
    let head = bench.head();
    let Outcome::Failed { why } = bench.try_apply(bench.changes(Some("add-zoe")), &|_| ()) else {
        panic!("it was committed")
    };
    assert!(why.to_string().contains("no commits on a Sunday"), "{why}");
    assert_eq!(bench.head(), head);
    let taken = bench.undo();
    assert_eq!(taken.sentence(), "Taken back, byte for byte.");
    assert_eq!(taken.restored[0], "The branch add-zoe is gone.");
    assert_eq!(bench.git(&["branch", "--show-current"]), before);
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_branch_from_a_single_commit_goes_back_to_it() {
    let mut bench = Bench::new();
    bench.hook("exit 1");
    bench.git(&["checkout", "--quiet", "--detach"]);
    let failed = bench.try_apply(bench.changes(Some("add-zoe")), &|_| ());
    assert!(matches!(failed, Outcome::Failed { .. }), "{failed:?}");
    assert_eq!(bench.undo().sentence(), "Taken back, byte for byte.");
    assert_eq!(bench.git(&["branch", "--show-current"]), "");
    assert_eq!(bench.git(&["branch", "--list", "add-zoe"]), "");
}

#[test]
fn a_file_that_a_hook_refuses_is_told_in_few_words() {
    let mut bench = Bench::new();
    bench.hook("echo 'users/zoe/default.nix: not formatted'; exit 1");
    let Outcome::Failed { why } = bench.try_apply(bench.changes(None), &|_| ()) else {
        panic!("it was committed")
    };
    insta::assert_snapshot!(why, @r"
    error: `git commit --message 'Add zoe to quartz'` ended with exit code 1
    cause: users/zoe/default.nix: not formatted
    ");
}

#[test]
fn what_a_hook_makes_of_a_file_is_taken_back_too() {
    let mut bench = Bench::new();
    bench.hook("echo '# tidy' >> .sops.yaml; git add .sops.yaml");
    bench.apply(bench.changes(None));
    assert!(bench.read("fleet/.sops.yaml").ends_with("# tidy\n"));
    assert!(bench.git(&["show", "HEAD:.sops.yaml"]).ends_with("# tidy\n"));
    // The hook has changed the commit's own index; the real one has what was committed.
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
    bench.undo();
    assert_eq!(bench.read("fleet/.sops.yaml"), "keys:\n");
    assert!(!bench.path("fleet/users").exists());
}

#[test]
fn a_formatter_that_refuses_once_is_satisfied_by_going_on() {
    let mut bench = Bench::new();
    bench.hook("grep -q tidy .sops.yaml || { echo '# tidy' >> .sops.yaml; exit 1; }");
    let first = bench.try_apply(bench.changes(None), &|_| ());
    assert!(matches!(first, Outcome::Failed { .. }), "{first:?}");
    let second = bench.try_apply(vec![bench.commit(None)], &|_| ());
    assert_eq!(second, Outcome::Done);
    assert!(bench.git(&["show", "HEAD:.sops.yaml"]).ends_with("# tidy\n"));
    let third = bench.try_apply(vec![bench.commit(None)], &|_| ());
    assert_eq!(third, Outcome::AlreadySo);
}

#[test]
fn what_was_not_committed_before_is_not_swept_in() {
    let mut bench = Bench::new();
    bench.git(&["commit", "-q", "--allow-empty", "-m", "More"]);
    let head = bench.head();
    bench.write("fleet/.sops.yaml", "keys: # mine\n");
    let rule = Change::Edit {
        path: bench.path("fleet/.sops.yaml"),
        before: "keys: # mine\n".into(),
        after: "keys: # mine\n  - age1\n".into(),
    };
    let Outcome::Failed { why } = bench.try_apply(vec![rule, bench.commit(None)], &|_| ()) else {
        panic!("it was committed")
    };
    insta::assert_snapshot!(why, @r"
    error: `.sops.yaml` has changes that were not committed before, so nothing is committed
    hint: commit them first (`git commit -- .sops.yaml`), or leave the commit out: `commit: no`
    ");
    assert_eq!(bench.head(), head);
    bench.undo();
    assert_eq!(bench.read("fleet/.sops.yaml"), "keys: # mine\n");
}

#[test]
fn a_commit_that_was_cut_off_is_not_made_twice() {
    for moment in ["four/1/recorded", "four/1/branched", "four/1/replaced"] {
        let mut bench = Bench::new();
        let killed = |name: &str| assert_ne!(name, moment, "killed");
        let changes = bench.changes(Some("add-zoe"));
        let cut = catch_unwind(AssertUnwindSafe(|| bench.try_apply(changes, &killed)));
        assert!(cut.is_err(), "{moment} was not met");
        bench.try_apply(vec![bench.commit(Some("add-zoe"))], &|_| ());
        let log = bench.git(&["log", "--format=%s"]);
        assert_eq!(log, "Add zoe to quartz\nBegin\n", "after {moment}");
        assert_eq!(bench.git(&["branch", "--show-current"]), "add-zoe\n", "after {moment}");
        let taken = bench.undo();
        assert!(taken.sentence().contains("history is not rewritten"), "{}", taken.sentence());
        assert_eq!(bench.read("fleet/.sops.yaml"), "keys:\n");
    }
}

#[test]
fn what_git_is_in_the_middle_of_comes_first() {
    let mut bench = Bench::new();
    let fleet = bench.path("fleet");
    let known = repository(&mut bench.runner, &fleet).unwrap().unwrap();
    assert_eq!(may_commit(&mut bench.runner, &known, None), Ok(()));
    let refused = may_commit(&mut bench.runner, &known, Some("a..b")).unwrap_err();
    insta::assert_snapshot!(refused, @"error: git takes no branch with the name `a..b`");
    bench.git(&["branch", "there"]);
    let refused = may_commit(&mut bench.runner, &known, Some("there")).unwrap_err();
    insta::assert_snapshot!(refused, @r"
    error: there is a branch `there` already
    hint: choose another name
    ");
    for (name, beside) in [("there/zoe", "there"), ("a", "a/b/c"), ("a/b", "a/b/c")] {
        if beside != "there" {
            bench.git(&["branch", "--force", beside]);
        }
        let refused = may_commit(&mut bench.runner, &known, Some(name)).unwrap_err();
        assert_eq!(
            refused.what,
            format!("git has no room for a branch `{name}` beside `{beside}`")
        );
    }
    assert_eq!(may_commit(&mut bench.runner, &known, Some("a/b/d")), Ok(()));
    bench.git(&["checkout", "--quiet", "--detach"]);
    let refused = may_commit(&mut bench.runner, &known, None).unwrap_err();
    insta::assert_snapshot!(refused, @r"
    error: no branch is checked out, so a commit would be on none
    hint: git switch BRANCH, or begin one with the commit: `commit: { branch: NAME }`
    ");
    assert_eq!(may_commit(&mut bench.runner, &known, Some("add-zoe")), Ok(()));
    bench.git(&["switch", "--quiet", "-"]);
    bench.git(&["switch", "--quiet", "there"]);
    assert_eq!(may_commit(&mut bench.runner, &known, Some("there")), Ok(()));
    bench.write("fleet/.sops.yaml", "theirs:\n");
    bench.git(&["commit", "-qam", "Theirs"]);
    bench.git(&["switch", "--quiet", "-"]);
    bench.write("fleet/.sops.yaml", "ours:\n");
    bench.git(&["commit", "-qam", "Ours"]);
    let merge = Command::new("git").args(["merge", "there"]).cwd(&fleet);
    assert!(!bench.runner.output(&merge).unwrap().ok());
    assert_eq!(under_way(&mut bench.runner, &fleet), Ok(Some("merge")));
    let refused = may_commit(&mut bench.runner, &known, None).unwrap_err();
    insta::assert_snapshot!(refused, @r"
    error: git is in the middle of a merge, so nothing is committed
    hint: end the merge first (`git status` says how), or leave the commit out: `commit: no`
    ");
}

#[test]
fn whatever_git_has_begun_is_known_by_its_name() {
    let mut bench = Bench::new();
    let fleet = bench.path("fleet");
    for (file, what) in [
        ("MERGE_HEAD", "merge"),
        ("rebase-merge/todo", "rebase"),
        ("rebase-apply/next", "rebase"),
        ("rebase-apply/applying", "series of patches (git am)"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
        ("BISECT_LOG", "bisection"),
    ] {
        let path = format!("fleet/.git/{file}");
        bench.write(&path, "");
        assert_eq!(under_way(&mut bench.runner, &fleet), Ok(Some(what)));
        fs::remove_file(bench.path(&path)).unwrap();
        let _ = fs::remove_dir(bench.path(&path).parent().unwrap());
    }
    assert_eq!(under_way(&mut bench.runner, &fleet), Ok(None));
}

#[test]
fn signing_gets_the_terminal() {
    let mut bench = Bench::new();
    let fleet = bench.path("fleet");
    let asks = |bench: &mut Bench| command(&mut bench.runner, &fleet, "x", &[]).unwrap().asks;
    assert_eq!(asks(&mut bench), None);
    bench.git(&["config", "commit.gpgSign", "yes"]);
    let signing = asks(&mut bench);
    // Without a terminal git is run all the same: an agent may sign, or a key that asks nothing.
    assert_eq!(signing.is_some(), bench.runner.has_terminal());
    assert!(signing.is_none_or(|asks| asks.program == "git"));
}
