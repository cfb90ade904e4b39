//! Running one module here and in wasmi 1.1.0, so that outcomes can be compared.
//!
//! Owns: the settings that every property is tested under, and outcomes as both sides express them.

use skep::{Config, Cpu, Engine, Error, Instance, Linker, MemoryMode, Module, Store, Trap, Tuning};
use wasmi::TrapCode;

/// How a call of `run` ended: the bits of its result, or its trap.
pub(crate) type Outcome = Result<u64, Trap>;

/// Engines with settings that must not change a result, with a name each: as it comes, with checks of itself, for the oldest
/// machine and by the plainest means, for each kind of memory.
pub(crate) fn engines() -> Vec<(String, Engine)> {
    let mut all = Vec::new();
    for mode in MemoryMode::ALL {
        let config = Config::default().memory_mode(mode);
        let settings = [
            ("", config.clone()),
            (", verifying", config.clone().verify(true)),
            (", oldest CPU", config.clone().cpu_mask(Cpu::NONE)),
            (", no technique", config.tuning(Tuning::NONE)),
        ];
        all.extend(settings.map(|(name, config)| (format!("{mode:?}{name}"), Engine::new(&config).unwrap())));
    }
    all
}

/// An instance here.
pub(crate) struct Ours {
    pub(crate) store: Store<()>,
    pub(crate) instance: Instance,
}

impl Ours {
    /// An instance of a valid module without imports.
    pub(crate) fn new(engine: &Engine, wasm: &[u8]) -> Self {
        let module = Module::new(engine, wasm).unwrap();
        let mut store = Store::new(engine);
        let template = Linker::new(engine).template(&module).unwrap();
        let instance = store.spawn(&template, ()).unwrap();
        Self { store, instance }
    }
}

/// Functions `(i64, i64) -> i64` of a module, by their position in its table, through its export `run`.
pub(crate) trait Runner {
    /// Calls one.
    fn run(&mut self, func: u32, a: u64, b: u64) -> Outcome;
}

/// The module here.
pub(crate) struct OursRunner {
    ours: Ours,
    run: skep::TypedFunc<(i32, i64, i64), i64>,
}

impl OursRunner {
    /// An instance of the module.
    pub(crate) fn new(engine: &Engine, wasm: &[u8]) -> Self {
        let ours = Ours::new(engine, wasm);
        let run = ours.instance.typed_func(&ours.store, "run").unwrap();
        Self { ours, run }
    }
}

impl Runner for OursRunner {
    fn run(&mut self, func: u32, a: u64, b: u64) -> Outcome {
        let params = (func.cast_signed(), a.cast_signed(), b.cast_signed());
        self.run.call(&mut self.ours.store, params).map(i64::cast_unsigned).map_err(|error| our_trap(&error))
    }
}

/// The trap that ended a call.
pub(crate) fn our_trap(error: &Error) -> Trap {
    error.trap().unwrap_or_else(|| panic!("not a trap: {error}"))
}

/// The module in wasmi.
pub(crate) struct OracleRunner {
    store: wasmi::Store<()>,
    run: wasmi::TypedFunc<(i32, i64, i64), i64>,
}

impl OracleRunner {
    /// An instance of the module.
    pub(crate) fn new(wasm: &[u8]) -> Self {
        let engine = wasmi::Engine::default();
        let module = wasmi::Module::new(&engine, wasm).unwrap();
        let mut store = wasmi::Store::new(&engine, ());
        let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
        let run = instance.get_typed_func(&store, "run").unwrap();
        Self { store, run }
    }
}

impl Runner for OracleRunner {
    fn run(&mut self, func: u32, a: u64, b: u64) -> Outcome {
        let params = (func.cast_signed(), a.cast_signed(), b.cast_signed());
        self.run.call(&mut self.store, params).map(i64::cast_unsigned).map_err(|error| oracle_trap(&error))
    }
}

/// Whether an error of wasmi is a trap.
pub(crate) fn is_oracle_trap(error: &wasmi::Error) -> bool {
    error.as_trap_code().is_some()
}

/// The trap that ended a call in wasmi. It has one code for every access past the end of a table: the table's.
pub(crate) fn oracle_trap(error: &wasmi::Error) -> Trap {
    let code = error.as_trap_code().unwrap_or_else(|| panic!("not a trap: {error}"));
    match code {
        TrapCode::UnreachableCodeReached => Trap::Unreachable,
        TrapCode::MemoryOutOfBounds => Trap::OutOfBoundsMemoryAccess,
        TrapCode::TableOutOfBounds => Trap::OutOfBoundsTableAccess,
        TrapCode::IndirectCallToNull => Trap::UninitializedElement,
        TrapCode::IntegerDivisionByZero => Trap::IntegerDivideByZero,
        TrapCode::IntegerOverflow => Trap::IntegerOverflow,
        TrapCode::BadConversionToInteger => Trap::InvalidConversionToInteger,
        TrapCode::StackOverflow => Trap::CallStackExhausted,
        TrapCode::BadSignature => Trap::IndirectCallTypeMismatch,
        other => panic!("no trap of a guest: {other:?}"),
    }
}

/// Whether a result that came out of floating-point arithmetic is a NaN that the standard allows where the oracle has `expected`,
/// for a type of `width` bits and these operands.
pub(crate) fn is_allowed_nan(width: u32, found: u64, expected: u64, operands: &[u64]) -> bool {
    let (sign, quiet, inf) = match width {
        32 => (1 << 31, 1 << 22, 0x7F80_0000),
        _ => (1 << 63, 1 << 51, 0x7FF0_0000_0000_0000),
    };
    let is_nan = |bits: u64| bits & !sign > inf && bits & !sign < sign;
    let canonical = |bits: u64| bits & !sign == inf | quiet;
    let any_allowed = operands.iter().any(|&bits| is_nan(bits) && !canonical(bits));
    is_nan(expected) && is_nan(found) && if any_allowed { found & quiet != 0 } else { canonical(found) }
}

#[test]
fn allowed_nans_are_the_standards() {
    let (canonical, quiet, signaling, one) = (0x7FC0_0000, 0x7FC0_0001, 0x7F80_0001, 0x3F80_0000);
    assert!(is_allowed_nan(32, 0xFFC0_0000, canonical, &[one, canonical]));
    assert!(!is_allowed_nan(32, quiet, canonical, &[one, canonical]));
    assert!(is_allowed_nan(32, quiet, canonical, &[one, signaling]));
    assert!(!is_allowed_nan(32, signaling, canonical, &[one, signaling]));
    assert!(!is_allowed_nan(32, one, canonical, &[one, signaling]));
}
