//! The `x86_64` backend: from SSSE3 and SSE4.1 upwards.
//!
//! Registers and their roles are in [`regs`], instruction encodings in [`encode`]; then one file per trait of
//! [`crate::jit::masm`]. Compiles on every host.
//!
//! # Scratch
//! r11 and xmm15 live only inside one method, but for what the contract leaves there on purpose: the datum of a trap, the
//! code of an indirect call, the target of a foreign one. Between such a method and its consumer only methods marked
//! *keeps scratch* are called.
//!
//! # Frame
//! | from rsp upwards | holds |
//! | --- | --- |
//! | outgoing area | stack parameters and results of callees, words of builtins |
//! | operand slots, unpinned locals, own-context slot, saved pins | laid out by `compile` |
//! | return address | pushed by the caller's `call` |
//! | stack parameters, then stack results | the caller's outgoing area |
//!
//! At every call rsp is a multiple of 16.

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

use super::buffers::Buffers;
use super::masm::{Gpr, Masm, RegisterPlan};
use super::target::{Cpu, Target, Tuning};
use crate::spec::ops::IntBinary;

/// See the file's description.
#[derive(Debug)]
pub(crate) struct X64 {
    pub(super) buf: Buffers,
    cpu: Cpu,
    tuning: Tuning,
}

impl Masm for X64 {
    fn new(target: &Target) -> Self {
        Self { buf: Buffers::default(), cpu: target.cpu, tuning: target.tuning }
    }

    #[inline]
    fn buffers(&mut self) -> &mut Buffers {
        &mut self.buf
    }

    /// With BMI2 only rotations need rcx.
    fn shift_count(&self, kind: IntBinary) -> Option<Gpr> {
        let any_register = matches!(kind, IntBinary::Shl | IntBinary::ShrS | IntBinary::ShrU);
        if any_register && self.cpu.has(Cpu::BMI2) { None } else { Self::SHIFT_COUNT }
    }
}
