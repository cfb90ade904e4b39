//! What differs between machines: the trait [`Masm`], the sum of one trait per twin file of the backends.
//!
//! Owns: operand kinds, conditions, and the methods that a backend supplies. What can be said with other methods lives in
//! `compile`: frame arithmetic, call sequencing, bounds-check strategy, moves at labels, which register to spill.
//! Does not know: register names; [`Gpr`] and [`Vreg`] are numbers that only a backend and its [`RegisterPlan`] understand.
//!
//! # Rules that every backend keeps
//! - Every i32 that a method leaves in a register or slot has a zero upper half.
//! - A destination may be the same register as any source; methods never write a source that is not the destination.
//! - The scratch registers (never handed out by the plan) may be written by any method but those marked *keeps scratch*.
//! - No method changes flags but those of [`ScalarOps`] and [`FloatOps`] that compute; between `compare_*` and its consumer
//!   only methods marked *keeps flags* are called.

use smallvec::SmallVec;

use super::abi::{Builtin, CallPlan, at};
use super::buffers::{Buffers, Jump, Mark};
use super::target::Target;
use crate::arena::code_buf::CodeBuf;
use crate::spec::module::{FuncIdx, TypeIdx};
use crate::spec::ops::{
    Access, Division, FloatBinary, FloatCompare, FloatSize, FloatUnary, IntBinary, IntCompare, IntSize,
    IntUnary, Sign,
};
use crate::spec::trap::Trap;

/// A general register: the hardware's number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Gpr(pub(crate) u8);

/// A vector register: the hardware's number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Vreg(pub(crate) u8);

impl From<Gpr> for u8 {
    #[inline]
    fn from(reg: Gpr) -> Self {
        reg.0
    }
}

impl From<Vreg> for u8 {
    #[inline]
    fn from(reg: Vreg) -> Self {
        reg.0
    }
}

/// What an address counts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Base {
    /// The stack pointer.
    Frame,
    /// The running instance's context.
    Context,
    /// A register that holds an address.
    Reg(Gpr),
}

/// A word at a fixed distance from a base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Home {
    /// What it counts from.
    pub(crate) base: Base,
    /// Bytes from there.
    pub(crate) offset: u32,
}

impl Home {
    /// A word of the frame.
    #[must_use]
    pub(crate) const fn frame(offset: u32) -> Self {
        Self { base: Base::Frame, offset }
    }

    /// A word of the context block.
    #[must_use]
    pub(crate) const fn context(offset: u32) -> Self {
        Self { base: Base::Context, offset }
    }
}

/// The second operand of an integer operation. The backend loads what its instructions cannot take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    /// A register.
    Reg(Gpr),
    /// Constant bits (an i32's upper half is zero).
    Imm(u64),
    /// A word in memory.
    Home(Home),
}

/// The second operand of a floating-point operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FloatOperand {
    /// A register.
    Reg(Vreg),
    /// A word in memory; only its type's width is read.
    Home(Home),
    /// Constant bits; only where the plan has memory operands.
    Const(u64),
}

/// A register of either class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reg {
    /// General.
    Int(Gpr),
    /// Vector.
    Float(Vreg),
}

/// An address in memory 0: base + index + offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Address {
    /// Register that holds the index (zero upper half), if it is not constant.
    pub(crate) index: Option<Gpr>,
    /// Constant part.
    pub(crate) offset: u64,
    /// The wasm offset, when the access may hit a guard and must be recorded as a site.
    pub(crate) site: Option<u32>,
}

/// A condition after `compare_int` or `compare_float` with the same comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cond {
    /// The integer comparison holds.
    Int(IntCompare),
    /// The float comparison holds.
    Float(FloatCompare),
    /// The float comparison does not hold (with a NaN that is not the opposite comparison).
    NotFloat(FloatCompare),
}

impl Cond {
    /// True exactly when this is false.
    #[must_use]
    pub(crate) const fn inverse(self) -> Self {
        match self {
            Self::Int(compare) => Self::Int(compare.inverse()),
            Self::Float(compare) => Self::NotFloat(compare),
            Self::NotFloat(compare) => Self::Float(compare),
        }
    }
}

/// Bytes of a constant behind a function: an f32 takes as many as an f64. They are aligned, so that no read crosses cache lines.
pub(super) const CONSTANT_BYTES: u32 = 8;

