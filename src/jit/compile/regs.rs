//! Temporaries: which are free, and which stack entry each of the others holds.
//!
//! Owns: [`RegSet`], one per register class. Does not know: code, nor what a register is called.
//!
//! A register that no stack entry holds may still be a *copy* of a local that lives in the frame: it is free all the same, but
//! is given out after those that hold nothing, and whoever is about to write it makes it forget.

use super::summary::Touched;

/// No stack entry: the register is free, or an operation in progress holds it.
const NOBODY: u32 = u32::MAX;

/// The temporaries of one class, as register numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RegSet {
    /// Bit per register: it is a temporary of this function.
    temps: u32,
    /// Bit per register: free.
    free: u32,
    /// Bit per register: kept by calls (a temporary made of a pin).
    kept: u32,
    /// Order in which free ones are given out.
    order: [u8; 32],
    order_len: u8,
    owner: [u32; 32],
    /// Bit per register: it is a copy of the local in `copied`.
    copies: u32,
    copied: [Touched; 32],
    /// Where in `order` the search for the copy that is forgotten next begins.
    hand: u8,
}

impl Default for RegSet {
    fn default() -> Self {
        Self {
            temps: 0,
            free: 0,
            kept: 0,
            order: [0; 32],
            order_len: 0,
            owner: [NOBODY; 32],
            copies: 0,
            copied: [0; 32],
            hand: 0,
        }
    }
}

impl RegSet {
    /// All of `temps`, given out in this order, then `kept`, which calls preserve; all free.
    pub(crate) fn new<R: Copy + Into<u8>>(temps: &[R], kept: &[R]) -> Self {
        let mut set = Self::default();
        for (at, &reg) in temps.iter().chain(kept).enumerate() {
            let number: u8 = reg.into();
            set.order[at] = number;
            set.order_len += 1;
            set.temps |= 1 << number;
            set.kept |= u32::from(at >= temps.len()) << number;
        }
        set.free = set.temps;
        set
    }

    /// Whether the register is a temporary (not a pin of a local).
    #[inline]
    pub(crate) fn is_temp(&self, reg: u8) -> bool {
        self.temps >> reg & 1 != 0
    }

    /// Whether nothing holds the register.
    #[inline]
    pub(crate) fn is_free(&self, reg: u8) -> bool {
        self.free >> reg & 1 != 0
    }

