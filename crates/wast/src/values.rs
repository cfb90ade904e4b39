//! Values as scripts write them: arguments, and patterns for results.
//!
//! Owns: NaN patterns, references by number. Does not know: where the values go.

use skep::{ExternRef, Store, Val};
use wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

/// The values of arguments.
pub(crate) fn args(store: &mut Store<()>, args: &[WastArg<'_>]) -> Result<Vec<Val>, String> {
    args.iter()
        .map(|arg| match arg {
            WastArg::Core(arg) => value(store, arg),
            other => Err(format!("argument {other:?} is none of core WebAssembly")),
        })
        .collect()
}

fn value(store: &mut Store<()>, arg: &WastArgCore<'_>) -> Result<Val, String> {
    Ok(match arg {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(f32::from_bits(value.bits)),
        WastArgCore::F64(value) => Val::F64(f64::from_bits(value.bits)),
        WastArgCore::V128(value) => Val::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Func, .. }) => Val::FuncRef(None),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Extern, .. }) => Val::ExternRef(None),
        WastArgCore::RefExtern(number) => {
            Val::ExternRef(Some(ExternRef::new(store, *number).map_err(|error| error.to_string())?))
        }
        other => return Err(format!("argument {other:?} is not supported")),
    })
}

/// Compares results with patterns, in number and one by one.
pub(crate) fn check(store: &Store<()>, found: &[Val], wanted: &[WastRet<'_>]) -> Result<(), String> {
    if found.len() != wanted.len() {
        return Err(format!("expected {} results, found {found:?}", wanted.len()));
    }
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let agrees = match wanted {
            WastRet::Core(wanted) => matches(store, found, wanted),
            _ => false,
        };
        if !agrees {
            return Err(format!("result {at}: expected {}, found {}", show_wanted(wanted), show(found)));
        }
    }
    Ok(())
}

fn matches(store: &Store<()>, found: &Val, wanted: &WastRetCore<'_>) -> bool {
    match (wanted, found) {
        (WastRetCore::I32(wanted), Val::I32(found)) => wanted == found,
        (WastRetCore::I64(wanted), Val::I64(found)) => wanted == found,
        (WastRetCore::F32(wanted), Val::F32(found)) => {
            F32.agrees(found.to_bits().into(), &nan(wanted, |value| value.bits.into()))
        }
        (WastRetCore::F64(wanted), Val::F64(found)) => {
            F64.agrees(found.to_bits(), &nan(wanted, |value| value.bits))
        }
        (WastRetCore::RefNull(None), Val::FuncRef(None) | Val::ExternRef(None)) => true,
        (WastRetCore::RefNull(Some(HeapType::Abstract { ty, .. })), found) => matches!(
            (ty, found),
            (AbstractHeapType::Func, Val::FuncRef(None)) | (AbstractHeapType::Extern, Val::ExternRef(None))
        ),
        (WastRetCore::RefFunc(_), Val::FuncRef(found)) => found.is_some(),
        (WastRetCore::RefExtern(None), Val::ExternRef(found)) => found.is_some(),
        (WastRetCore::RefExtern(Some(number)), Val::ExternRef(Some(found))) => {
            found.data(store).ok().and_then(|data| data.downcast_ref::<u32>()) == Some(number)
        }
        (WastRetCore::Either(cases), found) => cases.iter().any(|wanted| matches(store, found, wanted)),
        _ => false,
    }
}

fn nan<F>(pattern: &NanPattern<F>, bits: impl Fn(&F) -> u64) -> NanPattern<u64> {
    match pattern {
        NanPattern::CanonicalNan => NanPattern::CanonicalNan,
        NanPattern::ArithmeticNan => NanPattern::ArithmeticNan,
        NanPattern::Value(value) => NanPattern::Value(bits(value)),
    }
}

/// A float format as far as NaNs go.
struct Format {
    sign: u64,
    /// The canonical NaN without its sign: all exponent bits and the top bit of the payload.
    canonical: u64,
}

const F32: Format = Format { sign: 1 << 31, canonical: 0x7FC0_0000 };
const F64: Format = Format { sign: 1 << 63, canonical: 0x7FF8_0000_0000_0000 };

impl Format {
    /// Values are compared by bits: 0 is not -0, and payloads count.
    fn agrees(&self, found: u64, wanted: &NanPattern<u64>) -> bool {
        match wanted {
            NanPattern::CanonicalNan => found & !self.sign == self.canonical,
            NanPattern::ArithmeticNan => found & self.canonical == self.canonical,
            NanPattern::Value(bits) => found == *bits,
        }
    }
}

fn show_wanted(wanted: &WastRet<'_>) -> String {
    match wanted {
        WastRet::Core(WastRetCore::F32(NanPattern::Value(value))) => {
            show(&Val::F32(f32::from_bits(value.bits)))
        }
        WastRet::Core(WastRetCore::F64(NanPattern::Value(value))) => {
            show(&Val::F64(f64::from_bits(value.bits)))
        }
        other => format!("{other:?}"),
    }
}

/// Floats with their bits: a number alone does not tell one NaN from another.
fn show(found: &Val) -> String {
    match found {
        Val::F32(value) => format!("F32({value:?} = {:#010x})", value.to_bits()),
        Val::F64(value) => format!("F64({value:?} = {:#018x})", value.to_bits()),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_patterns_are_those_of_the_standard() {
        let cases = [
            (0x7FC0_0000, true, true),
            (0xFFC0_0000, true, true),
            (0x7FC0_0001, false, true),
            (0x7F80_0001, false, false),
            (0x7F80_0000, false, false),
            (0, false, false),
        ];
        for (bits, canonical, arithmetic) in cases {
            assert_eq!(F32.agrees(bits, &NanPattern::CanonicalNan), canonical, "{bits:#x}");
            assert_eq!(F32.agrees(bits, &NanPattern::ArithmeticNan), arithmetic, "{bits:#x}");
        }
        assert!(!F32.agrees(0x8000_0000, &NanPattern::Value(0)), "0 is not -0");
        assert!(F64.agrees(0xFFF8_0000_0000_0000, &NanPattern::CanonicalNan));
        assert!(!F64.agrees(0x7FF0_0000_0000_0001, &NanPattern::ArithmeticNan));
    }
}
