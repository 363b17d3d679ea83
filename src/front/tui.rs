//! The full-screen front end.

pub mod log;
