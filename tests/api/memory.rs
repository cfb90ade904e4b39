//! Memories: size, growth, access, sharing.

use crate::world::{World, engines, text};
use skep::{Config, Free, Memory, MemoryType, StoreLimits};

#[test]
fn data_segments_are_written_in_order() {
    for engine in engines() {
        let mut world = World::of(&engine);
        let instance = world.one(
            "",
            r#"(module (memory (export "m") 1) (data (i32.const 0) "abc") (data (i32.const 1) "X"))"#,
        );
        let memory = instance.memory(&world.store, "m").unwrap();
        let mut bytes = [9; 4];
        memory.read(&world.store, 0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"aXc\0");
        assert_eq!(memory.size_bytes(&world.store).unwrap(), 65536);
    }
}

#[test]
fn growing_keeps_the_bytes_and_stops_at_the_maximum() {
    for engine in engines() {
        let mut world = World::of(&engine);
        let instance = world.one("", r#"(module (memory (export "m") 1 3))"#);
        let memory = instance.memory(&world.store, "m").unwrap();
        memory.write(&mut world.store, 65530, b"end").unwrap();
        assert_eq!(memory.grow(&mut world.store, 2).unwrap(), 1);
        assert_eq!(memory.size(&world.store).unwrap(), 3);
        assert_eq!(&memory.data(&world.store).unwrap()[65530..65534], b"end\0");
        assert!(memory.data(&world.store).unwrap()[65533..].iter().all(|byte| *byte == 0));
        assert_eq!(memory.grow(&mut world.store, 0).unwrap(), 3);
        assert_eq!(text(memory.grow(&mut world.store, 1)), "memory pages 4 exceeds the limit 3");
        assert_eq!(memory.size(&world.store).unwrap(), 3);
    }
}

#[test]
fn accesses_past_the_end_say_where() {
    let mut world = World::new();
    let memory = Memory::new(&mut world.store, MemoryType::new(1, None)).unwrap();
    let name = memory.to_string();
    let mut check = |offset: u64, len: usize, ok: bool| {
        let bytes = vec![1; len];
        let expected = if ok { "ok".into() } else { format!("{offset}+{len} exceeds {name} of 65536 bytes") };
        assert_eq!(text(memory.write(&mut world.store, offset, &bytes)), expected);
        assert_eq!(text(memory.read(&world.store, offset, &mut vec![0; len])), expected);
    };
    check(0, 65536, true);
    check(65536, 0, true);
    check(65535, 1, true);
    check(65535, 2, false);
    check(65537, 0, false);
    check(u64::MAX, 1, false);
}

#[test]
fn a_memory_of_4_gib_has_its_size() {
    for engine in engines() {
        let mut world = World::of(&engine);
        let instance =
            world.one("", r#"(module (memory (export "m") 65536) (data (i32.const 0x80000000) "x"))"#);
        let memory = instance.memory(&world.store, "m").unwrap();
        assert_eq!(memory.size_bytes(&world.store).unwrap(), 1 << 32);
        assert_eq!(memory.data(&world.store).unwrap()[0x8000_0000], b'x');
    }
}

#[test]
fn data_past_the_end_traps_after_the_elements() {
    let exporter = r#"(module (memory (export "m") 1) (table (export "t") 2 funcref))"#;
    let importer = r#"(module (import "p" "m" (memory 1)) (import "p" "t" (table 2 funcref)) (func $f)
        (elem (i32.const 0) $f) (data (i32.const 0) "abc") (data (i32.const 0x10000) "d"))"#;
    let mut world = World::new();
    let p = world.one("p", exporter);
    assert_eq!(text(world.spawn("q", importer)), "data[1]: out of bounds memory access");
    let memory = p.memory(&world.store, "m").unwrap();
    assert_eq!(memory.data(&world.store).unwrap()[0], b'a');
    let entry = p.table(&world.store, "t").unwrap().get(&world.store, 0).unwrap();
    assert_ne!(entry, skep::Val::FuncRef(None));
    assert_eq!(world.store.stats().zombies, 1, "its function is in another's table");
    assert_eq!(world.store.instance("q").unwrap(), None);
}

#[test]
fn an_empty_segment_past_the_end_traps() {
    let mut world = World::new();
    let before = world.store.stats();
    assert_eq!(
        text(world.spawn("", r#"(module (memory 1) (data (i32.const 65537) ""))"#)),
        "data[0]: out of bounds memory access"
    );
    assert_eq!(text(world.spawn("", r#"(module (memory 1) (data (i32.const 65536) ""))"#)), "ok");
    assert_eq!(before.instances, 0);
    assert_eq!(world.store.stats().instances, 1);
}

#[test]
fn a_memory_outlives_its_exporter_and_not_its_last_user() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (memory (export "m") 1 4) (data (i32.const 0) "\2a"))"#);
    let b = world.one("b", r#"(module (import "a" "m" (memory 1 4)) (export "mine" (memory 0)))"#);
    let memory = a.memory(&world.store, "m").unwrap();
    assert_eq!(b.memory(&world.store, "mine").unwrap(), memory);
    world.store.free(a, Free::WhenUnreachable).unwrap();
    assert_eq!(memory.data(&world.store).unwrap()[0], 0x2a);
    assert_eq!(memory.grow(&mut world.store, 1).unwrap(), 1);
    world.store.free(b, Free::WhenUnreachable).unwrap();
    assert!(text(memory.size(&world.store)).starts_with("stale handle memory#"));
    assert_eq!(world.store.stats().memories, 0);
}

#[test]
fn freeing_an_importer_leaves_the_exporters_memory_alone() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (memory (export "m") 1 4) (data (i32.const 0) "\2a"))"#);
    let b = world.one("b", r#"(module (import "a" "m" (memory 1 4)))"#);
    world.store.free(b, Free::WhenUnreachable).unwrap();
    assert_eq!(a.memory(&world.store, "m").unwrap().data(&world.store).unwrap()[0], 0x2a);
}

#[test]
fn a_host_made_memory_is_seen_by_its_importer_and_freed_with_the_last_share() {
    let mut world = World::new();
    let memory = Memory::new(&mut world.store, MemoryType::new(1, Some(2))).unwrap();
    world.linker.define("host", "m", memory);
    let a = world.one("a", r#"(module (import "host" "m" (memory 1 2)) (data (i32.const 3) "hi"))"#);
    assert_eq!(&memory.data(&world.store).unwrap()[3..5], b"hi");
    memory.free(&mut world.store).unwrap();
    assert_eq!(world.store.stats().memories, 1);
    memory.free(&mut world.store).unwrap();
    assert_eq!(world.store.stats().memories, 1, "a share is given up once");
    world.store.free(a, Free::WhenUnreachable).unwrap();
    assert_eq!(world.store.stats().memories, 0);
}

#[test]
fn the_hosts_limit_bounds_size_and_growth() {
    let limits = StoreLimits { memory_pages: 2, ..StoreLimits::default() };
    let mut world = World::with(&Config::new().store_limits(limits));
    assert_eq!(text(world.spawn("", "(module (memory 3))")), "memory pages 3 exceeds the limit 2");
    let memory = Memory::new(&mut world.store, MemoryType::new(2, Some(9))).unwrap();
    assert_eq!(text(memory.grow(&mut world.store, 1)), "memory pages 3 exceeds the limit 2");
    assert_eq!(world.store.stats().instances, 0);
}

#[test]
fn memory_comes_back_zeroed_when_its_storage_is_used_again() {
    for engine in engines() {
        let mut world = World::of(&engine);
        let template = world.template(r#"(module (memory (export "m") 1 8))"#).unwrap();
        for _ in 0..20 {
            let instance = world.store.spawn(&template, 0).unwrap();
            let memory = instance.memory(&world.store, "m").unwrap();
            memory.grow(&mut world.store, 3).unwrap();
            assert!(memory.data(&world.store).unwrap().iter().all(|byte| *byte == 0));
            memory.data_mut(&mut world.store).unwrap().fill(0xA5);
            world.store.free(instance, Free::WhenUnreachable).unwrap();
        }
    }
}
