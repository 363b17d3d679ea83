//! Fleets with twenty files that several people read, and whoever looks after them: the practice
//! fleet as a fleet of its own, and a clan.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use doorstep::key::{Identity, Recipient};
use doorstep::sops::config::Config;
use doorstep::sops::{Creation, EncryptedFile, Format, SecretValue, Utc, create_yaml};

use crate::world::{Ran, World, fixture, run, stand_ins, tool};

/// Whoever looks after a fleet, with their key.
pub(crate) struct Admin {
    pub(crate) world: World,
    /// Whose public key the answers give.
    pub(crate) zoe: Identity,
}

/// The three shared rules, with the files under each.
pub(crate) const SHARED: [(&str, usize); 3] =
    [("secrets/shared/", 12), ("secrets/team/", 7), ("secrets/wifi.sops.yaml", 1)];

/// What the fixture's `.sops.yaml` has for its administrator.
const FIXTURE_ADMIN: &str = "age1h54yyyvakpves9n6xekjxfzghaj879cq6t0yvjrcquehg6fyt47qsxs3tp";

impl Admin {
    /// In the practice fleet.
    pub(crate) fn new() -> Self {
        let world = World::new();
        let dir = world.at("practice");
        let args = ["practice", "--yes", "--no-activation", "--dir", dir.to_str().unwrap()];
        let ran = run(world.doorstep(&args).env("DOORSTEP_TEST_KILL_AT", "receipt-opened"));
        assert_eq!(ran.code, -1, "{}", ran.stderr);
        // Outside the practice folder it is a fleet like any other.
        fs::rename(world.at("practice/fleet"), world.at("fleet")).unwrap();
        let admin = Self { zoe: Identity::generate(), world };
        let keys = admin.at("home/.config/sops/age/keys.txt");
        fs::create_dir_all(keys.parent().unwrap()).unwrap();
        fs::rename(admin.at("practice/admin/keys.txt"), &keys).unwrap();
        fs::remove_dir_all(admin.at("practice")).unwrap();
        let _ = fs::remove_dir_all(admin.fleet("secrets/shared"));
        let readers = ["ada-quartz", "grace-granite", "admin"];
        // It has a rule for the first already.
        let (ruled, others) = SHARED.split_at(1);
        files(ruled).iter().for_each(|path| admin.secret(path, &readers));
        admin.share(others, "  # everything else\n", &readers);
        admin
    }

