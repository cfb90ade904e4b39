//! Calls on wasmer with Singlepass.

use anyhow::Result;
use wasmer::sys::EngineBuilder;
use wasmer::{
    Exports, Function, FunctionEnv, FunctionEnvMut, Imports, Instance, Module, Store, TypedFunction,
};

/// The store with both instances.
pub struct Guest {
    module: Module,
    imports: Imports,
    store: Store,
    instance: Instance,
}

impl Guest {
    pub fn new([guest, other]: [&[u8]; 2]) -> Result<Self> {
        let mut store = Store::new(EngineBuilder::new(wasmer::sys::Singlepass::default()).engine());
        let env = FunctionEnv::new(&mut store, 0_u64);
        let other = Module::from_binary(&store, other)?;
        let other = Instance::new(&mut store, &other, &Imports::new())?;
        let mut host = Exports::new();
        host.insert("inc", Function::new_typed(&mut store, |x: i32| x.wrapping_add(1)));
        let count = |mut env: FunctionEnvMut<'_, u64>, x: i32| {
            *env.data_mut() += 1;
            x.wrapping_add(1)
        };
        host.insert("count", Function::new_typed_with_env(&mut store, &env, count));
        let mut imports = Imports::new();
        imports.register_namespace("host", host);
        imports.register_namespace("other", other.exports);
        let module = Module::from_binary(&store, guest)?;
        let instance = Instance::new(&mut store, &module, &imports)?;
        Ok(Self { module, imports, store, instance })
    }
}

impl super::Guest for Guest {
    type Nullary = TypedFunction<(), ()>;
    type Unary = TypedFunction<i32, i32>;

    fn nullary(&mut self, name: &str) -> Result<Self::Nullary> {
        Ok(self.instance.exports.get_typed_function(&self.store, name)?)
    }

    fn unary(&mut self, name: &str) -> Result<Self::Unary> {
        Ok(self.instance.exports.get_typed_function(&self.store, name)?)
    }

    fn renew(&mut self) -> Result<()> {
        self.instance = Instance::new(&mut self.store, &self.module, &self.imports)?;
        Ok(())
    }

    #[inline]
    fn call_nullary(&mut self, func: &Self::Nullary) -> bool {
        func.call(&mut self.store).is_ok()
    }

    #[inline]
    fn call_unary(&mut self, func: &Self::Unary, param: i32) -> Option<i32> {
        func.call(&mut self.store, param).ok()
    }
}
