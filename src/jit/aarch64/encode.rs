//! Encoding of aarch64 instructions: constants, addresses, conditions, jump fields.
//!
//! Owns: what fits an instruction and what is done where something does not. Does not know: what an operator means.
//! Start at [`asm`], the assembler's own syntax; the helpers of [`A64`] take any constant and any offset and use
//! [`TEMP`] where an instruction has no room for it. The assembler panics on an immediate that does not fit, so nothing that is
//! not known to fit is handed to it.

use dynasmrt::DynasmApi;
use dynasmrt::aarch64::{encode_logical_immediate_32bit, encode_logical_immediate_64bit};

use super::A64;
use super::regs::{CONTEXT, SP, TEMP, ZERO};
use crate::arena::code_buf::CodeBuf;
use crate::jit::buffers::{Buffers, Jump};
use crate::jit::masm::{Base, Cond, Gpr, Home, Operand, Reach, Vreg};
use crate::spec::ops::{FloatCompare, FloatSize, IntCompare, IntSize};

/// `asm!(self ; ret)`: `dynasm!` into the current buffer.
macro_rules! asm {
    ($masm:expr ; $($code:tt)*) => {
        dynasmrt::dynasm!($masm.buf.current ; .arch aarch64 ; $($code)*)
    };
}
pub(super) use asm;

/// `cmp lhs, #imm` and `cmn lhs, #imm`: subtraction and addition without a destination.
const CMP_IMM: u32 = 0x7100_0000;
const CMN_IMM: u32 = 0x3100_0000;
/// Sixteen bits of a constant, the others zero, one, kept; `movn` inverts all.
const MOVZ: u32 = 0x5280_0000;
const MOVN: u32 = 0x1280_0000;
const MOVK: u32 = 0x7280_0000;
/// `orr dst, src, #imm`, where a destination of 31 is the stack pointer.
pub(super) const ORR_IMM: u32 = 0x3200_0000;

/// Bytes of every instruction.
pub(super) const INSTRUCTION_BYTES: u32 = 4;

/// A condition code of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cc(u8);

impl Cc {
    /// Equal, zero.
    pub(super) const EQ: Self = Self(0x0);
    /// Not equal, not zero; after `fcmp` unordered too.
    pub(super) const NE: Self = Self(0x1);
    /// Unsigned higher or same, carry.
    pub(super) const HS: Self = Self(0x2);
    /// Unsigned lower, no carry.
    pub(super) const LO: Self = Self(0x3);
    /// Negative; after `fcmp` less.
    pub(super) const MI: Self = Self(0x4);
    /// Overflow; after `fcmp` unordered.
    pub(super) const VS: Self = Self(0x6);
    /// Unsigned higher; after `fcmp` not less and not equal.
    pub(super) const HI: Self = Self(0x8);
    /// Unsigned lower or same; after `fcmp` less or equal.
    pub(super) const LS: Self = Self(0x9);
    /// Greater or equal, for floats too.
    pub(super) const GE: Self = Self(0xA);
    /// Less; after `fcmp` not greater and not equal.
    pub(super) const LT: Self = Self(0xB);
    /// Greater, for floats too.
    pub(super) const GT: Self = Self(0xC);
    /// Less or equal; after `fcmp` not greater.
    pub(super) const LE: Self = Self(0xD);

    /// The number in instructions.
    #[inline]
    pub(super) const fn number(self) -> u32 {
        self.0 as u32
    }

    /// True exactly when this is false.
    #[inline]
    pub(super) const fn inverse(self) -> Self {
        Self(self.0 ^ 1)
    }
}

/// The code that tests a condition after `cmp lhs, rhs` or `fcmp lhs, rhs`: one suffices for every condition, NaNs included.
#[inline]
pub(super) const fn cond_code(cond: Cond) -> Cc {
    match cond {
        Cond::Int(compare) => int_code(compare),
        Cond::Float(compare) => float_code(compare),
        Cond::NotFloat(compare) => float_code(compare).inverse(),
    }
}

