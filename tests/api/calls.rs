//! Calls by the host: typed, untyped, of functions that are gone, exited, or another store's.

use skep::{
    Config, Engine, Error, ExternRef, Free, Func, Instance, Linker, MemoryMode, Module, Store, Trap, Tuning,
    TypedFunc, Val,
};

use crate::common::{engine, spawn, spawn_with};

const ECHO: &str = r#"(module
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "func") (param funcref) (result funcref) (local.get 0))
    (func (export "extern") (param externref) (result externref) (local.get 0))
    (func (export "none"))
    (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
    (func (export "three") (param i32 i64 f32) (result f32 i64 i32) (local.get 2) (local.get 1) (local.get 0))
    (func (export "mixed16")
        (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64) (result f64 f32 i64 i32)
        (local.get 15) (local.get 14) (local.get 13) (local.get 12))
    (func (export "sum20")
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32)
        (i32.add (local.get 0) (i32.add (local.get 9) (local.get 19))) (local.get 18)))"#;

#[test]
fn values_cross_bit_by_bit() {
    for mode in MemoryMode::ALL {
        let (mut store, echo) = spawn(mode, ECHO);
        let mut check = |name: &str, val: Val| {
            let func = echo.func(&store, name).unwrap();
            let back = func.call(&mut store, &[val]).unwrap();
            assert_eq!(format!("{back:?}"), format!("{:?}", [val]), "{name}");
        };
        for value in [0, 1, -1, i32::MIN, i32::MAX] {
            check("i32", Val::I32(value));
        }
        for value in [0, -1, i64::MIN, i64::MAX, 1 << 32] {
            check("i64", Val::I64(value));
        }
        check("func", Val::FuncRef(None));
        check("extern", Val::ExternRef(None));
        let f32s = echo.typed_func::<f32, f32>(&store, "f32").unwrap();
        for bits in [0, 0x8000_0000, 0x7FA0_1234, 0xFFC0_0001, 1, 0x3F80_0000] {
            assert_eq!(f32s.call(&mut store, f32::from_bits(bits)).unwrap().to_bits(), bits);
        }
        let f64s = echo.typed_func::<f64, f64>(&store, "f64").unwrap();
        for bits in [0, 1 << 63, 0x7FF4_0000_0000_0001, 0xFFF8_0000_0000_0000, 1] {
            assert_eq!(f64s.call(&mut store, f64::from_bits(bits)).unwrap().to_bits(), bits);
        }
    }
}

#[test]
fn references_cross_as_handles() {
    let (mut store, echo) = spawn(MemoryMode::Guarded, ECHO);
    let none = echo.func(&store, "none").unwrap();
    let funcs = echo.typed_func::<Option<Func>, Option<Func>>(&store, "func").unwrap();
    assert_eq!(funcs.call(&mut store, Some(none)).unwrap(), Some(none));
    let value = ExternRef::new(&mut store, "host value").unwrap();
    let externs = echo.typed_func::<Option<ExternRef>, Option<ExternRef>>(&store, "extern").unwrap();
    let back = externs.call(&mut store, Some(value)).unwrap().unwrap();
    assert_eq!(back.downcast::<&str>(&store).unwrap(), Some(&"host value"));
}

type Four = (i32, i64, f32, f64);
type Sixteen = (i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64);

