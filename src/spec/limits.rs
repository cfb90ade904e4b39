//! Every implementation limit, one constant each with its reason.
//!
//! Owns: the numbers, and [`ModuleLimits`], the ones that an embedder may lower.
//! Does not know: where each is checked. What wasmparser checks by itself is marked so and repeated here because the
//! compiler's and the store's tables are sized by it.

/// Bytes in a module: offsets in 32 bits reach every byte with room to spare, and engines agree on it.
pub(crate) const MODULE_BYTES_MAX: usize = 1 << 30;

/// Types in a module; wasmparser checks.
pub(crate) const TYPES_MAX: u32 = 1_000_000;

/// Functions in a module, imports included; wasmparser checks. A packed reference has 20 bits for the index and its greatest
/// value means a host function.
pub(crate) const FUNCTIONS_MAX: u32 = 1_000_000;
const _: () = assert!(FUNCTIONS_MAX < 0xF_FFFF);

/// Imports in a module; wasmparser checks.
pub(crate) const IMPORTS_MAX: u32 = 1_000_000;

/// Exports in a module; wasmparser checks.
pub(crate) const EXPORTS_MAX: u32 = 1_000_000;

/// Globals in a module, imports included; wasmparser checks. The cells of an instance lie in one block, so this bounds its size.
pub(crate) const GLOBALS_MAX: u32 = 1_000_000;

/// Tables in a module, imports included; wasmparser checks.
pub(crate) const TABLES_MAX: u32 = 100_000;

/// Memories in a module, imports included; wasmparser checks.
pub(crate) const MEMORIES_MAX: u32 = 100;

/// Element segments in a module; wasmparser checks. The dropped bits of an instance are sized by it.
pub(crate) const ELEM_SEGMENTS_MAX: u32 = 100_000;

/// Data segments in a module; wasmparser checks. The dropped bits of an instance are sized by it.
pub(crate) const DATA_SEGMENTS_MAX: u32 = 100_000;

/// Items in one element segment; wasmparser checks.
pub(crate) const ELEM_ITEMS_MAX: u32 = TABLE_ELEMENTS_MAX;

/// Bytes in a name of an import or export; wasmparser checks.
pub(crate) const NAME_BYTES_MAX: usize = 100_000;

/// Parameters of a function or block; wasmparser checks. Argument plans and label states are sized by it.
pub(crate) const PARAMS_MAX: usize = 1_000;

/// Results of a function or block; wasmparser checks. Result areas are sized by it.
pub(crate) const RESULTS_MAX: usize = 1_000;

/// Locals of a function, parameters included; wasmparser checks. Bounds what one function asks of the stack: under 1 MiB.
pub(crate) const LOCALS_MAX: u32 = 50_000;
const _: () = assert!(LOCALS_MAX * 16 < 1 << 20);

/// Bytes in a function body; wasmparser checks. Positions in the operator stream and in machine code of one function fit in 32
/// bits with room for the greatest expansion per byte.
pub(crate) const BODY_BYTES_MAX: usize = 7_654_321;

/// Targets of a `br_table`, the default not counted. Engines agree on it; it bounds the jump table of one operator.
pub(crate) const BR_TABLE_TARGETS_MAX: u32 = 65_520;

/// Machine code of one module in bytes. A call between its functions is one branch instruction, which on aarch64 reaches ±128 MiB;
/// the rest is room for stubs.
pub(crate) const CODE_BYTES_MAX: usize = 120 << 20;
const _: () = assert!(CODE_BYTES_MAX < 128 << 20);

/// Values that the calls, blocks and branches of a module may move, whatever its size: validation takes time in proportion to
/// values moved, which a module can make quadratic in its size.
pub(crate) const VALUES_MOVED_BASE: u64 = 1_000_000;

/// Values moved that each byte of the module adds to [`VALUES_MOVED_BASE`].
pub(crate) const VALUES_MOVED_PER_BYTE: u64 = 8;

/// Values that a module of `module_bytes` bytes may move.
#[must_use]
pub(crate) const fn values_moved_max(module_bytes: usize) -> u64 {
    VALUES_MOVED_BASE.saturating_add(VALUES_MOVED_PER_BYTE.saturating_mul(module_bytes as u64))
}

/// Function types that an engine distinguishes over its whole life: their ids are never given out again, so they only accumulate.
pub(crate) const ENGINE_TYPES_MAX: u32 = 1 << 27;

/// Elements in a table. Engines agree on it; it is 80 MB of references.
pub(crate) const TABLE_ELEMENTS_MAX: u32 = 10_000_000;

/// Pages in a memory with i32 addresses: the standard's own bound, 4 GiB.
pub(crate) const MEMORY_PAGES_MAX: u32 = 65_536;

/// What one module may ask for. The default is what the constants above say; an embedder may lower each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModuleLimits {
    /// See [`MODULE_BYTES_MAX`].
    pub module_bytes: usize,
    /// See [`TYPES_MAX`].
    pub types: u32,
    /// See [`FUNCTIONS_MAX`].
    pub functions: u32,
    /// See [`IMPORTS_MAX`].
    pub imports: u32,
    /// See [`EXPORTS_MAX`].
    pub exports: u32,
    /// See [`GLOBALS_MAX`].
    pub globals: u32,
    /// See [`TABLES_MAX`].
    pub tables: u32,
    /// See [`MEMORIES_MAX`].
    pub memories: u32,
    /// See [`ELEM_SEGMENTS_MAX`].
    pub elem_segments: u32,
    /// See [`DATA_SEGMENTS_MAX`].
    pub data_segments: u32,
    /// See [`BODY_BYTES_MAX`].
    pub body_bytes: usize,
}

impl Default for ModuleLimits {
    fn default() -> Self {
        Self {
            module_bytes: MODULE_BYTES_MAX,
            types: TYPES_MAX,
            functions: FUNCTIONS_MAX,
            imports: IMPORTS_MAX,
            exports: EXPORTS_MAX,
            globals: GLOBALS_MAX,
            tables: TABLES_MAX,
            memories: MEMORIES_MAX,
            elem_segments: ELEM_SEGMENTS_MAX,
            data_segments: DATA_SEGMENTS_MAX,
            body_bytes: BODY_BYTES_MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_of_moved_values_grows_with_the_module_and_never_wraps() {
        assert_eq!(values_moved_max(0), 1_000_000);
        assert_eq!(values_moved_max(71_000), 1_568_000);
        assert_eq!(values_moved_max(usize::MAX), u64::MAX);
    }
}
