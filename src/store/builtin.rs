//! What machine code calls back: the table of C-ABI pointers of a store whose instances carry a `T`, and host functions.
//!
//! Owns: reading the words and cells of machine code, the chunks in which long operations run, what a host function's error or
//! panic becomes on its way out through machine code.
//! Does not know: what the operations do (`memory`, `table`, `segment`), what a closure does (`host`).
//!
//! # Invariants
//! - I1: everything here is called by machine code of an instance of a store whose data is of type `T`: `context` is that
//!   instance's linked context, whose `store` points to that store's block. `context::link_head` puts `builtins::<T>()` there.
//! - I2: the words are those of the operator (see `abi::Builtin`), in the caller's frame.
//! - I3: the record is the start of a `HostFunc<T, C>`, which named this function in its head, kept alive by the template or row
//!   that the call came through; behind `cells` there is room for its parameters and results, and the parameters are written, in
//!   their lower halves.
//! - I4: no panic crosses into machine code: everything that can panic runs under `catch_unwind`.
//! - I5: the memory view of a linked context is that of its memory 0, or empty: as many bytes lie at its base, and nothing in Rust
//!   refers to them while machine code runs.
//! - I6: where a context says that marks lie, there is one for each piece of its memory 0.

use std::any::Any;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::StoreInner;
use super::addr::{FuncAddr, InstanceAddr, MemAddr, TableAddr, instance_of_tag};
use super::host::{Closure, HostFunc, TypedClosure};
use super::island::{StorePtr, ViewMut};
use crate::engine::TypeId;
use crate::error::Error;
use crate::jit::abi::{Builtins, Context, HostRecord, MARK_SHIFT, ValueCell};
use crate::jit::backtrace;
use crate::spec::module::{DataIdx, ElemIdx, MemIdx, TableIdx};
use crate::spec::trap::{Trap, TrapCode};
use crate::spec::value::Bits;

/// The table of a store whose instances carry a `T`.
pub(crate) fn builtins<T>() -> &'static Builtins {
    Table::<T>::TABLE
}

struct Table<T>(std::marker::PhantomData<T>);

impl<T> Table<T> {
    const TABLE: &'static Builtins = &Builtins {
        trap: backtrace::trap,
        resolve: resolve::<T>,
        builtins: [
            memory_grow::<T>,
            memory_fill::<T>,
            memory_copy::<T>,
            memory_init::<T>,
            data_drop::<T>,
            table_grow::<T>,
            table_fill::<T>,
            table_copy::<T>,
            table_init::<T>,
            elem_drop::<T>,
        ],
    };
}

/// What ends a call instead of a trap, kept until machine code has been left.
pub(crate) enum Pending {
    /// A host function's error.
    Error(Error),
    /// A host function's panic.
    Panic(Box<dyn Any + Send>),
}

thread_local! {
    /// Without a destructor, so that it is there as long as its thread: other thread-locals may call guests when they go.
    static PENDING: Cell<Option<ManuallyDrop<Pending>>> = const { Cell::new(None) };
}

/// Takes what ended a call with a code of the host.
pub(crate) fn take_pending() -> Pending {
    ManuallyDrop::into_inner(PENDING.take().expect("whoever returns a code of the host says why"))
}

#[cold]
fn leave_with(pending: Pending) -> u64 {
    let code = match &pending {
        Pending::Error(Error::Exit(_)) => TrapCode::HostExit,
        Pending::Error(_) => TrapCode::HostError,
        Pending::Panic(_) => TrapCode::HostPanic,
    };
    PENDING.set(Some(ManuallyDrop::new(pending)));
    code.as_u8().into()
}

/// The running instance and its store.
///
/// # Safety
/// I1 for `context`; the view is given up before machine code goes on.
unsafe fn running<'a, T>(context: *const Context) -> (ViewMut<'a, T>, InstanceAddr) {
    // SAFETY: I1.
    let context = unsafe { &*context };
    let instance = instance_of_tag(context.own_tag.get()).expect("a linked context has its tag");
    // SAFETY: I1.
    let store = unsafe { StorePtr::from_raw(context.store.get()).view_of(instance) };
    (store, instance)
}

