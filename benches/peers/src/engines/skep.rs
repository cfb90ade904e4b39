//! skep, in either memory mode, through its public API alone.

use anyhow::{Context, Result};
use rayon::ThreadPool;
use skep::{
    Caller, Config, Engine, Error, Extern, FuncType, Instance, Linker, Memory, MemoryMode, Module, Store,
    Tuning, Val, ValType,
};

use super::{Compiled, GUEST_STACK_BYTES, Peer, Setup, end_of, pool};
use crate::answer::{Answer, End};
use crate::corpus::{Program, Timing};
use crate::host::{self, ARGS_MAX, Exit, Host, HostFn};

/// The engine in one memory mode, with all techniques of its compiler or without some.
pub struct Skep {
    name: String,
    engine: Engine,
    pool: ThreadPool,
}

impl Skep {
    /// Memories behind guard pages.
    pub fn guarded(setup: Setup) -> Result<Self> {
        Self::new("skep".to_owned(), MemoryMode::Guarded, setup)
    }

    /// Memories whose every access is compared.
    pub fn checked(setup: Setup) -> Result<Self> {
        Self::new("skep-checked".to_owned(), MemoryMode::Checked, setup)
    }

    /// With everything first, then once without each technique.
    pub fn ablation(setup: Setup) -> Result<Vec<Box<dyn Peer>>> {
        let mut peers: Vec<Box<dyn Peer>> = vec![Box::new(Self::guarded(setup)?)];
        for &(technique, bit) in Tuning::TABLE {
            let setup = Setup { without: setup.without.with(bit), ..setup };
            peers.push(Box::new(Self::new(format!("-{technique}"), MemoryMode::Guarded, setup)?));
        }
        Ok(peers)
    }

    fn new(name: String, mode: MemoryMode, setup: Setup) -> Result<Self> {
        let config = Config::new()
            .memory_mode(mode)
            .max_stack_bytes(GUEST_STACK_BYTES)
            .tuning(Tuning::ALL.without(setup.without));
        Ok(Self { name, engine: Engine::new(&config)?, pool: pool(setup.threads)? })
    }
}

/// The technique of this name, as a set of one.
pub fn technique(name: &str) -> Result<Tuning, String> {
    let names = || Tuning::TABLE.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = Tuning::TABLE.iter().find(|(known, _)| *known == name);
    found.map(|(_, bit)| *bit).ok_or_else(|| format!("expected one of {}", names()))
}

impl Peer for Skep {
    fn name(&self) -> &str {
        &self.name
    }

    fn must_compile(&self) -> bool {
        true
    }

    fn compile(&self, wasm: &[u8]) -> Result<Box<dyn Compiled>> {
        Ok(Box::new(Ready(self.pool.install(|| Module::new(&self.engine, wasm))?)))
    }
}

struct Ready(Module);

impl Compiled for Ready {
    fn machine_code_bytes(&self) -> Option<usize> {
        Some(self.0.machine_code_bytes())
    }

    fn run(&self, program: &Program) -> Result<Answer> {
        let mut linker = Linker::new(self.0.engine());
        for import in self.0.imports() {
            let function = host::lookup(import.module, import.name)
                .with_context(|| format!("unknown import {}.{}", import.module, import.name))?;
            define(&mut linker, import.module, import.name, function)?;
        }
        let template = linker.template(&self.0)?;
        let mut store = Store::new(self.0.engine());
        let instance = store.spawn(&template, Host::new(program)?)?;
        let (outcome, called) = call(&mut store, instance, program)?;
        let (end, score) = match outcome {
            Ok(score) => (End::Returned, score),
            Err(error) => (end_of(error.downcast_ref::<Exit>(), || error.to_string()), None),
        };
        let memory = exported_memory(&store, instance)?.map(|memory| memory.data(&store)).transpose()?;
        let memory = memory.map(<[u8]>::to_vec);
        Ok(store.data_mut(instance)?.finish(called, end, score, memory.as_deref()))
    }
}

type Outcome = Result<Option<f32>, Error>;

/// Calls the entry; an error of the outer result means that it was not called.
fn call(store: &mut Store<Host>, instance: Instance, program: &Program) -> Result<(Outcome, f64)> {
    Ok(if program.timing == Timing::Score {
        let entry = instance.typed_func::<(), f32>(store, &program.entry)?;
        store.data_mut(instance)?.begin();
        let outcome = entry.call(store, ());
        (outcome.map(Some), store.data_mut(instance)?.elapsed())
    } else {
        let entry = instance.typed_func::<(), ()>(store, &program.entry)?;
        store.data_mut(instance)?.begin();
        let outcome = entry.call(store, ());
        (outcome.map(|()| None), store.data_mut(instance)?.elapsed())
    })
}

fn exported_memory(store: &Store<Host>, instance: Instance) -> Result<Option<Memory>> {
    let exports = instance.exports(store)?;
    Ok(exports.into_iter().find_map(|(_, item)| match item {
        Extern::Memory(memory) => Some(memory),
        _ => None,
    }))
}

fn define(linker: &mut Linker<Host>, module: &str, name: &str, function: &'static HostFn) -> Result<()> {
    let of = |code: char| if code == 'i' { ValType::I32 } else { ValType::I64 };
    let params: Vec<ValType> = function.params().map(of).collect();
    let results: Vec<ValType> = function.result().map(of).into_iter().collect();
    let ty = FuncType::new(params, results);
    linker.func_new(module, name, ty, move |mut caller: Caller<'_, Host>, params, results| {
        let mut args = [0; ARGS_MAX];
        for (arg, param) in args.iter_mut().zip(params) {
            *arg = match *param {
                Val::I32(value) => u64::from(value as u32),
                Val::I64(value) => value as u64,
                _ => unreachable!("signatures have integers only"),
            };
        }
        let (bytes, host) = match caller.default_memory() {
            Some(memory) => caller.memory_and_data(memory)?,
            None => (&mut [][..], caller.data_mut()),
        };
        let value = function.call(host, host::Memory(bytes), &args[..params.len()]).map_err(Error::host)?;
        if let [result] = results {
            *result =
                if function.result() == Some('I') { Val::I64(value as i64) } else { Val::I32(value as i32) };
        }
        Ok(())
    })?;
    Ok(())
}
