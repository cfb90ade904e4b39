//! The naive store: a plain graph. Numbers are never reused, values lie in `Vec`s, what is alive is found by search.
//!
//! Owns: rows, who uses what, ends of instances, collecting, islands and who may have escaped: the rules of lifetimes in the words of the documentation.
//! Does not know: handles, slots, contexts, counts; what guests compute (`calls`).

use std::collections::{BTreeMap, BTreeSet};

use skep::{EndReason, Free, Freed};

use super::calls::Fail;
use super::family::{Ending, Fun, can_leak};

/// A function: of an instance, or of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum F {
    Wasm(usize, FunNo),
    Host(usize),
}

/// Position in `FUNS`.
pub(crate) type FunNo = u8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Its spawn was refused.
    Never,
    Starting,
    Live,
    Exited(u32),
    Zombie,
    Gone,
}

#[derive(Debug)]
pub(crate) struct Inst {
    pub(crate) shape: &'static str,
    pub(crate) ending: Ending,
    pub(crate) state: State,
    pub(crate) escaped: bool,
    /// The instances whose functions it imports.
    pub(crate) origins: Vec<usize>,
    pub(crate) uses: Uses,
    /// Whether its passive segments are dropped.
    pub(crate) elem_dropped: bool,
    pub(crate) data_dropped: bool,
    /// What `h.give` gives it.
    pub(crate) gift: Option<F>,
    /// Other places of it in `Model::islands`: its present one.
    island: usize,
}

/// What an instance consists of, by number of the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    pub(crate) id: usize,
    pub(crate) f: Option<F>,
    pub(crate) memory: Option<usize>,
    pub(crate) table: Option<usize>,
    pub(crate) cell: Option<usize>,
    pub(crate) refs: Option<usize>,
    pub(crate) konst: Option<usize>,
}

impl Uses {
    pub(crate) fn globals(&self) -> impl Iterator<Item = usize> {
        [Some(self.id), self.cell, self.refs, self.konst].into_iter().flatten()
    }
}

/// Who made a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    Inst(usize),
    /// The flag: the host has not freed it.
    Host(bool),
}

#[derive(Debug)]
pub(crate) struct Mem {
    pub(crate) maker: Maker,
    pub(crate) pages: u64,
    pub(crate) max: u64,
    /// Bytes that are not zero.
    pub(crate) bytes: BTreeMap<u64, u8>,
    island: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Tab {
    pub(crate) maker: Maker,
    pub(crate) max: usize,
    pub(crate) words: Vec<Option<F>>,
    island: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Nothing,
    I32(i32),
    I64(i64),
    Ref(Option<F>),
}

#[derive(Debug)]
pub(crate) struct Glob {
    pub(crate) maker: Maker,
    pub(crate) mutable: bool,
    pub(crate) value: Value,
    island: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct HostF {
    pub(crate) present: bool,
    /// What it returns.
    pub(crate) result: i32,
    pub(crate) keeper: Keeper,
}

/// What keeps a host function, besides references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// The template of an instance.
    Inst(usize),
    /// The host. The flag: it has not given it up.
    Host(bool),
}

/// What the host sees of ends: hooks, and drops of the data of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Hook(usize, EndReason),
    Drop(usize),
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) insts: Vec<Inst>,
    pub(crate) mems: Vec<Mem>,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) globs: Vec<Glob>,
    pub(crate) hosts: Vec<HostF>,
    pub(crate) names: BTreeMap<&'static str, usize>,
    pub(crate) closed: Option<u32>,
    pub(crate) seen: Vec<Seen>,
    /// Groups of instances: members past and present.
    islands: Vec<BTreeSet<usize>>,
}

impl Model {
    // Rows.

    pub(crate) fn add_mem(&mut self, maker: Maker, pages: u64, max: u64) -> usize {
        self.mems.push(Mem { maker, pages, max, bytes: BTreeMap::new(), island: None });
        self.mems.len() - 1
    }

    pub(crate) fn add_tab(&mut self, maker: Maker, words: Vec<Option<F>>, max: usize) -> usize {
        self.tabs.push(Tab { maker, max, words, island: None });
        self.tabs.len() - 1
    }

    pub(crate) fn add_glob(&mut self, maker: Maker, mutable: bool, value: Value) -> usize {
        self.globs.push(Glob { maker, mutable, value, island: None });
        self.globs.len() - 1
    }

    /// An instance whose spawn has just begun.
    pub(crate) fn add_inst(&mut self, shape: &'static str, ending: Ending) -> usize {
        self.insts.push(Inst {
            shape,
            ending,
            state: State::Never,
            escaped: false,
            origins: Vec::new(),
            uses: Uses::default(),
            elem_dropped: false,
            data_dropped: false,
            gift: None,
            island: 0,
        });
        self.insts.len() - 1
    }

