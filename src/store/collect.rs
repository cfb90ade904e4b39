//! Finding what only references keep: marks from what the host can reach, frees the rest, makes the islands anew.
//!
//! Owns: [`Store::collect`]. References in tables and globals are not counted, so freed instances that they keep wait for this;
//! it runs only when the host asks, at rest. Handles in host variables keep nothing.
//! Does not know: how an instance is removed (`free`).

use std::collections::HashSet;

use super::addr::{ExternAddr, FuncAddr, GlobalAddr, HostFuncAddr, InstanceAddr, TableAddr, extern_of_word};
use super::free::GoneData;
use super::row::{GlobalOwner, ImportOrigin, State};
use super::unions::{Label, Unions};
use super::{Store, StoreInner};
use crate::spec::types::{RefType, ValType};

/// What a collection has freed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Freed instances that nothing referred to any more.
    pub instances: usize,
    /// Host functions.
    pub host_funcs: usize,
    /// Host values behind references.
    pub externs: usize,
}

/// What is reachable.
#[derive(Default)]
struct Marks {
    instances: HashSet<InstanceAddr>,
    tables: HashSet<TableAddr>,
    globals: HashSet<GlobalAddr>,
    host_funcs: HashSet<HostFuncAddr>,
    externs: HashSet<ExternAddr>,
    /// Instances whose edges are still to be followed.
    work: Vec<InstanceAddr>,
}

impl Marks {
    fn instance(&mut self, instance: InstanceAddr) {
        if self.instances.insert(instance) {
            self.work.push(instance);
        }
    }

    /// What a word of this type names; it may be gone.
    fn word(&mut self, ty: RefType, word: u64) {
        match ty {
            RefType::Extern => self.externs.extend(extern_of_word(word)),
            RefType::Func => match FuncAddr::from_word(word) {
                Some(FuncAddr::Wasm(instance, _)) => self.instance(instance),
                Some(FuncAddr::Host(host)) => {
                    self.host_funcs.insert(host);
                }
                None => {}
            },
        }
    }
}

/// The reference type of a value's type, if it is one.
const fn ref_type(ty: ValType) -> Option<RefType> {
    match ty {
        ValType::FuncRef => Some(RefType::Func),
        ValType::ExternRef => Some(RefType::Extern),
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 | ValType::V128 => None,
    }
}

impl<T> Store<T> {
    /// Frees what nothing the host can reach refers to: freed instances that only references kept, host functions and host
    /// values that no reference names. Handles that the host holds keep nothing: an `ExternRef` whose value should stay must lie in
    /// a table or global. What references may be held elsewhere, and who shares with whom, is found out anew.
    pub fn collect(&mut self) -> Collected {
        let store = self.whole();
        if store.closed.is_some() {
            return Collected::default();
        }
        let (collected, gone) = store.collect();
        gone.finish();
        collected
    }
}

impl<T> StoreInner<T> {
    fn collect(&mut self) -> (Collected, GoneData<T>) {
        let marks = self.mark();
        let mut gone = GoneData::new();
        let unmarked = |addr: &InstanceAddr| !marks.instances.contains(addr);
        let zombies: Vec<_> = self.instances.iter().map(|(addr, _)| addr).filter(unmarked).collect();
        for &zombie in &zombies {
            self.remove(zombie, &mut Vec::new(), &mut gone);
        }
        self.sweep_templates(usize::MAX, &mut gone);
        let host_funcs = self.sweep_host_funcs(&marks, &mut gone);
        let externs = self.sweep_externs(&marks, &mut gone);
        self.regroup();
        (Collected { instances: zombies.len(), host_funcs, externs }, gone)
    }

    fn mark(&self) -> Marks {
        let mut marks = Marks::default();
        for (addr, _) in self.instances.iter().filter(|(_, row)| row.state != State::Zombie) {
            marks.instance(addr);
        }
        for (addr, _) in self.tables.iter().filter(|(_, row)| row.host_share) {
            self.mark_table(addr, &mut marks);
        }
        for (addr, _) in
            self.globals.iter().filter(|(_, row)| matches!(row.owner, GlobalOwner::Host(_, true)))
        {
            self.mark_global(addr, &mut marks);
        }
        while let Some(instance) = marks.work.pop() {
            // A word may name an instance that is gone.
            let Some(row) = self.instances.get(instance) else { continue };
            let template = self.template_of(row);
            template.origins.iter().for_each(|&origin| marks.instance(origin));
            // An import leads to the function itself, whoever has lent it.
            marks.host_funcs.extend(template.imports.iter().filter_map(|origin| match origin {
                ImportOrigin::Func(FuncAddr::Host(host)) => Some(*host),
                _ => None,
            }));
            row.body.tables.iter().for_each(|&table| self.mark_table(table, &mut marks));
            row.body.globals.iter().for_each(|&global| self.mark_global(global, &mut marks));
        }
        marks
    }

    fn mark_table(&self, table: TableAddr, marks: &mut Marks) {
        if marks.tables.insert(table) {
            let row = self.table_at(table);
            row.words.iter().for_each(|word| marks.word(row.ty.element, word.get()));
        }
    }

