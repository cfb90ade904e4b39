//! F1: what the host hands over has the type that it must have. I2: any number of values of any type, to the host and back.

use std::time::{Duration, Instant};

use skep::{Engine, Error, Func, FuncType, Linker, Module, Store, Trap, Val, ValType};

use crate::configs;

const TYPES: [ValType; 4] = [ValType::I32, ValType::F64, ValType::I64, ValType::F32];

/// Types of `count` values in a mix that depends on the start.
fn mix(count: usize, start: usize) -> Vec<ValType> {
    (0..count).map(|n| TYPES[(start + n + n / 3) % 4]).collect()
}

/// A value of a type, its bits far from zero.
fn value(ty: ValType, n: usize) -> Val {
    let n = u16::try_from(n).unwrap();
    match ty {
        ValType::I32 => Val::I32(-1_000_000_007 - i32::from(n)),
        ValType::I64 => Val::I64(-1_000_000_000_000_000_007 + i64::from(n)),
        ValType::F32 => Val::F32(-0.5 - f32::from(n)),
        _ => Val::F64(1e100 + f64::from(n) * 1e90),
    }
}

fn names(types: &[ValType]) -> String {
    types.iter().map(|ty| format!(" {ty}")).collect()
}

/// Host → guest → host function and back: parameters arrive as they were, and so do results.
#[test]
fn i2_any_signature_to_the_host_and_back() {
    for (what, config) in configs() {
        let engine = Engine::new(&config).unwrap();
        for count in 0..=40 {
            for other in [0, 1, 2, 3, 7, 17, 40] {
                let (params, results) = (mix(count, count), mix(other, count + 1));
                let text = format!(
                    r#"(module (type $t (func (param{p}) (result{r}))) (import "h" "f" (func $f (type $t)))
                    (table 1 funcref) (elem (i32.const 0) $f)
                    (func $g (export "g") (type $t) {gets} (call $f))
                    (func (export "i") (type $t) {gets} (call_indirect (type $t) (i32.const 0)))
                    (func (export "l") (type $t) {gets} (call $g)))"#,
                    p = names(&params),
                    r = names(&results),
                    gets = (0..count).map(|n| format!("(local.get {n})")).collect::<String>(),
                );
                let module = Module::new(&engine, &text).unwrap();
                let mut linker = Linker::new(&engine);
                let given: Vec<Val> = params.iter().enumerate().map(|(n, &ty)| value(ty, n)).collect();
                let wanted: Vec<Val> = results.iter().enumerate().map(|(n, &ty)| value(ty, n + 50)).collect();
                let (seen, back) = (given.clone(), wanted.clone());
                let ty = FuncType::new(params, results);
                linker
                    .func_new("h", "f", ty, move |_, params, results| {
                        assert_eq!(params, seen);
                        results.copy_from_slice(&back);
                        Ok(())
                    })
                    .unwrap();
                let mut store = Store::new(&engine);
                let instance = store.spawn(&linker.template(&module).unwrap(), ()).unwrap();
                for name in ["g", "i", "l"] {
                    let found = instance.func(&store, name).unwrap().call(&mut store, &given).unwrap();
                    assert_eq!(found, wanted, "{what}: {name} of {count} to {other} values");
                }
            }
        }
    }
}

