//! Linking an instance that has its rows: what its context shows, the values of its globals, whose island it joins.
//!
//! Owns: how imports, memories, tables and globals get into a context.
//! Does not know: where imports come from (`linker`), what a context looks like (`context`).

use smallvec::SmallVec;

use super::StoreInner;
use super::addr::{FuncAddr, InstanceAddr, TemplateAddr};
use super::context::{ContextBlock, ImportTarget};
use super::row::{ImportOrigin, InstanceParts, TableRow};
use super::template::{ImportedFunc, TemplateInner};
use crate::jit::abi::{ContextLayout, SELF_TAG};
use crate::module::Module;
use crate::spec::const_expr::{ConstEnv, ConstExpr};
use crate::spec::module::{ElemMode, FuncIdx, GlobalIdx, MemIdx, TableIdx};
use crate::spec::types::ValType;
use crate::spec::value::Bits;

impl<T> StoreInner<T> {
    /// Counts one more user of all that a template imports.
    pub(crate) fn count_imports(&mut self, template: TemplateAddr) {
        let Self { instances, templates, memories, tables, globals, .. } = self;
        let row = templates.get(template).expect("provided");
        for &origin in &row.origins {
            instances.get_mut(origin).expect("checked by `provide`").importers += 1;
        }
        for memory in &row.template.memories {
            memories.get_mut(memory.raw.addr().into()).expect("checked by `provide`").users += 1;
        }
        for table in &row.template.tables {
            tables.get_mut(table.raw.addr().into()).expect("checked by `provide`").users += 1;
        }
        for global in &row.template.globals {
            globals.get_mut(global.raw.addr().into()).expect("checked by `provide`").users += 1;
        }
    }

    /// Shows what an instance imports in its context, and joins islands.
    pub(crate) fn link_imports(&mut self, instance: InstanceAddr) {
        let imported = self.module_of(instance).decl().imported;
        for at in 0..imported.memories as usize {
            let memory = self.instance(instance).body.memories[at];
            let index = MemIdx::from_usize(at);
            let row = self.memory_at_mut(memory);
            row.mirrors.push((instance, index));
            // The importer's code leaves no marks.
            row.is_marked = false;
            self.show_memory(memory, instance, index);
        }
        for at in 0..imported.tables as usize {
            let table = self.instance(instance).body.tables[at];
            let index = TableIdx::from_usize(at);
            self.table_at_mut(table).mirrors.push((instance, index));
            self.show_table(table, instance, (self.module_of(instance).layout(), index));
        }
        self.join_imports(instance);
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

    /// Writes the first values of globals that name the instance itself.
    pub(crate) fn link_late_globals(&self, instance: InstanceAddr) {
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

impl<T> TemplateInner<T> {
    /// Puts what is imported in front of what an instance defines.
    pub(crate) fn list_imports(&self, parts: &mut InstanceParts) {
        parts.memories.extend(self.memories.iter().map(|memory| memory.raw.addr().into()));
        parts.tables.extend(self.tables.iter().map(|table| table.raw.addr().into()));
        parts.globals.extend(self.globals.iter().map(|global| global.raw.addr().into()));
    }
}

/// Writes what segments say into tables that all instances have in common, which the pattern shows.
pub(crate) fn fill_fixed_tables(
    pattern: &ContextBlock,
    module: &Module,
    tables: &[TableRow],
    imports: &[ImportOrigin],
) {
    let (decl, layout) = (module.decl(), module.layout());
    let own = decl.imported.tables;
    for (row, index) in tables.iter().zip(own..) {
        pattern.show_table(row, (layout, TableIdx::new(index)), SELF_TAG);
    }
    let env = PatternEnv { pattern, layout, imports };
    for elem in decl.elems.iter() {
        let ElemMode::Active { table, offset } = elem.mode else { continue };
        let Some(row) = table.index().checked_sub(own as usize).and_then(|at| tables.get(at)) else {
            continue;
        };
        let to = row.words.iter().skip(offset.eval(&env).as_u32() as usize);
        for (word, item) in to.zip(elem.items.iter(0..elem.items.len())) {
            word.set(item.eval(&env).as_u64());
        }
    }
}

/// What constant expressions may ask of a template's pattern.
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
        match self.imports.get(func.index()) {
            Some(ImportOrigin::Func(origin)) => Bits::from_u64(origin.word()),
            Some(ImportOrigin::Host) => unreachable!("{func} can be no value"),
            // Of fixed tables only: own functions that globals name wait for the instance.
            None => Bits::from_u64(SELF_TAG | u64::from(func.as_u32())),
        }
    }
}
