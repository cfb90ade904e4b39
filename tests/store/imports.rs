//! S26 to S36: where imports are looked for, what matches, and that a mismatch says all there is to say.

use crate::common::{World, both, probe, text};
use skep::{Error, Extern, ExternRef, Free, Freed, LinkCause, Memory, MemoryType, Val};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// The text of linking `importer` after `exporter` was spawned as `a`.
fn check(exporter: &str, importer: &str, expected: &str) {
    both(|mut world| {
        world.one("a", exporter);
        let before = world.store.stats();
        assert_eq!(text(world.spawn("b", importer)), expected, "{importer}");
        if expected != "ok" {
            assert_eq!(world.store.stats(), before, "a link error leaves no trace");
        }
    });
}

#[test]
fn s26_a_resolver_picks_among_anonymous_instances() {
    both(|mut world| {
        let numbered = |n: usize| format!(r#"(module (func (export "f") (result i32) (i32.const {n})))"#);
        let instances: Vec<_> = (0..5).map(|n| world.one("", &numbered(n))).collect();
        let funcs: Vec<_> =
            instances.iter().map(|instance| instance.func(&world.store, "f").unwrap()).collect();
        world.one("b", &numbered(7));
        let pick = Arc::new(AtomicU32::new(0));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (picked, log) = (Arc::clone(&pick), Arc::clone(&asked));
        world.linker.resolver(move |module, name, ty| {
            log.lock().unwrap().push(format!("{module}.{name} {ty}"));
            funcs.get(picked.load(Ordering::Relaxed) as usize).copied().map(Extern::Func)
        });
        for n in 0..6 {
            pick.store(n, Ordering::Relaxed);
            let importer = world.one("", probe("impfn"));
            // What the resolver does not know comes from the names of the store.
            let expected = if n < 5 { i32::try_from(n).unwrap() } else { 7 };
            assert_eq!(world.call::<(), i32>(importer, "g", ()).unwrap(), expected);
        }
        assert_eq!(*asked.lock().unwrap(), ["b.f (func (result i32))"; 6], "asked once for each import");
    });
}

#[test]
fn s26_definitions_come_before_names_of_the_store() {
    let mut world = World::new();
    world.one("b", probe("expfn"));
    world.linker.func("b", "f", || 6).unwrap();
    let importer = world.one("", probe("impfn"));
    assert_eq!(world.call::<(), i32>(importer, "g", ()).unwrap(), 6);
}

#[test]
fn s27_d15_the_same_errors_every_time() {
    let expected = "module[aa] not instantiated\nmodule[bb] not instantiated";
    for run in 0..200 {
        let world = World::new();
        let error = world.template(probe("missing")).unwrap_err();
        assert_eq!(error.to_string(), expected, "run {run}");
        let Error::Link(link) = error else { panic!("a link error") };
        let listed: Vec<_> =
            link.errors.iter().map(|error| (error.index, &*error.module, &*error.name)).collect();
        assert_eq!(listed, [(0, "aa", "x"), (1, "bb", "y")]);
    }
}

#[test]
fn s27_every_failing_import_is_listed_and_no_other() {
    let importer = r#"(module (import "a" "m" (memory 2)) (import "a" "f" (func)) (import "x" "y" (global i32))
        (import "a" "t" (table 1 externref)) (import "a" "g" (global (mut i32))))"#;
    let exporter = r#"(module (memory (export "m") 1) (func (export "f") (result i32) (i32.const 0)) (table (export "t") 1 funcref)
        (global (export "g") (mut i32) (i32.const 0)))"#;
    check(
        exporter,
        importer,
        "import memory[a.m]: minimum size mismatch: 2 > 1\nimport func[a.f]: signature mismatch: v_v != v_i32\n\
         module[x] not instantiated\nimport table[a.t]: table type mismatch: externref != funcref",
    );
}

