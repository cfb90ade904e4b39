//! The stubs of an engine: code between Rust and machine code that belongs to no module.
//!
//! Owns: which stubs there are ([`StubSet`], [`entry`], [`host`]), and which signatures share one ([`entry_key`],
//! [`host_key`]). Does not know: instructions (the backends' `stub`), where code is published, who caches it.
//!
//! Everything returned is position independent and may be published at any multiple of 16 bytes. A stub, once published, stays
//! as long as its engine, so their number is bounded whatever signatures guests declare: [`ENTRY_KEYS_MAX`], [`HOST_KEYS_MAX`].

use super::aarch64::A64;
use super::abi::{BUILTIN_COUNT, Builtin, CallPlan, REGISTER_PARAMS_MAX, REGISTER_RESULTS_MAX};
use super::masm::{Masm, RegisterPlan, StubOps};
use super::target::{Arch, Target, Tuning};
use super::x64::X64;
use crate::spec::types::{FuncType, ValType};

/// Where stubs start: one fetch of instructions.
const STUB_ALIGN_BYTES: u32 = 16;

/// The stubs that every engine needs: one piece of code, offsets from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StubSet {
    /// The code of all of them.
    pub(crate) code: Vec<u8>,
    /// For `Context::trap_stub`.
    pub(crate) trap: u32,
    /// For `Context::resolve_stub`.
    pub(crate) resolve: u32,
    /// For `Context::builtin_stubs`, indexed by [`Builtin`].
    pub(crate) builtins: [u32; BUILTIN_COUNT],
    /// `abi::EntryFn` of all wide signatures.
    pub(crate) entry_wide: u32,
    /// What an import or a reference of a host function of a wide signature calls.
    pub(crate) host_wide: u32,
    /// What an import of a function that was freed at once calls.
    pub(crate) freed: u32,
}

/// The stubs that every engine needs.
#[must_use]
pub(crate) fn common(target: &Target) -> StubSet {
    match target.arch {
        Arch::X64 => common_of::<X64>(target),
        Arch::Aarch64 => common_of::<A64>(target),
    }
}

/// The entry stub (`abi::EntryFn`) of a signature that has an [`entry_key`].
///
/// # Panics
/// If it has none.
#[must_use]
pub(crate) fn entry(target: &Target, ty: &FuncType) -> Vec<u8> {
    match target.arch {
        Arch::X64 => one_of::<X64>(target, ty, |masm, plan| masm.entry_stub(plan, &ty.params, &ty.results)),
        Arch::Aarch64 => {
            one_of::<A64>(target, ty, |masm, plan| masm.entry_stub(plan, &ty.params, &ty.results))
        }
    }
}

/// The lane stub (`abi::EntryFn` over an `abi::LaneRun`) of a signature that has an [`entry_key`].
///
/// The host asks for those, not a guest: it has a Rust type for each signature, so their number needs no bound.
///
/// # Panics
/// If it has none.
#[must_use]
pub(crate) fn lanes(target: &Target, ty: &FuncType) -> Vec<u8> {
    match target.arch {
        Arch::X64 => one_of::<X64>(target, ty, |masm, plan| masm.lane_stub(plan, &ty.params, &ty.results)),
        Arch::Aarch64 => {
            one_of::<A64>(target, ty, |masm, plan| masm.lane_stub(plan, &ty.params, &ty.results))
        }
    }
}

/// How many bytes into an entry stub a plain function may be entered: see `RegisterPlan::ENTRY_CHECK_BYTES`.
pub(crate) const fn entry_check_bytes(target: &Target) -> u32 {
    match target.arch {
        Arch::X64 => X64::ENTRY_CHECK_BYTES,
        Arch::Aarch64 => A64::ENTRY_CHECK_BYTES,
    }
}

/// The host stub of a signature that has a [`host_key`].
///
/// # Panics
/// If it has none.
#[must_use]
pub(crate) fn host(target: &Target, ty: &FuncType) -> Vec<u8> {
    match target.arch {
        Arch::X64 => one_of::<X64>(target, ty, |masm, plan| masm.host_stub(plan, &ty.params, &ty.results)),
        Arch::Aarch64 => {
            one_of::<A64>(target, ty, |masm, plan| masm.host_stub(plan, &ty.params, &ty.results))
        }
    }
}

/// What signatures that share a stub have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct StubKey(u32);

/// Greatest number of different [`entry_key`]s: three classes of parameters, two of results.
pub(crate) const ENTRY_KEYS_MAX: usize =
    sequences(3, REGISTER_PARAMS_MAX) * sequences(2, REGISTER_RESULTS_MAX);
