//! Proves the float emitters: every kind, size, operand form and alias pattern, run and compared with `spec::numeric`.

use super::A64;
use super::encode::patch;
use super::exec_test::{
    CONTEXT_FREE, Code, STATUS_FLAGS, State, assemble, assemble_with, land_exits, runs_here,
};
use super::regs::SCRATCH;
use crate::jit::cases_test::{
    FLOAT_BINARIES, FLOAT_COMPARES, FLOAT_SIZES, INT_SIZES, ROUNDED_INTS, SIGNS, agrees, clean, dirty,
    few_floats, float_pairs, float_unaries, float_values, narrow,
};
use crate::jit::masm::{Base, Cond, FloatOperand, FloatOps, Gpr, Home, Reach, ScalarOps, Vreg};
use crate::jit::target::Tuning;
use crate::spec::numeric;
use crate::spec::ops::{Convert, FloatBinary, FloatCompare, FloatSize, IntSize, Shape, Sign};
use crate::spec::trap::Trap;

const X0: Gpr = Gpr(0);
const X9: Gpr = Gpr(9);
const X15: Gpr = Gpr(15);
const X20: Gpr = Gpr(20);
const V0: Vreg = Vreg(0);
const V1: Vreg = Vreg(1);
const V3: Vreg = Vreg(3);
const V5: Vreg = Vreg(5);
const V8: Vreg = Vreg(8);
const V14: Vreg = Vreg(14);
const V30: Vreg = Vreg(30);
/// Temporaries and pins: no register has a role of its own in a float instruction.
const SOME: [Vreg; 4] = [V0, V5, V14, V30];

fn triples() -> impl Iterator<Item = (Vreg, Vreg, Vreg)> {
    SOME.into_iter().flat_map(|a| SOME.map(|b| (a, b))).flat_map(|(a, b)| SOME.map(move |c| (a, b, c)))
}

/// Runs code; everything but what is `free` and the scratches must be as before.
fn run(code: &Code, before: &State, gprs: &[Gpr], vregs: &[Vreg], what: &dyn Fn() -> String) -> Box<State> {
    let mut before = Box::new(before.clone());
    let mut after = before.clone();
    code.run(&mut after);
    before.forgive(&after, gprs, vregs);
    assert!(before == after, "{} wrote elsewhere: {:x?}\n{before:x?}\n{after:x?}", what(), code.bytes);
    after
}

#[test]
fn binary_operators_take_registers_in_every_alias_pattern() {
    if runs_here() {
        for (size, kind) in FLOAT_SIZES.into_iter().flat_map(|size| FLOAT_BINARIES.map(|kind| (size, kind))) {
            for (dst, lhs, rhs) in triples() {
                let code = assemble(|masm| masm.float_binary(size, kind, dst, lhs, FloatOperand::Reg(rhs)));
                for a in few_floats(size) {
                    for b in few_floats(size) {
                        let a = if lhs == rhs { b } else { a };
                        let mut state = State::patterned();
                        state.set_float(lhs, dirty(size, a));
                        state.set_float(rhs, dirty(size, b));
                        check_binary(&code, &state, (size, kind), dst, (a, b));
                    }
                }
            }
        }
    }
}

/// Bytes that the load reads with which some code begins.
fn bytes_read(code: &Code) -> u32 {
    let load = u32::from_le_bytes(code.bytes[..4].try_into().unwrap());
    assert_eq!(load & 0x3FC0_0000, 0x3D40_0000, "a load of a vector register");
    1 << (load >> 30)
}

fn check_binary(
    code: &Code,
    state: &State,
    (size, kind): (FloatSize, FloatBinary),
    dst: Vreg,
    (a, b): (u64, u64),
) {
    let what = || format!("{size:?} {kind:?} {dst:?} {a:x} {b:x}");
    let after = run(code, state, &[], &[dst], &what);
    let actual = clean(size, after.get_float(dst));
    let expected = numeric::float_binary(size, kind, a, b);
    assert!(
        agrees(Shape::Float(size, kind), size, &[(size, a), (size, b)], expected, actual),
        "{}: {actual:x}, expected {expected:x}: {:x?}",
        what(),
        code.bytes
    );
}

#[test]
fn binary_operators_read_no_more_of_a_word_than_their_width() {
    let homes = [Home::frame(8), Home::context(CONTEXT_FREE + 200)];
    if runs_here() {
        for (size, kind) in FLOAT_SIZES.into_iter().flat_map(|size| FLOAT_BINARIES.map(|kind| (size, kind))) {
            for (dst, lhs) in [(V0, V0), (V3, V0), (V30, V14), (V1, V8), (V8, V8)] {
                for home in homes {
                    let operand = FloatOperand::Home(home);
                    let code = assemble(|masm| masm.float_binary(size, kind, dst, lhs, operand));
                    assert_eq!(bytes_read(&code), size.bytes(), "{:x?}", code.bytes);
                    for (a, b) in float_pairs(size) {
                        let mut state = State::patterned();
                        state.set_float(lhs, dirty(size, a));
                        *state.word(home) = dirty(size, b);
                        check_binary(&code, &state, (size, kind), dst, (a, b));
                    }
                }
            }
        }
    }
}

