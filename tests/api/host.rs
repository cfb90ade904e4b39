//! Host functions: every shape of closure, what a `Caller` may do, and how errors, exits and panics come back.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use skep::{
    Caller, Error, ExternRef, Func, FuncType, IntoHostFunc, Linker, MemoryMode, RefType, Trap, TrapDetail,
    Val, ValType,
};

use crate::common::{engine, spawn_with};

/// Calls a host function through a module: `params` and `results` as in the text format.
fn check<P, R>(func: impl IntoHostFunc<u64, P, R>, types: (&str, &str), params: &[Val], expected: &[Val]) {
    let engine = engine(MemoryMode::Guarded);
    let mut linker = Linker::new(&engine);
    linker.func("h", "f", func).unwrap();
    let (param, result) = types;
    let gets: String = (0..params.len()).map(|n| format!("(local.get {n})")).collect();
    let wat = format!(
        r#"(module (import "h" "f" (func $f (param {param}) (result {result})))
            (func (export "g") (param {param}) (result {result}) (call $f {gets})))"#
    );
    let (mut store, instance) = spawn_with(&linker, &engine, &wat, 40);
    let found = instance.func(&store, "g").unwrap().call(&mut store, params).unwrap();
    assert_eq!(found, expected, "{param} -> {result}");
}

#[test]
fn closures_of_every_shape() {
    check(|| (), ("", ""), &[], &[]);
    check(|| -1_i32, ("", "i32"), &[], &[Val::I32(-1)]);
    check(
        |a: i32, b: u32| u64::from(b) << 32 | u64::from(a.cast_unsigned()),
        ("i32 i32", "i64"),
        &[Val::I32(-1), Val::I32(-2)],
        &[Val::I64(0xFFFF_FFFE_FFFF_FFFF_u64.cast_signed())],
    );
    check(
        |a: f32, b: f64, c: u64| (b, a, c.wrapping_add(1)),
        ("f32 f64 i64", "f64 f32 i64"),
        &[Val::F32(0.5), Val::F64(-2.0), Val::I64(-1)],
        &[Val::F64(-2.0), Val::F32(0.5), Val::I64(0)],
    );
    check(
        |caller: Caller<'_, u64>, a: u64| *caller.data() + a,
        ("i64", "i64"),
        &[Val::I64(2)],
        &[Val::I64(42)],
    );
    check(|mut caller: Caller<'_, u64>| *caller.data_mut() += 1, ("", ""), &[], &[]);
    check(|a: i32| -> Result<i32, Error> { Ok(a) }, ("i32", "i32"), &[Val::I32(5)], &[Val::I32(5)]);
    check(
        |_: Caller<'_, u64>, a: i32| -> Result<(i32, i32), fmt::Error> { Ok((a, a)) },
        ("i32", "i32 i32"),
        &[Val::I32(5)],
        &[Val::I32(5), Val::I32(5)],
    );
    check(
        |a: Option<Func>, b: Option<ExternRef>| i32::from(a.is_none() && b.is_none()),
        ("funcref externref", "i32"),
        &[Val::FuncRef(None), Val::ExternRef(None)],
        &[Val::I32(1)],
    );
}

type I = i32;
type F = f64;

#[test]
fn sixteen_parameters_of_both_classes() {
    let params: Vec<Val> =
        (0..16).map(|n| if n % 2 == 0 { Val::I32(n) } else { Val::F64(f64::from(n)) }).collect();
    let types = "i32 f64 i32 f64 i32 f64 i32 f64 i32 f64 i32 f64 i32 f64 i32 f64";
    check(
        |a: I, b: F, c: I, d: F, e: I, f: F, g: I, h: F, i: I, j: F, k: I, l: F, m: I, n: F, o: I, p: F| {
            let weighted = a + 2 * c + 3 * e + 4 * g + 5 * i + 6 * k + 7 * m + 8 * o;
            (weighted, b + 2. * d + 3. * f + 4. * h + 5. * j + 6. * l + 7. * n + 8. * p)
        },
        (types, "i32 f64"),
        &params,
        &[
            Val::I32((0..8).map(|n| (n + 1) * 2 * n).sum()),
            Val::F64((0..8).map(|n| f64::from((n + 1) * (2 * n + 1))).sum()),
        ],
    );
    check(
        |_: Caller<'_, u64>, a: I, b: I, c: I, d: I, e: I, f: I, g: I, h: I, i: I| {
            a + b + c + d + e + f + g + h + 100 * i
        },
        ("i32 i32 i32 i32 i32 i32 i32 i32 i32", "i32"),
        &(1..10).map(Val::I32).collect::<Vec<_>>(),
        &[Val::I32(936)],
    );
}

