//! Creates the person's encrypted secrets file, natively: sops is not needed to be brought in.

use std::path::Path;

use super::{Context, new_file, sops_yaml};
use crate::answers::SecretFrom;
use crate::counted::{counted, listed};
use crate::key::Recipient;
use crate::plan::{Needs, Plan, Step};
use crate::problem::Problem;
use crate::run::shell_word;
use crate::sops::{Creation, EncryptedFile, Format, create_yaml};

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    // Without a layout there is no module that would declare what is in the file.
    if cx.secrets().is_empty() || cx.layout().is_err() {
        return Ok(None);
    }
    let path = cx.secrets_path()?;
    let shown = cx.host.short(&cx.fleet.at(&path));
    if let Some(text) = &cx.surroundings.secrets_file {
        holds_all(cx, text, &shown)?;
        return Ok(None);
    }
    let readers = sops_yaml::readers(cx, plan)?;
    let recipients: Vec<Recipient> = readers
        .iter()
        .map(|(name, recipient)| {
            Recipient::parse(recipient).map_err(|e| {
                let name = name.as_deref().unwrap_or(recipient);
                Problem::fleet(format!("nothing can be encrypted to `{name}` of `.sops.yaml`"))
                    .cause(e)
                    .hint("answer `readers` without it, or correct it in `.sops.yaml`")
            })
        })
        .collect::<Result<_, _>>()?;
    let values: Vec<_> =
        cx.surroundings.values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let text = create_yaml(&values, &recipients, &Creation::default(), cx.surroundings.now)
        .map_err(|e| Problem::user(format!("`{shown}` cannot be created")).cause(e))?;
    let names: Vec<String> = readers
        .iter()
        .map(|(name, recipient)| match name {
            _ if *recipient == cx.person.key.recipient => cx.person.username.clone(),
            Some(name) => name.clone(),
            None => recipient.clone(),
        })
        .collect();
    let count = counted(values.len(), "secret");
    Ok(Some(Step {
        id: "secrets-file",
        title: "Create secrets file".to_owned(),
        why: format!("{count}, for {}.", listed(&names)),
        needs: Needs::You,
        // sops looks for .sops.yaml from the working directory, not from the file.
        by_hand: vec![
            format!("cd {}", cx.host.typed(&cx.fleet.root)),
            format!("sops {}", shell_word(&path)),
        ],
        changes: vec![new_file(cx, Path::new(&path), text)?],
        decided_by: Some("secrets"),
    }))
}

/// Every secret that the module declares must be in the file: sops-nix checks that when it builds.
fn holds_all(cx: &Context, text: &str, shown: &str) -> Result<(), Problem> {
    let file = EncryptedFile::parse(text, Format::Yaml).map_err(|e| {
        Problem::fleet(format!("`{shown}` is there already and is no encrypted file"))
            .cause(e)
            .hint("move it aside, or encrypt it with sops")
    })?;
    let names = file.names();
    let missing: Vec<&str> = cx
        .person
        .secrets
        .iter()
        .filter(|secret| secret.from != SecretFrom::Kept && !names.contains(&secret.name))
        .map(|secret| secret.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let fleet = cx.host.typed(&cx.fleet.root);
    let path = shell_word(&cx.secrets_path()?);
    Err(Problem::fleet(format!("`{shown}` is there already, without `{}`", missing.join("`, `")))
        .hint(format!("add it: `cd {fleet} && sops {path}`, then run doorstep again")))
}
