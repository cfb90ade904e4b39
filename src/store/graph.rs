//! Many modules that may import one another: all spawned, or none.
//!
//! Owns: [`Store::spawn_all`]: the graph of imports between the modules, its levels, cycles, and what is missing before
//! anything runs.
//! Does not know: how the instances of one level begin (`batch`).

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::addr::Instance;
use super::batch::{Cause, Failure, Made, begin_all, make_rows};
use super::free::GoneData;
use super::imports::check;
use super::island::{AsStore, AsStoreMut};
use super::linker::{Defined, HINTS_MAX, Linker};
use super::template::Template;
use super::{Store, StoreInner};
use crate::error::{Error, LinkCause, LinkError, LinkErrors};
use crate::module::Module;
use crate::spec::module::{ExternIdx, ImportDecl};
use crate::spec::types::{ExternType, Limits, MemoryType, TableType};

impl<T: Send> Store<T> {
    /// Spawns modules under names, all or none. They may import from one another by these names, as from instances of the store:
    /// what a module imports from is spawned before it. Modules that do not depend on each other start in parallel, as in
    /// [`Store::spawn_batch`]. The handles are in the order of the items; the empty name is none.
    ///
    /// A name is found by others once everything that starts at the same time as its instance has started.
    ///
    /// ```
    /// use skep::{Config, Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let user = Module::new(&engine, r#"(module
    ///     (import "math" "double" (func $double (param i32) (result i32)))
    ///     (func (export "quadruple") (param i32) (result i32) (call $double (call $double (local.get 0)))))"#)?;
    /// let math = Module::new(&engine, r#"(module
    ///     (func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))"#)?;
    /// let linker = Linker::<()>::new(&engine);
    /// let mut store = Store::new(&engine);
    /// let both = store.spawn_all(&linker, [("user", &user, ()), ("math", &math, ())])?;
    /// let quadruple = both[0].typed_func::<i32, i32>(&store, "quadruple")?;
    /// assert_eq!(quadruple.call(&mut store, 10)?, 40);
    /// # Ok::<(), skep::Error>(())
    /// ```
    ///
    /// # Errors
    /// `AlreadyClosed`; `Batch` with the index of an item that fails and its error. Before anything runs: `NameTaken` for the lowest
    /// index whose name is taken; else `Link` for the lowest whose imports are missing, cannot match or form a cycle. Sizes that
    /// start functions decide are compared later. Then, level by level, as of [`Store::spawn_batch`]. There is none of the
    /// instances in any case, but for functions of theirs that others hold (see [`Free::WhenUnreachable`](super::free::Free)).
    ///
    /// # Panics
    /// As [`Store::spawn_batch`].
    pub fn spawn_all<'a>(
        &mut self,
        linker: &Linker<T>,
        items: impl IntoIterator<Item = (&'a str, &'a Module, T)>,
    ) -> Result<Vec<Instance>, Error> {
        self.whole().check_not_closed()?;
        self.whole().sweep_idle();
        let (mut names, mut modules, mut data) = (Vec::new(), Vec::new(), Vec::new());
        for (name, module, datum) in items {
            names.push(name);
            modules.push(module);
            data.push(Some(datum));
        }
        let first = self.whole().reserve_names(&names).map_err(Failure::into_error)?;
        let mut spawned = Spawned { names: &names, first, made: Vec::new() };
        // The resolver may panic, and data that is dropped because there is no room.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            Graph::new(linker, self, &names, &modules)
                .and_then(|graph| self.spawn_levels(linker, graph, &mut data, &mut spawned))
        }));
        let of_none = |payload| Err(Failure { index: usize::MAX, cause: Cause::Panic(payload) });
        if let Err(failure) = outcome.unwrap_or_else(of_none) {
            let gone = self.whole().end_spawned(&spawned, failure.index);
            return Err(failure.into_error_after(gone));
        }
        spawned.made.sort_unstable_by_key(|(index, _)| *index);
        let store = self.whole();
        Ok(spawned.made.iter().map(|(_, made)| store.instance_handle(made.instance)).collect())
    }

    fn spawn_levels(
        &mut self,
        linker: &Linker<T>,
        graph: Graph<T>,
        data: &mut [Option<T>],
        spawned: &mut Spawned<'_>,
    ) -> Result<(), Failure> {
        let Graph { defined, levels } = graph;
        let mut defined: Vec<_> = defined.into_iter().map(Some).collect();
        for level in levels {
            let mut templates = Vec::new();
            for &index in &level {
                let mut defined = defined[index].take().expect("each item has one level");
                defined.look_again(self.view());
                let template = linker.resolve_rest(defined, Some(self.view()));
                templates.push(template.map_err(|error| Failure::new(index, error))?);
            }
            self.spawn_level(&level, &templates, data, spawned)?;
        }
        Ok(())
    }

    fn spawn_level(
        &mut self,
        level: &[usize],
        templates: &[Template<T>],
        data: &mut [Option<T>],
        spawned: &mut Spawned<'_>,
    ) -> Result<(), Failure> {
        let of_item = |failure: Failure| Failure { index: level[failure.index], ..failure };
        let items = level.iter().zip(templates).map(|(&index, template)| {
            (&template.inner, data[index].take().expect("each item has one level"))
        });
        let mut view = self.view_mut();
        let made = make_rows(&mut view, items.collect()).map_err(of_item)?;
        spawned.made.extend(level.iter().copied().zip(made.iter().cloned()));
        begin_all(&mut view, &made).map_err(of_item)?;
        for (&index, made) in level.iter().zip(&made) {
            self.whole().go_live(made.instance, spawned.names[index], spawned.first + index as u64);
        }
        Ok(())
    }
}

