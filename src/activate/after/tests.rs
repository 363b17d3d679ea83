use std::collections::BTreeMap;

use super::*;
use crate::host::Account;
use crate::run::Scripted;

struct Home {
    folder: tempfile::TempDir,
    os: Os,
}

impl Home {
    fn new(os: Os) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), os }
    }

    fn host(&self) -> Host {
        let home = self.folder.path().to_owned();
        let account = Account { name: "zoe".into(), uid: 501, home, full_name: None };
        Host::pretend(account, "quartz", self.os, "aarch64", BTreeMap::new())
    }

    fn places(&self) -> Places {
        Places::of(&self.host())
    }

    fn secrets(&self) -> Secrets {
        Secrets {
            names: vec!["github-token".into(), "ssh-signing-key".into()],
            link: self.places().secrets_link(),
        }
    }

    fn install(&self, name: &str) {
        let link = self.places().secrets_link();
        fs::create_dir_all(&link).unwrap();
        fs::write(link.join(name), "x").unwrap();
    }

    /// What is said right away, without waiting.
    fn said(&self, runner: &mut Scripted) -> Checked {
        let began = SystemTime::UNIX_EPOCH;
        readable(&self.secrets(), &self.host(), began, Duration::ZERO, None, runner)
    }

    fn agents_log(&self, text: &str) {
        let log = self.folder.path().join("Library/Logs/SopsNix");
        fs::create_dir_all(&log).unwrap();
        fs::write(log.join("stderr"), text).unwrap();
    }
}

#[test]
fn secrets_that_are_there_need_no_question() {
    let home = Home::new(Os::Linux);
    home.install("github-token");
    home.install("ssh-signing-key");
    let checked = home.said(&mut Scripted::default());
    assert_eq!((checked.verdict, checked.what), (Verdict::Holds, "secrets"));
}

#[test]
fn secrets_that_come_late_are_waited_for() {
    let home = Home::new(Os::Linux);
    home.install("github-token");
    let (secrets, host) = (home.secrets(), home.host());
    std::thread::scope(|scope| {
        scope.spawn(|| home.install("ssh-signing-key"));
        let began = SystemTime::UNIX_EPOCH;
        let patience = Duration::from_secs(60);
        let running = "systemctl --user is-system-running";
        let mut runner = Scripted::default().expect(running, 0, "running\n", "");
        let checked = readable(&secrets, &host, began, patience, None, &mut runner);
        assert_eq!(checked.verdict, Verdict::Holds, "{}", checked.words);
    });
}

#[test]
fn on_linux_the_units_result_and_its_last_words_are_the_reason() {
    let home = Home::new(Os::Linux);
    home.install("github-token");
    let journal = "Starting sops-nix activation...\n\
        failed to decrypt 'zoe.sops.yaml': Error getting data key: 0 successful groups required, got 0\n\
        sops-nix.service: Main process exited, code=exited, status=1/FAILURE\n\
        Failed to start sops-nix activation.\n";
    let mut runner = Scripted::default()
        .expect("systemctl --user is-system-running", 1, "degraded\n", "")
        .expect("systemctl --user show", 0, "ActiveState=failed\nResult=exit-code\n", "")
        .expect("journalctl --user", 0, journal, "");
    insta::assert_snapshot!(home.said(&mut runner).words, @"Activated, but your secrets are not there yet, because sops-nix.service ended with exit-code and said: failed to decrypt 'zoe.sops.yaml': Error getting data key: 0 successful groups required, got 0. Not readable: ssh-signing-key.");
}

#[test]
fn without_a_systemd_of_ones_own_that_is_the_reason() {
    let home = Home::new(Os::Linux);
    for (state, code, words) in
        [("", 1, "not there"), ("starting\n", 1, "starting"), ("offline\n", 1, "offline")]
    {
        let mut runner =
            Scripted::default().expect("systemctl --user is-system-running", code, state, "");
        let said = home.said(&mut runner).words;
        assert!(said.contains(&format!("your own systemd is {words}, so")), "{said}");
    }
}

#[test]
fn on_a_mac_the_agents_exit_code_and_new_log_are_the_reason() {
    let home = Home::new(Os::Darwin);
    home.agents_log("old line\ncannot read keyfile '/Users/zoe/.config/sops/age/keys.txt'\n");
    let printed = "gui/501/org.nix-community.home.sops-nix = {\n\tstate = not running\n\tlast exit code = 1\n}\n";
    let mut runner = Scripted::default().expect("launchctl print gui/501", 0, "", "").expect(
        "launchctl print gui/501/org.nix-community.home.sops-nix",
        0,
        printed,
        "",
    );
    insta::assert_snapshot!(home.said(&mut runner).words, @"Activated, but your secrets are not there yet, because sops-nix ended with 1 and said: cannot read keyfile '/Users/zoe/.config/sops/age/keys.txt'. Not readable: github-token, ssh-signing-key.");

    // A log of before says nothing of now.
    let mut runner = Scripted::default().expect("launchctl print gui/501", 0, "", "").expect(
        "launchctl print gui/501/org",
        0,
        "\tlast exit code = (never exited)\n",
        "",
    );
    let later = SystemTime::now() + Duration::from_secs(3600);
    let host = home.host();
    let said = readable(&home.secrets(), &host, later, Duration::ZERO, None, &mut runner).words;
    assert!(said.contains("said nothing yet; its last exit code is (never exited)."), "{said}");
}

