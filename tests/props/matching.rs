//! Which imports match: random types, linked through the public linker, against the rule of the standard written down once more.
//!
//! Owns: that rule. Does not know: the texts of the errors.

use skep::{
    Config, Engine, Error, Extern, ExternType, Func, FuncType, Global, GlobalType, Linker, Memory,
    MemoryMode, MemoryType, Module, RefType, Store, Table, TableType, Val, ValType,
};

use crate::random::{Random, cases};

/// The rule: what an import says, and what is there now.
fn import_ok(expected: &ExternType, found: &ExternType) -> bool {
    match (expected, found) {
        (ExternType::Func(expected), ExternType::Func(found)) => expected == found,
        (ExternType::Global(expected), ExternType::Global(found)) => expected == found,
        (ExternType::Memory(expected), ExternType::Memory(found)) => {
            let same = expected.shared == found.shared && expected.index64 == found.index64;
            same && limits_ok(
                (expected.limits.min, expected.limits.max),
                (found.limits.min, found.limits.max),
            )
        }
        (ExternType::Table(expected), ExternType::Table(found)) => {
            let same = expected.element == found.element && expected.index64 == found.index64;
            same && limits_ok(
                (expected.limits.min, expected.limits.max),
                (found.limits.min, found.limits.max),
            )
        }
        _ => false,
    }
}

fn limits_ok((min, max): (u64, Option<u64>), (size, size_max): (u64, Option<u64>)) -> bool {
    min <= size && max.is_none_or(|max| size_max.is_some_and(|size_max| size_max <= max))
}

const TYPES: [ValType; 6] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::FuncRef, ValType::ExternRef];

fn types(random: &mut Random) -> Vec<ValType> {
    (0..random.below(3)).map(|_| random.pick(&TYPES)).collect()
}

/// A type of a kind: 0 a function, 1 a global, 2 a table, 3 a memory.
fn random_type(random: &mut Random, kind: usize) -> ExternType {
    let min = random.below(4) as u64;
    let max = match random.below(4) {
        0 => None,
        1 => Some(65536),
        _ => Some(min + random.below(3) as u64),
    };
    match kind {
        0 => ExternType::Func(FuncType::new(types(random), types(random))),
        1 => ExternType::Global(GlobalType { content: random.pick(&TYPES), mutable: random.below(2) == 0 }),
        2 => {
            let mut ty = TableType::new(random.pick(&[RefType::Func, RefType::Extern]), min, max);
            ty.index64 = random.below(8) == 0;
            ExternType::Table(ty)
        }
        _ => {
            let mut ty = MemoryType::new(min, max);
            ty.index64 = random.below(8) == 0;
            ty.shared = max.is_some() && random.below(8) == 0;
            ExternType::Memory(ty)
        }
    }
}

/// Something of this type, made by the host and perhaps grown since; and its type now.
fn make(store: &mut Store<()>, ty: &ExternType, growth: u64) -> Result<(Extern, ExternType), Error> {
    let mut now = ty.clone();
    let item = match &mut now {
        ExternType::Func(ty) => Extern::Func(Func::host_new(store, ty.clone(), |_, _, _| Ok(()))?),
        ExternType::Global(ty) => Extern::Global(Global::new(store, *ty, Val::default_of(ty.content))?),
        ExternType::Table(ty) => {
            let table = Table::new(store, *ty, Val::null(ty.element))?;
            // Whether it can grow is not the question here.
            let _ = table.grow(store, growth, Val::null(ty.element));
            ty.limits.min = table.size(store)?;
            Extern::Table(table)
        }
        ExternType::Memory(ty) => {
            let memory = Memory::new(store, *ty)?;
            let _ = memory.grow(store, growth);
            ty.limits.min = memory.size(store)?;
            Extern::Memory(memory)
        }
        ExternType::Tag(_) => unreachable!("no tags are made"),
    };
    Ok((item, now))
}

#[test]
fn imports_match_by_the_rule_of_the_standard() {
    let mut random = Random::new(152);
    let mut counts = [0, 0];
    let engines = MemoryMode::ALL.map(|mode| Engine::new(&Config::new().memory_mode(mode)).unwrap());
    for case in 0..cases("SKEP_MATCHING_CASES", 4_000) {
        let engine = &engines[random.below(2)];
        let kind = random.below(4);
        let expected = random_type(&mut random, kind);
        // Types of proposals that are not supported are no types of imports.
        let Ok(module) = Module::new(engine, format!(r#"(module (import "a" "b" {expected}))"#)) else {
            continue;
        };
        let found = match random.below(8) {
            0 => {
                let kind = random.below(4);
                random_type(&mut random, kind)
            }
            1..=3 => expected.clone(),
            _ => random_type(&mut random, kind),
        };
        let mut store = Store::new(engine);
        let (item, now) = make(&mut store, &found, random.below(3) as u64).unwrap();
        let mut linker = Linker::<()>::new(engine);
        linker.define("a", "b", item);
        let linked = linker.template_in(&store, &module);
        let matches = import_ok(&expected, &now);
        assert_eq!(linked.is_ok(), matches, "case {case}: {expected} from {now}: {:?}", linked.err());
        if let Err(error) = &linked {
            assert!(
                matches!(error, Error::Link(all) if !all.errors[0].cause.is_unknown()),
                "case {case}: {error}"
            );
        }
        counts[usize::from(matches)] += 1;
    }
    assert!(counts.iter().all(|count| *count > 500), "both outcomes: {counts:?}");
}
