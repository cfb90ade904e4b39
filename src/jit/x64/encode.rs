//! Encoding of `x86_64` instructions, the short forms first.
//!
//! Owns: operand forms ([`Rm`]), opcodes ([`Op`]), prefixes, displacements, immediates, condition codes, jump fields. Does
//! not know: what an operator means.
//! Start at [`X64::ins`]; [`asm`] gives the assembler's own syntax for what is rare.
//!
//! Opcodes are encoded here and not by `dynasm!` where registers are dynamic: that one spends a REX byte on every dynamic
//! register and a SIB byte and a displacement on every dynamic base, about a fifth of all code.

use dynasmrt::DynasmApi;

use super::X64;
use super::regs::{CONTEXT, CONTEXT_BIAS, RAX, RSP, SCRATCH};
use crate::arena::code_buf::CodeBuf;
use crate::jit::buffers::{Buffers, Jump};
use crate::jit::masm::{Base, Cond, FloatOperand, Gpr, Home, Operand, ScalarOps, Vreg};
use crate::spec::ops::{FloatCompare, FloatSize, IntCompare, IntSize};

/// `asm!(self ; ret)`: `dynasm!` into the current buffer.
macro_rules! asm {
    ($masm:expr ; $($code:tt)*) => {
        dynasmrt::dynasm!($masm.buf.current ; .arch x64 ; $($code)*)
    };
}
pub(super) use asm;

/// The operand of an instruction that may be a register or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rm {
    /// A register of either class.
    Reg(u8),
    /// `[base + disp]`.
    Mem { base: Gpr, disp: i32 },
    /// `[base + (index << scale) + disp]`; the index is not rsp.
    Indexed { base: Gpr, index: Gpr, scale: u8, disp: i32 },
    /// `[rip + disp]`; the displacement is written later, and no immediate follows it.
    Later,
}

impl From<Gpr> for Rm {
    #[inline]
    fn from(reg: Gpr) -> Self {
        Self::Reg(reg.0)
    }
}

impl From<Vreg> for Rm {
    #[inline]
    fn from(reg: Vreg) -> Self {
        Self::Reg(reg.0)
    }
}

impl From<Home> for Rm {
    #[inline]
    fn from(home: Home) -> Self {
        let offset = i32::try_from(home.offset).expect("frames and contexts are limited far below 2 GiB");
        match home.base {
            Base::Frame => Self::Mem { base: RSP, disp: offset },
            Base::Context => Self::Mem { base: CONTEXT, disp: offset - CONTEXT_BIAS },
            Base::Reg(base) => Self::Mem { base, disp: offset },
        }
    }
}

impl From<FloatOperand> for Rm {
    #[inline]
    fn from(operand: FloatOperand) -> Self {
        match operand {
            FloatOperand::Reg(reg) => reg.into(),
            FloatOperand::Home(home) => home.into(),
            FloatOperand::Const(_) => Self::Later,
        }
    }
}

/// Which operands of an instruction are bytes: registers 4 to 7 then need a REX byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bytes {
    None,
    Reg,
    Rm,
}

/// Opcode map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Map {
    One = 0,
    M0f = 1,
    M0f38 = 2,
    M0f3a = 3,
}

/// An opcode with its mandatory prefix and map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Op {
    prefix: u8,
    map: Map,
    code: u8,
    bytes: Bytes,
}

impl Op {
    const fn new(map: Map, code: u8) -> Self {
        Self { prefix: 0, map, code, bytes: Bytes::None }
    }

    /// A one-byte opcode.
    pub(super) const fn one(code: u8) -> Self {
        Self::new(Map::One, code)
    }

    /// An opcode after 0F.
    pub(super) const fn m0f(code: u8) -> Self {
        Self::new(Map::M0f, code)
    }

    /// An opcode after 0F 38.
    pub(super) const fn m0f38(code: u8) -> Self {
        Self::new(Map::M0f38, code)
    }

