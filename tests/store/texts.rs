//! Every text that users match on, as something provokes it: expected first, then found; names in quotes.
//!
//! The numbers are those of the agreed list of texts, E1 to E31. Ids of stores print as 1, and as 2 for another store.

use crate::common::{World, both, text};
use skep::{
    Caller, Config, Error, ExternRef, Free, Func, Global, GlobalType, Instance, Linker, Memory, MemoryType,
    Module, RefType, StoreLimits, Table, TableType, Trap, Val, ValType,
};
use std::collections::BTreeSet;

/// Number, what provokes the error, its text.
type Text = (u32, fn(&mut World) -> Error, &'static str);

/// Texts that nothing can provoke yet, and why.
const LATER: &[(u32, &str)] = &[
    (20, "calls cannot be interrupted yet"),
    (23, "the command's: its own tests have it, `traps_tell_where`"),
];

/// Something of each kind, all with room to grow.
const ALL: &str = r#"(module (func $f (export "f") (param i32) (result i64) (i64.const 5)) (table (export "t") 3 9 funcref)
    (memory (export "m") 1 4) (global (export "g") i32 (i32.const 0)) (global (export "gm") (mut i32) (i32.const 0))
    (table (export "unbounded") 3 funcref))"#;

/// The error of importing this from [`ALL`].
fn import(world: &mut World, import: &str) -> Error {
    if world.store.instance("a").unwrap().is_none() {
        world.one("a", ALL);
    }
    world.spawn("b", &format!("(module {import})")).unwrap_err()
}

fn exporter(world: &mut World) -> Instance {
    world.one("mod", ALL)
}