const fn int_code(compare: IntCompare) -> Cc {
    match compare {
        IntCompare::Eq => Cc::EQ,
        IntCompare::Ne => Cc::NE,
        IntCompare::LtS => Cc::LT,
        IntCompare::LtU => Cc::LO,
        IntCompare::GtS => Cc::GT,
        IntCompare::GtU => Cc::HI,
        IntCompare::LeS => Cc::LE,
        IntCompare::LeU => Cc::LS,
        IntCompare::GeS => Cc::GE,
        IntCompare::GeU => Cc::HS,
    }
}

const fn float_code(compare: FloatCompare) -> Cc {
    match compare {
        FloatCompare::Eq => Cc::EQ,
        FloatCompare::Ne => Cc::NE,
        FloatCompare::Lt => Cc::MI,
        FloatCompare::Le => Cc::LS,
        FloatCompare::Gt => Cc::GT,
        FloatCompare::Ge => Cc::GE,
    }
}

/// `b`, `bl`: 26 bits of distance in instructions, ±128 MiB.
pub(super) const FORM_26: u8 = 0;
/// `b.cond`, `cbz`, `cbnz`: 19 bits of distance in instructions, ±1 MiB.
pub(super) const FORM_19: u8 = 1;
/// `tbz`, `tbnz`: 14 bits of distance in instructions, ±32 KiB.
pub(super) const FORM_14: u8 = 2;
/// `adr`: 21 bits of distance in bytes, ±1 MiB.
pub(super) const FORM_ADR: u8 = 3;
/// `movz`, `movk` behind an `adr` of itself: 32 bits of distance in bytes from that `adr`, towards higher addresses.
pub(super) const FORM_ADR_FAR: u8 = 4;

/// Writes the distance of the field of the instruction at `at` to `target`; false if it does not fit.
pub(super) fn patch(code: &mut CodeBuf, at: u32, form: u8, target: u32) -> bool {
    let word = |code: &CodeBuf, at: u32| {
        let at = at as usize;
        let bytes = code.as_slice()[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes)
    };
    if form == FORM_ADR_FAR {
        let Some(distance) = target.checked_sub(at) else { return false };
        for (nth, half) in [(1, distance & 0xFFFF), (2, distance >> 16)] {
            let at = at + nth * INSTRUCTION_BYTES;
            let old = word(code, at);
            code.patch_u32(at as usize, old & !(0xFFFF << 5) | half << 5);
        }
        return true;
    }
    let Some(new) = with_distance(word(code, at), at, form, target) else { return false };
    code.patch_u32(at as usize, new);
    true
}

/// An instruction at `at` with its distance to `target`; `None` if it does not fit.
pub(super) fn with_distance(instruction: u32, at: u32, form: u8, target: u32) -> Option<u32> {
    let distance = i64::from(target) - i64::from(at);
    let field = |bits: u32, value: i64| {
        let limit = 1_i64 << (bits - 1);
        (-limit..limit).contains(&value).then_some(low_half(value.cast_unsigned()) & ((1 << bits) - 1))
    };
    debug_assert!(form == FORM_ADR || distance % 4 == 0, "instructions lie at multiples of 4");
    match form {
        FORM_26 => Some(instruction & !0x03FF_FFFF | field(26, distance >> 2)?),
        FORM_19 => Some(instruction & !(0x7_FFFF << 5) | field(19, distance >> 2)? << 5),
        FORM_14 => Some(instruction & !(0x3FFF << 5) | field(14, distance >> 2)? << 5),
        FORM_ADR => {
            let field = field(21, distance)?;
            Some(instruction & !(3 << 29 | 0x7_FFFF << 5) | (field & 3) << 29 | field >> 2 << 5)
        }
        _ => unreachable!("no jump has form {form}"),
    }
}

/// The field bits of a constant in `and`, `orr`, `eor`, `tst`, if they take it.
#[inline]
pub(super) fn logical_imm(size: IntSize, bits: u64) -> Option<u32> {
    let field = match size {
        IntSize::W32 => encode_logical_immediate_32bit(low_half(bits)),
        IntSize::W64 => encode_logical_immediate_64bit(bits),
    };
    field.map(|field| u32::from(field) << 10)
}

