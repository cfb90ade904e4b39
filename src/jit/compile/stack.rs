//! The abstract operand stack: where each value of the standard's operand stack is while code is emitted.
//!
//! Owns: [`Entry`] and the lists of aliases of each local. Does not know: code; `values` moves things about.

use super::summary::Touched;
use crate::spec::types::ValType;

/// No entry.
const NONE: u32 = u32::MAX;

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Known bits.
    Const,
    /// A temporary.
    Reg,
    /// The entry's own word of the frame.
    Slot,
    /// Where a local is, which nobody has written since.
    Local,
}

/// A value on the operand stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Where it is.
    pub(crate) tag: Tag,
    /// Its type.
    pub(crate) ty: ValType,
    /// The temporary, if `tag` is `Reg`.
    pub(crate) reg: u8,
    /// The next lower alias of the same local, if `tag` is `Local`.
    next: u32,
    /// The bits, if `tag` is `Const`; the touched local, if `Local`.
    bits: u64,
}

impl Entry {
    /// Known bits.
    pub(crate) fn constant(ty: ValType, bits: u64) -> Self {
        Self { tag: Tag::Const, ty, reg: 0, next: NONE, bits }
    }

    /// In a temporary.
    pub(crate) fn reg(ty: ValType, reg: u8) -> Self {
        Self { tag: Tag::Reg, ty, reg, next: NONE, bits: 0 }
    }

    /// In its own word.
    pub(crate) fn slot(ty: ValType) -> Self {
        Self { tag: Tag::Slot, ty, reg: 0, next: NONE, bits: 0 }
    }

    /// The bits of a constant.
    pub(crate) fn bits(&self) -> u64 {
        debug_assert!(self.tag == Tag::Const, "only constants have bits");
        self.bits
    }

    /// The local of an alias.
    pub(crate) fn local(&self) -> Touched {
        debug_assert!(self.tag == Tag::Local, "only aliases have a local");
        Touched::try_from(self.bits).expect("written from a touched local")
    }
}

/// The operand stack. Storage is kept between functions.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    entries: Vec<Entry>,
    /// By touched local: its uppermost alias.
    heads: Vec<u32>,
    /// Entries below this are constants or in their slots.
    flushed: u32,
}

impl Stack {
    /// Empties the stack for a function with so many touched locals.
    pub(crate) fn begin(&mut self, locals: usize) {
        self.entries.clear();
        self.heads.clear();
        self.heads.resize(locals, NONE);
        self.flushed = 0;
    }

    /// Number of entries.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).expect("heights are limited by the size of a body")
    }

    #[inline]
    pub(crate) fn get(&self, at: u32) -> &Entry {
        &self.entries[at as usize]
    }

    /// The uppermost entry.
    #[inline]
    pub(crate) fn top(&self) -> &Entry {
        self.entries.last().expect("validated: the operand is there")
    }

    /// The entry `depth` below the uppermost.
    #[inline]
    pub(crate) fn below_top(&self, depth: usize) -> &Entry {
        &self.entries[self.entries.len() - 1 - depth]
    }

    #[inline]
    pub(crate) fn push(&mut self, entry: Entry) {
        debug_assert!(entry.tag != Tag::Local, "aliases are pushed by push_alias");
        self.entries.push(entry);
    }

    /// Pushes an alias of a local.
    #[inline]
    pub(crate) fn push_alias(&mut self, ty: ValType, local: Touched) {
        let at = self.len();
        let next = std::mem::replace(&mut self.heads[local as usize], at);
        self.entries.push(Entry { tag: Tag::Local, ty, reg: 0, next, bits: local.into() });
    }

    /// Takes the uppermost entry.
    #[inline]
    pub(crate) fn pop(&mut self) -> Entry {
        let entry = self.entries.pop().expect("validated: the operand is there");
        if entry.tag == Tag::Local {
            self.heads[entry.local() as usize] = entry.next;
        }
        self.flushed = self.flushed.min(self.len());
        entry
    }

    /// Puts a value elsewhere. An alias must be the uppermost one of its local.
    #[inline]
    pub(crate) fn replace(&mut self, at: u32, entry: Entry) {
        let old = self.entries[at as usize];
        if old.tag == Tag::Local {
            let head = &mut self.heads[old.local() as usize];
            debug_assert!(*head == at, "aliases are taken from the top");
            *head = old.next;
        }
        if entry.tag == Tag::Reg {
            self.flushed = self.flushed.min(at);
        }
        self.entries[at as usize] = entry;
    }

    /// The uppermost alias of a local.
    #[inline]
    pub(crate) fn alias_of(&self, local: Touched) -> Option<u32> {
        let head = self.heads[local as usize];
        (head != NONE).then_some(head)
    }

    /// Entries from here on may be elsewhere than in their slots.
    pub(crate) fn flushed(&self) -> u32 {
        self.flushed
    }

    /// All entries below `to` are constants or in their slots now.
    pub(crate) fn set_flushed(&mut self, to: u32) {
        debug_assert!(to <= self.len(), "flushed beyond the top");
        self.flushed = self.flushed.max(to);
    }
}
