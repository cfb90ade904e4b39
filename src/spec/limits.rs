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

/// Imports in a module; wasmparser checks, and [`TYPE_SIZE_MAX`] is met first.
pub(crate) const IMPORTS_MAX: u32 = 1_000_000;

/// Exports in a module; wasmparser checks, and [`TYPE_SIZE_MAX`] is met first.
pub(crate) const EXPORTS_MAX: u32 = 1_000_000;

/// Sizes of the types of all imports and exports, and 1 for the module; the sum stays below. A memory, table or global counts 1, a
/// function 1 and what it has of parameters and results. wasmparser's own and checked there.
pub(crate) const TYPE_SIZE_MAX: u32 = 1_000_000;
const _: () = assert!(TYPE_SIZE_MAX <= IMPORTS_MAX && TYPE_SIZE_MAX <= EXPORTS_MAX);

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
pub(crate) const ELEM_ITEMS_MAX: u32 = 10_000_000;
const _: () = assert!(ELEM_ITEMS_MAX <= TABLE_ELEMENTS_MAX, "a segment can fit a table");

/// Bytes in a name of an import or export; wasmparser checks.
pub(crate) const NAME_BYTES_MAX: usize = 100_000;
const _: () = assert!(NAME_BYTES_MAX < MODULE_BYTES_MAX);

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

