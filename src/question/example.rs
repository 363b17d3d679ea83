//! The fleet of the screens' drawings: raquel sets up her home on the Mac `blackphos`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Anchor, Context, Found, KeyPlace, SshIdentity, Subject};
use crate::answers::Answers;
use crate::fleet::{
    Aggregate, Files, Fleet, LayoutFound, Lock, Machine, MachineUser, Name, Place, Platform, Reach,
    SopsFile, User,
};
use crate::host::{Account, Host, Os};

/// Nobody's key: it was made for the drawings.
pub(crate) const RECIPIENT: &str = "age1jx3c5wv7elyxuv8vg37cyhxxrtfc3e968yhfhwv9f25tsqt5fqms5nn44c";

/// Everything a context borrows.
#[derive(Debug, Clone)]
pub(crate) struct Example {
    pub(crate) host: Host,
    pub(crate) fleet: Fleet,
    pub(crate) answers: Answers,
    pub(crate) found: Found,
    pub(crate) subject: Subject,
}

impl Example {
    pub(crate) fn raquel() -> Self {
        let account = Account {
            name: "raquel".into(),
            uid: 502,
            home: PathBuf::from("/Users/raquel"),
            full_name: Some("Raquel".into()),
        };
        Self {
            host: Host::pretend(account, "blackphos", Os::Darwin, "aarch64", BTreeMap::new()),
            fleet: fleet(),
            answers: Answers::default(),
            found: found(),
            subject: Subject::Account,
        }
    }

    pub(crate) fn cx(&self) -> Context<'_> {
        Context {
            host: &self.host,
            fleet: &self.fleet,
            answers: &self.answers,
            found: &self.found,
            subject: &self.subject,
        }
    }
}

fn place(file: &str) -> Place {
    Place { file: PathBuf::from(file), line: 1 }
}

fn user(name: &str, aggregates: &[&str], secrets: &[&str], machines: &[&str]) -> User {
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    User {
        name: name.into(),
        module: place(&format!("modules/home/users/{name}/default.nix")),
        alias_of: None,
        full_name: (name == "crs58").then(|| "Chris".into()),
        email: None,
        aggregates: owned(aggregates).iter().map(|a| format!("aggregate-{a}")).collect(),
        secrets: owned(secrets),
        machines: owned(machines),
        coming: false,
    }
}

fn machine(name: &str, platform: Platform, people: &[&str]) -> Machine {
    let folder = if platform == Platform::Darwin { "darwin" } else { "nixos" };
    let at = place(&format!("modules/machines/{folder}/{name}.nix"));
    Machine {
        name: name.into(),
        platform,
        system: None,
        users: people
            .iter()
            .map(|p| MachineUser {
                name: Name::Literal((*p).into()),
                at: at.clone(),
                managed: true,
                uid: None,
                home: None,
                groups: Vec::new(),
                shell: None,
            })
            .collect(),
        at,
        primary: people.first().map(|p| (*p).into()),
        primary_because: None,
        admin: Some(people[0].into()),
        admin_because: None,
        deploy: Some(if platform == Platform::Darwin { "darwin-rebuild" } else { "clan" }.into()),
        reach: Reach::default(),
    }
}

fn aggregate(name: &str, description: &str, used_by: &[&str]) -> Aggregate {
    Aggregate {
        name: format!("aggregate-{name}"),
        at: place("modules/home/_aggregates.nix"),
        description: Some(description.into()),
        used_by: used_by.iter().map(|u| (*u).into()).collect(),
        imports: Vec::new(),
    }
}

fn fleet() -> Fleet {
    let (c, m, j, s) = ("crs58", "cameron", "janettesmith", "christophersmith");
    let users = vec![
        user(
            c,
            &["core", "shell", "development", "ai"],
            &["ssh-signing-key", "github-token"],
            &["blackphos"],
        ),
        user(m, &["core", "shell", "development"], &["github-token"], &["cinnabar"]),
        user(j, &["core", "shell"], &[], &["rosegold"]),
        user(s, &["core", "shell", "development"], &[], &["electrum"]),
    ];
    let machines = vec![
        machine("blackphos", Platform::Darwin, &[c]),
        machine("stibnite", Platform::Darwin, &[c]),
        machine("cinnabar", Platform::Nixos, &[m]),
        machine("electrum", Platform::Nixos, &[m, s]),
        machine("rosegold", Platform::Darwin, &[m, j]),
        machine("argentum", Platform::Darwin, &[m]),
    ];
    let aggregates = vec![
        aggregate("core", "XDG, SSH, fonts, basic tools", &[c, m, j, s]),
        aggregate("shell", "zsh, fish, nushell, starship", &[c, m, j, s]),
        aggregate("development", "git, editors, languages", &[c, m, s]),
        aggregate("ai", "MCP servers and helpers", &[c]),
    ];
    Fleet {
        root: PathBuf::from("/Users/raquel/fleet"),
        layout: LayoutFound { id: Some("guide".into()), evidence: Vec::new(), layout: None },
        users,
        machines,
        aggregates,
        sops: Some(SopsFile { file: ".sops.yaml".into(), text: String::new(), generated_by: None }),
        secrets: Vec::new(),
        standalone: Vec::new(),
        clan: Default::default(),
        lock: Lock::default(),
        unread: Vec::new(),
        files: Files::default(),
    }
}

fn found() -> Found {
    let places = [
        "~/.config/sops/age/keys.txt",
        "SOPS_AGE_KEY",
        "SOPS_AGE_KEY_FILE",
        "~/.ssh/id_ed25519",
        "~/.ssh/id_rsa",
    ];
    let key_place = |place: &&str| KeyPlace {
        place: (*place).to_owned(),
        is_target: place.ends_with("keys.txt"),
        ..KeyPlace::default()
    };
    let admin = Anchor {
        name: "admin".into(),
        recipient: "age1admin".into(),
        what: Some("the recovery key kept by crs58".into()),
        line: 2,
    };
    Found {
        ssh_identity: Some(SshIdentity { place: "~/.ssh/id_ed25519".into(), trouble: None }),
        key_places: places.iter().map(key_place).collect(),
        anchors: vec![admin],
        sibling_readers: Some(vec!["admin".into()]),
        ..Found::default()
    }
}
