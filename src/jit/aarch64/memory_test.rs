//! Loads, stores and checks, executed.

use super::A64;
use super::stub_test::trap_at;
use super::test_world::{Block, Func, TABLE, World, assemble, publish, world};
use crate::arena::pages::{Mapping, Protection};
use crate::jit::cases_test::{BOUNDS, accesses, extended};
use crate::jit::fault;
use crate::jit::masm::{Address, FlowOps, Gpr, Masm, MemoryOps, Reg, ScalarOps, Vreg};
use crate::jit::target::{Arch, Target};
use crate::spec::module::FuncIdx;
use crate::spec::ops::{Access, IntSize, Sign};
use crate::spec::trap::Trap;
use crate::spec::types::FuncType;
use crate::spec::types::ValType::{self, F32, F64, I32, I64};
use crate::spec::value::Bits;

/// Bytes of the test's memory; each holds its own position, times a factor.
const BYTES: usize = 4096;

/// The first two arguments and results.
const X0: Gpr = Gpr(0);
const X1: Gpr = Gpr(1);

fn fresh(n: usize) -> u8 {
    n.wrapping_mul(167).wrapping_add(n >> 8).to_le_bytes()[0]
}

/// A context with a memory; the base that code sees lies `ahead` bytes before the first byte.
fn with_memory(world: &World, ahead: usize) -> (&'static Block, &'static [std::cell::Cell<u8>]) {
    let bytes = Vec::leak((0..BYTES).map(fresh).collect::<Vec<u8>>());
    let cells = std::cell::Cell::from_mut(bytes).as_slice_of_cells();
    let block = world.context(0, &[], &[]);
    let base = cells.as_ptr().cast_mut().cast::<u8>();
    block.head.memory.base.set(base.wrapping_sub(ahead));
    block.head.memory.length_bytes.set((ahead + BYTES) as u64);
    (block, cells)
}

/// Offsets: none; what each form of an instruction holds and what it just does not.
const OFFSETS: [u64; 21] = [
    0,
    1,
    127,
    255,
    256,
    257,
    3000,
    4095,
    4096,
    4095 * 2,
    4096 * 2,
    4095 * 8,
    4096 * 8,
    0x12_3450,
    0xFF_F0FF,
    0xFF_FFFF,
    0x100_0000,
    1 << 31,
    0xFFFF_0000,
    0xFFFF_FFF8,
    u32::MAX as u64,
];

/// Each offset with an index, with none, and with the index 0.
fn addresses() -> impl Iterator<Item = (Option<u32>, u64)> {
    OFFSETS.into_iter().flat_map(|offset| [Some(9), None, Some(0)].map(|index| (index, offset)))
}

/// What is above an index in its register: nothing may depend on it.
const ABOVE: u64 = 0xFEDC_BA98 << 32;

/// The argument that an index is.
fn index_bits(index: Option<u32>) -> Bits {
    Bits::from_u64(ABOVE | u64::from(index.unwrap_or(0)))
}

struct Place {
    block: &'static Block,
    memory: &'static [std::cell::Cell<u8>],
    /// Position in the memory.
    at: usize,
    address: Address,
}

fn place(world: &World, index: Option<u32>, offset: u64, site: Option<u32>) -> Place {
    let offset_bytes = usize::try_from(offset).unwrap();
    let ahead = if offset_bytes >= BYTES / 2 { offset_bytes } else { 0 };
    let (block, memory) = with_memory(world, ahead);
    let at = index.unwrap_or(0) as usize + offset_bytes - ahead;
    Place { block, memory, at, address: Address { index: index.map(|_| X1), offset, site } }
}

