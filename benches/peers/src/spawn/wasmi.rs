//! Instances on wasmi, each in a store of its own.

use anyhow::Result;
use wasmi::{Engine, Instance, Linker, Module, Store, TypedFunc};

use super::{Crowd, Guest};

pub struct Apart {
    module: Module,
    linker: Linker<u64>,
    guest: Guest,
    live: Vec<Own>,
}

/// An instance with its store.
struct Own {
    store: Store<u64>,
    instance: Instance,
    run: Option<TypedFunc<(), ()>>,
}

impl Own {
    fn run(&mut self) -> Result<()> {
        if let Some(run) = &self.run {
            run.call(&mut self.store, ())?;
        }
        Ok(())
    }

    fn answer(&mut self) -> Result<i32> {
        let answer = self.instance.get_typed_func::<(), i32>(&self.store, "answer")?;
        Ok(answer.call(&mut self.store, ())?)
    }
}

impl Apart {
    pub fn new(wasm: &[u8], guest: Guest) -> Result<Self> {
        let engine = Engine::default();
        let module = Module::new(&engine, wasm)?;
        Ok(Self { module, linker: Linker::new(&engine), guest, live: Vec::new() })
    }

    fn one(&self, n: usize) -> Result<Own> {
        let mut store = Store::new(self.linker.engine(), n as u64);
        let instance = self.linker.instantiate_and_start(&mut store, &self.module)?;
        let run = self.guest.runs().then(|| instance.get_typed_func(&store, "run")).transpose()?;
        Ok(Own { store, instance, run })
    }
}

impl Crowd for Apart {
    fn lives(&mut self, count: usize) -> Result<()> {
        (0..count).try_for_each(|n| self.one(n)?.run())
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        self.live = (0..count).map(|n| self.one(n)).collect::<Result<_>>()?;
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
