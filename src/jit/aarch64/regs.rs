//! Names and roles of the aarch64 registers.
//!
//! Owns: the constants and the [`RegisterPlan`]. Does not know: instructions.
//!
//! | register | role |
//! | --- | --- |
//! | x0–x13 | temporaries; arguments in x0–x7; results in x0 x1 |
//! | x19–x26 x14 x15 | pins: kept by every callee of ours |
//! | x16 | [`TEMP`]: lives inside one sequence of instructions |
//! | x17 | the scratch |
//! | x18 | the platform's: never touched |
//! | x27 | base of memory 0 |
//! | x28 | context |
//! | x29 | the host's frame record: never touched |
//! | x30 | return address |
//! | sp | frame, constant after the prologue |
//! | v0–v7, v16–v30 | temporaries; arguments in v0–v7; results in v0 v1 |
//! | v8–v15 | pins |
//! | v31 | the vector scratch |

use super::A64;
use crate::jit::masm::{Gpr, RegisterPlan, Vreg};

/// Lives inside one sequence of instructions: never handed out, kept by no method.
pub(super) const TEMP: Gpr = Gpr(16);
/// The integer scratch: never handed out.
pub(super) const SCRATCH: Gpr = Gpr(17);
/// The vector scratch: never handed out.
pub(super) const VSCRATCH: Vreg = Vreg(31);
/// Base of memory 0.
pub(super) const MEMORY: Gpr = Gpr(27);
/// Context.
pub(super) const CONTEXT: Gpr = Gpr(28);
/// Return address.
pub(super) const LINK: Gpr = Gpr(30);
/// Number 31 where an instruction means the stack pointer: `XSP(…)`.
pub(super) const SP: Gpr = Gpr(31);
/// Number 31 where an instruction means zero: `X(…)`, `W(…)`.
pub(super) const ZERO: Gpr = Gpr(31);
/// The kind of a trap, on the way to the trap stub; its site is in [`TEMP`].
pub(super) const TRAP_KIND: Gpr = Gpr(15);
/// The address of the trap stub, on the way there.
pub(super) const TRAP_STUB: Gpr = Gpr(14);

/// Registers by number.
macro_rules! numbers {
    ($ty:ident: $( $number:literal ),* $(,)?) => { &[ $( $ty($number) ),* ] };
}

impl RegisterPlan for A64 {
    const INT_TEMPS: &'static [Gpr] = numbers!(Gpr: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    const FLOAT_TEMPS: &'static [Vreg] = numbers!(Vreg:
        0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    );
    const INT_PINS: &'static [Gpr] = numbers!(Gpr: 19, 20, 21, 22, 23, 24, 25, 26, 14, 15);
    const FLOAT_PINS: &'static [Vreg] = numbers!(Vreg: 8, 9, 10, 11, 12, 13, 14, 15);
    const INT_ARGS: &'static [Gpr] = numbers!(Gpr: 0, 1, 2, 3, 4, 5, 6, 7);
    const FLOAT_ARGS: &'static [Vreg] = numbers!(Vreg: 0, 1, 2, 3, 4, 5, 6, 7);
    const INT_RESULTS: &'static [Gpr] = numbers!(Gpr: 0, 1);
    const FLOAT_RESULTS: &'static [Vreg] = numbers!(Vreg: 0, 1);
    const ENTRY_CHECK_BYTES: u32 = 8;
    const MEMORY: Gpr = MEMORY;
    const CONTEXT: Gpr = CONTEXT;
    const MEMORY_OPERANDS: bool = false;
    const SCRATCH: Gpr = SCRATCH;
    const FLOAT_SCRATCH: Vreg = VSCRATCH;
    const SHIFT_COUNT: Option<Gpr> = None;
    const DIVIDE_CLOBBERS: &'static [Gpr] = &[];
    const RETURN_ADDRESS_BYTES: u32 = 8;
    const RETURN_ADDRESS_BYTES_FRAMELESS: u32 = 0;
}
