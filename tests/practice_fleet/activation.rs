//! `activate` puts a home in place, refuses before it writes, and cleans up after itself.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::evaluation::with_zoe;
use crate::{Practice, files_below};

/// The facts of a generation: fields of each line.
fn facts(generation: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(generation.join("manifest.nix")).expect("facts");
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Target and source of every file of a generation.
fn files(generation: &Path) -> Vec<(PathBuf, PathBuf)> {
    facts(generation)
        .into_iter()
        .filter(|fact| fact[0] == "file")
        .map(|fact| (PathBuf::from(&fact[1]), PathBuf::from(&fact[2])))
        .collect()
}

fn profiles(practice: &Practice) -> PathBuf {
    practice.home().join(".local/state/nix/profiles")
}

fn ada() -> (Practice, PathBuf) {
    let practice = Practice::new();
    let generation = practice.build("homeConfigurations.ada.activationPackage");
    (practice, generation)
}

#[test]
fn a_generation_is_laid_out_as_home_managers() {
    let (practice, generation) = ada();
    assert!(generation.join("activate").is_file());
    assert!(generation.join("home-files/.zshrc").is_file());
    assert!(!generation.join("home-files/.bashrc").exists(), "only what was asked for");

    let facts = facts(&generation);
    let home = practice.home().display().to_string();
    assert_eq!(facts[0], ["username", "ada"]);
    assert_eq!(facts[1], ["homeDirectory", &home]);
    assert_eq!(facts[2], ["stateVersion", "25.11"]);
    assert_eq!(facts[3][0], "sessionVariables");
    let exports = fs::read_to_string(&facts[3][1]).expect("a file of the store");
    assert_eq!(exports, "export EDITOR='nvim'\n");
    assert_eq!(facts[4][0], "sopsManifest");
    assert!(facts.contains(&vec!["package".to_owned(), "ripgrep-14.1".to_owned()]));
    assert!(files(&generation).len() >= 9);
    for (target, source) in files(&generation) {
        assert!(target.is_relative() && source.is_file(), "{}", target.display());
    }
}

#[test]
fn every_file_is_linked_and_a_generation_recorded_with_any_shell() {
    for shell in ["sh", "dash", "bash"] {
        let (practice, generation) = ada();
        let said = Command::new(shell)
            .arg(generation.join("activate"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("USER", "ada")
            .env("HOME", practice.home())
            .output()
            .unwrap_or_else(|e| panic!("{shell} must be on PATH: {e}"));
        assert!(said.status.success(), "{shell}: {}", String::from_utf8_lossy(&said.stderr));
        assert_eq!(
            String::from_utf8_lossy(&said.stdout),
            format!(
                "Starting Home Manager activation\n\
                 Activating checkLinkTargets\n\
                 Activating writeBoundary\n\
                 Activating linkGeneration\n\
                 Creating profile generation 1\n\
                 Creating home file links in {}\n\
                 Activating sops-nix\n\
                 sops-install-secrets is not on PATH: secrets are not put in place\n",
                practice.home().display()
            )
        );

        for (target, source) in files(&generation) {
            assert_eq!(fs::read_link(practice.home().join(target)).expect("a link"), source);
        }
        let current = profiles(&practice).join("home-manager");
        assert_eq!(fs::read_link(&current).expect("a link"), Path::new("home-manager-1-link"));
        assert_eq!(fs::canonicalize(&current).expect("leads somewhere"), generation);
        let root = practice.home().join(".local/state/home-manager/gcroots/current-home");
        assert_eq!(fs::read_link(root).expect("a link"), generation);
    }
}

#[test]
fn the_same_home_again_is_no_new_generation() {
    let (practice, generation) = ada();
    assert!(practice.activate("ada", &generation, &[]).success);
    let before = files_below(&practice.home());
    let again = practice.activate("ada", &generation, &[]);
    assert!(again.stdout.contains("No change so reusing latest profile generation 1"));
    assert_eq!(files_below(&practice.home()), before);
}

#[test]
fn what_a_new_generation_does_not_have_goes_with_its_empty_folders() {
    let (practice, first) = ada();
    assert!(practice.activate("ada", &first, &[]).success);
    fs::write(practice.home().join(".config/nvim/mine.lua"), "").expect("a file of one's own");

    // Without development, and with direnv's file replaced by one of her own.
    let module = practice.fleet().join("modules/home/users/ada/default.nix");
    let text = fs::read_to_string(&module).expect("text");
    let text = text.replace("        aggregate-development\n", "");
    fs::write(
        &module,
        text.replace(
            "programs.git.settings.user =",
            "home.file.\".x\".text = \"y\"; programs.git.settings.user =",
        ),
    )
    .expect("text");
    let direnv = practice.home().join(".config/direnv/direnvrc");
    fs::remove_file(&direnv).expect("the link");
    fs::write(&direnv, "mine").expect("a file of one's own");
    practice.track();
    let second = practice.build("homeConfigurations.ada.activationPackage");
    let said = practice.activate("ada", &second, &[]);
    assert!(said.success, "{}", said.stderr);

    let home = practice.home();
    assert!(said.stdout.contains("Creating profile generation 2"));
    assert!(!home.join(".config/nvim/init.lua").is_symlink());
    assert!(home.join(".config/nvim/mine.lua").is_file());
    assert!(!home.join(".config/git").exists(), "empty folders go");
    assert_eq!(fs::read_to_string(&direnv).expect("kept"), "mine");
    assert!(said.stderr.contains("does not link into a Home Manager generation. Skipping delete."));
    assert_eq!(fs::read_to_string(home.join(".x")).expect("linked"), "y");

    // Back to the first: a generation of its own, as with home-manager; both earlier ones stay.
    fs::remove_file(&direnv).expect("one's own file");
    assert!(practice.activate("ada", &first, &[]).success);
    assert!(!home.join(".x").is_symlink());
    let current = fs::read_link(profiles(&practice).join("home-manager")).expect("a link");
    assert_eq!(current, Path::new("home-manager-3-link"));
}

#[test]
fn a_file_in_the_way_stops_before_anything_is_written() {
    let (practice, generation) = ada();
    let home = practice.home();
    fs::write(home.join(".zshrc"), "mine\n").expect("a file of one's own");
    fs::create_dir(home.join(".ssh")).expect("folder");
    symlink("/etc/hostname", home.join(".ssh/config")).expect("a link of one's own");
    let before = files_below(&home);

    let said = practice.activate("ada", &generation, &[]);
    assert!(!said.success);
    for name in [".zshrc", ".ssh/config"] {
        let words = format!("Existing file '{}' would be clobbered", home.join(name).display());
        assert!(said.stderr.contains(&words), "{}", said.stderr);
    }
    assert!(said.stderr.contains("Please do one of the following:"));
    assert_eq!(files_below(&home), before);

    // Only regular files are moved aside; a link that is not ours still stops everything.
    let aside = [("HOME_MANAGER_BACKUP_EXT", OsStr::new("bak"))];
    let said = practice.activate("ada", &generation, &aside);
    assert!(!said.success && said.stderr.contains(".ssh/config' would be clobbered"));
    assert_eq!(files_below(&home), before);

    fs::remove_file(home.join(".ssh/config")).expect("the link");
    let said = practice.activate("ada", &generation, &aside);
    assert!(said.success, "{}", said.stderr);
    assert_eq!(fs::read_to_string(home.join(".zshrc.bak")).expect("moved"), "mine\n");
    assert!(home.join(".zshrc").is_symlink());
}

#[test]
fn an_earlier_copy_is_not_overwritten_by_a_new_one() {
    let (practice, generation) = ada();
    fs::write(practice.home().join(".zshrc"), "mine").expect("file");
    fs::write(practice.home().join(".zshrc.bak"), "older").expect("file");
    let aside = [("HOME_MANAGER_BACKUP_EXT", OsStr::new("bak"))];
    let said = practice.activate("ada", &generation, &aside);
    assert!(!said.success);
    assert!(
        said.stderr.contains(".zshrc.bak' would be clobbered by backing up"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_file_with_the_very_same_content_stays_as_it_is() {
    let (practice, generation) = ada();
    let zshrc = practice.home().join(".zshrc");
    fs::write(&zshrc, fs::read(generation.join("home-files/.zshrc")).expect("ours")).expect("file");
    let said = practice.activate("ada", &generation, &[]);
    assert!(said.success, "{}", said.stderr);
    assert!(said.stderr.contains("will be skipped since they are the same"));
    assert!(!zshrc.is_symlink());
}

#[test]
fn another_person_or_home_is_refused_at_once() {
    let (practice, generation) = ada();
    let said = practice.activate("grace", &generation, &[]);
    assert!(!said.success);
    assert_eq!(said.stderr, "USER is \"grace\", expected \"ada\"\n");

    let said = practice.activate("ada", &generation, &[("HOME", OsStr::new("/"))]);
    assert!(!said.success);
    let expected = format!("HOME is \"/\", expected \"{}\"\n", practice.home().display());
    assert_eq!(said.stderr, expected);
    assert_eq!(files_below(&practice.home()), Vec::<PathBuf>::new());

    // The same folder by another name is the same home.
    let alias = practice.home().with_file_name("alias");
    symlink(practice.home(), &alias).expect("a link");
    assert!(practice.activate("ada", &generation, &[("HOME", alias.as_os_str())]).success);
}

#[test]
fn a_name_with_every_awkward_character_reaches_git() {
    let name = r#"Zoë "Z" O'Brien \ ${x} '' # ; $(id)"#;
    let nix = name.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${");
    let practice = with_zoe(&format!("programs.git.settings.user.name = \"{nix}\";"));
    let generation = practice.build("homeConfigurations.zoe.activationPackage");
    assert!(practice.activate("zoe", &generation, &[]).success);
    let asked = practice.run(
        Command::new("git")
            .args(["config", "--file"])
            .arg(practice.home().join(".config/git/config"))
            .arg("user.name"),
    );
    assert_eq!(asked.stdout.trim_end_matches('\n'), name);
}