/// Greatest number of different [`host_key`]s: two classes of parameters, three of results.
pub(crate) const HOST_KEYS_MAX: usize =
    sequences(2, REGISTER_PARAMS_MAX) * sequences(3, REGISTER_RESULTS_MAX);
/// The longest entry stub and the longest host stub.
const ENTRY_BYTES_MAX: usize = 256;
const HOST_BYTES_MAX: usize = 512;
// What an engine that meets all of them spends.
const _: () = assert!(ENTRY_KEYS_MAX * ENTRY_BYTES_MAX + HOST_KEYS_MAX * HOST_BYTES_MAX <= 24 << 20);

/// How many sequences of at most `len` of `classes` things there are.
const fn sequences(classes: usize, len: usize) -> usize {
    let (mut total, mut power, mut n) = (1, 1, 0);
    while n < len {
        power *= classes;
        total += power;
        n += 1;
    }
    total
}

/// Key of the entry stub of a signature; `None`: it is wide, [`StubSet::entry_wide`] serves it.
///
/// An i32 parameter is loaded by 32 bits, so it is told from other integers; results need no such care.
#[must_use]
pub(crate) fn entry_key(target: &Target, ty: &FuncType) -> Option<StubKey> {
    key(target, ty, narrow_class, wide_class)
}

/// Key of the host stub of a signature; `None`: it is wide, [`StubSet::host_wide`] serves it.
///
/// An i32 result is loaded by 32 bits, so it is told from other integers; parameters need no such care.
#[must_use]
pub(crate) fn host_key(target: &Target, ty: &FuncType) -> Option<StubKey> {
    key(target, ty, wide_class, narrow_class)
}

fn key(
    target: &Target,
    ty: &FuncType,
    param: fn(ValType) -> u32,
    result: fn(ValType) -> u32,
) -> Option<StubKey> {
    if CallPlan::new(ty, register_calls(target)).wide {
        return None;
    }
    // Two bits per value, never 0, so that the length shows; 0 ends the parameters.
    let params = ty.params.iter().map(|&ty| param(ty));
    let results = ty.results.iter().map(|&ty| result(ty));
    Some(StubKey(params.chain([0]).chain(results).fold(0, |key, class| key << 2 | class)))
}
const _: () = assert!((REGISTER_PARAMS_MAX + 1 + REGISTER_RESULTS_MAX) * 2 <= 32);

/// Classes by which a stub loads a cell into a register.
const fn narrow_class(ty: ValType) -> u32 {
    match ty {
        ValType::I32 => 3,
        ty => wide_class(ty),
    }
}

/// Classes by which a stub stores a register to a cell.
const fn wide_class(ty: ValType) -> u32 {
    match ty {
        ValType::I32 | ValType::I64 | ValType::FuncRef | ValType::ExternRef => 1,
        ValType::F32 | ValType::F64 | ValType::V128 => 2,
    }
}

fn register_calls(target: &Target) -> bool {
    target.tuning.has(Tuning::REGISTER_CALLS)
}

fn common_of<M: Masm>(target: &Target) -> StubSet {
    let mut masm = M::new(target);
    let mut builtins = [0; BUILTIN_COUNT];
    for (at, builtin) in builtins.iter_mut().zip(Builtin::ALL) {
        *at = emit(&mut masm, |masm| masm.builtin_stub(builtin));
    }
    let trap = emit(&mut masm, M::trap_stub);
    let resolve = emit(&mut masm, M::resolve_stub);
    let entry_wide = emit(&mut masm, M::entry_stub_wide);
    let host_wide = emit(&mut masm, M::host_stub_wide);
    let freed = emit(&mut masm, M::freed_stub);
    let code = masm.buffers().code().to_vec();
    StubSet { code, trap, resolve, builtins, entry_wide, host_wide, freed }
}

fn one_of<M: Masm>(target: &Target, ty: &FuncType, stub: impl FnOnce(&mut M, &CallPlan)) -> Vec<u8> {
    let plan = CallPlan::new(ty, register_calls(target));
    assert!(!plan.wide, "{} is a wide signature", ty.text());
    let mut masm = M::new(target);
    emit(&mut masm, |masm| stub(masm, &plan));
    masm.buffers().code().to_vec()
}