    /// An opcode after 0F 3A.
    pub(super) const fn m0f3a(code: u8) -> Self {
        Self::new(Map::M0f3a, code)
    }

    /// With a mandatory prefix: 66, F2 or F3.
    pub(super) const fn prefix(self, prefix: u8) -> Self {
        Self { prefix, ..self }
    }

    /// The register operand is a byte.
    pub(super) const fn byte_reg(self) -> Self {
        Self { bytes: Bytes::Reg, ..self }
    }

    /// The register-or-memory operand is a byte.
    pub(super) const fn byte_rm(self) -> Self {
        Self { bytes: Bytes::Rm, ..self }
    }

    /// Another opcode of the same form.
    pub(super) const fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// With the mandatory prefix of a scalar float instruction.
    #[inline]
    pub(super) const fn scalar(self, size: FloatSize) -> Self {
        self.prefix(match size {
            FloatSize::F32 => 0xF3,
            FloatSize::F64 => 0xF2,
        })
    }

    /// With the mandatory prefix of a packed float instruction or of `ucomis`.
    #[inline]
    pub(super) const fn packed(self, size: FloatSize) -> Self {
        self.prefix(match size {
            FloatSize::F32 => 0,
            FloatSize::F64 => 0x66,
        })
    }

    /// The prefix as the VEX encoding has it.
    const fn vex_prefix(self) -> u8 {
        match self.prefix {
            0x66 => 1,
            0xF3 => 2,
            0xF2 => 3,
            _ => 0,
        }
    }
}

/// `mov reg, rm`.
pub(super) const MOV: Op = Op::one(0x8B);
/// `mov rm, reg`.
pub(super) const MOV_TO: Op = Op::one(0x89);
/// `mov rm, imm32`, digit 0.
pub(super) const MOV_IMM: Op = Op::one(0xC7);
/// `lea reg, [m]`.
pub(super) const LEA: Op = Op::one(0x8D);
/// `test rm, reg`.
pub(super) const TEST: Op = Op::one(0x85);
/// `xchg rm, reg`.
pub(super) const XCHG: Op = Op::one(0x87);
/// `movsxd reg64, rm32`.
pub(super) const MOVSXD: Op = Op::one(0x63);
/// `movzx reg32, rm8`.
pub(super) const MOVZX_8: Op = Op::m0f(0xB6).byte_rm();
/// `movzx reg32, rm16`.
pub(super) const MOVZX_16: Op = Op::m0f(0xB7);
/// `movsx reg, rm8`.
pub(super) const MOVSX_8: Op = Op::m0f(0xBE).byte_rm();
/// `movsx reg, rm16`.
pub(super) const MOVSX_16: Op = Op::m0f(0xBF);

/// The eight operations that share encodings; the value is their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Alu {
    /// Addition.
    Add = 0,
    /// Or.
    Or = 1,
    /// And.
    And = 4,
    /// Subtraction.
    Sub = 5,
    /// Exclusive or.
    Xor = 6,
    /// Subtraction of which only flags are kept.
    Cmp = 7,
}

/// Shifts and rotations; the value is their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Shift {
    /// Rotation to the left.
    Rol = 0,
    /// Rotation to the right.
    Ror = 1,
    /// Shift to the left.
    Shl = 4,
    /// Shift to the right, zeros in.
    Shr = 5,
    /// Shift to the right, the sign in.
    Sar = 7,
}

/// A condition code of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cc(u8);

