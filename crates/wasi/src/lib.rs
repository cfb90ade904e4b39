//! Preview 1 of WASI over the public API of `skep`, as `wasi_snapshot_preview1` and as the older `wasi_unstable`.
//!
//! Owns: the front door, [`add_to_linker`]. Does not know: anything of `skep` that is not public.
//!
//! A guest gets what its [`WasiCtx`] holds and nothing else. Paths are resolved by `cap-std` below the directories
//! that the host opened; the guest's memory is checked at each access.
//!
//! All 46 functions of preview 1 can be imported. Not there: signals (`proc_raise` answers `ENOSYS`) and sockets (no
//! descriptor is one, so `sock_*` answer `ENOTSOCK`). `fd_advise` checks its arguments and does nothing. Rights are
//! reported; of them only reading and writing are enforced, the rest is decided by how the host opened a directory.

mod args;
mod clock;
mod ctx;
mod descriptor;
mod errno;
mod file;
mod guest;
mod link;
mod path;
mod poll;
mod random;
mod rights;
mod stat;
mod stdio;
#[cfg(test)]
mod tests;

pub use ctx::{WasiCtx, WasiCtxBuilder};
pub use link::add_to_linker;
pub use stdio::Captured;
