//! Looking around in a store, handles as numbers, what the host does to ranges, lives of slots, shares of host functions.

use crate::world::{World, engines, text};
use skep::{
    Config, Error, ExternRef, Free, Freed, Func, Global, GlobalType, Instance, Memory, MemoryType, RefType,
    StoreLimits, Table, TableType, Val, ValType,
};

const ALL: &str = r#"(module (memory (export "m") 1 9) (table (export "t") 3 funcref) (global (export "g") (mut i32) (i32.const 0))
    (global (export "c") i64 (i64.const 1)) (func $f (export "f") (result i32) (i32.const 6)) (func $hidden)
    (elem (i32.const 0) $f))"#;

/// The store agrees with itself, and with what its iterators say.
#[track_caller]
fn check(world: &World) {
    world.store.check_invariants().unwrap();
    let stats = world.store.stats();
    assert_eq!(world.store.memories().count(), stats.memories);
    assert_eq!(world.store.tables().count(), stats.tables);
    assert_eq!(world.store.globals().count(), stats.globals);
    assert_eq!(world.store.instances().count(), stats.instances);
    let bytes: u64 = world.store.memories().map(|memory| memory.size_bytes(&world.store).unwrap()).sum();
    assert_eq!(bytes, stats.memory_bytes);
}

#[test]
fn s16_what_there_is_can_be_listed_in_the_order_of_slots() {
    for engine in engines() {
        let mut world = World::of(&engine);
        let made = Memory::new(&mut world.store, MemoryType::new(2, None)).unwrap();
        let [a, b, c] = ["a", "b", "c"].map(|name| world.one(name, ALL));
        check(&world);
        world.store.free(b, Free::Now).unwrap();
        check(&world);
        let of = |one: Instance| one.memory(&world.store, "m").unwrap();
        assert_eq!(world.store.memories().collect::<Vec<_>>(), [made, of(a), of(c)]);
        let of = |one: Instance| one.table(&world.store, "t").unwrap();
        assert_eq!(world.store.tables().collect::<Vec<_>>(), [of(a), of(c)]);
        let of = |one: Instance| ["g", "c"].map(|name| one.global(&world.store, name).unwrap());
        assert_eq!(world.store.globals().collect::<Vec<_>>(), [of(a), of(c)].concat());
        // A newcomer takes the place in the middle.
        let d = world.one("d", ALL);
        let of = |one: Instance| one.memory(&world.store, "m").unwrap();
        assert_eq!(world.store.memories().collect::<Vec<_>>(), [made, of(a), of(d), of(c)]);
        check(&world);
        world.store.close(0).unwrap();
        check(&world);
    }
}