/// The field bits of a constant in `add`, `sub`, `cmp`, `cmn`, if they take it: 12 bits, shifted by 0 or 12.
#[inline]
pub(super) fn arithmetic_imm(bits: u64) -> Option<u32> {
    const SHIFTED: u32 = 1 << 22;
    match bits {
        0..=0xFFF => Some(low_half(bits) << 10),
        0x1000..=0xFF_F000 if bits & 0xFFF == 0 => Some(SHIFTED | low_half(bits) >> 12 << 10),
        _ => None,
    }
}

/// The lower 32 bits.
#[inline]
pub(super) const fn low_half(bits: u64) -> u32 {
    (bits & 0xFFFF_FFFF) as u32
}

/// The bit that makes the 64-bit form of an integer instruction.
#[inline]
pub(super) const fn sf(size: IntSize) -> u32 {
    match size {
        IntSize::W32 => 0,
        IntSize::W64 => 1 << 31,
    }
}

/// The bit that makes the double form of a scalar float instruction.
#[inline]
pub(super) const fn ftype(size: FloatSize) -> u32 {
    match size {
        FloatSize::F32 => 0,
        FloatSize::F64 => 1 << 22,
    }
}

/// The register of a base: [`SP`] for the frame.
#[inline]
pub(super) const fn base_of(base: Base) -> Gpr {
    match base {
        Base::Frame => SP,
        Base::Context => CONTEXT,
        Base::Reg(reg) => reg,
    }
}

/// Constants and addresses of any size.
impl A64 {
    /// One instruction by its bits.
    #[inline]
    pub(super) fn word(&mut self, instruction: u32) {
        self.buf.current.push_u32(instruction);
    }

    /// An instruction of three integer registers, by the bits of its 32-bit form: `op dst, lhs, rhs`.
    #[inline]
    pub(super) fn three(&mut self, op: u32, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Gpr) {
        self.word(op | sf(size) | u32::from(rhs.0) << 16 | u32::from(lhs.0) << 5 | u32::from(dst.0));
    }

    /// An instruction of two integer registers, by the bits of its 32-bit form: `op dst, src`.
    #[inline]
    pub(super) fn two(&mut self, op: u32, size: IntSize, dst: Gpr, src: Gpr) {
        self.word(op | sf(size) | u32::from(src.0) << 5 | u32::from(dst.0));
    }

    /// An instruction of three vector registers, by its bits: `op dst, lhs, rhs`.
    #[inline]
    pub(super) fn vector_three(&mut self, op: u32, dst: Vreg, lhs: Vreg, rhs: Vreg) {
        self.word(op | u32::from(rhs.0) << 16 | u32::from(lhs.0) << 5 | u32::from(dst.0));
    }

    /// An instruction of two vector registers, by its bits: `op dst, src`.
    #[inline]
    pub(super) fn vector_two(&mut self, op: u32, dst: Vreg, src: Vreg) {
        self.word(op | u32::from(src.0) << 5 | u32::from(dst.0));
    }

    /// `mov dst, src`; nothing if they are the same. Neither is the stack pointer.
    #[inline]
    pub(super) fn mov(&mut self, size: IntSize, dst: Gpr, src: Gpr) {
        if dst != src {
            self.mov_always(size, dst, src);
        }
    }

    /// `mov dst, src`, also of a register to itself: 32 bits clear the upper half.
    #[inline]
    pub(super) fn mov_always(&mut self, size: IntSize, dst: Gpr, src: Gpr) {
        match size {
            IntSize::W32 => asm!(self ; mov W(dst), W(src)),
            IntSize::W64 => asm!(self ; mov X(dst), X(src)),
        }
    }

