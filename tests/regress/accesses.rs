//! A1: an index whose upper half is not zero. A3: base, offset and width whose sum does not fit.

use std::fmt::Write;

use skep::{MemoryMode, Trap};

use crate::{configs, spawn};

/// Expressions of type i32 with the value that they have when `$d` is `0xFFFF_FFFF_0000_0010` and `$m` is -1.
const PRODUCERS: [(&str, u32); 56] = [
    ("(i32.wrap_i64 (local.get $d))", 16),
    ("(i32.wrap_i64 (i64.mul (local.get $d) (i64.const 3)))", 48),
    ("(i32.load8_s (i32.const 0))", u32::MAX),
    ("(i32.load16_s (i32.const 0))", u32::MAX),
    ("(i32.load8_u (i32.const 0))", 255),
    ("(i32.load (i32.const 4))", 0x8000_0010),
    ("(i32.extend8_s (local.get $m))", u32::MAX),
    ("(i32.extend16_s (i32.and (local.get $m) (i32.const 0x8010)))", 0xFFFF_8010),
    ("(i32.add (i32.and (local.get $m) (i32.const 0xfffffff0)) (i32.const 0x20))", 16),
    ("(i32.add (local.get $m) (local.get $m))", u32::MAX - 1),
    ("(i32.sub (i32.const 0) (i32.const 1))", u32::MAX),
    ("(i32.sub (i32.const 15) (local.get $m))", 16),
    ("(i32.mul (local.get $m) (local.get $m))", 1),
    ("(i32.mul (local.get $m) (i32.const 0x80000010))", 0x7FFF_FFF0),
    ("(i32.shl (local.get $m) (i32.const 31))", 0x8000_0000),
    ("(i32.shl (local.get $m) (i32.wrap_i64 (local.get $d)))", 0xFFFF_0000),
    ("(i32.shr_s (local.get $m) (i32.const 3))", u32::MAX),
    ("(i32.shr_u (local.get $m) (i32.const 24))", 255),
    ("(i32.rotl (local.get $m) (i32.const 5))", u32::MAX),
    ("(i32.rotr (i32.wrap_i64 (local.get $d)) (i32.const 4))", 1),
    ("(i32.and (local.get $m) (i32.wrap_i64 (local.get $d)))", 16),
    ("(i32.or (i32.wrap_i64 (local.get $d)) (i32.const 1))", 17),
    ("(i32.xor (local.get $m) (i32.const -17))", 16),
    ("(i32.div_s (i32.const -32) (i32.const -2))", 16),
    ("(i32.div_s (local.get $m) (i32.const 1))", u32::MAX),
    ("(i32.div_u (local.get $m) (i32.const 0x10000000))", 15),
    ("(i32.rem_s (i32.const -7) (i32.const 4))", u32::MAX - 2),
    ("(i32.rem_u (local.get $m) (i32.const 16))", 15),
    ("(i32.clz (local.get $m))", 0),
    ("(i32.ctz (i32.wrap_i64 (local.get $d)))", 4),
    ("(i32.popcnt (local.get $m))", 32),
    ("(i32.lt_u (local.get $m) (i32.const 1))", 0),
    ("(i64.eqz (local.get $d))", 0),
    ("(i32.trunc_f64_s (f64.const -1))", u32::MAX),
    ("(i32.trunc_f64_u (f64.const 4294967295))", u32::MAX),
    ("(i32.trunc_sat_f32_u (f32.const 16.5))", 16),
    ("(i32.reinterpret_f32 (f32.reinterpret_i32 (local.get $m)))", u32::MAX),
    ("(select (local.get $m) (i32.const 5) (i32.wrap_i64 (local.get $d)))", u32::MAX),
    ("(block (result i32) (drop (br_if 0 (i32.wrap_i64 (local.get $d)) (local.get $m))) (i32.const 3))", 16),
    ("(local.tee $s (local.get $m))", u32::MAX),
    ("(global.get $g)", 0x8000_0001),
    ("(call $two) (local.set $s) (drop) (local.get $s)", u32::MAX),
    ("(call_indirect (type $c) (local.get $d) (i32.const 0))", 16),
    ("(memory.grow (i32.const 100000))", u32::MAX),
    ("(memory.grow (i32.const 0))", 1),
    ("(memory.size)", 1),
    ("(table.grow (ref.null func) (i32.const 5))", u32::MAX),
    ("(table.size)", 1),
    ("(call $host (local.get $d))", 16),
    ("(call $host_of_two (local.get $d)) (local.set $s) (drop) (local.get $s)", u32::MAX),
    ("(i32.wrap_i64 (i64.load (i32.const 0)))", 0xFFFF),
    ("(i32.wrap_i64 (i64.shr_u (local.get $d) (i64.const 4)))", 0xF000_0001),
    ("(i32.wrap_i64 (i64.rotl (local.get $d) (i64.const 28)))", 0x0FFF_FFFF),
    ("(i32.wrap_i64 (i64.extend_i32_s (local.get $m)))", u32::MAX),
    ("(i32.trunc_sat_f64_s (f64.const -1))", u32::MAX),
    ("(if (result i32) (local.get $m) (then (local.get $m)) (else (i32.const 3)))", u32::MAX),
];

