//! What the host does with memories, tables, globals and functions, to both stores.
//!
//! Owns: expected answers of the methods of these handles. Does not know: guests (`calls`).

use skep::{
    Func, Global, GlobalType, Instance, Memory, MemoryType, Module, RefType, Table, TableType, Val, ValType,
};

use super::calls::{Args, Fail};
use super::family::{FUNS, Fun, TABLE_MAX};
use super::naive::{F, HostF, Keeper, Maker, Model, Value};
use super::ops::Kind;
use super::world::{Fault, World, kind, same};

/// Where memories are looked at: what segments write, the edges of pages, far outside.
const PLACES: [u32; 12] = [0, 1, 8, 9, 10, 65_535, 65_536, 131_071, 131_072, 196_607, 196_608, u32::MAX];
/// The number that the first function of the host returns.
const HOST_RESULTS: i32 = 9000;

/// A place in a memory.
pub(crate) fn place(number: u8) -> u32 {
    PLACES[usize::from(number) % PLACES.len()]
}

/// A place in a table, or just behind it.
fn element(number: u8) -> u32 {
    u32::from(number) % 6
}

impl World<'_> {
    pub(crate) fn compile(&mut self, valid: bool) -> Result<(), Fault> {
        let text = if valid { "(module)" } else { "(module (func (result i32)))" };
        let expected = if valid { Ok(()) } else { Err(Fail::Invalid) };
        same(kind(Module::new(&self.machine.engine, text)).map(|_| ()), expected, "compile")
    }

    // Calls.

    pub(crate) fn call(&mut self, inst: u8, fun: u8, numbers: [u8; 3], f: u8) -> Result<(), Fault> {
        let Some((inst, handle)) = self.inst(inst) else { return Ok(()) };
        // Most often one that it has.
        let shape = self.model.insts[inst].shape;
        let own: Vec<_> = FUNS.iter().filter(|fun| fun.exists(shape)).collect();
        // The first three are the same in all.
        let skipped = if own.len() > 3 && !fun.is_multiple_of(8) { 3 } else { 0 };
        let fun = match fun {
            255 => FUNS[usize::from(f) % FUNS.len()],
            _ => *own[skipped + usize::from(fun / 8 + fun % 8) % (own.len() - skipped)],
        };
        let passed = self.func_or_null(f);
        let [a, b, c] = numbers;
        let numbers = match fun.name() {
            "mget" | "mset" => [place(a), b.into(), 0],
            "minit" | "mold" => [place(a), u32::from(b) % 6, u32::from(c) % 6],
            "mgrow" | "tgrow" => [u32::from(a) % 3, 0, 0],
            _ => [element(a), u32::from(b) % 5, u32::from(c) % 5],
        };
        let args = Args { numbers, f: passed.map(|(f, _)| f) };
        let (params, _) = fun.ty().split_once('>').unwrap();
        let mut left = numbers.into_iter();
        let params: Vec<Val> = params
            .chars()
            .map(|letter| match letter {
                'i' => Val::I32(left.next().unwrap().cast_signed()),
                'l' => Val::I64(left.next().unwrap().into()),
                _ => Val::FuncRef(passed.map(|(_, func)| func)),
            })
            .collect();
        self.call_export((inst, handle), fun, args, &params)
    }

    /// All elements of the table of an instance, by indirect calls and by way of the host.
    pub(crate) fn call_elements(&mut self, inst: usize) -> Result<(), Fault> {
        let Some(handle) = self.insts[inst] else { return Ok(()) };
        let Some(tab) = self.model.insts[inst].uses.table else { return Ok(()) };
        for at in 0..self.model.tabs[tab].words.len() {
            let at = u32::try_from(at).unwrap();
            let args = Args { numbers: [at, 0, 0], f: None };
            for fun in [Fun::At, Fun::Htry] {
                self.call_export((inst, handle), fun, args, &[Val::I32(at.cast_signed())])?;
            }
        }
        Ok(())
    }

    fn call_export(
        &mut self,
        (inst, handle): (usize, Instance),
        fun: Fun,
        args: Args,
        params: &[Val],
    ) -> Result<(), Fault> {
        let found = handle.func(&self.store, fun.name()).and_then(|func| func.call(&mut self.store, params));
        let expected = self.model.call_export(inst, fun, args);
        self.same_results(kind(found), expected, (inst, fun, args))
    }

    pub(crate) fn call_func(&mut self, f: u8, standing_for: Option<u8>) -> Result<(), Fault> {
        let Some((f, func)) = self.func(f, |_| true) else { return Ok(()) };
        let standing_for = standing_for.and_then(|number| self.inst(number));
        let (found, expected) = match standing_for {
            None => (func.call(&mut self.store, &[]), self.model.call_f(f, None)),
            Some((inst, handle)) => (
                func.call_as(&mut self.store, handle, &[]),
                self.model.check_inst(inst).and_then(|()| self.model.call_f(f, Some(inst))),
            ),
        };
        self.same_results(kind(found), expected, ("call", f, standing_for))
    }

    fn same_results(
        &mut self,
        found: Result<Vec<Val>, Fail>,
        expected: Result<Value, Fail>,
        what: impl std::fmt::Debug,
    ) -> Result<(), Fault> {
        match (found, expected) {
            (Ok(found), Ok(Value::Nothing)) => same(found, Vec::new(), what),
            (Ok(found), Ok(expected)) if found.len() == 1 => self.same_val(found[0], expected, what),
            (found, expected) => same(found.err(), expected.err(), what),
        }
    }

    pub(crate) fn call_typed(&mut self, which: u8) -> Result<(), Fault> {
        let at = usize::from(which) % self.typed.len().max(1);
        let Some(&(inst, f, func)) = self.typed.get(at) else { return Ok(()) };
        let found = kind(func.call(&mut self.store, ()));
        let expected = self.model.call_bound(inst, f);
        same(found, expected, ("typed call", inst, f))
    }

    pub(crate) fn gift(&mut self, inst: u8, f: u8) -> Result<(), Fault> {
        let gift = self.func_or_null(f);
        let Some((inst, handle)) = self.inst(inst) else { return Ok(()) };
        let expected = self.model.check_inst(inst);
        let found = kind(self.store.data_mut(handle)).map(|data| data.gift = gift.map(|(_, func)| func));
        same(found, expected.clone(), ("data", inst))?;
        if expected.is_ok() {
            self.model.insts[inst].gift = gift.map(|(f, _)| f);
        }
        Ok(())
    }

    // Rows.

    pub(crate) fn memory_op(
        &mut self,
        (mem, from): (u8, u8),
        what: u8,
        at: u8,
        byte: u8,
    ) -> Result<(), Fault> {
        let Some((mem, handle)) = self.mem(mem, |_| true) else { return Ok(()) };
        let there = self.model.check_row(self.model.has_mem(mem));
        let at = u64::from(place(at));
        match what % 5 {
            0 => {
                let found = kind(handle.write(&mut self.store, at, &[byte, 1]));
                let expected = there.and_then(|()| self.model.write(mem, at, &[byte, 1]).ok_or(Fail::Access));
                same(found, expected, ("write", mem, at))
            }
            1 => {
                let mut bytes = [0];
                let found = kind(handle.read(&self.store, at, &mut bytes)).map(|()| bytes[0]);
                let expected = there.and_then(|()| self.model.read(mem, at).ok_or(Fail::Access));
                same(found, expected, ("read", mem, at))
            }
            2 => {
                let len = u64::from(byte % 4);
                let found = kind(handle.fill(&mut self.store, at, len, byte));
                let bytes = vec![byte; usize::from(byte % 4)];
                let expected = there.and_then(|()| self.model.write(mem, at, &bytes).ok_or(Fail::Access));
                same(found, expected, ("fill", mem, at))
            }
            3 => {
                let Some((from, source)) = self.mem(from, |_| true) else { return Ok(()) };
                let len = u64::from(byte % 4);
                let found = kind(handle.copy(&mut self.store, at, (source, 8), len));
                let there = there.and_then(|()| self.model.check_row(self.model.has_mem(from)));
                let expected = there.and_then(|()| self.model.copy_mem((mem, at), (from, 8), len));
                same(found, expected, ("copy", mem, at, from))
            }
            _ => {
                let delta = u64::from(byte % 3);
                let found = kind(handle.grow(&mut self.store, delta));
                let expected = there.and_then(|()| self.model.grow_mem(mem, delta).ok_or(Fail::Limit));
                same(found, expected, ("grow", mem, delta))
            }
        }
    }

    pub(crate) fn table_op(&mut self, (tab, from): (u8, u8), what: u8, at: u8, f: u8) -> Result<(), Fault> {
        let Some((tab, handle)) = self.tab(tab, |_| true) else { return Ok(()) };
        let there = self.model.check_row(self.model.has_tab(tab));
        let given = self.func_or_null(f);
        let (word, val) = (given.map(|(f, _)| f), Val::FuncRef(given.map(|(_, func)| func)));
        let index = element(at) as usize;
        match what % 6 {
            0 => {
                let found = kind(handle.get(&self.store, index as u64));
                let expected =
                    there.and_then(|()| self.model.tabs[tab].words.get(index).copied().ok_or(Fail::Access));
                match (found, expected) {
                    (Ok(found), Ok(expected)) => {
                        self.same_val(found, Value::Ref(expected), ("get", tab, index))
                    }
                    (found, expected) => same(found.err(), expected.err(), ("get", tab, index)),
                }
            }
            1 => {
                let delta = usize::from(at % 3);
                let found = kind(handle.grow(&mut self.store, delta as u64, val))
                    .map(|old| usize::try_from(old).unwrap());
                let expected = there.and_then(|()| self.model.hand_over(word)).and_then(|()| {
                    let old = self.model.grow_tab(tab, delta, word).ok_or(Fail::Limit)?;
                    self.model.put_in_tab(tab, word);
                    Ok(old)
                });
                same(found, expected, ("grow", tab, delta, word))
            }
            2 => {
                let len = usize::from(what / 6 % 4);
                let found = kind(handle.fill(&mut self.store, index as u64, len as u64, val));
                let expected = there.and_then(|()| self.model.fill_tab((tab, index), len, word));
                same(found, expected, ("fill", tab, index, len, word))
            }
            3 => {
                let Some((from, source)) = self.tab(from, |_| true) else { return Ok(()) };
                let len = usize::from(what / 6 % 4);
                let found = kind(handle.copy(&mut self.store, index as u64, (source, 1), len as u64));
                let there = there.and_then(|()| self.model.check_row(self.model.has_tab(from)));
                let expected = there.and_then(|()| self.model.copy_tab((tab, index), (from, 1), len));
                same(found, expected, ("copy", tab, index, from, len))
            }
            _ => {
                let found = kind(handle.set(&mut self.store, index as u64, val));
                let expected = there.and_then(|()| self.model.hand_over(word)).and_then(|()| {
                    *self.model.tabs[tab].words.get_mut(index).ok_or(Fail::Access)? = word;
                    self.model.put_in_tab(tab, word);
                    Ok(())
                });
                same(found, expected, ("set", tab, index, word))
            }
        }
    }

    pub(crate) fn global_op(&mut self, glob: u8, get: bool, number: u8, f: u8) -> Result<(), Fault> {
        let Some((glob, handle)) = self.glob(glob, |_| true) else { return Ok(()) };
        let there = self.model.check_row(self.model.has_glob(glob));
        if get {
            let value = self.model.globs[glob].value;
            return match (kind(handle.get(&self.store)), there) {
                (Ok(found), Ok(())) => self.same_val(found, value, ("get", glob)),
                (found, expected) => same(found.err(), expected.err(), ("get", glob)),
            };
        }
        let given = self.func_or_null(f);
        let word = given.map(|(f, _)| f);
        let (value, val) = if number.is_multiple_of(3) {
            (Value::I64(number.into()), Val::I64(number.into()))
        } else {
            (Value::Ref(word), Val::FuncRef(given.map(|(_, func)| func)))
        };
        let found = kind(handle.set(&mut self.store, val));
        let expected = there.and_then(|()| self.model.set_glob(glob, value));
        same(found, expected, ("set", glob, value))
    }

    pub(crate) fn make(&mut self, what: Kind, size: u8, f: u8) -> Result<(), Fault> {
        let given = self.func_or_null(f);
        let (word, val) = (given.map(|(f, _)| f), Val::FuncRef(given.map(|(_, func)| func)));
        let open = self.model.check_open();
        match what {
            Kind::Memory => {
                let pages = u64::from(size % 3);
                let made = kind(Memory::new(&mut self.store, MemoryType::new(pages, Some(3))));
                same(made.as_ref().err(), open.as_ref().err(), "Memory::new")?;
                if let Ok(handle) = made {
                    let mem = self.add_mem(Maker::Host(true), pages, 3);
                    self.mems[mem] = Some(handle);
                }
            }
            Kind::Table => {
                let len = usize::from(size % 8);
                let ty = TableType::new(RefType::Func, len as u64, Some(TABLE_MAX as u64));
                let made = kind(Table::new(&mut self.store, ty, val));
                let expected = open.and_then(|()| self.model.hand_over(word));
                same(made.as_ref().err(), expected.as_ref().err(), "Table::new")?;
                if let Ok(handle) = made {
                    let tab = self.add_tab(Maker::Host(true), vec![word; len], TABLE_MAX);
                    self.tabs[tab] = Some(handle);
                    self.model.put_in_tab(tab, word);
                }
            }
            Kind::Number | Kind::Refs | Kind::Konst => self.make_global(what, (word, val))?,
            Kind::Func => {
                let at = self.model.hosts.len();
                let result = HOST_RESULTS + i32::try_from(at).unwrap();
                let made = kind(Func::host(&mut self.store, move || result));
                same(made.as_ref().err(), open.as_ref().err(), "Func::host")?;
                if let Ok(func) = made {
                    self.model.hosts.push(HostF { present: true, result, keeper: Keeper::Host(true) });
                    self.bind(func, F::Host(at))?;
                }
            }
        }
        Ok(())
    }

    fn make_global(&mut self, what: Kind, (word, func): (Option<F>, Val)) -> Result<(), Fault> {
        let mutable = what != Kind::Konst;
        let (content, value, val) = match what {
            Kind::Number => (ValType::I64, Value::I64(3), Val::I64(3)),
            _ => (ValType::FuncRef, Value::Ref(word), func),
        };
        let made = kind(Global::new(&mut self.store, GlobalType { content, mutable }, val));
        let handed = if what == Kind::Number { None } else { word };
        let expected = self.model.check_open().and_then(|()| self.model.hand_over(handed));
        same(made.as_ref().err(), expected.as_ref().err(), "Global::new")?;
        if let Ok(handle) = made {
            let glob = self.add_glob(Maker::Host(true), mutable, value);
            self.globs[glob] = Some(handle);
            self.model.put_in_glob(glob, value);
        }
        Ok(())
    }

    pub(crate) fn free_row(&mut self, what: Kind, which: u8) -> Result<(), Fault> {
        match what {
            Kind::Memory => {
                let Some((mem, handle)) = self.mem(which, |_| true) else { return Ok(()) };
                let expected = self.model.check_row(self.model.has_mem(mem));
                same(kind(handle.free(&mut self.store)), expected, ("free", "memory", mem))?;
                give_up(&mut self.model.mems[mem].maker);
            }
            Kind::Table => {
                let Some((tab, handle)) = self.tab(which, |_| true) else { return Ok(()) };
                let expected = self.model.check_row(self.model.has_tab(tab));
                same(kind(handle.free(&mut self.store)), expected, ("free", "table", tab))?;
                give_up(&mut self.model.tabs[tab].maker);
            }
            Kind::Func => {
                let Some((f, func)) = self.func(which, |_| true) else { return Ok(()) };
                let expected = self.model.check_row(self.model.has_f(f));
                same(kind(func.free(&mut self.store)), expected, ("free", "function", f))?;
                if let F::Host(host) = f
                    && self.model.hosts[host].keeper == Keeper::Host(true)
                {
                    self.model.hosts[host].keeper = Keeper::Host(false);
                }
            }
            _ => {
                let Some((glob, handle)) = self.glob(which, |_| true) else { return Ok(()) };
                let expected = self.model.check_row(self.model.has_glob(glob));
                same(kind(handle.free(&mut self.store)), expected, ("free", "global", glob))?;
                give_up(&mut self.model.globs[glob].maker);
            }
        }
        Ok(())
    }
}