/// What has been spawned so far.
struct Spawned<'a> {
    names: &'a [&'a str],
    /// The token that reserved the first name; the others follow.
    first: u64,
    /// In the order of spawning, each with its item.
    made: Vec<(usize, Made)>,
}

impl<T> StoreInner<T> {
    /// Takes all names, or none; the token of the first.
    fn reserve_names(&mut self, names: &[&str]) -> Result<u64, Failure> {
        let first = self.seq;
        for (index, name) in names.iter().enumerate() {
            let token = self.take_seq();
            if let Err(error) = self.names.reserve(name, token) {
                self.cancel_names(&names[..index], first);
                return Err(Failure::new(index, error));
            }
        }
        Ok(first)
    }

    fn cancel_names(&mut self, names: &[&str], first: u64) {
        for (name, token) in names.iter().zip(first..) {
            self.names.cancel(name, token);
        }
    }

    /// Ends all that was spawned, newest first, and gives the names back.
    fn end_spawned(&mut self, spawned: &Spawned<'_>, failed: usize) -> GoneData<T> {
        let mut gone = GoneData::new();
        let made: Vec<Made> = spawned.made.iter().map(|(_, made)| made.clone()).collect();
        let failed = spawned.made.iter().position(|(index, _)| *index == failed);
        self.end_batch(&made, failed.unwrap_or(usize::MAX), &mut gone);
        self.cancel_names(spawned.names, spawned.first);
        gone
    }
}

/// Modules and what they wait for.
struct Graph<T> {
    /// By item.
    defined: Vec<Defined<T>>,
    /// Items that can start together, each level after those before.
    levels: Vec<Vec<usize>>,
}

impl<T> Graph<T> {
    /// The graph, if nothing is missing and nothing waits for itself.
    fn new(
        linker: &Linker<T>,
        store: &Store<T>,
        names: &[&str],
        modules: &[&Module],
    ) -> Result<Self, Failure> {
        let named = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        let named: HashMap<&str, usize> = named.map(|(index, name)| (*name, index)).collect();
        let mut defined = Vec::with_capacity(modules.len());
        let mut edges = Vec::with_capacity(modules.len());
        for (index, module) in modules.iter().enumerate() {
            let known = linker.resolve_defined(module, Some(store.view()));
            let known = known.map_err(|error| Failure::new(index, error))?;
            // An instance cannot import itself: its own name is not found.
            let target = |import: &ImportDecl| named.get(&*import.module).copied().filter(|&at| at != index);
            let waits_for = edges_of(&known, target);
            let find = |import: &ImportDecl| target(import).map(|at| modules[at]);
            let errors = missing(linker, store, (&known, !waits_for.is_empty()), find);
            if !errors.is_empty() {
                return Err(Failure::new(index, Error::Link(Box::new(LinkErrors { errors }))));
            }
            edges.push(waits_for);
            defined.push(known);
        }
        match levels(&edges) {
            Ok(levels) => Ok(Self { defined, levels }),
            Err(cycle) => Err(cycle_error(&cycle, names, &defined)),
        }
    }
}

