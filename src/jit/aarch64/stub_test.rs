//! Stubs, executed.
//!
//! Owns: functions that fill and check registers around a call, and what each stub promises to both sides.
//! Does not know: how code is published and entered (`test_world`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use dynasmrt::DynasmApi;

use super::A64;
use super::encode::{Cc, asm};
use super::regs::{MEMORY, SCRATCH};
use super::test_world::{
    BUILTIN, Block, Func, HOST, IMPORTS, Published, RESOLVE, TABLE, World, assemble, plan, publish,
    publish_stub, type_id, world,
};
use crate::jit::abi::{Builtin, HOST_FUNC_INDEX, Place};
use crate::jit::buffers::Jump;
use crate::jit::cases_test::{check_trap, check_value, narrow_signatures, value, wide_signatures};
use crate::jit::masm::{Cond, FloatOps, FlowOps, Gpr, Home, Masm, Operand, RegisterPlan, ScalarOps, Vreg};
use crate::spec::module::{FuncIdx, TypeIdx};
use crate::spec::ops::{FloatSize, IntBinary, IntCompare, IntSize};
use crate::spec::trap::Trap;
use crate::spec::types::FuncType;
use crate::spec::types::ValType::{self, F32, F64, I32, I64};
use crate::spec::value::Bits;

/// Wasm offsets at which test functions record their sites.
const CALL_SITE: u32 = 0x10;
const TRAP_SITE: u32 = 0x20;
/// A memory base that is told from everything else.
const BASE: usize = 0x0BAD_BA5E_0000;

fn ty(params: &[ValType], results: &[ValType]) -> FuncType {
    FuncType::new(params.iter().copied(), results.iter().copied())
}

/// The first arguments, the first one also the first result.
const X0: Gpr = Gpr(0);
const X1: Gpr = Gpr(1);
const X2: Gpr = Gpr(2);
/// Temporaries that hold neither arguments nor results here.
const X9: Gpr = Gpr(9);
const X10: Gpr = Gpr(10);

/// What a pin or temporary holds by number; vector registers count from 32.
fn pattern(reg: u8) -> u64 {
    0xC0DE_0000_F00D_0000 | u64::from(reg)
}

fn fill(masm: &mut A64, ints: &[Gpr], floats: impl IntoIterator<Item = Vreg>) {
    for float in floats {
        masm.const_int(SCRATCH, pattern(32 + float.0));
        asm!(masm ; dup V(float).d2, X(SCRATCH));
    }
    for &int in ints {
        masm.const_int(int, pattern(int.0));
    }
}

/// Jumps where a register has changed; destroys x17 and x9.
fn check_filled(masm: &mut A64, ints: &[Gpr], floats: impl IntoIterator<Item = Vreg>, bad: &mut Vec<Jump>) {
    for &int in ints {
        masm.const_int(SCRATCH, pattern(int.0));
        masm.cmp(IntSize::W64, int, SCRATCH);
        bad.push(masm.jcc(Cc::NE));
    }
    for float in floats {
        asm!(masm ; fmov X(X9), D(float));
        masm.const_int(SCRATCH, pattern(32 + float.0));
        masm.cmp(IntSize::W64, X9, SCRATCH);
        bad.push(masm.jcc(Cc::NE));
    }
}

/// Lets jumps go to a trap in the cold part.
pub(super) fn trap_at(masm: &mut A64, jumps: impl IntoIterator<Item = Jump>, trap: Trap) {
    masm.buf.set_cold(true);
    masm.buf.current.ensure(64);
    let here = masm.buf.here();
    for jump in jumps {
        masm.link(jump, here);
    }
    masm.trap_exit(trap, TRAP_SITE);
    masm.buf.set_cold(false);
}

fn float_pins() -> impl Iterator<Item = Vreg> {
    A64::FLOAT_PINS.iter().copied()
}

/// The pins that the entry stub relies on.
const KEPT: [Gpr; 4] = [Gpr(19), Gpr(20), Gpr(21), Gpr(22)];