/// `HostRecord::call` of a host function whose type is known at run time only.
pub(crate) extern "C" fn call_host<T, C: Closure<T>>(
    record: *const HostRecord,
    context: *const Context,
    cells: *mut ValueCell,
) -> u64 {
    let called = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: I3.
        let func = unsafe { &*record.cast::<HostFunc<T, C>>() };
        // SAFETY: I3.
        let cells = unsafe { cells_of(cells, func.ty().params.len(), func.cells()) };
        // SAFETY: I1: the closure's `Caller` ends before this returns.
        let (store, instance) = unsafe { running::<T>(context) };
        func.call(store, instance, cells)
    }));
    status_of(called)
}

/// `HostRecord::call` of a host function whose type is known at compile time.
pub(crate) extern "C" fn call_typed_host<T, C: TypedClosure<T>>(
    record: *const HostRecord,
    context: *const Context,
    cells: *mut ValueCell,
) -> u64 {
    let called = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: I3.
        let func = unsafe { &*record.cast::<HostFunc<T, C>>() };
        // SAFETY: I3.
        let cells = unsafe { cells_of(cells, C::PARAMS, C::CELLS) };
        if const { C::IS_ALONE } {
            return func.closure().call_alone(cells);
        }
        // SAFETY: I1: the closure's `Caller` ends before this returns.
        let (store, instance) = unsafe { running::<T>(context) };
        func.call(store, instance, cells)
    }));
    status_of(called)
}

/// The cells of a call, those beyond the parameters zero.
///
/// # Safety
/// I3, with these numbers of parameters and cells.
#[inline]
unsafe fn cells_of<'a>(cells: *mut ValueCell, params: usize, count: usize) -> &'a mut [ValueCell] {
    for beyond in params..count {
        // SAFETY: the caller's.
        let cell = unsafe { cells.add(beyond) };
        // SAFETY: the caller's.
        unsafe { cell.write(Bits::ZERO) };
    }
    // SAFETY: the caller's: all are written now. What lies in the upper half of a parameter nobody has said, and nobody asks.
    unsafe { std::slice::from_raw_parts_mut(cells, count) }
}

#[inline]
fn status_of(called: std::thread::Result<Result<(), Error>>) -> u64 {
    match called {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => leave_with(Pending::Error(error)),
        Err(payload) => leave_with(Pending::Panic(payload)),
    }
}

/// Does what an operator asks for, or says which trap it ends in.
fn operate<T>(
    context: *const Context,
    operation: impl FnOnce(&mut ViewMut<'_, T>, InstanceAddr) -> Result<(), Trap>,
) -> u64 {
    let done = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: I1: the view ends with this closure.
        let (mut store, instance) = unsafe { running::<T>(context) };
        operation(&mut store, instance)
    }));
    match done {
        Ok(Ok(())) => 0,
        Ok(Err(trap)) => trap.code().into(),
        Err(payload) => leave_with(Pending::Panic(payload)),
    }
}

/// The words of an operator with `N` operands.
fn operands<const N: usize>(words: *mut u64) -> [u64; N] {
    // SAFETY: I2.
    unsafe { words.cast::<[u64; N]>().read() }
}

fn put_result(words: *mut u64, result: u64) {
    // SAFETY: I2: every operator with a result has at least one operand, whose word takes it.
    unsafe { words.write(result) };
}

/// The two indices of an immediate.
fn pair(immediate: u64) -> (u32, u32) {
    (low(immediate), low(immediate >> 32))
}

#[expect(clippy::cast_possible_truncation, reason = "takes the low half")]
const fn low(word: u64) -> u32 {
    word as u32
}

/// An operand of the width of an index.
const fn index(word: u64, is_64: bool) -> u64 {
    if is_64 { word } else { word & 0xFFFF_FFFF }
}

