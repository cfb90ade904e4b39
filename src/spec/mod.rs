//! The standard as data and pure functions.

pub mod ops;
pub mod types;
