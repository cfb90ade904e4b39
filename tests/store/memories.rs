//! Memories and data segments: whose bytes, which offsets, sizes seen by all. S53 to S58, S77.

use crate::common::{World, both, probe, text};
use skep::{Caller, Error, Free, Freed, Memory, MemoryType, Trap};

#[test]
fn s54_d7_importer_free_keeps_bytes() {
    for how in [Free::Now, Free::WhenUnreachable] {
        both(|mut world| {
            let a = world.one("a", probe("memexp"));
            for _ in 0..3 {
                let b = world.one("", probe("memwriter"));
                assert_eq!(world.store.free(b, how).unwrap(), Freed::Done);
                // A memory that had gone back would be taken, zeroed, by this one.
                let other = world.one("", r#"(module (memory (export "m") 1 4))"#);
                other.memory(&world.store, "m").unwrap().data_mut(&mut world.store).unwrap().fill(0xEE);
                assert_eq!(world.byte(a, "m", 0), 0x2a);
                world.store.free(other, how).unwrap();
            }
            assert_eq!(world.store.stats().memories, 1);
        });
    }
}

#[test]
fn s56_data_is_written_in_order_each_segment_whole_or_not_at_all() {
    both(|mut world| {
        let a = world.one("a", r#"(module (memory (export "m") 1))"#);
        let failing = r#"(module (import "a" "m" (memory 1)) (data (i32.const 0) "aaaa") (data (i32.const 2) "bb")
            (data (i32.const 65534) "ccc") (data (i32.const 0) "d"))"#;
        let error = world.spawn("", failing).unwrap_err();
        assert_eq!(error.to_string(), "data[2]: out of bounds memory access");
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsMemoryAccess));
        let bytes = a.memory(&world.store, "m").unwrap().data(&world.store).unwrap();
        assert_eq!((&bytes[..5], &bytes[65534..]), (&b"aabb\0"[..], &[0, 0][..]));
        for (at, expected) in [(65536, "ok"), (65537, "data[0]: out of bounds memory access")] {
            let empty = format!(r#"(module (memory 1) (data (i32.const {at}) ""))"#);
            assert_eq!(text(world.spawn("", &empty)), expected);
        }
    });
}

#[test]
fn s58_offsets_and_sizes_are_unsigned_and_wide() {
    both(|mut world| {
        let high = world.one("high", probe("high_data"));
        let memory = high.memory(&world.store, "m").unwrap();
        assert_eq!(memory.size_bytes(&world.store).unwrap(), 4_294_967_296);
        assert_eq!(memory.size(&world.store).unwrap(), 65_536);
        assert_eq!(world.byte(high, "m", 0x8000_0000), b'x');
        let full = r#"(module (import "high" "m" (memory 65536)) (data (i32.const 0xffffffff) "y")
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "size") (result i32) (memory.size))
            (func (export "last") (result i32) (i32.load8_u (i32.const 0xffffffff)))
            (func (export "beyond") (drop (i32.load8_u offset=0xffffffff (i32.const 0xffffffff)))))"#;
        let user = world.one("", full);
        assert_eq!(world.call::<(), i32>(user, "last", ()).unwrap(), i32::from(b'y'));
        assert_eq!(world.call::<i32, i32>(user, "grow", 0).unwrap(), 65_536);
        assert_eq!(world.call::<i32, i32>(user, "grow", 1).unwrap(), -1);
        assert_eq!(world.call::<(), i32>(user, "size", ()).unwrap(), 65_536);
        let error = world.call::<(), ()>(user, "beyond", ()).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsMemoryAccess));
        let beyond = r#"(module (import "high" "m" (memory 1)) (data (i32.const 0xffffffff) "yz"))"#;
        assert_eq!(text(world.spawn("", beyond)), "data[0]: out of bounds memory access");
        assert!(memory.write(&mut world.store, u64::MAX, b"x").is_err());
        assert!(memory.write(&mut world.store, 4_294_967_296, b"").is_ok());
    });
}

/// Each memory's storage is had once, whether it grows or not, and given back once: the books are even and the next owner's
/// memory is zero.
#[test]
fn s53_memories_are_allocated_and_freed_once() {
    both(|mut world| {
        let before = world.store.stats();
        let module = r#"(module (memory (export "m") 1 3) (data (i32.const 5) "x"))"#;
        for round in 0..20 {
            let all: Vec<_> = (0..round).map(|_| world.one("", module)).collect();
            let host = Memory::new(&mut world.store, MemoryType::new(1, Some(3))).unwrap();
            let memories: Vec<_> =
                all.iter().map(|one| one.memory(&world.store, "m").unwrap()).chain([host]).collect();
            for memory in &memories {
                assert_eq!(memory.grow(&mut world.store, 2).unwrap(), 1);
                assert!(memory.grow(&mut world.store, 1).is_err());
                let bytes = memory.data_mut(&mut world.store).unwrap();
                let found: Vec<_> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
                assert!(found.is_empty() || found == *b"x", "{} bytes of an earlier owner", found.len());
                bytes.fill(0xDD);
            }
            assert_eq!(world.store.stats().memory_bytes, memories.len() as u64 * (3 << 16));
            for one in all {
                world.store.free(one, Free::WhenUnreachable).unwrap();
            }
            host.free(&mut world.store).unwrap();
            assert!(matches!(host.free(&mut world.store), Err(Error::Stale(_))));
            assert_eq!(world.store.stats().memory_bytes, before.memory_bytes);
        }
        assert_eq!(world.store.stats().memories, 0);
    });
}

