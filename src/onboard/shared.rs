//! The shared files that somebody is let into: read with the keys of whoever lets them in, and
//! looked at again afterwards.

use serde_json::json;
use zeroize::Zeroizing;

use super::Onboard;
use crate::answers::Person;
use crate::event::{Checked, Verdict};
use crate::front::Left;
use crate::problem::Problem;
use crate::question::SharedRule;
use crate::run::{Runner, shell_word};
use crate::secrets::{Found, Held, Keyring, Store};
use crate::sops::EncryptedFile;
use crate::step::Shared;
use crate::survey;

/// Asks for the passphrase of the key at a place; `None`: it stays closed.
pub type AskPassphrase = fn(&str) -> Option<Zeroizing<String>>;

/// Keys that a passphrase protects.
#[derive(Debug, Clone, Default)]
pub struct Protected {
    /// Who asks for it; nobody is asked without.
    pub ask: Option<AskPassphrase>,
    /// Those that are open.
    pub opened: Vec<Held>,
    /// Everybody is asked once in a run, however many people it is for.
    asked: bool,
}

/// Every key here, with those that were opened.
fn keys(onboard: &Onboard, runner: &mut dyn Runner) -> Keyring {
    let mut ring = Keyring::gather(&onboard.host, runner);
    ring.keys.extend(onboard.protected.opened.iter().cloned());
    ring
}

/// Opens keys that are protected where a shared file needs one of them: those that are open come
/// first, since asking for a passphrase that is not needed teaches people to type it anywhere.
pub(super) fn unlock(
    onboard: &mut Onboard,
    person: &Person,
    runner: &mut dyn Runner,
) -> Result<(), Problem> {
    let Some(ask) = onboard.protected.ask.filter(|_| !onboard.protected.asked) else {
        return Ok(());
    };
    let shared = of(onboard, person, runner)?;
    if shared.locked.is_empty() {
        return Ok(());
    }
    let mut ring = Keyring::gather(&onboard.host, runner);
    let before = ring.keys.len();
    ring.unlock(&mut |from| ask(from));
    onboard.protected.opened.extend(ring.keys.drain(before..));
    onboard.protected.asked = true;
    Ok(())
}

/// Recipients of those files that none of these keys opens.
fn closed(files: &[Found], ring: &Keyring) -> Vec<String> {
    let recipients = |file: &Found| -> Vec<String> {
        let metadata = file.metadata.as_ref();
        let stanzas = metadata.map(|metadata| metadata.stanzas().map(|s| s.recipient.clone()));
        stanzas.map(Iterator::collect).unwrap_or_default()
    };
    let is_open = |all: &Vec<String>| all.iter().any(|one| ring.place_of(one).is_some());
    files.iter().map(recipients).filter(|all| !is_open(all)).flatten().collect()
}

/// The chosen rules with their files, and the keys that open these.
pub(super) fn of(
    onboard: &Onboard,
    person: &Person,
    runner: &mut dyn Runner,
) -> Result<Shared, Problem> {
    let rules: Vec<SharedRule> = chosen(onboard, person).cloned().collect();
    let Some(store) = store(onboard)?.filter(|_| !rules.is_empty()) else {
        return Ok(Shared::default());
    };
    // With what is planned so far: somebody may have been let in before, in the same run.
    let planned = |path: &str, below: &str| store.with_text(below, onboard.fleet.text(path).ok()?);
    let files = files(onboard, &rules, &planned);
    let mut ring = keys(onboard, runner);
    // A command that a person has set may have a key for one recipient alone.
    ring.ask_commands(&closed(&files, &ring), runner);
    let is_opened =
        |from: &&str| onboard.protected.opened.iter().any(|k| k.from.starts_with(*from));
    let locked = match closed(&files, &ring).is_empty() {
        true => Vec::new(),
        false => ring.locked().filter(|from| !is_opened(from)).map(str::to_owned).collect(),
    };
    Ok(Shared { rules, files, keys: ring.keys, locked })
}

fn chosen<'o>(onboard: &'o Onboard, person: &'o Person) -> impl Iterator<Item = &'o SharedRule> {
    let is_chosen = |rule: &&SharedRule| person.shared.iter().any(|name| rule.is_meant(name));
    onboard.found.shared.iter().filter(is_chosen)
}

fn store(onboard: &Onboard) -> Result<Option<Store>, Problem> {
    let Some(sops) = &onboard.fleet.sops else { return Ok(None) };
    Store::read(&onboard.fleet.at(&sops.file), &onboard.host).map(Some)
}

/// The files of these rules, each looked at by its path below the fleet and below the rules' folder.
fn files(
    onboard: &Onboard,
    rules: &[SharedRule],
    look: &dyn Fn(&str, &str) -> Option<Found>,
) -> Vec<Found> {
    let folder = onboard.fleet.sops.as_ref().and_then(|sops| sops.file.parent());
    let below = |file: &String| match folder {
        Some(folder) => survey::below(file, folder),
        None => file.clone(),
    };
    let files = rules.iter().flat_map(|rule| &rule.files);
    files.filter_map(|file| look(file, &below(file))).collect()
}

