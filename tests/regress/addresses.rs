//! A2: offsets and constants at the limits of what one instruction holds, in an address that must not be another one.
//!
//! The oracle is the memory itself, whose every byte the host wrote, and the sum in 64 bits.

use std::fmt::Write;

use skep::{Trap, Val};

use crate::{configs, spawn};

/// Pages of memory: more than 2^24 bytes, so that offsets of 24 bits reach something.
const PAGES: usize = 300;

/// Where forms of addressing end: 9 bits signed, 12 bits unsigned by width, 24 bits, 31 bits.
const OFFSETS: [u32; 29] = [
    0,
    1,
    2,
    4,
    7,
    8,
    255,
    256,
    257,
    4_094,
    4_095,
    4_096,
    4_097,
    8_190,
    8_191,
    8_192,
    16_380,
    16_384,
    32_760,
    32_761,
    32_768,
    65_535,
    65_536,
    0xFF_FFFF,
    0x100_0000,
    0x100_0001,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
];

/// An index made of the parameter: its text, and what it is.
type Index = (&'static str, fn(u32) -> u32);

const INDICES: [Index; 7] = [
    ("(local.get 0)", |p| p),
    ("(i32.add (local.get 0) (i32.const 4096))", |p| p.wrapping_add(4096)),
    ("(i32.sub (local.get 0) (i32.const 16))", |p| p.wrapping_sub(16)),
    ("(i32.shl (local.get 0) (i32.const 3))", |p| p << 3),
    ("(i32.shl (local.get 0) (i32.const 34))", |p| p << 2),
    ("(i32.add (i32.shl (local.get 0) (i32.const 1)) (local.get 0))", |p| p.wrapping_mul(3)),
    ("(i32.const 0x10004)", |_| 0x1_0004),
];

/// Loads, with the width in bytes.
const LOADS: [(&str, usize); 8] = [
    ("i32.load8_u", 1),
    ("i64.load8_u", 1),
    ("i64.load16_u", 2),
    ("i32.load16_u", 2),
    ("i32.load", 4),
    ("i64.load32_u", 4),
    ("i64.load", 8),
    ("f64.load", 8),
];

/// Stores of the second parameter, with the width in bytes.
const STORES: [(&str, &str, usize); 6] = [
    ("i32.store8", "(i32.wrap_i64 (local.get 1))", 1),
    ("i64.store16", "(local.get 1)", 2),
    ("i32.store", "(i32.wrap_i64 (local.get 1))", 4),
    ("f32.store", "(f32.reinterpret_i32 (i32.wrap_i64 (local.get 1)))", 4),
    ("i64.store", "(local.get 1)", 8),
    ("f64.store", "(f64.reinterpret_i64 (local.get 1))", 8),
];

/// Low ones, such that shifts and multiples wrap to low ones, and the last one for eight bytes.
const PARAMS: [u32; 9] = [0, 15, 16, 17, 0x2000_0001, 0x5555_5556, 0x8000_0001, 0xFFFF_F004, 19_660_792];

/// The width of an access under which it is exported by its number, and the function of its index.
struct Case {
    text: String,
    width: usize,
    offset: u32,
    index: fn(u32) -> u32,
}

impl Case {
    /// Where the access is, if all of it is in the memory.
    fn place(&self, param: u32) -> Option<usize> {
        let at = usize::try_from(u64::from((self.index)(param)) + u64::from(self.offset)).unwrap();
        (at + self.width <= PAGES << 16).then_some(at)
    }
}

/// Every index with every offset and access, and a module that exports them by their numbers.
fn cases(of: impl Fn(&str, u32) -> Vec<(String, usize)>) -> (Vec<Case>, Vec<u8>) {
    let mut all = Vec::new();
    for (index, value) in INDICES {
        for offset in OFFSETS {
            let accesses = of(index, offset).into_iter();
            all.extend(accesses.map(|(text, width)| Case { text, width, offset, index: value }));
        }
    }
    let mut module = format!("(module (memory (export \"m\") {PAGES})");
    for (name, case) in all.iter().enumerate() {
        write!(module, "(func (export \"{name}\") {})", case.text).unwrap();
    }
    module.push(')');
    (all, wat::parse_str(module).unwrap())
}

/// What is in the memory: no two places nearby look the same.
fn pattern() -> Vec<u8> {
    let word = |n: u32| n.wrapping_mul(0x9E37_79B1).rotate_left(11).to_le_bytes();
    (0..u32::try_from(PAGES << 14).unwrap()).flat_map(word).collect()
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

#[test]
fn a2_every_load_reads_its_own_bytes() {
    let (cases, module) = cases(|index, offset| {
        let load = |&(load, width): &(&str, usize)| {
            let to_i64 = match &load[..3] {
                "i32" => "i64.extend_i32_u",
                "f64" => "i64.reinterpret_f64",
                _ => "",
            };
            (format!("(param i32) (result i64) {index} {load} offset={offset} {to_i64}"), width)
        };
        LOADS.iter().map(load).collect()
    });
    let memory = pattern();
    for (what, config) in configs() {
        let (mut store, instance) = spawn(&config, &module);
        instance.memory(&store, "m").unwrap().data_mut(&mut store).unwrap().copy_from_slice(&memory);
        for (name, case) in cases.iter().enumerate() {
            let func = instance.typed_func::<i32, i64>(&store, &name.to_string()).unwrap();
            for param in PARAMS {
                let found = func.call(&mut store, param.cast_signed()).map_err(|error| error.trap());
                let wanted = case.place(param).map(|at| little(&memory[at..at + case.width]).cast_signed());
                let wanted = wanted.ok_or(Some(Trap::OutOfBoundsMemoryAccess));
                assert_eq!(found, wanted, "{what}, {param:#x}: {}", case.text);
            }
        }
    }
}

#[test]
fn a2_every_store_writes_its_own_bytes() {
    const VALUE: u64 = 0xC1D2_E3F4_0516_2738;
    let (cases, module) = cases(|index, offset| {
        let store = |&(store, value, width): &(&str, &str, usize)| {
            (format!("(param i32 i64) {index} {value} {store} offset={offset}"), width)
        };
        STORES.iter().map(store).collect()
    });
    let memory = pattern();
    for (what, config) in configs() {
        let (mut store, instance) = spawn(&config, &module);
        let exported = instance.memory(&store, "m").unwrap();
        exported.data_mut(&mut store).unwrap().copy_from_slice(&memory);
        for (name, case) in cases.iter().enumerate() {
            let func = instance.func(&store, &name.to_string()).unwrap();
            for param in PARAMS {
                let params = [Val::I32(param.cast_signed()), Val::I64(VALUE.cast_signed())];
                let found = func.call(&mut store, &params).map_err(|error| error.trap());
                let Some(at) = case.place(param) else {
                    assert_eq!(found, Err(Some(Trap::OutOfBoundsMemoryAccess)), "{what}: {}", case.text);
                    continue;
                };
                assert_eq!(found, Ok(Vec::new()), "{what}, {param:#x}: {}", case.text);
                let data = exported.data_mut(&mut store).unwrap();
                let mut wanted = memory[at.saturating_sub(8)..(at + 16).min(memory.len())].to_vec();
                let start = at.min(8);
                wanted[start..start + case.width].copy_from_slice(&VALUE.to_le_bytes()[..case.width]);
                let around = &mut data[at - start..at - start + wanted.len()];
                assert_eq!(around, wanted, "{what}, {param:#x}: {}", case.text);
                around.copy_from_slice(&memory[at - start..at - start + wanted.len()]);
            }
        }
        assert!(exported.data(&store).unwrap() == memory, "{what}: something else was written");
    }
}
