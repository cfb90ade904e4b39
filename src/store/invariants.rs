//! Whether the columns of a store agree with each other and with what machine code sees.
//!
//! Owns: [`Store::check_invariants`], an aid for tests: every count is made again from what it counts.
//! Does not know: how the columns came to be so.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use super::addr::{FuncAddr, HostFuncAddr, InstanceAddr, MemAddr, TableAddr, TemplateAddr, tag};
use super::context::ContextBlock;
use super::island::{AsStore, Row};
use super::row::{GlobalOwner, GlobalRow, ImportOrigin, InstanceRow, State};
use super::unions::{Label, Member};
use super::{Store, StoreInner};
use crate::arena::handle::Addr;
use crate::jit::abi::{NOBODY_TAG, SELF_TAG};
use crate::module::Module;
use crate::spec::module::{FuncIdx, GlobalIdx, MemIdx, TableIdx};
use crate::spec::types::RefType;

type Checked = Result<(), String>;

/// An error, with what was compared.
macro_rules! agree {
    ($holds:expr, $($what:tt)*) => {
        if !$holds {
            return Err(format!($($what)*));
        }
    };
}

impl<T> Store<T> {
    /// Walks everything that the store holds and makes each count anew: users of memories, tables and globals; importers; shares
    /// of host functions; instances of templates; names; the directory and the contexts that machine code reads. For tests: it
    /// takes as long as the store is large, and a store that fails it has a bug that is not the host's.
    ///
    /// ```
    /// use skep::{Config, Engine, Store};
    ///
    /// let store = Store::<()>::new(&Engine::new(&Config::default())?);
    /// assert_eq!(store.check_invariants(), Ok(()));
    /// # Ok::<(), skep::Error>(())
    /// ```
    /// # Errors
    /// What does not agree, in words.
    pub fn check_invariants(&self) -> Result<(), String> {
        let store = self.view().get();
        store.check_counts()?;
        store.check_globals()?;
        store.check_names()?;
        store.check_templates()?;
        store.check_host_funcs()?;
        store.check_directory()?;
        store.check_words()?;
        store.check_islands()?;
        for (addr, row) in store.instances.iter() {
            store.check_instance(addr, row)?;
        }
        Ok(())
    }
}

/// How often each was counted.
struct Tally<K>(HashMap<K, u32>);

impl<K: Eq + Hash + Copy + Debug> Tally<K> {
    fn of(all: impl IntoIterator<Item = K>) -> Self {
        let mut tally = HashMap::new();
        all.into_iter().for_each(|key| *tally.entry(key).or_default() += 1);
        Self(tally)
    }

    fn add(&mut self, key: K, count: bool) {
        if count {
            *self.0.entry(key).or_default() += 1;
        }
    }

    /// Takes out what was counted.
    fn take(&mut self, key: K) -> u32 {
        self.0.remove(&key).unwrap_or(0)
    }

    /// Everything that was counted has been taken.
    fn end(&self, what: &str) -> Checked {
        match self.0.iter().next() {
            Some((key, count)) => Err(format!("{key:?} is gone but has {count} {what}")),
            None => Ok(()),
        }
    }
}

impl<T> StoreInner<T> {
    /// Pairs of instance and what it uses, by a list of its body.
    fn uses<'a, A: Copy + 'a>(
        &'a self,
        all: impl Fn(&'a InstanceRow<T>) -> &'a [A] + 'a,
    ) -> impl Iterator<Item = (InstanceAddr, usize, A)> + 'a {
        let of_row = move |(addr, row): (InstanceAddr, &'a Row<InstanceRow<T>>)| {
            all(row).iter().enumerate().map(move |(at, &item)| (addr, at, item))
        };
        self.instances.iter().flat_map(of_row)
    }

