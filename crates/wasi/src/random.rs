//! Random bytes: the host's, or a sequence that a seed decides.
//!
//! Owns: [`Random`], `random_get`. Does not know: what they are used for.

use crate::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;

/// Where a guest's random bytes come from.
#[derive(Debug)]
pub(crate) enum Random {
    /// The host's generator.
    System,
    /// `SplitMix64` from a seed: the same bytes in every run. Not for secrets.
    Seeded {
        /// The generator's state.
        state: u64,
    },
}

impl Random {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Errno> {
        match self {
            Self::System => getrandom::fill(bytes).map_err(|_| Errno::Io),
            Self::Seeded { state } => {
                for chunk in bytes.chunks_mut(8) {
                    chunk.copy_from_slice(&split_mix(state).to_le_bytes()[..chunk.len()]);
                }
                Ok(())
            }
        }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl WasiCtx {
    pub(crate) fn random_get(&mut self, guest: &mut Guest<'_>, (at, len): (u32, u32)) -> Result<(), Errno> {
        self.random.fill(guest.bytes_mut(at, len)?)
    }
}
