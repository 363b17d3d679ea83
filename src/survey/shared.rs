//! Rules of `.sops.yaml` whose files several people read: what a newcomer may be let into.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::fleet::{Fleet, SecretsFile};
use crate::question::SharedRule;
use crate::secrets::Keyring;
use crate::sops::config::{Config, Reader, Rule};

/// Those of `config` that win for a file which is there, in its order. A person's own rule is none
/// of them, nor is one that only machines and recovery keys read.
pub(super) fn rules(fleet: &Fleet, config: &Config, ring: &Keyring) -> Vec<SharedRule> {
    let Some(sops) = &fleet.sops else { return Vec::new() };
    let folder = sops.file.parent().unwrap_or(Path::new(""));
    let winner = |path: &str| config.winner(&super::below(path, folder)).ok().flatten();
    let own = |name: &str| winner(&super::secrets_path(fleet, name)?).map(|rule| rule.index);
    let everybodys = own("not-anybody");
    let of_one: HashSet<usize> = fleet
        .users
        .iter()
        .filter_map(|u| own(&u.name))
        .filter(|r| Some(*r) != everybodys)
        .collect();
    let mut files: BTreeMap<usize, (&Rule, Vec<&SecretsFile>)> = BTreeMap::new();
    for file in &fleet.secrets {
        let Some(path) = file.file.to_str() else { continue };
        if let Some(rule) = winner(path).filter(|rule| !of_one.contains(&rule.index)) {
            files.entry(rule.index).or_insert((rule, Vec::new())).1.push(file);
        }
    }
    let admins = recovery_keys(config, &of_one);
    files
        .into_values()
        .filter(|(rule, _)| is_shared(fleet, config, rule, &admins))
        .map(|(rule, files)| shared(config, rule, &files, ring))
        .collect()
}

/// Recipients that read every person's own file: they say nothing of who shares a file.
fn recovery_keys<'c>(config: &'c Config, of_one: &HashSet<usize>) -> HashSet<&'c str> {
    let mut own = config.rules.iter().filter(|rule| of_one.contains(&rule.index));
    let recipients = |rule: &'c Rule| rule.readers().map(|r| r.recipient.as_str()).collect();
    let Some(first) = own.next() else { return HashSet::new() };
    let first: HashSet<&str> = recipients(first);
    match of_one.len() {
        0 | 1 => HashSet::new(),
        _ => own.fold(first, |all, rule| &all & &recipients(rule)),
    }
}

/// Somebody reads by it as a person, not only as who looks after everything.
fn is_shared(fleet: &Fleet, config: &Config, rule: &Rule, admins: &HashSet<&str>) -> bool {
    let is_person = |reader: &&Reader| {
        let name = name_of(config, reader);
        fleet.users.iter().any(|user| super::is_key_of(&user.name, &name))
    };
    let people: Vec<&Reader> = rule.readers().filter(is_person).collect();
    people.len() > 1 || people.iter().any(|reader| !admins.contains(reader.recipient.as_str()))
}

fn shared(config: &Config, rule: &Rule, files: &[&SecretsFile], ring: &Keyring) -> SharedRule {
    let is_locked = |file: &&&SecretsFile| {
        !file.recipients.iter().any(|recipient| ring.place_of(recipient).is_some())
    };
    let path = |file: &&SecretsFile| file.file.to_string_lossy().into_owned();
    let closed = (rule.groups.len() > 1).then(|| {
        format!(
            "it takes a key from each of {} groups, and which group is a decision to take by hand \
             (.sops.yaml:{})",
            rule.groups.len(),
            rule.line
        )
    });
    let locked: Vec<String> = files.iter().filter(is_locked).map(path).collect();
    SharedRule {
        pattern: rule.path_regex.clone(),
        line: rule.line,
        files: files.iter().map(path).collect(),
        readers: rule.readers().map(|reader| name_of(config, reader)).collect(),
        recipients: rule.readers().map(|reader| reader.recipient.clone()).collect(),
        unsure: if locked.is_empty() { Vec::new() } else { ring.unsure() },
        locked,
        closed,
    }
}