#[test]
fn constants_are_operands() {
    if !runs_here() {
        return;
    }
    {
        for (size, (a, b)) in FLOAT_SIZES
            .into_iter()
            .flat_map(|size| float_pairs(size).into_iter().map(move |pair| (size, pair)))
        {
            let mut state = State::patterned();
            state.set_float(V8, dirty(size, a));
            for kind in FLOAT_BINARIES {
                let code = assemble(|masm| masm.float_binary(size, kind, V1, V8, FloatOperand::Const(b)));
                check_binary(&code, &state, (size, kind), V1, (a, b));
            }
            for compare in FLOAT_COMPARES {
                let code = assemble(|masm| {
                    masm.compare_float(size, compare, V8, FloatOperand::Const(b));
                    masm.set_if(Cond::Float(compare), X9);
                });
                let what = || format!("{size:?} {compare:?} {a:x} {b:x}");
                let holds = run(&code, &state, &[X9], &[], &what).get(X9);
                assert_eq!(holds, numeric::float_compare(size, compare, a, b), "{}", what());
            }
        }
    }
}

#[test]
fn unary_operators_and_conversions_of_floats_are_exact() {
    for (shape, from, to) in float_unaries() {
        if runs_here() {
            for (dst, src) in SOME.into_iter().flat_map(|dst| SOME.map(|src| (dst, src))) {
                let code = assemble(|masm| match shape {
                    Shape::FloatUnary(size, kind) => masm.float_unary(size, kind, dst, src),
                    Shape::Convert(Convert::Demote) => masm.demote(dst, src),
                    _ => masm.promote(dst, src),
                });
                for a in float_values(from) {
                    let mut state = State::patterned();
                    state.set_float(src, dirty(from, a));
                    let what = || format!("{shape:?} {dst:?} {src:?} {a:x}");
                    let after = run(&code, &state, &[], &[dst], &what);
                    let actual = clean(to, after.get_float(dst));
                    let expected = numeric::unary(shape, a).unwrap().unwrap();
                    let right = agrees(shape, to, &[(from, a)], expected, actual);
                    assert!(right, "{}: {actual:x}, expected {expected:x}: {:x?}", what(), code.bytes);
                }
            }
        }
    }
}

#[test]
fn comparisons_feed_set_and_both_selects() {
    for (size, compare) in
        FLOAT_SIZES.into_iter().flat_map(|size| FLOAT_COMPARES.map(|compare| (size, compare)))
    {
        for negated in [false, true] {
            let cond = if negated { Cond::NotFloat(compare) } else { Cond::Float(compare) };
            for (lhs, rhs) in [
                (V0, FloatOperand::Reg(V1)),
                (V30, FloatOperand::Reg(V0)),
                (V1, FloatOperand::Home(Home::frame(0))),
                (V8, FloatOperand::Home(Home::context(CONTEXT_FREE))),
            ] {
                check_compare(size, compare, cond, lhs, rhs);
            }
        }
    }
}

fn check_compare(size: FloatSize, compare: FloatCompare, cond: Cond, lhs: Vreg, rhs: FloatOperand) {
    if !runs_here() {
        return;
    }
    for dst in [X0, X9, X15] {
        let selects: [(Vreg, Vreg, Vreg); 5] =
            [(V3, V5, V14), (V5, V5, V8), (V8, V5, V8), (V5, V5, V5), (V14, V8, V8)];
        let int_selects = [(X9, X20, X15), (X20, X20, X15), (X15, X20, X15), (X20, X20, X20), (X0, X15, X15)];
        let codes: Vec<_> = selects
            .into_iter()
            .zip(int_selects)
            .map(|((vd, vt, vo), (gd, gt, go))| {
                assemble(|masm| {
                    masm.compare_float(size, compare, lhs, rhs);
                    masm.select_int(cond, gd, gt, go);
                    masm.select_float(cond, vd, vt, vo);
                })
            })
            .collect();
        let set = assemble(|masm| {
            masm.compare_float(size, compare, lhs, rhs);
            masm.set_if(cond, dst);
        });
        for (a, b) in float_pairs(size) {
            let mut state = State::patterned();
            state.set_float(lhs, dirty(size, a));
            match rhs {
                FloatOperand::Reg(rhs) => state.set_float(rhs, dirty(size, b)),
                FloatOperand::Home(home) => *state.word(home) = dirty(size, b),
                FloatOperand::Const(_) => unreachable!("see constants_are_operands"),
            }
            let holds =
                numeric::float_compare(size, compare, a, b) ^ u64::from(matches!(cond, Cond::NotFloat(_)));
            let what = || format!("{size:?} {cond:?} {lhs:?} {rhs:?} {a:x} {b:x}");
            let after = run(&set, &state, &[dst], &[], &what);
            assert_eq!(after.get(dst), holds, "{} set: {:x?}", what(), set.bytes);
            for ((code, (vd, vt, vo)), (gd, gt, go)) in codes.iter().zip(selects).zip(int_selects) {
                let after = run(code, &state, &[gd], &[vd], &what);
                let expected = state.get_float(if holds == 1 { vt } else { vo });
                assert_eq!(after.get_float(vd), expected, "{} select: {:x?}", what(), code.bytes);
                let expected = state.get(if holds == 1 { gt } else { go });
                assert_eq!(after.get(gd), expected, "{} select: {:x?}", what(), code.bytes);
            }
        }
    }
}

