//! S37 to S41, S43 and S59: globals, constants, new tables. With defect D13: printing and setting values of every type.

use crate::common::{World, both, probe, text};
use skep::{Error, ExternRef, Func, Global, GlobalType, Instance, RefType, Table, TableType, Val, ValType};
use std::fmt::Write as _;

#[test]
fn s37_host_and_guests_see_one_cell() {
    both(|mut world| {
        let module = r#"(module (global $g (export "g") (mut i64) (i64.const 1)) (func (export "get") (result i64) (global.get $g))
            (func (export "set") (param i64) (global.set $g (local.get 0))))"#;
        let instance = world.one("", module);
        let global = instance.global(&world.store, "g").unwrap();
        for value in [i64::MIN, -1, 0, 1, i64::MAX] {
            global.set(&mut world.store, Val::I64(value)).unwrap();
            assert_eq!(world.call::<(), i64>(instance, "get", ()).unwrap(), value);
            world.call::<(i64,), ()>(instance, "set", (!value,)).unwrap();
            assert_eq!(global.get(&world.store).unwrap(), Val::I64(!value));
        }
    });
}

/// A value of each type with both halves of its bits in use.
fn one_of_each(world: &mut World) -> [Val; 7] {
    let instance = world.one("", probe("expfn"));
    let func: Func = instance.func(&world.store, "f").unwrap();
    let extern_ref = ExternRef::new(&mut world.store, "host").unwrap();
    [
        Val::I32(-1),
        Val::I64(i64::MIN + 5),
        Val::F32(f32::from_bits(0x7FA0_0001)),
        Val::F64(f64::from_bits(0xFFF4_0000_0000_0001)),
        Val::V128((7 << 64) | 5),
        Val::FuncRef(Some(func)),
        Val::ExternRef(Some(extern_ref)),
    ]
}

/// The bits of a value; references by what prints.
fn bits(value: Val) -> String {
    match value {
        Val::F32(value) => format!("{:#x}", value.to_bits()),
        Val::F64(value) => format!("{:#x}", value.to_bits()),
        other => format!("{other:?}"),
    }
}

#[test]
fn s37_s38_d13_values_of_every_type_are_set_got_and_printed() {
    let mut world = World::new();
    let values = one_of_each(&mut world);
    for value in values {
        let ty = GlobalType { content: value.ty(), mutable: true };
        let global = Global::new(&mut world.store, ty, Val::default_of(value.ty())).unwrap();
        assert_eq!(global.get(&world.store).unwrap(), Val::default_of(value.ty()));
        global.set(&mut world.store, value).unwrap();
        assert_eq!(bits(global.get(&world.store).unwrap()), bits(value), "all bits, the upper half too");
        for printed in
            [format!("{value:?}"), format!("{global:?} {global}"), format!("{:?} {ty:?} {ty}", value.ty())]
        {
            assert!(!printed.is_empty());
        }
        for wrong in values.into_iter().filter(|wrong| wrong.ty() != value.ty()) {
            let error = global.set(&mut world.store, wrong).unwrap_err();
            assert_eq!(error.to_string(), format!("value is {}, not {}", wrong.ty(), value.ty()));
            assert_eq!(
                bits(global.get(&world.store).unwrap()),
                bits(value),
                "a refused value changes nothing"
            );
        }
        let constant = GlobalType { mutable: false, ..ty };
        let constant = Global::new(&mut world.store, constant, value).unwrap();
        assert_eq!(text(constant.set(&mut world.store, value)), format!("{constant} is immutable"));
    }
}

/// Interesting patterns of 64 bits: signs, NaNs quiet and signalling, infinities, and numbers between.
fn patterns() -> Vec<u64> {
    let mut all =
        vec![0, 1, u64::MAX, 1 << 63, 0x7FF0_0000_0000_0000, 0x7FF8_0000_0000_0000, 0xFFF0_0000_0000_0001];
    all.extend([0x7F80_0000, 0x7FC0_0000, 0x7F80_0001, 0xFFBF_FFFF, 0x8000_0000]);
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for n in 0..200 {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        // A third of them are NaNs of one width or the other.
        all.push(match n % 3 {
            0 => state,
            1 => state | 0x7FF0_0000_0000_0000,
            _ => state >> 32 | 0x7F80_0000,
        });
    }
    all
}

