//! Jumps, loops, tables and frames, executed; lengths and displacements by their bytes.

use super::A64;
use super::encode::{FORM_14, FORM_19, FORM_26, FORM_ADR, with_distance};
use super::regs::SCRATCH;
use super::stub_test::trap_at;
use super::test_world::{Func, HOST, IMPORTS, assemble, publish, world};
use crate::jit::buffers::Mark;
use crate::jit::cases_test::{FLOAT_COMPARES, INT_COMPARES, INT_SIZES, compared, holds};
use crate::jit::masm::{
    Cond, FloatOperand, FloatOps, FlowOps, Gpr, Home, Jumps, Masm, Operand, Reach, ScalarOps, Vreg,
};
use crate::jit::target::{Arch, Target};
use crate::spec::numeric;
use crate::spec::ops::{FloatSize, IntBinary, IntCompare, IntSize};
use crate::spec::trap::Trap;
use crate::spec::types::FuncType;
use crate::spec::types::ValType::{self, F64, I32, I64};
use crate::spec::value::Bits;

/// The first arguments, the first one also the result; temporaries.
const X0: Gpr = Gpr(0);
const X1: Gpr = Gpr(1);
const X9: Gpr = Gpr(9);
const X10: Gpr = Gpr(10);

const NOP: u32 = 0xD503_201F;
const REACHES: [Reach; 3] = [Reach::Short, Reach::Near, Reach::Far];

