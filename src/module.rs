//! A compiled module: what it declares and its published code, shared by all stores and threads.
//!
//! Owns: [`Module`], the way from bytes to code, and reflection.
//! Does not know: instances. Start at [`Module::new`].

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::arena::exec::CodeRange;
use crate::arena::index::IndexVec;
use crate::engine::{Engine, StubRole, TypeId, TypeRow};
use crate::error::Error;
use crate::jit;
use crate::jit::abi::{ContextLayout, FuncEntry, NO_TYPE};
use crate::jit::backtrace::{CodeRecord, ModuleCode};
use crate::jit::image::{Image, Site, patch_type};
use crate::jit::target::MemoryMode;
use crate::spec::const_expr::ConstExpr;
use crate::spec::decode::{Decoded, decode};
use crate::spec::invalid::{Invalid, ModuleError};
use crate::spec::limits::CODE_BYTES_MAX;
use crate::spec::module::{
    DataDecl, DataIdx, DataMode, DefinedFuncIdx, ElemDecl, ElemIdx, ElemMode, ExternIdx, FuncIdx, MemIdx,
    ModuleDecl, TypeIdx,
};
use crate::spec::types::{ExternKind, ExternType, MemoryType, RefType};

/// A compiled module. Cloning shares it.
/// ```
/// use skep::{Config, Engine, ExternKind, Module};
///
/// let engine = Engine::new(&Config::default())?;
/// let module = Module::new(
///     &engine,
///     r#"(module $adder
///         (import "env" "log" (func (param i32)))
///         (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#,
/// )?;
/// assert_eq!(module.name(), Some("adder"));
/// let import = module.imports().next().unwrap();
/// assert_eq!((import.module, import.name, import.ty.kind()), ("env", "log", ExternKind::Func));
/// assert!(module.export("add").is_some());
///
/// // What is not valid is an error that says where.
/// let error = Module::new(&engine, "(module (func (result i32)))").unwrap_err();
/// assert!(matches!(error, skep::Error::Invalid(_)), "{error}");
/// # Ok::<(), skep::Error>(())
/// ```
#[derive(Clone)]
pub struct Module {
    inner: Arc<ModuleInner>,
}

struct ModuleInner {
    engine: Engine,
    bytes: Box<[u8]>,
    decl: Arc<ModuleDecl>,
    image: Arc<ModuleCode>,
    /// None when the module defines no function.
    code: Option<CodeRange<CodeRecord>>,
    type_rows: IndexVec<TypeIdx, Arc<TypeRow>>,
    entries: Box<[FuncEntry]>,
    makes_references: bool,
    can_leak: bool,
    tables_are_fixed: bool,
    data_is_laid_in: bool,
    begins: bool,
}

/// An import as a module declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportType<'a> {
    /// Where it comes from.
    pub module: &'a str,
    /// Its name there.
    pub name: &'a str,
    /// What it must be.
    pub ty: ExternType,
}

/// An export as a module declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportType<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub ty: ExternType,
}

/// A function's machine code, for inspection.
#[derive(Debug)]
pub struct FuncCode<'a> {
    /// Position of the function in its module, imports included.
    pub func_index: u32,
    /// Address of its first byte.
    pub address: usize,
    /// Its bytes: entries, body, cold part, constants and jump tables. Ids that the engine gives to function types stand in them, so those of
    /// another engine, or of one that has seen other modules before, differ there.
    pub bytes: &'a [u8],
    /// Bytes of its body in the module.
    pub wasm: Range<usize>,
    /// Offsets in `bytes` and in the module of what may trap or call, ascending: of an access its own, of a call or an exit for
    /// a trap that of what is behind it, which is the length of `bytes` for the last one.
    pub sites: Vec<(u32, u32)>,
    /// Bytes of its stack frame.
    pub frame_bytes: u32,
}

