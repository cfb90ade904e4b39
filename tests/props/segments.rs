//! Applying active segments is the same as a start function that initialises from passive ones and drops them.
//!
//! Owns: modules in both forms. Does not know: how segments are applied.

use std::fmt::Write as _;

use skep::{Config, Engine, Error, Instance, Linker, MemoryMode, Module, Store, Table, Trap, Val};

use crate::random::{Random, cases};

const EXPORTER: &str = r#"(module (memory (export "m") 1) (table (export "t") 8 funcref)
    (func $old (result i32) (i32.const 7)) (elem (i32.const 0) $old $old $old $old $old $old $old $old)
    (data (i32.const 0) "UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU") (data (i32.const 65528) "UUUUUUUU"))"#;
const FUNCS: u32 = 4;

/// A number below `bound`.
fn below(random: &mut Random, bound: usize) -> u32 {
    u32::try_from(random.below(bound)).unwrap()
}

/// Segments: where each goes, and what it holds.
#[derive(Debug)]
struct Plan {
    elems: Vec<(u32, Vec<Option<u32>>)>,
    data: Vec<(u32, Vec<u8>)>,
}

impl Plan {
    fn new(random: &mut Random) -> Self {
        let item = |random: &mut Random| (random.below(5) > 0).then(|| below(random, 4));
        let elem = |random: &mut Random| {
            let at = match random.below(12) {
                0 => random.pick(&[8, 9, u32::MAX, 1 << 31]),
                _ => below(random, 8),
            };
            (at, (0..random.below(4)).map(|_| item(random)).collect())
        };
        let data = |random: &mut Random| {
            let at = match random.below(8) {
                0 => random.pick(&[65_536, 65_537, u32::MAX, 1 << 31]),
                1 => 65_528 + below(random, 8),
                _ => below(random, 30),
            };
            let len = random.below(6);
            (at, random.bytes(len))
        };
        let elems = (0..random.below(5)).map(|_| elem(random)).collect();
        Self { elems, data: (0..random.below(5)).map(|_| data(random)).collect() }
    }

    /// The module, with active segments or a start function; its exports initialise from each segment once more.
    fn text(&self, active: bool) -> String {
        let mut text =
            String::from(r#"(module (import "e" "t" (table 8 funcref)) (import "e" "m" (memory 1))"#);
        let mut start = String::new();
        for f in 0..FUNCS {
            write!(text, "(func $f{f} (result i32) (i32.const {}))", 100 + f).unwrap();
        }
        for (index, (at, items)) in self.elems.iter().enumerate() {
            let place = if active { format!("(table 0) (i32.const {at})") } else { String::new() };
            let items: Vec<String> = items
                .iter()
                .map(|item| item.map_or("(ref.null func)".into(), |f| format!("(ref.func $f{f})")))
                .collect();
            write!(text, "(elem {place} funcref {})", items.join(" ")).unwrap();
            let len = items.len();
            write!(
                start,
                "(table.init {index} (i32.const {at}) (i32.const 0) (i32.const {len})) (elem.drop {index})"
            )
            .unwrap();
            write!(text, "(func (export \"elem{index}\") (table.init {index} (i32.const 0) (i32.const 0) (i32.const 1)))").unwrap();
        }
        for (index, (at, bytes)) in self.data.iter().enumerate() {
            let place = if active { format!("(i32.const {at})") } else { String::new() };
            let hex: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
            write!(text, "(data {place} \"{hex}\")").unwrap();
            let len = bytes.len();
            write!(
                start,
                "(memory.init {index} (i32.const {at}) (i32.const 0) (i32.const {len})) (data.drop {index})"
            )
            .unwrap();
            write!(text, "(func (export \"data{index}\") (memory.init {index} (i32.const 0) (i32.const 0) (i32.const 1)))").unwrap();
        }
        if !active {
            write!(text, "(func $start {start}) (start $start)").unwrap();
        }
        text + ")"
    }
}

/// What can be seen afterwards: the trap if there was one, what each element returns, the bytes, whether segments are left.
type Outcome = (Option<Trap>, Vec<Option<i32>>, Vec<u8>, Vec<Option<Trap>>);

fn outcome(engine: &Engine, plan: &Plan, active: bool) -> Result<Outcome, Error> {
    let mut store = Store::new(engine);
    let mut linker = Linker::new(engine);
    let exporter = linker.spawn(&mut store, &Module::new(engine, EXPORTER)?, ())?;
    linker.instance(&store, "e", exporter)?;
    let spawned = linker.spawn(&mut store, &Module::new(engine, plan.text(active))?, ());
    let table = exporter.table(&store, "t")?;
    let elements = (0..8).map(|at| element(&mut store, table, at)).collect();
    let bytes = exporter.memory(&store, "m")?.data(&store)?;
    let bytes = [&bytes[..48], &bytes[bytes.len() - 16..]].concat();
    let (trap, left) = match spawned {
        Ok(instance) => (None, left(&mut store, instance, plan)),
        Err(error) => (Some(error.trap().expect("segments and starts only trap")), Vec::new()),
    };
    Ok((trap, elements, bytes, left))
}

fn element(store: &mut Store<()>, table: Table, at: u64) -> Option<i32> {
    let Val::FuncRef(Some(func)) = table.get(&*store, at).unwrap() else { return None };
    func.call(store, &[]).unwrap()[0].as_i32()
}

fn left(store: &mut Store<()>, instance: Instance, plan: &Plan) -> Vec<Option<Trap>> {
    let names = (0..plan.elems.len()).map(|index| format!("elem{index}"));
    let names = names.chain((0..plan.data.len()).map(|index| format!("data{index}")));
    names
        .map(|name| {
            let again = instance.typed_func::<(), ()>(&*store, &name).unwrap();
            again.call(store, ()).err().and_then(|error| error.trap())
        })
        .collect()
}

#[test]
fn active_segments_are_a_start_function_that_initialises_and_drops() {
    let mut random = Random::new(153);
    let mut traps = 0;
    let engines = MemoryMode::ALL.map(|mode| Engine::new(&Config::new().memory_mode(mode)).unwrap());
    let count = cases("SKEP_SEGMENT_CASES", 1_000);
    for case in 0..count {
        let plan = Plan::new(&mut random);
        let engine = &engines[random.below(2)];
        let active = outcome(engine, &plan, true).unwrap();
        let started = outcome(engine, &plan, false).unwrap();
        assert_eq!(active, started, "case {case}: {plan:?}");
        assert!(active.3.iter().all(Option::is_some), "case {case}: a segment is left after use: {plan:?}");
        traps += u64::from(active.0.is_some());
    }
    assert!(traps > count / 10 && traps < count * 9 / 10, "{traps} of {count} trap");
}
