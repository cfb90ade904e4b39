//! What a module declares, as dense tables.
//!
//! Owns: [`ModuleDecl`] and its parts. They are immutable once decoded and hold no pointer into the module's bytes: function
//! bodies, data and custom sections are byte ranges of the buffer that the module owns.
//! Does not know: how they are read (`decode`), what code they become (`jit`), what is alive (`store`).
//! Start at [`ModuleDecl`].

use super::const_expr::ConstExpr;
use super::types::{ExternKind, ExternType, FuncType, GlobalType, MemoryType, RefType, TableType};
use crate::arena::index::{IndexVec, index_type};
use std::ops::Range;

index_type!(
    /// Position of a function type in a module.
    pub(crate) struct TypeIdx,
    "type"
);
index_type!(
    /// Position of a function in a module, imported ones first.
    pub(crate) struct FuncIdx,
    "func"
);
index_type!(
    /// Position of a function among those that the module defines itself; also that of its body.
    pub(crate) struct DefinedFuncIdx,
    "defined"
);
index_type!(
    /// Position of a table in a module, imported ones first.
    pub(crate) struct TableIdx,
    "table"
);
index_type!(
    /// Position of a memory in a module, imported ones first.
    pub(crate) struct MemIdx,
    "memory"
);
index_type!(
    /// Position of a global in a module, imported ones first.
    pub(crate) struct GlobalIdx,
    "global"
);
index_type!(
    /// Position of an element segment in a module.
    pub(crate) struct ElemIdx,
    "elem"
);
index_type!(
    /// Position of a data segment in a module.
    pub(crate) struct DataIdx,
    "data"
);
index_type!(
    /// Position of an import in a module, over all kinds.
    pub(crate) struct ImportIdx,
    "import"
);

/// All that a module declares.
#[derive(Debug, Default)]
pub(crate) struct ModuleDecl {
    /// Function types.
    pub(crate) types: IndexVec<TypeIdx, FuncType>,
    /// Imports of all kinds in order.
    pub(crate) imports: IndexVec<ImportIdx, ImportDecl>,
    /// Functions, imported ones first.
    pub(crate) funcs: IndexVec<FuncIdx, FuncDecl>,
    /// Tables, imported ones first.
    pub(crate) tables: IndexVec<TableIdx, TableType>,
    /// Memories, imported ones first.
    pub(crate) memories: IndexVec<MemIdx, MemoryType>,
    /// Globals, imported ones first.
    pub(crate) globals: IndexVec<GlobalIdx, GlobalDecl>,
    /// How many of each are imported.
    pub(crate) imported: ImportedCounts,
    /// Exports in order, and by name.
    pub(crate) exports: Exports,
    /// The start function.
    pub(crate) start: Option<FuncIdx>,
    /// Element segments.
    pub(crate) elems: IndexVec<ElemIdx, ElemDecl>,
    /// Data segments.
    pub(crate) data: IndexVec<DataIdx, DataDecl>,
    /// Bytes of each body, from its local declarations to its `end`.
    pub(crate) bodies: IndexVec<DefinedFuncIdx, Range<usize>>,
    /// Bytes of the code section; empty when there is none.
    pub(crate) code_section: Range<usize>,
    /// Names from the name section.
    pub(crate) names: Names,
    /// Custom sections in order.
    pub(crate) customs: Vec<CustomDecl>,
}

/// How many functions, tables, memories and globals are imported: the index of the first one defined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImportedCounts {
    pub(crate) funcs: u32,
    pub(crate) tables: u32,
    pub(crate) memories: u32,
    pub(crate) globals: u32,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImportDecl {
    /// Where it comes from; may be empty.
    pub(crate) module: Box<str>,
    /// Its name there; may be empty.
    pub(crate) name: Box<str>,
    /// What it must be.
    pub(crate) ty: ImportTy,
}

/// Type of an import, and so its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImportTy {
    Func(TypeIdx),
    Table(TableType),
    Memory(MemoryType),
    Global(GlobalType),
}

