//! Stale and foreign handles are errors, everywhere, and never a panic.

use crate::world::{World, text};
use skep::{
    Error, ExternRef, Free, Global, GlobalType, Instance, Memory, MemoryType, RefType, Table, TableType, Val,
    ValType,
};

const EXPORTS: &str = r#"(module (memory (export "m") 1) (table (export "t") 1 funcref) (global (export "g") (mut i32) (i32.const 0))
    (func (export "f")))"#;

/// A handle of each kind, all of one store.
struct Handles {
    instance: Instance,
    memory: Memory,
    table: Table,
    global: Global,
    func: skep::Func,
    extern_ref: ExternRef,
}

fn handles(world: &mut World) -> Handles {
    let instance = world.one("", EXPORTS);
    Handles {
        instance,
        memory: instance.memory(&world.store, "m").expect("an export"),
        table: instance.table(&world.store, "t").expect("an export"),
        global: instance.global(&world.store, "g").expect("an export"),
        func: instance.func(&world.store, "f").expect("an export"),
        extern_ref: ExternRef::new(&mut world.store, 1_u8).expect("an open store"),
    }
}

type Use = (&'static str, fn(&mut World, &Handles) -> Result<(), Error>);

/// Every public method that takes a handle.
const USES: &[Use] = &[
    ("store.data", |w, h| w.store.data(h.instance).map(drop)),
    ("store.data_mut", |w, h| w.store.data_mut(h.instance).map(drop)),
    ("store.free", |w, h| w.store.free(h.instance, Free::WhenUnreachable).map(drop)),
    ("store.free now", |w, h| w.store.free(h.instance, Free::Now).map(drop)),
    ("store.exit", |w, h| w.store.exit(h.instance, 1)),
    ("store.register", |w, h| w.store.register("name", h.instance)),
    ("instance.func", |w, h| h.instance.func(&w.store, "f").map(drop)),
    ("instance.memory", |w, h| h.instance.memory(&w.store, "m").map(drop)),
    ("instance.table", |w, h| h.instance.table(&w.store, "t").map(drop)),
    ("instance.global", |w, h| h.instance.global(&w.store, "g").map(drop)),
    ("instance.export", |w, h| h.instance.export(&w.store, "g").map(drop)),
    ("instance.exports", |w, h| h.instance.exports(&w.store).map(drop)),
    ("instance.module", |w, h| h.instance.module(&w.store).map(drop)),
    ("instance.exit_code", |w, h| h.instance.exit_code(&w.store).map(drop)),
    ("linker.instance", |w, h| w.linker.instance(&w.store, "x", h.instance).map(drop)),
    ("memory.ty", |w, h| h.memory.ty(&w.store).map(drop)),
    ("memory.size", |w, h| h.memory.size(&w.store).map(drop)),
    ("memory.size_bytes", |w, h| h.memory.size_bytes(&w.store).map(drop)),
    ("memory.data", |w, h| h.memory.data(&w.store).map(drop)),
    ("memory.data_mut", |w, h| h.memory.data_mut(&mut w.store).map(drop)),
    ("memory.read", |w, h| h.memory.read(&w.store, 0, &mut [0])),
    ("memory.write", |w, h| h.memory.write(&mut w.store, 0, &[0])),
    ("memory.grow", |w, h| h.memory.grow(&mut w.store, 0).map(drop)),
    ("memory.free", |w, h| h.memory.free(&mut w.store)),
    ("table.ty", |w, h| h.table.ty(&w.store).map(drop)),
    ("table.size", |w, h| h.table.size(&w.store).map(drop)),
    ("table.get", |w, h| h.table.get(&w.store, 0).map(drop)),
    ("table.set", |w, h| h.table.set(&mut w.store, 0, Val::FuncRef(None))),
    ("table.grow", |w, h| h.table.grow(&mut w.store, 0, Val::FuncRef(None)).map(drop)),
    ("table.free", |w, h| h.table.free(&mut w.store)),
    ("global.ty", |w, h| h.global.ty(&w.store).map(drop)),
    ("global.get", |w, h| h.global.get(&w.store).map(drop)),
    ("global.set", |w, h| h.global.set(&mut w.store, Val::I32(1))),
    ("global.free", |w, h| h.global.free(&mut w.store)),
    ("func.ty", |w, h| h.func.ty(&w.store).map(drop)),
];

/// Uses of handles as values.
const VALUE_USES: &[Use] = &[
    ("a func in a table", |w, h| {
        let ty = TableType::new(RefType::Func, 1, None);
        Table::new(&mut w.store, ty, Val::from(h.func)).map(drop)
    }),
    ("a func in a global", |w, h| {
        let ty = GlobalType { content: ValType::FuncRef, mutable: false };
        Global::new(&mut w.store, ty, Val::from(h.func)).map(drop)
    }),
];

#[test]
fn handles_of_another_store_are_errors() {
    let (mut one, mut two) = (World::new(), World::new());
    let foreign = handles(&mut one);
    handles(&mut two);
    for (what, using) in USES.iter().chain(VALUE_USES) {
        let error = using(&mut two, &foreign).err().unwrap_or_else(|| panic!("{what} took a foreign handle"));
        assert!(matches!(error, Error::WrongStore(_)), "{what}: {error}");
        assert!(error.to_string().contains(" belongs to store "), "{what}: {error}");
    }
    let error = foreign.extern_ref.data(&two.store).err().unwrap();
    assert!(matches!(error, Error::WrongStore(_)));
}

#[test]
fn handles_of_a_freed_instance_are_errors_also_when_slots_are_used_again() {
    let mut world = World::new();
    let stale = handles(&mut world);
    assert_eq!(world.store.free(stale.instance, Free::WhenUnreachable).unwrap(), skep::Freed::Done);
    for reuse in [false, true] {
        if reuse {
            handles(&mut world);
        }
        for (what, using) in USES.iter().chain(VALUE_USES) {
            let error =
                using(&mut world, &stale).err().unwrap_or_else(|| panic!("{what} took a stale handle"));
            assert!(matches!(error, Error::Stale(_)), "{what}: {error}");
            assert!(error.to_string().ends_with(": the slot is at generation 2"), "{what}: {error}");
        }
    }
}

#[test]
fn a_closed_store_answers_every_call() {
    let mut world = World::new();
    let closed = handles(&mut world);
    let template = world.template("(module)").unwrap();
    world.store.close(3).unwrap();
    for (what, using) in USES.iter().chain(VALUE_USES) {
        let expected = match *what {
            "store.register" | "a func in a table" | "a func in a global" => {
                ["already closed", "runtime closed with exit_code(3)"]
            }
            _ => ["runtime closed with exit_code(3)"; 2],
        };
        let found = text(using(&mut world, &closed));
        assert!(expected.contains(&&*found), "{what}: {found}");
    }
    assert_eq!(text(world.store.spawn(&template, 0)), "already closed");
    assert_eq!(text(world.store.instance("x")), "runtime closed with exit_code(3)");
    assert_eq!(
        text(Memory::new(&mut world.store, MemoryType::new(1, None))),
        "runtime closed with exit_code(3)"
    );
    world.store.close(4).unwrap();
    assert_eq!(text(world.store.data(closed.instance)), "runtime closed with exit_code(3)");
    assert_eq!(world.store.stats(), skep::Stats::default());
}

#[test]
fn handles_print_noun_slot_generation_and_store() {
    let mut world = World::new();
    let all = handles(&mut world);
    let id = world.store.id();
    assert_eq!(all.instance.to_string(), format!("instance#1v1@{id}"));
    assert_eq!(format!("{:?}", all.memory), format!("memory#1v1@{id}"));
    assert_eq!(all.func.to_string(), format!("func#1v1@{id}:0"));
}