#[test]
fn loads_read_exactly_their_bytes_and_extend() {
    let Some(world) = world() else { return };
    for access in accesses(true) {
        for (index, offset) in addresses() {
            let place = place(world, index, offset, Some(33));
            let dst = if matches!(access.ty(), F32 | F64) { Reg::Float(Vreg(0)) } else { Reg::Int(X0) };
            let emit = |masm: &mut A64| {
                masm.load(access, dst, place.address);
                masm.epilogue(0, 0);
            };
            let published = publish(&[Func { frame_bytes: 0, emit: &emit }]);
            let bytes: Vec<_> = (place.at..).take(access.bytes().into()).map(fresh).collect();
            let ty = FuncType::new([I64, I64], [access.ty()]);
            let args = [Bits::ZERO, index_bits(index)];
            let result = world.call(place.block, published.foreign[0], &ty, &args).unwrap()[0];
            assert_eq!(result.low, extended(access, &bytes), "{access:?} {index:?} {offset:#x}");
            let [site] = published.image.accesses[..] else { panic!("one site") };
            assert_eq!((site.wasm, published.image.access_site(site.code)), (33, Some(33)));
        }
    }
}

#[test]
fn stores_write_exactly_their_bytes() {
    const VALUE: u64 = 0x8796_A5B4_C3D2_E1F0;
    let Some(world) = world() else { return };
    for access in accesses(false) {
        for (index, offset) in addresses() {
            let float = matches!(access.ty(), F32 | F64);
            let sources: &[Reg] = if float {
                &[Reg::Float(Vreg(0)), Reg::Float(Vreg(9))]
            } else {
                &[Reg::Int(X0), Reg::Int(Gpr(7)), Reg::Int(Gpr(10))]
            };
            for &src in sources {
                let place = place(world, index, offset, Some(33));
                let emit = |masm: &mut A64| {
                    match src {
                        Reg::Int(reg) => masm.move_int(IntSize::W64, reg, X0),
                        Reg::Float(reg) => crate::jit::masm::FloatOps::move_float(masm, reg, Vreg(0)),
                    }
                    masm.store(access, src, place.address);
                    masm.epilogue(0, 0);
                };
                check_stored(world, &place, access, VALUE, (index, float), &emit);
            }
        }
    }
}

/// The bytes, not the effect: whether a machine tears a store is its own affair.
#[test]
fn stores_that_may_cross_into_a_guard_are_loaded_from_first() {
    const VECTOR: u32 = 1 << 26;
    const LOAD: u32 = 1 << 22;
    const REGISTER: u32 = 31;
    let check = |access: Access, address: Address, probed: bool| {
        let mut masm = A64::new(&Target::new(Arch::Aarch64));
        masm.buf.current.ensure(64);
        let float = matches!(access.ty(), F32 | F64);
        masm.store(access, if float { Reg::Float(Vreg(3)) } else { Reg::Int(Gpr(3)) }, address);
        let code = masm.buf.code().to_vec();
        let words: Vec<u32> = code.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
        let sites: Vec<_> = masm.buf.take_records().accesses.iter().map(|site| site.code).collect();
        let last = u32::try_from(code.len()).unwrap() - 4;
        let expected = match (address.site.is_some(), probed) {
            (false, _) => vec![],
            (true, false) => vec![last],
            (true, true) => vec![last - 4, last],
        };
        assert_eq!(sites, expected, "{access:?} {address:?}");
        if probed {
            let [.., probe, store] = words[..] else { panic!("two accesses") };
            assert_eq!(probe, store & !VECTOR | LOAD | REGISTER, "{access:?} {address:?}");
        }
    };
    for access in accesses(false) {
        let bytes = u64::from(access.bytes());
        for offset in OFFSETS {
            let of = |index, site| Address { index, offset, site };
            check(access, of(Some(X1), Some(33)), bytes > 1);
            check(access, of(None, Some(33)), !offset.is_multiple_of(bytes));
            check(access, of(Some(X1), None), false);
            check(access, of(None, None), false);
        }
    }
}

