//! What code is compiled for, as plain data: any target can be compiled for on any host.
//!
//! Owns: architecture, CPU features, memory mode, the tuning table. All of it is part of an image's key.
//! Does not know: the machine that this process runs on (`jit::entry` asks it).

/// An instruction set that a backend exists for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arch {
    /// `x86_64`, from SSSE3 and SSE4.1 upwards.
    X64,
    /// 64-bit Arm.
    Aarch64,
}

impl Arch {
    /// All of them, for tests.
    pub const ALL: [Self; 2] = [Self::X64, Self::Aarch64];

    /// As `std::env::consts::ARCH` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }
}

/// How accesses to a 32-bit memory are kept in bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemoryMode {
    /// By inaccessible pages behind the memory: a hit is a signal.
    Guarded,
    /// By an explicit comparison before each access: no signal.
    Checked,
    /// As `Checked`; and where a module defines its memory and declares that it grows no further than 1 MiB, each store leaves a mark,
    /// so that all that an instance wrote is known when it goes, and its place is as new for the next one at the cost of
    /// clearing that.
    Compact,
}

impl MemoryMode {
    /// All modes, for tests that must pass in each.
    pub const ALL: [Self; 3] = [Self::Guarded, Self::Checked, Self::Compact];
}

macro_rules! bit_set {
    ($(#[$set_doc:meta])* $set:ident { $( $(#[$doc:meta])* $name:ident = $bit:literal, $text:literal; )* }) => {
        $(#[$set_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $set(u32);

        impl $set {
            $( $(#[$doc])* pub const $name: Self = Self(1 << $bit); )*
            /// Every bit with its name.
            pub const TABLE: &[(&str, Self)] = &[ $( ($text, Self::$name), )* ];
            /// No bit.
            pub const NONE: Self = Self(0);
            /// Every bit.
            pub const ALL: Self = Self(0 $( | 1 << $bit )*);

            /// Whether every bit of `other` is set.
            #[must_use]
            #[inline]
            pub const fn has(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// This set with the bits of `other`.
            #[must_use]
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// This set without the bits of `other`.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// The set as a number, for keys.
            #[must_use]
            pub const fn bits(self) -> u32 {
                self.0
            }
        }
    };
}

bit_set! {
    /// CPU features beyond the architecture's baseline.
    Cpu {
        /// `x86_64`: three-operand vector forms.
        AVX = 0, "avx";
        /// `x86_64`: `shlx`, `shrx`, `sarx`, `rorx`.
        BMI2 = 1, "bmi2";
        /// `x86_64`: `lzcnt`.
        LZCNT = 2, "lzcnt";
        /// `x86_64`: `tzcnt`, `andn`.
        BMI1 = 3, "bmi1";
        /// `x86_64`: `popcnt`.
        POPCNT = 4, "popcnt";
        /// `x86_64`: fused multiply-add; no operator of today uses it.
        FMA = 5, "fma";
    }
}

bit_set! {
    /// The tuning table: one bit per technique of the compiler, so that its gain stays measurable. No bit changes a result.
    ///
    /// Behind each stands the run time without it, as a multiple of that with all: geometric mean of 21 programs of the index, and the one that
    /// loses most (`skep-peers --set index --ablation --runs 3 --limit 0.6` with their names; `x86_64`, 2026-11-25). Where code lies moves
    /// quicksort and hashset by up to a third, and a mean by 2 %. What brings less than 1 % in the mean and 5 % to every program goes.
    Tuning {
        /// Hot locals keep a register for the whole function. 1.42; 2mm 2.23.
        PINS = 0, "pins";
        /// Comparisons are fused into the branch, `if` or `select` behind them. 1.11; sieve 1.62.
        FUSE_COMPARE = 1, "fuse-compare";
        /// Constants and frame slots are operands of instructions instead of being loaded first. 1.13; sieve 1.49.
        FUSE_OPERAND = 2, "fuse-operand";
        /// Results are computed straight into the local that is set next. 1.01; gemm 1.20.
        SET_TARGET = 3, "set-target";
        /// `local.get` emits nothing until the value is used. 1.11; gemm 1.47.
        ALIAS_LOCALS = 4, "alias-locals";
        /// Operators on constants are folded. 0.99; 2mm 1.08.
        FOLD = 5, "fold";
        /// Multiplications by constants, divisions and remainders by unsigned powers of two, and those of 32 bits by constants whose reciprocal has 32 bits, become
        /// shifts, `lea`s, masks and multiplications. 1.01; random 1.24.
        STRENGTH = 6, "strength";
        /// Parameters and results travel in registers. 1.04; richards 1.39.
        REGISTER_CALLS = 7, "register-calls";
        /// Loop heads are aligned. 0.98; matrix 1.08.
        ALIGN_LOOPS = 8, "align-loops";
        /// Pins that a function does not need serve as temporaries. 0.99; quicksort 1.11.
        EXTRA_TEMPS = 9, "extra-temps";
        /// A local that lives in the frame is read from a temporary that still holds its value. 1.05; generichash2 1.35.
        CACHE_LOCALS = 10, "cache-locals";
        /// `and` is fused into the `eqz`, branch or `if` behind it. 0.99; pathfinding 1.08.
        FUSE_BITS = 11, "fuse-bits";
        /// Floating-point constants are read from behind the function. 0.97; gemm 1.21.
        CONSTANT_POOL = 12, "constant-pool";
        /// What is seldom executed, by the look of it, stands behind the function. 1.05; pathfinding 5.68.
        COLD_ARMS = 13, "cold-arms";
        /// Indirect calls find functions of other instances without a stub: such a call takes 2.9 ns instead of 4.4 (`--calls`).
        FOREIGN_CALLS = 14, "foreign-calls";
    }
}

/// What an image is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The instruction set.
    pub arch: Arch,
    /// CPU features that may be used.
    pub cpu: Cpu,
    /// How memory accesses are kept in bounds.
    pub memory: MemoryMode,
    /// Techniques that are on.
    pub tuning: Tuning,
    /// Verifying mode: each i32 used as an address is compared with its own lower half first.
    pub verify: bool,
}

impl Target {
    /// The baseline of an architecture, guarded, with every technique on.
    #[must_use]
    pub const fn new(arch: Arch) -> Self {
        Self { arch, cpu: Cpu::NONE, memory: MemoryMode::Guarded, tuning: Tuning::ALL, verify: false }
    }
}