/// More values than there are registers, before and behind.
const LIVE: usize = 20;

/// Ways from a producer to its use, which `{}` stands for.
fn places(producer: &str, access: &str) -> Vec<String> {
    let live = "(i64.load (i32.const 16))".repeat(LIVE);
    let gone = "(drop)".repeat(LIVE);
    vec![
        format!("{producer} {access}"),
        format!("{producer} {live} {gone} {access}"),
        format!("{producer} (call $nothing) {access}"),
        format!("{producer} (local.set $s) (call $nothing) (local.get $s) {access}"),
        format!("{}{producer} (call $ninth) {access}", "(i32.const 1)".repeat(8)),
        format!("{producer} (block (param i32) (result i32) (br 0)) {access}"),
        format!("{producer} (loop (param i32) (result i32)) {access}"),
        format!("{producer} (if (param i32) (result i32) (local.get $m) (then) (else)) {access}"),
    ]
}

/// Accesses behind their index, with `@` for the offset, and the width in bytes.
const ACCESSES: [(&str, u32); 16] = [
    ("(i32.load8_s @) (drop)", 1),
    ("(i32.load8_u @) (drop)", 1),
    ("(i32.load16_s @) (drop)", 2),
    ("(i32.load @) (drop)", 4),
    ("(i64.load8_s @) (drop)", 1),
    ("(i64.load16_u @) (drop)", 2),
    ("(i64.load32_s @) (drop)", 4),
    ("(i64.load @) (drop)", 8),
    ("(f32.load @) (drop)", 4),
    ("(f64.load @) (drop)", 8),
    ("(i32.const 1) (i32.store8 @)", 1),
    ("(i64.const 1) (i64.store16 @)", 2),
    ("(local.get $m) (i32.store @)", 4),
    ("(local.get $d) (i64.store @)", 8),
    ("(f32.convert_i32_s (local.get $m)) (f32.store @)", 4),
    ("(f64.const 1) (f64.store @)", 8),
];

/// Offset of all accesses: with it an index of -1 would be in bounds if the sum wrapped.
const OFFSET: u32 = 100;

/// In machine code this takes no instruction: the register keeps its upper half.
#[expect(clippy::cast_possible_truncation, reason = "the upper half is what is dropped")]
fn low_half(wide: i64) -> i32 {
    wide as i32
}