/// What `grow` answers: the old size, or −1 in the width of an index.
fn grown(old: Option<u64>, is_64: bool) -> u64 {
    index(old.unwrap_or(u64::MAX), is_64)
}

/// Long operations go on in pieces of this size; between two of them a guest can be stopped.
const CHUNK_BYTES: u64 = 64 * 1024;
/// As many elements of a table.
const CHUNK_ELEMENTS: u64 = CHUNK_BYTES / 8;

/// The order of pieces: from the last one where the target overlaps what is still to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Up,
    Down,
}

/// Does `n` of something in chunks: `part(offset, len)`, first with nothing at the end, which checks the whole range.
fn in_chunks(
    n: u64,
    chunk: u64,
    order: Order,
    mut part: impl FnMut(u64, u64) -> Result<(), Trap>,
) -> Result<(), Trap> {
    part(n, 0)?;
    let mut done = 0;
    while done < n {
        let len = (n - done).min(chunk);
        part(if order == Order::Up { done } else { n - done - len }, len)?;
        done += len;
    }
    Ok(())
}

impl<T> StoreInner<T> {
    fn memory_named(&self, instance: InstanceAddr, memory: u32) -> (MemAddr, bool) {
        let addr = self.memory_of(instance, MemIdx::new(memory));
        (addr, self.memories.get(addr).expect("an instance keeps its memories").ty.index64)
    }

    fn table_named(&self, instance: InstanceAddr, table: u32) -> (TableAddr, bool) {
        let addr = self.table_of(instance, TableIdx::new(table));
        (addr, self.tables.get(addr).expect("an instance keeps its tables").ty.index64)
    }
}

extern "C" fn memory_grow<T>(context: *const Context, words: *mut u64, immediate: u64) -> u64 {
    operate::<T>(context, |store, instance| {
        let [delta] = operands(words);
        let (memory, is_64) = store.memory_named(instance, low(immediate));
        put_result(words, grown(store.grow_memory(memory, index(delta, is_64)), is_64));
        Ok(())
    })
}

/// Where these ranges of `n` bytes start, if an operator names memory 0 only, moves no more than a piece, and they lie inside; and
/// `n`. `None` leaves it to the long way, which says what is wrong.
#[inline]
fn small_ranges<const N: usize>(
    context: *const Context,
    immediate: u64,
    n: u64,
    starts: [u64; N],
) -> Option<([*mut u8; N], usize)> {
    if immediate != 0 || n > CHUNK_BYTES {
        return None;
    }
    // SAFETY: I1.
    let memory = unsafe { &(*context).memory };
    let length = memory.length_bytes.get();
    if !starts.iter().all(|&at| at <= length && n <= length - at) {
        return None;
    }
    let base = memory.base.get();
    let address = |at| usize::try_from(at).map_or(base, |at| base.wrapping_add(at));
    Some((starts.map(address), usize::try_from(n).ok()?))
}

/// Leaves marks of a write to memory 0 that was compared with its length, if stores leave marks.
#[inline]
fn mark(context: *const Context, at: u64, n: u64) {
    // SAFETY: I1.
    let marks = unsafe { &(*context).marks }.get();
    if marks.is_null() || n == 0 {
        return;
    }
    for piece in at >> MARK_SHIFT..=(at + n - 1) >> MARK_SHIFT {
        // SAFETY: I6: there is a mark for each piece of a memory that has any.
        let place = unsafe { marks.add(usize::try_from(piece).unwrap_or_default()) };
        // SAFETY: I6: likewise; only this thread uses the context now.
        unsafe { place.write(1) };
    }
}