#[test]
fn s29_re_exports_are_the_origins_functions() {
    both(|mut world| {
        world.one("a", r#"(module (func (export "f") (result i32) (i32.const 5)))"#);
        for (name, from) in [("b", "a"), ("c", "b"), ("d", "c")] {
            let link =
                format!(r#"(module (import "{from}" "f" (func $f (result i32))) (export "f" (func $f)))"#);
            world.one(name, &link);
        }
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| world.store.instance(name).unwrap().unwrap());
        let func = d.func(&world.store, "f").unwrap();
        assert_eq!(func, a.func(&world.store, "f").unwrap());
        for between in [b, c] {
            assert_eq!(world.store.free(between, Free::WhenUnreachable).unwrap(), Freed::Done);
        }
        assert_eq!(world.call::<(), i32>(d, "f", ()).unwrap(), 5);
        assert_eq!(func.call(&mut world.store, &[]).unwrap(), [Val::I32(5)]);
        assert_eq!(
            world.store.free(a, Free::WhenUnreachable).unwrap(),
            Freed::Waiting,
            "the last imports it"
        );
        assert_eq!(world.call::<(), i32>(d, "f", ()).unwrap(), 5);
        assert_eq!(world.store.free(d, Free::WhenUnreachable).unwrap(), Freed::Done);
        assert_eq!(world.store.stats().zombies, 0);
    });
}

#[test]
fn s29_types_of_functions_must_be_equal() {
    let types =
        ["", "(param i32)", "(param i64)", "(result i32)", "(param i32 i32)", "(param i32) (result i32)"];
    for (n, exported) in types.into_iter().enumerate() {
        for (k, imported) in types.into_iter().enumerate() {
            let mut world = World::new();
            world.one("a", &format!(r#"(module (func (export "f") {exported} unreachable))"#));
            let result = world.spawn("", &format!(r#"(module (import "a" "f" (func {imported})))"#));
            assert_eq!(result.is_ok(), n == k, "{imported} from {exported}");
        }
    }
}

#[test]
fn s30_w9_a_tables_current_size_counts() {
    both(|mut world| {
        let a = world.one("a", probe("grown/exp"));
        let small = "import table[a.t]: minimum size mismatch: 2 > 1";
        assert_eq!(text(world.spawn("", probe("grown/imp"))), small);
        world.call::<(), ()>(a, "grow", ()).unwrap();
        assert_eq!(text(world.spawn("", probe("grown/imp"))), "ok");
    });
}

#[test]
fn s31_w7_a_memory_without_maximum_has_none() {
    let mismatch = "import memory[a.m]: maximum size mismatch: 65536, but actual has no max";
    check(probe("nomax/exp"), probe("nomax/imp"), mismatch);
    check(probe("nomax/exp"), r#"(module (import "a" "m" (memory 1)))"#, "ok");
    check(probe("shared/exp"), r#"(module (import "a" "m" (memory 1)))"#, "ok");
}

#[test]
fn s31_a_memorys_current_size_counts() {
    both(|mut world| {
        let a = world.one(
            "a",
            r#"(module (memory (export "m") 1 9) (func (export "grow") (drop (memory.grow (i32.const 1)))))"#,
        );
        let importer = r#"(module (import "a" "m" (memory 2 9)))"#;
        assert_eq!(text(world.spawn("", importer)), "import memory[a.m]: minimum size mismatch: 2 > 1");
        world.call::<(), ()>(a, "grow", ()).unwrap();
        assert_eq!(text(world.spawn("", importer)), "ok");
    });
}

/// An exporter, importers and the host share one cell per type; the value that `set` writes is seen by all.
#[test]
fn s32_one_cell_is_shared_by_all_who_see_it() {
    let cases = [
        ("i32", "(i32.const 1)", "(i32.const -2)", Val::I32(-2)),
        ("i64", "(i64.const 1)", "(i64.const 0x8000000000000001)", Val::I64(i64::MIN + 1)),
        ("f32", "(f32.const 1)", "(f32.const -0.5)", Val::F32(-0.5)),
        ("f64", "(f64.const 1)", "(f64.const 1e300)", Val::F64(1e300)),
    ];
    for (ty, first, second, value) in cases {
        both(|mut world| {
            let exporter = format!(
                r#"(module (global $g (export "g") (mut {ty}) {first}) (func (export "get") (result {ty}) (global.get $g)))"#
            );
            let importer = format!(
                r#"(module (import "a" "g" (global $g (mut {ty}))) (func (export "get") (result {ty}) (global.get $g))
                (func (export "set") (global.set $g {second})))"#
            );
            let a = world.one("a", &exporter);
            let [b, c] = ["", ""].map(|name| world.one(name, &importer));
            world.call::<(), ()>(b, "set", ()).unwrap();
            let global = a.global(&world.store, "g").unwrap();
            assert_eq!(global.get(&world.store).unwrap(), value);
            for instance in [a, b, c] {
                let get = instance.func(&world.store, "get").unwrap();
                assert_eq!(get.call(&mut world.store, &[]).unwrap(), [value]);
            }
            let zero = Val::default_of(value.ty());
            global.set(&mut world.store, zero).unwrap();
            let get = c.func(&world.store, "get").unwrap();
            assert_eq!(get.call(&mut world.store, &[]).unwrap(), [zero]);
        });
    }
}

#[test]
fn s32_cells_of_references_are_shared_too() {
    both(|mut world| {
        let a = world.one("a", r#"(module (global (export "f") (mut funcref) (ref.null func)) (global (export "e") (mut externref) (ref.null extern)))"#);
        let importer = r#"(module (import "a" "f" (global $f (mut funcref))) (import "a" "e" (global $e (mut externref)))
            (func $own (result i32) (i32.const 3)) (elem declare func $own) (table 1 funcref)
            (func (export "put") (param externref) (global.set $f (ref.func $own)) (global.set $e (local.get 0)))
            (func (export "e") (result externref) (global.get $e))
            (func (export "call") (result i32) (table.set (i32.const 0) (global.get $f)) (call_indirect (result i32) (i32.const 0))))"#;
        let [b, c] = ["", ""].map(|name| world.one(name, importer));
        let value = ExternRef::new(&mut world.store, 17_u8).unwrap();
        world.call::<(Option<ExternRef>,), ()>(b, "put", (Some(value),)).unwrap();
        assert_eq!(world.call::<(), i32>(c, "call", ()).unwrap(), 3);
        assert_eq!(world.call::<(), Option<ExternRef>>(c, "e", ()).unwrap(), Some(value));
        let held = a.global(&world.store, "e").unwrap().get(&world.store).unwrap();
        assert_eq!(held, Val::ExternRef(Some(value)));
        assert_eq!(value.downcast::<u8>(&world.store).unwrap(), Some(&17));
    });
}

#[test]
fn s32_a_global_matches_by_mutability_then_type() {
    let global = |ty: &str| format!(r#"(module (global (export "g") {ty} (i32.const 0)))"#);
    let import = |ty: &str| format!(r#"(module (import "a" "g" (global {ty})))"#);
    check(&global("i32"), &import("(mut f64)"), "import global[a.g]: mutability mismatch: true != false");
    check(&global("(mut i32)"), &import("f64"), "import global[a.g]: mutability mismatch: false != true");
    check(&global("i32"), &import("f64"), "import global[a.g]: value type mismatch: f64 != i32");
    check(&global("(mut i32)"), &import("(mut i64)"), "import global[a.g]: value type mismatch: i64 != i32");
    check(&global("(mut i32)"), &import("(mut i32)"), "ok");
}

#[test]
fn s33_unknown_and_incompatible_are_told_apart() {
    let cases = [
        (r#"(import "z" "f" (func))"#, true),
        (r#"(import "a" "z" (func))"#, true),
        (r#"(import "a" "m" (func))"#, false),
        (r#"(import "a" "m" (memory 2))"#, false),
        (r#"(import "a" "f" (func (param i32)))"#, false),
    ];
    let mut world = World::new();
    world.one("a", r#"(module (memory (export "m") 1) (func (export "f")))"#);
    for (import, unknown) in cases {
        let Err(Error::Link(link)) = world.spawn("", &format!("(module {import})")) else {
            panic!("{import}")
        };
        assert_eq!(link.errors.len(), 1);
        assert_eq!(link.errors[0].cause.is_unknown(), unknown, "{import}");
        assert_eq!(link.errors[0].found.is_none(), unknown, "{import}");
    }
    // In a linker that knows the module and not the name, too.
    world.linker.func("env", "f", || {}).unwrap();
    let Err(Error::Link(link)) = world.spawn("", r#"(module (import "env" "g" (func)))"#) else {
        panic!("no g")
    };
    assert_eq!(link.errors[0].cause, LinkCause::UnknownName);
}

#[test]
fn s34_w12_an_empty_module_name_is_legal() {
    both(|mut world| {
        assert_eq!(text(world.spawn("", probe("blank"))), "module[] not instantiated");
        let called = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&called);
        let counting = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        world.linker.func("", "f", counting).unwrap();
        world.one("", probe("blank"));
        let module = r#"(module (import "" "f" (func $f)) (start $f))"#;
        world.one("", module);
        assert_eq!(called.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn s35_memories_are_told_apart_however_many_there_are() {
    both(|mut world| {
        let memories: Vec<_> = (0..100)
            .map(|n| Memory::new(&mut world.store, MemoryType::new(n % 3, Some(9))).unwrap())
            .collect();
        for (n, memory) in (0_u8..).zip(&memories) {
            world.linker.define("env", &format!("m{n}"), *memory);
            memory.grow(&mut world.store, 1).unwrap();
            memory.write(&mut world.store, 100, &[n]).unwrap();
        }
        let load = |n: usize| {
            format!(
                r#"(module (import "env" "m{n}" (memory 1)) (export "m" (memory 0)) (func (export "load") (result i32)
                (i32.load8_u (i32.const 100))))"#
            )
        };
        for (n, memory) in memories.iter().enumerate() {
            let instance = world.one("", &load(n));
            assert_eq!(world.call::<(), i32>(instance, "load", ()).unwrap(), i32::try_from(n).unwrap());
            assert_eq!(instance.memory(&world.store, "m").unwrap(), *memory);
            assert_eq!(memory.size(&world.store).unwrap(), n as u64 % 3 + 1);
        }
        assert_eq!(world.store.stats().memories, 100);
    });
}

#[test]
fn s36_an_instance_imports_from_earlier_ones_only() {
    let mut world = World::new();
    let own = r#"(module (import "me" "f" (func)) (func (export "f")))"#;
    assert_eq!(text(world.spawn("me", own)), "module[me] not instantiated");
    let early = r#"(module (import "late" "f" (func)) (export "f" (func 0)))"#;
    assert_eq!(text(world.spawn("early", early)), "module[late] not instantiated");
    world.one("late", r#"(module (func (export "f")))"#);
    world.one("early", early);
    assert_eq!(text(world.spawn("me", own)), "module[me] not instantiated");
}
