//! What the topics share: engines in each memory mode, and instances from text.

use skep::{Config, Engine, Instance, Linker, MemoryMode, Module, Store};

/// An engine in a memory mode.
pub(crate) fn engine(mode: MemoryMode) -> Engine {
    Engine::new(&Config::default().memory_mode(mode)).unwrap()
}

/// An instance of a module whose imports the linker has.
pub(crate) fn spawn_with<T>(linker: &Linker<T>, engine: &Engine, wat: &str, data: T) -> (Store<T>, Instance) {
    let module = Module::new(engine, wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    let template = linker.template(&module).unwrap();
    let mut store = Store::new(engine);
    let instance = store.spawn(&template, data).unwrap();
    (store, instance)
}

/// An instance of a module without imports.
pub(crate) fn spawn(mode: MemoryMode, wat: &str) -> (Store<()>, Instance) {
    let engine = engine(mode);
    spawn_with(&Linker::new(&engine), &engine, wat, ())
}