    /// Loads constant bits, at most four instructions. Keeps everything else.
    pub(super) fn mov_imm(&mut self, dst: Gpr, bits: u64) {
        let wide = bits >> 32 != 0;
        if !wide && low_half(bits).count_ones() > 16 && self.mov_imm_32_inverted(dst, low_half(bits)) {
            return;
        }
        let halves = [0, 1, 2, 3].map(|half| (half, low_half(bits >> (16 * half) & 0xFFFF)));
        let differ = |from: u32| halves.iter().filter(|half| half.1 != from).count();
        let (zeros, ones) = (differ(0), differ(0xFFFF));
        if zeros.min(ones) > 1 {
            let size = if wide { IntSize::W64 } else { IntSize::W32 };
            if let Some(imm) = logical_imm(size, bits) {
                return self.two(ORR_IMM | imm, size, dst, ZERO);
            }
        }
        let filler = if ones < zeros { 0xFFFF } else { 0 };
        let mut parts = halves.into_iter().filter(|half| half.1 != filler);
        let (half, first) = parts.next().unwrap_or((0, filler));
        if filler == 0 {
            self.move_wide(MOVZ, IntSize::W64, dst, half, first);
        } else {
            self.move_wide(MOVN, IntSize::W64, dst, half, first ^ 0xFFFF);
        }
        for (half, part) in parts {
            self.move_wide(MOVK, IntSize::W64, dst, half, part);
        }
    }

    /// `movz`, `movn` or `movk` of 16 bits: which half word of the register they are.
    fn move_wide(&mut self, op: u32, size: IntSize, dst: Gpr, half: u32, bits: u32) {
        debug_assert!(bits <= 0xFFFF, "16 bits");
        self.word(op | sf(size) | half << 21 | bits << 5 | u32::from(dst.0));
    }

    /// A 32-bit constant whose upper or lower half is all ones, by one `movn`; whether it is one.
    fn mov_imm_32_inverted(&mut self, dst: Gpr, bits: u32) -> bool {
        let inverse = !bits;
        let (half, part) = match inverse {
            0..=0xFFFF => (0, inverse),
            _ if inverse & 0xFFFF == 0 => (1, inverse >> 16),
            _ => return false,
        };
        self.move_wide(MOVN, IntSize::W32, dst, half, part);
        true
    }

    /// `dst = src + imm`, 64 bits; either may be [`SP`]. Destroys [`TEMP`] from 2²⁴ upwards; `src` is not it then.
    pub(super) fn add_imm(&mut self, dst: Gpr, src: Gpr, imm: u64) {
        let (high, low) = (low_half(imm) >> 12, low_half(imm) & 0xFFF);
        match imm {
            0 if dst == src => {}
            0..=0xFFF => asm!(self ; add XSP(dst), XSP(src), low),
            0x1000..=0xFF_FFFF => {
                asm!(self ; add XSP(dst), XSP(src), high, LSL 12);
                if low != 0 {
                    asm!(self ; add XSP(dst), XSP(dst), low);
                }
            }
            _ => {
                debug_assert_ne!(src, TEMP, "the constant is written before the source is read");
                self.mov_imm(TEMP, imm);
                asm!(self ; add XSP(dst), XSP(src), X(TEMP), UXTX);
            }
        }
    }

    /// `dst = src - imm`; as [`A64::add_imm`].
    pub(super) fn sub_imm(&mut self, dst: Gpr, src: Gpr, imm: u64) {
        let (high, low) = (low_half(imm) >> 12, low_half(imm) & 0xFFF);
        match imm {
            0 if dst == src => {}
            0..=0xFFF => asm!(self ; sub XSP(dst), XSP(src), low),
            0x1000..=0xFF_FFFF => {
                asm!(self ; sub XSP(dst), XSP(src), high, LSL 12);
                if low != 0 {
                    asm!(self ; sub XSP(dst), XSP(dst), low);
                }
            }
            _ => {
                debug_assert_ne!(src, TEMP, "the constant is written before the source is read");
                self.mov_imm(TEMP, imm);
                asm!(self ; sub XSP(dst), XSP(src), X(TEMP), UXTX);
            }
        }
    }

