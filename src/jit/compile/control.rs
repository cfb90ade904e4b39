//! Blocks, branches and the function's own label.
//!
//! Owns: the canonical state at labels and everything that leads to it. Does not know: calls, nor how operands are computed.
//!
//! At a label: pinned locals are in their pins, other locals in the frame, entries below the block in their own slots or
//! constants; of the values that a branch carries the first integer and the first float are in the first result register of
//! their class, the rest in their slots. A loop's values, and more than sixteen, are all in slots. What is below a block cannot be
//! touched inside of it, so only entering a block stores anything, never a branch.

use super::Emit;
use super::JumpTable;
use super::label::LabelId;
use super::stack::Entry;
use super::stream::{BlockType, Record};
use super::test::Test;
use super::values::{Dest, Dests, UNROLLED_MOVES_MAX};
use crate::jit::abi::{Class, Place};
use crate::jit::buffers::Mark;
use crate::jit::masm::{Gpr, Operand, Vreg};
use crate::jit::masm::{Jumps, Masm};
use crate::jit::target::Tuning;
use crate::spec::ops::{IntCompare, IntSize};
use crate::spec::trap::Trap;
use crate::spec::types::ValType;

/// A function with at most so many registers to restore returns where `return` stands instead of jumping to its end.
const INLINE_EPILOGUE_SAVES_MAX: usize = 3;
/// Up to so many targets a `br_table` is a chain of comparisons.
const CHAIN_TARGETS_MAX: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Func,
    Block,
    Loop,
    If,
}

/// An open block.
#[derive(Clone, Copy, Debug)]
pub(super) struct ControlFrame {
    kind: Kind,
    label: LabelId,
    /// Where the condition of an `if` goes when it is false.
    otherwise: Option<LabelId>,
    /// Height of the operand stack below the block's parameters.
    height: u32,
    ty: BlockType,
    /// For the `br_table` in progress: where its branch to this block moves values first.
    stub: Option<LabelId>,
}

const fn single(ty: ValType) -> &'static [ValType] {
    match ty {
        ValType::I32 => &[ValType::I32],
        ValType::I64 => &[ValType::I64],
        ValType::F32 => &[ValType::F32],
        ValType::F64 => &[ValType::F64],
        ValType::V128 => &[ValType::V128],
        ValType::FuncRef => &[ValType::FuncRef],
        ValType::ExternRef => &[ValType::ExternRef],
    }
}

fn len(types: &[ValType]) -> u32 {
    narrow(types.len())
}

fn narrow(arity: usize) -> u32 {
    u32::try_from(arity).expect("arities are limited")
}

impl<'a, M: Masm> Emit<'a, M> {
    // Types and destinations.

