//! Instances on skep, in one store.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use skep::{Column, Config, Engine, Error, Free, Instance, Linker, Module, Store, Template, TypedFunc};

use super::{Crowd, Guest};

/// Where instances are made, and what is called on them.
struct Place {
    template: Template<u64>,
    store: Store<u64>,
    /// If the guest has it.
    run: Option<Column<(), ()>>,
    /// What came of calls.
    ran: Vec<Result<(), Error>>,
}

impl Place {
    fn new(wasm: &[u8], guest: Guest) -> Result<Self> {
        let engine = Engine::new(&Config::new())?;
        let template = Linker::new(&engine).template(&Module::new(&engine, wasm)?)?;
        let run = guest.runs().then(|| template.export("run")).transpose()?;
        Ok(Self { store: Store::new(&engine), template, run, ran: Vec::new() })
    }

    fn lives(&mut self, count: usize) -> Result<()> {
        for n in 0..count {
            let instance = self.store.spawn(&self.template, n as u64)?;
            if let Some(run) = &self.run {
                run.of(&self.store, instance)?.call(&mut self.store, ())?;
            }
            self.store.free(instance, Free::WhenUnreachable)?;
        }
        Ok(())
    }

    fn run(&mut self, instances: &[Instance]) -> Result<()> {
        if let Some(run) = &self.run {
            self.store.call_column(run, instances, (), &mut self.ran);
            self.ran.drain(..).collect::<Result<(), _>>()?;
        }
        Ok(())
    }

    fn answers(&mut self, instances: impl Iterator<Item = Instance>) -> Result<Vec<i32>> {
        let answer = |instance: Instance| {
            let answer = instance.typed_func::<(), i32>(&self.store, "answer")?;
            Ok(answer.call(&mut self.store, ())?)
        };
        instances.map(answer).collect()
    }
}

/// Many are made, looked at for their function, called and freed by calls of their own.
pub struct Singly {
    place: Place,
    live: Vec<(Instance, Option<TypedFunc<(), ()>>)>,
}

impl Singly {
    pub fn new(wasm: &[u8], guest: Guest) -> Result<Self> {
        Ok(Self { place: Place::new(wasm, guest)?, live: Vec::new() })
    }
}

impl Crowd for Singly {
    fn lives(&mut self, count: usize) -> Result<()> {
        self.place.lives(count)
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        let Place { template, store, run, .. } = &mut self.place;
        for n in 0..count {
            let instance = store.spawn(template, n as u64)?;
            let run = run.is_some().then(|| instance.typed_func(store, "run")).transpose()?;
            self.live.push((instance, run));
        }
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        for run in self.live.iter().filter_map(|(_, run)| run.as_ref()) {
            run.call(&mut self.place.store, ())?;
        }
        Ok(())
    }

    fn free(&mut self) -> Result<()> {
        for (instance, _) in self.live.drain(..) {
            self.place.store.free(instance, Free::WhenUnreachable)?;
        }
        Ok(())
    }

    fn answers(&mut self) -> Result<Vec<i32>> {
        self.place.answers(self.live.iter().map(|(instance, _)| *instance))
    }
}

/// Many are made, called and freed by one call each.
pub struct Together {
    place: Place,
    live: Vec<Instance>,
    /// Whether a closure is told what comes of each call; else it goes into a list.
    told: bool,
}

impl Together {
    pub fn new(wasm: &[u8], guest: Guest, told: bool) -> Result<Self> {
        Ok(Self { place: Place::new(wasm, guest)?, live: Vec::new(), told })
    }
}

impl Crowd for Together {
    fn lives(&mut self, count: usize) -> Result<()> {
        self.place.lives(count)
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        let Place { template, store, .. } = &mut self.place;
        self.live = store.spawn_batch(template, 0..count as u64)?;
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        if let Some(run) = self.place.run.as_ref().filter(|_| self.told) {
            let failed = AtomicUsize::new(0);
            self.place.store.for_each(run, &self.live, (), |_, _, ran| {
                if ran.is_err() {
                    failed.fetch_add(1, Ordering::Relaxed);
                }
            });
            let failed = failed.into_inner();
            ensure!(failed == 0, "{failed} calls failed");
            return Ok(());
        }
        self.place.run(&self.live)
    }

    fn free(&mut self) -> Result<()> {
        self.place.store.free_batch(&self.live, Free::WhenUnreachable)?;
        self.live.clear();
        Ok(())
    }

    fn answers(&mut self) -> Result<Vec<i32>> {
        self.place.answers(self.live.iter().copied())
    }
}
