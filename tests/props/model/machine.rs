//! What all sequences share: an engine with the compiled modules and the host's functions, and the data of instances.
//!
//! Owns: `Machine`, `Data`. Does not know: sequences.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use skep::{
    Caller, Config, EndReason, Engine, Error, Func, Instance, Linker, MemoryMode, Module, StoreLimits,
};

use super::calls::Fail;
use super::family::{Ending, text};
use super::naive::{Model, Seen};

/// An engine with what is compiled for it.
pub(crate) struct Machine {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Data>,
    /// Whether slots are used a few times only.
    pub(crate) is_narrow: bool,
    modules: HashMap<(&'static str, Ending), Module>,
}

impl Machine {
    fn new(mode: MemoryMode, is_narrow: bool) -> Self {
        let wide = StoreLimits::default();
        let limits = if is_narrow { StoreLimits { generations: 7, ..wide } } else { wide };
        let engine = Engine::new(&Config::new().memory_mode(mode).store_limits(limits)).unwrap();
        let linker = linker(&engine);
        Self { engine, linker, is_narrow, modules: HashMap::new() }
    }

    /// One for each memory mode, with handles of full width and with narrow ones.
    pub(crate) fn all() -> Vec<Self> {
        let modes = MemoryMode::ALL.into_iter();
        modes.flat_map(|mode| [false, true].map(|is_narrow| Self::new(mode, is_narrow))).collect()
    }

    pub(crate) fn module(&mut self, shape: &'static str, ending: Ending) -> Module {
        let Self { engine, modules, .. } = self;
        let module = modules.entry((shape, ending)).or_insert_with(|| {
            let text = text(shape, ending);
            Module::new(engine, &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
        });
        module.clone()
    }
}

/// What hooks and drops have left, in order.
pub(crate) type Log = Arc<Mutex<Vec<(Option<Instance>, Seen)>>>;

/// What each instance carries.
pub(crate) struct Data {
    pub(crate) inst: usize,
    pub(crate) gift: Option<Func>,
    pub(crate) log: Log,
}

impl Data {
    pub(crate) fn note(&self, handle: Instance, why: EndReason) {
        self.log.lock().unwrap().push((Some(handle), Seen::Hook(self.inst, why)));
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        self.log.lock().unwrap().push((None, Seen::Drop(self.inst)));
    }
}

fn linker(engine: &Engine) -> Linker<Data> {
    let mut linker = Linker::new(engine);
    linker.func("h", "call", call).unwrap();
    linker
        .func("h", "try", |caller: Caller<'_, Data>, func: Option<Func>| -> i32 {
            call(caller, func).unwrap_or_else(|error| Fail::from(&error).code())
        })
        .unwrap();
    linker
        .func("h", "back", |mut caller: Caller<'_, Data>| -> Result<i32, Error> {
            caller.func("answer")?.typed::<(), i32>(&caller)?.call(&mut caller, ())
        })
        .unwrap();
    linker
        .func("h", "exit", |caller: Caller<'_, Data>, code: u32| -> Result<(), Error> {
            Err(caller.exit(code))
        })
        .unwrap();
    linker
        .func("h", "named", |caller: Caller<'_, Data>, at: u32| -> i32 {
            caller.lookup(Model::name(at)).is_some().into()
        })
        .unwrap();
    linker.func("h", "give", |caller: Caller<'_, Data>| caller.data().gift).unwrap();
    linker
}

fn call(mut caller: Caller<'_, Data>, func: Option<Func>) -> Result<i32, Error> {
    let func = func.ok_or_else(|| Error::host("nothing to call"))?;
    func.typed::<(), i32>(&caller)?.call(&mut caller, ())
}