extern "C" fn memory_fill<T>(context: *const Context, words: *mut u64, immediate: u64) -> u64 {
    let [start, value, n] = operands(words);
    if let Some(([at], bytes)) = small_ranges(context, immediate, n, [start]) {
        mark(context, start, n);
        // SAFETY: I5: the range was compared with the length.
        unsafe { at.write_bytes(value.to_le_bytes()[0], bytes) };
        return 0;
    }
    operate::<T>(context, |store, instance| {
        let [at, value, n] = operands(words);
        let (memory, is_64) = store.memory_named(instance, low(immediate));
        let (at, n) = (index(at, is_64), index(n, is_64));
        let value = value.to_le_bytes()[0];
        in_chunks(n, CHUNK_BYTES, Order::Up, |k, len| {
            store.memory_fill(memory, (at.saturating_add(k), len), value)
        })
    })
}

extern "C" fn memory_copy<T>(context: *const Context, words: *mut u64, immediate: u64) -> u64 {
    let [dst, src, n] = operands(words);
    if let Some(([to, from], bytes)) = small_ranges(context, immediate, n, [dst, src]) {
        mark(context, dst, n);
        // SAFETY: I5: both ranges were compared with the length.
        unsafe { to.copy_from(from, bytes) };
        return 0;
    }
    operate::<T>(context, |store, instance| {
        let [dst, src, n] = operands(words);
        let (to, from) = pair(immediate);
        let ((to, to_64), (from, from_64)) =
            (store.memory_named(instance, to), store.memory_named(instance, from));
        let (dst, src, n) = (index(dst, to_64), index(src, from_64), index(n, to_64 && from_64));
        let order = if to == from && dst > src { Order::Down } else { Order::Up };
        in_chunks(n, CHUNK_BYTES, order, |k, len| {
            store.memory_copy((to, from), (dst.saturating_add(k), src.saturating_add(k), len))
        })
    })
}

extern "C" fn memory_init<T>(context: *const Context, words: *mut u64, immediate: u64) -> u64 {
    operate::<T>(context, |store, instance| {
        let [dst, src, n] = operands(words);
        let (memory, data) = pair(immediate);
        let (_, is_64) = store.memory_named(instance, memory);
        let (dst, src, n) = (index(dst, is_64), index(src, false), index(n, false));
        let names = (MemIdx::new(memory), DataIdx::new(data));
        in_chunks(n, CHUNK_BYTES, Order::Up, |k, len| {
            store.memory_init(instance, names, (dst.saturating_add(k), src + k, len))
        })
    })
}

extern "C" fn data_drop<T>(context: *const Context, _: *mut u64, immediate: u64) -> u64 {
    operate::<T>(context, |store, instance| {
        store.data_drop(instance, DataIdx::new(low(immediate)));
        Ok(())
    })
}

extern "C" fn table_grow<T>(context: *const Context, words: *mut u64, immediate: u64) -> u64 {
    operate::<T>(context, |store, instance| {
        let [value, delta] = operands(words);
        let (table, is_64) = store.table_named(instance, low(immediate));
        put_result(words, grown(store.grow_table(table, index(delta, is_64), value), is_64));
        Ok(())
    })
}

extern "C" fn table_fill<T>(context: *const Context, words: *mut u64, immediate: u64) -> u64 {
    operate::<T>(context, |store, instance| {
        let [at, value, n] = operands(words);
        let (table, is_64) = store.table_named(instance, low(immediate));
        let (at, n) = (index(at, is_64), index(n, is_64));
        in_chunks(n, CHUNK_ELEMENTS, Order::Up, |k, len| {
            store.table_fill(table, (at.saturating_add(k), len), value)
        })
    })
}

extern "C" fn table_copy<T>(context: *const Context, words: *mut u64, immediate: u64) -> u64 {
    operate::<T>(context, |store, instance| {
        let [dst, src, n] = operands(words);
        let (to, from) = pair(immediate);
        let ((to, to_64), (from, from_64)) =
            (store.table_named(instance, to), store.table_named(instance, from));
        let (dst, src, n) = (index(dst, to_64), index(src, from_64), index(n, to_64 && from_64));
        let order = if to == from && dst > src { Order::Down } else { Order::Up };
        in_chunks(n, CHUNK_ELEMENTS, order, |k, len| {
            store.table_copy((to, from), (dst.saturating_add(k), src.saturating_add(k), len))
        })
    })
}

