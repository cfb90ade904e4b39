//! Columns: an export of a module, looked up once and called on many instances; and visits of many instances.
//!
//! Owns: [`Column`], and what is done for one lane. Does not know: which thread does it, what two lanes of one island owe each
//! other (`lanes`).

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::Store;
use super::addr::{FuncAddr, Instance, InstanceAddr};
use super::call::{self, LaneEntry};
use super::host::Caller;
use super::island::{AsStore, AsStoreMut, ViewMut};
use super::lanes::{self, Cost, Work};
use super::template::Template;
use super::typed::{self, TypedFunc, WasmParams, WasmResults};
use crate::error::{Error, ExportError, TypeError};
use crate::module::Module;
use crate::spec::module::{ExternIdx, FuncIdx};
use crate::spec::types::ExternKind;
use crate::spec::value::Bits;

/// An exported function of a module, its name looked up and its type checked once: to be called on many of the module's
/// instances at a time, whichever templates and stores they are of.
///
/// [`Store::call_column`] calls it on each with the same arguments, [`Store::call_lanes`] with arguments for each, and
/// [`Store::for_each`] tells a closure what comes of each.
///
/// ```
/// use skep::{Column, Config, Engine, Linker, Module, Store};
///
/// let engine = Engine::new(&Config::default())?;
/// let module = Module::new(&engine, r#"(module
///     (global $sum (mut i32) (i32.const 0))
///     (func (export "add") (param i32) (result i32)
///         (global.set $sum (i32.add (global.get $sum) (local.get 0)))
///         (global.get $sum)))"#)?;
/// let template = Linker::<()>::new(&engine).template(&module)?;
/// let mut store = Store::new(&engine);
/// let many = store.spawn_batch(&template, vec![(); 1000])?;
///
/// let add: Column<i32, i32> = template.export("add")?;
/// let mut sums = Vec::new(); // used again for each call
/// store.call_column(&add, &many, 5, &mut sums);
/// store.call_lanes(&add, &[(many[7], 10), (many[8], 20)], &mut sums);
/// assert_eq!(*sums[0].as_ref().unwrap(), 15);
/// assert_eq!(*sums[1].as_ref().unwrap(), 25);
/// assert!(template.export::<(), ()>("add").is_err()); // not its type
/// # Ok::<(), skep::Error>(())
/// ```
pub struct Column<P, R> {
    module: Module,
    func: FuncIdx,
    /// How it is called in many instances at a time, if it can be.
    entry: Option<LaneEntry>,
    cost: Arc<Cost>,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for Column<P, R> {
    fn clone(&self) -> Self {
        let (module, cost) = (self.module.clone(), Arc::clone(&self.cost));
        Self { module, func: self.func, entry: self.entry, cost, types: PhantomData }
    }
}

impl<P, R> fmt::Debug for Column<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let module = self.module.name().unwrap_or("");
        write!(f, "{module:?}:{}: {} -> {}", self.func.as_u32(), type_name::<P>(), type_name::<R>())
    }
}

impl<P, R> Column<P, R> {
    /// The module whose instances it can be called on.
    #[must_use]
    pub const fn module(&self) -> &Module {
        &self.module
    }

    /// Says how long a call is expected to take, so that the first run knows whether several threads are worth it; later ones
    /// go by what calls took. It changes no answer. Clones share it.
    pub fn expect_cost(&self, per_lane: Duration) {
        self.cost.expect(per_lane);
    }
}

impl<P: WasmParams, R: WasmResults> Column<P, R> {
    /// The function in one instance, as [`Instance::typed_func`] gives it: but no name is looked up and no type compared.
    ///
    /// ```
    /// use skep::{Config, Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let module = Module::new(&engine, r#"(module (func (export "seven") (result i32) (i32.const 7)))"#)?;
    /// let template = Linker::<()>::new(&engine).template(&module)?;
    /// let seven = template.export::<(), i32>("seven")?;
    /// let mut store = Store::new(&engine);
    /// for _ in 0..100 {
    ///     let one = store.spawn(&template, ())?;
    ///     assert_eq!(seven.of(&store, one)?.call(&mut store, ())?, 7);
    /// }
    /// # Ok::<(), skep::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the handle is stale or of another store; `OtherModule` if the instance is not of the column's module.
    pub fn of(&self, store: &impl AsStore, instance: Instance) -> Result<TypedFunc<P, R>, Error> {
        let view = store.view();
        let addr = view.resolve_instance(instance)?;
        if !view.get().module_of(addr).same(&self.module) {
            return Err(lanes::other_module(view.get(), (instance, addr), &self.module));
        }
        TypedFunc::of_type(view, instance, view.get().origin_of(addr, self.func))
    }
}

