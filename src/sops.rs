//! sops

pub mod config;
