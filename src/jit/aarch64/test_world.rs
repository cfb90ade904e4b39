//! The world in which tests run what this backend emits ([`crate::jit::world_test`]), and what it has to know of the machine.
//!
//! Owns: the trampoline before C functions. Does not know: what is tested.

use dynasmrt::DynasmApi;

use super::A64;
use super::encode::asm;
use crate::jit::masm::{Gpr, Vreg};
use crate::jit::target::Arch;
use crate::jit::world_test::{self, DESTROYED, MISALIGNED, Tested};
pub(super) use crate::jit::world_test::{
    BUILTIN, Block, HOST, IMPORTS, Published, RESOLVE, TABLE, World, plan, publish_stub, type_id,
};

/// A function of a test.
pub(super) type Func<'a> = world_test::Func<'a, A64>;

/// The shared world, or `None` on a host that does not run this code.
pub(super) fn world() -> Option<&'static World> {
    world_test::world::<A64>()
}

/// Publishes functions as one module.
pub(super) fn publish(funcs: &[Func<'_>]) -> Published {
    world_test::publish(funcs)
}

/// Assembles code that belongs to no module.
pub(super) fn assemble(emit: impl FnOnce(&mut A64)) -> Vec<u8> {
    world_test::assemble(emit)
}

impl Tested for A64 {
    const ARCH: Arch = Arch::Aarch64;

    fn trampoline(target: usize) -> Vec<u8> {
        assemble(|masm| {
            asm!(masm
                ; mov x9, sp
                ; tst x9, 15
                ; b.eq 12
                ; mov x0, MISALIGNED
                ; ret
                ; stp x29, x30, [sp, -16]!);
            masm.mov_imm(Gpr(9), target as u64);
            asm!(masm ; blr x9);
            // Of v8 to v15 C keeps the lower halves.
            for reg in (8..16).map(Vreg) {
                asm!(masm ; ins V(reg).d[1], x29);
            }
            for reg in (1..18).map(Gpr) {
                masm.mov_imm(reg, DESTROYED);
            }
            for reg in (0..8).chain(16..32).map(Vreg) {
                asm!(masm ; dup V(reg).d2, x9);
            }
            asm!(masm
                ; cmp x9, x9
                ; ldp x29, x30, [sp], 16
                ; ret);
        })
    }
}