/// What one module may ask for. The defaults are also the most that is supported; an embedder may lower each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModuleLimits {
    /// Bytes of the module: 1 GiB.
    pub module_bytes: usize,
    /// Types: 1,000,000.
    pub types: u32,
    /// Functions, imported ones included: 1,000,000.
    pub functions: u32,
    /// Imports of all kinds: 1,000,000.
    pub imports: u32,
    /// Exports of all kinds: 1,000,000.
    pub exports: u32,
    /// Globals, imported ones included: 1,000,000.
    pub globals: u32,
    /// Tables, imported ones included: 100,000.
    pub tables: u32,
    /// Memories, imported ones included: 100.
    pub memories: u32,
    /// Element segments: 100,000.
    pub elem_segments: u32,
    /// Data segments: 100,000.
    pub data_segments: u32,
    /// Bytes of one function body: 7,654,321.
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
    use super::super::decode::decode;
    use super::super::features::Features;
    use super::super::invalid::ModuleError;
    use super::*;

    #[test]
    fn the_budget_of_moved_values_grows_with_the_module_and_never_wraps() {
        assert_eq!(values_moved_max(0), 1_000_000);
        assert_eq!(values_moved_max(71_000), 1_568_000);
        assert_eq!(values_moved_max(usize::MAX), u64::MAX);
    }

    /// Writes a module section by section.
    struct Module(Vec<u8>);

    impl Module {
        fn new() -> Self {
            Self(b"\0asm\x01\0\0\0".to_vec())
        }

        fn section(mut self, id: u8, count: u32, mut item: impl FnMut(u32, &mut Vec<u8>)) -> Self {
            let mut content = leb(count);
            (0..count).for_each(|index| item(index, &mut content));
            self.0.push(id);
            self.0.extend(leb(narrow(content.len())));
            self.0.extend(content);
            self
        }

        /// `count` equal items.
        fn repeat(self, id: u8, count: u32, item: &[u8]) -> Self {
            self.section(id, count, |_, out| out.extend(item))
        }
    }

    fn narrow(count: usize) -> u32 {
        u32::try_from(count).unwrap()
    }

    fn leb(mut value: u32) -> Vec<u8> {
        let mut out = Vec::new();
        while value >= 0x80 {
            out.push((value & 0x7F) as u8 | 0x80);
            value >>= 7;
        }
        out.push((value & 0x7F) as u8);
        out
    }

    /// Decodes the module and validates its bodies.
    fn load(module: &Module) -> Result<(), String> {
        let limits = ModuleLimits::default();
        let decoded = decode(&module.0, Features::default(), &limits).map_err(|error| match error {
            ModuleError::Invalid(invalid) => invalid.message,
            ModuleError::Limit(limit) => limit.to_string(),
        })?;
        for func in decoded.decl.bodies.keys() {
            let (to_validate, body) = decoded.body(&module.0, func);
            let mut validator = to_validate.into_validator(wasmparser::FuncValidatorAllocations::default());
            validator.validate(&body).map_err(|error| error.message().to_owned())?;
        }
        Ok(())
    }

    fn check(limit: u32, build: impl Fn(u32) -> Module, message: &str) {
        assert_eq!(load(&build(limit)), Ok(()), "at the limit: {message}");
        let error = load(&build(limit + 1)).unwrap_err();
        assert!(error.contains(message), "one over: {error}, expected {message}");
    }

    const TYPE: u8 = 1;
    const IMPORT: u8 = 2;
    const FUNCTION: u8 = 3;
    const TABLE: u8 = 4;
    const MEMORY: u8 = 5;
    const GLOBAL: u8 = 6;
    const EXPORT: u8 = 7;
    const ELEM: u8 = 9;
    const CODE: u8 = 10;
    const DATA: u8 = 11;

    /// One function of the given parameters and results, with an `unreachable` body that declares `locals` i32.
    fn one_func(params: u32, results: u32, locals: u32) -> Module {
        let ty = [
            vec![0x60],
            leb(params),
            vec![0x7F; params as usize],
            leb(results),
            vec![0x7F; results as usize],
        ];
        let code = [vec![1], leb(locals), vec![0x7F, 0x00, 0x0B]].concat();
        let code = [leb(narrow(code.len())), code].concat();
        Module::new().repeat(TYPE, 1, &ty.concat()).repeat(FUNCTION, 1, &[0]).repeat(CODE, 1, &code)
    }

    #[test]
    fn a_function_at_each_limit_is_valid_and_one_over_is_not() {
        check(narrow(PARAMS_MAX), |n| one_func(n, 0, 0), "function params size");
        check(narrow(RESULTS_MAX), |n| one_func(0, n, 0), "function returns size");
        check(LOCALS_MAX, |n| one_func(0, 0, n), "too many locals");
        check(LOCALS_MAX - 3, |n| one_func(3, 0, n), "too many locals");
        let body = |bytes: u32| {
            let code = [leb(bytes), vec![0], vec![0x01; bytes as usize - 2], vec![0x0B]].concat();
            Module::new().repeat(TYPE, 1, &[0x60, 0, 0]).repeat(FUNCTION, 1, &[0]).repeat(CODE, 1, &code)
        };
        check(narrow(BODY_BYTES_MAX), body, "function body size");
    }

    #[test]
    fn a_module_at_each_limit_is_valid_and_one_over_is_not() {
        check(TYPES_MAX, |n| Module::new().repeat(TYPE, n, &[0x60, 0, 0]), "types count exceeds limit");
        check(TABLES_MAX, |n| Module::new().repeat(TABLE, n, &[0x70, 0, 0]), "tables count exceeds limit");
        let global = [0x7F, 0, 0x41, 0, 0x0B];
        check(GLOBALS_MAX, |n| Module::new().repeat(GLOBAL, n, &global), "globals count exceeds limit");
        check(
            ELEM_SEGMENTS_MAX,
            |n| Module::new().repeat(ELEM, n, &[1, 0, 0]),
            "element segments count exceeds limit",
        );
        check(
            DATA_SEGMENTS_MAX,
            |n| Module::new().repeat(DATA, n, &[1, 0]),
            "data segments count exceeds limit",
        );
        let memory = |pages| Module::new().repeat(MEMORY, 1, &[vec![0], leb(pages)].concat());
        check(MEMORY_PAGES_MAX, memory, "memory size must be at most");
        let name = |bytes: u32| {
            let import = [leb(bytes), vec![b'x'; bytes as usize], vec![0, 3, 0x7F, 0]].concat();
            Module::new().repeat(IMPORT, 1, &import)
        };
        check(narrow(NAME_BYTES_MAX), name, "string size out of bounds");
        let items = |n: u32| {
            let elem = [vec![5, 0x70], leb(n), [0xD0, 0x70, 0x0B].repeat(n as usize)].concat();
            Module::new().repeat(ELEM, 1, &elem)
        };
        check(ELEM_ITEMS_MAX, items, "number of elements is out of bounds");
    }

    #[test]
    fn imports_and_exports_share_the_limit_of_type_sizes() {
        let import = [0, 0, 3, 0x7F, 0];
        let message = "effective type size exceeds the limit";
        check(TYPE_SIZE_MAX - 2, |n| Module::new().repeat(IMPORT, n, &import), message);
        let exports = |n: u32| {
            Module::new().repeat(IMPORT, 1000, &import).section(EXPORT, n, |index, out| {
                let name = index.to_string();
                out.extend(leb(narrow(name.len())));
                out.extend(name.bytes());
                out.extend([3, 0]);
            })
        };
        check(TYPE_SIZE_MAX - 2 - 1000, exports, message);
    }
}
