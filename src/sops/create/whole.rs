//! A new file of any format that is written, for recipients of any kind and group.
//!
//! It is sealed to an identity that lives only here, then changed as any other file is: so the
//! writers of [`crate::sops::edit`] are the only ones that know how a file looks.

use std::sync::Arc;

use serde_json::Value;

use super::{CreateError, Creation, VERSION, create_yaml};
use crate::key::{Identity, Plugins};
use crate::sops::cipher::DataKey;
use crate::sops::edit::{EditError, Unlocked, Wanted, lines};
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
        other => empty(other, &passing, creation, now)?,
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

/// A file without values.
fn empty(
    format: Format,
    passing: &Identity,
    creation: &Creation,
    now: Utc,
) -> Result<String, EditError> {
    let key = DataKey::generate();
    let recipient = passing.recipient();
    let armored = stanza::seal_x25519(key.as_bytes(), recipient.as_str())
        .map_err(|_| CreateError::Recipient(recipient.clone()))?;
    let modified = now.to_string();
    let mac = Mac::new(creation.mac_only_encrypted).finish();
    let mac = key.seal_str(mac.as_bytes(), &modified);
    let (selector, rule) = creation.selector.entry();
    let mut entries: Vec<(&str, Value)> = vec![
        ("lastmodified", modified.into()),
        ("mac", mac.into()),
        (selector, rule.into()),
        ("version", VERSION.into()),
    ];
    if creation.mac_only_encrypted {
        entries.push(("mac_only_encrypted", true.into()));
    }
    if creation.shamir_threshold > 0 {
        entries.push(("shamir_threshold", creation.shamir_threshold.into()));
    }
    entries.sort_by_key(|(key, _)| *key);
    if format.is_flat() {
        let stanza = [("enc", armored), ("recipient", recipient.to_string())];
        let stanza = stanza.map(|(name, value)| (format!("age__list_0__map_{name}"), value));
        let said = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let entries = entries.iter().map(|(name, value)| (*name, said(value)));
        let stanza = stanza.iter().map(|(name, value)| (name.as_str(), value.clone()));
        return Ok(lines::empty(format, &stanza.chain(entries).collect::<Vec<_>>()));
    }
    let lines: Vec<_> =
        entries.iter().map(|(key, value)| format!("\t\t\"{key}\": {value}")).collect();
    let enc = Value::from(armored);
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
