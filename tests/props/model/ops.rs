//! The operations of the state machine. Each names things by numbers that are taken modulo what there is, so every subsequence of
//! a sequence means something: that is what makes shrinking work.
//!
//! Owns: the operations and how often each is drawn. Does not know: what they do.

use proptest::collection::vec;
use proptest::prelude::*;

/// Names in a store. The first is where modules with `@` import from; the last is never found.
pub(crate) const NAMES: [&str; 4] = ["a", "b", "c", ""];

/// Kinds of rows that the host makes and frees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Table,
    Number,
    Refs,
    Konst,
    Func,
}

const KINDS: [Kind; 6] = [Kind::Memory, Kind::Table, Kind::Number, Kind::Refs, Kind::Konst, Kind::Func];

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Compile {
        valid: bool,
    },
    Spawn {
        shape: u8,
        ending: u8,
        name: Option<u8>,
        picks: [u8; 6],
    },
    /// From a template that was used before.
    Respawn {
        template: u8,
        name: Option<u8>,
    },
    /// An exported function by name.
    Call {
        inst: u8,
        fun: u8,
        numbers: [u8; 3],
        f: u8,
    },
    /// All elements of an instance's table, by indirect calls.
    CallElements {
        inst: u8,
    },
    /// A function value.
    CallFunc {
        f: u8,
        standing_for: Option<u8>,
    },
    /// A typed function that was looked up when its instance was spawned.
    CallTyped {
        which: u8,
    },
    OnMemory {
        mem: u8,
        what: u8,
        at: u8,
        byte: u8,
        from: u8,
    },
    OnTable {
        tab: u8,
        what: u8,
        at: u8,
        f: u8,
        from: u8,
    },
    OnGlobal {
        glob: u8,
        get: bool,
        number: u8,
        f: u8,
    },
    Make {
        kind: Kind,
        size: u8,
        f: u8,
    },
    FreeRow {
        kind: Kind,
        which: u8,
    },
    Gift {
        inst: u8,
        f: u8,
    },
    Register {
        name: u8,
        inst: u8,
    },
    Unregister {
        name: u8,
    },
    Exit {
        inst: u8,
        code: u8,
    },
    Free {
        inst: u8,
        now: bool,
        twice: bool,
    },
    Collect,
    Close {
        code: u8,
    },
    /// Who imports from an instance.
    Importers {
        inst: u8,
    },
    /// A handle of another store.
    Foreign {
        what: u8,
    },
    /// A handle that no store gave out.
    Forged {
        what: u8,
        bits: [u64; 2],
        whole: bool,
    },
}

/// Sequences of up to `len` operations.
pub(crate) fn sequences(len: usize) -> impl Strategy<Value = Vec<Op>> {
    vec(op(), len.min(1)..=len)
}

fn op() -> impl Strategy<Value = Op> {
    let n = any::<u8>;
    let name = || prop_oneof![3 => Just(None), 2 => n().prop_map(Some)];
    let ending = prop_oneof![5 => Just(0_u8), 2 => n()];
    let kind = proptest::sample::select(&KINDS[..]);
    prop_oneof![
        1 => any::<bool>().prop_map(|valid| Op::Compile { valid }),
        20 => (n(), ending, name(), any::<[u8; 6]>())
            .prop_map(|(shape, ending, name, picks)| Op::Spawn { shape, ending, name, picks }),
        4 => (n(), name()).prop_map(|(template, name)| Op::Respawn { template, name }),
        40 => (n(), n(), any::<[u8; 3]>(), n()).prop_map(|(inst, fun, numbers, f)| Op::Call { inst, fun, numbers, f }),
        5 => (n(), any::<Option<u8>>()).prop_map(|(f, standing_for)| Op::CallFunc { f, standing_for }),
        5 => n().prop_map(|which| Op::CallTyped { which }),
        3 => n().prop_map(|inst| Op::CallElements { inst }),
        4 => (n(), n(), n(), n(), n()).prop_map(|(mem, what, at, byte, from)| Op::OnMemory { mem, what, at, byte, from }),
        7 => (n(), n(), n(), n(), n()).prop_map(|(tab, what, at, f, from)| Op::OnTable { tab, what, at, f, from }),
        5 => (n(), any::<bool>(), n(), n()).prop_map(|(glob, get, number, f)| Op::OnGlobal { glob, get, number, f }),
        6 => (kind.clone(), n(), n()).prop_map(|(kind, size, f)| Op::Make { kind, size, f }),
        3 => (kind, n()).prop_map(|(kind, which)| Op::FreeRow { kind, which }),
        2 => (n(), n()).prop_map(|(inst, f)| Op::Gift { inst, f }),
        2 => (n(), n()).prop_map(|(name, inst)| Op::Register { name, inst }),
        1 => n().prop_map(|name| Op::Unregister { name }),
        1 => (n(), n()).prop_map(|(inst, code)| Op::Exit { inst, code }),
        8 => (n(), prop::bool::weighted(0.25), prop::bool::weighted(0.2)).prop_map(|(inst, now, twice)| Op::Free { inst, now, twice }),
        3 => Just(Op::Collect),
        1 => n().prop_map(|code| Op::Close { code }),
        1 => n().prop_map(|inst| Op::Importers { inst }),
        1 => n().prop_map(|what| Op::Foreign { what }),
        2 => (n(), any::<[u64; 2]>(), any::<bool>()).prop_map(|(what, bits, whole)| Op::Forged { what, bits, whole }),
    ]
}
