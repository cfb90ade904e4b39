//! `skep`: an embeddable WebAssembly runtime for hosts that run many guests.

mod arena;
mod jit;
mod spec;
