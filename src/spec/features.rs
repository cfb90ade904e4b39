//! Proposals as a bit set: only what the compiler has.
//!
//! Owns: which proposals can be switched on, the presets, the translation to wasmparser's set, and the name of the proposal
//! that a refused module needs.
//! Does not know: what a proposal contains (wasmparser and `ops` do).
//! Start at [`Features`].

use std::fmt;
use wasmparser::WasmFeatures;

macro_rules! features {
    ($( $(#[$doc:meta])* $feature:ident $text:literal $wasmparser:ident; )*) => {
        /// A proposal that can be switched on or off.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Feature { $( $(#[$doc])* $feature, )* }

        impl Feature {
            /// All of them, oldest first.
            pub const ALL: &[Self] = &[ $( Self::$feature, )* ];

            /// The proposal's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$feature => $text, )* }
            }

            const fn wasmparser(self) -> WasmFeatures {
                match self { $( Self::$feature => WasmFeatures::$wasmparser, )* }
            }
        }
    };
}

features! {
    /// Importing and exporting mutable globals.
    MutableGlobal "mutable-global" MUTABLE_GLOBAL;
    /// `i32.extend8_s` and its like.
    SignExtension "sign-extension" SIGN_EXTENSION;
    /// `i32.trunc_sat_f32_s` and its like.
    SaturatingFloatToInt "saturating-float-to-int" SATURATING_FLOAT_TO_INT;
    /// Several results of functions and blocks, parameters of blocks.
    MultiValue "multi-value" MULTI_VALUE;
    /// `memory.copy`, passive segments and their like.
    BulkMemory "bulk-memory" BULK_MEMORY;
    /// `externref`, several tables, `table.get` and its like.
    ReferenceTypes "reference-types" REFERENCE_TYPES;
}

impl Feature {
    /// The feature of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|feature| feature.name() == name)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which proposals a module may use. The default is everything the compiler has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Features(u32);

impl Features {
    const NONE: Self = Self(0);

    /// WebAssembly 1.0.
    #[must_use]
    pub const fn wasm_v1() -> Self {
        Self::NONE.with(Feature::MutableGlobal)
    }

    /// WebAssembly 2.0 without its vector instructions.
    #[must_use]
    pub const fn wasm_v2_scalar() -> Self {
        Self::wasm_v1()
            .with(Feature::SignExtension)
            .with(Feature::SaturatingFloatToInt)
            .with(Feature::MultiValue)
            .with(Feature::BulkMemory)
            .with(Feature::ReferenceTypes)
    }

    /// This set and `feature`.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        Self(self.0 | 1 << feature as u32)
    }

    /// This set without `feature`.
    #[must_use]
    pub const fn without(self, feature: Feature) -> Self {
        Self(self.0 & !(1 << feature as u32))
    }

    /// Whether `feature` is on.
    #[must_use]
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 & 1 << feature as u32 != 0
    }

    /// The features that are on, oldest first.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.iter().copied().filter(move |&feature| self.contains(feature))
    }

    /// The set as wasmparser wants it. Two bits are no proposals and always on: floats, and the types that wasmparser counts as
    /// needing a collector, `externref` among them.
    #[must_use]
    pub(crate) fn to_wasmparser(self) -> WasmFeatures {
        self.iter()
            .fold(WasmFeatures::FLOATS | WasmFeatures::GC_TYPES, |set, feature| set | feature.wasmparser())
    }
}

impl Default for Features {
    fn default() -> Self {
        Self::wasm_v2_scalar()
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The name of the proposal whose absence from `enabled` is the reason of `error`, if it is one.
pub(crate) fn missing_feature(error: &wasmparser::Error, enabled: WasmFeatures) -> Option<&'static str> {
    if let Some(missing) = error.missing_wasm_feature() {
        let exact = PROPOSALS.iter().find(|(bits, _)| *bits == missing);
        return exact.or_else(|| PROPOSALS.iter().find(|(bits, _)| bits.contains(missing))).map(|p| p.1);
    }
    let (_, bits) = UNMARKED.iter().find(|(text, _)| error.message().starts_with(text))?;
    let (_, name) = PROPOSALS.iter().find(|(proposal, _)| proposal == bits)?;
    (!enabled.contains(*bits)).then_some(*name)
}

/// Every proposal of core modules that wasmparser can name in an error.
const PROPOSALS: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::MUTABLE_GLOBAL, "mutable-global"),
    (WasmFeatures::SIGN_EXTENSION, "sign-extension"),
    (WasmFeatures::SATURATING_FLOAT_TO_INT, "saturating-float-to-int"),
    (WasmFeatures::MULTI_VALUE, "multi-value"),
    (WasmFeatures::BULK_MEMORY, "bulk-memory"),
    (WasmFeatures::REFERENCE_TYPES, "reference-types"),
    (WasmFeatures::SIMD, "simd"),
    (WasmFeatures::RELAXED_SIMD, "relaxed-simd"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::TAIL_CALL, "tail-call"),
    (WasmFeatures::MULTI_MEMORY, "multi-memory"),
    (WasmFeatures::EXCEPTIONS, "exception-handling"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy-exception-handling"),
    (WasmFeatures::MEMORY64, "memory64"),
    (WasmFeatures::EXTENDED_CONST, "extended-const"),
    (WasmFeatures::FUNCTION_REFERENCES, "function-references"),
    (WasmFeatures::GC, "gc"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom-page-sizes"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide-arithmetic"),
    (WasmFeatures::MEMORY_CONTROL, "memory-control"),
    (WasmFeatures::STACK_SWITCHING, "stack-switching"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything-threads"),
    (WasmFeatures::COMPONENT_MODEL, "component-model"),
    (WasmFeatures::COMPACT_IMPORTS, "compact-imports"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom-descriptors"),
];

/// Beginnings of wasmparser's messages that mean a proposal is missing although the error does not carry it.
const UNMARKED: &[(&str, WasmFeatures)] = &[
    ("data count section requires the bulk-memory proposal", WasmFeatures::BULK_MEMORY),
    ("gc proposal", WasmFeatures::GC),
    ("unexpected SIMD opcode", WasmFeatures::SIMD),
    ("multiple memories", WasmFeatures::MULTI_MEMORY),
    ("multiple tables", WasmFeatures::REFERENCE_TYPES),
    ("stack switching proposal", WasmFeatures::STACK_SWITCHING),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_features() {
        for &feature in Feature::ALL {
            assert_eq!(Feature::from_name(feature.name()), Some(feature));
        }
        assert_eq!(Feature::from_name("simd"), None);
    }

    #[test]
    fn every_feature_has_a_proposal_of_its_name() {
        for &feature in Feature::ALL {
            assert!(PROPOSALS.contains(&(feature.wasmparser(), feature.name())), "{feature}");
        }
    }

    #[test]
    fn presets_are_the_standards_versions() {
        let shown = format!("{:?}", Features::wasm_v1());
        assert_eq!(shown, "{MutableGlobal}");
        assert_eq!(Features::wasm_v1().to_wasmparser(), WasmFeatures::WASM1);
        assert_eq!(
            Features::wasm_v2_scalar().to_wasmparser(),
            WasmFeatures::WASM2.difference(WasmFeatures::SIMD)
        );
        assert_eq!(Features::default(), Features::wasm_v2_scalar());
    }

    #[test]
    fn switching_one_leaves_the_others() {
        let all = Features::default();
        for &feature in Feature::ALL {
            let rest = all.without(feature);
            assert!(!rest.contains(feature));
            assert_eq!(rest.with(feature), all);
            assert_eq!(rest.iter().count(), Feature::ALL.len() - 1);
        }
    }
}