/// The two 32-bit words of a 64-bit one, the lower first.
fn halves(bits: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = bits.to_le_bytes();
    [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])]
}

/// The jumps of one conditional branch: a float comparison may take two.
pub(crate) type Jumps = SmallVec<[Jump; 2]>;

/// Registers of a machine and their roles. The lists are in order of preference.
pub(crate) trait RegisterPlan {
    /// Destroyed by calls; hold operands.
    const INT_TEMPS: &'static [Gpr];
    /// Destroyed by calls; hold operands.
    const FLOAT_TEMPS: &'static [Vreg];
    /// Preserved by calls in our convention; hold locals.
    const INT_PINS: &'static [Gpr];
    /// Preserved by calls in our convention; hold locals.
    const FLOAT_PINS: &'static [Vreg];
    /// Argument registers, a subset of the temporaries, at least [`super::abi::INT_ARGS`].
    const INT_ARGS: &'static [Gpr];
    /// Argument registers, a subset of the temporaries, at least [`super::abi::FLOAT_ARGS`].
    const FLOAT_ARGS: &'static [Vreg];
    /// Result registers; the first one also carries the first value of its class at labels.
    const INT_RESULTS: &'static [Gpr];
    /// Result registers; the first one also carries the first value of its class at labels.
    const FLOAT_RESULTS: &'static [Vreg];
    /// The register that a variable shift count must be in, if the machine has such a rule: it is free or holds the count
    /// when `int_binary` is called with a variable count.
    const SHIFT_COUNT: Option<Gpr>;
    /// Bytes at the start of an entry stub that compare the host's arithmetic with the standard's: a function that computes nothing with
    /// floats, and calls nothing that might, may be entered behind them.
    const ENTRY_CHECK_BYTES: u32;
    /// The base of memory 0.
    const MEMORY: Gpr;
    /// The context, or near it: as it is saved and restored.
    const CONTEXT: Gpr;
    /// Whether arithmetic takes an operand from memory, or has it loaded first.
    const MEMORY_OPERANDS: bool;
    /// The integer scratch.
    const SCRATCH: Gpr;
    /// The vector scratch.
    const FLOAT_SCRATCH: Vreg;
    /// Registers that `divide` destroys: none of them holds a live value but its own operands.
    const DIVIDE_CLOBBERS: &'static [Gpr];
    /// Bytes that the return address takes above a frame, whether the call puts it there or the prologue does.
    const RETURN_ADDRESS_BYTES: u32;
    /// Bytes that it takes where a function has no frame: none if it stays in its register.
    const RETURN_ADDRESS_BYTES_FRAMELESS: u32;
}

/// Integer operators and moves.
pub(crate) trait ScalarOps {
    /// Copies a register. *Keeps flags, keeps scratch.*
    fn move_int(&mut self, size: IntSize, dst: Gpr, src: Gpr);
    /// Exchanges two registers, all 64 bits. *Keeps flags, keeps scratch.*
    fn exchange_int(&mut self, a: Gpr, b: Gpr);
    /// Loads constant bits. *Keeps flags, keeps scratch.*
    fn const_int(&mut self, dst: Gpr, bits: u64);
    /// Loads a word; 32 bits are zero-extended. *Keeps flags, keeps scratch.*
    fn load_int(&mut self, size: IntSize, dst: Gpr, from: Home);
    /// Stores a word, always 64 bits. *Keeps flags, keeps scratch.*
    fn store_int(&mut self, to: Home, src: Gpr);
    /// Stores constant bits as a 64-bit word. *Keeps flags, keeps the integer scratch* (two stores where the bits need them).
    fn store_const(&mut self, to: Home, bits: u64);
    /// Copies a 64-bit word from memory to memory through the vector scratch. *Keeps flags, keeps the integer scratch.* Provided.
    fn copy_word(&mut self, to: Home, from: Home)
    where
        Self: FloatOps + RegisterPlan,
    {
        self.load_float(FloatSize::F64, Self::FLOAT_SCRATCH, from);
        self.store_float(to, Self::FLOAT_SCRATCH);
    }
    /// Whether a result in another register than `lhs` costs an instruction more.
    fn overwrites(&self, kind: IntBinary, rhs: Operand) -> bool;
    /// `dst = lhs kind rhs`.
    fn int_binary(&mut self, size: IntSize, kind: IntBinary, dst: Gpr, lhs: Gpr, rhs: Operand);
    /// `dst = lhs kind rhs`, where the divisor is not zero and, for `DivS`, the quotient does not overflow; `RemS` by −1 is 0.
    fn divide(&mut self, size: IntSize, kind: Division, dst: Gpr, lhs: Gpr, rhs: Gpr);
    /// `dst = kind src`.
    fn int_unary(&mut self, size: IntSize, kind: IntUnary, dst: Gpr, src: Gpr);
    /// i64 to i32: a real 32-bit move.
    fn wrap(&mut self, dst: Gpr, src: Gpr);
    /// i32 to i64.
    fn extend(&mut self, sign: Sign, dst: Gpr, src: Gpr);
    /// Sets flags from a comparison.
    fn compare_int(&mut self, size: IntSize, lhs: Gpr, rhs: Operand);
    /// Sets flags by the bits that are set in both: `Cond::Int` of `Eq` then means none, of `Ne` any.
    fn test_bits(&mut self, size: IntSize, lhs: Gpr, rhs: Operand);
    /// 1 or 0 by a condition, whole register. Ends the flags.
    fn set_if(&mut self, cond: Cond, dst: Gpr);
    /// `dst = cond ? then : otherwise`, 64 bits. *Keeps flags.*
    fn select_int(&mut self, cond: Cond, dst: Gpr, then: Gpr, otherwise: Gpr);
}

