//! wasmi, the interpreter. It translates eagerly, so that its compile time counts every function.

use anyhow::{Context, Result};
use wasmi::{Caller, Config, Engine, Func, FuncType, Linker, Memory, Module, Store, Val, ValType};

use super::{Compiled, GUEST_STACK_BYTES, Peer, end_of};
use crate::answer::{Answer, End};
use crate::corpus::Program;
use crate::host::{self, ARGS_MAX, Exit, Host, HostFn};

/// The engine.
pub struct Wasmi(Engine);

impl Wasmi {
    /// With room for deep recursion.
    pub fn new() -> Self {
        let mut config = Config::default();
        config.compilation_mode(wasmi::CompilationMode::Eager);
        config.set_max_recursion_depth(GUEST_STACK_BYTES / 64).set_max_stack_height(GUEST_STACK_BYTES);
        Self(Engine::new(&config))
    }
}

impl Peer for Wasmi {
    fn name(&self) -> &str {
        "wasmi"
    }

    fn compile(&self, wasm: &[u8]) -> Result<Box<dyn Compiled>> {
        Ok(Box::new(Ready(Module::new(&self.0, wasm)?)))
    }
}

struct Ready(Module);

impl wasmi::errors::HostError for Exit {}

/// What a store holds.
struct World {
    host: Host,
    memory: Option<Memory>,
}

impl Compiled for Ready {
    fn run(&self, program: &Program) -> Result<Answer> {
        let mut store = Store::new(self.0.engine(), World { host: Host::new(program)?, memory: None });
        let mut linker = Linker::new(self.0.engine());
        for import in self.0.imports() {
            let function = host::lookup(import.module(), import.name())
                .with_context(|| format!("unknown import {}.{}", import.module(), import.name()))?;
            linker.define(import.module(), import.name(), func(&mut store, function))?;
        }
        let instance = linker.instantiate_and_start(&mut store, &self.0)?;
        let memory = instance.exports(&store).find_map(wasmi::Export::into_memory);
        store.data_mut().memory = memory;
        let entry = instance
            .get_func(&store, &program.entry)
            .with_context(|| format!("no exported function {}", program.entry))?;
        let mut results = vec![Val::I32(0); entry.ty(&store).results().len()];
        store.data_mut().host.begin();
        let outcome = entry.call(&mut store, &[], &mut results);
        let called = store.data_mut().host.elapsed();
        let end = match outcome {
            Ok(()) => End::Returned,
            Err(error) => end_of(error.downcast_ref(), || error.to_string()),
        };
        let score = results.first().and_then(Val::f32).map(f32::from);
        let hash = memory.map(|memory| memory.data(&store).to_vec());
        Ok(store.data_mut().host.finish(called, end, score, hash.as_deref()))
    }
}

fn func(store: &mut Store<World>, function: &'static HostFn) -> Func {
    let of = |code: char| if code == 'i' { ValType::I32 } else { ValType::I64 };
    let params: Vec<ValType> = function.params().map(of).collect();
    let ty = FuncType::new(params, function.result().map(of));
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
        let value = function
            .call(&mut world.host, host::Memory(bytes), &args[..params.len()])
            .map_err(wasmi::Error::host)?;
        if let [result] = results {
            *result =
                if function.result() == Some('I') { Val::I64(value as i64) } else { Val::I32(value as i32) };
        }
        Ok(())
    })
}
