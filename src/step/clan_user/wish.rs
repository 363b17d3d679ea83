//! What the newcomer's instance is to say, whoever's it is modelled on.

use super::{Context, clan, user};
use crate::fleet::Platform;

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
        // The service makes accounts, and so groups, on NixOS alone.
        let decided = |host: &str| {
            let groups = || cx.person.account(host).groups.unwrap_or_default();
            on_nixos(cx, host).then(groups)
        };
        let lists: Vec<Vec<String>> = hosts.iter().filter_map(|host| decided(host)).collect();
        let mut groups = lists.first().cloned().unwrap_or_default();
        groups.retain(|group| lists.iter().all(|list| list.contains(group)));
        let more = |host: &str| {
            let mut here = decided(host).unwrap_or_default();
            here.retain(|group| !groups.contains(group));
            here
        };
        let machines = hosts.iter().map(|host| (*host, more(host))).collect();
        let accounts = || hosts.iter().filter_map(|host| cx.person.accounts.get(*host));
        let uid = accounts().find_map(|account| account.uid);
        // What is said in the instance holds on all of its machines.
        let everywhere = |uid: &u32| {
            accounts().count() == hosts.len() && accounts().all(|a| a.uid == Some(*uid))
        };
        Self {
            user: user(cx),
            machines,
            shell: accounts().find_map(|account| account.shell.as_deref()),
            uid: uid.filter(everywhere),
            ssh_keys: &cx.person.ssh_keys,
            groups,
        }
    }

    /// What was decided for some of the machines and can only be had on all of them, in words that
    /// follow "cannot have".
    pub(super) fn torn(&self, cx: &Context) -> Option<String> {
        let of = |host: &str| cx.person.account(host);
        let hosts = || self.machines.iter().map(|(host, _)| *host);
        // A Mac says the number in its own file.
        if let Some((host, uid)) =
            hosts().filter(|host| on_nixos(cx, host)).find_map(|host| Some((host, of(host).uid?)))
            && self.uid.is_none()
        {
            return Some(format!("uid {uid} on {host} and another elsewhere"));
        }
        let shell = self.shell?;
        let other = hosts().find_map(|host| of(host).shell.filter(|other| *other != shell))?;
        Some(format!("{shell} on one machine and {other} on another"))
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

pub(super) fn on_nixos(cx: &Context, host: &str) -> bool {
    clan(cx).machine(host).is_some_and(|machine| machine.class == Platform::Nixos)
}
