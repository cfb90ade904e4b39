//! Random graphs of instances that share memories, tables, globals and functions: what columns, `for_each` and visits make of
//! them is what calls one by one would make of them, on any number of threads.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use skep::{
    Caller, Column, Config, Engine, Error, Extern, Instance, Linker, MemoryMode, Module, Store, Template, Val,
};

/// Which things an instance imports from an earlier one, as bits.
const KINDS: usize = 4;
const VARIANTS: usize = 1 << KINDS;
const NAMES: [&str; KINDS] = ["m", "t", "g", "f"];

/// A module that imports what the bits of `variant` say, defines the rest, and exports all.
fn text(variant: usize) -> String {
    let imported = |kind: usize| variant & 1 << kind != 0;
    let item = |kind: usize, ty: &str, own: &str| match imported(kind) {
        true => format!(r#"(import "x" "{}" {ty})"#, NAMES[kind]),
        false => own.to_owned(),
    };
    // Imports come first.
    let mut items = [
        item(
            3,
            "(func $f (param i32) (result i32))",
            "(func $f (param i32) (result i32) (call $leaf (local.get 0)))",
        ),
        item(0, "(memory 1)", "(memory 1)"),
        item(1, "(table 4 funcref)", "(table 4 funcref)"),
        item(2, "(global $g (mut i64))", "(global $g (mut i64) (i64.const 5))"),
    ];
    items.sort_by_key(|item| !item.starts_with("(import"));
    format!(
        r#"(module (type $t (func (param i32) (result i32)))
            (import "env" "host" (func $host (param i32) (result i32)))
            {}
            (global $own (mut i32) (i32.const 1))
            (func $leaf (param i32) (result i32)
                (global.set $own (i32.add (i32.mul (global.get $own) (i32.const 31)) (local.get 0)))
                (global.get $own))
            (export "m" (memory 0)) (export "t" (table 0)) (export "g" (global $g)) (export "f" (func $f))
            (elem declare func $leaf)
            (func (export "run") (param $n i32) (result i32) (local $at i32)
                (local.set $at (i32.and (i32.shl (local.get $n) (i32.const 2)) (i32.const 252)))
                (global.set $g (i64.add (i64.mul (global.get $g) (i64.const 17)) (i64.extend_i32_s (local.get $n))))
                (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (call $f (local.get $n))))
                (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 3)))
                    (then (table.set (i32.and (local.get $n) (i32.const 3)) (ref.func $leaf))))
                (if (i32.eq (i32.rem_u (local.get $n) (i32.const 5)) (i32.const 1))
                    (then (drop (call_indirect (type $t) (local.get $n) (i32.and (local.get $n) (i32.const 3))))))
                (i32.add (call $host (local.get $n)) (i32.load (local.get $at)))))"#,
        items.join("\n")
    )
}

/// Engine and modules, shared by all cases of a memory mode.
struct Kit {
    engine: Engine,
    modules: Vec<Module>,
}

impl Kit {
    fn new(mode: MemoryMode) -> Self {
        let engine = Engine::new(&Config::new().memory_mode(mode)).unwrap();
        let modules = (0..VARIANTS).map(|variant| Module::new(&engine, text(variant)).unwrap()).collect();
        Self { engine, modules }
    }
}

/// An instance to be made: of which variant, and where its imports come from.
type Node = (usize, [prop::sample::Index; KINDS]);

/// Calls: of instances of one variant, each with a number.
type Step = (prop::sample::Index, Vec<(prop::sample::Index, u16)>, u8);

struct World {
    store: Store<u64>,
    many: Vec<Instance>,
    /// The instances of each variant that has one, with its column.
    columns: Vec<(Vec<Instance>, Column<i32, i32>)>,
}