impl Cc {
    /// Overflow.
    pub(super) const O: Self = Self(0x0);
    /// Below, carry.
    pub(super) const B: Self = Self(0x2);
    /// Above or equal, no carry.
    pub(super) const AE: Self = Self(0x3);
    /// Equal, zero.
    pub(super) const E: Self = Self(0x4);
    /// Not equal, not zero.
    pub(super) const NE: Self = Self(0x5);
    /// Below or equal.
    pub(super) const BE: Self = Self(0x6);
    /// Above.
    pub(super) const A: Self = Self(0x7);
    /// Negative.
    pub(super) const S: Self = Self(0x8);
    /// Parity: after `ucomis`, unordered.
    pub(super) const P: Self = Self(0xA);
    /// No parity: after `ucomis`, ordered.
    pub(super) const NP: Self = Self(0xB);
    /// Less.
    pub(super) const L: Self = Self(0xC);
    /// Greater or equal.
    pub(super) const GE: Self = Self(0xD);
    /// Less or equal.
    pub(super) const LE: Self = Self(0xE);
    /// Greater.
    pub(super) const G: Self = Self(0xF);

    /// The number in opcodes.
    #[inline]
    pub(super) const fn number(self) -> u8 {
        self.0
    }

    /// True exactly when this is false.
    #[inline]
    pub(super) const fn inverse(self) -> Self {
        Self(self.0 ^ 1)
    }
}

/// A condition as the machine tests it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CondCodes {
    /// One code.
    One(Cc),
    /// True if either code is.
    Either(Cc, Cc),
    /// True if both codes are.
    Both(Cc, Cc),
}

/// How a condition is tested. `compare_float` has exchanged the operands of `Lt` and `Le`, so that all four orders are
/// "above" ones, which are false for a NaN.
#[inline]
pub(super) const fn cond_codes(cond: Cond) -> CondCodes {
    match cond {
        Cond::Int(compare) => CondCodes::One(int_code(compare)),
        Cond::Float(FloatCompare::Eq) | Cond::NotFloat(FloatCompare::Ne) => CondCodes::Both(Cc::E, Cc::NP),
        Cond::Float(FloatCompare::Ne) | Cond::NotFloat(FloatCompare::Eq) => CondCodes::Either(Cc::NE, Cc::P),
        Cond::Float(FloatCompare::Lt | FloatCompare::Gt) => CondCodes::One(Cc::A),
        Cond::Float(FloatCompare::Le | FloatCompare::Ge) => CondCodes::One(Cc::AE),
        Cond::NotFloat(FloatCompare::Lt | FloatCompare::Gt) => CondCodes::One(Cc::BE),
        Cond::NotFloat(FloatCompare::Le | FloatCompare::Ge) => CondCodes::One(Cc::B),
    }
}

const fn int_code(compare: IntCompare) -> Cc {
    match compare {
        IntCompare::Eq => Cc::E,
        IntCompare::Ne => Cc::NE,
        IntCompare::LtS => Cc::L,
        IntCompare::LtU => Cc::B,
        IntCompare::GtS => Cc::G,
        IntCompare::GtU => Cc::A,
        IntCompare::LeS => Cc::LE,
        IntCompare::LeU => Cc::BE,
        IntCompare::GeS => Cc::GE,
        IntCompare::GeU => Cc::AE,
    }
}

/// Form of a jump or call whose field is a 32-bit distance from the field's own end.
pub(super) const FORM_REL32: u8 = 0;
/// Bytes of that field.
pub(super) const REL32_BYTES: u32 = 4;

/// Writes the distance of a [`FORM_REL32`] field at `at` to `target`; false if it does not fit.
pub(super) fn patch_rel32(code: &mut CodeBuf, at: u32, form: u8, target: u32) -> bool {
    debug_assert_eq!(form, FORM_REL32, "jumps that are linked have 32-bit fields");
    let Some(distance) = rel32(at, target) else { return false };
    code.patch_u32(at as usize, distance);
    true
}

/// The bits of a 32-bit distance from the end of the field at `at` to `target`.
pub(super) fn rel32(at: u32, target: u32) -> Option<u32> {
    let distance = i64::from(target) - i64::from(at) - i64::from(REL32_BYTES);
    i32::try_from(distance).ok().map(i32::cast_unsigned)
}

/// A jump over a few bytes, whose 1-byte distance is still to be written: [`X64::land`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(super) struct Short {
    end: u32,
}