/// Bytes of the frame of [`forward`]: outgoing area, own context, four pins.
fn forward_frame(ty: &FuncType) -> u32 {
    plan(ty).param_bytes + plan(ty).result_bytes + 8 + 32
}

/// A function that hands its parameters on to import 0 of the same signature, with all pins filled, and returns its results.
fn forward(masm: &mut A64, ty: &FuncType) {
    let (plan, frame) = (plan(ty), forward_frame(ty));
    let own = plan.param_bytes + plan.result_bytes;
    masm.prologue(frame);
    for (n, reg) in (1..).zip(KEPT) {
        masm.store_int(Home::frame(own + 8 * n), reg);
    }
    let incoming = masm.incoming(frame, 0).offset;
    if plan.wide {
        masm.copy_words(0, incoming, plan.param_bytes / 8, [X9, X10]);
    }
    for &(place, _) in plan.params.iter().filter(|_| !plan.wide) {
        if let Place::Stack(offset) = place {
            masm.copy_word(Home::frame(offset), Home::frame(incoming + offset));
        }
    }
    fill(masm, A64::INT_PINS, float_pins());
    masm.call_import(IMPORTS[0], Home::frame(own), true, plan.param_bytes, CALL_SITE);
    let mut bad = Vec::new();
    check_filled(masm, A64::INT_PINS, float_pins(), &mut bad);
    masm.const_int(SCRATCH, BASE as u64);
    masm.cmp(IntSize::W64, MEMORY, SCRATCH);
    bad.push(masm.jcc(Cc::NE));
    masm.copy_words(incoming + plan.param_bytes, plan.param_bytes, plan.result_bytes / 8, [X9, X10]);
    for (n, reg) in (1..).zip(KEPT) {
        masm.load_int(IntSize::W64, reg, Home::frame(own + 8 * n));
    }
    masm.epilogue(frame, plan.param_bytes);
    trap_at(masm, bad, Trap::Unreachable);
}

/// A context whose import 0 is a host function of this signature, and a function that forwards to it.
fn forwarding(world: &World, ty: &FuncType) -> (&'static Block, usize) {
    let block = world.context(0, &[], &[]);
    block.head.memory.base.set(std::ptr::without_provenance_mut(BASE));
    let (record, stub) = world.host(ty, None);
    block.imports[0].target.set(std::ptr::from_ref(record).cast());
    block.imports[0].code.set(std::ptr::with_exposed_provenance(stub));
    let emit = |masm: &mut A64| forward(masm, ty);
    let published = publish(&[Func { frame_bytes: forward_frame(ty), emit: &emit }]);
    (block, published.foreign[0])
}

/// Sends values through entry stub, function, host stub and back.
fn round_trip(world: &World, ty: &FuncType) {
    let (block, code) = forwarding(world, ty);
    let narrow = !plan(ty).wide;
    // Where a stub loads 32 bits, it may find anything above them.
    let above = move |ty: ValType| if narrow && ty == I32 { 0xAAAA_AAAA_0000_0000 } else { 0 };
    let seen = Rc::new(RefCell::new(Vec::new()));
    let (params, results) = (ty.params.len(), ty.results.clone());
    let noted = Rc::clone(&seen);
    let context = &raw const block.head;
    HOST.set(Some(Box::new(move |from, cells| {
        noted.borrow_mut().extend_from_slice(&cells[..params]);
        for (n, (&ty, cell)) in results.iter().zip(cells).enumerate() {
            *cell = Bits::from_u64(value(ty, 500 + n) | above(ty));
        }
        u64::from(from != context) * 50
    })));
    let args: Vec<_> =
        ty.params.iter().enumerate().map(|(n, &ty)| Bits::from_u64(value(ty, n) | above(ty))).collect();
    let results = world.call(block, code, ty, &args).unwrap_or_else(|trap| panic!("{ty}: {trap:?}"));
    assert_eq!(seen.borrow().len(), params);
    for (n, (&ty, &seen)) in ty.params.iter().zip(&*seen.borrow()).enumerate() {
        check_value(ty, seen, n, "parameter");
    }
    for (n, (&ty, &result)) in ty.results.iter().zip(&results).enumerate() {
        check_value(ty, result, 500 + n, "result");
    }
}

