//! Every backend carried out from plan to proved end, on both platforms, with stand-ins for the
//! programs that this machine cannot run. Each of them says in its file whose behaviour it has.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backends;
mod secrets;
mod world;
