//! Functions of the host: every shape of closure, what a result may be, calls as an export. S80.

use crate::common::{World, both, text};
use skep::{Caller, Error, ExternRef, Free, FuncType, Module, Trap, Val, ValType};

/// Defines `env.f` of `n` parameters of type i64 that sums them up, by a closure with a caller and by one without.
macro_rules! sums {
    ($world:ident, $($n:literal: ($($param:ident),*);)*) => {
        $(
            $world.linker.func("plain", stringify!($n), |$($param: i64),*| 0_i64 $(.wrapping_mul(3).wrapping_add($param))*).unwrap();
            $world
                .linker
                .func("caller", stringify!($n), |mut caller: Caller<'_, u32>, $($param: i64),*| {
                    *caller.data_mut() += 1;
                    0_i64 $(.wrapping_mul(3).wrapping_add($param))*
                })
                .unwrap();
        )*
    };
}

#[test]
fn s80_any_number_of_parameters_with_and_without_a_caller() {
    both(|mut world| {
        sums! { world,
            0: (); 1: (a); 2: (a, b); 3: (a, b, c); 4: (a, b, c, d); 5: (a, b, c, d, e); 6: (a, b, c, d, e, f);
            7: (a, b, c, d, e, f, g); 8: (a, b, c, d, e, f, g, h); 9: (a, b, c, d, e, f, g, h, i);
            10: (a, b, c, d, e, f, g, h, i, j); 11: (a, b, c, d, e, f, g, h, i, j, k);
            12: (a, b, c, d, e, f, g, h, i, j, k, l); 13: (a, b, c, d, e, f, g, h, i, j, k, l, m);
            14: (a, b, c, d, e, f, g, h, i, j, k, l, m, n); 15: (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
            16: (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
        }
        for count in 0..=16_usize {
            let types = vec!["i64"; count].join(" ");
            let params: Vec<i64> = (1..).map(|n: i64| n * 0x1_0000_0001).take(count).collect();
            let pushed: String = params.iter().map(|param| format!("(i64.const {param})")).collect();
            let expected = params.iter().fold(0_i64, |sum, param| sum.wrapping_mul(3).wrapping_add(*param));
            let untyped = FuncType::new(vec![ValType::I64; count], [ValType::I64]);
            let sum = |_: Caller<'_, u32>, params: &[Val], results: &mut [Val]| {
                let add = |sum: i64, param: &Val| sum.wrapping_mul(3).wrapping_add(param.as_i64().unwrap());
                results[0] = Val::I64(params.iter().fold(0, add));
                Ok(())
            };
            world.linker.func_new("untyped", &count.to_string(), untyped, sum).unwrap();
            for shape in ["plain", "caller", "untyped"] {
                let module = format!(
                    r#"(module (import "{shape}" "{count}" (func $f (param {types}) (result i64)))
                        (table 1 funcref) (elem (i32.const 0) $f) (type $t (func (param {types}) (result i64))) (export "f" (func $f))
                        (func (export "call") (result i64) (call $f {pushed}))
                        (func (export "indirect") (result i64) (call_indirect (type $t) {pushed} (i32.const 0))))"#
                );
                let instance = world.one("", &module);
                for name in ["call", "indirect"] {
                    assert_eq!(
                        world.call::<(), i64>(instance, name, ()).unwrap(),
                        expected,
                        "{shape} {count}"
                    );
                }
                let vals: Vec<Val> = params.iter().map(|&param| Val::I64(param)).collect();
                let f = instance.func(&world.store, "f").unwrap();
                assert_eq!(f.call_as(&mut world.store, instance, &vals).unwrap(), [Val::I64(expected)]);
                let calls = if shape == "caller" { 3 } else { 0 };
                assert_eq!(*world.store.data(instance).unwrap(), calls, "{shape} {count}");
            }
        }
    });
}

