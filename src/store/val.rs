//! Values as the host sees them, and their way to and from untyped cells.
//!
//! Owns: [`Val`]. A reference in it is a handle: it keeps nothing alive and is checked when it is used.
//! Does not know: how cells reach machine code (`call`).

use super::addr::{ExternRef, Func, FuncAddr, InstanceAddr, extern_of_word, extern_word};
use super::island::ViewMut;
use crate::arena::handle::{Addr, RawHandle};
use crate::error::{AccessError, Error};
use crate::spec::types::{RefType, ValType};
use crate::spec::value::Bits;

/// A value of any type.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the standard's own names")]
pub enum Val {
    I32(i32),
    I64(i64),
    F32(f32),
    F64(f64),
    V128(u128),
    FuncRef(Option<Func>),
    ExternRef(Option<ExternRef>),
}

impl Val {
    /// Its type.
    #[must_use]
    pub const fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::V128(_) => ValType::V128,
            Self::FuncRef(_) => ValType::FuncRef,
            Self::ExternRef(_) => ValType::ExternRef,
        }
    }

    /// Zero, or null.
    #[must_use]
    pub const fn default_of(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0.0),
            ValType::F64 => Self::F64(0.0),
            ValType::V128 => Self::V128(0),
            ValType::FuncRef => Self::FuncRef(None),
            ValType::ExternRef => Self::ExternRef(None),
        }
    }

    /// The null reference of a type.
    #[must_use]
    pub const fn null(ty: RefType) -> Self {
        match ty {
            RefType::Func => Self::FuncRef(None),
            RefType::Extern => Self::ExternRef(None),
        }
    }

    /// As an i32, if it is one.
    #[must_use]
    pub const fn as_i32(&self) -> Option<i32> {
        if let Self::I32(value) = self { Some(*value) } else { None }
    }

    /// As an i64, if it is one.
    #[must_use]
    pub const fn as_i64(&self) -> Option<i64> {
        if let Self::I64(value) = self { Some(*value) } else { None }
    }

    /// As an f32, if it is one.
    #[must_use]
    pub const fn as_f32(&self) -> Option<f32> {
        if let Self::F32(value) = self { Some(*value) } else { None }
    }

    /// As an f64, if it is one.
    #[must_use]
    pub const fn as_f64(&self) -> Option<f64> {
        if let Self::F64(value) = self { Some(*value) } else { None }
    }

    /// The value of a cell of this type, in the store whose id's low half is `store`.
    pub(crate) fn from_bits(ty: ValType, bits: Bits, store: u32) -> Self {
        match ty {
            ValType::I32 => Self::I32(bits.as_i32()),
            ValType::I64 => Self::I64(bits.as_i64()),
            ValType::F32 => Self::F32(f32::from_bits(bits.as_u32())),
            ValType::F64 => Self::F64(f64::from_bits(bits.as_u64())),
            ValType::V128 => Self::V128(bits.as_u128()),
            ValType::FuncRef => Self::FuncRef(func_of_word(bits.as_u64(), store)),
            ValType::ExternRef => Self::ExternRef(extern_ref_of_word(bits.as_u64(), store)),
        }
    }
}

/// The function that a reference word names; it may be gone.
pub(crate) fn func_of_word(word: u64, store: u32) -> Option<Func> {
    FuncAddr::from_word(word).map(|addr| Func::new(addr, store))
}

/// The host value that a reference word names.
pub(crate) fn extern_ref_of_word(word: u64, store: u32) -> Option<ExternRef> {
    extern_of_word(word).map(|addr| ExternRef::from_raw(RawHandle::new(addr.into(), store)))
}

impl<T> ViewMut<'_, T> {
    /// The cell for a value: references are checked, and a function that the host hands on is from now on known to be held
    /// elsewhere: by code of instance `to`, or in a table or global that the caller of this joins.
    pub(crate) fn bits_of(&mut self, val: Val, to: Option<InstanceAddr>) -> Result<Bits, Error> {
        Ok(match val {
            Val::I32(value) => Bits::from_i32(value),
            Val::I64(value) => Bits::from_i64(value),
            Val::F32(value) => Bits::from_u32(value.to_bits()),
            Val::F64(value) => Bits::from_u64(value.to_bits()),
            Val::V128(value) => Bits::from_u128(value),
            Val::FuncRef(func) => Bits::from_u64(self.func_word(func, to)?),
            Val::ExternRef(value) => Bits::from_u64(self.extern_ref_word(value)?),
        })
    }

    /// As `bits_of`, for a place of type `wanted`.
    pub(crate) fn bits_for(
        &mut self,
        wanted: ValType,
        val: Val,
        to: Option<InstanceAddr>,
    ) -> Result<Bits, Error> {
        let found = val.ty();
        if found == wanted { self.bits_of(val, to) } else { Err(AccessError::Value { found, wanted }.into()) }
    }

    /// The reference word of a function that the host hands on, to code of instance `to` if that is known.
    pub(crate) fn func_word(&mut self, func: Option<Func>, to: Option<InstanceAddr>) -> Result<u64, Error> {
        let Some(func) = func else { return Ok(0) };
        let addr = self.resolve_func(func)?;
        if let FuncAddr::Wasm(instance, _) = addr {
            self.instance_mut(instance).escaped = true;
            // In a parallel run the two are one island, as handles of others are refused.
            if let (Some(to), Some(store)) = (to, self.whole())
                && to != instance
            {
                store.join_instances(instance, to);
            }
        }
        Ok(addr.word())
    }

    /// The reference word of a host value.
    pub(crate) fn extern_ref_word(&self, value: Option<ExternRef>) -> Result<u64, Error> {
        let Some(value) = value else { return Ok(0) };
        self.resolve_extern(value)?;
        Ok(extern_word(Addr::into(value.raw.addr())))
    }
}

impl From<i32> for Val {
    fn from(value: i32) -> Self {
        Self::I32(value)
    }
}

impl From<u32> for Val {
    fn from(value: u32) -> Self {
        Self::I32(value.cast_signed())
    }
}

impl From<i64> for Val {
    fn from(value: i64) -> Self {
        Self::I64(value)
    }
}

impl From<u64> for Val {
    fn from(value: u64) -> Self {
        Self::I64(value.cast_signed())
    }
}

impl From<f32> for Val {
    fn from(value: f32) -> Self {
        Self::F32(value)
    }
}

impl From<f64> for Val {
    fn from(value: f64) -> Self {
        Self::F64(value)
    }
}

impl From<Func> for Val {
    fn from(func: Func) -> Self {
        Self::FuncRef(Some(func))
    }
}

impl From<ExternRef> for Val {
    fn from(value: ExternRef) -> Self {
        Self::ExternRef(Some(value))
    }
}