impl ImportTy {
    /// Which kind of item is imported.
    pub(crate) const fn kind(self) -> ExternKind {
        match self {
            Self::Func(_) => ExternKind::Func,
            Self::Table(_) => ExternKind::Table,
            Self::Memory(_) => ExternKind::Memory,
            Self::Global(_) => ExternKind::Global,
        }
    }
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FuncDecl {
    /// Its type.
    pub(crate) ty: TypeIdx,
    /// Whether something other than a direct call of its own module can reach it: it is exported, is the start function, or
    /// stands in an element segment or a `ref.func`. (A `ref.func` in a body may only name a function that is exported or that
    /// stands in a segment or a global's initialiser, so bodies need not be read to know.)
    pub(crate) escapes: bool,
}

/// A global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GlobalDecl {
    /// Its type.
    pub(crate) ty: GlobalType,
    /// Its first value; `None` when it is imported.
    pub(crate) init: Option<ConstExpr>,
}

/// An item named by kind and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ExternIdx {
    Func(FuncIdx),
    Table(TableIdx),
    Memory(MemIdx),
    Global(GlobalIdx),
}

impl ExternIdx {
    /// Which kind of item it names.
    pub(crate) const fn kind(self) -> ExternKind {
        match self {
            Self::Func(_) => ExternKind::Func,
            Self::Table(_) => ExternKind::Table,
            Self::Memory(_) => ExternKind::Memory,
            Self::Global(_) => ExternKind::Global,
        }
    }
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExportDecl {
    /// Its name; may be empty.
    pub(crate) name: Box<str>,
    /// What is exported.
    pub(crate) item: ExternIdx,
}

/// Exports in order of declaration, found by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exports {
    decls: Box<[ExportDecl]>,
    /// Positions in `decls`, sorted by name.
    by_name: Box<[u32]>,
}

impl Exports {
    /// Sorts the names; wasmparser has checked that none occurs twice.
    pub(crate) fn new(decls: Vec<ExportDecl>) -> Self {
        let count = u32::try_from(decls.len()).expect("a module has at most 1,000,000 exports");
        let mut by_name: Box<[u32]> = (0..count).collect();
        by_name.sort_unstable_by(|&a, &b| decls[a as usize].name.cmp(&decls[b as usize].name));
        Self { decls: decls.into(), by_name }
    }

    /// What is exported as `name`.
    pub(crate) fn get(&self, name: &str) -> Option<ExternIdx> {
        let found = self.by_name.binary_search_by(|&at| (*self.decls[at as usize].name).cmp(name)).ok()?;
        Some(self.decls[self.by_name[found] as usize].item)
    }

    /// In order of declaration.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, ExportDecl> {
        self.decls.iter()
    }
}

/// An element segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ElemDecl {
    /// Type of its items.
    pub(crate) ty: RefType,
    /// When it is used.
    pub(crate) mode: ElemMode,
    /// Its items.
    pub(crate) items: ElemItems,
}

/// When an element segment is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ElemMode {
    /// Written to a table while instantiating, then dropped.
    Active {
        /// The table.
        table: TableIdx,
        /// Where it starts there.
        offset: ConstExpr,
    },
    /// Used by `table.init`.
    Passive,
    /// Only declares functions for `ref.func`; dropped at once.
    Declared,
}

/// Items of an element segment. Lists of plain functions are common and long, so they take 4 bytes each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ElemItems {
    Funcs(Box<[FuncIdx]>),
    Exprs(Box<[ConstExpr]>),
}

impl ElemItems {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Funcs(funcs) => funcs.len(),
            Self::Exprs(exprs) => exprs.len(),
        }
    }

    /// The item at `index`.
    pub(crate) fn get(&self, index: usize) -> Option<ConstExpr> {
        match self {
            Self::Funcs(funcs) => funcs.get(index).copied().map(ConstExpr::RefFunc),
            Self::Exprs(exprs) => exprs.get(index).copied(),
        }
    }

    /// The items of `range` in order.
    ///
    /// # Panics
    /// If the range goes past the end: callers have checked it against [`ElemItems::len`].
    pub(crate) fn iter(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = ConstExpr> + '_ {
        assert!(range.end <= self.len(), "items {range:?} of {}", self.len());
        range.map(|index| self.get(index).expect("the range was checked"))
    }
}

/// A data segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataDecl {
    /// When it is used.
    pub(crate) mode: DataMode,
    /// Its bytes in the module.
    pub(crate) bytes: Range<usize>,
}

/// When a data segment is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataMode {
    /// Written to a memory while instantiating, then dropped.
    Active {
        /// The memory.
        memory: MemIdx,
        /// Where it starts there.
        offset: ConstExpr,
    },
    /// Used by `memory.init`.
    Passive,
}

