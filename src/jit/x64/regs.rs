//! Names and roles of the `x86_64` registers.
//!
//! Owns: the constants and the [`RegisterPlan`]. Does not know: instructions.
//!
//! | register | role |
//! | --- | --- |
//! | rax rcx rdx rdi | temporaries, arguments; results in rax rdx; shift count in rcx; division in rax, rdx |
//! | rbx rbp r12 r13 r8 r9 r10 rsi | pins: kept by every callee of ours |
//! | r11 | the scratch |
//! | r14 | base of memory 0 |
//! | r15 | context + 128 |
//! | rsp | frame, constant after the prologue |
//! | xmm0–xmm5, xmm14 | temporaries; arguments in xmm0–xmm5; results in xmm0 xmm1 |
//! | xmm6–xmm13 | pins |
//! | xmm15 | the vector scratch |

use super::X64;
use crate::jit::masm::{Gpr, RegisterPlan, Vreg};

macro_rules! registers {
    ($ty:ident: $( $name:ident = $number:literal ),* $(,)?) => {
        $( #[doc = concat!("Number ", stringify!($number), ".")] pub(super) const $name: $ty = $ty($number); )*
    };
}

registers!(Gpr:
    RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7,
    R8 = 8, R9 = 9, R10 = 10, R11 = 11, R12 = 12, R13 = 13, R14 = 14, R15 = 15,
);

registers!(Vreg:
    XMM0 = 0, XMM1 = 1, XMM2 = 2, XMM3 = 3, XMM4 = 4, XMM5 = 5, XMM6 = 6, XMM7 = 7,
    XMM8 = 8, XMM9 = 9, XMM10 = 10, XMM11 = 11, XMM12 = 12, XMM13 = 13, XMM14 = 14, XMM15 = 15,
);

/// The integer scratch: never handed out.
pub(super) const SCRATCH: Gpr = R11;
/// The vector scratch: never handed out.
pub(super) const VSCRATCH: Vreg = XMM15;
/// Base of memory 0.
pub(super) const MEMORY: Gpr = R14;
/// Context, plus [`CONTEXT_BIAS`].
pub(super) const CONTEXT: Gpr = R15;
/// What the context register is ahead of the context: 256 bytes are in reach of a 1-byte displacement.
pub(super) const CONTEXT_BIAS: i32 = 128;

impl RegisterPlan for X64 {
    const INT_TEMPS: &'static [Gpr] = &[RAX, RCX, RDX, RDI];
    const FLOAT_TEMPS: &'static [Vreg] = &[XMM0, XMM1, XMM2, XMM3, XMM4, XMM5, XMM14];
    const INT_PINS: &'static [Gpr] = &[RBX, RBP, R12, R13, R8, R9, R10, RSI];
    const FLOAT_PINS: &'static [Vreg] = &[XMM6, XMM7, XMM8, XMM9, XMM10, XMM11, XMM12, XMM13];
    const INT_ARGS: &'static [Gpr] = &[RAX, RCX, RDX, RDI];
    const FLOAT_ARGS: &'static [Vreg] = &[XMM0, XMM1, XMM2, XMM3, XMM4, XMM5];
    const INT_RESULTS: &'static [Gpr] = &[RAX, RDX];
    const FLOAT_RESULTS: &'static [Vreg] = &[XMM0, XMM1];
    const ENTRY_CHECK_BYTES: u32 = 25;
    const MEMORY: Gpr = MEMORY;
    const CONTEXT: Gpr = CONTEXT;
    const MEMORY_OPERANDS: bool = true;
    const SCRATCH: Gpr = SCRATCH;
    const FLOAT_SCRATCH: Vreg = VSCRATCH;
    const SHIFT_COUNT: Option<Gpr> = Some(RCX);
    const DIVIDE_CLOBBERS: &'static [Gpr] = &[RAX, RDX];
    const RETURN_ADDRESS_BYTES: u32 = 8;
    const RETURN_ADDRESS_BYTES_FRAMELESS: u32 = 8;
}