    // What is alive.

    pub(crate) fn is_present(&self, inst: usize) -> bool {
        !matches!(self.insts[inst].state, State::Never | State::Gone)
    }

    /// Whether its handle may be used.
    pub(crate) fn is_usable(&self, inst: usize) -> bool {
        self.is_present(inst) && self.insts[inst].state != State::Zombie
    }

    pub(crate) fn present(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.insts.len()).filter(|&inst| self.is_present(inst))
    }

    fn is_used(&self, maker: Maker, by: impl Fn(&Uses) -> bool) -> bool {
        self.closed.is_none()
            && (maker == Maker::Host(true) || self.present().any(|inst| by(&self.insts[inst].uses)))
    }

    pub(crate) fn has_mem(&self, mem: usize) -> bool {
        self.is_used(self.mems[mem].maker, |uses| uses.memory == Some(mem))
    }

    pub(crate) fn has_tab(&self, tab: usize) -> bool {
        self.is_used(self.tabs[tab].maker, |uses| uses.table == Some(tab))
    }

    pub(crate) fn has_glob(&self, glob: usize) -> bool {
        self.is_used(self.globs[glob].maker, |uses| uses.globals().any(|used| used == glob))
    }

    pub(crate) fn has_f(&self, f: F) -> bool {
        match f {
            F::Wasm(inst, _) => self.is_present(inst),
            F::Host(host) => self.closed.is_none() && self.hosts[host].present,
        }
    }

    /// Whether its type is that of calls through tables.
    pub(crate) fn is_plain(f: F) -> bool {
        match f {
            F::Wasm(_, fun) => fun_of(fun).is_plain(),
            F::Host(_) => true,
        }
    }

    /// How many import a function of it.
    fn importers(&self, inst: usize) -> usize {
        self.present().filter(|&importer| self.insts[importer].origins.contains(&inst)).count()
    }

    /// Who imports anything that it defines and that can change.
    pub(crate) fn users(&self, of: usize) -> Vec<usize> {
        let own = Maker::Inst(of);
        let uses = |uses: &Uses| {
            uses.memory.is_some_and(|mem| self.mems[mem].maker == own)
                || uses.table.is_some_and(|tab| self.tabs[tab].maker == own)
                || uses.globals().any(|glob| self.globs[glob].maker == own && self.globs[glob].mutable)
        };
        let others = self.present().filter(|&inst| inst != of);
        others
            .filter(|&inst| self.insts[inst].origins.contains(&of) || uses(&self.insts[inst].uses))
            .collect()
    }

    /// The error for a handle of an instance that cannot be used.
    pub(crate) fn check_inst(&self, inst: usize) -> Result<(), Fail> {
        self.check_open()?;
        if self.is_usable(inst) { Ok(()) } else { Err(Fail::Stale) }
    }

    pub(crate) fn check_open(&self) -> Result<(), Fail> {
        self.closed.map_or(Ok(()), |code| Err(Fail::StoreClosed(code)))
    }

    // Ends.

    /// Frees an instance that is not gone.
    pub(crate) fn end(&mut self, inst: usize, how: Free, why: EndReason) -> Freed {
        self.lose_handle(inst, why);
        if how == Free::WhenUnreachable && (self.importers(inst) > 0 || self.insts[inst].escaped) {
            return Freed::Waiting;
        }
        let mut gone = Vec::new();
        let mut work = vec![inst];
        while let Some(inst) = work.pop() {
            if !self.remove(inst, &mut gone) {
                continue;
            }
            for &origin in &self.insts[inst].origins {
                let waits = self.insts[origin].state == State::Zombie && !self.insts[origin].escaped;
                if waits && self.importers(origin) == 0 {
                    work.push(origin);
                }
            }
        }
        self.drop_data(gone);
        Freed::Done
    }

    fn lose_handle(&mut self, inst: usize, why: EndReason) {
        if self.insts[inst].state != State::Zombie {
            self.seen.push(Seen::Hook(inst, why));
            self.insts[inst].state = State::Zombie;
            self.names.retain(|_, owner| *owner != inst);
        }
    }

    fn remove(&mut self, inst: usize, gone: &mut Vec<usize>) -> bool {
        let is_new = self.is_present(inst);
        if is_new {
            self.insts[inst].state = State::Gone;
            gone.push(inst);
        }
        is_new
    }

    fn drop_data(&mut self, mut gone: Vec<usize>) {
        gone.sort_unstable();
        self.seen.extend(gone.into_iter().rev().map(Seen::Drop));
    }

    pub(crate) fn close(&mut self, code: u32) {
        let mut all: Vec<usize> = self.present().collect();
        all.reverse();
        for &inst in &all {
            self.lose_handle(inst, EndReason::StoreClosed(code));
        }
        let mut gone = Vec::new();
        for inst in all {
            self.remove(inst, &mut gone);
        }
        self.drop_data(gone);
        self.closed = Some(code);
    }

    /// How many instances and host functions go.
    pub(crate) fn collect(&mut self) -> (usize, usize) {
        let reached = self.reach();
        let zombies: Vec<usize> =
            self.present().filter(|inst| !reached.contains(&Node::Inst(*inst))).collect();
        let mut gone = Vec::new();
        for &zombie in &zombies {
            self.remove(zombie, &mut gone);
        }
        self.drop_data(gone);
        let is_kept = |keeper| match keeper {
            Keeper::Inst(inst) => self.is_present(inst),
            Keeper::Host(share) => share,
        };
        let is_lost = |(at, host): (usize, &HostF)| {
            host.present && !is_kept(host.keeper) && !reached.contains(&Node::Host(at))
        };
        let lost: Vec<usize> =
            self.hosts.iter().enumerate().filter(|it| is_lost(*it)).map(|(at, _)| at).collect();
        lost.iter().for_each(|&host| self.hosts[host].present = false);
        self.regroup();
        (zombies.len(), lost.len())
    }

    /// Everything that the host can reach.
    fn reach(&self) -> BTreeSet<Node> {
        let mut reached = BTreeSet::new();
        let usable = self.present().filter(|&inst| self.is_usable(inst)).map(Node::Inst);
        let of_host = |maker| maker == Maker::Host(true);
        let tabs = (0..self.tabs.len()).filter(|&tab| of_host(self.tabs[tab].maker)).map(Node::Tab);
        let globs = (0..self.globs.len()).filter(|&glob| of_host(self.globs[glob].maker)).map(Node::Glob);
        let mut work: Vec<Node> = usable.chain(tabs).chain(globs).collect();
        while let Some(node) = work.pop() {
            if reached.insert(node) {
                self.edges(node, &mut work);
            }
        }
        reached
    }

    fn edges(&self, node: Node, to: &mut Vec<Node>) {
        match node {
            Node::Inst(inst) if self.is_present(inst) => {
                let Inst { origins, uses, .. } = &self.insts[inst];
                to.extend(origins.iter().map(|&origin| Node::Inst(origin)));
                to.extend(uses.f.map(Node::of));
                to.extend(uses.table.map(Node::Tab));
                to.extend(uses.globals().map(Node::Glob));
            }
            Node::Inst(_) | Node::Host(_) => {}
            Node::Tab(tab) => to.extend(self.tabs[tab].words.iter().flatten().map(|&f| Node::of(f))),
            Node::Glob(glob) => {
                if let Value::Ref(Some(f)) = self.globs[glob].value {
                    to.push(Node::of(f));
                }
            }
        }
    }

    // Islands.

    /// Groups of which more than one member has been, and one is still there.
    pub(crate) fn count_islands(&self) -> usize {
        let counts =
            |group: &&BTreeSet<usize>| group.len() > 1 && group.iter().any(|&inst| self.is_present(inst));
        self.islands.iter().filter(counts).count()
    }

    /// A new instance, alone.
    pub(crate) fn settle(&mut self, inst: usize) {
        self.islands.push(BTreeSet::from([inst]));
        self.insts[inst].island = self.islands.len() - 1;
    }

    pub(crate) fn join(&mut self, a: usize, b: usize) {
        let (into, from) = (self.insts[a].island, self.insts[b].island);
        if into == from {
            return;
        }
        let lone = |model: &Self, group: usize| {
            let group = &model.islands[group];
            if group.len() == 1 { group.first().copied() } else { None }
        };
        let lonely = [lone(self, into), lone(self, from)];
        let moved = std::mem::take(&mut self.islands[from]);
        moved.iter().for_each(|&inst| self.insts[inst].island = into);
        self.islands[into].extend(moved);
        lonely.into_iter().flatten().for_each(|inst| self.note_company(inst));
    }

    /// An instance has company: if its module can leak references, they may be elsewhere, and so may those that it imports.
    fn note_company(&mut self, inst: usize) {
        if can_leak(self.insts[inst].shape) && self.is_present(inst) {
            self.escape(inst);
            self.insts[inst].origins.clone().into_iter().for_each(|origin| self.escape(origin));
        }
    }

    pub(crate) fn escape(&mut self, inst: usize) {
        self.insts[inst].escaped = true;
    }

    /// The host hands on a function.
    pub(crate) fn hand_on(&mut self, f: Option<F>) {
        if let Some(F::Wasm(inst, _)) = f {
            self.escape(inst);
        }
    }

    /// The host hands on a function to a guest.
    pub(crate) fn hand_on_to(&mut self, f: Option<F>, to: usize) {
        self.hand_on(f);
        if let Some(F::Wasm(inst, _)) = f {
            self.join(inst, to);
        }
    }

    /// Whether the host made it, or its owner is gone: then too it belongs to no instance, and the host may hand it on.
    fn is_ownerless(&self, maker: Maker) -> bool {
        match maker {
            Maker::Host(_) => true,
            Maker::Inst(owner) => !self.is_present(owner),
        }
    }

    pub(crate) fn join_mem(&mut self, mem: usize, inst: usize) {
        match self.mems[mem].island {
            Some(other) => self.join(other, inst),
            None => self.mems[mem].island = Some(inst),
        }
    }

    pub(crate) fn join_tab(&mut self, tab: usize, inst: usize) {
        match self.tabs[tab].island {
            Some(other) => self.join(other, inst),
            None => self.tabs[tab].island = Some(inst),
        }
        if self.is_ownerless(self.tabs[tab].maker) {
            self.note_company(inst);
        }
    }

    pub(crate) fn join_glob(&mut self, glob: usize, inst: usize) {
        let Glob { maker, value, island, .. } = self.globs[glob];
        match island {
            Some(other) => self.join(other, inst),
            None => self.globs[glob].island = Some(inst),
        }
        if self.is_ownerless(maker) && matches!(value, Value::Ref(_)) {
            self.note_company(inst);
        }
    }

    /// The host has put a function into a table.
    pub(crate) fn put_in_tab(&mut self, tab: usize, f: Option<F>) {
        if let Some(F::Wasm(inst, _)) = f
            && self.is_present(inst)
        {
            self.join_tab(tab, inst);
        }
    }

    /// The host has put a function into a global.
    pub(crate) fn put_in_glob(&mut self, glob: usize, value: Value) {
        if let Value::Ref(Some(F::Wasm(inst, _))) = value
            && self.is_present(inst)
        {
            self.join_glob(glob, inst);
        }
    }

    /// An instance and all that it imports.
    pub(crate) fn join_uses(&mut self, inst: usize) {
        let uses = self.insts[inst].uses;
        for origin in self.insts[inst].origins.clone() {
            if self.is_present(origin) {
                self.join(origin, inst);
            }
        }
        uses.memory.into_iter().for_each(|mem| self.join_mem(mem, inst));
        uses.table.into_iter().for_each(|tab| self.join_tab(tab, inst));
        for glob in uses.globals() {
            let value = self.globs[glob].value;
            if self.globs[glob].mutable {
                self.join_glob(glob, inst);
            } else if let Value::Ref(Some(F::Wasm(named, _))) = value
                && self.is_present(named)
            {
                self.join(named, inst);
            }
        }
    }

    /// Makes the islands anew: by what is linked and by each word that is held. A word outside the rows of its own instance may
    /// be anywhere.
    fn regroup(&mut self) {
        self.islands.clear();
        self.mems.iter_mut().for_each(|mem| mem.island = None);
        self.tabs.iter_mut().for_each(|tab| tab.island = None);
        self.globs.iter_mut().for_each(|glob| glob.island = None);
        let all: Vec<usize> = self.present().collect();
        for &inst in &all {
            self.insts[inst].escaped = false;
            self.settle(inst);
        }
        all.into_iter().for_each(|inst| self.join_uses(inst));
        for tab in (0..self.tabs.len()).filter(|&tab| self.has_tab(tab)).collect::<Vec<_>>() {
            for f in self.tabs[tab].words.clone() {
                self.put_in_tab(tab, f);
                self.note_word(f, self.tabs[tab].maker);
            }
        }
        for glob in (0..self.globs.len()).filter(|&glob| self.has_glob(glob)).collect::<Vec<_>>() {
            let Value::Ref(f) = self.globs[glob].value else { continue };
            if self.globs[glob].mutable {
                self.put_in_glob(glob, Value::Ref(f));
            }
            self.note_word(f, self.globs[glob].maker);
        }
    }

    fn note_word(&mut self, f: Option<F>, held_by: Maker) {
        if let Some(F::Wasm(inst, _)) = f
            && held_by != Maker::Inst(inst)
            && self.is_present(inst)
        {
            self.escape(inst);
        }
    }
}

/// What marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Inst(usize),
    Tab(usize),
    Glob(usize),
    Host(usize),
}

impl Node {
    fn of(f: F) -> Self {
        match f {
            F::Wasm(inst, _) => Self::Inst(inst),
            F::Host(host) => Self::Host(host),
        }
    }
}

/// The function of a number.
pub(crate) fn fun_of(fun: FunNo) -> Fun {
    super::family::FUNS[usize::from(fun)]
}

/// The number of a function.
pub(crate) fn fun_no(fun: Fun) -> FunNo {
    u8::try_from(super::family::FUNS.iter().position(|other| *other == fun).unwrap()).unwrap()
}