/// A custom section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CustomDecl {
    /// Its name.
    pub(crate) name: Box<str>,
    /// Its bytes in the module, without the name.
    pub(crate) bytes: Range<usize>,
}

/// Names from the name section, for messages and backtraces only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// The module's own name.
    pub(crate) module: Option<Box<str>>,
    /// All function names, one after the other.
    text: String,
    /// Named functions in order, each with the end of its name in `text`.
    funcs: Vec<(FuncIdx, u32)>,
}

impl Names {
    /// Adds a function's name. Functions come in ascending order.
    pub(crate) fn push_func(&mut self, func: FuncIdx, name: &str) {
        debug_assert!(self.funcs.last().is_none_or(|&(last, _)| last < func), "{func} named out of order");
        self.text.push_str(name);
        let end =
            u32::try_from(self.text.len()).expect("names are shorter than the module, which is limited");
        self.funcs.push((func, end));
    }

    /// The name of `func`.
    pub(crate) fn func(&self, func: FuncIdx) -> Option<&str> {
        let at = self.funcs.binary_search_by_key(&func, |&(named, _)| named).ok()?;
        let start = at.checked_sub(1).map_or(0, |before| self.funcs[before].1);
        Some(&self.text[start as usize..self.funcs[at].1 as usize])
    }
}

impl ModuleDecl {
    /// Position of `func` among the defined functions; `None` when it is imported.
    #[inline]
    pub(crate) fn defined(&self, func: FuncIdx) -> Option<DefinedFuncIdx> {
        func.as_u32().checked_sub(self.imported.funcs).map(DefinedFuncIdx::new)
    }

    /// Position of a defined function among all functions.
    #[inline]
    pub(crate) fn func_idx(&self, defined: DefinedFuncIdx) -> FuncIdx {
        FuncIdx::new(self.imported.funcs + defined.as_u32())
    }

    /// Type of a function.
    #[inline]
    pub(crate) fn func_type(&self, func: FuncIdx) -> &FuncType {
        &self.types[self.funcs[func].ty]
    }

    /// Whether `global` is imported.
    #[inline]
    pub(crate) fn global_is_imported(&self, global: GlobalIdx) -> bool {
        global.as_u32() < self.imported.globals
    }

    /// Type of an item.
    pub(crate) fn extern_type(&self, item: ExternIdx) -> ExternType {
        match item {
            ExternIdx::Func(func) => ExternType::Func(self.func_type(func).clone()),
            ExternIdx::Table(table) => ExternType::Table(self.tables[table]),
            ExternIdx::Memory(memory) => ExternType::Memory(self.memories[memory]),
            ExternIdx::Global(global) => ExternType::Global(self.globals[global].ty),
        }
    }

    /// Type of an import.
    pub(crate) fn import_type(&self, ty: ImportTy) -> ExternType {
        match ty {
            ImportTy::Func(ty) => ExternType::Func(self.types[ty].clone()),
            ImportTy::Table(ty) => ExternType::Table(ty),
            ImportTy::Memory(ty) => ExternType::Memory(ty),
            ImportTy::Global(ty) => ExternType::Global(ty),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_found_by_name_and_keep_their_order() {
        let names = ["run", "", "memory", "a", "ru", "runs", "ä"];
        let decls = names.iter().enumerate().map(|(i, &name)| ExportDecl {
            name: name.into(),
            item: ExternIdx::Func(FuncIdx::from_usize(i)),
        });
        let exports = Exports::new(decls.collect());
        for (i, name) in names.iter().enumerate() {
            assert_eq!(exports.get(name), Some(ExternIdx::Func(FuncIdx::from_usize(i))), "{name}");
        }
        assert_eq!(exports.get("r"), None);
        assert_eq!(exports.iter().map(|export| &*export.name).collect::<Vec<_>>(), names);
    }

    #[test]
    fn function_names_may_have_gaps_and_be_empty() {
        let mut names = Names::default();
        for (func, name) in [(2, "two"), (3, ""), (7, "seven")] {
            names.push_func(FuncIdx::new(func), name);
        }
        let found: Vec<_> = (0..9).map(|func| names.func(FuncIdx::new(func))).collect();
        assert_eq!(found, [None, None, Some("two"), Some(""), None, None, None, Some("seven"), None]);
    }

    #[test]
    fn a_constant_expression_stays_two_words() {
        assert_eq!(size_of::<ConstExpr>(), 16);
    }
}