    fn block_params(&self, ty: BlockType) -> &'a [ValType] {
        match ty {
            BlockType::Empty | BlockType::Result(_) => &[],
            BlockType::Func(ty) => &self.cx.decoded.decl.types[ty].params,
        }
    }

    fn block_results(&self, ty: BlockType) -> &'a [ValType] {
        match ty {
            BlockType::Empty => &[],
            BlockType::Result(ty) => single(ty),
            BlockType::Func(ty) => &self.cx.decoded.decl.types[ty].results,
        }
    }

    fn frame_at(&self, depth: u32) -> ControlFrame {
        self.s.frames[self.s.frames.len() - 1 - depth as usize]
    }

    /// Types of the values that a branch to a block's label carries: mostly none.
    #[inline]
    fn label_types(&self, frame: &ControlFrame) -> &'a [ValType] {
        match frame.kind {
            Kind::Loop => self.block_params(frame.ty),
            Kind::Func | Kind::Block | Kind::If => self.block_results(frame.ty),
        }
    }

    /// Where these values go.
    fn label_dests(&mut self, frame: &ControlFrame) -> Dests {
        let types = self.label_types(frame);
        let mut dests = self.borrow_dests();
        match frame.kind {
            Kind::Func => self.result_dests(&mut dests),
            Kind::Loop => self.slot_dests(&mut dests, frame.height, types),
            Kind::Block | Kind::If => self.canonical_dests(&mut dests, frame.height, types),
        }
        dests
    }

    fn slot_dests(&self, dests: &mut Dests, height: u32, types: &[ValType]) {
        dests.extend((height..height + len(types)).map(|at| Dest::Home(self.slot(at))));
    }

    fn canonical_dests(&self, dests: &mut Dests, height: u32, types: &[ValType]) {
        self.slot_dests(dests, height, types);
        if types.len() <= UNROLLED_MOVES_MAX {
            if let Some(at) = types.iter().position(|&ty| Class::of(ty) == Class::Int) {
                dests[at] = Dest::Int(M::INT_RESULTS[0]);
            }
            if let Some(at) = types.iter().position(|&ty| Class::of(ty) == Class::Float) {
                dests[at] = Dest::Float(M::FLOAT_RESULTS[0]);
            }
        }
    }

    fn result_dests(&self, dests: &mut Dests) {
        let dest = |&(place, _): &(Place, Class)| match place {
            Place::Int(n) => Dest::Int(M::INT_RESULTS[n as usize]),
            Place::Float(n) => Dest::Float(M::FLOAT_RESULTS[n as usize]),
            Place::Stack(offset) => Dest::Home(self.m.incoming(self.frame.bytes, offset)),
        };
        dests.extend(self.plan().results.iter().map(dest));
    }

    /// Readies the uppermost values for [`Emit::carry`], which then changes no state.
    fn prepare_carry(&mut self, dests: &[Dest]) {
        if dests.len() > UNROLLED_MOVES_MAX {
            self.flush_top(narrow(dests.len()));
        } else {
            self.prepare_moves(dests);
        }
    }

    /// Moves the uppermost values to where a label wants them.
    fn carry(&mut self, dests: &[Dest]) {
        if dests.len() <= UNROLLED_MOVES_MAX {
            return self.emit_moves(dests);
        }
        let count = narrow(dests.len());
        let from = self.slot(self.s.stack.len() - count).offset;
        let Dest::Home(to) = dests[0] else { unreachable!("more than sixteen values are all in memory") };
        if to.offset != from {
            self.m.copy_words(to.offset, from, count, [M::INT_TEMPS[0], M::INT_TEMPS[1]]);
        }
    }

    /// Moves the uppermost values to where a block's label wants them.
    #[inline]
    fn carry_to_label(&mut self, frame: &ControlFrame) {
        if !self.label_types(frame).is_empty() {
            self.carry_some(frame);
        }
    }

    fn carry_some(&mut self, frame: &ControlFrame) {
        let dests = self.label_dests(frame);
        self.prepare_carry(&dests);
        self.carry(&dests);
        self.give_back(dests);
    }

    // The function.

    /// Opens the function's own block.
    pub(super) fn open_function(&mut self) {
        let label = self.s.labels.create();
        let ty = BlockType::Func(self.cx.decoded.decl.funcs[self.index].ty);
        self.s.frames.push(ControlFrame {
            kind: Kind::Func,
            label,
            otherwise: None,
            height: 0,
            ty,
            stub: None,
        });
    }

    /// `return`.
    pub(super) fn return_(&mut self) {
        let depth = u32::try_from(self.s.frames.len() - 1).expect("depth is limited by the size of a body");
        self.br(depth);
        self.leave_cold_arm();
    }

    /// `unreachable`.
    pub(super) fn unreachable(&mut self) {
        let jump = self.m.jump();
        self.trap_if([jump], Trap::Unreachable);
        self.reachable = false;
        self.leave_cold_arm();
    }

    // Opening.

    /// `block`.
    pub(super) fn block(&mut self, imm: u32) {
        let ty = BlockType::decode(imm);
        let params = len(self.block_params(ty));
        self.flush(0);
        self.open(Kind::Block, ty, params, None);
    }

    /// `loop`.
    pub(super) fn loop_(&mut self, imm: u32) {
        let ty = BlockType::decode(imm);
        let params = len(self.block_params(ty));
        self.flush(params);
        if self.tuned(Tuning::ALIGN_LOOPS) {
            self.m.align(16);
        }
        let label = self.open(Kind::Loop, ty, params, None);
        self.bind(label);
    }

    /// `if`.
    pub(super) fn if_(&mut self, record: Record) {
        let test = self.pop_test();
        self.if_test(record, test);
    }

    /// `if` behind a comparison.
    pub(super) fn if_test(&mut self, record: Record, test: Test) {
        let ty = BlockType::decode(record.imm());
        let params = len(self.block_params(ty));
        self.flush(params);
        let otherwise = self.s.labels.create();
        if record.is_cold() && self.tuned(Tuning::COLD_ARMS) {
            let jumps = self.test_jump(test);
            self.enter_cold_arm(jumps);
        } else {
            let jumps = self.test_jump(test.inverted());
            self.wait(otherwise, jumps);
        }
        self.open(Kind::If, ty, params, Some(otherwise));
    }

    /// What follows is written to the cold buffer, up to the operator that ends it: pass A has seen that there is one, and no label,
    /// branch or indirect call before it. The hot buffer goes on where the condition does not hold.
    fn enter_cold_arm(&mut self, jumps: Jumps) {
        debug_assert!(!self.in_cold_arm, "nothing forks in a cold arm");
        self.m.buffers().set_cold(true);
        self.m.buffers().current.ensure(super::HEADROOM_BYTES);
        self.land(jumps);
        self.in_cold_arm = true;
    }

    fn leave_cold_arm(&mut self) {
        if std::mem::take(&mut self.in_cold_arm) {
            self.m.buffers().set_cold(false);
            self.m.buffers().current.ensure(super::HEADROOM_BYTES);
        }
    }

    fn open(&mut self, kind: Kind, ty: BlockType, params: u32, otherwise: Option<LabelId>) -> LabelId {
        let label = self.s.labels.create();
        let height = self.s.stack.len() - params;
        self.s.frames.push(ControlFrame { kind, label, otherwise, height, ty, stub: None });
        label
    }

    // Closing.

    /// `else`.
    pub(super) fn else_(&mut self) {
        let frame = *self.s.frames.last().expect("validated: an else has its if");
        if self.reachable {
            self.carry_to_label(&frame);
            let jump = self.m.jump();
            self.wait(frame.label, Jumps::from_slice(&[jump]));
        }
        self.start_otherwise(&frame);
        self.s.frames.last_mut().expect("looked at above").otherwise = None;
    }

    /// The position where the condition of an `if` is false: parameters are in their slots.
    fn start_otherwise(&mut self, frame: &ControlFrame) {
        self.bind(frame.otherwise.expect("an if has one else"));
        self.drop_to(frame.height);
        for &ty in self.block_params(frame.ty) {
            self.s.stack.push(Entry::slot(ty));
        }
        self.s.stack.set_flushed(self.s.stack.len());
        self.reachable = true;
    }

    /// `end`.
    pub(super) fn end(&mut self) {
        let mut frame = *self.s.frames.last().expect("validated: an end has its block");
        if frame.otherwise.is_some() && !self.block_params(frame.ty).is_empty() {
            self.else_();
            frame.otherwise = None;
        }
        self.s.frames.pop();
        match frame.kind {
            Kind::Loop if self.reachable => {}
            Kind::Loop => self.drop_to(frame.height),
            Kind::Func => self.end_function(&frame),
            Kind::Block | Kind::If => self.end_block(&frame),
        }
    }

    fn end_block(&mut self, frame: &ControlFrame) {
        if self.reachable {
            self.carry_to_label(frame);
        }
        self.reachable |= self.s.labels.is_awaited(frame.label) || frame.otherwise.is_some();
        if let Some(otherwise) = frame.otherwise {
            self.bind(otherwise);
        }
        self.bind(frame.label);
        self.drop_to(frame.height);
        if !self.label_types(frame).is_empty() {
            self.take_results(frame);
        }
    }

    /// Pushes what every branch to the label of a block has carried there.
    fn take_results(&mut self, frame: &ControlFrame) {
        let dests = self.label_dests(frame);
        for (&ty, &dest) in self.label_types(frame).iter().zip(&dests) {
            match dest {
                Dest::Int(reg) => self.push_taken_int(ty, reg),
                Dest::Float(reg) => self.push_taken_float(ty, reg),
                Dest::Home(_) => self.s.stack.push(Entry::slot(ty)),
            }
        }
        self.give_back(dests);
    }

    fn end_function(&mut self, frame: &ControlFrame) {
        if self.reachable {
            self.carry_to_label(frame);
        }
        self.reachable |= self.s.labels.is_awaited(frame.label);
        self.bind(frame.label);
        self.drop_to(0);
        if self.reachable {
            self.epilogue();
        }
    }

    /// Pushes a value that is in this register, which is free.
    pub(super) fn push_taken_int(&mut self, ty: ValType, reg: Gpr) {
        self.s.ints.take_this(reg.0);
        self.push_int(ty, reg);
    }

    /// Pushes a value that is in this register, which is free.
    pub(super) fn push_taken_float(&mut self, ty: ValType, reg: Vreg) {
        self.s.floats.take_this(reg.0);
        self.push_float(ty, reg);
    }

    // Branching.

    /// `br`.
    pub(super) fn br(&mut self, depth: u32) {
        let frame = self.frame_at(depth);
        self.carry_to_label(&frame);
        if frame.kind == Kind::Func && self.saves_len() <= INLINE_EPILOGUE_SAVES_MAX {
            self.epilogue();
        } else {
            self.jump_to(frame.label);
        }
        self.reachable = false;
    }

    /// `br_if`.
    pub(super) fn br_if(&mut self, record: Record) {
        let test = self.pop_test();
        self.br_if_test(record, test);
    }

    /// `br_if` behind a comparison.
    pub(super) fn br_if_test(&mut self, record: Record, test: Test) {
        let frame = self.frame_at(record.imm());
        if record.is_cold() && self.label_types(&frame).is_empty() && self.tuned(Tuning::COLD_ARMS) {
            // The block ends where the arm does, so the hot part needs no jump to get there.
            let jumps = self.test_jump(test.inverted());
            self.s.labels.list(frame.label);
            return self.enter_cold_arm(jumps);
        }
        if !self.label_types(&frame).is_empty() && self.br_if_moving(&frame, test) {
            return;
        }
        match self.s.labels.place(frame.label) {
            Some(place) => self.test_jump_back(test, place),
            None => {
                let jumps = self.test_jump(test);
                self.wait(frame.label, jumps);
            }
        }
    }

    /// A `br_if` whose values are not where the label wants them jumps over the moves. Returns whether it was one.
    fn br_if_moving(&mut self, frame: &ControlFrame, test: Test) -> bool {
        let dests = self.label_dests(frame);
        let moving = !self.in_place(&dests);
        if moving {
            self.prepare_carry(&dests);
            let over = self.test_jump(test.inverted());
            self.carry(&dests);
            self.jump_to(frame.label);
            self.land(over);
        }
        self.give_back(dests);
        moving
    }

    /// `br_table`; the targets start at `first` in the summary.
    pub(super) fn br_table(&mut self, first: u32) {
        let count = u32::try_from(self.reader.operand()).expect("targets are limited");
        let summary = self.summary;
        let targets = &summary.targets[first as usize..(first + count) as usize];
        let (default, cases) = targets.split_last().expect("a br_table has its default");
        let index = self.pop_int_temp();
        let temp = self.take_int();
        for &depth in targets {
            let frame = self.frame_at(depth);
            if self.label_types(&frame).is_empty() {
                break;
            }
            let dests = self.label_dests(&frame);
            self.prepare_carry(&dests);
            self.give_back(dests);
        }
        if count - 1 <= CHAIN_TARGETS_MAX {
            self.branch_chain(index, cases, *default);
        } else {
            self.branch_by_table(index, temp, cases, *default);
        }
        self.release_int(index);
        self.release_int(temp);
        self.branch_stubs();
        self.reachable = false;
    }

    fn branch_chain(&mut self, index: Gpr, cases: &[u32], default: u32) {
        for (at, &depth) in (0..).zip(cases) {
            let label = self.branch_label(depth);
            let jumps = self.m.jump_if_int(IntCompare::Eq, IntSize::W32, index, Operand::Imm(at));
            match self.s.labels.place(label) {
                Some(place) => jumps.into_iter().for_each(|jump| self.m.link(jump, place)),
                None => self.wait(label, jumps),
            }
        }
        let label = self.branch_label(default);
        self.jump_to(label);
    }

    fn branch_by_table(&mut self, index: Gpr, temp: Gpr, cases: &[u32], default: u32) {
        let count = u32::try_from(cases.len()).expect("targets are limited");
        let (outside, address) = self.m.jump_table(index, temp, count);
        let label = self.branch_label(default);
        match self.s.labels.place(label) {
            Some(place) => self.m.link(outside, place),
            None => self.wait(label, Jumps::from_slice(&[outside])),
        }
        let first =
            u32::try_from(self.s.table_labels.len()).expect("targets are limited by the size of a body");
        for &depth in cases {
            let label = self.branch_label(depth);
            self.s.labels.list(label);
            self.s.table_labels.push(label);
        }
        self.s.tables.push(JumpTable { address, first, len: count });
    }

    /// The label that a table's branch goes to: the block's own where nothing has to move, else one stub per distinct target.
    fn branch_label(&mut self, depth: u32) -> LabelId {
        let frame = self.frame_at(depth);
        if self.label_types(&frame).is_empty() {
            return frame.label;
        }
        if let Some(stub) = frame.stub {
            return stub;
        }
        let dests = self.label_dests(&frame);
        let in_place = self.in_place(&dests);
        self.give_back(dests);
        if in_place {
            return frame.label;
        }
        let stub = self.s.labels.create();
        let at = self.s.frames.len() - 1 - depth as usize;
        self.s.frames[at].stub = Some(stub);
        self.s.stubs.push((depth, stub));
        stub
    }

    fn branch_stubs(&mut self) {
        while let Some((depth, stub)) = self.s.stubs.pop() {
            self.m.buffers().current.ensure(super::HEADROOM_BYTES);
            self.bind(stub);
            let frame = self.frame_at(depth);
            let dests = self.label_dests(&frame);
            self.carry(&dests);
            self.give_back(dests);
            self.jump_to(frame.label);
            let at = self.s.frames.len() - 1 - depth as usize;
            self.s.frames[at].stub = None;
        }
    }

    /// The jump tables, behind everything else.
    pub(super) fn jump_tables(&mut self) {
        let hot_end = self.m.buffers().offset();
        self.m.buffers().set_cold(true);
        for at in 0..self.s.tables.len() {
            let table = self.s.tables[at];
            self.m.align(4);
            let start = self.m.buffers().here();
            self.m.link(table.address, start);
            let place = |mark: Mark| if mark.cold { hot_end + mark.offset } else { mark.offset };
            for at in table.first..table.first + table.len {
                self.m.buffers().current.ensure(super::HEADROOM_BYTES);
                let target =
                    self.s.labels.place(self.s.table_labels[at as usize]).expect("all blocks are closed");
                let distance = place(target).wrapping_sub(place(start));
                self.m.table_word(distance);
            }
        }
        self.m.buffers().set_cold(false);
    }

    // Labels.

    fn bind(&mut self, label: LabelId) {
        let here = self.m.buffers().here();
        let m = &mut *self.m;
        self.s.labels.bind(label, here, |jump| m.link(jump, here));
        self.forget_copies();
    }

    fn wait(&mut self, label: LabelId, jumps: Jumps) {
        for jump in jumps {
            self.s.labels.wait(label, jump);
        }
    }

    fn jump_to(&mut self, label: LabelId) {
        match self.s.labels.place(label) {
            Some(place) => self.m.jump_back(place),
            None => {
                let jump = self.m.jump();
                self.s.labels.wait(label, jump);
            }
        }
    }
}
