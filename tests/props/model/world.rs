//! A real store beside the naive one: each operation is done to both, and their answers must be equal.
//!
//! Owns: handles by number of the naive row; choosing things by number; spawning and ending instances.
//! Does not know: what a correct answer is (`naive`, `calls`); what else must hold between operations (`check`).

use std::collections::HashMap;
use std::fmt::Debug;

use skep::{
    EndReason, Error, Free, Freed, Func, Global, GlobalType, Instance, Memory, Store, Table, Template,
    TypedFunc, Val, ValType,
};

use super::calls::Fail;
use super::family::{ENDINGS, Ending, FUNS, Fun, MEMORY_MAX, SHAPES, SHAPES_ALONE, TABLE_MAX, TABLE_MIN};
use super::machine::{Data, Log, Machine};
use super::naive::{F, Keeper, Maker, Model, Seen, State, Uses, Value, fun_no};
use super::ops::NAMES;

/// What differs.
pub(crate) type Fault = String;

/// Compares what was found with what the model expects.
pub(crate) fn same<R: PartialEq + Debug>(found: R, expected: R, what: impl Debug) -> Result<(), Fault> {
    match (found, expected) {
        (found, expected) if found == expected => Ok(()),
        (found, expected) => Err(format!("{what:?}: found {found:?}, expected {expected:?}")),
    }
}

/// A result with the kind of its error.
pub(crate) fn kind<R>(result: Result<R, Error>) -> Result<R, Fail> {
    result.map_err(|error| Fail::from(&error))
}

pub(crate) struct World<'m> {
    pub(crate) machine: &'m mut Machine,
    pub(crate) store: Store<Data>,
    pub(crate) model: Model,
    pub(crate) log: Log,
    /// Handles of instances: of failed ones, what the hook saw.
    pub(crate) insts: Vec<Option<Instance>>,
    pub(crate) mems: Vec<Option<Memory>>,
    pub(crate) tabs: Vec<Option<Table>>,
    pub(crate) globs: Vec<Option<Global>>,
    /// Functions that have been seen, in both ways.
    pub(crate) funcs: Vec<(F, Func)>,
    known: HashMap<Func, F>,
    pub(crate) typed: Vec<(usize, F, TypedFunc<(), i32>)>,
    templates: Vec<(Template<Data>, &'static str, Ending, Uses)>,
}

/// A handle of each kind, of a store that is not the one in use.
pub(crate) struct Strangers {
    pub(crate) instance: Instance,
    pub(crate) memory: Memory,
    pub(crate) table: Table,
    pub(crate) global: Global,
    pub(crate) func: Func,
}

impl<'m> World<'m> {
    pub(crate) fn new(machine: &'m mut Machine) -> Self {
        let log = Log::default();
        let mut store = Store::new(&machine.engine);
        // Every fifth instance is not content with its end.
        store.on_end(|handle, data: &mut Data, why| {
            data.note(handle, why);
            if is_discontent(data.inst) { Err(Error::host("not content")) } else { Ok(()) }
        });
        Self {
            machine,
            store,
            model: Model::default(),
            log,
            insts: Vec::new(),
            mems: Vec::new(),
            tabs: Vec::new(),
            globs: Vec::new(),
            funcs: Vec::new(),
            known: HashMap::new(),
            typed: Vec::new(),
            templates: Vec::new(),
        }
    }

