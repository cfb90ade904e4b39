//! Linking an instance that has its rows: what its context shows, the values of its globals, whose island it joins.
//!
//! Owns: how imports, memories, tables and globals get into a context.
//! Does not know: where imports come from (`linker`), what a context looks like (`context`).

use smallvec::SmallVec;

use super::StoreInner;
use super::addr::{FuncAddr, InstanceAddr};
use super::context::ImportTarget;
use super::island::StorePtr;
use super::row::ImportOrigin;
use super::template::{ImportedFunc, TemplateInner};
use crate::module::Module;
use crate::spec::module::{MemIdx, TableIdx};
use crate::spec::types::ValType;

impl<T> StoreInner<T> {
    /// Writes the context, evaluates globals, joins islands.
    pub(crate) fn link(&mut self, instance: InstanceAddr, template: &TemplateInner<T>, store: StorePtr<T>) {
        let module = &template.module;
        self.link_head(instance, module, store);
        self.link_imports(instance, template);
        self.link_memories_and_tables(instance, module);
        self.link_globals(instance, module);
        self.join_imports(instance, module);
    }

    fn link_imports(&self, instance: InstanceAddr, template: &TemplateInner<T>) {
        let row = self.instance(instance);
        for ((index, func), origin) in (0..).zip(&template.funcs).zip(&row.body.imports) {
            let target = match (func, origin) {
                (ImportedFunc::Host(func, stub), origin) => ImportTarget {
                    target: func.record().cast(),
                    code: *stub,
                    word: match origin {
                        ImportOrigin::Func(host) => host.word(),
                        ImportOrigin::Host => 0,
                    },
                },
                (ImportedFunc::Func(_), ImportOrigin::Func(origin)) => self.func_target(*origin),
                (ImportedFunc::Func(_), ImportOrigin::Host) => {
                    unreachable!("a handle names a function that can be a value")
                }
            };
            target.write(&row.context, template.module.layout(), index);
        }
    }

    /// What an import of this function leads to.
    ///
    /// # Panics
    /// If the function is gone: the caller has resolved it.
    pub(crate) fn func_target(&self, func: FuncAddr) -> ImportTarget {
        let word = func.word();
        match func {
            FuncAddr::Wasm(origin, index) => {
                let row = self.instance(origin);
                let code = self.module(row.template).entries()[index.index()].code;
                assert!(code != 0, "{index} has no foreign entry and so can be no value");
                ImportTarget { target: row.context.as_ptr().cast(), code, word }
            }
            FuncAddr::Host(host) => {
                let row = self.host_func(host);
                ImportTarget { target: row.func.record().cast(), code: row.stub, word }
            }
        }
    }

    fn link_memories_and_tables(&mut self, instance: InstanceAddr, module: &Module) {
        let body = &self.instance(instance).body;
        let (memories, tables) = (body.memories.clone(), body.tables.clone());
        for (index, &memory) in memories.iter().enumerate() {
            let row = self.memory_at_mut(memory);
            row.mirrors.push((instance, MemIdx::from_usize(index)));
            self.show_memory(memory, instance, MemIdx::from_usize(index));
        }
        for (index, &table) in tables.iter().enumerate() {
            let row = self.table_at_mut(table);
            row.mirrors.push((instance, TableIdx::from_usize(index)));
            self.show_table(table, instance, (module.layout(), TableIdx::from_usize(index)));
        }
    }

    fn link_globals(&self, instance: InstanceAddr, module: &Module) {
        let row = self.instance(instance);
        for (index, global) in module.decl().globals.iter_enumerated() {
            let addr = row.body.globals[index.index()];
            let global_row = self.global_at(addr);
            match &global.init {
                Some(init) => global_row.cell.set(self.eval(instance, init)),
                None => Self::link_global(
                    &row.context,
                    module.layout(),
                    index,
                    (global_row.cell, global_row.ty.mutable),
                ),
            }
        }
    }

    fn join_imports(&mut self, instance: InstanceAddr, module: &Module) {
        let imported = module.decl().imported;
        let body = &self.instance(instance).body;
        let origins = body.origins.clone();
        let memories: SmallVec<[_; 1]> = body.memories[..imported.memories as usize].into();
        let tables: SmallVec<[_; 1]> = body.tables[..imported.tables as usize].into();
        let globals: SmallVec<[_; 4]> = body.globals[..imported.globals as usize].into();
        origins.into_iter().for_each(|origin| self.join_instances(origin, instance));
        memories.into_iter().for_each(|memory| self.join_memory(memory, instance));
        tables.into_iter().for_each(|table| self.join_table(table, instance));
        for global in globals {
            let row = self.global_at(global);
            let (ty, word) = (row.ty, row.cell.get().as_u64());
            if ty.mutable {
                self.join_global(global, instance);
            } else if let (ValType::FuncRef, Some(FuncAddr::Wasm(named, _))) =
                (ty.content, FuncAddr::from_word(word))
                && self.instances.contains(named)
            {
                self.join_instances(named, instance);
            }
        }
    }
}