#[test]
fn f1_types_are_checked_wherever_a_value_enters() {
    let text = r#"(module (table (export "t") 1 externref) (table (export "f") 1 funcref)
        (global (export "g") (mut i64) (i64.const 0))
        (func (export "i") (param i64) (result i64) (local.get 0)))"#;
    let other = r#"(module (func (export "d") (param f64) (result f64) (local.get 0)))"#;
    for (_, config) in configs() {
        // Each engine's first type is another one.
        let mut worlds = [text, other].map(|text| {
            let engine = Engine::new(&config).unwrap();
            let module = Module::new(&engine, text).unwrap();
            let mut store = Store::new(&engine);
            let template = Linker::new(&engine).template(&module).unwrap();
            let instance = store.spawn(&template, ()).unwrap();
            (engine, store, instance, module)
        });
        let [(engine, store, instance, module), (_, second, foreign, strange)] = &mut worlds;
        let func: Func = foreign.func(second, "d").unwrap();
        let own = instance.func(store, "i").unwrap();
        let table = instance.table(store, "f").unwrap();
        assert!(matches!(func.call(store, &[Val::F64(1.0)]), Err(Error::WrongStore(_))));
        assert!(matches!(table.set(store, 0, func.into()), Err(Error::WrongStore(_))));
        let error = instance.table(store, "t").unwrap().set(store, 0, own.into()).unwrap_err();
        assert_eq!(error.to_string(), "value is funcref, not externref");
        assert!(matches!(own.call(store, &[Val::F64(1.0)]), Err(Error::Type(_))));
        assert!(matches!(own.call(store, &[]), Err(Error::Type(_))));
        assert!(matches!(own.call(store, &[Val::I64(1), Val::I64(1)]), Err(Error::Type(_))));
        assert!(own.typed::<f64, f64>(store).is_err());
        assert!(instance.global(store, "g").unwrap().set(store, Val::F64(1.0)).is_err());
        assert!(matches!(Linker::<()>::new(engine).template(strange), Err(Error::WrongEngine)));
        let wrong = Linker::<()>::new(second.engine()).template(strange).unwrap();
        assert!(matches!(store.spawn(&wrong, ()), Err(Error::WrongEngine)));
        let mut linker: Linker<()> = Linker::new(engine);
        linker.func("h", "f", |x: f64| x).unwrap();
        let importer =
            Module::new(engine, r#"(module (import "h" "f" (func (param i64) (result i64))))"#).unwrap();
        assert!(matches!(linker.template(&importer), Err(Error::Link(_))));
        assert_eq!(own.call(store, &[Val::I64(5)]).unwrap(), [Val::I64(5)], "{module:?}");
    }
}

/// Modules that come and go on one engine, with equal types and with new ones, while others call through tables.
#[test]
fn f1_types_of_modules_that_come_and_go() {
    const THREADS: usize = 8;
    // The parameters of a function of a type of its own.
    let own = |n: usize| -> String {
        (0..6).map(|k| [" i32", " i64", " f32", " f64"][n / 4_usize.pow(k) % 4]).collect()
    };
    let until = Instant::now() + Duration::from_secs(1);
    let engine = Engine::new(&skep::Config::default()).unwrap();
    let work = |thread: usize| {
        let mut rounds = 0;
        while Instant::now() < until || rounds < 3 {
            let (shared, private) = (own(rounds), own(2_048 + thread * 256 + rounds % 256));
            let text = format!(
                r#"(module (type $s (func (param{shared}))) (type $p (func (param{private}) (result i32)))
                (type $i (func (param i32) (result i32)))
                (table 3 funcref) (elem (i32.const 0) $s $p $i)
                (func $s (type $s)) (func $p (type $p) (i32.const 1)) (func $i (type $i) (local.get 0))
                (func (export "f") (param i32) (result i32) (call_indirect (type $i) (i32.const 7) (local.get 0))))"#
            );
            let module = Module::new(&engine, text).unwrap();
            let mut store = Store::new(&engine);
            let template = Linker::new(&engine).template(&module).unwrap();
            let instance = store.spawn(&template, ()).unwrap();
            let func = instance.typed_func::<i32, i32>(&store, "f").unwrap();
            for (index, wanted) in
                [Err(Some(Trap::IndirectCallTypeMismatch)); 2].into_iter().chain([Ok(7)]).enumerate()
            {
                let index = i32::try_from(index).unwrap();
                assert_eq!(func.call(&mut store, index).map_err(|error| error.trap()), wanted, "{index}");
            }
            rounds += 1;
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || work(thread));
        }
    });
}