    /// A new store in the place of a closed one.
    pub(crate) fn renew(self) -> World<'m> {
        World::new(self.machine)
    }

    // Choosing by number: most often something that is there, sometimes anything.

    fn choose<I: Copy>(number: u8, all: Vec<I>, is_there: impl Fn(&I) -> bool) -> Option<I> {
        let some: Vec<I> = if number % 8 == 7 {
            all
        } else {
            let there: Vec<I> = all.iter().copied().filter(is_there).collect();
            if there.is_empty() { all } else { there }
        };
        let at = usize::from(number / 2) % some.len().max(1);
        some.get(at).copied()
    }

    pub(crate) fn inst(&self, number: u8) -> Option<(usize, Instance)> {
        let all = (0..self.insts.len()).filter_map(|inst| Some((inst, self.insts[inst]?))).collect();
        Self::choose(number, all, |(inst, _)| self.model.is_usable(*inst))
    }

    pub(crate) fn mem(&self, number: u8, fits: impl Fn(usize) -> bool) -> Option<(usize, Memory)> {
        let all = (0..self.mems.len()).filter_map(|mem| Some((mem, self.mems[mem]?))).collect();
        Self::choose(number, all, |(mem, _)| self.model.has_mem(*mem) && fits(*mem))
    }

    pub(crate) fn tab(&self, number: u8, fits: impl Fn(usize) -> bool) -> Option<(usize, Table)> {
        let all = (0..self.tabs.len()).filter_map(|tab| Some((tab, self.tabs[tab]?))).collect();
        Self::choose(number, all, |(tab, _)| self.model.has_tab(*tab) && fits(*tab))
    }

    pub(crate) fn glob(&self, number: u8, fits: impl Fn(usize) -> bool) -> Option<(usize, Global)> {
        let all = (0..self.globs.len()).filter_map(|glob| Some((glob, self.globs[glob]?))).collect();
        Self::choose(number, all, |(glob, _)| self.model.has_glob(*glob) && fits(*glob))
    }

    pub(crate) fn func(&self, number: u8, fits: impl Fn(F) -> bool) -> Option<(F, Func)> {
        Self::choose(number, self.funcs.clone(), |(f, _)| self.model.has_f(*f) && fits(*f))
    }

    /// As `func`, or null.
    pub(crate) fn func_or_null(&self, number: u8) -> Option<(F, Func)> {
        if number.is_multiple_of(6) { None } else { self.func(number, |_| true) }
    }

    // Handles and values of both sides.

    /// The handle of a function: what was seen under one name is never seen under another.
    pub(crate) fn bind(&mut self, func: Func, f: F) -> Result<(), Fault> {
        match self.known.get(&func) {
            Some(&known) => same(known, f, func),
            None => {
                if let Some((_, other)) = self.funcs.iter().find(|(other, _)| *other == f) {
                    return same(func, *other, f);
                }
                self.known.insert(func, f);
                self.funcs.push((f, func));
                Ok(())
            }
        }
    }

    pub(crate) fn same_val(&mut self, found: Val, expected: Value, what: impl Debug) -> Result<(), Fault> {
        match (found, expected) {
            (Val::I32(found), Value::I32(expected)) => same(found, expected, what),
            (Val::I64(found), Value::I64(expected)) => same(found, expected, what),
            (Val::FuncRef(None), Value::Ref(None)) => Ok(()),
            (Val::FuncRef(Some(func)), Value::Ref(Some(f))) => self.bind(func, f),
            _ => Err(format!("{what:?}: found {found:?}, expected {expected:?}")),
        }
    }

    // Spawning.

    pub(crate) fn spawn(
        &mut self,
        (shape, ending): (u8, u8),
        name: Option<u8>,
        picks: [u8; 6],
    ) -> Result<(), Fault> {
        let wanted = SHAPES[usize::from(shape) % SHAPES.len()];
        // Most often one whose imports are there.
        let is_tried = shape >= 224 || self.is_linkable(wanted);
        let shape = if is_tried { wanted } else { SHAPES[usize::from(shape) % SHAPES_ALONE] };
        let ending = ENDINGS[usize::from(ending) % ENDINGS.len()].fit(shape);
        let inst = self.model.add_inst(shape, ending);
        self.insts.push(None);
        let number = i32::try_from(inst).unwrap();
        let ty = GlobalType { content: ValType::I32, mutable: false };
        let id = kind(Global::new(&mut self.store, ty, Val::I32(number)));
        same(id.as_ref().err(), self.model.check_open().as_ref().err(), "Global::new")?;
        let Ok(id) = id else {
            let answer = kind(self.spawn_closed(shape, ending));
            return self.refused(inst, answer);
        };
        let mut uses =
            Uses { id: self.add_glob(Maker::Host(true), false, Value::I32(number)), ..Uses::default() };
        self.globs[uses.id] = Some(id);
        self.machine.linker.define("i", "id", id);
        let linked = if shape.contains('@') {
            self.link_by_name(shape, &mut uses)
        } else {
            self.link(shape, picks, &mut uses, inst)
        };
        let module = self.machine.module(shape, ending);
        let template = kind(self.machine.linker.template_in(&self.store, &module));
        let expected = if linked { None } else { Some(Fail::Link) };
        same(template.as_ref().err(), expected.as_ref(), (shape, ending, "template"))?;
        match template {
            Ok(template) => {
                self.spawn_from(inst, &template, uses, name)?;
                // A closure of its own would be kept by the template.
                if !matches!(uses.f, Some(F::Host(host)) if self.model.hosts[host].keeper == Keeper::Inst(inst))
                {
                    if self.templates.len() == 4 {
                        self.templates.remove(0);
                    }
                    self.templates.push((template, shape, ending, uses));
                }
            }
            Err(fail) => self.refused(inst, Err(fail))?,
        }
        self.model.globs[uses.id].maker = Maker::Host(false);
        same(kind(id.free(&mut self.store)), Ok(()), "free of the number")
    }

    fn spawn_closed(&mut self, shape: &'static str, ending: Ending) -> Result<(), Error> {
        let module = self.machine.module(shape, ending);
        self.machine.linker.template_in(&self.store, &module).map(|_| ())
    }

    /// A spawn that was refused before there was an instance.
    fn refused(&mut self, inst: usize, answer: Result<(), Fail>) -> Result<(), Fault> {
        let expected = if self.model.closed.is_some() { self.model.check_open() } else { Err(Fail::Link) };
        same(answer, expected, ("refused", inst))
    }

    pub(crate) fn respawn(&mut self, template: u8, name: Option<u8>) -> Result<(), Fault> {
        let at = usize::from(template) % self.templates.len().max(1);
        let Some((template, shape, ending, uses)) = self.templates.get(at).cloned() else { return Ok(()) };
        let inst = self.model.add_inst(shape, ending);
        self.insts.push(None);
        self.spawn_from(inst, &template, uses, name)
    }

    /// Whether all that a template imports is still there.
    fn is_current(&self, shape: &str, uses: &Uses) -> bool {
        let imports = |item| shape.contains(item);
        self.model.has_glob(uses.id)
            && (!imports('f') || uses.f.is_some_and(|f| self.model.has_f(f) || self.is_new_closure(f)))
            && (!imports('m') || uses.memory.is_some_and(|mem| self.model.has_mem(mem)))
            && (!imports('t') || uses.table.is_some_and(|tab| self.model.has_tab(tab)))
            && (!imports('c') || uses.cell.is_some_and(|glob| self.model.has_glob(glob)))
            && (!imports('r') || uses.refs.is_some_and(|glob| self.model.has_glob(glob)))
            && (!imports('k') || uses.konst.is_some_and(|glob| self.model.has_glob(glob)))
    }

    fn is_new_closure(&self, f: F) -> bool {
        match f {
            F::Host(host) => {
                let keeper = self.model.hosts[host].keeper;
                matches!(keeper, Keeper::Inst(inst) if self.model.insts[inst].state == State::Never)
            }
            F::Wasm(..) => false,
        }
    }

    fn spawn_from(
        &mut self,
        inst: usize,
        template: &Template<Data>,
        uses: Uses,
        name: Option<u8>,
    ) -> Result<(), Fault> {
        let name = name.map_or("", |name| NAMES[usize::from(name) % NAMES.len()]);
        let data = Data { inst, gift: None, log: self.log.clone() };
        let spawned = kind(self.store.spawn_named(name, template, data));
        let expected = self.expect_spawn(inst, uses, name);
        same(spawned.as_ref().err(), expected.as_ref().err(), ("spawn", inst, name))?;
        if let Ok(handle) = spawned {
            self.insts[inst] = Some(handle);
            self.look_up(inst, handle)?;
        }
        Ok(())
    }

    fn expect_spawn(&mut self, inst: usize, uses: Uses, name: &'static str) -> Result<(), Fail> {
        let refused = if self.model.closed.is_some() {
            Some(Fail::AlreadyClosed)
        } else if self.model.names.contains_key(name) {
            Some(Fail::NameTaken)
        } else if !self.is_current(self.model.insts[inst].shape, &uses) {
            Some(Fail::Link)
        } else {
            None
        };
        if let Some(fail) = refused {
            self.model.seen.push(Seen::Drop(inst));
            return Err(fail);
        }
        self.make_rows(inst, uses);
        let begun = self.model.begin(inst);
        if begun.is_err() {
            self.model.end(inst, Free::WhenUnreachable, EndReason::StartFailed);
            return begun;
        }
        if self.model.insts[inst].state == State::Starting {
            self.model.insts[inst].state = State::Live;
        }
        if !name.is_empty() {
            self.model.names.insert(name, inst);
        }
        Ok(())
    }

    fn make_rows(&mut self, inst: usize, mut uses: Uses) {
        let shape = self.model.insts[inst].shape;
        let maker = Maker::Inst(inst);
        if shape.contains('M') {
            uses.memory = Some(self.add_mem(maker, 1, MEMORY_MAX));
        }
        if shape.contains('T') {
            uses.table = Some(self.add_tab(maker, vec![None; TABLE_MIN], TABLE_MAX));
        }
        if shape.contains('C') {
            uses.cell = Some(self.add_glob(maker, true, Value::I64(5)));
        }
        if shape.contains('R') {
            uses.refs = Some(self.add_glob(maker, true, Value::Ref(None)));
        }
        if shape.contains('K') {
            uses.konst =
                Some(self.add_glob(maker, false, Value::Ref(Some(F::Wasm(inst, fun_no(Fun::Answer))))));
        }
        let it = &mut self.model.insts[inst];
        it.state = State::Starting;
        it.uses = uses;
        if let Some(F::Wasm(origin, _)) = uses.f {
            it.origins.push(origin);
        }
        if let Some(F::Host(host)) = uses.f {
            self.model.hosts[host].present = true;
        }
        self.model.settle(inst);
        self.model.join_uses(inst);
    }

    pub(crate) fn add_mem(&mut self, maker: Maker, pages: u64, max: u64) -> usize {
        self.mems.push(None);
        self.model.add_mem(maker, pages, max)
    }

    pub(crate) fn add_tab(&mut self, maker: Maker, words: Vec<Option<F>>, max: usize) -> usize {
        self.tabs.push(None);
        self.model.add_tab(maker, words, max)
    }

    pub(crate) fn add_glob(&mut self, maker: Maker, mutable: bool, value: Value) -> usize {
        self.globs.push(None);
        self.model.add_glob(maker, mutable, value)
    }

    /// Handles of all that a new instance exports: re-exports are the handles that are known.
    fn look_up(&mut self, inst: usize, handle: Instance) -> Result<(), Fault> {
        let uses = self.model.insts[inst].uses;
        let shape = self.model.insts[inst].shape;
        if let Some(mem) = uses.memory {
            let found = handle.memory(&self.store, "m").unwrap();
            same(*self.mems[mem].get_or_insert(found), found, ("memory", inst))?;
        }
        if let Some(tab) = uses.table {
            let found = handle.table(&self.store, "t").unwrap();
            same(*self.tabs[tab].get_or_insert(found), found, ("table", inst))?;
        }
        for (glob, name) in [(uses.cell, "c"), (uses.refs, "r"), (uses.konst, "k")] {
            if let Some(glob) = glob {
                let found = handle.global(&self.store, name).unwrap();
                same(*self.globs[glob].get_or_insert(found), found, ("global", name, inst))?;
            }
        }
        let plain = FUNS.iter().filter(|fun| (fun.is_plain() || **fun == Fun::Odd) && fun.exists(shape));
        for &fun in plain {
            let func = handle.func(&self.store, fun.name()).unwrap();
            self.bind(func, F::Wasm(inst, fun_no(fun)))?;
        }
        let answer = F::Wasm(inst, fun_no(Fun::Answer));
        self.typed.push((inst, answer, handle.typed_func(&self.store, "answer").unwrap()));
        if let Some(f) = uses.f {
            self.bind(handle.func(&self.store, "f").unwrap(), f)?;
            self.typed.push((inst, f, handle.typed_func(&self.store, "f").unwrap()));
        }
        Ok(())
    }

    // Ends.

    pub(crate) fn free(&mut self, number: u8, now: bool, twice: bool) -> Result<(), Fault> {
        // `Now` takes zombies too.
        let zombie =
            |inst: &usize| self.model.insts[*inst].state == State::Zombie && self.insts[*inst].is_some();
        let zombies: Vec<usize> = (0..self.insts.len()).filter(zombie).collect();
        let chosen = if number % 8 == 6 && !zombies.is_empty() {
            let inst = zombies[usize::from(number / 8) % zombies.len()];
            self.insts[inst].map(|handle| (inst, handle))
        } else {
            self.inst(number)
        };
        let Some((inst, handle)) = chosen else { return Ok(()) };
        let how = if now { Free::Now } else { Free::WhenUnreachable };
        for _ in 0..=usize::from(twice) {
            let expected = self.expect_free(inst, how);
            same(kind(self.store.free(handle, how)), expected, ("free", inst, how))?;
        }
        Ok(())
    }

    fn expect_free(&mut self, inst: usize, how: Free) -> Result<Freed, Fail> {
        self.model.check_open()?;
        let accepted = match how {
            Free::Now => self.model.is_present(inst),
            Free::WhenUnreachable => self.model.is_usable(inst),
        };
        if accepted { Ok(self.model.end(inst, how, EndReason::Freed)) } else { Err(Fail::Stale) }
    }

    pub(crate) fn exit(&mut self, number: u8, code: u8) -> Result<(), Fault> {
        let Some((inst, handle)) = self.inst(number) else { return Ok(()) };
        let expected = self.model.check_inst(inst);
        same(kind(self.store.exit(handle, code.into())), expected.clone(), ("exit", inst))?;
        if expected.is_ok() && self.model.insts[inst].state == State::Live {
            self.model.insts[inst].state = State::Exited(code.into());
        }
        Ok(())
    }

    pub(crate) fn close(&mut self, code: u32) -> Result<(), Fault> {
        let is_open = self.model.closed.is_none();
        let discontent =
            self.model.present().filter(|&inst| self.model.is_usable(inst) && is_discontent(inst)).count();
        let errors = self.store.close(code).err().map_or(0, |errors| errors.len());
        same(errors, if is_open { discontent } else { 0 }, "errors of close")?;
        if is_open {
            self.model.close(code);
        }
        Ok(())
    }

    pub(crate) fn importers(&self, number: u8) -> Result<(), Fault> {
        let Some((inst, handle)) = self.inst(number) else { return Ok(()) };
        let number_of = |found| self.insts.iter().position(|known| *known == Some(found)).unwrap();
        let found = kind(self.store.importers(handle)).map(|all| {
            let mut all: Vec<usize> = all.into_iter().map(number_of).collect();
            all.sort_unstable();
            all
        });
        let there = self.model.is_present(inst);
        let expected = self
            .model
            .check_open()
            .and_then(|()| if there { Ok(self.model.users(inst)) } else { Err(Fail::Stale) });
        same(found, expected, ("importers", inst))
    }

    pub(crate) fn collect(&mut self) -> Result<(), Fault> {
        let found = self.store.collect();
        let expected = if self.model.closed.is_some() { (0, 0) } else { self.model.collect() };
        same((found.instances, found.host_funcs), expected, "collect")?;
        let again = self.store.collect();
        same((again.instances, again.host_funcs, again.externs), (0, 0, 0), "collect again")
    }

    pub(crate) fn register(&mut self, name: u8, number: u8) -> Result<(), Fault> {
        let Some((inst, handle)) = self.inst(number) else { return Ok(()) };
        let name = NAMES[usize::from(name) % NAMES.len()];
        let expected = if self.model.closed.is_some() {
            Err(Fail::AlreadyClosed)
        } else {
            match self.model.check_inst(inst) {
                Ok(()) if self.model.names.contains_key(name) => Err(Fail::NameTaken),
                other => other,
            }
        };
        same(kind(self.store.register(name, handle)), expected.clone(), ("register", name, inst))?;
        if expected.is_ok() && !name.is_empty() {
            self.model.names.insert(name, inst);
        }
        Ok(())
    }

    pub(crate) fn unregister(&mut self, name: u8) -> Result<(), Fault> {
        let name = NAMES[usize::from(name) % NAMES.len()];
        let expected = self.model.check_open().map(|()| self.model.names.remove(name).is_some());
        same(kind(self.store.unregister(name)), expected, ("unregister", name))
    }

    /// Its handle of each kind, where it has them all.
    pub(crate) fn strangers(&self) -> Option<Strangers> {
        Some(Strangers {
            instance: self.insts.iter().flatten().next().copied()?,
            memory: self.mems.iter().flatten().next().copied()?,
            table: self.tabs.iter().flatten().next().copied()?,
            global: self.globs.iter().flatten().next().copied()?,
            func: self.funcs.first()?.1,
        })
    }
}

/// Whether an instance's hook fails.
fn is_discontent(inst: usize) -> bool {
    inst % 5 == 4
}
