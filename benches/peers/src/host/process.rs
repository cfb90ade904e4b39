//! Arguments, clocks, random numbers, exit. Every clock that a guest reads is the CPU time of the thread it runs on, and
//! random numbers start from a fixed seed, so that all engines do the same work however busy the machine is.

use super::errno::Errno;
use super::{Exit, Host, Memory};
use crate::clock;

/// Where the guests' real-time clock starts, in seconds since 1970.
const REALTIME_AT_START: u64 = 1_600_000_000;
const NANOS: u64 = 1_000_000_000;

impl Host {
    fn nanos(&self) -> u64 {
        REALTIME_AT_START * NANOS + (clock::thread_seconds() * NANOS as f64) as u64 + self.slept
    }
}

pub(super) fn bench_start(host: &mut Host, _: &[u64]) -> Result<u64, Exit> {
    host.bench_began = Some(clock::thread_seconds());
    Ok(0)
}

pub(super) fn bench_end(host: &mut Host, _: &[u64]) -> Result<u64, Exit> {
    let now = clock::thread_seconds();
    host.benched = host.bench_began.map(|began| now - began);
    Ok(0)
}

pub(super) fn clock_ms(host: &mut Host, _: &[u64]) -> Result<u64, Exit> {
    Ok(host.nanos() / 1_000_000)
}

pub(super) fn proc_exit(_: &mut Host, args: &[u64]) -> Result<u64, Exit> {
    Err(Exit(args[0] as u32 as i32))
}

pub(super) fn args_sizes_get(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    memory.put_u32(args[0], host.args.len())?;
    memory.put_u32(args[1], host.args.iter().map(|arg| arg.len() + 1).sum())
}

pub(super) fn args_get(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    let [mut pointer, mut text] = [args[0], args[1]];
    for arg in &host.args {
        memory.put_u32(pointer, text as usize)?;
        memory.put(text, arg)?;
        memory.put(text + arg.len() as u64, &[0])?;
        pointer += 4;
        text += arg.len() as u64 + 1;
    }
    Ok(())
}

pub(super) fn environ_sizes_get(_: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    memory.put_u32(args[0], 0)?;
    memory.put_u32(args[1], 0)
}

/// There is no environment, so nothing to write.
pub(super) fn environ_get(_: &mut Host, _: &mut Memory<'_>, _: &[u64]) -> Result<(), Errno> {
    Ok(())
}

pub(super) fn clock_res_get(_: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    memory.put_u64(args[1], 1)
}

pub(super) fn clock_time_get(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    memory.put_u64(args[2], host.nanos())
}

/// SplitMix64.
pub(super) fn random_get(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    for chunk in memory.slice(args[0], args[1])?.chunks_mut(8) {
        host.random = host.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = host.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
    }
    Ok(())
}

pub(super) fn sched_yield(_: &mut Host, _: &mut Memory<'_>, _: &[u64]) -> Result<(), Errno> {
    Ok(())
}

/// Nobody sleeps: the shortest timeout is added to the clocks, and every subscription is answered as due.
pub(super) fn poll_oneoff(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    const SUBSCRIPTION_BYTES: u64 = 48;
    const EVENT_BYTES: u64 = 32;
    const KIND_CLOCK: u8 = 0;
    const ABSOLUTE: u8 = 1;
    let [subscriptions, events, count] = [args[0], args[1], args[2]];
    let mut shortest = None;
    for i in 0..count {
        let at = subscriptions + i * SUBSCRIPTION_BYTES;
        let user = memory.u64(at)?;
        let [kind] = memory.array(at + 8)?;
        if kind == KIND_CLOCK {
            let timeout = memory.u64(at + 24)?;
            let [flags] = memory.array(at + 40)?;
            let left = if flags & ABSOLUTE == 0 { timeout } else { timeout.saturating_sub(host.nanos()) };
            shortest = Some(shortest.map_or(left, |least: u64| least.min(left)));
        }
        let mut event = [0; EVENT_BYTES as usize];
        event[..8].copy_from_slice(&user.to_le_bytes());
        event[10] = kind;
        memory.put(events + i * EVENT_BYTES, &event)?;
    }
    host.slept += shortest.unwrap_or(0);
    memory.put_u32(args[3], count as usize)
}