/// Results: none, one of each type, several, of both classes, references among them.
#[test]
fn s80_results_of_every_type_and_several() {
    both(|mut world| {
        world.linker.func("env", "none", || ()).unwrap();
        world.linker.func("env", "i32", || -1_i32).unwrap();
        world.linker.func("env", "i64", || i64::MIN).unwrap();
        world.linker.func("env", "f32", || f32::from_bits(0x7FA0_0001)).unwrap();
        world.linker.func("env", "f64", || -0.0_f64).unwrap();
        world.linker.func("env", "extern", |value: Option<ExternRef>| value).unwrap();
        world.linker.func("env", "func", |caller: Caller<'_, u32>| caller.func("go").ok()).unwrap();
        world
            .linker
            .func("env", "many", |a: i32, b: f64, c: i64, d: f32| (d, c, b, a, 5_u32, 6.5_f64))
            .unwrap();
        let module = r#"(module (type $go (func (result f32 i64 f64 i32 i32 f64)))
            (import "env" "none" (func $none)) (import "env" "i32" (func $i32 (result i32))) (import "env" "i64" (func $i64 (result i64)))
            (import "env" "f32" (func $f32 (result f32))) (import "env" "f64" (func $f64 (result f64)))
            (import "env" "extern" (func $extern (param externref) (result externref))) (import "env" "func" (func $func (result funcref)))
            (import "env" "many" (func $many (param i32 f64 i64 f32) (result f32 i64 f64 i32 i32 f64))) (table $t 1 funcref)
            (func (export "one") (result i64 i64 i32 i64) (call $none)
                (i64.extend_i32_u (call $i32)) (call $i64) (i32.reinterpret_f32 (call $f32)) (i64.reinterpret_f64 (call $f64)))
            (func (export "same") (param externref) (result externref) (call $extern (local.get 0)))
            (func (export "go") (result f32 i64 f64 i32 i32 f64) (call $many (i32.const -7) (f64.const 1.5) (i64.const -3) (f32.const 0.25)))
            (func (export "through") (result f32 i64 f64 i32 i32 f64)
                (table.set $t (i32.const 0) (call $func)) (call_indirect $t (type $go) (i32.const 0))))"#;
        let instance = world.one("", module);
        let one = world.call::<(), (i64, i64, u32, i64)>(instance, "one", ()).unwrap();
        assert_eq!(one, (0xFFFF_FFFF, i64::MIN, 0x7FA0_0001, i64::MIN), "an i32's upper half is zero");
        for name in ["go", "through"] {
            let many = world.call::<(), (f32, i64, f64, i32, u32, f64)>(instance, name, ()).unwrap();
            assert_eq!(many, (0.25, -3, 1.5, -7, 5, 6.5));
        }
        let value = ExternRef::new(&mut world.store, "value").unwrap();
        for value in [Some(value), None] {
            assert_eq!(
                world.call::<Option<ExternRef>, Option<ExternRef>>(instance, "same", value).unwrap(),
                value
            );
        }
    });
}

/// What an untyped function leaves in its results is checked before machine code sees it.
#[test]
fn s80_results_of_untyped_functions_are_checked() {
    both(|mut world| {
        let mut other = World::of(&world.engine);
        let foreign = other.one("", r#"(module (func (export "f")))"#);
        let foreign = foreign.func(&other.store, "f").unwrap();
        let stale = world.one("", r#"(module (func (export "f")))"#);
        let stale_func = stale.func(&world.store, "f").unwrap();
        world.store.free(stale, Free::Now).unwrap();
        let results: [(ValType, Val, &str); 5] = [
            (ValType::I32, Val::I64(1), "value is i64, not i32"),
            (ValType::FuncRef, Val::ExternRef(None), "value is externref, not funcref"),
            (ValType::ExternRef, Val::FuncRef(None), "value is funcref, not externref"),
            (ValType::FuncRef, foreign.into(), " belongs to store "),
            (ValType::FuncRef, stale_func.into(), "stale handle func#"),
        ];
        for (ty, val, expected) in results {
            let set = move |_: Caller<'_, u32>, _: &[Val], results: &mut [Val]| {
                results[0] = val;
                Ok(())
            };
            world.linker.func_new("env", "f", FuncType::new([], [ty]), set).unwrap();
            let module = format!(
                r#"(module (import "env" "f" (func $f (result {ty}))) (memory (export "m") 1)
                    (func (export "g") (drop (call $f)) (i32.store8 (i32.const 0) (i32.const 1))))"#
            );
            let instance = world.one("", &module);
            let found = text(world.call::<(), ()>(instance, "g", ()));
            assert!(found.contains(expected), "{found}");
            assert_eq!(world.byte(instance, "m", 0), 0, "it went on after {expected}");
        }
    });
}

