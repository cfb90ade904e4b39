//! Names in a store: each has at most one owner.
//!
//! Owns: the registry. A name is reserved before anything else happens, committed when its instance is live, and released only
//! by who holds it: by place in the order of spawning, or by handle, never by the name alone.
//! Does not know: imports (`imports` asks here last).

use std::collections::HashMap;

use super::Store;
use super::addr::{Instance, InstanceAddr};
use super::island::AsStore;
use crate::error::{Error, Name};

impl<T> Store<T> {
    /// Gives an instance a further name.
    ///
    /// # Errors
    /// `AlreadyClosed`, `NameTaken`, or the handle is stale or of another store.
    pub fn register(&mut self, name: &str, instance: Instance) -> Result<(), Error> {
        let store = self.whole();
        store.check_not_closed()?;
        let addr = store.find_instance(instance)?;
        store.names.register(name, addr)?;
        if !name.is_empty() {
            store.instance_mut(addr).body.names.push(name.into());
        }
        Ok(())
    }

    /// Takes a name from its instance; whether there was one.
    ///
    /// # Errors
    /// If the store is closed.
    pub fn unregister(&mut self, name: &str) -> Result<bool, Error> {
        let store = self.whole();
        store.check_open()?;
        let Some(addr) = store.names.get(name) else { return Ok(false) };
        store.names.unregister(name, addr);
        store.instance_mut(addr).body.names.retain(|own| &**own != name);
        Ok(true)
    }

    /// The instance of this name.
    ///
    /// # Errors
    /// If the store is closed.
    pub fn instance(&self, name: &str) -> Result<Option<Instance>, Error> {
        let store = self.view().get();
        store.check_open()?;
        Ok(store.names.get(name).map(|addr| store.instance_handle(addr)))
    }
}

/// Who has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// An instance that is not live yet, by its place in the order of spawning.
    Reserved(u64),
    /// A live instance.
    Live(InstanceAddr),
}

/// The registry. `""` is in none.
#[derive(Debug, Default)]
pub(crate) struct Names {
    owners: HashMap<Box<str>, Owner>,
    /// The most names since storage was last given back.
    mark: usize,
}

/// Storage for this many names is never given back.
const NAMES_KEPT: usize = 100;

impl Names {
    /// How many names have an owner.
    pub(crate) fn len(&self) -> usize {
        self.owners.len()
    }

    /// The live instance of this name.
    pub(crate) fn get(&self, name: &str) -> Option<InstanceAddr> {
        match self.owners.get(name)? {
            Owner::Live(instance) => Some(*instance),
            Owner::Reserved(_) => None,
        }
    }

    /// Takes a name for an instance that is to be spawned.
    pub(crate) fn reserve(&mut self, name: &str, seq: u64) -> Result<(), Error> {
        self.take(name, Owner::Reserved(seq))
    }

    /// Takes a name for a live instance.
    pub(crate) fn register(&mut self, name: &str, instance: InstanceAddr) -> Result<(), Error> {
        self.take(name, Owner::Live(instance))
    }

    fn take(&mut self, name: &str, owner: Owner) -> Result<(), Error> {
        if name.is_empty() {
            return Ok(());
        }
        if self.owners.contains_key(name) {
            return Err(Error::NameTaken(Box::new(Name(name.into()))));
        }
        self.owners.insert(name.into(), owner);
        self.mark = self.mark.max(self.owners.len());
        Ok(())
    }

    /// The instance of a reserved name is live.
    pub(crate) fn commit(&mut self, name: &str, seq: u64, instance: InstanceAddr) {
        if let Some(owner) = self.owners.get_mut(name)
            && *owner == Owner::Reserved(seq)
        {
            *owner = Owner::Live(instance);
        }
    }

    /// Gives a reserved name back, if this spawn still holds it.
    pub(crate) fn cancel(&mut self, name: &str, seq: u64) {
        self.release(name, Owner::Reserved(seq));
    }

    /// Gives a name back, if this instance holds it; whether it did.
    pub(crate) fn unregister(&mut self, name: &str, instance: InstanceAddr) -> bool {
        self.release(name, Owner::Live(instance))
    }

    fn release(&mut self, name: &str, owner: Owner) -> bool {
        if self.owners.get(name) != Some(&owner) {
            return false;
        }
        self.owners.remove(name);
        let keep = self.owners.len().max(NAMES_KEPT);
        if keep * 2 <= self.mark {
            self.owners.shrink_to(keep);
            self.mark = keep;
        }
        true
    }

    /// The nearest name that exists, for messages.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.owners.keys().map(|name| &**name)
    }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use crate::arena::handle::Addr;
    use crate::store::addr::InstanceAddr;

    fn instance(slot: u32) -> InstanceAddr {
        Addr::from_parts(slot, 1).unwrap().into()
    }

    #[test]
    fn a_name_is_found_once_committed_and_released_by_its_owner_only() {
        let mut names = Names::default();
        names.reserve("x", 7).unwrap();
        assert_eq!((names.get("x"), names.len()), (None, 1));
        assert!(names.reserve("x", 8).is_err());
        names.cancel("x", 8);
        names.commit("x", 8, instance(2));
        assert_eq!((names.get("x"), names.len()), (None, 1), "another spawn has no say");
        names.commit("x", 7, instance(1));
        names.cancel("x", 7);
        assert_eq!(names.get("x"), Some(instance(1)));
        assert!(!names.unregister("x", instance(2)));
        assert!(names.unregister("x", instance(1)));
        assert_eq!(names.len(), 0);
    }

    #[test]
    fn the_empty_name_is_never_taken() {
        let mut names = Names::default();
        names.reserve("", 1).unwrap();
        names.register("", instance(1)).unwrap();
        assert_eq!((names.get(""), names.len()), (None, 0));
    }

    #[test]
    fn storage_comes_back_without_thrash() {
        let mut names = Names::default();
        let name = |n: u32| format!("name{n}");
        for n in 0..10_000 {
            names.register(&name(n), instance(1)).unwrap();
        }
        for n in 10..10_000 {
            assert!(names.unregister(&name(n), instance(1)));
        }
        assert!((100..=256).contains(&names.owners.capacity()), "{}", names.owners.capacity());
        for n in 0..1000 {
            names.register(&name(20_000 + n), instance(1)).unwrap();
        }
        let mut shrinks = 0;
        for n in 0..5_000 {
            let mark = names.mark;
            names.unregister(&name(20_000 + n), instance(1));
            shrinks += usize::from(names.mark < mark);
            names.register(&name(21_000 + n), instance(1)).unwrap();
        }
        assert!(shrinks <= 1, "{shrinks} times");
    }
}