    /// Users and mirrors of memories and tables, users of globals, importers.
    fn check_counts(&self) -> Checked {
        let mut users = Tally::of(self.uses(|row| &row.body.memories).map(|(_, _, memory)| memory));
        let mut shown = HashMap::<MemAddr, Vec<_>>::new();
        for (instance, at, memory) in self.uses(|row| &row.body.memories) {
            shown.entry(memory).or_default().push((instance, MemIdx::from_usize(at)));
        }
        for (addr, row) in self.memories.iter() {
            users.add(addr, row.host_share);
            check_users(addr, row.users, users.take(addr))?;
            check_mirrors(addr, &row.mirrors, shown.remove(&addr).unwrap_or_default())?;
        }
        users.end("users")?;
        let mut users = Tally::of(self.uses(|row| &row.body.tables).map(|(_, _, table)| table));
        let mut shown = HashMap::<TableAddr, Vec<_>>::new();
        for (instance, at, table) in self.uses(|row| &row.body.tables) {
            shown.entry(table).or_default().push((instance, TableIdx::from_usize(at)));
        }
        for (addr, row) in self.tables.iter() {
            users.add(addr, row.host_share);
            check_users(addr, row.users, users.take(addr))?;
            check_mirrors(addr, &row.mirrors, shown.remove(&addr).unwrap_or_default())?;
        }
        users.end("users")?;
        let origins = self.uses(|row| &self.template_of(row).origins).map(|(_, _, origin)| origin);
        let mut importers = Tally::of(origins);
        for (addr, row) in self.instances.iter() {
            let (counted, found) = (row.importers, importers.take(addr));
            agree!(counted == found, "{addr:?} counts {counted} importers and has {found}");
        }
        // What is left is gone by `Free::Now`.
        Ok(())
    }

    /// Users, owners and cells of globals, and blocks that outlive their instance.
    fn check_globals(&self) -> Checked {
        let mut users = Tally::of(self.uses(|row| &row.body.globals).map(|(_, _, global)| global));
        let mut orphans = Tally::of([]);
        for (addr, row) in self.globals.iter() {
            users.add(addr, matches!(row.owner, GlobalOwner::Host(_, true)));
            check_users(addr, row.users, users.take(addr))?;
            match &row.owner {
                GlobalOwner::Host(block, _) => {
                    agree!(block.cell() == row.cell, "{addr:?} of the host lies elsewhere");
                }
                GlobalOwner::Instance(owner) if self.instances.contains(*owner) => {
                    let own = self.globals_of(*owner).1.contains(&addr);
                    agree!(own, "{addr:?} says that {owner:?} defines it");
                }
                GlobalOwner::Instance(owner) => orphans.add(*owner, true),
            }
        }
        users.end("users")?;
        for (&owner, &(_, kept)) in &self.orphans {
            let found = orphans.take(owner);
            agree!(
                kept == found && kept > 0,
                "the block of {owner:?} is kept for {kept} globals, not {found}"
            );
        }
        orphans.end("globals and no block")
    }

    fn check_names(&self) -> Checked {
        let mut known = 0;
        for name in self.names.all() {
            let Some(owner) = self.names.get(name) else {
                return Err(format!("{name:?} is reserved at rest"));
            };
            known += 1;
            let Some(row) = self.instances.get(owner) else {
                return Err(format!("{name:?} names {owner:?}, which is gone"));
            };
            let own = row.body.names.iter().filter(|own| ***own == *name).count();
            agree!(own == 1, "{owner:?} has the name {name:?} {own} times");
        }
        let owned: usize = self.instances.iter().map(|(_, row)| row.body.names.len()).sum();
        agree!(owned == known, "instances have {owned} names, the registry {known}");
        Ok(())
    }

    fn check_templates(&self) -> Checked {
        let mut spawned = Tally::of(self.instances.iter().map(|(_, row)| row.template));
        let mut idle: Tally<TemplateAddr> = Tally::of(self.idle_templates.iter().copied());
        for (addr, row) in self.templates.iter() {
            let (counted, found) = (row.instances, spawned.take(addr));
            agree!(counted == found, "{addr:?} counts {counted} instances and has {found}");
            let listed = idle.take(addr);
            agree!(listed == u32::from(row.idle), "{addr:?} is listed as idle {listed} times");
            agree!(counted > 0 || row.idle, "{addr:?} has no instance and is not idle");
            agree!(row.claimed == 0, "{addr:?} has claims of {} instances at rest", row.claimed);
            let key = std::sync::Arc::as_ptr(&row.template).addr();
            agree!(self.template_rows.get(&key) == Some(&addr), "{addr:?} is not found by its address");
        }
        let (rows, keys) = (self.templates.len(), self.template_rows.len());
        agree!(rows == keys, "{rows} templates have {keys} addresses");
        let claimed = self.pinned.claimed_blocks();
        agree!(claimed == 0, "{claimed} blocks are claimed at rest");
        let (counted, found) = self.idle_bytes();
        agree!(counted == found, "{counted} bytes of waiting slots are counted, {found} found");
        spawned.end("instances")
    }

