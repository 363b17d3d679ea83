//! The sops file format, age keys and `.sops.yaml`. No terminal, no process.

pub mod key;
