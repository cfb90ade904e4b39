//! Proves the integer emitters: every kind, size, operand form and alias pattern, run and compared with `spec::numeric`.

use super::X64;
use super::encode::Rm;
use super::exec_test::{CONTEXT_FREE, Code, STATUS_FLAGS, State, assemble, assemble_tuned, host_cpu};
use super::regs::{R8, R9, R10, R11, R12, R13, R14, RAX, RBP, RBX, RCX, RDI, RDX, RSI};
use crate::jit::cases_test::{
    DIVISIONS, INT_BINARIES, INT_COMPARES, INT_SIZES, INT_VALUES, int_unaries, int_values, narrow, shifts,
};
use crate::jit::masm::{Base, Cond, Gpr, Home, Operand, ScalarOps};
use crate::jit::target::{Cpu, Tuning};
use crate::spec::numeric;
use crate::spec::ops::{IntBinary, IntCompare, IntSize, IntUnary, Sign};

/// One register of each kind that encodings treat differently, and those with roles.
const SOME: [Gpr; 7] = [RAX, RCX, RDX, RDI, RBP, R12, R13];
fn cpus() -> Vec<Cpu> {
    host_cpu().map_or(Vec::new(), |host| vec![Cpu::NONE, host])
}

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

/// The contract on variable shift counts: rcx holds the count or is free.
fn allowed(kind: IntBinary, lhs: Gpr, rhs: Option<Gpr>) -> bool {
    !shifts(kind) || lhs != RCX || rhs == Some(RCX)
}

fn for_each_binary(mut f: impl FnMut(Cpu, IntSize, IntBinary)) {
    for cpu in cpus() {
        for size in INT_SIZES {
            INT_BINARIES.into_iter().for_each(|kind| f(cpu, size, kind));
        }
    }
}

#[test]
fn binary_operators_take_registers_in_every_alias_pattern() {
    for_each_binary(|cpu, size, kind| {
        for (dst, lhs, rhs) in triples() {
            if !allowed(kind, lhs, Some(rhs)) {
                continue;
            }
            let code = assemble(cpu, |masm| masm.int_binary(size, kind, dst, lhs, Operand::Reg(rhs)));
            for a in int_values(size) {
                for b in int_values(size) {
                    let given = Given { regs: vec![(lhs, a), (rhs, b)], ..Given::default() };
                    let state = given.state();
                    let expected = numeric::int_binary(size, kind, state.get(lhs), b);
                    let free: &[Gpr] = if shifts(kind) && rhs != RCX { &[RCX] } else { &[] };
                    let what = || format!("{size:?} {kind:?} {dst:?} {lhs:?} {rhs:?} {a:x} {b:x}");
                    check(&code, &state, (dst, expected), free, &what);
                }
            }
        }
    });
}

fn triples() -> impl Iterator<Item = (Gpr, Gpr, Gpr)> {
    let pairs = || SOME.into_iter().flat_map(|a| SOME.map(move |b| (a, b)));
    pairs().flat_map(|(a, b)| SOME.map(move |c| (a, b, c)))
}

