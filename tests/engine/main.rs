//! What changes the world, under the conditions it is made for: killed at every checkpoint, raced
//! by a hundred others, on a full disk, without rights.
//!
//! git must be on PATH. Many of these tests run this same executable as a child that does one thing
//! and may be killed in it; see `child`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod child;
mod crash;
mod disk_full;
mod permissions;
mod race;
mod world;
