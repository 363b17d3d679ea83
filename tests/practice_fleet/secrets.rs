//! Secrets are put in place from files that the real sops encrypted, by the stand-in for
//! `sops-install-secrets`: the real one cannot be had without a network.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Practice, Said};

/// Ada's home, built, with a key of hers and a secrets file that it opens.
struct Home {
    practice: Practice,
    generation: PathBuf,
}

fn age_key(practice: &Practice, file: &Path) -> String {
    fs::create_dir_all(file.parent().expect("below")).expect("folder");
    let made = practice.run(Command::new("age-keygen").arg("-o").arg(file));
    assert!(made.success, "{}", made.stderr);
    practice.run(Command::new("age-keygen").arg("-y").arg(file)).stdout.trim().to_owned()
}

fn home() -> Home {
    let practice = Practice::new();
    let admin = age_key(&practice, &practice.home().with_file_name("admin.txt"));
    let ada = age_key(&practice, &practice.home().join(".config/sops/age/keys.txt"));
    let rules = fs::read_to_string(practice.fleet().join(".sops.yaml")).expect("text");
    let rules = rules.replace("@ADMIN@", &admin).replace("@ADA@", &ada).replace("@GRACE@", &admin);
    practice.write(".sops.yaml", &rules);
    let secrets = "secrets/users/ada.sops.yaml";
    practice.write(secrets, "github-token: not-a-token\nssh-signing-key: |\n  one\n  two\n");
    let said = practice.run(Command::new("sops").args(["--encrypt", "--in-place", secrets]));
    assert!(said.success, "{}", said.stderr);
    practice.track();
    let generation = practice.build("homeConfigurations.ada.activationPackage");
    Home { practice, generation }
}

impl Home {
    fn runtime(&self) -> PathBuf {
        self.practice.home().with_file_name("run")
    }

    fn activate(&self, runtime: bool) -> Said {
        let stand_ins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-ins");
        let mut path = OsString::from(stand_ins);
        path.push(":");
        path.push(std::env::var_os("PATH").expect("PATH"));
        let run = self.runtime();
        fs::create_dir_all(&run).expect("folder");
        let mut environment: Vec<(&str, &OsStr)> = vec![("PATH", &path)];
        if runtime {
            environment.push(("XDG_RUNTIME_DIR", run.as_os_str()));
        }
        self.practice.activate("ada", &self.generation, &environment)
    }

    fn in_home(&self, path: &str) -> PathBuf {
        self.practice.home().join(path)
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

#[test]
fn secrets_are_opened_with_their_modes_and_where_the_module_says() {
    let home = home();
    let said = home.activate(true);
    assert!(said.success, "{}", said.stderr);

    let secrets = home.in_home(".config/sops-nix/secrets");
    assert_eq!(fs::read_link(&secrets).expect("a link"), home.runtime().join("secrets.d/1"));
    let token = secrets.join("github-token");
    assert_eq!(fs::read_to_string(&token).expect("opened"), "not-a-token");
    assert_eq!(mode(&token), 0o400);
    let key = home.in_home(".ssh/id_ed25519_signing");
    assert_eq!(fs::read_link(&key).expect("a link"), secrets.join("ssh-signing-key"));
    assert_eq!(fs::read_to_string(&key).expect("opened"), "one\ntwo\n");
    assert_eq!(mode(&key), 0o600);

    // Once more: the next number, and the one before is gone.
    assert!(home.activate(true).success);
    assert_eq!(fs::read_link(&secrets).expect("a link"), home.runtime().join("secrets.d/2"));
    assert!(!home.runtime().join("secrets.d/1").exists());
}

#[test]
fn what_keeps_secrets_closed_fails_the_activation_with_the_real_words() {
    let home = home();
    let keys = home.in_home(".config/sops/age/keys.txt");
    let refused = |runtime: bool, words: &str| {
        let said = home.activate(runtime);
        assert!(!said.success && said.stderr.contains(words), "{}", said.stderr);
    };

    refused(false, "cannot figure out runtime directory: $XDG_RUNTIME_DIR is not set");

    fs::remove_file(&keys).expect("the key");
    refused(true, &format!("cannot read keyfile '{}'", keys.display()));

    age_key(&home.practice, &keys);
    refused(true, "Error getting data key: 0 successful groups required, got 0");

    // Files and links of the home are in place all the same: secrets come last.
    assert!(home.in_home(".zshrc").is_symlink());
    assert!(!home.in_home(".config/sops-nix").exists());
}

#[test]
fn a_declared_secret_that_the_file_lacks_is_named() {
    let home = home();
    let module = home.practice.fleet().join("modules/home/users/ada/default.nix");
    let text = fs::read_to_string(&module).expect("text");
    fs::write(&module, text.replace("\"github-token\" =", "\"gitlab-token\" =")).expect("text");
    home.practice.track();
    let generation = home.practice.build("homeConfigurations.ada.activationPackage");
    let said = Home { practice: home.practice, generation }.activate(true);
    assert!(!said.success);
    assert!(said.stderr.contains("the key 'gitlab-token' cannot be found"), "{}", said.stderr);
}