    fn check_host_funcs(&self) -> Checked {
        let hosts = self.templates.iter().flat_map(|(_, row)| row.hosts.iter().map(|&(_, host)| host));
        let mut shares: Tally<HostFuncAddr> = Tally::of(hosts);
        for (addr, row) in self.host_funcs.iter() {
            shares.add(addr, row.host_share);
            let (counted, found) = (row.shares, shares.take(addr));
            agree!(counted == found, "{addr:?} counts {counted} shares and has {found}");
            agree!(
                self.host_func_rows.get(&row.key()) == Some(&addr),
                "{addr:?} is not found by its address"
            );
        }
        let (rows, keys) = (self.host_funcs.len(), self.host_func_rows.len());
        agree!(rows == keys, "{rows} host functions have {keys} addresses");
        shares.end("shares")
    }

    /// Every slot's entry names the instance there, or nobody.
    fn check_directory(&self) -> Checked {
        let Some(directory) = &self.directory else {
            agree!(self.instances.len() == 0, "instances without a directory");
            return Ok(());
        };
        let mut tags = HashMap::new();
        for (addr, row) in self.instances.iter() {
            let slot = Addr::from(addr).slot();
            let entry = directory.entry(slot);
            agree!(entry.tag.get() == tag(addr.into()), "the directory names another than {addr:?}");
            agree!(entry.context.get() == row.context.as_ptr(), "the directory leads elsewhere for {addr:?}");
            tags.insert(slot, addr);
        }
        agree!(directory.entry(0).tag.get() == NOBODY_TAG, "the directory names somebody for null");
        for slot in (1..self.instances.slots_end()).filter(|slot| !tags.contains_key(slot)) {
            let entry = directory.entry(slot);
            let empty = entry.tag.get() == 0 && entry.context.get().is_null();
            agree!(empty, "the directory names somebody in slot {slot}");
        }
        Ok(())
    }

    /// References in tables and globals name functions that can be values, or are stale; who is named elsewhere is known to be.
    fn check_words(&self) -> Checked {
        for (addr, row) in self.tables.iter().filter(|(_, row)| row.ty.element == RefType::Func) {
            let mut last = 0;
            for word in row.words.iter().map(Cell::get) {
                if word != std::mem::replace(&mut last, word) {
                    let own = |named| {
                        // One that only it uses is as good as its own: the owner is gone.
                        row.users == 1 && self.instance(named).body.tables.contains(&addr)
                            || self.tables_of(named).1.contains(&addr)
                    };
                    self.check_word(word, &addr, own)?;
                }
            }
        }
        for (addr, row) in self.globals.iter() {
            if row.ty.content == RefType::Func.into() {
                let own = |named| {
                    row.users == 1 && self.instance(named).body.globals.contains(&addr)
                        || self.globals_of(named).1.contains(&addr)
                };
                self.check_word(row.cell.get().as_u64(), &addr, own)?;
            }
        }
        Ok(())
    }

    fn check_word(&self, word: u64, holder: &dyn Debug, own: impl FnOnce(InstanceAddr) -> bool) -> Checked {
        let Some(FuncAddr::Wasm(named, index)) = FuncAddr::from_word(word) else { return Ok(()) };
        let Some(row) = self.instances.get(named) else { return Ok(()) };
        let decl = self.module_of(named).decl();
        let valid = decl.defined(index).is_some() && decl.funcs.get(index).is_some_and(|func| func.escapes);
        agree!(valid, "{holder:?} names {index} of {named:?}, which can be no value");
        let known = row.escaped || own(named);
        agree!(known, "{holder:?} names a function of {named:?}, which is thought to be held nowhere else");
        Ok(())
    }