#[test]
fn many_parameters_and_results() {
    let (mut store, echo) = spawn(MemoryMode::Guarded, ECHO);
    echo.typed_func::<(), ()>(&store, "none").unwrap().call(&mut store, ()).unwrap();
    let swap = echo.typed_func::<(u32, f64), (f64, u32)>(&store, "swap").unwrap();
    assert_eq!(swap.call(&mut store, (u32::MAX, 0.5)).unwrap(), (0.5, u32::MAX));
    let three = echo.typed_func::<(i32, u64, f32), (f32, u64, i32)>(&store, "three").unwrap();
    assert_eq!(three.call(&mut store, (-3, u64::MAX, 1.5)).unwrap(), (1.5, u64::MAX, -3));
    let mixed = echo.typed_func::<Sixteen, (f64, f32, i64, i32)>(&store, "mixed16").unwrap();
    let four: Four = (-7, i64::MIN, 2.5, -0.25);
    let (a, b, c, d) = four;
    let sixteen = (1, 1, 1., 1., 2, 2, 2., 2., 3, 3, 3., 3., a, b, c, d);
    assert_eq!(mixed.call(&mut store, sixteen).unwrap(), (d, c, b, a));
    let sum = echo.func(&store, "sum20").unwrap();
    let params: Vec<Val> = (0..20).map(Val::I32).collect();
    assert_eq!(sum.call(&mut store, &params).unwrap(), [Val::I32(28), Val::I32(18)]);
}

/// An engine that has a technique of the compiler, and one that has not.
fn engines(technique: Tuning) -> [Engine; 2] {
    [Tuning::ALL, Tuning::ALL.without(technique)]
        .map(|tuning| Engine::new(&Config::default().tuning(tuning)).unwrap())
}

/// Values pass the entry in registers, in cells, or both, by their number and place.
const PLACES: &str = r#"(module
    (func (export "one") (param f64) (result f64) (f64.neg (local.get 0)))
    (func (export "two") (param f32 i32) (result i32) (i32.sub (local.get 1) (i32.trunc_f32_s (local.get 0))))
    (func (export "three") (param i64 f32 i32) (result f64)
        (f64.add (f64.promote_f32 (local.get 1)) (f64.convert_i64_s (i64.add (local.get 0) (i64.extend_i32_u (local.get 2))))))
    (func (export "ints") (param i32) (result i32 i32) (local.get 0) (i32.const -2))
    (func (export "floats") (param f32 f32) (result f32 f32) (local.get 1) (local.get 0))
    (func (export "mixed") (result i64 f64) (i64.const -3) (f64.const 0.5))
    (func (export "high") (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
    (func (export "low") (param i32) (result i64) (i64.extend_i32_u (local.get 0))))"#;

#[test]
fn values_pass_the_entry_in_registers_and_in_cells() {
    for engine in engines(Tuning::REGISTER_CALLS) {
        let (mut store, places) = spawn_with(&Linker::<()>::new(&engine), &engine, PLACES, ());
        macro_rules! check {
            ($name:literal: $params:ty => $results:ty, $given:expr, $expected:expr) => {
                let func = places.typed_func::<$params, $results>(&store, $name).unwrap();
                assert_eq!(func.call(&mut store, $given).unwrap(), $expected, $name);
            };
        }
        check!("one": f64 => f64, 1.5, -1.5);
        check!("two": (f32, i32) => i32, (2.5, -1), -3);
        check!("three": (i64, f32, u32) => f64, (-1, 0.5, u32::MAX), f64::from(u32::MAX) - 0.5);
        check!("ints": i32 => (i32, i32), i32::MIN, (i32::MIN, -2));
        check!("floats": (f32, f32) => (f32, f32), (1.0, -0.25), (-0.25, 1.0));
        check!("mixed": () => (i64, f64), (), (-3, 0.5));
        check!("high": u64 => u32, 0xDEAD_BEEF_8000_0001, 0x8000_0001);
        check!("low": i32 => i64, -1, 0xFFFF_FFFF);
    }
}

#[test]
fn indirect_calls_find_functions_of_others() {
    let owner = r#"(module (table (export "t") 4 funcref) (elem (i32.const 0) $double $other)
        (func $double (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
        (func $other (param i64)))"#;
    let user = r#"(module (import "owner" "t" (table 4 funcref)) (memory 1)
        (func (export "call") (param i32 i32) (result i32)
            (i32.store (i32.const 0) (local.get 1))
            (i32.add (call_indirect (param i32) (result i32) (local.get 1) (local.get 0)) (i32.load (i32.const 0)))))"#;
    for engine in engines(Tuning::FOREIGN_CALLS) {
        let linker = Linker::<()>::new(&engine);
        let (mut store, owner) = spawn_with(&linker, &engine, owner, ());
        store.register("owner", owner).unwrap();
        let template = linker.template_in(&store, &Module::new(&engine, user).unwrap()).unwrap();
        let user = store.spawn(&template, ()).unwrap();
        let host = Func::host(&mut store, |x: i32| x + 100).unwrap();
        owner.table(&store, "t").unwrap().set(&mut store, 3, Val::FuncRef(Some(host))).unwrap();
        let call = user.typed_func::<(i32, i32), i32>(&store, "call").unwrap();
        let trap = |result: Result<i32, Error>| result.unwrap_err().trap();
        assert_eq!(call.call(&mut store, (0, 5)).unwrap(), 15);
        assert_eq!(trap(call.call(&mut store, (1, 5))), Some(Trap::IndirectCallTypeMismatch));
        assert_eq!(trap(call.call(&mut store, (2, 5))), Some(Trap::UninitializedElement));
        assert_eq!(call.call(&mut store, (3, 5)).unwrap(), 110);
        assert_eq!(trap(call.call(&mut store, (4, 5))), Some(Trap::UndefinedElement));
    }
}

#[test]
fn wrong_parameters_are_named() {
    let (mut store, echo) = spawn(MemoryMode::Checked, ECHO);
    let mut check = |name: &str, params: &[Val], text: &str| {
        let func = echo.func(&store, name).unwrap();
        assert_eq!(func.call(&mut store, params).unwrap_err().to_string(), text);
    };
    check("none", &[Val::I32(1)], "expected 0 params, but passed 1");
    check("swap", &[], "expected 2 params, but passed 0");
    check("swap", &[Val::I32(1), Val::F32(1.0)], "expected 2 params, but passed 2: param 1 is f32, not f64");
    check("i32", &[Val::FuncRef(None)], "expected 1 params, but passed 1: param 0 is funcref, not i32");
    let error = echo.typed_func::<(i32, i32), ()>(&store, "swap").unwrap_err();
    assert_eq!(error.to_string(), "signature mismatch: i32i32_v != i32f64_f64i32");
    let error = echo.typed_func::<(), ()>(&store, "nothing").unwrap_err();
    assert_eq!(error.to_string(), r#""nothing" is not exported in module """#);
}

/// A function that counts its calls in memory, so that a call which has an effect is seen.
const COUNTER: &str = r#"(module (memory (export "m") 1)
    (func (export "tick") (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))))"#;

