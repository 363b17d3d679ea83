//! Checks that are one question to the machine each.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::asked::{Asked, always, as_is, nothing};
use super::finding::{Fix, Risk};
use super::{Finding, Group, Scene, Severity};
use crate::activate::after::AGENT;
use crate::host::Os;
use crate::plan::Change;
use crate::run::Command;

use Severity::{Error, Warning};

/// What keeps a home from being built or put in place.
pub(super) const BUILD: &[&str] = &[
    "nix-missing",
    "nix-not-on-path",
    "nix-store-volume-service-missing",
    "nix-daemon-not-running",
    "experimental-features-disabled",
    "disk-full",
    "git-repo-not-owned",
    "fleet-unreadable",
    "merge-conflict",
    "nix-syntax-error",
    "untracked-file",
    "ignored-file",
    "module-wrong-name",
    "user-module-missing",
    "home-env-mismatch",
    "home-stateversion-missing",
    "module-not-imported",
    "flake-attr-missing",
    "wrong-system",
    "hm-module-in-system-config",
    "system-user-home-unset",
    "secret-key-not-in-file",
    "secrets-file-missing",
    "file-not-encrypted",
    "file-would-be-clobbered",
    "per-user-profile-permission",
    "profile-package-collision",
    "package-collision",
    "unfree-package",
    "private-input-unreachable",
    "darwin-primary-user-unset",
    "determinate-conflict",
    "known-user-without-number",
    "etc-file-exists",
    "nixbld-id-mismatch",
];

/// What keeps secrets from being opened.
pub(super) const SECRETS: &[&str] = &[
    "key-file-missing",
    "key-file-wrong-macos-path",
    "key-not-in-place",
    "age-key-malformed",
    "key-file-is-directory",
    "key-file-unusable",
    "key-not-recipient",
    "updatekeys-not-run",
    "ssh-recipient-not-converted",
    "ssh-key-wrong-format",
    "shamir-group-threshold",
    "file-has-no-recipients",
    "file-not-encrypted",
    "mac-mismatch",
    "secret-key-not-in-file",
    "secrets-file-missing",
    "launchd-no-gui-session",
    "launchd-bootstrap-eio",
    "launchd-plist-bad-permissions",
    "launchd-service-disabled",
    "launchd-agent-program-missing",
    "launchd-agent-empty-path",
    "launchd-agent-loaded-as-root",
    "agent-failed",
    "user-systemd-not-running",
    "sops-nix-unit-not-found",
    "secrets-dir-exists",
    "secrets-parent-dir-missing",
    "home-not-active",
];

pub(super) static STORE: Asked = Asked {
    id: "store",
    group: Group::Nix,
    title: "the Nix store is there",
    question: "store-volume",
    about: nothing,
    applies: always,
    says: &[("empty", "nix-store-volume-service-missing", Error)],
    follows: &["nix-missing"],
    mend: store_of_this_system,
};

/// The catalogue speaks of the volume of a Mac.
fn store_of_this_system(scene: &Scene, _: &str, finding: Finding) -> Finding {
    if scene.host.os == Os::Darwin {
        return finding;
    }
    finding.said("/nix/store is empty or not there").by(
        Risk::ForAdmin,
        "Mount or install /nix",
        &["Mount what /nix is kept on, or install Nix.".to_owned()],
    )
}

pub(super) static DAEMON: Asked = Asked {
    id: "daemon",
    group: Group::Nix,
    title: "Nix's service answers",
    question: "daemon",
    about: nothing,
    // Whoever may write the store needs no service (libstore's `auto`).
    applies: |scene| {
        use std::os::unix::fs::MetadataExt as _;
        let owner = fs::metadata(scene.system("nix/var/nix")).map(|found| found.uid());
        !scene.host.is_root() && owner.ok() != Some(scene.host.account.uid)
    },
    says: &[
        ("no-socket", "nix-daemon-not-running", Error),
        ("refused", "nix-daemon-not-running", Error),
        ("not-allowed", "nix-daemon-not-running", Error),
        ("local", "nix-store-permission-denied", Warning),
    ],
    follows: &["nix-missing", "nix-store-volume-service-missing"],
    mend: as_is,
};

pub(super) static SPACE: Asked = Asked {
    id: "space",
    group: Group::Nix,
    title: "there is room on the disk",
    question: "space",
    about: nothing,
    applies: always,
    says: &[("full", "disk-full", Error)],
    follows: &[],
    mend: as_is,
};

pub(super) static CERTIFICATES: Asked = Asked {
    id: "certificates",
    group: Group::Nix,
    title: "the certificates that Nix is told of are there",
    question: "certificates",
    about: nothing,
    applies: |scene| {
        scene.host.var("NIX_SSL_CERT_FILE").is_some_and(|file| !fs::exists(file).unwrap_or(false))
    },
    says: &[("missing", "ssl-cert-problem", Error)],
    follows: &[],
    mend: as_is,
};

