//! Lanes served many at a time, against calls one by one: every place that a parameter or result may travel in, and every way
//! to leave a run of lanes.
//!
//! Does not know: threads (`tests/store`); it runs the lane stub of the machine it is on.

use std::fmt::Debug;

use super::Store;
use super::addr::Instance;
use super::host::Caller;
use super::linker::Linker;
use super::template::Template;
use super::typed::{WasmParams, WasmResults};
use crate::engine::{Config, Engine};
use crate::error::Error;
use crate::module::Module;

const MODULE: &str = r#"(module
    (import "env" "host" (func $host (param i32) (result i32)))
    (memory 1 1)
    (global $calls (mut i64) (i64.const 0))
    (func $count (global.set $calls (i64.add (global.get $calls) (i64.const 1))))
    (func (export "none") (call $count))
    (func (export "calls") (result i64) (global.get $calls))
    (func (export "int") (param i32) (result i32) (call $count) (i32.add (local.get 0) (i32.const 1)))
    (func (export "float") (param f32) (result f32) (f32.neg (local.get 0)))
    (func (export "two") (param f64 i64) (result i64 f64) (local.get 1) (local.get 0))
    (func (export "ints") (param i64 i32 i64 i32 i64 i32 i64 i32) (result i64 i32)
        (i64.sub (local.get 6) (i64.mul (local.get 0) (i64.add (local.get 2) (local.get 4))))
        (i32.sub (local.get 7) (i32.mul (local.get 1) (i32.add (local.get 3) (local.get 5)))))
    (func (export "floats") (param f64 f32 f64 f32 f64 f32 f64 f32) (result f64 f32)
        (f64.sub (local.get 6) (f64.mul (local.get 0) (f64.add (local.get 2) (local.get 4))))
        (f32.sub (local.get 7) (f32.mul (local.get 1) (f32.add (local.get 3) (local.get 5)))))
    (func (export "wide") (param i32) (result i32 i32 i32) (local.get 0) (local.get 0) (local.get 0))
    (func (export "div") (param i32) (result i32) (call $count) (i32.div_u (i32.const 100) (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (i32.const 0))))
    (func (export "host") (param i32) (result i32) (call $host (local.get 0))))"#;

struct World {
    store: Store<u32>,
    template: Template<u32>,
    many: Vec<Instance>,
}

fn world(lanes: u32) -> World {
    let engine = Engine::new(&Config::new()).unwrap();
    let mut linker = Linker::new(&engine);
    linker
        .func("env", "host", |caller: Caller<'_, u32>, what: i32| match what {
            0 => Err(caller.exit(4)),
            1 => Err(Error::host("no")),
            _ => Ok(what + i32::try_from(*caller.data()).unwrap()),
        })
        .unwrap();
    let template = linker.template(&Module::new(&engine, MODULE).unwrap()).unwrap();
    let mut store = Store::new(&engine);
    let many = store.spawn_batch(&template, 0..lanes).unwrap();
    World { store, template, many }
}

fn words<R: Debug>(answers: &[Result<R, Error>]) -> Vec<String> {
    let word = |answer: &Result<R, Error>| match answer {
        Ok(value) => format!("{value:?}"),
        // The name of the instance differs.
        Err(error) => error.to_string(),
    };
    answers.iter().map(word).collect()
}

/// Calls an export with other arguments in each lane, and with the same in all, by lanes and one by one.
#[track_caller]
fn check<P: WasmParams, R: WasmResults + Debug>(world: &mut World, name: &str, args: impl Fn(u32) -> P) {
    let World { store, template, many } = world;
    let column = template.export::<P, R>(name).unwrap();
    let mut answers = Vec::new();
    for count in [0, 1, 2, 63, 64, 65, 200] {
        let lanes: Vec<_> =
            many.iter().copied().zip(0..).map(|(one, n)| (one, args(n))).take(count).collect();
        store.call_lanes(&column, &lanes, &mut answers);
        let mut one_by_one = |lanes: &[(Instance, P)]| -> Vec<Result<R, Error>> {
            let call = |&(one, args): &(Instance, P)| one.typed_func(&*store, name)?.call(&mut *store, args);
            lanes.iter().map(call).collect()
        };
        assert_eq!(words(&answers), words(&one_by_one(&lanes)), "{name} of {count}");
        let same: Vec<_> = lanes.iter().map(|&(one, _)| (one, args(7))).collect();
        let expected = words(&one_by_one(&same));
        store.call_column(&column, &many[..count], args(7), &mut answers);
        assert_eq!(words(&answers), expected, "{name} of {count}");
        let told = std::sync::Mutex::new(Vec::new());
        store.for_each(&column, &many[..count], args(7), |lane, _, answer| {
            told.lock().unwrap().push((lane, answer));
        });
        // Where lanes are slow several threads tell them, in any order.
        let mut told = told.into_inner().unwrap();
        told.sort_by_key(|(lane, _)| *lane);
        let told: Vec<_> = told.into_iter().map(|(_, answer)| answer).collect();
        assert_eq!(words(&told), expected, "{name} of {count}");
    }
}

type Ints = (i64, i32, i64, i32, i64, i32, i64, i32);
type Floats = (f64, f32, f64, f32, f64, f32, f64, f32);

#[test]
fn values_travel_as_in_calls_one_by_one() {
    let mut world = world(200);
    let (float, small) = (|n: u32| f64::from(n) * 1.5, |n: u32| f32::from(u16::try_from(n).unwrap()) + 0.25);
    check::<(), ()>(&mut world, "none", |_| ());
    check::<i32, i32>(&mut world, "int", |n| n.cast_signed().wrapping_mul(0x0102_0304));
    check::<f32, f32>(&mut world, "float", small);
    check::<(f64, i64), (i64, f64)>(&mut world, "two", |n| (float(n), -i64::from(n)));
    let ints = |n: u32| {
        let (long, short) = (|by: i64| i64::from(n) * by, |by: i32| n.cast_signed() - by);
        (long(3), short(-4), long(-5), short(6), long(7 << 33), short(-8), long(9), short(10))
    };
    check::<Ints, (i64, i32)>(&mut world, "ints", ints);
    let floats =
        |n: u32| (float(n), small(n), 2.0, small(n + 1), float(n + 3), 0.5, float(n + 7), small(n + 9));
    check::<Floats, (f64, f32)>(&mut world, "floats", floats);
    check::<i32, (i32, i32, i32)>(&mut world, "wide", u32::cast_signed);
    check::<(), i64>(&mut world, "calls", |_| ());
}

#[test]
fn runs_go_on_behind_what_fails() {
    let mut world = world(200);
    check::<i32, i32>(&mut world, "div", |n| (n % 3).cast_signed());
    check::<i32, i32>(&mut world, "load", |n| if n % 64 == 63 { 1 << 20 } else { 8 });
    check::<u32, u32>(&mut world, "deep", |n| if n % 50 == 2 { 1 << 24 } else { n });
    check::<i32, i32>(&mut world, "host", |n| (n % 5 + 1).cast_signed());
    check::<(), i64>(&mut world, "calls", |_| ());
    check::<i32, i32>(&mut world, "host", |n| (n % 5).cast_signed());
    check::<(), i64>(&mut world, "calls", |_| ());
}