#[test]
fn every_mix_of_classes_crosses_both_stubs() {
    let Some(world) = world() else { return };
    for ty in narrow_signatures() {
        round_trip(world, &ty);
    }
}

#[test]
fn wide_signatures_cross_both_stubs() {
    let Some(world) = world() else { return };
    for ty in wide_signatures() {
        round_trip(world, &ty);
    }
}

#[test]
fn a_host_status_traps_for_the_caller() {
    let Some(world) = world() else { return };
    for ty in [ty(&[], &[]), ty(&[I64; 8], &[F32]), ty(&[I64; 20], &[I64; 5])] {
        let (block, code) = forwarding(world, &ty);
        HOST.set(Some(Box::new(|_, _| Trap::IntegerOverflow.code().into())));
        let args = vec![Bits::ZERO; ty.params.len()];
        check_trap(world.call(block, code, &ty, &args), Trap::IntegerOverflow, &[CALL_SITE]);
        round_trip(world, &ty);
    }
}

#[test]
fn a_freed_import_traps_for_the_caller() {
    let Some(world) = world() else { return };
    let ty = ty(&[I32], &[]);
    let (block, code) = forwarding(world, &ty);
    block.imports[0].code.set(std::ptr::with_exposed_provenance(world.freed()));
    check_trap(world.call(block, code, &ty, &[Bits::ZERO]), Trap::FunctionOfFreedInstance, &[CALL_SITE]);
}

/// A function of one i32 that calls itself with one less, and traps at 0.
fn countdown(masm: &mut A64) {
    const FRAME: u32 = 24;
    let overflow = masm.stack_check(FRAME);
    masm.prologue(FRAME);
    masm.compare_int(IntSize::W32, X0, Operand::Imm(0));
    let done = masm.jump_if(Cond::Int(IntCompare::Eq));
    masm.int_binary(IntSize::W32, IntBinary::Sub, X0, X0, Operand::Imm(1));
    masm.call_direct(FuncIdx::new(0), 0, CALL_SITE);
    masm.epilogue(FRAME, 0);
    trap_at(masm, done, Trap::Unreachable);
    trap_at(masm, [overflow], Trap::CallStackExhausted);
}

fn countdown_published() -> Published {
    publish(&[Func { frame_bytes: 24, emit: &countdown }])
}

#[test]
fn a_trap_in_the_depth_comes_back_with_its_frames() {
    let Some(world) = world() else { return };
    let (block, code) = (world.context(0, &[], &[]), countdown_published().foreign[0]);
    let ty = ty(&[I32], &[]);
    for depth in [0_u16, 1, 5, 62, 63, 64, 500] {
        let mut sites = vec![TRAP_SITE];
        sites.resize(64.min(usize::from(depth) + 1), CALL_SITE);
        check_trap(world.call(block, code, &ty, &[Bits::from_u32(depth.into())]), Trap::Unreachable, &sites);
    }
}

#[test]
fn an_endless_recursion_exhausts_the_stack() {
    let Some(world) = world() else { return };
    let (block, code) = (world.context(0, &[], &[]), countdown_published().foreign[0]);
    let mut sites = vec![TRAP_SITE];
    sites.resize(64, CALL_SITE);
    let result = world.call(block, code, &ty(&[I32], &[]), &[Bits::from_i32(-1)]);
    check_trap(result, Trap::CallStackExhausted, &sites);
}

/// Number of the register that controls floating-point arithmetic.
const FPCR: u32 = 0x5A20;

/// Offsets and kinds of the exits below, some of one kind.
const EXITS: [(u32, Trap); 6] = [
    (0x31, Trap::Unreachable),
    (0x32, Trap::IntegerDivideByZero),
    (0x33, Trap::Unreachable),
    (0x34, Trap::Unreachable),
    (0x35, Trap::OutOfBoundsMemoryAccess),
    (0x36, Trap::IntegerDivideByZero),
];