    fn mark_global(&self, global: GlobalAddr, marks: &mut Marks) {
        let row = self.global_at(global);
        if let (Some(ty), true) = (ref_type(row.ty.content), marks.globals.insert(global)) {
            marks.word(ty, row.cell.get().as_u64());
        }
    }

    fn sweep_host_funcs(&mut self, marks: &Marks, gone: &mut GoneData<T>) -> usize {
        let unmarked: Vec<_> = self
            .host_funcs
            .iter()
            .filter(|(addr, row)| row.shares == 0 && !marks.host_funcs.contains(addr))
            .map(|(addr, _)| addr)
            .collect();
        for &addr in &unmarked {
            let row = self.host_funcs.remove(addr).expect("just listed");
            self.host_func_rows.remove(&row.key());
            gone.host_funcs.push(row);
        }
        unmarked.len()
    }

    fn sweep_externs(&mut self, marks: &Marks, gone: &mut GoneData<T>) -> usize {
        let all = self.externs.addrs();
        let unmarked: Vec<_> = all.into_iter().filter(|addr| !marks.externs.contains(addr)).collect();
        gone.externs.extend(unmarked.iter().filter_map(|&addr| self.externs.remove(addr)));
        unmarked.len()
    }

    /// Makes the islands anew, and with them the knowledge of who may be referred to from elsewhere.
    fn regroup(&mut self) {
        self.unions = Unions::default();
        self.memories.iter_mut().for_each(|(_, row)| row.set_label(Label::NONE));
        self.tables.iter_mut().for_each(|(_, row)| row.set_label(Label::NONE));
        self.globals.iter_mut().for_each(|(_, row)| row.set_label(Label::NONE));
        let mut all: Vec<_> = self.instances.iter().map(|(addr, row)| (row.seq, addr)).collect();
        all.sort_unstable();
        for &(_, instance) in &all {
            self.instance_mut(instance).escaped = false;
            self.label_alone(instance);
        }
        for (_, instance) in all {
            self.join_uses(instance);
        }
        self.join_words();
    }

    fn join_uses(&mut self, instance: InstanceAddr) {
        let origins = self.origins_of(instance).to_vec();
        let body = &self.instance(instance).body;
        let memories = body.memories.clone();
        let (tables, globals) = (body.tables.clone(), body.globals.clone());
        // `Free::Now` may have taken an origin.
        let origins = origins.into_iter().filter(|&origin| self.instances.contains(origin));
        for origin in origins.collect::<Vec<_>>() {
            self.join_instances(origin, instance);
        }
        memories.into_iter().for_each(|memory| self.join_memory(memory, instance));
        tables.into_iter().for_each(|table| self.join_table(table, instance));
        for global in globals {
            let row = self.global_at(global);
            let (ty, word) = (row.ty, row.cell.get().as_u64());
            if ty.mutable {
                self.join_global(global, instance);
            } else if let (ValType::FuncRef, Some(named)) = (ty.content, self.instance_of_word(word)) {
                self.join_instances(named, instance);
            }
        }
    }

    /// What each function reference that is held names: it joins, and is known elsewhere unless its own instance holds it.
    fn join_words(&mut self) {
        let mut held: Vec<(TableAddr, u64)> = Vec::new();
        for (addr, row) in self.tables.iter().filter(|(_, row)| row.ty.element == RefType::Func) {
            held.extend(row.words.iter().map(|word| (addr, word.get())).filter(|(_, word)| *word != 0));
        }
        held.sort_unstable();
        held.dedup_by_key(|(table, word)| (*table, *word >> crate::jit::abi::FUNC_INDEX_BITS));
        for (table, word) in held {
            if let Some(named) = self.instance_of_word(word) {
                self.join_table(table, named);
                let own = self.own_tables(named).contains(&table);
                self.note_word(named, own);
            }
        }
        let globals: Vec<_> = self
            .globals
            .iter()
            .filter(|(_, row)| row.ty.content == ValType::FuncRef)
            .map(|(addr, row)| (addr, row.ty.mutable, row.cell.get().as_u64()))
            .collect();
        for (global, mutable, word) in globals {
            if let Some(named) = self.instance_of_word(word) {
                if mutable {
                    self.join_global(global, named);
                }
                let own = self.own_globals(named).contains(&global);
                self.note_word(named, own);
            }
        }
    }

    fn own_tables(&self, instance: InstanceAddr) -> &[TableAddr] {
        let imported = self.module_of(instance).decl().imported.tables as usize;
        &self.instance(instance).body.tables[imported..]
    }

    fn own_globals(&self, instance: InstanceAddr) -> &[GlobalAddr] {
        let imported = self.module_of(instance).decl().imported.globals as usize;
        &self.instance(instance).body.globals[imported..]
    }

    /// A reference to a function of this instance was found, among its own rows or elsewhere. A module that makes no references
    /// has got its own from the host, who may hold more of them.
    fn note_word(&mut self, named: InstanceAddr, own: bool) {
        if !own || !self.module_of(named).makes_references() {
            self.mark_escaped(named);
        }
    }
}