/// What the files on disk show: the newcomer is among their recipients, and they open, MAC and all,
/// with a key of whoever let them in. Their own secrets file is one of them.
pub(super) fn proofs(onboard: &Onboard, person: &Person, runner: &mut dyn Runner) -> Vec<Checked> {
    let rules: Vec<SharedRule> = chosen(onboard, person).cloned().collect();
    if onboard.subject.is_oneself() || person.key.file.is_some() {
        return Vec::new();
    }
    let Ok(Some(store)) = store(onboard) else { return Vec::new() };
    let ring = keys(onboard, runner);
    let mut proofs = Vec::new();
    let on_disk = |_: &str, below: &str| store.look(below);
    let shared = files(onboard, &rules, &on_disk);
    if !shared.is_empty() {
        proofs.extend(look(&shared, person, &ring, "shared"));
    }
    let own = survey::secrets_path(&onboard.fleet, &person.username);
    let own = own.and_then(|path| {
        let folder = onboard.fleet.sops.as_ref()?.file.parent()?;
        store.look(&survey::below(&path, folder))
    });
    if let Some(own) = own {
        proofs.extend(look(std::slice::from_ref(&own), person, &ring, "own"));
    }
    proofs
}

/// How one file is.
struct Seen {
    /// It names the newcomer's key.
    theirs: bool,
    /// It opens with a key here and its MAC is right; `None`: no key here is among its recipients.
    opens: Option<bool>,
}

fn look(files: &[Found], person: &Person, ring: &Keyring, kind: &str) -> Vec<Checked> {
    let seen: Vec<Seen> = files.iter().map(|file| see(file, person, ring)).collect();
    let user = &person.username;
    let (all, theirs) = (seen.len(), seen.iter().filter(|seen| seen.theirs).count());
    let what = |kind: &str| match (kind, all) {
        ("own", _) => files[0].path.clone(),
        (_, 1) => "the shared file".to_owned(),
        (_, n) => format!("{n} shared files"),
    };
    let are = if all == 1 { "is" } else { "are" };
    let mut facts = vec![fact(
        "newcomer-can-read",
        if theirs == all { Verdict::Holds } else { Verdict::DoesNotHold },
        match theirs == all {
            true => format!("{} {are} encrypted to {user}'s key.", what(kind)),
            false => format!("Only {theirs} of {all} files are encrypted to {user}'s key."),
        },
        all,
    )];
    let tried: Vec<bool> = seen.iter().filter_map(|seen| seen.opens).collect();
    let fine = tried.iter().filter(|opens| **opens).count();
    if !tried.is_empty() {
        let words = match (fine == tried.len(), tried.len(), kind) {
            (true, 1, "own") => "It opens with your key too, and its MAC verifies.".to_owned(),
            (true, 1, _) => "1 shared file opens with your key, and its MAC verifies.".to_owned(),
            (true, n, _) => format!("{n} shared files open with your key, and their MACs verify."),
            (false, n, _) => format!("{} of {n} do not open with your key any more.", n - fine),
        };
        let verdict = if fine == tried.len() { Verdict::Holds } else { Verdict::DoesNotHold };
        facts.push(fact("secrets-open", verdict, words, tried.len()));
    }
    let closed = all - tried.len();
    if closed > 0 {
        let words = match kind {
            "own" => format!("Whether {} is whole: none of your keys opens it.", what(kind)),
            _ => format!(
                "Whether {closed} of {} are whole: none of your keys opens them.",
                what(kind)
            ),
        };
        facts.push(fact("secrets-open", Verdict::NotChecked, words, closed));
    }
    facts
}

fn see(file: &Found, person: &Person, ring: &Keyring) -> Seen {
    let format = crate::secrets::store::format_of(&file.path);
    let Ok(parsed) = EncryptedFile::parse(&file.text, format) else {
        return Seen { theirs: false, opens: Some(false) };
    };
    let own = &person.key.recipient;
    let known = parsed.metadata().stanzas().any(|s| ring.place_of(&s.recipient).is_some());
    Seen {
        theirs: parsed.metadata().stanzas().any(|stanza| stanza.recipient == *own),
        opens: known.then(|| parsed.open(&ring.identities()).is_ok()),
    }
}

fn fact(what: &'static str, verdict: Verdict, words: String, files: usize) -> Checked {
    let mut data = serde_json::Map::new();
    data.insert("files".to_owned(), json!(files));
    Checked { what, verdict, words, data }
}

/// Shared files that are still closed to the newcomer, for somebody who can open them.
pub(super) fn left(onboard: &Onboard, person: &Person) -> Vec<Left> {
    let rules: Vec<SharedRule> = chosen(onboard, person).cloned().collect();
    let Ok(Some(store)) = store(onboard) else { return Vec::new() };
    let folder = onboard.host.typed(store.folder());
    let is_closed = |file: &Found| {
        let metadata = file.metadata.as_ref().ok();
        !metadata.is_some_and(|m| m.stanzas().any(|s| s.recipient == person.key.recipient))
    };
    let one = |rule: &SharedRule| -> Vec<Left> {
        let who = match rule.readers.as_slice() {
            [] => "somebody who can open it".to_owned(),
            readers => readers.join(" or "),
        };
        let on_disk = |_: &str, below: &str| store.look(below);
        let files = files(onboard, std::slice::from_ref(rule), &on_disk);
        let closed = files.iter().filter(|file| is_closed(file));
        let command = |file: &Found| {
            let command = format!("cd {folder} && sops updatekeys {}", shell_word(&file.path));
            Left {
                who: who.clone(),
                what: "encrypt-again",
                words: format!(
                    "Encrypt {} again, so that {} can read it. The command is: {command}",
                    file.path, person.username
                ),
                data: json!({ "file": file.path }).as_object().cloned().unwrap_or_default(),
            }
        };
        closed.map(command).collect()
    };
    rules.iter().flat_map(one).collect()
}
