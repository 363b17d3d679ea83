//! Pictures of screens.
#[path = "pictures/svg.rs"]
mod svg;
