//! The way in: from a handle to machine code, and from a trap to an error.
//!
//! Owns: the calls that a host makes. Does not know: typed values (`typed`).

use super::addr::{FuncAddr, InstanceAddr};
use super::island::ViewMut;
use crate::error::Error;
use crate::jit::abi::ValueCell;

/// Calls a function that is not gone. `cells` hold the parameters and receive the results: as many as there are of the more
/// numerous. `caller` is the instance that a host function is called for.
///
/// # Errors
/// What the call ends with.
pub(crate) fn call_func<T>(
    store: ViewMut<'_, T>,
    func: FuncAddr,
    caller: Option<InstanceAddr>,
    cells: &mut [ValueCell],
) -> Result<(), Error> {
    let _ = (store, func, caller, cells);
    Err(Error::from_trap(crate::error::Trap::Unreachable))
}
