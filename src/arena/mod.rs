//! Memory and ids; knows nothing of WebAssembly.
//!
//! Three lifetimes, and which type serves each:
//!
//! | lives as long as | ids | memory |
//! | --- | --- | --- |
//! | the compile of one function | positions ([`index`]) | [`scratch`], [`code_buf`] |
//! | a module, shared by stores and threads | positions ([`index`]) | [`exec`]: published code |
//! | a row of a store | slot and generation ([`handle`], [`slots`]) | [`pinned`]: contexts, cells; [`pool`]: memories; [`shared`]: values of the host |
//!
//! All address space comes from [`pages`], which is also where tests make a kernel call fail.

#[cfg(test)]
#[path = "../../tests/common/alone.rs"]
mod alone;
#[expect(unsafe_code, reason = "appends to its buffer without a check: one check per operator suffices")]
pub(crate) mod code_buf;
#[expect(unsafe_code, reason = "makes pages executable and lends their bytes")]
pub(crate) mod exec;
pub(crate) mod handle;
pub(crate) mod index;
#[cfg(test)]
#[path = "../../tests/common/itself.rs"]
mod itself;
#[expect(unsafe_code, reason = "maps, protects and frees address ranges")]
pub(crate) mod pages;
#[expect(unsafe_code, reason = "lends the bytes of blocks at fixed addresses")]
pub(crate) mod pinned;
pub(crate) mod pool;
pub(crate) mod scratch;
#[expect(unsafe_code, reason = "lends values beyond the lock that adds them")]
pub(crate) mod shared;
pub(crate) mod slots;
