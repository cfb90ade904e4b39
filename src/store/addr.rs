//! Names of live rows: the internal addresses, the public handles over them, and references packed into 64 bits.
//!
//! Owns: which bits a reference word has (see `jit::abi`), and how handles print. A handle is plain data: it owns nothing and
//! keeps nothing alive.
//! Does not know: which rows are alive. Start at [`Instance`] and [`Func`].

use std::fmt;

use crate::arena::handle::{Addr, RawHandle, addr_type};
use crate::error::HandleName;
use crate::jit::abi::{FUNC_INDEX_BITS, HOST_FUNC_INDEX, SLOT_BITS};
use crate::spec::module::FuncIdx;

addr_type!(
    /// Row of an instance.
    pub struct InstanceAddr,
    "instance"
);
addr_type!(
    /// Row of a memory.
    pub(crate) struct MemAddr,
    "memory"
);
addr_type!(
    /// Row of a table.
    pub(crate) struct TableAddr,
    "table"
);
addr_type!(
    /// Row of a global.
    pub(crate) struct GlobalAddr,
    "global"
);
addr_type!(
    /// Row of a host function that can be a value.
    pub(crate) struct HostFuncAddr,
    "hostfunc"
);
addr_type!(
    /// Row of a host value behind a reference.
    pub(crate) struct ExternAddr,
    "extern"
);
addr_type!(
    /// Row of a template that a store has met.
    pub(crate) struct TemplateAddr,
    "template"
);

