//! All that bringing somebody in can take, as one plan: an instance of a clan for four machines, a
//! Mac's own file beside it, a key, a rule, three shared rules and their twenty files, what clan
//! makes, and the update of every machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use doorstep::sops::{EncryptedFile, Format};

use super::Admin;
use crate::world::{run, tool};

/// How many moments are tried side by side, each in a fleet of its own.
const AT_ONCE: usize = 3;

impl Admin {
    fn whole(&self) -> String {
        self.answers(format!(
            "username: zoe\nname: Zoe\nemail: zoe@example.com\nhosts: [quartz, slate, shale, \
             marl]\nkey: {}\nshared: [secrets/shared/00.sops.yaml, secrets/team/01.sops.yaml, \
             secrets/wifi.sops.yaml]\ndeploy: now\n",
            self.zoe.recipient()
        ))
    }

    /// What clan has made, which undo leaves to clan.
    fn made_by_clan(&self) -> Vec<PathBuf> {
        let made = ["vars", "sops/users/zoe"].map(|folder| self.fleet(folder));
        made.into_iter().filter(|folder| folder.exists()).collect()
    }

    /// Keeps a copy of fleet and home as they are.
    fn keep(&self) {
        let kept = self.at("kept");
        fs::create_dir(&kept).unwrap();
        run(tool("cp", ["-a"]).args([self.at("fleet"), self.at("home"), kept])).expect(0);
    }

    /// Fleet and home as they were kept.
    fn put_back(&self) {
        for folder in ["fleet", "home"] {
            fs::remove_dir_all(self.at(folder)).unwrap();
            fs::rename(self.at("kept").join(folder), self.at(folder)).unwrap();
        }
        fs::remove_dir(self.at("kept")).unwrap();
    }

    /// As if nothing had been run here.
    fn forget(&self) {
        self.made_by_clan().iter().for_each(|folder| fs::remove_dir_all(folder).unwrap());
        let _ = fs::remove_dir_all(self.at("home/.local"));
    }

    /// The picture of a finished run, without what chance decides: of a file that is encrypted
    /// again the stanzas, of a new one all but whose it is and what is in it.
    fn outcome(&self, before: &BTreeMap<PathBuf, String>) -> BTreeMap<PathBuf, String> {
        let mut picture = self.picture();
        for (path, content) in &mut picture {
            if path.to_string_lossy().ends_with(".sops.yaml") && path.is_file() {
                let text = fs::read_to_string(path).unwrap();
                *content = self.readable(path, &text, before.contains_key(path));
            }
        }
        picture
    }

    fn readable(&self, path: &Path, text: &str, kept: bool) -> String {
        if path.ends_with(".sops.yaml") && !text.contains("ENC[") {
            return text.to_owned();
        }
        let Ok(file) = EncryptedFile::parse(text, Format::Yaml) else { return text.to_owned() };
        let recipients: Vec<_> = file.metadata().stanzas().map(|s| s.recipient.clone()).collect();
        let opened = file.open(std::slice::from_ref(&self.zoe));
        let opens = opened.map_or_else(|e| e.to_string(), |_| "opens".to_owned());
        let mut inside = false;
        let lines = text.lines().filter(|line| {
            inside |= line.contains("BEGIN AGE ENCRYPTED FILE");
            let is_chance = inside;
            inside &= !line.contains("END AGE ENCRYPTED FILE");
            kept && !is_chance
        });
        format!(
            "{recipients:?} {:?} {opens}\n{}",
            file.names(),
            lines.collect::<Vec<_>>().join("\n")
        )
    }
}

/// Every moment of the run at which it can be killed: those that come more than once, each time.
fn moments() -> Vec<String> {
    let admin = Admin::of_a_clan();
    let list = admin.at("moments");
    let file = admin.whole();
    run(admin.onboard(&file, &[]).env("DOORSTEP_TEST_CHECKPOINTS", &list)).expect(0);
    let text = fs::read_to_string(list).unwrap();
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    let numbered = text.lines().map(|name| {
        let time = met.entry(name).or_default();
        *time += 1;
        if *time == 1 { name.to_owned() } else { format!("{name}@{time}") }
    });
    numbered.collect()
}

