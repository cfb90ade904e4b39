//! Globals: values, mutability, sharing, life.

use crate::world::{World, text};
use skep::{Free, Global, GlobalType, Val, ValType};

#[test]
fn initial_values_keep_their_bits() {
    let mut world = World::new();
    let a = world.one(
        "a",
        r#"(module (func $n) (global (export "i") i32 (i32.const -1)) (global (export "l") i64 (i64.const -2))
            (global (export "f") f32 (f32.const nan:0x200001)) (global (export "d") f64 (f64.const -0.0))
            (global (export "r") funcref (ref.func $n)) (global (export "e") externref (ref.null extern)) (export "n" (func $n)))"#,
    );
    let get = |name: &str| a.global(&world.store, name).unwrap().get(&world.store).unwrap();
    assert_eq!(get("i"), Val::I32(-1));
    assert_eq!(get("l"), Val::I64(-2));
    assert_eq!(get("f").as_f32().unwrap().to_bits(), 0x7FA0_0001);
    assert_eq!(get("d").as_f64().unwrap().to_bits(), 1 << 63);
    assert_eq!(get("r"), Val::from(a.func(&world.store, "n").unwrap()));
    assert_eq!(get("e"), Val::ExternRef(None));
}

#[test]
fn imported_immutable_globals_are_constants() {
    let mut world = World::new();
    world.one("a", r#"(module (global (export "g") i32 (i32.const 7)))"#);
    let b = world.one(
        "b",
        r#"(module (import "a" "g" (global $g i32)) (global (export "h") i32 (global.get $g))
            (memory (export "m") 1) (data (global.get $g) "x"))"#,
    );
    assert_eq!(b.global(&world.store, "h").unwrap().get(&world.store).unwrap(), Val::I32(7));
    assert_eq!(b.memory(&world.store, "m").unwrap().data(&world.store).unwrap()[7], b'x');
}

#[test]
fn setting_checks_mutability_and_type() {
    let mut world = World::new();
    let ty = |mutable| GlobalType { content: ValType::I64, mutable };
    let fixed = Global::new(&mut world.store, ty(false), Val::I64(3)).unwrap();
    let free = Global::new(&mut world.store, ty(true), Val::I64(3)).unwrap();
    assert_eq!(text(fixed.set(&mut world.store, Val::I64(4))), format!("{fixed} is immutable"));
    assert_eq!(text(free.set(&mut world.store, Val::I32(4))), "value is i32, not i64");
    free.set(&mut world.store, Val::I64(i64::MIN)).unwrap();
    assert_eq!(free.get(&world.store).unwrap(), Val::I64(i64::MIN));
    assert_eq!(fixed.get(&world.store).unwrap(), Val::I64(3));
    assert_eq!(text(Global::new(&mut world.store, ty(true), Val::F32(1.0))), "value is f32, not i64");
}

#[test]
fn a_cell_outlives_its_owner() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (global (export "g") (mut i64) (i64.const 5)))"#);
    let b = world.one("b", r#"(module (import "a" "g" (global (mut i64))) (export "h" (global 0)))"#);
    let global = a.global(&world.store, "g").unwrap();
    assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), skep::Freed::Done);
    // The block is not used again while the cell in it is.
    let others: Vec<_> =
        (0..10).map(|n| world.one("", &format!("(module (global i64 (i64.const {n})))"))).collect();
    assert_eq!(global.get(&world.store).unwrap(), Val::I64(5));
    global.set(&mut world.store, Val::I64(6)).unwrap();
    assert_eq!(b.global(&world.store, "h").unwrap().get(&world.store).unwrap(), Val::I64(6));
    world.store.free(b, Free::WhenUnreachable).unwrap();
    assert!(text(global.get(&world.store)).starts_with("stale handle global#"));
    for other in others {
        world.store.free(other, Free::WhenUnreachable).unwrap();
    }
    assert_eq!(world.store.stats().globals, 0);
}

#[test]
fn host_made_globals_are_imported_and_freed() {
    let mut world = World::new();
    let ty = GlobalType { content: ValType::I32, mutable: true };
    let global = Global::new(&mut world.store, ty, Val::I32(1)).unwrap();
    world.linker.define("host", "g", global);
    let a = world.one("a", r#"(module (import "host" "g" (global (mut i32))) (export "g" (global 0)))"#);
    assert_eq!(a.global(&world.store, "g").unwrap(), global);
    global.free(&mut world.store).unwrap();
    assert_eq!(global.get(&world.store).unwrap(), Val::I32(1));
    world.store.free(a, Free::WhenUnreachable).unwrap();
    assert_eq!(world.store.stats().globals, 0);
}
