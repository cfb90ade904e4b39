//! The functions as imports.
//!
//! Owns: the table of names and signatures, `proc_exit`. Does not know: what the calls do.

use crate::WasiCtx;

pub fn add_to_linker() {}