/// Floating-point operators and moves.
pub(crate) trait FloatOps {
    /// Copies a register. *Keeps flags, keeps the integer scratch.*
    fn move_float(&mut self, dst: Vreg, src: Vreg);
    /// Exchanges two registers through the vector scratch. *Keeps flags, keeps the integer scratch.* Provided.
    fn exchange_float(&mut self, a: Vreg, b: Vreg)
    where
        Self: RegisterPlan,
    {
        if a != b {
            self.move_float(Self::FLOAT_SCRATCH, a);
            self.move_float(a, b);
            self.move_float(b, Self::FLOAT_SCRATCH);
        }
    }
    /// Loads constant bits through the vector unit. May use the integer scratch. *Keeps flags.*
    fn const_float(&mut self, size: FloatSize, dst: Vreg, bits: u64);
    /// Loads a word of this size. *Keeps flags, keeps the integer scratch.*
    fn load_float(&mut self, size: FloatSize, dst: Vreg, from: Home);
    /// Stores a 64-bit word (an f32's upper half is whatever the register holds). *Keeps flags, keeps the integer scratch.*
    fn store_float(&mut self, to: Home, src: Vreg);
    /// Whether the result of a binary operation in another register than `lhs` costs an instruction more.
    fn overwrites_float(&self) -> bool;
    /// `dst = lhs kind rhs`, exact NaN and signed-zero rules of the standard.
    fn float_binary(&mut self, size: FloatSize, kind: FloatBinary, dst: Vreg, lhs: Vreg, rhs: FloatOperand);
    /// `dst = kind src`.
    fn float_unary(&mut self, size: FloatSize, kind: FloatUnary, dst: Vreg, src: Vreg);
    /// Sets flags for exactly this comparison: consumers use `Cond::Float(compare)` or `Cond::NotFloat(compare)`.
    fn compare_float(&mut self, size: FloatSize, compare: FloatCompare, lhs: Vreg, rhs: FloatOperand);
    /// `dst = cond ? then : otherwise`.
    fn select_float(&mut self, cond: Cond, dst: Vreg, then: Vreg, otherwise: Vreg);
    /// Float to integer towards zero, where the value is known to fit only after the returned jumps were not taken:
    /// `(not a number, out of range)`, both to be linked to trap exits. May emit to the cold buffer.
    fn truncate(&mut self, int: IntSize, float: FloatSize, sign: Sign, dst: Gpr, src: Vreg)
    -> (Jumps, Jumps);
    /// Float to integer, saturating; a NaN gives 0.
    fn truncate_saturating(&mut self, int: IntSize, float: FloatSize, sign: Sign, dst: Gpr, src: Vreg);
    /// Integer to float, rounded to nearest.
    fn convert_int(&mut self, float: FloatSize, int: IntSize, sign: Sign, dst: Vreg, src: Gpr);
    /// f64 to f32.
    fn demote(&mut self, dst: Vreg, src: Vreg);
    /// f32 to f64.
    fn promote(&mut self, dst: Vreg, src: Vreg);
    /// The bits of a float.
    fn bits_of(&mut self, size: FloatSize, dst: Gpr, src: Vreg);
    /// The float of bits.
    fn float_of_bits(&mut self, size: FloatSize, dst: Vreg, src: Gpr);
}