/// The items that a module imports from, each once.
fn edges_of<T>(known: &Defined<T>, target: impl Fn(&ImportDecl) -> Option<usize>) -> Vec<usize> {
    let imports = known.module.decl().imports.iter().zip(&known.found);
    let open = imports.filter(|(_, found)| found.is_none());
    let mut edges: Vec<usize> = open.filter_map(|(import, _)| target(import)).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// The imports of a module that must fail, before anything runs. If it `waits` for others, their start functions may make what
/// the store has larger first.
fn missing<'a, T>(
    linker: &Linker<T>,
    store: &Store<T>,
    (known, waits): (&Defined<T>, bool),
    target: impl Fn(&ImportDecl) -> Option<&'a Module>,
) -> Vec<LinkError> {
    let view = store.view();
    let decl = known.module.decl();
    let mut errors = Vec::new();
    for ((index, import), found) in decl.imports.iter().enumerate().zip(&known.found) {
        let expected = decl.import_type(import.ty);
        let later = |ty| if waits { best(ty, &expected, false) } else { ty };
        let resolved = match (found, target(import)) {
            (Some(Ok((_, ty))), _) => Ok(later(ty.clone())),
            (Some(Err(cause)), _) => Err(cause.clone()),
            (None, Some(module)) => exported(module, import, &expected),
            (None, None) => linker.find_named(import, Some(view)).map(|(_, ty)| later(ty)),
        };
        let resolved = resolved.and_then(|ty| check(&expected, &ty).map_err(|cause| (cause, Some(ty))));
        if let Err((cause, found)) = resolved {
            let hint = errors.len() < HINTS_MAX;
            errors.push(linker.error((Some(view), hint), (index, import), expected, found, cause));
        }
    }
    errors
}

/// The type that an export of a module will have for an import, as far as it is known before the module runs: memories and
/// tables may grow first, and one that is imported in its turn may be larger than declared.
fn exported(
    module: &Module,
    import: &ImportDecl,
    expected: &ExternType,
) -> Result<ExternType, (LinkCause, Option<ExternType>)> {
    let decl = module.decl();
    let Some(item) = decl.exports.get(&import.name) else { return Err((LinkCause::UnknownName, None)) };
    let imported = match item {
        ExternIdx::Memory(memory) => memory.as_u32() < decl.imported.memories,
        ExternIdx::Table(table) => table.as_u32() < decl.imported.tables,
        ExternIdx::Func(_) | ExternIdx::Global(_) => false,
    };
    Ok(best(decl.extern_type(item), expected, imported))
}

/// The type that fits `expected` best among those that something of this type may have when it is asked.
fn best(found: ExternType, expected: &ExternType, imported: bool) -> ExternType {
    match (found, expected) {
        (ExternType::Memory(found), ExternType::Memory(wanted)) => ExternType::Memory(MemoryType {
            limits: possible(found.limits, wanted.limits, imported),
            ..found
        }),
        (ExternType::Table(found), ExternType::Table(wanted)) => {
            ExternType::Table(TableType { limits: possible(found.limits, wanted.limits, imported), ..found })
        }
        (found, _) => found,
    }
}

/// The limits that fit `wanted` best among those that something declared with `found` may have when it is asked.
fn possible(found: Limits, wanted: Limits, imported: bool) -> Limits {
    if imported {
        return wanted;
    }
    Limits { min: found.max.unwrap_or(u64::MAX).max(found.min), ..found }
}

