//! Islands: which instances share a memory, table, mutable global or function, and so may not run at once.
//!
//! Owns: the groups of what was joined, and the labels in rows that name them. A label is the `seq` of a member, past or
//! present, and so never comes twice; a join keeps that of the larger side and writes it into the rows of the smaller. A lone
//! instance with its own rows is its own island and has no group here.
//! Does not know: why two are joined. Groups are joined only; `free` never splits them, `collect` makes them anew.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use super::addr::{FuncAddr, GlobalAddr, Instance, InstanceAddr, MemAddr, TableAddr};
use super::island::{AsStore, Row, Rows};
use super::row::GlobalOwner;
use super::{Store, StoreInner};
use crate::arena::index::index_type;
use crate::error::Error;
use crate::spec::types::{RefType, ValType};
use crate::spec::value::Bits;

/// Names an island.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Label(u64);

impl Label {
    /// In no island yet: what the host made, and no instance uses.
    pub(crate) const NONE: Self = Self(0);

    /// Of a lone instance, by its place in the order of spawning.
    ///
    /// # Panics
    /// If that is 0: places begin at 1.
    #[inline]
    pub(crate) const fn of(seq: u64) -> Self {
        assert!(seq != 0);
        Self(seq)
    }
}

/// What a group holds: instances first, and rows that no instance in it owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Member {
    /// An instance, and with it what it defines.
    Instance(InstanceAddr),
    /// A memory of the host, or of an instance that is gone.
    Memory(MemAddr),
    /// Likewise a table.
    Table(TableAddr),
    /// Likewise a global.
    Global(GlobalAddr),
}

/// One group.
#[derive(Debug)]
struct Group {
    members: BTreeSet<Member>,
    /// Whether a reference that a member holds may have come from elsewhere, or one to it may be held elsewhere.
    has_company: bool,
    /// Whether it has held several instances, perhaps one after the other.
    is_joined: bool,
    /// Where its stamp lies, once it has one.
    stamp: StampIdx,
}

index_type!(
    /// Position of a group's stamp: contexts of its instances show it. 0 is that of none: a lone instance has its own.
    pub(crate) struct StampIdx,
    "stamp"
);

impl StampIdx {
    /// Of what is in no group.
    pub(crate) const NONE: Self = Self::new(0);
}

impl Group {
    fn instances(&self) -> impl Iterator<Item = InstanceAddr> + '_ {
        self.members.iter().map_while(|member| match member {
            Member::Instance(instance) => Some(*instance),
            _ => None,
        })
    }
}

/// The groups.
#[derive(Debug, Default)]
pub(crate) struct Unions {
    groups: HashMap<Label, Group>,
    /// What dealing lanes of a parallel run leaves behind: see `lanes`.
    stamps: Vec<Cell<u32>>,
    /// Stamps of groups that are gone.
    free_stamps: Vec<StampIdx>,
}

impl Unions {
    /// How many groups with instances have held several.
    pub(crate) fn len(&self) -> usize {
        self.groups.values().filter(|group| group.is_joined && group.instances().next().is_some()).count()
    }

    /// The instances of a group, in the order of their slots; none for a lone instance.
    pub(crate) fn members(&self, label: Label) -> impl Iterator<Item = InstanceAddr> + '_ {
        self.groups.get(&label).into_iter().flat_map(Group::instances)
    }

    /// Whether a label is that of a group.
    #[inline]
    pub(crate) fn is_group(&self, label: Label) -> bool {
        !self.groups.is_empty() && self.groups.contains_key(&label)
    }

    /// Whether nothing but these instances can hold a reference to one of the island: no other instance, and no table or global
    /// that is not theirs.
    pub(crate) fn is_within(&self, label: Label, own: &BTreeSet<InstanceAddr>) -> bool {
        self.groups.get(&label).is_none_or(|group| {
            group.members.iter().all(|member| match member {
                Member::Instance(instance) => own.contains(instance),
                Member::Memory(_) => true,
                Member::Table(_) | Member::Global(_) => false,
            })
        })
    }

    /// All groups' members.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Label, Member)> + '_ {
        self.groups
            .iter()
            .flat_map(|(&label, group)| group.members.iter().map(move |&member| (label, member)))
    }

    /// Forgets a member that is gone.
    pub(crate) fn leave(&mut self, label: Label, member: Member) {
        if self.groups.is_empty() {
            return;
        }
        if let Some(group) = self.groups.get_mut(&label) {
            group.members.remove(&member);
            if group.members.is_empty()
                && let Some(group) = self.groups.remove(&label)
            {
                self.free_stamp(group.stamp);
            }
        }
    }

    /// A stamp for a new group.
    fn new_stamp(&mut self) -> StampIdx {
        self.free_stamps.pop().unwrap_or_else(|| {
            let count = self.stamps.len().max(1);
            self.stamps.resize(count + 1, Cell::new(0));
            StampIdx::from_usize(count)
        })
    }

    fn free_stamp(&mut self, stamp: StampIdx) {
        if stamp != StampIdx::NONE {
            self.free_stamps.push(stamp);
        }
    }

    /// The stamp at a position that is not `NONE`.
    #[inline]
    pub(crate) fn stamp(&self, at: StampIdx) -> &Cell<u32> {
        &self.stamps[at.index()]
    }

    /// Where the stamp of an island lies.
    pub(crate) fn stamp_of(&self, label: Label) -> StampIdx {
        self.groups.get(&label).map_or(StampIdx::NONE, |group| group.stamp)
    }
}