/// The text of a float constant of exactly these bits.
fn float(sign: bool, magnitude: u64, mantissa_bits: u32, infinity: u64, number: String) -> String {
    let payload = magnitude & ((1 << mantissa_bits) - 1);
    let sign = if sign { "-" } else { "" };
    match (magnitude & infinity == infinity, payload) {
        (true, 0) => format!("{sign}inf"),
        (true, _) => format!("{sign}nan:{payload:#x}"),
        _ => number,
    }
}

#[test]
#[expect(clippy::cast_possible_truncation, reason = "takes the low half")]
fn s39_s59_constants_equal_the_same_code_in_a_function() {
    let mut module = String::from("(module");
    let mut count = 0;
    let mut add = |ty: &str, constant: &str| {
        let expression = format!("({ty}.const {constant})");
        let _ = write!(
            module,
            r#"(global $g{count} {ty} {expression}) (global (export "g{count}") (mut {ty}) {expression})
            (func (export "constant{count}") (result {ty}) (global.get $g{count}))
            (func (export "body{count}") (result {ty}) {expression})"#
        );
        count += 1;
    };
    let patterns = patterns();
    for &bits in &patterns {
        add("i32", &format!("{}", bits as u32));
        add("i64", &format!("{bits}"));
        let (low, whole) = (f32::from_bits(bits as u32), f64::from_bits(bits));
        let magnitude = u64::from(bits as u32 & 0x7FFF_FFFF);
        add("f32", &float(low.is_sign_negative(), magnitude, 23, 0x7F80_0000, format!("{low:e}")));
        let magnitude = bits & (u64::MAX >> 1);
        add(
            "f64",
            &float(whole.is_sign_negative(), magnitude, 52, 0x7FF0_0000_0000_0000, format!("{whole:e}")),
        );
    }
    module.push(')');
    both(|mut world| {
        let instance = world.one("", &module);
        for n in 0..count {
            let pattern = patterns[n / 4];
            let expected = match n % 4 {
                0 => Val::I32(pattern as i32),
                1 => Val::I64(pattern.cast_signed()),
                2 => Val::F32(f32::from_bits(pattern as u32)),
                _ => Val::F64(f64::from_bits(pattern)),
            };
            let global = instance.global(&world.store, &format!("g{n}")).unwrap().get(&world.store).unwrap();
            assert_eq!(bits(global), bits(expected));
            for name in ["constant", "body"] {
                let func = instance.func(&world.store, &format!("{name}{n}")).unwrap();
                let result = func.call(&mut world.store, &[]).unwrap();
                assert_eq!(bits(result[0]), bits(expected), "{name} {n} of {pattern:#x}");
            }
        }
    });
}

#[test]
fn s39_s59_constants_read_imported_globals_bit_by_bit() {
    both(|mut world| {
        for value in one_of_each(&mut world) {
            // Modules with vectors come with a later feature.
            if value.ty() == ValType::V128 {
                continue;
            }
            let ty = GlobalType { content: value.ty(), mutable: false };
            let global = Global::new(&mut world.store, ty, value).unwrap();
            world.linker.define("env", "g", global);
            let ty = value.ty();
            let module = format!(
                r#"(module (import "env" "g" (global $g {ty})) (global (export "copy") (mut {ty}) (global.get $g)))"#
            );
            let instance = world.one("", &module);
            let copy = instance.global(&world.store, "copy").unwrap();
            assert_ne!(copy, global);
            assert_eq!(bits(copy.get(&world.store).unwrap()), bits(value));
        }
    });
}

#[test]
fn s39_s59_offsets_are_constants_too() {
    both(|mut world| {
        let ty = GlobalType { content: ValType::I32, mutable: false };
        let global = Global::new(&mut world.store, ty, Val::I32(3)).unwrap();
        world.linker.define("env", "g", global);
        let module = r#"(module (import "env" "g" (global $g i32)) (memory (export "m") 1) (table (export "t") 4 funcref)
            (func $f) (data (global.get $g) "ab") (data (i32.const 65535) "c") (elem (global.get $g) $f))"#;
        let instance = world.one("", module);
        assert_eq!([3, 4, 65535].map(|at| world.byte(instance, "m", at)), *b"abc");
        let table = instance.table(&world.store, "t").unwrap();
        let set = |at| table.get(&world.store, at).unwrap() != Val::FuncRef(None);
        assert_eq!([0, 1, 2, 3].map(set), [false, false, false, true]);
    });
}

