//! Value, reference, function and extern types; limits of memories and tables.
//!
//! Owns: the types of WebAssembly as data, how each prints in messages, and how they are read from wasmparser's.
//! Does not know: which types a module declares (`module`), which imports match (`store::imports`).
//! Start at [`ValType`] and [`FuncType`].

use std::fmt;

/// A value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ValType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A single-precision float.
    F32,
    /// A double-precision float.
    F64,
    /// A vector of 128 bits.
    V128,
    /// A reference to a function, or null.
    FuncRef,
    /// A reference to something of the host's, or null.
    ExternRef,
}

impl ValType {
    /// All value types.
    pub const ALL: &[Self] =
        &[Self::I32, Self::I64, Self::F32, Self::F64, Self::V128, Self::FuncRef, Self::ExternRef];

    /// The name in the text format, with references in their short form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::FuncRef => "funcref",
            Self::ExternRef => "externref",
        }
    }

    /// Whether values of the type are references.
    #[must_use]
    #[inline]
    pub const fn is_ref(self) -> bool {
        matches!(self, Self::FuncRef | Self::ExternRef)
    }

    /// The type that wasmparser calls `ty`; `None` when no enabled feature has it.
    #[must_use]
    pub(crate) fn from_wasmparser(ty: wasmparser::ValType) -> Option<Self> {
        Some(match ty {
            wasmparser::ValType::I32 => Self::I32,
            wasmparser::ValType::I64 => Self::I64,
            wasmparser::ValType::F32 => Self::F32,
            wasmparser::ValType::F64 => Self::F64,
            wasmparser::ValType::V128 => Self::V128,
            wasmparser::ValType::Ref(ty) => RefType::from_wasmparser(ty)?.into(),
        })
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A reference type: what a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum RefType {
    /// `funcref`.
    Func,
    /// `externref`.
    Extern,
}

impl RefType {
    /// The type that wasmparser calls `ty`; `None` when no enabled feature has it.
    #[must_use]
    pub(crate) fn from_wasmparser(ty: wasmparser::RefType) -> Option<Self> {
        match ty {
            wasmparser::RefType::FUNCREF => Some(Self::Func),
            wasmparser::RefType::EXTERNREF => Some(Self::Extern),
            _ => None,
        }
    }
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> Self {
        match ty {
            RefType::Func => Self::FuncRef,
            RefType::Extern => Self::ExternRef,
        }
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ValType::from(*self).fmt(f)
    }
}

/// Parameters and results of a function.
///
/// `Display` prints the short signature of error messages: parameters, `_`, results, `v` for none (`i32i64_v`, `v_f32`).
/// [`FuncType::text`] prints the text format's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct FuncType {
    /// Types of the parameters, first to last.
    pub params: Box<[ValType]>,
    /// Types of the results, first to last.
    pub results: Box<[ValType]>,
}

impl FuncType {
    /// A type from its parameters and results.
    #[must_use]
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> Self {
        Self { params: params.into_iter().collect(), results: results.into_iter().collect() }
    }

    /// The type that wasmparser calls `ty`; `None` when it names a type that no enabled feature has.
    #[must_use]
    pub(crate) fn from_wasmparser(ty: &wasmparser::FuncType) -> Option<Self> {
        let read = |types: &[wasmparser::ValType]| {
            types.iter().map(|&ty| ValType::from_wasmparser(ty)).collect::<Option<Box<[_]>>>()
        };
        Some(Self { params: read(ty.params())?, results: read(ty.results())? })
    }

    /// The type in the text format: `(func (param i32 i64) (result f32))`.
    #[must_use]
    pub fn text(&self) -> impl fmt::Display + '_ {
        FuncTypeText(self)
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_types(f, &self.params)?;
        f.write_str("_")?;
        write_types(f, &self.results)
    }
}

fn write_types(f: &mut fmt::Formatter<'_>, types: &[ValType]) -> fmt::Result {
    if types.is_empty() {
        return f.write_str("v");
    }
    types.iter().try_for_each(|ty| f.write_str(ty.name()))
}

struct FuncTypeText<'a>(&'a FuncType);

impl fmt::Display for FuncTypeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(func")?;
        for (word, types) in [("param", &self.0.params), ("result", &self.0.results)] {
            if types.is_empty() {
                continue;
            }
            write!(f, " ({word}")?;
            types.iter().try_for_each(|ty| write!(f, " {ty}"))?;
            f.write_str(")")?;
        }
        f.write_str(")")
    }
}

/// Least and, if declared, greatest size. An absent maximum is absent, not the greatest possible one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Size at the start, in pages or elements.
    pub min: u64,
    /// Size that growing never passes, in pages or elements.
    pub max: Option<u64>,
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.min)?;
        self.max.map_or(Ok(()), |max| write!(f, " {max}"))
    }
}

/// Type of a memory. Sizes are in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// Sizes in pages.
    pub limits: Limits,
    /// Whether agents may share it (threads).
    pub shared: bool,
    /// Whether addresses are i64 (memory64).
    pub index64: bool,
    /// Binary logarithm of the page size in bytes: 16 unless custom page sizes say otherwise.
    pub page_size_log2: u8,
}

impl MemoryType {
    /// Binary logarithm of the standard page size: 64 KiB.
    pub const PAGE_SIZE_LOG2: u8 = 16;

    /// A memory with i32 addresses and standard pages that is not shared.
    #[must_use]
    pub const fn new(min_pages: u64, max_pages: Option<u64>) -> Self {
        Self {
            limits: Limits { min: min_pages, max: max_pages },
            shared: false,
            index64: false,
            page_size_log2: Self::PAGE_SIZE_LOG2,
        }
    }

    /// Bytes in one page.
    #[must_use]
    #[inline]
    pub const fn page_bytes(&self) -> u64 {
        1 << self.page_size_log2
    }

