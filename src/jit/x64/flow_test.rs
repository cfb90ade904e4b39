//! Jumps, loops, tables and frames, executed; lengths and displacements by their bytes.

use super::X64;
use super::encode::{FORM_REL32, patch_rel32};
use super::regs::{RAX, RCX, RDI, RDX, SCRATCH};
use super::stub_test::trap_at;
use super::test_world::{Func, HOST, IMPORTS, assemble, publish, world};
use crate::jit::buffers::Mark;
use crate::jit::cases_test::{FLOAT_COMPARES, INT_COMPARES, INT_SIZES, compared, holds};
use crate::jit::masm::{Cond, FloatOperand, FloatOps, FlowOps, Home, Jumps, Masm, Operand, ScalarOps, Vreg};
use crate::jit::target::{Arch, Target};
use crate::spec::numeric;
use crate::spec::ops::{FloatSize, IntBinary, IntCompare, IntSize};
use crate::spec::trap::Trap;
use crate::spec::types::FuncType;
use crate::spec::types::ValType::{self, F64, I32, I64};
use crate::spec::value::Bits;

/// Runs a function without a frame once per list of arguments; `None` is a trap.
fn run(
    params: &[ValType],
    result: ValType,
    emit: &dyn Fn(&mut X64),
    calls: &[Vec<Bits>],
) -> Option<Vec<Option<u64>>> {
    let world = world()?;
    let ty = FuncType::new(params.iter().copied(), [result]);
    let code = publish(&[Func { frame_bytes: 0, emit }]).foreign[0];
    let (block, stub) = (world.context(0, &[], &[]), world.entry_stub(&ty));
    let call =
        |args: &Vec<Bits>| world.call_by(stub, block, code, &ty, args).ok().map(|results| results[0].low);
    Some(calls.iter().map(call).collect())
}

fn land(masm: &mut X64, jumps: Jumps) {
    let here = masm.buf.here();
    for jump in jumps {
        masm.link(jump, here);
    }
}

/// `(f64, f64) -> i32`: whether a jump is taken: forwards; backwards over `distance` bytes at least.
fn taken(masm: &mut X64, cond: Cond, back_over: Option<usize>) {
    let (Cond::Float(compare) | Cond::NotFloat(compare)) = cond else {
        unreachable!("only float conditions here")
    };
    let start = masm.jump();
    let yes = masm.buf.here();
    masm.const_int(RAX, 1);
    masm.epilogue(0, 0);
    masm.buf.current.append(&vec![0xCC; back_over.unwrap_or(0)]);
    masm.buf.current.ensure(256);
    let here = masm.buf.here();
    masm.link(start, here);
    masm.compare_float(FloatSize::F64, compare, Vreg(0), FloatOperand::Reg(Vreg(1)));
    match back_over {
        Some(_) => masm.jump_back_if(cond, yes),
        None => {
            for jump in masm.jump_if(cond) {
                masm.link(jump, yes);
            }
        }
    }
    masm.const_int(RAX, 0);
    masm.epilogue(0, 0);
}