/// The immediate form of constant bits, if they are a sign-extended 32-bit number at this size.
#[inline]
pub(super) fn imm32(size: IntSize, bits: u64) -> Option<i32> {
    match size {
        IntSize::W32 => Some(low_half(bits).cast_signed()),
        IntSize::W64 => i32::try_from(bits.cast_signed()).ok(),
    }
}

/// The lower 32 bits.
#[inline]
pub(super) const fn low_half(bits: u64) -> u32 {
    (bits & 0xFFFF_FFFF) as u32
}

/// The upper 32 bits.
#[inline]
pub(super) const fn high_half(bits: u64) -> u32 {
    (bits >> 32) as u32
}

/// Bytes of an instruction up to its displacement, gathered before one store.
#[derive(Clone, Copy)]
struct Head {
    word: u64,
    bits: u32,
}

impl Head {
    #[inline(always)]
    const fn empty() -> Self {
        Self { word: 0, bits: 0 }
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.word |= u64::from(byte) << self.bits;
        self.bits += 8;
    }

    #[inline(always)]
    fn write(self, code: &mut CodeBuf) {
        let end = code.len() + (self.bits / 8) as usize;
        code.push_u64(self.word);
        code.truncate(end);
    }
}

/// REX bits of the register-or-memory operand: index and base.
#[inline(always)]
const fn rex_xb(rm: Rm) -> u8 {
    match rm {
        Rm::Reg(reg) => reg >> 3,
        Rm::Mem { base, .. } => base.0 >> 3,
        Rm::Indexed { base, index, .. } => base.0 >> 3 | (index.0 >> 3) << 1,
        Rm::Later => 0,
    }
}

/// What the low three bits of a register number say in a `ModRM` byte: a SIB byte follows (rsp, r12), or there is no base
/// unless a displacement follows (rbp, r13).
const SIB_FOLLOWS: u8 = 4;
const NEEDS_DISP: u8 = 5;

/// Writes the head, then the `ModRM` byte, the SIB byte and the displacement.
#[inline(always)]
fn write_modrm(code: &mut CodeBuf, mut head: Head, reg: u8, rm: Rm) {
    let reg = (reg & 7) << 3;
    let (base, disp, sib) = match rm {
        Rm::Reg(rm) => {
            head.byte(0xC0 | reg | rm & 7);
            return head.write(code);
        }
        Rm::Later => {
            head.byte(reg | NEEDS_DISP);
            head.write(code);
            return code.push_i32(0);
        }
        Rm::Mem { base, disp } => (base.0 & 7, disp, 0x20),
        Rm::Indexed { base, index, scale, disp } => {
            debug_assert_ne!(index, RSP, "rsp as an index means that there is none");
            (base.0 & 7, disp, scale << 6 | (index.0 & 7) << 3)
        }
    };
    let short = i8::try_from(disp);
    let mode = match short {
        Ok(0) if base != NEEDS_DISP => 0x00,
        Ok(_) => 0x40,
        Err(_) => 0x80,
    };
    if matches!(rm, Rm::Indexed { .. }) || base == SIB_FOLLOWS {
        head.byte(mode | reg | SIB_FOLLOWS);
        head.byte(sib | base);
    } else {
        head.byte(mode | reg | base);
    }
    match (mode, short) {
        (0x00, _) => head.write(code),
        (_, Ok(disp)) => {
            head.byte(disp.cast_unsigned());
            head.write(code);
        }
        (_, Err(_)) => {
            head.write(code);
            code.push_i32(disp);
        }
    }
}

/// Instructions.
impl X64 {
    /// `op reg, rm` (or `op rm, reg`, by the opcode; or `op /digit rm`).
    #[inline]
    pub(super) fn ins(&mut self, op: Op, size: IntSize, reg: impl Into<u8>, rm: impl Into<Rm>) {
        self.encode(op, size, reg.into(), rm.into());
    }

    /// A vector instruction in its SSE form: no operand size.
    #[inline]
    pub(super) fn sse(&mut self, op: Op, reg: Vreg, rm: impl Into<Rm>) {
        self.encode(op, IntSize::W32, reg.0, rm.into());
    }