impl<T> Template<T> {
    /// An exported function, to be called on many instances at a time. Its module counts: instances of another template of the
    /// same module serve too.
    ///
    /// # Errors
    /// `Export` if the module exports no function of this name, `Type` if it has another type; `System` if there is no room for
    /// the code that calls functions of its type.
    pub fn export<P: WasmParams, R: WasmResults>(&self, name: &str) -> Result<Column<P, R>, Error> {
        const { assert!(P::TYPES.len() <= typed::TYPED_VALUES_MAX && R::TYPES.len() <= typed::TYPED_VALUES_MAX) };
        let module = self.module().clone();
        let item = module.decl().exports.get(name);
        let Some(ExternIdx::Func(func)) = item else {
            let kinds = item.map(|item| (item.kind(), ExternKind::Func));
            let module = module.name().unwrap_or("").into();
            return Err(Error::Export(Box::new(ExportError { module, name: name.into(), kinds })));
        };
        let (expected, found) = (typed::func_type::<P, R>(), module.decl().func_type(func));
        if *found != expected {
            return Err(TypeError::Signature { expected, found: found.clone() }.into());
        }
        // References are checked for each instance.
        let entry = if P::ARE_NUMBERS { LaneEntry::new(&module, func)? } else { None };
        Ok(Column { module, func, entry, cost: Arc::default(), types: PhantomData })
    }
}

/// # Many instances at once
/// What these four have in common. A *lane* is a place in the list of instances. Instances that share nothing (see
/// [`Store::island`]) are served in parallel, on the threads of the current rayon pool, if that is worth it; those that share
/// something one after the other, in order, and so is an instance that is named twice. Whether one thread serves them or many,
/// host functions reach the island of their instance only, and everything else answers [`Error::WrongIsland`]; so what comes
/// of a lane does not depend on the machine.
///
/// Each lane has its own answer. It is an error if the instance is stale (`Stale`), of another store (`WrongStore`), has exited
/// (`Exit`), perhaps through a lane before it, or the store is closed (`StoreClosed`); and of course what the call ends with: a
/// `Trap`, an error of the host. Other lanes go on.
///
/// A panic, in a host function or in a closure that is given here, ends the lanes of its island. All others are served, and
/// then the panic of the lowest lane goes on, with the store as whole as after any other call; the list of answers is empty then.
///
/// Lists of answers are emptied first, and keep their room: a host that uses one again and again allocates nothing.
impl<T: Send> Store<T> {
    /// Calls an export of many instances with the same arguments. Answers are in the order of the instances.
    ///
    /// ```
    /// use skep::{Config, Engine, Linker, Module, Store, Trap};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let module = Module::new(&engine, r#"(module (func (export "div") (param i32 i32) (result i32)
    ///     (i32.div_s (local.get 0) (local.get 1))))"#)?;
    /// let template = Linker::<()>::new(&engine).template(&module)?;
    /// let mut store = Store::new(&engine);
    /// let many = store.spawn_batch(&template, vec![(); 100])?;
    /// let div = template.export::<(i32, i32), i32>("div")?;
    /// let mut answers = Vec::new();
    /// store.call_column(&div, &many, (42, 6), &mut answers);
    /// assert!(answers.iter().all(|answer| *answer.as_ref().unwrap() == 7));
    /// store.call_column(&div, &many, (42, 0), &mut answers);
    /// assert!(answers.iter().all(|answer| answer.as_ref().unwrap_err().trap() == Some(Trap::IntegerDivideByZero)));
    /// # Ok::<(), skep::Error>(())
    /// ```
    ///
    /// What runs in parallel must be able to change threads:
    /// ```compile_fail,E0277
    /// # use skep::{Config, Engine, Linker, Module, Store};
    /// # let engine = Engine::new(&Config::default()).unwrap();
    /// # let module = Module::new(&engine, r#"(module (func (export "f")))"#).unwrap();
    /// let template = Linker::<std::rc::Rc<u8>>::new(&engine).template(&module).unwrap();
    /// let mut store = Store::new(&engine);
    /// let one = store.spawn(&template, std::rc::Rc::new(1)).unwrap();
    /// store.call_column(&template.export::<(), ()>("f").unwrap(), &[one], (), &mut Vec::new());
    /// ```
    ///
    /// # Errors
    /// None of its own. In answers: see above; `OtherModule` if the instance is not of the column's module; and for arguments that
    /// are references, what [`TypedFunc::call`](crate::TypedFunc::call) says of them, and `WrongIsland` if a function is
    /// neither the host's nor of the lane's island.
    ///
    /// # Panics
    /// If a host function does.
    pub fn call_column<P: WasmParams, R: WasmResults>(
        &mut self,
        column: &Column<P, R>,
        instances: &[Instance],
        args: P,
        answers: &mut Vec<Result<R, Error>>,
    ) {
        let call = Call { column, lanes: Same { instances, args } };
        lanes::collect(&mut self.view_mut(), &call, (instances.len(), &column.cost), answers);
    }

