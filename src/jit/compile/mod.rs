//! The one driver, generic over the machine: a validated body to machine code in two linear passes.
//!
//! Owns: the phases of one function (scan → pins → prologue → body → epilogue), the worker that keeps their storage, and the
//! dispatch from rows to shapes. Does not know: register names, encodings, stores; no `cfg` stands here.
//!
//! Reading order: [`Worker::compile`], then `values` (where values are), `control`, `scalar`, `calls`.

mod calls;
mod control;
mod convert;
mod copies;
mod fold;
mod frame;
mod label;
mod locals;
mod memory;
mod pins;
mod reciprocal;
mod reference;
mod regs;
mod scalar;
mod scan;
mod stack;
mod stream;
mod summary;
mod test;
mod values;

use self::control::ControlFrame;
use self::frame::FrameLayout;
use self::label::{LabelId, Labels};
use self::pins::Pins;
use self::regs::RegSet;
use self::scan::Scanner;
use self::stack::Stack;
use self::stream::{Reader, Record};
use self::summary::Summary;
use self::values::Dests;
use crate::arena::index::IndexVec;
use crate::arena::scratch::Scratch;
use crate::jit::abi::{CallPlan, ContextLayout, marks_of};
use crate::jit::buffers::{Jump, Records};
use crate::jit::image::FuncImage;
use crate::jit::masm::{Jumps, Masm, Reach};
use crate::jit::target::{MemoryMode, Target, Tuning};
use crate::spec::decode::Decoded;
use crate::spec::invalid::{LimitExceeded, ModuleError};
use crate::spec::limits::CODE_BYTES_MAX;
use crate::spec::module::{DefinedFuncIdx, FuncIdx, TypeIdx};
use crate::spec::ops::{Shape, Special};
use crate::spec::trap::Trap;

/// What all workers share while a module is compiled.
#[derive(Debug)]
pub(crate) struct ModuleContext<'a> {
    /// The module's bytes.
    pub(crate) bytes: &'a [u8],
    /// What it declares.
    pub(crate) decoded: &'a Decoded,
    /// How each type's values travel.
    pub(crate) plans: IndexVec<TypeIdx, CallPlan>,
    /// The context block.
    pub(crate) layout: ContextLayout,
    /// What is compiled for.
    pub(crate) target: &'a Target,
}

impl<'a> ModuleContext<'a> {
    /// The context of one module.
    pub(crate) fn new(bytes: &'a [u8], decoded: &'a Decoded, target: &'a Target) -> Self {
        let registers = target.tuning.has(Tuning::REGISTER_CALLS);
        let plans = decoded.decl.types.as_slice().iter().map(|ty| CallPlan::new(ty, registers)).collect();
        let marks = if target.memory == MemoryMode::Compact { marks_of(&decoded.decl) } else { None };
        let layout = ContextLayout::new(&decoded.decl, marks.unwrap_or(0));
        Self { bytes, decoded, plans, layout, target }
    }
}

/// A trap exit that waits for the end of the function.
#[derive(Clone, Copy, Debug)]
struct TrapExit {
    jump: Jump,
    trap: Trap,
    wasm: u32,
}

/// A jump table that waits for the end of the function.
#[derive(Clone, Copy, Debug)]
struct JumpTable {
    /// The address computation that wants the table's place.
    address: Jump,
    /// Its entries in `table_labels`.
    first: u32,
    len: u32,
}

/// What emission keeps between functions and clears at the start of each.
#[derive(Debug, Default)]
struct State {
    stack: Stack,
    ints: RegSet,
    floats: RegSet,
    /// By touched local: the register that was its last copy, if it has none at its home.
    copies: Vec<u8>,
    labels: Labels,
    frames: Vec<ControlFrame>,
    traps: Vec<TrapExit>,
    tables: Vec<JumpTable>,
    table_labels: Vec<LabelId>,
    /// Storage of a list of destinations.
    dests: Dests,
    /// By branch depth, for the `br_table` in progress: its stub.
    stubs: Vec<(u32, LabelId)>,
}

impl State {
    fn begin(&mut self, locals: usize) {
        self.stack.begin(locals);
        self.copies.clear();
        self.copies.resize(locals, 0);
        self.labels.clear();
        self.frames.clear();
        self.traps.clear();
        self.tables.clear();
        self.table_labels.clear();
        self.stubs.clear();
    }
}

/// One thread's compiler: the backend and all storage, reused from function to function.
#[derive(Debug)]
pub(crate) struct Worker<M> {
    masm: M,
    scanner: Scanner,
    summary: Summary,
    pins: Pins,
    state: State,
    scratch: Scratch,
}

