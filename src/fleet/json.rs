//! The read model as `doorstep fleet --json` prints it.

use serde_json::{Value, json};

use super::Fleet;

/// Raised when a key changes its meaning or goes; new keys do not raise it.
const VERSION: u32 = 1;

impl Fleet {
    /// One object with `version layout users machines aggregates sops secrets standalone unread`.
    /// Below `sops`, `keys` and `rules` are left to the reader of `.sops.yaml`.
    pub fn to_json(&self) -> Value {
        let sops = self.sops.as_ref().map(|sops| {
            json!({
                "file": sops.file,
                "generated_by": sops.generated_by,
                "keys": [],
                "rules": [],
            })
        });
        json!({
            "version": VERSION,
            "layout": self.layout,
            "users": self.users,
            "machines": self.machines,
            "aggregates": self.aggregates,
            "sops": sops,
            "secrets": self.secrets,
            "standalone": self.standalone,
            "lock": self.lock,
            "unread": self.unread,
        })
    }
}