/// A function of one i32 that leaves by that exit.
fn exits(masm: &mut A64, frame: u32) {
    masm.prologue(frame);
    let jumps: Vec<_> = (0..EXITS.len())
        .map(|n| masm.jump_if_int(IntCompare::Eq, IntSize::W32, X0, Operand::Imm(n as u64)))
        .collect();
    masm.epilogue(frame, 0);
    masm.buf.set_cold(true);
    masm.buf.current.ensure(1024);
    for ((site, trap), jumps) in EXITS.into_iter().zip(jumps) {
        let here = masm.buf.here();
        jumps.into_iter().for_each(|jump| masm.link(jump, here));
        masm.const_int(SCRATCH, site.into());
        masm.trap_exit(trap, site);
    }
    masm.buf.set_cold(false);
}

#[test]
fn every_exit_tells_its_own_site() {
    let Some(world) = world() else { return };
    let block = world.context(0, &[], &[]);
    for frame in [0, 24] {
        let caller = |masm: &mut A64| {
            masm.prologue(24);
            masm.call_direct(FuncIdx::new(1), 0, CALL_SITE);
            masm.epilogue(24, 0);
        };
        let exits = |masm: &mut A64| exits(masm, frame);
        let funcs = [Func { frame_bytes: 24, emit: &caller }, Func { frame_bytes: frame, emit: &exits }];
        let code = publish(&funcs).foreign[0];
        let ty = ty(&[I32], &[]);
        for (n, (site, trap)) in (0..).zip(EXITS) {
            let result = world.call(block, code, &ty, &[Bits::from_u32(n)]);
            assert_eq!(check_trap(result, trap, &[site, CALL_SITE]), site.into(), "the datum");
        }
        world.call(block, code, &ty, &[Bits::from_u32(99)]).expect("no exit");
    }
}

/// An entry stub around another one that sets FPCR before and notes it after.
fn with_fpcr(stub: usize, before: u32, after: &'static AtomicU32) -> usize {
    publish_stub(&assemble(|masm| {
        asm!(masm ; stp x29, x30, [sp, -16]!);
        masm.mov_imm(X9, before.into());
        asm!(masm ; msr FPCR, x9);
        masm.mov_imm(X9, stub as u64);
        asm!(masm ; blr x9);
        masm.mov_imm(X10, after.as_ptr().expose_provenance() as u64);
        asm!(masm
            ; mrs x9, FPCR
            ; str w9, [x10]
            ; msr FPCR, xzr
            ; ldp x29, x30, [sp], 16
            ; ret);
    }))
}

#[test]
fn machine_code_runs_under_the_default_fpcr_and_the_host_gets_its_own_back() {
    let Some(world) = world() else { return };
    let read = |masm: &mut A64| {
        asm!(masm ; mrs x0, FPCR);
        masm.epilogue(0, 0);
    };
    let trap = |masm: &mut A64| {
        let jump = masm.jump();
        trap_at(masm, [jump], Trap::Unreachable);
    };
    let published = publish(&[Func { frame_bytes: 0, emit: &read }, Func { frame_bytes: 0, emit: &trap }]);
    let block = world.context(0, &[], &[]);
    let ty = ty(&[], &[I32]);
    // The default; denormals to zero; the default NaN; other roundings.
    for before in [0, 1 << 24, 1 << 25, 1 << 22, 3 << 22, 0x0340_0000] {
        let after = Box::leak(Box::new(AtomicU32::new(1)));
        let stub = with_fpcr(world.entry_stub(&ty), before, after);
        let inside = world.call_by(stub, block, published.foreign[0], &ty, &[]).unwrap()[0].as_u32();
        assert_eq!(inside, 0);
        assert_eq!(after.load(Ordering::Relaxed), before);
        after.store(1, Ordering::Relaxed);
        check_trap(
            world.call_by(stub, block, published.foreign[1], &ty, &[]),
            Trap::Unreachable,
            &[TRAP_SITE],
        );
        assert_eq!(after.load(Ordering::Relaxed), before);
    }
}