    /// Type of an address.
    #[must_use]
    #[inline]
    pub const fn index_type(&self) -> ValType {
        index_type(self.index64)
    }

    /// The type that wasmparser calls `ty`; `None` when its page size is none.
    #[must_use]
    pub(crate) fn from_wasmparser(ty: &wasmparser::MemoryType) -> Option<Self> {
        Some(Self {
            limits: Limits { min: ty.initial, max: ty.maximum },
            shared: ty.shared,
            index64: ty.memory64,
            page_size_log2: u8::try_from(ty.page_size_log2()).ok().filter(|&log2| log2 < 64)?,
        })
    }
}

impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = if self.index64 { "i64 " } else { "" };
        let shared = if self.shared { " shared" } else { "" };
        write!(f, "(memory {index}{}{shared}", self.limits)?;
        if self.page_size_log2 != Self::PAGE_SIZE_LOG2 {
            write!(f, " (pagesize {})", self.page_bytes())?;
        }
        f.write_str(")")
    }
}

/// Type of a table. Sizes are in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// What it holds.
    pub element: RefType,
    /// Sizes in elements.
    pub limits: Limits,
    /// Whether indices are i64 (memory64).
    pub index64: bool,
}

impl TableType {
    /// A table with i32 indices.
    #[must_use]
    pub const fn new(element: RefType, min: u64, max: Option<u64>) -> Self {
        Self { element, limits: Limits { min, max }, index64: false }
    }

    /// Type of an index.
    #[must_use]
    #[inline]
    pub const fn index_type(&self) -> ValType {
        index_type(self.index64)
    }

    /// The type that wasmparser calls `ty`; `None` when no enabled feature has its element type.
    #[must_use]
    pub(crate) fn from_wasmparser(ty: &wasmparser::TableType) -> Option<Self> {
        Some(Self {
            element: RefType::from_wasmparser(ty.element_type)?,
            limits: Limits { min: ty.initial, max: ty.maximum },
            index64: ty.table64,
        })
    }
}

impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = if self.index64 { "i64 " } else { "" };
        write!(f, "(table {index}{} {})", self.limits, self.element)
    }
}

const fn index_type(index64: bool) -> ValType {
    if index64 { ValType::I64 } else { ValType::I32 }
}

/// Type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// Type of its value.
    pub content: ValType,
    /// Whether `global.set` may change it.
    pub mutable: bool,
}

impl GlobalType {
    /// The type that wasmparser calls `ty`; `None` when no enabled feature has its content type.
    #[must_use]
    pub(crate) fn from_wasmparser(ty: &wasmparser::GlobalType) -> Option<Self> {
        Some(Self { content: ValType::from_wasmparser(ty.content_type)?, mutable: ty.mutable })
    }
}

impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mutable {
            write!(f, "(global (mut {}))", self.content)
        } else {
            write!(f, "(global {})", self.content)
        }
    }
}

/// What a module can import or export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExternKind {
    /// A function.
    Func,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A tag of exceptions.
    Tag,
}

impl ExternKind {
    /// The word of the text format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Func => "func",
            Self::Table => "table",
            Self::Memory => "memory",
            Self::Global => "global",
            Self::Tag => "tag",
        }
    }
}

impl fmt::Display for ExternKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Type of an import or export, with the types it names resolved. Prints as the text format does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag of exceptions, typed by what they carry.
    Tag(FuncType),
}

impl ExternType {
    /// Which kind of item it types.
    #[must_use]
    pub const fn kind(&self) -> ExternKind {
        match self {
            Self::Func(_) => ExternKind::Func,
            Self::Table(_) => ExternKind::Table,
            Self::Memory(_) => ExternKind::Memory,
            Self::Global(_) => ExternKind::Global,
            Self::Tag(_) => ExternKind::Tag,
        }
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Func(ty) => ty.text().fmt(f),
            Self::Table(ty) => ty.fmt(f),
            Self::Memory(ty) => ty.fmt(f),
            Self::Global(ty) => ty.fmt(f),
            Self::Tag(ty) => write!(f, "(tag {})", ty.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ValType::{ExternRef, F32, F64, FuncRef, I32, I64, V128};
    use super::*;

    fn check(shown: &impl ToString, expected: &str) {
        assert_eq!(shown.to_string(), expected);
    }

    #[test]
    fn signatures_print_as_params_underscore_results() {
        check(&FuncType::new([], []), "v_v");
        check(&FuncType::new([I32, I64], []), "i32i64_v");
        check(&FuncType::new([], [F32]), "v_f32");
        check(&FuncType::new([V128, FuncRef], [F64, ExternRef]), "v128funcref_f64externref");
    }

    #[test]
    fn extern_types_print_as_text() {
        check(&ExternType::Func(FuncType::new([I32], [])), "(func (param i32))");
        check(
            &ExternType::Func(FuncType::new([I32, I64], [F32, F64])),
            "(func (param i32 i64) (result f32 f64))",
        );
        check(&ExternType::Func(FuncType::new([], [])), "(func)");
        check(&ExternType::Table(TableType::new(RefType::Func, 2, Some(10))), "(table 2 10 funcref)");
        check(&ExternType::Memory(MemoryType::new(1, None)), "(memory 1)");
        check(
            &ExternType::Memory(MemoryType {
                shared: true,
                index64: true,
                page_size_log2: 0,
                ..MemoryType::new(1, Some(2))
            }),
            "(memory i64 1 2 shared (pagesize 1))",
        );
        check(&ExternType::Global(GlobalType { content: I32, mutable: true }), "(global (mut i32))");
        check(&ExternType::Global(GlobalType { content: ExternRef, mutable: false }), "(global externref)");
    }
}