/// A memory with addresses of another kind or pages of another size than modules can declare yet.
fn odd_memory(world: &mut World, change: fn(&mut MemoryType)) -> Error {
    let mut ty = MemoryType::new(1, Some(2));
    change(&mut ty);
    let memory = Memory::new(&mut world.store, ty).unwrap();
    world.linker.define("m", "n", memory);
    world.template(r#"(module (import "m" "n" (memory 1 2)))"#).unwrap_err()
}

const TEXTS: &[Text] = &[
    (1, |w| import(w, r#"(import "x y" "f" (func))"#), "module[x y] not instantiated"),
    (
        2,
        |w| {
            exporter(w);
            w.spawn("mod", "(module)").unwrap_err()
        },
        "module[mod] has already been instantiated",
    ),
    (
        3,
        |w| {
            let template = w.template("(module)").unwrap();
            w.store.close(0).unwrap();
            w.store.spawn(&template, 0).unwrap_err()
        },
        "already closed",
    ),
    (
        3,
        |w| {
            let instance = exporter(w);
            w.store.close(0).unwrap();
            w.store.register("x", instance).unwrap_err()
        },
        "already closed",
    ),
    (4, |w| import(w, r#"(import "a" "no\"ne" (func))"#), r#""no\"ne" is not exported in module "a""#),
    (4, |w| exporter(w).func(&w.store, "none").unwrap_err(), r#""none" is not exported in module "mod""#),
    (
        4,
        |w| w.one("", "(module)").func(&w.store, "none").unwrap_err(),
        r#""none" is not exported in module """#,
    ),
    (5, |w| import(w, r#"(import "a" "m" (func))"#), r#"export "m" in module "a" is a memory, not a func"#),
    (
        5,
        |w| exporter(w).global(&w.store, "t").unwrap_err(),
        r#"export "t" in module "mod" is a table, not a global"#,
    ),
    (
        7,
        |w| import(w, r#"(import "a" "f" (func (param i32 i64) (result f32)))"#),
        "import func[a.f]: signature mismatch: i32i64_f32 != i32_i64",
    ),
    (7, |w| import(w, r#"(import "a" "f" (func))"#), "import func[a.f]: signature mismatch: v_v != i32_i64"),
    (
        8,
        |w| import(w, r#"(import "a" "t" (table 1 externref))"#),
        "import table[a.t]: table type mismatch: externref != funcref",
    ),
    (
        9,
        |w| import(w, r#"(import "a" "t" (table 4 funcref))"#),
        "import table[a.t]: minimum size mismatch: 4 > 3",
    ),
    (9, |w| import(w, r#"(import "a" "m" (memory 2))"#), "import memory[a.m]: minimum size mismatch: 2 > 1"),
    (
        10,
        |w| import(w, r#"(import "a" "unbounded" (table 1 7 funcref))"#),
        "import table[a.unbounded]: maximum size mismatch: 7, but actual has no max",
    ),
    (
        10,
        |w| {
            w.one("c", r#"(module (memory (export "m") 1))"#);
            import(w, r#"(import "c" "m" (memory 1 65536))"#)
        },
        "import memory[c.m]: maximum size mismatch: 65536, but actual has no max",
    ),
    (
        11,
        |w| import(w, r#"(import "a" "t" (table 1 8 funcref))"#),
        "import table[a.t]: maximum size mismatch: 8 < 9",
    ),
    (
        11,
        |w| import(w, r#"(import "a" "m" (memory 1 3))"#),
        "import memory[a.m]: maximum size mismatch: 3 < 4",
    ),
    (
        12,
        |w| import(w, r#"(import "a" "g" (global (mut i32)))"#),
        "import global[a.g]: mutability mismatch: true != false",
    ),
    (
        12,
        |w| import(w, r#"(import "a" "gm" (global i32))"#),
        "import global[a.gm]: mutability mismatch: false != true",
    ),
    (
        13,
        |w| import(w, r#"(import "a" "g" (global f64))"#),
        "import global[a.g]: value type mismatch: f64 != i32",
    ),
    (14, |w| odd_memory(w, |ty| ty.shared = true), "import memory[m.n]: shared mismatch: false != true"),
    (14, |w| odd_memory(w, |ty| ty.index64 = true), "import memory[m.n]: index type mismatch: i32 != i64"),
    (14, |w| odd_memory(w, |ty| ty.page_size_log2 = 0), "import memory[m.n]: page size mismatch: 65536 != 1"),
    (
        15,
        |w| w.spawn("", r#"(module (memory 1) (data "") (data (i32.const 65536) "x"))"#).unwrap_err(),
        "data[1]: out of bounds memory access",
    ),
    (
        16,
        |w| w.spawn("", "(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))").unwrap_err(),
        "element[0]: out of bounds table access",
    ),
    (
        17,
        |w| w.spawn("", "(module (func) (func $s unreachable) (start $s))").unwrap_err(),
        "start function[1] failed: unreachable",
    ),
    (
        17,
        |w| {
            w.linker.func("env", "f", || Err::<(), _>("no")).unwrap();
            w.spawn("", r#"(module (import "env" "f" (func $f)) (export "b" (func $f)) (export "a" (func $f)) (start $f))"#)
                .unwrap_err()
        },
        r#"start function[0] export["a","b"] failed: no"#,
    ),
    (
        18,
        |w| {
            let instance = exporter(w);
            w.store.exit(instance, 3).unwrap();
            w.call::<(i32,), i64>(instance, "f", (0,)).unwrap_err()
        },
        "module closed with exit_code(3)",
    ),
    (
        18,
        |w| {
            let exit = |caller: Caller<'_, u32>| -> Result<(), Error> { Err(caller.exit(u32::MAX)) };
            w.linker.func("env", "exit", exit).unwrap();
            w.spawn("", r#"(module (import "env" "exit" (func $e)) (start $e))"#).unwrap_err()
        },
        "module closed with exit_code(4294967295)",
    ),
    (
        19,
        |w| {
            let instance = exporter(w);
            let func = w.func::<(i32,), i64>(instance, "f");
            w.store.close(2).unwrap();
            func.call(&mut w.store, (0,)).unwrap_err()
        },
        "runtime closed with exit_code(2)",
    ),
    (
        21,
        |_| {
            let world = World::with(&Config::new().max_types(0));
            Module::new(&world.engine, "(module (func))").unwrap_err()
        },
        "too many function types in a store",
    ),
    (22, |w| call(w, &[]), "expected 1 params, but passed 0"),
    (22, |w| call(w, &[Val::I32(0), Val::I32(1)]), "expected 1 params, but passed 2"),
    (22, |w| call(w, &[Val::F32(0.0)]), "expected 1 params, but passed 1: param 0 is f32, not i32"),
    (
        24,
        |w| {
            let b = exporter(w);
            let import = r#"(module (import "mod" "f" (func $f (param i32) (result i64)))
                (func (export "g") (drop (call $f (i32.const 0)))))"#;
            let a = w.one("", import);
            w.store.free(b, Free::Now).unwrap();
            w.call::<(), ()>(a, "g", ()).unwrap_err()
        },
        "function of a freed instance",
    ),
    (
        25,
        |w| {
            let instance = exporter(w);
            w.store.free(instance, Free::Now).unwrap();
            w.store.data(instance).unwrap_err()
        },
        "stale handle instance#1v1@1: the slot is at generation 2",
    ),
    (
        25,
        |w| {
            let instance = exporter(w);
            let memory = instance.memory(&w.store, "m").unwrap();
            w.store.free(instance, Free::Now).unwrap();
            exporter(w);
            memory.size(&w.store).unwrap_err()
        },
        "stale handle memory#1v1@1: the slot is at generation 2",
    ),
    (25, zombie, "stale handle instance#1v1@1: freed, kept only by references"),
    (
        25,
        |w| {
            let memory = Memory::new(&mut World::of(&w.engine).store, MemoryType::new(0, None)).unwrap();
            memory.size(&w.store).unwrap_err()
        },
        "handle memory#1v1@2 belongs to store 2, used with store 1",
    ),
    (
        26,
        |w| w.spawn("", "(module (table 0xffffffff funcref))").unwrap_err(),
        "table elements 4294967295 exceeds the limit 10000000",
    ),
    (
        26,
        |w| Memory::new(&mut w.store, MemoryType::new(65_537, None)).unwrap_err(),
        "memory pages 65537 exceeds the limit 65536",
    ),
    (
        26,
        |w| {
            let memory = Memory::new(&mut w.store, MemoryType::new(1, Some(2))).unwrap();
            memory.grow(&mut w.store, 2).unwrap_err()
        },
        "memory pages 3 exceeds the limit 2",
    ),
    (26, |w| full(w, false), "instances 3 exceeds the limit 2"),
    (26, |w| full(w, true), "instances 3 exceeds the limit 2, 1 zombies await collect()"),
    (
        27,
        |w| {
            let memory = Memory::new(&mut w.store, MemoryType::new(1, None)).unwrap();
            let look = move |caller: Caller<'_, u32>| memory.size(&caller);
            w.linker.func("env", "look", look).unwrap();
            let module = r#"(module (import "env" "look" (func $look (result i64))) (func $s (drop (call $look))) (start $s))"#;
            let template = w.template(module).unwrap();
            w.store.spawn_batch(&template, [0]).unwrap_err()
        },
        "batch item 0: start function[1] failed: memory#1v1@1 is not in the island of instance#1v1@1",
    ),
    (
        28,
        |w| Func::host(&mut w.store, || {}).unwrap().call(&mut w.store, &[]).unwrap_err(),
        "func#1v1@1 is a host function: name the instance it is called for",
    ),
    (
        29,
        |w| exporter(w).typed_func::<(), f32>(&w.store, "f").unwrap_err(),
        "signature mismatch: v_f32 != i32_i64",
    ),
    (
        29,
        |w| exporter(w).func(&w.store, "f").unwrap().typed::<(i32, i64), ()>(&w.store).unwrap_err(),
        "signature mismatch: i32i64_v != i32_i64",
    ),
    (
        30,
        |w| exporter(w).memory(&w.store, "m").unwrap().write(&mut w.store, 65_535, &[1, 2]).unwrap_err(),
        "65535+2 exceeds memory#1v1@1 of 65536 bytes",
    ),
    (
        30,
        |w| exporter(w).table(&w.store, "t").unwrap().get(&w.store, 3).unwrap_err(),
        "3 exceeds table#1v1@1 of 3",
    ),
    (
        30,
        |w| exporter(w).global(&w.store, "g").unwrap().set(&mut w.store, Val::I32(1)).unwrap_err(),
        "global#1v1@1 is immutable",
    ),
    (
        30,
        |w| exporter(w).global(&w.store, "gm").unwrap().set(&mut w.store, Val::I64(1)).unwrap_err(),
        "value is i64, not i32",
    ),
    (
        30,
        |w| {
            let value = ExternRef::new(&mut w.store, ()).unwrap();
            let table = exporter(w).table(&w.store, "t").unwrap();
            table.set(&mut w.store, 0, Val::ExternRef(Some(value))).unwrap_err()
        },
        "value is externref, not funcref",
    ),
    (
        30,
        |w| {
            let ty = TableType::new(RefType::Extern, 1, None);
            Table::new(&mut w.store, ty, Val::FuncRef(None)).unwrap_err()
        },
        "value is funcref, not externref",
    ),
    (
        30,
        |w| {
            let ty = GlobalType { content: ValType::V128, mutable: false };
            Global::new(&mut w.store, ty, Val::F64(0.0)).unwrap_err()
        },
        "value is f64, not v128",
    ),
    (
        31,
        |w| {
            let template = w.template("(module (func $s unreachable) (start $s))").unwrap();
            w.store.spawn_batch(&template, [0, 1]).unwrap_err()
        },
        "batch item 0: start function[0] failed: unreachable",
    ),
];

/// An untyped call of an i32 → i64 function.
fn call(world: &mut World, params: &[Val]) -> Error {
    let func = exporter(world).func(&world.store, "f").unwrap();
    func.call(&mut world.store, params).unwrap_err()
}

/// Uses an instance that its importer keeps.
fn zombie(world: &mut World) -> Error {
    let instance = exporter(world);
    world.one("", r#"(module (import "mod" "f" (func (param i32) (result i64))))"#);
    world.store.free(instance, Free::WhenUnreachable).unwrap();
    world.store.data(instance).unwrap_err()
}

/// Spawns more instances than are allowed, of which one may be kept by its importer only.
fn full(world: &mut World, with_zombie: bool) -> Error {
    let limits = StoreLimits { instances: 2, ..StoreLimits::default() };
    *world = World::with(&Config::new().store_limits(limits));
    if with_zombie {
        zombie(world);
    } else {
        exporter(world);
        world.one("", "(module)");
    }
    world.spawn("", "(module)").unwrap_err()
}

/// The text as the list has it: this store is 1 and another is 2.
fn with_stable_ids(text: &str, id: u64) -> String {
    let renamed = |word: &str| match word.strip_suffix(',').unwrap_or(word).parse::<u64>() {
        Ok(number) if number == id => word.replace(&number.to_string(), "1"),
        Ok(number) if number > id => word.replace(&number.to_string(), "2"),
        _ => word.to_owned(),
    };
    let mut out = String::new();
    let mut after_store = false;
    for word in text.split_inclusive(' ') {
        let (word, space) = word.strip_suffix(' ').map_or((word, ""), |word| (word, " "));
        let word = match word.split_once('@') {
            Some((name, store)) => {
                let end = store.find(|c: char| !c.is_ascii_digit()).unwrap_or(store.len());
                format!("{name}@{}{}", renamed(&store[..end]), &store[end..])
            }
            None if after_store => renamed(word),
            None => word.to_owned(),
        };
        after_store = word == "store";
        out.push_str(&word);
        out.push_str(space);
    }
    out
}

#[test]
fn texts_are_as_agreed() {
    for (number, provoke, expected) in TEXTS {
        both(|mut world| {
            let error = provoke(&mut world);
            let found = with_stable_ids(&error.to_string(), world.store.id());
            assert_eq!(found, *expected, "E{number}");
        });
    }
}

/// Texts about imports begin as E6 says; all numbers are provoked or said to be later.
#[test]
fn no_text_is_forgotten() {
    let provoked: BTreeSet<u32> = TEXTS.iter().map(|(number, _, _)| *number).collect();
    let later: BTreeSet<u32> = LATER.iter().map(|(number, _)| *number).collect();
    assert!(provoked.is_disjoint(&later));
    let missing: Vec<u32> =
        (1..=31).filter(|number| !provoked.contains(number) && !later.contains(number)).collect();
    assert_eq!(missing, [6], "it stands before 7 to 14");
    for (number, _, text) in TEXTS.iter().filter(|(number, _, _)| (7..=14).contains(number)) {
        assert!(text.starts_with("import ") && text.contains("]: "), "E{number}");
    }
}

/// What `{:#}` adds to an import's error: the types, and the nearest name that exists.
#[test]
fn s28_alternate_texts_of_links_add_types_and_the_nearest_name() {
    let cases = [
        (
            r#"(import "a" "m" (memory 2 8))"#,
            "import memory[a.m]: minimum size mismatch: 2 > 1 (expected (memory 2 8), found (memory 1 4))",
        ),
        (
            r#"(import "a" "f" (func (result f32)))"#,
            "import func[a.f]: signature mismatch: v_f32 != i32_i64 (expected (func (result f32)), \
             found (func (param i32) (result i64)))",
        ),
        (
            r#"(import "a" "t" (table 1 externref))"#,
            "import table[a.t]: table type mismatch: externref != funcref (expected (table 1 externref), \
             found (table 3 9 funcref))",
        ),
        (
            r#"(import "a" "gm" (global f64))"#,
            "import global[a.gm]: mutability mismatch: false != true (expected (global f64), found (global (mut i32)))",
        ),
        (
            r#"(import "a" "unbound" (table 1 funcref))"#,
            r#""unbound" is not exported in module "a" (expected (table 1 funcref), did you mean "unbounded"?)"#,
        ),
        (
            r#"(import "a" "m" (func))"#,
            r#"export "m" in module "a" is a memory, not a func (expected (func), found (memory 1 4))"#,
        ),
    ];
    for (declared, expected) in cases {
        both(|mut world| {
            let error = import(&mut world, declared);
            assert_eq!(format!("{error:#}"), expected);
            let (plain, _) = expected.split_once(" (expected ").unwrap();
            assert_eq!(error.to_string(), plain);
        });
    }
    // Several at once print a line each, either way.
    let mut world = World::new();
    let error = import(&mut world, r#"(import "unknown" "y" (func)) (import "a" "m" (memory 2))"#);
    assert_eq!(
        error.to_string(),
        "module[unknown] not instantiated\nimport memory[a.m]: minimum size mismatch: 2 > 1"
    );
    assert_eq!(
        format!("{error:#}"),
        "module[unknown] not instantiated (expected (func))\n\
         import memory[a.m]: minimum size mismatch: 2 > 1 (expected (memory 2), found (memory 1 4))"
    );
}

/// Each trap by what causes it.
const TRAPS: &[(Trap, &str, &str)] = &[
    (Trap::Unreachable, "unreachable", "unreachable"),
    (Trap::IntegerDivideByZero, "(drop (i32.div_u (i32.const 1) (local.get 0)))", "integer divide by zero"),
    (
        Trap::IntegerOverflow,
        "(drop (i32.div_s (i32.const 0x80000000) (i32.sub (local.get 0) (i32.const 1))))",
        "integer overflow",
    ),
    (
        Trap::InvalidConversionToInteger,
        "(drop (i32.trunc_f32_s (f32.div (f32.const 0) (f32.convert_i32_s (local.get 0)))))",
        "invalid conversion to integer",
    ),
    (
        Trap::OutOfBoundsMemoryAccess,
        "(drop (i32.load offset=65533 (local.get 0)))",
        "out of bounds memory access",
    ),
    (Trap::OutOfBoundsTableAccess, "(drop (table.get $t (i32.const 3)))", "out of bounds table access"),
    (Trap::UndefinedElement, "(call_indirect (i32.const 3))", "undefined element"),
    (Trap::UninitializedElement, "(call_indirect (i32.const 1))", "uninitialized element"),
    (
        Trap::IndirectCallTypeMismatch,
        "(drop (call_indirect (result i32) (i32.const 0)))",
        "indirect call type mismatch",
    ),
    (Trap::CallStackExhausted, "(call $f (local.get 0))", "call stack exhausted"),
    (Trap::FunctionOfFreedInstance, "(call $gone)", "function of a freed instance"),
];

#[test]
fn texts_of_traps_are_the_test_suites() {
    let provoked: Vec<Trap> = TRAPS.iter().map(|(trap, _, _)| *trap).collect();
    assert_eq!(provoked, Trap::ALL);
    for (trap, body, expected) in TRAPS {
        both(|mut world| {
            let gone = world.one("gone", r#"(module (func (export "f")))"#);
            let module = format!(
                r#"(module (import "gone" "f" (func $gone)) (memory 1) (table $t 3 funcref) (func $none) (elem (i32.const 0) $none)
                (func $f (export "f") (param i32) {body}))"#
            );
            let instance = world.one("", &module);
            world.store.free(gone, Free::Now).unwrap();
            let error = world.call::<(i32,), ()>(instance, "f", (0,)).unwrap_err();
            assert_eq!(error.to_string(), *expected);
            assert_eq!(error.trap(), Some(*trap));
        });
    }
}

/// What only a linker without a store can say.
#[test]
fn a_definition_that_is_a_handle_asks_for_its_store() {
    let mut world = World::new();
    let memory = exporter(&mut world).memory(&world.store, "m").unwrap();
    let mut linker = Linker::<u32>::new(&world.engine);
    linker.define("a", "m", memory);
    let module = world.module(r#"(module (import "a" "m" (memory 1)))"#);
    let expected = "import memory[a.m]: defined by a handle: make the template with its store";
    assert_eq!(text(linker.template(&module)), expected);
}