    /// `cmp lhs, imm`; `lhs` is neither [`TEMP`] nor the stack pointer. Constant bits of an i32 have a zero upper half.
    pub(super) fn cmp_imm(&mut self, size: IntSize, lhs: Gpr, bits: u64) {
        let negated = match size {
            IntSize::W32 => u64::from(low_half(bits).wrapping_neg()),
            IntSize::W64 => bits.wrapping_neg(),
        };
        match (arithmetic_imm(bits), arithmetic_imm(negated)) {
            (Some(imm), _) => self.two(CMP_IMM | imm, size, ZERO, lhs),
            // Not for 0, whose negation sets the carry the other way; the first arm has it.
            (None, Some(imm)) => self.two(CMN_IMM | imm, size, ZERO, lhs),
            (None, None) => {
                debug_assert_ne!(lhs, TEMP, "the constant is written before the operand is read");
                self.mov_imm(TEMP, bits);
                self.cmp(size, lhs, TEMP);
            }
        }
    }

    /// `cmp lhs, rhs`.
    #[inline]
    pub(super) fn cmp(&mut self, size: IntSize, lhs: Gpr, rhs: Gpr) {
        match size {
            IntSize::W32 => asm!(self ; cmp W(lhs), W(rhs)),
            IntSize::W64 => asm!(self ; cmp X(lhs), X(rhs)),
        }
    }

    /// An operand in a register: its own, or [`TEMP`] after loading it there.
    pub(super) fn in_register(&mut self, size: IntSize, operand: Operand) -> Gpr {
        match operand {
            Operand::Reg(reg) => reg,
            Operand::Imm(bits) => {
                self.mov_imm(TEMP, bits);
                TEMP
            }
            Operand::Home(home) => {
                self.load_word(size, TEMP, home);
                TEMP
            }
        }
    }

    /// `ldr dst, [home]`. Destroys nothing but [`TEMP`], and that only where the offset does not fit.
    pub(super) fn load_word(&mut self, size: IntSize, dst: Gpr, from: Home) {
        let op = match size {
            IntSize::W32 => 0xB940_0000,
            IntSize::W64 => 0xF940_0000,
        };
        self.word_access(op, size.bytes(), dst.0, from);
    }

    /// `str src, [home]`. `src` may be [`super::regs::ZERO`]; it is [`TEMP`] only where the offset fits: [`offset_fits`].
    pub(super) fn store_word(&mut self, size: IntSize, src: Gpr, to: Home) {
        let op = match size {
            IntSize::W32 => 0xB900_0000,
            IntSize::W64 => 0xF900_0000,
        };
        debug_assert!(
            src != TEMP || offset_fits(size.bytes(), to.offset),
            "the offset would take its register"
        );
        self.word_access(op, size.bytes(), src.0, to);
    }

    /// `ldr dst, [home]` of a float's width. As [`A64::load_word`].
    pub(super) fn load_vector(&mut self, size: FloatSize, dst: Vreg, from: Home) {
        let op = match size {
            FloatSize::F32 => 0xBD40_0000,
            FloatSize::F64 => 0xFD40_0000,
        };
        self.word_access(op, size.bytes(), dst.0, from);
    }

    /// `str src, [home]` of a float's width. As [`A64::load_word`].
    pub(super) fn store_vector(&mut self, size: FloatSize, src: Vreg, to: Home) {
        let op = match size {
            FloatSize::F32 => 0xBD00_0000,
            FloatSize::F64 => 0xFD00_0000,
        };
        self.word_access(op, size.bytes(), src.0, to);
    }

    /// A load or store by the bits of its form with a scaled 12-bit offset, from which those of its form with a register follow.
    fn word_access(&mut self, op: u32, bytes: u32, reg: u8, home: Home) {
        const REGISTER_OFFSET: u32 = 0x0020_6800;
        let base = u32::from(base_of(home.base).0) << 5;
        if offset_fits(bytes, home.offset) {
            self.word(op | (home.offset / bytes) << 10 | base | u32::from(reg));
        } else {
            debug_assert_ne!(home.base, Base::Reg(TEMP), "the offset would take its register");
            self.mov_imm(TEMP, home.offset.into());
            let op = op & !0x0100_0000 | REGISTER_OFFSET;
            self.word(op | u32::from(TEMP.0) << 16 | base | u32::from(reg));
        }
    }