impl<T> Store<T> {
    /// Says that two instances may reach each other from now on: both, and all that shares with either, are one island, which
    /// never runs on two threads at once. Imports, and functions that the host hands on, do the same by themselves.
    ///
    /// # Errors
    /// If a handle is stale or of another store.
    pub fn join(&mut self, a: Instance, b: Instance) -> Result<(), Error> {
        let store = self.whole();
        let (a, b) = (store.find_instance(a)?, store.find_instance(b)?);
        store.join_instances(a, b);
        Ok(())
    }

    /// The instances that may reach each other with this one, itself included, in the order of their slots; those that were
    /// freed and are kept by references too. What was joined is not parted by freeing, but by [`Store::collect`].
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn island(&self, instance: Instance) -> Result<Vec<Instance>, Error> {
        let store = self.view().get();
        let addr = store.find_instance(instance)?;
        let members: Vec<_> = store.unions.members(store.label_of(addr)).collect();
        let members = if members.is_empty() { vec![addr] } else { members };
        Ok(members.into_iter().map(|member| store.instance_handle(member)).collect())
    }
}

impl<T> StoreInner<T> {
    /// The label of a row, if it is not gone.
    pub(crate) fn find_label(&self, member: Member) -> Option<Label> {
        match member {
            Member::Instance(instance) => self.instances.get(instance).map(Row::label),
            Member::Memory(memory) => self.memories.get(memory).map(Row::label),
            Member::Table(table) => self.tables.get(table).map(Row::label),
            Member::Global(global) => self.globals.get(global).map(Row::label),
        }
    }

    /// The label of a row that is not gone.
    fn label(&self, member: Member) -> Label {
        self.find_label(member).expect("what is joined is not gone")
    }

    /// Who stands for a row whose island has no group: the lone instance that owns it. It shows its own rows first.
    fn representative(&self, member: Member) -> Member {
        let first = match member {
            Member::Instance(_) => None,
            Member::Memory(memory) => self.memory_at(memory).mirrors.first().map(|mirror| mirror.0),
            Member::Table(table) => self.table_at(table).mirrors.first().map(|mirror| mirror.0),
            Member::Global(global) => match self.global_at(global).owner {
                GlobalOwner::Instance(owner) => self.instances.contains(owner).then_some(owner),
                GlobalOwner::Host(..) => None,
            },
        };
        first.map_or(member, Member::Instance)
    }

    /// Takes a row's group out, to be merged; of what is alone, one is made.
    fn take_group(&mut self, member: Member) -> (Label, Group) {
        let label = self.label(member);
        if let Some(group) = self.unions.groups.remove(&label) {
            return (label, group);
        }
        let alone = if label == Label::NONE { member } else { self.representative(member) };
        let has_company = match alone {
            Member::Instance(_) | Member::Memory(_) => false,
            Member::Table(_) => true,
            Member::Global(global) => self.global_at(global).ty.content.is_ref(),
        };
        let members = BTreeSet::from([alone]);
        (label, Group { members, has_company, is_joined: false, stamp: StampIdx::NONE })
    }

    /// Joins the islands of two rows.
    pub(crate) fn join(&mut self, a: Member, b: Member) {
        let (label_a, label_b) = (self.label(a), self.label(b));
        // Where no instance is, nothing can run: what the host made stays alone until it meets one.
        if label_a == label_b {
            return;
        }
        let (a, b) = (self.take_group(a), self.take_group(b));
        let keeps_a =
            label_b == Label::NONE || label_a != Label::NONE && a.1.members.len() >= b.1.members.len();
        let ((label, mut kept), (old, moved)) = if keeps_a { (a, b) } else { (b, a) };
        moved.members.iter().for_each(|&member| self.relabel(member, (old, label)));
        let sides = [&kept, &moved];
        // What has a label has met an instance, which may be gone.
        let have_met = label_a != Label::NONE && label_b != Label::NONE;
        let is_joined = have_met || sides.iter().any(|side| side.is_joined);
        let has_company = is_joined || sides.iter().any(|side| side.has_company);
        let newly: Vec<InstanceAddr> = if has_company {
            sides.into_iter().filter(|side| !side.has_company).flat_map(Group::instances).collect()
        } else {
            Vec::new()
        };
        self.share_stamp(&mut kept, &moved);
        kept.members.extend(moved.members);
        (kept.has_company, kept.is_joined) = (has_company, is_joined);
        self.unions.groups.insert(label, kept);
        newly.into_iter().for_each(|instance| self.note_company(instance));
    }