#[test]
fn untyped_functions_of_any_signature() {
    let engine = engine(MemoryMode::Checked);
    let mut linker = Linker::<()>::new(&engine);
    let ty = FuncType::new([ValType::I32; 20], [ValType::I32, ValType::I64, ValType::F32]);
    linker
        .func_new("h", "sum", ty, |_, params, results| {
            assert_eq!(results, [Val::I32(0), Val::I64(0), Val::F32(0.0)]);
            let sum: i32 = params.iter().filter_map(Val::as_i32).sum();
            results.copy_from_slice(&[Val::I32(sum), Val::I64(-1), Val::F32(0.5)]);
            Ok(())
        })
        .unwrap();
    let ty = FuncType::new([], [ValType::I64]);
    linker
        .func_new("h", "wrong", ty, |_, _, results| {
            results[0] = Val::I32(1);
            Ok(())
        })
        .unwrap();
    let params = "i32 ".repeat(20);
    let gets: String = (0..20).map(|n| format!("(local.get {n})")).collect();
    let wat = format!(
        r#"(module (import "h" "sum" (func $sum (param {params}) (result i32 i64 f32)))
            (import "h" "wrong" (func $wrong (result i64)))
            (func (export "sum") (param {params}) (result i32 i64 f32) (call $sum {gets}))
            (func (export "wrong") (result i64) (call $wrong)))"#
    );
    let (mut store, instance) = spawn_with(&linker, &engine, &wat, ());
    let sum = instance.func(&store, "sum").unwrap();
    let params: Vec<Val> = (0..20).map(Val::I32).collect();
    assert_eq!(sum.call(&mut store, &params).unwrap(), [Val::I32(190), Val::I64(-1), Val::F32(0.5)]);
    let error = instance.func(&store, "wrong").unwrap().call(&mut store, &[]).unwrap_err();
    assert_eq!(error.to_string(), "value is i32, not i64");
}

#[test]
fn pins_survive_host_calls() {
    let engine = engine(MemoryMode::Guarded);
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func("h", "noise", |a: f64| {
            let mut values = [a; 32];
            for _ in 0..10 {
                values.iter_mut().enumerate().for_each(|(n, value)| *value = value.sin() + n as f64);
            }
            std::hint::black_box(values).iter().sum::<f64>()
        })
        .unwrap();
    let wat = r#"(module (import "h" "noise" (func $noise (param f64) (result f64)))
        (func (export "f") (param i32 i32 i64 f64 f64 f32 i32 i64 i32 f64) (result i64)
            (local $n i32) (local $s i64)
            (loop $again
                (drop (call $noise (local.get 3)))
                (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (i32.add (local.get 0) (local.get 1)))))
                (local.set $s (i64.add (local.get $s) (i64.add (local.get 2) (local.get 7))))
                (local.set $s (i64.add (local.get $s) (i64.trunc_f64_s (f64.add (local.get 3) (f64.add (local.get 4) (local.get 9))))))
                (local.set $s (i64.add (local.get $s) (i64.trunc_f32_s (local.get 5))))
                (local.set $s (i64.add (local.get $s) (i64.extend_i32_s (i32.add (local.get 6) (local.get 8)))))
                (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10))))
            (local.get $s)))"#;
    let (mut store, instance) = spawn_with(&linker, &engine, wat, ());
    let f = instance.func(&store, "f").unwrap();
    let params = [
        Val::I32(1),
        Val::I32(2),
        Val::I64(3),
        Val::F64(4.),
        Val::F64(5.),
        Val::F32(6.),
        Val::I32(7),
        Val::I64(8),
        Val::I32(9),
        Val::F64(10.),
    ];
    assert_eq!(f.call(&mut store, &params).unwrap(), [Val::I64(550)]);
}

