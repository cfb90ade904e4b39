//! Why machine code stops early.
//!
//! Owns: [`Trap`], the traps a guest can cause, with the test suite's exact texts; and [`TrapCode`], the byte that machine code and
//! builtins pass to the trap stub, which also says when the host ended the call.
//! Does not know: where a trap happened, nor the host's error or panic: those are kept beside the code by whoever stores it.

use std::fmt;

macro_rules! traps {
    ($( $(#[$doc:meta])* $trap:ident = $code:literal $text:literal; )*) => {
        /// A trap. Its text is the test suite's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Trap { $( $(#[$doc])* $trap = $code, )* }

        impl Trap {
            /// All traps by ascending code.
            pub const ALL: &[Self] = &[ $( Self::$trap, )* ];

            /// The test suite's text.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $( Self::$trap => $text, )* }
            }
        }

        /// Why machine code stopped, as one byte; 0 means that it did not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub(crate) enum TrapCode {
            $( $(#[$doc])* $trap = $code, )*
            /// A host function returned an error, which its caller holds.
            HostError = 64,
            /// A host function asked to end the instance.
            HostExit = 65,
            /// A host function panicked; the payload is held until machine code has been left.
            HostPanic = 66,
        }

        impl TrapCode {
            /// The code of this number.
            pub(crate) const fn from_u8(code: u8) -> Option<Self> {
                Some(match code {
                    $( $code => Self::$trap, )*
                    64 => Self::HostError,
                    65 => Self::HostExit,
                    66 => Self::HostPanic,
                    _ => return None,
                })
            }

            /// The trap, unless the host ended the call.
            pub(crate) const fn trap(self) -> Option<Trap> {
                match self {
                    $( Self::$trap => Some(Trap::$trap), )*
                    Self::HostError | Self::HostExit | Self::HostPanic => None,
                }
            }
        }
    };
}

traps! {
    /// The guest executed `unreachable`.
    Unreachable = 1 "unreachable";
    /// Division or remainder by zero.
    IntegerDivideByZero = 2 "integer divide by zero";
    /// A quotient or a truncated float does not fit.
    IntegerOverflow = 3 "integer overflow";
    /// A NaN has no integer value.
    InvalidConversionToInteger = 4 "invalid conversion to integer";
    /// A load, store, bulk operation or data segment past the end of a memory.
    OutOfBoundsMemoryAccess = 5 "out of bounds memory access";
    /// A table operation or element segment past the end of a table.
    OutOfBoundsTableAccess = 6 "out of bounds table access";
    /// An indirect call past the end of a table.
    UndefinedElement = 7 "undefined element";
    /// An indirect call of a null reference.
    UninitializedElement = 8 "uninitialized element";
    /// An indirect call of a function of another type.
    IndirectCallTypeMismatch = 9 "indirect call type mismatch";
    /// Calls nest too deeply.
    CallStackExhausted = 10 "call stack exhausted";
    /// A call of a function whose instance was freed.
    FunctionOfFreedInstance = 11 "function of a freed instance";
}

const _: () = assert!(size_of::<Trap>() == 1 && size_of::<Option<Trap>>() == 1);

impl Trap {
    /// The number of the trap: never 0, below 64, the same in every version.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The trap of this number.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match TrapCode::from_u8(code) {
            Some(code) => code.trap(),
            None => None,
        }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Trap {}

impl TrapCode {
    /// The number of the code.
    pub(crate) const fn as_u8(self) -> u8 {
        self as u8
    }
}

impl From<Trap> for TrapCode {
    fn from(trap: Trap) -> Self {
        Self::from_u8(trap.code()).expect("every trap has a code")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_codes() {
        let mut known = 0;
        for number in 0..=u8::MAX {
            let Some(code) = TrapCode::from_u8(number) else { continue };
            known += 1;
            assert_eq!(code.as_u8(), number);
            assert_eq!(code.trap().map(Trap::code), (number < 64).then_some(number));
            assert_eq!(Trap::from_code(number), code.trap());
        }
        assert_eq!(known, Trap::ALL.len() + 3);
        assert_eq!(TrapCode::from_u8(0), None, "0 is success");
    }

    #[test]
    fn every_trap_is_its_own_code() {
        for &trap in Trap::ALL {
            assert_eq!(TrapCode::from(trap).trap(), Some(trap));
            assert_eq!(trap.to_string(), trap.text());
        }
    }
}
