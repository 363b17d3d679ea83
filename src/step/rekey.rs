//! Encrypts the files of the shared rules that the person joins for them as well, natively: values,
//! MAC and every stanza that is there stay byte for byte.

use super::{Context, sops_yaml};
use crate::counted::counted;
use crate::plan::{Change, Needs, Plan, Remark, Step};
use crate::problem::Problem;
use crate::run::shell_word;
use crate::secrets::Found;
use crate::secrets::keyring::Keyring;
use crate::secrets::rekey::{Refused, Rekey, STEP, Wish};
use crate::sops::config::Config;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let Some(rekey) = made(cx, plan, &cx.surroundings.shared.files)? else { return Ok(None) };
    if rekey.changed.is_empty() {
        return Ok(None);
    }
    let edit = |changed: &crate::secrets::rekey::Changed| Change::Edit {
        path: cx.rules_folder().join(&changed.path),
        before: changed.before.clone(),
        after: changed.after.clone(),
    };
    let mut by_hand = vec![format!("cd {}", cx.host.typed(&cx.rules_folder()))];
    let paths = rekey.changed.iter().map(|changed| shell_word(&changed.path));
    by_hand.extend(paths.map(|path| format!("sops updatekeys {path}")));
    Ok(Some(Step {
        id: STEP,
        title: "Encrypt shared files".to_owned(),
        why: why(cx, &rekey),
        needs: Needs::You,
        by_hand,
        changes: rekey.changed.iter().map(edit).collect(),
        decided_by: Some("shared"),
    }))
}

/// What encrypting these files again would do; `None`: nothing is shared.
fn made(cx: &Context, plan: &Plan, files: &[Found]) -> Result<Option<Rekey>, Problem> {
    let shared = &cx.surroundings.shared;
    let Some(sops) = cx.fleet.sops.as_ref().filter(|_| !shared.rules.is_empty()) else {
        return Ok(None);
    };
    let text = sops_yaml::text_after(cx, sops, plan);
    let config = Config::parse(text).map_err(|e| {
        Problem::fleet(format!("`{}` cannot be read", cx.shown(&sops.file))).cause(e)
    })?;
    let ring = Keyring::of(shared.keys.clone());
    let now = cx.surroundings.now;
    Ok(Some(Rekey::of(files, &config, &ring, &Wish::default(), now)))
}

fn why(cx: &Context, rekey: &Rekey) -> String {
    let user = &cx.person.username;
    let files = counted(rekey.changed.len(), "file");
    let mut why = format!("{user} can read {files} afterwards, besides whoever can now.");
    let own = &cx.person.key.recipient;
    let differs = |changed: &&crate::secrets::rekey::Changed| {
        let difference = &changed.difference;
        difference.regrouped
            || !difference.removed.is_empty()
            || difference.added.iter().any(|added| added != own)
    };
    // Rules that were changed by others and never carried out are carried out as well.
    let more: Vec<&str> =
        rekey.changed.iter().filter(differs).map(|changed| changed.path.as_str()).collect();
    if !more.is_empty() {
        let s = if more.len() == 1 { "s" } else { "" };
        why.push_str(&format!(
            " Note: {} differ{s} from the rule in more than that and become{s} as the rule says.",
            more.join(", ")
        ));
    }
    why
}

/// Files that stay as they are, and who has to do what about them.
pub(super) fn remark(cx: &Context, plan: &Plan) -> Option<Remark> {
    // Those that the step encrypts need no second time.
    let changed = |file: &Found| plan.edits(&cx.rules_folder().join(&file.path));
    let files = cx.surroundings.shared.files.iter().filter(|file| !changed(file));
    let rekey = made(cx, plan, &files.cloned().collect::<Vec<_>>()).ok()??;
    if rekey.refused.is_empty() {
        return None;
    }
    let user = &cx.person.username;
    let stay = match rekey.refused.len() {
        1 => "1 shared file stays".to_owned(),
        n => format!("{n} shared files stay"),
    };
    let command = |refused: &Refused| {
        let folder = cx.host.typed(&cx.rules_folder());
        format!("{}: cd {folder} && sops updatekeys {}", refused.why, shell_word(&refused.path))
    };
    let locked = match cx.surroundings.shared.locked.as_slice() {
        [] => String::new(),
        [one] => format!(" The key in {one} has a passphrase, which was not given."),
        many => format!(" The keys in {} have passphrases, which were not given.", many.join(", ")),
    };
    Some(Remark {
        warns: false,
        text: format!(
            "{stay} closed to {user} for now.{locked} Somebody whose key opens it has to encrypt it again:"
        ),
        places: rekey.refused.iter().map(|r| (r.path.clone(), command(r))).collect(),
    })
}