#[test]
fn a_caller_reaches_its_instance() {
    let engine = engine(MemoryMode::Guarded);
    let mut linker = Linker::<String>::new(&engine);
    linker
        .func("h", "log", |mut caller: Caller<'_, String>, at: u32, len: u32| -> Result<u32, Error> {
            let memory = caller.default_memory().unwrap();
            assert_eq!(memory, caller.memory("m")?);
            let (bytes, data) = caller.memory_and_data(memory)?;
            let text = &mut bytes[at as usize..][..len as usize];
            data.push_str(std::str::from_utf8(text).unwrap());
            text.make_ascii_uppercase();
            memory.grow(&mut caller, 1)?;
            assert_eq!(caller.lookup("me"), None, "no name is found while it starts");
            let twice = caller.func("twice")?;
            let twice = twice.typed::<u32, u32>(&caller)?;
            twice.call(&mut caller, len)
        })
        .unwrap();
    let wat = r#"(module (import "h" "log" (func $log (param i32 i32) (result i32)))
        (memory (export "m") 1) (data (i32.const 8) "hello")
        (global (export "r") (mut i32) (i32.const 0)) (global (export "s") (mut i32) (i32.const 0))
        (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
        (func $start (global.set 0 (call $log (i32.const 8) (i32.const 5))) (global.set 1 (memory.size)))
        (start $start))"#;
    let module = skep::Module::new(&engine, wat).unwrap();
    let template = linker.template(&module).unwrap();
    let mut store = skep::Store::new(&engine);
    let instance = store.spawn_named("me", &template, "> ".to_owned()).unwrap();
    assert_eq!(store.data(instance).unwrap(), "> hello");
    assert_eq!(instance.global(&store, "r").unwrap().get(&store).unwrap(), Val::I32(10));
    assert_eq!(instance.global(&store, "s").unwrap().get(&store).unwrap(), Val::I32(2));
    assert_eq!(&instance.memory(&store, "m").unwrap().data(&store).unwrap()[8..13], b"HELLO");
}

#[derive(Debug)]
struct MyError(u32);

impl fmt::Display for MyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "my error {}", self.0)
    }
}

impl std::error::Error for MyError {}

/// Has an error of ours as its source.
#[derive(Debug)]
struct Wrapped(Error);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped")
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// What a call of a module's only function ends with, whose import is `func`.
fn failing<P, R>(func: impl IntoHostFunc<(), P, R>) -> Error {
    let engine = engine(MemoryMode::Guarded);
    let mut linker = Linker::new(&engine);
    linker.func("h", "f", func).unwrap();
    let wat = r#"(module (import "h" "f" (func $f)) (func (export "g") (call $f)))"#;
    let (mut store, instance) = spawn_with(&linker, &engine, wat, ());
    let g = instance.typed_func::<(), ()>(&store, "g").unwrap();
    let error = g.call(&mut store, ()).unwrap_err();
    // The store is as usable as before.
    assert_eq!(g.call(&mut store, ()).unwrap_err().to_string(), error.to_string());
    error
}

#[test]
fn errors_come_back_as_they_were() {
    let error = failing(|| Err::<(), _>(MyError(7)));
    assert_eq!((error.to_string(), error.downcast_ref::<MyError>().unwrap().0), ("my error 7".into(), 7));
    assert!(error.downcast_ref::<fmt::Error>().is_none());
    let error = failing(|| Err::<(), _>("just text"));
    assert!(matches!(error, Error::Host(_)) && error.to_string() == "just text");
    let error = failing(|| Err::<(), _>(Trap::IntegerOverflow));
    assert_eq!(error.trap(), Some(Trap::IntegerOverflow));
    let error = failing(|| Err::<(), _>(Wrapped(Error::from_trap(Trap::Unreachable))));
    let trap = error.trap_error().unwrap();
    assert_eq!(trap.code, Trap::Unreachable);
    // A trap that the host made happened where it was called.
    assert_eq!(
        (trap.backtrace.len(), trap.instance.unwrap().to_string()),
        (1, "instance#1v1@".to_owned() + &store_of(trap))
    );
}