#[test]
fn a_freed_instance_executes_nothing() {
    let (mut store, counter) = spawn(MemoryMode::Guarded, COUNTER);
    let tick = counter.typed_func::<(), ()>(&store, "tick").unwrap();
    tick.call(&mut store, ()).unwrap();
    store.free(counter, Free::Now).unwrap();
    let stale = |result: Result<(), Error>| assert!(matches!(result, Err(Error::Stale(_))), "{result:?}");
    stale(tick.call(&mut store, ()));
    stale(tick.func().call(&mut store, &[]).map(|_| ()));
    stale(counter.typed_func::<(), ()>(&store, "tick").map(|_| ()));
}

#[test]
fn a_place_taken_again_is_not_the_old_instance() {
    let engine = engine(MemoryMode::Guarded);
    let template = Linker::<()>::new(&engine).template(&Module::new(&engine, COUNTER).unwrap()).unwrap();
    let mut store = Store::new(&engine);
    let old = store.spawn(&template, ()).unwrap();
    let tick = old.typed_func::<(), ()>(&store, "tick").unwrap();
    let bare = tick.func().typed::<(), ()>(&store).unwrap();
    store.free(old, Free::Now).unwrap();
    let new = store.spawn(&template, ()).unwrap();
    for result in [tick.call(&mut store, ()), bare.call(&mut store, ())] {
        assert!(matches!(result, Err(Error::Stale(_))), "{result:?}");
    }
    assert_eq!(new.memory(&store, "m").unwrap().data(&store).unwrap()[0], 0);
}