fn check_stored(
    world: &World,
    place: &Place,
    access: Access,
    value: u64,
    (index, float): (Option<u32>, bool),
    emit: &dyn Fn(&mut A64),
) {
    let code = publish(&[Func { frame_bytes: 0, emit }]).foreign[0];
    // The index is the second integer in both forms.
    let first: &[ValType] = if float { &[F64, I64, I64] } else { &[I64, I64] };
    let mut args = vec![Bits::from_u64(value)];
    args.resize(first.len(), index_bits(index));
    world.call(place.block, code, &FuncType::new(first.iter().copied(), []), &args).unwrap();
    let written = usize::from(access.bytes());
    for (n, byte) in place.memory.iter().enumerate() {
        let inside = n.checked_sub(place.at).filter(|&n| n < written);
        let expected = inside.map_or(fresh(n), |n| value.to_le_bytes()[n]);
        assert_eq!(byte.get(), expected, "{access:?} at {}: byte {n}", place.at);
    }
}

#[test]
fn constants_are_stored_whole() {
    let Some(world) = world() else { return };
    for access in accesses(false) {
        let narrow = access.bytes() < 8;
        let values = [0, 1, 0x7F, 0x80, 0xFFFF, 0x7FFF_FFFF, if narrow { 0xFFFF_FFFF } else { u64::MAX }];
        for value in values {
            for (index, offset) in addresses() {
                let place = place(world, index, offset, None);
                let emit = |masm: &mut A64| {
                    masm.store_imm(access, value, place.address);
                    masm.epilogue(0, 0);
                };
                check_stored(world, &place, access, value, (index, false), &emit);
            }
        }
    }
}

#[test]
fn checks_trap_from_the_first_byte_outside_with_the_end_as_datum() {
    let Some(world) = world() else { return };
    let (block, _) = with_memory(world, 0);
    let ty = FuncType::new([I64, I64], [I32]);
    for (length, index, end) in BOUNDS {
        block.head.memory.length_bytes.set(length);
        let emit = |masm: &mut A64| {
            let outside = masm.bounds_check(index.map(|_| X1), end);
            masm.const_int(X0, 1);
            masm.epilogue(0, 0);
            trap_at(masm, [outside], Trap::OutOfBoundsMemoryAccess);
        };
        let code = publish(&[Func { frame_bytes: 0, emit: &emit }]).foreign[0];
        let args = [Bits::ZERO, index_bits(index)];
        let result = world.call(block, code, &ty, &args);
        let last = u64::from(index.unwrap_or(0)) + end;
        match result {
            Ok(_) => assert!(last <= length, "{index:?} + {end} in {length}"),
            Err(trap) => {
                assert!(last > length, "{index:?} + {end} in {length}");
                assert_eq!(trap.datum, last);
            }
        }
    }
}

#[test]
fn table_entries_are_found_below_the_length_only() {
    let Some(world) = world() else { return };
    let table: &[u64] = Vec::leak(vec![7; 100]);
    let block = world.context(0, &[], table);
    let emit = |masm: &mut A64| {
        let outside = masm.table_entry(X0, X1, TABLE);
        masm.epilogue(0, 0);
        trap_at(masm, [outside], Trap::OutOfBoundsTableAccess);
    };
    let code = publish(&[Func { frame_bytes: 0, emit: &emit }]).foreign[0];
    let ty = FuncType::new([I64, I64], [I64]);
    for index in [0, 1, 50, 99, 100, 101, 1 << 31, u32::MAX] {
        match world.call(block, code, &ty, &[Bits::ZERO, index_bits(Some(index))]) {
            Ok(found) => {
                assert!(index < 100);
                assert_eq!(found[0].low, (table.as_ptr().addr() + 8 * index as usize) as u64);
            }
            Err(trap) => assert_eq!((trap.datum, index >= 100), (index.into(), true)),
        }
    }
}

#[test]
fn the_size_is_the_length_in_pages_and_i32s_are_verified() {
    let Some(world) = world() else { return };
    let block = world.context(0, &[], &[]);
    let emit = |masm: &mut A64| {
        masm.memory_pages(X0);
        masm.verify_i32(X0);
        masm.verify_i32(X1);
        masm.move_int(IntSize::W32, X1, X1);
        masm.epilogue(0, 0);
    };
    let code = publish(&[Func { frame_bytes: 0, emit: &emit }]).foreign[0];
    for pages in [0, 1, 65535, 65536] {
        block.head.memory.length_bytes.set(pages << 16);
        let args = [Bits::ZERO, Bits::from_i32(-1)];
        let results = world.call(block, code, &FuncType::new([I32, I32], [I32, I32]), &args).unwrap();
        assert_eq!(results, [Bits::from_u64(pages), Bits::from_i32(-1)]);
    }
}

