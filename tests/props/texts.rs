//! The same failing input has the same text, byte by byte, however often it is tried.
//!
//! Owns: inputs that fail in many ways at once. Does not know: which texts are right.

use std::fmt::Write as _;

use skep::{Config, Engine, Error, Linker, Module, Store};

use crate::random::Random;

const RUNS: usize = 200;
const ITEMS: [&str; 6] = [
    "(func (param i32) (result f32))",
    "(func)",
    "(memory 3 9)",
    "(table 5 externref)",
    "(global (mut f64))",
    "(global i64)",
];

/// A module with many imports that are missing, nearly named, or of another type.
fn imports(random: &mut Random) -> String {
    let mut text = String::from("(module");
    for _ in 0..2 + random.below(8) {
        let (module, name) = (random.below(6), random.below(8));
        // One memory is all that a module may have.
        let item = random.pick(if text.contains("memory") { &ITEMS[3..] } else { &ITEMS });
        write!(text, "(import \"module{module}\" \"item{name}\" {item})").unwrap();
    }
    text + ")"
}

/// Definitions whose names are near to those.
fn linker(engine: &Engine, seed: u64) -> Linker<()> {
    let mut random = Random::new(seed);
    let mut linker = Linker::new(engine);
    for _ in 0..20 {
        let (module, name) = (random.below(9), random.below(99));
        let (module, name) = (format!("module{module}"), format!("item{name}"));
        if random.below(2) == 0 {
            linker.func(&module, &name, || ()).unwrap();
        } else {
            linker.func(&module, &name, |n: i64| n).unwrap();
        }
    }
    linker
}

/// Tries an input in a store of its own, with a linker of its own. Some names of the store are near too.
fn text(engine: &Engine, seed: u64, input: &str) -> String {
    let attempt = || -> Result<(), Error> {
        let mut store = Store::new(engine);
        let named =
            Linker::new(engine).template(&Module::new(engine, "(module (func (export \"item77\")))")?)?;
        for name in ["module1", "modula2", "nodule3", "module10"] {
            store.spawn_named(name, &named, ())?;
        }
        let module = Module::new(engine, input)?;
        linker(engine, seed).spawn(&mut store, &module, ()).map(|_| ())
    };
    let error = attempt().expect_err(input);
    // A trap's long form names its instance, and so its store.
    if error.trap().is_some() { error.to_string() } else { format!("{error}\n{error:#}\n{error:?}") }
}

fn check(engine: &Engine, seed: u64, input: &str) {
    let first = text(engine, seed, input);
    assert!(!first.is_empty());
    for _ in 1..RUNS {
        assert_eq!(text(engine, seed, input), first, "{input}");
    }
}

#[test]
fn the_same_failing_input_has_the_same_text_200_times() {
    let engine = Engine::new(&Config::new()).unwrap();
    let mut random = Random::new(157);
    for seed in 0..10 {
        check(&engine, seed, &imports(&mut random));
    }
    for input in [
        "(module (func (result i32)))",
        r#"(module (func (export "a")) (func (export "a")))"#,
        r#"(module (table 1 funcref) (func $f) (elem (i32.const 0) $f) (elem (i32.const 1) $f) (memory 1) (data (i32.const 65536) "x"))"#,
        r#"(module (memory 1) (data (i32.const 0) "x") (data (i32.const 65536) "x") (data (i32.const 65537) "x"))"#,
        r#"(module (func $f (export "z") (export "b") (export "y") (unreachable)) (start $f))"#,
    ] {
        check(&engine, 1, input);
    }
}
