//! Moves values between the places that `stack` knows: slots, temporaries, pins, constants.
//!
//! Owns: popping operands, choosing where a result goes, spilling, and the parallel moves of calls, labels and returns.
//! Does not know: operators.
//!
//! A register popped off the stack is *held* by the operation in progress until it is released or given to a new entry, so
//! nothing that runs in between can take it.

use smallvec::SmallVec;

use super::Emit;
use super::pins::LocalHome;
use super::stack::{Entry, Tag};
use super::summary::Touched;
use crate::jit::abi::Class;
use crate::jit::masm::{FloatOperand, Gpr, Home, Masm, Operand, Vreg};
use crate::jit::target::Tuning;
use crate::spec::ops::{FloatSize, IntSize, Op};
use crate::spec::types::ValType;

/// Moves of more values than this are loops.
pub(crate) const UNROLLED_MOVES_MAX: usize = 16;

/// Where a value has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dest {
    /// A general register.
    Int(Gpr),
    /// A vector register.
    Float(Vreg),
    /// A word of memory.
    Home(Home),
}

/// Where the values of one call or branch go. Its storage is lent by the state for as long as one operator needs it, since a body
/// may ask for a list of a thousand at every few of its bytes.
pub(crate) type Dests = Vec<Dest>;

/// Where the result of the operation in progress goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Result<R> {
    /// The register to compute into.
    pub(crate) reg: R,
    /// The next operator sets this local, whose pin `reg` is.
    local: Option<Touched>,
}

/// Width of an integer or reference type's register operations.
pub(crate) fn int_size(ty: ValType) -> IntSize {
    if ty == ValType::I32 { IntSize::W32 } else { IntSize::W64 }
}

/// Width of a floating-point type.
pub(crate) fn float_size(ty: ValType) -> FloatSize {
    if ty == ValType::F32 { FloatSize::F32 } else { FloatSize::F64 }
}

