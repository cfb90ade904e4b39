//! What must not compile: how a host would enter an instance twice, keep what a call lends, or change a store under running code.
//!
//! Owns: the examples, which run as documentation tests only. Each names the compiler's error, so that it cannot fail for another
//! reason. Does not know: why the types are as they are (`island`, `host`).

/// A caller stays in its thread.
/// ```compile_fail,E0277
/// # use skep::{Caller, Linker, Error};
/// # fn test(linker: &mut Linker<u32>) -> Result<(), Error> {
/// linker.func("env", "f", |mut caller: Caller<'_, u32>| {
///     std::thread::scope(|scope| {
///         scope.spawn(|| *caller.data_mut() += 1);
///     });
/// })?;
/// # Ok(())
/// # }
/// ```
pub struct CallerStaysInItsThread;

/// A caller does not outlive its call.
/// ```compile_fail,E0521
/// # use skep::{Caller, Linker, Error};
/// # fn test(linker: &mut Linker<u32>) -> Result<(), Error> {
/// thread_local! { static KEPT: std::cell::RefCell<Option<Caller<'static, u32>>> = const { std::cell::RefCell::new(None) }; }
/// linker.func("env", "f", |caller: Caller<'_, u32>| KEPT.set(Some(caller)))?;
/// # Ok(())
/// # }
/// ```
pub struct CallerStaysInItsCall;

/// Bytes of a memory are not held across a call, which may make the memory grow.
/// ```compile_fail,E0499
/// # use skep::{AsStoreMut, Error, Memory, TypedFunc};
/// fn test(mut store: impl AsStoreMut, memory: Memory, f: TypedFunc<(), ()>) -> Result<(), Error> {
///     let bytes = memory.data_mut(&mut store)?;
///     f.call(&mut store, ())?;
///     bytes[0] = 1;
///     Ok(())
/// }
/// ```
pub struct BytesAreNotHeldAcrossACall;

/// The same, with the data of the calling instance.
/// ```compile_fail,E0499
/// # use skep::{Caller, Error, Func, Memory};
/// fn test(mut caller: Caller<'_, u32>, memory: Memory, f: Func) -> Result<(), Error> {
///     let (bytes, data) = caller.memory_and_data(memory)?;
///     f.call(&mut caller, &[])?;
///     bytes[0] = u8::try_from(*data).unwrap_or(0);
///     Ok(())
/// }
/// ```
pub struct DataIsNotHeldAcrossACall;

/// An instance is not freed while its data is lent.
/// ```compile_fail,E0499
/// # use skep::{Error, Free, Instance, Store};
/// fn test(store: &mut Store<u32>, instance: Instance) -> Result<(), Error> {
///     let data = store.data_mut(instance)?;
///     store.free(instance, Free::Now)?;
///     *data += 1;
///     Ok(())
/// }
/// ```
pub struct DataIsNotLentOverTheEnd;

/// Nothing is freed inside a call.
/// ```compile_fail,E0599
/// # use skep::{Caller, Error, Free, Linker};
/// # fn test(linker: &mut Linker<u32>) -> Result<(), Error> {
/// linker.func("env", "f", |mut caller: Caller<'_, u32>| -> Result<(), Error> {
///     let instance = caller.instance();
///     caller.free(instance, Free::Now).map(drop)
/// })?;
/// # Ok(())
/// # }
/// ```
pub struct NothingIsFreedInACall;

/// Nothing is spawned inside a call.
/// ```compile_fail,E0308
/// # use skep::{Caller, Error, Linker, Module};
/// # fn test(linker: &mut Linker<u32>, other: Linker<u32>, module: Module) -> Result<(), Error> {
/// linker.func("env", "f", move |mut caller: Caller<'_, u32>| -> Result<(), Error> {
///     other.spawn(&mut caller, &module, 0).map(drop)
/// })?;
/// # Ok(())
/// # }
/// ```
pub struct NothingIsSpawnedInACall;

/// Closures are shared by the threads that run islands: they hold nothing that one thread owns.
/// ```compile_fail,E0277
/// # use skep::{Error, Linker};
/// # fn test(linker: &mut Linker<u32>) -> Result<(), Error> {
/// let counter = std::rc::Rc::new(std::cell::Cell::new(0));
/// linker.func("env", "f", move || counter.set(counter.get() + 1))?;
/// # Ok(())
/// # }
/// ```
pub struct ClosuresAreShared;

/// A store of long-lived data is not one of short-lived data.
/// ```compile_fail,E0597
/// # use skep::{Error, Instance, Store};
/// fn test(store: Store<&'static str>, instance: Instance) -> Result<(), Error> {
///     let text = String::from("short-lived");
///     let mut shorter: Store<&str> = store;
///     *shorter.data_mut(instance)? = &text;
///     Ok(())
/// }
/// ```
pub struct StoresAreInvariant;

/// Two threads do not enter one store.
/// ```compile_fail,E0499
/// # use skep::{Store, TypedFunc};
/// fn test(store: &mut Store<u32>, f: &TypedFunc<(), ()>) {
///     std::thread::scope(|scope| {
///         scope.spawn(|| f.call(&mut *store, ()));
///         scope.spawn(|| f.call(&mut *store, ()));
///     });
/// }
/// ```
pub struct OneThreadEnters;

/// What is called when an instance ends cannot ask the store.
/// ```compile_fail,E0502
/// # use skep::Store;
/// fn test(store: &mut Store<u32>) {
///     store.on_end(|instance, _, _| store.data(instance).map(drop));
/// }
/// ```
pub struct HooksHaveNoStore;
