//! Calls on wasmtime, with Cranelift or Winch.

use anyhow::{Result, anyhow};
use wasmtime::{Caller, Config, Engine, Instance, InstancePre, Linker, Module, Store, Strategy, TypedFunc};

/// The store with both instances; instances are made from what the linker has found once.
pub struct Guest {
    pre: InstancePre<u64>,
    store: Store<u64>,
    instance: Instance,
}

impl Guest {
    pub fn new([guest, other]: [&[u8]; 2], baseline: bool) -> Result<Self> {
        Self::set_up(guest, other, baseline).map_err(plain)
    }

    fn set_up(guest: &[u8], other: &[u8], baseline: bool) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.strategy(if baseline { Strategy::Winch } else { Strategy::Cranelift });
        let engine = Engine::new(&config)?;
        let mut store = Store::new(&engine, 0);
        let mut linker = Linker::<u64>::new(&engine);
        linker.func_wrap("host", "inc", |x: i32| x.wrapping_add(1))?;
        linker.func_wrap("host", "count", |mut caller: Caller<'_, u64>, x: i32| {
            *caller.data_mut() += 1;
            x.wrapping_add(1)
        })?;
        let other = Instance::new(&mut store, &Module::from_binary(&engine, other)?, &[])?;
        linker.instance(&mut store, "other", other)?;
        let pre = linker.instantiate_pre(&Module::from_binary(&engine, guest)?)?;
        let instance = pre.instantiate(&mut store)?;
        Ok(Self { pre, store, instance })
    }
}

impl super::Guest for Guest {
    type Nullary = TypedFunc<(), ()>;
    type Unary = TypedFunc<i32, i32>;

    fn nullary(&mut self, name: &str) -> Result<Self::Nullary> {
        self.instance.get_typed_func(&mut self.store, name).map_err(plain)
    }

    fn unary(&mut self, name: &str) -> Result<Self::Unary> {
        self.instance.get_typed_func(&mut self.store, name).map_err(plain)
    }

    fn renew(&mut self) -> Result<()> {
        self.instance = self.pre.instantiate(&mut self.store).map_err(plain)?;
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

/// The engine's error type is not one that `anyhow` takes.
fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}
