//! With the real git, except where its words are what matters.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::host::Account;
use crate::run::{Real, Scripted};

/// A repository with `flake.nix` committed.
struct Repo {
    folder: TempDir,
    runner: Real,
}

fn environment() -> BTreeMap<String, OsString> {
    let mut env: BTreeMap<String, OsString> =
        std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v))).collect();
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@example.org"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "ada@example.org"),
    ] {
        env.insert(name.into(), value.into());
    }
    env
}

impl Repo {
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut repo = Self { folder, runner: Real::new(environment()) };
        repo.git(&["init", "-q"]);
        repo
    }

    fn new() -> Self {
        let mut repo = Self::empty();
        repo.write("flake.nix", "{ }\n");
        repo.commit();
        repo
    }

    fn path(&self) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap()
    }

    fn git(&mut self, args: &[&str]) -> String {
        let output = self.runner.output(&Command::new("git").args(args).cwd(self.path())).unwrap();
        assert!(output.ok(), "{output:?}");
        output.stdout
    }

    fn commit(&mut self) {
        self.git(&["add", "."]);
        self.git(&["commit", "-qm", "Change"]);
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn a_repository_is_found_from_anywhere_in_it() {
    let mut repo = Repo::new();
    repo.write("a/b/c", "");
    let top = repo.path();
    let found = repository(&mut repo.runner, &top.join("a/b")).unwrap().unwrap();
    assert_eq!(found.top, top);
    assert_eq!(fs::canonicalize(found.common).unwrap(), top.join(".git"));
    assert_eq!(repository(&mut repo.runner, &top.join(".git")).unwrap(), None);
    let outside = tempfile::tempdir().unwrap();
    assert_eq!(repository(&mut repo.runner, outside.path()).unwrap(), None);
    let around = work_tree_around(&mut repo.runner, &top.join("a/not/there"));
    assert_eq!(around, Some(top));
    assert_eq!(work_tree_around(&mut repo.runner, &outside.path().join("x")), None);
}

#[test]
fn work_trees_share_one_common_folder() {
    let mut repo = Repo::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let second = elsewhere.path().join("second");
    repo.git(&["worktree", "add", "-q", second.to_str().unwrap()]);
    let found = repository(&mut repo.runner, &second).unwrap().unwrap();
    assert_eq!(fs::canonicalize(found.common).unwrap(), repo.path().join(".git"));
}

#[test]
fn surroundings_do_not_lead_elsewhere() {
    let other = Repo::new();
    let repo = Repo::new();
    let mut env = environment();
    env.insert("GIT_DIR".into(), other.path().join(".git").into());
    env.insert("GIT_WORK_TREE".into(), other.path().into());
    let found = repository(&mut Real::new(env), &repo.path()).unwrap().unwrap();
    assert_eq!(found.top, repo.path());
}

#[test]
fn status_has_every_name_as_it_is() {
    let mut repo = Repo::new();
    repo.write("flake.nix", "{ a = 1; }\n");
    repo.write("with \"quotes\"\nand lines ü", "");
    let path = repo.path();
    let entries = status(&mut repo.runner, &path).unwrap();
    assert_eq!(
        entries,
        [
            Entry { state: [' ', 'M'], path: "flake.nix".into() },
            Entry { state: ['?', '?'], path: "with \"quotes\"\nand lines ü".into() },
        ]
    );
}

#[test]
fn an_intention_comes_and_goes_without_a_commit() {
    let mut repo = Repo::empty();
    repo.write("user*.nix", "{ }\n");
    repo.write("users.nix", "{ }\n");
    let (path, file) = (repo.path(), Path::new("user*.nix"));
    assert!(!is_tracked(&mut repo.runner, &path, file).unwrap());
    intend_to_add(&mut repo.runner, &path, &[file]).unwrap();
    assert!(has_intent(&mut repo.runner, &path, file).unwrap());
    let other = Path::new("users.nix");
    assert!(!is_tracked(&mut repo.runner, &path, other).unwrap(), "a name is not a pattern");
    forget_intent(&mut repo.runner, &path, file).unwrap();
    assert!(!is_tracked(&mut repo.runner, &path, file).unwrap());
    assert!(path.join(file).exists());
    assert_eq!(repo.git(&["ls-files"]), "");
}

#[test]
fn what_was_added_since_is_more_than_an_intention() {
    let mut repo = Repo::new();
    let (path, file) = (repo.path(), Path::new("new.nix"));
    repo.write("new.nix", "");
    intend_to_add(&mut repo.runner, &path, &[file]).unwrap();
    repo.git(&["add", "new.nix"]);
    assert!(!has_intent(&mut repo.runner, &path, file).unwrap(), "an empty file was added");
    repo.git(&["commit", "-qm", "Add"]);
    assert!(!has_intent(&mut repo.runner, &path, file).unwrap());
    assert!(!has_intent(&mut repo.runner, &path, Path::new("flake.nix")).unwrap());
}

#[test]
fn an_intention_is_known_after_its_file_is_gone() {
    let mut repo = Repo::new();
    let (path, file) = (repo.path(), Path::new("new.nix"));
    repo.write("new.nix", "");
    intend_to_add(&mut repo.runner, &path, &[file]).unwrap();
    fs::remove_file(path.join(file)).unwrap();
    assert!(has_intent(&mut repo.runner, &path, file).unwrap());
    forget_intent(&mut repo.runner, &path, file).unwrap();
}

#[test]
fn an_ignored_file_is_said_to_be_ignored() {
    let mut repo = Repo::new();
    repo.write(".gitignore", "*.yaml\n");
    repo.write("zoe.yaml", "");
    let path = repo.path();
    let refused = intend_to_add(&mut repo.runner, &path, &[Path::new("zoe.yaml")]).unwrap_err();
    assert_eq!(refused.what, "git ignores a file that the fleet needs");
    assert_eq!(refused.causes, ["zoe.yaml"]);
}

#[test]
fn what_would_be_ignored_is_known_with_the_rule() {
    let mut repo = Repo::new();
    repo.write(".gitignore", "*.age\nsecrets/*\n!secrets/zoe.yaml\n");
    let paths = ["secrets/zoe.yaml", "secrets/ada.yaml", "a b.age", "[x].nix", "zoë.age"];
    let paths: Vec<PathBuf> = paths.map(PathBuf::from).to_vec();
    let path = repo.path();
    let ignored = ignored(&mut repo.runner, &path, &paths).unwrap();
    let told: Vec<String> =
        ignored.iter().map(|(path, rule)| format!("{} {rule}", path.display())).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    secrets/ada.yaml .gitignore:2:secrets/*
    a b.age .gitignore:1:*.age
    zoë.age .gitignore:1:*.age
    ");
    assert_eq!(super::ignored(&mut repo.runner, &path, &[]), Ok(Vec::new()));
}

#[test]
fn names_are_found_in_index_and_commit() {
    let mut repo = Repo::empty();
    let path = repo.path();
    assert!(!names(&mut repo.runner, &path, "age1zoe").unwrap());
    repo.write("one", "age1zoe\n");
    assert!(!names(&mut repo.runner, &path, "age1zoe").unwrap(), "untracked");
    repo.git(&["add", "one"]);
    assert!(names(&mut repo.runner, &path, "age1zoe").unwrap());
    repo.commit();
    repo.git(&["rm", "-q", "--cached", "one"]);
    assert!(names(&mut repo.runner, &path, "age1zoe").unwrap(), "only the commit has it");
    assert!(!names(&mut repo.runner, &path, "age1.oe").unwrap(), "it is not a pattern");
}

#[test]
fn a_repository_runs_no_code_through_us() {
    let mut repo = Repo::new();
    let path = repo.path();
    let ran = path.join("ran");
    let script = format!("#!/bin/sh\ntouch '{}'\n", ran.display());
    for file in ["monitor", ".git/hooks/post-index-change"] {
        repo.write(file, &script);
        fs::set_permissions(path.join(file), fs::Permissions::from_mode(0o755)).unwrap();
    }
    repo.git(&["config", "core.fsmonitor", path.join("monitor").to_str().unwrap()]);
    status(&mut repo.runner, &path).unwrap();
    intend_to_add(&mut repo.runner, &path, &[Path::new("monitor")]).unwrap();
    forget_intent(&mut repo.runner, &path, Path::new("monitor")).unwrap();
    assert!(!ran.exists());
}

#[test]
fn trouble_with_git_is_explained() {
    let told = |stderr: &str| {
        let mut git = Scripted::default().expect("git", 128, "", stderr);
        repository(&mut git, Path::new("/fleet")).unwrap_err()
    };
    let dubious = told("fatal: detected dubious ownership in repository at '/fleet'\n…");
    assert!(dubious.what.contains("belongs to another account"), "{dubious}");
    assert!(!dubious.to_string().contains("safe.directory"));
    let other = told("fatal: unable to read tree");
    assert_eq!(other.causes, ["fatal: unable to read tree"]);
    let mut git = Scripted::default().expect(
        "git",
        128,
        "",
        "fatal: Unable to create '/fleet/.git/index.lock': File exists.",
    );
    let locked = forget_intent(&mut git, Path::new("/fleet"), Path::new("x")).unwrap_err();
    assert_eq!(locked.what, "git's index is locked");
}

#[test]
fn a_mac_is_asked_for_its_tools_before_the_shim() {
    let shim = Path::new("/usr/bin/git");
    let mut there = Scripted::default().expect("/usr/bin/xcode-select -p", 0, "/Library/…", "");
    not_a_shim(Os::Darwin, shim, &mut there).unwrap();
    let mut missing = Scripted::default().expect("/usr/bin/xcode-select -p", 2, "", "error: …");
    let refused = not_a_shim(Os::Darwin, shim, &mut missing).unwrap_err();
    assert_eq!(refused.hints, ["xcode-select --install"]);
    let mut unasked = Scripted::default();
    not_a_shim(Os::Darwin, Path::new("/nix/bin/git"), &mut unasked).unwrap();
    not_a_shim(Os::Linux, shim, &mut unasked).unwrap();
}

#[test]
fn without_git_that_is_said() {
    let account = Account { name: "zoe".into(), uid: 1, home: "/".into(), full_name: None };
    let host = Host::pretend(account, "opal", Os::Linux, "x86_64", BTreeMap::new());
    assert_eq!(ready(&host, &mut Scripted::default()).unwrap_err().what, "`git` is not there");
}

mod cloning {
    use super::*;

    #[test]
    fn only_addresses_that_run_nothing_are_taken() {
        for good in [
            "https://git.example.org/fleet.git",
            "ssh://git@git.example.org:22/fleet",
            "file:///srv/fleet.git",
            "git@git.example.org:fleets/quartz.git",
            "git.example.org:fleet",
        ] {
            assert!(CloneUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "ext::sh -c touch% /tmp/x",
            "fd::17",
            "http://git.example.org/fleet",
            "git://git.example.org/fleet",
            "--upload-pack=x",
            "ssh://-oProxyCommand=x/fleet",
            "https:///fleet",
            "/srv/fleet",
            "./a:b",
            "",
            "https://git.example.org/a\nb",
            "https://zoe:hunter2@git.example.org/fleet",
        ] {
            let refused = CloneUrl::parse(bad).unwrap_err();
            assert!(!refused.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn the_folder_is_named_like_the_repository() {
        for (url, name) in [
            ("https://git.example.org/fleet.git", "fleet"),
            ("git@git.example.org:quartz", "quartz"),
            ("file:///srv/fleet/", "fleet"),
        ] {
            assert_eq!(CloneUrl::parse(url).unwrap().folder_name(), name);
        }
    }

    #[test]
    fn a_fleet_is_cloned_into_a_free_folder_only() {
        let mut repo = Repo::new();
        let elsewhere = tempfile::tempdir().unwrap();
        let url = CloneUrl::parse(&format!("file://{}", repo.path().display())).unwrap();
        let target = elsewhere.path().join("fleet");
        let mut lines = Vec::new();
        clone(&mut repo.runner, &url, &target, &mut |line| lines.push(line.to_owned())).unwrap();
        assert!(target.join("flake.nix").exists());
        assert!(lines.iter().any(|line| line.starts_with("Receiving objects: 100%")), "{lines:?}");
        let refused = clone(&mut repo.runner, &url, &target, &mut |_| {}).unwrap_err();
        assert!(refused.what.contains("is not empty"), "{refused}");
        let file = target.join("flake.nix");
        assert!(clone(&mut repo.runner, &url, &file, &mut |_| {}).is_err());
    }

    #[test]
    fn what_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("file://{}", folder.path().join("none").display());
        let url = CloneUrl::parse(&url).unwrap();
        let mut runner = Real::new(environment());
        let refused = clone(&mut runner, &url, &folder.path().join("x"), &mut |_| {}).unwrap_err();
        assert!(refused.what.contains("there is no repository"), "{refused}");
    }

    #[test]
    fn missing_access_is_explained() {
        let url = CloneUrl::parse("git@git.example.org:fleet").unwrap();
        for (stderr, why) in [
            ("git@git.example.org: Permission denied (publickey).", "you have no access"),
            ("Host key verification failed.", "ssh does not know this host yet"),
            (
                "fatal: could not read Username for 'https://x': terminal prompts disabled",
                "you have no access",
            ),
            (
                "ssh: Could not resolve hostname git.example.org: Name or service not known",
                "its host cannot be reached",
            ),
            ("ERROR: Repository not found.", "there is no repository, or you may not see it"),
        ] {
            let mut git = Scripted::default().expect("git", 128, "", stderr);
            let folder = Path::new("/nowhere/at/all");
            let refused = clone(&mut git, &url, folder, &mut |_| {}).unwrap_err();
            assert!(refused.what.ends_with(why), "{refused}");
            assert!(git.ran[0].ends_with("-- git@git.example.org:fleet /nowhere/at/all"));
        }
    }
}
