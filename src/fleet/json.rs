//! The read model as `doorstep fleet --json` prints it.

use serde_json::{Value, json};

use super::{Fleet, SecretsFile, SopsFile};
use crate::sops::config::{Config, ConfigError};

/// Raised when a key changes its meaning or goes; new keys do not raise it.
const VERSION: u32 = 1;

impl Fleet {
    /// One object with `version layout users machines aggregates sops secrets standalone clan lock
    /// unread`. Each secrets file says which creation rule wins for it.
    pub fn to_json(&self) -> Value {
        let config = self.sops.as_ref().map(|sops| Config::parse(&sops.text));
        let readable = config.as_ref().and_then(|config| config.as_ref().ok());
        json!({
            "version": VERSION,
            "layout": self.layout,
            "users": self.users,
            "machines": self.machines,
            "aggregates": self.aggregates,
            "sops": self.sops.as_ref().zip(config.as_ref()).map(|(sops, config)| told(sops, config)),
            "secrets": self.secrets.iter().map(|file| self.secret(file, readable)).collect::<Vec<_>>(),
            "standalone": self.standalone,
            "clan": self.clan,
            "lock": self.lock,
            "unread": self.unread,
        })
    }

    fn secret(&self, file: &SecretsFile, config: Option<&Config>) -> Value {
        json!({
            "file": file.file,
            "recipients": file.recipients,
            "rule": config.and_then(|config| self.winning_rule(file, config)),
        })
    }

    /// The line of the creation rule that wins for an encrypted file.
    pub fn winning_rule(&self, file: &SecretsFile, config: &Config) -> Option<u32> {
        let folder = self.sops.as_ref()?.file.parent()?;
        let path = file.file.strip_prefix(folder).ok()?;
        Some(config.winner(path.to_str()?).ok()??.line)
    }
}

fn told(sops: &SopsFile, config: &Result<Config, ConfigError>) -> Value {
    let (keys, rules, error) = match config {
        Ok(config) => (json!(config.keys), json!(config.rules), Value::Null),
        Err(error) => (json!([]), json!([]), json!(error.to_string())),
    };
    json!({
        "file": sops.file,
        "generated_by": sops.generated_by,
        "keys": keys,
        "rules": rules,
        "error": error,
    })
}