/// What Rust keeps of its own across a call of C: integer registers, and the lower halves of vector registers.
const HOST_INTS: [Gpr; 10] =
    [Gpr(19), Gpr(20), Gpr(21), Gpr(22), Gpr(23), Gpr(24), Gpr(25), Gpr(26), Gpr(27), Gpr(28)];

fn host_floats() -> impl Iterator<Item = Vreg> {
    (8..16).map(Vreg)
}

/// An entry stub around another one that fills the host's registers and counts in `changed` the calls that changed any.
fn with_host_registers(stub: usize, changed: &'static AtomicU32) -> usize {
    publish_stub(&assemble(|masm| {
        asm!(masm
            ; stp x29, x30, [sp, -176]!
            ; mov x29, sp);
        for (n, int) in (2..).zip(HOST_INTS) {
            masm.store_int(Home::frame(8 * n), int);
        }
        for (n, float) in (12..).zip(host_floats()) {
            masm.store_float(Home::frame(8 * n), float);
        }
        fill(masm, &HOST_INTS, host_floats());
        masm.mov_imm(X9, stub as u64);
        asm!(masm ; blr x9);
        let mut bad = Vec::new();
        check_filled(masm, &HOST_INTS, host_floats(), &mut bad);
        asm!(masm
            ; mov x9, sp
            ; cmp x9, x29);
        bad.push(masm.jcc(Cc::NE));
        let fine = masm.jump();
        let here = masm.buf.here();
        bad.into_iter().for_each(|jump| masm.link(jump, here));
        masm.mov_imm(X10, changed.as_ptr().expose_provenance() as u64);
        asm!(masm
            ; ldr w9, [x10]
            ; add w9, w9, 1
            ; str w9, [x10]);
        let here = masm.buf.here();
        masm.link(fine, here);
        asm!(masm ; mov sp, x29);
        for (n, int) in (2..).zip(HOST_INTS) {
            masm.load_int(IntSize::W64, int, Home::frame(8 * n));
        }
        for (n, float) in (12..).zip(host_floats()) {
            masm.load_float(FloatSize::F64, float, Home::frame(8 * n));
        }
        asm!(masm
            ; ldp x29, x30, [sp], 176
            ; ret);
    }))
}

/// A function that destroys all that a callee may destroy, and returns; or that destroys the pins too, and traps, if its first
/// word is not 0.
fn destroy(masm: &mut A64, ty: &FuncType) {
    let plan = plan(ty);
    if plan.wide {
        let word = masm.incoming(0, 0);
        masm.load_int(IntSize::W64, X0, word);
    }
    let exit = masm.jump_if_int(IntCompare::Ne, IntSize::W64, X0, Operand::Imm(0));
    fill(masm, A64::INT_TEMPS, (0..8).chain(16..32).map(Vreg));
    masm.const_int(MEMORY, 0x5A5A);
    masm.epilogue(0, plan.param_bytes);
    let trap = masm.buf.here();
    exit.into_iter().for_each(|jump| masm.link(jump, trap));
    fill(masm, A64::INT_PINS, (0..32).map(Vreg));
    masm.const_int(MEMORY, 0x5A5A);
    let jump = masm.jump();
    trap_at(masm, [jump], Trap::Unreachable);
}

#[test]
fn the_host_gets_its_own_registers_back() {
    let Some(world) = world() else { return };
    let block = world.context(0, &[], &[]);
    for ty in [ty(&[I64], &[]), ty(&[I64; 7], &[]), ty(&[I64; 11], &[I64; 3])] {
        let emit = |masm: &mut A64| destroy(masm, &ty);
        let code = publish(&[Func { frame_bytes: 0, emit: &emit }]).foreign[0];
        let changed = Box::leak(Box::new(AtomicU32::new(0)));
        let stub = with_host_registers(world.entry_stub(&ty), changed);
        let mut args = vec![Bits::ZERO; ty.params.len()];
        world.call_by(stub, block, code, &ty, &args).expect("it returns");
        args[0] = Bits::from_u64(1);
        check_trap(world.call_by(stub, block, code, &ty, &args), Trap::Unreachable, &[TRAP_SITE]);
        assert_eq!(changed.load(Ordering::Relaxed), 0, "{ty}");
    }
}

