//! wasmtime, with Cranelift or Winch. Defaults otherwise: guard pages, address maps, no interruption.

use anyhow::{Context, Result, anyhow};
use rayon::ThreadPool;
use wasmtime::{
    Caller, Config, Engine, Func, FuncType, Instance, Memory, Module, Store, Strategy, Val, ValType,
};

use super::{Compiled, GUEST_STACK_BYTES, Peer, Setup, end_of, pool};
use crate::answer::{Answer, End};
use crate::corpus::Program;
use crate::host::{self, ARGS_MAX, Host, HostFn};

/// The engine with one of its compilers.
pub struct Wasmtime {
    name: &'static str,
    engine: Engine,
    pool: ThreadPool,
}

impl Wasmtime {
    /// With the optimising compiler at its default level, which is speed.
    pub fn cranelift(setup: Setup) -> Result<Self> {
        Self::new("cranelift", Strategy::Cranelift, setup)
    }

    /// With the baseline compiler.
    pub fn winch(setup: Setup) -> Result<Self> {
        Self::new("winch", Strategy::Winch, setup)
    }

    fn new(name: &'static str, strategy: Strategy, setup: Setup) -> Result<Self> {
        let mut config = Config::new();
        config.strategy(strategy).async_stack_size(GUEST_STACK_BYTES).max_wasm_stack(GUEST_STACK_BYTES);
        config.parallel_compilation(setup.threads > 1);
        let engine = Engine::new(&config).map_err(plain)?;
        Ok(Self { name, engine, pool: pool(setup.threads)? })
    }
}

impl Peer for Wasmtime {
    fn name(&self) -> &str {
        self.name
    }

    fn compile(&self, wasm: &[u8]) -> Result<Box<dyn Compiled>> {
        let module = self.pool.install(|| Module::from_binary(&self.engine, wasm));
        Ok(Box::new(Ready(module.map_err(plain)?)))
    }
}

struct Ready(Module);

/// What a store holds.
struct World {
    host: Host,
    memory: Option<Memory>,
}

impl Compiled for Ready {
    fn machine_code_bytes(&self) -> Option<usize> {
        Some(self.0.text().len())
    }

    fn run(&self, program: &Program) -> Result<Answer> {
        let mut store = Store::new(self.0.engine(), World { host: Host::new(program)?, memory: None });
        let mut imports = Vec::new();
        for import in self.0.imports() {
            let function = host::lookup(import.module(), import.name())
                .with_context(|| format!("unknown import {}.{}", import.module(), import.name()))?;
            imports.push(func(&mut store, function).into());
        }
        let instance = Instance::new(&mut store, &self.0, &imports).map_err(plain)?;
        let memory = instance.exports(&mut store).find_map(wasmtime::Export::into_memory);
        store.data_mut().memory = memory;
        let entry = instance
            .get_func(&mut store, &program.entry)
            .with_context(|| format!("no exported function {}", program.entry))?;
        let mut results = vec![Val::I32(0); entry.ty(&store).results().len()];
        store.data_mut().host.begin();
        let outcome = entry.call(&mut store, &[], &mut results);
        let called = store.data_mut().host.elapsed();
        let end = match outcome {
            Ok(()) => End::Returned,
            Err(error) => end_of(error.downcast_ref(), || error.root_cause().to_string()),
        };
        let score = results.first().and_then(Val::f32);
        let hash = memory.map(|memory| memory.data(&store).to_vec());
        Ok(store.data_mut().host.finish(called, end, score, hash.as_deref()))
    }
}

fn func(store: &mut Store<World>, function: &'static HostFn) -> Func {
    let of = |code: char| if code == 'i' { ValType::I32 } else { ValType::I64 };
    let ty = FuncType::new(store.engine(), function.params().map(of), function.result().map(of));
    Func::new(store, ty, move |mut caller: Caller<'_, World>, params, results| {
        let mut args = [0; ARGS_MAX];
        for (arg, param) in args.iter_mut().zip(params) {
            *arg = match *param {
                Val::I32(value) => u64::from(value as u32),
                Val::I64(value) => value as u64,
                _ => unreachable!("signatures have integers only"),
            };
        }
        let (bytes, world) = match caller.data().memory {
            Some(memory) => memory.data_and_store_mut(&mut caller),
            None => (&mut [][..], caller.data_mut()),
        };
        let value = function.call(&mut world.host, host::Memory(bytes), &args[..params.len()])?;
        if let [result] = results {
            *result =
                if function.result() == Some('I') { Val::I64(value as i64) } else { Val::I32(value as i32) };
        }
        Ok::<(), wasmtime::Error>(())
    })
}

/// The engine's error type is not one that `anyhow` takes.
fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}