    fn encode(&mut self, op: Op, size: IntSize, reg: u8, rm: Rm) {
        const REX: u8 = 0x40;
        let mut head = Head::empty();
        if op.prefix != 0 {
            head.byte(op.prefix);
        }
        let wide = u8::from(size == IntSize::W64) << 3;
        let rex = REX | wide | reg >> 3 << 2 | rex_xb(rm);
        let needs_rex = |number: u8| number & !3 == 4;
        let forced = match (op.bytes, rm) {
            (Bytes::Reg, _) => needs_rex(reg),
            (Bytes::Rm, Rm::Reg(rm)) => needs_rex(rm),
            _ => false,
        };
        if rex != REX || forced {
            head.byte(rex);
        }
        match op.map {
            Map::One => {}
            Map::M0f => head.byte(0x0F),
            Map::M0f38 => {
                head.byte(0x0F);
                head.byte(0x38);
            }
            Map::M0f3a => {
                head.byte(0x0F);
                head.byte(0x3A);
            }
        }
        head.byte(op.code);
        write_modrm(&mut self.buf.current, head, reg, rm);
    }

    /// `op reg, other, rm` in the VEX encoding, 128 bits or scalar.
    pub(super) fn vex(
        &mut self,
        op: Op,
        size: IntSize,
        reg: impl Into<u8>,
        other: impl Into<u8>,
        rm: impl Into<Rm>,
    ) {
        let (reg, other, rm) = (reg.into(), other.into(), rm.into());
        let mut head = Head::empty();
        let (xb, wide) = (rex_xb(rm), size == IntSize::W64);
        let r = (reg >> 3 ^ 1) << 7;
        let vvvv = (other ^ 0xF) << 3;
        if op.map == Map::M0f && !wide && xb == 0 {
            head.byte(0xC5);
            head.byte(r | vvvv | op.vex_prefix());
        } else {
            head.byte(0xC4);
            head.byte(r | (xb ^ 3) << 5 | op.map as u8);
            head.byte(u8::from(wide) << 7 | vvvv | op.vex_prefix());
        }
        head.byte(op.code);
        write_modrm(&mut self.buf.current, head, reg, rm);
    }

    /// A byte behind an instruction: its immediate.
    #[inline]
    pub(super) fn imm8(&mut self, imm: u8) {
        self.buf.current.push(imm);
    }

    /// `mov dst, src`, nothing if they are the same.
    #[inline]
    pub(super) fn mov(&mut self, size: IntSize, dst: Gpr, src: Gpr) {
        if dst != src {
            self.ins(MOV, size, dst, src);
        }
    }

    /// `mov dst, [m]`.
    #[inline]
    pub(super) fn mov_from(&mut self, size: IntSize, dst: Gpr, from: impl Into<Rm>) {
        self.ins(MOV, size, dst, from);
    }

    /// `lea dst, [m]`.
    #[inline]
    pub(super) fn lea(&mut self, size: IntSize, dst: Gpr, address: Rm) {
        self.ins(LEA, size, dst, address);
    }

    /// `alu dst, rm`.
    #[inline]
    pub(super) fn alu(&mut self, alu: Alu, size: IntSize, dst: Gpr, rm: impl Into<Rm>) {
        self.ins(Op::one((alu as u8) << 3 | 3), size, dst, rm);
    }

    /// `alu rm, imm` in its shortest form.
    pub(super) fn alu_imm(&mut self, alu: Alu, size: IntSize, rm: impl Into<Rm>, imm: i32) {
        let rm = rm.into();
        if let Ok(imm) = i8::try_from(imm) {
            self.ins(Op::one(0x83), size, alu as u8, rm);
            self.buf.current.push_i8(imm);
            return;
        }
        if rm == Rm::from(RAX) {
            let code = u64::from((alu as u8) << 3 | 5);
            let rex_w = 0x48;
            let head = match size {
                IntSize::W32 => Head { word: code, bits: 8 },
                IntSize::W64 => Head { word: code << 8 | rex_w, bits: 16 },
            };
            head.write(&mut self.buf.current);
        } else {
            self.ins(Op::one(0x81), size, alu as u8, rm);
        }
        self.buf.current.push_i32(imm);
    }

