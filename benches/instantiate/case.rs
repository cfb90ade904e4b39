//! The modules whose instances are made, one at a time or many at once, and what an instance of each writes.

use std::fmt::Write as _;

use skep::{Column, Engine, Error, Free, Instance, Linker, Module, Store, Template};

use crate::floor::{Floor, Written};

/// How instances come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// One at a time: each takes the place of the one before.
    Loop,
    /// Many live at once, spawned and freed one by one: they do not fit into the caches.
    Many,
    /// As many, by one call each.
    Batch,
}

impl Way {
    const ALL: [Self; 3] = [Self::Loop, Self::Many, Self::Batch];
    /// Instances of a batch.
    const MANY: usize = 10_000;

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Loop => "in a loop",
            Self::Many => "10000, one by one",
            Self::Batch => "10000, in a batch",
        }
    }

    const fn live(self) -> usize {
        match self {
            Self::Loop => 1,
            Self::Many | Self::Batch => Self::MANY,
        }
    }
}

/// A store that makes instances of one module, and its floor.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    /// How many instances are there at once.
    pub(crate) live: usize,
    /// How much longer a cycle takes than the cheapest, roughly: so many fewer are run.
    pub(crate) weight: usize,
    pub(crate) floor: Floor,
    store: Store<u64>,
    template: Template<u64>,
    /// What each instance does while it lives, if anything.
    touch: Option<Column<(), ()>>,
    answers: Vec<Result<(), Error>>,
    instances: Vec<Instance>,
}

impl Case {
    /// Spawns as many instances as are to be there at once, and frees them.
    pub(crate) fn live_and_die(&mut self) -> Result<(), Error> {
        if self.way == Way::Batch {
            let batch = self.store.spawn_batch(&self.template, 0..self.live as u64)?;
            self.touch(&batch)?;
            self.store.free_batch(&batch, Free::WhenUnreachable)?;
            return Ok(());
        }
        for n in 0..self.live {
            self.instances.push(self.store.spawn(&self.template, n as u64)?);
        }
        let instances = std::mem::take(&mut self.instances);
        self.touch(&instances)?;
        for &instance in &instances {
            self.store.free(instance, Free::WhenUnreachable)?;
        }
        self.instances = instances;
        self.instances.clear();
        Ok(())
    }

    fn touch(&mut self, instances: &[Instance]) -> Result<(), Error> {
        if let (Some(touch), [alone]) = (&self.touch, instances) {
            return touch.of(&self.store, *alone)?.call(&mut self.store, ());
        }
        if let Some(touch) = &self.touch {
            self.store.call_column(touch, instances, (), &mut self.answers);
            return self.answers.drain(..).collect();
        }
        Ok(())
    }
}

/// Every case.
pub(crate) fn all(engine: &Engine) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    for (name, text, weight, written) in modules() {
        let module = Module::new(engine, text)?;
        for way in Way::ALL {
            let live = way.live();
            let template = Linker::new(engine).template(&module)?;
            cases.push(Case {
                name,
                way,
                live,
                weight,
                floor: Floor::new(&written, live),
                store: Store::new(engine),
                touch: module.export("touch").map(|_| template.export("touch")).transpose()?,
                answers: Vec::with_capacity(live),
                template,
                instances: Vec::with_capacity(live),
            });
        }
    }
    Ok(cases)
}

/// Names of cases that goals are about.
pub(crate) const EMPTY: &str = "an empty module";
pub(crate) const TOUCHED: &str = "one page of memory, 8 KiB of it written";
pub(crate) const SMALL: &str = "3 functions";
pub(crate) const LARGE: &str = "1000 functions, a table of 500 elements";

/// Functions and elements of the case with a table.
const FUNCS: usize = 1_000;
const ELEMENTS: usize = 500;

/// A page of the system's.
const PAGE_BYTES: usize = 4096;

fn modules() -> Vec<(&'static str, String, usize, Written)> {
    let empty = Written::default();
    let page = "x".repeat(PAGE_BYTES);
    let beginning =
        format!(r#"(module (memory 1 1) (data (i32.const 0) "{page}") (data (i32.const 32768) "{page}"))"#);
    let fill = |at| format!("(memory.fill (i32.const {at}) (i32.const 7) (i32.const {PAGE_BYTES}))");
    let touching = format!(r#"(module (memory 1 1) (func (export "touch") {} {}))"#, fill(0), fill(32768));
    vec![
        (EMPTY, "(module)".into(), 1, empty),
        (
            "one page of memory",
            "(module (memory 1 1))".into(),
            5,
            Written { parts: true, memories: 1, ..empty },
        ),
        (TOUCHED, touching, 10, Written { parts: true, memories: 1, touched_bytes: 2 * PAGE_BYTES }),
        (
            "one page of memory, 8 KiB of data",
            beginning,
            10,
            Written { parts: true, memories: 1, touched_bytes: 2 * PAGE_BYTES },
        ),
        (SMALL, with_funcs(3, 0), 1, empty),
        (
            LARGE,
            with_funcs(FUNCS, ELEMENTS),
            10,
            // All instances share the table.
            Written { parts: true, ..empty },
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
