//! Locals, globals and constants.
//!
//! Owns: `local.*`, `global.*`, constants. Does not know: which locals have pins and why (`pins`).

use super::Emit;
use super::pins::LocalHome;
use super::stack::{Entry, Tag};
use super::summary::Touched;
use super::values::{float_size, int_size};
use crate::jit::abi::Class;
use crate::jit::masm::{Base, Gpr, Home, Masm, Operand};
use crate::jit::target::Tuning;
use crate::spec::const_expr::ConstExpr;
use crate::spec::module::GlobalIdx;
use crate::spec::ops::IntSize;
use crate::spec::types::ValType;

impl<M: Masm> Emit<'_, M> {
    /// `i32.const` and its like; wide bits follow in the stream.
    pub(super) fn constant(&mut self, ty: ValType, imm: u32) {
        let bits = match ty {
            ValType::I64 | ValType::F64 => self.reader.operand(),
            _ => imm.into(),
        };
        self.push_constant(ty, bits);
    }

    /// Pushes a value that is known.
    pub(super) fn push_constant(&mut self, ty: ValType, bits: u64) {
        self.s.stack.push(Entry::constant(ty, bits));
    }

    /// The bits of the uppermost value, if it is a constant and folding is on.
    pub(super) fn top_constant(&self) -> Option<u64> {
        let top = self.s.stack.top();
        (self.tuned(Tuning::FOLD) && top.tag == Tag::Const).then(|| top.bits())
    }

    /// The bits of the two uppermost values, if both are constants and folding is on.
    pub(super) fn top_constants(&self) -> Option<(u64, u64)> {
        let rhs = self.top_constant()?;
        let lhs = self.s.stack.below_top(1);
        (lhs.tag == Tag::Const).then(|| (lhs.bits(), rhs))
    }

    /// `local.get`.
    pub(super) fn local_get(&mut self, local: Touched) {
        let ty = self.summary.locals[local as usize].ty;
        if self.tuned(Tuning::ALIAS_LOCALS) {
            return self.s.stack.push_alias(ty, local);
        }
        match (Class::of(ty), self.pins.homes[local as usize]) {
            (Class::Int, home) => {
                let reg = self.take_int();
                match home {
                    LocalHome::Int(pin) => self.m.move_int(int_size(ty), reg, pin),
                    LocalHome::Frame(at) => self.m.load_int(int_size(ty), reg, Home::frame(at)),
                    LocalHome::Float(_) => unreachable!("an integer local has no vector pin"),
                }
                self.push_int(ty, reg);
            }
            (Class::Float, home) => {
                let reg = self.take_float();
                match home {
                    LocalHome::Float(pin) => self.m.move_float(reg, pin),
                    LocalHome::Frame(at) => self.m.load_float(float_size(ty), reg, Home::frame(at)),
                    LocalHome::Int(_) => unreachable!("a float local has no general pin"),
                }
                self.push_float(ty, reg);
            }
        }
    }

    /// `local.set`, `local.tee`.
    pub(super) fn local_set(&mut self, local: Touched, tee: bool) {
        let entry = *self.s.stack.top();
        if entry.tag == Tag::Local && entry.local() == local {
            if !tee {
                self.drop_top();
            }
            return;
        }
        match Class::of(entry.ty) {
            Class::Int => self.set_int_local(local, entry.ty),
            Class::Float => self.set_float_local(local, entry.ty),
        }
        if tee {
            self.local_get(local);
        }
    }

    fn set_int_local(&mut self, local: Touched, ty: ValType) {
        let value = self.pop_operand();
        self.save_aliases(local);
        let value = self.word_to_copy(local, ty, value);
        match (self.pins.homes[local as usize], value) {
            (LocalHome::Int(pin), Operand::Reg(reg)) => self.m.move_int(int_size(ty), pin, reg),
            (LocalHome::Int(pin), Operand::Imm(bits)) => self.m.const_int(pin, bits),
            (LocalHome::Int(pin), Operand::Home(home)) => self.m.load_int(int_size(ty), pin, home),
            (LocalHome::Frame(at), Operand::Reg(reg)) => self.m.store_int(Home::frame(at), reg),
            (LocalHome::Frame(at), Operand::Imm(bits)) => self.m.store_const(Home::frame(at), bits),
            (LocalHome::Frame(at), Operand::Home(home)) => self.m.copy_word(Home::frame(at), home),
            (LocalHome::Float(_), _) => unreachable!("an integer local has no vector pin"),
        }
        self.release_operand(value);
        if let LocalHome::Frame(_) = self.pins.homes[local as usize] {
            self.forget_local(Class::Int, local);
            if let Operand::Reg(reg) = value {
                self.remember_int(reg, local);
            }
        }
    }

    /// What is copied from one word of the frame to another goes through a temporary that becomes a copy.
    fn word_to_copy(&mut self, local: Touched, ty: ValType, value: Operand) -> Operand {
        let (LocalHome::Frame(_), Operand::Home(home), true) =
            (self.pins.homes[local as usize], value, self.tuned(Tuning::CACHE_LOCALS))
        else {
            return value;
        };
        let Some(reg) = self.s.ints.take().map(Gpr) else { return value };
        self.m.load_int(int_size(ty), reg, home);
        Operand::Reg(reg)
    }

    fn set_float_local(&mut self, local: Touched, ty: ValType) {
        let home = self.pins.homes[local as usize];
        let top = *self.s.stack.top();
        if top.tag == Tag::Const {
            self.drop_top();
            self.save_aliases(local);
            match home {
                LocalHome::Float(pin) => self.m.const_float(float_size(ty), pin, top.bits()),
                LocalHome::Frame(at) => {
                    self.m.store_const(Home::frame(at), top.bits());
                    self.forget_local(Class::Float, local);
                }
                LocalHome::Int(_) => unreachable!("a float local has no general pin"),
            }
            return;
        }
        let value = self.pop_float();
        self.save_aliases(local);
        match home {
            LocalHome::Float(pin) => self.m.move_float(pin, value),
            LocalHome::Frame(at) => self.m.store_float(Home::frame(at), value),
            LocalHome::Int(_) => unreachable!("a float local has no general pin"),
        }
        self.release_float(value);
        if let LocalHome::Frame(_) = home {
            self.forget_local(Class::Float, local);
            self.remember_float(value, local);
        }
    }

    /// Where a global is; a held register that its address is in, if it lies elsewhere.
    fn global_home(&mut self, global: GlobalIdx) -> (Home, Option<Gpr>) {
        let decl = &self.cx.decoded.decl;
        let cell = Home::context(self.cx.layout.global(global));
        if !(decl.global_is_imported(global) && decl.globals[global].ty.mutable) {
            return (cell, None);
        }
        let reg = self.take_int();
        self.m.load_int(IntSize::W64, reg, cell);
        (Home { base: Base::Reg(reg), offset: 0 }, Some(reg))
    }

    /// `global.get`.
    pub(super) fn global_get(&mut self, imm: u32) {
        let global = GlobalIdx::new(imm);
        let decl = &self.cx.decoded.decl.globals[global];
        let ty = decl.ty.content;
        if let (false, Some(ConstExpr::Const(bits))) = (decl.ty.mutable, &decl.init) {
            return self.push_constant(ty, *bits);
        }
        let (home, address) = self.global_home(global);
        match Class::of(ty) {
            Class::Int => {
                let result = self.int_result(address);
                self.m.load_int(int_size(ty), result.reg, home);
                let held = address.map(Operand::Reg);
                self.finish_int(ty, result, held.as_slice());
            }
            Class::Float => {
                let result = self.float_result(None);
                self.m.load_float(float_size(ty), result.reg, home);
                if let Some(address) = address {
                    self.release_int(address);
                }
                self.finish_float(ty, result, &[]);
            }
        }
    }

    /// `global.set`.
    pub(super) fn global_set(&mut self, imm: u32) {
        let (home, address) = self.global_home(GlobalIdx::new(imm));
        let top = *self.s.stack.top();
        match (top.tag, Class::of(top.ty)) {
            (Tag::Const, _) => {
                self.drop_top();
                self.m.store_const(home, top.bits());
            }
            (_, Class::Int) => {
                let value = self.pop_int();
                self.m.store_int(home, value);
                self.release_int(value);
            }
            (_, Class::Float) => {
                let value = self.pop_float();
                self.m.store_float(home, value);
                self.release_float(value);
            }
        }
        if let Some(address) = address {
            self.release_int(address);
        }
    }
}