#[test]
fn another_stores_function_is_refused() {
    let engine = engine(MemoryMode::Guarded);
    let linker = Linker::new(&engine);
    let (mut store, counter) = spawn_with(&linker, &engine, COUNTER, ());
    let (mut other, _) = spawn_with(&linker, &engine, COUNTER, ());
    let tick = counter.typed_func::<(), ()>(&store, "tick").unwrap();
    for error in [
        tick.call(&mut other, ()).unwrap_err(),
        tick.func().call(&mut other, &[]).unwrap_err(),
        counter.typed_func::<(), ()>(&other, "tick").unwrap_err(),
    ] {
        assert!(matches!(error, Error::WrongStore(_)), "{error}");
    }
    tick.call(&mut store, ()).unwrap();
}

#[test]
fn a_closed_store_answers() {
    let (mut store, counter) = spawn(MemoryMode::Guarded, COUNTER);
    let tick = counter.typed_func::<(), ()>(&store, "tick").unwrap();
    store.close(3).unwrap();
    assert_eq!(tick.call(&mut store, ()).unwrap_err().to_string(), "runtime closed with exit_code(3)");
}

fn exiting() -> (Store<()>, Instance, TypedFunc<(), ()>) {
    let engine = engine(MemoryMode::Guarded);
    let mut linker = Linker::<()>::new(&engine);
    linker.func("h", "exit", |caller: skep::Caller<'_, ()>| Err::<(), _>(caller.exit(7))).unwrap();
    let wat = r#"(module (import "h" "exit" (func $exit)) (memory (export "m") 1)
        (func (export "leave") (call $exit) (i32.store8 (i32.const 0) (i32.const 9)))
        (func (export "write") (i32.store8 (i32.const 0) (i32.const 0x77))))"#;
    let (store, instance) = spawn_with(&linker, &engine, wat, ());
    let write = instance.typed_func(&store, "write").unwrap();
    (store, instance, write)
}

#[test]
fn exited_call_has_no_effect() {
    let (mut store, instance, write) = exiting();
    let leave = instance.typed_func::<(), ()>(&store, "leave").unwrap();
    let error = leave.call(&mut store, ()).unwrap_err();
    assert_eq!((error.exit_code(), &*error.to_string()), (Some(7), "module closed with exit_code(7)"));
    assert_eq!(write.call(&mut store, ()).unwrap_err().exit_code(), Some(7));
    assert_eq!(write.func().call(&mut store, &[]).unwrap_err().exit_code(), Some(7));
    let memory = instance.memory(&store, "m").unwrap();
    assert_eq!(memory.data(&store).unwrap()[0], 0);
    assert_eq!(instance.exit_code(&store).unwrap(), Some(7));
}

#[test]
fn a_re_exported_function_is_its_origins() {
    let engine = engine(MemoryMode::Guarded);
    let linker = Linker::<()>::new(&engine);
    let (mut store, counter) = spawn_with(&linker, &engine, COUNTER, ());
    store.register("counter", counter).unwrap();
    let wat = r#"(module (import "counter" "tick" (func $tick)) (export "again" (func $tick))
        (func (export "twice") (call $tick) (call $tick)))"#;
    let template = linker.template_in(&store, &Module::new(&engine, wat).unwrap()).unwrap();
    let importer = store.spawn(&template, ()).unwrap();
    let again = importer.typed_func::<(), ()>(&store, "again").unwrap();
    assert_eq!(again.func(), counter.func(&store, "tick").unwrap());
    again.call(&mut store, ()).unwrap();
    importer.typed_func::<(), ()>(&store, "twice").unwrap().call(&mut store, ()).unwrap();
    assert_eq!(counter.memory(&store, "m").unwrap().data(&store).unwrap()[0], 3);
    store.free(importer, Free::Now).unwrap();
    assert!(matches!(again.call(&mut store, ()), Err(Error::Stale(_))));
    again.func().call(&mut store, &[]).unwrap();
}