impl<M: Masm> Worker<M> {
    /// A worker for a target.
    pub(crate) fn new(target: &Target) -> Self {
        Self {
            masm: M::new(target),
            scanner: Scanner::default(),
            summary: Summary::default(),
            pins: Pins::default(),
            state: State::default(),
            scratch: Scratch::default(),
        }
    }

    /// Forgets code and budget of the last chunk.
    pub(crate) fn begin_chunk(&mut self) {
        self.masm.buffers().clear();
        self.scanner.values_moved = 0;
        self.scanner.touches_tables = false;
    }

    /// Values that the bodies of this chunk move.
    pub(crate) fn values_moved(&self) -> u64 {
        self.scanner.values_moved
    }

    /// Whether a body of this chunk looks into a table or changes one.
    pub(crate) fn touches_tables(&self) -> bool {
        self.scanner.touches_tables
    }

    /// Code and records of this chunk.
    pub(crate) fn take_code(&mut self) -> (Vec<u8>, Records) {
        let buffers = self.masm.buffers();
        (buffers.code().to_vec(), buffers.take_records())
    }

    /// Validates and compiles one function behind those already in the chunk.
    ///
    /// # Errors
    /// If the body is invalid, or asks for more than a limit allows.
    pub(crate) fn compile(
        &mut self,
        cx: &ModuleContext<'_>,
        func: DefinedFuncIdx,
    ) -> Result<FuncImage, ModuleError> {
        self.scratch.reset();
        self.scanner.scan(cx, func, &mut self.summary)?;
        let decl = &cx.decoded.decl;
        let index = decl.func_idx(func);
        let frame = frame::plan::<M>(cx, &self.summary, &mut self.pins)?;
        let body = &decl.bodies[func];
        let body_start = u32::try_from(body.start).expect("modules are limited to 1 GiB");
        let start = self.masm.buffers().checkpoint();
        let first = if body.len() <= SHORT_BODY_BYTES_MAX { Reach::Short } else { Reach::Near };
        for reach in [Reach::Short, Reach::Near, Reach::Far].into_iter().filter(|&reach| reach >= first) {
            self.state.begin(self.summary.locals.len());
            self.state.ints = RegSet::new(M::INT_TEMPS, self.pins.int_temps());
            self.state.floats = RegSet::new(M::FLOAT_TEMPS, self.pins.float_temps());
            let emit = Emit {
                m: &mut self.masm,
                s: &mut self.state,
                scratch: &self.scratch,
                cx,
                summary: &self.summary,
                pins: &self.pins,
                reader: self.summary.stream.reader(),
                frame,
                index,
                body_start,
                wasm: body_start,
                reachable: true,
                in_cold_arm: false,
                computes_floats: false,
            };
            if let Some(image) = emit.function(reach)? {
                return Ok(image);
            }
            self.masm.buffers().rewind(start);
        }
        unreachable!("the limit on machine code keeps every displacement in {index} in reach")
    }
}

/// Bodies of up to so many bytes are tried with the shortest forms of jumps first.
const SHORT_BODY_BYTES_MAX: usize = 2048;

/// The emission of one function.
struct Emit<'a, M> {
    m: &'a mut M,
    s: &'a mut State,
    /// For lists that live no longer than the function is compiled.
    scratch: &'a Scratch,
    cx: &'a ModuleContext<'a>,
    summary: &'a Summary,
    pins: &'a Pins,
    reader: Reader<'a>,
    frame: FrameLayout,
    index: FuncIdx,
    /// Offset of the body in the module.
    body_start: u32,
    /// Offset in the module of the operator being compiled.
    wasm: u32,
    /// Whether the position being written can be reached.
    reachable: bool,
    /// Whether a cold arm is being written: see `Emit::enter_cold_arm`.
    in_cold_arm: bool,
    /// Whether there was an operator whose result depends on how the machine rounds, or on what it does with denormals.
    computes_floats: bool,
}

