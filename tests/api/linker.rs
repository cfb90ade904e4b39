//! Linking: what is found, what matches, and what the errors say.

use crate::world::{World, text};
use skep::{Engine, Error, Extern, FuncType, LinkCause, Memory, MemoryType, Module, Val, ValType};

/// The text of linking `importer` after `exporter` was spawned as `a`.
fn check(exporter: &str, importer: &str, expected: &str) {
    let mut world = World::new();
    world.one("a", exporter);
    let before = world.store.stats();
    assert_eq!(text(world.spawn("b", importer)), expected, "{importer}");
    if expected != "ok" {
        assert_eq!(world.store.stats(), before, "a link error leaves no trace");
    }
}

#[test]
fn kinds_and_names_are_checked() {
    let all = r#"(module (memory (export "m") 1) (table (export "t") 1 funcref) (global (export "g") i32 (i32.const 0)) (func (export "f")))"#;
    let types = [
        ("m", "memory", "(memory 1)"),
        ("t", "table", "(table 1 funcref)"),
        ("g", "global", "(global i32)"),
        ("f", "func", "(func)"),
    ];
    for (name, kind, _) in types {
        for (_, wanted, ty) in types {
            let importer = format!(r#"(module (import "a" "{name}" {ty}))"#);
            let expected = if kind == wanted {
                "ok".into()
            } else {
                format!(r#"export "{name}" in module "a" is a {kind}, not a {wanted}"#)
            };
            check(all, &importer, &expected);
        }
    }
    check(all, r#"(module (import "a" "x" (func)))"#, r#""x" is not exported in module "a""#);
    check(all, r#"(module (import "z" "x" (func)))"#, "module[z] not instantiated");
}

#[test]
fn mismatches_say_expected_then_found() {
    check(
        r#"(module (func (export "f")))"#,
        r#"(module (import "a" "f" (func (result f32))))"#,
        "import func[a.f]: signature mismatch: v_f32 != v_v",
    );
    check(
        r#"(module (table (export "t") 1 externref))"#,
        r#"(module (import "a" "t" (table 1 funcref)))"#,
        "import table[a.t]: table type mismatch: funcref != externref",
    );
    check(
        r#"(module (memory (export "m") 1))"#,
        r#"(module (import "a" "m" (memory 1 65536)))"#,
        "import memory[a.m]: maximum size mismatch: 65536, but actual has no max",
    );
    check(
        r#"(module (memory (export "m") 1 3))"#,
        r#"(module (import "a" "m" (memory 1 2)))"#,
        "import memory[a.m]: maximum size mismatch: 2 < 3",
    );
    check(
        r#"(module (global (export "g") (mut i32) (i32.const 0)))"#,
        r#"(module (import "a" "g" (global i32)))"#,
        "import global[a.g]: mutability mismatch: false != true",
    );
    check(
        r#"(module (global (export "g") i32 (i32.const 0)))"#,
        r#"(module (import "a" "g" (global f64)))"#,
        "import global[a.g]: value type mismatch: f64 != i32",
    );
}

#[test]
fn current_sizes_count() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (table (export "t") 1 10 funcref) (memory (export "m") 1 10))"#);
    let importer = r#"(module (import "a" "t" (table 2 10 funcref)) (import "a" "m" (memory 2 10)))"#;
    assert_eq!(
        text(world.spawn("", importer)),
        "import table[a.t]: minimum size mismatch: 2 > 1\nimport memory[a.m]: minimum size mismatch: 2 > 1"
    );
    a.table(&world.store, "t").unwrap().grow(&mut world.store, 1, Val::FuncRef(None)).unwrap();
    a.memory(&world.store, "m").unwrap().grow(&mut world.store, 1).unwrap();
    assert_eq!(text(world.spawn("", importer)), "ok");
}

#[test]
fn all_failing_imports_are_listed_in_order_every_time() {
    let world = World::new();
    let missing =
        r#"(module (import "bb" "y" (func)) (import "aa" "x" (func)) (import "bb" "y" (memory 1)))"#;
    for _ in 0..50 {
        let error = world.template(missing).unwrap_err();
        assert_eq!(
            error.to_string(),
            "module[bb] not instantiated\nmodule[aa] not instantiated\nmodule[bb] not instantiated"
        );
        let Error::Link(link) = error else { panic!("{error}") };
        assert!(link.errors.iter().all(|error| error.cause.is_unknown()));
        assert_eq!(link.errors.iter().map(|error| error.index).collect::<Vec<_>>(), [0, 1, 2]);
    }
}

#[test]
fn the_alternate_text_adds_types_and_the_nearest_name() {
    let mut world = World::new();
    let memory = Memory::new(&mut world.store, MemoryType::new(1, None)).unwrap();
    world.linker.define("env", "memory", memory);
    let Error::Link(link) = world.template(r#"(module (import "env" "memmory" (memory 1)))"#).unwrap_err()
    else {
        panic!("a link error")
    };
    assert_eq!(
        format!("{:#}", link.errors[0]),
        r#""memmory" is not exported in module "env" (expected (memory 1), did you mean "memory"?)"#
    );
}

#[test]
fn empty_names_are_legal() {
    let mut world = World::new();
    let memory = Memory::new(&mut world.store, MemoryType::new(1, None)).unwrap();
    world.linker.define("", "", memory);
    assert_eq!(text(world.spawn("", r#"(module (import "" "" (memory 1)))"#)), "ok");
}

#[test]
fn sources_are_asked_in_order() {
    let mut world = World::new();
    let memories =
        [1, 2, 3].map(|pages| Memory::new(&mut world.store, MemoryType::new(pages, None)).unwrap());
    let importer = r#"(module (import "a" "m" (memory 1)) (export "m" (memory 0)))"#;
    let size = |world: &mut World| {
        let instance = world.one("", importer);
        instance.memory(&world.store, "m").unwrap().size(&world.store).unwrap()
    };
    world.one("a", r#"(module (memory (export "m") 9))"#);
    assert_eq!(size(&mut world), 9, "names of the store come last");
    world.linker.define("a", "m", memories[0]);
    assert_eq!(size(&mut world), 1, "definitions before them");
    let second = memories[1];
    world
        .linker
        .resolver(move |module, name, _| (module == "a" && name == "m").then_some(Extern::Memory(second)));
    assert_eq!(size(&mut world), 2, "the resolver first");
}

#[test]
fn a_template_with_handles_needs_their_store_and_keeps_nothing_alive() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (memory (export "m") 1))"#);
    let memory = a.memory(&world.store, "m").unwrap();
    world.linker.define("env", "m", memory);
    let module = world.module(r#"(module (import "env" "m" (memory 1)))"#);
    let Error::Link(link) = world.linker.template(&module).unwrap_err() else { panic!("a link error") };
    assert_eq!(link.errors[0].cause, LinkCause::NeedsStore);
    let template = world.linker.template_in(&world.store, &module).unwrap();
    let mut other = World::of(&world.engine);
    assert!(matches!(other.store.spawn(&template, 0), Err(Error::WrongStore(_))));
    world.store.free(a, skep::Free::WhenUnreachable).unwrap();
    let Error::Link(link) = world.store.spawn(&template, 0).unwrap_err() else { panic!("a link error") };
    assert!(matches!(link.errors[0].cause, LinkCause::Handle(_)));
    assert_eq!(world.store.stats().instances, 0);
}

#[test]
fn modules_of_another_engine_are_refused() {
    let world = World::new();
    let other = Engine::new(world.engine.config()).unwrap();
    let module = Module::new(&other, "(module)").unwrap();
    assert!(matches!(world.linker.template(&module), Err(Error::WrongEngine)));
}

#[test]
fn an_instance_cannot_import_itself() {
    let mut world = World::new();
    assert_eq!(
        text(world.spawn("me", r#"(module (import "me" "f" (func)) (func (export "f")))"#)),
        "module[me] not instantiated"
    );
}

#[test]
fn an_untyped_host_function_links_by_its_type() {
    let mut world = World::new();
    let ty = FuncType::new([ValType::I32], []);
    world.linker.func_new("env", "f", ty, |_, _, _| Ok(())).unwrap();
    assert_eq!(text(world.spawn("", r#"(module (import "env" "f" (func (param i32))))"#)), "ok");
    assert_eq!(
        text(world.spawn("", r#"(module (import "env" "f" (func (param i64))))"#)),
        "import func[env.f]: signature mismatch: i64_v != i32_v"
    );
    let a = world.one("", r#"(module (import "env" "f" (func $f (param i32))) (export "g" (func $f)))"#);
    let b = world.one("", r#"(module (import "env" "f" (func $f (param i32))) (export "g" (func $f)))"#);
    let [f, g] = [a, b].map(|instance| instance.func(&world.store, "g").unwrap());
    assert!(f.is_host());
    assert_eq!(f, g, "one host function is one value");
    assert_eq!(f.ty(&world.store).unwrap(), FuncType::new([ValType::I32], []));
}