#[test]
fn on_a_mac_without_a_session_or_an_agent_that_is_the_reason() {
    let home = Home::new(Os::Darwin);
    let none = "Bad request.\nCould not find domain for user gui: 501\n";
    let mut runner = Scripted::default().expect("launchctl print gui/501", 113, "", none);
    assert!(home.said(&mut runner).words.contains("not logged in at this Mac's screen"));
    let mut runner = Scripted::default().expect("launchctl print gui/501", 0, "", "").expect(
        "launchctl print gui/501/org",
        113,
        "",
        "Could not find service",
    );
    let said = home.said(&mut runner).words;
    assert!(said.contains("because the agent `org.nix-community.home.sops-nix` is not loaded."));
}

/// A generation whose unit or agent runs a script of the store; the store is not ours to write, so
/// that these stop at what cannot be read.
#[test]
fn what_a_generation_installs_is_read_from_its_manifest() {
    let home = Home::new(Os::Linux);
    let generation = home.folder.path().join("generation");
    fs::create_dir_all(&generation).unwrap();
    assert_eq!(secrets(&generation, &home.places()), None);

    let manifest = home.folder.path().join("manifest.json");
    let text = r#"{"secrets":[{"name":"github-token"},{"name":"b"}],"symlinkPath":"/home/zoe/.config/sops-nix/secrets"}"#;
    fs::write(&manifest, text).unwrap();
    fs::write(
        generation.join("manifest.nix"),
        format!("username\tzoe\nsopsManifest\t{}\n", manifest.display()),
    )
    .unwrap();
    let found = secrets(&generation, &home.places()).unwrap();
    assert_eq!(found.names, ["github-token", "b"]);
    assert_eq!(found.link, Path::new("/home/zoe/.config/sops-nix/secrets"));
    fs::write(&manifest, r#"{"secrets":[]}"#).unwrap();
    assert_eq!(secrets(&generation, &home.places()), None);
}

#[test]
fn store_paths_are_found_in_units_agents_and_scripts() {
    let unit = "[Service]\nExecStart=/nix/store/abc-sops-nix-user\nType=oneshot\n";
    let plist =
        "<string>/bin/wait4path /nix/store &amp;&amp; exec /nix/store/abc-sops-nix-user</string>";
    let script = "exec /nix/store/x-sops-install-secrets/bin/sops-install-secrets -ignore-passwd '/nix/store/y-manifest.json'\n";
    let user = |path: &str| path.ends_with("sops-nix-user");
    assert_eq!(store_path(unit, user).as_deref(), Some("/nix/store/abc-sops-nix-user"));
    assert_eq!(store_path(plist, user).as_deref(), Some("/nix/store/abc-sops-nix-user"));
    let manifest = store_path(script, |path| path.ends_with(".json"));
    assert_eq!(manifest.as_deref(), Some("/nix/store/y-manifest.json"));
}

#[test]
fn units_that_failed_since_are_named() {
    let listed = "dunst.service loaded failed failed Dunst\nnew.service loaded failed failed New\n";
    let mut runner = Scripted::default().expect("systemctl --user list-units", 0, listed, "");
    let after = failed_units("--user", &mut runner).unwrap();
    let before = ["dunst.service".to_owned()];
    let checked = units(Some(&before), Some(&after)).unwrap();
    assert_eq!(checked.verdict, Verdict::DoesNotHold);
    assert_eq!(checked.words, "Activated, but these units failed: new.service.");
    assert_eq!(units(Some(&before), Some(&before)).unwrap().verdict, Verdict::Holds);
    let mut runner = Scripted::default().expect("systemctl", 1, "", "Failed to connect to bus");
    assert_eq!(units(Some(&before), failed_units("--user", &mut runner).as_deref()), None);
}

#[test]
fn what_the_activation_has_said_is_the_reason() {
    let line = "/nix/store/x-sops-install-secrets/bin/sops-install-secrets: Failed to decrypt 'a.yaml': Error";
    assert_eq!(trouble(line).as_deref(), Some("Failed to decrypt 'a.yaml': Error"));
    assert_eq!(trouble("Activating sops-nix"), None);
    let home = Home::new(Os::Linux);
    let (secrets, host) = (home.secrets(), home.host());
    let patience = Duration::from_secs(3600);
    let began = SystemTime::UNIX_EPOCH;
    let mut runner = Scripted::default();
    let said = readable(&secrets, &host, began, patience, Some("cannot read keyfile"), &mut runner);
    let why = "because sops-nix said: cannot read keyfile. Not readable: ";
    assert!(said.words.contains(why), "{}", said.words);
}
