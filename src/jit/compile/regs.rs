//! Temporaries: which are free, and which stack entry each of the others holds.
//!
//! Owns: [`RegSet`], one per register class. Does not know: code, nor what a register is called.

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
}

impl Default for RegSet {
    fn default() -> Self {
        Self { temps: 0, free: 0, kept: 0, order: [0; 32], order_len: 0, owner: [NOBODY; 32] }
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
        let order = &self.order[..self.order_len as usize];
        let reg = *order.iter().find(|&&reg| self.free >> reg & 1 != 0)?;
        self.free &= !(1 << reg);
        Some(reg)
    }

    /// Takes a free temporary that is none of these.
    pub(crate) fn take_but<R: Copy + Into<u8>>(&mut self, avoid: &[R]) -> Option<u8> {
        let avoid = avoid.iter().fold(0, |mask, &reg| mask | 1u32 << reg.into());
        let order = &self.order[..self.order_len as usize];
        let reg = *order.iter().find(|&&reg| (self.free & !avoid) >> reg & 1 != 0)?;
        self.free &= !(1 << reg);
        Some(reg)
    }

    /// Takes this temporary, which is free.
    #[inline]
    pub(crate) fn take_this(&mut self, reg: u8) {
        debug_assert!(self.is_free(reg), "register {reg} is not free");
        self.free &= !(1 << reg);
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
