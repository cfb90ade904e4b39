//! Handles that no row of the store has: of another store, or made up.
//!
//! Owns: that all of them are refused by all methods, and nothing happens. Does not know: handles that are stale (`check`).

use skep::{Error, Free, Func, Global, Instance, Memory, Table, Val};

use super::calls::Fail;
use super::world::{Fault, Strangers, World, kind, same};

impl World<'_> {
    /// Handles of another store do nothing.
    pub(crate) fn foreign(&mut self, what: u8, strangers: &Strangers) -> Result<(), Fault> {
        let store = &mut self.store;
        let Strangers { instance, memory, table, global, func } = *strangers;
        let answers: [(&str, Result<(), Error>); 11] = [
            ("data", store.data(instance).map(|_| ())),
            ("free", store.free(instance, Free::Now).map(|_| ())),
            ("exit", store.exit(instance, 1)),
            ("func", instance.func(&*store, "answer").map(|_| ())),
            ("memory", memory.write(store, 0, &[1])),
            ("grow", memory.grow(store, 1).map(|_| ())),
            ("table", table.set(store, 0, Val::FuncRef(None))),
            ("global", global.set(store, Val::I64(1))),
            ("call", func.call(store, &[]).map(|_| ())),
            ("free of a memory", memory.free(store)),
            ("free of a global", global.free(store)),
        ];
        let expected = self.model.check_open().err().unwrap_or(Fail::WrongStore);
        for (method, answer) in answers {
            same(kind(answer), Err(expected.clone()), ("foreign", method))?;
        }
        self.foreign_func(what, func, &expected)
    }

    /// A foreign function as a value, in places that are there.
    fn foreign_func(&mut self, number: u8, func: Func, expected: &Fail) -> Result<(), Fault> {
        let val = Val::FuncRef(Some(func));
        if let Some((tab, table)) = self.tab(number, |_| true)
            && (self.model.has_tab(tab) || self.model.closed.is_some())
        {
            let answer = kind(table.set(&mut self.store, 0, val));
            same(answer, Err(expected.clone()), ("foreign", "element", tab))?;
        }
        Ok(())
    }

    /// A handle that was changed in some bits, or is all made up. It may be another that is in use: then it is not looked at.
    pub(crate) fn forged(&mut self, what: u8, bits: [u64; 2], whole: bool) -> Result<(), Fault> {
        let noise = u128::from(bits[0]) << 64 | u128::from(bits[1]);
        let forge = |real: Option<u128>| match real {
            // Few bits: of generation, slot, store or index.
            Some(real) if !whole => real ^ 1 << (bits[0] % 116) ^ 1 << (bits[1] % 116),
            Some(real) => (real & !(u128::MAX >> 12)) | noise >> 12,
            None => noise,
        };
        let real = (
            self.inst(what),
            self.mem(what, |_| true),
            self.tab(what, |_| true),
            self.glob(what, |_| true),
            self.func(what, |_| true),
        );
        let instance = Instance::from_bits(forge(real.0.map(|it| it.1.to_bits())));
        let memory = Memory::from_bits(forge(real.1.map(|it| it.1.to_bits())));
        let table = Table::from_bits(forge(real.2.map(|it| it.1.to_bits())));
        let global = Global::from_bits(forge(real.3.map(|it| it.1.to_bits())));
        let func = Func::from_bits(forge(real.4.map(|it| it.1.to_bits())));
        if let Some(it) = instance.filter(|it| !self.insts.contains(&Some(*it))) {
            refused("data", self.store.data(it).map(|_| ()))?;
            refused("free", self.store.free(it, Free::Now).map(|_| ()))?;
            refused("exit", self.store.exit(it, 1))?;
            refused("export", it.export(&self.store, "m").map(|_| ()))?;
        }
        if let Some(it) = memory.filter(|it| self.store.memories().all(|other| other != *it)) {
            refused("size", it.size(&self.store).map(|_| ()))?;
            refused("memory grow", it.grow(&mut self.store, 0).map(|_| ()))?;
            refused("memory free", it.free(&mut self.store))?;
        }
        if let Some(it) = table.filter(|it| self.store.tables().all(|other| other != *it)) {
            refused("get", it.get(&self.store, 0).map(|_| ()))?;
            refused("set", it.set(&mut self.store, 0, Val::FuncRef(None)))?;
            refused("table free", it.free(&mut self.store))?;
        }
        if let Some(it) = global.filter(|it| self.store.globals().all(|other| other != *it)) {
            refused("value", it.get(&self.store).map(|_| ()))?;
            refused("global set", it.set(&mut self.store, Val::I64(0)))?;
            refused("global free", it.free(&mut self.store))?;
        }
        // An index may lead to another function of the same instance, which is one.
        if let Some(it) = func.filter(|it| it.ty(&self.store).is_err()) {
            refused("func", it.call(&mut self.store, &[]).map(|_| ()))?;
            refused("func free", it.free(&mut self.store))?;
            refused("typed", it.typed::<(), i32>(&self.store).map(|_| ()))?;
        }
        Ok(())
    }
}

/// The handle names nothing, or the store is closed.
fn refused(method: &str, answer: Result<(), Error>) -> Result<(), Fault> {
    match kind(answer) {
        Err(Fail::Stale | Fail::WrongStore | Fail::StoreClosed(_)) => Ok(()),
        other => Err(format!("forged handle, {method}: {other:?}")),
    }
}