/// B grows A's memory in a call from A, through the host: everyone sees the size at once, also when the call returns to A.
#[test]
fn s77_growth_is_seen_by_everyone_mid_call_too() {
    both(|mut world| {
        world
            .linker
            .func("env", "through", |mut caller: Caller<'_, u32>| -> Result<u32, Error> {
                let b = caller.lookup("b").unwrap();
                let grown = b.typed_func::<(), u32>(&caller, "grow")?.call(&mut caller, ())?;
                let memory = caller.memory("m")?;
                assert_eq!(memory.size(&caller)?, 3);
                memory.write(&mut caller, (3 << 16) - 1, &[7])?;
                Ok(grown)
            })
            .unwrap();
        let a = world.one(
            "a",
            r#"(module (import "env" "through" (func $through (result i32))) (memory (export "m") 1 9)
                (func (export "size") (result i32) (memory.size))
                (func (export "run") (result i32) (local $old i32)
                    (drop (i32.load8_u (i32.const 0)))
                    (local.set $old (call $through))
                    (i32.store8 (i32.const 0x2fffe) (i32.const 5))
                    (i32.add (i32.mul (local.get $old) (i32.const 100)) (i32.add (i32.mul (memory.size) (i32.const 10))
                        (i32.load8_u (i32.const 0x2ffff))))))"#,
        );
        let user = r#"(module (import "a" "m" (memory 1 9)) (import "a" "size" (func $size (result i32)))
            (func (export "grow") (result i32) (local $old i32) (local.set $old (memory.grow (i32.const 2)))
                (if (i32.ne (call $size) (memory.size)) (then (unreachable))) (local.get $old))
            (func (export "size") (result i32) (memory.size))
            (func (export "byte") (result i32) (i32.load8_u (i32.const 0x2fffe))))"#;
        let [_, c] = [world.one("b", user), world.one("c", user)];
        assert_eq!(world.call::<(), i32>(a, "run", ()).unwrap(), 100 + 30 + 7);
        assert_eq!(world.call::<(), i32>(c, "size", ()).unwrap(), 3);
        assert_eq!(world.call::<(), i32>(c, "byte", ()).unwrap(), 5);
        a.memory(&world.store, "m").unwrap().grow(&mut world.store, 1).unwrap();
        assert_eq!(world.call::<(), i32>(c, "size", ()).unwrap(), 4);
    });
}

/// The same of a table, which may move when it grows.
#[test]
fn s77_a_table_that_grows_is_seen_by_everyone_mid_call_too() {
    both(|mut world| {
        let a = world.one(
            "a",
            r#"(module (table (export "t") 1 funcref) (type $t (func (result i32))) (func $f (result i32) (i32.const 6))
                (elem declare func $f)
                (func (export "grow") (param i32) (result i32) (table.grow 0 (ref.func $f) (local.get 0)))
                (func (export "size") (result i32) (table.size 0)))"#,
        );
        let b = world.one(
            "b",
            r#"(module (import "a" "t" (table 1 funcref)) (import "a" "grow" (func $grow (param i32) (result i32)))
                (import "a" "size" (func $size (result i32))) (type $t (func (result i32)))
                (func (export "run") (param i32) (result i32) (drop (call $grow (local.get 0)))
                    (if (i32.ne (call $size) (table.size 0)) (then (unreachable)))
                    (call_indirect (type $t) (i32.sub (table.size 0) (i32.const 1)))))"#,
        );
        for n in [1, 10, 1_000, 100_000] {
            assert_eq!(world.call::<i32, i32>(b, "run", n).unwrap(), 6);
        }
        assert_eq!(world.call::<(), i32>(a, "size", ()).unwrap(), 101_012);
    });
}

/// A memory whose exporter is gone keeps growing for all who use it.
#[test]
fn s77_growth_of_an_orphan_is_seen() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (memory (export "m") 1 9))"#);
    let user = r#"(module (import "a" "m" (memory 1)) (func (export "grow") (result i32) (memory.grow (i32.const 1)))
        (func (export "size") (result i32) (memory.size)))"#;
    let [b, c] = [world.one("b", user), world.one("c", user)];
    let memory = a.memory(&world.store, "m").unwrap();
    world.store.free(a, Free::Now).unwrap();
    assert_eq!(world.call::<(), i32>(b, "grow", ()).unwrap(), 1);
    assert_eq!(world.call::<(), i32>(c, "size", ()).unwrap(), 2);
    assert_eq!(memory.grow(&mut world.store, 1).unwrap(), 2);
    world.store.free(b, Free::Now).unwrap();
    assert_eq!(world.call::<(), i32>(c, "grow", ()).unwrap(), 3);
}
