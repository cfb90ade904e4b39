//! Calls: where arguments go, what is stored around them, where results come from.
//!
//! Owns: direct, imported and indirect calls, builtins. Does not know: how a call instruction looks.
//!
//! Pins survive calls; temporaries do not. Arguments are moved at once, after everything else has been computed.

use super::Emit;
use super::stack::Entry;
use super::values::{Dest, Dests, UNROLLED_MOVES_MAX};
use crate::jit::abi::{Builtin, CallPlan, Class, Place};
use crate::jit::buffers::Jump;
use crate::jit::masm::{Gpr, Home, Masm};
use crate::jit::target::Tuning;
use crate::spec::module::{FuncIdx, TableIdx, TypeIdx};
use crate::spec::ops::Special;
use crate::spec::trap::Trap;
use crate::spec::types::ValType;

impl<M: Masm> Emit<'_, M> {
    /// `call`.
    pub(super) fn call(&mut self, func: FuncIdx) {
        let cx = self.cx;
        let decl = &cx.decoded.decl;
        let ty = decl.funcs[func].ty;
        let plan = &cx.plans[ty];
        let dests = self.param_dests(plan);
        self.prepare_call(&dests);
        self.emit_args(&dests);
        let wasm = self.wasm;
        match decl.defined(func) {
            Some(_) => self.m.call_direct(func, plan.param_bytes, wasm),
            None => {
                let view = cx.layout.import(func.as_u32());
                let own = Home::frame(self.frame.own_at);
                let memory = !decl.memories.is_empty();
                self.m.call_import(view, own, memory, plan.param_bytes, wasm);
            }
        }
        self.give_back(dests);
        self.finish_call(ty, plan);
    }

    /// `call_indirect`; the table's index follows in the stream.
    pub(super) fn call_indirect(&mut self, ty: TypeIdx) {
        let table = TableIdx::new(u32::try_from(self.reader.operand()).expect("written from a table index"));
        let cx = self.cx;
        let decl = &cx.decoded.decl;
        let (plan, view) = (&cx.plans[ty], cx.layout.table(table));
        let dests = self.param_dests(plan);
        let functions = u32::try_from(decl.funcs.len()).expect("functions are limited");
        let index = self.pop_int();
        self.prepare_call(&dests);
        self.prepare_float_constants(&dests);
        let temps = [self.take_int(), self.take_int()];
        let exits = self.m.indirect_lookup(index, view, functions, ty, temps);
        self.trap_if([exits.undefined], Trap::UndefinedElement);
        self.trap_if([exits.mismatch], Trap::IndirectCallTypeMismatch);
        self.release_int(index);
        temps.into_iter().for_each(|temp| self.release_int(temp));
        let (wasm, memory) = (self.wasm, !decl.memories.is_empty());
        self.emit_args(&dests);
        self.m.call_register(M::SCRATCH, plan.param_bytes, wasm);
        let back = self.m.buffers().here();
        self.m.buffers().set_cold(true);
        self.m.buffers().current.ensure(super::HEADROOM_BYTES);
        let here = self.m.buffers().here();
        self.m.link(exits.foreign, here);
        let found = self.tuned(Tuning::FOREIGN_CALLS).then(|| self.find_foreign(view, ty, temps));
        self.m.resolve_foreign(view, ty, temps[0], wasm);
        if let Some(found) = found {
            let here = self.m.buffers().here();
            self.m.link(found, here);
        }
        self.emit_args(&dests);
        self.m.call_foreign(Home::frame(self.frame.own_at), memory, plan.param_bytes, wasm);
        let jump = self.m.jump();
        self.m.buffers().set_cold(false);
        self.m.link(jump, back);
        self.give_back(dests);
        self.finish_call(ty, plan);
    }

    /// Finds a function of another instance without a stub; falls through where that is for a stub, and returns the jump of
    /// the other case.
    fn find_foreign(&mut self, view: u32, ty: TypeIdx, temps: [Gpr; 2]) -> Jump {
        let exits = self.m.find_foreign(view, ty, temps);
        let found = self.m.jump();
        let here = self.m.buffers().here();
        exits.into_iter().for_each(|jump| self.m.link(jump, here));
        self.m.buffers().current.ensure(super::HEADROOM_BYTES);
        found
    }

    /// Stores what the call would destroy and does not take as an argument; many arguments go to their slots.
    fn prepare_call(&mut self, dests: &[Dest]) {
        let params = u32::try_from(dests.len()).expect("arities are limited");
        self.spill_for_call(self.s.stack.len() - params);
        if dests.len() > UNROLLED_MOVES_MAX {
            self.flush_top(params);
        }
        self.m.buffers().current.ensure(super::HEADROOM_BYTES);
    }

    /// Moves the arguments; they stay on the abstract stack, so this may be emitted twice.
    fn emit_args(&mut self, dests: &[Dest]) {
        if dests.len() <= UNROLLED_MOVES_MAX {
            return self.emit_moves(dests);
        }
        let params = u32::try_from(dests.len()).expect("arities are limited");
        let from = self.slot(self.s.stack.len() - params).offset;
        self.m.copy_words(0, from, params, [M::INT_TEMPS[0], M::INT_TEMPS[1]]);
    }

    /// Takes the arguments off the stack and puts the results on it.
    fn finish_call(&mut self, ty: TypeIdx, plan: &CallPlan) {
        let height = self.s.stack.len() - u32::try_from(plan.params.len()).expect("arities are limited");
        self.drop_to(height);
        self.forget_destroyed();
        let cx = self.cx;
        let results = &cx.decoded.decl.types[ty].results;
        if plan.wide {
            return self.take_wide_results(plan, results);
        }
        for (&ty, &(place, _)) in results.iter().zip(&plan.results) {
            match place {
                Place::Int(n) => self.push_taken_int(ty, M::INT_RESULTS[n as usize]),
                Place::Float(n) => self.push_taken_float(ty, M::FLOAT_RESULTS[n as usize]),
                Place::Stack(_) => {
                    unreachable!("a plan that is not wide has at most two results, in registers")
                }
            }
        }
    }

    /// Copies results from the outgoing area, which the next call reuses, to their slots.
    fn take_wide_results(&mut self, plan: &CallPlan, results: &[ValType]) {
        let height = self.s.stack.len();
        let count = u32::try_from(results.len()).expect("arities are limited");
        if results.len() > UNROLLED_MOVES_MAX {
            self.m.copy_words(
                self.slot(height).offset,
                plan.param_bytes,
                count,
                [M::INT_TEMPS[0], M::INT_TEMPS[1]],
            );
        } else {
            for at in 0..count {
                self.m.copy_word(self.slot(height + at), Home::frame(plan.param_bytes + 8 * at));
            }
        }
        results.iter().for_each(|&ty| self.s.stack.push(Entry::slot(ty)));
    }

    /// Bulk operators and growth: builtins.
    pub(super) fn bulk(&mut self, special: Special, imm: u32) {
        let operand = self.reader.operand();
        let immediate = u64::from(imm) | operand << 32;
        let (builtin, params, result) = match special {
            Special::MemoryGrow => (Builtin::MemoryGrow, 1, Some(ValType::I32)),
            Special::MemoryFill => (Builtin::MemoryFill, 3, None),
            Special::MemoryCopy => (Builtin::MemoryCopy, 3, None),
            Special::MemoryInit => (Builtin::MemoryInit, 3, None),
            Special::DataDrop => (Builtin::DataDrop, 0, None),
            Special::TableGrow => (Builtin::TableGrow, 2, Some(ValType::I32)),
            Special::TableFill => (Builtin::TableFill, 3, None),
            Special::TableCopy => (Builtin::TableCopy, 3, None),
            Special::TableInit => (Builtin::TableInit, 3, None),
            Special::ElemDrop => (Builtin::ElemDrop, 0, None),
            other => unreachable!("{other:?} has a handler of its own"),
        };
        let height = self.s.stack.len() - params;
        self.spill_for_call(height);
        let words = [0, 8, 16].map(|at| Dest::Home(Home::frame(at)));
        let dests = &words[..params as usize];
        self.emit_moves(dests);
        self.drop_to(height);
        self.m.call_builtin(builtin, immediate, self.wasm);
        self.forget_destroyed();
        if let Some(ty) = result {
            self.push_taken_int(ty, M::INT_RESULTS[0]);
        }
    }

    /// Where arguments go.
    fn param_dests(&mut self, plan: &CallPlan) -> Dests {
        let dest = |&(place, _): &(Place, Class)| match place {
            Place::Int(n) => Dest::Int(M::INT_ARGS[n as usize]),
            Place::Float(n) => Dest::Float(M::FLOAT_ARGS[n as usize]),
            Place::Stack(offset) => Dest::Home(Home::frame(offset)),
        };
        let mut dests = self.borrow_dests();
        dests.extend(plan.params.iter().map(dest));
        dests
    }
}