    /// `alu dst, operand`; a constant that is no immediate goes through the scratch.
    pub(super) fn alu_operand(&mut self, alu: Alu, size: IntSize, dst: Gpr, operand: Operand) {
        match operand {
            Operand::Reg(reg) => self.alu(alu, size, dst, reg),
            Operand::Home(home) => self.alu(alu, size, dst, home),
            Operand::Imm(bits) => match imm32(size, bits) {
                Some(imm) => self.alu_imm(alu, size, dst, imm),
                None => {
                    self.const_int(SCRATCH, bits);
                    self.alu(alu, size, dst, SCRATCH);
                }
            },
        }
    }

    /// `shift dst, count`.
    pub(super) fn shift_imm(&mut self, shift: Shift, size: IntSize, dst: Gpr, count: u8) {
        if count == 1 {
            self.ins(Op::one(0xD1), size, shift as u8, dst);
        } else {
            self.ins(Op::one(0xC1), size, shift as u8, dst);
            self.imm8(count);
        }
    }

    /// `shift dst, cl`.
    #[inline]
    pub(super) fn shift_cl(&mut self, shift: Shift, size: IntSize, dst: Gpr) {
        self.ins(Op::one(0xD3), size, shift as u8, dst);
    }

    /// `test reg, reg`: the flags of a comparison with 0.
    #[inline]
    pub(super) fn test(&mut self, size: IntSize, reg: Gpr) {
        self.ins(TEST, size, reg, reg);
    }

    /// `test reg, imm`, by the shortest form that finds the same bits; `None` if there is none.
    pub(super) fn test_imm(&mut self, size: IntSize, reg: Gpr, bits: u64) -> Option<()> {
        const TEST_IMM8: Op = Op::one(0xF6).byte_rm();
        const TEST_IMM32: Op = Op::one(0xF7);
        if let Ok(imm) = u8::try_from(bits) {
            self.ins(TEST_IMM8, IntSize::W32, 0, reg);
            self.imm8(imm);
        } else if high_half(bits) == 0 {
            self.ins(TEST_IMM32, IntSize::W32, 0, reg);
            self.buf.current.push_u32(low_half(bits));
        } else {
            let imm = imm32(size, bits)?;
            self.ins(TEST_IMM32, size, 0, reg);
            self.buf.current.push_i32(imm);
        }
        Some(())
    }

    /// `setcc dst`, one byte.
    #[inline]
    pub(super) fn setcc(&mut self, cc: Cc, dst: Gpr) {
        self.ins(Op::m0f(0x90 | cc.number()).byte_rm(), IntSize::W32, 0, dst);
    }

    /// `cmovcc dst, src`, 64 bits.
    #[inline]
    pub(super) fn cmov(&mut self, cc: Cc, dst: Gpr, src: Gpr) {
        self.ins(Op::m0f(0x40 | cc.number()), IntSize::W64, dst, src);
    }
}

/// Jumps.
impl X64 {
    /// `jcc` with a 32-bit field.
    #[inline]
    pub(super) fn jcc(&mut self, cc: Cc) -> Jump {
        let head = Head { word: u64::from(0x80 | cc.number()) << 8 | 0x0F, bits: 48 };
        head.write(&mut self.buf.current);
        self.buf.jump_before(REL32_BYTES, FORM_REL32)
    }

    /// `jmp` with a 32-bit field.
    #[inline]
    pub(super) fn jmp(&mut self) -> Jump {
        Head { word: 0xE9, bits: 40 }.write(&mut self.buf.current);
        self.buf.jump_before(REL32_BYTES, FORM_REL32)
    }