macro_rules! handle_type {
    ($(#[$meta:meta])* $name:ident, $noun:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            pub(crate) raw: RawHandle,
        }

        const _: () = assert!(size_of::<$name>() == 12 && size_of::<Option<$name>>() == 12);

        impl $name {
            /// What rows of this kind are called.
            pub(crate) const NOUN: &'static str = $noun;

            pub(crate) const fn from_raw(raw: RawHandle) -> Self {
                Self { raw }
            }

            /// The handle as messages show it.
            #[must_use]
            pub fn name(self) -> HandleName {
                HandleName::new(Self::NOUN, self.raw)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.raw.write(Self::NOUN, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.raw.write(Self::NOUN, f)
            }
        }
    };
}

handle_type!(
    /// An instance of a module.
    Instance,
    "instance"
);
handle_type!(
    /// A memory.
    ///
    /// ```
    /// use skep::{Config, Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let text = r#"(module
    ///     (memory (export "memory") 1 2)
    ///     (func (export "load") (param i32) (result i64) (i64.load (local.get 0))))"#;
    /// let template = Linker::<()>::new(&engine).template(&Module::new(&engine, text)?)?;
    /// let mut store = Store::new(&engine);
    /// let instance = store.spawn(&template, ())?;
    ///
    /// let memory = instance.memory(&store, "memory")?;
    /// memory.write(&mut store, 8, &42_u64.to_le_bytes())?;
    /// let load = instance.typed_func::<u32, u64>(&store, "load")?;
    /// assert_eq!(load.call(&mut store, 8)?, 42);
    /// assert_eq!(memory.data(&store)?[8], 42);
    ///
    /// assert_eq!(memory.grow(&mut store, 1)?, 1); // pages before
    /// assert_eq!(memory.size_bytes(&store)?, 2 << 16);
    /// assert!(memory.grow(&mut store, 1).is_err()); // its maximum is 2
    /// assert!(memory.write(&mut store, 2 << 16, &[1]).is_err()); // beyond its end
    /// # Ok::<(), skep::Error>(())
    /// ```
    Memory,
    "memory"
);
handle_type!(
    /// A table.
    ///
    /// ```
    /// use skep::{Config, Engine, Linker, Module, Store, Val};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let text = r#"(module
    ///     (table (export "actions") 2 funcref)
    ///     (elem (i32.const 0) $seven)
    ///     (func $seven (result i32) (i32.const 7))
    ///     (func (export "eight") (result i32) (i32.const 8))
    ///     (func (export "act") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#;
    /// let template = Linker::<()>::new(&engine).template(&Module::new(&engine, text)?)?;
    /// let mut store = Store::new(&engine);
    /// let instance = store.spawn(&template, ())?;
    /// let act = instance.typed_func::<u32, i32>(&store, "act")?;
    /// assert_eq!(act.call(&mut store, 0)?, 7);
    /// assert!(act.call(&mut store, 1).is_err()); // nothing is there
    ///
    /// let actions = instance.table(&store, "actions")?;
    /// let eight = instance.func(&store, "eight")?;
    /// actions.set(&mut store, 1, Val::FuncRef(Some(eight)))?;
    /// assert_eq!(act.call(&mut store, 1)?, 8);
    /// assert_eq!(actions.get(&store, 1)?, Val::FuncRef(Some(eight)));
    /// # Ok::<(), skep::Error>(())
    /// ```
    Table,
    "table"
);
handle_type!(
    /// A global.
    ///
    /// ```
    /// use skep::{Config, Engine, Global, GlobalType, Linker, Module, Store, Val, ValType};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let mut store = Store::<()>::new(&engine);
    /// let speed = Global::new(&mut store, GlobalType { content: ValType::F32, mutable: true }, Val::F32(1.5))?;
    ///
    /// // Every guest that imports it sees the same one.
    /// let mut linker = Linker::new(&engine);
    /// linker.define("game", "speed", speed);
    /// let text = r#"(module
    ///     (global $speed (import "game" "speed") (mut f32))
    ///     (func (export "faster") (global.set $speed (f32.mul (global.get $speed) (f32.const 2)))))"#;
    /// let instance = linker.spawn(&mut store, &Module::new(&engine, text)?, ())?;
    /// instance.typed_func::<(), ()>(&store, "faster")?.call(&mut store, ())?;
    /// assert_eq!(speed.get(&store)?, Val::F32(3.0));
    /// speed.set(&mut store, Val::F32(0.0))?;
    /// assert!(speed.set(&mut store, Val::I32(0)).is_err()); // not its type
    /// # Ok::<(), skep::Error>(())
    /// ```
    Global,
    "global"
);
handle_type!(
    /// A reference to a host value.
    ExternRef,
    "extern"
);

impl Instance {
    /// Its row, to be checked.
    #[inline]
    pub(crate) fn addr(self) -> InstanceAddr {
        self.raw.addr().into()
    }
}

/// A function: of an instance, by its position there; or of the host. Equal handles are the same function, through any chain of
/// re-exports.
///
/// ```
/// use skep::{Config, Engine, Linker, Module, Store, Val};
///
/// let engine = Engine::new(&Config::default())?;
/// let text = r#"(module (func (export "max") (param f64 f64) (result f64) (f64.max (local.get 0) (local.get 1))))"#;
/// let template = Linker::<()>::new(&engine).template(&Module::new(&engine, text)?)?;
/// let mut store = Store::new(&engine);
/// let instance = store.spawn(&template, ())?;
///
/// // For types that are known at run time only; `Instance::typed_func` is for others.
/// let max = instance.func(&store, "max")?;
/// assert_eq!(max.call(&mut store, &[Val::F64(1.0), Val::F64(2.0)])?, [Val::F64(2.0)]);
/// assert!(max.call(&mut store, &[Val::F64(1.0)]).is_err()); // two are wanted
/// # Ok::<(), skep::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Func {
    /// The instance that defines it, or the row of a host function.
    pub(crate) raw: RawHandle,
    /// Its position there; [`HOST_FUNC_INDEX`] for a host function.
    pub(crate) index: FuncIdx,
}

const _: () = assert!(size_of::<Func>() == 16 && size_of::<Option<Func>>() == 16);

/// What a function handle or a reference word names, inside one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FuncAddr {
    /// A function that an instance defines.
    Wasm(InstanceAddr, FuncIdx),
    /// A function of the host.
    Host(HostFuncAddr),
}

impl FuncAddr {
    fn parts(self) -> (Addr, FuncIdx) {
        match self {
            Self::Wasm(instance, index) => (instance.into(), index),
            Self::Host(host) => (host.into(), FuncIdx::new(HOST_FUNC_INDEX)),
        }
    }

    fn of(addr: Addr, index: FuncIdx) -> Self {
        if index.as_u32() == HOST_FUNC_INDEX {
            Self::Host(addr.into())
        } else {
            Self::Wasm(addr.into(), index)
        }
    }

    /// The reference word.
    #[inline]
    pub(crate) fn word(self) -> u64 {
        let (addr, index) = self.parts();
        tag(addr) | u64::from(index.as_u32())
    }

