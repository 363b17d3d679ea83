//! User numbers of the fleet: whose is whose, and which comes next.

use crate::fleet::{Fleet, Machine, Place, Platform};
use crate::nix::{Part, Pattern};

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

    /// The number after the highest that the fleet declares on machines of `platform`.
    pub fn next_uid(&self, platform: Platform) -> u32 {
        let range = range(platform);
        let machines = self.machines.iter().filter(|machine| machine.platform == platform);
        let uids = machines.flat_map(|machine| &machine.users).filter_map(|user| user.uid);
        uids.filter(|uid| range.contains(uid)).max().map_or(range.start, |uid| uid + 1)
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
            let name = path.below(&["users", "users"]).and_then(Part::name)?;
            let value = found.source.literal(found.binding.value)?.int()?;
            let taken = path.ends_with(&declared) && value == i64::from(uid);
            (taken && name != by_other_than).then(|| (name.to_owned(), found.place()))
        })
    }
}