#[test]
fn binary_operators_take_constants_of_every_width() {
    for tuning in [Tuning::NONE, Tuning::ALL] {
        for_each_binary(|cpu, size, kind| {
            for imm in int_values(size).chain([3, 5, 9, 0x1234_5678]) {
                for (dst, lhs) in [(RAX, RAX), (RBP, RBP), (RDI, RBP), (R13, R12), (RAX, RDI), (R12, RAX)] {
                    let code = assemble_tuned(cpu, tuning, |masm| {
                        masm.int_binary(size, kind, dst, lhs, Operand::Imm(imm));
                    });
                    for a in int_values(size) {
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
    for_each_binary(|cpu, size, kind| {
        for home in homes() {
            for (dst, lhs) in [(RAX, RAX), (RDI, RBP), (RCX, R12), (R12, RAX)] {
                let code = assemble(cpu, |masm| masm.int_binary(size, kind, dst, lhs, Operand::Home(home)));
                for a in int_values(size) {
                    for b in int_values(size) {
                        let given = Given { regs: vec![(lhs, a)], words: vec![(home, b)] };
                        let expected = numeric::int_binary(size, kind, a, b);
                        let free: &[Gpr] = if shifts(kind) { &[RCX] } else { &[] };
                        let what = || format!("{size:?} {kind:?} {dst:?} {lhs:?} {home:?} {a:x} {b:x}");
                        check(&code, &given.state(), (dst, expected), free, &what);
                    }
                }
            }
        }
    });
}

#[test]
fn the_base_of_a_word_may_be_the_destination() {
    for_each_binary(|cpu, size, kind| {
        for (dst, lhs, base) in [(RAX, RDI, RAX), (R12, RAX, R12), (R13, RDX, R13), (RDI, RAX, RBX)] {
            let word = Home { base: Base::Reg(base), offset: CONTEXT_FREE + 8 };
            let code = assemble(cpu, |masm| masm.int_binary(size, kind, dst, lhs, Operand::Home(word)));
            for (a, b) in int_values(size).zip(int_values(size).skip(3)) {
                let words = vec![(Home::context(word.offset), b)];
                let mut state = Given { regs: vec![(lhs, a)], words }.state();
                let address = state.address();
                state.set(base, address);
                let expected = numeric::int_binary(size, kind, a, b);
                let free: &[Gpr] = if shifts(kind) { &[RCX] } else { &[] };
                check(&code, &state, (dst, expected), free, &|| {
                    format!("{size:?} {kind:?} {dst:?} {a:x} {b:x}")
                });
            }
        }
    });
}

#[test]
fn division_gives_quotient_and_remainder_in_every_alias_pattern() {
    for size in INT_SIZES {
        for kind in DIVISIONS {
            for (dst, lhs, rhs) in triples() {
                if host_cpu().is_none() {
                    return;
                }
                let code = assemble(Cpu::NONE, |masm| masm.divide(size, kind, dst, lhs, rhs));
                for a in int_values(size) {
                    for b in int_values(size) {
                        let state = Given { regs: vec![(lhs, a), (rhs, b)], ..Given::default() }.state();
                        let Ok(expected) = numeric::divide(size, kind, state.get(lhs), b) else { continue };
                        let what = || format!("{size:?} {kind:?} {dst:?} {lhs:?} {rhs:?} {a:x} {b:x}");
                        check(&code, &state, (dst, expected), &[RAX, RDX], &what);
                    }
                }
            }
        }
    }
}

#[test]
fn unary_operators_give_the_same_on_every_cpu() {
    for cpu in cpus() {
        for (dst, src) in SOME.into_iter().flat_map(|dst| SOME.map(|src| (dst, src))) {
            for (size, kind) in
                INT_SIZES.into_iter().flat_map(|size| int_unaries(size).map(move |kind| (size, kind)))
            {
                let code = assemble(cpu, |masm| masm.int_unary(size, kind, dst, src));
                for a in int_values(size) {
                    let state = Given { regs: vec![(src, a)], ..Given::default() }.state();
                    let what = || format!("{size:?} {kind:?} {dst:?} {src:?} {a:x} {cpu:?}");
                    check(&code, &state, (dst, numeric::int_unary(size, kind, a)), &[], &what);
                }
            }
        }
    }
}

#[test]
fn bits_in_common_are_tested() {
    for cpu in cpus() {
        for (size, compare) in INT_SIZES
            .into_iter()
            .flat_map(|size| [IntCompare::Eq, IntCompare::Ne].map(|compare| (size, compare)))
        {
            let check_with = |lhs: Gpr, rhs: Operand, words: &[(Home, u64)], b: u64| {
                let code = assemble(cpu, |masm| {
                    masm.test_bits(size, lhs, rhs);
                    masm.set_if(Cond::Int(compare), RSI);
                });
                for a in int_values(size) {
                    let mut state = Given { regs: vec![(lhs, a)], words: words.to_vec() }.state();
                    if let Operand::Reg(rhs) = rhs {
                        state.set(rhs, b);
                    }
                    let expected = numeric::int_compare(size, compare, state.get(lhs) & b, 0);
                    let what = || format!("{size:?} {compare:?} {lhs:?} {rhs:?} {a:x} {b:x}");
                    check(&code, &state, (RSI, expected), &[], &what);
                }
            };
            for b in int_values(size) {
                check_with(RDI, Operand::Imm(b), &[], b);
                check_with(RBP, Operand::Imm(b), &[], b);
                check_with(R12, Operand::Reg(RAX), &[], b);
                check_with(RBP, Operand::Reg(RBP), &[], b);
                let home = Home::frame(0);
                check_with(R13, Operand::Home(home), &[(home, b)], b);
            }
        }
    }
}

#[test]
fn comparisons_feed_set_and_select() {
    for cpu in cpus() {
        for (size, compare) in
            INT_SIZES.into_iter().flat_map(|size| INT_COMPARES.map(|compare| (size, compare)))
        {
            let check_with = |lhs: Gpr, rhs: Operand, words: &[(Home, u64)], b: u64| {
                let cond = Cond::Int(compare);
                for dst in [RAX, lhs, RSI, R9] {
                    let code = assemble(cpu, |masm| {
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
            for b in int_values(size) {
                check_with(RDI, Operand::Imm(b), &[], b);
                check_with(RAX, Operand::Imm(b), &[], b);
                check_with(R12, Operand::Reg(RAX), &[], b);
                check_with(RBP, Operand::Reg(RBP), &[], b);
                let home = Home::frame(0);
                check_with(R13, Operand::Home(home), &[(home, b)], b);
            }
        }
    }
}

#[test]
fn select_takes_every_alias_pattern_and_keeps_the_flags() {
    if host_cpu().is_none() {
        return;
    }
    for (dst, then, otherwise) in triples() {
        for compare in INT_COMPARES {
            for cond in [Cond::Int(compare), Cond::Int(compare).inverse()] {
                let code = assemble(Cpu::NONE, |masm| {
                    masm.compare_int(IntSize::W64, RBX, Operand::Imm(5));
                    masm.select_int(cond, R10, RBX, R9);
                    masm.select_int(cond, dst, then, otherwise);
                });
                for a in [4, 5, 6, u64::MAX] {
                    let state = Given { regs: vec![(RBX, a)], ..Given::default() }.state();
                    let Cond::Int(compare) = cond else { unreachable!() };
                    let holds = numeric::int_compare(IntSize::W64, compare, a, 5) == 1;
                    let expected = state.get(if holds { then } else { otherwise });
                    let what = || format!("{cond:?} {dst:?} {then:?} {otherwise:?} {a:x}");
                    check(&code, &state, (dst, expected), &[R10], &what);
                }
            }
        }
    }
}

#[test]
fn moves_keep_flags_and_the_scratch() {
    const ALL: [Gpr; 13] = [RAX, RCX, RDX, RBX, RBP, RSI, RDI, R8, R9, R10, R12, R13, R14];
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
        let home = Home { base: Base::Reg(src), offset: CONTEXT_FREE + 16 };
        let mut given =
            Given { words: vec![(Home::context(home.offset), INT_VALUES[15])], ..Given::default() };
        given.regs = vec![(src, 0)];
        for (size, offset) in INT_SIZES.into_iter().flat_map(|size| [0, 96, 200].map(|offset| (size, offset)))
        {
            let home = Home { offset: home.offset + offset, ..home };
            check_load(size, dst, src, home);
        }
    }
    for dst in ALL {
        for a in INT_VALUES {
            check_move(&Given::default(), dst, a, |masm| masm.const_int(dst, a));
        }
    }
}

/// As [`check`], and flags and scratch are kept.
fn check_move(given: &Given, dst: Gpr, expected: u64, body: impl Fn(&mut X64)) {
    if host_cpu().is_none() {
        return;
    }
    let code = assemble(Cpu::NONE, &body);
    for flags in [0, STATUS_FLAGS] {
        let mut before = given.state();
        before.flags = flags;
        let scratch = before.get(R11);
        let mut after = before.clone();
        code.run(&mut after);
        assert_eq!(after.get(dst), expected, "{dst:?}: {:x?}", code.bytes);
        assert_eq!(after.flags & STATUS_FLAGS, flags, "{:x?}", code.bytes);
        assert_eq!(after.get(R11), scratch, "{:x?}", code.bytes);
        before.forgive(&after, &[dst], &[]);
        assert!(before == after, "{:x?} wrote elsewhere", code.bytes);
    }
}

fn check_load(size: IntSize, dst: Gpr, base: Gpr, home: Home) {
    if host_cpu().is_none() {
        return;
    }
    let code = assemble(Cpu::NONE, |masm| masm.load_int(size, dst, home));
    let mut state = State::patterned();
    let word = *state.word(Home::context(home.offset));
    let address = state.address();
    state.set(base, address);
    let mut before = state.clone();
    code.run(&mut state);
    assert_eq!(state.get(dst), narrow(size, word), "{dst:?} {home:?} {:x?}", code.bytes);
    before.forgive(&state, &[dst], &[]);
    assert!(before == state, "{:x?} wrote elsewhere", code.bytes);
}

#[test]
fn stores_write_one_word_and_keep_flags_and_the_scratch() {
    if host_cpu().is_none() {
        return;
    }
    let homes =
        [Home::frame(0), Home::frame(136), Home::context(CONTEXT_FREE), Home::context(CONTEXT_FREE + 248)];
    for home in homes {
        for a in INT_VALUES {
            check_store(home, a, |masm| masm.store_const(home, a));
            for src in [RAX, RBP, R12, R11] {
                let expected = State::patterned().get(src);
                check_store(home, expected, |masm| masm.store_int(home, src));
            }
            for from in homes.into_iter().filter(|&from| from != home) {
                let expected = *State::patterned().word(from);
                check_store(home, expected, |masm| masm.copy_word(home, from));
            }
        }
    }
}

fn check_store(home: Home, expected: u64, body: impl Fn(&mut X64)) {
    let code = assemble(Cpu::NONE, body);
    let mut before = State::patterned();
    before.flags = STATUS_FLAGS;
    let mut after = before.clone();
    code.run(&mut after);
    assert_eq!(*after.word(home), expected, "{home:?} {:x?}", code.bytes);
    assert_eq!(after.flags & STATUS_FLAGS, STATUS_FLAGS);
    assert_eq!(after.get(R11), before.get(R11), "{:x?}", code.bytes);
    *before.word(home) = expected;
    before.forgive(&after, &[], &[]);
    assert!(before == after, "{:x?} wrote elsewhere", code.bytes);
}

#[test]
fn addresses_are_encoded_for_every_base_index_scale_and_displacement() {
    const REGS: [Gpr; 14] = [RAX, RCX, RDX, RBX, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14];
    if host_cpu().is_none() {
        return;
    }
    for (base, index) in REGS.into_iter().flat_map(|base| REGS.map(move |index| (base, index))) {
        for (scale, disp) in [(0, 0), (1, 1), (2, -128), (3, 128), (0, i32::MIN), (3, 127)] {
            let state = State::patterned();
            let offset = i64::from(disp).cast_unsigned();
            let indexed = state.get(base).wrapping_add(state.get(index) << scale).wrapping_add(offset);
            let rm = Rm::Indexed { base, index, scale, disp };
            let code = assemble(Cpu::NONE, |masm| masm.lea(IntSize::W64, index, rm));
            check(&code, &state, (index, indexed), &[], &|| format!("{rm:?}"));
            let rm = Rm::Mem { base, disp };
            let code = assemble(Cpu::NONE, |masm| masm.lea(IntSize::W64, index, rm));
            check(&code, &state, (index, state.get(base).wrapping_add(offset)), &[], &|| format!("{rm:?}"));
        }
    }
}