extern "C" fn table_init<T>(context: *const Context, words: *mut u64, immediate: u64) -> u64 {
    operate::<T>(context, |store, instance| {
        let [dst, src, n] = operands(words);
        let (table, elem) = pair(immediate);
        let (_, is_64) = store.table_named(instance, table);
        let (dst, src, n) = (index(dst, is_64), index(src, false), index(n, false));
        let names = (TableIdx::new(table), ElemIdx::new(elem));
        in_chunks(n, CHUNK_ELEMENTS, Order::Up, |k, len| {
            store.table_init(instance, names, (dst.saturating_add(k), src + k, len))
        })
    })
}

extern "C" fn elem_drop<T>(context: *const Context, _: *mut u64, immediate: u64) -> u64 {
    operate::<T>(context, |store, instance| {
        store.elem_drop(instance, ElemIdx::new(low(immediate)));
        Ok(())
    })
}

/// `Builtins::resolve`: the stub has looked for other instances itself, so the word names a host function or nothing alive.
extern "C" fn resolve<T>(context: *const Context, word: u64, ty: u64, out: *mut u64) -> u64 {
    operate::<T>(context, |store, instance| {
        let host = match FuncAddr::from_word(word) {
            None => return Err(Trap::UninitializedElement),
            Some(FuncAddr::Wasm(..)) => return Err(Trap::FunctionOfFreedInstance),
            Some(FuncAddr::Host(host)) => store.host_funcs.get(host).ok_or(Trap::FunctionOfFreedInstance)?,
        };
        if host.ty.as_u32() != low(ty) {
            put_result(out, datum_of_type(host.ty));
            return Err(Trap::IndirectCallTypeMismatch);
        }
        let context = store.instance(instance).context.head();
        context.call_code.set(host.stub as u64);
        put_result(out, host.func.record().expose_provenance() as u64);
        Ok(())
    })
}

/// The datum of a mismatch with a host function, which has no entry in a table of functions: its type's id, marked.
fn datum_of_type(ty: TypeId) -> u64 {
    u64::from(ty.as_u32()) << 1 | 1
}

/// The type of a marked datum.
pub(crate) fn type_of_datum(datum: u64) -> Option<TypeId> {
    (datum & 1 == 1).then(|| TypeId::new(low(datum >> 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_chunks(n: u64, order: Order, expected: &[(u64, u64)]) {
        let mut parts = Vec::new();
        let done = in_chunks(n, 10, order, |at, len| {
            parts.push((at, len));
            Ok(())
        });
        assert_eq!((done, &*parts), (Ok(()), expected));
    }

    #[test]
    fn the_whole_range_is_checked_before_the_first_chunk() {
        check_chunks(0, Order::Up, &[(0, 0)]);
        check_chunks(10, Order::Up, &[(10, 0), (0, 10)]);
        check_chunks(25, Order::Up, &[(25, 0), (0, 10), (10, 10), (20, 5)]);
        check_chunks(25, Order::Down, &[(25, 0), (15, 10), (5, 10), (0, 5)]);
        let refused =
            in_chunks(25, 10, Order::Up, |at, _| if at == 25 { Err(Trap::Unreachable) } else { panic!() });
        assert_eq!(refused, Err(Trap::Unreachable));
    }

    #[test]
    fn growth_that_fails_has_a_zero_upper_half() {
        assert_eq!(grown(None, false), 0xFFFF_FFFF);
        assert_eq!(grown(None, true), u64::MAX);
        assert_eq!(grown(Some(7), false), 7);
    }

    #[test]
    fn a_type_as_datum_is_no_address() {
        let ty = TypeId::new(77);
        assert_eq!(type_of_datum(datum_of_type(ty)), Some(ty));
        assert_eq!(type_of_datum(0), None);
        assert_eq!(type_of_datum(0x7F00_1234_5670), None);
    }
}