/// Runs a function without a frame once per list of arguments; `None` is a trap.
fn run(
    params: &[ValType],
    result: ValType,
    emit: &dyn Fn(&mut A64),
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

fn land(masm: &mut A64, jumps: Jumps) {
    let here = masm.buf.here();
    for jump in jumps {
        masm.link(jump, here);
    }
}

/// Instructions that do nothing.
fn nops(masm: &mut A64, count: usize) {
    masm.buf.current.append(&NOP.to_le_bytes().repeat(count));
    masm.buf.current.ensure(256);
}

/// `-> i32`: whether a jump is taken: forwards; backwards over `back_over` instructions at least.
fn taken(
    masm: &mut A64,
    back_over: Option<usize>,
    jump: &dyn Fn(&mut A64) -> Jumps,
    back: &dyn Fn(&mut A64, Mark),
) {
    let start = masm.jump();
    let yes = masm.buf.here();
    masm.const_int(X0, 1);
    masm.epilogue(0, 0);
    nops(masm, back_over.unwrap_or(0));
    let here = masm.buf.here();
    masm.link(start, here);
    let forward = match back_over {
        Some(_) => {
            back(masm, yes);
            Jumps::new()
        }
        None => jump(masm),
    };
    masm.const_int(X0, 0);
    masm.epilogue(0, 0);
    land(masm, forward);
    masm.const_int(X0, 1);
    masm.epilogue(0, 0);
}

#[test]
fn float_conditions_jump_exactly_when_they_hold() {
    let values = [0.0, -0.0, 1.0, -2.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let pairs: Vec<_> = values.iter().flat_map(|&a| values.map(|b| (a, b))).collect();
    let calls: Vec<_> =
        pairs.iter().map(|(a, b)| [a, b].map(|x| Bits::from_u64(x.to_bits())).to_vec()).collect();
    for (compare, reach) in
        FLOAT_COMPARES.into_iter().flat_map(|compare| REACHES.map(|reach| (compare, reach)))
    {
        for cond in [Cond::Float(compare), Cond::NotFloat(compare)] {
            for back_over in [None, Some(0), Some(1000)] {
                let test = |masm: &mut A64| {
                    masm.compare_float(FloatSize::F64, compare, Vreg(0), FloatOperand::Reg(Vreg(1)));
                };
                let emit = |masm: &mut A64| {
                    masm.begin_function(reach);
                    let jump = |masm: &mut A64| {
                        test(masm);
                        masm.jump_if(cond)
                    };
                    let back = |masm: &mut A64, to| {
                        test(masm);
                        masm.jump_back_if(cond, to);
                    };
                    taken(masm, back_over, &jump, &back);
                };
                let Some(seen) = run(&[F64, F64], I32, &emit, &calls) else { return };
                for (&(a, b), seen) in pairs.iter().zip(seen) {
                    let what = || format!("{cond:?} of {a} and {b}, {back_over:?}, {reach:?}");
                    assert_eq!(seen, Some(holds(cond, a, b).into()), "{}", what());
                }
            }
        }
    }
}

#[test]
fn integer_conditions_jump_exactly_when_they_hold() {
    for (size, compare) in INT_SIZES.into_iter().flat_map(|size| INT_COMPARES.map(|compare| (size, compare)))
    {
        for (reach, back_over) in
            REACHES.into_iter().flat_map(|reach| [None, Some(3)].map(|back| (reach, back)))
        {
            let check = |rhs: Operand, pairs: &[(u64, u64)]| {
                let emit = |masm: &mut A64| {
                    masm.begin_function(reach);
                    let jump = |masm: &mut A64| masm.jump_if_int(compare, size, X0, rhs);
                    let back = |masm: &mut A64, to| masm.jump_back_if_int(compare, size, X0, rhs, to);
                    taken(masm, back_over, &jump, &back);
                };
                let args: Vec<_> = pairs.iter().map(|&(a, b)| [a, b].map(Bits::from_u64).to_vec()).collect();
                for (seen, &(a, b)) in run(&[I64, I64], I32, &emit, &args).iter().flatten().zip(pairs) {
                    let expected = Some(numeric::int_compare(size, compare, a, b));
                    assert_eq!(*seen, expected, "{size:?} {a:x} {compare:?} {b:x} by {rhs:?}, {reach:?}");
                }
            };
            let pairs = compared(size);
            check(Operand::Reg(X1), &pairs);
            for imm in [0, 1, pairs[5].1, pairs[pairs.len() - 1].1] {
                let same: Vec<_> = pairs.iter().map(|&(a, _)| (a, imm)).collect();
                check(Operand::Imm(imm), &same);
            }
        }
    }
}

/// `i32 -> i32`: counts down by a loop with `filler` instructions in it, and says how often it went round.
fn count(masm: &mut A64, filler: usize, conditional: bool) {
    masm.const_int(X9, 0);
    let again = masm.buf.here();
    nops(masm, filler);
    masm.int_binary(IntSize::W32, IntBinary::Add, X9, X9, Operand::Imm(1));
    masm.int_binary(IntSize::W32, IntBinary::Sub, X0, X0, Operand::Imm(1));
    masm.compare_int(IntSize::W32, X0, Operand::Imm(0));
    if conditional {
        masm.jump_back_if(Cond::Int(IntCompare::GtS), again);
    } else {
        let out = masm.jump_if(Cond::Int(IntCompare::LeS));
        masm.jump_back(again);
        land(masm, out);
    }
    masm.move_int(IntSize::W32, X0, X9);
    masm.epilogue(0, 0);
}

#[test]
fn loops_of_any_length_jump_back_to_their_head() {
    for (filler, reach) in
        [(0, Reach::Short), (8000, Reach::Short), (260_000, Reach::Near), (300_000, Reach::Far)]
    {
        for conditional in [false, true] {
            let emit = |masm: &mut A64| {
                masm.begin_function(reach);
                count(masm, filler, conditional);
            };
            let Some(seen) = run(&[I32], I32, &emit, &[vec![Bits::from_i32(1)], vec![Bits::from_i32(7)]])
            else {
                return;
            };
            assert_eq!(seen, [Some(1), Some(7)], "{filler} instructions, {conditional}");
        }
    }
}

type MakeJump = fn(&mut A64) -> Jumps;
/// Jumps of every form, with the reach that gives the form and the instructions that it does not go over any more.
const JUMPS: [(Reach, u32, MakeJump); 8] = [
    (Reach::Short, 1 << 13, |masm| masm.jump_if_int(IntCompare::LtS, IntSize::W32, X0, Operand::Imm(0))),
    (Reach::Short, 1 << 13, |masm| masm.jump_if_int(IntCompare::GeS, IntSize::W64, X0, Operand::Imm(0))),
    (Reach::Near, 1 << 18, |masm| masm.jump_if_int(IntCompare::LtS, IntSize::W32, X0, Operand::Imm(0))),
    (Reach::Near, 1 << 18, |masm| masm.jump_if_int(IntCompare::Eq, IntSize::W32, X0, Operand::Imm(0))),
    (Reach::Near, 1 << 18, |masm| masm.jump_if_int(IntCompare::Ne, IntSize::W64, X0, Operand::Imm(0))),
    (Reach::Near, 1 << 18, |masm| masm.jump_if_int(IntCompare::GtS, IntSize::W64, X0, Operand::Imm(5))),
    (Reach::Far, 1 << 25, |masm| masm.jump_if_int(IntCompare::LtS, IntSize::W32, X0, Operand::Imm(0))),
    (Reach::Far, 1 << 25, |masm| masm.jump_if_int(IntCompare::Eq, IntSize::W32, X0, Operand::Imm(0))),
];

#[test]
fn a_jump_that_does_not_go_far_enough_is_told_at_the_end() {
    for (reach, instructions, make) in JUMPS {
        for (over, fits) in [(instructions - 1, true), (instructions, false)] {
            let mut masm = A64::new(&Target::new(Arch::Aarch64));
            masm.buf.current.ensure(64);
            masm.begin_function(reach);
            let jumps = make(&mut masm);
            for jump in jumps {
                masm.link(jump, Mark { offset: jump.at.offset + 4 * over, cold: false });
            }
            assert_eq!(masm.finish_function().is_some(), fits, "{reach:?} over {over}");
            masm.begin_function(reach);
            let jumps = make(&mut masm);
            for jump in jumps {
                masm.link(jump, jump.at);
            }
            assert!(masm.finish_function().is_some(), "the next function starts afresh");
        }
    }
}

#[test]
fn the_longest_jumps_of_each_form_arrive() {
    // What goes as far as the shortest forms, and a longer one with the next reach.
    for (reach, instructions, make) in JUMPS.into_iter().filter(|jump| jump.0 != Reach::Far) {
        let next = if reach == Reach::Short { Reach::Near } else { Reach::Far };
        for (reach, over) in [(reach, instructions - 1), (next, instructions + 10)] {
            let emit = |masm: &mut A64| {
                masm.begin_function(reach);
                let jumps = make(masm);
                let from = jumps[0].at.offset;
                masm.const_int(X0, 0);
                masm.epilogue(0, 0);
                let filler = from + 4 * over - masm.buf.offset();
                nops(masm, filler as usize / 4);
                assert_eq!(masm.buf.offset(), from + 4 * over);
                land(masm, jumps);
                masm.const_int(X0, 1);
                masm.epilogue(0, 0);
            };
            let args = [0, 1, 6, u64::MAX, 1 << 31].map(|bits| vec![Bits::from_u64(bits)]);
            let mut nearby = taken_nearby(make);
            for (arg, seen) in args.iter().zip(run(&[I64], I32, &emit, &args).into_iter().flatten()) {
                assert_eq!(seen, nearby(arg[0]), "{reach:?} over {over}: {arg:?}");
            }
        }
    }
}

/// Whether a jump is taken, by one that need not go far.
fn taken_nearby(make: MakeJump) -> impl FnMut(Bits) -> Option<u64> {
    move |arg| {
        let emit = |masm: &mut A64| taken(masm, None, &|masm| make(masm), &|_, _| unreachable!());
        run(&[I64], I32, &emit, &[vec![arg]]).and_then(|seen| seen[0])
    }
}

/// `i32 -> i32`: 100 + index by a table of `count` arms, 99 outside. The table lies behind `filler` instructions.
fn by_table(masm: &mut A64, count: u32, filler: usize) {
    let (outside, table) = masm.jump_table(X0, X9, count);
    let arms: Vec<_> = (0..count)
        .map(|arm| {
            masm.buf.current.ensure(64);
            let at = masm.buf.here();
            masm.const_int(X0, u64::from(100 + arm));
            masm.epilogue(0, 0);
            at
        })
        .collect();
    let here = masm.buf.here();
    masm.link(outside, here);
    masm.const_int(X0, 99);
    masm.epilogue(0, 0);
    nops(masm, filler);
    let start = masm.buf.here();
    for arm in arms {
        masm.table_word(arm.offset.wrapping_sub(start.offset));
    }
    masm.link(table, start);
}

#[test]
fn jump_tables_reach_every_arm_and_nothing_else() {
    for (reach, count, filler) in [
        (Reach::Short, 1, 0),
        (Reach::Short, 4, 1),
        (Reach::Near, 7, 2),
        (Reach::Near, 200, 3),
        (Reach::Near, 5000, 200_000),
        (Reach::Far, 3, 0),
        (Reach::Far, 4097, 1 << 19),
    ] {
        let emit = |masm: &mut A64| {
            masm.begin_function(reach);
            by_table(masm, count, filler);
        };
        let indices = [0, 1, count / 2, count - 1, count, count + 1, 1 << 31, u32::MAX];
        let calls: Vec<_> = indices.iter().map(|&index| vec![Bits::from_u32(index)]).collect();
        let Some(seen) = run(&[I32], I32, &emit, &calls) else { return };
        for (index, seen) in indices.into_iter().zip(seen) {
            let expected = if index < count { 100 + index } else { 99 };
            assert_eq!(seen, Some(expected.into()), "{index} of {count}, {reach:?}");
        }
    }
}

/// Words of the outgoing area of the functions below, which the host sees.
const WORDS: u32 = 100;

/// Hands `WORDS` words of the frame to import 0 after `change` has been at them.
fn show_words(masm: &mut A64, change: &dyn Fn(&mut A64)) {
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

fn check_words(change: &dyn Fn(&mut A64), expected: impl FnOnce(&mut [u64])) {
    let Some(world) = world() else { return };
    let emit = |masm: &mut A64| show_words(masm, change);
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
            let copy = |masm: &mut A64| {
                masm.const_int(SCRATCH, 77);
                masm.copy_words(to * 8, from * 8, words, [X9, X10]);
                let lost = masm.jump_if_int(IntCompare::Ne, IntSize::W64, SCRATCH, Operand::Imm(77));
                trap_at(masm, lost, Trap::Unreachable);
            };
            let (to, from, len) = (to as usize, from as usize, words as usize);
            check_words(&copy, |all| all.copy_within(from..from + len, to));
        }
        let zero = |masm: &mut A64| masm.zero_words(8 * 17, words, X0);
        check_words(&zero, |all| all[17..17 + words as usize].fill(0));
    }
}

/// `-> i64`: copies and clears words of a frame at offsets that fit no instruction; the sum of what is there afterwards.
fn far_words(masm: &mut A64, words: u32) {
    const FRAME: u32 = 200_008;
    masm.prologue(FRAME);
    masm.zero_words(40_000, words, X9);
    for (n, offset) in [100_000, 100_008, 100_000 + 8 * (words - 1)].into_iter().enumerate() {
        masm.store_const(Home::frame(offset), 0x1111_2222_3333_0001 + n as u64);
    }
    masm.const_int(SCRATCH, 1 << 60);
    masm.copy_words(40_000, 100_000, words, [X9, X10]);
    masm.move_int(IntSize::W64, X0, SCRATCH);
    for offset in [40_000, 40_008, 40_000 + 8 * (words - 1)] {
        masm.int_binary(IntSize::W64, IntBinary::Add, X0, X0, Operand::Home(Home::frame(offset)));
    }
    masm.zero_words(40_000, words, X9);
    masm.int_binary(IntSize::W64, IntBinary::Add, X0, X0, Operand::Home(Home::frame(40_000)));
    masm.epilogue(FRAME, 0);
}

#[test]
fn word_loops_reach_offsets_that_fit_no_instruction() {
    for words in [3, 4097, 5000] {
        let Some(seen) = run(&[], I64, &|masm| far_words(masm, words), &[vec![]]) else { return };
        let sum = 0x1111_2222_3333_0000_u64.wrapping_mul(3).wrapping_add((1 << 60) + 1 + 2 + 3);
        assert_eq!(seen, [Some(sum)], "{words}");
    }
}

/// `i32 -> i32` with a frame of so many bytes: 1 if the whole frame can be written.
fn checked_frame(masm: &mut A64, frame: u32) {
    let overflow = masm.stack_check(frame);
    masm.prologue(frame);
    masm.store_const(Home::frame(0), 5);
    masm.store_const(Home::frame(frame - 8), 6);
    masm.load_int(IntSize::W64, X0, Home::frame(0));
    masm.epilogue(frame, 0);
    trap_at(masm, [overflow], Trap::CallStackExhausted);
}

#[test]
fn frames_are_checked_against_the_limit() {
    // Entries may use 256 KiB; a frame is 8 less than a multiple of 16.
    for (frame, fits) in
        [(24, true), (4088, true), (4104, true), (200 << 10, true), (257 << 10, false), (1 << 30, false)]
    {
        let frame = frame | 8;
        let emit = |masm: &mut A64| checked_frame(masm, frame);
        let Some(seen) = run(&[I32], I32, &emit, &[vec![Bits::ZERO]]) else { return };
        assert_eq!(seen, [fits.then_some(5)], "{frame}");
    }
}

#[test]
fn alignment_is_made_of_instructions() {
    for before in 0..16 {
        for to in [1, 2, 4, 16, 32, 64] {
            let emit = |masm: &mut A64| {
                nops(masm, before);
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

/// The distance in an instruction's field, as the machine reads it.
fn distance_of(instruction: u32, form: u8) -> i64 {
    let signed = |field: u32, bits: u32| i64::from(field << (32 - bits)).wrapping_shl(32) >> (64 - bits);
    match form {
        FORM_26 => signed(instruction & 0x03FF_FFFF, 26) * 4,
        FORM_19 => signed(instruction >> 5 & 0x7_FFFF, 19) * 4,
        FORM_14 => signed(instruction >> 5 & 0x3FFF, 14) * 4,
        FORM_ADR => signed((instruction >> 5 & 0x7_FFFF) << 2 | instruction >> 29 & 3, 21),
        _ => unreachable!("no instruction has form {form}"),
    }
}

#[test]
fn displacements_that_do_not_fit_are_refused() {
    const AT: u32 = 1 << 30;
    for (form, bytes, step, instruction) in [
        (FORM_26, 1 << 27, 4, 0x9400_0000),
        (FORM_19, 1 << 20, 4, 0x5400_0001),
        (FORM_14, 1 << 15, 4, 0x3600_0003),
        (FORM_ADR, 1 << 20, 1, 0x1000_0005),
    ] {
        for (distance, fits) in [
            (0, true),
            (step, true),
            (-step, true),
            (bytes - step, true),
            (bytes, false),
            (bytes + step, false),
            (-bytes, true),
            (-bytes - step, false),
            (3 * bytes, false),
            (i64::from(u32::MAX - AT) & -step, false),
        ] {
            // What stood in the field before does not matter.
            for old in [instruction, instruction | 0x20] {
                let target = u32::try_from(i64::from(AT) + distance).unwrap();
                let new = with_distance(old, AT, form, target);
                assert_eq!(new.map(|new| distance_of(new, form)), fits.then_some(distance), "{form}");
                let rest = new.map(|new| with_distance(new, AT, form, AT));
                assert_eq!(rest, fits.then_some(Some(instruction)), "the rest of the instruction stays");
            }
        }
    }
    assert_eq!(A64::call_field(0x9400_0000, 4, FORM_26, 4 + (1 << 27) - 4), Some(0x95FF_FFFF));
    assert_eq!(A64::call_field(0x9400_0000, 4, FORM_26, 4 + (1 << 27)), None);
}

/// The address of a far table is the sum of three instructions.
#[test]
fn far_tables_are_addressed_by_32_bits() {
    for (ahead, fits) in [(0, true), (0x1234_5678, true), (0xFFFF_0000, true), (-4, false)] {
        let mut masm = A64::new(&Target::new(Arch::Aarch64));
        masm.buf.current.ensure(64);
        masm.begin_function(Reach::Far);
        let (outside, table) = masm.jump_table(X0, X9, 5);
        masm.link(outside, outside.at);
        let target = u32::try_from(i64::from(table.at.offset) + ahead).unwrap();
        masm.link(table, Mark { offset: target, cold: false });
        assert_eq!(masm.finish_function().is_some(), fits);
        let word = |at: usize| u32::from_le_bytes(masm.buf.code()[at..at + 4].try_into().unwrap());
        let at = table.at.offset as usize;
        if fits {
            let halves = [word(at + 4) >> 5 & 0xFFFF, word(at + 8) >> 5 & 0xFFFF];
            assert_eq!(i64::from(halves[0] | halves[1] << 16), ahead);
        }
    }
}

fn check_words_of(emit: impl FnOnce(&mut A64), expected: &[u32]) {
    let code = assemble(emit);
    let words: Vec<_> =
        code.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    assert_eq!(words, expected, "{words:x?}");
}

#[test]
fn sequences_are_as_short_as_planned() {
    check_words_of(
        |masm| {
            masm.trap_exit(Trap::Unreachable, 0);
            masm.trap_exit(Trap::Unreachable, 0);
        },
        &[
            0x1000_0090,
            0xD280_0000 | u32::from(Trap::Unreachable.code()) << 5 | 15,
            0xF940_0000 | (crate::jit::abi::at::TRAP_STUB / 8) << 10 | 28 << 5 | 14,
            0xD61F_01C0,
            0x1000_0050,
            0x17FF_FFFC,
        ],
    );
    check_words_of(|masm| masm.prologue(24), &[0xD100_83FF, 0xF900_0FFE]);
    check_words_of(|masm| masm.epilogue(0, 16), &[0x9100_43FF, 0xD65F_03C0]);
    check_words_of(|masm| masm.epilogue(24, 16), &[0xF940_0FFE, 0x9100_C3FF, 0xD65F_03C0]);
    assert_eq!(assemble(|masm| _ = masm.stack_check(4096)).len(), 12);
    assert_eq!(assemble(FlowOps::foreign_entry).len(), 16);
    for (reach, instructions) in [(Reach::Short, 1), (Reach::Near, 2), (Reach::Far, 3)] {
        let sign = |masm: &mut A64| {
            masm.begin_function(reach);
            _ = masm.jump_if_int(IntCompare::LtS, IntSize::W32, X0, Operand::Imm(0));
        };
        assert_eq!(assemble(sign).len(), 4 * instructions, "{reach:?}");
    }
    assert_eq!(
        assemble(|masm| _ = masm.jump_if_int(IntCompare::Eq, IntSize::W64, X0, Operand::Imm(0))).len(),
        4
    );
}