/// Emits one stub and returns where it starts.
fn emit<M: Masm>(masm: &mut M, stub: impl FnOnce(&mut M)) -> u32 {
    masm.align(STUB_ALIGN_BYTES);
    let start = masm.buffers().offset();
    stub(masm);
    start
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use ValType::{ExternRef, F32, F64, FuncRef, I32, I64};

    /// Both architectures' baselines.
    const TARGETS: [Target; 2] = [Target::new(Arch::X64), Target::new(Arch::Aarch64)];
    const TARGET: Target = TARGETS[0];

    fn ty(params: &[ValType], results: &[ValType]) -> FuncType {
        FuncType::new(params.iter().copied(), results.iter().copied())
    }

    fn check_same(key: fn(&Target, &FuncType) -> Option<StubKey>, a: &FuncType, b: &FuncType, same: bool) {
        let (key_a, key_b) = (key(&TARGET, a), key(&TARGET, b));
        assert!(key_a.is_some() && key_b.is_some());
        assert_eq!(key_a == key_b, same, "{a} and {b}");
    }

    #[test]
    fn signatures_share_a_stub_where_the_code_is_the_same() {
        check_same(entry_key, &ty(&[I64, F32], &[I32]), &ty(&[FuncRef, F64], &[ExternRef]), true);
        check_same(entry_key, &ty(&[I32], &[]), &ty(&[I64], &[]), false);
        check_same(host_key, &ty(&[I32, F64], &[F32]), &ty(&[I64, F32], &[F64]), true);
        check_same(host_key, &ty(&[], &[I32]), &ty(&[], &[I64]), false);
        check_same(entry_key, &ty(&[I64], &[]), &ty(&[], &[I64]), false);
        check_same(host_key, &ty(&[F32, F32], &[]), &ty(&[F32], &[F32]), false);
    }

    #[test]
    fn long_signatures_and_a_target_without_register_calls_have_no_key() {
        for wide in [ty(&[I32; 9], &[]), ty(&[], &[I32; 3])] {
            assert_eq!((entry_key(&TARGET, &wide), host_key(&TARGET, &wide)), (None, None));
        }
        let target = Target { tuning: Tuning::ALL.without(Tuning::REGISTER_CALLS), ..TARGET };
        assert_eq!((entry_key(&target, &ty(&[], &[])), host_key(&target, &ty(&[], &[]))), (None, None));
    }

    /// All signatures of up to three parameters and two results, over types of all classes.
    fn signatures() -> Vec<FuncType> {
        const TYPES: [ValType; 5] = [I32, I64, F32, F64, FuncRef];
        let extend = |lists: &[Vec<ValType>]| {
            let longer = |list: &Vec<ValType>| TYPES.map(|ty| [&list[..], &[ty]].concat());
            lists.iter().flat_map(longer).collect::<Vec<_>>()
        };
        let up_to = |len| {
            let mut all = vec![vec![vec![]]];
            for n in 0..len {
                all.push(extend(&all[n]));
            }
            all.concat()
        };
        let results = up_to(2);
        up_to(3).iter().flat_map(|params| results.iter().map(|results| ty(params, results))).collect()
    }

    fn check_keys(
        target: &Target,
        key: fn(&Target, &FuncType) -> Option<StubKey>,
        stub: fn(&Target, &FuncType) -> Vec<u8>,
    ) {
        let mut codes = HashMap::new();
        for ty in signatures() {
            let code = stub(target, &ty);
            let known = codes.entry(key(target, &ty).unwrap()).or_insert_with(|| code.clone());
            assert_eq!(*known, code, "{ty}");
        }
        let distinct: HashSet<_> = codes.values().collect();
        assert_eq!(distinct.len(), codes.len(), "different keys mean different code");
    }

    #[test]
    fn equal_keys_mean_equal_code() {
        for target in &TARGETS {
            check_keys(target, entry_key, entry);
            check_keys(target, entry_key, lanes);
            check_keys(target, host_key, host);
        }
    }

    #[test]
    fn the_longest_stubs_stay_small() {
        for (param, result) in [(I64, I64), (F64, F64), (I32, I64)] {
            let ty = ty(&[param; REGISTER_PARAMS_MAX], &[result; REGISTER_RESULTS_MAX]);
            for target in &TARGETS {
                let (entry, host) = (entry(target, &ty).len(), host(target, &ty).len());
                assert!(entry <= ENTRY_BYTES_MAX && host <= HOST_BYTES_MAX, "{ty}: {entry}, {host}");
            }
        }
    }

    #[test]
    fn common_stubs_are_apart_and_aligned() {
        TARGETS.iter().for_each(check_common);
    }

    fn check_common(target: &Target) {
        let set = common(target);
        let mut starts = vec![set.trap, set.resolve, set.entry_wide, set.host_wide, set.freed];
        starts.extend(set.builtins);
        starts.sort_unstable();
        assert!(starts.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(
            starts.iter().all(|start| start % STUB_ALIGN_BYTES == 0 && (*start as usize) < set.code.len())
        );
        assert_eq!(set, common(target), "the same for the same target");
    }
}
