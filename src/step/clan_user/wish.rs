//! What the newcomer's instance is to say, whoever's it is modelled on.

use super::{Context, clan, user};

/// The newcomer's account on clan's machines.
#[derive(Debug, Clone)]
pub(super) struct Wish<'a> {
    pub(super) user: &'a str,
    /// Machines, in the order of the answers, each with the groups that it has beyond `groups`.
    pub(super) machines: Vec<(&'a str, Vec<String>)>,
    /// Groups that were decided for every machine. None by themselves: a group is a right.
    pub(super) groups: Vec<String>,
    pub(super) shell: Option<&'a str>,
    pub(super) uid: Option<u32>,
    pub(super) ssh_keys: &'a [String],
}

impl<'a> Wish<'a> {
    pub(super) fn of(cx: &Context<'a>, hosts: &[&'a str]) -> Self {
        let decided = |host: &str| cx.person.account(host).groups.unwrap_or_default();
        let mut groups = hosts.first().map(|host| decided(host)).unwrap_or_default();
        for host in hosts {
            let here = decided(host);
            groups.retain(|group| here.contains(group));
        }
        let more = |host: &str| {
            let mut here = decided(host);
            here.retain(|group| !groups.contains(group));
            here
        };
        let machines = hosts.iter().map(|host| (*host, more(host))).collect();
        let accounts = &cx.person.accounts;
        let of = |host: &&&'a str| accounts.get(**host);
        Self {
            user: user(cx),
            machines,
            shell: hosts.iter().filter_map(|h| of(&h)).find_map(|a| a.shell.as_deref()),
            uid: hosts.iter().filter_map(|h| of(&h)).find_map(|a| a.uid),
            ssh_keys: &cx.person.ssh_keys,
            groups,
        }
    }

    /// Whether the account may become root on one of the machines.
    pub(super) fn is_admin(&self) -> bool {
        let mut all = self.machines.iter().flat_map(|(_, more)| more).chain(&self.groups);
        all.any(|group| group == "wheel")
    }

    /// The tags of `theirs` that stand for machines of the newcomer and for no other. A tag that
    /// reaches further would give more than was asked for.
    pub(super) fn tags(&self, cx: &Context, theirs: &[String]) -> Vec<String> {
        let mine = |name: &String| {
            self.machines.iter().any(|(host, more)| host == name && more.is_empty())
        };
        let fits = |tag: &&String| clan(cx).tagged(tag).is_ok_and(|all| all.iter().all(mine));
        theirs.iter().filter(fits).cloned().collect()
    }

    /// Those that none of `tags` stands for.
    pub(super) fn named(&self, cx: &Context, tags: &[String]) -> Vec<&(&'a str, Vec<String>)> {
        let tagged = |host: &str| {
            tags.iter()
                .any(|tag| clan(cx).tag(tag).is_some_and(|t| t.machines.iter().any(|m| m == host)))
        };
        self.machines.iter().filter(|(host, _)| !tagged(host)).collect()
    }
}
