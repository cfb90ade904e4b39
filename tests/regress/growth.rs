//! E1: a memory that grows in the hands of the host, in the middle of what the guest does with it.

use skep::{Caller, Engine, Linker, Memory, MemoryMode, Module, Store, Trap};

use crate::configs;

const TEXT: &str = r#"(module
    (import "h" "grow" (func $grow (param i32) (result i32)))
    (import "h" "write" (func $write (param i32 i32)))
    (memory (export "m") 1 20)
    (table 1 funcref) (elem (i32.const 0) $grow)
    (func (export "size") (result i32) (memory.size))
    ;; The first free byte, written by the guest and by the host.
    (func (export "host") (result i32)
        (local $p i32)
        (local.set $p (i32.mul (memory.size) (i32.const 65536)))
        (i32.store (i32.sub (local.get $p) (i32.const 4)) (i32.const 3))
        (drop (call $grow (i32.const 1)))
        (i32.store (local.get $p) (i32.const 4))
        (call $write (i32.add (local.get $p) (i32.const 4)) (i32.const 5))
        (i32.add (i32.load (i32.sub (local.get $p) (i32.const 4)))
            (i32.add (i32.load (local.get $p)) (i32.load offset=4 (local.get $p)))))
    (func (export "indirect") (result i32)
        (local $p i32)
        (local.set $p (i32.mul (memory.size) (i32.const 65536)))
        (drop (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 0)))
        (i64.store offset=65528 (local.get $p) (i64.const 6))
        (i32.load offset=65528 (local.get $p)))
    ;; Across the old end: the address is computed before the growth, the value by it.
    (func (export "value") (result i64)
        (local $p i32)
        (local.set $p (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)))
        (i64.store (local.get $p) (i64.add (i64.extend_i32_u (call $grow (i32.const 1))) (i64.const 0x700000000)))
        (i64.sub (i64.load (local.get $p)) (i64.extend_i32_u (i32.sub (memory.size) (i32.const 1)))))
    (func (export "refused") (result i32)
        (drop (call $grow (i32.const 100)))
        (i32.load (i32.mul (memory.size) (i32.const 65536)))))"#;

fn exported(caller: &Caller<'_, ()>) -> Memory {
    caller.instance().memory(caller, "m").unwrap()
}

#[test]
fn e1_growth_by_the_host_is_seen_at_once() {
    for (what, config) in configs() {
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(&engine, TEXT).unwrap();
        let mut linker: Linker<()> = Linker::new(&engine);
        linker
            .func("h", "grow", |mut caller: Caller<'_, ()>, pages: i32| -> i32 {
                let memory = exported(&caller);
                let pages = u64::from(pages.cast_unsigned());
                memory.grow(&mut caller, pages).map_or(-1, |old| i32::try_from(old).unwrap())
            })
            .unwrap();
        linker
            .func("h", "write", |mut caller: Caller<'_, ()>, at: i32, value: i32| {
                let memory = exported(&caller);
                let at = usize::try_from(at).unwrap();
                memory.data_mut(&mut caller).unwrap()[at..at + 4].copy_from_slice(&value.to_le_bytes());
            })
            .unwrap();
        let mut store = Store::new(&engine);
        let instance = store.spawn(&linker.template(&module).unwrap(), ()).unwrap();
        let mut call = |name: &str| {
            let func = instance.typed_func::<(), i32>(&store, name).unwrap();
            func.call(&mut store, ()).map_err(|error| error.trap())
        };
        assert_eq!(call("host"), Ok(12), "{what}");
        assert_eq!(call("indirect"), Ok(6), "{what}");
        assert_eq!(call("refused"), Err(Some(Trap::OutOfBoundsMemoryAccess)), "{what}");
        assert_eq!(call("size"), Ok(3), "{what}");
        let value = instance.typed_func::<(), i64>(&store, "value").unwrap();
        assert_eq!(value.call(&mut store, ()).unwrap(), 0x7_0000_0000, "{what}");
        // From outside, between two calls.
        let memory = instance.memory(&store, "m").unwrap();
        assert_eq!(memory.grow(&mut store, 2).unwrap(), 4, "{what}");
        let last = (6 << 16) - 4;
        memory.data_mut(&mut store).unwrap()[last..].copy_from_slice(&[7, 0, 0, 0]);
        let size = instance.typed_func::<(), i32>(&store, "size").unwrap();
        assert_eq!(size.call(&mut store, ()).unwrap(), 6, "{what}");
        let read = instance.typed_func::<(), i32>(&store, "host").unwrap();
        assert_eq!(read.call(&mut store, ()).unwrap(), 12, "{what}");
        assert_eq!(memory.data(&store).unwrap()[last], 3, "{what}: the guest wrote behind the host");
    }
}

/// A start function grows the memory that its module's active segments were copied to.
#[test]
fn e1_growth_in_a_start_function() {
    let text = r#"(module (memory (export "m") 1 3) (data (i32.const 65535) "x") (start $s)
        (func $s (drop (memory.grow (i32.const 1))) (i32.store offset=1 (i32.const 65535) (i32.const 9))
            (i32.store8 offset=131071 (i32.const 0) (i32.load8_u (i32.const 65535)))))"#;
    for mode in MemoryMode::ALL {
        let (mut store, instance) = crate::spawn(&skep::Config::default().memory_mode(mode), text);
        let memory = instance.memory(&store, "m").unwrap();
        let data = memory.data_mut(&mut store).unwrap();
        assert_eq!((data.len(), data[65_536], data[131_071]), (131_072, 9, b'x'), "{mode:?}");
    }
}