impl<M: Masm> Emit<'_, M> {
    /// The whole function; `None` if a jump does not go far enough.
    fn function(mut self, reach: Reach) -> Result<Option<FuncImage>, ModuleError> {
        self.m.begin_function(reach);
        self.m.buffers().current.ensure(HEADROOM_BYTES);
        let (start, local, foreign) = self.prologue();
        self.open_function();
        while let Some(record) = self.reader.next() {
            self.m.buffers().current.ensure(HEADROOM_BYTES);
            // Here too, so that a body which asks for far more takes neither its time nor its space.
            check_code_bytes(self.m.buffers().written_bytes())?;
            self.wasm = self.body_start + record.offset();
            self.operator(record);
            debug_assert!(self.is_settled(), "{} at {:#x} lost a register", record.op().text(), self.wasm);
        }
        self.trap_exits()?;
        // The last that may change the length of the hot part, which jump tables count from.
        self.m.constants();
        self.jump_tables();
        let fits = self.m.finish_function().is_some();
        let end = self.m.buffers().offset();
        check_code_bytes(end as usize)?;
        let plain = !(self.summary.calls || self.computes_floats);
        let image = FuncImage { start, local, foreign, end, frame_bytes: self.frame.bytes, plain };
        Ok(fits.then_some(image))
    }

    /// Whether each temporary is free or held by a stack entry. Walks all registers, so it is for assertions of debug builds.
    fn is_settled(&self) -> bool {
        self.s.ints.is_settled() && self.s.floats.is_settled()
    }

    fn operator(&mut self, record: Record) {
        let shape = record.op().shape();
        match shape {
            Shape::Const(ty) => self.constant(ty, record.imm()),
            Shape::Int(..)
            | Shape::Divide(..)
            | Shape::IntCompare(..)
            | Shape::Float(..)
            | Shape::FloatCompare(..)
                if self.folds_two(shape) => {}
            Shape::IntUnary(..) | Shape::Eqz(_) | Shape::FloatUnary(..) | Shape::Convert(_)
                if self.folds_one(shape) => {}
            Shape::Int(size, kind) => self.int_binary(size, kind),
            Shape::Divide(size, kind) => self.divide(size, kind),
            Shape::IntUnary(size, kind) => self.int_unary(size, kind),
            Shape::Eqz(size) => self.eqz(size),
            Shape::IntCompare(size, compare) => self.int_compare(size, compare),
            Shape::Float(size, kind) => self.float_binary(size, kind),
            Shape::FloatUnary(size, kind) => self.float_unary(size, kind),
            Shape::FloatCompare(size, compare) => self.float_compare(size, compare),
            Shape::Convert(kind) => self.convert(kind),
            Shape::Load(access) => self.load(access, record.imm()),
            Shape::Store(access) => self.store(access, record.imm()),
            Shape::Special(special) => self.special(special, record),
        }
    }

    fn special(&mut self, special: Special, record: Record) {
        let imm = record.imm();
        match special {
            Special::Unreachable => self.unreachable(),
            Special::Nop => {}
            Special::Block => self.block(imm),
            Special::Loop => self.loop_(imm),
            Special::If => self.if_(record),
            Special::Else => self.else_(),
            Special::End => self.end(),
            Special::Br => self.br(imm),
            Special::BrIf => self.br_if(record),
            Special::BrTable => self.br_table(imm),
            Special::Return => self.return_(),
            Special::Call => self.call(FuncIdx::new(imm)),
            Special::CallIndirect => self.call_indirect(TypeIdx::new(imm)),
            Special::Drop => self.drop_top(),
            Special::Select => self.select(),
            Special::LocalGet => self.local_get(imm),
            Special::LocalSet => self.local_set(imm, false),
            Special::LocalTee => self.local_set(imm, true),
            Special::GlobalGet => self.global_get(imm),
            Special::GlobalSet => self.global_set(imm),
            Special::MemorySize => self.memory_size(),
            Special::TableGet => self.table_get(imm),
            Special::TableSet => self.table_set(imm),
            Special::TableSize => self.table_size(imm),
            Special::RefNull => self.ref_null(imm),
            Special::RefIsNull => self.eqz(crate::spec::ops::IntSize::W64),
            Special::RefFunc => self.ref_func(FuncIdx::new(imm)),
            builtin => self.bulk(builtin, imm),
        }
    }

    /// Jumps to a trap exit, made at the end of the function.
    fn trap_if(&mut self, jumps: impl IntoIterator<Item = Jump>, trap: Trap) {
        let wasm = self.wasm;
        self.s.traps.extend(jumps.into_iter().map(|jump| TrapExit { jump, trap, wasm }));
    }

    /// Lets jumps go to the position being written.
    fn land(&mut self, jumps: Jumps) {
        let here = self.m.buffers().here();
        for jump in jumps {
            self.m.link(jump, here);
        }
    }

    fn trap_exits(&mut self) -> Result<(), ModuleError> {
        self.m.buffers().set_cold(true);
        for at in 0..self.s.traps.len() {
            let TrapExit { jump, trap, wasm } = self.s.traps[at];
            self.m.buffers().current.ensure(HEADROOM_BYTES);
            let here = self.m.buffers().here();
            self.m.link(jump, here);
            self.m.trap_exit(trap, wasm);
            check_code_bytes(self.m.buffers().written_bytes())?;
        }
        self.m.buffers().set_cold(false);
        Ok(())
    }
}

/// Whether the code of a chunk may have so many bytes.
#[inline]
fn check_code_bytes(bytes: usize) -> Result<(), LimitExceeded> {
    LimitExceeded::check("bytes of machine code", bytes as u64, CODE_BYTES_MAX as u64)
}

/// Room made in the code buffer before each operator and each trap exit. What may emit more asks for more.
const HEADROOM_BYTES: usize = 1024;