/// A function that hands three i64 to a builtin, with all pins filled, and returns what it returns.
fn ask(masm: &mut A64, builtin: Builtin, immediate: u64) {
    const FRAME: u32 = 32 + 32 + 8;
    masm.prologue(FRAME);
    for (n, reg) in (0..).zip([X0, X1, X2]) {
        masm.store_int(Home::frame(8 * n), reg);
    }
    for (n, reg) in (4..).zip(KEPT) {
        masm.store_int(Home::frame(8 * n), reg);
    }
    fill(masm, A64::INT_PINS, float_pins());
    masm.call_builtin(builtin, immediate, CALL_SITE);
    let mut bad = Vec::new();
    check_filled(masm, A64::INT_PINS, float_pins(), &mut bad);
    for (n, reg) in (4..).zip(KEPT) {
        masm.load_int(IntSize::W64, reg, Home::frame(8 * n));
    }
    masm.epilogue(FRAME, 0);
    trap_at(masm, bad, Trap::Unreachable);
}

#[test]
fn builtins_get_words_and_immediate_and_give_one_back() {
    let Some(world) = world() else { return };
    let ty = ty(&[I64; 3], &[I64]);
    let args = [1, u64::MAX, 3].map(Bits::from_u64);
    for (builtin, immediate) in
        Builtin::ALL.into_iter().zip([0, 1, u64::from(u32::MAX), 1 << 32, 7 << 32 | 9].into_iter().cycle())
    {
        let emit = |masm: &mut A64| ask(masm, builtin, immediate);
        let code = publish(&[Func { frame_bytes: 72, emit: &emit }]).foreign[0];
        let block = world.context(0, &[], &[]);
        BUILTIN.set(Some(Box::new(move |words, asked| {
            let fine = *words == [1, u64::MAX, 3] && asked == immediate;
            words[0] = 0x1234_5678_9ABC_DEF0;
            u64::from(!fine) * 50
        })));
        assert_eq!(world.call(block, code, &ty, &args).unwrap(), [Bits::from_u64(0x1234_5678_9ABC_DEF0)]);
        BUILTIN.set(Some(Box::new(|_, _| Trap::OutOfBoundsTableAccess.code().into())));
        check_trap(world.call(block, code, &ty, &args), Trap::OutOfBoundsTableAccess, &[CALL_SITE]);
    }
}

const CALLED: TypeIdx = TypeIdx::new(0);
const OTHER: TypeIdx = TypeIdx::new(1);
const INDIRECT_FRAME: u32 = 24;

/// `(i64, i32) -> i64`: calls entry number i32 of the table with the i64.
fn call_indirect(masm: &mut A64) {
    let own = Home::frame(16);
    masm.prologue(INDIRECT_FRAME);
    let exits = masm.indirect_lookup(X1, TABLE, 3, CALLED, [X9, X10]);
    masm.call_register(SCRATCH, 0, CALL_SITE);
    let end = masm.buf.here();
    masm.epilogue(INDIRECT_FRAME, 0);
    trap_at(masm, [exits.undefined], Trap::UndefinedElement);
    trap_at(masm, [exits.mismatch], Trap::IndirectCallTypeMismatch);
    masm.buf.set_cold(true);
    masm.buf.current.ensure(256);
    let foreign = masm.buf.here();
    masm.link(exits.foreign, foreign);
    let others = masm.find_foreign(TABLE, CALLED, [X9, X10]);
    let found = masm.jump();
    let here = masm.buf.here();
    others.into_iter().for_each(|jump| masm.link(jump, here));
    masm.resolve_foreign(TABLE, CALLED, X9, CALL_SITE);
    let here = masm.buf.here();
    masm.link(found, here);
    masm.call_foreign(own, true, 0, CALL_SITE);
    let back = masm.jump();
    masm.link(back, end);
    masm.buf.set_cold(false);
}

