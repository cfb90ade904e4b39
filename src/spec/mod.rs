//! The standard as data and pure functions.
//!
//! | file | chapter of the specification |
//! |---|---|
//! | `types` | structure: types |
//! | `ops` | structure: instructions, one row each |
//! | `module`, `const_expr` | structure: modules, constant expressions |
//! | `decode` | binary format and validation, both by wasmparser |
//! | `value`, `trap` | execution: runtime structure |
//! | `numeric` | execution: numerics |
//! | `limits` | appendix: implementation limitations |
//! | `features`, `invalid` | what may be switched on, why a module is refused |
//!
//! No unsafe code, no I/O, no threads, no global state. Of the crate it imports only `arena::index`.

pub(crate) mod const_expr;
pub(crate) mod decode;
pub(crate) mod features;
pub(crate) mod invalid;
pub(crate) mod limits;
pub(crate) mod module;
pub(crate) mod numeric;
pub(crate) mod ops;
pub(crate) mod trap;
pub(crate) mod types;
pub(crate) mod value;