impl Module {
    /// Validates and compiles a module: bytes, or text where the feature `wat` is on.
    ///
    /// # Errors
    /// `Invalid` if it is not valid or needs a proposal that is off, `Limit` if it asks for more than the engine allows,
    /// `System` if there is no room for its code.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::compile(engine, bytes.as_ref(), None)
    }

    /// As [`Module::new`], with this mode for the memory that it defines, whatever the engine's settings are:
    /// [`MemoryMode::Guarded`] for what computes a lot, [`MemoryMode::Compact`] for what comes and goes. A module that imports its
    /// memory is `Checked` in any case, unless the engine's settings are `Guarded` for all.
    ///
    /// ```
    /// use skep::{Config, Engine, MemoryMode, Module};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let small = "(module (memory 1 2))";
    /// assert_eq!(Module::new(&engine, small)?.memory_mode(), MemoryMode::Compact);
    /// assert_eq!(Module::new(&engine, "(module (memory 1))")?.memory_mode(), MemoryMode::Guarded);
    /// let guarded = Module::with_memory_mode(&engine, small, MemoryMode::Guarded)?;
    /// assert_eq!(guarded.memory_mode(), MemoryMode::Guarded);
    /// # Ok::<(), skep::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Module::new`].
    pub fn with_memory_mode(
        engine: &Engine,
        bytes: impl AsRef<[u8]>,
        mode: MemoryMode,
    ) -> Result<Self, Error> {
        Self::compile(engine, bytes.as_ref(), Some(mode))
    }

    fn compile(engine: &Engine, bytes: &[u8], mode: Option<MemoryMode>) -> Result<Self, Error> {
        let bytes = to_binary(bytes)?;
        let config = engine.config();
        let decoded = decode(&bytes, config.features, &config.module_limits)?;
        let target = engine.target_for(&decoded.decl, mode);
        if target.memory == MemoryMode::Guarded && !decoded.decl.memories.is_empty() {
            engine.install_handlers()?;
        }
        let compile = || jit::compile(&bytes, &decoded, &target);
        if decoded.decl.code_section.len() < PARALLEL_BYTES_MIN {
            let image = compile()?;
            return Self::publish(engine, bytes.into_owned().into(), decoded, image);
        }
        let (image, bytes) = rayon::join(compile, || Box::from(&*bytes));
        Self::publish(engine, bytes, decoded, image?)
    }

    /// Decodes and validates a module without keeping its code.
    ///
    /// # Errors
    /// As [`Module::new`].
    pub fn validate(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
        let bytes = to_binary(bytes.as_ref())?;
        let config = engine.config();
        let decoded = decode(&bytes, config.features, &config.module_limits)?;
        jit::compile(&bytes, &decoded, &engine.target_for(&decoded.decl, None))?;
        Ok(())
    }

    fn publish(engine: &Engine, bytes: Box<[u8]>, decoded: Decoded, mut image: Image) -> Result<Self, Error> {
        let decl = Arc::new(decoded.decl);
        let type_ids = IndexVec::from(engine.intern(decl.types.iter())?);
        let type_rows: Vec<_> = type_ids.iter().map(|&id| engine.type_row(id)).collect();
        publish_stubs(engine, &decl)?;
        let code_bytes = std::mem::take(&mut image.code);
        let relocs = std::mem::take(&mut image.types);
        let image = Arc::new(ModuleCode::new(image, Arc::clone(&decl)));
        let code = if code_bytes.is_empty() {
            None
        } else {
            let record = CodeRecord::Module(Arc::clone(&image));
            Some(engine.code().publish(code_bytes.len(), record, |to, _| {
                copy(to, &code_bytes);
                for reloc in &relocs {
                    patch_type(to, *reloc, type_ids[reloc.ty].as_u32());
                }
            })?)
        };
        let entries = entries(&decl, image.image(), code.as_ref(), &type_ids);
        let makes_references = makes_references(&decl);
        let can_leak = makes_references && shares_references(&decl);
        let tables_are_fixed = !image.image().touches_tables && tables_can_be_fixed(&decl);
        let data_is_laid_in = image.image().layout.marks > 0 && data_can_be_laid_in(&decl, tables_are_fixed);
        let begins = begins(&decl, tables_are_fixed, data_is_laid_in);
        let inner = ModuleInner {
            engine: engine.clone(),
            bytes,
            decl,
            image,
            code,
            type_rows: IndexVec::from(type_rows),
            entries,
            makes_references,
            can_leak,
            tables_are_fixed,
            data_is_laid_in,
            begins,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The engine it was compiled for.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Its name in the name section.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.inner.decl.names.module.as_deref()
    }

    /// Imports in order of declaration.
    #[must_use]
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        self.decl().imports.iter().map(|import| ImportType {
            module: &import.module,
            name: &import.name,
            ty: self.decl().import_type(import.ty),
        })
    }

    /// Exports in order of declaration.
    #[must_use]
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let ty = |item| self.decl().extern_type(item);
        self.decl().exports.iter().map(move |export| ExportType { name: &export.name, ty: ty(export.item) })
    }

    /// Type of what is exported as `name`.
    #[must_use]
    pub fn export(&self, name: &str) -> Option<ExternType> {
        self.decl().exports.get(name).map(|item| self.decl().extern_type(item))
    }

    /// Position of the function that is exported as `name`, imports included.
    #[must_use]
    pub fn exported_func(&self, name: &str) -> Option<u32> {
        match self.decl().exports.get(name)? {
            ExternIdx::Func(func) => Some(func.as_u32()),
            _ => None,
        }
    }

    /// Types of its memories, imported ones first.
    #[must_use]
    pub fn memories(&self) -> impl ExactSizeIterator<Item = MemoryType> {
        self.decl().memories.iter().copied()
    }

    /// Name of a function in the name section; positions count imports.
    #[must_use]
    pub fn func_name(&self, func_index: u32) -> Option<&str> {
        self.decl().names.func(FuncIdx::new(func_index))
    }

    /// Contents of the custom sections of this name, in order.
    pub fn custom_sections<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.decl().customs.iter().filter(move |section| &*section.name == name);
        named.map(|section| &self.inner.bytes[section.bytes.clone()])
    }

    /// How its accesses to memory are kept in bounds.
    #[must_use]
    pub fn memory_mode(&self) -> MemoryMode {
        self.image().target.memory
    }

    /// The module itself, in the binary format.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.inner.bytes
    }

    /// Bytes of its code section.
    #[must_use]
    pub fn code_section_bytes(&self) -> usize {
        self.decl().code_section.len()
    }

    /// Bytes of its machine code.
    #[must_use]
    pub fn machine_code_bytes(&self) -> usize {
        self.inner.code.as_ref().map_or(0, CodeRange::len)
    }

    /// How many functions it has, imports included.
    #[must_use]
    pub fn func_count(&self) -> usize {
        self.decl().funcs.len()
    }

    /// Machine code of the functions that it defines, in order.
    pub fn func_codes(&self) -> impl Iterator<Item = FuncCode<'_>> {
        self.decl().bodies.keys().filter_map(|defined| self.func_code_of(defined))
    }

    /// Machine code of one function; positions count imports.
    #[must_use]
    pub fn func_code(&self, func_index: u32) -> Option<FuncCode<'_>> {
        let func = FuncIdx::new(func_index);
        self.decl().funcs.get(func)?;
        self.func_code_of(self.decl().defined(func)?)
    }

    fn func_code_of(&self, defined: DefinedFuncIdx) -> Option<FuncCode<'_>> {
        let code = self.inner.code.as_ref()?;
        let image = self.image();
        let func = image.funcs.get(defined)?;
        // What returns to the very end is the last instruction, so a return address belongs to what lies before it.
        let returns = func.start + 1..func.end + 1;
        let place = |site: &Site| (site.code - func.start, site.wasm);
        let mut sites: Vec<_> = sites_in(&image.returns, returns).iter().map(place).collect();
        sites.extend(sites_in(&image.accesses, func.start..func.end).iter().map(place));
        sites.sort_unstable();
        Some(FuncCode {
            func_index: self.decl().func_idx(defined).as_u32(),
            address: code.base() + func.start as usize,
            bytes: &code.bytes()[func.start as usize..func.end as usize],
            wasm: self.decl().bodies[defined].clone(),
            sites,
            frame_bytes: func.frame_bytes,
        })
    }

    /// Whether two handles are the same module.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn decl(&self) -> &Arc<ModuleDecl> {
        &self.inner.decl
    }

    /// The image's tables; its code lies in the engine's code pages.
    pub(crate) fn image(&self) -> &Image {
        self.inner.image.image()
    }

    /// Where the parts of its instances' contexts lie.
    pub(crate) fn layout(&self) -> &ContextLayout {
        &self.image().layout
    }

    /// Its functions as `call_indirect` sees them, by position.
    pub(crate) fn entries(&self) -> &[FuncEntry] {
        &self.inner.entries
    }

    /// Whether a function neither computes with floats nor calls anything.
    pub(crate) fn is_plain(&self, func: FuncIdx) -> bool {
        self.decl().defined(func).is_some_and(|func| self.inner.image.image().funcs[func].plain)
    }

    /// What the engine knows of a function's type.
    pub(crate) fn func_type_row(&self, func: FuncIdx) -> &TypeRow {
        &self.inner.type_rows[self.decl().funcs[func].ty]
    }

    /// Whether the tables that it defines, of which there is one at least, are the same in all its instances for ever: nothing
    /// can look into one or change it, and the segments that fill them are known to fit.
    pub(crate) fn tables_are_fixed(&self) -> bool {
        self.inner.tables_are_fixed
    }

    /// Whether an instance runs something or copies a segment before it is live.
    pub(crate) fn begins(&self) -> bool {
        self.inner.begins
    }

    /// What memory 0 begins with, if that is known before there is an instance.
    pub(crate) fn first_contents(&self) -> Option<Vec<u8>> {
        if !self.inner.data_is_laid_in {
            return None;
        }
        let mut contents = Vec::new();
        for data in self.decl().data.iter() {
            if let DataMode::Active { offset: ConstExpr::Const(offset), .. } = data.mode {
                let bytes = &self.inner.bytes[data.bytes.clone()];
                let start = usize::try_from(offset).expect("it fits into a small memory");
                contents.resize(contents.len().max(start + bytes.len()), 0);
                contents[start..start + bytes.len()].copy_from_slice(bytes);
            }
        }
        Some(contents)
    }

    /// Data segments that an instance has dropped before it copies one: those that are among its first contents.
    pub(crate) fn data_dropped(&self) -> impl Iterator<Item = DataIdx> + '_ {
        let is_dropped =
            |data: &DataDecl| self.inner.data_is_laid_in && matches!(data.mode, DataMode::Active { .. });
        self.decl().data.iter_enumerated().filter(move |(_, data)| is_dropped(data)).map(|(index, _)| index)
    }

    /// Element segments that an instance has dropped before it copies one: those that only declare functions, and those whose
    /// table is fixed.
    pub(crate) fn elems_dropped(&self) -> impl Iterator<Item = ElemIdx> + '_ {
        let own = self.decl().imported.tables;
        let is_dropped = move |elem: &ElemDecl| match elem.mode {
            ElemMode::Declared => true,
            ElemMode::Active { table, .. } => self.tables_are_fixed() && table.as_u32() >= own,
            ElemMode::Passive => false,
        };
        self.decl().elems.iter_enumerated().filter(move |(_, elem)| is_dropped(elem)).map(|(index, _)| index)
    }

    /// Whether it makes references to functions by itself.
    pub(crate) fn makes_references(&self) -> bool {
        self.inner.makes_references
    }

    /// Whether references to its functions may reach what it shares with others.
    pub(crate) fn can_leak(&self) -> bool {
        self.inner.can_leak
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name())
            .field("funcs", &self.func_count())
            .finish_non_exhaustive()
    }
}

