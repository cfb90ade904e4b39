//! The store as a state machine: random operations on it and on a naive one must have the same effects.
//!
//! | file | about |
//! |---|---|
//! | `ops` | the operations |
//! | `family` | the guests |
//! | `naive`, `calls` | the naive store; what guests compute in it |
//! | `machine`, `world` | what sequences share; both stores, side by side |
//! | `link`, `rows` | imports; what the host does with rows |
//! | `check`, `strange` | what must hold between operations; handles that no row has |
//!
//! `SKEP_MODEL_CASES` sets the number of sequences, `SKEP_MODEL_OPS` their greatest length, `SKEP_MODEL_SEED` where they begin.
//! By hand: `SKEP_MODEL_CASES=100000 SKEP_MODEL_OPS=200 cargo test --release --test props model::`.

mod calls;
mod check;
mod family;
mod link;
mod machine;
mod naive;
mod ops;
mod rows;
mod strange;
mod world;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::random::{Random, cases};
use machine::Machine;
use ops::Op;
use world::{Fault, Strangers, World};

/// Does a sequence of operations. When the store is closed, the next one takes its place after a few more, and handles of the
/// old one are foreign.
fn run(machine: &mut Machine, ops: &[Op]) -> Result<(), Fault> {
    let mut strangers = None;
    let mut world = World::new(machine);
    let mut after_close = 0;
    for (at, op) in ops.iter().enumerate() {
        let told = |fault| format!("operation {at}, {op:?}: {fault}");
        step(&mut world, op, strangers.as_ref()).map_err(told)?;
        world.check().map_err(told)?;
        after_close += u32::from(world.model.closed.is_some());
        if after_close > 3 {
            after_close = 0;
            strangers = world.strangers().or(strangers);
            world = world.renew();
        }
    }
    for inst in 0..world.insts.len() {
        world.call_elements(inst)?;
    }
    world.close(1)?;
    world.check()
}

fn step(world: &mut World<'_>, op: &Op, strangers: Option<&Strangers>) -> Result<(), Fault> {
    match *op {
        Op::Compile { valid } => world.compile(valid),
        Op::Spawn { shape, ending, name, picks } => world.spawn((shape, ending), name, picks),
        Op::Respawn { template, name } => world.respawn(template, name),
        Op::Call { inst, fun, numbers, f } => world.call(inst, fun, numbers, f),
        Op::CallElements { inst } => world.inst(inst).map_or(Ok(()), |(inst, _)| world.call_elements(inst)),
        Op::CallFunc { f, standing_for } => world.call_func(f, standing_for),
        Op::CallTyped { which } => world.call_typed(which),
        Op::OnMemory { mem, what, at, byte, from } => world.memory_op((mem, from), what, at, byte),
        Op::OnTable { tab, what, at, f, from } => world.table_op((tab, from), what, at, f),
        Op::OnGlobal { glob, get, number, f } => world.global_op(glob, get, number, f),
        Op::Make { kind, size, f } => world.make(kind, size, f),
        Op::FreeRow { kind, which } => world.free_row(kind, which),
        Op::Gift { inst, f } => world.gift(inst, f),
        Op::Register { name, inst } => world.register(name, inst),
        Op::Unregister { name } => world.unregister(name),
        Op::Exit { inst, code } => world.exit(inst, code),
        Op::Free { inst, now, twice } => world.free(inst, now, twice),
        Op::Collect => world.collect(),
        Op::Close { code } => world.close(code.into()),
        Op::Importers { inst } => world.importers(inst),
        Op::Forged { what, bits, whole } => world.forged(what, bits, whole),
        Op::Foreign { what } => strangers.map_or(Ok(()), |strangers| world.foreign(what, strangers)),
    }
}

#[test]
fn a_store_is_what_a_naive_store_is() {
    let cases = cases("SKEP_MODEL_CASES", 4_000);
    let len = usize::try_from(crate::random::cases("SKEP_MODEL_OPS", 50)).unwrap();
    let seed = crate::random::cases("SKEP_MODEL_SEED", 1);
    let mut machines = Machine::all();
    let share = u32::try_from(cases).unwrap().div_ceil(u32::try_from(machines.len()).unwrap());
    for (at, machine) in machines.iter_mut().enumerate() {
        let config =
            Config { cases: share, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
        let bytes = Random::new(seed * 100 + at as u64).bytes(32);
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let machine = std::cell::RefCell::new(machine);
        let result = runner.run(&ops::sequences(len), |ops| {
            run(&mut machine.borrow_mut(), &ops).map_err(TestCaseError::fail)
        });
        match result {
            Ok(()) => {}
            Err(TestError::Fail(why, ops)) => {
                let lines: Vec<String> = ops.iter().map(|op| format!("    {op:?}")).collect();
                panic!("machine {at}: {why}\n{}", lines.join("\n"));
            }
            Err(other) => panic!("machine {at}: {other}"),
        }
    }
}