/// Names may be empty, modules anonymous, and a function in no linker at all.
#[test]
fn s80_no_name_is_needed() {
    both(|mut world| {
        world.linker.func("", "", || 4_i32).unwrap();
        let nameless = world.one(
            "",
            r#"(module (import "" "" (func $f (result i32))) (func (export "") (result i32) (call $f)))"#,
        );
        assert_eq!(world.call::<(), i32>(nameless, "", ()).unwrap(), 4);
        let func = skep::Func::host(&mut world.store, |n: i32| n + 1).unwrap();
        let a = world.one(
            "",
            r#"(module (table (export "t") 1 funcref) (type $t (func (param i32) (result i32)))
                (func (export "call") (result i32) (call_indirect (type $t) (i32.const 8) (i32.const 0))))"#,
        );
        a.table(&world.store, "t").unwrap().set(&mut world.store, 0, func.into()).unwrap();
        assert_eq!(world.call::<(), i32>(a, "call", ()).unwrap(), 9);
    });
}

#[test]
fn d17_host_func_as_export() {
    both(|mut world| {
        world.linker.func("h", "f", |caller: Caller<'_, u32>, n: u32| *caller.data() + n).unwrap();
        let module = r#"(module (import "h" "f" (func $f (param i32) (result i32))) (export "f" (func $f)))"#;
        let (a, b) = (world.one("a", module), world.one("b", module));
        *world.store.data_mut(a).unwrap() = 40;
        assert_eq!(world.call::<u32, u32>(a, "f", 2).unwrap(), 42, "for the one that it was looked up on");
        assert_eq!(world.call::<u32, u32>(b, "f", 2).unwrap(), 2);
        let f = a.func(&world.store, "f").unwrap();
        assert_eq!(f.call_as(&mut world.store, b, &[Val::I32(7)]).unwrap(), [Val::I32(7)]);
        assert!(matches!(f.call(&mut world.store, &[Val::I32(7)]), Err(Error::NoCaller(_))));
    });
}

/// A caller stands for the instance whose code makes the call, whoever has lent the function and however it was reached.
#[test]
fn s80_a_caller_stands_for_whose_code_calls() {
    both(|mut world| {
        let count = |mut caller: Caller<'_, u32>| *caller.data_mut() += 1;
        world.linker.func("env", "count", count).unwrap();
        let a = world.one(
            "a",
            r#"(module (import "env" "count" (func $f)) (export "count" (func $f)) (table (export "t") 1 funcref) (elem (i32.const 0) $f)
                (func (export "own") (call $f)))"#,
        );
        let b = world.one(
            "b",
            r#"(module (import "a" "count" (func $count)) (import "a" "t" (table 1 funcref)) (import "a" "own" (func $own))
                (type $t (func)) (func (export "lent") (call $count)) (func (export "table") (call_indirect (type $t) (i32.const 0)))
                (func (export "other") (call $own)))"#,
        );
        for (name, counted) in [("lent", (0, 1)), ("table", (0, 2)), ("other", (1, 2))] {
            world.call::<(), ()>(b, name, ()).unwrap();
            let data = (*world.store.data(a).unwrap(), *world.store.data(b).unwrap());
            assert_eq!(data, counted, "{name}");
        }
    });
}

/// Two calls that stand on one stack share its limit, however deep host functions nest.
#[test]
fn s80_nested_calls_share_one_stack() {
    both(|mut world| {
        let again = |mut caller: Caller<'_, u32>| -> Result<(), Error> {
            *caller.data_mut() += 1;
            caller.func("f")?.call(&mut caller, &[]).map(drop)
        };
        world.linker.func("env", "again", again).unwrap();
        let module = r#"(module (import "env" "again" (func $again)) (func (export "f") (call $again)))"#;
        let instance = world.one("", module);
        for _ in 0..3 {
            let error = world.call::<(), ()>(instance, "f", ()).unwrap_err();
            assert_eq!(error.trap(), Some(Trap::CallStackExhausted));
        }
        assert!(*world.store.data(instance).unwrap() > 30, "it nested before it ran out");
    });
}

/// A module of one engine is no module of another, whatever closures stand behind its imports.
#[test]
fn s80_closures_serve_the_engine_of_their_linker() {
    let mut world = World::new();
    world.linker.func("env", "f", || ()).unwrap();
    let other = World::new();
    let module = Module::new(&other.engine, r#"(module (import "env" "f" (func)))"#).unwrap();
    assert!(matches!(world.linker.template(&module), Err(Error::WrongEngine)));
}
