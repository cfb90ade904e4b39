//! What must hold between two operations: equal values behind live handles, the right error for all others, equal counts.
//!
//! Owns: the comparison of the two stores as wholes, and of what hooks and drops have seen.
//! Does not know: which operation was done.

use skep::{Stats, Val};

use super::calls::Fail;
use super::naive::{F, Model, Seen, State, Value};
use super::ops::NAMES;
use super::rows::place;
use super::world::{Fault, World, kind, same};

impl World<'_> {
    pub(crate) fn check(&mut self) -> Result<(), Fault> {
        self.check_seen()?;
        self.check_stats()?;
        self.check_insts()?;
        self.check_mems()?;
        self.check_tabs()?;
        self.check_globs()?;
        self.check_names()?;
        same(self.store.check_invariants(), Ok(()), "invariants")
    }

    /// Hooks and drops: each once, in order.
    fn check_seen(&mut self) -> Result<(), Fault> {
        let seen = std::mem::take(&mut *self.log.lock().unwrap());
        for (handle, seen) in &seen {
            // An instance whose start failed has never been handed out otherwise.
            if let (Some(handle), Seen::Hook(inst, _)) = (handle, seen) {
                same(*self.insts[*inst].get_or_insert(*handle), *handle, ("hook", inst))?;
            }
        }
        let seen: Vec<Seen> = seen.into_iter().map(|(_, seen)| seen).collect();
        same(seen, std::mem::take(&mut self.model.seen), "hooks and drops")
    }

    fn check_stats(&self) -> Result<(), Fault> {
        let model = &self.model;
        let stats = self.store.stats();
        let zombies = model.present().filter(|&inst| model.insts[inst].state == State::Zombie).count();
        let mems: Vec<usize> = (0..model.mems.len()).filter(|&mem| model.has_mem(mem)).collect();
        let hosts = (0..model.hosts.len()).filter(|&host| model.has_f(F::Host(host))).count();
        let expected = Stats {
            instances: model.present().count() - zombies,
            zombies,
            memories: mems.len(),
            tables: (0..model.tabs.len()).filter(|&tab| model.has_tab(tab)).count(),
            globals: (0..model.globs.len()).filter(|&glob| model.has_glob(glob)).count(),
            host_funcs: hosts,
            externs: 0,
            names: model.names.len(),
            islands: model.count_islands(),
            memory_bytes: mems.iter().map(|&mem| model.mems[mem].pages << 16).sum(),
            ..stats
        };
        same(stats, expected, "stats")?;
        let listed =
            (self.store.memories().count(), self.store.tables().count(), self.store.globals().count());
        same(listed, (stats.memories, stats.tables, stats.globals), "lists")?;
        // A slot that could be used up is one that was used: only narrow generations are, here.
        same(stats.retired_slots > 0 && !self.machine.is_narrow, false, "retired slots")
    }

    fn check_insts(&self) -> Result<(), Fault> {
        for (inst, handle) in self.insts.iter().enumerate() {
            let Some(handle) = *handle else { continue };
            let expected = self.model.check_inst(inst).map(|()| inst);
            same(kind(self.store.data(handle)).map(|data| data.inst), expected, ("data", inst))?;
            let code = match self.model.insts[inst].state {
                State::Exited(code) => Some(code),
                _ => None,
            };
            let expected = self.model.check_inst(inst).map(|()| code);
            same(kind(handle.exit_code(&self.store)), expected, ("exit code", inst))?;
        }
        let usable = self.model.present().filter(|&inst| self.model.is_usable(inst));
        let mut listed: Vec<usize> = self.store.instances().map(|(_, data)| data.inst).collect();
        listed.sort_unstable();
        same(listed, usable.collect(), "instances")
    }

    fn check_mems(&self) -> Result<(), Fault> {
        for (mem, handle) in self.mems.iter().enumerate() {
            let Some(handle) = *handle else { continue };
            let there = self.model.has_mem(mem);
            let size = kind(handle.size(&self.store));
            same(size, self.there(there).map(|()| self.model.mems[mem].pages), ("size of memory", mem))?;
            if there {
                let bytes = handle.data(&self.store).unwrap();
                let inside = (0..12).map(place).filter(|&at| (at as usize) < bytes.len());
                for at in inside {
                    let expected = self.model.read(mem, at.into()).unwrap();
                    same(bytes[at as usize], expected, ("byte", mem, at))?;
                }
            }
        }
        Ok(())
    }

    fn check_tabs(&mut self) -> Result<(), Fault> {
        for (tab, handle) in self.tabs.clone().into_iter().enumerate() {
            let Some(handle) = handle else { continue };
            let there = self.model.has_tab(tab);
            let words = self.model.tabs[tab].words.clone();
            let size = kind(handle.size(&self.store));
            same(size, self.there(there).map(|()| words.len() as u64), ("size of table", tab))?;
            for (at, word) in words.into_iter().enumerate().filter(|_| there) {
                let found = handle.get(&self.store, at as u64).unwrap();
                self.same_val(found, Value::Ref(word), ("element", tab, at))?;
                self.check_func(found)?;
            }
        }
        Ok(())
    }

    /// A function that is held can be looked at as long as it is there.
    fn check_func(&self, held: Val) -> Result<(), Fault> {
        let Val::FuncRef(Some(func)) = held else { return Ok(()) };
        let f = self.funcs.iter().find(|(_, known)| *known == func).unwrap().0;
        let expected = self.there(self.model.has_f(f)).map(|()| Model::is_plain(f));
        let found = kind(func.ty(&self.store)).map(|ty| ty.params.is_empty() && ty.results.len() == 1);
        same(found, expected, ("type", f))
    }

    fn check_globs(&mut self) -> Result<(), Fault> {
        for (glob, handle) in self.globs.clone().into_iter().enumerate() {
            let Some(handle) = handle else { continue };
            let value = self.model.globs[glob].value;
            match (kind(handle.get(&self.store)), self.there(self.model.has_glob(glob))) {
                (Ok(found), Ok(())) => self.same_val(found, value, ("value", glob))?,
                (found, expected) => same(found.err(), expected.err(), ("value", glob))?,
            }
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), Fault> {
        for name in NAMES {
            let expected = self.model.names.get(name).map(|&inst| self.insts[inst].unwrap());
            let expected = self.model.check_open().map(|()| expected);
            same(kind(self.store.instance(name)), expected, ("name", name))?;
        }
        Ok(())
    }

    fn there(&self, is_there: bool) -> Result<(), Fail> {
        self.model.check_open()?;
        if is_there { Ok(()) } else { Err(Fail::Stale) }
    }
}
