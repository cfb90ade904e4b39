//! What spawning and calling asks of the engine's types: nothing.

use std::sync::mpsc;
use std::time::Duration;

use super::Store;
use super::linker::Linker;
use crate::engine::{Config, Engine};
use crate::module::Module;

const MODULE: &str = r#"(module (type $t (func (result i32))) (import "env" "h" (func $h (param i64) (result i64)))
    (table (export "t") 2 funcref) (func $f (export "f") (type $t) (i32.const 6)) (elem (i32.const 0) $f)
    (func (export "call") (result i32) (drop (call $h (i64.const 1))) (call_indirect (type $t) (i32.const 0))))"#;

#[test]
fn s6_spawning_and_calling_take_no_lock_of_the_types() {
    let engine = Engine::new(&Config::default()).unwrap();
    let mut linker = Linker::new(&engine);
    linker.func("env", "h", |value: i64| value).unwrap();
    let template = linker.template(&Module::new(&engine, MODULE).unwrap()).unwrap();
    let mut store = Store::new(&engine);
    let (done, finished) = mpsc::channel();
    // In a thread, so that waiting for the lock is a failure and not the end of all tests.
    let work = move || {
        for n in 0..1000 {
            let instance = store.spawn(&template, n).unwrap();
            let call = instance.typed_func::<(), i32>(&store, "call").unwrap();
            assert_eq!(call.call(&mut store, ()).unwrap(), 6);
        }
        done.send(store.stats().instances).unwrap();
    };
    let instances = engine.with_types_locked(|| {
        std::thread::spawn(work);
        finished.recv_timeout(Duration::from_secs(60))
    });
    assert_eq!(instances, Ok(1000));
}
