//! Proves the integer emitters: every kind, size, operand form and alias pattern, run and compared with `spec::numeric`.

use super::A64;
use super::encode::arithmetic_imm;
use super::exec_test::{CONTEXT_FREE, Code, STATUS_FLAGS, State, assemble, assemble_with, runs_here};
use super::regs::{SCRATCH, SP};
use crate::jit::cases_test::{
    DIVISIONS, INT_BINARIES, INT_COMPARES, INT_SIZES, INT_VALUES, int_unaries, int_values, narrow,
};
use crate::jit::masm::{Base, Cond, Gpr, Home, Operand, Reach, ScalarOps};
use crate::jit::target::Tuning;
use crate::spec::numeric;
use crate::spec::ops::{IntBinary, IntCompare, IntSize, IntUnary, Sign};

const X0: Gpr = Gpr(0);
const X1: Gpr = Gpr(1);
const X9: Gpr = Gpr(9);
const X13: Gpr = Gpr(13);
const X15: Gpr = Gpr(15);
const X20: Gpr = Gpr(20);
/// Temporaries and pins: no register has a role of its own in an integer instruction.
const SOME: [Gpr; 4] = [X0, X9, X15, X20];

/// Offsets that fit no instruction: behind the last word that does, misaligned, and as large as they come.
const FAR_OFFSETS: [u32; 5] = [8 << 12, 33001, 0x10_0000, 0x123_4567, u32::MAX];

/// What a test sets before code runs: registers and words.
#[derive(Clone, Default)]
struct Given {
    regs: Vec<(Gpr, u64)>,
    words: Vec<(Home, u64)>,
}

impl Given {
    fn state(&self) -> Box<State> {
        let mut state = State::patterned();
        self.regs.iter().for_each(|&(reg, bits)| state.set(reg, bits));
        self.words.iter().for_each(|&(home, bits)| *state.word(home) = bits);
        state
    }
}

/// Runs code; `dst` must hold `expected`, and everything but `free` and the scratches must be as before.
fn check(code: &Code, before: &State, (dst, expected): (Gpr, u64), free: &[Gpr], what: &dyn Fn() -> String) {
    let mut after = before.clone();
    // Registers that point into the state must point into the copy that runs.
    let moved = after.address().wrapping_sub(before.address());
    for bits in &mut after.gprs {
        if before.address() == *bits {
            *bits = bits.wrapping_add(moved);
        }
    }
    let mut before = after.clone();
    code.run(&mut after);
    assert_eq!(after.get(dst), expected, "{}: {:x?} in {:x?}", what(), code.bytes, before.gprs);
    before.forgive(&after, &[free, &[dst]].concat(), &[]);
    assert!(before == after, "{} wrote elsewhere: {:x?}\n{before:x?}\n{after:x?}", what(), code.bytes);
}

/// The forms in which the second operand can come, given the registers of the first and of the destination.
fn homes() -> [Home; 3] {
    [Home::frame(16), Home::context(CONTEXT_FREE), Home::context(CONTEXT_FREE + 200)]
}

fn for_each_binary(mut f: impl FnMut(IntSize, IntBinary)) {
    for size in INT_SIZES.into_iter().filter(|_| runs_here()) {
        INT_BINARIES.into_iter().for_each(|kind| f(size, kind));
    }
}

#[test]
fn binary_operators_take_registers_in_every_alias_pattern() {
    for_each_binary(|size, kind| {
        for (dst, lhs, rhs) in triples() {
            let code = assemble(|masm| masm.int_binary(size, kind, dst, lhs, Operand::Reg(rhs)));
            for a in int_values(size) {
                for b in int_values(size) {
                    let state = Given { regs: vec![(lhs, a), (rhs, b)], ..Given::default() }.state();
                    let expected = numeric::int_binary(size, kind, state.get(lhs), b);
                    let what = || format!("{size:?} {kind:?} {dst:?} {lhs:?} {rhs:?} {a:x} {b:x}");
                    check(&code, &state, (dst, expected), &[], &what);
                }
            }
        }
    });
}