/// What a truncation left at its outcome word.
const OUTCOME_RESULT: u64 = 7;
const OUTCOME_NAN: u64 = 8;
const OUTCOME_RANGE: u64 = 9;

#[test]
fn truncations_answer_or_say_which_trap() {
    let outcome = Home::context(CONTEXT_FREE + 64);
    for (cold, reach) in [(false, Reach::Near), (true, Reach::Near), (false, Reach::Far), (true, Reach::Far)]
    {
        for_each_truncation(|int, float, sign, dst, src| {
            let code = assemble_with(Tuning::ALL, reach, |masm| {
                masm.buf.set_cold(cold);
                masm.buf.current.ensure(1024);
                let skip = cold.then(|| in_cold(masm));
                let (nan, range) = masm.truncate(int, float, sign, dst, src);
                if let Some(back) = skip {
                    back(masm);
                }
                land_exits(masm, &[(nan, OUTCOME_NAN), (range, OUTCOME_RANGE)], outcome);
            });
            for a in float_values(float) {
                let mut state = State::patterned();
                state.set_float(src, dirty(float, a));
                *state.word(outcome) = OUTCOME_RESULT;
                let what =
                    || format!("{int:?} {float:?} {sign:?} {dst:?} {src:?} {a:x} cold {cold}, {reach:?}");
                let mut before = state.clone();
                code.run(&mut state);
                let actual = *state.word(outcome);
                match numeric::convert(Convert::Trunc(int, float, sign), a) {
                    Ok(expected) => {
                        assert_eq!(actual, OUTCOME_RESULT, "{}", what());
                        assert_eq!(state.get(dst), expected, "{}: {:x?}", what(), code.bytes);
                    }
                    Err(Trap::InvalidConversionToInteger) => assert_eq!(actual, OUTCOME_NAN, "{}", what()),
                    Err(_) => assert_eq!(actual, OUTCOME_RANGE, "{}", what()),
                }
                *before.word(outcome) = actual;
                before.forgive(&state, &[dst], &[]);
                assert!(before == state, "{} wrote elsewhere: {:x?}", what(), code.bytes);
            }
        });
    }
}

/// Jumps from the hot part to the cold one, which is written next; the closure comes back.
fn in_cold(masm: &mut A64) -> impl FnOnce(&mut A64) + use<> {
    masm.buf.set_cold(false);
    let enter = masm.jmp();
    let after = masm.buf.here();
    masm.buf.set_cold(true);
    let here = masm.buf.here();
    masm.buf.link(enter, here, patch);
    move |masm: &mut A64| {
        let back = masm.jmp();
        masm.buf.link(back, after, patch);
        masm.buf.set_cold(false);
    }
}

#[test]
fn saturating_truncations_clamp() {
    for_each_truncation(|int, float, sign, dst, src| {
        let code = assemble(|masm| masm.truncate_saturating(int, float, sign, dst, src));
        for a in float_values(float) {
            let mut state = State::patterned();
            state.set_float(src, dirty(float, a));
            let what = || format!("{int:?} {float:?} {sign:?} {dst:?} {src:?} {a:x}");
            let after = run(&code, &state, &[dst], &[], &what);
            let expected = numeric::convert(Convert::TruncSat(int, float, sign), a).unwrap();
            assert_eq!(after.get(dst), expected, "{}: {:x?}", what(), code.bytes);
        }
    });
}

