//! Calls on wasmi.

use anyhow::Result;
use wasmi::{Caller, Engine, Instance, Linker, Module, Store, TypedFunc};

/// The store with both instances.
pub struct Guest {
    module: Module,
    linker: Linker<u64>,
    store: Store<u64>,
    instance: Instance,
}

impl Guest {
    pub fn new([guest, other]: [&[u8]; 2]) -> Result<Self> {
        let engine = Engine::default();
        let mut store = Store::new(&engine, 0);
        let mut linker = Linker::<u64>::new(&engine);
        linker.func_wrap("host", "inc", |x: i32| x.wrapping_add(1))?;
        linker.func_wrap("host", "count", |mut caller: Caller<'_, u64>, x: i32| {
            *caller.data_mut() += 1;
            x.wrapping_add(1)
        })?;
        let other = linker.instantiate_and_start(&mut store, &Module::new(&engine, other)?)?;
        linker.instance(&mut store, "other", other)?;
        let module = Module::new(&engine, guest)?;
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        Ok(Self { module, linker, store, instance })
    }
}

impl super::Guest for Guest {
    type Nullary = TypedFunc<(), ()>;
    type Unary = TypedFunc<i32, i32>;

    fn nullary(&mut self, name: &str) -> Result<Self::Nullary> {
        Ok(self.instance.get_typed_func(&self.store, name)?)
    }

    fn unary(&mut self, name: &str) -> Result<Self::Unary> {
        Ok(self.instance.get_typed_func(&self.store, name)?)
    }

    fn renew(&mut self) -> Result<()> {
        self.instance = self.linker.instantiate_and_start(&mut self.store, &self.module)?;
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