/// `i64 -> i64`: the sum of its parameter, its memory base and `more`.
fn add_base(masm: &mut A64, more: u32) {
    asm!(masm
        ; add x0, x0, more
        ; add x0, x0, x27);
    masm.epilogue(0, 0);
}

/// Words of the test's table.
const OWN: u64 = 1 << 42 | 5 << 20;
const FOREIGN: u64 = 2 << 42 | 9 << 20;
const STALE: u64 = 2 << 42 | 8 << 20;
const VACANT: u64 = 3 << 42 | 1 << 20;

struct Indirect {
    world: &'static World,
    block: &'static Block,
    foreign: &'static Block,
    code: usize,
    entries: [usize; 2],
}

impl Indirect {
    fn new() -> Option<Self> {
        let world = world()?;
        let one = |masm: &mut A64| add_base(masm, 1);
        let two = |masm: &mut A64| add_base(masm, 2);
        let call = Func { frame_bytes: INDIRECT_FRAME, emit: &call_indirect };
        let own = publish(&[call, Func { frame_bytes: 0, emit: &one }, Func { frame_bytes: 0, emit: &two }]);
        let other = publish(&[Func { frame_bytes: 0, emit: &one }, Func { frame_bytes: 0, emit: &two }]);
        let own_entries = own.entries(&[OTHER, CALLED, OTHER]);
        let other_entries = other.entries(&[CALLED, OTHER]);
        let host = u64::from(HOST_FUNC_INDEX);
        let table = [OWN | 1, OWN | 2, FOREIGN, FOREIGN | 1, 0, STALE, VACANT, FOREIGN | host];
        let block = world.context(OWN, own_entries, Vec::leak(table.to_vec()));
        let foreign = world.context(FOREIGN, other_entries, &[]);
        let addresses = [own_entries, other_entries].map(|entries| entries.as_ptr().addr());
        for (block, base) in [(block, 0x1000), (foreign, 0x2000)] {
            block.head.memory.base.set(std::ptr::without_provenance_mut(base));
        }
        world.slot(2).context.set(&raw const foreign.head);
        world.slot(2).tag.set(FOREIGN);
        Some(Self { world, block, foreign, code: own.foreign[0], entries: addresses })
    }

    fn call(&self, index: i32) -> Result<Vec<Bits>, Box<crate::jit::world_test::RawTrap>> {
        let args = [Bits::from_i64(40), Bits::from_i32(index)];
        self.world.call(self.block, self.code, &ty(&[I64, I32], &[I64]), &args)
    }
}

/// One test: the directory is shared by all.
#[test]
fn indirect_calls_find_own_foreign_and_host_functions_or_trap() {
    let Some(test) = Indirect::new() else { return };
    assert_eq!(test.call(0).unwrap(), [Bits::from_u64(0x1000 + 41)], "own");
    let datum = check_trap(test.call(1), Trap::IndirectCallTypeMismatch, &[TRAP_SITE]);
    assert_eq!(datum, test.entries[0] as u64 + 32, "the datum is the record of the function");
    for index in [8, 9, i32::MAX, i32::MIN, -1] {
        let datum = check_trap(test.call(index), Trap::UndefinedElement, &[TRAP_SITE]);
        assert_eq!(datum, u64::from(index.cast_unsigned()), "the datum is the index");
    }
    test.foreign.head.stack_limit.set(0);
    RESOLVE.set(Some(Box::new(|_, _, _| unreachable!("live instances are found without Rust"))));
    assert_eq!(test.call(2).unwrap(), [Bits::from_u64(0x2000 + 41)], "foreign");
    assert_eq!(
        test.foreign.head.stack_limit.get(),
        test.block.head.stack_limit.get(),
        "the limit goes with the call"
    );
    let datum = check_trap(test.call(3), Trap::IndirectCallTypeMismatch, &[CALL_SITE]);
    assert_eq!(datum, test.entries[1] as u64 + 16, "the datum is the record of the function");
    check_trap(test.call(4), Trap::UninitializedElement, &[CALL_SITE]);

    let asked = Rc::new(Cell::new((0, 0)));
    let noted = Rc::clone(&asked);
    RESOLVE.set(Some(Box::new(move |_, word, ty| {
        noted.set((word, ty));
        Err(Trap::FunctionOfFreedInstance.code().into())
    })));
    for (index, word) in [(5, STALE), (6, VACANT)] {
        check_trap(test.call(index), Trap::FunctionOfFreedInstance, &[CALL_SITE]);
        assert_eq!(asked.get(), (word, u64::from(type_id(CALLED))));
    }
    host_reference(&test);
}