/// Linear memory, tables, and what else is reached through the context.
pub(crate) trait MemoryOps {
    /// `dst = memory[address]`.
    fn load(&mut self, access: Access, dst: Reg, address: Address);
    /// `memory[address] = src`, by one store, of which nothing is written if it hits a guard.
    fn store(&mut self, access: Access, src: Reg, address: Address);
    /// Stores an integer constant of up to 32 significant bits (sign-extended for 8 bytes), as [`Self::store`] does.
    fn store_imm(&mut self, access: Access, bits: u64, address: Address);
    /// Jumps if `index + end > length of memory 0`, all in 64 bits, leaving the end address in the scratch as the trap's
    /// datum. `end` is the access's offset plus width.
    fn bounds_check(&mut self, index: Option<Gpr>, end: u64) -> Jump;
    /// Marks where the access ends that [`Self::bounds_check`] has just let through.
    fn mark_store(&mut self);
    /// Verifying mode: stops the process if the upper half of the register is not zero.
    fn verify_i32(&mut self, reg: Gpr);
    /// `dst =` size of memory 0 in wasm pages.
    fn memory_pages(&mut self, dst: Gpr);
    /// Address of a table's entry: `dst = base + 8 × index`, with the index masked to 0 under speculation; the returned jump is
    /// taken when the index is not below the length. `view` is the table's view in the context. `index` and `dst` differ.
    fn table_entry(&mut self, dst: Gpr, index: Gpr, view: u32) -> Jump;
}

/// How far the jumps inside a function must be able to go. A function in which one does not is emitted again with the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// No further than the shortest forms of the machine.
    Short,
    /// No further than conditional jumps.
    Near,
    /// Anywhere in a module's code.
    Far,
}

/// The exits of an indirect call's look-up, all taken before any argument has moved.
#[derive(Debug)]
pub(crate) struct IndirectExits {
    /// The index is out of bounds; the datum (index) is in the scratch.
    pub(crate) undefined: Jump,
    /// Own function of another type; the datum stands in the scratch.
    pub(crate) mismatch: Jump,
    /// Null, another instance, a host function, or stale: goes to `resolve_foreign`. The index, masked, is in the scratch.
    pub(crate) foreign: Jump,
}