impl<M: Masm> Emit<'_, M> {
    /// The word of the frame that belongs to a stack entry.
    #[inline]
    pub(crate) fn slot(&self, at: u32) -> Home {
        Home::frame(self.frame.slots_at + 8 * at)
    }

    /// Whether a technique is on.
    #[inline]
    pub(crate) fn tuned(&self, bit: Tuning) -> bool {
        self.cx.target.tuning.has(bit)
    }

    // Registers.

    /// A free general temporary, held; spills the value used last if there is none.
    pub(crate) fn take_int(&mut self) -> Gpr {
        if let Some(reg) = self.s.ints.take() {
            return Gpr(reg);
        }
        let victim = self.s.ints.victim().expect("an operation holds fewer temporaries than there are");
        self.spill_int(victim);
        self.s.ints.take_this(victim);
        Gpr(victim)
    }

    /// A free vector temporary, held.
    pub(crate) fn take_float(&mut self) -> Vreg {
        if let Some(reg) = self.s.floats.take() {
            return Vreg(reg);
        }
        let victim = self.s.floats.victim().expect("an operation holds fewer temporaries than there are");
        self.spill_float(victim);
        self.s.floats.take_this(victim);
        Vreg(victim)
    }

    #[inline]
    pub(crate) fn release_int(&mut self, reg: Gpr) {
        self.s.ints.release(reg.0);
    }

    #[inline]
    pub(crate) fn release_float(&mut self, reg: Vreg) {
        self.s.floats.release(reg.0);
    }

    #[inline]
    pub(crate) fn release_operand(&mut self, operand: Operand) {
        if let Operand::Reg(reg) = operand {
            self.release_int(reg);
        }
    }

    /// Stores the entry in this temporary to its slot.
    pub(crate) fn spill_int(&mut self, reg: u8) {
        let at = self.s.ints.owner(reg).expect("only a register that an entry holds is spilled");
        self.m.store_int(self.slot(at), Gpr(reg));
        self.s.ints.disown(reg);
        self.s.ints.release(reg);
        let ty = self.s.stack.get(at).ty;
        self.s.stack.replace(at, Entry::slot(ty));
    }

    fn spill_float(&mut self, reg: u8) {
        let at = self.s.floats.owner(reg).expect("only a register that an entry holds is spilled");
        self.m.store_float(self.slot(at), Vreg(reg));
        self.s.floats.disown(reg);
        self.s.floats.release(reg);
        let ty = self.s.stack.get(at).ty;
        self.s.stack.replace(at, Entry::slot(ty));
    }

    /// Makes a general temporary free for an instruction that destroys `destroyed`: a stack entry in it moves away.
    pub(crate) fn vacate_int(&mut self, reg: Gpr, destroyed: &[Gpr]) {
        let Some(at) = self.s.ints.owner(reg.0) else { return };
        let Some(other) = self.s.ints.take_but(destroyed) else { return self.spill_int(reg.0) };
        let ty = self.s.stack.get(at).ty;
        self.m.move_int(int_size(ty), Gpr(other), reg);
        self.s.ints.disown(reg.0);
        self.s.ints.release(reg.0);
        self.s.ints.give(other, at);
        self.s.stack.replace(at, Entry::reg(ty, other));
    }

    // Popping.

    /// Takes the uppermost value as an operand; its register is held.
    pub(crate) fn pop_operand(&mut self) -> Operand {
        let entry = self.s.stack.pop();
        debug_assert!(Class::of(entry.ty) == Class::Int, "popped {:?} as an integer", entry.ty);
        let at = self.s.stack.len();
        let operand = match entry.tag {
            Tag::Const => Operand::Imm(entry.bits()),
            Tag::Reg => {
                self.s.ints.disown(entry.reg);
                Operand::Reg(Gpr(entry.reg))
            }
            Tag::Slot => Operand::Home(self.slot(at)),
            Tag::Local => self.local_operand(entry.local(), entry.ty),
        };
        if self.tuned(Tuning::FUSE_OPERAND) {
            operand
        } else {
            Operand::Reg(self.operand_reg(operand, entry.ty))
        }
    }

    /// Loads an operand into a register, held, if it is not in one.
    pub(crate) fn operand_reg(&mut self, operand: Operand, ty: ValType) -> Gpr {
        match operand {
            Operand::Reg(reg) => reg,
            Operand::Imm(bits) => {
                let reg = self.take_int();
                self.m.const_int(reg, bits);
                reg
            }
            Operand::Home(home) => {
                let reg = self.take_int();
                self.m.load_int(int_size(ty), reg, home);
                reg
            }
        }
    }

    /// Takes the uppermost value in a register, held; it may be a pin and must not be written.
    pub(crate) fn pop_int(&mut self) -> Gpr {
        let top = *self.s.stack.top();
        let operand = self.pop_operand();
        let reg = self.operand_reg(operand, top.ty);
        if top.tag == Tag::Local && operand != Operand::Reg(reg) {
            self.remember_int(reg, top.local());
        }
        reg
    }

    /// Takes the uppermost value in a temporary that may be written.
    pub(crate) fn pop_int_temp(&mut self) -> Gpr {
        let ty = self.s.stack.top().ty;
        let operand = self.pop_operand();
        let reg = self.operand_reg(operand, ty);
        if self.s.ints.is_temp(reg.0) {
            self.s.ints.forget(reg.0);
            return reg;
        }
        let temp = self.take_int();
        self.m.move_int(int_size(ty), temp, reg);
        temp
    }

    /// Takes the uppermost value as a floating-point operand; its register is held.
    pub(crate) fn pop_float_operand(&mut self) -> FloatOperand {
        let entry = self.s.stack.pop();
        debug_assert!(Class::of(entry.ty) == Class::Float, "popped {:?} as a float", entry.ty);
        let at = self.s.stack.len();
        let operand = match entry.tag {
            Tag::Const if self.reads_constants() && entry.bits() != 0 => FloatOperand::Const(entry.bits()),
            Tag::Const => {
                let reg = self.take_float();
                self.m.const_float(float_size(entry.ty), reg, entry.bits());
                FloatOperand::Reg(reg)
            }
            Tag::Reg => {
                self.s.floats.disown(entry.reg);
                FloatOperand::Reg(Vreg(entry.reg))
            }
            Tag::Slot => FloatOperand::Home(self.slot(at)),
            Tag::Local => self.float_local_operand(entry.local(), entry.ty),
        };
        if self.tuned(Tuning::FUSE_OPERAND) {
            operand
        } else {
            FloatOperand::Reg(self.float_operand_reg(operand, entry.ty))
        }
    }

    /// Whether floating-point constants are operands.
    fn reads_constants(&self) -> bool {
        M::MEMORY_OPERANDS && self.tuned(Tuning::CONSTANT_POOL) && self.tuned(Tuning::FUSE_OPERAND)
    }

    fn float_operand_reg(&mut self, operand: FloatOperand, ty: ValType) -> Vreg {
        match operand {
            FloatOperand::Reg(reg) => reg,
            FloatOperand::Home(home) => {
                let reg = self.take_float();
                self.m.load_float(float_size(ty), reg, home);
                reg
            }
            FloatOperand::Const(bits) => {
                let reg = self.take_float();
                self.m.const_float(float_size(ty), reg, bits);
                reg
            }
        }
    }

    /// Takes the uppermost value in a vector register, held.
    pub(crate) fn pop_float(&mut self) -> Vreg {
        let top = *self.s.stack.top();
        let operand = self.pop_float_operand();
        let reg = self.float_operand_reg(operand, top.ty);
        if top.tag == Tag::Local && operand != FloatOperand::Reg(reg) {
            self.remember_float(reg, top.local());
        }
        reg
    }

    /// Drops the uppermost value.
    pub(crate) fn drop_top(&mut self) {
        let entry = self.s.stack.pop();
        if entry.tag == Tag::Reg {
            let set = if Class::of(entry.ty) == Class::Int { &mut self.s.ints } else { &mut self.s.floats };
            set.disown(entry.reg);
            set.release(entry.reg);
        }
    }

    /// Drops values down to a height.
    pub(crate) fn drop_to(&mut self, height: u32) {
        while self.s.stack.len() > height {
            self.drop_top();
        }
    }

    // Pushing.

    /// Pushes a value in a temporary that the operation in progress holds.
    pub(crate) fn push_int(&mut self, ty: ValType, reg: Gpr) {
        self.s.ints.give(reg.0, self.s.stack.len());
        self.s.stack.push(Entry::reg(ty, reg.0));
    }

    /// Pushes a value in a vector temporary that the operation in progress holds.
    pub(crate) fn push_float(&mut self, ty: ValType, reg: Vreg) {
        self.s.floats.give(reg.0, self.s.stack.len());
        self.s.stack.push(Entry::reg(ty, reg.0));
    }

    /// The local that the next operator sets, if its pin can be computed into; its aliases are moved away.
    fn next_local(&mut self, class: Class) -> Option<Touched> {
        if !self.tuned(Tuning::SET_TARGET) {
            return None;
        }
        let next = self.reader.peek().filter(|next| matches!(next.op(), Op::LocalSet | Op::LocalTee))?;
        let fits = match self.pins.homes[next.imm() as usize] {
            LocalHome::Int(_) => class == Class::Int,
            LocalHome::Float(_) => class == Class::Float,
            LocalHome::Frame(_) => false,
        };
        if !fits {
            return None;
        }
        self.save_aliases(next.imm());
        Some(next.imm())
    }

    /// Where an integer result goes; `reuse` is a held temporary whose value is not needed any more (it is left alone if it is a copy
    /// of a local and another one is free). Call this when all operands are popped.
    pub(crate) fn int_result(&mut self, reuse: Option<Gpr>) -> Result<Gpr> {
        if let Some(local) = self.next_local(Class::Int) {
            let LocalHome::Int(reg) = self.pins.homes[local as usize] else {
                unreachable!("checked by next_local")
            };
            return Result { reg, local: Some(local) };
        }
        let reuse = reuse.filter(|reg| self.s.ints.is_temp(reg.0));
        let reg = match reuse {
            Some(reg) if !self.s.ints.is_copy(reg.0) => reg,
            Some(copy) => self.s.ints.take().map_or(copy, Gpr),
            None => self.take_int(),
        };
        self.s.ints.forget(reg.0);
        Result { reg, local: None }
    }

    /// Where a floating-point result goes.
    pub(crate) fn float_result(&mut self, reuse: Option<Vreg>) -> Result<Vreg> {
        if let Some(local) = self.next_local(Class::Float) {
            let LocalHome::Float(reg) = self.pins.homes[local as usize] else {
                unreachable!("checked by next_local")
            };
            return Result { reg, local: Some(local) };
        }
        let reuse = reuse.filter(|reg| self.s.floats.is_temp(reg.0));
        let reg = match reuse {
            Some(reg) if !self.s.floats.is_copy(reg.0) => reg,
            Some(copy) => self.s.floats.take().map_or(copy, Vreg),
            None => self.take_float(),
        };
        self.s.floats.forget(reg.0);
        Result { reg, local: None }
    }

    /// The result is computed: releases the operands and pushes it, or ends the `local.set` behind it.
    pub(crate) fn finish_int(&mut self, ty: ValType, result: Result<Gpr>, operands: &[Operand]) {
        for &operand in operands {
            if operand != Operand::Reg(result.reg) {
                self.release_operand(operand);
            }
        }
        match result.local {
            None => self.push_int(ty, result.reg),
            Some(local) => self.finish_local(ty, local),
        }
    }

    /// As [`Emit::finish_int`].
    pub(crate) fn finish_float(&mut self, ty: ValType, result: Result<Vreg>, operands: &[Vreg]) {
        for &operand in operands {
            if operand != result.reg {
                self.release_float(operand);
            }
        }
        match result.local {
            None => self.push_float(ty, result.reg),
            Some(local) => self.finish_local(ty, local),
        }
    }

    fn finish_local(&mut self, ty: ValType, local: Touched) {
        let set = self.reader.next().expect("peeked by next_local");
        if set.op() == Op::LocalTee {
            self.s.stack.push_alias(ty, local);
        }
    }

    // Flushing.

    /// Makes room again for the operator in progress: what comes before this may be as long as the stack is high.
    #[inline]
    fn ensure_headroom(&mut self) {
        self.m.buffers().current.ensure(super::HEADROOM_BYTES);
    }

    /// Moves the aliases of a local elsewhere, since it is about to be written.
    pub(crate) fn save_aliases(&mut self, local: Touched) {
        while let Some(at) = self.s.stack.alias_of(local) {
            self.flush_alias(at, true);
            self.ensure_headroom();
        }
    }

    /// Copies what an alias stands for into a temporary, if `register` and one is free, else into the entry's slot.
    fn flush_alias(&mut self, at: u32, register: bool) {
        let entry = *self.s.stack.get(at);
        let home = self.pins.homes[entry.local() as usize];
        let slot = self.slot(at);
        let moved = match home {
            LocalHome::Int(pin) => match register.then(|| self.s.ints.take()).flatten() {
                Some(reg) => {
                    self.m.move_int(int_size(entry.ty), Gpr(reg), pin);
                    self.s.ints.give(reg, at);
                    Entry::reg(entry.ty, reg)
                }
                None => {
                    self.m.store_int(slot, pin);
                    Entry::slot(entry.ty)
                }
            },
            LocalHome::Float(pin) => match register.then(|| self.s.floats.take()).flatten() {
                Some(reg) => {
                    self.m.move_float(Vreg(reg), pin);
                    self.s.floats.give(reg, at);
                    Entry::reg(entry.ty, reg)
                }
                None => {
                    self.m.store_float(slot, pin);
                    Entry::slot(entry.ty)
                }
            },
            LocalHome::Frame(offset) => self.flush_frame_alias(at, Home::frame(offset), register),
        };
        self.s.stack.replace(at, moved);
    }

    /// Puts one value into its slot; a constant only if `constants`.
    fn flush_one(&mut self, at: u32, constants: bool) {
        let entry = *self.s.stack.get(at);
        match entry.tag {
            Tag::Slot => {}
            Tag::Const if !constants => {}
            Tag::Const => {
                self.m.store_const(self.slot(at), entry.bits());
                self.s.stack.replace(at, Entry::slot(entry.ty));
            }
            Tag::Reg if Class::of(entry.ty) == Class::Int => self.spill_int(entry.reg),
            Tag::Reg => self.spill_float(entry.reg),
            Tag::Local => self.flush_alias(at, false),
        }
    }

    /// Puts all values into their slots, the uppermost `params` of them even if they are constants.
    pub(crate) fn flush(&mut self, params: u32) {
        let len = self.s.stack.len();
        let constants_from = len - params;
        let from = self.s.stack.flushed().min(constants_from);
        for at in (from..len).rev() {
            self.flush_one(at, at >= constants_from);
            self.ensure_headroom();
        }
        self.s.stack.set_flushed(len);
    }

    /// Puts the uppermost values into their slots, constants too.
    pub(crate) fn flush_top(&mut self, count: u32) {
        let len = self.s.stack.len();
        for at in (len - count..len).rev() {
            self.flush_one(at, true);
            self.ensure_headroom();
        }
    }

    /// Stores every value below `height` that a call would destroy.
    pub(crate) fn spill_for_call(&mut self, height: u32) {
        for reg in self.s.ints.destroyed_by_call() {
            if self.s.ints.owner(reg).is_some_and(|at| at < height) {
                self.spill_int(reg);
            }
        }
        for reg in self.s.floats.destroyed_by_call() {
            if self.s.floats.owner(reg).is_some_and(|at| at < height) {
                self.spill_float(reg);
            }
        }
    }

    // Parallel moves.

    /// An empty list; [`Emit::give_back`] ends its use.
    pub(crate) fn borrow_dests(&mut self) -> Dests {
        let mut dests = std::mem::take(&mut self.s.dests);
        dests.clear();
        dests
    }

    /// Keeps a list's storage for the next one.
    pub(crate) fn give_back(&mut self, dests: Dests) {
        self.s.dests = dests;
    }

    /// Readies the uppermost values for [`Emit::emit_moves`], which may not change any state: what has to go to a register
    /// is not left in a slot that another move may overwrite, nor as a constant that takes the scratch to load.
    pub(crate) fn prepare_moves(&mut self, dests: &[Dest]) {
        let base = self.s.stack.len() - dests_len(dests);
        for (at, dest) in (base..).zip(dests) {
            let entry = *self.s.stack.get(at);
            match (dest, entry.tag) {
                (Dest::Int(_), Tag::Slot) if dests.len() > 1 => {
                    let reg = self.take_int();
                    self.m.load_int(int_size(entry.ty), reg, self.slot(at));
                    self.s.ints.give(reg.0, at);
                    self.s.stack.replace(at, Entry::reg(entry.ty, reg.0));
                }
                (Dest::Float(_), Tag::Slot) if dests.len() > 1 => {
                    let reg = self.take_float();
                    self.m.load_float(float_size(entry.ty), reg, self.slot(at));
                    self.s.floats.give(reg.0, at);
                    self.s.stack.replace(at, Entry::reg(entry.ty, reg.0));
                }
                _ => {}
            }
        }
    }

    /// Loads floating-point constants among the uppermost values, since loading one takes the scratch.
    pub(crate) fn prepare_float_constants(&mut self, dests: &[Dest]) {
        let base = self.s.stack.len() - dests_len(dests);
        for (at, dest) in (base..).zip(dests) {
            let entry = *self.s.stack.get(at);
            if entry.tag == Tag::Const && matches!(dest, Dest::Float(_)) {
                let reg = self.take_float();
                self.m.const_float(float_size(entry.ty), reg, entry.bits());
                self.s.floats.give(reg.0, at);
                self.s.stack.replace(at, Entry::reg(entry.ty, reg.0));
            }
        }
    }

    /// Whether the uppermost values are already where they have to go.
    pub(crate) fn in_place(&self, dests: &[Dest]) -> bool {
        let base = self.s.stack.len() - dests_len(dests);
        (base..).zip(dests).all(|(at, dest)| {
            let entry = self.s.stack.get(at);
            match (entry.tag, *dest) {
                (Tag::Reg, Dest::Int(reg)) => entry.reg == reg.0,
                (Tag::Reg, Dest::Float(reg)) => entry.reg == reg.0,
                (Tag::Slot, Dest::Home(home)) => home == self.slot(at),
                _ => false,
            }
        })
    }

    /// Emits the moves of the uppermost values to their destinations. Changes no state, so it may be emitted on one path only
    /// or twice; uses neither the integer scratch nor flags, but for loading floating-point constants.
    pub(crate) fn emit_moves(&mut self, dests: &[Dest]) {
        let base = self.s.stack.len() - dests_len(dests);
        let mut ints = SmallVec::<[(u8, u8); 8]>::new();
        let mut floats = SmallVec::<[(u8, u8); 8]>::new();
        for (at, &dest) in (base..).zip(dests) {
            match dest {
                Dest::Home(home) => self.store_entry(at, home),
                Dest::Int(reg) => ints.extend(self.entry_int_reg(at).map(|src| (reg.0, src.0))),
                Dest::Float(reg) => floats.extend(self.entry_float_reg(at).map(|src| (reg.0, src.0))),
            }
        }
        let m = &mut *self.m;
        shuffle(
            &mut ints,
            m,
            |m, d, s| m.move_int(IntSize::W64, Gpr(d), Gpr(s)),
            |m, a, b| m.exchange_int(Gpr(a), Gpr(b)),
        );
        shuffle(
            &mut floats,
            m,
            |m, d, s| m.move_float(Vreg(d), Vreg(s)),
            |m, a, b| m.exchange_float(Vreg(a), Vreg(b)),
        );
        for (at, &dest) in (base..).zip(dests) {
            match dest {
                Dest::Home(_) => {}
                Dest::Int(reg) => self.load_entry_int(at, reg),
                Dest::Float(reg) => self.load_entry_float(at, reg),
            }
        }
    }

    fn store_entry(&mut self, at: u32, to: Home) {
        let entry = *self.s.stack.get(at);
        match entry.tag {
            Tag::Const => self.m.store_const(to, entry.bits()),
            Tag::Reg if Class::of(entry.ty) == Class::Int => self.m.store_int(to, Gpr(entry.reg)),
            Tag::Reg => self.m.store_float(to, Vreg(entry.reg)),
            Tag::Slot if to == self.slot(at) => {}
            Tag::Slot => self.m.copy_word(to, self.slot(at)),
            Tag::Local => match self.pins.homes[entry.local() as usize] {
                LocalHome::Int(pin) => self.m.store_int(to, pin),
                LocalHome::Float(pin) => self.m.store_float(to, pin),
                LocalHome::Frame(offset) => self.store_frame_local(to, &entry, Home::frame(offset)),
            },
        }
    }

    fn entry_int_reg(&self, at: u32) -> Option<Gpr> {
        let entry = self.s.stack.get(at);
        match entry.tag {
            Tag::Reg => Some(Gpr(entry.reg)),
            Tag::Local => match self.pins.homes[entry.local() as usize] {
                LocalHome::Int(pin) => Some(pin),
                _ => self.int_copy(entry.local()),
            },
            _ => None,
        }
    }

    fn entry_float_reg(&self, at: u32) -> Option<Vreg> {
        let entry = self.s.stack.get(at);
        match entry.tag {
            Tag::Reg => Some(Vreg(entry.reg)),
            Tag::Local => match self.pins.homes[entry.local() as usize] {
                LocalHome::Float(pin) => Some(pin),
                _ => self.float_copy(entry.local()),
            },
            _ => None,
        }
    }

    fn load_entry_int(&mut self, at: u32, to: Gpr) {
        let entry = *self.s.stack.get(at);
        match entry.tag {
            Tag::Const => self.m.const_int(to, entry.bits()),
            Tag::Slot => self.m.load_int(int_size(entry.ty), to, self.slot(at)),
            Tag::Reg => {}
            Tag::Local => {
                if let LocalHome::Frame(offset) = self.pins.homes[entry.local() as usize]
                    && self.int_copy(entry.local()).is_none()
                {
                    self.m.load_int(int_size(entry.ty), to, Home::frame(offset));
                }
            }
        }
    }

    fn load_entry_float(&mut self, at: u32, to: Vreg) {
        let entry = *self.s.stack.get(at);
        match entry.tag {
            Tag::Const => self.m.const_float(float_size(entry.ty), to, entry.bits()),
            Tag::Slot => self.m.load_float(float_size(entry.ty), to, self.slot(at)),
            Tag::Reg => {}
            Tag::Local => {
                if let LocalHome::Frame(offset) = self.pins.homes[entry.local() as usize]
                    && self.float_copy(entry.local()).is_none()
                {
                    self.m.load_float(float_size(entry.ty), to, Home::frame(offset));
                }
            }
        }
    }
}

