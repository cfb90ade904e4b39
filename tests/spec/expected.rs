//! What of the suite fails, and why. The list may only shrink: an entry that passes is an error.
//!
//! Owns: the list. Does not know: how files are run.

/// A directive that fails.
pub(crate) struct Expected {
    pub(crate) folder: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: usize,
    pub(crate) reason: &'static str,
}

/// All of them.
pub(crate) const EXPECTED: &[Expected] = &[
    Expected {
        folder: "bulk-memory",
        file: "table-sub.wast",
        line: 1,
        reason: "uses the typed references of WebAssembly 3.0",
    },
    Expected {
        folder: "bulk-memory",
        file: "table_init.wast",
        line: 2272,
        reason: "uses the typed references of WebAssembly 3.0",
    },
    Expected {
        folder: "bulk-memory",
        file: "table_init.wast",
        line: 2286,
        reason: "asserts something of the module at line 2272",
    },
    Expected {
        folder: "reference-types",
        file: "unreached-invalid.wast",
        line: 539,
        reason: "calls a module invalid that WebAssembly 2.0 accepts",
    },
];
