//! Instances on skep, in one store.

use anyhow::Result;
use skep::{Config, Engine, Free, Instance, Linker, MemoryMode, Module, Store, Template, TypedFunc};

use super::{Crowd, Guest};

/// How memories of many small instances are kept in bounds: they can lie close together, and none needs the system when it is made.
pub const MODE: MemoryMode = MemoryMode::Checked;

/// Made, called and freed one by one.
pub struct Singly {
    template: Template<u64>,
    store: Store<u64>,
    guest: Guest,
    live: Vec<(Instance, Option<TypedFunc<(), ()>>)>,
}

impl Singly {
    pub fn new(wasm: &[u8], guest: Guest) -> Result<Self> {
        let (template, store) = set_up(wasm)?;
        Ok(Self { template, store, guest, live: Vec::new() })
    }

    fn one(&mut self, n: usize) -> Result<(Instance, Option<TypedFunc<(), ()>>)> {
        let instance = self.store.spawn(&self.template, n as u64)?;
        let run = self.guest.runs().then(|| instance.typed_func(&self.store, "run")).transpose()?;
        Ok((instance, run))
    }
}

fn set_up(wasm: &[u8]) -> Result<(Template<u64>, Store<u64>)> {
    let engine = Engine::new(&Config::new().memory_mode(MODE))?;
    let template = Linker::new(&engine).template(&Module::new(&engine, wasm)?)?;
    Ok((template, Store::new(&engine)))
}

impl Crowd for Singly {
    fn lives(&mut self, count: usize) -> Result<()> {
        for n in 0..count {
            let (instance, run) = self.one(n)?;
            if let Some(run) = run {
                run.call(&mut self.store, ())?;
            }
            self.store.free(instance, Free::WhenUnreachable)?;
        }
        Ok(())
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        for n in 0..count {
            let one = self.one(n)?;
            self.live.push(one);
        }
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        for (_, run) in &self.live {
            if let Some(run) = run {
                run.call(&mut self.store, ())?;
            }
        }
        Ok(())
    }

    fn free(&mut self) -> Result<()> {
        for (instance, _) in self.live.drain(..) {
            self.store.free(instance, Free::WhenUnreachable)?;
        }
        Ok(())
    }

    fn answers(&mut self) -> Result<Vec<i32>> {
        let instances: Vec<_> = self.live.iter().map(|(instance, _)| *instance).collect();
        answers(&mut self.store, &instances)
    }
}

fn answers(store: &mut Store<u64>, instances: &[Instance]) -> Result<Vec<i32>> {
    let answer = |instance: &Instance| {
        let answer = instance.typed_func::<(), i32>(store, "answer")?;
        Ok(answer.call(store, ())?)
    };
    instances.iter().map(answer).collect()
}

/// Made, called and freed by one call each.
pub struct Together {
    one_by_one: Singly,
    live: Vec<Instance>,
    runs: Vec<TypedFunc<(), ()>>,
}

impl Together {
    pub fn new(wasm: &[u8], guest: Guest) -> Result<Self> {
        Ok(Self { one_by_one: Singly::new(wasm, guest)?, live: Vec::new(), runs: Vec::new() })
    }
}

impl Crowd for Together {
    fn lives(&mut self, count: usize) -> Result<()> {
        self.one_by_one.lives(count)
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        let Singly { template, store, guest, .. } = &mut self.one_by_one;
        self.live = store.spawn_batch(template, 0..count as u64)?;
        if guest.runs() {
            let runs = self.live.iter().map(|instance| instance.typed_func(store, "run"));
            self.runs = runs.collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        for run in &self.runs {
            run.call(&mut self.one_by_one.store, ())?;
        }
        Ok(())
    }

    fn free(&mut self) -> Result<()> {
        self.one_by_one.store.free_batch(&self.live, Free::WhenUnreachable)?;
        self.live.clear();
        Ok(())
    }

    fn answers(&mut self) -> Result<Vec<i32>> {
        answers(&mut self.one_by_one.store, &self.live)
    }
}
