//! What the compiler makes of a module: position independent, without any address or id that only one process or engine knows.
//!
//! Owns: [`Image`] and its tables. Does not know: where the code will lie (`arena::exec`) nor who runs it.

use super::abi::ContextLayout;
use super::target::Target;
use crate::arena::index::IndexVec;
use crate::spec::module::{DefinedFuncIdx, TypeIdx};

/// A position in the code that stands for a position in the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Site {
    /// Bytes from the start of the code: a return address, or the address of a memory access.
    pub(crate) code: u32,
    /// Byte offset of the operator in the module.
    pub(crate) wasm: u32,
}

/// One compiled function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FuncImage {
    /// First byte of the function, its foreign entry included.
    pub(crate) start: u32,
    /// Entry for calls from the same instance.
    pub(crate) local: u32,
    /// Entry for calls from elsewhere, for functions that can be reached from elsewhere.
    pub(crate) foreign: Option<u32>,
    /// One past the last byte, cold part, constants and jump tables included.
    pub(crate) end: u32,
    /// Bytes between the stack pointer and the return address once the prologue is through. With 0 there is no frame: the
    /// return address is where the call left it.
    pub(crate) frame_bytes: u32,
    /// Whether it computes nothing with floats and calls nothing, so that the state of the machine's arithmetic does not matter.
    pub(crate) plain: bool,
}

impl FuncImage {
    /// The function where the code it was in starts `by` bytes further on.
    pub(crate) fn moved(&self, by: u32) -> Self {
        Self {
            start: self.start + by,
            local: self.local + by,
            foreign: self.foreign.map(|at| at + by),
            end: self.end + by,
            ..*self
        }
    }
}

/// How a type id is put into code when it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypePatch {
    /// A 32-bit little-endian immediate.
    Imm32,
    /// aarch64: the immediates of a `movz` and of the `movk` of the upper half behind it.
    MoveWide,
}

/// A place in the code that wants the engine-wide id of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypeReloc {
    /// Bytes from the start of the code.
    pub(crate) at: u32,
    /// The module's type.
    pub(crate) ty: TypeIdx,
    /// How the id is written.
    pub(crate) patch: TypePatch,
}

/// A compiled module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// What it was compiled for.
    pub(crate) target: Target,
    /// The machine code of all functions, in order.
    pub(crate) code: Vec<u8>,
    /// The functions, in order of their position.
    pub(crate) funcs: IndexVec<DefinedFuncIdx, FuncImage>,
    /// Return addresses of calls and of trap exits, ascending.
    pub(crate) returns: Vec<Site>,
    /// Memory accesses that may hit a guard, ascending.
    pub(crate) accesses: Vec<Site>,
    /// Type ids to be patched.
    pub(crate) types: Vec<TypeReloc>,
    /// The context block that the code expects.
    pub(crate) layout: ContextLayout,
    /// Whether a function looks into a table or changes one, other than by calling what is in it.
    pub(crate) touches_tables: bool,
}

impl Image {
    /// The function whose code holds `offset`.
    #[must_use]
    pub(crate) fn func_at(&self, offset: u32) -> Option<DefinedFuncIdx> {
        let after = self.funcs.as_slice().partition_point(|func| func.start <= offset);
        let index = DefinedFuncIdx::from_usize(after.checked_sub(1)?);
        (offset <= self.funcs[index].end).then_some(index)
    }

    /// The wasm offset of a return address or trap site.
    #[must_use]
    pub(crate) fn return_site(&self, offset: u32) -> Option<u32> {
        find(&self.returns, offset)
    }

    /// The wasm offset of the memory access at exactly this code offset.
    #[must_use]
    pub(crate) fn access_site(&self, offset: u32) -> Option<u32> {
        find(&self.accesses, offset)
    }
}

fn find(sites: &[Site], code: u32) -> Option<u32> {
    sites.binary_search_by_key(&code, |site| site.code).ok().map(|at| sites[at].wasm)
}

/// Writes the id of a type at a relocation.
pub(crate) fn patch_type(code: &mut [u8], reloc: TypeReloc, id: u32) {
    const HALF: u32 = 0xFFFF << 5;
    let at = reloc.at as usize;
    match reloc.patch {
        TypePatch::Imm32 => put(code, at, u32::MAX, id),
        TypePatch::MoveWide => {
            put(code, at, HALF, id << 5);
            put(code, at + 4, HALF, id >> 16 << 5);
        }
    }
}

/// Writes the bits of a little-endian word that a mask names.
fn put(code: &mut [u8], at: usize, mask: u32, bits: u32) {
    let masks = mask.to_le_bytes().into_iter().zip(bits.to_le_bytes());
    for (byte, (mask, bits)) in code[at..at + 4].iter_mut().zip(masks) {
        *byte = *byte & !mask | bits & mask;
    }
}