pub(super) static LEFTOVER: Asked = Asked {
    id: "installer-leftover",
    group: Group::Nix,
    title: "no failed installation of Nix is left",
    question: "installer-leftover",
    about: nothing,
    // Beside a Nix that works they are what the installer keeps for the day it is taken away.
    applies: |scene| {
        scene.host.tool("nix").is_none() && !scene.system("nix/var/nix/profiles/default").exists()
    },
    says: &[("there", "installer-leftover-backup", Warning)],
    follows: &[],
    mend: as_is,
};

pub(super) static ACCOUNT: Asked = Asked {
    id: "account",
    group: Group::Identity,
    title: "the machine's configuration declares your account",
    question: "account",
    about: |scene| vec![("name", scene.user.clone())],
    // A home that is activated alone needs no account in the fleet.
    applies: |scene| {
        let is_bound = |machine: &crate::fleet::Machine| machine.binds(&scene.user);
        scene.machine().is_some_and(is_bound)
    },
    says: &[("not-declared", "user-not-declared-on-machine", Error)],
    follows: &["nix-syntax-error"],
    mend: as_is,
};

pub(super) static UID: Asked = Asked {
    id: "uid",
    group: Group::Identity,
    title: "your account has the number that the fleet says",
    question: "uid",
    about: nothing,
    applies: |scene| {
        let is_numbered = |machine: &crate::fleet::Machine| {
            machine.users.iter().any(|u| u.name.text() == scene.user && u.uid.is_some())
        };
        scene.machine().is_some_and(is_numbered)
    },
    says: &[("differs", "uid-mismatch", Error)],
    follows: &[],
    mend: as_is,
};

pub(super) static USER_VARIABLE: Asked = Asked {
    id: "user-variable",
    group: Group::Identity,
    title: "USER is set",
    question: "variable",
    about: |_| vec![("name", "USER".to_owned())],
    applies: always,
    says: &[("unset", "user-env-unset", Warning)],
    follows: &[],
    mend: as_is,
};

pub(super) static HOME_VARIABLE: Asked = Asked {
    id: "home-variable",
    group: Group::Identity,
    title: "HOME is your account's home folder",
    question: "home",
    about: |scene| vec![("expected", scene.host.account.home.display().to_string())],
    applies: always,
    says: &[("differs", "home-env-mismatch", Warning)],
    follows: &[],
    mend: as_is,
};

pub(super) static USER_SYSTEMD: Asked = Asked {
    id: "user-systemd",
    group: Group::Agent,
    title: "systemd runs your services",
    question: "user-systemd",
    about: nothing,
    applies: |scene| scene.host.os == Os::Linux && scene.wants_secrets(),
    says: &[("not-running", "user-systemd-not-running", Warning)],
    follows: &[],
    mend: as_is,
};

pub(super) static USER_UNIT: Asked = Asked {
    id: "user-unit",
    group: Group::Agent,
    title: "systemd knows the unit that opens your secrets",
    question: "user-unit",
    about: nothing,
    applies: |scene| scene.host.os == Os::Linux && scene.wants_secrets() && scene.is_active(),
    says: &[("unknown-unit", "sops-nix-unit-not-found", Error)],
    follows: &["user-systemd-not-running", "home-not-active"],
    mend: |scene, _, finding| {
        let reload = Command::new("systemctl").args(["--user", "daemon-reload"]);
        finding.fix(Fix::run(
            "user-unit",
            "Have systemd look again",
            &scene.host.home,
            vec![reload],
        ))
    },
};

pub(super) static GUI_SESSION: Asked = Asked {
    id: "gui-session",
    group: Group::Agent,
    title: "you are logged in on the screen",
    question: "gui-session",
    about: nothing,
    applies: |scene| scene.host.os == Os::Darwin && scene.wants_secrets(),
    says: &[("none", "launchd-no-gui-session", Warning)],
    follows: &[],
    mend: as_is,
};

pub(super) static LOADED_AGENT: Asked = Asked {
    id: "agent",
    group: Group::Agent,
    title: "the agent that opens your secrets is loaded",
    question: "agent",
    about: |_| vec![("label", AGENT.to_owned())],
    applies: |scene| scene.host.os == Os::Darwin && scene.wants_secrets() && scene.is_active(),
    says: &[
        ("no-plist", "launchd-bootstrap-eio", Error),
        ("bad-plist-mode", "launchd-plist-bad-permissions", Error),
        ("bad-plist", "launchd-bootstrap-eio", Error),
        ("empty-path", "launchd-agent-empty-path", Error),
        ("as-root", "launchd-agent-loaded-as-root", Error),
        ("other-domain", "launchd-bootstrap-eio", Warning),
        ("disabled", "launchd-service-disabled", Error),
        ("not-loaded", "launchd-bootstrap-eio", Error),
        ("program-missing", "launchd-agent-program-missing", Error),
        ("failed-78", "launchd-agent-program-missing", Error),
    ],
    follows: &["launchd-no-gui-session", "nix-store-volume-service-missing"],
    mend: start_agent,
};