fn host_reference(test: &Indirect) {
    let (record, stub) = test.world.host(&ty(&[I64], &[I64]), None);
    let record = std::ptr::from_ref(record).addr() as u64;
    RESOLVE.set(Some(Box::new(move |_, word, _| {
        if word == FOREIGN | u64::from(HOST_FUNC_INDEX) { Ok((record, stub as u64)) } else { Err(50) }
    })));
    HOST.set(Some(Box::new(|_, cells| {
        cells[0] = Bits::from_u64(cells[0].low + 5);
        0
    })));
    assert_eq!(test.call(7).unwrap(), [Bits::from_u64(45)], "host");
}

/// `i32 -> i32`: resolves an entry with every other register filled; 1 if all of them are kept.
fn resolve_only(masm: &mut A64) {
    const FRAME: u32 = 40;
    // All but the one that the sequence is given.
    let temps: Vec<_> = A64::INT_TEMPS.iter().copied().filter(|&temp| temp != X9).collect();
    let floats = || (0..31).map(Vreg);
    masm.prologue(FRAME);
    for (n, reg) in (0..).zip(KEPT) {
        masm.store_int(Home::frame(8 * n), reg);
    }
    masm.store_int(Home::frame(32), X0);
    fill(masm, A64::INT_PINS, floats());
    fill(masm, &temps, []);
    masm.load_int(IntSize::W64, SCRATCH, Home::frame(32));
    masm.resolve_foreign(TABLE, CALLED, X9, CALL_SITE);
    let mut bad = Vec::new();
    // What it found has done its part here.
    check_filled(masm, &temps, [], &mut bad);
    check_filled(masm, A64::INT_PINS, floats(), &mut bad);
    for (n, reg) in (0..).zip(KEPT) {
        masm.load_int(IntSize::W64, reg, Home::frame(8 * n));
    }
    masm.const_int(X0, 1);
    masm.epilogue(FRAME, 0);
    trap_at(masm, bad, Trap::Unreachable);
}

#[test]
fn resolving_keeps_every_register() {
    let Some(world) = world() else { return };
    let code = publish(&[Func { frame_bytes: 40, emit: &resolve_only }]).foreign[0];
    let host = 4 << 42 | 1 << 20 | u64::from(HOST_FUNC_INDEX);
    let live = 5 << 42 | 1 << 20;
    let target = publish(&[Func { frame_bytes: 0, emit: &|masm| add_base(masm, 0) }]);
    let foreign = world.context(live, target.entries(&[CALLED]), &[]);
    world.slot(5).context.set(&raw const foreign.head);
    world.slot(5).tag.set(live);
    let block = world.context(OWN, &[], Vec::leak(vec![live, host]));
    RESOLVE.set(Some(Box::new(|_, _, _| Ok((1, 2)))));
    for index in 0..2 {
        let results = world.call(block, code, &ty(&[I32], &[I32]), &[Bits::from_i32(index)]).unwrap();
        assert_eq!(results, [Bits::from_i32(1)]);
    }
    assert_eq!(block.head.call_code.get(), 2, "the last one was resolved by Rust");
}

#[test]
fn stack_parameters_are_popped_at_any_count() {
    let Some(world) = world() else { return };
    // sp is where it was, or the saved pins would come back wrong and the entry stub would return elsewhere.
    for count in 9..40 {
        round_trip(world, &ty(&vec![I64; count], &[]));
        round_trip(world, &ty(&vec![F64; count], &vec![I32; count]));
    }
}
