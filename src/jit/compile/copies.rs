//! Temporaries that still hold what a local in the frame is.
//!
//! Owns: when a temporary becomes a copy, and where copies are read instead of the frame. Does not know: which temporary is
//! given out when (`regs`), operators.
//!
//! Locals are written through: the frame's word is always right, so a copy may be forgotten at any time. Copies end where two
//! ways meet, at calls that destroy their register, when the register is written, and when the local is.

use super::Emit;
use super::pins::LocalHome;
use super::stack::Entry;
use super::summary::Touched;
use super::values::{float_size, int_size};
use crate::jit::abi::Class;
use crate::jit::masm::{FloatOperand, Gpr, Home, Masm, Operand, Vreg};
use crate::jit::target::Tuning;
use crate::spec::types::ValType;

impl<M: Masm> Emit<'_, M> {
    /// The free general register that is a copy of a local.
    #[inline]
    pub(super) fn int_copy(&self, local: Touched) -> Option<Gpr> {
        self.s.ints.copy_of(local, self.s.copies[local as usize]).map(Gpr)
    }

    /// The free vector register that is a copy of a local.
    #[inline]
    pub(super) fn float_copy(&self, local: Touched) -> Option<Vreg> {
        self.s.floats.copy_of(local, self.s.copies[local as usize]).map(Vreg)
    }

    /// A general register holds what a local in the frame is.
    #[inline]
    pub(super) fn remember_int(&mut self, reg: Gpr, local: Touched) {
        if self.tuned(Tuning::CACHE_LOCALS) && self.s.ints.is_temp(reg.0) {
            let last = std::mem::replace(&mut self.s.copies[local as usize], reg.0);
            self.s.ints.remember(reg.0, local, last);
        }
    }

    /// A vector register holds what a local in the frame is.
    #[inline]
    pub(super) fn remember_float(&mut self, reg: Vreg, local: Touched) {
        if self.tuned(Tuning::CACHE_LOCALS) && self.s.floats.is_temp(reg.0) {
            let last = std::mem::replace(&mut self.s.copies[local as usize], reg.0);
            self.s.floats.remember(reg.0, local, last);
        }
    }

    /// A local in the frame is written: no register is a copy of what it was.
    #[inline]
    pub(super) fn forget_local(&mut self, class: Class, local: Touched) {
        match class {
            Class::Int => {
                if let Some(reg) = self.int_copy(local) {
                    self.s.ints.forget(reg.0);
                }
            }
            Class::Float => {
                if let Some(reg) = self.float_copy(local) {
                    self.s.floats.forget(reg.0);
                }
            }
        }
    }

    /// Another way leads to the position being written.
    #[inline]
    pub(super) fn forget_copies(&mut self) {
        self.s.ints.forget_all();
        self.s.floats.forget_all();
    }

    /// A call has destroyed what it does not keep.
    #[inline]
    pub(super) fn forget_destroyed(&mut self) {
        self.s.ints.forget_destroyed();
        self.s.floats.forget_destroyed();
    }

    /// An integer local as an operand; a copy is held.
    pub(super) fn local_operand(&mut self, local: Touched, ty: ValType) -> Operand {
        let home = match self.pins.homes[local as usize] {
            LocalHome::Int(reg) => return Operand::Reg(reg),
            LocalHome::Frame(offset) => Home::frame(offset),
            LocalHome::Float(_) => unreachable!("an integer local has no vector pin"),
        };
        if let Some(copy) = self.int_copy(local) {
            self.s.ints.hold_copy(copy.0);
            return Operand::Reg(copy);
        }
        if M::MEMORY_OPERANDS || !self.tuned(Tuning::CACHE_LOCALS) {
            return Operand::Home(home);
        }
        let Some(reg) = self.s.ints.take().map(Gpr) else { return Operand::Home(home) };
        self.m.load_int(int_size(ty), reg, home);
        self.remember_int(reg, local);
        Operand::Reg(reg)
    }

    /// A floating-point local as an operand; a copy is held.
    pub(super) fn float_local_operand(&mut self, local: Touched, ty: ValType) -> FloatOperand {
        let home = match self.pins.homes[local as usize] {
            LocalHome::Float(reg) => return FloatOperand::Reg(reg),
            LocalHome::Frame(offset) => Home::frame(offset),
            LocalHome::Int(_) => unreachable!("a float local has no general pin"),
        };
        if let Some(copy) = self.float_copy(local) {
            self.s.floats.hold_copy(copy.0);
            return FloatOperand::Reg(copy);
        }
        if M::MEMORY_OPERANDS || !self.tuned(Tuning::CACHE_LOCALS) {
            return FloatOperand::Home(home);
        }
        let Some(reg) = self.s.floats.take().map(Vreg) else { return FloatOperand::Home(home) };
        self.m.load_float(float_size(ty), reg, home);
        self.remember_float(reg, local);
        FloatOperand::Reg(reg)
    }

    /// Moves an alias of a local in the frame into a register, if `register` and one is at hand, else into its slot.
    pub(super) fn flush_frame_alias(&mut self, at: u32, home: Home, register: bool) -> Entry {
        let entry = *self.s.stack.get(at);
        let slot = self.slot(at);
        let register = register && self.tuned(Tuning::CACHE_LOCALS);
        match Class::of(entry.ty) {
            Class::Int => {
                let copy = self.int_copy(entry.local());
                if let (Some(reg), true) = (copy, register) {
                    self.s.ints.take_this(reg.0);
                    self.s.ints.give(reg.0, at);
                    return Entry::reg(entry.ty, reg.0);
                }
                if let Some(reg) = register.then(|| self.s.ints.take_blank()).flatten() {
                    self.m.load_int(int_size(entry.ty), Gpr(reg), home);
                    self.s.ints.give(reg, at);
                    return Entry::reg(entry.ty, reg);
                }
                match copy {
                    Some(reg) => self.m.store_int(slot, reg),
                    None => self.m.copy_word(slot, home),
                }
            }
            Class::Float => {
                let copy = self.float_copy(entry.local());
                if let (Some(reg), true) = (copy, register) {
                    self.s.floats.take_this(reg.0);
                    self.s.floats.give(reg.0, at);
                    return Entry::reg(entry.ty, reg.0);
                }
                if let Some(reg) = register.then(|| self.s.floats.take_blank()).flatten() {
                    self.m.load_float(float_size(entry.ty), Vreg(reg), home);
                    self.s.floats.give(reg, at);
                    return Entry::reg(entry.ty, reg);
                }
                match copy {
                    Some(reg) => self.m.store_float(slot, reg),
                    None => self.m.copy_word(slot, home),
                }
            }
        }
        Entry::slot(entry.ty)
    }

    /// Stores what an alias of a local in the frame stands for.
    pub(super) fn store_frame_local(&mut self, to: Home, entry: &Entry, home: Home) {
        match Class::of(entry.ty) {
            Class::Int => match self.int_copy(entry.local()) {
                Some(reg) => self.m.store_int(to, reg),
                None => self.m.copy_word(to, home),
            },
            Class::Float => match self.float_copy(entry.local()) {
                Some(reg) => self.m.store_float(to, reg),
                None => self.m.copy_word(to, home),
            },
        }
    }
}
