//! Why a module is refused: it breaks the standard, or it asks for more than an implementation limit allows.
//!
//! Owns: [`Invalid`], [`LimitExceeded`] and [`ModuleError`], which is one of them, with their texts.
//! Does not know: which rule was broken (wasmparser's message says it) nor what the limits are (`limits`).

use super::features::missing_feature;
use std::fmt;
use wasmparser::WasmFeatures;

/// A module that the standard, with the enabled features, does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Byte offset in the module; `None` when the fault is in text that never became bytes.
    pub offset: Option<usize>,
    /// Index of the function whose body has the fault.
    pub func: Option<u32>,
    /// What is wrong, in the validator's own words.
    pub message: String,
    /// The proposal that the module needs and that is off.
    pub needs: Option<&'static str>,
}

impl Invalid {
    /// What wasmparser reported while `enabled` was on; `func` is set when it was reading that function's body.
    #[must_use]
    pub(crate) fn from_wasmparser(
        error: &wasmparser::Error,
        enabled: WasmFeatures,
        func: Option<u32>,
    ) -> Self {
        Self {
            offset: usize::try_from(error.offset()).ok(),
            func,
            message: error.message().to_owned(),
            needs: missing_feature(error, enabled),
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(feature) = self.needs {
            write!(f, " (needs {feature}, which is off)")?;
        }
        if let Some(func) = self.func {
            write!(f, " in func[{func}]")?;
        }
        self.offset.map_or(Ok(()), |offset| write!(f, " at offset {offset:#x}"))
    }
}

impl std::error::Error for Invalid {}

/// More of something than a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitExceeded {
    /// What is limited, as a plural: `br_table targets`.
    pub limit: &'static str,
    /// How many were asked for.
    pub asked: u64,
    /// How many are allowed.
    pub allowed: u64,
}

impl LimitExceeded {
    /// Whether `asked` is within `allowed`.
    ///
    /// # Errors
    /// If it is not.
    pub const fn check(limit: &'static str, asked: u64, allowed: u64) -> Result<(), Self> {
        if asked > allowed { Err(Self { limit, asked, allowed }) } else { Ok(()) }
    }
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} exceeds the limit {}", self.limit, self.asked, self.allowed)
    }
}

impl std::error::Error for LimitExceeded {}

/// Why decoding or compiling refuses a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ModuleError {
    /// The module breaks the standard.
    Invalid(Invalid),
    /// The module asks for more than a limit allows.
    Limit(LimitExceeded),
}

impl From<Invalid> for ModuleError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<LimitExceeded> for ModuleError {
    fn from(limit: LimitExceeded) -> Self {
        Self::Limit(limit)
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::Limit(limit) => limit.fmt(f),
        }
    }
}

impl std::error::Error for ModuleError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_and_where() {
        let bare = Invalid { offset: None, func: None, message: "expected `(`".into(), needs: None };
        assert_eq!(bare.to_string(), "expected `(`");
        let full = Invalid { offset: Some(0x2a), func: Some(3), needs: Some("simd"), ..bare };
        assert_eq!(full.to_string(), "expected `(` (needs simd, which is off) in func[3] at offset 0x2a");
        let limit = LimitExceeded::check("memory pages", 5, 4).unwrap_err();
        assert_eq!(limit.to_string(), "memory pages 5 exceeds the limit 4");
        assert_eq!(LimitExceeded::check("memory pages", 4, 4), Ok(()));
    }
}
