use std::collections::BTreeMap;
use std::ffi::OsString;

use super::*;
use crate::host::{Account, Os};
use crate::key::{Identity, ssh};
use crate::problem::Problem;
use crate::run::Exit;
use crate::sops::Utc;

/// Prints a key when it is asked with two words.
struct Printer(String);

impl Runner for Printer {
    fn run(&mut self, c: &Command, line: &mut dyn FnMut(Stream, &str)) -> Result<Exit, Problem> {
        assert_eq!(c.args, ["get", "my key"]);
        line(Stream::Err, "noise");
        for text in self.0.lines() {
            line(Stream::Out, text);
        }
        Ok(Exit::Code(0))
    }
}

fn host(home: &Path, env: &[(&str, &str)]) -> Host {
    let account = Account { name: "zoe".into(), uid: 501, home: home.to_owned(), full_name: None };
    let env: BTreeMap<_, _> =
        env.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
    Host::pretend(account, "quartz", Os::Linux, "x86_64", env)
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn all_sources_count_and_each_key_knows_its_place() {
    let home = tempfile::tempdir().unwrap();
    let keys: Vec<Identity> = (0..5).map(|_| Identity::generate()).collect();
    let text = |n: usize| keys[n].key_file_text(Utc::from_seconds(0)).to_string();
    let ssh = ssh::generate("zoe").unwrap();
    write(&home.path().join(".config/sops/age/keys.txt"), &text(0));
    write(&home.path().join("other.txt"), &text(1));
    write(&home.path().join(".ssh/id_ed25519"), &ssh.private);
    let variable = format!("{} {}", *keys[2].secret_text(), *keys[3].secret_text());
    let other = home.path().join("other.txt").display().to_string();
    let host = host(
        home.path(),
        &[
            ("SOPS_AGE_KEY", &variable),
            ("SOPS_AGE_KEY_FILE", &other),
            ("SOPS_AGE_KEY_CMD", "pass get 'my key'"),
        ],
    );
    let ring = Keyring::gather(&host, &mut Printer(text(4)));
    let from: Vec<_> = ring.keys.iter().map(|held| held.from.as_str()).collect();
    assert_eq!(
        from,
        [
            "~/.ssh/id_ed25519",
            "SOPS_AGE_KEY, line 1",
            "SOPS_AGE_KEY, line 1",
            "~/other.txt, line 3",
            "SOPS_AGE_KEY_CMD, line 3",
            "~/.config/sops/age/keys.txt, line 3",
        ]
    );
    assert_eq!(
        ring.place_of(keys[0].recipient().as_str()),
        Some("~/.config/sops/age/keys.txt, line 3")
    );
    assert!(ring.troubles().is_empty(), "{:?}", ring.troubles());
    assert!(!format!("{ring:?}").contains("SECRET"));
}

#[test]
fn what_is_protected_is_asked_for_only_when_it_is_needed() {
    let home = tempfile::tempdir().unwrap();
    let zoe = Identity::generate();
    let plain = zoe.key_file_text(Utc::from_seconds(0));
    let mut recipient = age::scrypt::Recipient::new(SecretString::from("sesame".to_owned()));
    recipient.set_work_factor(4);
    let sealed = age::encrypt_and_armor(&recipient, plain.as_bytes()).unwrap();
    write(&home.path().join(".config/sops/age/keys.txt"), &sealed);
    let host = host(home.path(), &[]);
    let opened = |word: Option<&str>| {
        let mut ring = Keyring::gather(&host, &mut Printer(String::new()));
        assert!(ring.keys.is_empty() && ring.has_locked());
        let mut asked = Vec::new();
        ring.unlock(&mut |from| {
            asked.push(from.to_owned());
            word.map(|word| Zeroizing::new(word.to_owned()))
        });
        assert_eq!(asked, ["~/.config/sops/age/keys.txt"]);
        ring
    };
    assert_eq!(opened(Some("sesame")).keys[0].identity.public(), zoe.recipient().to_string());
    assert_eq!(opened(Some("no")).troubles()[0].why, "the passphrase does not fit");
    assert_eq!(opened(None).troubles()[0].why, "it is protected with a passphrase");
    assert_eq!(
        Keyring::gather_files(&host).unsure(),
        ["~/.config/sops/age/keys.txt (it has a passphrase)"]
    );
}

#[test]
fn a_look_around_runs_no_command_and_does_not_say_what_it_would_give() {
    let home = tempfile::tempdir().unwrap();
    let ran = home.path().join("ran");
    let command = format!("touch {}", ran.display());
    let ring = Keyring::gather_files(&host(home.path(), &[("SOPS_AGE_KEY_CMD", &command)]));
    assert_eq!(ring.unsure(), ["SOPS_AGE_KEY_CMD"]);
    assert!(ring.keys.is_empty() && ring.troubles().is_empty() && !ran.exists());
}

#[test]
fn bad_sources_are_named_and_their_text_is_not() {
    let home = tempfile::tempdir().unwrap();
    write(&home.path().join(".config/sops/age/keys.txt"), " AGE-SECRET-KEY-1HUNTER2");
    let host = host(
        home.path(),
        &[("SOPS_AGE_KEY", "/home/zoe/keys.txt"), ("SOPS_AGE_KEY_FILE", "/nowhere")],
    );
    let ring = Keyring::gather(&host, &mut Printer(String::new()));
    let said: Vec<_> = ring.troubles().iter().map(|t| format!("{}: {}", t.from, t.why)).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].starts_with("SOPS_AGE_KEY: line 1: "), "{said:?}");
    assert!(said[2].contains("a blank stands before the key") && !said[2].contains("HUNTER"));
}