    /// In a clan of three servers and a Mac, which keeps its people's keys too.
    pub(crate) fn of_a_clan() -> Self {
        let admin = Self { zoe: Identity::generate(), world: World::new() };
        run(tool("cp", ["-r"]).arg(fixture("clan-files")).arg(admin.at("fleet"))).expect(0);
        let own = Identity::generate();
        let keys = admin.at("home/.config/sops/age/keys.txt");
        fs::create_dir_all(keys.parent().unwrap()).unwrap();
        fs::write(&keys, own.secret_text().as_bytes()).unwrap();
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();
        admin.replace(".sops.yaml", FIXTURE_ADMIN, own.recipient().as_str());
        let laptop = "tags = [ \"laptop\" ];\n";
        let reached = format!("{laptop}      deploy.targetHost = \"root@quartz.example.net\";\n");
        admin.replace("modules/clan/inventory/machines.nix", laptop, &reached);
        fs::create_dir(admin.fleet("sops/users/kai")).unwrap();
        fs::copy(admin.fleet("sops/users/ada/key.json"), admin.fleet("sops/users/kai/key.json"))
            .unwrap();
        // Before those of the system: machines are not really reached.
        fs::create_dir(admin.at("bin")).unwrap();
        for program in ["clan", "ssh"] {
            symlink(stand_ins().join(program), admin.at("bin").join(program)).unwrap();
        }
        admin.git(&["init", "--quiet"]);
        admin.share(&SHARED, "", &["ada-user", "kai-user", "admin"]);
        admin
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}");
        fs::write(self.fleet(path), text.replacen(from, to, 1)).unwrap();
    }

    pub(crate) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.world.at(path)
    }

    pub(crate) fn fleet(&self, path: impl AsRef<Path>) -> PathBuf {
        self.at("fleet").join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.fleet(path)).unwrap()
    }

    /// Rules for these places with their files, above the line `before` or at the end.
    fn share(&self, places: &[(&str, usize)], before: &str, readers: &[&str]) {
        let aliases: String = readers.iter().map(|name| format!("          - *{name}\n")).collect();
        let rule = |(place, _): &(&str, usize)| {
            let pattern = match place.ends_with('/') {
                true => format!(r"{place}.*\.sops\.yaml$"),
                false => format!("{}$", place.replace('.', r"\.")),
            };
            format!("  - path_regex: {pattern}\n    key_groups:\n      - age:\n{aliases}")
        };
        let rules: String = places.iter().map(rule).collect();
        let text = self.read(".sops.yaml");
        let at = if before.is_empty() { text.len() } else { text.find(before).unwrap() };
        fs::write(self.fleet(".sops.yaml"), format!("{}{rules}{}", &text[..at], &text[at..]))
            .unwrap();
        for path in files(places) {
            self.secret(&path, readers);
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "Share"]);
    }

    /// An encrypted file that these people read.
    pub(crate) fn secret(&self, path: &str, readers: &[&str]) {
        let config = Config::parse(&self.read(".sops.yaml")).unwrap();
        let recipient = |name: &&str| {
            let key = config.keys.iter().find(|key| key.name.as_deref() == Some(name)).unwrap();
            Recipient::parse(&key.value).unwrap()
        };
        let readers: Vec<Recipient> = readers.iter().map(recipient).collect();
        let values = [("password", SecretValue::from("hunter2"))];
        let now = Utc::from_seconds(1_800_000_000);
        let text = create_yaml(&values, &readers, &Creation::default(), now).unwrap();
        let path = self.fleet(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, args: &[&str]) -> Ran {
        let mut git = tool("git", ["-c", "safe.directory=*", "-c", "user.name=Ada"]);
        git.args(["-c", "user.email=ada@example.com"]).args(args);
        run(git.current_dir(self.fleet("")).env("HOME", self.at("nobody"))).expect(0)
    }

    /// The binary as whoever looks after the fleet.
    pub(crate) fn doorstep(&self, args: &[&str]) -> Command {
        let mut command = self.world.doorstep(args);
        command.current_dir(self.fleet("")).env("HOME", self.at("home"));
        let bin = self.at("bin");
        if bin.is_dir() {
            let path = std::env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("{}:{path}", bin.display()));
            command.env("STAND_IN_ARGUMENTS", self.at("arguments"));
            command.env("STAND_IN_LOG", self.at("log"));
            command.env("STAND_IN_USER", "zoe");
        }
        command
    }

    pub(crate) fn answers(&self, text: impl AsRef<[u8]>) -> String {
        let path = self.at("zoe.yaml");
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Zoe on three machines with every shared rule.
    pub(crate) fn everything(&self) -> String {
        self.answers(format!(
            "username: zoe\nname: Zoe\nemail: zoe@example.com\nhosts: [granite, mica, quartz]\n\
             key: {}\nshared: [secrets/shared/03.sops.yaml, 'secrets/team/.*\\.sops\\.yaml$', \
             secrets/wifi.sops.yaml]\n",
            self.zoe.recipient()
        ))
    }

    /// Adds zoe by an answers file.
    pub(crate) fn onboard(&self, file: &str, more: &[&str]) -> Command {
        let mut args = vec!["onboard", "--yes", "--answers", file];
        args.extend(more);
        self.doorstep(&args)
    }

    pub(crate) fn receipts(&self) -> usize {
        let folder = self.at("home/.local/state/doorstep");
        let Ok(entries) = fs::read_dir(folder) else { return 0 };
        let names = entries.flatten().map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".receipt")).count()
    }

    /// Kind, mode and content of everything in fleet and home but git's own files and receipts.
    pub(crate) fn picture(&self) -> BTreeMap<PathBuf, String> {
        let mut seen = BTreeMap::new();
        for folder in ["fleet", "home"] {
            picture(&self.at(folder), &mut seen);
        }
        let index = self.git(&["ls-files", "--stage"]).stdout;
        seen.insert("the index".into(), index);
        seen
    }

    /// How many shared files zoe's key opens, values and MAC.
    pub(crate) fn open_to_zoe(&self) -> usize {
        let zoe = std::slice::from_ref(&self.zoe);
        let opens = |file: &&String| {
            let text = self.read(file);
            let file = EncryptedFile::parse(&text, Format::Yaml).unwrap();
            let opened = file.open(zoe);
            opened.is_ok_and(|o| o.get("password").unwrap().as_str() == Some("hunter2"))
        };
        files(&SHARED).iter().filter(opens).count()
    }
}

/// Every shared file, relative to the fleet.
fn files(shared: &[(&str, usize)]) -> Vec<String> {
    let of = |(place, count): &(&str, usize)| -> Vec<String> {
        match place.ends_with('/') {
            true => (0..*count).map(|number| format!("{place}{number:02}.sops.yaml")).collect(),
            false => vec![(*place).to_owned()],
        }
    };
    shared.iter().flat_map(of).collect()
}

fn picture(folder: &Path, seen: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, metadata) = (entry.path(), entry.metadata().unwrap());
        if path.ends_with(".git") || path.ends_with(".local") {
            continue;
        }
        if metadata.is_dir() {
            picture(&path, seen);
        }
        let content = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        let mode = metadata.permissions().mode();
        seen.insert(path, format!("{mode:o} {content:?}"));
    }
}