fn store_of(trap: &skep::TrapError) -> String {
    trap.instance.unwrap().to_string().rsplit('@').next().unwrap().to_owned()
}

/// Counts that it was dropped.
struct Dropped(Arc<AtomicU32>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_panic_goes_on_outside_of_machine_code() {
    let engine = engine(MemoryMode::Guarded);
    let drops = Arc::new(AtomicU32::new(0));
    let mut linker = Linker::<()>::new(&engine);
    let counted = Arc::clone(&drops);
    linker
        .func("h", "inner", move |fail: i32| {
            let _inside = Dropped(Arc::clone(&counted));
            assert!(fail == 0, "told to");
        })
        .unwrap();
    linker
        .func("h", "nest", |mut caller: Caller<'_, ()>, fail: i32| -> Result<(), Error> {
            caller.func("g")?.call(&mut caller, &[Val::I32(fail)]).map(|_| ())
        })
        .unwrap();
    let wat = r#"(module (import "h" "inner" (func $inner (param i32))) (import "h" "nest" (func $nest (param i32)))
        (func (export "g") (param i32) (call $inner (local.get 0)))
        (func (export "f") (param i32) (call $nest (local.get 0))))"#;
    let (mut store, instance) = spawn_with(&linker, &engine, wat, ());
    let f = instance.typed_func::<i32, ()>(&store, "f").unwrap();
    for round in 1..=3 {
        let outside = Dropped(Arc::clone(&drops));
        let panic = catch_unwind(AssertUnwindSafe(|| {
            let _outside = outside;
            f.call(&mut store, 1)
        }));
        assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "told to");
        assert_eq!(drops.load(Ordering::Relaxed), 3 * round - 1);
        f.call(&mut store, 0).unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 3 * round);
    }
}

#[test]
fn a_nested_trap_spoils_only_its_call() {
    let engine = engine(MemoryMode::Guarded);
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func("h", "try", |mut caller: Caller<'_, ()>| -> Result<i32, Error> {
            let trap = caller.func("trap")?;
            let error = trap.call(&mut caller, &[]).unwrap_err();
            assert_eq!(error.trap(), Some(Trap::OutOfBoundsMemoryAccess));
            Ok(5)
        })
        .unwrap();
    let wat = r#"(module (import "h" "try" (func $try (result i32))) (memory 1)
        (func (export "trap") (drop (i32.load (i32.const 0x7000_0000))))
        (func (export "f") (result i32) (i32.add (call $try) (call $try))))"#;
    let (mut store, instance) = spawn_with(&linker, &engine, wat, ());
    let f = instance.typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 10);
}

#[test]
fn a_nested_exit_may_be_stopped() {
    let engine = engine(MemoryMode::Guarded);
    let mut linker = Linker::<()>::new(&engine);
    linker.func("h", "exit", |caller: Caller<'_, ()>| Err::<(), _>(caller.exit(3))).unwrap();
    linker
        .func("h", "try", |mut caller: Caller<'_, ()>| -> Result<u32, Error> {
            let error = caller.func("leave")?.call(&mut caller, &[]).unwrap_err();
            Ok(error.exit_code().unwrap())
        })
        .unwrap();
    let wat = r#"(module (import "h" "exit" (func $exit)) (import "h" "try" (func $try (result i32)))
        (func (export "leave") (call $exit)) (func (export "f") (result i32) (call $try)))"#;
    let (mut store, instance) = spawn_with(&linker, &engine, wat, ());
    let f = instance.typed_func::<(), u32>(&store, "f").unwrap();
    // The frames of wasm that were running go on; the host's next call is refused.
    assert_eq!(f.call(&mut store, ()).unwrap(), 3);
    assert_eq!(f.call(&mut store, ()).unwrap_err().exit_code(), Some(3));
}

