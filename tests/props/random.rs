//! Numbers that look random and are the same in each run, and modules made from them.

use arbitrary::Unstructured;
use wasm_smith::{Config, InstructionKind, InstructionKinds, MemoryOffsetChoices};

/// A generator. Its seed is all that it takes to see a failure again.
pub(crate) struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        random.next();
        random
    }

    /// 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 1).unwrap() % bound
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Bytes.
    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[7]).collect()
    }
}

/// How many cases a property runs: the environment variable, or the default.
pub(crate) fn cases(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |count| count.parse().unwrap())
}

/// Modules of WebAssembly 2.0 without vectors, everything exported.
pub(crate) fn smith_config(random: &mut Random) -> Config {
    let mut kinds = vec![
        InstructionKind::Numeric,
        InstructionKind::Reference,
        InstructionKind::Parametric,
        InstructionKind::Variable,
        InstructionKind::Table,
        InstructionKind::Memory,
        InstructionKind::Control,
    ];
    if random.below(4) == 0 {
        kinds.retain(|&kind| kind != InstructionKind::Table && kind != InstructionKind::Reference);
    }
    Config {
        allowed_instructions: InstructionKinds::new(&kinds),
        max_imports: 0,
        allow_start_export: random.below(8) == 0,
        min_types: 1,
        min_funcs: 1,
        max_funcs: random.pick(&[2, 6, 20]),
        max_instructions: random.pick(&[30, 100, 400]),
        max_memory32_bytes: 10 << 16,
        max_table_elements: 1_000,
        max_tables: 3,
        memory_max_size_required: true,
        table_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(98, 1, 1),
        export_everything: true,
        canonicalize_nans: true,
        disallow_traps: random.below(10) != 0,
        exceptions_enabled: false,
        gc_enabled: false,
        compact_imports_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        extended_const_enabled: false,
        ..Config::default()
    }
}

/// A valid module that ends by itself, unless there are too few bytes for one.
pub(crate) fn smith(random: &mut Random) -> Option<Vec<u8>> {
    let config = smith_config(random);
    let len = random.pick(&[600, 3_000, 12_000]);
    let bytes = random.bytes(len);
    let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    module.ensure_termination(1_000).unwrap();
    Some(module.to_bytes())
}