fn for_each_truncation(mut f: impl FnMut(IntSize, FloatSize, Sign, Gpr, Vreg)) {
    if !runs_here() {
        return;
    }
    for (int, float) in INT_SIZES.into_iter().flat_map(|int| FLOAT_SIZES.map(|float| (int, float))) {
        for sign in SIGNS {
            for (dst, src) in [(X0, V0), (X20, V8), (X15, V3), (X9, V14)] {
                f(int, float, sign, dst, src);
            }
        }
    }
}

#[test]
fn integers_convert_rounded_to_nearest() {
    if runs_here() {
        for (int, float) in INT_SIZES.into_iter().flat_map(|int| FLOAT_SIZES.map(|float| (int, float))) {
            for sign in SIGNS {
                for (dst, src) in [(V0, X0), (V8, X20), (V3, X15)] {
                    let code = assemble(|masm| masm.convert_int(float, int, sign, dst, src));
                    for a in ROUNDED_INTS {
                        let a = narrow(int, a);
                        let mut state = State::patterned();
                        state.set(src, a);
                        let what = || format!("{int:?} {float:?} {sign:?} {dst:?} {src:?} {a:x}");
                        let after = run(&code, &state, &[], &[dst], &what);
                        let expected = numeric::convert(Convert::FromInt(float, int, sign), a).unwrap();
                        assert_eq!(
                            clean(float, after.get_float(dst)),
                            expected,
                            "{}: {:x?}",
                            what(),
                            code.bytes
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn moves_keep_flags_and_the_integer_scratch() {
    let home = Home::context(CONTEXT_FREE + 40);
    for (dst, src) in SOME.into_iter().flat_map(|dst| SOME.map(|src| (dst, src))) {
        let patterned = State::patterned();
        let moved = patterned.get_float(src);
        check_move(&[(dst, moved)], true, |masm| masm.move_float(dst, src));
        let swapped = [(src, patterned.get_float(dst)), (dst, moved)];
        check_move(&swapped, true, |masm| masm.exchange_float(dst, src));
    }
    for size in FLOAT_SIZES {
        for dst in SOME {
            let word = clean(size, *State::patterned().word(home));
            check_move(&[(dst, word)], true, |masm| masm.load_float(size, dst, home));
            for bits in float_values(size) {
                check_move(&[(dst, bits)], false, |masm| masm.const_float(size, dst, bits));
            }
            let bits = clean(size, State::patterned().get(X20));
            check_move(&[(dst, bits)], true, |masm| masm.float_of_bits(size, dst, X20));
        }
    }
}

/// Runs a move; `expected` are the registers it writes. Flags, and the integer scratch if asked, must be kept.
fn check_move(expected: &[(Vreg, u64)], keeps_scratch: bool, body: impl Fn(&mut A64)) {
    if !runs_here() {
        return;
    }
    let code = assemble(body);
    for flags in [0, STATUS_FLAGS] {
        let mut before = State::patterned();
        before.flags = flags;
        let vregs: Vec<_> = expected.iter().map(|&(reg, _)| reg).collect();
        let after = run(&code, &before, &[], &vregs, &|| "move".to_owned());
        for &(reg, bits) in expected {
            assert_eq!(after.get_float(reg), bits, "{reg:?}: {:x?}", code.bytes);
        }
        assert_eq!(after.flags & STATUS_FLAGS, flags, "{:x?}", code.bytes);
        if keeps_scratch {
            assert_eq!(after.get(SCRATCH), before.get(SCRATCH), "{:x?}", code.bytes);
        }
    }
}

#[test]
fn bits_and_stores_are_those_of_the_register() {
    if !runs_here() {
        return;
    }
    for size in FLOAT_SIZES {
        for (dst, src) in [(X0, V0), (X9, V8), (X15, V3)] {
            let code = assemble(|masm| masm.bits_of(size, dst, src));
            let state = State::patterned();
            let after = run(&code, &state, &[dst], &[], &|| "bits_of".to_owned());
            assert_eq!(after.get(dst), clean(size, state.get_float(src)));
        }
    }
    for (home, src) in [(Home::frame(8), V0), (Home::context(CONTEXT_FREE + 248), V8)] {
        let code = assemble(|masm| masm.store_float(home, src));
        let mut before = State::patterned();
        let mut after = before.clone();
        code.run(&mut after);
        *before.word(home) = before.get_float(src);
        let scratch = before.get(SCRATCH);
        before.forgive(&after, &[], &[]);
        assert!(before == after && after.get(SCRATCH) == scratch, "{:x?}", code.bytes);
    }
    let based = Home { base: Base::Reg(X15), offset: CONTEXT_FREE };
    let code = assemble(|masm| masm.store_float(based, V14));
    let mut state = State::patterned();
    let address = state.address();
    state.set(X15, address);
    code.run(&mut state);
    assert_eq!(*state.word(Home::context(CONTEXT_FREE)), State::patterned().get_float(V14));
}