/// Control flow.
pub(crate) trait FlowOps {
    /// An unconditional jump forward.
    fn jump(&mut self) -> Jump;
    /// A conditional jump forward. *Keeps flags.*
    fn jump_if(&mut self, cond: Cond) -> Jumps;
    /// An unconditional jump back to a position of the same buffer.
    fn jump_back(&mut self, target: Mark);
    /// A conditional jump back to a position of the same buffer.
    fn jump_back_if(&mut self, cond: Cond, target: Mark);
    /// Jumps by a comparison of integers, by fused forms where the machine has them.
    fn jump_if_int(&mut self, compare: IntCompare, size: IntSize, lhs: Gpr, rhs: Operand) -> Jumps;
    /// Jumps back by a comparison of integers.
    fn jump_back_if_int(&mut self, compare: IntCompare, size: IntSize, lhs: Gpr, rhs: Operand, target: Mark);
    /// Writes the displacement of a jump of some form at an offset to a target; false if it does not fit.
    fn patch(code: &mut CodeBuf, at: u32, form: u8, target: u32) -> bool;
    /// Starts a function, whose jumps are of forms that go so far.
    fn begin_function(&mut self, reach: Reach);
    /// The four bytes at `at` of a call of `target`, offsets in one piece of code, which were `old`; `None` if the distance does not fit.
    fn call_field(old: u32, at: u32, form: u8, target: u32) -> Option<u32>;
    /// Compares the index with `count` (all 32 bits), jumps if not below; else jumps through a table of 32-bit distances from
    /// the table's own start: returns (out of range, address of the table). The index is masked under speculation; index and
    /// temporary are destroyed and differ.
    fn jump_table(&mut self, index: Gpr, temp: Gpr, count: u32) -> (Jump, Jump);
    /// Pads with nothing that is executed to a multiple of 4 and appends a 32-bit word (a table's entry).
    fn table_word(&mut self, word: u32);
    /// Aligns the position to a power of two with instructions that do nothing.
    fn align(&mut self, to: u32);
    /// Foreign entry: copies the stack limit, switches to the callee's context (in the scratch) and its memory; falls through.
    fn foreign_entry(&mut self);
    /// Jumps if the stack pointer less `frame_bytes` is below the limit. The first thing in a function. For frames of at most
    /// 4 KiB the frame is left out of the sum.
    fn stack_check(&mut self, frame_bytes: u32) -> Jump;
    /// Makes the frame.
    fn prologue(&mut self, frame_bytes: u32);
    /// Takes the frame down and returns, popping `param_bytes` of stack parameters.
    fn epilogue(&mut self, frame_bytes: u32, param_bytes: u32);
    /// Calls a function of the same instance, then takes back `param_bytes` that the callee popped. Between the call and that
    /// nothing else; the return address is recorded with `wasm`.
    fn call_direct(&mut self, func: FuncIdx, param_bytes: u32, wasm: u32);
    /// Calls the code that a word of the context names. *Keeps scratch* up to the call; otherwise as `call_direct`.
    fn call_through(&mut self, offset: u32, param_bytes: u32, wasm: u32);
    /// Looks an own function up in a table for an indirect call; leaves its code in the scratch. `temps` are free. The index
    /// register is not written. `functions` is the number of functions of the module, `ty` the expected type.
    fn indirect_lookup(
        &mut self,
        index: Gpr,
        view: u32,
        functions: u32,
        ty: TypeIdx,
        temps: [Gpr; 2],
    ) -> IndirectExits;
    /// Calls what a register holds; as `call_direct`.
    fn call_register(&mut self, code: Gpr, param_bytes: u32, wasm: u32);
    /// At the foreign exit, with the temporaries as `indirect_lookup` leaves them: finds a function of another instance; then
    /// the target context is in the scratch and its code in the memory base. Jumps where the entry holds anything else, or a
    /// function of another type, with the index in the scratch still: `resolve_foreign` knows.
    fn find_foreign(&mut self, view: u32, ty: TypeIdx, temps: [Gpr; 2]) -> [Jump; 2];
    /// At the foreign exit: resolves the reference; afterwards the target context is in the scratch and its code in the memory
    /// base. `temp` is free. Its return address is recorded (the stub may trap).
    fn resolve_foreign(&mut self, view: u32, ty: TypeIdx, temp: Gpr, wasm: u32);
    /// Calls a builtin through its stub; the words lie at the start of the frame's outgoing area; the first word comes back in
    /// the first integer result register. Pins are kept, temporaries are not. Return address recorded.
    fn call_builtin(&mut self, builtin: Builtin, immediate: u64, wasm: u32);
    /// Leaves for the trap stub; the datum is in the scratch. Recorded with `wasm`. Emitted in the cold buffer.
    fn trap_exit(&mut self, trap: Trap, wasm: u32);
    /// Copies `words` 64-bit words upwards from frame offset `from` to frame offset `to` by a loop, lowest first; destroys
    /// `temps`. *Keeps scratch*: an indirect call's code waits there while its arguments are copied.
    fn copy_words(&mut self, to: u32, from: u32, words: u32, temps: [Gpr; 2]);
    /// Zeroes `words` 64-bit words from frame offset `from` upwards by a loop; destroys the scratch and `temp`.
    fn zero_words(&mut self, from: u32, words: u32, temp: Gpr);
    /// Where a word of the caller's outgoing area lies: this function's stack parameters start behind the return address.
    /// Provided.
    fn incoming(&self, frame_bytes: u32, offset: u32) -> Home
    where
        Self: RegisterPlan,
    {
        let return_address_bytes = match frame_bytes {
            0 => Self::RETURN_ADDRESS_BYTES_FRAMELESS,
            _ => Self::RETURN_ADDRESS_BYTES,
        };
        Home::frame(frame_bytes + return_address_bytes + offset)
    }
}