    /// Makes the contexts of two groups that become one show its stamp.
    fn share_stamp(&mut self, kept: &mut Group, moved: &Group) {
        self.unions.free_stamp(moved.stamp);
        if kept.stamp == StampIdx::NONE {
            kept.stamp = self.unions.new_stamp();
            kept.instances().for_each(|instance| self.show_stamp(instance, kept.stamp));
        }
        moved.instances().for_each(|instance| self.show_stamp(instance, kept.stamp));
    }

    /// Writes a label into a member's rows that have the old one. What an instance imports and is still to be joined with has
    /// another.
    fn relabel(&mut self, member: Member, (from, to): (Label, Label)) {
        let Self { instances, memories, tables, globals, .. } = self;
        match member {
            Member::Instance(instance) => {
                set_label(instances, instance, (from, to));
                let body = &instances.get(instance).expect("a member is not gone").body;
                body.memories.iter().for_each(|&memory| set_label(memories, memory, (from, to)));
                body.tables.iter().for_each(|&table| set_label(tables, table, (from, to)));
                body.globals.iter().for_each(|&global| set_label(globals, global, (from, to)));
            }
            Member::Memory(memory) => set_label(memories, memory, (from, to)),
            Member::Table(table) => set_label(tables, table, (from, to)),
            Member::Global(global) => set_label(globals, global, (from, to)),
        }
    }

    /// Makes an instance and what it defines an island of their own, as if it had never met another.
    pub(crate) fn label_alone(&mut self, instance: InstanceAddr) {
        let label = Label::of(self.instance(instance).seq);
        let memories = self.memories_of(instance).1.to_vec();
        let tables = self.tables_of(instance).1.to_vec();
        let globals = self.globals_of(instance).1.to_vec();
        self.instances.get_mut(instance).expect("listed by the caller").set_label(label);
        self.show_stamp(instance, StampIdx::NONE);
        for memory in memories {
            self.memories.get_mut(memory).expect("an instance keeps its memories").set_label(label);
        }
        for table in tables {
            self.tables.get_mut(table).expect("an instance keeps its tables").set_label(label);
        }
        for global in globals {
            self.globals.get_mut(global).expect("an instance keeps its globals").set_label(label);
        }
    }

    /// Joins the islands of two instances.
    pub(crate) fn join_instances(&mut self, a: InstanceAddr, b: InstanceAddr) {
        self.join(Member::Instance(a), Member::Instance(b));
    }

    /// From now on the instance shares its island: if its module can leak references, they may be held elsewhere, and so may
    /// those to functions that it imports.
    fn note_company(&mut self, instance: InstanceAddr) {
        if !self.module_of(instance).can_leak() {
            return;
        }
        let origins = self.origins_of(instance).to_vec();
        self.mark_escaped(instance);
        origins.into_iter().for_each(|origin| self.mark_escaped(origin));
    }

    /// A reference to a function of this instance may be held elsewhere.
    pub(crate) fn mark_escaped(&mut self, instance: InstanceAddr) {
        if let Some(row) = self.instances.get_mut(instance) {
            row.escaped = true;
        }
    }

    /// An instance uses a memory of another, or of the host.
    pub(crate) fn join_memory(&mut self, memory: MemAddr, instance: InstanceAddr) {
        self.join(Member::Memory(memory), Member::Instance(instance));
    }

    /// An instance uses a table, or a function of it is put into the table.
    pub(crate) fn join_table(&mut self, table: TableAddr, instance: InstanceAddr) {
        self.join(Member::Table(table), Member::Instance(instance));
    }

    /// An instance uses a mutable global, or a function of it is put into the global.
    pub(crate) fn join_global(&mut self, global: GlobalAddr, instance: InstanceAddr) {
        self.join(Member::Global(global), Member::Instance(instance));
    }

    /// The host has put a word into a table.
    pub(crate) fn join_table_word(&mut self, table: TableAddr, word: u64) {
        let element = self.table_at(table).ty.element;
        if let (RefType::Func, Some(instance)) = (element, self.instance_of_word(word)) {
            self.join_table(table, instance);
        }
    }

    /// The host has put a value into a global.
    pub(crate) fn join_global_value(&mut self, global: GlobalAddr, value: Bits) {
        let content = self.global_at(global).ty.content;
        if let (ValType::FuncRef, Some(instance)) = (content, self.instance_of_word(value.as_u64())) {
            self.join_global(global, instance);
        }
    }

    /// The instance whose function a word names, if it is not gone.
    pub(crate) fn instance_of_word(&self, word: u64) -> Option<InstanceAddr> {
        match FuncAddr::from_word(word)? {
            FuncAddr::Wasm(instance, _) => self.instances.contains(instance).then_some(instance),
            FuncAddr::Host(_) => None,
        }
    }
}

fn set_label<B, A>(rows: &mut Rows<B, A>, addr: A, (from, to): (Label, Label))
where
    A: Copy + From<crate::arena::handle::Addr> + Into<crate::arena::handle::Addr>,
{
    let row = rows.get_mut(addr).expect("a member keeps its rows");
    if row.label() == from {
        row.set_label(to);
    }
}