    /// Takes a free temporary for the operation in progress.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<u8> {
        if self.free == 0 {
            return None;
        }
        self.take_blank().or_else(|| self.take_copy())
    }

    /// Takes a free temporary that is no copy of anything.
    #[inline]
    pub(crate) fn take_blank(&mut self) -> Option<u8> {
        let blank = self.free & !self.copies;
        if blank == 0 {
            return None;
        }
        let order = &self.order[..self.order_len as usize];
        let reg = *order.iter().find(|&&reg| blank >> reg & 1 != 0)?;
        self.free &= !(1 << reg);
        Some(reg)
    }

    /// Takes a free temporary that is a copy: all in turn, so that the oldest ones go first.
    fn take_copy(&mut self) -> Option<u8> {
        let len = self.order_len;
        let turn = (self.hand..len).chain(0..self.hand);
        let at = turn.into_iter().find(|&at| self.free >> self.order[at as usize] & 1 != 0)?;
        self.hand = if at + 1 == len { 0 } else { at + 1 };
        let reg = self.order[at as usize];
        self.take_this(reg);
        Some(reg)
    }

    /// Takes a free temporary that is none of these.
    pub(crate) fn take_but<R: Copy + Into<u8>>(&mut self, avoid: &[R]) -> Option<u8> {
        let avoid = avoid.iter().fold(0, |mask, &reg| mask | 1u32 << reg.into());
        let order = &self.order[..self.order_len as usize];
        let reg = *order.iter().find(|&&reg| (self.free & !avoid) >> reg & 1 != 0)?;
        self.take_this(reg);
        Some(reg)
    }

    /// Takes this temporary, which is free.
    #[inline]
    pub(crate) fn take_this(&mut self, reg: u8) {
        debug_assert!(self.is_free(reg), "register {reg} is not free");
        self.free &= !(1 << reg);
        self.forget(reg);
    }

    // Copies of locals.

    /// The register holds what this local is until one of them is written; `last`, which may be another register, does so no more: a
    /// local has one copy at most.
    #[inline]
    pub(crate) fn remember(&mut self, reg: u8, local: Touched, last: u8) {
        if self.copied[last as usize] == local {
            self.forget(last);
        }
        self.copies |= 1 << reg;
        self.copied[reg as usize] = local;
    }

    /// The register is about to be written.
    #[inline]
    pub(crate) fn forget(&mut self, reg: u8) {
        self.copies &= !(1 << reg);
    }

    /// Whether the register is a copy of a local.
    #[inline]
    pub(crate) fn is_copy(&self, reg: u8) -> bool {
        self.copies >> reg & 1 != 0
    }

    /// The free register that is a copy of this local, if `hint` is.
    #[inline]
    pub(crate) fn copy_of(&self, local: Touched, hint: u8) -> Option<u8> {
        let found = (self.copies & self.free) >> hint & 1 != 0 && self.copied[hint as usize] == local;
        found.then_some(hint)
    }

    /// Takes a free copy without writing it.
    #[inline]
    pub(crate) fn hold_copy(&mut self, reg: u8) {
        debug_assert!(self.is_free(reg) && self.is_copy(reg), "register {reg} is no free copy");
        self.free &= !(1 << reg);
    }

    /// Another way leads here too: nothing is known to be a copy.
    #[inline]
    pub(crate) fn forget_all(&mut self) {
        self.copies = 0;
    }

    /// A call has destroyed what it does not keep.
    #[inline]
    pub(crate) fn forget_destroyed(&mut self) {
        self.copies &= self.kept;
    }

    /// Gives a temporary back; a pin is left alone.
    #[inline]
    pub(crate) fn release(&mut self, reg: u8) {
        if self.is_temp(reg) {
            debug_assert!(!self.is_free(reg), "register {reg} freed twice");
            debug_assert!(
                self.owner[reg as usize] == NOBODY,
                "register {reg} freed while a stack entry holds it"
            );
            self.free |= 1 << reg;
        }
    }

    /// The stack entry that holds the register.
    #[inline]
    pub(crate) fn owner(&self, reg: u8) -> Option<u32> {
        let owner = self.owner[reg as usize];
        (owner != NOBODY).then_some(owner)
    }

    /// A stack entry holds the register from now on.
    #[inline]
    pub(crate) fn give(&mut self, reg: u8, entry: u32) {
        debug_assert!(!self.is_free(reg), "register {reg} given to entry {entry} while free");
        self.owner[reg as usize] = entry;
    }

    /// The stack entry lets go of the register; the operation in progress holds it.
    #[inline]
    pub(crate) fn disown(&mut self, reg: u8) {
        self.owner[reg as usize] = NOBODY;
    }

    /// The register whose stack entry is used last: the one lowest on the stack.
    pub(crate) fn victim(&self) -> Option<u8> {
        let order = &self.order[..self.order_len as usize];
        order
            .iter()
            .copied()
            .filter(|&reg| self.owner[reg as usize] != NOBODY)
            .min_by_key(|&reg| self.owner[reg as usize])
    }

    /// Registers held by stack entries that a call would destroy.
    pub(crate) fn destroyed_by_call(&self) -> impl Iterator<Item = u8> + use<> {
        let (held, owner) = (self.temps & !self.free & !self.kept, self.owner);
        (0..32).filter(move |&reg| held >> reg & 1 != 0 && owner[reg as usize] != NOBODY)
    }

    /// How many are free.
    pub(crate) fn free_len(&self) -> u32 {
        self.free.count_ones()
    }

    /// Whether the operation in progress holds no register: between operators.
    pub(crate) fn is_settled(&self) -> bool {
        (0..32).all(|reg| {
            self.temps >> reg & 1 == 0 || self.is_free(reg) != (self.owner[reg as usize] != NOBODY)
        })
    }
}