#[test]
fn importers_are_those_that_share_something_that_can_change_or_be_called() {
    let mut world = World::new();
    let a = world.one("a", ALL);
    let users: Vec<_> = [
        r#"(import "a" "f" (func (result i32)))"#,
        r#"(import "a" "m" (memory 1 9))"#,
        r#"(import "a" "t" (table 3 funcref))"#,
        r#"(import "a" "g" (global (mut i32)))"#,
    ]
    .map(|import| world.one("", &format!("(module {import})")))
    .into();
    world.one("", r#"(module (import "a" "c" (global i64)))"#);
    world.one("lender", r#"(module (import "a" "f" (func (result i32))) (export "f" (func 0)))"#);
    let borrower = world.one("", r#"(module (import "lender" "f" (func (result i32))))"#);
    let lender = world.store.instance("lender").unwrap().unwrap();
    let all = [users.clone(), vec![lender, borrower]].concat();
    assert_eq!(world.store.importers(a).unwrap(), all);
    assert_eq!(world.store.importers(lender).unwrap(), [], "the function is another's");
    // The freed count as long as they are there.
    assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert_eq!(world.store.importers(a).unwrap(), all);
    for (n, &one) in all.iter().enumerate() {
        assert_eq!(world.store.importers(a).unwrap(), all[n..]);
        check(&world);
        world.store.free(one, Free::Now).unwrap();
    }
    check(&world);
    assert_eq!(world.store.importers(a).unwrap(), [], "its table was shared, so it waits");
    world.store.collect();
    assert!(matches!(world.store.importers(a), Err(Error::Stale(_))));
}

#[test]
fn a_freed_importer_that_is_still_kept_is_an_importer() {
    let mut world = World::new();
    let a = world.one("a", ALL);
    let middle =
        r#"(module (import "a" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))"#;
    let b = world.one("b", middle);
    let c = world.one("", r#"(module (import "b" "g" (func (result i32))))"#);
    assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert_eq!(world.store.importers(a).unwrap(), [b]);
    assert_eq!(world.store.importers(b).unwrap(), [c]);
    check(&world);
    world.store.free(b, Free::Now).unwrap();
    assert_eq!(world.store.importers(a).unwrap(), []);
    assert!(matches!(world.store.importers(b), Err(Error::Stale(_))));
    check(&world);
}

#[test]
fn s18_an_instance_is_described_by_its_handle_and_its_name() {
    let mut world = World::new();
    let id = world.store.id();
    let bare = world.one("", "(module)");
    let library = world.one("", r#"(module $library (func (export "f")))"#);
    let named = world.one("a \"b\"", "(module $library)");
    let describe = |world: &World, one: Instance| one.describe(&world.store).unwrap();
    assert_eq!(describe(&world, bare), format!("instance#1v1@{id}"));
    assert_eq!(describe(&world, library), format!(r#"instance#2v1@{id} "library""#));
    assert_eq!(describe(&world, named), format!(r#"instance#3v1@{id} "a \"b\"""#));
    for name in ["x", "y"] {
        world.store.register(name, library).unwrap();
    }
    assert_eq!(library.names(&world.store).unwrap(), ["x", "y"]);
    assert_eq!(named.names(&world.store).unwrap(), [r#"a "b""#]);
    assert_eq!(bare.names(&world.store).unwrap(), [""; 0]);
    assert_eq!(describe(&world, library), format!(r#"instance#2v1@{id} "x""#));
    assert!(world.store.unregister("x").unwrap());
    assert_eq!(library.names(&world.store).unwrap(), ["y"]);
    // Freed and kept by an importer: the names are gone, the module's is not.
    world.one("", r#"(module (import "y" "f" (func)))"#);
    assert_eq!(world.store.free(library, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert_eq!(describe(&world, library), format!(r#"instance#2v1@{id} "library""#));
    assert!(matches!(library.names(&world.store), Err(Error::Stale(_))));
}

#[test]
fn handles_come_back_from_their_bits() {
    let mut world = World::new();
    let a = world.one("", ALL);
    let (memory, table) = (a.memory(&world.store, "m").unwrap(), a.table(&world.store, "t").unwrap());
    let (global, func) = (a.global(&world.store, "g").unwrap(), a.func(&world.store, "f").unwrap());
    let host = Func::host(&mut world.store, || 3_i32).unwrap();
    let value = ExternRef::new(&mut world.store, 4_u8).unwrap();
    assert_eq!(Instance::from_bits(a.to_bits()), Some(a));
    assert_eq!(Memory::from_bits(memory.to_bits()), Some(memory));
    assert_eq!(Table::from_bits(table.to_bits()), Some(table));
    assert_eq!(Global::from_bits(global.to_bits()), Some(global));
    assert_eq!(ExternRef::from_bits(value.to_bits()), Some(value));
    for func in [func, host] {
        assert_eq!(Func::from_bits(func.to_bits()), Some(func));
        assert_eq!(Instance::from_bits(func.to_bits()), None);
    }
    assert_eq!(Func::from_bits(a.to_bits()), None);
    assert_eq!(Memory::from_bits(table.to_bits()), None);
    assert_eq!(Func::from_bits(0), None);
}

/// Bits 96 to 115 are the index of a function.
fn with_index(func: Func, index: u32) -> Func {
    Func::from_bits(func.to_bits() & !(0xF_FFFF << 96) | u128::from(index) << 96).unwrap()
}

#[test]
fn a_made_up_function_of_a_living_instance_is_stale() {
    let mut world = World::new();
    let a = world.one("a", ALL);
    let b = world.one(
        "b",
        r#"(module (import "a" "f" (func (result i32))) (func (export "g") (result i32) (i32.const 1)))"#,
    );
    let f = a.func(&world.store, "f").unwrap();
    let table = a.table(&world.store, "t").unwrap();
    let stats = world.store.stats();
    let hidden = with_index(f, 1);
    let imported = with_index(b.func(&world.store, "g").unwrap(), 0);
    for forged in [hidden, imported, with_index(f, 2), with_index(f, 0xF_FFFE), with_index(f, 0xF_FFFF)] {
        assert!(matches!(forged.call(&mut world.store, &[]), Err(Error::Stale(_))), "{forged}");
        assert!(matches!(forged.ty(&world.store), Err(Error::Stale(_))), "{forged}");
        assert!(matches!(forged.typed::<(), i32>(&world.store), Err(Error::Stale(_))), "{forged}");
        assert!(matches!(table.set(&mut world.store, 0, forged.into()), Err(Error::Stale(_))), "{forged}");
        world.linker.define("x", "f", forged);
        assert!(matches!(world.template(r#"(module (import "x" "f" (func)))"#), Err(Error::Link(_))));
    }
    assert_eq!(with_index(hidden, 0).call(&mut world.store, &[]).unwrap(), [Val::I32(6)]);
    assert_eq!(world.store.stats(), stats);
    check(&world);
}

#[test]
fn the_host_fills_and_copies_bytes_within_bounds() {
    for engine in engines() {
        let mut world = World::of(&engine);
        let [a, b] = [1, 2].map(|pages| Memory::new(&mut world.store, MemoryType::new(pages, None)).unwrap());
        let (a_end, b_end) = (1 << 16, 2 << 16);
        a.fill(&mut world.store, 0, a_end, 7).unwrap();
        a.fill(&mut world.store, 2, 3, 9).unwrap();
        assert_eq!(a.data(&world.store).unwrap()[..6], [7, 7, 9, 9, 9, 7]);
        b.copy(&mut world.store, b_end - 4, (a, 1), 4).unwrap();
        assert_eq!(b.data(&world.store).unwrap().last_chunk(), Some(&[0, 7, 9, 9, 9]));
        // Overlapping, both ways.
        a.copy(&mut world.store, 3, (a, 1), 4).unwrap();
        assert_eq!(a.data(&world.store).unwrap()[..8], [7, 7, 9, 7, 9, 9, 9, 7]);
        a.copy(&mut world.store, 0, (a, 2), 5).unwrap();
        assert_eq!(a.data(&world.store).unwrap()[..8], [9, 7, 9, 9, 9, 9, 9, 7]);
        a.fill(&mut world.store, a_end, 0, 1).unwrap();
        a.copy(&mut world.store, a_end, (b, b_end), 0).unwrap();
        let before = a.data(&world.store).unwrap().to_vec();
        assert_eq!(
            text(a.fill(&mut world.store, 1, a_end, 1)),
            format!("1+65536 exceeds {a} of 65536 bytes")
        );
        assert_eq!(
            text(a.fill(&mut world.store, a_end + 1, 0, 1)),
            format!("65537+0 exceeds {a} of 65536 bytes")
        );
        let most = u64::MAX;
        assert_eq!(
            text(a.fill(&mut world.store, most, 2, 1)),
            format!("{most}+2 exceeds {a} of 65536 bytes")
        );
        assert_eq!(
            text(a.copy(&mut world.store, 0, (b, 1), b_end)),
            format!("1+131072 exceeds {b} of 131072 bytes")
        );
        assert_eq!(
            text(a.copy(&mut world.store, 1, (b, 0), a_end)),
            format!("1+65536 exceeds {a} of 65536 bytes")
        );
        assert_eq!(a.data(&world.store).unwrap(), before);
        check(&world);
    }
}

#[test]
fn the_host_fills_and_copies_elements_within_bounds() {
    let mut world = World::new();
    let ty = TableType::new(RefType::Func, 4, None);
    let [a, b] = [1, 2].map(|_| Table::new(&mut world.store, ty, Val::FuncRef(None)).unwrap());
    let [one, two] = [1, 2].map(|n| Val::from(Func::host(&mut world.store, move || n).unwrap()));
    let all = |world: &World, table: Table| [0, 1, 2, 3].map(|n| table.get(&world.store, n).unwrap());
    let null = Val::FuncRef(None);
    a.fill(&mut world.store, 1, 2, one).unwrap();
    a.fill(&mut world.store, 3, 1, two).unwrap();
    assert_eq!(all(&world, a), [null, one, one, two]);
    b.copy(&mut world.store, 0, (a, 2), 2).unwrap();
    assert_eq!(all(&world, b), [one, two, null, null]);
    a.copy(&mut world.store, 0, (a, 1), 3).unwrap();
    assert_eq!(all(&world, a), [one, one, two, two]);
    a.copy(&mut world.store, 1, (a, 0), 3).unwrap();
    assert_eq!(all(&world, a), [one, one, one, two]);
    a.fill(&mut world.store, 4, 0, two).unwrap();
    a.copy(&mut world.store, 4, (b, 4), 0).unwrap();
    assert_eq!(text(a.fill(&mut world.store, 2, 3, null)), format!("4 exceeds {a} of 4"));
    assert_eq!(text(a.fill(&mut world.store, 5, 0, null)), format!("5 exceeds {a} of 4"));
    assert_eq!(text(a.fill(&mut world.store, u64::MAX, 9, null)), format!("{} exceeds {a} of 4", u64::MAX));
    assert_eq!(text(a.copy(&mut world.store, 0, (b, 1), 4)), format!("4 exceeds {b} of 4"));
    assert_eq!(text(a.copy(&mut world.store, 1, (b, 0), 4)), format!("4 exceeds {a} of 4"));
    assert_eq!(text(a.fill(&mut world.store, 0, 1, Val::I32(0))), "value is i32, not funcref");
    let ty = TableType::new(RefType::Extern, 4, None);
    let c = Table::new(&mut world.store, ty, Val::ExternRef(None)).unwrap();
    assert_eq!(text(c.copy(&mut world.store, 0, (a, 0), 1)), "value is funcref, not externref");
    assert_eq!(all(&world, a), [one, one, one, two]);
    check(&world);
}

#[test]
fn copying_and_filling_hand_functions_on() {
    for filling in [false, true] {
        let mut world = World::new();
        let private = r#"(module (table (export "t") 2 funcref) (func $f (export "f") (result i32) (i32.const 6))
            (elem (i32.const 1) $f))"#;
        let caller = r#"(module (table (export "t") 2 funcref) (type $t (func (result i32)))
            (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#;
        let (a, b) = (world.one("", private), world.one("", caller));
        let [from, to] = [a, b].map(|one| one.table(&world.store, "t").unwrap());
        assert_eq!(world.store.stats().islands, 0);
        to.copy(&mut world.store, 0, (from, 0), 1).unwrap();
        assert_eq!(world.store.stats().islands, 0, "null is nobody's");
        if filling {
            let f = a.func(&world.store, "f").unwrap();
            to.fill(&mut world.store, 0, 0, f.into()).unwrap();
            assert_eq!(world.store.stats().islands, 0, "nothing was written");
            to.fill(&mut world.store, 0, 2, f.into()).unwrap();
        } else {
            to.copy(&mut world.store, 0, (from, 1), 1).unwrap();
        }
        assert_eq!(world.store.stats().islands, 1);
        check(&world);
        assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Waiting);
        check(&world);
        let call = b.typed_func::<(), i32>(&world.store, "call").unwrap();
        assert_eq!(call.call(&mut world.store, ()).unwrap(), 6);
        to.fill(&mut world.store, 0, 2, Val::FuncRef(None)).unwrap();
        assert_eq!(world.store.collect().instances, 1);
        check(&world);
    }
}

#[test]
fn a_host_function_goes_when_its_maker_gives_it_up_and_nothing_names_it() {
    let mut world = World::new();
    let func = Func::host(&mut world.store, || 3_i32).unwrap();
    let ty = TableType::new(RefType::Func, 1, None);
    let table = Table::new(&mut world.store, ty, func.into()).unwrap();
    assert_eq!(world.store.collect().host_funcs, 0);
    func.free(&mut world.store).unwrap();
    func.free(&mut world.store).unwrap();
    check(&world);
    assert_eq!(world.store.collect().host_funcs, 0, "the table names it");
    assert_eq!(func.ty(&world.store).unwrap().results.len(), 1);
    table.set(&mut world.store, 0, Val::FuncRef(None)).unwrap();
    assert_eq!(world.store.collect().host_funcs, 1);
    assert!(matches!(func.free(&mut world.store), Err(Error::Stale(_))));
    check(&world);
}

#[test]
fn the_share_of_a_template_is_not_the_hosts_to_give_up() {
    let mut world = World::new();
    world.linker.func("env", "f", || 3_i32).unwrap();
    let template =
        world.template(r#"(module (import "env" "f" (func (result i32))) (export "f" (func 0)))"#).unwrap();
    let a = world.store.spawn(&template, 0).unwrap();
    let f = a.func(&world.store, "f").unwrap();
    for _ in 0..3 {
        f.free(&mut world.store).unwrap();
        check(&world);
    }
    world.store.free(a, Free::Now).unwrap();
    assert_eq!(world.store.collect().host_funcs, 0);
    assert_eq!(world.store.stats().host_funcs, 1);
    let own = world.one("", ALL).func(&world.store, "f").unwrap();
    own.free(&mut world.store).unwrap();
    assert_eq!(own.call(&mut world.store, &[]).unwrap(), [Val::I32(6)], "of an instance: nothing happens");
    drop(template);
    assert_eq!(world.store.collect().host_funcs, 1);
    check(&world);
}

#[test]
fn v128_globals_of_the_host_keep_both_halves() {
    let mut world = World::new();
    let (one, two) = (0x0123_4567_89AB_CDEF_u128 << 64 | 1, 2_u128 << 64 | 0xFEDC_BA98_7654_3210);
    let ty = |mutable| GlobalType { content: ValType::V128, mutable };
    let fixed = Global::new(&mut world.store, ty(false), Val::V128(one)).unwrap();
    let global = Global::new(&mut world.store, ty(true), Val::V128(one)).unwrap();
    assert_eq!(global.get(&world.store).unwrap(), Val::V128(one));
    global.set(&mut world.store, Val::V128(two)).unwrap();
    assert_eq!(global.get(&world.store).unwrap(), Val::V128(two));
    assert_eq!(fixed.get(&world.store).unwrap(), Val::V128(one));
    assert_eq!(text(global.set(&mut world.store, Val::I64(1))), "value is i64, not v128");
    assert_eq!(format!("{:?}", global.get(&world.store).unwrap()), format!("V128({two})"));
    check(&world);
}

#[test]
fn a_slot_is_retired_after_as_many_lives_as_the_limit_says() {
    for (asked, lives) in [(0, 1), (1, 1), (3, 3)] {
        let limits = StoreLimits { generations: asked, ..StoreLimits::default() };
        let mut world = World::with(&Config::new().store_limits(limits));
        let template = world.template(ALL).unwrap();
        let mut last = None;
        for n in 0..3 * lives {
            let instance = world.store.spawn(&template, 0).unwrap();
            ExternRef::new(&mut world.store, n).unwrap();
            world.store.free(instance, Free::Now).unwrap();
            world.store.collect();
            check(&world);
            assert!(last.replace(instance).is_none_or(|last| last != instance));
        }
        // Instance, memory, table, two globals, extern: each slot three times.
        assert_eq!(world.store.stats().retired_slots, 6 * 3, "{asked}");
    }
    assert_eq!(StoreLimits::default().generations, (1 << 22) - 1);
}
