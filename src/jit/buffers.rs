//! The two code buffers of a worker, hot and cold, and what is recorded while they are written.
//!
//! Owns: which buffer is written, positions ([`Mark`]), jumps whose target is not known yet ([`Jump`]), trap sites,
//! relocations, and joining hot and cold parts at the end of a function.
//! Does not know: how a displacement is encoded (the backend passes that in).
//!
//! Code of one chunk of functions accumulates in the hot buffer; each function's cold part is appended to it when the
//! function is finished. `current` is the buffer being written, so that emission needs no test.

use super::image::{Site, TypePatch};
use crate::arena::code_buf::CodeBuf;
use crate::spec::module::{FuncIdx, TypeIdx};

/// A position in one of the two buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes from the start of that buffer.
    pub(crate) offset: u32,
    /// Whether it is the cold one.
    pub(crate) cold: bool,
}

/// A jump, or an address computation, whose displacement is still to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Jump {
    /// Where the displacement lies.
    pub(crate) at: Mark,
    /// How it is encoded: the backend's number.
    pub(crate) form: u8,
}

/// What is written at a relocation once all functions have their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reloc {
    /// A call of a function of the same module, its displacement encoded in the backend's form.
    Call {
        /// The callee.
        func: FuncIdx,
        /// The backend's number.
        form: u8,
    },
    /// An engine-wide type id.
    Type {
        /// The module's type.
        ty: TypeIdx,
        /// How it is written.
        patch: TypePatch,
    },
}

/// Sites and relocations of one buffer, offsets from its start.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// Return addresses of calls and trap exits.
    pub(crate) returns: Vec<Site>,
    /// Memory accesses that may hit a guard.
    pub(crate) accesses: Vec<Site>,
    /// Relocations with their offset.
    pub(crate) relocs: Vec<(u32, Reloc)>,
}

impl Records {
    fn clear(&mut self) {
        self.returns.clear();
        self.accesses.clear();
        self.relocs.clear();
    }

    fn append_moved(&mut self, from: &mut Self, by: u32) {
        let moved = |site: Site| Site { code: site.code + by, wasm: site.wasm };
        self.returns.extend(from.returns.drain(..).map(moved));
        self.accesses.extend(from.accesses.drain(..).map(moved));
        self.relocs.extend(from.relocs.drain(..).map(|(at, reloc)| (at + by, reloc)));
    }
}

/// See the file's description.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// The buffer being written.
    pub(crate) current: CodeBuf,
    other: CodeBuf,
    records: Records,
    other_records: Records,
    in_cold: bool,
    crossing: Vec<(Jump, Mark)>,
    /// Constants that code of the function in progress reads, and where it names their place.
    constants: Vec<(u64, Jump)>,
    /// A displacement of the function in progress did not fit its form.
    overflowed: bool,
}

/// A position between functions that writing can go back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checkpoint {
    code_bytes: usize,
    returns: usize,
    accesses: usize,
    relocs: usize,
}

impl Buffers {
    /// The position being written.
    #[inline]
    pub(crate) fn here(&self) -> Mark {
        Mark { offset: self.offset(), cold: self.in_cold }
    }

    /// Bytes in the buffer being written.
    #[inline]
    pub(crate) fn offset(&self) -> u32 {
        u32::try_from(self.current.len())
            .expect("code of a chunk stays below 4 GiB: bodies and their expansion are limited")
    }

    /// Bytes in both buffers.
    #[inline]
    pub(crate) fn written_bytes(&self) -> usize {
        self.current.len() + self.other.len()
    }

    /// A jump whose displacement lies `back` bytes before the position being written.
    #[inline]
    pub(crate) fn jump_before(&self, back: u32, form: u8) -> Jump {
        Jump { at: Mark { offset: self.offset() - back, cold: self.in_cold }, form }
    }

    /// Whether the cold buffer is being written.
    #[inline]
    pub(crate) fn is_cold(&self) -> bool {
        self.in_cold
    }

    /// Chooses the buffer that is written.
    #[inline]
    pub(crate) fn set_cold(&mut self, cold: bool) {
        if self.in_cold != cold {
            std::mem::swap(&mut self.current, &mut self.other);
            std::mem::swap(&mut self.records, &mut self.other_records);
            self.in_cold = cold;
        }
    }

    /// Records that the position being written is a return address or trap site.
    #[inline]
    pub(crate) fn record_return(&mut self, wasm: u32) {
        let code = self.offset();
        self.records.returns.push(Site { code, wasm });
    }

