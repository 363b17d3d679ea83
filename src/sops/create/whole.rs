//! A new file of any format that is written, for recipients of any kind and group.
//!
//! It is sealed to an identity that lives only here, then changed as any other file is: so the
//! writers of [`crate::sops::edit`] are the only ones that know how a file looks.

use std::sync::Arc;

use super::{CreateError, Creation, VERSION, create_yaml};
use crate::key::{Identity, Plugins};
use crate::sops::cipher::DataKey;
use crate::sops::edit::{EditError, Unlocked, Wanted};
use crate::sops::file::Format;
use crate::sops::mac::Mac;
use crate::sops::secret::SecretValue;
use crate::sops::stanza;
use crate::sops::timestamp::Utc;
use crate::sops::tree::Step;

/// A new file's text. `secrets` are named as in [`create_yaml`]; a binary file has one, whose name
/// does not matter. Recipients that take a plugin are sealed to by `plugins`.
pub fn create(
    format: Format,
    secrets: &[(&str, SecretValue)],
    wanted: &Wanted,
    creation: &Creation,
    plugins: &Arc<Plugins>,
    now: Utc,
) -> Result<String, EditError> {
    if !wanted.is_possible() {
        return Err(EditError::NoRecipients);
    }
    let passing = Identity::generate();
    let mut text = match format {
        Format::Yaml => create_yaml(secrets, &[passing.recipient()], creation, now)?,
        Format::Json | Format::Binary => empty_json(&passing, creation, now)?,
        Format::Dotenv => return Err(EditError::Format("dotenv")),
        Format::Ini => return Err(EditError::Format("ini")),
    };
    if format != Format::Yaml {
        for (name, value) in secrets {
            let unlocked = Unlocked::open(&text, format, std::slice::from_ref(&passing))?;
            let at: Vec<Step> = match format {
                Format::Binary => vec![Step::Key("data".to_owned())],
                _ => name.split('/').map(|part| Step::Key(part.to_owned())).collect(),
            };
            text = unlocked.set(&at, value, now)?;
        }
    }
    let unlocked = Unlocked::open(&text, format, &[passing])?.with_plugins(plugins);
    unlocked.rekey(wanted).map(|made| made.text)
}

/// A JSON file without values.
fn empty_json(passing: &Identity, creation: &Creation, now: Utc) -> Result<String, EditError> {
    let key = DataKey::generate();
    let recipient = passing.recipient();
    let armored = stanza::seal_x25519(key.as_bytes(), recipient.as_str())
        .map_err(|_| CreateError::Recipient(recipient.clone()))?;
    let modified = now.to_string();
    let mac = Mac::new(creation.mac_only_encrypted).finish();
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let (selector, rule) = creation.selector.entry();
    let mut entries = vec![
        ("lastmodified", text(&modified)),
        ("mac", text(&key.seal_str(mac.as_bytes(), &modified))),
        (selector, text(rule)),
        ("version", text(VERSION)),
    ];
    if creation.mac_only_encrypted {
        entries.push(("mac_only_encrypted", "true".to_owned()));
    }
    if creation.shamir_threshold > 0 {
        entries.push(("shamir_threshold", creation.shamir_threshold.to_string()));
    }
    entries.sort_by_key(|(key, _)| *key);
    let lines: Vec<_> =
        entries.iter().map(|(key, value)| format!("\t\t\"{key}\": {value}")).collect();
    let enc = text(&armored);
    Ok(format!(
        "{{\n\t\"sops\": {{\n\t\t\"age\": [\n\t\t\t{{\n\t\t\t\t\"enc\": {enc},\n\t\t\t\t\"recipient\": \"{recipient}\"\n\t\t\t}}\n\t\t],\n{}\n\t}}\n}}\n",
        lines.join(",\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{AnyRecipient, ssh};
    use crate::sops::EncryptedFile;
    use crate::sops::edit::WantedGroup;

    #[test]
    fn every_format_and_kind_of_reader() {
        let (zoe, ada) = (Identity::generate(), Identity::generate());
        let key = ssh::generate("zoe").unwrap();
        let everybody: Vec<AnyRecipient> =
            vec![zoe.recipient().into(), AnyRecipient::parse(&key.public).unwrap()];
        let group = |person: &Identity| WantedGroup {
            age: vec![person.recipient().into()],
            others: Vec::new(),
        };
        let now = Utc::from_seconds(1_800_000_000);
        for format in [Format::Yaml, Format::Json, Format::Binary] {
            let secrets = [("a/b", SecretValue::from("1")), ("c", SecretValue::from("2"))];
            let secrets = if format == Format::Binary { &secrets[..1] } else { &secrets };
            for wanted in
                [Wanted::all(everybody.clone()), Wanted { groups: vec![group(&zoe), group(&ada)] }]
            {
                let text =
                    create(format, secrets, &wanted, &Creation::default(), &Plugins::none(), now)
                        .unwrap();
                let file = EncryptedFile::parse(&text, format).unwrap();
                let opened = file.open(&[zoe.clone(), ada.clone()]).unwrap();
                let name = if format == Format::Binary { "data" } else { "a/b" };
                assert_eq!(opened.get(name).unwrap().as_str(), Some("1"), "{text}");
                assert_eq!(file.metadata().stanzas().count(), 2);
            }
        }
        let nobody = create(
            Format::Json,
            &[],
            &Wanted::default(),
            &Creation::default(),
            &Plugins::none(),
            now,
        );
        assert_eq!(nobody, Err(EditError::NoRecipients));
    }
}