fn dests_len(dests: &[Dest]) -> u32 {
    u32::try_from(dests.len()).expect("arities are limited")
}

/// Carries out register moves `(to, from)` as if all happened at once. Destinations are distinct.
fn shuffle<M>(
    moves: &mut SmallVec<[(u8, u8); 8]>,
    m: &mut M,
    copy: impl Fn(&mut M, u8, u8),
    exchange: impl Fn(&mut M, u8, u8),
) {
    moves.retain(|&mut (to, from)| to != from);
    while !moves.is_empty() {
        let free = moves.iter().position(|&(to, _)| moves.iter().all(|&(_, from)| from != to));
        if let Some(at) = free {
            let (to, from) = moves.swap_remove(at);
            copy(m, to, from);
        } else {
            let (to, from) = moves.swap_remove(0);
            exchange(m, to, from);
            for (_, source) in moves.iter_mut() {
                if *source == to {
                    *source = from;
                } else if *source == from {
                    *source = to;
                }
            }
            moves.retain(|&mut (to, from)| to != from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(moves: &[(u8, u8)]) {
        let before: Vec<u8> = (0..16).collect();
        let mut regs = before.clone();
        let mut list = SmallVec::from_slice(moves);
        shuffle(
            &mut list,
            &mut regs,
            |r, to, from| r[to as usize] = r[from as usize],
            |r, a, b| r.swap(a as usize, b as usize),
        );
        for &(to, from) in moves {
            assert_eq!(regs[to as usize], before[from as usize], "{moves:?}: register {to}");
        }
    }

    #[test]
    fn register_moves_happen_at_once() {
        check(&[]);
        check(&[(0, 1), (1, 0)]);
        check(&[(0, 1), (1, 2), (2, 0)]);
        check(&[(0, 1), (1, 2), (2, 3)]);
        check(&[(0, 1), (1, 0), (2, 0), (3, 1)]);
        check(&[(0, 5), (1, 5), (2, 5), (5, 0)]);
        check(&[(0, 1), (1, 0), (2, 3), (3, 2), (4, 4)]);
        check(&[(0, 1), (1, 2), (2, 3), (3, 0), (4, 0), (5, 2)]);
    }
}
