//! Islands: which instances share a memory, table, mutable global or function, and so may not run at once.
//!
//! Owns: the joined groups. A group is named by the `seq` of one of its members, past or present: never reused. A lone instance
//! is its own group and has no entry here.
//! Does not know: why two are joined. Groups are joined only; `free` never splits them.

use std::collections::{BTreeSet, HashMap};

use super::StoreInner;
use super::addr::{FuncAddr, GlobalAddr, InstanceAddr, MemAddr, TableAddr};
use super::row::GlobalOwner;
use crate::spec::types::{RefType, ValType};
use crate::spec::value::Bits;

/// Where a memory, table or global belongs: the group of an instance that uses it or that a word in it names, or nowhere yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Island(Option<(u64, InstanceAddr)>);

impl Island {
    /// Nowhere yet.
    pub(crate) const NONE: Self = Self(None);

    /// With an instance, by its place in the order of spawning.
    pub(crate) const fn of(seq: u64, instance: InstanceAddr) -> Self {
        Self(Some((seq, instance)))
    }
}

/// The joined groups.
#[derive(Debug, Default)]
pub(crate) struct Unions {
    /// From a group that was joined to another, to that one.
    joined: HashMap<u64, u64>,
    /// Members of groups that were joined, present ones only.
    members: HashMap<u64, BTreeSet<InstanceAddr>>,
}

impl Unions {
    /// How many groups have been joined of several.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The group that a node belongs to now.
    pub(crate) fn find(&self, mut node: u64) -> u64 {
        while let Some(&next) = self.joined.get(&node) {
            node = next;
        }
        node
    }

    /// As `find`, and the next time one step leads there: groups of things that outlive many users are joined again and again.
    fn root(&mut self, mut node: u64) -> u64 {
        let root = self.find(node);
        while let Some(next) = self.joined.get_mut(&node) {
            node = std::mem::replace(next, root);
        }
        root
    }

    /// Members of a group that was joined, in the order of their slots; none for a lone instance.
    pub(crate) fn members(&self, node: u64) -> impl Iterator<Item = InstanceAddr> + '_ {
        self.members.get(&self.find(node)).into_iter().flatten().copied()
    }

    /// Whether a node's group has been joined.
    pub(crate) fn is_joined(&self, node: u64) -> bool {
        self.members.contains_key(&self.find(node))
    }

    /// Joins the groups of two nodes, each given with its instance where that may be the lone member of its group. The larger
    /// group keeps its name. False if they were one group already.
    pub(crate) fn join(&mut self, a: (u64, Option<InstanceAddr>), b: (u64, Option<InstanceAddr>)) -> bool {
        let (root_a, root_b) = (self.root(a.0), self.root(b.0));
        if root_a == root_b {
            return false;
        }
        let members_a = self.take_members(root_a, a.1);
        let members_b = self.take_members(root_b, b.1);
        let ((into, mut kept), (from, moved)) = if members_a.len() >= members_b.len() {
            ((root_a, members_a), (root_b, members_b))
        } else {
            ((root_b, members_b), (root_a, members_a))
        };
        kept.extend(moved);
        self.joined.insert(from, into);
        self.members.insert(into, kept);
        true
    }

    fn take_members(&mut self, root: u64, lone: Option<InstanceAddr>) -> BTreeSet<InstanceAddr> {
        self.members.remove(&root).unwrap_or_else(|| lone.into_iter().collect())
    }

    /// Forgets an instance that is gone.
    pub(crate) fn remove(&mut self, node: u64, instance: InstanceAddr) {
        let root = self.find(node);
        if let Some(members) = self.members.get_mut(&root) {
            members.remove(&instance);
            if members.is_empty() {
                self.members.remove(&root);
            }
        }
    }
}

impl<T> StoreInner<T> {
    /// Joins the islands of two instances.
    pub(crate) fn join_instances(&mut self, a: InstanceAddr, b: InstanceAddr) {
        let node = |addr| (self.instance(addr).seq, addr);
        self.join_nodes(node(a), node(b));
    }

    fn join_nodes(&mut self, a: (u64, InstanceAddr), b: (u64, InstanceAddr)) {
        // A node that was never joined is that of a lone instance, if that is not gone.
        let [lone_a, lone_b] = [a, b].map(|(node, addr)| {
            let lone = !self.unions.is_joined(node) && self.instances.contains(addr);
            lone.then_some(addr)
        });
        if self.unions.join((a.0, lone_a), (b.0, lone_b)) {
            lone_a.into_iter().chain(lone_b).for_each(|lone| self.note_company(lone));
        }
    }