    /// What a word names; `None` for null.
    #[inline]
    pub(crate) fn from_word(word: u64) -> Option<Self> {
        let slot = low_bits(word >> (SLOT_BITS + FUNC_INDEX_BITS), SLOT_BITS);
        let generation = low_bits(word >> FUNC_INDEX_BITS, SLOT_BITS);
        let index = FuncIdx::new(low_bits(word, FUNC_INDEX_BITS));
        Some(Self::of(Addr::from_parts(slot, generation)?, index))
    }
}

/// The lowest `bits` bits of a word.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "masked to at most 32 bits")]
const fn low_bits(word: u64, bits: u32) -> u32 {
    (word & ((1 << bits) - 1)) as u32
}

/// The identity of a row, shifted to where reference words hold it.
#[inline]
pub(crate) fn tag(addr: Addr) -> u64 {
    (u64::from(addr.slot()) << SLOT_BITS | u64::from(addr.generation())) << FUNC_INDEX_BITS
}

/// The instance whose tag this is; `None` for a vacant one.
#[inline]
pub(crate) fn instance_of_tag(tag: u64) -> Option<InstanceAddr> {
    match FuncAddr::from_word(tag)? {
        FuncAddr::Wasm(instance, _) => Some(instance),
        FuncAddr::Host(_) => None,
    }
}

/// The reference word of a host value.
#[inline]
pub(crate) fn extern_word(addr: ExternAddr) -> u64 {
    let addr = Addr::from(addr);
    u64::from(addr.slot()) << 32 | u64::from(addr.generation())
}

/// The host value that a word names; `None` for null.
#[inline]
pub(crate) fn extern_of_word(word: u64) -> Option<ExternAddr> {
    Addr::from_parts(low_bits(word >> 32, 32), low_bits(word, 32)).map(ExternAddr::from)
}

impl Func {
    pub(crate) fn new(addr: FuncAddr, store: u32) -> Self {
        let (addr, index) = addr.parts();
        Self { raw: RawHandle::new(addr, store), index }
    }

    pub(crate) fn addr(self) -> FuncAddr {
        FuncAddr::of(self.raw.addr(), self.index)
    }

    /// Whether the host defines it.
    #[must_use]
    pub const fn is_host(self) -> bool {
        self.index.as_u32() == HOST_FUNC_INDEX
    }

    /// The handle as messages show it.
    #[must_use]
    pub fn name(self) -> HandleName {
        HandleName::func(self.raw, if self.is_host() { None } else { Some(self.index) })
    }
}

impl fmt::Debug for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.name(), f)
    }
}

impl fmt::Display for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.name(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(slot: u32, generation: u32) -> Addr {
        Addr::from_parts(slot, generation).unwrap()
    }

    #[test]
    fn words_lead_back_to_functions() {
        let last = (1 << SLOT_BITS) - 1;
        for (slot, generation) in [(1, 1), (5, 3), (last - 1, last), (last, last)] {
            for index in [0, 1, HOST_FUNC_INDEX - 1] {
                let func = FuncAddr::Wasm(addr(slot, generation).into(), FuncIdx::new(index));
                assert_eq!(FuncAddr::from_word(func.word()), Some(func));
            }
            let host = FuncAddr::Host(addr(slot, generation).into());
            assert_eq!(FuncAddr::from_word(host.word()), Some(host));
            assert_eq!(instance_of_tag(tag(addr(slot, generation))), Some(addr(slot, generation).into()));
        }
        assert_eq!(FuncAddr::from_word(0), None);
    }

    #[test]
    fn words_of_host_values_lead_back() {
        for (slot, generation) in [(1, 1), (u32::MAX >> 1, u32::MAX >> 1)] {
            let value = ExternAddr::from(addr(slot, generation));
            assert_eq!(extern_of_word(extern_word(value)), Some(value));
        }
        assert_eq!(extern_of_word(0), None);
    }

    #[test]
    fn handles_print_their_noun() {
        let raw = RawHandle::new(addr(5, 3), 2);
        assert_eq!(Memory::from_raw(raw).to_string(), "memory#5v3@2");
        let func = FuncAddr::Wasm(addr(5, 3).into(), FuncIdx::new(17));
        assert_eq!(Func::new(func, 2).to_string(), "func#5v3@2:17");
        assert_eq!(Func::new(FuncAddr::Host(addr(5, 3).into()), 1).to_string(), "func#5v3@1");
    }
}
