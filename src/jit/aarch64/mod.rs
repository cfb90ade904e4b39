//! The aarch64 backend: NEON, no further features taken for granted.
//!
//! Registers and their roles are in [`regs`], instruction encodings in [`encode`]; then one file per trait of
//! [`crate::jit::masm`]. Compiles on every host.
//!
//! # Scratch
//! The scratch of the contract is x17 with v31: what is left there on purpose (the datum of a trap, the code of an indirect
//! call, the target of a foreign one) stays until its consumer; between the two only methods marked *keeps scratch* are called.
//! x16 is [`regs::TEMP`]: it lives inside one instruction sequence of [`encode`], whose helpers destroy it wherever an offset or a
//! constant does not fit an instruction. Methods that are marked *keeps scratch* may destroy x16, never x17.
//!
//! # Frame
//! | from sp upwards | holds |
//! | --- | --- |
//! | outgoing area | stack parameters and results of callees, words of builtins |
//! | operand slots, unpinned locals, own-context slot, saved pins | laid out by `compile` |
//! | return address | x30, at `frame_bytes` from sp, stored by the prologue of every function that has a frame |
//! | stack parameters, then stack results | the caller's outgoing area, at sp + `frame_bytes` + 8 |
//!
//! `frame_bytes` is 8 less than a multiple of 16, or 0: such a function has no frame, its return address stays in x30 and its
//! stack parameters start at sp. sp is a multiple of 16 always. x29 is never touched: it names the frame record of whoever
//! entered machine code.
//!
//! # Traps
//! An exit has the address of its site in x16, the datum in x17 and its caller in x30 where the frame has not saved it. It goes
//! on at the function's tail for its kind, which puts the kind into x15 and jumps to the trap stub.

mod encode;
#[cfg(test)]
#[expect(unsafe_code, reason = "runs what the emitters emit")]
mod exec_test;
mod float;
#[cfg(test)]
mod float_test;
mod flow;
#[cfg(test)]
mod flow_test;
mod memory;
#[cfg(test)]
mod memory_test;
mod regs;
mod scalar;
#[cfg(test)]
mod scalar_test;
mod stub;
#[cfg(test)]
mod stub_test;
#[cfg(test)]
mod test_world;

use smallvec::SmallVec;

use super::buffers::{Buffers, Mark};
use super::masm::{Masm, Reach};
use super::target::{Target, Tuning};
use crate::spec::trap::Trap;

/// See the file's description.
#[derive(Debug)]
pub(crate) struct A64 {
    pub(super) buf: Buffers,
    tuning: Tuning,
    /// How far the jumps of the function in progress go.
    reach: Reach,
    /// Where the function in progress leaves for each kind of trap.
    tails: SmallVec<[(Trap, Mark); 8]>,
}

impl Masm for A64 {
    fn new(target: &Target) -> Self {
        Self { buf: Buffers::default(), tuning: target.tuning, reach: Reach::Near, tails: SmallVec::new() }
    }

    #[inline]
    fn buffers(&mut self) -> &mut Buffers {
        &mut self.buf
    }
}
