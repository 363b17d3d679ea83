//! sops