    /// An instance and something of an island come together.
    fn join_island(&mut self, island: Island, instance: InstanceAddr) -> Island {
        let node = (self.instance(instance).seq, instance);
        match island.0 {
            None => Island(Some(node)),
            Some(other) => {
                self.join_nodes(other, node);
                island
            }
        }
    }

    /// From now on the instance shares its island: if its module can leak references, they may be held elsewhere, and so may
    /// those to functions that it imports.
    pub(crate) fn note_company(&mut self, instance: InstanceAddr) {
        if !self.module_of(instance).can_leak() {
            return;
        }
        let origins = self.instance(instance).body.origins.clone();
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
        let island = self.memory_at(memory).island;
        let island = self.join_island(island, instance);
        self.memory_at_mut(memory).island = island;
    }

    /// An instance uses a table, or a function of it is put into the table.
    pub(crate) fn join_table(&mut self, table: TableAddr, instance: InstanceAddr) {
        let row = self.table_at(table);
        let (island, host_made) = (row.island, row.host_share);
        let island = self.join_island(island, instance);
        self.table_at_mut(table).island = island;
        if host_made {
            self.note_company(instance);
        }
    }

    /// An instance uses a mutable global, or a function of it is put into the global.
    pub(crate) fn join_global(&mut self, global: GlobalAddr, instance: InstanceAddr) {
        let row = self.global_at(global);
        let host_made = matches!(row.owner, GlobalOwner::Host(..)) && row.ty.content.is_ref();
        let island = self.join_island(row.island, instance);
        self.global_at_mut(global).island = island;
        if host_made {
            self.note_company(instance);
        }
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

#[cfg(test)]
mod tests {
    use super::Unions;
    use crate::arena::handle::Addr;
    use crate::store::addr::InstanceAddr;

    fn instance(slot: u32) -> InstanceAddr {
        Addr::from_parts(slot, 1).unwrap().into()
    }

    /// Node and instance of a lone one: nodes are never 0.
    fn lone(n: u32) -> (u64, Option<InstanceAddr>) {
        (u64::from(n), Some(instance(n)))
    }

    #[test]
    fn groups_join_and_know_their_members() {
        let mut unions = Unions::default();
        assert!(unions.join(lone(1), lone(2)));
        assert!(unions.join(lone(3), lone(4)));
        assert!(!unions.join((1, None), (2, None)));
        assert_eq!(unions.len(), 2);
        assert_ne!(unions.find(1), unions.find(3));
        assert!(unions.join((2, None), (4, None)));
        let root = unions.find(1);
        assert!((1..=4).all(|node| unions.find(node) == root && unions.is_joined(node)));
        assert_eq!(unions.members(3).collect::<Vec<_>>(), [1, 2, 3, 4].map(instance));
        assert!(!unions.is_joined(5));
        assert_eq!(unions.members(5).count(), 0);
    }

    #[test]
    fn a_member_that_goes_leaves_its_name_to_the_rest() {
        let mut unions = Unions::default();
        unions.join(lone(1), lone(2));
        unions.remove(1, instance(1));
        assert_eq!(unions.members(1).collect::<Vec<_>>(), [instance(2)]);
        // A newcomer in the slot of the first is in no old group.
        assert!(!unions.is_joined(9));
        assert!(unions.join((9, Some(instance(1))), (2, None)));
        unions.remove(9, instance(1));
        unions.remove(2, instance(2));
        assert_eq!(unions.len(), 0);
    }

    #[test]
    fn a_group_whose_members_come_and_go_stays_shallow() {
        let mut unions = Unions::default();
        for n in 2..5_000 {
            assert!(unions.join((1, None), lone(n)));
            unions.remove(u64::from(n), instance(n));
        }
        let steps = std::iter::successors(Some(1), |node| unions.joined.get(node).copied()).count();
        assert!(steps <= 3, "{steps} steps");
    }

    #[test]
    fn a_chain_of_joins_stays_shallow() {
        let mut unions = Unions::default();
        for n in 2..5_000 {
            unions.join((u64::from(n - 1), Some(instance(n - 1))), lone(n));
        }
        let root = unions.find(1);
        assert!((2..5_000).all(|node| unions.find(node) == root));
        assert_eq!(
            unions.joined.values().filter(|&&next| next != root).count(),
            0,
            "the larger side keeps its name"
        );
    }
}
