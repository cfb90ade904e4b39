//! C2: at a limit all is well, one over it is refused with a message.

use skep::{Config, Engine, Error, MemoryMode, Module};

/// A number as it is in a binary.
fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7F).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

/// A section of a module in binary, of one item many times.
fn section(id: u8, count: usize, item: &[u8]) -> Vec<u8> {
    let content = [leb(count), item.repeat(count)].concat();
    [vec![id], leb(content.len()), content].concat()
}

/// A module in binary whose only function, `f`, is of a type and has this code.
fn function(ty: &[u8], code: &[u8]) -> Vec<u8> {
    let body = [&[0], code, &[0x0B]].concat();
    let body = [leb(body.len()), body].concat();
    binary(&[section(1, 1, ty), section(3, 1, &[0]), section(7, 1, &[1, b'f', 0, 0]), section(10, 1, &body)])
}

/// A module in binary.
fn binary(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0", &sections.concat()[..]].concat()
}

/// Compiles both; the second is refused with a text that has this in it.
fn check(at: impl AsRef<[u8]>, over: impl AsRef<[u8]>, message: &str) {
    let (at, over) = (at.as_ref(), over.as_ref());
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
    check(wat(50_000), wat(50_001), "too many locals");
}

#[test]
fn c2_parameters_and_results() {
    let params = |count: usize| format!("(module (func (param {})))", " i32".repeat(count));
    check(params(1_000), params(1_001), "params");
    let results = |count: usize| {
        format!("(module (func (result {}) {}))", " i32".repeat(count), "(i32.const 0)".repeat(count))
    };
    check(results(1_000), results(1_001), "return");
}

#[test]
fn c2_targets_of_a_jump_table() {
    let wat = |count: usize| {
        format!("(module (func (param i32) (br_table{} 0 (local.get 0))))", " 0".repeat(count))
    };
    check(wat(65_520), wat(65_521), "br_table");
}

#[test]
fn c2_bytes_of_a_body() {
    // Besides the nops there are the count of local declarations and `end`.
    let module = |bytes: usize| function(&[0x60, 0, 0], &vec![0x01; bytes - 2]);
    check(module(7_654_321), module(7_654_322), "size");
}

#[test]
fn c2_segments() {
    let data = |count: usize| binary(&[section(11, count, &[1, 0])]);
    check(data(100_000), data(100_001), "data");
    let elem = |count: usize| binary(&[section(9, count, &[1, 0, 0])]);
    check(elem(100_000), elem(100_001), "elem");
}

#[test]
fn c2_types() {
    let module = |count: usize| binary(&[section(1, count, &[0x60, 0, 0])]);
    check(module(1_000_000), module(1_000_001), "types");
}

#[test]
fn c2_functions() {
    let module = |count: usize| {
        binary(&[section(1, 1, &[0x60, 0, 0]), section(3, count, &[0]), section(10, count, &[2, 0, 0x0B])])
    };
    check(module(1_000_000), module(1_000_001), "functions");
}

#[test]
fn c2_globals() {
    let module = |count: usize| binary(&[section(6, count, &[0x7F, 1, 0x41, 0, 0x0B])]);
    check(module(1_000_000), module(1_000_001), "globals");
}

/// Values on the operand stack have no limit of their own: the frame's size fits, or the function is refused.
#[test]
fn c2_a_million_values_on_the_stack() {
    let module = |count: usize| {
        let code = [[0x20, 0].repeat(count), [0x6A].repeat(count - 1)].concat();
        function(&[0x60, 1, 0x7F, 1, 0x7F], &code)
    };
    for mode in MemoryMode::ALL {
        let config = Config::default().memory_mode(mode);
        let (mut store, instance) = crate::spawn(&config, module(20_000));
        let func = instance.typed_func::<i32, i32>(&store, "f").unwrap();
        assert_eq!(func.call(&mut store, 3).unwrap(), 60_000, "{mode:?}");
        let (mut store, instance) = crate::spawn(&config, module(1_000_000));
        let func = instance.typed_func::<i32, i32>(&store, "f").unwrap();
        let found = func.call(&mut store, 3).map_err(|error| error.trap());
        assert_eq!(found, Err(Some(skep::Trap::CallStackExhausted)), "{mode:?}");
    }
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