    /// As [`Store::call_column`], with arguments for each lane.
    ///
    /// # Errors
    /// As [`Store::call_column`].
    ///
    /// # Panics
    /// As [`Store::call_column`].
    pub fn call_lanes<P: WasmParams, R: WasmResults>(
        &mut self,
        column: &Column<P, R>,
        lanes: &[(Instance, P)],
        answers: &mut Vec<Result<R, Error>>,
    ) {
        let call = Call { column, lanes: Each { lanes } };
        lanes::collect(&mut self.view_mut(), &call, (lanes.len(), &column.cost), answers);
    }

    /// As [`Store::call_column`], but tells `each` the answers, with their lane and instance, as they come: on the thread that
    /// served the lane, at once and in any order, but in order for the lanes of one island.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use skep::{Config, Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let module = Module::new(&engine, r#"(module (func (export "square") (param i32) (result i32)
    ///     (i32.mul (local.get 0) (local.get 0))))"#)?;
    /// let template = Linker::<()>::new(&engine).template(&module)?;
    /// let mut store = Store::new(&engine);
    /// let many = store.spawn_batch(&template, vec![(); 100])?;
    /// let sum = AtomicU32::new(0);
    /// store.for_each(&template.export::<u32, u32>("square")?, &many, 3, |_lane, _instance, answer| {
    ///     sum.fetch_add(answer.unwrap(), Ordering::Relaxed);
    /// });
    /// assert_eq!(sum.into_inner(), 900);
    /// # Ok::<(), skep::Error>(())
    /// ```
    ///
    /// Workers share the closure:
    /// ```compile_fail,E0277
    /// # use skep::{Config, Engine, Linker, Module, Store};
    /// # let engine = Engine::new(&Config::default()).unwrap();
    /// # let module = Module::new(&engine, r#"(module (func (export "f")))"#).unwrap();
    /// # let template = Linker::<()>::new(&engine).template(&module).unwrap();
    /// # let mut store = Store::new(&engine);
    /// let count = std::rc::Rc::new(std::cell::Cell::new(0));
    /// store.for_each(&template.export::<(), ()>("f").unwrap(), &[], (), |_, _, _| count.set(count.get() + 1));
    /// ```
    ///
    /// # Errors
    /// As [`Store::call_column`].
    ///
    /// # Panics
    /// As [`Store::call_column`], and if `each` does.
    pub fn for_each<P: WasmParams, R: WasmResults>(
        &mut self,
        column: &Column<P, R>,
        instances: &[Instance],
        args: P,
        each: impl Fn(usize, Instance, Result<R, Error>) + Sync,
    ) {
        let call = Call { column, lanes: Same { instances, args } };
        lanes::tell_each(&mut self.view_mut(), &call, (instances.len(), &column.cost), each);
    }

    /// Runs a closure for each of many instances, of whatever modules, with a [`Caller`] that stands for the instance: for
    /// several calls and accesses per instance. An exit that the closure asks for ends the instance, as that of a host function
    /// does.
    ///
    /// ```
    /// use skep::{Config, Engine, Error, Linker, Module, Store};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let linker = Linker::<u32>::new(&engine);
    /// let mut store = Store::new(&engine);
    /// // Modules that differ in what they do, and all keep it at address 0.
    /// let mods = ["(i32.const 1)", "(i32.load (i32.const 0))"].map(|what| {
    ///     let text = format!(r#"(module (memory (export "memory") 1)
    ///         (func (export "tick") (i32.store (i32.const 0) (i32.add (i32.const 1) {what}))))"#);
    ///     linker.spawn(&mut store, &Module::new(&engine, text).unwrap(), 0).unwrap()
    /// });
    /// let mut states = Vec::new();
    /// store.visit(&mods, |_lane, caller| {
    ///     let tick = caller.func("tick")?.typed::<(), ()>(&*caller)?;
    ///     tick.call(&mut *caller, ())?;
    ///     tick.call(&mut *caller, ())?;
    ///     *caller.data_mut() += 2;
    ///     Ok::<u8, Error>(caller.memory("memory")?.data(&*caller)?[0])
    /// }, &mut states);
    /// assert!(states.iter().all(|state| *state.as_ref().unwrap() == 2));
    /// assert_eq!(*store.data(mods[1])?, 2);
    /// # Ok::<(), skep::Error>(())
    /// ```
    ///
    /// # Errors
    /// None of its own. In answers: see above, and what the closure returns.
    ///
    /// # Panics
    /// If the closure does, or a host function that it leads to.
    pub fn visit<R: Send>(
        &mut self,
        instances: &[Instance],
        visit: impl Fn(usize, &mut Caller<'_, T>) -> Result<R, Error> + Sync,
        answers: &mut Vec<Result<R, Error>>,
    ) {
        let cost = self.whole().visit_cost.clone();
        let visit = Visit { instances, visit };
        lanes::collect(&mut self.view_mut(), &visit, (instances.len(), &cost), answers);
        self.whole().visit_cost = cost;
    }
}

/// Instances and arguments of a column's lanes.
trait Lanes<P>: Sync {
    const ARE_SAME: bool;
    fn instance(&self, lane: usize) -> Instance;
    fn args(&self, lane: usize) -> P;
}

/// The same arguments for all.
struct Same<'a, P> {
    instances: &'a [Instance],
    args: P,
}

