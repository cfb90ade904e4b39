//! What the areas share: engines of all memory modes, a store with a linker, probes, and doors for short checks.
//!
//! Does not know: what is checked.

use skep::{
    Config, Engine, Error, Instance, Linker, MemoryMode, Module, Store, Template, TypedFunc, WasmParams,
    WasmResults,
};

/// Runs a check in each memory mode.
#[track_caller]
pub(crate) fn both(check: impl Fn(World)) {
    for mode in MemoryMode::ALL {
        check(World::with(&Config::new().memory_mode(mode)));
    }
}

/// A store whose instances carry a number, and what is needed to fill it.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) store: Store<u32>,
    pub(crate) linker: Linker<u32>,
}

impl World {
    /// For what does not depend on the memory mode.
    pub(crate) fn new() -> Self {
        Self::with(&Config::new().memory_mode(MemoryMode::Checked))
    }

    pub(crate) fn with(config: &Config) -> Self {
        Self::of(&Engine::new(config).unwrap())
    }

    /// Another store of an engine.
    pub(crate) fn of(engine: &Engine) -> Self {
        Self { engine: engine.clone(), store: Store::new(engine), linker: Linker::new(engine) }
    }

    #[track_caller]
    pub(crate) fn module(&self, text: &str) -> Module {
        Module::new(&self.engine, text).unwrap_or_else(|error| panic!("{error}\n{text:.2000}"))
    }

    /// A template whose imports are found in the linker and by names in the store.
    #[track_caller]
    pub(crate) fn template(&self, text: &str) -> Result<Template<u32>, Error> {
        self.linker.template_in(&self.store, &self.module(text))
    }

    /// An instance under a name, or why there is none.
    #[track_caller]
    pub(crate) fn spawn(&mut self, name: &str, text: &str) -> Result<Instance, Error> {
        let template = self.template(text)?;
        self.store.spawn_named(name, &template, 0)
    }

    /// An instance under a name.
    #[track_caller]
    pub(crate) fn one(&mut self, name: &str, text: &str) -> Instance {
        self.spawn(name, text).unwrap_or_else(|error| panic!("{name}: {error}\n{text:.2000}"))
    }

    /// An exported function.
    #[track_caller]
    pub(crate) fn func<P: WasmParams, R: WasmResults>(&self, of: Instance, name: &str) -> TypedFunc<P, R> {
        of.typed_func(&self.store, name).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Calls an exported function.
    #[track_caller]
    pub(crate) fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        of: Instance,
        name: &str,
        params: P,
    ) -> Result<R, Error> {
        self.func::<P, R>(of, name).call(&mut self.store, params)
    }

    /// A byte of an exported memory.
    #[track_caller]
    pub(crate) fn byte(&self, of: Instance, name: &str, at: u64) -> u8 {
        let mut byte = [0];
        of.memory(&self.store, name).unwrap().read(&self.store, at, &mut byte).unwrap();
        byte[0]
    }
}

/// Whatever a test has done, its store's columns agree in the end.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.store.check_invariants().unwrap();
        }
    }
}

/// The message of a failure.
pub(crate) fn text<R>(result: Result<R, Error>) -> String {
    result.err().map_or_else(|| "ok".into(), |error| error.to_string())
}

/// The module `name` of `probes.wat`, as text.
#[track_caller]
pub(crate) fn probe(name: &str) -> &'static str {
    const ALL: &str = include_str!("probes.wat");
    let head = format!("\n;;; {name}\n");
    let (_, rest) = ALL.split_once(&head).unwrap_or_else(|| panic!("no probe is called {name}"));
    rest.split_once("\n;;; ").map_or(rest, |(probe, _)| probe)
}

/// Bytes of this process that are resident.
#[cfg(target_os = "linux")]
pub(crate) fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let resident: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
    resident * 4096
}

#[test]
fn probes_are_valid_or_refused_as_they_should() {
    const REFUSED: [(&str, &str); 5] = [
        ("shared/imp", "needs threads"),
        ("mutable_const", "constant expression required"),
        ("elem_type", "constant expression required"),
        ("elem_type/imported", "type mismatch"),
        ("globals", "needs simd"),
    ];
    let world = World::new();
    let mut count = 0;
    for line in include_str!("probes.wat").lines() {
        let Some(name) = line.strip_prefix(";;; ") else { continue };
        let refused = REFUSED.iter().find(|(refused, _)| *refused == name);
        match (Module::new(&world.engine, probe(name)), refused) {
            (Ok(_), None) => {}
            (Err(error), Some((_, why))) if error.to_string().contains(why) => {}
            (result, _) => panic!("{name}: {result:?}"),
        }
        count += 1;
    }
    assert!(count >= 34, "{count} probes");
}