    fn check_instance(&self, addr: InstanceAddr, row: &InstanceRow<T>) -> Checked {
        let module = self.module(row.template);
        agree!(row.state != State::Starting, "{addr:?} starts at rest");
        agree!(!row.listed, "{addr:?} is listed at rest");
        if row.state == State::Zombie {
            agree!(row.body.names.is_empty(), "{addr:?} is freed and has names");
            agree!(row.importers > 0 || row.escaped, "{addr:?} is freed and kept by nobody");
        }
        let head = row.context.head();
        let entered = head.state.get() == 0;
        agree!(
            entered == (row.state == State::Live),
            "the context of {addr:?} disagrees with {:?}",
            row.state
        );
        agree!(head.own_tag.get() == tag(addr.into()), "the context of {addr:?} has another's identity");
        let here = std::ptr::from_ref(self).addr();
        agree!(head.store.get().addr() == here, "the context of {addr:?} leads to another store");
        self.check_views(addr, row, module)?;
        self.check_cells(addr, &row.context, module)?;
        self.check_imports(addr, row, module)
    }

    /// What a context shows of memory 0 and of tables.
    fn check_views(&self, addr: InstanceAddr, row: &InstanceRow<T>, module: &Module) -> Checked {
        let head = row.context.head();
        if let Some(&memory) = row.body.memories.first() {
            let memory_row = self.memory_at(memory);
            let same = head.memory.base.get() == memory_row.slot.base().as_ptr()
                && head.memory.length_bytes.get() == memory_row.size_bytes();
            agree!(same, "the context of {addr:?} shows {memory:?} as it was");
        }
        let tables = row.body.tables.iter().map(|&table| (self.table_at(table), tag(addr.into())));
        let fixed = self.template_of(row).fixed_tables.iter().map(|table| (table, SELF_TAG));
        let count = module.decl().tables.len();
        agree!(tables.len() + fixed.len() == count, "{addr:?} has not the {count} tables of its module");
        for ((table, tag), index) in tables.chain(fixed).zip(0..) {
            let view = row.context.table(module.layout(), TableIdx::new(index));
            let same = view.base.get().cast_const().addr() == table.words.as_ptr().addr()
                && view.length.get() == table.words.len() as u64
                && view.own_tag.get() == tag;
            agree!(same, "the context of {addr:?} shows table {index} as it was");
        }
        Ok(())
    }

    /// What a context has of globals: own cells, addresses of others' cells, copies of constants.
    fn check_cells(&self, addr: InstanceAddr, block: &ContextBlock, module: &Module) -> Checked {
        for (index, &global) in self.instance(addr).body.globals.iter().enumerate() {
            let index = GlobalIdx::from_usize(index);
            let Some(row) = self.globals.get(global) else {
                return Err(format!("{addr:?} uses {global:?}, which is gone"));
            };
            let cell = block.cell(module.layout(), index);
            let own = module.decl().globals[index].init.is_some();
            let same = match (own, row.ty.mutable) {
                (true, _) => cell == row.cell,
                (false, true) => cell.get().as_u64() == row.cell.address(),
                (false, false) => cell.get() == row.cell.get(),
            };
            agree!(same, "the context of {addr:?} shows {global:?} otherwise than it is");
        }
        Ok(())
    }

