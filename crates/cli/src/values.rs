//! Values as the command line writes and shows them.
//!
//! Owns: parsing by type, printing. Does not know: calls.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use skep::{FuncType, Val, ValType};

/// The arguments of a function of type `ty`.
pub(crate) fn parse_args(ty: &FuncType, texts: &[String]) -> Result<Vec<Val>, String> {
    if texts.len() != ty.params.len() {
        return Err(format!("expected {} arguments, found {}", ty.params.len(), texts.len()));
    }
    ty.params.iter().zip(texts).map(|(&ty, text)| parse(ty, text)).collect()
}

/// Integers are decimal or `0x…`, signed or unsigned; floats as in Rust (`1.5`, `nan`, `-inf`); references only `null`.
fn parse(ty: ValType, text: &str) -> Result<Val, String> {
    let bad = |error: &dyn fmt::Display| format!("{text:?} is not of type {}: {error}", ty.name());
    match ty {
        ValType::I32 => integer(text, u32::from_str_radix, i32::from_str).map(Val::from).map_err(|e| bad(&e)),
        ValType::I64 => integer(text, u64::from_str_radix, i64::from_str).map(Val::from).map_err(|e| bad(&e)),
        ValType::F32 => text.parse().map(Val::F32).map_err(|e| bad(&e)),
        ValType::F64 => text.parse().map(Val::F64).map_err(|e| bad(&e)),
        ValType::FuncRef if text == "null" => Ok(Val::FuncRef(None)),
        ValType::ExternRef if text == "null" => Ok(Val::ExternRef(None)),
        ValType::FuncRef | ValType::ExternRef => Err(bad(&"only `null` can be written")),
        ValType::V128 => {
            let digits = text.strip_prefix("0x").ok_or_else(|| bad(&"expected 0x and hexadecimal digits"))?;
            u128::from_str_radix(digits, 16).map(Val::V128).map_err(|e| bad(&e))
        }
    }
}

/// An integer's bits, unsigned.
fn integer<U: FromStr<Err = ParseIntError>, I: Into<Unsigned<U>>>(
    text: &str,
    radix: fn(&str, u32) -> Result<U, ParseIntError>,
    signed: fn(&str) -> Result<I, ParseIntError>,
) -> Result<U, ParseIntError> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    text.parse().or_else(|_| signed(text).map(|value| value.into().0))
}

/// The bits of a signed integer.
struct Unsigned<U>(U);

impl From<i32> for Unsigned<u32> {
    fn from(value: i32) -> Self {
        Self(value.cast_unsigned())
    }
}

impl From<i64> for Unsigned<u64> {
    fn from(value: i64) -> Self {
        Self(value.cast_unsigned())
    }
}

/// A result: integers signed, floats in the shortest form that reads back, NaNs with their payload.
pub(crate) fn show(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(value) if value.is_nan() => {
            nan(value.is_sign_negative(), u64::from(value.to_bits() & 0x7F_FFFF))
        }
        Val::F64(value) if value.is_nan() => {
            nan(value.is_sign_negative(), value.to_bits() & 0xF_FFFF_FFFF_FFFF)
        }
        Val::F32(value) => value.to_string(),
        Val::F64(value) => value.to_string(),
        Val::V128(value) => format!("{value:#034x}"),
        Val::FuncRef(None) | Val::ExternRef(None) => "null".to_owned(),
        Val::FuncRef(Some(func)) => format!("{func:?}"),
        Val::ExternRef(Some(value)) => format!("{value:?}"),
    }
}

fn nan(negative: bool, payload: u64) -> String {
    format!("{}nan:{payload:#x}", if negative { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let cases = [
            (ValType::I32, "-1", Some("-1")),
            (ValType::I32, "4294967295", Some("-1")),
            (ValType::I32, "0xffffffff", Some("-1")),
            (ValType::I32, "4294967296", None),
            (ValType::I32, "-2147483649", None),
            (ValType::I32, "1.5", None),
            (ValType::I64, "-9223372036854775808", Some("-9223372036854775808")),
            (ValType::I64, "0xFFFFFFFFFFFFFFFF", Some("-1")),
            (ValType::F32, "1.5", Some("1.5")),
            (ValType::F64, "-inf", Some("-inf")),
            (ValType::F64, "nan", Some("nan:0x8000000000000")),
            (ValType::FuncRef, "null", Some("null")),
            (ValType::ExternRef, "7", None),
        ];
        for (ty, text, shown) in cases {
            let found = parse(ty, text).ok().map(|value| show(&value));
            assert_eq!(found.as_deref(), shown, "{ty:?} {text}");
        }
    }
}