    /// `jcc` over a few bytes.
    #[inline]
    pub(super) fn jcc_short(&mut self, cc: Cc) -> Short {
        Head { word: u64::from(0x70 | cc.number()), bits: 16 }.write(&mut self.buf.current);
        Short { end: self.buf.offset() }
    }

    /// `jmp` over a few bytes.
    #[inline]
    pub(super) fn jmp_short(&mut self) -> Short {
        Head { word: 0xEB, bits: 16 }.write(&mut self.buf.current);
        Short { end: self.buf.offset() }
    }

    /// Lets a short jump go to here.
    #[inline]
    pub(super) fn land(&mut self, short: Short) {
        let distance =
            i8::try_from(self.buf.offset() - short.end).expect("short jumps span a few instructions");
        self.buf.current.patch_u8(short.end as usize - 1, distance.cast_unsigned());
    }

    /// Emits `body` where it is not in the way: what is executed only if `cc` holds. `body` returns the jumps that go on
    /// behind the check; it may not fall off its end.
    pub(super) fn out_of_line<R>(&mut self, cc: Cc, body: impl FnOnce(&mut Self, &mut Exits) -> R) -> R {
        let enter = self.jcc(cc);
        let mut exits = Exits::default();
        let was_cold = self.buf.is_cold();
        if was_cold {
            exits.back.push(self.jmp());
        }
        self.buf.set_cold(true);
        self.buf.current.ensure(OUT_OF_LINE_BYTES_MAX);
        link_here(&mut self.buf, enter);
        let result = body(self, &mut exits);
        self.buf.set_cold(was_cold);
        for jump in exits.back {
            link_here(&mut self.buf, jump);
        }
        result
    }

    /// `jmp` out of the body of [`X64::out_of_line`].
    pub(super) fn resume(&mut self, exits: &mut Exits) {
        let jump = self.jmp();
        exits.back.push(jump);
    }

    /// `jcc` out of the body of [`X64::out_of_line`].
    pub(super) fn resume_if(&mut self, cc: Cc, exits: &mut Exits) {
        let jump = self.jcc(cc);
        exits.back.push(jump);
    }
}

/// Jumps back from a body of [`X64::out_of_line`].
#[derive(Debug, Default)]
pub(super) struct Exits {
    back: smallvec::SmallVec<[Jump; 4]>,
}

/// Room for any body of [`X64::out_of_line`].
const OUT_OF_LINE_BYTES_MAX: usize = 256;

fn link_here(buf: &mut Buffers, jump: Jump) {
    let here = buf.here();
    buf.link(jump, here, patch_rel32);
}

#[cfg(test)]
mod tests {
    use super::{imm32, rel32};
    use crate::spec::ops::IntSize;

    #[test]
    fn distances_count_from_the_end_of_the_field_and_must_fit() {
        assert_eq!(rel32(0, 4), Some(0));
        assert_eq!(rel32(100, 0), Some((-104_i32).cast_unsigned()));
        assert_eq!(rel32(0, 0x8000_0003), Some(0x7FFF_FFFF));
        assert_eq!(rel32(0, 0x8000_0004), None);
        assert_eq!(rel32(0x7FFF_FFFC, 0), Some(0x8000_0000));
        assert_eq!(rel32(0x7FFF_FFFD, 0), None);
    }

    #[test]
    fn immediates_are_sign_extended_at_64_bits_only() {
        assert_eq!(imm32(IntSize::W32, 0xFFFF_FFFF), Some(-1));
        assert_eq!(imm32(IntSize::W64, 0xFFFF_FFFF), None);
        assert_eq!(imm32(IntSize::W64, u64::MAX), Some(-1));
        assert_eq!(imm32(IntSize::W64, 0xFFFF_FFFF_8000_0000), Some(i32::MIN));
        assert_eq!(imm32(IntSize::W64, 0xFFFF_FFFF_7FFF_FFFF), None);
    }
}
