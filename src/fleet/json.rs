//! The read model as `doorstep fleet --json` prints it.

use serde_json::{Value, json};

use super::{Fleet, SecretsFile, SopsFile};
use crate::sops::config::Config;

/// Raised when a key changes its meaning or goes; new keys do not raise it.
const VERSION: u32 = 1;

impl Fleet {
    /// One object with `version layout users machines aggregates sops secrets standalone unread`.
    pub fn to_json(&self) -> Value {
        let config = self.sops.as_ref().map(|sops| (sops, Config::parse(&sops.text)));
        let sops = config.as_ref().map(|(sops, config)| {
            let read = config.as_ref().ok();
            json!({
                "file": sops.file,
                "generated_by": sops.generated_by,
                "keys": read.map(|config| &config.keys),
                "rules": read.map(|config| &config.rules),
                "unreadable": config.as_ref().err().map(ToString::to_string),
            })
        });
        let secrets = self.secrets.iter().map(|secrets| {
            let rule = config
                .as_ref()
                .and_then(|(sops, config)| rule_line(sops, config.as_ref().ok()?, secrets));
            json!({ "file": secrets.file, "recipients": secrets.recipients, "rule": rule })
        });
        json!({
            "version": VERSION,
            "layout": self.layout,
            "users": self.users,
            "machines": self.machines,
            "aggregates": self.aggregates,
            "sops": sops,
            "secrets": secrets.collect::<Vec<_>>(),
            "standalone": self.standalone,
            "lock": self.lock,
            "unread": self.unread,
        })
    }
}

/// The line of the rule that wins for a secrets file; sops matches rules against the path below
/// the folder of `.sops.yaml`.
fn rule_line(sops: &SopsFile, config: &Config, secrets: &SecretsFile) -> Option<u32> {
    let below = secrets.file.strip_prefix(sops.file.parent()?).ok()?;
    Some(config.winner(&below.to_string_lossy()).ok()??.line)
}
