//! Instances on wasmtime: each in a store of its own, since only a store frees its instances; or all in one, which stay.

use anyhow::{Context, Result, anyhow};
use rayon::prelude::*;
use wasmtime::{
    AsContextMut, Config, Engine, Instance, InstanceAllocationStrategy, InstancePre, Linker, Module,
    ModuleExport, PoolingAllocationConfig, Store, TypedFunc,
};

use super::{Crowd, MANY};

/// Instances are made from what has been found once: imports, and where an export is.
struct Maker {
    pre: InstancePre<u64>,
    run: Option<ModuleExport>,
}

type Run = Option<TypedFunc<(), ()>>;

impl Maker {
    /// With the allocator that maps on demand, or with the pooling one, at its defaults but for room for all.
    fn new(wasm: &[u8], pooling: bool) -> Result<Self> {
        let mut config = Config::new();
        if pooling {
            let mut pool = PoolingAllocationConfig::default();
            let room = MANY as u32 + 1;
            pool.total_core_instances(room).total_memories(room).total_tables(room);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        }
        let engine = Engine::new(&config).map_err(plain)?;
        let module = Module::from_binary(&engine, wasm).map_err(plain)?;
        let pre = Linker::new(&engine).instantiate_pre(&module).map_err(plain)?;
        Ok(Self { run: module.get_export_index("run"), pre })
    }

    fn store(&self, data: u64) -> Store<u64> {
        Store::new(self.pre.module().engine(), data)
    }

    fn instance(&self, store: &mut Store<u64>) -> Result<(Instance, Run)> {
        let instance = self.pre.instantiate(&mut *store).map_err(plain)?;
        let Some(run) = &self.run else { return Ok((instance, None)) };
        let run = instance.get_module_export(&mut *store, run).and_then(wasmtime::Extern::into_func);
        let run = run.context("no function")?.typed(&*store).map_err(plain)?;
        Ok((instance, Some(run)))
    }

    fn one(&self, n: usize) -> Result<Own> {
        let mut store = self.store(n as u64);
        let (instance, run) = self.instance(&mut store)?;
        Ok(Own { store, instance, run })
    }
}

fn answer(mut store: impl AsContextMut, instance: Instance) -> Result<i32> {
    let answer = instance.get_typed_func::<(), i32>(&mut store, "answer").map_err(plain)?;
    answer.call(&mut store, ()).map_err(plain)
}

/// The engine's error type is not one that `anyhow` takes.
fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}

/// An instance with its store.
struct Own {
    store: Store<u64>,
    instance: Instance,
    run: Run,
}

impl Own {
    fn run(&mut self) -> Result<()> {
        self.run.as_ref().map_or(Ok(()), |run| run.call(&mut self.store, ()).map_err(plain))
    }
}

/// A store for each; many are made, called and freed on all threads.
pub struct Apart {
    maker: Maker,
    live: Vec<Own>,
}

impl Apart {
    pub fn new(wasm: &[u8], pooling: bool) -> Result<Self> {
        Ok(Self { maker: Maker::new(wasm, pooling)?, live: Vec::new() })
    }
}

impl Crowd for Apart {
    fn lives(&mut self, count: usize) -> Result<()> {
        (0..count).try_for_each(|n| self.maker.one(n)?.run())
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        self.live = (0..count).into_par_iter().map(|n| self.maker.one(n)).collect::<Result<_>>()?;
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        self.live.par_iter_mut().try_for_each(Own::run)
    }

    fn free(&mut self) -> Result<()> {
        self.live.par_drain(..).for_each(drop);
        Ok(())
    }

    fn answers(&mut self) -> Result<Vec<i32>> {
        self.live.iter_mut().map(|own| answer(&mut own.store, own.instance)).collect()
    }
}

/// One store for all, which goes with them.
pub struct Together {
    maker: Maker,
    store: Store<u64>,
    live: Vec<(Instance, Run)>,
}

impl Together {
    pub fn new(wasm: &[u8]) -> Result<Self> {
        let maker = Maker::new(wasm, false)?;
        Ok(Self { store: maker.store(0), maker, live: Vec::new() })
    }
}

impl Crowd for Together {
    fn lives(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.spawn(1)?;
            self.run()?;
            self.free()?;
        }
        Ok(())
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        self.live = (0..count).map(|_| self.maker.instance(&mut self.store)).collect::<Result<_>>()?;
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        for run in self.live.iter().filter_map(|(_, run)| run.as_ref()) {
            run.call(&mut self.store, ()).map_err(plain)?;
        }
        Ok(())
    }

    fn free(&mut self) -> Result<()> {
        self.live.clear();
        self.store = self.maker.store(0);
        Ok(())
    }

    fn answers(&mut self) -> Result<Vec<i32>> {
        self.live.iter().map(|(instance, _)| answer(&mut self.store, *instance)).collect()
    }
}