/// The binary format of a module in either format.
fn to_binary(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    #[cfg(feature = "wat")]
    if !bytes.starts_with(b"\0asm") {
        return wat::parse_bytes(bytes).map_err(|error| {
            let message = error.to_string();
            Invalid { offset: None, func: None, message, needs: None }.into()
        });
    }
    Ok(Cow::Borrowed(bytes))
}

/// From so many bytes on copying is worth a second thread, since new pages are touched for the first time.
const PARALLEL_BYTES_MIN: usize = 1 << 20;

/// Copies from one slice to another of the same length.
fn copy(to: &mut [u8], from: &[u8]) {
    if from.len() < PARALLEL_BYTES_MIN {
        return to.copy_from_slice(from);
    }
    let pieces = to.par_chunks_mut(PARALLEL_BYTES_MIN).zip(from.par_chunks(PARALLEL_BYTES_MIN));
    pieces.for_each(|(to, from)| to.copy_from_slice(from));
}

/// Publishes the stubs that hosts may need for what the module exports and imports, in one batch.
fn publish_stubs(engine: &Engine, decl: &ModuleDecl) -> Result<(), Error> {
    let ty = |func: FuncIdx| decl.func_type(func);
    let imported = (0..decl.imported.funcs).map(|func| (StubRole::Host, ty(FuncIdx::new(func))));
    let exported = decl.exports.iter().filter_map(|export| match export.item {
        ExternIdx::Func(func) => Some((StubRole::Entry, ty(func))),
        _ => None,
    });
    let start = decl.start.into_iter().map(|func| (StubRole::Entry, ty(func)));
    let wanted: Vec<_> = imported.chain(exported).chain(start).collect();
    engine.publish_stubs(&wanted)
}