#[test]
fn an_exit_that_is_not_returned_does_nothing() {
    let engine = engine(MemoryMode::Guarded);
    let mut linker = Linker::<()>::new(&engine);
    linker.func("h", "f", |caller: Caller<'_, ()>| drop(caller.exit(3))).unwrap();
    let wat = r#"(module (import "h" "f" (func $f)) (func (export "g") (call $f)))"#;
    let (mut store, instance) = spawn_with(&linker, &engine, wat, ());
    instance.func(&store, "g").unwrap().call(&mut store, &[]).unwrap();
    assert_eq!(instance.exit_code(&store).unwrap(), None);
}

#[test]
fn host_functions_are_values() {
    let engine = engine(MemoryMode::Guarded);
    let linker = Linker::<u32>::new(&engine);
    let wat = r#"(module (table (export "t") 4 funcref)
        (type $a (func (param i32) (result i32))) (type $b (func (param i64) (result i32)))
        (func (export "call") (param i32 i32) (result i32) (call_indirect (type $a) (local.get 1) (local.get 0)))
        (func (export "call64") (param i32 i64) (result i32) (call_indirect (type $b) (local.get 1) (local.get 0))))"#;
    let (mut store, instance) = spawn_with(&linker, &engine, wat, 30);
    let add = Func::host(&mut store, |caller: Caller<'_, u32>, n: u32| *caller.data() + n).unwrap();
    let table = instance.table(&store, "t").unwrap();
    assert_eq!(table.ty(&store).unwrap().element, RefType::Func);
    table.set(&mut store, 2, Val::from(add)).unwrap();
    let call = instance.typed_func::<(i32, i32), i32>(&store, "call").unwrap();
    assert_eq!(call.call(&mut store, (2, 12)).unwrap(), 42);
    let call64 = instance.typed_func::<(i32, i64), i32>(&store, "call64").unwrap();
    let error = call64.call(&mut store, (2, 12)).unwrap_err();
    let trap = error.trap_error().unwrap();
    assert_eq!(trap.code, Trap::IndirectCallTypeMismatch);
    let (expected, found) =
        (FuncType::new([ValType::I64], [ValType::I32]), FuncType::new([ValType::I32], [ValType::I32]));
    assert_eq!(trap.detail, TrapDetail::Signature { expected, found });
    // Called by the host it needs an instance to stand for.
    let error = add.call(&mut store, &[Val::I32(1)]).unwrap_err();
    assert!(matches!(error, Error::NoCaller(_)), "{error}");
    assert_eq!(add.call_as(&mut store, instance, &[Val::I32(1)]).unwrap(), [Val::I32(31)]);
}

#[test]
fn host_func_as_export() {
    let engine = engine(MemoryMode::Guarded);
    let mut linker = Linker::<u32>::new(&engine);
    linker.func("h", "f", |caller: Caller<'_, u32>, n: u32| *caller.data() + n).unwrap();
    let wat = r#"(module (import "h" "f" (func $f (param i32) (result i32))) (export "f" (func $f)))"#;
    let (mut store, instance) = spawn_with(&linker, &engine, wat, 40);
    let f = instance.typed_func::<u32, u32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, 2).unwrap(), 42);
}

#[test]
fn data_need_not_be_owned() {
    let engine = engine(MemoryMode::Guarded);
    let mut score = 0;
    {
        let mut linker = Linker::<&mut i32>::new(&engine);
        linker.func("h", "add", |mut caller: Caller<'_, &mut i32>, n: i32| **caller.data_mut() += n).unwrap();
        let wat = r#"(module (import "h" "add" (func $f (param i32))) (func (export "g") (call $f (i32.const 5))))"#;
        let (mut store, instance) = spawn_with(&linker, &engine, wat, &mut score);
        instance.func(&store, "g").unwrap().call(&mut store, &[]).unwrap();
    }
    assert_eq!(score, 5);
}
