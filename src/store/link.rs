//! Linking an instance that has its rows: what its context shows, the values of its globals, whose island it joins.
//!
//! Owns: how imports, memories, tables and globals get into a context.
//! Does not know: where imports come from (`linker`), what a context looks like (`context`).

use smallvec::SmallVec;

use super::StoreInner;
use super::addr::{FuncAddr, InstanceAddr};
use super::context::{ContextBlock, ImportTarget};
use super::row::ImportOrigin;
use super::template::{ImportedFunc, TemplateInner};
use crate::jit::abi::ContextLayout;
use crate::spec::const_expr::{ConstEnv, ConstExpr};
use crate::spec::module::{FuncIdx, GlobalIdx, MemIdx, TableIdx};
use crate::spec::types::ValType;
use crate::spec::value::Bits;

impl<T> StoreInner<T> {
    /// Writes what differs from the pattern into an instance's context, and joins islands.
    #[inline]
    pub(crate) fn link(&mut self, instance: InstanceAddr) {
        let row = self.instance(instance);
        self.link_head(instance, &row.context);
        let (memories, tables) = (row.body.memories.len(), row.body.tables.len());
        let template = self.template_of(row);
        let is_late = !template.late_globals.is_empty();
        let stands_alone = template.template.stands_alone();
        if memories > 0 {
            self.link_memories(instance, memories);
        }
        if tables > 0 {
            self.link_tables(instance, tables);
        }
        if is_late {
            self.link_late_globals(instance);
        }
        if !stands_alone {
            self.join_imports(instance);
        }
    }

    /// Shows in a template's pattern where imported functions lead to.
    pub(crate) fn fill_pattern_imports(
        &self,
        pattern: &ContextBlock,
        template: &TemplateInner<T>,
        imports: &[ImportOrigin],
    ) {
        for ((index, func), origin) in (0..).zip(&template.funcs).zip(imports) {
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
            target.write(pattern, template.module.layout(), index);
        }
    }

    /// Writes imported globals, and the first values of own ones, into a template's pattern; which own ones it cannot hold.
    pub(crate) fn fill_pattern_globals(
        &self,
        pattern: &ContextBlock,
        template: &TemplateInner<T>,
        imports: &[ImportOrigin],
    ) -> Box<[GlobalIdx]> {
        let layout = template.module.layout();
        let mut late = Vec::new();
        for (index, global) in template.module.decl().globals.iter_enumerated() {
            let Some(init) = &global.init else {
                let row = self.global_at(template.globals[index.index()].raw.addr().into());
                Self::link_global(pattern, layout, index, (row.cell, row.ty.mutable));
                continue;
            };
            let is_late = match *init {
                ConstExpr::RefFunc(func) => func.index() >= imports.len(),
                ConstExpr::GlobalGet(other) => late.contains(&other),
                ConstExpr::Const(_) | ConstExpr::RefNull => false,
            };
            if is_late {
                late.push(index);
            } else {
                let env = PatternEnv { pattern, layout, imports };
                pattern.cell(layout, index).set(init.eval(&env));
            }
        }
        late.into()
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

    fn link_memories(&mut self, instance: InstanceAddr, count: usize) {
        for at in 0..count {
            let memory = self.instance(instance).body.memories[at];
            let index = MemIdx::from_usize(at);
            self.memory_at_mut(memory).mirrors.push((instance, index));
            self.show_memory(memory, instance, index);
        }
    }

    fn link_tables(&mut self, instance: InstanceAddr, count: usize) {
        for at in 0..count {
            let table = self.instance(instance).body.tables[at];
            let index = TableIdx::from_usize(at);
            self.table_at_mut(table).mirrors.push((instance, index));
            self.show_table(table, instance, (self.module_of(instance).layout(), index));
        }
    }

    fn link_late_globals(&self, instance: InstanceAddr) {
        let row = self.instance(instance);
        let template = self.template_of(row);
        for &index in &template.late_globals {
            let init = &template.template.module.decl().globals[index].init;
            let init = init.as_ref().expect("only own globals are late");
            self.global_at(row.body.globals[index.index()]).cell.set(self.eval(instance, init));
        }
    }

    fn join_imports(&mut self, instance: InstanceAddr) {
        let imported = self.module_of(instance).decl().imported;
        let origins = self.origins_of(instance).to_vec();
        let body = &self.instance(instance).body;
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

/// What first values of globals may ask of a template's pattern.
struct PatternEnv<'a> {
    pattern: &'a ContextBlock,
    layout: &'a ContextLayout,
    imports: &'a [ImportOrigin],
}

impl ConstEnv for PatternEnv<'_> {
    fn global(&self, global: GlobalIdx) -> Bits {
        self.pattern.cell(self.layout, global).get()
    }

    fn func_ref(&self, func: FuncIdx) -> Bits {
        match self.imports[func.index()] {
            ImportOrigin::Func(origin) => Bits::from_u64(origin.word()),
            ImportOrigin::Host => unreachable!("{func} can be no value"),
        }
    }
}
