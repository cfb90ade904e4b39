//! Instances on wasmer with Singlepass, each in a store of its own.

use anyhow::Result;
use wasmer::sys::EngineBuilder;
use wasmer::{Engine, Imports, Instance, Module, Store, TypedFunction};

use super::{Crowd, Guest};

pub struct Apart {
    engine: Engine,
    module: Module,
    guest: Guest,
    live: Vec<Own>,
}

/// An instance with its store.
struct Own {
    store: Store,
    instance: Instance,
    run: Option<TypedFunction<(), ()>>,
}

impl Own {
    fn run(&mut self) -> Result<()> {
        if let Some(run) = &self.run {
            run.call(&mut self.store)?;
        }
        Ok(())
    }

    fn answer(&mut self) -> Result<i32> {
        let answer = self.instance.exports.get_typed_function::<(), i32>(&self.store, "answer")?;
        Ok(answer.call(&mut self.store)?)
    }
}

impl Apart {
    pub fn new(wasm: &[u8], guest: Guest) -> Result<Self> {
        let engine: Engine = EngineBuilder::new(wasmer::sys::Singlepass::default()).engine().into();
        let module = Module::from_binary(&engine, wasm)?;
        Ok(Self { engine, module, guest, live: Vec::new() })
    }

    fn one(&self) -> Result<Own> {
        let mut store = Store::new(self.engine.clone());
        let instance = Instance::new(&mut store, &self.module, &Imports::new())?;
        let run =
            self.guest.runs().then(|| instance.exports.get_typed_function(&store, "run")).transpose()?;
        Ok(Own { store, instance, run })
    }
}

impl Crowd for Apart {
    fn lives(&mut self, count: usize) -> Result<()> {
        (0..count).try_for_each(|_| self.one()?.run())
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        self.live = (0..count).map(|_| self.one()).collect::<Result<_>>()?;
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        self.live.iter_mut().try_for_each(Own::run)
    }

    fn free(&mut self) -> Result<()> {
        self.live.clear();
        Ok(())
    }

    fn answers(&mut self) -> Result<Vec<i32>> {
        self.live.iter_mut().map(Own::answer).collect()
    }
}
