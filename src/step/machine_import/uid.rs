//! Which user number an account gets.

use crate::fleet::{Machine, Platform};
use crate::problem::Problem;
use crate::step::Context;

/// The number, when one is written: the administrator's, else the one that the account has on this
/// very machine, else, if the fleet writes them, the person's elsewhere or the next free one.
///
/// # Errors
/// When it is somebody else's on that machine, or not what the account really has.
pub(super) fn decided(
    cx: &Context,
    machine: &Machine,
    written: bool,
) -> Result<Option<u32>, Problem> {
    let (user, host) = (cx.person.username.as_str(), machine.name.as_str());
    let decided = cx.person.account(host).uid;
    let sits_here = cx.person.hosts.contains(&cx.host.name);
    let own = sits_here.then(|| cx.host.account(user)).flatten().map(|account| account.uid);
    let real = own.filter(|_| cx.host.name == machine.name);
    if let (Some(decided), Some(real)) = (decided, real)
        && decided != real
    {
        let what = format!("the account `{user}` on {host} has uid {real}, not {decided}");
        return Err(Problem::user(what)
            .cause(format!("`id -u {user}` says {real}"))
            .hint(format!("leave out `uid` for {host}, or give {real}")));
    }
    // A Mac's account is often older than its place in the fleet.
    let real = real.filter(|_| written || machine.platform == Platform::Darwin);
    let elsewhere = || {
        let platform = machine.platform;
        let known = cx.fleet.uid_of(user, platform);
        let known = known.or(own.filter(|_| platform == Platform::of(cx.host.os)));
        let known = known.filter(|uid| cx.fleet.uid_taken(machine, *uid, user).is_none());
        written.then(|| known.unwrap_or_else(|| cx.fleet.next_uid(platform, user)))
    };
    let uid = decided.or(real).or_else(elsewhere);
    match uid.and_then(|uid| Some((uid, cx.fleet.uid_taken(machine, uid, user)?))) {
        Some((uid, (other, at))) => {
            let free = cx.fleet.next_uid(machine.platform, user);
            let shown = cx.shown(&at.file);
            Err(Problem::user(format!("uid {uid} is {other}'s on {host}"))
                .cause(format!("{shown}:{} says so", at.line))
                .hint(format!("give `{user}` another number there, such as `uid: {free}`")))
        }
        None => Ok(uid),
    }
}
