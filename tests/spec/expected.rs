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

/// This proposal's file is older than WebAssembly 2.0, by which segments before the one that does not fit stay written.
const ALL_OR_NOTHING: &str = "expects that a module with a segment that does not fit writes nothing at all";

/// All of them.
pub(crate) const EXPECTED: &[Expected] = &[
    Expected { folder: "mutable-global", file: "linking.wast", line: 236, reason: ALL_OR_NOTHING },
    Expected { folder: "mutable-global", file: "linking.wast", line: 248, reason: ALL_OR_NOTHING },
    Expected { folder: "mutable-global", file: "linking.wast", line: 342, reason: ALL_OR_NOTHING },
    Expected { folder: "mutable-global", file: "linking.wast", line: 354, reason: ALL_OR_NOTHING },
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
