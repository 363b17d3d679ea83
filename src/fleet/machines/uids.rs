//! User numbers of the fleet: whose is whose, and which comes next.

use crate::fleet::{Fleet, Machine, Place, Platform};
use crate::nix::{Part, Pattern};

use super::ACCOUNTS;

/// People's numbers on each platform; systems keep the others for themselves.
fn range(platform: Platform) -> std::ops::Range<u32> {
    let end = match platform {
        Platform::Darwin => 1000,
        Platform::Nixos => 30_000,
    };
    platform.first_uid()..end
}

impl Fleet {
    /// The number that a person has on the machines of `platform` that declare one.
    pub fn uid_of(&self, name: &str, platform: Platform) -> Option<u32> {
        let machines = self.machines.iter().filter(|machine| machine.platform == platform);
        let mut users = machines.flat_map(|machine| &machine.users);
        users.find(|user| user.name.text() == name && user.uid.is_some())?.uid
    }

    /// The number for `newcomer` after the highest that the fleet declares on machines of
    /// `platform`, and after those that systems give out by themselves, one after the other, to
    /// people of a machine that declares none for them.
    pub fn next_uid(&self, platform: Platform, newcomer: &str) -> u32 {
        let range = range(platform);
        let machines = || self.machines.iter().filter(|machine| machine.platform == platform);
        let others = |machine: &Machine| {
            let others = machine.users.iter().filter(|user| user.name.text() != newcomer);
            let unnumbered = others.clone().any(|user| user.uid.is_none());
            if unnumbered { u32::try_from(others.count()).unwrap_or(0) } else { 0 }
        };
        let given_out = machines().map(others).max().unwrap_or(0);
        let uids = machines().flat_map(|machine| &machine.users).filter_map(|user| user.uid);
        let declared = uids.filter(|uid| range.contains(uid)).max().map_or(range.start, |u| u + 1);
        declared.max(range.start + given_out)
    }

    /// Who else has this number on the machine, and where it is declared.
    pub fn uid_taken(
        &self,
        machine: &Machine,
        uid: u32,
        by_other_than: &str,
    ) -> Option<(String, Place)> {
        let declared = Pattern::exact(&["uid"]);
        self.found_on(machine).iter().find_map(|found| {
            let path = &found.binding.path;
            let name = found.below(&ACCOUNTS).and_then(Part::name)?;
            let value = found.source.literal(found.binding.value)?.int()?;
            let taken = path.ends_with(&declared) && value == i64::from(uid);
            (taken && name != by_other_than).then(|| (name.to_owned(), found.place()))
        })
    }
}
