//! Editing other people's files: text in, text out, every byte that was not asked for untouched.
//!
//! Each editor finds its place by parsing, inserts by byte span, then parses the result and
//! compares it with what was meant. In doubt it refuses, with the lines for a person to paste.

pub mod nix;
pub mod yaml;