fn name_of(config: &Config, reader: &Reader) -> String {
    let known = || config.key_of(&reader.recipient)?.name.clone();
    reader.alias.clone().or_else(known).unwrap_or_else(|| reader.recipient.clone())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::key::Identity;
    use crate::secrets::Held;

    /// A fleet with `ada`, `grace` and a recovery key. Files are only as encrypted as it takes to
    /// be known for that.
    struct World {
        folder: tempfile::TempDir,
        /// Of ada, grace, the recovery key and quartz.
        keys: [Identity; 4],
    }

    impl World {
        fn new() -> Self {
            let world = Self {
                folder: tempfile::tempdir().unwrap(),
                keys: std::array::from_fn(|_| Identity::generate()),
            };
            world.write("flake.nix", "{ }");
            for name in ["ada", "grace"] {
                world.write(
                    &format!("modules/home/users/{name}/default.nix"),
                    &format!("{{ flake.modules.homeManager.\"users/{name}\" = {{ }}; }}"),
                );
            }
            let [ada, grace, admin, machine] =
                &world.keys.each_ref().map(|key| key.recipient().to_string());
            world.write(
                ".sops.yaml",
                &format!(
                    "keys:\n  - &ada-quartz {ada}\n  - &grace {grace}\n  - &admin {admin}\n  \
                     - &quartz {machine}\ncreation_rules:\n{}{}{}{}{}",
                    rule(r"secrets/users/ada\.sops\.yaml$", &["ada-quartz", "admin"]),
                    rule(r"secrets/users/grace\.sops\.yaml$", &["grace", "admin"]),
                    rule(r"secrets/shared/.*\.yaml$", &["ada-quartz", "grace", "admin"]),
                    rule(r"secrets/wifi\.yaml$", &["grace", "admin"]),
                    rule(r"secrets/hosts/.*$", &["quartz", "admin"]),
                ),
            );
            for (file, key) in [
                ("secrets/users/ada.sops.yaml", ada),
                ("secrets/shared/a.yaml", admin),
                ("secrets/shared/b.yaml", grace),
                ("secrets/wifi.yaml", grace),
                ("secrets/hosts/quartz.yaml", machine),
            ] {
                world.write(file, &encrypted(key));
            }
            world
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        /// The keys of whoever has the recovery key.
        fn admin(&self) -> Keyring {
            let identity = self.keys[2].clone().into();
            Keyring::of(vec![Held { identity, from: "keys.txt, line 1".into() }])
        }

        fn rules(&self) -> Vec<SharedRule> {
            let fleet = Fleet::read(self.folder.path()).unwrap();
            let config = Config::parse(&fleet.sops.as_ref().unwrap().text).unwrap();
            rules(&fleet, &config, &self.admin())
        }
    }

    fn rule(pattern: &str, readers: &[&str]) -> String {
        let readers: String = readers.iter().map(|r| format!("          - *{r}\n")).collect();
        format!("  - path_regex: {pattern}\n    key_groups:\n      - age:\n{readers}")
    }

    fn encrypted(recipient: &str) -> String {
        format!(
            "a: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nsops:\n    age:\n        - \
             recipient: {recipient}\n          enc: |\n            -----BEGIN AGE ENCRYPTED \
             FILE-----\n            AAAA\n            -----END AGE ENCRYPTED FILE-----\n    \
             lastmodified: \"2026-01-01T00:00:00Z\"\n    mac: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n    version: 3.10.0\n"
        )
    }

    #[test]
    fn rules_of_several_people_are_shared_and_no_others() {
        let rules = World::new().rules();
        let ids: Vec<&str> = rules.iter().map(SharedRule::id).collect();
        assert_eq!(ids, [r"secrets/shared/.*\.yaml$", "secrets/wifi.yaml"]);
        assert_eq!(rules[0].files, ["secrets/shared/a.yaml", "secrets/shared/b.yaml"]);
        assert_eq!(rules[0].readers, ["ada-quartz", "grace", "admin"]);
    }

    #[test]
    fn what_no_key_here_opens_is_known_beforehand() {
        let rules = World::new().rules();
        assert_eq!(rules[0].locked, ["secrets/shared/b.yaml"]);
        assert_eq!(rules[1].locked, ["secrets/wifi.yaml"]);
        assert_eq!(rules[1].unsure, [""; 0]);
    }

    #[test]
    fn a_rule_is_meant_by_its_pattern_or_a_file_of_it() {
        let rule = World::new().rules().remove(0);
        for name in [r"secrets/shared/.*\.yaml$", "secrets/shared/b.yaml"] {
            assert!(rule.is_meant(name), "{name}");
        }
        assert!(!rule.is_meant("secrets/shared"));
    }
}