/// Stubs: code that belongs to an engine, not to a module. Each appends to the buffers and leaves them in the hot part.
pub(crate) trait StubOps {
    /// Jumped to (by a call) from every trap exit. See `abi::Builtins::trap`.
    fn trap_stub(&mut self);
    /// Reference in the scratch, engine type id in `call_code`: leaves the target in the scratch and its code in `call_code`;
    /// keeps every other register; or traps.
    fn resolve_stub(&mut self);
    /// One builtin: keeps the pins, calls the C function with (context, words, immediate), traps on a status other than 0,
    /// loads word 0 as the result.
    fn builtin_stub(&mut self, builtin: Builtin);
    /// `abi::EntryFn` for one plan that is not wide.
    fn entry_stub(
        &mut self,
        plan: &CallPlan,
        params: &[crate::spec::types::ValType],
        results: &[crate::spec::types::ValType],
    );
    /// `abi::EntryFn` for all wide plans: counts are in the activation.
    fn entry_stub_wide(&mut self);
    /// `abi::EntryFn` for one plan that is not wide, with an `abi::LaneRun` in the place of cells: the context is that of the
    /// first lane.
    fn lane_stub(
        &mut self,
        plan: &CallPlan,
        params: &[crate::spec::types::ValType],
        results: &[crate::spec::types::ValType],
    );
    /// Called like a function through an import or a reference, record in the scratch, for one plan that is not wide.
    fn host_stub(
        &mut self,
        plan: &CallPlan,
        params: &[crate::spec::types::ValType],
        results: &[crate::spec::types::ValType],
    );
    /// The host stub of all wide plans: counts are in the record.
    fn host_stub_wide(&mut self);
    /// What an import is rewritten to when its function is freed at once: traps.
    fn freed_stub(&mut self);
}

/// A backend.
pub(crate) trait Masm: RegisterPlan + ScalarOps + FloatOps + MemoryOps + FlowOps + StubOps {
    /// A backend for a target.
    fn new(target: &Target) -> Self;
    /// The buffers it writes.
    fn buffers(&mut self) -> &mut Buffers;
    /// Lets a jump go to a position. A displacement that does not fit its form is told by `finish_function`. Provided.
    fn link(&mut self, jump: Jump, target: Mark) {
        self.buffers().link(jump, target, Self::patch);
    }
    /// Writes the constants that the function reads behind what is in the cold buffer, each once. Provided.
    fn constants(&mut self) {
        let wanted = self.buffers().take_constants();
        if !wanted.is_empty() {
            self.align(CONSTANT_BYTES);
            self.buffers().set_cold(true);
            self.align(CONSTANT_BYTES);
            for same in wanted.chunk_by(|(a, _), (b, _)| a == b) {
                let here = self.buffers().here();
                let [low, high] = halves(same[0].0);
                self.table_word(low);
                self.table_word(high);
                same.iter().for_each(|&(_, field)| self.link(field, here));
            }
            self.buffers().set_cold(false);
        }
        self.buffers().return_constants(wanted);
    }
    /// Ends the function: joins hot and cold; the offset at which the cold part begins, or `None` if something did not fit.
    /// Provided.
    fn finish_function(&mut self) -> Option<u32> {
        self.buffers().finish_function(Self::patch)
    }
    /// Calls an import whose view is at `view` in the context: keeps the own context in `own`, restores it and, if `memory`,
    /// the memory base. Return address recorded; stack pointer as in `call_direct`. Provided.
    fn call_import(&mut self, view: u32, own: Home, memory: bool, param_bytes: u32, wasm: u32) {
        self.store_int(own, Self::CONTEXT);
        self.load_int(IntSize::W64, Self::SCRATCH, Home::context(view + at::IMPORT_TARGET));
        self.call_through(view + at::IMPORT_CODE, param_bytes, wasm);
        self.restore_context(own, memory);
    }
    /// Calls what `resolve_foreign` found; otherwise as `call_import`. Provided.
    fn call_foreign(&mut self, own: Home, memory: bool, param_bytes: u32, wasm: u32) {
        self.store_int(own, Self::CONTEXT);
        self.call_register(Self::MEMORY, param_bytes, wasm);
        self.restore_context(own, memory);
    }
    /// Behind a call that may have run another instance. Provided.
    fn restore_context(&mut self, own: Home, memory: bool) {
        self.load_int(IntSize::W64, Self::CONTEXT, own);
        if memory {
            self.load_int(IntSize::W64, Self::MEMORY, Home::context(at::MEMORY_BASE));
        }
    }
    /// The register that a variable count of this operation must be in, if any (see [`RegisterPlan::SHIFT_COUNT`]); a backend
    /// whose CPU has forms without that rule overrides. Provided.
    fn shift_count(&self, kind: IntBinary) -> Option<Gpr> {
        let _ = kind;
        Self::SHIFT_COUNT
    }
}