fn triples() -> impl Iterator<Item = (Gpr, Gpr, Gpr)> {
    let pairs = || SOME.into_iter().flat_map(|a| SOME.map(move |b| (a, b)));
    pairs().flat_map(|(a, b)| SOME.map(move |c| (a, b, c)))
}

/// Constants of every shape: small, sums and differences of powers, halves, patterns of bits, and what needs all instructions.
fn constants(size: IntSize) -> Vec<u64> {
    let powers = (0..64).map(|n| 1_u64 << n);
    let around =
        powers.flat_map(|bit| [bit - 1, bit, bit + 1, bit.wrapping_neg(), !bit, (!bit).wrapping_add(2)]);
    let shapes = [
        3,
        5,
        9,
        0xFFF,
        0x1000,
        0x1001,
        0xFF_F000,
        0x100_0000,
        0x1234_5678,
        0x5555_5555,
        0xFFFF_0000,
        0xFFFF_1234,
        0x1234_FFFF,
        0x0000_FF00_0000_FF00,
        0x5555_5555_5555_5555,
        0xFFFF_1234_FFFF_FFFF,
        0x1234_0000_0000_0000,
        0x0000_1234_5678_0000,
        0xFFFF_FFFF_1234_5678,
        0x0123_4567_89AB_CDEF,
    ];
    let fits = move |&bits: &u64| narrow(size, bits) == bits;
    let mut all: Vec<_> = around.chain(shapes).map(|bits| narrow(size, bits)).filter(fits).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn binary_operators_take_constants_of_every_width() {
    for tuning in [Tuning::NONE, Tuning::ALL] {
        for_each_binary(|size, kind| {
            for imm in constants(size) {
                for (dst, lhs) in [(X0, X0), (X20, X9)] {
                    let code = assemble_with(tuning, Reach::Near, |masm| {
                        masm.int_binary(size, kind, dst, lhs, Operand::Imm(imm));
                    });
                    for a in int_values(size).step_by(if imm < 256 { 1 } else { 3 }) {
                        let state = Given { regs: vec![(lhs, a)], ..Given::default() }.state();
                        let expected = numeric::int_binary(size, kind, a, imm);
                        let what = || format!("{size:?} {kind:?} {dst:?} {lhs:?} imm {imm:x} {a:x}");
                        check(&code, &state, (dst, expected), &[], &what);
                    }
                }
            }
        });
    }
}

#[test]
fn binary_operators_take_words_of_frame_and_context() {
    for_each_binary(|size, kind| {
        for home in homes() {
            for (dst, lhs) in [(X0, X0), (X9, X20), (X20, X0)] {
                let code = assemble(|masm| masm.int_binary(size, kind, dst, lhs, Operand::Home(home)));
                for a in int_values(size) {
                    for b in int_values(size) {
                        let given = Given { regs: vec![(lhs, a)], words: vec![(home, b)] };
                        let expected = numeric::int_binary(size, kind, a, b);
                        let what = || format!("{size:?} {kind:?} {dst:?} {lhs:?} {home:?} {a:x} {b:x}");
                        check(&code, &given.state(), (dst, expected), &[], &what);
                    }
                }
            }
        }
    });
}

#[test]
fn the_base_of_a_word_may_be_the_destination() {
    for_each_binary(|size, kind| {
        for (dst, lhs, base) in [(X0, X9, X0), (X20, X0, X20), (X9, X0, X20)] {
            let word = Home { base: Base::Reg(base), offset: CONTEXT_FREE + 8 };
            let code = assemble(|masm| masm.int_binary(size, kind, dst, lhs, Operand::Home(word)));
            for (a, b) in int_values(size).zip(int_values(size).skip(3)) {
                let words = vec![(Home::context(word.offset), b)];
                let mut state = Given { regs: vec![(lhs, a)], words }.state();
                let address = state.address();
                state.set(base, address);
                let expected = numeric::int_binary(size, kind, a, b);
                check(&code, &state, (dst, expected), &[], &|| {
                    format!("{size:?} {kind:?} {dst:?} {a:x} {b:x}")
                });
            }
        }
    });
}

/// A state whose register `base` lies so far before a free word of the context that `offset` reaches the word.
fn far_state(base: Gpr, offset: u32) -> (Box<State>, Home, Home) {
    let mut state = State::patterned();
    let word = Home::context(CONTEXT_FREE + 24);
    let address = state.address() + u64::from(word.offset);
    state.set(base, address.wrapping_sub(offset.into()));
    (state, Home { base: Base::Reg(base), offset }, word)
}

#[test]
fn offsets_that_fit_no_instruction_are_reached() {
    for offset in FAR_OFFSETS.into_iter().chain([0, 8, 4, 1, 255, 4095 * 8, 4095 * 4]) {
        if !runs_here() {
            return;
        }
        for size in INT_SIZES {
            let check = |dst: Gpr, expected: &dyn Fn(u64, u64) -> u64, body: &dyn Fn(&mut A64, Home)| {
                let (mut state, far, word) = far_state(X20, offset);
                let code = assemble(|masm| body(masm, far));
                state.flags = STATUS_FLAGS;
                let expected = expected(state.get(X9), *state.word(word));
                let mut before = state.clone();
                code.run(&mut state);
                assert_eq!(state.get(dst), expected, "{offset} {size:?} {:x?}", code.bytes);
                assert_eq!(state.get(SCRATCH), before.get(SCRATCH), "{:x?}", code.bytes);
                before.forgive(&state, &[dst], &[]);
                assert!(before == state, "{offset} wrote elsewhere: {:x?}", code.bytes);
            };
            check(X0, &|_, word| narrow(size, word), &|masm, far| masm.load_int(size, X0, far));
            for kind in INT_BINARIES {
                check(
                    X0,
                    &|lhs, word| numeric::int_binary(size, kind, narrow(size, lhs), narrow(size, word)),
                    &|masm, far| {
                        masm.move_int(size, X0, X9);
                        masm.int_binary(size, kind, X0, X0, Operand::Home(far));
                    },
                );
            }
            for compare in INT_COMPARES {
                check(
                    X0,
                    &|lhs, word| numeric::int_compare(size, compare, narrow(size, lhs), narrow(size, word)),
                    &|masm, far| {
                        masm.compare_int(size, X9, Operand::Home(far));
                        masm.set_if(Cond::Int(compare), X0);
                    },
                );
            }
        }
    }
}

#[test]
fn stores_reach_offsets_that_fit_no_instruction() {
    for offset in FAR_OFFSETS.into_iter().chain([0, 8, 255, 4095 * 8]) {
        if !runs_here() {
            return;
        }
        for bits in INT_VALUES {
            check_far_store(offset, bits, &|masm, far| masm.store_const(far, bits));
        }
        let patterned = State::patterned();
        check_far_store(offset, patterned.get(X9), &|masm, far| masm.store_int(far, X9));
        check_far_store(offset, patterned.get(SCRATCH), &|masm, far| masm.store_int(far, SCRATCH));
        let from = Home::frame(40);
        check_far_store(offset, *State::patterned().word(from), &|masm, far| masm.copy_word(far, from));
    }
}

fn check_far_store(offset: u32, expected: u64, body: &dyn Fn(&mut A64, Home)) {
    let (mut after, far, word) = far_state(X20, offset);
    let code = assemble(|masm| body(masm, far));
    after.flags = STATUS_FLAGS;
    let mut before = after.clone();
    code.run(&mut after);
    assert_eq!(*after.word(word), expected, "{offset} {:x?}", code.bytes);
    assert_eq!(after.flags & STATUS_FLAGS, STATUS_FLAGS);
    assert_eq!(after.get(SCRATCH), before.get(SCRATCH), "{:x?}", code.bytes);
    *before.word(word) = expected;
    before.forgive(&after, &[], &[]);
    assert!(before == after, "{offset} wrote elsewhere: {:x?}", code.bytes);
}

#[test]
fn division_gives_quotient_and_remainder_in_every_alias_pattern() {
    for size in INT_SIZES.into_iter().filter(|_| runs_here()) {
        for kind in DIVISIONS {
            for (dst, lhs, rhs) in triples() {
                let code = assemble(|masm| masm.divide(size, kind, dst, lhs, rhs));
                for a in int_values(size) {
                    for b in int_values(size) {
                        let state = Given { regs: vec![(lhs, a), (rhs, b)], ..Given::default() }.state();
                        let Ok(expected) = numeric::divide(size, kind, state.get(lhs), b) else { continue };
                        let what = || format!("{size:?} {kind:?} {dst:?} {lhs:?} {rhs:?} {a:x} {b:x}");
                        check(&code, &state, (dst, expected), &[], &what);
                    }
                }
            }
        }
    }
}

#[test]
fn unary_operators_give_the_same_on_every_cpu() {
    for (dst, src) in SOME.into_iter().flat_map(|dst| SOME.map(|src| (dst, src))) {
        for (size, kind) in
            INT_SIZES.into_iter().flat_map(|size| int_unaries(size).map(move |kind| (size, kind)))
        {
            if !runs_here() {
                return;
            }
            let code = assemble(|masm| masm.int_unary(size, kind, dst, src));
            for a in constants(size) {
                let state = Given { regs: vec![(src, a)], ..Given::default() }.state();
                let what = || format!("{size:?} {kind:?} {dst:?} {src:?} {a:x}");
                check(&code, &state, (dst, numeric::int_unary(size, kind, a)), &[], &what);
            }
        }
    }
}

#[test]
fn bits_in_common_are_tested() {
    if !runs_here() {
        return;
    }
    for (size, compare) in
        INT_SIZES.into_iter().flat_map(|size| [IntCompare::Eq, IntCompare::Ne].map(|compare| (size, compare)))
    {
        let check_with = |lhs: Gpr, rhs: Operand, words: &[(Home, u64)], b: u64| {
            let code = assemble(|masm| {
                masm.test_bits(size, lhs, rhs);
                masm.set_if(Cond::Int(compare), X13);
            });
            for a in int_values(size) {
                let mut state = Given { regs: vec![(lhs, a)], words: words.to_vec() }.state();
                if let Operand::Reg(rhs) = rhs {
                    state.set(rhs, b);
                }
                let expected = numeric::int_compare(size, compare, state.get(lhs) & b, 0);
                let what = || format!("{size:?} {compare:?} {lhs:?} {rhs:?} {a:x} {b:x}");
                check(&code, &state, (X13, expected), &[], &what);
            }
        };
        for b in int_values(size) {
            check_with(X9, Operand::Imm(b), &[], b);
            check_with(X15, Operand::Reg(X0), &[], b);
            check_with(X9, Operand::Reg(X9), &[], b);
            let home = Home::frame(0);
            check_with(X20, Operand::Home(home), &[(home, b)], b);
        }
    }
}

#[test]
fn comparisons_feed_set_and_select() {
    if !runs_here() {
        return;
    }
    for (size, compare) in INT_SIZES.into_iter().flat_map(|size| INT_COMPARES.map(|compare| (size, compare)))
    {
        let check_with = |lhs: Gpr, rhs: Operand, words: &[(Home, u64)], b: u64| {
            let cond = Cond::Int(compare);
            for dst in [lhs, X13] {
                let code = assemble(|masm| {
                    masm.compare_int(size, lhs, rhs);
                    masm.set_if(cond, dst);
                });
                for a in int_values(size) {
                    let mut state = Given { regs: vec![(lhs, a)], words: words.to_vec() }.state();
                    if let Operand::Reg(rhs) = rhs {
                        state.set(rhs, b);
                    }
                    let expected = numeric::int_compare(size, compare, state.get(lhs), b);
                    let what = || format!("{size:?} {compare:?} {lhs:?} {rhs:?} {a:x} {b:x} {dst:?}");
                    check(&code, &state, (dst, expected), &[], &what);
                }
            }
        };
        for b in constants(size) {
            check_with(X0, Operand::Imm(b), &[], b);
        }
        for b in int_values(size) {
            check_with(X20, Operand::Reg(X0), &[], b);
            check_with(X9, Operand::Reg(X9), &[], b);
            let home = Home::frame(0);
            check_with(X15, Operand::Home(home), &[(home, b)], b);
        }
    }
}

#[test]
fn select_takes_every_alias_pattern_and_keeps_the_flags() {
    if !runs_here() {
        return;
    }
    for (dst, then, otherwise) in triples() {
        for compare in INT_COMPARES {
            for cond in [Cond::Int(compare), Cond::Int(compare).inverse()] {
                let code = assemble(|masm| {
                    masm.compare_int(IntSize::W64, X1, Operand::Imm(5));
                    masm.select_int(cond, X13, X1, X9);
                    masm.select_int(cond, dst, then, otherwise);
                });
                for a in [4, 5, 6, u64::MAX] {
                    let state = Given { regs: vec![(X1, a)], ..Given::default() }.state();
                    let Cond::Int(compare) = cond else { unreachable!() };
                    let holds = numeric::int_compare(IntSize::W64, compare, a, 5) == 1;
                    let expected = state.get(if holds { then } else { otherwise });
                    let what = || format!("{cond:?} {dst:?} {then:?} {otherwise:?} {a:x}");
                    check(&code, &state, (dst, expected), &[X13], &what);
                }
            }
        }
    }
}

#[test]
fn moves_keep_flags_and_the_scratch() {
    const ALL: [Gpr; 6] = [X0, X1, X9, X13, X15, X20];
    let pairs = || ALL.into_iter().flat_map(|a| ALL.map(move |b| (a, b)));
    for (dst, src) in pairs() {
        for a in INT_VALUES {
            let given = Given { regs: vec![(src, a)], ..Given::default() };
            check_move(&given, dst, a, |masm| masm.move_int(IntSize::W64, dst, src));
            check_move(&given, dst, given.state().get(src), |masm| {
                masm.exchange_int(dst, src);
                masm.exchange_int(src, dst);
                masm.move_int(IntSize::W64, dst, src);
            });
            let low = narrow(IntSize::W32, a);
            check_move(&given, dst, if dst == src { a } else { low }, |masm| {
                masm.move_int(IntSize::W32, dst, src);
            });
            check_move(&given, dst, low, |masm| masm.wrap(dst, src));
            check_move(&given, dst, numeric::int_unary(IntSize::W64, IntUnary::Extend32S, a), |masm| {
                masm.extend(Sign::Signed, dst, src);
            });
        }
        let other = given_other(dst, src);
        check_exchange(dst, src, other);
    }
    for dst in [X0, X20] {
        for a in constants(IntSize::W64) {
            check_move(&Given::default(), dst, a, |masm| masm.const_int(dst, a));
        }
    }
}

/// What `src` holds once it has been exchanged with `dst`.
fn given_other(dst: Gpr, src: Gpr) -> u64 {
    let state = State::patterned();
    state.get(if dst == src { src } else { dst })
}

fn check_exchange(a: Gpr, b: Gpr, expected: u64) {
    if !runs_here() {
        return;
    }
    let code = assemble(|masm| masm.exchange_int(a, b));
    let state = State::patterned();
    check(&code, &state, (b, expected), &[a], &|| format!("{a:?} {b:?}"));
}

/// As [`check`], and flags and scratch are kept.
fn check_move(given: &Given, dst: Gpr, expected: u64, body: impl Fn(&mut A64)) {
    if !runs_here() {
        return;
    }
    let code = assemble(&body);
    for flags in [0, STATUS_FLAGS] {
        let mut before = given.state();
        before.flags = flags;
        let scratch = before.get(SCRATCH);
        let mut after = before.clone();
        code.run(&mut after);
        assert_eq!(after.get(dst), expected, "{dst:?}: {:x?}", code.bytes);
        assert_eq!(after.flags & STATUS_FLAGS, flags, "{:x?}", code.bytes);
        assert_eq!(after.get(SCRATCH), scratch, "{:x?}", code.bytes);
        before.forgive(&after, &[dst], &[]);
        assert!(before == after, "{:x?} wrote elsewhere", code.bytes);
    }
}

#[test]
fn stores_write_one_word_and_keep_flags_and_the_scratch() {
    if !runs_here() {
        return;
    }
    let homes =
        [Home::frame(0), Home::frame(136), Home::context(CONTEXT_FREE), Home::context(CONTEXT_FREE + 248)];
    for home in homes {
        for a in INT_VALUES {
            check_store(home, a, |masm| masm.store_const(home, a));
        }
        for src in [X0, X15, X20, SCRATCH] {
            let expected = State::patterned().get(src);
            check_store(home, expected, |masm| masm.store_int(home, src));
        }
        for from in homes.into_iter().filter(|&from| from != home) {
            let expected = *State::patterned().word(from);
            check_store(home, expected, |masm| masm.copy_word(home, from));
        }
    }
}

fn check_store(home: Home, expected: u64, body: impl Fn(&mut A64)) {
    let code = assemble(body);
    let mut before = State::patterned();
    before.flags = STATUS_FLAGS;
    let mut after = before.clone();
    code.run(&mut after);
    assert_eq!(*after.word(home), expected, "{home:?} {:x?}", code.bytes);
    assert_eq!(after.flags & STATUS_FLAGS, STATUS_FLAGS);
    assert_eq!(after.get(SCRATCH), before.get(SCRATCH), "{:x?}", code.bytes);
    *before.word(home) = expected;
    before.forgive(&after, &[], &[]);
    assert!(before == after, "{:x?} wrote elsewhere", code.bytes);
}

#[test]
fn sums_of_addresses_take_any_constant() {
    let constants = [0, 1, 0xFFF, 0x1000, 0x1001, 0xFF_FFFF, 0x100_0000, 0x123_4567, 0xFFFF_FFFF, 1 << 40];
    for imm in constants.into_iter().filter(|_| runs_here()) {
        for (dst, src) in [(X0, X0), (X0, X9), (SCRATCH, X20)] {
            let state = State::patterned();
            let mut after = state.clone();
            assemble(|masm| masm.add_imm(dst, src, imm)).run(&mut after);
            assert_eq!(after.get(dst), state.get(src).wrapping_add(imm), "{imm:x}");
            let mut after = state.clone();
            assemble(|masm| masm.sub_imm(dst, src, imm)).run(&mut after);
            assert_eq!(after.get(dst), state.get(src).wrapping_sub(imm), "{imm:x}");
        }
        // The stack pointer comes back.
        let there_and_back = assemble(|masm| {
            masm.sub_imm(SP, SP, imm & !15);
            masm.add_imm(SP, SP, imm & !15);
        });
        if imm < 0x1_0000 {
            there_and_back.run(&mut State::patterned());
        }
    }
    assert_eq!(arithmetic_imm(0xFFF), Some(0xFFF << 10));
    assert_eq!(arithmetic_imm(0x1001), None);
    assert_eq!(arithmetic_imm(0xFF_F000), Some(1 << 22 | 0xFFF << 10));
    assert_eq!(arithmetic_imm(0x100_0000), None);
}

/// Instructions of one operator.
fn length(emit: impl FnOnce(&mut A64)) -> usize {
    super::test_world::assemble(emit).len() / 4
}

#[test]
fn constants_take_as_few_instructions_as_planned() {
    for (bits, expected) in [
        (0, 1),
        (1, 1),
        (0xFFFF, 1),
        (0x1_0000, 1),
        (u64::MAX, 1),
        (0xFFFF_FFFF, 1),
        (0xFFFF_0000, 1),
        (0xFFFF_1234, 1),
        (0x1234_FFFF, 1),
        (0x5555_5555_5555_5555, 1),
        (0x7FFF_FFFF_FFFF_FFFF, 1),
        (i64::MIN.cast_unsigned(), 1),
        (0x1234_5678, 2),
        (0xFFFF_FFFF_1234_5678, 2),
        (0x1234_0000_0000_5678, 2),
        (0x0123_4567_89AB_CDEF, 4),
    ] {
        assert_eq!(length(|masm| masm.const_int(X0, bits)), expected, "{bits:#x}");
    }
    for imm in [0, 1, 4095, 4096, u64::from(u32::MAX), 0xFF_F000] {
        let sum = |masm: &mut A64| masm.int_binary(IntSize::W32, IntBinary::Add, X0, X1, Operand::Imm(imm));
        assert_eq!(length(sum), 1, "{imm:#x}");
    }
}