/// For a fleet in which every activation ends with this (Mic92/sops-nix#910).
const AFTER_AGENTS: &str = "If it comes back: home.activation.sops-nix must be ordered with lib.hm.dag.entryAfter [ \"setupLaunchAgents\" ].";

/// Whatever launchd can do again for the person's own agent.
fn start_agent(scene: &Scene, what: &str, finding: Finding) -> Finding {
    let plist = scene.host.home.join(format!("Library/LaunchAgents/{AGENT}.plist"));
    let domain = format!("gui/{}", scene.host.account.uid);
    let service = format!("{domain}/{AGENT}");
    let launchctl = |args: &[&str]| Command::new("launchctl").args(args);
    let bootstrap = launchctl(&["bootstrap", &domain, &plist.display().to_string()]);
    let (title, commands) = match what {
        "no-plist" => {
            // home-manager brings it with an activation.
            let lines = [format!("doorstep onboard --as {}", scene.user), AFTER_AGENTS.to_owned()];
            let title = "Activate your home again: it installs the plist";
            let finding = finding.said("macOS cannot load the agent: its plist is not there");
            return finding.by(Risk::ByHand, title, &lines);
        }
        "bad-plist" => {
            let finding = finding.said("the agent's plist is damaged, or another agent's");
            let lines = [
                format!("plutil -lint {}", scene.host.typed(&plist)),
                format!("doorstep onboard --as {}", scene.user),
            ];
            return finding.by(Risk::ByHand, "Have your home put there again", &lines);
        }
        "other-domain" => {
            let finding = finding.said("the agent is loaded where it does not come back by itself");
            let user = format!("user/{}/{AGENT}", scene.host.account.uid);
            let lines = [launchctl(&["bootout", &user]).typed(), bootstrap.typed()];
            return finding.by(Risk::ByHand, "Load it in the session of the screen", &lines);
        }
        "not-loaded" => ("Load the agent", vec![bootstrap]),
        "disabled" => ("Switch the agent on", vec![launchctl(&["enable", &service])]),
        "program-missing" | "failed-78" => {
            ("Start the agent again", vec![launchctl(&["kickstart", "-k", &service])])
        }
        _ => return plist_for_nobody_else(scene, finding),
    };
    finding.fix(Fix::run("agent", title, &scene.host.home, commands))
}

/// An agent's plist that others can write is given back its mode; whose it is, only root can change.
fn plist_for_nobody_else(scene: &Scene, finding: Finding) -> Finding {
    if finding.id != "launchd-plist-bad-permissions" {
        return finding;
    }
    let plist = scene.host.home.join(format!("Library/LaunchAgents/{AGENT}.plist"));
    let own = fs::symlink_metadata(&plist).ok().filter(|found| {
        use std::os::unix::fs::MetadataExt as _;
        found.is_file() && found.uid() == scene.host.account.uid
    });
    let Some(found) = own else { return finding };
    let before = found.permissions().mode() & 0o7777;
    let after = before & !0o022;
    let fix = Fix::plan("plist-mode", "Protect the plist", vec![scene.host.home.clone()])
        .why("macOS loads only what nobody else can write.")
        .by_hand(format!("chmod {after:04o} {}", scene.host.typed(&plist)))
        .changes(vec![Change::Mode { path: plist, before, after }]);
    finding.fix(fix)
}

pub(super) static PROFILE_FOLDER: Asked = Asked {
    id: "profile-folder",
    group: Group::Home,
    title: "there is a folder for your profile",
    question: "profile-folder",
    about: nothing,
    applies: |scene| !scene.is_active(),
    // An activation by doorstep makes it; only a bare one stops.
    says: &[("missing", "profile-dir-missing", Warning)],
    follows: &["home-not-active"],
    mend: as_is,
};

pub(super) static PER_USER_PROFILE: Asked = Asked {
    id: "per-user-profile",
    group: Group::Home,
    title: "the old folder of your profile is yours",
    question: "per-user-profile",
    about: nothing,
    applies: |scene| {
        scene.system(&format!("nix/var/nix/profiles/per-user/{}", scene.host.account.name)).exists()
    },
    says: &[("not-yours", "per-user-profile-permission", Error)],
    follows: &[],
    mend: as_is,
};
