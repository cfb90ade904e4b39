//! C2: at a limit all is well, one over it is refused with a message.

use skep::{Config, Engine, Error, MemoryMode, Module};

/// Compiles both; the second is refused with a text that has this in it.
fn check(at: &str, over: &str, message: &str) {
    for mode in MemoryMode::ALL {
        let engine = Engine::new(&Config::default().memory_mode(mode)).unwrap();
        if let Err(error) = Module::new(&engine, at) {
            panic!("{message}, at the limit: {error}");
        }
        let error = Module::new(&engine, over).err();
        let text = error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(
            matches!(error, Some(Error::Invalid(_) | Error::Limit(_))),
            "{message}, over the limit: {text}"
        );
        assert!(text.contains(message), "{text}");
    }
}

#[test]
fn c2_locals() {
    let wat = |count: usize| format!("(module (func (local {})))", " i64".repeat(count));
    check(&wat(50_000), &wat(50_001), "too many locals");
}

#[test]
fn c2_parameters_and_results() {
    let params = |count: usize| format!("(module (func (param {})))", " i32".repeat(count));
    check(&params(1_000), &params(1_001), "params");
    let results = |count: usize| {
        format!("(module (func (result {}) {}))", " i32".repeat(count), "(i32.const 0)".repeat(count))
    };
    check(&results(1_000), &results(1_001), "return");
}

#[test]
fn c2_targets_of_a_jump_table() {
    let wat = |count: usize| {
        format!("(module (func (param i32) (br_table{} 0 (local.get 0))))", " 0".repeat(count))
    };
    check(&wat(65_520), &wat(65_521), "br_table");
}

#[test]
fn c2_bytes_of_a_body() {
    // Besides the nops there are the count of local declarations and `end`.
    let wat = |bytes: usize| format!("(module (func {}))", "nop ".repeat(bytes - 2));
    check(&wat(7_654_321), &wat(7_654_322), "size");
}

#[test]
fn c2_segments() {
    let wat = |count: usize| format!("(module (memory 0){})", "(data \"\")".repeat(count));
    check(&wat(100_000), &wat(100_001), "data");
    let wat = |count: usize| format!("(module{})", "(elem func)".repeat(count));
    check(&wat(100_000), &wat(100_001), "elem");
}

#[test]
fn c2_elements_of_a_table() {
    let engine = Engine::new(&Config::default()).unwrap();
    let spawn = |size: u64| {
        let module = Module::new(&engine, format!("(module (table {size} funcref))")).unwrap();
        let mut store = skep::Store::new(&engine);
        let template = skep::Linker::new(&engine).template(&module).unwrap();
        store.spawn(&template, ()).map(drop)
    };
    spawn(10_000_000).unwrap();
    assert!(matches!(spawn(10_000_001), Err(Error::Limit(_))));
    assert!(matches!(spawn(0xFFFF_FFFF), Err(Error::Limit(_))));
}