#[test]
fn a1_an_index_has_32_bits() {
    let mut text = String::from(
        r#"(module (type $c (func (param i64) (result i32)))
        (import "h" "narrow" (func $host (type $c)))
        (import "h" "two" (func $host_of_two (param i64) (result i32 i32)))
        (memory 1 2) (table 1 1 funcref) (elem (i32.const 0) $wrap)
        (global $g (mut i32) (i32.const 0x80000001))
        (data (i32.const 0) "\ff\ff\00\00\10\00\00\80")
        (func $nothing) (func $wrap (type $c) (i32.wrap_i64 (local.get 0)))
        (func $two (result i32 i32) (i32.const 7) (i32.const -1))
        (func $ninth (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (local.get 8))
        "#,
    );
    let mut expected = Vec::new();
    for (producer, value) in PRODUCERS {
        for (access, width) in ACCESSES {
            for body in places(producer, &access.replace('@', &format!("offset={OFFSET}"))) {
                let name = expected.len();
                writeln!(
                    text,
                    "(func (export \"{name}\") (param $d i64) (param $m i32) (local $s i32) {body})"
                )
                .unwrap();
                let fits = u64::from(value) + u64::from(OFFSET + width) <= 65536;
                expected.push((body, fits));
            }
        }
    }
    text.push(')');
    let text = wat::parse_str(&text).unwrap();
    for (what, config) in configs() {
        let engine = skep::Engine::new(&config).unwrap();
        let module = skep::Module::new(&engine, &text).unwrap();
        let mut store: skep::Store<()> = skep::Store::new(&engine);
        let mut linker = skep::Linker::new(&engine);
        linker.func("h", "narrow", low_half).unwrap();
        linker.func("h", "two", |wide: i64| (low_half(wide), -1)).unwrap();
        let instance = store.spawn(&linker.template(&module).unwrap(), ()).unwrap();
        for (name, (body, fits)) in expected.iter().enumerate() {
            let func = instance.typed_func::<(i64, i32), ()>(&store, &name.to_string()).unwrap();
            let found = func.call(&mut store, (-0xFFFF_FFF0, -1)).map_err(|error| error.trap());
            let wanted = if *fits { Ok(()) } else { Err(Some(Trap::OutOfBoundsMemoryAccess)) };
            assert_eq!(found, wanted, "{what}: {body}");
        }
    }
}

#[test]
fn a3_base_offset_and_width_do_not_wrap() {
    let widths = [("i32.load8_u", 1u64), ("i32.load16_u", 2), ("i32.load", 4), ("i64.load", 8)];
    for pages in [0u64, 1, 65_535, 65_536] {
        let len = pages << 16;
        let wrap = |value: u64| u32::try_from(value & 0xFFFF_FFFF).unwrap();
        let mut offsets =
            vec![0, 1, wrap(len.wrapping_sub(1)), wrap(len), 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
        offsets.sort_unstable();
        offsets.dedup();
        let mut indices = vec![0, 1, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
        indices.extend((0..=8).map(|back| wrap(len.wrapping_sub(back))));
        indices.extend((0..32).map(|bit| 1 << bit));
        let mut text = format!("(module (memory {pages})");
        for &offset in &offsets {
            for (load, _) in widths {
                let name = format!("{load} {offset}");
                let ty = &load[..3];
                write!(
                    text,
                    "(func (export \"{name}\") (param i32) (drop ({load} offset={offset} (local.get 0))))
                     (func (export \"store {name}\") (param i32)
                        ({ty}.store offset={offset} (local.get 0) ({ty}.const 0)))"
                )
                .unwrap();
            }
        }
        text.push(')');
        let text = wat::parse_str(text).unwrap();
        for mode in MemoryMode::ALL {
            let (mut store, instance) = spawn(&skep::Config::default().memory_mode(mode).verify(true), &text);
            for &offset in &offsets {
                for (load, width) in widths {
                    let func = |name: &str| instance.typed_func::<i32, ()>(&store, name).unwrap();
                    let name = format!("{load} {offset}");
                    let (read, write) = (func(&name), func(&format!("store {name}")));
                    let store_width = if load.starts_with("i32") { 4 } else { 8 };
                    for &index in &indices {
                        for (func, width) in [(read, width), (write, store_width)] {
                            let fits =
                                u128::from(index) + u128::from(offset) + u128::from(width) <= u128::from(len);
                            let found =
                                func.call(&mut store, index.cast_signed()).map_err(|error| error.trap());
                            let wanted = if fits { Ok(()) } else { Err(Some(Trap::OutOfBoundsMemoryAccess)) };
                            assert_eq!(found, wanted, "{mode:?}, {pages} pages: {name} at {index:#x}");
                        }
                    }
                }
            }
        }
    }
}
