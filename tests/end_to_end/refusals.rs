//! Bad input, through the real binary: what it says (`error:`, `cause:`, `hint:`, with the file and
//! line and what to do next), how it exits, and that nothing is written, shown or left hanging.

mod address;
mod answers;
mod fleet;
mod ground;
mod json;
mod keys;
mod leaks;
mod people;
mod rights;
mod sops_yaml;
mod strangers_code;
