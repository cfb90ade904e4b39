//! wasmer with Singlepass. NaNs are not canonicalised, which no other engine here does either; defaults otherwise.

use std::num::NonZero;

use anyhow::{Context, Result};
use wasmer::sys::EngineBuilder;
use wasmer::{
    Engine, Extern, Function, FunctionEnv, FunctionEnvMut, FunctionType, Imports, Instance, Memory, Module,
    RuntimeError, Store, Type, Value,
};

use super::{Compiled, GUEST_STACK_BYTES, Peer, Setup, end_of};
use crate::answer::{Answer, End};
use crate::corpus::Program;
use crate::host::{self, ARGS_MAX, Exit, Host, HostFn};

/// The engine.
pub struct Singlepass(Engine);

impl Singlepass {
    /// With as many compiling threads as asked for.
    pub fn new(setup: Setup) -> Result<Self> {
        let mut compiler = wasmer::sys::Singlepass::default();
        compiler.canonicalize_nans(false);
        compiler.num_threads = NonZero::new(setup.threads).context("no threads to compile on")?;
        wasmer::sys::vm::set_stack_size(GUEST_STACK_BYTES);
        Ok(Self(EngineBuilder::new(compiler).engine().into()))
    }
}

impl Peer for Singlepass {
    fn name(&self) -> &str {
        "singlepass"
    }

    fn compile(&self, wasm: &[u8]) -> Result<Box<dyn Compiled>> {
        Ok(Box::new(Ready { engine: self.0.clone(), module: Module::from_binary(&self.0, wasm)? }))
    }
}

struct Ready {
    engine: Engine,
    module: Module,
}

/// What host functions see.
struct World {
    host: Host,
    memory: Option<Memory>,
}

impl Compiled for Ready {
    fn run(&self, program: &Program) -> Result<Answer> {
        let mut store = Store::new(self.engine.clone());
        let env = FunctionEnv::new(&mut store, World { host: Host::new(program)?, memory: None });
        let mut imports = Imports::new();
        for import in self.module.imports() {
            let function = host::lookup(import.module(), import.name())
                .with_context(|| format!("unknown import {}.{}", import.module(), import.name()))?;
            imports.define(import.module(), import.name(), func(&mut store, &env, function));
        }
        let instance = Instance::new(&mut store, &self.module, &imports)?;
        let memory = instance.exports.iter().find_map(|(_, export)| match export {
            Extern::Memory(memory) => Some(memory.clone()),
            _ => None,
        });
        env.as_mut(&mut store).memory.clone_from(&memory);
        let entry = instance.exports.get_function(&program.entry)?;
        env.as_mut(&mut store).host.begin();
        let outcome = entry.call(&mut store, &[]);
        let called = env.as_mut(&mut store).host.elapsed();
        let (end, score) = match outcome {
            Ok(results) => (End::Returned, results.first().and_then(Value::f32)),
            Err(error) => (end_of(error.downcast_ref::<Exit>(), || error.message()), None),
        };
        let hash = memory.map(|memory| memory.view(&store).copy_to_vec()).transpose()?;
        Ok(env.as_mut(&mut store).host.finish(called, end, score, hash.as_deref()))
    }
}

fn func(store: &mut Store, env: &FunctionEnv<World>, function: &'static HostFn) -> Function {
    let of = |code: char| if code == 'i' { Type::I32 } else { Type::I64 };
    let params: Vec<Type> = function.params().map(of).collect();
    let results: Vec<Type> = function.result().map(of).into_iter().collect();
    let ty = FunctionType::new(params, results);
    Function::new_with_env(store, env, ty, move |mut env: FunctionEnvMut<'_, World>, params: &[Value]| {
        let mut args = [0; ARGS_MAX];
        for (arg, param) in args.iter_mut().zip(params) {
            *arg = match *param {
                Value::I32(value) => u64::from(value as u32),
                Value::I64(value) => value as u64,
                _ => unreachable!("signatures have integers only"),
            };
        }
        let (world, store) = env.data_and_store_mut();
        let view = world.memory.clone().map(|memory| memory.view(&store));
        let value = call(world, view.as_ref(), function, &args[..params.len()])
            .map_err(|exit| RuntimeError::user(Box::new(exit)))?;
        Ok(function
            .result()
            .map(|code| if code == 'I' { Value::I64(value as i64) } else { Value::I32(value as i32) })
            .into_iter()
            .collect())
    })
}

#[expect(unsafe_code, reason = "the engine lends a guest's memory in no other way than by copies")]
fn call(
    world: &mut World,
    view: Option<&wasmer::MemoryView<'_>>,
    function: &HostFn,
    args: &[u64],
) -> Result<u64, Exit> {
    let bytes = match view {
        // SAFETY: the slice ends with this call, in which no guest runs, no memory grows and no other view exists.
        Some(view) => unsafe { view.data_unchecked_mut() },
        None => &mut [],
    };
    function.call(&mut world.host, host::Memory(bytes), args)
}