impl<P: WasmParams> Lanes<P> for Same<'_, P> {
    const ARE_SAME: bool = true;

    #[inline]
    fn instance(&self, lane: usize) -> Instance {
        self.instances[lane]
    }

    #[inline]
    fn args(&self, _: usize) -> P {
        self.args
    }
}

/// Arguments for each.
struct Each<'a, P> {
    lanes: &'a [(Instance, P)],
}

impl<P: WasmParams> Lanes<P> for Each<'_, P> {
    const ARE_SAME: bool = false;

    #[inline]
    fn instance(&self, lane: usize) -> Instance {
        self.lanes[lane].0
    }

    #[inline]
    fn args(&self, lane: usize) -> P {
        self.lanes[lane].1
    }
}

/// A call for each lane.
struct Call<'a, P, R, L> {
    column: &'a Column<P, R>,
    lanes: L,
}

impl<T, P: WasmParams, R: WasmResults, L: Lanes<P>> Work<T> for Call<'_, P, R, L> {
    type Answer = R;
    const PARAMS: usize = P::TYPES.len();
    const RESULTS: usize = R::TYPES.len();
    const ARE_SAME: bool = L::ARE_SAME;

    #[inline]
    fn instance(&self, lane: usize) -> Instance {
        self.lanes.instance(lane)
    }

    #[inline]
    fn module(&self) -> Option<&Module> {
        Some(&self.column.module)
    }

    #[inline]
    fn bulk(&self) -> Option<(&LaneEntry, &Module)> {
        Some((self.column.entry.as_ref()?, &self.column.module))
    }

    #[inline]
    fn params(&self, lane: usize, cells: &mut [Bits]) {
        self.lanes.args(lane).write_numbers(cells);
    }

    #[inline]
    fn answer(&self, cells: &[Bits], store: u32) -> R {
        R::read(cells, store)
    }

    fn serve(&self, mut island: ViewMut<'_, T>, lane: usize, instance: InstanceAddr) -> Result<R, Error> {
        let func = island.origin_of(instance, self.column.func);
        if !matches!(func, FuncAddr::Wasm(origin, _) if origin == instance) {
            // The function is another's, which may have been freed.
            island.resolve_func(island.func_handle(func))?;
        }
        let callee = island.callee(func)?;
        let args = self.lanes.args(lane);
        typed::with_cells::<P, R, T>(&mut island, args, callee.instance(), |island, cells| {
            call::call(island.reborrow(), &callee, Some(instance), cells)
        })
    }
}

/// A closure of the host for each lane.
struct Visit<'a, F> {
    instances: &'a [Instance],
    visit: F,
}

impl<T, R: Send, F: Fn(usize, &mut Caller<'_, T>) -> Result<R, Error> + Sync> Work<T> for Visit<'_, F> {
    type Answer = R;
    const PARAMS: usize = 0;
    const RESULTS: usize = 0;
    const ARE_SAME: bool = true;

    #[inline]
    fn instance(&self, lane: usize) -> Instance {
        self.instances[lane]
    }

    #[inline]
    fn module(&self) -> Option<&Module> {
        None
    }

    fn bulk(&self) -> Option<(&LaneEntry, &Module)> {
        None
    }

    fn params(&self, _: usize, _: &mut [Bits]) {
        unreachable!("closures are called one by one")
    }

    fn answer(&self, _: &[Bits], _: u32) -> R {
        unreachable!("closures are called one by one")
    }

    fn serve(&self, mut island: ViewMut<'_, T>, lane: usize, instance: InstanceAddr) -> Result<R, Error> {
        Caller::stand_for(&mut island, instance, |caller| (self.visit)(lane, caller))
    }
}