/// Items by levels: each after all that it waits for, in the order of items within a level; or a cycle.
fn levels(edges: &[Vec<usize>]) -> Result<Vec<Vec<usize>>, Vec<usize>> {
    let mut waits: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut waiters = vec![Vec::new(); edges.len()];
    for (index, targets) in edges.iter().enumerate() {
        targets.iter().for_each(|&target| waiters[target].push(index));
    }
    let mut levels = Vec::new();
    let mut level: Vec<usize> = (0..edges.len()).filter(|&index| waits[index] == 0).collect();
    let mut done = 0;
    while !level.is_empty() {
        done += level.len();
        let mut next = Vec::new();
        for &index in &level {
            for &waiter in &waiters[index] {
                waits[waiter] -= 1;
                if waits[waiter] == 0 {
                    next.push(waiter);
                }
            }
        }
        next.sort_unstable();
        levels.push(std::mem::replace(&mut level, next));
    }
    if done == edges.len() { Ok(levels) } else { Err(cycle(edges, &waits)) }
}

/// A cycle among the items that still wait, beginning with its lowest.
fn cycle(edges: &[Vec<usize>], waits: &[usize]) -> Vec<usize> {
    let waiting = |index: usize| edges[index].iter().copied().find(|&target| waits[target] > 0);
    let first = (0..edges.len()).find(|&index| waits[index] > 0).expect("some item still waits");
    let mut path = vec![first];
    loop {
        let last = path[path.len() - 1];
        let next = waiting(last).expect("what waits, waits for something that waits");
        if let Some(begin) = path.iter().position(|&at| at == next) {
            path.drain(..begin);
            break;
        }
        path.push(next);
    }
    let lowest = (0..path.len()).min_by_key(|&at| path[at]).expect("a cycle has members");
    path.rotate_left(lowest);
    path
}

/// The lowest item of a cycle, with the imports that close it.
fn cycle_error<T>(cycle: &[usize], names: &[&str], defined: &[Defined<T>]) -> Failure {
    let index = cycle[0];
    let next = names[*cycle.get(1).unwrap_or(&index)];
    let path: Vec<&str> = cycle.iter().chain([&index]).map(|&at| names[at]).collect();
    let path: Box<str> = path.join(" -> ").into();
    let Defined { module, found } = &defined[index];
    let decl = module.decl();
    let open = decl.imports.iter().enumerate().zip(found).filter(|(_, found)| found.is_none());
    let closing = open.map(|(import, _)| import).filter(|(_, import)| &*import.module == next);
    let errors = closing.map(|(at, import)| LinkError {
        index: at,
        module: import.module.clone(),
        name: import.name.clone(),
        kind: import.ty.kind(),
        expected: decl.import_type(import.ty),
        found: None,
        cause: LinkCause::Cycle(path.clone()),
        nearest: None,
    });
    Failure::new(index, Error::Link(Box::new(LinkErrors { errors: errors.collect() })))
}

#[cfg(test)]
mod tests {
    use super::levels;

    fn check(edges: &[&[usize]], expected: Result<&[&[usize]], &[usize]>) {
        let edges: Vec<Vec<usize>> = edges.iter().map(|targets| targets.to_vec()).collect();
        let expected =
            expected.map(|levels| levels.iter().map(|level| level.to_vec()).collect()).map_err(<[_]>::to_vec);
        assert_eq!(levels(&edges), expected);
    }

    #[test]
    fn each_level_comes_after_all_that_it_waits_for() {
        check(&[], Ok(&[]));
        check(&[&[], &[], &[]], Ok(&[&[0, 1, 2]]));
        check(&[&[1], &[2], &[]], Ok(&[&[2], &[1], &[0]]));
        check(&[&[3], &[3], &[0, 1], &[]], Ok(&[&[3], &[0, 1], &[2]]));
    }

    #[test]
    fn a_cycle_is_told_from_its_lowest_item_on() {
        check(&[&[1], &[0]], Err(&[0, 1]));
        check(&[&[2], &[], &[3], &[2, 1]], Err(&[2, 3]));
        check(&[&[3], &[0], &[1], &[2], &[0]], Err(&[0, 3, 2, 1]));
    }
}