    /// `csel dst, then, otherwise, cc`. A register may be [`super::regs::ZERO`].
    #[inline]
    pub(super) fn csel(&mut self, size: IntSize, cc: Cc, dst: Gpr, then: Gpr, otherwise: Gpr) {
        self.three(0x1A80_0000 | cc.number() << 12, size, dst, then, otherwise);
    }

    /// `fcsel dst, then, otherwise, cc`.
    #[inline]
    pub(super) fn fcsel(&mut self, size: FloatSize, cc: Cc, dst: Vreg, then: Vreg, otherwise: Vreg) {
        let registers = u32::from(otherwise.0) << 16 | u32::from(then.0) << 5 | u32::from(dst.0);
        self.word(0x1E20_0C00 | ftype(size) | cc.number() << 12 | registers);
    }

    /// Behind the jump that a comparison of an index with its bound took: 0 instead of the index where it is not below, also for
    /// what runs ahead of the jump; the barrier keeps guesses at flags out of what follows.
    pub(super) fn mask_index(&mut self, size: IntSize, index: Gpr) {
        /// `csdb`.
        const SPECULATION_BARRIER: u32 = 0xD503_229F;
        self.csel(size, Cc::LO, index, index, ZERO);
        self.word(SPECULATION_BARRIER);
    }

    /// `cset dst, cc`: 1 or 0, whole register.
    #[inline]
    pub(super) fn cset(&mut self, cc: Cc, dst: Gpr) {
        self.word(0x1A9F_07E0 | cc.inverse().number() << 12 | u32::from(dst.0));
    }
}

/// Whether the offset of an access of so many bytes fits the instruction.
#[inline]
pub(super) const fn offset_fits(bytes: u32, offset: u32) -> bool {
    offset.is_multiple_of(bytes) && offset / bytes < 4096
}

/// Jumps.
impl A64 {
    /// `b.cc` to somewhere in the function.
    pub(super) fn jcc(&mut self, cc: Cc) -> Jump {
        self.jump_on(0x5400_0000 | cc.number(), 0x5400_0000 | cc.inverse().number())
    }

    /// `cbz reg` (`cbnz` if `not`) to somewhere in the function.
    pub(super) fn jump_zero(&mut self, size: IntSize, not: bool, reg: Gpr) -> Jump {
        let instruction = |not: bool| 0x3400_0000 | sf(size) | u32::from(not) << 24 | u32::from(reg.0);
        self.jump_on(instruction(not), instruction(!not))
    }

    /// A conditional jump by its bits; where it might not go far enough, the opposite one over an unconditional one.
    fn jump_on(&mut self, instruction: u32, opposite: u32) -> Jump {
        const OVER_THE_NEXT: u32 = 2 << 5;
        if self.reach == Reach::Far {
            self.word(opposite | OVER_THE_NEXT);
            return self.jmp();
        }
        self.word(instruction);
        self.buf.jump_before(INSTRUCTION_BYTES, FORM_19)
    }

    /// `tbz reg, #sign` (`tbnz` if `set`) to somewhere in a short function.
    pub(super) fn jump_sign(&mut self, size: IntSize, set: bool, reg: Gpr) -> Jump {
        const BIT_31: u32 = 31 << 19;
        debug_assert_eq!(self.reach, Reach::Short, "the form goes 32 KiB");
        self.word(0x3600_0000 | u32::from(set) << 24 | sf(size) | BIT_31 | u32::from(reg.0));
        self.buf.jump_before(INSTRUCTION_BYTES, FORM_14)
    }

    /// `b` to somewhere.
    #[inline]
    pub(super) fn jmp(&mut self) -> Jump {
        self.word(0x1400_0000);
        self.buf.jump_before(INSTRUCTION_BYTES, FORM_26)
    }
}

/// Lets a jump within one operator or stub, both in one buffer, go to here.
pub(super) fn link_here(buf: &mut Buffers, jump: Jump) {
    let here = buf.here();
    buf.link(jump, here, patch);
}
