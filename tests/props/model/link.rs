//! What new instances import: handles by the linker, or exports of the instance named `a`.
//!
//! Owns: whether all imports of a shape are found and match. Does not know: spawning (`world`).

use super::family::{Fun, TABLE_MIN, has};
use super::naive::{F, HostF, Keeper, Model, Uses, Value, fun_no};
use super::world::World;

/// Results of closures that the linker holds begin here; those of functions that the host makes are higher.
const CLOSURE_RESULTS: i32 = 7000;

type Fits = fn(&Model, usize) -> bool;

impl Model {
    fn fits_cell(&self, glob: usize) -> bool {
        self.globs[glob].mutable && matches!(self.globs[glob].value, Value::I64(_))
    }

    fn fits_refs(&self, glob: usize) -> bool {
        self.globs[glob].mutable && matches!(self.globs[glob].value, Value::Ref(_))
    }

    fn fits_konst(&self, glob: usize) -> bool {
        !self.globs[glob].mutable && matches!(self.globs[glob].value, Value::Ref(_))
    }
}

impl World<'_> {
    /// Whether there is something to import for each item of a shape.
    pub(crate) fn is_linkable(&self, shape: &str) -> bool {
        if shape.contains('@') {
            return self.link_by_name(shape, &mut Uses::default());
        }
        let model = &self.model;
        let globs =
            || (0..model.globs.len()).filter(|&glob| model.has_glob(glob) && self.globs[glob].is_some());
        shape.chars().all(|item| match item {
            'm' => self.mem(0, |mem| model.mems[mem].pages >= 1).is_some_and(|(mem, _)| model.has_mem(mem)),
            't' => {
                let is_large = |tab: usize| model.tabs[tab].words.len() >= TABLE_MIN;
                self.tab(0, is_large).is_some_and(|(tab, _)| model.has_tab(tab) && is_large(tab))
            }
            'c' => globs().any(|glob| model.fits_cell(glob)),
            'r' => globs().any(|glob| model.fits_refs(glob)),
            'k' => globs().any(|glob| model.fits_konst(glob)),
            _ => true,
        })
    }

    /// Defines what a shape imports, chosen by number; whether all of it is there and matches.
    pub(crate) fn link(&mut self, shape: &str, picks: [u8; 6], uses: &mut Uses, inst: usize) -> bool {
        let id = self.globs[uses.id].unwrap();
        // What cannot be found is there as something else.
        for name in ["answer", "m", "t", "c", "r", "k"] {
            self.machine.linker.define("i", name, id);
        }
        let mut matches = true;
        if shape.contains('f') {
            matches &= self.link_func(picks[0], uses, inst);
        }
        if shape.contains('m') {
            let chosen = self.mem(picks[1], |mem| self.model.mems[mem].pages >= 1);
            if let Some((_, handle)) = chosen {
                self.machine.linker.define("i", "m", handle);
            }
            uses.memory = chosen.map(|(mem, _)| mem);
            matches &=
                uses.memory.is_some_and(|mem| self.model.has_mem(mem) && self.model.mems[mem].pages >= 1);
        }
        if shape.contains('t') {
            let chosen = self.tab(picks[2], |tab| self.model.tabs[tab].words.len() >= TABLE_MIN);
            if let Some((_, handle)) = chosen {
                self.machine.linker.define("i", "t", handle);
            }
            uses.table = chosen.map(|(tab, _)| tab);
            let is_large = |tab: usize| self.model.tabs[tab].words.len() >= TABLE_MIN;
            matches &= uses.table.is_some_and(|tab| self.model.has_tab(tab) && is_large(tab));
        }
        let globals: [(char, &str, Fits, u8, &mut Option<usize>); 3] = [
            ('c', "c", Model::fits_cell, picks[3], &mut uses.cell),
            ('r', "r", Model::fits_refs, picks[4], &mut uses.refs),
            ('k', "k", Model::fits_konst, picks[5], &mut uses.konst),
        ];
        for (item, name, fits, pick, used) in globals {
            if shape.contains(item) {
                let chosen = self.glob(pick, |glob| fits(&self.model, glob));
                if let Some((_, handle)) = chosen {
                    self.machine.linker.define("i", name, handle);
                }
                *used = chosen.map(|(glob, _)| glob);
                matches &= used.is_some_and(|glob| self.model.has_glob(glob) && fits(&self.model, glob));
            }
        }
        matches
    }

    fn link_func(&mut self, pick: u8, uses: &mut Uses, inst: usize) -> bool {
        if pick.is_multiple_of(5) {
            let at = self.model.hosts.len();
            let result = CLOSURE_RESULTS + i32::try_from(at).unwrap();
            self.model.hosts.push(HostF { present: false, result, keeper: Keeper::Inst(inst) });
            self.machine.linker.func("i", "answer", move || result).unwrap();
            uses.f = Some(F::Host(at));
            return true;
        }
        let Some((f, handle)) = self.func(pick, Model::is_plain) else { return false };
        self.machine.linker.define("i", "answer", handle);
        uses.f = Some(f);
        self.model.has_f(f) && Model::is_plain(f)
    }

    /// As `link`, by the name of an instance in the store.
    pub(crate) fn link_by_name(&self, shape: &str, uses: &mut Uses) -> bool {
        let Some(&from) = self.model.names.get("a") else { return false };
        let it = &self.model.insts[from];
        let mut matches = true;
        if shape.contains('f') {
            uses.f = Some(F::Wasm(from, fun_no(Fun::Answer)));
        }
        if shape.contains('m') {
            uses.memory = it.uses.memory;
            matches &= has(it.shape, 'm');
        }
        if shape.contains('t') {
            uses.table = it.uses.table;
            matches &= uses.table.is_some_and(|tab| self.model.tabs[tab].words.len() >= TABLE_MIN);
        }
        if shape.contains('k') {
            uses.konst = it.uses.konst;
            matches &= has(it.shape, 'k');
        }
        matches
    }
}
