//! The person whose files a newcomer's are modelled on.

use std::cmp::Reverse;

use crate::answers::Mode;

use super::{Fleet, Platform, User};

impl Fleet {
    /// The existing person most like somebody new on `host`: of those with a module of their own,
    /// one who was there before the run, then on the same host, then on most machines of the
    /// platform, then with a home configuration if the newcomer will have one, then with the most
    /// common set of aggregates, then the first by name.
    pub fn neighbour(&self, host: Option<&str>, platform: Platform, mode: Mode) -> Option<&User> {
        let people = self.people();
        let people: Vec<&User> = people.collect();
        people.iter().copied().min_by_key(|user| {
            let here = host.is_some_and(|host| user.machines.iter().any(|m| m == host));
            let alone = self.standalone.iter().any(|s| s.user.as_ref() == Some(&user.name));
            let common = people.iter().filter(|other| other.aggregates == user.aggregates).count();
            Reverse((
                !user.coming,
                here,
                self.machines_of(user, platform),
                mode == Mode::Standalone && alone,
                common,
                Reverse(user.name.as_str()),
            ))
        })
    }

    fn machines_of(&self, user: &User, platform: Platform) -> usize {
        let on_platform =
            |name: &&String| self.machine(name).is_some_and(|m| m.platform == platform);
        user.machines.iter().filter(on_platform).count()
    }
}