    /// Records that the next instruction may hit a guard.
    #[inline]
    pub(crate) fn record_access(&mut self, wasm: u32) {
        let code = self.offset();
        self.records.accesses.push(Site { code, wasm });
    }

    /// Records a relocation whose field lies `back` bytes before the position being written.
    #[inline]
    pub(crate) fn record_reloc(&mut self, back: u32, reloc: Reloc) {
        let at = self.offset() - back;
        self.records.relocs.push((at, reloc));
    }

    /// Records that the address in this field is to be that of a constant.
    #[inline]
    pub(crate) fn want_constant(&mut self, bits: u64, field: Jump) {
        self.constants.push((bits, field));
    }

    /// Takes what was asked for by [`Self::want_constant`], equal constants side by side.
    pub(crate) fn take_constants(&mut self) -> Vec<(u64, Jump)> {
        let mut constants = std::mem::take(&mut self.constants);
        constants.sort_unstable_by_key(|(bits, field)| (*bits, field.at.cold, field.at.offset));
        constants
    }

    /// Keeps the storage of a list that was taken.
    pub(crate) fn return_constants(&mut self, mut constants: Vec<(u64, Jump)>) {
        constants.clear();
        self.constants = constants;
    }

    /// Lets a jump go to a target: at once if both lie in one buffer, else when the function is finished. `patch` writes the
    /// displacement: buffer, offset of the field, form, target; false if it does not fit, which [`Self::finish_function`] tells.
    pub(crate) fn link(
        &mut self,
        jump: Jump,
        target: Mark,
        patch: impl Fn(&mut CodeBuf, u32, u8, u32) -> bool,
    ) {
        if jump.at.cold != target.cold {
            self.crossing.push((jump, target));
            return;
        }
        let buffer = if jump.at.cold == self.in_cold { &mut self.current } else { &mut self.other };
        self.overflowed |= !patch(buffer, jump.at.offset, jump.form, target.offset);
    }

    /// Ends a function: appends its cold part to the hot one and links what crosses. Returns the offset in the hot buffer at
    /// which the cold part begins, or `None` if a displacement did not fit.
    pub(crate) fn finish_function(
        &mut self,
        patch: impl Fn(&mut CodeBuf, u32, u8, u32) -> bool,
    ) -> Option<u32> {
        self.set_cold(false);
        let base = self.offset();
        self.current.append(self.other.as_slice());
        self.other.clear();
        self.records.append_moved(&mut self.other_records, base);
        let place = |mark: Mark| if mark.cold { mark.offset + base } else { mark.offset };
        let mut overflowed = std::mem::take(&mut self.overflowed);
        for (jump, target) in self.crossing.drain(..) {
            overflowed |= !patch(&mut self.current, place(jump.at), jump.form, place(target));
        }
        (!overflowed).then_some(base)
    }

    /// The position being written, between functions.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        debug_assert!(!self.in_cold && self.other.len() == 0, "between functions the cold buffer is empty");
        Checkpoint {
            code_bytes: self.current.len(),
            returns: self.records.returns.len(),
            accesses: self.records.accesses.len(),
            relocs: self.records.relocs.len(),
        }
    }

    /// Takes back the functions finished since a checkpoint.
    pub(crate) fn rewind(&mut self, to: Checkpoint) {
        debug_assert!(!self.in_cold && self.other.len() == 0, "between functions the cold buffer is empty");
        self.current.truncate(to.code_bytes);
        self.records.returns.truncate(to.returns);
        self.records.accesses.truncate(to.accesses);
        self.records.relocs.truncate(to.relocs);
    }

    /// The code of the finished functions.
    pub(crate) fn code(&self) -> &[u8] {
        debug_assert!(!self.in_cold, "between functions the hot buffer is current");
        self.current.as_slice()
    }

    /// Takes what was recorded for the finished functions.
    pub(crate) fn take_records(&mut self) -> Records {
        debug_assert!(!self.in_cold, "between functions the hot buffer is current");
        std::mem::take(&mut self.records)
    }

    /// Empties everything; storage is kept.
    pub(crate) fn clear(&mut self) {
        self.set_cold(false);
        self.current.clear();
        self.other.clear();
        self.records.clear();
        self.other_records.clear();
        self.crossing.clear();
        self.constants.clear();
        self.overflowed = false;
    }
}