impl World {
    fn new(kit: &Kit, graph: &[Node]) -> Self {
        let mut store = Store::new(&kit.engine);
        let mut many: Vec<Instance> = Vec::new();
        let mut of_variant: Vec<(Vec<Instance>, Option<Template<u64>>)> = vec![(Vec::new(), None); VARIANTS];
        for (variant, from) in graph {
            // The first has nobody to import from.
            let variant = if many.is_empty() { 0 } else { *variant };
            let mut linker = Linker::<u64>::new(&kit.engine);
            linker.func("env", "host", host).unwrap();
            for (kind, from) in from.iter().enumerate().filter(|_| !many.is_empty()) {
                let item = from.get(&many).export(&store, NAMES[kind]).unwrap().unwrap();
                linker.define("x", NAMES[kind], item);
            }
            let template = linker.template_in(&store, &kit.modules[variant]).unwrap();
            let instance = store.spawn(&template, many.len() as u64).unwrap();
            many.push(instance);
            of_variant[variant].0.push(instance);
            of_variant[variant].1 = Some(template);
        }
        let columns = of_variant.into_iter().filter_map(|(many, template)| {
            let column = template?.export("run").unwrap();
            // So that threads are used.
            column.expect_cost(Duration::from_millis(1));
            Some((many, column))
        });
        let columns = columns.collect();
        Self { store, many, columns }
    }

    /// The lanes of a step, and the column they are of.
    fn lanes(&self, (variant, lanes, _): &Step) -> (Column<i32, i32>, Vec<(Instance, i32)>) {
        let (many, column) = variant.get(&self.columns);
        (column.clone(), lanes.iter().map(|(lane, n)| (*lane.get(many), i32::from(*n))).collect())
    }

    /// All that a guest or host can see.
    fn state(&self) -> u64 {
        let mut hash = DefaultHasher::new();
        for &instance in &self.many {
            self.store.data(instance).unwrap().hash(&mut hash);
            instance.exit_code(&self.store).unwrap().hash(&mut hash);
            for (name, item) in instance.exports(&self.store).unwrap() {
                name.hash(&mut hash);
                match item {
                    Extern::Memory(memory) => memory.data(&self.store).unwrap().hash(&mut hash),
                    Extern::Global(global) => {
                        format!("{:?}", global.get(&self.store).unwrap()).hash(&mut hash);
                    }
                    Extern::Table(table) => {
                        for at in 0..table.size(&self.store).unwrap() {
                            let Val::FuncRef(func) = table.get(&self.store, at).unwrap() else {
                                unreachable!()
                            };
                            // But for the store.
                            func.map(|func| func.to_bits() & !(0xFFFF_FFFF << 64)).hash(&mut hash);
                        }
                    }
                    Extern::Func(_) => {}
                }
            }
        }
        hash.finish()
    }
}

/// Counts, and fails in each way now and then.
fn host(mut caller: Caller<'_, u64>, n: i32) -> Result<i32, Error> {
    *caller.data_mut() = caller.data().wrapping_mul(7).wrapping_add(n.cast_unsigned().into());
    match n % 23 {
        4 => Err(Error::host("no")),
        9 if n > 40_000 => Err(caller.exit(n.cast_unsigned())),
        11 => {
            let f = caller.func("f")?.typed::<i32, i32>(&caller)?;
            f.call(&mut caller, n)
        }
        _ => Ok(n),
    }
}

fn one_by_one(world: &mut World, step: &Step) -> Vec<Result<i32, Error>> {
    let (_, lanes) = world.lanes(step);
    let store = &mut world.store;
    let call = |(instance, n): (Instance, i32)| {
        instance.typed_func::<i32, i32>(&*store, "run")?.call(&mut *store, n)
    };
    lanes.into_iter().map(call).collect()
}