/// The host's share of a row goes; another's row stays as it is.
fn give_up(maker: &mut Maker) {
    if *maker == Maker::Host(true) {
        *maker = Maker::Host(false);
    }
}

impl Model {
    /// The answer for a handle of a memory, table or global.
    fn check_row(&self, is_there: bool) -> Result<(), Fail> {
        self.check_open()?;
        if is_there { Ok(()) } else { Err(Fail::Stale) }
    }

    /// The host hands on a function: it must not be gone, and is from now on known elsewhere.
    fn hand_over(&mut self, f: Option<F>) -> Result<(), Fail> {
        self.check_passed(f)?;
        self.hand_on(f);
        Ok(())
    }

    fn copy_mem(
        &mut self,
        (to, at): (usize, u64),
        (from, source): (usize, u64),
        len: u64,
    ) -> Result<(), Fail> {
        let byte = |at| self.read(from, at).ok_or(Fail::Access);
        let bytes = (source..source + len).map(byte).collect::<Result<Vec<u8>, Fail>>()?;
        // An empty range has its bounds too.
        if source > self.mems[from].pages << 16 {
            return Err(Fail::Access);
        }
        self.write(to, at, &bytes).ok_or(Fail::Access)
    }

    fn fill_tab(&mut self, (tab, at): (usize, usize), len: usize, word: Option<F>) -> Result<(), Fail> {
        if at + len > self.tabs[tab].words.len() {
            return Err(Fail::Access);
        }
        self.hand_over(word)?;
        self.tabs[tab].words[at..at + len].fill(word);
        if len > 0 {
            self.put_in_tab(tab, word);
        }
        Ok(())
    }

    fn copy_tab(
        &mut self,
        (to, at): (usize, usize),
        (from, source): (usize, usize),
        len: usize,
    ) -> Result<(), Fail> {
        let words = self.tabs[from].words.get(source..source + len).ok_or(Fail::Access)?.to_vec();
        self.tabs[to].words.get_mut(at..at + len).ok_or(Fail::Access)?.copy_from_slice(&words);
        for word in words.into_iter().filter(|_| to != from) {
            self.hand_on(word);
            self.put_in_tab(to, word);
        }
        Ok(())
    }

    fn set_glob(&mut self, glob: usize, value: Value) -> Result<(), Fail> {
        if !self.globs[glob].mutable {
            return Err(Fail::Access);
        }
        if std::mem::discriminant(&self.globs[glob].value) != std::mem::discriminant(&value) {
            return Err(Fail::Access);
        }
        if let Value::Ref(f) = value {
            self.hand_over(f)?;
        }
        self.globs[glob].value = value;
        self.put_in_glob(glob, value);
        Ok(())
    }
}
