//! The modules whose instances are made, one at a time or many at once, and what an instance of each writes.

use std::fmt::Write as _;

use skep::{Engine, Error, Free, Instance, Linker, Module, Store, Template};

use crate::floor::{Floor, Written};

/// A store that makes instances of one module, and its floor.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// How many instances are there at once: 1 uses the same places again, many do not fit into the caches.
    pub(crate) live: usize,
    /// How much longer a cycle takes than the cheapest, roughly: so many fewer are run.
    pub(crate) weight: usize,
    pub(crate) floor: Floor,
    store: Store<u64>,
    template: Template<u64>,
    instances: Vec<Instance>,
}

impl Case {
    /// Spawns as many instances as are to be there at once, and frees them.
    pub(crate) fn live_and_die(&mut self) -> Result<(), Error> {
        for n in 0..self.live {
            self.instances.push(self.store.spawn(&self.template, n as u64)?);
        }
        for instance in self.instances.drain(..) {
            self.store.free(instance, Free::WhenUnreachable)?;
        }
        Ok(())
    }
}

/// One instance at once, or many.
const LIVE: [usize; 2] = [1, 1_000];

/// Every case.
pub(crate) fn all(engine: &Engine) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    for (name, text, weight, written) in modules() {
        let module = Module::new(engine, text)?;
        for live in LIVE {
            cases.push(Case {
                name,
                live,
                weight,
                floor: Floor::new(&written, live),
                store: Store::new(engine),
                template: Linker::new(engine).template(&module)?,
                instances: Vec::with_capacity(live),
            });
        }
    }
    Ok(cases)
}

/// Functions and elements of the case with a table.
const FUNCS: usize = 1_000;
const ELEMENTS: usize = 500;

/// Bytes that the case with a memory touches: a page of the system's.
const TOUCHED_BYTES: usize = 4096;

fn modules() -> Vec<(&'static str, String, usize, Written)> {
    let empty = Written::default();
    let data = "x".repeat(TOUCHED_BYTES);
    let touching = format!(r#"(module (memory 1) (data (i32.const 0) "{data}"))"#);
    vec![
        ("an empty module", "(module)".into(), 1, empty),
        ("a memory of one page", "(module (memory 1))".into(), 20, Written { memories: 1, ..empty }),
        (
            "a memory of one page, 4 KiB of it touched",
            touching,
            20,
            Written { memories: 1, touched_bytes: TOUCHED_BYTES, ..empty },
        ),
        ("a hundred functions, none a value", with_funcs(100, 0), 1, empty),
        (
            "1000 functions, a table of 500 elements",
            with_funcs(FUNCS, ELEMENTS),
            10,
            Written { tables: 1, elements: ELEMENTS, ..empty },
        ),
    ]
}

fn with_funcs(funcs: usize, elements: usize) -> String {
    let mut text = String::from("(module");
    for n in 0..funcs {
        let _ = write!(text, "(func $f{n} (result i32) (i32.const {n}))");
    }
    if elements > 0 {
        let _ = write!(text, "(table {elements} funcref) (elem (i32.const 0)");
        for n in 0..elements {
            let _ = write!(text, " $f{n}");
        }
        text.push(')');
    }
    text.push(')');
    text
}
