//! splice

pub mod yaml;