#[test]
fn one_plan_one_receipt_one_undo() {
    let admin = Admin::of_a_clan();
    let before = admin.picture();
    let file = admin.whole();
    let ran = run(&mut admin.onboard(&file, &["--json"])).expect(0);
    let steps = ran.events()[0]["steps"].clone();
    let ids: Vec<&str> =
        steps.as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap()).collect();
    insta::assert_snapshot!(ids.join("\n"), @r"
    sops-yaml
    rekey
    secrets-file
    user-module
    machine-import
    clan-user
    track
    clan-key
    clan-vars
    deploy:marl
    deploy:quartz
    deploy:shale
    deploy:slate
    ");
    assert_eq!(admin.open_to_zoe(), 20);
    assert_eq!(admin.receipts(), 1);
    let log = fs::read_to_string(admin.at("log")).unwrap();
    insta::assert_snapshot!(log.replace(admin.zoe.recipient().as_str(), "KEY"), @r"
    clan secrets users add zoe KEY
    clan vars generate marl shale slate
    ssh -o BatchMode=yes -o ConnectTimeout=10 -- root@marl.example.net true
    clan machines update marl
    ssh -o BatchMode=yes -o ConnectTimeout=10 -- root@quartz.example.net true
    clan machines update quartz
    ssh -o BatchMode=yes -o ConnectTimeout=10 -- root@shale.example.net true
    clan machines update shale
    ssh -o BatchMode=yes -o ConnectTimeout=10 -- root@slate.example.net true
    clan machines update slate
    ");

    let undone = run(&mut admin.doorstep(&["undo"])).expect(0).stdout;
    insta::assert_snapshot!(undone.replace(admin.zoe.recipient().as_str(), "KEY"), @"Taken back: 7 of 13 steps. Left alone: `clan machines update slate`, slate keeps what it runs; the generation before is still on it; `clan machines update shale`, shale keeps what it runs; the generation before is still on it; `clan machines update quartz`, quartz keeps what it runs; the generation before is still on it; `clan machines update marl`, marl keeps what it runs; the generation before is still on it; `clan vars generate marl shale slate`, what it made stays in `vars`, which is for clan to look after; `clan secrets users add zoe KEY`, the key stays with clan; `clan secrets users remove zoe` takes it away.");
    admin.made_by_clan().iter().for_each(|folder| fs::remove_dir_all(folder).unwrap());
    assert_eq!(before, admin.picture());
}

/// Says what differs, and nothing of the rest.
fn alike(wanted: &BTreeMap<PathBuf, String>, found: &BTreeMap<PathBuf, String>, when: &str) {
    let paths = wanted.keys().chain(found.keys());
    let differ: Vec<_> = paths
        .filter(|path| wanted.get(*path) != found.get(*path))
        .map(|path| (path, wanted.get(path), found.get(path)))
        .collect();
    assert!(differ.is_empty(), "{when}: {differ:#?}");
}

/// Undo restores every byte, and says what is clan's.
fn is_taken_back(admin: &Admin, before: &BTreeMap<PathBuf, String>, moment: &str) {
    let undone = run(&mut admin.doorstep(&["undo"]));
    assert_eq!(undone.code, 0, "{moment}: {}{}", undone.stdout, undone.stderr);
    for folder in admin.made_by_clan() {
        let command = if folder.ends_with("vars") { "vars generate" } else { "secrets users add" };
        assert!(undone.stdout.contains(command), "{moment}: {}", undone.stdout);
        fs::remove_dir_all(folder).unwrap();
    }
    alike(before, &admin.picture(), &format!("undone after {moment}"));
}

#[test]
fn killed_at_any_moment_it_is_finished_to_the_same_bytes_or_taken_back() {
    let moments = moments();
    // At the last one everything is done.
    let (_, moments) = moments.split_last().unwrap();
    assert!(moments.len() > 100, "{moments:?}");
    let next = AtomicUsize::new(0);
    let work = || {
        let admin = Admin::of_a_clan();
        let before = admin.picture();
        let file = admin.whole();
        run(&mut admin.onboard(&file, &[])).expect(0);
        let whole = admin.outcome(&before);
        is_taken_back(&admin, &before, "everything");
        admin.forget();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(moment) = moments.get(at) else { break };
            let ran = run(admin.onboard(&file, &[]).env("DOORSTEP_TEST_KILL_AT", moment));
            assert_eq!(ran.code, -1, "{moment}: {}", ran.stderr);
            admin.keep();
            let resumed = run(&mut admin.doorstep(&["resume"]));
            assert_eq!(resumed.code, 0, "after {moment}: {}{}", resumed.stdout, resumed.stderr);
            alike(&whole, &admin.outcome(&before), &format!("finished after {moment}"));
            assert_eq!(admin.receipts(), 1, "after {moment}");
            // What two runs have done is taken back as what one has.
            if at.is_multiple_of(4) {
                is_taken_back(&admin, &before, &format!("{moment} and going on"));
            }
            admin.put_back();
            is_taken_back(&admin, &before, moment);
            admin.forget();
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(work);
        }
    });
    println!("killed at {} moments, each finished and taken back", moments.len());
}