fn entries(
    decl: &ModuleDecl,
    image: &Image,
    code: Option<&CodeRange<CodeRecord>>,
    type_ids: &IndexVec<TypeIdx, TypeId>,
) -> Box<[FuncEntry]> {
    let none = FuncEntry { code: 0, ty: NO_TYPE, pad: 0 };
    let entry = |(func, func_decl): (FuncIdx, &crate::spec::module::FuncDecl)| {
        let foreign = decl.defined(func).and_then(|defined| image.funcs[defined].foreign);
        let (Some(foreign), Some(code)) = (foreign, code) else { return none };
        FuncEntry { code: code.address(foreign as usize), ty: type_ids[func_decl.ty].as_u32(), pad: 0 }
    };
    decl.funcs.iter_enumerated().map(entry).collect()
}

/// Whether the module may make references to functions. A `ref.func` in a body may name only what stands in a segment, in a
/// constant or among the exports, so bodies need not be read to know.
fn makes_references(decl: &ModuleDecl) -> bool {
    decl.elems.iter().any(|elem| elem.ty == RefType::Func)
        || decl.globals.iter().any(|global| global.init.is_some_and(|init| init.func().is_some()))
        || decl.exports.iter().any(|export| export.item.kind() == ExternKind::Func)
}

/// Whether an instance runs something or copies a segment before it is live.
fn begins(decl: &ModuleDecl, tables_are_fixed: bool, data_is_laid_in: bool) -> bool {
    decl.start.is_some()
        || !data_is_laid_in && decl.data.iter().any(|data| matches!(data.mode, DataMode::Active { .. }))
        || copies_elems(decl, tables_are_fixed)
}