#[test]
fn accesses_are_as_short_as_the_address_allows() {
    let access = Access::I32 { bytes: 4, sign: Sign::Unsigned };
    let check = |index, offset, expected: usize| {
        let address = Address { index, offset, site: None };
        let len = assemble(|masm| masm.load(access, Reg::Int(X0), address)).len();
        assert_eq!(len, 4 * expected, "{address:?}");
    };
    check(Some(X1), 0, 1);
    check(Some(X1), 255, 2);
    check(Some(X1), 257, 3);
    check(Some(X1), 4 * 4095, 2);
    check(Some(X1), 4 * 4096, 3);
    check(Some(X1), 0x12_3450, 3);
    check(Some(X1), 1 << 31, 3);
    check(None, 0x1000, 1);
    check(None, 0x12_3450, 3);
}

/// Bytes of a guarded memory's slot, and of what is accessible at its front.
const SLOT_BYTES: usize = 6 << 30;
const ACCESSIBLE_BYTES: usize = 65536;

#[test]
fn guard_hits_are_traps_at_the_access() {
    let Some(world) = world() else { return };
    fault::install().unwrap();
    let mapping = Mapping::reserve(SLOT_BYTES).expect("address space");
    mapping.protect(0..ACCESSIBLE_BYTES, Protection::READ_WRITE).unwrap();
    let block = world.context(0, &[], &[]);
    block.head.memory.base.set(mapping.base().as_ptr());
    block.head.memory.length_bytes.set(ACCESSIBLE_BYTES as u64);
    let access = Access::I64 { bytes: 8, sign: Sign::Unsigned };
    for (index, offset, fits) in [
        (0, 65528, true),
        (0, 65529, false),
        (65535, 0, false),
        (u32::MAX, 0x7FFF_FFF0, false),
        (1 << 31, 1 << 30, false),
    ] {
        for (store, frame) in [(false, 24), (true, 24), (false, 0), (true, 0)] {
            let address = Address { index: Some(X1), offset, site: Some(44) };
            let caller = |masm: &mut A64| {
                masm.prologue(24);
                masm.call_direct(FuncIdx::new(1), 0, 45);
                masm.epilogue(24, 0);
            };
            let leaf = |masm: &mut A64| {
                masm.prologue(frame);
                if store {
                    masm.store(access, Reg::Int(X0), address);
                } else {
                    masm.load(access, Reg::Int(X0), address);
                }
                masm.epilogue(frame, 0);
            };
            let caller = Func { frame_bytes: 24, emit: &caller };
            let code = publish(&[caller, Func { frame_bytes: frame, emit: &leaf }]).foreign[0];
            let args = [Bits::ZERO, Bits::from_u32(index)];
            match world.call(block, code, &FuncType::new([I64, I32], [I64]), &args) {
                Ok(results) => assert!(fits && results == [Bits::ZERO]),
                Err(trap) => {
                    assert!(!fits && trap.code == Trap::OutOfBoundsMemoryAccess.code());
                    let first_outside = (ACCESSIBLE_BYTES as u64).max(u64::from(index) + offset);
                    // Emulators round the address of an unaligned access down.
                    let near = trap.datum..trap.datum + 8;
                    assert!(near.contains(&first_outside), "{:#x}: the first byte outside", trap.datum);
                    assert!(trap.datum >= ACCESSIBLE_BYTES as u64);
                    let sites: Vec<_> = trap.backtrace.frames().map(|frame| frame.module_offset()).collect();
                    assert_eq!(sites, [Some(44), Some(45)]);
                }
            }
        }
    }
}