#[test]
fn s40_w10_constants_read_no_mutable_global() {
    let world = World::new();
    for module in [
        probe("mutable_const"),
        r#"(module (global $g (mut i32) (i32.const 0)) (global i32 (global.get $g)))"#,
        r#"(module (import "a" "g" (global $g (mut i32))) (memory 1) (data (global.get $g) "x"))"#,
        r#"(module (import "a" "g" (global $g (mut i32))) (table 1 funcref) (func $f) (elem (global.get $g) $f))"#,
    ] {
        let error = skep::Module::new(&world.engine, module).unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(error.to_string().starts_with("constant expression required"), "{error}");
    }
    // Globals of the module itself are not yet there, by the rule of 2.0.
    let own = "(module (global $g i32 (i32.const 0)) (global i32 (global.get $g)))";
    assert!(matches!(skep::Module::new(&world.engine, own), Err(Error::Invalid(_))));
}

#[test]
fn s41_a_function_of_its_own_is_in_a_global_before_the_start() {
    both(|mut world| {
        let read = |mut caller: skep::Caller<'_, u32>| -> Result<i32, Error> {
            let Val::FuncRef(Some(func)) = caller.global("g")?.get(&caller)? else { panic!("a function") };
            Ok(func.call(&mut caller, &[])?[0].as_i32().unwrap())
        };
        world.linker.func("env", "read", read).unwrap();
        let module = r#"(module (import "env" "read" (func $read (result i32))) (global (export "g") funcref (ref.func $f))
            (global $seen (export "seen") (mut i32) (i32.const 0)) (func $f (result i32) (i32.const 12))
            (func $s (global.set $seen (call $read))) (start $s))"#;
        let instance = world.one("", module);
        assert_eq!(value(&world, instance, "seen"), Val::I32(12));
        let Val::FuncRef(Some(func)) = value(&world, instance, "g") else { panic!("a function") };
        assert_eq!(func.call(&mut world.store, &[]).unwrap(), [Val::I32(12)]);
    });
}

fn value(world: &World, of: Instance, name: &str) -> Val {
    of.global(&world.store, name).unwrap().get(&world.store).unwrap()
}

#[test]
fn s43_new_tables_are_null_or_as_they_were_asked_for() {
    both(|mut world| {
        let module = r#"(module (table (export "f") 300 funcref) (table (export "e") 300 externref))"#;
        let instance = world.one("", module);
        for (name, ty) in [("f", RefType::Func), ("e", RefType::Extern)] {
            let table = instance.table(&world.store, name).unwrap();
            assert_eq!(table.size(&world.store).unwrap(), 300);
            assert!((0..300).all(|at| table.get(&world.store, at).unwrap() == Val::null(ty)));
        }
        let value = Val::ExternRef(Some(ExternRef::new(&mut world.store, 1_u8).unwrap()));
        let table = Table::new(&mut world.store, TableType::new(RefType::Extern, 300, None), value).unwrap();
        assert!((0..300).all(|at| table.get(&world.store, at).unwrap() == value));
    });
}

#[test]
fn s43_sizes_are_limited_before_memory_is_asked_for() {
    both(|mut world| {
        let before = world.store.stats();
        let huge = "table elements 4294967295 exceeds the limit 10000000";
        assert_eq!(text(world.spawn("", "(module (table 0xffffffff funcref))")), huge);
        let ty = TableType::new(RefType::Extern, u64::from(u32::MAX), None);
        assert_eq!(text(Table::new(&mut world.store, ty, Val::ExternRef(None))), huge);
        assert_eq!(
            text(world.spawn("", "(module (table 10000001 funcref))")).replace("10000001", "4294967295"),
            huge
        );
        assert_eq!(skep::Stats { code_bytes: 0, ..world.store.stats() }, before);
        // What no table may be is a limit; what no memory could hold never gets that far.
        world.one("", "(module (table 0 0xffffffff funcref))");
    });
}
