//! Calls on skep, through its public API alone.

use anyhow::{Context, Result};
use skep::{
    Caller, Config, Engine, Instance, Linker, MemoryMode, Module, Store, Template, Tuning, TypedFunc,
};

/// The store with both instances.
pub struct Guest {
    template: Template<u64>,
    store: Store<u64>,
    instance: Instance,
}

impl Guest {
    pub fn new([guest, other]: [&[u8]; 2], checked: bool, without: Tuning) -> Result<Self> {
        let mode = if checked { MemoryMode::Checked } else { MemoryMode::Guarded };
        let config = Config::new().memory_mode(mode).tuning(Tuning::ALL.without(without));
        let engine = Engine::new(&config)?;
        let mut linker = Linker::<u64>::new(&engine);
        linker.func("host", "inc", |x: i32| x.wrapping_add(1))?;
        linker.func("host", "count", |mut caller: Caller<'_, u64>, x: i32| {
            *caller.data_mut() += 1;
            x.wrapping_add(1)
        })?;
        let mut store = Store::new(&engine);
        let other = linker.spawn(&mut store, &Module::new(&engine, other)?, 0)?;
        linker.instance(&store, "other", other)?;
        let template = linker.template_in(&store, &Module::new(&engine, guest)?)?;
        let instance = store.spawn(&template, 0)?;
        Ok(Self { template, store, instance })
    }
}

impl super::Guest for Guest {
    type Nullary = TypedFunc<(), ()>;
    type Unary = TypedFunc<i32, i32>;

    fn nullary(&mut self, name: &str) -> Result<Self::Nullary> {
        self.instance.typed_func(&self.store, name).context("no such function")
    }

    fn unary(&mut self, name: &str) -> Result<Self::Unary> {
        self.instance.typed_func(&self.store, name).context("no such function")
    }

    fn renew(&mut self) -> Result<()> {
        self.store.free(self.instance, skep::Free::Now)?;
        self.instance = self.store.spawn(&self.template, 0)?;
        Ok(())
    }

    #[inline]
    fn call_nullary(&mut self, func: &Self::Nullary) -> bool {
        func.call(&mut self.store, ()).is_ok()
    }

    #[inline]
    fn call_unary(&mut self, func: &Self::Unary, param: i32) -> Option<i32> {
        func.call(&mut self.store, param).ok()
    }
}
