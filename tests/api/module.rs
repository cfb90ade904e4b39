//! Modules: reflection, refusal, and the engine's types and code.

use crate::world::{World, text};
use skep::{Config, Engine, Error, ExternType, Feature, Features, Module, Store};

#[test]
fn imports_and_exports_are_listed_in_order() {
    let world = World::new();
    let module = world.module(
        r#"(module $named (import "a" "f" (func (param i32))) (memory (export "m") 1 2) (export "g" (func 0)))"#,
    );
    let imports: Vec<_> =
        module.imports().map(|import| format!("{}.{} {}", import.module, import.name, import.ty)).collect();
    assert_eq!(imports, ["a.f (func (param i32))"]);
    let exports: Vec<_> = module.exports().map(|export| format!("{} {}", export.name, export.ty)).collect();
    assert_eq!(exports, ["m (memory 1 2)", "g (func (param i32))"]);
    assert_eq!(module.name(), Some("named"));
    assert!(matches!(module.export("m"), Some(ExternType::Memory(_))));
    assert_eq!(module.export("x"), None);
}

#[test]
fn custom_sections_are_found_by_name() {
    let world = World::new();
    let mut bytes = wat::parse_str("(module)").unwrap();
    bytes.extend_from_slice(&[0, 6, 3, b'a', b'b', b'c', 1, 2]);
    let module = Module::new(&world.engine, bytes).unwrap();
    assert_eq!(module.custom_sections("abc").collect::<Vec<_>>(), [&[1, 2]]);
    assert_eq!(module.custom_sections("x").count(), 0);
}

#[test]
fn refused_modules_say_why_and_where() {
    let world = World::new();
    let check = |text_or_bytes: &[u8], part: &str| {
        let error = Module::new(&world.engine, text_or_bytes).unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    };
    check(b"(module (func (result i32)))", "type mismatch");
    check(b"(module", "expected `)`");
    check(b"\0asm\x01\0\0\0\x01", "unexpected end");
    check(b"", "");
    check(
        br#"(module (import "a" "g" (global $g (mut i32))) (global i32 (global.get $g)))"#,
        "constant expression required",
    );
    check(b"(module (func (v128.const i64x2 0 0) drop))", "simd");
}

#[test]
fn features_can_be_switched_off() {
    let features = Features::default().without(Feature::SignExtension);
    let engine = Engine::new(&Config::new().features(features)).unwrap();
    let error = Module::new(&engine, "(module (func (drop (i32.extend8_s (i32.const 0)))))").unwrap_err();
    assert!(error.to_string().contains("needs sign-extension"), "{error}");
}

#[test]
fn types_are_limited_and_known_ones_succeed_at_the_limit() {
    let engine = Engine::new(&Config::new().max_types(2)).unwrap();
    let two = "(module (type (func)) (type (func (param i32))))";
    assert_eq!(text(Module::new(&engine, two)), "ok");
    assert_eq!(
        text(Module::new(&engine, "(module (type (func (param i64))))")),
        "too many function types in a store"
    );
    assert_eq!(text(Module::new(&engine, two)), "ok");
}

#[test]
fn code_goes_with_the_last_that_needs_it() {
    let engine = Engine::new(&Config::new()).unwrap();
    let text = r#"(module (func (export "f") (result i32) (i32.const 1)))"#;
    drop(Module::new(&engine, text).unwrap());
    let stubs_only = engine.code_bytes();
    let module = Module::new(&engine, text).unwrap();
    let with_module = engine.code_bytes();
    assert!(with_module > stubs_only);
    let mut store = Store::<()>::new(&engine);
    let template = skep::Linker::new(&engine).template(&module).unwrap();
    let instance = store.spawn(&template, ()).unwrap();
    drop((module, template));
    assert_eq!(engine.code_bytes(), with_module);
    assert_ne!(store.stats().code_bytes, 0);
    store.free(instance, skep::Free::WhenUnreachable).unwrap();
    assert_eq!(store.stats().code_bytes, 0);
    assert_eq!(engine.code_bytes(), stubs_only);
}