/// The same by each of the ways to serve many.
fn at_once(world: &mut World, step: &Step) -> Vec<Result<i32, Error>> {
    let (column, lanes) = world.lanes(step);
    let instances: Vec<_> = lanes.iter().map(|(instance, _)| *instance).collect();
    let store = &mut world.store;
    let mut answers = Vec::new();
    match step.2 % 2 {
        0 => store.call_lanes(&column, &lanes, &mut answers),
        _ => {
            let visit = |lane: usize, caller: &mut Caller<'_, u64>| {
                let run = caller.func("run")?.typed::<i32, i32>(&*caller)?;
                run.call(caller, lanes[lane].1)
            };
            store.visit(&instances, visit, &mut answers);
        }
    }
    answers
}

/// A step whose lanes all have the argument of the first.
fn with_one_argument(step: &Step) -> Step {
    let n = step.1.first().map_or(0, |lane| lane.1);
    (step.0, step.1.iter().map(|(lane, _)| (*lane, n)).collect(), step.2)
}

/// The same by the ways that have one argument for all.
fn for_each(world: &mut World, step: &Step) -> Vec<Result<i32, Error>> {
    let (column, lanes) = world.lanes(step);
    let instances: Vec<_> = lanes.iter().map(|(instance, _)| *instance).collect();
    let n = lanes.first().map_or(0, |lane| lane.1);
    let mut answers = Vec::new();
    if step.2.is_multiple_of(2) {
        world.store.call_column(&column, &instances, n, &mut answers);
        return answers;
    }
    let told = Mutex::new(Vec::new());
    world.store.for_each(&column, &instances, n, |lane, instance, answer| {
        told.lock().unwrap().push((lane, instance, answer));
    });
    let mut told = told.into_inner().unwrap();
    told.sort_by_key(|(lane, ..)| *lane);
    assert!(
        told.iter().enumerate().all(|(at, (lane, instance, _))| at == *lane && *instance == instances[at])
    );
    told.into_iter().map(|(.., answer)| answer).collect()
}

fn words(answers: Vec<Result<i32, Error>>) -> Vec<String> {
    answers
        .into_iter()
        .map(|answer| answer.map_or_else(|error| format!("{error:?}"), |n| n.to_string()))
        .collect()
}

fn check(kit: &Kit, threads: usize, graph: &[Node], steps: &[Step]) -> Result<(), TestCaseError> {
    let (mut a, mut b) = (World::new(kit, graph), World::new(kit, graph));
    // Handles and errors name the store.
    let anonymous = |world: &World, words: Vec<String>| -> Vec<String> {
        let id = format!("@{}", world.many[0].to_bits() >> 64 & 0xFFFF_FFFF);
        words.into_iter().map(|word| word.replace(&id, "@")).collect()
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for step in steps {
        let (many, one) = if step.2 & 2 == 0 {
            (pool.install(|| at_once(&mut a, step)), one_by_one(&mut b, step))
        } else {
            let step = with_one_argument(step);
            (pool.install(|| for_each(&mut a, &step)), one_by_one(&mut b, &step))
        };
        prop_assert_eq!(anonymous(&a, words(many)), anonymous(&b, words(one)), "on {} threads", threads);
        prop_assert_eq!(a.store.stats(), b.store.stats());
    }
    a.store.check_invariants().unwrap();
    let hashes = [a.state(), b.state()];
    prop_assert_eq!(hashes[0], hashes[1]);
    Ok(())
}

fn index() -> impl Strategy<Value = prop::sample::Index> {
    any::<prop::sample::Index>()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_graph_is_served_as_one_by_one(
        graph in prop::collection::vec((
            prop_oneof![2 => Just(0), 1 => 0..VARIANTS],
            [index(), index(), index(), index()],
        ), 1..40),
        steps in prop::collection::vec(
            (index(), prop::collection::vec((index(), any::<u16>()), 0..80), any::<u8>()),
            1..6,
        ),
    ) {
        for mode in MemoryMode::ALL {
            let kit = Kit::new(mode);
            for threads in [1, 2, 8] {
                check(&kit, threads, &graph, &steps)?;
            }
        }
    }
}