    /// That whatever may reach each other has one label, and that groups know their members.
    fn check_islands(&self) -> Checked {
        let mut lone = Tally::of(None);
        for (addr, row) in self.instances.iter() {
            let label = row.label();
            agree!(label != Label::NONE, "{addr:?} is in no island");
            lone.add(label, !self.unions.is_group(label));
            let (stamp, shown) = (self.unions.stamp_of(label), row.context.head().group.get());
            agree!(stamp.as_u32() == shown, "{addr:?} shows the stamp {shown} and its island has {stamp}");
            for &memory in &row.body.memories {
                self.check_label(addr, label, Member::Memory(memory))?;
            }
            for &table in &row.body.tables {
                self.check_label(addr, label, Member::Table(table))?;
            }
            for &global in row.body.globals.iter().filter(|&&global| self.global_at(global).ty.mutable) {
                self.check_label(addr, label, Member::Global(global))?;
            }
            for &origin in
                self.template_of(row).origins.iter().filter(|&&origin| self.instances.contains(origin))
            {
                self.check_label(addr, label, Member::Instance(origin))?;
            }
            let known =
                !self.unions.is_group(label) || self.unions.members(label).any(|member| member == addr);
            agree!(known, "{addr:?} is missing in its island");
        }
        let shared = lone.0.iter().find(|(_, count)| **count > 1);
        agree!(shared.is_none(), "instances of {shared:?} have no group");
        for (label, member) in self.unions.all() {
            let found = self.find_label(member);
            agree!(found == Some(label), "{member:?} is in {label:?} and says {found:?}");
        }
        self.check_words_stay_inside()
    }

    fn check_label(&self, user: InstanceAddr, label: Label, member: Member) -> Checked {
        let found = self.find_label(member);
        agree!(found == Some(label), "{user:?} is in {label:?} and uses {member:?} of {found:?}");
        Ok(())
    }

    /// That functions which tables and mutable globals hold are of the same island.
    fn check_words_stay_inside(&self) -> Checked {
        for (addr, row) in self.tables.iter().filter(|(_, row)| row.ty.element == RefType::Func) {
            for named in row.words.iter().filter_map(|word| self.instance_of_word(word.get())) {
                self.check_label(named, self.label_of(named), Member::Table(addr))?;
            }
        }
        let functions = |row: &GlobalRow| row.ty.mutable && row.ty.content == RefType::Func.into();
        for (addr, row) in self.globals.iter().filter(|(_, row)| functions(row)) {
            if let Some(named) = self.instance_of_word(row.cell.get().as_u64()) {
                self.check_label(named, self.label_of(named), Member::Global(addr))?;
            }
        }
        Ok(())
    }

    /// Where imports lead.
    fn check_imports(&self, addr: InstanceAddr, row: &InstanceRow<T>, module: &Module) -> Checked {
        for (index, &origin) in (0..).zip(&self.template_of(row).imports) {
            let view = row.context.import(module.layout(), index);
            let found = (view.target.get().addr(), view.code.get().addr(), view.word.get());
            let expected = match origin {
                ImportOrigin::Host => (found.0, found.1, 0),
                ImportOrigin::Func(func) => self.import_of(func)?,
            };
            let index = FuncIdx::new(index);
            agree!(found == expected, "import {index} of {addr:?} leads elsewhere than to {origin:?}");
            if let ImportOrigin::Func(FuncAddr::Wasm(named, _)) = origin {
                agree!(
                    self.template_of(row).origins.contains(&named),
                    "{addr:?} does not count {named:?} as an origin"
                );
            }
        }
        Ok(())
    }

    /// Target, code and word of an import of this function.
    fn import_of(&self, func: FuncAddr) -> Result<(usize, usize, u64), String> {
        let target = match func {
            FuncAddr::Wasm(origin, _) if !self.instances.contains(origin) => {
                return Ok((0, self.engine.freed_stub(), func.word()));
            }
            FuncAddr::Host(host) if !self.host_funcs.contains(host) => {
                return Err(format!("{host:?} is imported and gone"));
            }
            _ => self.func_target(func),
        };
        Ok((target.target.addr(), target.code, target.word))
    }
}

fn check_users(addr: impl Debug, counted: u32, found: u32) -> Checked {
    agree!(counted == found && counted > 0, "{addr:?} counts {counted} users and has {found}");
    Ok(())
}

/// The contexts that a row is shown in are those of its users, each once.
fn check_mirrors<I: Ord + Copy + Debug>(
    addr: impl Debug,
    mirrors: &[(InstanceAddr, I)],
    mut users: Vec<(InstanceAddr, I)>,
) -> Checked {
    let mut mirrors = mirrors.to_vec();
    mirrors.sort_unstable();
    users.sort_unstable();
    agree!(mirrors == users, "{addr:?} is shown in {mirrors:?} and used in {users:?}");
    Ok(())
}
