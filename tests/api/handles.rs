//! How handles print, and what a closed store answers where no handle is asked for. What functions that take handles answer is
//! in `tests/props/handles.rs`.

use crate::world::{World, text};
use skep::{
    ExternRef, Func, Global, GlobalType, Memory, MemoryType, RefType, Stats, Table, TableType, Val, ValType,
};

const EXPORTS: &str = r#"(module (memory (export "m") 1) (func (export "f")))"#;

#[test]
fn a_closed_store_makes_nothing_and_finds_nothing() {
    let mut world = World::new();
    world.one("x", EXPORTS);
    let template = world.template("(module)").unwrap();
    let module = world.module("(module)");
    world.store.close(3).unwrap();
    let World { store, linker, .. } = &mut world;
    let ty = GlobalType { content: ValType::I32, mutable: true };
    let all = [
        text(store.instance("x")),
        text(store.unregister("x")),
        text(Memory::new(store, MemoryType::new(1, None))),
        text(Table::new(store, TableType::new(RefType::Func, 1, None), Val::FuncRef(None))),
        text(Global::new(store, ty, Val::I32(0))),
        text(Func::host(store, || 1_i32)),
        text(ExternRef::new(store, 1_u8)),
        text(linker.template_in(store, &module)),
        text(linker.spawn(store, &module, 0)),
    ];
    for (n, text) in all.iter().enumerate() {
        assert_eq!(text, "runtime closed with exit_code(3)", "{n}");
    }
    assert_eq!(text(store.spawn(&template, 0)), "already closed");
    // Closing again changes nothing, and there is nothing to collect or to list.
    store.close(4).unwrap();
    assert_eq!(text(store.instance("x")), "runtime closed with exit_code(3)");
    assert_eq!(store.collect(), skep::Collected::default());
    assert_eq!((store.instances().count(), store.memories().count()), (0, 0));
    assert_eq!(store.stats(), Stats::default());
}

#[test]
fn handles_print_noun_slot_generation_and_store() {
    let mut world = World::new();
    let instance = world.one("", EXPORTS);
    let id = world.store.id();
    assert_eq!(instance.to_string(), format!("instance#1v1@{id}"));
    assert_eq!(format!("{:?}", instance.memory(&world.store, "m").unwrap()), format!("memory#1v1@{id}"));
    assert_eq!(instance.func(&world.store, "f").unwrap().to_string(), format!("func#1v1@{id}:0"));
}
