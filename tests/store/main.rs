//! What the store owes, obligation by obligation: each row of [`mapping`] has tests, most of them here and named after it.
//!
//! Owns: the acceptance tests of the store (`s1_…` to `s80_…`), the defects of other runtimes that ours must not have
//! (`w1_…`, `d1_…`) and the exact texts of errors. Does not know: anything but the public interface.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]

mod aborts;
#[cfg(target_os = "linux")]
#[path = "../common/alone.rs"]
mod alone;
mod batch;
mod cells;
mod columns;
mod common;
mod defects;
mod elements;
mod ends;
mod graphs;
mod host;
mod imports;
mod instances;
mod islands;
#[path = "../common/itself.rs"]
mod itself;
mod lifetimes;
mod limits;
mod mapping;
mod memories;
mod naming;
mod references;
mod rows_1_43;
mod rows_44_80;
mod texts;
mod types;
