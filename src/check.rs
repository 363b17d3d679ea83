//! What may be wrong on this machine and in this fleet, looked for: one file a check.
//!
//! Checks only look. What they find is a [`Finding`] with how it is known and what to do; a fix that
//! is safe is a [`Plan`](crate::plan::Plan), so it is shown, applied and taken back like any other.
//! They run side by side, and one that hangs is left behind and said so ([`run()`]).
//!
//! What is to be known of a cause (why it happens, whose turn it is) stands once, in
//! `assets/diagnosis`; a look at the machine that tells causes apart stands once, in
//! [`crate::explain::machine`]. Never a fix here: deleting a volume, taking over system folders,
//! editing somebody else's key, trusting a user.

mod asked;
mod finding;
pub mod report;
mod run;
mod scene;

mod agent_log;
mod anchors;
mod apps;
mod build_users;
mod clan_key;
mod clan_vars;
mod dconf;
mod disk_access;
mod etc_files;
mod evaluation;
mod gitignored;
mod hand_installed;
mod home_active;
mod home_files;
mod home_module;
mod home_text;
mod imported;
mod key_files;
mod key_groups;
mod key_place;
mod key_reads;
mod key_variables;
mod known_users;
mod last_run;
mod layout;
mod mac_settings;
mod machine;
mod machine_file;
mod module_name;
mod nix_features;
mod nix_files;
mod nix_installed;
mod nix_trust;
mod on_disk;
mod own_system;
mod plugins;
mod private_inputs;
mod releases;
mod repository;
mod rule;
mod sealing;
mod secrets_encrypted;
mod secrets_mount;
mod secrets_named;
mod secrets_readers;
mod secrets_whole;
mod shadowed;
mod sops_found;
mod sops_yaml;
mod ssh_key;
mod standalone_name;
mod tracked;
mod two_versions;
mod unfree;
mod user_module;

use std::fmt;
use std::time::Duration;

use crate::run::Runner;

pub use finding::{Evidence, Finding, Fix, How, Risk, Severity};
pub(crate) use last_run::has_failed;
pub use run::{BOUND, Heard, run, run_unless};
pub use scene::Scene;

/// One thing that is looked at.
pub trait Check: Sync {
    /// Its id, which never changes: `--only` takes it.
    fn id(&self) -> &'static str;

    fn group(&self) -> Group;

    /// What is fine if nothing is found, in a few words.
    fn title(&self) -> &'static str;

    /// How long it may take, where that is longer than what others get.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// Whether it has a meaning here: launchd has none on Linux.
    fn applies(&self, _: &Scene) -> bool {
        true
    }

    /// Looks, and changes nothing.
    ///
    /// # Errors
    /// It cannot be told, with the reason.
    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked>;
}

/// Why something could not be looked at, in words that follow `not checked:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotChecked(pub String);

impl NotChecked {
    pub fn because(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for NotChecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a check is about. In this order a cause is likelier than its consequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    Nix,
    Fleet,
    Identity,
    Keys,
    SopsYaml,
    Secrets,
    Agent,
    Disk,
    Home,
    Clan,
}

impl Group {
    pub const ALL: [Self; 10] = [
        Self::Nix,
        Self::Fleet,
        Self::Identity,
        Self::Keys,
        Self::SopsYaml,
        Self::Secrets,
        Self::Agent,
        Self::Disk,
        Self::Home,
        Self::Clan,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Nix => "nix",
            Self::Fleet => "fleet",
            Self::Identity => "identity",
            Self::Keys => "keys",
            Self::SopsYaml => "sops.yaml",
            Self::Secrets => "secrets",
            Self::Agent => "agent",
            Self::Disk => "disk",
            Self::Home => "home",
            Self::Clan => "clan",
        }
    }

    /// Whether it is about the account that runs doorstep: of another person's nothing can be told.
    fn is_own(self) -> bool {
        matches!(self, Self::Identity | Self::Keys | Self::Agent | Self::Disk | Self::Home)
    }
}

/// Every check, in the order in which what they find is told.
pub const CHECKS: &[&dyn Check] = &[
    &nix_installed::NixInstalled,
    &machine::STORE,
    &machine::DAEMON,
    &nix_features::NixFeatures,
    &machine::SPACE,
    &machine::CERTIFICATES,
    &machine::LEFTOVER,
    &etc_files::EtcFiles,
    &build_users::BuildUsers,
    &disk_access::DiskAccess,
    &nix_trust::NixTrust,
    &repository::Repository,
    &nix_files::NixFiles,
    &layout::KnownLayout,
    &tracked::Tracked,
    &gitignored::Ignored,
    &module_name::ModuleName,
    &user_module::UserModule,
    &home_module::HomeModule,
    &imported::Imported,
    &standalone_name::StandaloneName,
    &own_system::OwnSystem,
    &private_inputs::PrivateInputs,
    &releases::Releases,
    &machine_file::MachineFile,
    &mac_settings::MacSettings,
    &machine::ACCOUNT,
    &machine::UID,
    &known_users::KnownUsers,
    &machine::USER_VARIABLE,
    &machine::HOME_VARIABLE,
    &key_variables::KeyVariables,
    &key_files::KeyFiles,
    &key_place::KeyPlaces,
    &ssh_key::SshKey,
    &sops_yaml::SopsYaml,
    &sops_found::SopsFound,
    &anchors::Anchors,
    &shadowed::Shadowed,
    &rule::RuleFor,
    &secrets_encrypted::Encrypted,
    &secrets_whole::Whole,
    &key_reads::KeyReads,
    &key_groups::KeyGroups,
    &plugins::Plugins,
    &secrets_readers::Readers,
    &secrets_named::Named,
    &machine::USER_SYSTEMD,
    &machine::USER_UNIT,
    &machine::GUI_SESSION,
    &machine::LOADED_AGENT,
    &agent_log::AgentLog,
    &on_disk::LinkTarget,
    &on_disk::OnDisk,
    &secrets_mount::Mount,
    &machine::PROFILE_FOLDER,
    &machine::PER_USER_PROFILE,
    &home_active::HomeActive,
    &home_files::HomeFiles,
    &hand_installed::HandInstalled,
    &two_versions::TwoVersions,
    &unfree::Unfree,
    &dconf::Dconf,
    &apps::Apps,
    &last_run::LastRun,
    &clan_key::ClanKey,
    &clan_vars::ClanVars,
];

/// Checks that take long, or reach the network: made only when they are asked for by name.
pub const ASKED: &[&dyn Check] = &[&evaluation::Evaluation];

/// The check of this id.
pub fn named(id: &str) -> Option<&'static dyn Check> {
    CHECKS.iter().chain(ASKED).copied().find(|check| check.id() == id)
}

#[cfg(test)]
mod tests;