/// Whether an element segment is copied for each instance.
fn copies_elems(decl: &ModuleDecl, tables_are_fixed: bool) -> bool {
    decl.elems.iter().any(|elem| match elem.mode {
        ElemMode::Active { table, .. } => !tables_are_fixed || table.as_u32() < decl.imported.tables,
        ElemMode::Passive | ElemMode::Declared => false,
    })
}

/// Whether the first contents of memory 0, which the module must define, are known before there is an instance, and nothing that
/// comes before them can fail.
fn data_can_be_laid_in(decl: &ModuleDecl, tables_are_fixed: bool) -> bool {
    let Some(memory) = decl.memories.get(MemIdx::new(0)) else { return false };
    let bytes = memory.limits.min << memory.page_size_log2;
    let fits = |data: &DataDecl| match data.mode {
        DataMode::Active { memory, offset: ConstExpr::Const(offset) } => {
            memory.as_u32() == 0
                && offset.checked_add(data.bytes.len() as u64).is_some_and(|end| end <= bytes)
        }
        DataMode::Active { .. } => false,
        DataMode::Passive => true,
    };
    !copies_elems(decl, tables_are_fixed) && decl.data.iter().all(fits)
}

/// Whether all tables that the module defines stay as its segments fill them, as far as declarations tell: nobody else is shown
/// one, and what is in them is known before there is an instance.
fn tables_can_be_fixed(decl: &ModuleDecl) -> bool {
    let own = decl.imported.tables;
    let is_known = |elem: &ElemDecl| match elem.mode {
        ElemMode::Active { table, offset } if table.as_u32() >= own => {
            let (ConstExpr::Const(offset), Some(ty)) = (offset, decl.tables.get(table)) else { return false };
            let end = offset.checked_add(elem.items.len() as u64);
            let items = || elem.items.iter(0..elem.items.len());
            end.is_some_and(|end| end <= ty.limits.min)
                && items().all(|item| matches!(item, ConstExpr::RefFunc(_) | ConstExpr::RefNull))
        }
        _ => true,
    };
    decl.tables.len() > own as usize
        && !decl
            .exports
            .iter()
            .any(|export| matches!(export.item, ExternIdx::Table(table) if table.as_u32() >= own))
        && decl.elems.iter().all(is_known)
}

/// Whether something that can hold a function reference is shared with others.
fn shares_references(decl: &ModuleDecl) -> bool {
    let carries = |ty: &ExternType| match ty {
        ExternType::Table(_) => true,
        ExternType::Global(global) => global.content.is_ref(),
        ExternType::Func(func) => func.params.iter().chain(&func.results).any(|ty| ty.is_ref()),
        ExternType::Memory(_) | ExternType::Tag(_) => false,
    };
    decl.imports.iter().any(|import| carries(&decl.import_type(import.ty)))
        || decl
            .exports
            .iter()
            .any(|export| export.item.kind() != ExternKind::Memory && carries(&decl.extern_type(export.item)))
}

/// Those of ascending sites whose code offset lies in a range.
fn sites_in(sites: &[Site], range: Range<u32>) -> &[Site] {
    let below = |end: u32| sites.partition_point(|site| site.code < end);
    &sites[below(range.start)..below(range.end)]
}

const _: () = assert!(CODE_BYTES_MAX < u32::MAX as usize, "offsets in code have 32 bits");

const fn is_shared<T: Send + Sync>() {}
const _: () = is_shared::<Module>();
const _: () = is_shared::<Engine>();
const _: () = is_shared::<ModuleError>();
