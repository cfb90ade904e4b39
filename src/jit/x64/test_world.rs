//! The world in which tests run what this backend emits ([`crate::jit::world_test`]), and what it has to know of the machine.
//!
//! Owns: the trampoline before C functions. Does not know: what is tested.

use dynasmrt::DynasmApi;

use super::X64;
use super::encode::asm;
use crate::jit::masm::Vreg;
use crate::jit::target::Arch;
use crate::jit::world_test::{self, DESTROYED, MISALIGNED, Tested};
pub(super) use crate::jit::world_test::{
    BUILTIN, Block, HOST, IMPORTS, Published, RESOLVE, TABLE, World, plan, publish_stub, type_id,
};

/// A function of a test.
pub(super) type Func<'a> = world_test::Func<'a, X64>;

/// The shared world, or `None` on a host that does not run this code.
pub(super) fn world() -> Option<&'static World> {
    world_test::world::<X64>()
}

/// Publishes functions as one module.
pub(super) fn publish(funcs: &[Func<'_>]) -> Published {
    world_test::publish(funcs)
}

/// Assembles code that belongs to no module.
pub(super) fn assemble(emit: impl FnOnce(&mut X64)) -> Vec<u8> {
    world_test::assemble(emit)
}

impl Tested for X64 {
    const ARCH: Arch = Arch::X64;

    fn trampoline(target: usize) -> Vec<u8> {
        assemble(|masm| {
            asm!(masm
                ; mov eax, esp
                ; and eax, 15
                ; cmp eax, 8
                ; je BYTE 6
                ; mov eax, DWORD i32::try_from(MISALIGNED).expect("small")
                ; ret
                ; sub rsp, 8
                ; mov rax, QWORD i64::try_from(target).expect("user addresses are positive")
                ; call rax
                ; mov r11, QWORD DESTROYED.cast_signed()
                ; mov rcx, r11
                ; mov rdx, r11
                ; mov rsi, r11
                ; mov rdi, r11
                ; mov r8, r11
                ; mov r9, r11
                ; mov r10, r11
                ; movq xmm0, r11
                ; punpcklqdq xmm0, xmm0);
            for reg in (1..16).map(Vreg) {
                asm!(masm ; movdqa Rx(reg), xmm0);
            }
            asm!(masm
                ; add rsp, 8
                ; ret);
        })
    }
}