#[test]
fn float_conditions_jump_exactly_when_they_hold() {
    let values = [0.0, -0.0, 1.0, -2.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let pairs: Vec<_> = values.iter().flat_map(|&a| values.map(|b| (a, b))).collect();
    let calls: Vec<_> =
        pairs.iter().map(|(a, b)| [a, b].map(|x| Bits::from_u64(x.to_bits())).to_vec()).collect();
    for compare in FLOAT_COMPARES {
        for cond in [Cond::Float(compare), Cond::NotFloat(compare)] {
            for back_over in [None, Some(0), Some(100), Some(130), Some(1000)] {
                let emit = |masm: &mut X64| taken(masm, cond, back_over);
                let Some(seen) = run(&[F64, F64], I32, &emit, &calls) else { return };
                for (&(a, b), seen) in pairs.iter().zip(seen) {
                    assert_eq!(
                        seen,
                        Some(holds(cond, a, b).into()),
                        "{cond:?} of {a} and {b}, {back_over:?}"
                    );
                }
            }
        }
    }
}

/// `(i64, i64) -> i32`: whether a jump is taken: forwards, or backwards.
fn taken_by_ints(masm: &mut X64, (size, compare): (IntSize, IntCompare), rhs: Operand, back: bool) {
    let start = masm.jump();
    let yes = masm.buf.here();
    masm.const_int(RAX, 1);
    masm.epilogue(0, 0);
    land(masm, Jumps::from_slice(&[start]));
    if back {
        masm.jump_back_if_int(compare, size, RAX, rhs, yes);
    } else {
        for jump in masm.jump_if_int(compare, size, RAX, rhs) {
            masm.link(jump, yes);
        }
    }
    masm.const_int(RAX, 0);
    masm.epilogue(0, 0);
}

#[test]
fn integer_conditions_jump_exactly_when_they_hold() {
    for (size, compare) in INT_SIZES.into_iter().flat_map(|size| INT_COMPARES.map(|compare| (size, compare)))
    {
        for back in [false, true] {
            let check = |rhs: Operand, pairs: &[(u64, u64)]| {
                let emit = |masm: &mut X64| taken_by_ints(masm, (size, compare), rhs, back);
                let args: Vec<_> = pairs.iter().map(|&(a, b)| [a, b].map(Bits::from_u64).to_vec()).collect();
                for (seen, &(a, b)) in run(&[I64, I64], I32, &emit, &args).iter().flatten().zip(pairs) {
                    let expected = Some(numeric::int_compare(size, compare, a, b));
                    assert_eq!(*seen, expected, "{size:?} {a:x} {compare:?} {b:x} by {rhs:?}");
                }
            };
            let pairs = compared(size);
            check(Operand::Reg(RCX), &pairs);
            for imm in [0, 1, pairs[5].1, pairs[pairs.len() - 1].1] {
                let same: Vec<_> = pairs.iter().map(|&(a, _)| (a, imm)).collect();
                check(Operand::Imm(imm), &same);
            }
        }
    }
}

/// `i32 -> i32`: counts down by a loop with `filler` bytes in it, and says how often it went round.
fn count(masm: &mut X64, filler: usize, conditional: bool) {
    masm.const_int(RCX, 0);
    let again = masm.buf.here();
    for nop in vec![0x90; filler].chunks(64) {
        masm.buf.current.append(nop);
    }
    masm.buf.current.ensure(256);
    masm.int_binary(IntSize::W32, IntBinary::Add, RCX, RCX, Operand::Imm(1));
    masm.int_binary(IntSize::W32, IntBinary::Sub, RAX, RAX, Operand::Imm(1));
    masm.compare_int(IntSize::W32, RAX, Operand::Imm(0));
    if conditional {
        masm.jump_back_if(Cond::Int(IntCompare::GtS), again);
    } else {
        let out = masm.jump_if(Cond::Int(IntCompare::LeS));
        masm.jump_back(again);
        land(masm, out);
    }
    masm.move_int(IntSize::W32, RAX, RCX);
    masm.epilogue(0, 0);
}

#[test]
fn loops_of_any_length_jump_back_to_their_head() {
    for filler in (90..140).chain([0, 5000]) {
        for conditional in [false, true] {
            let emit = |masm: &mut X64| count(masm, filler, conditional);
            let Some(seen) = run(&[I32], I32, &emit, &[vec![Bits::from_i32(1)], vec![Bits::from_i32(7)]])
            else {
                return;
            };
            assert_eq!(seen, [Some(1), Some(7)], "{filler} bytes, {conditional}");
        }
    }
}

/// `i32 -> i32`: 100 + index by a table of `count` arms, 99 outside. The table lies in the cold part.
fn by_table(masm: &mut X64, count: u32, misalign: u32) {
    let (outside, table) = masm.jump_table(RAX, RCX, count);
    let arms: Vec<_> = (0..count)
        .map(|arm| {
            masm.buf.current.ensure(64);
            let at = masm.buf.here();
            masm.const_int(RAX, u64::from(100 + arm));
            masm.epilogue(0, 0);
            at
        })
        .collect();
    let here = masm.buf.here();
    masm.link(outside, here);
    masm.const_int(RAX, 99);
    masm.epilogue(0, 0);
    masm.buf.current.append(&vec![0xCC; misalign as usize]);
    let mut start = None;
    for arm in arms {
        let before = masm.buf.here();
        let at = *start.get_or_insert(Mark { offset: before.offset.next_multiple_of(4), cold: before.cold });
        masm.table_word(arm.offset.wrapping_sub(at.offset));
        assert_eq!(masm.buf.offset() % 4, 0);
    }
    masm.link(table, start.unwrap());
}

#[test]
fn jump_tables_reach_every_arm_and_nothing_else() {
    for (count, misalign) in [(1, 0), (4, 1), (7, 2), (200, 3), (5000, 1)] {
        let emit = |masm: &mut X64| by_table(masm, count, misalign);
        let indices = [0, 1, count / 2, count - 1, count, count + 1, 1 << 31, u32::MAX];
        let calls: Vec<_> = indices.iter().map(|&index| vec![Bits::from_u32(index)]).collect();
        let Some(seen) = run(&[I32], I32, &emit, &calls) else { return };
        for (index, seen) in indices.into_iter().zip(seen) {
            let expected = if index < count { 100 + index } else { 99 };
            assert_eq!(seen, Some(expected.into()), "{index} of {count}");
        }
    }
}

/// Words of the outgoing area of the functions below, which the host sees.
const WORDS: u32 = 100;

/// Hands `WORDS` words of the frame to import 0 after `change` has been at them.
fn show_words(masm: &mut X64, change: &dyn Fn(&mut X64)) {
    const FRAME: u32 = WORDS * 8 + 8;
    masm.prologue(FRAME);
    masm.buf.current.ensure(8192);
    for word in 0..WORDS {
        masm.store_const(Home::frame(8 * word), u64::from(word) << 33 | 0x8000_0000);
    }
    change(masm);
    masm.call_import(IMPORTS[0], Home::frame(WORDS * 8), false, WORDS * 8, 1);
    masm.epilogue(FRAME, 0);
}

fn check_words(change: &dyn Fn(&mut X64), expected: impl FnOnce(&mut [u64])) {
    let Some(world) = world() else { return };
    let emit = |masm: &mut X64| show_words(masm, change);
    let code = publish(&[Func { frame_bytes: WORDS * 8 + 8, emit: &emit }]).foreign[0];
    let block = world.context(0, &[], &[]);
    let (record, stub) = world.host(&FuncType::new([I64; WORDS as usize], []), None);
    block.imports[0].target.set(std::ptr::from_ref(record).cast());
    block.imports[0].code.set(std::ptr::with_exposed_provenance(stub));
    let mut words: Vec<_> = (0..WORDS).map(|word| u64::from(word) << 33 | 0x8000_0000).collect();
    expected(&mut words);
    HOST.set(Some(Box::new(move |_, cells| {
        let same = cells.iter().map(|cell| cell.low).eq(words.iter().copied());
        u64::from(!same) * 50
    })));
    world.call(block, code, &FuncType::default(), &[]).expect("all words are as expected");
}

#[test]
fn word_loops_touch_exactly_their_words() {
    for words in 0..=40 {
        for (to, from) in [(50, 3), (3, 50), (4, 7)] {
            let copy = |masm: &mut X64| {
                masm.const_int(SCRATCH, 77);
                masm.copy_words(to * 8, from * 8, words, [RDX, RDI]);
                let lost = masm.jump_if_int(IntCompare::Ne, IntSize::W64, SCRATCH, Operand::Imm(77));
                trap_at(masm, lost, Trap::Unreachable);
            };
            let (to, from, len) = (to as usize, from as usize, words as usize);
            check_words(&copy, |all| all.copy_within(from..from + len, to));
        }
        let zero = |masm: &mut X64| masm.zero_words(8 * 17, words, RAX);
        check_words(&zero, |all| all[17..17 + words as usize].fill(0));
    }
}

/// `i32 -> i32` with a frame of so many bytes: 1 if the whole frame can be written.
fn checked_frame(masm: &mut X64, frame: u32) {
    let overflow = masm.stack_check(frame);
    masm.prologue(frame);
    masm.store_const(Home::frame(0), 5);
    masm.store_const(Home::frame(frame - 8), 6);
    masm.load_int(IntSize::W64, RAX, Home::frame(0));
    masm.epilogue(frame, 0);
    trap_at(masm, [overflow], Trap::CallStackExhausted);
}

#[test]
fn frames_are_checked_against_the_limit() {
    // Entries may use 256 KiB.
    for (frame, fits) in
        [(16, true), (4096, true), (4104, true), (200 << 10, true), (257 << 10, false), (1 << 30, false)]
    {
        let emit = |masm: &mut X64| checked_frame(masm, frame);
        let Some(seen) = run(&[I32], I32, &emit, &[vec![Bits::ZERO]]) else { return };
        assert_eq!(seen, [fits.then_some(5)], "{frame}");
    }
}

#[test]
fn alignment_is_made_of_instructions() {
    for before in 0..64 {
        for to in [1, 2, 16, 32, 64] {
            let emit = |masm: &mut X64| {
                masm.buf.current.append(&vec![0x90; before]);
                masm.align(to);
                assert_eq!(masm.buf.offset() % to, 0);
                masm.buf.current.ensure(64);
                masm.epilogue(0, 0);
            };
            let Some(seen) = run(&[I32], I32, &emit, &[vec![Bits::from_i32(3)]]) else { return };
            assert_eq!(seen, [Some(3)], "{before} to {to}");
        }
    }
}

#[test]
fn displacements_that_do_not_fit_are_refused() {
    let check = |target, expected: Option<i32>| {
        assert_eq!(X64::call_field(0, 4, FORM_REL32, target), expected.map(i32::cast_unsigned));
    };
    let farthest = i32::MAX.unsigned_abs();
    check(8, Some(0));
    check(100, Some(92));
    check(0, Some(-8));
    check(8 + farthest, Some(i32::MAX));
    check(9 + farthest, None);
    let mut masm = X64::new(&Target::new(Arch::X64));
    masm.buf.current.ensure(64);
    let jump = masm.jump();
    assert!(patch_rel32(&mut masm.buf.current, jump.at.offset, jump.form, 5 + farthest));
    assert!(!patch_rel32(&mut masm.buf.current, jump.at.offset, jump.form, 6 + farthest));
}

fn check_bytes(emit: impl FnOnce(&mut X64), expected: &[u8]) {
    assert_eq!(assemble(emit), expected);
}

#[test]
fn sequences_are_as_short_as_planned() {
    check_bytes(|masm| masm.trap_exit(Trap::Unreachable, 0), &[0x6A, 1, 0x41, 0xFF, 0x57, 0x88]);
    check_bytes(|masm| masm.prologue(24), &[0x48, 0x83, 0xEC, 24]);
    check_bytes(|masm| masm.epilogue(0, 16), &[0xC2, 16, 0]);
    check_bytes(|masm| _ = masm.stack_check(4096), &[0x49, 0x3B, 0x67, 0x80, 0x0F, 0x82, 0, 0, 0, 0]);
    assert_eq!(assemble(FlowOps::foreign_entry).len(), 19);
}
