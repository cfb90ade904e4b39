//! What the tests share: an engine per memory mode, and a store with a linker.

use skep::{Config, Engine, Error, Instance, Linker, MemoryMode, Module, Store, Template};

/// An engine for each memory mode.
pub(crate) fn engines() -> Vec<Engine> {
    MemoryMode::ALL
        .into_iter()
        .map(|mode| Engine::new(&Config::new().memory_mode(mode)).expect("an engine"))
        .collect()
}

/// A store whose instances carry a number, and what is needed to fill it.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) store: Store<u32>,
    pub(crate) linker: Linker<u32>,
}

/// However a test ends its store's days: the columns agree with each other.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.store.check_invariants().expect("columns that agree");
        }
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&Config::new().memory_mode(MemoryMode::Checked))
    }

    pub(crate) fn with(config: &Config) -> Self {
        Self::of(&Engine::new(config).expect("an engine"))
    }

    pub(crate) fn of(engine: &Engine) -> Self {
        Self { engine: engine.clone(), store: Store::new(engine), linker: Linker::new(engine) }
    }

    pub(crate) fn module(&self, text: &str) -> Module {
        Module::new(&self.engine, text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// A template for the module, its imports found in the linker and by names in the store.
    pub(crate) fn template(&self, text: &str) -> Result<Template<u32>, Error> {
        self.linker.template_in(&self.store, &self.module(text))
    }

    /// An instance under a name.
    pub(crate) fn spawn(&mut self, name: &str, text: &str) -> Result<Instance, Error> {
        let template = self.template(text)?;
        self.store.spawn_named(name, &template, 0)
    }

    /// An instance under a name.
    pub(crate) fn one(&mut self, name: &str, text: &str) -> Instance {
        self.spawn(name, text).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// The message of a failure.
pub(crate) fn text<R>(result: Result<R, Error>) -> String {
    result.err().map_or_else(|| "ok".into(), |error| error.to_string())
}
